// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Base, StreamId, PurchaseId, Listing, StreamState, Verdict} from "./Base.sol";
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
        uint32[2] memory bad = [uint32(0), 366 days + 1];
        for (uint256 i = 0; i < 2; ++i) {
            refused(
                buyers[0],
                abi.encodeCall(market.buy, (s, bad[i], PRICE, INTERVAL, TERMS, address(0), bytes32(0))),
                abi.encodeWithSelector(Errors.Purchases_BadDuration.selector, 366 days, bad[i])
            );
        }
    }

    function test_2018_anyoneRewritesAPurchase() public {
        PurchaseId p = buy(buyers[0], list("d"), 600);
        bytes memory no = abi.encodeWithSelector(Errors.Purchases_NotBuyer.selector, buyers[0], buyers[1]);
        refused(buyers[1], abi.encodeCall(market.extend, (p, uint40(clock + 660), TERMS)), no);
        refused(buyers[1], abi.encodeCall(market.cancel, (p)), no);
    }

    function test_2018_anyoneRewritesAListingsPrice() public {
        StreamId s = list("d");
        refused(
            buyers[0],
            abi.encodeCall(market.setPrice, (s, 10, 60)),
            abi.encodeWithSelector(Errors.Streams_NotOwner.selector, owner, buyers[0])
        );
    }

    function test_2018_upheldChallengersLoseDepositsAndTheStakeIsStranded() public {
        StreamId s = list("d");
        PurchaseId[3] memory p = review(s);
        rule(s, Verdict.SellerAtFault);
        for (uint256 i = 0; i < 3; ++i) {
            uint256 before = token.balanceOf(buyers[i]);
            market.redeem(s, 1, buyers[i]);
            require(token.balanceOf(buyers[i]) - before > DEPOSIT, "deposit and a share");
        }
        skip(7 days);
        for (uint256 i = 0; i < 3; ++i) {
            market.finish(p[i]);
            market.withdraw(buyers[i]);
        }
        market.withdraw(platform);
        market.withdraw(payout);
        market.withdraw(owner);
        eq(token.balanceOf(address(market)), 0, "nothing is stranded");
    }

    function test_2018_unlistWhileChallenged() public {
        StreamId s = list("d");
        review(s);
        close(s); // it may: the stake stays
        skip(21 days - 1);
        for (uint64 i = 0; i < 3; ++i) {
            challenge(buyers[i], PurchaseId.wrap(i + 1));
        }
        skip(1);
        refusedAs(owner, abi.encodeCall(market.withdrawStake, (s)), Errors.Streams_UnderReview.selector);
        rule(s, Verdict.SellerAtFault);
        refusedAs(owner, abi.encodeCall(market.withdrawStake, (s)), Errors.Streams_BadState.selector);
    }

    function test_2018_unlistTwicePaysTwice() public {
        StreamId s = list("d");
        close(s);
        skip(21 days);
        does(owner, abi.encodeCall(market.withdrawStake, (s)));
        refused(
            owner,
            abi.encodeCall(market.withdrawStake, (s)),
            abi.encodeWithSelector(Errors.Streams_BadState.selector, StreamState.Closed, StreamState.Withdrawn)
        );
    }

    function test_2018_aFakeListingDrainsTheRegistry() public {
        list("d");
        Listing memory l = listing("fake", owner);
        refused(
            buyers[0], // without the operator's word for him
            abi.encodeCall(market.list, (l)),
            abi.encodeWithSelector(Errors.Operators_BadSignature.selector, vm.addr(SIGNER))
        );
        l.stake = 0;
        refused(
            owner,
            abi.encodeCall(market.list, (l)),
            abi.encodeWithSelector(Errors.Streams_StakeTooSmall.selector, STAKE, 0)
        );
        eq(token.balanceOf(address(market)), STAKE, "untouched");
    }

    function test_2018_rulingLoopsOverChallengesUntilOutOfGas() public {
        StreamId s = list("d");
        review(s);
        skip(2 days);
        vm.prank(arbiter);
        uint256 before = gasleft();
        market.rule(s, 1, Verdict.SellerAtFault, "");
        require(before - gasleft() < 100_000, "constant");
    }

    function test_2018_thePlatformCannotWithdraw() public {
        PurchaseId p = buy(buyers[0], list("d"), 60);
        settle(p, 1, false);
        market.withdraw(platform);
        eq(token.balanceOf(platform), READING / 10, "withdrawn");
    }
}
