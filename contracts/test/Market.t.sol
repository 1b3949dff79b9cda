// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Base,
    Claim,
    Listing,
    OperatorId,
    StreamId,
    PurchaseId,
    Purchase,
    PurchaseState,
    Round,
    RoundState,
    Stream,
    StreamState,
    Verdict
} from "./Base.sol";
import {Errors} from "../src/libraries/Errors.sol";

/// The transitions of docs/contracts.md, number by number, with their exact seconds.
contract MarketTest is Base {
    bytes32 private constant DEV = keccak256("device");

    function buying(StreamId s, uint32 duration) private view returns (bytes memory) {
        return buyingAt(s, duration, PRICE, INTERVAL, TERMS);
    }

    function buyingAt(StreamId s, uint32 duration, uint40 price, uint32 interval, bytes32 terms)
        private
        view
        returns (bytes memory)
    {
        return abi.encodeCall(market.buy, (s, duration, price, interval, terms, address(0), bytes32(0)));
    }

    function badState(StreamState want, StreamState have) private pure returns (bytes memory) {
        return abi.encodeWithSelector(Errors.Streams_BadState.selector, want, have);
    }

    function badRound(RoundState want, RoundState have) private pure returns (bytes memory) {
        return abi.encodeWithSelector(Errors.Challenges_BadState.selector, want, have);
    }

    // Listings

    function test_T01_givenOperatorsClaim_itListsUnderStake() public {
        StreamId s = list(DEV);
        state(s, StreamState.Open, "open");
        eq(token.balanceOf(address(market)), STAKE, "stake held");
        eq(market.deviceNonce(op, DEV), 1, "nonce used");
        eq(StreamId.unwrap(market.liveStream(op, DEV)), StreamId.unwrap(s), "live");
        Stream memory got = market.getStream(s);
        require(got.owner == owner && got.device == DEV && got.terms == TERMS, "owner, device, terms");
        eq(OperatorId.unwrap(got.operator), OperatorId.unwrap(op), "operator");
        eq(got.price, PRICE, "price");
        eq(got.interval, INTERVAL, "interval");
        eq(got.stake, STAKE, "stake");
        eq(got.stopAt, 0, "no end");
        eq(market.streamCount(), 1, "counted");
    }

    function test_T01_givenBadClaims_itRefuses() public {
        Listing memory l = listing(DEV, owner);
        bytes memory badSignature = abi.encodeWithSelector(Errors.Operators_BadSignature.selector, vm.addr(SIGNER));
        refused(buyers[0], abi.encodeCall(market.list, (l)), badSignature); // the claim is for owner
        l.proofKind = 1; // and says how the owner is known
        refused(owner, abi.encodeCall(market.list, (l)), badSignature);
        l = listing(DEV, owner);
        l.operatorSig = deviceClaimSig(0xBAD, l, owner);
        refused(owner, abi.encodeCall(market.list, (l)), badSignature);
        l.operator = OperatorId.wrap(9); // nobody
        refused(
            owner,
            abi.encodeCall(market.list, (l)),
            abi.encodeWithSelector(Errors.Operators_BadSignature.selector, address(0))
        );
    }

    function test_T01_givenTheSignaturesAge_aDayAtMost() public {
        Listing memory l = listing(DEV, owner);
        l.deadline = uint40(clock + 1 days + 1);
        l.operatorSig = deviceClaimSig(SIGNER, l, owner);
        refused(
            owner,
            abi.encodeCall(market.list, (l)),
            abi.encodeWithSelector(Errors.Streams_BadDeadline.selector, clock + 1 days + 1, clock)
        );
        l = listing(DEV, owner); // a day ahead, to the second
        uint256 snapshot = vm.snapshotState();
        does(owner, abi.encodeCall(market.list, (l)));
        vm.revertToState(snapshot);
        go(l.deadline + 1);
        refused(
            owner,
            abi.encodeCall(market.list, (l)),
            abi.encodeWithSelector(Errors.Streams_BadDeadline.selector, l.deadline, l.deadline + 1)
        );
        go(l.deadline);
        does(owner, abi.encodeCall(market.list, (l)));
    }

    function test_T01_givenListedDevice_itRefusesASecondAndAReplay() public {
        Listing memory l = listing(DEV, owner);
        vm.prank(owner);
        StreamId s = market.list(l);
        refused(
            owner,
            abi.encodeCall(market.list, (listing(DEV, owner))),
            abi.encodeWithSelector(Errors.Streams_DeviceListed.selector, s)
        );
        close(s);
        refused(owner, abi.encodeCall(market.list, (l)), abi.encodeWithSelector(Errors.Streams_BadNonce.selector, 1, 0)); // the old signature
        list(DEV); // a fresh one is welcome
    }

    function test_T01_givenStakeAndOffer_theBoundsAreExact() public {
        Listing memory l = listing(DEV, owner);
        l.stake = STAKE - 1;
        refused(
            owner,
            abi.encodeCall(market.list, (l)),
            abi.encodeWithSelector(Errors.Streams_StakeTooSmall.selector, STAKE, STAKE - 1)
        );
        l = listing(DEV, owner);
        for (uint40 price = 0; price < 20; ++price) {
            if (price == 10) continue;
            l.price = price;
            refused(
                owner,
                abi.encodeCall(market.list, (l)),
                abi.encodeWithSelector(Errors.Streams_BadPrice.selector, 10, price)
            );
        }
        l.price = PRICE;
        l.interval = 0;
        refused(
            owner,
            abi.encodeCall(market.list, (l)),
            abi.encodeWithSelector(Errors.Streams_BadInterval.selector, 366 days, 0)
        );
        l.interval = 366 days + 1;
        refused(
            owner,
            abi.encodeCall(market.list, (l)),
            abi.encodeWithSelector(Errors.Streams_BadInterval.selector, 366 days, 366 days + 1)
        );
        listAt(DEV, PRICE, 366 days);
        // One reading a hundredth, one buyer's day a tenth: intervals, and the most a reading may cost on 100 DTX.
        uint32[8] memory interval = [uint32(1), 60, 61, 8639, 8640, 9599, 9600, 366 days];
        uint40[8] memory most = [uint40(110), 6940, 7050, 909_090, 1_000_000, 1_000_000, 1_000_000, 1_000_000];
        for (uint256 i = 0; i < 8; ++i) {
            listAt(keccak256(abi.encode(i)), most[i], interval[i]);
            l = listing("another", owner);
            (l.price, l.interval) = (most[i] + 10, interval[i]);
            refusedAs(owner, abi.encodeCall(market.list, (l)), Errors.Streams_StakeTooSmall.selector);
        }
        l = listing("another", owner);
        (l.price, l.interval, l.stake) = (6950, 60, 100_080_000_000_000_000_000 - 1);
        refused(
            owner,
            abi.encodeCall(market.list, (l)),
            abi.encodeWithSelector(Errors.Streams_StakeTooSmall.selector, 14_400 * 6950 * 1e12, l.stake)
        );
    }

    function test_offer_isTheOwnersWhileOpenAndTouchesNewPurchasesAlone() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 3600);
        vm.startPrank(owner);
        market.setPrice(s, 2000, 120);
        market.setTerms(s, "others");
        market.setRestricted(s, true);
        vm.stopPrank();
        Stream memory got = market.getStream(s);
        require(got.price == 2000 && got.interval == 120 && got.terms == "others" && got.restricted, "set");
        Purchase memory old = market.getPurchase(p);
        require(old.price == PRICE && old.interval == INTERVAL && old.termsTag == bytes8(TERMS), "pinned");
        skip(3600);
        settle(p, 60, true); // sixty, at the old price, from a buyer who is not allowed any more
        eq(market.credit(owner), 60 * READING * 8 / 10, "paid at the old offer");
        // The bound holds against the stake there is, and more stake bears more.
        refused(
            owner,
            abi.encodeCall(market.setPrice, (s, 6950, 60)),
            abi.encodeWithSelector(Errors.Streams_StakeTooSmall.selector, 14_400 * 6950 * 1e12, STAKE)
        );
        does(owner, abi.encodeCall(market.addStake, (s, 0.08 ether)));
        eq(market.getStream(s).stake, STAKE + 0.08 ether, "added");
        does(owner, abi.encodeCall(market.setPrice, (s, 6950, 60)));
        refused(
            owner,
            abi.encodeCall(market.setPrice, (s, 15, 60)),
            abi.encodeWithSelector(Errors.Streams_BadPrice.selector, 10, 15)
        );
        // Closed: only who may buy can be said, which nobody can use.
        close(s);
        bytes memory closed = badState(StreamState.Open, StreamState.Closed);
        refused(owner, abi.encodeCall(market.setPrice, (s, 10, 60)), closed);
        refused(owner, abi.encodeCall(market.setTerms, (s, 0)), closed);
        refused(owner, abi.encodeCall(market.setRestricted, (s, false)), closed);
        refused(owner, abi.encodeCall(market.addStake, (s, 1)), closed);
        does(owner, abi.encodeCall(market.allow, (s, new address[](64), true)));
    }

    function test_T02_T04_givenClose_everySaleEndsAfterNoticeAndTheStakeLeavesOnce() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 366 days);
        uint256 stopAt = clock + 7 days;
        close(s);
        eq(market.getStream(s).stopAt, stopAt, "stops after NOTICE");
        eq(StreamId.unwrap(market.liveStream(op, DEV)), 0, "the device is free");
        refused(owner, abi.encodeCall(market.close, (s)), badState(StreamState.Open, StreamState.Closed));
        refused(buyers[1], buying(s, 3600), badState(StreamState.Open, StreamState.Closed));
        go(stopAt - 1);
        settle(p, 10_079, false); // it runs still
        eq(market.getPurchase(p).delivered, 10_079, "paid in the notice");
        go(stopAt);
        settle(p, type(uint32).max, true); // and is over: 7 days are 10,080 minutes
        eq(market.getPurchase(p).delivered, 10_080, "paid to the end");
        eq(market.credit(buyers[0]), (366 * 1440 - 10_080) * READING, "the rest is the buyer's at once");
        go(stopAt + 14 days - 1);
        refused(
            owner,
            abi.encodeCall(market.withdrawStake, (s)),
            abi.encodeWithSelector(Errors.Streams_StakeBound.selector, stopAt + 14 days, stopAt + 14 days - 1)
        );
        go(stopAt + 14 days);
        uint256 before = token.balanceOf(owner);
        does(owner, abi.encodeCall(market.withdrawStake, (s)));
        eq(token.balanceOf(owner) - before, STAKE, "stake back");
        state(s, StreamState.Withdrawn, "withdrawn");
        refused(owner, abi.encodeCall(market.withdrawStake, (s)), badState(StreamState.Closed, StreamState.Withdrawn));
    }

    function test_T02_T03_givenAReview_itClosesAllTheSame() public {
        StreamId s = list(DEV);
        review(s);
        uint256 snapshot = vm.snapshotState();
        close(s);
        state(s, StreamState.Closed, "closed under review");
        eq(market.getStream(s).stopAt, clock + 7 days, "with notice");
        vm.revertToState(snapshot);
        does(admin, abi.encodeCall(market.retire, (s)));
        state(s, StreamState.Closed, "retired under review");
        list(DEV);
    }

    function test_T04_givenAReview_theStakeWaitsForItsEndAndNoLonger() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = three(s);
        uint256 bound = clock + 7 days + 14 days;
        close(s);
        go(bound - 1); // the last second
        for (uint256 i = 0; i < 3; ++i) {
            challenge(buyers[i], p[i]);
        }
        go(bound);
        uint256 deadline = bound - 1 + 14 days;
        refused(
            owner,
            abi.encodeCall(market.withdrawStake, (s)),
            abi.encodeWithSelector(Errors.Streams_UnderReview.selector, 1, deadline)
        );
        go(deadline - 1);
        refusedAs(owner, abi.encodeCall(market.withdrawStake, (s)), Errors.Streams_UnderReview.selector);
        go(deadline); // silence: nobody need say that the review is over
        does(owner, abi.encodeCall(market.withdrawStake, (s)));
        does(address(1), abi.encodeCall(market.expire, (s)));
        roundState(s, 1, RoundState.Lapsed, "lapsed");
    }

    function test_T04_givenARoundBelowTheQuorum_theStakeLeaves() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = three(s);
        close(s);
        skip(21 days - 1);
        challenge(buyers[0], p[0]);
        challenge(buyers[1], p[1]);
        skip(1);
        does(owner, abi.encodeCall(market.withdrawStake, (s)));
        refused(
            buyers[2],
            abi.encodeCall(market.challenge, (p[2], 0)),
            abi.encodeWithSelector(Errors.Challenges_TooLate.selector, START + 21 days, START + 21 days)
        );
        skip(14 days);
        market.redeem(s, 1, buyers[0]);
        market.redeem(s, 1, buyers[1]);
        eq(wealth(buyers[0]), PURSE - 30 * 1440 * READING, "his deposit is back, his escrow is not finished");
    }

    function test_T03_givenRetire_byTheOperatorsAdminOnly() public {
        StreamId s = list(DEV);
        bytes memory retiring = abi.encodeCall(market.retire, (s));
        refused(owner, retiring, abi.encodeWithSelector(Errors.Operators_NotAdmin.selector, admin, owner));
        refused(
            vm.addr(SIGNER),
            retiring,
            abi.encodeWithSelector(Errors.Operators_NotAdmin.selector, admin, vm.addr(SIGNER))
        );
        does(admin, retiring);
        state(s, StreamState.Closed, "closed");
        eq(market.getStream(s).stopAt, clock + 7 days, "with notice");
        refused(admin, retiring, badState(StreamState.Open, StreamState.Closed));
    }

    // Purchases

    function test_T05_givenOffer_itEscrowsTheMostItCanCost() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 61);
        Purchase memory got = market.getPurchase(p);
        eq(got.quota, 2, "ceil(61/60)");
        eq(got.start, clock, "start");
        eq(got.end, clock + 61, "end");
        require(got.buyer == buyers[0] && got.state == PurchaseState.Active, "his, active");
        eq(token.balanceOf(address(market)), STAKE + 2 * READING, "escrow");
        eq(market.getPurchase(buy(buyers[0], s, 60)).quota, 1, "60/60");
        eq(market.getPurchase(buy(buyers[0], s, 366 days)).quota, 366 * 1440, "a year");
        eq(market.purchaseCount(), 3, "counted");
        refused(buyers[0], buying(s, 0), abi.encodeWithSelector(Errors.Purchases_BadDuration.selector, 366 days, 0));
        refused(
            buyers[0],
            buying(s, 366 days + 1),
            abi.encodeWithSelector(Errors.Purchases_BadDuration.selector, 366 days, 366 days + 1)
        );
        refused(buyers[0], buying(StreamId.wrap(9), 60), badState(StreamState.Open, StreamState.None));
    }

    function test_T05_givenAnotherOffer_itRefusesEachPart() public {
        StreamId s = list(DEV);
        refused(
            buyers[0],
            buyingAt(s, 600, PRICE - 10, INTERVAL, TERMS),
            abi.encodeWithSelector(Errors.Purchases_OfferChanged.selector, PRICE - 10, PRICE)
        );
        refused(
            buyers[0],
            buyingAt(s, 600, PRICE + 10, INTERVAL, TERMS),
            abi.encodeWithSelector(Errors.Purchases_OfferChanged.selector, PRICE + 10, PRICE)
        );
        refused(
            buyers[0],
            buyingAt(s, 600, PRICE, INTERVAL + 1, TERMS),
            abi.encodeWithSelector(Errors.Purchases_OfferChanged.selector, INTERVAL + 1, INTERVAL)
        );
        refused(
            buyers[0],
            buyingAt(s, 600, PRICE, INTERVAL, TERMS ^ bytes32(uint256(1))),
            abi.encodeWithSelector(Errors.Purchases_TermsChanged.selector, TERMS ^ bytes32(uint256(1)), TERMS)
        );
    }

    function test_T05_givenABeneficiary_heIsTheBuyerInAllRespects() public {
        StreamId s = list(DEV);
        vm.prank(buyers[0]);
        PurchaseId p = market.buy(s, 3600, PRICE, INTERVAL, TERMS, buyers[1], "route");
        settle(p, 1, false);
        refused(
            buyers[0],
            abi.encodeCall(market.cancel, (p)),
            abi.encodeWithSelector(Errors.Purchases_NotBuyer.selector, buyers[1], buyers[0])
        );
        skip(1);
        challenge(buyers[1], p);
        does(buyers[1], abi.encodeCall(market.cancel, (p)));
        skip(7 days);
        market.finish(p);
        eq(market.credit(buyers[1]), 59 * READING, "the rest is his who did not pay");
    }

    function test_T05_givenRestricted_onlyAllowedBuy() public {
        StreamId s = list(DEV);
        does(owner, abi.encodeCall(market.setRestricted, (s, true)));
        bytes memory no = abi.encodeWithSelector(Errors.Purchases_NotAllowed.selector, buyers[0]);
        refused(buyers[0], buying(s, 60), no);
        address[] memory who = new address[](1);
        who[0] = buyers[0];
        does(owner, abi.encodeCall(market.allow, (s, who, true)));
        require(market.isAllowed(s, buyers[0]) && !market.isAllowed(s, buyers[1]), "one is allowed");
        PurchaseId p = buy(buyers[0], s, 60);
        // What counts is the beneficiary.
        does(buyers[1], abi.encodeCall(market.buy, (s, 60, PRICE, INTERVAL, TERMS, buyers[0], bytes32(0))));
        does(owner, abi.encodeCall(market.allow, (s, who, false)));
        refused(buyers[0], buying(s, 60), no);
        refused(buyers[0], abi.encodeCall(market.extend, (p, uint40(clock + 120), TERMS)), no);
        does(owner, abi.encodeCall(market.setRestricted, (s, false)));
        buy(buyers[2], s, 60);
    }

    function test_T06_givenSameOffer_itExtendsToTheEndNamed() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 90); // quota 2
        uint40 end = uint40(clock + 90);
        uint256 before = token.balanceOf(buyers[0]);
        does(buyers[0], abi.encodeCall(market.extend, (p, end + 30, TERMS)));
        eq(before, token.balanceOf(buyers[0]), "120 s are 2 readings still");
        bytes memory longer = abi.encodeCall(market.extend, (p, end + 31, TERMS));
        does(buyers[0], longer);
        eq(market.getPurchase(p).quota, 3, "one more");
        eq(before - token.balanceOf(buyers[0]), READING, "and paid for");
        refused(buyers[0], longer, abi.encodeWithSelector(Errors.Purchases_BadEnd.selector, end + 31, end + 31));
        refused(
            buyers[0],
            abi.encodeCall(market.extend, (p, uint40(clock + 366 days + 1), TERMS)),
            abi.encodeWithSelector(Errors.Purchases_BadEnd.selector, end + 31, clock + 366 days + 1)
        );
        does(buyers[0], abi.encodeCall(market.extend, (p, uint40(clock + 366 days), TERMS)));
        eq(market.getPurchase(p).quota, 366 * 1440, "a year");
    }

    function test_T06_givenAnotherOfferOrAnEnd_itRefuses() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 90);
        uint40 end = uint40(clock + 90);
        bytes memory longer = abi.encodeCall(market.extend, (p, end + 600, TERMS));
        does(owner, abi.encodeCall(market.setPrice, (s, PRICE + 10, INTERVAL)));
        refused(buyers[0], longer, abi.encodeWithSelector(Errors.Purchases_OfferChanged.selector, PRICE, PRICE + 10));
        does(owner, abi.encodeCall(market.setPrice, (s, PRICE, INTERVAL + 1)));
        refused(
            buyers[0], longer, abi.encodeWithSelector(Errors.Purchases_OfferChanged.selector, INTERVAL, INTERVAL + 1)
        );
        does(owner, abi.encodeCall(market.setPrice, (s, PRICE, INTERVAL)));
        does(owner, abi.encodeCall(market.setTerms, (s, "others")));
        refused(
            buyers[0], longer, abi.encodeWithSelector(Errors.Purchases_TermsChanged.selector, TERMS, bytes32("others"))
        );
        // Terms he has not bought under are not his by extending, even if he names them.
        refused(
            buyers[0],
            abi.encodeCall(market.extend, (p, end + 600, "others")),
            abi.encodeWithSelector(Errors.Purchases_TermsChanged.selector, bytes8(TERMS), bytes32("others"))
        );
        does(owner, abi.encodeCall(market.setTerms, (s, TERMS)));
        refused(buyers[1], longer, abi.encodeWithSelector(Errors.Purchases_NotBuyer.selector, buyers[0], buyers[1]));
        uint256 snapshot = vm.snapshotState();
        go(end - 1);
        does(buyers[0], longer);
        vm.revertToState(snapshot);
        go(end);
        refused(buyers[0], longer, abi.encodeWithSelector(Errors.Purchases_Over.selector, end, end));
        vm.revertToState(snapshot);
        close(s);
        refused(buyers[0], longer, badState(StreamState.Open, StreamState.Closed));
    }

    function test_T07_givenCancel_itEndsNowAndOnce() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 600);
        bytes memory ending = abi.encodeCall(market.cancel, (p));
        uint256 snapshot = vm.snapshotState();
        skip(599);
        does(buyers[0], ending);
        eq(market.getPurchase(p).end, clock, "now");
        refused(buyers[0], ending, abi.encodeWithSelector(Errors.Purchases_Over.selector, clock, clock));
        vm.revertToState(snapshot);
        go(START + 600);
        refused(buyers[0], ending, abi.encodeWithSelector(Errors.Purchases_Over.selector, START + 600, clock));
        settle(p, 1, true);
        refused(
            buyers[0],
            ending,
            abi.encodeWithSelector(Errors.Purchases_BadState.selector, PurchaseState.Active, PurchaseState.Closed)
        );
        // A stopped stream has ended it.
        p = buy(buyers[0], s, 366 days);
        close(s);
        skip(7 days);
        refusedAs(buyers[0], abi.encodeCall(market.cancel, (p)), Errors.Purchases_Over.selector);
    }

    function test_T07_T08_givenCancel_theLastClaimCoversWhatWasUsed() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 3600);
        skip(150);
        does(buyers[0], abi.encodeCall(market.cancel, (p)));
        skip(1 days);
        settle(p, 60, true);
        eq(market.credit(buyers[0]), 57 * READING, "the rest returned");
        eq(market.credit(owner), 3 * READING * 80 / 100, "80 % of three readings begun");
        // At an interval's very end none has begun that was not used.
        p = buy(buyers[0], s, 3600);
        skip(120);
        does(buyers[0], abi.encodeCall(market.cancel, (p)));
        settle(p, 60, true);
        eq(market.getPurchase(p).delivered, 2, "two");
    }

    function test_T08_givenClaims_itPays80_10_10AndEachOnce(uint32 n) public {
        vm.assume(n > 0 && n <= 60);
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 3600);
        skip(3600);
        settle(p, n, false);
        settle(p, n, false); // again: nothing
        settle(p, n / 2, false); // below: nothing
        uint256 gross = n * READING;
        eq(market.credit(owner), gross * 8 / 10, "owner");
        eq(market.credit(payout), gross / 10, "operator");
        eq(market.credit(platform), gross / 10, "platform");
        eq(market.credit(owner) + market.credit(payout) + market.credit(platform), gross, "no dust");
        eq(market.getPurchase(p).delivered, n, "counted");
    }

    function test_T08_givenTooMuch_itPaysWhatRateAndQuotaAllow() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 150); // quota 3
        uint32[7] memory when = [uint32(0), 59, 60, 119, 120, 149, 150];
        uint32[7] memory paid = [uint32(1), 1, 2, 2, 3, 3, 3];
        for (uint256 i = 0; i < 7; ++i) {
            go(START + when[i]);
            settle(p, type(uint32).max, false);
            eq(market.getPurchase(p).delivered, paid[i], string.concat("after ", vm.toString(when[i])));
        }
        eq(market.credit(owner), 3 * READING * 8 / 10, "three");
        settle(p, 4, true);
        eq(market.credit(buyers[0]), 0, "nothing left");
    }

    function test_T08_givenTheWrongSignerOrPurchase_itRefuses() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 120);
        bytes memory claiming = abi.encodeCall(market.settle, (op, one(p, 1, false), 0));
        refused(owner, claiming, abi.encodeWithSelector(Errors.Purchases_NotSigner.selector, vm.addr(SIGNER), owner));
        refused(admin, claiming, abi.encodeWithSelector(Errors.Purchases_NotSigner.selector, vm.addr(SIGNER), admin));
        vm.prank(admin);
        OperatorId other = market.registerOperator(address(0x77), payout, 0, "", 0);
        refused(
            address(0x77),
            abi.encodeCall(market.settle, (other, one(p, 1, false), 0)),
            abi.encodeWithSelector(Errors.Purchases_WrongOperator.selector, 2, 1)
        );
        refused(
            vm.addr(SIGNER),
            abi.encodeCall(market.settle, (op, one(PurchaseId.wrap(9), 1, false), 0)),
            abi.encodeWithSelector(Errors.Purchases_WrongOperator.selector, 1, 0)
        );
    }

    function test_T08_givenWhatCannotBePaid_theOthersAre() public {
        StreamId s = list(DEV);
        Claim[] memory c = new Claim[](4);
        PurchaseId late = buy(buyers[0], s, 60);
        skip(7 days);
        c[0] = Claim(buy(buyers[0], s, 60), 1, true); // to be closed
        c[1] = Claim(late, 1, true); // past its window
        c[2] = Claim(buy(buyers[1], s, 60), 9, true); // too much
        c[3] = Claim(buy(buyers[2], s, 60), 1, true);
        skip(60);
        settle(c[0].purchase, 1, true);
        vm.prank(vm.addr(SIGNER));
        market.settle(op, c, 0);
        require(market.getPurchase(c[2].purchase).state == PurchaseState.Closed, "closed");
        require(market.getPurchase(c[3].purchase).state == PurchaseState.Closed, "closed too");
        require(market.getPurchase(late).state == PurchaseState.Active, "skipped");
        eq(market.credit(owner), 3 * READING * 8 / 10, "all but one paid");
    }

    function test_T08_givenTheClaimWindow_itsLastSecondIsPaid() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 600);
        uint256 until = clock + 600 + 7 days;
        go(until - 1);
        settle(p, 4, false);
        eq(market.getPurchase(p).delivered, 4, "in time");
        go(until);
        settle(p, 10, false);
        eq(market.getPurchase(p).delivered, 4, "too late");
    }

    function test_T08_givenSignersSettlement_anyoneRelaysItToTheSecond() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 600);
        Claim[] memory c = one(p, 10, false);
        uint40 deadline = uint40(clock + 600 + 7 days - 1);
        bytes memory sig = settlementSig(SIGNER, c, "root", deadline);
        bytes memory bad = abi.encodeWithSelector(Errors.Operators_BadSignature.selector, vm.addr(SIGNER));
        refused(owner, abi.encodeCall(market.settleSigned, (op, c, "other", deadline, sig)), bad);
        refused(owner, abi.encodeCall(market.settleSigned, (op, c, "root", deadline + 1, sig)), bad);
        refused(owner, abi.encodeCall(market.settleSigned, (op, one(p, 9, false), "root", deadline, sig)), bad);
        go(deadline);
        uint256 snapshot = vm.snapshotState();
        does(owner, abi.encodeCall(market.settleSigned, (op, c, "root", deadline, sig)));
        eq(market.credit(owner), 10 * READING * 8 / 10, "paid");
        vm.revertToState(snapshot);
        does(admin, abi.encodeCall(market.setSigner, (op, address(0x77)))); // a rotated signer voids it
        refused(
            owner,
            abi.encodeCall(market.settleSigned, (op, c, "root", deadline, sig)),
            abi.encodeWithSelector(Errors.Operators_BadSignature.selector, address(0x77))
        );
        vm.revertToState(snapshot);
        go(deadline + 1);
        refused(
            owner,
            abi.encodeCall(market.settleSigned, (op, c, "root", deadline, sig)),
            abi.encodeWithSelector(Errors.Purchases_ClaimExpired.selector, deadline, deadline + 1)
        );
    }

    function test_T09_givenALastClaim_theRestGoesBackAtOnceFromTheEndOn() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 600);
        go(START + 599);
        settle(p, 1, true); // before the end `last` changes nothing
        require(market.getPurchase(p).state == PurchaseState.Active, "still active");
        go(START + 600);
        settle(p, 0, true); // no reading more
        require(market.getPurchase(p).state == PurchaseState.Closed, "closed");
        eq(market.credit(buyers[0]), 9 * READING, "rest");
        settle(p, 10, true);
        eq(market.credit(owner), READING * 8 / 10, "closed is closed");
    }

    function test_T10_givenTheWindowsEnd_theRestGoesBackOnce() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 600);
        uint256 from = clock + 600 + 7 days;
        go(from - 1);
        refused(
            address(1),
            abi.encodeCall(market.finish, (p)),
            abi.encodeWithSelector(Errors.Purchases_NotOver.selector, from, from - 1)
        );
        go(from);
        does(address(1), abi.encodeCall(market.finish, (p)));
        eq(market.credit(buyers[0]), 10 * READING, "everything");
        refused(
            address(1),
            abi.encodeCall(market.finish, (p)),
            abi.encodeWithSelector(Errors.Purchases_BadState.selector, PurchaseState.Active, PurchaseState.Closed)
        );
        refused(
            address(1),
            abi.encodeCall(market.finish, (PurchaseId.wrap(9))),
            abi.encodeWithSelector(Errors.Purchases_BadState.selector, PurchaseState.Active, PurchaseState.None)
        );
    }

    function test_T10_givenAStoppedStream_theWindowCountsFromItsStop() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 366 days);
        close(s);
        go(START + 14 days - 1);
        refusedAs(address(1), abi.encodeCall(market.finish, (p)), Errors.Purchases_NotOver.selector);
        go(START + 14 days);
        market.finish(p);
        eq(market.credit(buyers[0]), 366 * 1440 * READING, "everything");
    }

    function test_withdraw_sendsACreditOnce() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 60);
        settle(p, 1, false);
        uint256 before = token.balanceOf(owner);
        market.withdraw(owner);
        eq(token.balanceOf(owner) - before, READING * 8 / 10, "80 %");
        refused(
            address(1),
            abi.encodeCall(market.withdraw, (owner)),
            abi.encodeWithSelector(Errors.Market_NothingToWithdraw.selector, owner)
        );
    }

    // Challenges

    function test_T11_givenOneChallenge_nothingChanges() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = three(s);
        skip(1);
        uint256 before = token.balanceOf(buyers[0]);
        challenge(buyers[0], p[0]);
        eq(before - token.balanceOf(buyers[0]), DEPOSIT, "a deposit");
        Round memory r = market.getRound(s, 1);
        require(r.state == RoundState.Open && r.count == 1 && r.opened == clock, "open");
        eq(r.deadline, clock + 14 days, "TTL");
        eq(r.weight, PRICE, "one reading");
        eq(market.voiceOf(s, 1, buyers[0]).weight, PRICE, "his");
        state(s, StreamState.Open, "open");
        buy(buyers[3], s, 60);
        settle(p[0], 2, false);
        does(owner, abi.encodeCall(market.setPrice, (s, 10, 60)));
        close(s);
        skip(21 days);
        does(owner, abi.encodeCall(market.withdrawStake, (s)));
    }

    function test_T11_whoMayChallenge() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 3600);
        PurchaseId q = buy(buyers[1], s, 3600);
        refused(
            buyers[0],
            abi.encodeCall(market.challenge, (p, 0)),
            abi.encodeWithSelector(Errors.Challenges_NothingPaid.selector, p)
        );
        settle(p, 1, false);
        settle(q, 1, false);
        refused(
            buyers[1],
            abi.encodeCall(market.challenge, (p, 0)),
            abi.encodeWithSelector(Errors.Purchases_NotBuyer.selector, buyers[0], buyers[1])
        );
        challenge(buyers[0], p); // bought in the very second
        skip(4000);
        settle(q, 60, true); // finished: he may all the same
        challenge(buyers[1], q);
        eq(market.voiceOf(s, 1, buyers[1]).weight, 60 * PRICE, "all he paid");
    }

    function later(StreamId s, address who) private view returns (bool) {
        return market.voiceOf(s, 1, who).later;
    }

    /// Who bought before the round opened has a bounty, and who opens it in any case; the second of the opening is late.
    function test_T11_T15_boughtBeforeTheRoundOrLater() public {
        StreamId s = list(DEV);
        PurchaseId before = buy(buyers[1], s, 3600);
        settle(before, 1, false);
        skip(1);
        PurchaseId opens = buy(buyers[0], s, 3600);
        PurchaseId same = buy(buyers[2], s, 3600);
        settle(opens, 1, false);
        settle(same, 1, false);
        challenge(buyers[0], opens);
        challenge(buyers[1], before);
        challenge(buyers[2], same);
        skip(1);
        PurchaseId after_ = buy(buyers[3], s, 3600);
        settle(after_, 1, false);
        challenge(buyers[3], after_);
        require(!later(s, buyers[0]), "he opened it, in the second in which he bought");
        require(!later(s, buyers[1]), "a second before");
        require(later(s, buyers[2]), "in its second");
        require(later(s, buyers[3]), "a second after");
        eq(market.getRound(s, 1).count, 4, "each has a voice");
        rule(s, Verdict.SellerAtFault); // a quarter of fifty is more than anybody may have
        for (uint256 i = 0; i < 4; ++i) {
            uint256 had = token.balanceOf(buyers[i]);
            market.redeem(s, 1, buyers[i]);
            uint256 due = DEPOSIT + READING * 8 / 10 + (i < 2 ? DEPOSIT : 0);
            eq(
                token.balanceOf(buyers[i]) - had,
                due,
                "deposit, four fifths of what he paid, and a bounty if he was before"
            );
        }
    }

    /// The flag is the purchase's whose weight counts.
    function test_T20_aRaisedWeightIsTheOtherPurchasesInAllRespects() public {
        StreamId s = list(DEV);
        PurchaseId old = buy(buyers[0], s, 3600);
        PurchaseId other = buy(buyers[1], s, 3600);
        settle(old, 1, false);
        settle(other, 1, false);
        skip(60);
        challenge(buyers[1], other);
        PurchaseId young = buy(buyers[0], s, 3600);
        challenge(buyers[0], old);
        skip(60);
        settle(young, 2, false);
        challenge(buyers[0], young);
        require(later(s, buyers[0]), "what counts was bought in the round");
        settle(old, 3, false);
        challenge(buyers[0], old);
        require(!later(s, buyers[0]), "and now what was bought before");
        // The opener's are no others.
        PurchaseId mine = buy(buyers[1], s, 3600);
        skip(120);
        settle(mine, 3, false);
        challenge(buyers[1], mine);
        require(later(s, buyers[1]), "he opened it with another purchase");
    }

    function test_T11_untilChallengeAfterPastTheEnd() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 60);
        PurchaseId q = buy(buyers[1], s, 366 days);
        settle(p, 1, false);
        settle(q, 1, false);
        uint256 until = clock + 60 + 14 days;
        uint256 snapshot = vm.snapshotState();
        go(until - 1);
        challenge(buyers[0], p);
        vm.revertToState(snapshot);
        go(until);
        refused(
            buyers[0],
            abi.encodeCall(market.challenge, (p, 0)),
            abi.encodeWithSelector(Errors.Challenges_TooLate.selector, until, until)
        );
        // A stopped stream ends purchases, and with them the time for challenges.
        vm.revertToState(snapshot);
        go(START);
        close(s);
        until = clock + 7 days + 14 days;
        go(until - 1);
        uint256 again = vm.snapshotState();
        challenge(buyers[1], q);
        vm.revertToState(again);
        go(until);
        refused(
            buyers[1],
            abi.encodeCall(market.challenge, (q, 0)),
            abi.encodeWithSelector(Errors.Challenges_TooLate.selector, until, until)
        );
    }

    function test_T20_givenMorePaid_aChallengerRaisesHisWeight() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 3600);
        PurchaseId q = buy(buyers[0], s, 3600);
        settle(p, 1, false);
        settle(q, 1, false);
        skip(600);
        challenge(buyers[0], p);
        bytes memory again = abi.encodeCall(market.challenge, (p, 0));
        bytes memory other = abi.encodeCall(market.challenge, (q, 0));
        bytes memory no = abi.encodeWithSelector(Errors.Challenges_Twice.selector, 1, PRICE, PRICE);
        refused(buyers[0], again, no);
        refused(buyers[0], other, no); // as much is not more
        settle(p, 2, false);
        settle(q, 5, false);
        uint256 before = token.balanceOf(buyers[0]);
        does(buyers[0], again);
        eq(market.voiceOf(s, 1, buyers[0]).weight, 2 * PRICE, "the same purchase");
        does(buyers[0], other);
        eq(market.voiceOf(s, 1, buyers[0]).weight, 5 * PRICE, "another of his");
        refused(buyers[0], again, abi.encodeWithSelector(Errors.Challenges_Twice.selector, 1, 5 * PRICE, 2 * PRICE));
        Round memory r = market.getRound(s, 1);
        require(r.count == 1 && r.weight == 5 * PRICE, "one voice, the higher weight");
        eq(token.balanceOf(buyers[0]), before, "no second deposit");
    }

    function test_T12_givenTheQuorum_aReviewOpenToJoinersForReviewMin() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[3], s, 30 days);
        settle(p, 1, false);
        PurchaseId[3] memory q = review(s);
        uint256 start = clock;
        Round memory r = market.getRound(s, 1);
        require(r.state == RoundState.Review && r.count == 3, "review");
        eq(r.reviewStart, start, "starts now");
        eq(r.deadline, start + 14 days, "REVIEW");
        state(s, StreamState.Open, "a state of the round, not of the stream");
        uint256 snapshot = vm.snapshotState();
        go(start + 2 days - 1);
        challenge(buyers[3], p);
        settle(q[0], 9, false);
        challenge(buyers[0], q[0]); // re-weighing too
        r = market.getRound(s, 1);
        require(r.count == 4 && r.weight == (1 + 9 + 1 + 1) * PRICE, "four, weighed");
        eq(r.deadline, start + 14 days, "the deadline stays");
        eq(r.reviewStart, start, "and the start");
        vm.revertToState(snapshot);
        go(start + 2 days);
        bytes memory late = abi.encodeWithSelector(Errors.Challenges_TooLate.selector, start + 2 days, start + 2 days);
        refused(buyers[3], abi.encodeCall(market.challenge, (p, 0)), late);
        settle(q[0], 9, false);
        refused(buyers[0], abi.encodeCall(market.challenge, (q[0], 0)), late);
    }

    function test_T12_givenAReview_everythingElseGoesOn() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = review(s);
        PurchaseId q = buy(buyers[3], s, 600);
        does(buyers[3], abi.encodeCall(market.extend, (q, uint40(clock + 1200), TERMS)));
        settle(p[0], 2, false);
        eq(market.credit(owner), 4 * READING * 8 / 10, "paid");
        does(buyers[0], abi.encodeCall(market.cancel, (p[0])));
        settle(p[0], 2, true);
        require(market.getPurchase(p[0]).state == PurchaseState.Closed, "refunded");
        does(owner, abi.encodeCall(market.setPrice, (s, 10, 60)));
        does(owner, abi.encodeCall(market.addStake, (s, 1 ether)));
        close(s);
        go(clock + 1200 + 7 days);
        market.finish(q);
        eq(market.credit(buyers[3]), 20 * READING, "finished while the arbiter thinks");
        rule(s, Verdict.SellerAtFault);
        eq(market.credit(platform) - 4 * READING / 10, (STAKE + 1 ether) / 2, "what was added answers too");
    }

    function test_T12_T13_rulingFromReviewMinToTheDeadline() public {
        StreamId s = list(DEV);
        review(s);
        uint256 start = clock;
        bytes memory ruling = abi.encodeCall(market.rule, (s, 1, Verdict.SellerAtFault, 0));
        bytes memory early = abi.encodeWithSelector(Errors.Challenges_TooEarly.selector, start + 2 days, start);
        refused(arbiter, ruling, early); // in the block of the quorum
        go(start + 2 days - 1);
        refusedAs(arbiter, ruling, Errors.Challenges_TooEarly.selector);
        uint256 snapshot = vm.snapshotState();
        go(start + 2 days);
        does(arbiter, ruling);
        refused(arbiter, ruling, badRound(RoundState.Review, RoundState.SellerAtFault));
        vm.revertToState(snapshot);
        go(start + 14 days - 1);
        refused(
            address(1),
            abi.encodeCall(market.expire, (s)),
            abi.encodeWithSelector(Errors.Challenges_TooEarly.selector, start + 14 days, start + 14 days - 1)
        );
        snapshot = vm.snapshotState();
        does(arbiter, ruling);
        vm.revertToState(snapshot);
        go(start + 14 days);
        refused(arbiter, ruling, badRound(RoundState.Review, RoundState.Lapsed));
        does(address(1), abi.encodeCall(market.expire, (s)));
    }

    function test_rule_isTheArbitersAndNamesRoundAndVerdict() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = three(s);
        skip(1);
        challenge(buyers[0], p[0]);
        refused(
            owner,
            abi.encodeCall(market.rule, (s, 1, Verdict.Rejected, 0)),
            abi.encodeWithSelector(Errors.Challenges_NotArbiter.selector, arbiter, owner)
        );
        refused(
            arbiter,
            abi.encodeCall(market.rule, (s, 1, Verdict.None, 0)),
            abi.encodeWithSelector(Errors.Challenges_NoVerdict.selector)
        );
        refused(
            arbiter,
            abi.encodeCall(market.rule, (s, 1, Verdict.Rejected, 0)),
            badRound(RoundState.Review, RoundState.Open)
        );
        refused(
            arbiter,
            abi.encodeCall(market.rule, (s, 2, Verdict.Rejected, 0)),
            badRound(RoundState.Review, RoundState.None)
        );
        skip(14 days);
        refused(
            arbiter,
            abi.encodeCall(market.rule, (s, 1, Verdict.Rejected, 0)),
            badRound(RoundState.Review, RoundState.Expired)
        );
    }

    /// 1, 2 and 3 readings paid; the pool is far above what the shares may be.
    function test_T13_T15_givenSellerAtFault_halfTheStakeByWeightCapped() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = three(s);
        skip(1 hours);
        for (uint32 i = 0; i < 3; ++i) {
            settle(p[i], i + 1, false);
            challenge(buyers[i], p[i]);
        }
        uint256 paidBefore = market.credit(owner);
        uint256 platformBefore = market.credit(platform);
        rule(s, Verdict.SellerAtFault);
        state(s, StreamState.Slashed, "slashed");
        roundState(s, 1, RoundState.SellerAtFault, "the verdict is the round's state");
        eq(market.getStream(s).stopAt, clock, "stopped");
        eq(StreamId.unwrap(market.liveStream(op, DEV)), 0, "the device is free");
        eq(market.credit(platform) - platformBefore, STAKE / 2, "half for the platform");
        eq(market.getStream(s).stake, STAKE / 2, "half for the challengers");
        platformBefore = market.credit(platform);
        uint256 pool = STAKE / 2;
        uint256 sum = 6;
        uint256 toPlatform;
        for (uint256 i = 0; i < 3; ++i) {
            uint256 before = token.balanceOf(buyers[i]);
            uint256 share = pool * (i + 1) / sum;
            (pool, sum) = (pool - share, sum - (i + 1));
            uint256 most = (i + 1) * READING * 8 / 10 + DEPOSIT;
            uint256 kept = share < most ? share : most;
            toPlatform += share - kept;
            market.redeem(s, 1, buyers[i]); // anyone, to him
            eq(token.balanceOf(buyers[i]) - before, DEPOSIT + kept, "deposit and share");
            refused(
                buyers[i],
                abi.encodeCall(market.redeem, (s, 1, buyers[i])),
                abi.encodeWithSelector(Errors.Challenges_NothingToRedeem.selector, buyers[i])
            );
        }
        eq(market.credit(platform) - platformBefore, toPlatform, "the difference is the platform's");
        require(toPlatform != 0 && pool == 0, "some was, and no dust is left");
        eq(market.getStream(s).stake, 0, "nothing left");
        eq(market.credit(owner), paidBefore, "what was settled stands");
        // And in the years to come nothing changes.
        refusedAs(buyers[0], abi.encodeCall(market.challenge, (p[0], 0)), Errors.Streams_BadState.selector);
        refused(owner, abi.encodeCall(market.withdrawStake, (s)), badState(StreamState.Closed, StreamState.Slashed));
        refused(owner, abi.encodeCall(market.close, (s)), badState(StreamState.Open, StreamState.Slashed));
    }

    /// Big weights: the pool by weight, nobody at his most.
    function test_T13_T15_givenMuchPaid_theSharesAreThePool() public {
        StreamId s = listAt(DEV, 1_000_000, 1 days); // a DTX a day
        for (uint256 i = 0; i < 3; ++i) {
            buy(buyers[i], s, 100 days);
        }
        skip(100 days);
        uint32[3] memory n = [uint32(100), 99, 98];
        for (uint64 i = 0; i < 3; ++i) {
            settle(PurchaseId.wrap(i + 1), n[i], false);
            challenge(buyers[i], PurchaseId.wrap(i + 1));
        }
        rule(s, Verdict.SellerAtFault);
        uint256 before = market.credit(platform);
        uint256 pool = STAKE / 2;
        uint256 first = pool * 100 / 297;
        uint256 second = (pool - first) * 99 / 197;
        uint256[3] memory share = [first, second, pool - first - second];
        for (uint256 i = 0; i < 3; ++i) {
            uint256 had = token.balanceOf(buyers[i]);
            market.redeem(s, 1, buyers[i]);
            eq(token.balanceOf(buyers[i]) - had, DEPOSIT + share[i], "to the wei");
        }
        eq(market.credit(platform), before, "nothing above");
    }

    function test_T13_givenSellerAtFault_claimsToTheRulingPayTheBuyer80() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = review(s);
        uint256 begun = clock - INTERVAL;
        rule(s, Verdict.SellerAtFault);
        uint256 used = (clock - begun) / INTERVAL; // 2 days and a minute, exactly
        uint256[3] memory before = [market.credit(owner), market.credit(payout), market.credit(platform)];
        skip(1 hours);
        settle(p[0], type(uint32).max, false);
        eq(market.getPurchase(p[0]).delivered, used, "up to the ruling");
        uint256 gross = (used - 1) * READING;
        eq(market.credit(buyers[0]), gross * 8 / 10, "the owner's part is the buyer's");
        eq(market.credit(payout) - before[1], gross / 10, "the operator's is his");
        eq(market.credit(platform) - before[2], gross / 10, "and the platform's");
        eq(market.credit(owner), before[0], "the owner has nothing");
        settle(p[0], 0, true);
        eq(market.credit(buyers[0]), gross * 8 / 10 + (30 * 1440 - used) * READING, "and the rest at once");
        // Another batch: two buyers, each his own.
        Claim[] memory c = new Claim[](2);
        c[0] = Claim(p[1], 2, false);
        c[1] = Claim(p[2], 3, false);
        vm.prank(vm.addr(SIGNER));
        market.settle(op, c, 0);
        eq(market.credit(buyers[1]), READING * 8 / 10, "one reading of his");
        eq(market.credit(buyers[2]), 2 * READING * 8 / 10, "two of his");
    }

    function test_T14_givenRejected_depositsGoToSellerAndPlatform() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = review(s);
        uint256[2] memory before = [market.credit(owner), market.credit(platform)];
        rule(s, Verdict.Rejected);
        state(s, StreamState.Open, "open as ever");
        eq(market.getStream(s).stake, STAKE, "stake whole");
        eq(market.credit(owner) - before[0], 15 ether, "half of three deposits");
        eq(market.credit(platform) - before[1], 15 ether, "half of three deposits");
        refused(
            buyers[0],
            abi.encodeCall(market.redeem, (s, 1, buyers[0])),
            abi.encodeWithSelector(Errors.Challenges_NothingToRedeem.selector, buyers[0])
        );
        settle(p[0], 2, false);
        challenge(buyers[0], p[0]); // a new round, a new deposit
        eq(market.getStream(s).round, 2, "round 2");
    }

    function test_T15_whenThereIsNothingToRedeem() public {
        StreamId s = list(DEV);
        review(s);
        bytes memory no = abi.encodeWithSelector(Errors.Challenges_NothingToRedeem.selector, buyers[0]);
        refused(address(1), abi.encodeCall(market.redeem, (s, 1, buyers[0])), no); // the review runs
        refused(address(1), abi.encodeCall(market.redeem, (s, 2, buyers[0])), no); // no such round
        rule(s, Verdict.SellerAtFault);
        refused(
            address(1),
            abi.encodeCall(market.redeem, (s, 1, buyers[3])),
            abi.encodeWithSelector(Errors.Challenges_NothingToRedeem.selector, buyers[3])
        ); // he took no part
        skip(3650 days); // but for ever, what is his
        market.redeem(s, 1, buyers[0]);
    }

    function test_T15_T16_givenTooFew_depositsComeBack() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = three(s);
        skip(1);
        challenge(buyers[0], p[0]);
        challenge(buyers[1], p[1]);
        uint256 deadline = clock + 14 days;
        bytes memory over = abi.encodeCall(market.expire, (s));
        go(deadline - 1);
        refused(address(1), over, abi.encodeWithSelector(Errors.Challenges_TooEarly.selector, deadline, deadline - 1));
        uint256 snapshot = vm.snapshotState();
        challenge(buyers[2], p[2]); // the last second for the third
        roundState(s, 1, RoundState.Review, "a review");
        vm.revertToState(snapshot);
        go(deadline);
        uint256 before = token.balanceOf(buyers[0]);
        market.redeem(s, 1, buyers[0]); // nobody need say that it is over
        does(address(1), over);
        refused(address(1), over, badRound(RoundState.Open, RoundState.Expired));
        market.redeem(s, 1, buyers[1]);
        eq(token.balanceOf(buyers[0]) - before, DEPOSIT, "deposit");
        challenge(buyers[0], p[0]);
        eq(market.getStream(s).round, 2, "a new round");
        refusedAs(address(1), over, Errors.Challenges_TooEarly.selector);
    }

    function test_T11_T16_givenAnOldRound_theNextChallengeEndsIt() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = three(s);
        skip(1);
        challenge(buyers[0], p[0]);
        skip(14 days);
        challenge(buyers[1], p[1]);
        roundState(s, 1, RoundState.Expired, "ended");
        Round memory r = market.getRound(s, 2);
        require(r.state == RoundState.Open && r.count == 1 && r.opened == clock && r.weight == PRICE, "a new one");
        market.redeem(s, 1, buyers[0]);
        refusedAs(
            address(1), abi.encodeCall(market.redeem, (s, 2, buyers[1])), Errors.Challenges_NothingToRedeem.selector
        );
    }

    function test_T11_T17_givenALapsedReview_theNextChallengeEndsIt() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = review(s);
        skip(14 days);
        challenge(buyers[0], p[0]);
        roundState(s, 1, RoundState.Lapsed, "ended");
        roundState(s, 2, RoundState.Open, "a new one");
    }

    function test_T17_givenASilentArbiter_depositsComeBackAndTheStreamGoesOn() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = review(s);
        skip(14 days);
        market.expire(s);
        roundState(s, 1, RoundState.Lapsed, "lapsed");
        state(s, StreamState.Open, "open");
        for (uint256 i = 0; i < 3; ++i) {
            market.redeem(s, 1, buyers[i]);
            eq(token.balanceOf(buyers[i]), PURSE - 30 * 1440 * READING, "only the escrow is out");
        }
        settle(p[1], 2, false);
    }

    function test_T18_givenOperatorAtFault_theStakeIsUntouchedAndNothingMoreIsPaid() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = review(s);
        PurchaseId q = buy(buyers[3], s, 366 days);
        rule(s, Verdict.OperatorAtFault);
        uint256 from = clock + 14 days;
        state(s, StreamState.Closed, "closed");
        roundState(s, 1, RoundState.OperatorAtFault, "the verdict");
        Stream memory got = market.getStream(s);
        require(got.stake == STAKE && got.stopAt == clock && got.unpaid, "stake whole, stopped, unpaid");
        uint256[3] memory before = [market.credit(owner), market.credit(payout), market.credit(platform)];
        settle(p[0], 9, true);
        eq(market.getPurchase(p[0]).delivered, 1, "skipped");
        market.finish(q); // at once
        eq(market.credit(buyers[3]), 366 * 1440 * READING, "everything back");
        for (uint256 i = 0; i < 3; ++i) {
            market.finish(p[i]);
            market.redeem(s, 1, buyers[i]);
            eq(wealth(buyers[i]), PURSE - READING, "all but the reading settled before");
        }
        eq(market.credit(owner), before[0], "what was settled stands");
        eq(market.credit(payout), before[1], "for the operator too");
        eq(market.credit(platform), before[2], "and the platform");
        refusedAs(owner, abi.encodeCall(market.withdrawStake, (s)), Errors.Streams_StakeBound.selector);
        go(from);
        does(owner, abi.encodeCall(market.withdrawStake, (s)));
        eq(wealth(owner), PURSE + 3 * READING * 8 / 10, "the seller has it all");
    }

    function test_T18_givenAClosedStream_theStopComesNoLater() public {
        StreamId s = list(DEV);
        review(s);
        close(s);
        uint256 stopAt = clock + 7 days;
        uint256 snapshot = vm.snapshotState();
        rule(s, Verdict.OperatorAtFault);
        eq(market.getStream(s).stopAt, clock, "the ruling, which is earlier");
        vm.revertToState(snapshot);
        go(stopAt + 1 days);
        rule(s, Verdict.OperatorAtFault);
        eq(market.getStream(s).stopAt, stopAt, "the notice, which was earlier");
    }

    function test_T19_givenBothAtFault_slashedAndUnpaid() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = review(s);
        uint256[2] memory before = [market.credit(platform), market.credit(payout)];
        rule(s, Verdict.BothAtFault);
        state(s, StreamState.Slashed, "slashed");
        roundState(s, 1, RoundState.BothAtFault, "the verdict");
        require(market.getStream(s).unpaid, "unpaid");
        eq(market.credit(platform) - before[0], STAKE / 2, "half for the platform");
        settle(p[0], 9, true);
        eq(market.getPurchase(p[0]).delivered, 1, "skipped");
        eq(market.credit(payout), before[1], "nothing for the operator");
        for (uint256 i = 0; i < 3; ++i) {
            market.finish(p[i]);
            market.redeem(s, 1, buyers[i]);
            // A third of 50 DTX is above what each may have.
            eq(wealth(buyers[i]), PURSE - READING + READING * 8 / 10 + DEPOSIT, "deposit and share");
        }
    }

    function test_T13_givenAClosedStream_itIsReviewedAndSlashedAllTheSame() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = three(s);
        close(s);
        StreamId next = list(DEV); // the device is listed again meanwhile
        skip(1);
        for (uint256 i = 0; i < 3; ++i) {
            challenge(buyers[i], p[i]);
        }
        rule(s, Verdict.SellerAtFault);
        state(s, StreamState.Slashed, "slashed");
        eq(StreamId.unwrap(market.liveStream(op, DEV)), StreamId.unwrap(next), "the new listing stands");
        state(next, StreamState.Open, "and is open");
    }

    function test_T13_T18_givenOperatorAtFault_aLaterRoundMayStillFindTheSeller() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = review(s);
        rule(s, Verdict.OperatorAtFault);
        skip(14 days - 1);
        for (uint256 i = 0; i < 3; ++i) {
            challenge(buyers[i], p[i]);
        }
        rule(s, Verdict.SellerAtFault);
        state(s, StreamState.Slashed, "slashed");
        settle(p[0], 9, false);
        eq(market.getPurchase(p[0]).delivered, 1, "and still unpaid");
        market.redeem(s, 1, buyers[0]); // each round pays its own
        market.redeem(s, 2, buyers[0]);
    }

    function test_respond_isTheOwnersOrTheAdminsToAnyRound() public {
        StreamId s = list(DEV);
        bytes memory none = badRound(RoundState.Open, RoundState.None);
        refused(owner, abi.encodeCall(market.respond, (s, 1, "reply")), none);
        review(s);
        does(owner, abi.encodeCall(market.respond, (s, 1, "reply")));
        does(admin, abi.encodeCall(market.respond, (s, 1, "reply")));
        refused(
            vm.addr(SIGNER),
            abi.encodeCall(market.respond, (s, 1, "reply")),
            abi.encodeWithSelector(Errors.Operators_NotAdmin.selector, admin, vm.addr(SIGNER))
        );
        refused(owner, abi.encodeCall(market.respond, (s, 0, "reply")), none);
        refused(owner, abi.encodeCall(market.respond, (s, 2, "reply")), none);
        rule(s, Verdict.Rejected);
        does(owner, abi.encodeCall(market.respond, (s, 1, "afterwards")));
    }
}
