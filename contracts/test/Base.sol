// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DTX} from "../src/DTX.sol";
import {IMarket} from "./IMarket.sol";
import {
    Config,
    Claim,
    Listing,
    OperatorId,
    StreamId,
    Permit,
    PurchaseId,
    Stream,
    StreamState,
    Purchase,
    PurchaseState,
    Round,
    RoundState,
    Voice,
    Verdict
} from "../src/types/Types.sol";

/// What of forge's cheat codes the tests use.
interface Vm {
    function prank(address) external;
    function startPrank(address) external;
    function stopPrank() external;
    function warp(uint256) external;
    function expectRevert() external;
    function expectRevert(bytes calldata) external;
    function expectPartialRevert(bytes4) external;
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function addr(uint256 key) external pure returns (address);
    function assume(bool) external pure;
    function envOr(string calldata name, string calldata otherwise) external view returns (string memory);
    function writeLine(string calldata path, string calldata line) external;
    function chainId(uint256) external;
    function getNonce(address) external view returns (uint64);
    function computeCreateAddress(address, uint256 nonce) external pure returns (address);
    function snapshotState() external returns (uint256);
    function revertToState(uint256) external returns (bool);
    function toString(uint256) external pure returns (string memory);
    function getCode(string calldata artifact) external view returns (bytes memory);
}

