// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {
    Base,
    Claim,
    Config,
    DTX,
    IMarket,
    Listing,
    OperatorId,
    Permit,
    StreamId,
    PurchaseId,
    RoundState,
    StreamState,
    Verdict
} from "./Base.sol";
import {CallingToken, RebasingToken, Refuser, Robber, TollToken} from "./Others.sol";
import {Errors} from "../src/libraries/Errors.sol";

/// The attack list of docs/contracts.md, rows A-01 to A-15; the rest is in Economics.t.sol. What counts is what people
/// have in the end. A-07 is defended off chain: its test is in Go.
contract AttacksTest is Base {
    bytes32 private constant DEV = keccak256("device");

    function test_A01_listAnothersDevice_needsTheOperatorsWordAndTheOperatorCanRetireIt() public {
        Listing memory l = listing(DEV, owner);
        bytes memory no = abi.encodeWithSelector(Errors.Operators_BadSignature.selector, vm.addr(SIGNER));
        refused(buyers[0], abi.encodeCall(market.list, (l)), no); // the operator signed for owner
        vm.prank(owner);
        StreamId s = market.list(l);
        l = listing(DEV, buyers[0]); // even with his word: the device is listed
        refused(
            buyers[0],
            abi.encodeCall(market.list, (l)),
            abi.encodeWithSelector(Errors.Streams_DeviceListed.selector, StreamId.unwrap(s))
        );
        settle(buy(buyers[1], s, 60), 1, false);
        eq(wealth(buyers[0]), PURSE, "the thief has sold nothing");
        eq(wealth(owner), PURSE - STAKE + READING * 8 / 10, "the owner has");
        does(admin, abi.encodeCall(market.retire, (s))); // the device changed hands
        does(buyers[0], abi.encodeCall(market.list, (l)));
    }

    function test_A02_washTrading_costsAndBuysNoStake() public {
        does(admin, abi.encodeCall(market.setPayout, (op, owner))); // the owner is the operator too
        StreamId s = list(DEV);
        PurchaseId p = buy(owner, s, 100 * INTERVAL);
        skip(100 * INTERVAL);
        settle(p, 100, true);
        eq(wealth(owner), PURSE - STAKE - 10 * READING, "10 % of what he sold himself is gone");
        eq(market.getStream(s).stake, STAKE, "and what visibility counts is the same");
    }

    function test_A03_sybilChallenges_costEachAPurchaseAndADeposit() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = three(s);
        PurchaseId second = buy(buyers[0], s, 60);
        settle(second, 1, false);
        skip(1);
        challenge(buyers[0], p[0]);
        refusedAs(buyers[0], abi.encodeCall(market.challenge, (second, 0)), Errors.Challenges_Twice.selector);
        challenge(buyers[1], p[1]);
        challenge(buyers[2], p[2]);
        uint256 seller = wealth(owner);
        rule(s, Verdict.Rejected);
        for (uint256 i = 0; i < 3; ++i) {
            refusedAs(
                buyers[i], abi.encodeCall(market.redeem, (s, 1, buyers[i])), Errors.Challenges_NothingToRedeem.selector
            );
            does(buyers[i], abi.encodeCall(market.cancel, (p[i])));
            settle(p[i], 1, true);
        }
        for (uint256 i = 1; i < 3; ++i) {
            eq(wealth(buyers[i]), PURSE - READING - DEPOSIT, "a deposit poorer each");
        }
        eq(wealth(owner) - seller, 3 * DEPOSIT / 2, "and half of it is the seller's");
    }

    /// Alone he opens a round again and again; with a quorum he has a review as late as he can.
    function test_A04_lockingAStakeByEndlessChallenges_endsWhenTheClosingSaid() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = three(s);
        uint256 leaves = clock + 7 days + 14 days;
        uint256 snapshot = vm.snapshotState();
        close(s);
        for (uint32 round = 1; clock + 1 < leaves; ++round) {
            skip(round == 1 ? 1 : 14 days);
            if (clock >= leaves) break;
            challenge(buyers[0], p[0]);
            eq(market.getStream(s).round, round, "a new round");
        }
        go(leaves);
        does(owner, abi.encodeCall(market.withdrawStake, (s)));
        uint256 unmolested = wealth(owner);
        eq(unmolested, PURSE + 3 * READING * 8 / 10, "all back in time");
        vm.revertToState(snapshot);
        close(s);
        go(leaves - 1);
        for (uint256 i = 0; i < 3; ++i) {
            challenge(buyers[i], p[i]);
        }
        uint256 again = vm.snapshotState();
        go(leaves - 1 + 14 days); // REVIEW longer at most
        does(owner, abi.encodeCall(market.withdrawStake, (s)));
        eq(wealth(owner), unmolested, "the same");
        vm.revertToState(again);
        rule(s, Verdict.Rejected);
        does(owner, abi.encodeCall(market.withdrawStake, (s))); // at once
        eq(wealth(owner), unmolested + 3 * DEPOSIT / 2, "richer by what they lost");
    }

    function test_A05_operatorOverClaims_isHeldByRateQuotaAndCancel() public {
        does(admin, abi.encodeCall(market.setPayout, (op, owner))); // seller and operator are one
        StreamId s = list(DEV);
        uint256 before = wealth(owner);
        PurchaseId p = buy(buyers[0], s, 10 * INTERVAL);
        skip(3 * INTERVAL);
        settle(p, 10, false); // four intervals have begun
        does(buyers[0], abi.encodeCall(market.cancel, (p))); // at any time: no more than that
        skip(1 days);
        settle(p, type(uint32).max, true);
        eq(wealth(buyers[0]), PURSE - 4 * READING, "four, whatever he claims");
        eq(wealth(owner) - before, 4 * READING * 9 / 10, "which is all they have");
        require(!market.getOperator(op).verified, "nobody vouches for a new operator");
    }

    /// The first edition's row spoke of claims signed for a day. They are good as long as he could claim himself.
    function test_A06_operatorNeverClaimsOrExtorts_ownerRelaysOrBuyerIsRefunded() public {
        StreamId s = list(DEV);
        uint256 seller = wealth(owner);
        PurchaseId p = buy(buyers[0], s, 10 * INTERVAL);
        PurchaseId q = buy(buyers[1], s, 10 * INTERVAL);
        // The bridge has published these while it delivered; since then it says nothing more.
        uint40 deadline = uint40(market.getPurchase(p).end + 7 days);
        Claim[] memory c = one(p, 10, false);
        bytes memory sig = settlementSig(SIGNER, c, "root", deadline);
        go(deadline - 1); // the last second in which anything is paid
        uint256 snapshot = vm.snapshotState();
        does(owner, abi.encodeCall(market.settleSigned, (op, c, "root", deadline, sig)));
        eq(wealth(owner) - seller, 10 * READING * 8 / 10, "paid without the operator");
        // Of the other purchase nothing was ever claimed: the operator is poorer by his own tenth.
        go(deadline);
        market.finish(q);
        eq(wealth(buyers[1]), PURSE, "not a wei lost");
        eq(wealth(payout), 10 * READING / 10, "a tenth of what was relayed, nothing of the other");
        vm.revertToState(snapshot);
        settle(p, 10, true);
        settle(q, 10, true);
        eq(wealth(payout), 20 * READING / 10, "what he has who claims");
        // A signer rotated in between voids what was not relayed: said in docs/contracts.md.
        vm.revertToState(snapshot);
        does(admin, abi.encodeCall(market.setSigner, (op, address(0x77))));
        refusedAs(
            owner,
            abi.encodeCall(market.settleSigned, (op, c, "root", deadline, sig)),
            Errors.Operators_BadSignature.selector
        );
    }

    /// The first edition bound the total only; A-22 swaps price and interval under the same total.
    function test_A08_frontRunningPriceIntervalOrTerms_changesNothingForTheBuyer() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 600);
        uint256 had = token.balanceOf(buyers[0]);
        bytes memory buying = abi.encodeCall(market.buy, (s, 600, PRICE, INTERVAL, TERMS, address(0), bytes32(0)));
        bytes memory longer = abi.encodeCall(market.extend, (p, uint40(clock + 1200), TERMS));
        bytes[4] memory fronts = [
            abi.encodeCall(market.setPrice, (s, PRICE + 10, INTERVAL)),
            abi.encodeCall(market.setPrice, (s, PRICE - 10, INTERVAL)),
            abi.encodeCall(market.setPrice, (s, PRICE, INTERVAL / 2)),
            abi.encodeCall(market.setTerms, (s, "others"))
        ];
        for (uint256 i = 0; i < 4; ++i) {
            uint256 snapshot = vm.snapshotState();
            does(owner, fronts[i]);
            bytes4 why = i == 3 ? Errors.Purchases_TermsChanged.selector : Errors.Purchases_OfferChanged.selector;
            refusedAs(buyers[1], buying, why);
            refusedAs(buyers[0], longer, why);
            eq(token.balanceOf(buyers[1]), PURSE, "nothing was taken");
            eq(token.balanceOf(buyers[0]), had, "nothing was taken");
            skip(600);
            settle(p, 10, true);
            eq(wealth(owner), PURSE - STAKE + 10 * READING * 8 / 10, "paid at the pinned price");
            vm.revertToState(snapshot);
        }
    }

    function test_A09_unstakingBeforeAChallenge_isTooSlow() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = three(s);
        close(s); // he knows what is coming
        skip(21 days - 1); // the last second to challenge, the last before it may leave
        refusedAs(owner, abi.encodeCall(market.withdrawStake, (s)), Errors.Streams_StakeBound.selector);
        for (uint256 i = 0; i < 3; ++i) {
            challenge(buyers[i], p[i]);
        }
        skip(1);
        refusedAs(owner, abi.encodeCall(market.withdrawStake, (s)), Errors.Streams_UnderReview.selector);
        skip(14 days - 2); // the last second of the review
        rule(s, Verdict.SellerAtFault);
        skip(400 days);
        refusedAs(owner, abi.encodeCall(market.withdrawStake, (s)), Errors.Streams_BadState.selector);
        eq(wealth(owner), PURSE - STAKE + 3 * READING * 8 / 10, "slashed though closed");
    }

    function test_A10_reentrancy_isRefusedOrHarmless() public {
        CallingToken calling = new CallingToken();
        token = DTX(address(calling));
        deploy(rules());
        Robber r = new Robber(address(market), calling);
        token.transfer(address(r), 1_000 ether);
        StreamId s = list(DEV);
        bytes memory buying = abi.encodeCall(market.buy, (s, 600, PRICE, INTERVAL, TERMS, address(0), bytes32(0)));
        require(r.act(buying), "buys");
        PurchaseId p = PurchaseId.wrap(1);
        bytes[] memory guarded = new bytes[](7);
        guarded[0] = buying;
        guarded[1] = abi.encodeCall(market.extend, (p, uint40(clock + 660), TERMS));
        guarded[2] = abi.encodeCall(market.challenge, (p, 0));
        guarded[3] = abi.encodeCall(market.withdraw, (owner));
        guarded[4] = abi.encodeCall(market.redeem, (s, 1, address(r)));
        guarded[5] = abi.encodeCall(market.withdrawStake, (s));
        guarded[6] = abi.encodeCall(market.addStake, (s, 1));
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
        eq(token.balanceOf(address(market)), STAKE + 90 * READING, "nine purchases of ten readings");
        // A gift while the market counts what it pulls is another sum than was asked for.
        r.onNextTransfer(address(token), abi.encodeCall(token.transfer, (address(market), 1)));
        require(!r.act(buying), "counted a gift as payment");
        // On the way out, a credit leaves once.
        skip(30 days);
        for (uint64 i = 1; i <= 9; ++i) {
            market.finish(PurchaseId.wrap(i));
        }
        r.onNextTransfer(address(market), abi.encodeCall(market.withdraw, (address(r))));
        market.withdraw(address(r));
        require(!r.worked(), "withdrawn twice");
        eq(token.balanceOf(address(r)), 1_000 ether, "what he paid");
        eq(token.balanceOf(address(market)), STAKE, "the stake is untouched");
    }

    /// A challenger redeems within his redeeming, another's share among them.
    function test_A10_reentrancy_ofRedeem_paysOnce() public {
        CallingToken calling = new CallingToken();
        token = DTX(address(calling));
        deploy(rules());
        Robber r = new Robber(address(market), calling);
        token.transfer(address(r), 1_000 ether);
        StreamId s = list(DEV);
        require(r.act(abi.encodeCall(market.buy, (s, 600, PRICE, INTERVAL, TERMS, address(0), bytes32(0)))), "buys");
        settle(PurchaseId.wrap(1), 1, false);
        PurchaseId[3] memory p = three(s);
        skip(1);
        require(r.act(abi.encodeCall(market.challenge, (PurchaseId.wrap(1), 0))), "challenges");
        challenge(buyers[0], p[0]);
        challenge(buyers[1], p[1]);
        rule(s, Verdict.SellerAtFault);
        uint256 had = token.balanceOf(address(r));
        r.onNextTransfer(address(market), abi.encodeCall(market.redeem, (s, 1, address(r))));
        market.redeem(s, 1, address(r));
        require(!r.worked(), "redeemed twice");
        eq(token.balanceOf(address(r)) - had, 2 * DEPOSIT + READING * 8 / 10, "once");
    }

    function test_A10_feeOnTransferToken_isRefused() public {
        token = DTX(address(new TollToken()));
        deploy(rules());
        refused(
            owner,
            abi.encodeCall(market.list, (listing(DEV, owner))),
            abi.encodeWithSelector(Errors.Market_PulledLess.selector, STAKE, STAKE - STAKE / 100)
        );
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
        close(s);
        skip(30 days);
        vm.prank(owner);
        vm.expectRevert();
        market.withdrawStake(s);
        eq(market.getStream(s).stake, STAKE, "still owed");
        rebasing.rebase(2, 1);
        does(owner, abi.encodeCall(market.withdrawStake, (s)));
    }

    function test_A11_revertingPayee_blocksNobodyElse() public {
        CallingToken calling = new CallingToken();
        token = DTX(address(calling));
        deploy(rules());
        address refuser = address(new Refuser(calling));
        does(admin, abi.encodeCall(market.setPayout, (op, refuser)));
        StreamId s = list(DEV);
        vm.prank(buyers[0]);
        PurchaseId p = market.buy(s, 600, PRICE, INTERVAL, TERMS, refuser, 0); // buyer and operator refuse
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
        bytes memory bad = abi.encodeWithSelector(Errors.Operators_BadSignature.selector, vm.addr(SIGNER));
        bytes memory settling = abi.encodeCall(market.settleSigned, (op, c, 0, deadline, sig));
        vm.chainId(31_338);
        refused(owner, settling, bad);
        refused(owner, abi.encodeCall(market.list, (l)), bad);
        vm.chainId(31_337); // forge's own
        IMarket here = market;
        deploy(rules()); // the same operator, number and key on another market
        refused(owner, settling, bad);
        refused(owner, abi.encodeCall(market.list, (l)), bad);
        market = here;
        does(address(1), settling);
        uint256 paid = market.credit(owner);
        does(address(1), settling); // cumulative: again is nothing
        eq(market.credit(owner), paid, "paid twice");
        uint256 snapshot = vm.snapshotState();
        go(deadline + 1);
        refused(owner, settling, abi.encodeWithSelector(Errors.Purchases_ClaimExpired.selector, deadline, deadline + 1));
        vm.revertToState(snapshot);
        vm.prank(owner);
        s = market.list(l);
        close(s);
        refused(owner, abi.encodeCall(market.list, (l)), abi.encodeWithSelector(Errors.Streams_BadNonce.selector, 1, 0));
    }

    function test_A13_permitGriefing_doesNotStopThePurchase() public {
        StreamId s = list(DEV);
        address who = vm.addr(0xB0B);
        token.transfer(who, 1 ether);
        Permit memory p = permit(0xB0B, READING);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(market.usePermit, (p));
        calls[1] = abi.encodeCall(market.buy, (s, 60, PRICE, INTERVAL, TERMS, address(0), bytes32(0)));
        vm.prank(buyers[3]); // somebody takes the permit out of the pool and spends it first
        token.permit(who, address(market), READING, p.deadline, p.v, p.r, p.s);
        does(who, abi.encodeCall(market.multicall, (calls)));
        require(market.getPurchase(PurchaseId.wrap(1)).buyer == who, "bought");
        // A permit of somebody else brings the caller nothing.
        calls[0] = abi.encodeCall(market.usePermit, (permit(0xB0B, READING)));
        vm.prank(vm.addr(0xE41));
        vm.expectRevert();
        market.multicall(calls);
        eq(wealth(who), 1 ether - READING, "he paid his own reading");
    }

    /// The first edition's row forgot the operator's admin (A-26), the hot signer (A-25) and a guardian's key that is
    /// lost while the market is paused (A-27).
    function test_A14_aKeyLostOrStolen_reachesLittle() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[3], s, 600);
        settle(p, 1, false);
        skip(1);
        // A stolen guardian key: every way out stays open.
        does(guardian, abi.encodeCall(market.pause, ()));
        // A stolen arbiter key: nothing to rule on without K buyers who have paid, and not before REVIEW_MIN.
        challenge(buyers[3], p);
        refusedAs(
            arbiter, abi.encodeCall(market.rule, (s, 1, Verdict.SellerAtFault, 0)), Errors.Challenges_BadState.selector
        );
        skip(600);
        settle(p, 10, true);
        market.withdraw(owner);
        close(s);
        skip(21 days);
        market.redeem(s, 1, buyers[3]);
        does(owner, abi.encodeCall(market.withdrawStake, (s)));
        eq(wealth(owner), PURSE + 10 * READING * 8 / 10, "the seller has all of his");
        eq(wealth(buyers[3]), PURSE - 10 * READING, "and the buyer");
        // A lost arbiter key: the review lapses.
        s = list("another");
        PurchaseId[3] memory q = review(s);
        skip(14 days);
        for (uint256 i = 0; i < 3; ++i) {
            market.redeem(s, 1, buyers[i]);
        }
        settle(q[0], 2, false);
        // The owner's key can do nothing but vouch; given up, nothing changes.
        market.renounceOwnership();
        buy(buyers[0], s, 60);
    }

    function test_A15_unboundedLoops_areBounded() public {
        StreamId s = list(DEV);
        refused(
            owner,
            abi.encodeCall(market.allow, (s, new address[](65), true)),
            abi.encodeWithSelector(Errors.Streams_TooMany.selector, 64, 65)
        );
        does(owner, abi.encodeCall(market.allow, (s, new address[](64), true)));
        Listing memory l = listing("derived", owner);
        l.parents = new PurchaseId[](9);
        for (uint256 i = 0; i < 9; ++i) {
            l.parents[i] = buy(owner, s, 600);
        }
        refused(owner, abi.encodeCall(market.list, (l)), abi.encodeWithSelector(Errors.Streams_TooMany.selector, 8, 9));
        PurchaseId[] memory eight = new PurchaseId[](8);
        for (uint256 i = 0; i < 8; ++i) {
            eight[i] = l.parents[i];
        }
        l.parents = eight;
        does(owner, abi.encodeCall(market.list, (l)));
    }
}
