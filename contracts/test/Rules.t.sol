// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
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
import {CourtAdapter, SmallToken, TollToken, TwoOfThree, Wallet1271} from "./Others.sol";
import {Operator} from "../src/types/Types.sol";
import {Errors} from "../src/libraries/Errors.sol";

/// Who may play which part, what a deployment must be, and that everything else reverts.
contract RulesTest is Base {
    bytes32 private constant DEV = keccak256("device");

    // Deployments

    function made(Config memory c) external {
        create(c);
    }

    function bad(Config memory c, uint256 rule) private {
        try this.made(c) {
            revert("it was deployed");
        } catch (bytes memory why) {
            require(
                keccak256(why) == keccak256(abi.encodeWithSelector(Errors.Market_BadConfig.selector, rule)),
                string.concat("it was refused for another reason than ", vm.toString(rule))
            );
        }
    }

    function set(Config memory c, uint256 window, uint40 to) private pure returns (Config memory) {
        if (window == 0) c.ttl = to;
        if (window == 1) c.reviewMin = to;
        if (window == 2) c.review = to;
        if (window == 3) c.notice = to;
        if (window == 4) c.claimWindow = to;
        if (window == 5) c.challengeAfter = to;
        if (window == 6) c.pauseMax = to;
        if (window == 7) c.pauseGap = to;
        return c;
    }

    function test_constructor_wantsAToken() public {
        Config memory c = rules();
        c.token = address(0xC0DE); // no code there
        bad(c, 1);
        for (uint8 d = 0; d < 30; ++d) {
            c.token = address(new SmallToken(d));
            if (d < 6 || d > 18) bad(c, 5);
            else create(c);
        }
    }

    /// Where the next market of this contract will be.
    function _next() private view returns (address) {
        return vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
    }

    function test_constructor_wantsThreeRolesThatAreSomebody() public {
        address[5] memory no = [address(0), address(token), address(0), address(0), _next()];
        for (uint256 role = 0; role < 3; ++role) {
            // Nobody, the token, each of the other two, and the market itself.
            no[2] = role == 0 ? guardian : platform;
            no[3] = role == 2 ? guardian : arbiter;
            for (uint256 i = 0; i < 5; ++i) {
                no[4] = _next();
                Config memory c = rules();
                if (role == 0) c.platform = no[i];
                else if (role == 1) c.guardian = no[i];
                else c.arbiter = no[i];
                bad(c, 2);
            }
        }
        Config memory z = rules();
        z.owner = address(0);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableInvalidOwner.selector, address(0)));
        create(z);
        z.owner = platform; // the owner may be any of them
        create(z);
    }

    function test_constructor_wantsAQuorumAndAStakeThatAnswersForIt() public {
        Config memory c = rules();
        for (uint32 k = 0; k < 25; ++k) {
            c.quorum = k;
            c.minStake = uint96(2 * DEPOSIT * (k + 1));
            if (k < 2 || k > 20) bad(c, 3);
            else create(c);
        }
        c = rules();
        c.deposit = 0;
        bad(c, 4);
        c.deposit = uint96(STAKE) / 6 + 1; // three deposits are more than half the stake
        bad(c, 4);
        c.deposit = uint96(STAKE) / 6;
        create(c);
    }

    function test_constructor_wantsWindowsThatHoldTogether() public {
        for (uint256 window = 0; window < 8; ++window) {
            bad(set(rules(), window, 0), 6);
            bad(set(rules(), window, 90 days + 1), 6);
        }
        Config memory c = rules();
        for (uint256 window = 0; window < 8; ++window) {
            set(c, window, 90 days);
        }
        (c.reviewMin, c.claimWindow) = (90 days - 1, 90 days - 1);
        create(c); // the longest
        for (uint256 window = 0; window < 8; ++window) {
            set(c, window, 1);
        }
        (c.review, c.challengeAfter, c.maxTerm) = (2, 2, 1); // a second in which nobody joins, of two
        create(c); // the shortest
        c = rules();
        c.maxTerm = 0;
        bad(c, 7);
        c.maxTerm = 366 days + 1;
        bad(c, 7);
        c = rules();
        c.reviewMin = c.review;
        bad(c, 8);
        c = rules();
        c.claimWindow = c.challengeAfter;
        bad(c, 9);
        c = rules();
        c.pauseMax = c.pauseGap + 1;
        bad(c, 10);
        c.pauseMax = c.pauseGap;
        create(c);
        c = rules();
        c.challengeAfter = c.review - c.reviewMin; // a buyer's whole time could pass while a review is closed to joiners
        bad(c, 11);
        c.challengeAfter += 1;
        create(c);
        c = rules();
        (c.review, c.reviewMin) = (20 days, 6 days);
        bad(c, 11);
        c.reviewMin += 1;
        create(c);
    }

    function test_config_saysWhatWasGivenAndWhoTheOwnerIsNow() public {
        require(keccak256(abi.encode(market.config())) == keccak256(abi.encode(rules())), "as given");
        market.transferOwnership(owner);
        does(owner, abi.encodeCall(market.acceptOwnership, ()));
        Config memory c = rules();
        c.owner = owner;
        require(keccak256(abi.encode(market.config())) == keccak256(abi.encode(c)), "the new owner");
    }

    // Tokens

    function test_T01_T05_givenAFeeOnTransferToken_itIsRefused() public {
        token = DTX(address(new TollToken()));
        deploy(rules());
        refused(
            owner,
            abi.encodeCall(market.list, (listing(DEV, owner))),
            abi.encodeWithSelector(Errors.Market_PulledLess.selector, STAKE, STAKE - STAKE / 100)
        );
    }

    // Operators

    function test_operator_registersWithTwoKeys() public {
        bytes memory same = abi.encodeWithSelector(Errors.Operators_SignerIsAdmin.selector, admin);
        bytes memory zero = abi.encodeWithSelector(Errors.Operators_ZeroAddress.selector);
        refused(admin, abi.encodeCall(market.registerOperator, (admin, payout, 0, "", 0)), same);
        refused(admin, abi.encodeCall(market.registerOperator, (address(0), payout, 0, "", 0)), zero);
        refused(admin, abi.encodeCall(market.registerOperator, (address(0x77), address(0), 0, "", 0)), zero);
        vm.prank(admin);
        OperatorId id = market.registerOperator(address(0x77), payout, "keys", "uri", "hash");
        eq(OperatorId.unwrap(id), 2, "the second");
        eq(market.operatorCount(), 2, "counted");
        Operator memory o = market.getOperator(id);
        require(o.admin == admin && o.signer == address(0x77) && o.payout == payout && o.pending == address(0), "keys");
        require(o.keys == "keys" && o.metadataHash == "hash" && !o.verified, "metadata");
        require(keccak256(bytes(o.metadataURI)) == keccak256("uri"), "uri");
    }

    function test_operator_isChangedByItsAdminAlone() public {
        bytes[5] memory calls = [
            abi.encodeCall(market.transferAdmin, (op, owner)),
            abi.encodeCall(market.setSigner, (op, owner)),
            abi.encodeCall(market.setPayout, (op, owner)),
            abi.encodeCall(market.setOperatorMetadata, (op, "k", "u", "h")),
            abi.encodeCall(market.retire, (StreamId.wrap(1)))
        ];
        list(DEV);
        address[3] memory others = [owner, vm.addr(SIGNER), address(this)]; // the market's owner is nobody here
        for (uint256 i = 0; i < 5; ++i) {
            for (uint256 k = 0; k < 3; ++k) {
                refused(
                    others[k], calls[i], abi.encodeWithSelector(Errors.Operators_NotAdmin.selector, admin, others[k])
                );
            }
            does(admin, calls[i]);
        }
        bytes memory zero = abi.encodeWithSelector(Errors.Operators_ZeroAddress.selector);
        refused(admin, abi.encodeCall(market.setSigner, (op, address(0))), zero);
        refused(admin, abi.encodeCall(market.setPayout, (op, address(0))), zero);
        refused(
            admin,
            abi.encodeCall(market.setSigner, (op, admin)),
            abi.encodeWithSelector(Errors.Operators_SignerIsAdmin.selector, admin)
        );
    }

    /// What the market owed to itself nobody could withdraw.
    function test_theMarketItselfIsNeverPaid() public {
        address it = address(market);
        bytes memory no = abi.encodeWithSelector(Errors.Market_PaysItself.selector, it);
        refused(admin, abi.encodeCall(market.registerOperator, (address(0x77), it, 0, "", 0)), no);
        refused(admin, abi.encodeCall(market.setPayout, (op, it)), no);
        StreamId s = list(DEV);
        bytes memory buying = abi.encodeCall(market.buy, (s, 600, PRICE, INTERVAL, TERMS, it, bytes32(0)));
        refused(buyers[0], buying, no);
        bytes[] memory all = new bytes[](1);
        all[0] = buying; // a multicall is its caller's, not the market's
        refused(buyers[0], abi.encodeCall(market.multicall, (all)), no);
        does(
            buyers[0],
            abi.encodeCall(market.buy, (s, 600, PRICE, INTERVAL, TERMS, address(uint160(it) + 1), bytes32(0)))
        );
    }

    function test_operator_changesHandsInTwoSteps() public {
        bytes memory accepting = abi.encodeCall(market.acceptAdmin, (op));
        refused(owner, accepting, abi.encodeWithSelector(Errors.Operators_NotPending.selector, address(0), owner));
        does(admin, abi.encodeCall(market.transferAdmin, (op, owner)));
        require(market.getOperator(op).admin == admin && market.getOperator(op).pending == owner, "offered");
        refused(admin, accepting, abi.encodeWithSelector(Errors.Operators_NotPending.selector, owner, admin));
        does(admin, abi.encodeCall(market.transferAdmin, (op, address(0)))); // taken back
        refusedAs(owner, accepting, Errors.Operators_NotPending.selector);
        does(admin, abi.encodeCall(market.transferAdmin, (op, owner)));
        does(admin, abi.encodeCall(market.setSigner, (op, owner))); // not yet his admin: may be
        refused(owner, accepting, abi.encodeWithSelector(Errors.Operators_SignerIsAdmin.selector, owner));
        does(admin, abi.encodeCall(market.setSigner, (op, address(0x77))));
        market.verifyOperator(op, true, 0);
        does(owner, accepting);
        Operator memory o = market.getOperator(op);
        require(o.admin == owner && o.pending == address(0) && !o.verified, "his, and to be verified again");
        refusedAs(owner, accepting, Errors.Operators_NotPending.selector);
        refusedAs(admin, abi.encodeCall(market.setPayout, (op, admin)), Errors.Operators_NotAdmin.selector);
        does(owner, abi.encodeCall(market.setPayout, (op, owner)));
    }

    function test_operator_isVerifiedForTheMetadataSeen() public {
        does(admin, abi.encodeCall(market.setOperatorMetadata, (op, "k", "u", "h")));
        refused(
            owner,
            abi.encodeCall(market.verifyOperator, (op, true, "h")),
            abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, owner)
        );
        refused(
            address(this),
            abi.encodeCall(market.verifyOperator, (op, true, "seen")),
            abi.encodeWithSelector(Errors.Operators_MetadataChanged.selector, bytes32("seen"), bytes32("h"))
        );
        refused(
            address(this),
            abi.encodeCall(market.verifyOperator, (OperatorId.wrap(9), true, 0)),
            abi.encodeWithSelector(Errors.Operators_Unknown.selector, 9)
        );
        market.verifyOperator(op, true, "h");
        require(market.getOperator(op).verified, "verified");
        does(admin, abi.encodeCall(market.setSigner, (op, address(0x77))));
        does(admin, abi.encodeCall(market.setPayout, (op, owner)));
        does(admin, abi.encodeCall(market.transferAdmin, (op, owner)));
        require(market.getOperator(op).verified, "keys may rotate");
        does(admin, abi.encodeCall(market.setOperatorMetadata, (op, "k", "u", "h")));
        require(!market.getOperator(op).verified, "metadata may not");
        market.verifyOperator(op, true, "h");
        market.verifyOperator(op, false, "h");
        require(!market.getOperator(op).verified, "and the word can be taken back");
    }

    // Owners of streams

    function test_streams_areChangedByTheirOwnerAlone() public {
        StreamId s = list(DEV);
        address[] memory who = new address[](1);
        bytes[7] memory calls = [
            abi.encodeCall(market.setPrice, (s, 10, 60)),
            abi.encodeCall(market.setTerms, (s, 0)),
            abi.encodeCall(market.setRestricted, (s, true)),
            abi.encodeCall(market.allow, (s, who, true)),
            abi.encodeCall(market.addStake, (s, 1)),
            abi.encodeCall(market.close, (s)),
            abi.encodeCall(market.withdrawStake, (s))
        ];
        address[4] memory others = [buyers[0], admin, vm.addr(SIGNER), address(this)];
        for (uint256 i = 0; i < 7; ++i) {
            for (uint256 k = 0; k < 4; ++k) {
                refused(others[k], calls[i], abi.encodeWithSelector(Errors.Streams_NotOwner.selector, owner, others[k]));
            }
        }
        refused(
            owner,
            abi.encodeCall(market.allow, (s, new address[](65), true)),
            abi.encodeWithSelector(Errors.Streams_TooMany.selector, 64, 65)
        );
    }

    function test_parents_mustRunAndBelongToTheLister() public {
        StreamId s = list(DEV);
        Listing memory l = listing("derived", owner);
        l.parents = new PurchaseId[](1);
        l.parents[0] = buy(buyers[0], s, 600);
        refused(
            owner, abi.encodeCall(market.list, (l)), abi.encodeWithSelector(Errors.Streams_ParentNotRunning.selector, 1)
        );
        l.parents[0] = buy(owner, s, 600);
        uint256 snapshot = vm.snapshotState();
        skip(599);
        does(owner, abi.encodeCall(market.list, (l)));
        vm.revertToState(snapshot);
        skip(600); // its end
        refusedAs(owner, abi.encodeCall(market.list, (l)), Errors.Streams_ParentNotRunning.selector);
        vm.revertToState(snapshot);
        l.parents[0] = buy(owner, s, 366 days);
        close(s); // the stream's end is the purchase's
        skip(7 days);
        l.nonce = market.deviceNonce(op, l.device);
        l.deadline = uint40(clock);
        l.operatorSig = deviceClaimSig(SIGNER, l, owner);
        refusedAs(owner, abi.encodeCall(market.list, (l)), Errors.Streams_ParentNotRunning.selector);
        l.parents = new PurchaseId[](9);
        refused(owner, abi.encodeCall(market.list, (l)), abi.encodeWithSelector(Errors.Streams_TooMany.selector, 8, 9));
    }

    // Pauses

    function test_pause_stopsSalesForAWhileAndNoExit() public {
        StreamId s = list(DEV);
        PurchaseId[3] memory p = three(s);
        PurchaseId q = buy(buyers[3], s, 3600);
        settle(q, 1, false);
        skip(1);
        refused(
            owner,
            abi.encodeCall(market.pause, ()),
            abi.encodeWithSelector(Errors.Market_NotGuardian.selector, guardian, owner)
        );
        does(guardian, abi.encodeCall(market.pause, ()));
        uint256 until = clock + 7 days;
        eq(market.pausedUntil(), until, "PAUSE_MAX");
        bytes[3] memory stopped = [
            abi.encodeCall(market.list, (listing("another", owner))),
            abi.encodeCall(market.buy, (s, 60, PRICE, INTERVAL, TERMS, address(0), bytes32(0))),
            abi.encodeCall(market.extend, (q, uint40(clock + 8 days), TERMS))
        ];
        address[3] memory who = [owner, buyers[1], buyers[3]];
        for (uint256 i = 0; i < 3; ++i) {
            refused(who[i], stopped[i], abi.encodeWithSelector(Errors.Market_Paused.selector, until, clock));
        }
        // Every exit is open: claims, challenges, cancels, withdrawals, closing.
        settle(p[0], 1, false);
        for (uint256 i = 0; i < 3; ++i) {
            challenge(buyers[i], p[i]);
        }
        does(buyers[0], abi.encodeCall(market.cancel, (p[0])));
        settle(p[0], 1, true);
        market.withdraw(buyers[0]);
        market.withdraw(owner);
        does(owner, abi.encodeCall(market.addStake, (s, 1)));
        rule(s, Verdict.OperatorAtFault);
        market.finish(p[1]);
        market.redeem(s, 1, buyers[1]);
        go(until - 1);
        refusedAs(owner, abi.encodeCall(market.list, (listing("another", owner))), Errors.Market_Paused.selector);
        go(until);
        list("another");
    }

    function test_pause_endsByItselfAndCannotBeRenewedForPauseGap() public {
        does(guardian, abi.encodeCall(market.pause, ()));
        uint256 from = clock + 7 days + 30 days;
        bytes memory again = abi.encodeCall(market.pause, ());
        refused(guardian, again, abi.encodeWithSelector(Errors.Market_PausedLately.selector, from, clock));
        go(from - 1);
        refused(guardian, again, abi.encodeWithSelector(Errors.Market_PausedLately.selector, from, from - 1));
        go(from);
        does(guardian, again);
        eq(market.pausedUntil(), from + 7 days, "again");
    }

    // Permits, fleets and baskets: one transaction, all or nothing

    function test_permitAndBuy_inOneMulticall() public {
        StreamId s = list(DEV);
        uint256 key = 0xB0B;
        address who = vm.addr(key);
        token.transfer(who, 1 ether);
        Permit memory p = permit(key, READING);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(market.usePermit, (p));
        calls[1] = abi.encodeCall(market.buy, (s, 60, PRICE, INTERVAL, TERMS, address(0), bytes32(0)));
        uint256 snapshot = vm.snapshotState();
        does(who, abi.encodeCall(market.multicall, (calls)));
        require(market.getPurchase(PurchaseId.wrap(1)).buyer == who, "bought");
        vm.revertToState(snapshot);
        token.permit(who, address(market), READING, p.deadline, p.v, p.r, p.s); // somebody was faster: no harm
        does(who, abi.encodeCall(market.multicall, (calls)));
        require(market.getPurchase(PurchaseId.wrap(1)).buyer == who, "bought all the same");
    }

    /// 25 devices under one permit; then 25 purchases, with the last of them refused.
    function test_multicall_fleetsAndBasketsAreAllOrNothing() public {
        uint256 key = 0xF1EE7;
        address who = vm.addr(key);
        token.transfer(who, 25 * STAKE);
        bytes[] memory calls = new bytes[](26);
        calls[0] = abi.encodeCall(market.usePermit, (permit(key, 25 * uint256(STAKE))));
        for (uint256 i = 1; i <= 25; ++i) {
            calls[i] = abi.encodeCall(market.list, (listing(keccak256(abi.encode(i)), who)));
        }
        does(who, abi.encodeCall(market.multicall, (calls)));
        eq(market.streamCount(), 25, "a fleet");
        eq(token.balanceOf(who), 0, "all staked");
        calls = new bytes[](25);
        for (uint64 i = 1; i <= 25; ++i) {
            calls[i - 1] =
                abi.encodeCall(market.buy, (StreamId.wrap(i), 1 days, PRICE, INTERVAL, TERMS, address(0), bytes32(0)));
        }
        uint256 snapshot = vm.snapshotState();
        vm.prank(who);
        market.setPrice(StreamId.wrap(25), PRICE + 10, INTERVAL);
        refused(
            buyers[0],
            abi.encodeCall(market.multicall, (calls)),
            abi.encodeWithSelector(Errors.Purchases_OfferChanged.selector, PRICE, PRICE + 10)
        );
        eq(market.purchaseCount(), 0, "none of them");
        eq(token.balanceOf(buyers[0]), PURSE, "and not a wei gone");
        vm.revertToState(snapshot);
        does(buyers[0], abi.encodeCall(market.multicall, (calls)));
        eq(market.purchaseCount(), 25, "a basket");
        eq(PURSE - token.balanceOf(buyers[0]), 25 * 1440 * READING, "paid for");
    }

    // The arbiter: an account, a multisig, or an adapter to a court elsewhere

    function test_T13_givenAMultisigArbiter_twoOfThreeMustSayTheSame() public {
        TwoOfThree panel = new TwoOfThree([address(0x31), address(0x32), address(0x33)]);
        Config memory c = rules();
        c.arbiter = address(panel);
        deploy(c);
        panel.serve(market);
        StreamId s = list(DEV);
        review(s);
        skip(2 days);
        vm.prank(address(0x34));
        vm.expectRevert(bytes("not a member"));
        panel.rule(s, 1, Verdict.SellerAtFault, "r");
        vm.prank(address(0x31));
        panel.rule(s, 1, Verdict.SellerAtFault, "r");
        vm.prank(address(0x31));
        vm.expectRevert(bytes("said already"));
        panel.rule(s, 1, Verdict.SellerAtFault, "r");
        vm.prank(address(0x32));
        panel.rule(s, 1, Verdict.OperatorAtFault, "r"); // another fault: no majority yet
        roundState(s, 1, RoundState.Review, "one voice each way decides nothing");
        refused(
            address(0x31), // a member alone is not the arbiter
            abi.encodeCall(market.rule, (s, 1, Verdict.SellerAtFault, "r")),
            abi.encodeWithSelector(Errors.Challenges_NotArbiter.selector, address(panel), address(0x31))
        );
        vm.prank(address(0x33));
        panel.rule(s, 1, Verdict.SellerAtFault, "r");
        state(s, StreamState.Slashed, "two of three");
    }

    function test_T14_T18_givenACourtElsewhere_itsAdapterRules() public {
        CourtAdapter adapter = new CourtAdapter(address(0xC0));
        Config memory c = rules();
        c.arbiter = address(adapter);
        deploy(c);
        adapter.serve(market);
        StreamId[3] memory s = [list(DEV), list("other"), list("third")];
        for (uint256 i = 0; i < 3; ++i) {
            review(s[i]);
        }
        skip(2 days);
        for (uint256 i = 0; i < 3; ++i) {
            eq(adapter.open(s[i], 1), i + 1, "a dispute");
        }
        vm.expectRevert(bytes("not the court"));
        adapter.rule(1, 1);
        vm.startPrank(address(0xC0));
        adapter.rule(1, 1);
        adapter.rule(2, 3);
        adapter.rule(3, 0);
        vm.stopPrank();
        roundState(s[0], 1, RoundState.Rejected, "rejected");
        roundState(s[1], 1, RoundState.OperatorAtFault, "operator at fault");
        roundState(s[2], 1, RoundState.Review, "a court that refuses to rule leaves it to the deadline");
        skip(14 days);
        market.expire(s[2]);
        roundState(s[2], 1, RoundState.Lapsed, "lapsed");
    }

    // A signer that is a contract (ERC-1271)

    function test_T01_T08_givenASignerThatIsAContract_itListsAndSettles() public {
        Wallet1271 wallet = new Wallet1271(vm.addr(0x1271));
        does(admin, abi.encodeCall(market.setSigner, (op, address(wallet))));
        bytes memory bad_ = abi.encodeWithSelector(Errors.Operators_BadSignature.selector, address(wallet));
        Listing memory l = listing(DEV, owner); // signed by the old key
        refused(owner, abi.encodeCall(market.list, (l)), bad_);
        l.operatorSig = deviceClaimSig(0x1271, l, owner);
        vm.prank(owner);
        StreamId s = market.list(l);
        PurchaseId p = buy(buyers[0], s, 600);
        Claim[] memory c = one(p, 1, false);
        uint40 deadline = uint40(clock);
        refused(
            owner,
            abi.encodeCall(market.settleSigned, (op, c, 0, deadline, settlementSig(SIGNER, c, 0, deadline))),
            bad_
        );
        market.settleSigned(op, c, 0, deadline, settlementSig(0x1271, c, 0, deadline));
        eq(market.credit(owner), READING * 8 / 10, "relayed");
        does(address(wallet), abi.encodeCall(market.settle, (op, c, 0)));
    }

    // Everything that is not in the table reverts

    /// A stream in each state, with a running purchase of buyers[3] on it where one can be. 5 and 6 are two more kinds
    /// of Closed: by a ruling, and under review.
    function streamIn(uint256 want) private returns (StreamId s, PurchaseId p) {
        if (want == 0) return (StreamId.wrap(99), PurchaseId.wrap(99));
        s = list(DEV);
        p = buy(buyers[3], s, 300 days);
        settle(p, 1, false);
        if (want >= 4) review(s);
        if (want == 4) rule(s, Verdict.SellerAtFault);
        if (want == 5) rule(s, Verdict.OperatorAtFault);
        if (want == 2 || want == 3 || want == 6) close(s);
        if (want == 3) {
            skip(21 days);
            does(owner, abi.encodeCall(market.withdrawStake, (s)));
        }
        if (want == 6) skip(2 days - 1);
        state(s, StreamState(want < 5 ? want : 2), "made");
    }

    function tries(address who, bytes memory call_) private returns (uint256) {
        uint256 snapshot = vm.snapshotState();
        vm.prank(who);
        (bool ok,) = address(market).call(call_);
        vm.revertToState(snapshot);
        return ok ? 1 : 0;
    }

    function test_everythingThatIsNotInTheTableReverts() public {
        // Columns: setPrice setTerms setRestricted addStake close retire buy | withdrawStake (in time) rule | extend
        // cancel challenge settle finish (of a running purchase) allow.
        uint256[7] memory want = [
            uint256(0), // None
            127 + 512 + 1024 + 2048 + 4096 + 16_384, // Open
            128 + 1024 + 2048 + 4096 + 16_384, // Closed
            4096 + 8192 + 16_384, // Withdrawn: its purchases are over, the claim window too
            4096 + 16_384, // Slashed: its purchases are over, their readings may be claimed
            128 + 2048 + 4096 + 8192 + 16_384, // Closed by OperatorAtFault: refundable at once
            128 + 1024 + 4096 + 16_384 // Closed under review, a second before the ruling: too late to join
        ];
        for (uint256 i = 0; i < 7; ++i) {
            uint256 snapshot = vm.snapshotState();
            (StreamId s, PurchaseId p) = streamIn(i);
            uint256 have = tries(owner, abi.encodeCall(market.setPrice, (s, 10, 60)));
            have += tries(owner, abi.encodeCall(market.setTerms, (s, 0))) << 1;
            have += tries(owner, abi.encodeCall(market.setRestricted, (s, true))) << 2;
            have += tries(owner, abi.encodeCall(market.addStake, (s, 1))) << 3;
            have += tries(owner, abi.encodeCall(market.close, (s))) << 4;
            have += tries(admin, abi.encodeCall(market.retire, (s))) << 5;
            have += tries(
                    buyers[0], abi.encodeCall(market.buy, (s, 60, PRICE, INTERVAL, TERMS, address(0), bytes32(0)))
                ) << 6;
            have += tries(arbiter, abi.encodeCall(market.rule, (s, 1, Verdict.SellerAtFault, 0))) << 8;
            have += tries(buyers[3], abi.encodeCall(market.extend, (p, uint40(clock + 301 days), TERMS))) << 9;
            have += tries(buyers[3], abi.encodeCall(market.cancel, (p))) << 10;
            skip(1); // no purchase of the very second
            have += tries(buyers[3], abi.encodeCall(market.challenge, (p, 0))) << 11;
            have += tries(vm.addr(SIGNER), abi.encodeCall(market.settle, (op, one(p, 1, false), 0))) << 12;
            have += tries(owner, abi.encodeCall(market.finish, (p))) << 13;
            have += tries(owner, abi.encodeCall(market.allow, (s, new address[](0), true))) << 14;
            skip(400 days);
            have += tries(owner, abi.encodeCall(market.withdrawStake, (s))) << 7;
            require(have == want[i], string.concat("state ", vm.toString(i), " allows ", vm.toString(have)));
            vm.revertToState(snapshot);
            go(START);
        }
    }
}