/// A deployed market with people in it.
abstract contract Base {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    bytes32 internal constant DEVICE_CLAIM = keccak256(
        "DeviceClaim(uint40 operator,address owner,bytes32 device,uint8 proofKind,uint32 nonce,uint40 deadline)"
    );
    bytes32 internal constant SETTLEMENT =
        keccak256("Settlement(uint40 operator,bytes32 claimsHash,bytes32 root,uint40 deadline)");
    uint256 internal constant START = 1_800_000_000;
    uint256 internal constant SIGNER = 0xA11CE;
    uint96 internal constant STAKE = 100 ether;
    uint256 internal constant DEPOSIT = 10 ether;
    uint256 internal constant PURSE = 10_000 ether; // what everybody has at first
    uint40 internal constant PRICE = 1000; // 0.001 DTX
    uint32 internal constant INTERVAL = 60;
    bytes32 internal constant TERMS = keccak256("terms");
    uint256 internal constant READING = uint256(PRICE) * 1e12;

    DTX internal token;
    IMarket internal market;
    OperatorId internal op;
    address internal admin = address(0xAD);
    address internal payout = address(0xCA5);
    address internal platform = address(0x9147);
    address internal guardian = address(0x6A2D);
    address internal arbiter = address(0xA2B);
    address internal owner = address(0x0123);
    address[4] internal buyers = [address(0xB1), address(0xB2), address(0xB3), address(0xB4)];

    function setUp() public virtual {
        go(START);
        token = new DTX(address(this), 1_000_000 ether);
        deploy(rules());
    }

    /// The market as it is shipped. What its constructor refuses is passed on.
    function create(Config memory c) internal returns (IMarket made) {
        bytes memory code = abi.encodePacked(vm.getCode("src/DataMarket.sol:DataMarket"), abi.encode(c));
        assembly ("memory-safe") {
            made := create(0, add(code, 32), mload(code))
            if iszero(made) {
                returndatacopy(mload(64), 0, returndatasize())
                revert(mload(64), returndatasize())
            }
        }
    }

    function deploy(Config memory c) internal {
        market = create(c);
        vm.prank(admin);
        op = market.registerOperator(vm.addr(SIGNER), payout, 0, "", 0);
        fund(owner);
        for (uint256 i = 0; i < buyers.length; ++i) {
            fund(buyers[i]);
        }
    }

    /// The clock stands in storage: the compiler may take block.timestamp for constant within a test.
    uint256 internal clock;

    function go(uint256 to) internal {
        clock = to;
        vm.warp(to);
    }

    function skip(uint256 by) internal {
        go(clock + by);
    }

    function rules() internal view returns (Config memory c) {
        c = Config({
            token: address(token),
            owner: address(this),
            platform: platform,
            guardian: guardian,
            arbiter: arbiter,
            minStake: STAKE,
            deposit: uint96(DEPOSIT),
            quorum: 3,
            ttl: 14 days,
            reviewMin: 2 days,
            review: 14 days,
            notice: 7 days,
            claimWindow: 7 days,
            challengeAfter: 14 days,
            maxTerm: 366 days,
            pauseMax: 7 days,
            pauseGap: 30 days
        });
    }

    function fund(address who) internal {
        token.transfer(who, PURSE);
        vm.prank(who);
        token.approve(address(market), type(uint256).max);
    }

    // Signatures

    function domain() internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("DataMarket"),
                keccak256("2"),
                block.chainid,
                address(market)
            )
        );
    }

    function signed(uint256 key, bytes32 structHash) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked("\x19\x01", domain(), structHash)));
        return abi.encodePacked(r, s, v);
    }

    function deviceClaimSig(uint256 key, Listing memory l, address who) internal view returns (bytes memory) {
        return
            signed(
                key, keccak256(abi.encode(DEVICE_CLAIM, l.operator, who, l.device, l.proofKind, l.nonce, l.deadline))
            );
    }

    function settlementSig(uint256 key, Claim[] memory c, bytes32 root, uint40 deadline)
        internal
        view
        returns (bytes memory)
    {
        return signed(key, keccak256(abi.encode(SETTLEMENT, op, keccak256(abi.encode(c)), root, deadline)));
    }

    function permit(uint256 key, uint256 value) internal view returns (Permit memory p) {
        address who = vm.addr(key);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                who,
                address(market),
                value,
                token.nonces(who),
                clock
            )
        );
        (p.v, p.r, p.s) = vm.sign(key, keccak256(abi.encodePacked("\x19\x01", token.DOMAIN_SEPARATOR(), structHash)));
        (p.value, p.deadline) = (value, clock);
    }

    // What people do

    function listing(bytes32 device, address who) internal view returns (Listing memory l) {
        l.operator = op;
        l.device = device;
        l.price = PRICE;
        l.interval = INTERVAL;
        l.terms = TERMS;
        l.stake = STAKE;
        l.nonce = market.deviceNonce(op, device);
        l.deadline = uint40(clock + 1 days);
        l.operatorSig = deviceClaimSig(SIGNER, l, who);
    }

    function list(bytes32 device) internal returns (StreamId) {
        return listAt(device, PRICE, INTERVAL);
    }

    function listAt(bytes32 device, uint40 price, uint32 interval) internal returns (StreamId) {
        Listing memory l = listing(device, owner);
        (l.price, l.interval) = (price, interval);
        vm.prank(owner);
        return market.list(l);
    }

    /// At the offer as it is now.
    function buy(address who, StreamId stream, uint32 duration) internal returns (PurchaseId) {
        Stream memory s = market.getStream(stream);
        vm.prank(who);
        return market.buy(stream, duration, s.price, s.interval, s.terms, address(0), 0);
    }

    function close(StreamId s) internal {
        vm.prank(owner);
        market.close(s);
    }

    function one(PurchaseId p, uint32 delivered, bool last) internal pure returns (Claim[] memory c) {
        c = new Claim[](1);
        c[0] = Claim(p, delivered, last);
    }

    function settle(PurchaseId p, uint32 delivered, bool last) internal {
        vm.prank(vm.addr(SIGNER));
        market.settle(op, one(p, delivered, last), 0);
    }

    function challenge(address who, PurchaseId p) internal {
        vm.prank(who);
        market.challenge(p, "evidence");
    }

    /// Three buyers buy 30 days, a reading of each is paid.
    function three(StreamId s) internal returns (PurchaseId[3] memory p) {
        for (uint256 i = 0; i < 3; ++i) {
            p[i] = buy(buyers[i], s, 30 days);
            settle(p[i], 1, false);
        }
    }

    /// The three challenge: a review.
    function review(StreamId s) internal returns (PurchaseId[3] memory p) {
        p = three(s);
        skip(INTERVAL);
        for (uint256 i = 0; i < 3; ++i) {
            challenge(buyers[i], p[i]);
        }
    }

    /// The arbiter rules on the last round as soon as he may.
    function rule(StreamId s, Verdict verdict) internal {
        uint32 round = market.getStream(s).round;
        uint256 from = uint256(market.getRound(s, round).reviewStart) + 2 days;
        if (clock < from) go(from);
        vm.prank(arbiter);
        market.rule(s, round, verdict, "ruling");
    }

    // What is so

    /// What somebody has or can have now.
    function wealth(address who) internal view returns (uint256) {
        return token.balanceOf(who) + market.credit(who);
    }

    function eq(uint256 a, uint256 b, string memory what) internal pure {
        require(a == b, string.concat(what, ": ", vm.toString(a), ", not ", vm.toString(b)));
    }

    function state(StreamId s, StreamState want, string memory what) internal view {
        require(market.getStream(s).state == want, what);
    }

    function roundState(StreamId s, uint32 round, RoundState want, string memory what) internal view {
        require(market.getRound(s, round).state == want, what);
    }

    /// Whether a call is refused with this very error; the state is as before.
    function refused(address who, bytes memory call_, bytes memory why) internal {
        vm.prank(who);
        (bool ok, bytes memory got) = address(market).call(call_);
        require(!ok, "it was not refused");
        require(keccak256(got) == keccak256(why), "it was refused for another reason");
    }

    /// Likewise, whatever the error's arguments.
    function refusedAs(address who, bytes memory call_, bytes4 why) internal {
        vm.prank(who);
        (bool ok, bytes memory got) = address(market).call(call_);
        require(!ok, "it was not refused");
        require(bytes4(got) == why, "it was refused for another reason");
    }

    function does(address who, bytes memory call_) internal {
        vm.prank(who);
        (bool ok,) = address(market).call(call_);
        require(ok, "it was refused");
    }
}
