// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DTX} from "../src/DTX.sol";
import {Shipped} from "../src/Shipped.sol";
import {IMarket} from "./IMarket.sol";
import {Claim, Config, Listing, OperatorId, PurchaseId, StreamId} from "../src/types/Types.sol";

interface Vm {
    function prank(address) external;
    function warp(uint256) external;
}

/// A signer that agrees to everything.
contract Yes {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0x1626ba7e;
    }
}

/// What halmos proves of the shipped bytecode: ../symbolic.sh.
contract SymbolicTest {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant READING = 1000 * 1e12;
    DTX private token;
    IMarket private market;
    OperatorId private op;
    StreamId private s;
    PurchaseId private p;
    address private signer;
    address private constant PAYOUT = address(0xCA5);
    address private constant PLATFORM = address(0x9147);
    address private constant OWNER = address(0x0123);
    address private constant BUYER = address(0xB1);

    function setUp() public {
        vm.warp(1_800_000_000);
        token = new DTX(address(this), 1_000_000 ether);
        Config memory c = Config({
            token: address(token), owner: address(this), platform: PLATFORM, guardian: address(0x6A2D), arbiter: address(0xA2B),
            minStake: 100 ether, deposit: 10 ether, quorum: 3, ttl: 14 days, reviewMin: 2 days, review: 14 days,
            notice: 7 days, claimWindow: 7 days, challengeAfter: 14 days, maxTerm: 366 days, pauseMax: 7 days, pauseGap: 30 days
        });
        bytes memory code = abi.encodePacked(Shipped.code(), abi.encode(c));
        address made;
        assembly { made := create(0, add(code, 32), mload(code)) }
        require(made != address(0), "not deployed");
        market = IMarket(made);
        signer = address(new Yes());
        vm.prank(address(0xAD));
        op = market.registerOperator(signer, PAYOUT, 0, "", 0);
        fund(OWNER);
        Listing memory l;
        (l.operator, l.price, l.interval, l.stake, l.deadline) = (op, 1000, 60, 100 ether, 1_800_000_000);
        vm.prank(OWNER);
        s = market.list(l);
        fund(BUYER);
        vm.prank(BUYER);
        p = market.buy(s, 3600, 1000, 60, 0, address(0), 0);
        vm.warp(1_800_000_000 + 3600);
    }

    function fund(address who) private {
        token.transfer(who, 10_000 ether);
        vm.prank(who);
        token.approve(address(market), type(uint256).max);
    }

    function settle(PurchaseId id, uint32 n, bool last) private {
        Claim[] memory c = new Claim[](1);
        c[0] = Claim(id, n, last);
        vm.prank(signer);
        market.settle(op, c, 0);
    }

    /// Any count claimed: 80, 10, 10 of what rate and quota allow, to the wei, and the rest to the buyer.
    function check_splitAndRefund(uint32 n) public {
        settle(p, n, true);
        uint256 paid = n < 60 ? n : 60;
        assert(market.credit(OWNER) == paid * READING / 10 * 8);
        assert(market.credit(PAYOUT) == paid * READING / 10);
        assert(market.credit(PLATFORM) == paid * READING / 10);
        assert(market.credit(BUYER) == (60 - paid) * READING);
    }

    /// Two claims in any order: the higher count, up to the cap, and never less than was paid.
    function check_aClaimNeverLowersTheCount(uint32 n, uint32 m) public {
        settle(p, n, false);
        uint32 first = market.getPurchase(p).delivered;
        settle(p, m, false);
        uint32 second = market.getPurchase(p).delivered;
        uint32 most = n > m ? n : m;
        assert(first == (n < 60 ? n : 60));
        assert(second == (most < 60 ? most : 60));
    }
}
