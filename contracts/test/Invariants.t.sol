// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Base,
    Claim,
    Listing,
    StreamId,
    PurchaseId,
    Purchase,
    PurchaseState,
    Round,
    RoundState,
    Stream,
    StreamState
} from "./Base.sol";

/// Plays all parts at random, within and beyond the rules, and keeps books of its own.
contract Handler is Base {
    uint256 public streams;
    uint256 public purchases;
    mapping(uint256 => uint256) public paid; // wei a purchase cost so far, by our own books
    uint256 public grossPaid;
    uint256 public feesAndRest; // wei that came to the platform by rulings
    uint256 public calls;
    mapping(bytes4 => uint256) public reached;

    modifier count(bytes4 f) {
        _;
        ++calls;
        ++reached[f];
    }

    function pick(uint256 seed) private view returns (StreamId) {
        return StreamId.wrap(uint64(1 + seed % streams));
    }

    function pickPurchase(uint256 seed) private view returns (PurchaseId) {
        return PurchaseId.wrap(uint64(1 + seed % purchases));
    }

    function wait(uint32 by) external count(this.wait.selector) {
        skip(by % 5 days);
    }

    function doList(uint8 device) external count(this.doList.selector) {
        if (streams >= 6) return;
        Listing memory l = listing(keccak256(abi.encode(device % 8)), owner);
        vm.prank(owner);
        try market.list(l) {
            ++streams;
        } catch {}
    }

    function doBuy(uint256 s, uint256 who, uint32 duration) external count(this.doBuy.selector) {
        if (streams == 0 || purchases >= 40) return;
        vm.prank(buyers[who % 4]);
        try market.buy(pick(s), uint32(1 + duration % 20 days), type(uint256).max, TERMS, address(0), 0) {
            ++purchases;
        } catch {}
    }

    function doExtend(uint256 p, uint32 duration) external count(this.doExtend.selector) {
        if (purchases == 0) return;
        PurchaseId id = pickPurchase(p);
        vm.prank(market.getPurchase(id).buyer);
        try market.extend(id, uint32(1 + duration % 5 days), type(uint256).max) {} catch {}
    }

    function doCancel(uint256 p) external count(this.doCancel.selector) {
        if (purchases == 0) return;
        PurchaseId id = pickPurchase(p);
        vm.prank(market.getPurchase(id).buyer);
        try market.cancel(id) {} catch {}
    }

    function doSettle(uint256 p, uint32 n, bool last) external count(this.doSettle.selector) {
        if (purchases == 0) return;
        PurchaseId id = pickPurchase(p);
        Purchase memory before = market.getPurchase(id);
        uint32 want = uint32(n % (uint256(before.quota) + 3));
        vm.prank(vm.addr(SIGNER));
        try market.settle(op, one(id, want, last), 0) {
            Purchase memory now_ = market.getPurchase(id);
            uint256 gross = uint256(now_.delivered - before.delivered) * READING;
            paid[PurchaseId.unwrap(id)] += gross;
            grossPaid += gross;
            uint256 until = clock < now_.end ? clock : now_.end;
            require(now_.delivered <= now_.quota, "above quota");
            if (now_.delivered > before.delivered) {
                require(now_.delivered <= (until - now_.start) / now_.interval + 1, "above rate");
            }
        } catch {}
    }

    function doFinish(uint256 p) external count(this.doFinish.selector) {
        if (purchases == 0) return;
        try market.finish(pickPurchase(p)) {} catch {}
    }

    function doWithdraw(uint256 who) external count(this.doWithdraw.selector) {
        address[7] memory all = [owner, payout, platform, buyers[0], buyers[1], buyers[2], buyers[3]];
        try market.withdraw(all[who % 7]) {} catch {}
    }

    function doClose(uint256 s, bool retire) external count(this.doClose.selector) {
        if (streams == 0 || s % 3 != 0) return;
        vm.prank(retire ? admin : owner);
        if (retire) try market.retire(pick(s)) {} catch {} else try market.close(pick(s)) {} catch {}
    }

    function doWithdrawStake(uint256 s) external count(this.doWithdrawStake.selector) {
        if (streams == 0) return;
        StreamId id = pick(s);
        bool open = market.getRound(id, market.getStream(id).round).state == RoundState.Open
            && clock < market.getRound(id, market.getStream(id).round).deadline;
        vm.prank(owner);
        try market.withdrawStake(id) {
            require(!open, "stake left while challenged");
        } catch {}
    }

    function doAddStake(uint256 s, uint96 amount) external count(this.doAddStake.selector) {
        if (streams == 0) return;
        vm.prank(owner);
        try market.addStake(pick(s), amount % 1 ether) {} catch {}
    }

    function doChallenge(uint256 p) external count(this.doChallenge.selector) {
        if (purchases == 0) return;
        PurchaseId id = pickPurchase(p);
        vm.prank(market.getPurchase(id).buyer);
        try market.challenge(id, 0) {} catch {}
    }

    function doRule(uint256 s, bool upheld) external count(this.doRule.selector) {
        if (streams == 0) return;
        uint256 before = market.credit(platform);
        vm.prank(arbiter);
        try market.rule(pick(s), upheld, 0) {
            feesAndRest += market.credit(platform) - before;
        } catch {}
    }

    function doRedeem(uint256 s, uint256 who, uint32 round) external count(this.doRedeem.selector) {
        if (streams == 0) return;
        try market.redeem(pick(s), 1 + round % 3, buyers[who % 4]) {} catch {}
    }

    function doExpire(uint256 s) external count(this.doExpire.selector) {
        if (streams == 0) return;
        try market.expire(pick(s)) {} catch {}
    }

    /// Everything the market owes, summed up from its own views.
    function owed() public view returns (uint256 sum) {
        for (uint64 i = 1; i <= streams; ++i) {
            StreamId id = StreamId.wrap(i);
            Stream memory s = market.getStream(id);
            sum += s.stake;
            for (uint32 r = 1; r <= s.round; ++r) {
                Round memory round = market.getRound(id, r);
                uint256 each =
                    round.state == RoundState.Open || round.state == RoundState.Review ? 20 ether : round.payout;
                for (uint256 b = 0; b < 4; ++b) {
                    if (market.hasChallenged(id, r, buyers[b]) && round.state != RoundState.Rejected) sum += each;
                }
            }
        }
        for (uint64 i = 1; i <= purchases; ++i) {
            Purchase memory p = market.getPurchase(PurchaseId.wrap(i));
            if (p.state == PurchaseState.Active) sum += uint256(p.quota - p.delivered) * READING;
        }
        address[7] memory all = [owner, payout, platform, buyers[0], buyers[1], buyers[2], buyers[3]];
        for (uint256 i = 0; i < 7; ++i) {
            sum += market.credit(all[i]);
        }
    }

    function balance() public view returns (uint256) {
        return token.balanceOf(address(market));
    }

    function deliveredOf(uint64 p) public view returns (uint256) {
        return market.getPurchase(PurchaseId.wrap(p)).delivered;
    }

    /// What owner, operator and platform have been given by settlements: credits and tokens, less what rulings gave.
    function windDown() external {
        skip(800 days);
        for (uint64 i = 1; i <= streams; ++i) {
            try market.expire(StreamId.wrap(i)) {} catch {}
        }
        skip(800 days);
        for (uint64 i = 1; i <= purchases; ++i) {
            try market.finish(PurchaseId.wrap(i)) {} catch {}
        }
        for (uint64 i = 1; i <= streams; ++i) {
            StreamId id = StreamId.wrap(i);
            vm.prank(owner);
            try market.close(id) {} catch {}
            skip(60 days);
            vm.prank(owner);
            try market.withdrawStake(id) {} catch {}
            for (uint32 r = 1; r <= market.getStream(id).round; ++r) {
                for (uint256 b = 0; b < 4; ++b) {
                    try market.redeem(id, r, buyers[b]) {} catch {}
                }
            }
        }
        address[7] memory all = [owner, payout, platform, buyers[0], buyers[1], buyers[2], buyers[3]];
        for (uint256 i = 0; i < 7; ++i) {
            try market.withdraw(all[i]) {} catch {}
        }
    }
}

