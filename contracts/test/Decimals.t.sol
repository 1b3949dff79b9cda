// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Base, Config, DTX, Listing, StreamId, PurchaseId, StreamState, Verdict} from "./Base.sol";
import {SmallToken} from "./Others.sol";
import {Errors} from "../src/libraries/Errors.sol";

/// A token of six decimals: a price unit is its smallest part. All amounts here are such parts.
contract DecimalsTest is Base {
    uint96 private constant STAKE6 = 100e6;
    uint96 private constant DEPOSIT6 = 10e6;

    function setUp() public override {
        go(START);
        token = DTX(address(new SmallToken(6)));
        Config memory c = rules();
        (c.minStake, c.deposit) = (STAKE6, DEPOSIT6);
        deploy(c);
    }

    function open(uint40 price, uint32 interval) private returns (StreamId) {
        Listing memory l = offer(price, interval);
        vm.prank(owner);
        return market.list(l);
    }

    function offer(uint40 price, uint32 interval) private view returns (Listing memory l) {
        l = listing("d", owner);
        (l.stake, l.price, l.interval) = (STAKE6, price, interval);
    }

    function test_T01_T05_T08_givenSixDecimals_aPriceIsItsOwnNumber() public {
        StreamId s = open(1000, 60);
        PurchaseId p = buy(buyers[0], s, 600);
        eq(token.balanceOf(address(market)), STAKE6 + 10 * 1000, "stake and escrow");
        skip(600);
        settle(p, 7, true);
        eq(market.credit(owner), 5600, "80 %");
        eq(market.credit(payout), 700, "10 %");
        eq(market.credit(platform), 700, "10 %");
        eq(market.credit(buyers[0]), 3000, "the rest");
    }

    function test_T01_givenSixDecimals_theBoundIsTheSame() public {
        refused(
            owner, // a reading above a hundredth of the stake
            abi.encodeCall(market.list, (offer(1_000_010, 1 days))),
            abi.encodeWithSelector(Errors.Streams_StakeTooSmall.selector, 100_001_000, STAKE6)
        );
        open(1_000_000, 1 days);
    }

    function test_T13_T15_givenSixDecimals_theSharesMostIsInItsParts() public {
        StreamId s = open(1000, 60);
        review(s);
        rule(s, Verdict.SellerAtFault);
        state(s, StreamState.Slashed, "slashed");
        uint256 before = token.balanceOf(buyers[0]);
        market.redeem(s, 1, buyers[0]);
        eq(token.balanceOf(buyers[0]) - before, DEPOSIT6 + DEPOSIT6 + 800, "deposit, and the most a share may be");
    }
}
