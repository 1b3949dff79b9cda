// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Base,
    Claim,
    Config,
    DTX,
    IMarket,
    Listing,
    OperatorId,
    StreamId,
    PurchaseId,
    RoundState,
    Verdict
} from "./Base.sol";
import {SmallToken} from "./Others.sol";
import {Errors} from "../src/libraries/Errors.sol";

/// Rows A-16 to A-31 of docs/contracts.md: what worked against the first edition, played again. Two histories from the
/// same world are compared by what people have at their ends: the attacker must be poorer than had he behaved, and who
/// was wronged must have what the rules say, to the wei.
contract EconomicsTest is Base {
    bytes32 private constant DEV = keccak256("device");
    uint256 private constant ONE = 1 ether; // what a reading may cost at most on the least stake

    address private victim = address(0xB1C);
    address private sniper = address(0x541);

    function setUp() public override {
        super.setUp();
        fund(victim);
        fund(sniper);
    }

    /// The first three of buyers, who are the attacker's here.
    function wallets() private view returns (uint256 sum) {
        for (uint256 i = 0; i < 3; ++i) {
            sum += wealth(buyers[i]);
        }
    }

    function challengeAll(PurchaseId[3] memory p) private {
        for (uint256 i = 0; i < 3; ++i) {
            challenge(buyers[i], p[i]);
        }
    }

    function redeemAll(StreamId s) private {
        for (uint256 i = 0; i < 3; ++i) {
            market.redeem(s, 1, buyers[i]);
        }
    }

    /// A stream at a DTX a day: the victim has paid ninety readings, the sniper one, the three wallets so many each,
    /// and all of it has just ended.
    function sold(uint32 each) private returns (StreamId s, PurchaseId v, PurchaseId o, PurchaseId[3] memory p) {
        s = listAt(DEV, 1_000_000, 1 days);
        v = buy(victim, s, 90 days);
        skip((90 - each) * 1 days);
        for (uint256 i = 0; i < 3; ++i) {
            p[i] = buy(buyers[i], s, each * 1 days);
        }
        skip((each - 1) * 1 days);
        o = buy(sniper, s, 1 days);
        skip(1 days);
        settle(v, 90, true);
        settle(o, 1, true);
        for (uint256 i = 0; i < 3; ++i) {
            settle(p[i], each, true);
        }
        eq(wealth(victim), PURSE - 90 * ONE, "ninety");
        eq(wealth(sniper), PURSE - ONE, "one");
    }

    /// What a weight's part of a pool is, cut from what is left.
    function cut(uint256[2] memory pool, uint256 weight) private pure returns (uint256 share) {
        share = pool[0] * weight / pool[1];
        pool[0] -= share;
        pool[1] -= weight;
    }

    // A seller challenges himself with three wallets and takes the stake home for the fee.

    function selfDealing(uint32 each) private returns (uint256 behaved, uint256 attacked) {
        (StreamId s,,, PurchaseId[3] memory p) = sold(each);
        uint256 snapshot = vm.snapshotState();
        close(s);
        skip(21 days);
        does(owner, abi.encodeCall(market.withdrawStake, (s)));
        behaved = wealth(owner) + wallets();
        vm.revertToState(snapshot);
        challengeAll(p);
        rule(s, Verdict.SellerAtFault); // and nobody else came
        redeemAll(s);
        attacked = wealth(owner) + wallets();
    }

    function test_A16_aSellerSlashesHimself_andLosesHalfTheStakeAtLeast() public {
        (uint256 behaved, uint256 attacked) = selfDealing(1);
        eq(behaved - attacked, STAKE - 3 * (DEPOSIT + ONE * 8 / 10), "three shares of 10.8 come back");
    }

    function test_A16_aSellerSlashesHimself_withWalletsThatHavePaidMuch() public {
        (uint256 behaved, uint256 attacked) = selfDealing(14); // a third of 50 is below their most
        eq(behaved - attacked, STAKE / 2, "half, whatever they have paid");
    }

    function test_A16_theKthChallengerDoesNotShutTheDoor_andSharesAreByWeight() public {
        (StreamId s, PurchaseId v, PurchaseId o, PurchaseId[3] memory p) = sold(1);
        uint256 snapshot = vm.snapshotState();
        close(s);
        skip(21 days);
        does(owner, abi.encodeCall(market.withdrawStake, (s)));
        uint256 behaved = wealth(owner) + wallets();
        vm.revertToState(snapshot);
        challengeAll(p); // the quorum, before anybody else has heard of it
        skip(2 days - 1);
        challenge(sniper, o); // a share per head would be a fifth
        challenge(victim, v);
        rule(s, Verdict.SellerAtFault);
        uint256[2] memory pool = [uint256(STAKE) / 2, 94];
        uint256 back;
        for (uint256 i = 0; i < 3; ++i) {
            market.redeem(s, 1, buyers[i]); // first, and it helps them nothing
            back += cut(pool, 1);
        }
        market.redeem(s, 1, sniper);
        market.redeem(s, 1, victim);
        eq(wealth(sniper), PURSE - ONE + cut(pool, 1), "a ninety-fourth: less than he paid");
        eq(wealth(victim), PURSE - 90 * ONE + cut(pool, 90), "his part, by weight");
        eq(behaved - (wealth(owner) + wallets()), STAKE - back, "three ninety-fourths come back");
        require(back < 2 * ONE, "of fifty");
    }

    // An operator has an honest seller slashed for garbage he delivered himself.

    function test_A17_anOperatorBlamesTheSeller_andIsNamedHimself() public {
        StreamId s = list(DEV);
        PurchaseId v = buy(victim, s, 30 days);
        uint256 snapshot = vm.snapshotState();
        skip(30 days);
        settle(v, 43_200, true);
        uint256 behaved = wealth(payout) + wallets();
        vm.revertToState(snapshot);

        PurchaseId[3] memory p = three(s);
        skip(1 days);
        settle(v, 1440, false); // garbage
        challengeAll(p);
        snapshot = vm.snapshotState();
        rule(s, Verdict.OperatorAtFault);
        redeemAll(s);
        settle(v, 43_200, true); // nothing more
        market.finish(v);
        for (uint256 i = 0; i < 3; ++i) {
            market.finish(p[i]);
        }
        skip(14 days);
        does(owner, abi.encodeCall(market.withdrawStake, (s)));
        uint256 attacked = wealth(payout) + wallets();
        require(attacked < behaved, "the operator is poorer than had he behaved");
        eq(attacked, 3 * PURSE - 3 * READING + 1443 * READING / 10, "his wallets' readings are gone, his pay has ended");
        eq(wealth(owner), PURSE + 1443 * READING * 8 / 10, "the seller has his stake, and what was settled");
        eq(wealth(victim), PURSE - 1440 * READING, "the buyer has all that was not");

        // Even an arbiter who is wrong earns the operator no more than the deposits he risked.
        vm.revertToState(snapshot);
        rule(s, Verdict.SellerAtFault);
        redeemAll(s);
        skip(7 days);
        for (uint256 i = 0; i < 3; ++i) {
            market.finish(p[i]);
        }
        uint256 gained = wealth(payout) + wallets() - 3 * PURSE - 1440 * READING / 10; // but for honest pay
        require(gained <= 3 * DEPOSIT, "more than the deposits he risked");
        eq(gained, 3 * DEPOSIT - 3 * READING / 10, "the deposits, less a tenth of what he bought himself");
    }

    // Reviews run out victims' time, hold refunds and honest pay, stop sales.

    /// A day of honest trade; what the seller, the operator and the victim have of it.
    function trade(StreamId s) private returns (uint256[3] memory have) {
        uint256[3] memory had = [wealth(owner), wealth(payout), wealth(victim)];
        PurchaseId v = buy(victim, s, 1 days);
        skip(12 hours);
        settle(v, 720, false);
        does(victim, abi.encodeCall(market.extend, (v, uint40(clock + 1 days), TERMS)));
        does(victim, abi.encodeCall(market.cancel, (v)));
        settle(v, 720, true);
        PurchaseId other = buy(victim, s, 1 days);
        close(s);
        skip(1 days);
        settle(other, 1440, true);
        have = [wealth(owner) - had[0], wealth(payout) - had[1], had[2] - wealth(victim)];
    }

    function test_A18_aReviewLocksTheStakeAndNothingElse() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = three(s);
        skip(1);
        uint256 snapshot = vm.snapshotState();
        uint256[3] memory quiet = trade(s);
        vm.revertToState(snapshot);
        challengeAll(p);
        uint256[3] memory reviewed = trade(s);
        for (uint256 i = 0; i < 3; ++i) {
            eq(reviewed[i], quiet[i], "as without a review");
        }
        eq(reviewed[0], 2160 * READING * 8 / 10, "paid for a day and a half");
        // The griefer: three deposits poorer, and half of them are the seller's.
        uint256 had = wallets();
        uint256 seller = wealth(owner);
        uint256 again = vm.snapshotState();
        rule(s, Verdict.Rejected);
        eq(had, wallets(), "nothing comes back");
        eq(wealth(owner) - seller, 3 * DEPOSIT / 2, "half of what they put down");
        vm.revertToState(again);
        skip(14 days); // or the arbiter is silent: no gain
        redeemAll(s);
        eq(wallets() - had, 3 * DEPOSIT, "what they put down");
        eq(wealth(owner), seller, "the seller lost nothing");
    }

    function test_A18_aReviewDoesNotRunOutAVictimsTime() public {
        (StreamId s, PurchaseId v,, PurchaseId[3] memory p) = sold(1);
        skip(11 days); // the victim's last day to challenge is the 14th
        challengeAll(p); // by the seller, who hopes for a silent arbiter
        skip(2 days - 1);
        challenge(victim, v); // in the review
        skip(12 days + 1);
        market.redeem(s, 1, victim);
        eq(wealth(victim), PURSE - 90 * ONE, "the deposit is back");
    }

    // A ruling in the block of the quorum; joining when the ruling is seen in the mempool.

    function test_A19_aRulingLeavesTimeToJoin_andNoneToSnipe() public {
        (StreamId s, PurchaseId v, PurchaseId o, PurchaseId[3] memory p) = sold(1);
        challengeAll(p);
        refusedAs(
            arbiter, abi.encodeCall(market.rule, (s, 1, Verdict.SellerAtFault, 0)), Errors.Challenges_TooEarly.selector
        );
        PurchaseId late = buy(sniper, s, 1 days); // bought because of the round
        settle(late, 1, false);
        skip(1);
        skip(2 days - 2);
        challenge(victim, v);
        skip(1);
        // The ruling is in the mempool. Whoever saw it is too late, with an old purchase too.
        uint256 had = wealth(sniper);
        refusedAs(sniper, abi.encodeCall(market.challenge, (o, 0)), Errors.Challenges_TooLate.selector);
        refusedAs(sniper, abi.encodeCall(market.challenge, (late, 0)), Errors.Challenges_TooLate.selector);
        rule(s, Verdict.SellerAtFault);
        refusedAs(sniper, abi.encodeCall(market.challenge, (o, 0)), Errors.Streams_BadState.selector);
        eq(wealth(sniper), had, "nothing for the sniper");
        uint256[2] memory pool = [uint256(STAKE) / 2, 93];
        market.redeem(s, 1, victim);
        eq(wealth(victim), PURSE - 90 * ONE + cut(pool, 90), "ninety of ninety-three parts");
    }

    // A guilty seller is still paid what is unclaimed; an honest operator loses his pay.

    function test_A20_afterSellerAtFault_the80AreTheBuyersAndTheOperatorIsPaid() public {
        StreamId s = list(DEV);
        PurchaseId v = buy(victim, s, 30 days);
        review(s);
        uint256 seller = wealth(owner);
        uint256 operator = wealth(payout);
        uint256 used = 2 * 1440 + 1; // a minute before the review, two days of it
        uint256 snapshot = vm.snapshotState();
        rule(s, Verdict.Rejected);
        does(victim, abi.encodeCall(market.cancel, (v)));
        settle(v, 43_200, true);
        eq(wealth(owner) - seller, used * READING * 8 / 10 + 3 * DEPOSIT / 2, "an innocent seller is paid");
        uint256 honest = wealth(payout) - operator;
        vm.revertToState(snapshot);
        rule(s, Verdict.SellerAtFault);
        settle(v, 43_200, true);
        eq(wealth(owner), seller, "a guilty one is not");
        eq(wealth(payout) - operator, honest, "the operator did his work in both");
        eq(wealth(victim), PURSE - used * READING * 2 / 10, "the buyer has his 80 % and all the rest");
    }

    // Buy 366 days, cancel: the seller's stake is locked for 394 days.

    function test_A21_aLongPurchaseDoesNotHoldTheStake() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 366 days);
        skip(1);
        does(buyers[0], abi.encodeCall(market.cancel, (p)));
        PurchaseId running = buy(victim, s, 366 days);
        uint256 closed = clock;
        close(s);
        skip(7 days);
        settle(running, 10_080, true);
        market.finish(p);
        eq(wealth(victim), PURSE - 10_080 * READING, "the buyer has the rest of his money after NOTICE");
        go(closed + 21 days);
        does(owner, abi.encodeCall(market.withdrawStake, (s)));
        eq(wealth(owner), PURSE + 10_080 * READING * 8 / 10, "the seller has his stake when the closing said");
        eq(wealth(buyers[0]), PURSE, "and the trick moved nothing");
    }

    function test_A21_aChallengeInTheLastSecondHoldsItForAReviewAtMost() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p;
        for (uint256 i = 0; i < 3; ++i) {
            p[i] = buy(buyers[i], s, 366 days);
            settle(p[i], 1, false);
        }
        uint256 leaves = clock + 21 days;
        close(s);
        go(leaves - 1);
        challengeAll(p);
        go(leaves - 1 + 14 days - 1);
        refusedAs(owner, abi.encodeCall(market.withdrawStake, (s)), Errors.Streams_UnderReview.selector);
        skip(1);
        does(owner, abi.encodeCall(market.withdrawStake, (s)));
        eq(wealth(owner), PURSE + 3 * READING * 8 / 10, "NOTICE + CHALLENGE_AFTER + REVIEW, and no more");
    }

    // Price and interval front-run under one maxTotal.

    function test_A22_twiceThePriceForHalfTheReadings_sellsNothing() public {
        StreamId s = list(DEV);
        bytes memory buying = abi.encodeCall(market.buy, (s, 600, PRICE, INTERVAL, TERMS, address(0), bytes32(0)));
        uint256 snapshot = vm.snapshotState();
        does(victim, buying);
        skip(600);
        settle(PurchaseId.wrap(1), 10, true);
        uint256 behaved = wealth(owner);
        vm.revertToState(snapshot);
        does(owner, abi.encodeCall(market.setPrice, (s, 2 * PRICE, 2 * INTERVAL))); // five at two: the same total
        refusedAs(victim, buying, Errors.Purchases_OfferChanged.selector);
        eq(token.balanceOf(victim), PURSE, "the buyer lost nothing");
        eq(behaved - wealth(owner), 10 * READING * 8 / 10, "the seller lost a sale");
        // The interval alone, and terms alone.
        does(owner, abi.encodeCall(market.setPrice, (s, PRICE, 2 * INTERVAL)));
        refusedAs(victim, buying, Errors.Purchases_OfferChanged.selector);
        vm.revertToState(snapshot);
        does(owner, abi.encodeCall(market.setTerms, (s, "resale forbidden")));
        refusedAs(victim, buying, Errors.Purchases_TermsChanged.selector);
    }

    // One reading of 1,000 DTX at second 0 on a stake of 100; or 3,600 small ones an hour.

    function test_A23_aReadingIsAHundredthOfTheStakeAtMost_aBuyersDayATenth() public {
        Listing memory l = listing(DEV, owner);
        (l.price, l.interval) = (1_000_000_000, 1 days);
        refusedAs(owner, abi.encodeCall(market.list, (l)), Errors.Streams_StakeTooSmall.selector);
        (l.price, l.interval) = (1_000_000, 1); // an hour of these is 3,600 DTX
        refusedAs(owner, abi.encodeCall(market.list, (l)), Errors.Streams_StakeTooSmall.selector);
        does(admin, abi.encodeCall(market.setPayout, (op, owner))); // seller and operator are one
        uint40[3] memory price = [uint40(1_000_000), 6940, 110]; // the most, at a day, a minute, a second
        uint32[3] memory interval = [uint32(1 days), 60, 1];
        for (uint256 i = 0; i < 3; ++i) {
            uint256 snapshot = vm.snapshotState();
            uint256 had = wealth(owner);
            StreamId s = listAt(DEV, price[i], interval[i]);
            PurchaseId[3] memory p;
            for (uint256 k = 0; k < 3; ++k) {
                p[k] = buy(buyers[k], s, 1 days);
                settle(p[k], type(uint32).max, false); // at second 0
                require(market.getPurchase(p[k]).delivered == 1, "one");
            }
            require(uint256(price[i]) * 1e12 * 100 <= STAKE, "a reading");
            skip(1 days);
            uint256 paid;
            for (uint256 k = 0; k < 3; ++k) {
                settle(p[k], type(uint32).max, true);
                paid += PURSE - wealth(buyers[k]);
                challenge(buyers[k], p[k]);
            }
            require(paid <= 3 * STAKE / 10, "a buyer's day");
            rule(s, Verdict.SellerAtFault);
            redeemAll(s);
            eq(had - wealth(owner), STAKE - paid * 9 / 10, "a stake poorer, for a day's loot of three tenths at most");
            vm.revertToState(snapshot);
        }
    }

    // One claim above the cap reverts a whole batch; a cancel in the buying second costs a reading.

    function test_A24_aClaimAboveTheCapIsPaidUpToIt_andHoldsUpNobody() public {
        StreamId s = list(DEV);
        Claim[] memory c = new Claim[](3);
        for (uint256 i = 0; i < 3; ++i) {
            c[i] = Claim(buy(buyers[i], s, 600), 10, true);
        }
        skip(300);
        does(buyers[1], abi.encodeCall(market.cancel, (c[1].purchase))); // just before the batch of the end
        skip(300);
        uint256 snapshot = vm.snapshotState();
        c[1].delivered = 5;
        vm.prank(vm.addr(SIGNER));
        market.settle(op, c, 0);
        uint256[4] memory exact = [wealth(owner), wealth(payout), wealth(buyers[1]), wealth(platform)];
        vm.revertToState(snapshot);
        c[1].delivered = 10;
        vm.prank(vm.addr(SIGNER));
        market.settle(op, c, 0);
        uint256[4] memory above = [wealth(owner), wealth(payout), wealth(buyers[1]), wealth(platform)];
        for (uint256 i = 0; i < 4; ++i) {
            eq(above[i], exact[i], "as if he had claimed what was due");
        }
        eq(above[0], PURSE - STAKE + 25 * READING * 8 / 10, "25 readings");
    }

    function test_A24_aCancelInTheBuyingSecondCostsNothing() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(victim, s, 366 days);
        does(victim, abi.encodeCall(market.cancel, (p)));
        settle(p, type(uint32).max, true);
        eq(wealth(victim), PURSE, "not a reading");
        eq(wealth(owner), PURSE - STAKE, "for nothing");
    }

    // The hot signer retires every listing.

    function test_A25_aStolenSignerSettlesAndSignsDeviceClaims_nothingElse() public {
        StreamId s = list(DEV);
        uint256 snapshot = vm.snapshotState();
        PurchaseId p = buy(victim, s, 600);
        skip(600);
        settle(p, 10, true);
        uint256[2] memory quiet = [wealth(owner), wealth(payout)];
        vm.revertToState(snapshot);
        address thief = vm.addr(SIGNER);
        bytes[6] memory tries = [
            abi.encodeCall(market.retire, (s)),
            abi.encodeCall(market.setSigner, (op, address(0x77))),
            abi.encodeCall(market.setPayout, (op, thief)),
            abi.encodeCall(market.transferAdmin, (op, thief)),
            abi.encodeCall(market.setOperatorMetadata, (op, 0, "", 0)),
            abi.encodeCall(market.respond, (s, 1, 0))
        ];
        for (uint256 i = 0; i < 6; ++i) {
            refused(thief, tries[i], abi.encodeWithSelector(Errors.Operators_NotAdmin.selector, admin, thief));
        }
        refusedAs(thief, abi.encodeCall(market.close, (s)), Errors.Streams_NotOwner.selector);
        p = buy(victim, s, 600); // the listing stands
        skip(600);
        settle(p, 10, true);
        eq(wealth(owner), quiet[0], "the owner sells as before");
        eq(wealth(payout), quiet[1], "the operator is paid as before");
        eq(wealth(thief), 0, "the thief is not");
        does(admin, abi.encodeCall(market.setSigner, (op, address(0x77))));
        refusedAs(thief, abi.encodeCall(market.settle, (op, one(p, 10, true), 0)), Errors.Purchases_NotSigner.selector);
    }

    // An operator's admin cannot be changed; the quickstart made the hot key admin.

    function test_A26_theAdminMovesInTwoSteps_andIsNeverTheHotKey() public {
        refusedAs(
            vm.addr(SIGNER),
            abi.encodeCall(market.registerOperator, (vm.addr(SIGNER), payout, 0, "", 0)),
            Errors.Operators_SignerIsAdmin.selector
        );
        does(admin, abi.encodeCall(market.transferAdmin, (op, vm.addr(SIGNER))));
        refusedAs(vm.addr(SIGNER), abi.encodeCall(market.acceptAdmin, (op)), Errors.Operators_SignerIsAdmin.selector);
        // The admin's key may be in wrong hands: he goes to another, and the old one pays itself nothing.
        address cold = address(0xC01D);
        does(admin, abi.encodeCall(market.transferAdmin, (op, cold)));
        does(cold, abi.encodeCall(market.acceptAdmin, (op)));
        refusedAs(admin, abi.encodeCall(market.setPayout, (op, admin)), Errors.Operators_NotAdmin.selector);
        does(cold, abi.encodeCall(market.setPayout, (op, cold)));
        PurchaseId p = buy(victim, list(DEV), 600);
        skip(600);
        settle(p, 10, true);
        eq(wealth(cold), READING, "a tenth of ten");
        eq(wealth(admin) + wealth(payout), 0, "nothing for the old key");
    }

    // A lost guardian key pauses for ever.

    function test_A27_aPauseEndsByItself_whoeverHoldsTheKey() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(victim, s, 14 days);
        uint256 sales;
        does(guardian, abi.encodeCall(market.pause, ())); // and then the key is lost, or goes on trying
        for (uint256 day = 0; day < 37; ++day) {
            vm.prank(guardian);
            (bool again,) = address(market).call(abi.encodeCall(market.pause, ()));
            require(!again, "renewed");
            vm.prank(buyers[0]);
            (bool ok,) = address(market)
                .call(abi.encodeCall(market.buy, (s, 1 days, PRICE, INTERVAL, TERMS, address(0), bytes32(0))));
            if (ok) ++sales;
            skip(1 days);
            if (day == 6) settle(p, 7 * 1440, false); // what was sold is delivered and paid
        }
        eq(wealth(owner), PURSE - STAKE + 7 * 1440 * READING * 8 / 10, "paid all the while");
        eq(sales, 30, "thirty days of sales in thirty-seven");
    }

    // Extend pins terms by 56 bits (collided in minutes).

    function test_A28_termsThatBeginAlike_areNotExtendedInto() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(victim, s, 600);
        uint256 had = token.balanceOf(victim);
        bytes memory longer = abi.encodeCall(market.extend, (p, uint40(clock + 1200), TERMS));
        bytes32 alike = TERMS ^ bytes32(uint256(1)); // the first 255 bits are those bought
        does(owner, abi.encodeCall(market.setTerms, (s, alike)));
        refused(victim, longer, abi.encodeWithSelector(Errors.Purchases_TermsChanged.selector, TERMS, alike));
        eq(token.balanceOf(victim), had, "nothing was taken");
        does(owner, abi.encodeCall(market.setTerms, (s, TERMS)));
        does(victim, longer);
        refusedAs(victim, longer, Errors.Purchases_BadEnd.selector); // sent twice, it extends once
        eq(had - token.balanceOf(victim), 10 * READING, "ten readings more, once");
    }

    // A token of other decimals is priced wrong.

    function test_A29_aPriceIsAMillionthOfTheTokenWhateverItsDecimals() public {
        for (uint8 d = 6; d <= 18; d += 4) {
            uint256 unit = 10 ** (d - 6);
            token = DTX(address(new SmallToken(d)));
            Config memory c = rules();
            (c.minStake, c.deposit) = (uint96(100e6 * unit), uint96(10e6 * unit));
            deploy(c);
            fund(victim);
            Listing memory l = listing(DEV, owner);
            l.stake = c.minStake;
            does(owner, abi.encodeCall(market.list, (l)));
            uint256 had = wealth(victim);
            uint256 seller = wealth(owner);
            PurchaseId p = buy(victim, StreamId.wrap(1), 600);
            skip(600);
            settle(p, 10, true);
            eq(had - wealth(victim), 10 * 1000 * unit, "ten readings of 0.001 token");
            eq(wealth(owner) - seller, 8 * 1000 * unit, "80 %");
        }
        uint8[2] memory no = [5, 19];
        for (uint256 i = 0; i < 2; ++i) {
            Config memory c = rules();
            c.token = address(new SmallToken(no[i]));
            vm.expectRevert(abi.encodeWithSelector(Errors.Market_BadConfig.selector, 5));
            create(c);
        }
    }

    // Careless deployments.

    /// Each of these let somebody take what was not his, or locked what was; all are in Rules.t.sol, to the second.
    function test_A30_aDeploymentMustHoldTogether() public {
        Config memory c = rules();
        c.deposit = uint96(STAKE); // three deposits above the stake: challenging would pay more than it may
        careless(c, 4);
        c = rules();
        c.quorum = 1; // one buyer would be a court case
        careless(c, 3);
        c = rules();
        c.arbiter = c.platform; // who has half of what is slashed would slash
        careless(c, 2);
        c = rules();
        c.claimWindow = c.challengeAfter; // a claim when nobody can challenge it
        careless(c, 9);
        c = rules();
        c.reviewMin = c.review; // no second to rule in
        careless(c, 8);
        c = rules();
        c.pauseMax = c.pauseGap + 1; // more pause than market
        careless(c, 10);
        c = rules();
        c.notice = 0; // purchases would end in the block of the closing
        careless(c, 6);
        c = rules();
        c.maxTerm = 10_000 days;
        careless(c, 7);
        c = rules();
        c.token = address(0xE0A);
        careless(c, 1);
        c = rules();
        (c.review, c.reviewMin) = (30 days, 2 days); // a buyer's fortnight could pass while nobody may join
        careless(c, 11);
    }

    // A round shuts out who buys after it opened: a seller opens one himself, sells on, brings the quorum in the last
    // second and lets the review run out.

    address[4] private people = [address(0xB1C), address(0xF002), address(0xF003), address(0xF004)];

    /// The seller's three wallets have paid a reading each, and one of them has opened a round; then four people buy
    /// ten days at a DTX each, and are charged for them.
    function ownRound() private returns (StreamId s, PurchaseId[3] memory p, PurchaseId[4] memory v, uint256 opened) {
        for (uint256 i = 1; i < 4; ++i) {
            fund(people[i]);
        }
        s = listAt(DEV, 1_000_000, 1 days);
        for (uint256 i = 0; i < 3; ++i) {
            p[i] = buy(buyers[i], s, 30 days);
            settle(p[i], 1, false);
        }
        skip(1);
        challenge(buyers[0], p[0]);
        opened = clock;
        for (uint256 i = 0; i < 4; ++i) {
            v[i] = buy(people[i], s, 10 days);
        }
    }

    /// What the seller has who sells the same, challenges nobody and goes.
    function behavedInstead(StreamId s, PurchaseId[3] memory p, PurchaseId[4] memory v) private returns (uint256 have) {
        uint256 snapshot = vm.snapshotState();
        skip(10 days);
        for (uint256 i = 0; i < 4; ++i) {
            settle(v[i], 10, true);
        }
        goHome(s, p);
        market.redeem(s, 1, buyers[0]);
        have = wealth(owner) + wallets();
        vm.revertToState(snapshot);
        eq(have, 4 * PURSE + 32 * ONE - 3 * ONE * 2 / 10, "40 less a fifth, less a fifth of what he bought himself");
    }

    /// The wallets' purchases end, and the stake leaves where it may.
    function goHome(StreamId s, PurchaseId[3] memory p) private {
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(buyers[i]);
            (bool over,) = address(market).call(abi.encodeCall(market.cancel, (p[i])));
            over; // by the ruling, or now
            settle(p[i], 1, true);
        }
        vm.prank(owner);
        (bool ok,) = address(market).call(abi.encodeCall(market.close, (s)));
        skip(21 days);
        vm.prank(owner);
        (ok,) = address(market).call(abi.encodeCall(market.withdrawStake, (s)));
    }

    /// A guilty seller's wallets and victims take what is theirs: weights 1, 1, 1 and each of the victims'.
    function share31(StreamId s, uint32 round, uint256[3] memory w, uint256[4] memory v) private {
        uint256[2] memory pool = [uint256(STAKE) / 2, 0];
        for (uint256 i = 0; i < 3; ++i) {
            pool[1] += w[i] + v[i];
        }
        pool[1] += v[3];
        for (uint256 i = 0; i < 3; ++i) {
            if (w[i] == 0) continue;
            uint256 had = wealth(buyers[i]);
            market.redeem(s, round, buyers[i]);
            eq(wealth(buyers[i]) - had, DEPOSIT + cut(pool, w[i]), "a wallet's part, by weight");
        }
        for (uint256 i = 0; i < 4; ++i) {
            uint256 had = wealth(people[i]);
            market.redeem(s, round, people[i]);
            uint256 part = cut(pool, v[i]);
            uint256 most = v[i] * ONE * 8 / 10 + (round == 1 ? 0 : DEPOSIT);
            eq(wealth(people[i]) - had, DEPOSIT + (part < most ? part : most), "a victim's, as redeem's row says");
        }
        eq(market.getStream(s).stake, 0, "no dust");
    }

    /// He counts on a ruling that rejects his own wallets' empty challenges.
    function test_A31_aSellerOpensARound_sellsOnAndWantsItRejected() public {
        (StreamId s, PurchaseId[3] memory p, PurchaseId[4] memory v, uint256 opened) = ownRound();
        uint256 behaved = behavedInstead(s, p, v);
        go(opened + 10 days);
        for (uint256 i = 0; i < 4; ++i) {
            settle(v[i], 10, true);
        }
        go(opened + 14 days - 1);
        challenge(buyers[1], p[1]);
        challenge(buyers[2], p[2]); // the quorum, in TTL's last second
        skip(2 days - 1);
        for (uint256 i = 0; i < 4; ++i) {
            challenge(people[i], v[i]); // who bought later has a voice
        }
        rule(s, Verdict.SellerAtFault);
        share31(s, 1, [uint256(1), 1, 1], [uint256(10), 10, 10, 10]);
        goHome(s, p);
        uint256 attacked = wealth(owner) + wallets();
        require(attacked + STAKE / 2 < behaved, "the seller is poorer than had he behaved, by half a stake and more");
        for (uint256 i = 0; i < 4; ++i) {
            eq(wealth(people[i]), PURSE - 2 * ONE, "a victim has four fifths of what he paid back");
        }
    }

    /// He counts on a silent arbiter. The victims bring the quorum, not he, and challenge again when the review has lapsed.
    function test_A31_aSellerOpensARound_sellsOnAndWantsItLapsed() public {
        (StreamId s, PurchaseId[3] memory p, PurchaseId[4] memory v, uint256 opened) = ownRound();
        uint256 behaved = behavedInstead(s, p, v);
        go(opened + 9 days);
        for (uint256 i = 0; i < 4; ++i) {
            settle(v[i], 9, false);
            challenge(people[i], v[i]);
        }
        roundState(s, 1, RoundState.Review, "his own wallet is the third");
        go(opened + 10 days);
        for (uint256 i = 0; i < 4; ++i) {
            settle(v[i], 10, true);
        }
        go(opened + 9 days + 14 days); // silence
        for (uint256 i = 0; i < 4; ++i) {
            market.redeem(s, 1, people[i]);
            challenge(people[i], v[i]); // in their last day
        }
        rule(s, Verdict.SellerAtFault);
        market.redeem(s, 1, buyers[0]);
        share31(s, 2, [uint256(0), 0, 0], [uint256(10), 10, 10, 10]);
        goHome(s, p);
        uint256 attacked = wealth(owner) + wallets();
        require(attacked + STAKE / 2 < behaved, "the seller is poorer than had he behaved, by half a stake and more");
        for (uint256 i = 0; i < 4; ++i) {
            eq(wealth(people[i]), PURSE + 5 * ONE / 2, "12.5 of 50: they had bought before this round");
        }
    }

    /// Who buys because of a round pays a fifth of it; so does a seller who waters down the others' shares.
    function test_A31_aSniperOfARunningRoundPaysAFifth() public {
        (StreamId s, PurchaseId v,, PurchaseId[3] memory p) = sold(1);
        uint256 had = wealth(sniper);
        uint256 seller = wealth(owner);
        challengeAll(p);
        PurchaseId late = buy(sniper, s, 1 days);
        settle(late, 1, false);
        challenge(sniper, late); // in the second of the quorum: not before it
        skip(1 days);
        PurchaseId more = buy(sniper, s, 1 days);
        skip(23 hours);
        settle(more, 1, true);
        refusedAs(sniper, abi.encodeCall(market.challenge, (more, 0)), Errors.Challenges_Twice.selector);
        uint256 snapshot = vm.snapshotState();
        rule(s, Verdict.SellerAtFault); // and the victim slept: a quarter of fifty for one DTX
        market.redeem(s, 1, sniper);
        settle(late, 1, true);
        eq(had - wealth(sniper), ONE * 2 / 10 + ONE, "a fifth of the one that counted, and the other");
        vm.revertToState(snapshot);
        challenge(victim, v);
        rule(s, Verdict.SellerAtFault);
        market.redeem(s, 1, sniper);
        require(had - wealth(sniper) > ONE * 2 / 10 + ONE, "more, if the victims are there");
        eq(wealth(owner) - seller, 2 * ONE * 8 / 10, "of which the seller had four fifths as ever");
    }

    /// Round after round of his own, each with its quorum at once: whatever the phase, a victim can join for REVIEW_MIN.
    function test_A31_roundsBackToBackLeaveEverybodyHisTimeToJoin() public {
        StreamId s = listAt(DEV, 1_000_000, 1 days);
        PurchaseId[3] memory p;
        for (uint256 i = 0; i < 3; ++i) {
            p[i] = buy(buyers[i], s, 366 days);
            settle(p[i], 1, false);
        }
        skip(1);
        PurchaseId v = buy(victim, s, 14 days);
        uint256 end = clock + 14 days;
        uint256 snapshot = vm.snapshotState();
        uint256 least = 14 days;
        for (uint256 phase = 0; phase < 14 days; phase += 1 days) {
            go(end - phase);
            challengeAll(p);
            uint32 round = 1;
            uint256 open;
            go(end);
            settle(v, 14, true); // the last moment he cannot choose himself
            for (; clock < end + 14 days; skip(6 hours)) {
                if (clock >= market.getRound(s, round).deadline) {
                    challengeAll(p);
                    ++round;
                }
                uint256 again = vm.snapshotState();
                vm.prank(victim);
                (bool ok,) = address(market).call(abi.encodeCall(market.challenge, (v, 0)));
                vm.revertToState(again);
                if (ok) open += 6 hours;
            }
            require(round > 1 || phase == 0, "he opened others");
            if (open < least) least = open;
            vm.revertToState(snapshot);
        }
        eq(least, 2 days, "REVIEW_MIN, in the worst phase");
    }

    function careless(Config memory c, uint256 rule_) private {
        vm.expectRevert(abi.encodeWithSelector(Errors.Market_BadConfig.selector, rule_));
        create(c);
    }
}