/// contracts/INVARIANTS.md, number by number.
contract InvariantsTest {
    Handler private handler;

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function setUp() public {
        handler = new Handler();
        handler.setUp();
    }

    /// The functions forge plays with.
    function targetSelectors() public view returns (FuzzSelector[] memory all) {
        bytes4[] memory f = new bytes4[](15);
        f[0] = handler.wait.selector;
        f[1] = handler.doList.selector;
        f[2] = handler.doBuy.selector;
        f[3] = handler.doExtend.selector;
        f[4] = handler.doCancel.selector;
        f[5] = handler.doSettle.selector;
        f[6] = handler.doFinish.selector;
        f[7] = handler.doWithdraw.selector;
        f[8] = handler.doClose.selector;
        f[9] = handler.doWithdrawStake.selector;
        f[10] = handler.doAddStake.selector;
        f[11] = handler.doChallenge.selector;
        f[12] = handler.doRule.selector;
        f[13] = handler.doRedeem.selector;
        f[14] = handler.doExpire.selector;
        all = new FuzzSelector[](1);
        all[0] = FuzzSelector(address(handler), f);
    }

    function targetContracts() public view returns (address[] memory all) {
        all = new address[](1);
        all[0] = address(handler);
    }

    function invariant_1_theMarketHoldsExactlyWhatItOwes() public view {
        require(handler.balance() == handler.owed(), "balance differs from what is owed");
    }

    function invariant_2_eachReadingIsPaidOnce() public view {
        uint256 sum;
        for (uint64 i = 1; i <= handler.purchases(); ++i) {
            uint256 paid = handler.paid(i);
            require(paid == handler.deliveredOf(i) * 1e15, "a purchase was charged more or less than delivered");
            sum += paid;
        }
        require(sum == handler.grossPaid(), "books");
    }

    function invariant_6_afterEveryoneWindsDownNothingIsLeft() public {
        handler.windDown();
        require(handler.balance() == 0, "something is stranded");
    }
}
