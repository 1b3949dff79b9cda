// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Base, Claim, Config, Listing, OperatorId, StreamId, PurchaseId, PurchaseState, StreamState} from "./Base.sol";
import {CallingToken, RebasingToken, Refuser, Robber, TollToken} from "./Others.sol";
import {DTX} from "../src/DTX.sol";
import {DataMarket} from "../src/DataMarket.sol";
import {Errors} from "../src/libraries/Errors.sol";

/// The attack list of docs/contracts.md, row by row. A-07 is defended off chain: its test is in Go.
contract AttacksTest is Base {
    bytes32 private constant DEV = keccak256("device");

    function test_A01_listAnothersDevice_needsTheOperatorsWordAndTheOperatorCanRetireIt() public {
        Listing memory l = listing(DEV, owner);
        vm.prank(buyers[0]); // the operator signed for owner
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_BadSignature.selector, vm.addr(SIGNER)));
        market.list(l);
        vm.prank(owner);
        StreamId s = market.list(l);
        l = listing(DEV, buyers[0]); // even with his word: the device is listed
        vm.prank(buyers[0]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_DeviceListed.selector, StreamId.unwrap(s)));
        market.list(l);
        vm.prank(vm.addr(SIGNER)); // the device changed hands
        market.retire(s);
        vm.prank(buyers[0]);
        market.list(l);
    }

    function test_A02_washTrading_costsAndBuysNoStake() public {
        StreamId s = list(DEV);
        uint256 before = token.balanceOf(owner);
        vm.prank(admin); // the owner is the operator too
        market.setPayout(op, owner);
        PurchaseId p = buy(owner, s, 100 * INTERVAL);
        skip(100 * INTERVAL);
        settle(p, 100, true);
        market.withdraw(owner);
        eq(before - token.balanceOf(owner), 10 * READING, "10 % of what he sold himself is gone");
        eq(market.getStream(s).stake, STAKE, "and what visibility counts is the same");
    }

    function test_A03_sybilChallenges_costEachAPurchaseAndADeposit() public {
        StreamId s = list(DEV);
        PurchaseId a = buy(buyers[0], s, 60);
        PurchaseId b = buy(buyers[0], s, 60);
        vm.prank(buyers[0]);
        market.challenge(a, "");
        vm.prank(buyers[0]); // a second purchase is not a second voice
        vm.expectRevert(abi.encodeWithSelector(Errors.Challenges_Twice.selector, 1, buyers[0]));
        market.challenge(b, "");
        for (uint256 i = 1; i < 3; ++i) {
            PurchaseId p = buy(buyers[i], s, 60);
            vm.prank(buyers[i]);
            market.challenge(p, "");
        }
        vm.prank(arbiter);
        market.rule(s, false, "");
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(Errors.Challenges_NothingToRedeem.selector, buyers[i]));
            market.redeem(s, 1, buyers[i]);
        }
        eq(market.credit(owner) + market.credit(platform), 60 ether, "three deposits lost");
    }

    function test_A04_lockingAStakeByEndlessChallenges_endsWithTheRounds() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 1 days);
        vm.prank(owner);
        market.close(s);
        uint256 unbondAt = market.getStream(s).unbondAt;
        uint256 end = clock + 1 days;
        for (uint32 round = 1; clock <= end + 14 days; ++round) {
            // The same buyer, as soon as the last round is over, as long as he may.
            vm.prank(buyers[0]);
            market.challenge(p, "");
            eq(market.getStream(s).round, round, "a new round");
            skip(14 days);
        }
        vm.prank(buyers[0]);
        vm.expectPartialRevert(Errors.Challenges_TooLate.selector);
        market.challenge(p, "");
        eq(market.getStream(s).unbondAt, unbondAt, "the clock was not reset");
        go(unbondAt);
        vm.prank(owner);
        market.withdrawStake(s);
    }

    function test_A05_operatorOverClaims_isHeldByRateQuotaAndCancel() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 10 * INTERVAL);
        skip(3 * INTERVAL);
        vm.prank(vm.addr(SIGNER));
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_AboveRate.selector, 1, 4, 5));
        market.settle(op, one(p, 5, false), 0);
        vm.prank(buyers[0]);
        market.cancel(p); // at any time: no more than what has begun
        skip(1 days);
        vm.prank(vm.addr(SIGNER));
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_AboveRate.selector, 1, 4, 5));
        market.settle(op, one(p, 5, true), 0);
        vm.prank(vm.addr(SIGNER));
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_AboveQuota.selector, 1, 10, 11));
        market.settle(op, one(p, 11, true), 0);
        settle(p, 4, true);
        eq(market.credit(buyers[0]), 6 * READING, "the rest is his");
        require(!market.getOperator(op).verified, "nobody vouches for a new operator");
        market.verifyOperator(op, true);
        market.verifyOperator(op, false);
        require(!market.getOperator(op).verified, "and the platform can take its word back");
    }

    function test_A06_operatorNeverClaims_ownerRelaysOrBuyerIsRefunded() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 10 * INTERVAL);
        PurchaseId q = buy(buyers[1], s, 10 * INTERVAL);
        skip(10 * INTERVAL);
        // The owner holds a signed settlement and pays the gas himself.
        Claim[] memory c = one(p, 10, true);
        bytes memory sig = settlementSig(SIGNER, c, "root", uint40(clock + 1 days));
        vm.prank(owner);
        market.settleSigned(op, c, "root", uint40(clock + 1 days), sig);
        eq(market.credit(owner), 10 * READING * 8 / 10, "paid without the operator");
        // Of the other purchase nothing was ever claimed.
        skip(7 days);
        market.finish(q);
        market.withdraw(buyers[1]);
        eq(token.balanceOf(buyers[1]), 10_000 ether, "not a wei lost");
    }

    function test_A08_frontRunningPriceOrTerms_changesNothingForTheBuyer() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 600);
        vm.prank(owner);
        market.setOffer(s, PRICE + 10, INTERVAL, 0);
        vm.prank(buyers[1]);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Purchases_TooDear.selector, 10 * READING, 10 * (READING + 10 * 1e12))
        );
        market.buy(s, 600, 10 * READING, TERMS, address(0), 0);
        vm.prank(buyers[0]); // nor can an extension be made dearer
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_OfferChanged.selector, PRICE, PRICE + 10));
        market.extend(p, 600, type(uint256).max);
        vm.startPrank(owner);
        market.setOffer(s, PRICE, INTERVAL, 0);
        market.setTerms(s, "others");
        vm.stopPrank();
        vm.prank(buyers[1]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_TermsChanged.selector, bytes32("others"), TERMS));
        market.buy(s, 600, type(uint256).max, TERMS, address(0), 0);
        vm.prank(buyers[0]);
        vm.expectPartialRevert(Errors.Purchases_TermsChanged.selector);
        market.extend(p, 600, type(uint256).max);
        eq(market.getPurchase(p).price, PRICE, "pinned");
        skip(600);
        settle(p, 10, true);
        eq(market.credit(owner), 10 * READING * 8 / 10, "paid at the pinned price");
    }

    function test_A09_unstakingBeforeAChallenge_isTooSlow() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p;
        for (uint256 i = 0; i < 3; ++i) {
            p[i] = buy(buyers[i], s, 1 days);
        }
        vm.prank(owner);
        market.close(s); // he knows what is coming
        skip(1 days + 14 days); // the last moment to challenge
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(buyers[i]);
            market.challenge(p[i], "");
        }
        vm.prank(owner);
        vm.expectPartialRevert(Errors.Streams_BadState.selector);
        market.withdrawStake(s);
        skip(7 days - 1);
        vm.prank(arbiter);
        market.rule(s, true, "");
        state(s, StreamState.Slashed, "slashed though closed");
        skip(60 days);
        vm.prank(owner);
        vm.expectPartialRevert(Errors.Streams_BadState.selector);
        market.withdrawStake(s);
    }

    function test_A10_reentrancy_isRefusedOrHarmless() public {
        CallingToken calling = new CallingToken();
        token = DTX(address(calling));
        deploy(rules());
        Robber r = new Robber(address(market), calling);
        token.transfer(address(r), 1_000 ether);
        StreamId s = list(DEV);
        bytes memory buying = abi.encodeCall(market.buy, (s, 600, type(uint256).max, TERMS, address(0), 0));
        require(r.act(buying), "buys");
        PurchaseId p = PurchaseId.wrap(1);
        bytes[] memory guarded = new bytes[](6);
        guarded[0] = buying;
        guarded[1] = abi.encodeCall(market.extend, (p, 60, type(uint256).max));
        guarded[2] = abi.encodeCall(market.challenge, (p, 0));
        guarded[3] = abi.encodeCall(market.withdraw, (owner));
        guarded[4] = abi.encodeCall(market.redeem, (s, 1, address(r)));
        guarded[5] = abi.encodeCall(market.withdrawStake, (s));
        for (uint256 i = 0; i < guarded.length; ++i) {
            r.onNextTransfer(address(market), guarded[i]);
            require(r.act(buying), "the purchase itself works");
            require(!r.worked(), "re-entered");
            require(
                bytes4(r.why()) == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "another refusal"
            );
        }
        // What has no guard moves nothing but numbers that are right already.
        r.onNextTransfer(address(market), abi.encodeCall(market.cancel, (p)));
        require(r.act(buying) && r.worked(), "cancels within");
        eq(token.balanceOf(address(market)), STAKE + 80 * READING, "eight purchases of ten readings");
        // A gift while the market counts what it pulls is another sum than was asked for.
        r.onNextTransfer(address(token), abi.encodeCall(token.transfer, (address(market), 1)));
        require(!r.act(buying), "counted a gift as payment");
        // On the way out, a credit leaves once.
        skip(30 days);
        for (uint64 i = 1; i <= 8; ++i) {
            market.finish(PurchaseId.wrap(i));
        }
        r.onNextTransfer(address(market), abi.encodeCall(market.withdraw, (address(r))));
        market.withdraw(address(r));
        require(!r.worked(), "withdrawn twice");
        eq(token.balanceOf(address(r)), 1_000 ether, "what he paid");
        eq(token.balanceOf(address(market)), STAKE, "the stake is untouched");
    }

    function test_A10_feeOnTransferToken_isRefused() public {
        token = DTX(address(new TollToken()));
        deploy(rules());
        Listing memory l = listing(DEV, owner);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Market_PulledLess.selector, STAKE, STAKE - STAKE / 100));
        market.list(l);
    }

    function test_A10_rebasingToken_changesNobodysNumber() public {
        RebasingToken rebasing = new RebasingToken();
        token = DTX(address(rebasing));
        deploy(rules());
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 60);
        settle(p, 1, false);
        rebasing.rebase(2, 1); // what is too much stays
        market.withdraw(owner);
        eq(market.credit(platform), READING / 10, "platform");
        rebasing.rebase(1, 4); // what is missing is missing to the last who asks, and nobody's claim is lost
        vm.prank(owner);
        market.close(s);
        skip(30 days);
        vm.prank(owner);
        vm.expectRevert();
        market.withdrawStake(s);
        eq(market.getStream(s).stake, STAKE, "still owed");
        rebasing.rebase(2, 1);
        vm.prank(owner);
        market.withdrawStake(s);
    }

    function test_A11_revertingPayee_blocksNobodyElse() public {
        CallingToken calling = new CallingToken();
        token = DTX(address(calling));
        deploy(rules());
        address refuser = address(new Refuser(calling));
        vm.prank(admin);
        market.setPayout(op, refuser);
        StreamId s = list(DEV);
        vm.prank(buyers[0]);
        PurchaseId p = market.buy(s, 600, type(uint256).max, TERMS, refuser, 0); // buyer and operator refuse
        skip(600);
        settle(p, 5, true);
        market.withdraw(owner);
        market.withdraw(platform);
        vm.expectRevert(bytes("no"));
        market.withdraw(refuser);
        eq(market.credit(refuser), 5 * READING + 5 * READING / 10, "waits for him");
    }

    function test_A12_signatureReplay_onAnotherChainContractTimeOrAgain() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 600);
        skip(600);
        Claim[] memory c = one(p, 5, false);
        uint40 deadline = uint40(clock + 1 hours);
        bytes memory sig = settlementSig(SIGNER, c, 0, deadline);
        Listing memory l = listing("other", owner);
        vm.chainId(31_338);
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_BadSignature.selector, vm.addr(SIGNER)));
        market.settleSigned(op, c, 0, deadline, sig);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_BadSignature.selector, vm.addr(SIGNER)));
        market.list(l);
        vm.chainId(31_337); // forge's own
        DataMarket here = market;
        deploy(rules()); // the same operator, number and key on another market
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_BadSignature.selector, vm.addr(SIGNER)));
        market.settleSigned(op, c, 0, deadline, sig);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_BadSignature.selector, vm.addr(SIGNER)));
        market.list(l);
        market = here;
        market.settleSigned(op, c, 0, deadline, sig);
        uint256 paid = market.credit(owner);
        market.settleSigned(op, c, 0, deadline, sig); // cumulative: again is nothing
        eq(market.credit(owner), paid, "paid twice");
        go(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_ClaimExpired.selector, deadline, deadline + 1));
        market.settleSigned(op, c, 0, deadline, sig);
        go(deadline);
        vm.startPrank(owner);
        s = market.list(l);
        market.close(s);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_BadNonce.selector, 1, 0));
        market.list(l);
        vm.stopPrank();
    }

    function test_A13_permitGriefing_doesNotStopThePurchase() public {
        StreamId s = list(DEV);
        address who = vm.addr(0xB0B);
        token.transfer(who, 1 ether);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(market.usePermit, (permit(0xB0B, READING)));
        calls[1] = abi.encodeCall(market.buy, (s, 60, READING, TERMS, address(0), 0));
        vm.prank(buyers[3]); // somebody takes the permit out of the pool and spends it first
        token.permit(
            who,
            address(market),
            READING,
            clock,
            permit(0xB0B, READING).v,
            permit(0xB0B, READING).r,
            permit(0xB0B, READING).s
        );
        vm.prank(who);
        market.multicall(calls);
        require(market.getPurchase(PurchaseId.wrap(1)).buyer == who, "bought");
        // A permit of somebody else brings the caller nothing.
        calls[0] = abi.encodeCall(market.usePermit, (permit(0xB0B, READING)));
        vm.prank(vm.addr(0xE41));
        vm.expectRevert();
        market.multicall(calls);
    }

    function test_A14_adminOrArbiterKeyLostOrStolen_reachesLittle() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[3], s, 600);
        // A stolen guardian key: every way out stays open.
        vm.prank(guardian);
        market.pause();
        // A stolen arbiter key: nothing to rule on without K buyers.
        vm.prank(arbiter);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_BadState.selector, StreamState.Review, StreamState.Open));
        market.rule(s, true, "");
        skip(600);
        vm.prank(buyers[3]);
        market.challenge(p, "");
        settle(p, 5, true);
        market.withdraw(owner);
        market.withdraw(buyers[3]);
        vm.prank(owner);
        market.close(s);
        skip(28 days);
        market.expire(s);
        market.redeem(s, 1, buyers[3]);
        vm.prank(owner);
        market.withdrawStake(s);
        // A lost arbiter key: the review lapses.
        vm.prank(guardian);
        market.unpause();
        s = list("another");
        PurchaseId[3] memory q = review(s);
        skip(7 days);
        market.expire(s);
        state(s, StreamState.Open, "goes on");
        for (uint256 i = 0; i < 3; ++i) {
            market.redeem(s, 1, buyers[i]);
        }
        settle(q[0], 1, false);
        // The platform's key can do nothing but vouch; given up, nothing changes.
        market.renounceOwnership();
        buy(buyers[0], s, 60);
    }

    function test_A15_unboundedLoops_areBounded() public {
        StreamId s = list(DEV);
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_TooMany.selector, 64, 65));
        market.allow(s, new address[](65), true);
        market.allow(s, new address[](64), true);
        vm.stopPrank();
        Listing memory l = listing("derived", owner);
        l.parents = new PurchaseId[](9);
        for (uint256 i = 0; i < 9; ++i) {
            l.parents[i] = buy(owner, s, 600);
        }
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_TooMany.selector, 8, 9));
        market.list(l);
        PurchaseId[] memory eight = new PurchaseId[](8);
        for (uint256 i = 0; i < 8; ++i) {
            eight[i] = l.parents[i];
        }
        l.parents = eight;
        vm.prank(owner);
        market.list(l);
    }
}
