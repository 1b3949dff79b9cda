// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Base, Claim, Config, Listing, StreamId, PurchaseId, PurchaseState, RoundState, StreamState} from "./Base.sol";
import {CourtAdapter, TwoOfThree, Wallet1271} from "./Others.sol";
import {Errors} from "../src/libraries/Errors.sol";

/// Who may play which part, and the transitions from states that are rarer.
contract RulesTest is Base {
    bytes32 private constant DEV = keccak256("device");

    // The arbiter: an account, a multisig, or an adapter to a court elsewhere

    function test_T13_givenAMultisigArbiter_twoOfThreeMustSayTheSame() public {
        TwoOfThree panel = new TwoOfThree([address(0x31), address(0x32), address(0x33)]);
        Config memory c = rules();
        c.arbiter = address(panel);
        deploy(c);
        panel.serve(market);
        StreamId s = list(DEV);
        review(s);
        vm.prank(address(0x34));
        vm.expectRevert(bytes("not a member"));
        panel.rule(s, true, "r");
        vm.prank(address(0x31));
        panel.rule(s, true, "r");
        vm.prank(address(0x31));
        vm.expectRevert(bytes("said already"));
        panel.rule(s, true, "r");
        vm.prank(address(0x32));
        panel.rule(s, false, "r"); // one against: no majority yet
        state(s, StreamState.Review, "one voice each way decides nothing");
        vm.prank(address(0x31)); // a member alone is not the arbiter
        vm.expectRevert(abi.encodeWithSelector(Errors.Challenges_NotArbiter.selector, address(panel), address(0x31)));
        market.rule(s, true, "r");
        vm.prank(address(0x33));
        panel.rule(s, true, "r");
        state(s, StreamState.Slashed, "two of three");
    }

    function test_T14_givenACourtElsewhere_itsAdapterRules() public {
        CourtAdapter adapter = new CourtAdapter(address(0xC0));
        Config memory c = rules();
        c.arbiter = address(adapter);
        deploy(c);
        adapter.serve(market);
        StreamId s = list(DEV);
        StreamId other = list("other");
        review(s);
        uint256 dispute = adapter.open(s);
        vm.expectRevert(bytes("not the court"));
        adapter.rule(dispute, 1);
        vm.prank(address(0xC0));
        adapter.rule(dispute, 2);
        state(s, StreamState.Open, "rejected");
        eq(market.credit(owner), 30 ether, "the seller's part of the deposits");
        // A court that refuses to rule leaves it to the deadline.
        review(other);
        dispute = adapter.open(other);
        vm.prank(address(0xC0));
        adapter.rule(dispute, 0);
        skip(7 days);
        market.expire(other);
        require(market.getRound(other, 1).state == RoundState.Lapsed, "lapsed");
    }

    // A signer that is a contract (ERC-1271)

    function test_T01_T08_givenASignerThatIsAContract_itListsAndSettles() public {
        Wallet1271 wallet = new Wallet1271(vm.addr(0x1271));
        vm.prank(admin);
        market.setSigner(op, address(wallet));
        Listing memory l = listing(DEV, owner); // signed by the old key
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_BadSignature.selector, address(wallet)));
        market.list(l);
        l.operatorSig = signed(
            0x1271,
            keccak256(
                abi.encode(
                    keccak256(
                        "DeviceClaim(uint64 operator,address owner,bytes32 device,uint8 proofKind,uint32 nonce,uint40 deadline)"
                    ),
                    op,
                    owner,
                    DEV,
                    l.proofKind,
                    l.nonce,
                    l.deadline
                )
            )
        );
        vm.prank(owner);
        StreamId s = market.list(l);
        PurchaseId p = buy(buyers[0], s, 600);
        Claim[] memory c = one(p, 1, false);
        uint40 deadline = uint40(clock);
        bytes memory good = settlementSig(0x1271, c, 0, deadline);
        bytes memory bad = settlementSig(SIGNER, c, 0, deadline);
        vm.expectRevert(abi.encodeWithSelector(Errors.Purchases_BadSignature.selector, address(wallet)));
        market.settleSigned(op, c, 0, deadline, bad);
        market.settleSigned(op, c, 0, deadline, good);
        eq(market.credit(owner), READING * 8 / 10, "relayed");
        vm.prank(address(wallet));
        market.settle(op, c, 0);
    }

    // Transitions from rarer states

    function test_T03_givenAReview_itRetiresAndIsClosedAfterIt() public {
        StreamId s = list(DEV);
        review(s);
        vm.prank(admin);
        market.retire(s);
        state(s, StreamState.Review, "the review goes on");
        eq(StreamId.unwrap(market.liveStream(op, DEV)), 0, "the device is free");
        vm.prank(admin);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_BadState.selector, StreamState.Open, StreamState.Review));
        market.retire(s);
        vm.prank(arbiter);
        market.rule(s, false, "");
        state(s, StreamState.Closed, "closed after it");
        list(DEV);
    }

    function test_T12_T13_givenAClosedStream_itIsReviewedAndSlashedAllTheSame() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p;
        for (uint256 i = 0; i < 3; ++i) {
            p[i] = buy(buyers[i], s, 60);
        }
        vm.prank(owner);
        market.close(s);
        StreamId next = list(DEV); // the device is listed again meanwhile
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(buyers[i]);
            market.challenge(p[i], "");
        }
        vm.prank(arbiter);
        market.rule(s, true, "");
        state(s, StreamState.Slashed, "slashed");
        eq(StreamId.unwrap(market.liveStream(op, DEV)), StreamId.unwrap(next), "the new listing stands");
        state(next, StreamState.Open, "and is open");
        vm.prank(buyers[0]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_BadState.selector, StreamState.Open, StreamState.Slashed));
        market.challenge(p[0], "again");
    }

    function test_T11_T16_givenAnOldRound_theNextChallengeEndsIt() public {
        StreamId s = list(DEV);
        PurchaseId a = buy(buyers[0], s, 30 days);
        PurchaseId b = buy(buyers[1], s, 30 days);
        vm.prank(buyers[0]);
        market.challenge(a, "");
        skip(14 days);
        vm.prank(buyers[1]);
        market.challenge(b, "");
        require(market.getRound(s, 1).state == RoundState.Expired, "ended");
        require(market.getRound(s, 2).state == RoundState.Open && market.getRound(s, 2).count == 1, "a new one");
        market.redeem(s, 1, buyers[0]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Challenges_NothingToRedeem.selector, buyers[1]));
        market.redeem(s, 2, buyers[1]);
    }

    function test_T11_givenChallengeAfterDaysSinceTheEnd_itIsTooLate() public {
        StreamId s = list(DEV);
        PurchaseId p = buy(buyers[0], s, 60);
        uint256 until = clock + 60 + 14 days;
        go(until + 1);
        vm.prank(buyers[0]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Challenges_TooLate.selector, until, until + 1));
        market.challenge(p, "");
        go(until);
        vm.prank(buyers[0]);
        market.challenge(p, "");
    }

    function test_T07_givenAReview_theBuyerMayStillCancel() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = review(s);
        vm.prank(buyers[0]);
        market.cancel(p[0]);
        vm.prank(buyers[1]);
        vm.expectRevert(abi.encodeWithSelector(Errors.Streams_BadState.selector, StreamState.Open, StreamState.Review));
        market.extend(p[1], 60, type(uint256).max);
    }

    // Everything that is not in the table reverts

    /// A stream in each state, with a running purchase of buyers[3] on it where one can be.
    function streamIn(StreamState want) private returns (StreamId s, PurchaseId p) {
        if (want == StreamState.None) return (StreamId.wrap(99), PurchaseId.wrap(99));
        s = list(DEV);
        p = buy(buyers[3], s, 300 days);
        if (want == StreamState.Closed || want == StreamState.Withdrawn) {
            vm.prank(owner);
            market.close(s);
        }
        if (want == StreamState.Withdrawn) {
            skip(328 days);
            vm.prank(owner);
            market.withdrawStake(s);
        }
        if (want == StreamState.Review || want == StreamState.Slashed) review(s);
        if (want == StreamState.Slashed) {
            vm.prank(arbiter);
            market.rule(s, true, "");
        }
        state(s, want, "made");
    }

    function tries(address who, bytes memory call_) private returns (uint256) {
        uint256 snapshot = vm.snapshotState();
        vm.prank(who);
        (bool ok,) = address(market).call(call_);
        vm.revertToState(snapshot);
        return ok ? 1 : 0;
    }

    function test_everythingThatIsNotInTheTableReverts() public {
        // Columns: setOffer setTerms setRestricted addStake close retire buy | withdrawStake (unbonded) rule | extend
        // cancel challenge settle finish (of a running purchase). Rows: the states in their order.
        uint256[6] memory want = [
            uint256(0), // None
            uint256(127 + 512 + 1024 + 2048 + 4096), // Open
            uint256(128 + 1024 + 2048 + 4096), // Closed
            uint256(4096 + 8192), // Withdrawn: its purchases are over, the claim window too
            uint256(32 + 256 + 1024 + 4096), // Review: a claim is skipped, not refused
            uint256(1024 + 4096 + 8192) // Slashed: refundable at once
        ];
        for (uint256 i = 0; i < 6; ++i) {
            uint256 snapshot = vm.snapshotState();
            (StreamId s, PurchaseId p) = streamIn(StreamState(i));
            uint256 have = tries(owner, abi.encodeCall(market.setOffer, (s, 10, 60, 0)));
            have += tries(owner, abi.encodeCall(market.setTerms, (s, 0))) << 1;
            have += tries(owner, abi.encodeCall(market.setRestricted, (s, true))) << 2;
            have += tries(owner, abi.encodeCall(market.addStake, (s, 1))) << 3;
            have += tries(owner, abi.encodeCall(market.close, (s))) << 4;
            have += tries(admin, abi.encodeCall(market.retire, (s))) << 5;
            have += tries(
                    buyers[0], abi.encodeCall(market.buy, (s, 60, type(uint256).max, TERMS, address(0), bytes32(0)))
                ) << 6;
            have += tries(arbiter, abi.encodeCall(market.rule, (s, true, 0))) << 8;
            have += tries(buyers[3], abi.encodeCall(market.extend, (p, 60, type(uint256).max))) << 9;
            have += tries(buyers[3], abi.encodeCall(market.cancel, (p))) << 10;
            have += tries(buyers[3], abi.encodeCall(market.challenge, (p, 0))) << 11;
            have += tries(vm.addr(SIGNER), abi.encodeCall(market.settle, (op, one(p, 1, false), 0))) << 12;
            have += tries(owner, abi.encodeCall(market.finish, (p))) << 13;
            skip(400 days);
            have += tries(owner, abi.encodeCall(market.withdrawStake, (s))) << 7;
            require(have == want[i], string.concat("state ", vm.toString(i), " allows ", vm.toString(have)));
            vm.revertToState(snapshot);
            go(1_800_000_000);
        }
    }
}
