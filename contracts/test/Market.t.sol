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
    StreamState
} from "./Base.sol";
import {Errors} from "../src/libraries/Errors.sol";
import {Permit, Config} from "../src/types/Types.sol";
import {DataMarket} from "../src/DataMarket.sol";

contract MarketTest is Base {
    bytes32 private constant DEV = keccak256("device");

    function test_T01_givenOperatorsClaim_itListsUnderStake() public {
        StreamId s = list(DEV);
        state(s, StreamState.Open, "open");
        eq(token.balanceOf(address(market)), STAKE, "stake held");
        eq(market.deviceNonce(op, DEV), 1, "nonce used");
        eq(StreamId.unwrap(market.liveStream(op, DEV)), StreamId.unwrap(s), "live");
    }

    function test_T01_givenBadClaims_itRefuses() public {
        Listing memory l = listing(DEV, owner);
        vm.prank(buyers[0]); // the claim is for owner
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_BadSignature.selector, vm.addr(SIGNER)));
        market.list(l);
        l.stake = STAKE - 1;
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_StakeTooSmall.selector, STAKE, STAKE - 1));
        market.list(l);
        l = listing(DEV, owner);
        l.price = 15;
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_BadPrice.selector, 10, 15));
        market.list(l);
        l = listing(DEV, owner);
        go(l.deadline + 1);
        vm.prank(owner);
        vm.expectPartialRevert(Errors.Streams_ClaimExpired.selector);
        market.list(l);
    }

    function test_T01_givenListedDevice_itRefusesASecondAndAReplay() public {
        Listing memory l = listing(DEV, owner);
        vm.prank(owner);
        StreamId s = market.list(l);
        Listing memory again = listing(DEV, owner);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_DeviceListed.selector, StreamId.unwrap(s)));
        market.list(again);
        vm.prank(owner);
        market.close(s);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_BadNonce.selector, 1, 0));
        market.list(l); // the old signature
        list(DEV); // a fresh one is welcome
    }

    function test_T02_T04_givenClose_stakeLeavesAfterUnbondingOnce() public {
        StreamId s = list(DEV);
        buy(buyers[0], s, 30 days);
        vm.prank(owner);
        market.close(s);
        vm.prank(buyers[1]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_BadState.selector, StreamState.Open, StreamState.Closed));
        market.buy(s, 3600, type(uint256).max, TERMS, address(0), 0);
        uint256 from = clock + 30 days + 28 days;
        go(from - 1);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_Unbonding.selector, from, from - 1));
        market.withdrawStake(s);
        go(from);
        uint256 before = token.balanceOf(owner);
        vm.prank(owner);
        market.withdrawStake(s);
        eq(token.balanceOf(owner) - before, STAKE, "stake back");
        vm.prank(owner);
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Streams_BadState.selector, StreamState.Closed, StreamState.Withdrawn)
        );
        market.withdrawStake(s);
    }

    function test_T03_givenRetire_byOperatorOnly() public {
        StreamId s = list(DEV);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_NotOperator.selector, admin, owner));
        market.retire(s);
        vm.prank(vm.addr(SIGNER));
        market.retire(s);
        state(s, StreamState.Closed, "closed");
    }

    function test_T05_givenOffer_itEscrowsTheMostItCanCost() public {
        StreamId s = list(DEV);
        vm.prank(buyers[0]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_TooDear.selector, 2 * READING - 1, 2 * READING));
        market.buy(s, 61, 2 * READING - 1, TERMS, address(0), 0);
        PurchaseId p = buy(buyers[0], s, 61);
        Purchase memory got = market.getPurchase(p);
        eq(got.quota, 2, "ceil(61/60)");
        eq(token.balanceOf(address(market)), STAKE + 2 * READING, "escrow");
        vm.prank(buyers[0]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_TermsChanged.selector, TERMS, bytes32(0)));
        market.buy(s, 61, type(uint256).max, 0, address(0), 0);
        vm.prank(buyers[0]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_BadDuration.selector, 0, 366 days, 0));
        market.buy(s, 0, type(uint256).max, TERMS, address(0), 0);
    }

    function test_T05_givenRestricted_onlyAllowedBuy() public {
        StreamId s = list(DEV);
        vm.prank(owner);
        market.setRestricted(s, true);
        vm.prank(buyers[0]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_NotAllowed.selector, buyers[0]));
        market.buy(s, 60, type(uint256).max, TERMS, address(0), 0);
        address[] memory who = new address[](1);
        who[0] = buyers[0];
        vm.prank(owner);
        market.allow(s, who, true);
        buy(buyers[0], s, 60);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_TooMany.selector, 64, 65));
        market.allow(s, new address[](65), true);
    }

    function test_T06_givenSameOffer_itExtends_elseRefuses() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 90); // quota 2
        vm.prank(buyers[0]);
        market.extend(p, 30, READING); // 120 s: still 2
        eq(market.getPurchase(p).quota, 2, "nothing more to pay");
        vm.prank(buyers[0]);
        market.extend(p, 1, READING);
        eq(market.getPurchase(p).quota, 3, "one more");
        vm.prank(owner);
        market.setOffer(s, PRICE * 2, INTERVAL, 0);
        vm.prank(buyers[0]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_OfferChanged.selector, PRICE, PRICE * 2));
        market.extend(p, 60, type(uint256).max);
        eq(market.getPurchase(p).price, PRICE, "pinned");
    }

    function test_T07_T08_givenCancel_theLastClaimCoversWhatWasUsed() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 3600);
        skip(150);
        vm.prank(buyers[0]);
        market.cancel(p);
        skip(1 days);
        vm.prank(vm.addr(SIGNER));
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_AboveRate.selector, 1, 3, 4));
        market.settle(op, one(p, 4, false), 0);
        settle(p, 3, true);
        eq(market.credit(buyers[0]), 57 * READING, "the rest returned");
        eq(market.credit(owner), 3 * READING * 80 / 100, "80 %");
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
    }

    function test_T08_givenTooMuchOrTheWrongPurchase_itReverts() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 120);
        vm.prank(vm.addr(SIGNER));
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_AboveRate.selector, 1, 1, 2));
        market.settle(op, one(p, 2, false), 0);
        skip(1 days);
        vm.prank(vm.addr(SIGNER));
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_AboveQuota.selector, 1, 2, 3));
        market.settle(op, one(p, 3, false), 0);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_NotSigner.selector, vm.addr(SIGNER), owner));
        market.settle(op, one(p, 1, false), 0);
        vm.prank(admin);
        OperatorId other = market.registerOperator(address(0x77), payout, 0, "", 0);
        vm.prank(address(0x77));
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_WrongOperator.selector, 2, 1));
        market.settle(other, one(p, 1, false), 0);
    }

    function test_T08_givenAClosedPurchaseInABatch_theOthersArePaid() public {
        StreamId s = list(DEV);
        PurchaseId a = buy(buyers[0], s, 60);
        PurchaseId b = buy(buyers[1], s, 60);
        skip(60);
        settle(a, 1, true);
        Claim[] memory c = new Claim[](2);
        c[0] = Claim(a, 1, true);
        c[1] = Claim(b, 1, true);
        vm.prank(vm.addr(SIGNER));
        market.settle(op, c, 0);
        require(market.getPurchase(b).state == PurchaseState.Closed, "b closed");
        eq(market.credit(owner), 2 * READING * 8 / 10, "both paid");
    }

    function test_T08_givenSignersSettlement_anyoneRelaysIt() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 60);
        Claim[] memory c = one(p, 1, false);
        uint40 deadline = uint40(clock + 1 hours);
        bytes memory sig = signed(
            SIGNER,
            keccak256(
                abi.encode(
                    keccak256("Settlement(uint64 operator,bytes32 claimsHash,bytes32 root,uint40 deadline)"),
                    op,
                    keccak256(abi.encode(c)),
                    bytes32("root"),
                    deadline
                )
            )
        );
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_BadSignature.selector, vm.addr(SIGNER)));
        market.settleSigned(op, c, "other root", deadline, sig);
        vm.prank(owner);
        market.settleSigned(op, c, "root", deadline, sig);
        eq(market.credit(owner), READING * 8 / 10, "paid");
        go(deadline + 1);
        vm.expectPartialRevert(Errors.Purchases_ClaimExpired.selector);
        market.settleSigned(op, c, "root", deadline, sig);
    }

    function test_T09_T10_givenTheEnd_theRestGoesBackOnce() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 600);
        uint256 end = clock + 600;
        settle(p, 1, true); // before the end `last` changes nothing
        require(market.getPurchase(p).state == PurchaseState.Active, "still active");
        go(end + 7 days - 1);
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_NotOver.selector, end + 7 days, end + 7 days - 1));
        market.finish(p);
        go(end + 7 days);
        settle(p, 5, false); // too late: skipped
        market.finish(p);
        eq(market.credit(buyers[0]), 9 * READING, "rest");
        vm.expectRevert(
            abi.encodeWithSelector(Errors.Purchases_BadState.selector, PurchaseState.Active, PurchaseState.Closed)
        );
        market.finish(p);
    }

    function test_withdraw_sendsACreditOnce() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 60);
        settle(p, 1, false);
        uint256 before = token.balanceOf(owner);
        market.withdraw(owner);
        eq(token.balanceOf(owner) - before, READING * 8 / 10, "80 %");
        vm.expectRevert(abi.encodeWithSelector(Errors.Market_NothingToWithdraw.selector, owner));
        market.withdraw(owner);
    }

    function test_pause_stopsSalesNeverExits() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 60);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Market_NotGuardian.selector, guardian, owner));
        market.pause();
        vm.prank(guardian);
        market.pause();
        vm.prank(buyers[1]);
        vm.expectRevert();
        market.buy(s, 60, type(uint256).max, TERMS, address(0), 0);
        skip(60);
        settle(p, 1, true);
        market.withdraw(owner);
        vm.prank(owner);
        market.close(s);
    }

    function test_permitAndBuy_inOneMulticall() public {
        StreamId s = list(DEV);
        uint256 key = 0xB0B;
        address who = vm.addr(key);
        token.transfer(who, 1 ether);
        bytes32 digest = keccak256(
            abi.encodePacked(
                "\x19\x01",
                token.DOMAIN_SEPARATOR(),
                keccak256(
                    abi.encode(
                        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                        who,
                        address(market),
                        READING,
                        0,
                        clock
                    )
                )
            )
        );
        (uint8 v, bytes32 r, bytes32 sv) = vm.sign(key, digest);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(market.usePermit, (Permit(READING, clock, v, r, sv)));
        calls[1] = abi.encodeCall(market.buy, (s, 60, READING, TERMS, address(0), 0));
        token.permit(who, address(market), READING, clock, v, r, sv); // somebody was faster: no harm
        vm.prank(who);
        market.multicall(calls);
        require(market.getPurchase(PurchaseId.wrap(1)).buyer == who, "bought");
    }

    function test_parents_mustRunAndBelongToTheLister() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(owner, s, 600);
        Listing memory l = listing(keccak256("derived"), owner);
        l.parents = new PurchaseId[](1);
        l.parents[0] = p;
        vm.prank(owner);
        market.list(l);
        l = listing(keccak256("derived 2"), owner);
        l.parents = new PurchaseId[](1);
        l.parents[0] = buy(buyers[0], s, 600);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_ParentNotRunning.selector, 2));
        market.list(l);
        l.parents = new PurchaseId[](9);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_TooMany.selector, 8, 9));
        market.list(l);
    }

    // Challenges

    function quorum(StreamId s) internal returns (PurchaseId[3] memory p) {
        for (uint256 i = 0; i < 3; ++i) {
            p[i] = buy(buyers[i], s, 30 days);
        }
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(buyers[i]);
            market.challenge(p[i], "evidence");
        }
    }

    function test_T11_givenOneChallenge_nothingChanges() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 30 days);
        vm.prank(buyers[0]);
        market.challenge(p, "evidence");
        state(s, StreamState.Open, "open");
        buy(buyers[1], s, 60);
        settle(p, 1, false);
        vm.prank(buyers[0]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Challenges_Twice.selector, 1, buyers[0]));
        market.challenge(p, "again");
        vm.prank(buyers[1]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_NotBuyer.selector, buyers[0], buyers[1]));
        market.challenge(p, "another's purchase");
    }

    function test_T12_T13_givenUpheld_challengersShareTheStake() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = quorum(s);
        state(s, StreamState.Review, "review");
        vm.prank(buyers[3]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_BadState.selector, StreamState.Open, StreamState.Review));
        market.buy(s, 60, type(uint256).max, TERMS, address(0), 0);
        settle(p[0], 1, false);
        eq(market.credit(owner), 0, "frozen");
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Challenges_NotArbiter.selector, arbiter, owner));
        market.rule(s, false, "");
        vm.prank(arbiter);
        market.rule(s, true, "ruling");
        state(s, StreamState.Slashed, "slashed");
        uint256 share = (uint256(STAKE) - 30 ether) / 3;
        for (uint256 i = 0; i < 3; ++i) {
            uint256 before = token.balanceOf(buyers[i]);
            market.redeem(s, 1, buyers[i]);
            eq(token.balanceOf(buyers[i]) - before, 20 ether + share, "deposit and share");
            vm.expectRevert(abi.encodeWithSelector(Errors.Challenges_NothingToRedeem.selector, buyers[i]));
            market.redeem(s, 1, buyers[i]);
            market.finish(p[i]); // refundable at once
        }
        eq(market.credit(platform), STAKE - 3 * share, "fee and the division's remainder");
    }

    function test_T14_givenRejected_depositsGoToSellerAndPlatform() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = quorum(s);
        vm.prank(arbiter);
        market.rule(s, false, "ruling");
        state(s, StreamState.Open, "open again");
        eq(market.credit(platform), 30 ether, "fee");
        eq(market.credit(owner), 30 ether, "the rest of the deposits");
        vm.expectRevert(abi.encodeWithSelector(Errors.Challenges_NothingToRedeem.selector, buyers[0]));
        market.redeem(s, 1, buyers[0]);
        settle(p[0], 1, false);
        eq(market.credit(owner), 30 ether + READING * 8 / 10, "settles again");
    }

    function test_T15_T16_givenTooFew_depositsComeBack() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 30 days);
        vm.prank(buyers[0]);
        market.challenge(p, "evidence");
        vm.expectPartialRevert(Errors.Challenges_TooEarly.selector);
        market.expire(s);
        skip(14 days);
        market.expire(s);
        uint256 before = token.balanceOf(buyers[0]);
        market.redeem(s, 1, buyers[0]);
        eq(token.balanceOf(buyers[0]) - before, 20 ether, "deposit");
        vm.prank(buyers[0]);
        market.challenge(p, "a new round");
        eq(market.getStream(s).round, 2, "round 2");
    }

    function test_T17_givenASilentArbiter_depositsComeBackAndTheStreamGoesOn() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = quorum(s);
        skip(7 days);
        vm.prank(arbiter);
        vm.expectPartialRevert(Errors.Challenges_TooLate.selector);
        market.rule(s, true, "");
        market.expire(s);
        state(s, StreamState.Open, "open");
        for (uint256 i = 0; i < 3; ++i) {
            market.redeem(s, 1, buyers[i]);
            eq(token.balanceOf(buyers[i]), 10_000 ether - 43_200 * READING, "only the escrow is out");
        }
        settle(p[1], 1, false);
    }

    function test_stakeIsLockedWhileARoundIsOpen() public {
        // Under the usual times a round is over before the stake unbonds; where late challenges are allowed, it need
        // not be.
        Config memory c = rules();
        c.challengeAfter = 60 days;
        deploy(c);
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 1 days);
        vm.prank(owner);
        market.close(s);
        skip(1 days + 28 days);
        vm.prank(buyers[0]);
        market.challenge(p, "just before the stake leaves");
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_RoundOpen.selector, 1));
        market.withdrawStake(s);
        skip(14 days);
        vm.prank(owner);
        market.withdrawStake(s);
        market.expire(s);
        market.redeem(s, 1, buyers[0]);
    }

    function test_aReviewStopsTheClaimWindow() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[3], s, 60);
        quorum(s);
        skip(7 days + 61); // its window is over, by the clock
        vm.expectRevert();
        market.finish(p);
        market.expire(s);
        vm.expectPartialRevert(Errors.Purchases_NotOver.selector);
        market.finish(p);
        settle(p, 1, true);
        eq(market.credit(owner), READING * 8 / 10, "the operator had his window after the review");
    }

    function test_constructor_refusesRulesThatDoNotHold() public {
        Config memory c = rules();
        c.fee = 31 ether; // 3 deposits of 20 are less than twice the fee
        vm.expectRevert(abi.encodeWithSelector(Errors.Market_BadConfig.selector, 3));
        new DataMarket(c);
        c = rules();
        c.unbond = 20 days;
        vm.expectRevert(abi.encodeWithSelector(Errors.Market_BadConfig.selector, 5));
        new DataMarket(c);
    }
}
