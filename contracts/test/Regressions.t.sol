// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Base, Listing, StreamId, PurchaseId, Purchase, StreamState} from "./Base.sol";
import {Errors} from "../src/libraries/Errors.sol";

/// What the contracts of 2018 got wrong, each by its name.
contract RegressionsTest is Base {
    function test_2018_platformCutComputesToZero() public {
        PurchaseId p = buy(buyers[0], list("d"), 60);
        settle(p, 1, false);
        require(market.credit(platform) > 0 && market.credit(platform) * 10 == READING, "10 %");
    }

    function test_2018_endTimeZeroBuysForEver() public {
        StreamId s = list("d");
        vm.prank(buyers[0]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_BadDuration.selector, 0, 366 days, 0));
        market.buy(s, 0, type(uint256).max, TERMS, address(0), 0);
        vm.prank(buyers[0]);
        vm.expectPartialRevert(Errors.Purchases_BadDuration.selector);
        market.buy(s, 366 days + 1, type(uint256).max, TERMS, address(0), 0);
    }

    function test_2018_anyoneRewritesAPurchase() public {
        PurchaseId p = buy(buyers[0], list("d"), 600);
        vm.prank(buyers[1]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_NotBuyer.selector, buyers[0], buyers[1]));
        market.extend(p, 60, type(uint256).max);
        vm.prank(buyers[1]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_NotBuyer.selector, buyers[0], buyers[1]));
        market.cancel(p);
    }

    function test_2018_anyoneRewritesAListingsPrice() public {
        StreamId s = list("d");
        vm.prank(buyers[0]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_NotOwner.selector, owner, buyers[0]));
        market.setOffer(s, 10, 60, 0);
    }

    function challenged() private returns (StreamId s) {
        s = list("d");
        for (uint256 i = 0; i < 3; ++i) {
            PurchaseId p = buy(buyers[i], s, 600);
            vm.prank(buyers[i]);
            market.challenge(p, "e");
        }
    }

    function test_2018_upheldChallengersLoseDepositsAndTheStakeIsStranded() public {
        StreamId s = challenged();
        vm.prank(arbiter);
        market.rule(s, true, "");
        for (uint256 i = 0; i < 3; ++i) {
            uint256 before = token.balanceOf(buyers[i]);
            market.redeem(s, 1, buyers[i]);
            require(token.balanceOf(buyers[i]) - before > 20 ether, "deposit and a share");
            market.finish(PurchaseId.wrap(uint64(i + 1)));
            market.withdraw(buyers[i]);
        }
        market.withdraw(platform);
        eq(token.balanceOf(address(market)), 0, "nothing is stranded");
    }

    function test_2018_unlistWhileChallenged() public {
        StreamId s = challenged();
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_BadState.selector, StreamState.Open, StreamState.Review));
        market.close(s);
        vm.prank(owner);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Streams_BadState.selector, StreamState.Closed, StreamState.Review)
        );
        market.withdrawStake(s);
    }

    function test_2018_unlistTwicePaysTwice() public {
        StreamId s = list("d");
        vm.startPrank(owner);
        market.close(s);
        skip(28 days);
        market.withdrawStake(s);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Streams_BadState.selector, StreamState.Closed, StreamState.Withdrawn)
        );
        market.withdrawStake(s);
        vm.stopPrank();
    }

    function test_2018_aFakeListingDrainsTheRegistry() public {
        list("d");
        Listing memory l = listing("fake", owner);
        vm.prank(buyers[0]); // without the operator's word for him
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_BadSignature.selector, vm.addr(SIGNER)));
        market.list(l);
        l.stake = 0;
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_StakeTooSmall.selector, STAKE, 0));
        market.list(l);
        eq(token.balanceOf(address(market)), STAKE, "untouched");
    }

    function test_2018_rulingLoopsOverChallengesUntilOutOfGas() public {
        StreamId s = challenged();
        vm.prank(arbiter);
        uint256 before = gasleft();
        market.rule(s, true, "");
        require(before - gasleft() < 100_000, "constant");
    }

    function test_2018_thePlatformCannotWithdraw() public {
        PurchaseId p = buy(buyers[0], list("d"), 60);
        settle(p, 1, false);
        market.withdraw(platform);
        eq(token.balanceOf(platform), READING / 10, "withdrawn");
    }
}
