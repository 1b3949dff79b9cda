// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Claim,
    Listing,
    OperatorId,
    StreamId,
    Permit,
    PurchaseId,
    PurchaseState,
    Purchase,
    RoundState,
    StreamState,
    Verdict
} from "./Base.sol";
import {Books} from "./Books.sol";
import {Wallet1271} from "./Others.sol";

/// Plays all parts at random, within and beyond the rules, and says beforehand whether each call must succeed. Nothing
/// in it may revert: what must not be is noted, and the invariants read the notes.
contract Handler is Books {
    address[3] private _payouts = [address(0xCA5), address(0xCA6), address(0xCA7)];
    uint256[3] private _keys = [SIGNER, 0xB0B2, 0xB0B3];
    Wallet1271 private _wallet; // a signer that is a contract

    mapping(address => uint256) private _creditBefore;
    mapping(uint256 => uint256) private _stakeBefore;
    address private _mayCredit; // whose credit this call may lower
    uint256 private _mayStake; // which stream's stake this call may lower

    function setUp() public override {
        for (uint256 i = 0; i < 7; ++i) {
            people[i] = vm.addr(0xFACE00 + i);
            accounts[i] = people[i];
        }
        for (uint256 i = 0; i < 4; ++i) {
            buyers[i] = people[3 + i];
        }
        owner = people[0];
        accounts[7] = platform;
        for (uint256 i = 0; i < 3; ++i) {
            accounts[8 + i] = _payouts[i];
        }
        _wallet = new Wallet1271(vm.addr(0xB0B4));
        super.setUp();
        fund(people[1]);
        fund(people[2]);
        ops.push(Op(admin, 0, _payouts[0]));
        _register(1);
    }

    /// The functions and states a campaign must reach. A Go test compares the first part with the ABI.
    function wanted() public pure returns (string[65] memory) {
        return [
            "acceptAdmin",
            "acceptOwnership",
            "addStake",
            "allow",
            "buy",
            "cancel",
            "challenge",
            "close",
            "expire",
            "extend",
            "finish",
            "list",
            "multicall",
            "pause",
            "redeem",
            "registerOperator",
            "renounceOwnership",
            "respond",
            "retire",
            "rule",
            "setOperatorMetadata",
            "setPayout",
            "setPrice",
            "setRestricted",
            "setSigner",
            "setTerms",
            "settle",
            "settleSigned",
            "transferAdmin",
            "transferOwnership",
            "usePermit",
            "verifyOperator",
            "withdraw",
            "withdrawStake",
            "Stream Open",
            "Stream Closed",
            "Stream Withdrawn",
            "Stream Slashed",
            "Purchase Active",
            "Purchase Closed",
            "Round Open",
            "Round Review",
            "Round Expired",
            "Round Lapsed",
            "Round Rejected",
            "Round SellerAtFault",
            "Round OperatorAtFault",
            "Round BothAtFault",
            "claim cut to the cap",
            "claim skipped",
            "claim after a slash",
            "last claim",
            "finished unpaid",
            "derived stream",
            "restricted sale",
            "sold under review",
            "closed under review",
            "joined a review",
            "weight raised",
            "bought in the round",
            "share without a bounty",
            "share in full",
            "share cut to its most",
            "refused while paused",
            "stake kept by a review"
        ];
    }

    function _see(uint256 stream) private {
        string[5] memory s = ["Stream None", "Stream Open", "Stream Closed", "Stream Withdrawn", "Stream Slashed"];
        string[9] memory r = [
            "Round None",
            "Round Open",
            "Round Review",
            "Round Expired",
            "Round Lapsed",
            "Round Rejected",
            "Round SellerAtFault",
            "Round OperatorAtFault",
            "Round BothAtFault"
        ];
        hit(s[uint256(market.getStream(sid(stream)).state)]);
        uint256 round = offers[stream].round;
        if (round != 0) hit(r[uint256(market.getRound(sid(stream), uint32(round)).state)]);
    }

    function _seeSale(uint256 sale) private {
        string[3] memory s = ["Purchase None", "Purchase Active", "Purchase Closed"];
        hit(s[uint256(market.getPurchase(pid(sale)).state)]);
    }

    // Around every call

    modifier watched() {
        _;
        for (uint256 i = 0; i < accounts.length; ++i) {
            uint256 now_ = market.credit(accounts[i]);
            if (now_ < _creditBefore[accounts[i]] && accounts[i] != _mayCredit) shrunk = "a credit";
            _creditBefore[accounts[i]] = now_;
        }
        for (uint256 i = 0; i < offers.length; ++i) {
            uint256 now_ = market.getStream(sid(i)).stake;
            if (now_ < _stakeBefore[i] && i + 1 != _mayStake) shrunk = "a stake";
            _stakeBefore[i] = now_;
        }
        _mayCredit = address(0);
        _mayStake = 0;
    }

    /// The fuzzer likes round numbers; the choices below want even dice.
    uint256 private _calls;

    function dice(uint256 seed) private returns (uint256) {
        return uint256(keccak256(abi.encode(seed, ++_calls)));
    }

    /// A call that must succeed or not as said, at no more than its bound of gas, whatever the history.
    function act(address who, bytes memory call_, bool should, uint256 most, string memory name)
        private
        returns (bool ok)
    {
        vm.prank(who);
        uint256 gas = gasleft();
        (ok,) = address(market).call(call_);
        gas -= gasleft();
        must(ok, should, name);
        if (!ok) return false;
        hit(name);
        if (gas > most) dear = name;
    }

    /// A stream in this state, if the dice and the world allow it; else any.
    function _pick(uint256 seed, StreamState want) private view returns (uint256 spot) {
        spot = seed % offers.length;
        if (seed % 5 == 0) return spot;
        for (uint256 i = 0; i < offers.length; ++i) {
            uint256 j = (spot + i) % offers.length;
            if (offers[j].state == want) return j;
        }
    }

    function _pickRound(uint256 seed, RoundState want) private view returns (uint256 spot) {
        spot = seed % offers.length;
        for (uint256 i = 0; i < offers.length; ++i) {
            uint256 j = (spot + i) % offers.length;
            if (trialNow(j, offers[j].round) == want) return j;
        }
    }

    function _pickRunning(uint256 seed) private view returns (uint256 spot) {
        spot = seed % sales.length;
        if (seed % 5 == 0) return spot;
        for (uint256 i = 0; i < sales.length; ++i) {
            uint256 j = (spot + i) % sales.length;
            if (running(sales[j])) return j;
        }
    }

    /// A purchase that a ruling has ended, if there is one whose readings may be claimed still.
    function _pickSlashed(uint256 seed) private view returns (uint256 spot) {
        spot = seed % sales.length;
        for (uint256 i = 0; i < sales.length; ++i) {
            uint256 j = (spot + i) % sales.length;
            Offer storage o = offers[sales[j].stream];
            if (o.state != StreamState.Slashed || o.unpaid || sales[j].closed) continue;
            if (begun(sales[j]) > sales[j].delivered && clock < o.stopAt + 7 days) return j;
        }
        return _pickRunning(seed);
    }

    // Time

    function wait(uint256 seed) external watched {
        seed = dice(seed);
        uint256[4] memory most = [uint256(10 minutes), 12 hours, 3 days, 12 days];
        skip(seed / 4 % most[seed % 4]);
    }

    // Operators

    function _register(uint256 seed) private {
        if (ops.length >= 3) return;
        address who = address(uint160(0xAD + ops.length));
        bytes memory call_ =
            abi.encodeCall(market.registerOperator, (_signerOf(seed % 4), _payouts[seed % 3], bytes32(seed), "uri", 0));
        act(who, call_, true, 250_000, "registerOperator");
        ops.push(Op(who, seed % 4, _payouts[seed % 3]));
        if (market.operatorCount() != ops.length) fault("an operator's number");
    }

    function _signerOf(uint256 index) private view returns (address) {
        return index == 3 ? address(_wallet) : vm.addr(_keys[index]);
    }

    function _sign(uint256 op_, bytes32 structHash) private view returns (bytes memory) {
        uint256 signer = ops[op_ - 1].signer;
        return signed(signer == 3 ? 0xB0B4 : _keys[signer], structHash);
    }

    function doOperator(uint256 seed) external watched {
        seed = dice(seed);
        uint256 what = seed % 8;
        uint256 i = seed / 8 % ops.length;
        OperatorId id = OperatorId.wrap(uint40(i + 1));
        uint256 n = seed / 64;
        Op storage o = ops[i];
        if (what == 0) {
            if (act(o.admin, abi.encodeCall(market.setSigner, (id, _signerOf(n % 4))), true, 60_000, "setSigner")) {
                o.signer = n % 4;
            }
        } else if (what == 1) {
            address to = _payouts[n % 3];
            if (act(o.admin, abi.encodeCall(market.setPayout, (id, to)), true, 60_000, "setPayout")) o.payout = to;
        } else if (what == 2) {
            bytes memory call_ = abi.encodeCall(market.setOperatorMetadata, (id, bytes32(n), "other", bytes32(n)));
            act(o.admin, call_, true, 120_000, "setOperatorMetadata");
        } else if (what == 3) {
            _verify(id, n);
        } else if (what == 4) {
            _handOver(n);
        } else if (what == 5) {
            _newAdmin(i, n);
        } else {
            _register(n);
        }
    }

    function _verify(OperatorId id, uint256 n) private {
        address boss = market.owner();
        if (boss == address(0)) return;
        bytes32 hash = n % 5 == 0 ? bytes32("another") : market.getOperator(id).metadataHash;
        bytes memory call_ = abi.encodeCall(market.verifyOperator, (id, n % 2 == 0, hash));
        if (!act(boss, call_, n % 5 != 0, 60_000, "verifyOperator")) return;
        if (market.getOperator(id).verified != (n % 2 == 0)) fault("verified");
    }

    function _newAdmin(uint256 i, uint256 n) private {
        OperatorId id = OperatorId.wrap(uint40(i + 1));
        address next = n % 4 == 0 ? _signerOf(ops[i].signer) : address(uint160(0xAD00 + n % 16));
        act(ops[i].admin, abi.encodeCall(market.transferAdmin, (id, next)), true, 60_000, "transferAdmin");
        if (act(next, abi.encodeCall(market.acceptAdmin, (id)), n % 4 != 0, 60_000, "acceptAdmin")) {
            ops[i].admin = next;
            if (market.getOperator(id).verified) fault("verified for another admin");
        }
    }

    function _handOver(uint256 n) private {
        address boss = market.owner();
        if (boss == address(0)) return;
        if (n % 4 == 0) {
            act(boss, abi.encodeCall(market.renounceOwnership, ()), true, 60_000, "renounceOwnership");
            return;
        }
        address next = address(uint160(0x5000 + n % 4));
        act(boss, abi.encodeCall(market.transferOwnership, (next)), true, 60_000, "transferOwnership");
        act(next, abi.encodeCall(market.acceptOwnership, ()), true, 60_000, "acceptOwnership");
        if (market.owner() != next) fault("owner");
    }

    function doPause(uint256 seed) external watched {
        seed = dice(seed);
        if (seed % 8 != 0) return;
        bool should = pausedUntil == 0 || clock >= pausedUntil + 30 days;
        if (act(guardian, abi.encodeCall(market.pause, ()), should, 60_000, "pause")) pausedUntil = clock + 7 days;
    }

    function doDonate(uint256 seed) external watched {
        seed = dice(seed);
        token.transfer(address(market), seed % 1000);
        donated += seed % 1000;
    }

    // Streams

    function _open() private view returns (bool) {
        return clock >= pausedUntil;
    }

    function doList(uint256 seed) external watched {
        seed = dice(seed);
        if (offers.length >= 5) return;
        _list(seed / 2);
    }

    function _offer(uint256 n, address who, uint256 op_) private view returns (Listing memory l) {
        l.operator = OperatorId.wrap(uint40(op_));
        l.device = keccak256(abi.encode(n / 9 % 8));
        l.interval = [uint32(60), 61, 600, 3600, 86_400][n / 8 % 5];
        l.price = uint40(10 * (1 + n / 72 % (l.interval == 86_400 ? 110_000 : 800)));
        l.terms = TERMS;
        l.stake = uint96(STAKE + n % 1 ether);
        l.proofKind = uint8(n % 4);
        l.nonce = market.deviceNonce(l.operator, l.device);
        l.deadline = uint40(clock + n % 1 days);
        l.parents = _running(who, n % 10);
        l.operatorSig = _sign(
            op_, keccak256(abi.encode(DEVICE_CLAIM, l.operator, who, l.device, l.proofKind, l.nonce, l.deadline))
        );
    }

    function _list(uint256 n) private {
        address who = people[n % 3];
        uint256 op_ = 1 + n / 3 % ops.length;
        Listing memory l = _offer(n, who, op_);
        bytes32 slot = keccak256(abi.encode(op_, l.device));
        uint256 before = token.balanceOf(who);
        bool should = _open() && live[slot] == 0 && bears(l.stake, l.price, l.interval) && l.parents.length <= 8
            && before >= l.stake;
        bytes memory call_ = abi.encodeCall(market.list, (l));
        if (n % 4 == 0
                ? !_withPermit(n % 3, l.stake, call_, should, "list")
                : !act(who, call_, should, 330_000, "list")) {
            return;
        }
        offers.push(
            Offer(who, op_, l.device, l.price, l.interval, l.terms, l.stake, 0, StreamState.Open, false, false, 0)
        );
        live[slot] = offers.length;
        if (l.parents.length != 0) hit("derived stream");
        if (before - token.balanceOf(who) != l.stake) fault("another stake than agreed");
        if (StreamId.unwrap(market.liveStream(l.operator, l.device)) != offers.length) fault("live stream");
        _see(offers.length - 1);
    }

    /// Up to n running purchases of somebody.
    function _running(address who, uint256 n) private view returns (PurchaseId[] memory all) {
        PurchaseId[] memory some = new PurchaseId[](n);
        uint256 found;
        for (uint256 i = 0; i < sales.length && found < n; ++i) {
            if (sales[i].buyer == who && running(sales[i])) some[found++] = pid(i);
        }
        all = new PurchaseId[](found);
        for (uint256 i = 0; i < found; ++i) {
            all[i] = some[i];
        }
    }

    /// One multicall of a permit and what it pays for, by somebody without an allowance.
    function _withPermit(uint256 who, uint256 value, bytes memory call_, bool should, string memory name)
        private
        returns (bool ok)
    {
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(market.usePermit, (permit(0xFACE00 + who, value)));
        calls[1] = call_;
        vm.prank(people[who]);
        token.approve(address(market), 0);
        ok = act(people[who], abi.encodeCall(market.multicall, (calls)), should, 500_000, "multicall");
        if (ok) {
            hit("usePermit");
            hit(name);
        }
        vm.prank(people[who]);
        token.approve(address(market), type(uint256).max);
    }

    function doOffer(uint256 seed) external watched {
        seed = dice(seed);
        if (offers.length == 0) return;
        uint256 i = _pick(seed / 8, StreamState.Open);
        Offer storage o = offers[i];
        uint256 n = seed / 64;
        uint256 what = seed % 4;
        bool open = o.state == StreamState.Open;
        if (what == 0) {
            uint40 price = uint40(10 * (1 + n % 800));
            uint32 interval = [uint32(60), 61, 600, 3600][n / 8 % 4];
            bool should = open && bears(o.stake, price, interval);
            bytes memory call_ = abi.encodeCall(market.setPrice, (sid(i), price, interval));
            if (act(o.owner, call_, should, 60_000, "setPrice")) (o.price, o.interval) = (price, interval);
        } else if (what == 1) {
            bytes32 terms = n % 3 == 0 ? TERMS ^ bytes32(uint256(1)) : TERMS;
            if (act(o.owner, abi.encodeCall(market.setTerms, (sid(i), terms)), open, 60_000, "setTerms")) {
                o.terms = terms;
            }
        } else if (what == 2) {
            bytes memory call_ = abi.encodeCall(market.setRestricted, (sid(i), n % 2 == 0));
            if (act(o.owner, call_, open, 60_000, "setRestricted")) {
                o.restricted = n % 2 == 0;
                if (o.restricted) _allow(i, n, true);
            }
        } else {
            _allow(i, n, n % 3 != 0);
        }
    }

    function _allow(uint256 i, uint256 n, bool yes) private {
        address[] memory who = new address[](1 + n % 7);
        for (uint256 k = 0; k < who.length; ++k) {
            who[k] = people[(n / 8 + k) % 7];
            allowed[i][who[k]] = yes;
        }
        act(
            offers[i].owner,
            abi.encodeCall(market.allow, (sid(i), who, yes)),
            true,
            30_000 + 35_000 * who.length,
            "allow"
        );
    }

    function doAddStake(uint256 seed) external watched {
        seed = dice(seed);
        if (offers.length == 0) return;
        uint256 i = _pick(seed, StreamState.Open);
        Offer storage o = offers[i];
        uint96 amount = uint96(seed % 1 ether);
        bool should = o.state == StreamState.Open && token.balanceOf(o.owner) >= amount;
        if (act(o.owner, abi.encodeCall(market.addStake, (sid(i), amount)), should, 100_000, "addStake")) {
            o.stake += amount;
        }
    }

    function doClose(uint256 seed) external watched {
        seed = dice(seed);
        if (offers.length == 0 || seed % 3 != 0) return;
        uint256 i = seed / 16 % 2 == 0 ? _pick(seed / 32, StreamState.Open) : _pickRound(seed / 32, RoundState.Review);
        Offer storage o = offers[i];
        bool should = o.state == StreamState.Open;
        if (seed / 8 % 2 == 0) {
            if (!act(o.owner, abi.encodeCall(market.close, (sid(i))), should, 80_000, "close")) return;
        } else {
            if (!act(ops[o.op - 1].admin, abi.encodeCall(market.retire, (sid(i))), should, 80_000, "retire")) return;
        }
        o.state = StreamState.Closed;
        stop(o, clock + 7 days);
        if (trialNow(i, o.round) == RoundState.Review) hit("closed under review");
        _see(i);
    }

    function doWithdrawStake(uint256 seed) external watched {
        seed = dice(seed);
        if (offers.length == 0) return;
        uint256 i = _pick(seed, StreamState.Closed);
        if (seed % 4 == 1) i = _pickRound(seed, RoundState.Review);
        Offer storage o = offers[i];
        if (seed % 3 == 0 && o.stopAt + 14 days > clock && o.stopAt != 0) go(o.stopAt + 14 days);
        uint256 before = token.balanceOf(o.owner);
        bool late = o.state == StreamState.Closed && clock >= o.stopAt + 14 days;
        bool kept = trialNow(i, o.round) == RoundState.Review;
        if (late && kept) hit("stake kept by a review");
        _mayStake = i + 1;
        if (!act(o.owner, abi.encodeCall(market.withdrawStake, (sid(i))), late && !kept, 90_000, "withdrawStake")) {
            return;
        }
        if (token.balanceOf(o.owner) - before != o.stake) fault("another stake came back");
        o.stake = 0;
        o.state = StreamState.Withdrawn;
        _see(i);
    }

    // Purchases

    function doBuy(uint256 seed) external watched {
        seed = dice(seed);
        if (offers.length == 0 || sales.length >= 40) return;
        uint256 i = _pick(seed / 2, StreamState.Open);
        for (uint256 n = seed / 16 % 4; n < 4; ++n) {
            _buy(i, dice(seed));
        }
    }

    function _buy(uint256 i, uint256 seed) private {
        Offer memory o = offers[i];
        uint256 who = seed / 64 % 7;
        Sale memory p;
        p.buyer = seed % 8 == 0 ? people[(who + 1) % 7] : people[who];
        (p.stream, p.price, p.interval, p.terms) = (i, o.price, o.interval, o.terms);
        (p.start, p.end) = (clock, clock + 1 + seed / 512 % 20 days);
        p.quota = (p.end - p.start - 1) / o.interval + 1;
        p.paidIn = wei_(p.quota, o.price);
        uint256 before = token.balanceOf(people[who]);
        bool should = o.state == StreamState.Open && (!o.restricted || allowed[i][p.buyer]) && before >= p.paidIn;
        if (should && !_open()) hit("refused while paused");
        if (!_tryBuy(p, who, should && _open(), seed)) return;
        if (before - token.balanceOf(people[who]) != p.paidIn) fault("escrow is not quota times price");
        sales.push(p);
        if (o.restricted) hit("restricted sale");
        if (trialNow(i, o.round) == RoundState.Review) hit("sold under review");
        _seeSale(sales.length - 1);
    }

    function _tryBuy(Sale memory p, uint256 who, bool should, uint256 seed) private returns (bool) {
        bytes memory call_ = _buying(p, seed >> 200);
        should = should && (seed >> 200) % 16 > 2;
        if (seed % 4 == 1) return _withPermit(who, p.paidIn, call_, should, "buy");
        return act(people[who], call_, should, 200_000, "buy");
    }

    /// Sometimes of another offer than the stream's.
    function _buying(Sale memory p, uint256 seed) private view returns (bytes memory) {
        uint40 price = uint40(p.price + (seed % 16 == 0 ? 10 : 0));
        uint32 interval = uint32(p.interval + (seed % 16 == 1 ? 1 : 0));
        bytes32 terms = seed % 16 == 2 ? ~p.terms : p.terms;
        uint32 duration = uint32(p.end - p.start);
        return abi.encodeCall(market.buy, (sid(p.stream), duration, price, interval, terms, p.buyer, 0));
    }

    function doExtend(uint256 seed) external watched {
        seed = dice(seed);
        if (sales.length == 0) return;
        uint256 i = _pickRunning(seed);
        Sale storage p = sales[i];
        Offer memory o = offers[p.stream];
        uint256 to = p.end + seed / 64 % 5 days;
        uint256 quota = to <= p.start ? 0 : (to - p.start - 1) / p.interval + 1;
        uint256 cost = quota > p.quota ? wei_(quota - p.quota, p.price) : 0;
        uint256 before = token.balanceOf(p.buyer);
        bytes32 terms = seed % 8 == 3 ? ~p.terms : p.terms;
        bool should = running(p) && o.state == StreamState.Open && o.price == p.price && o.interval == p.interval
            && o.terms == terms && terms == p.terms && (!o.restricted || allowed[p.stream][p.buyer]);
        should = should && to > p.end && to <= clock + 366 days && before >= cost && _open();
        if (!act(p.buyer, abi.encodeCall(market.extend, (pid(i), uint40(to), terms)), should, 130_000, "extend")) {
            return;
        }
        if (before - token.balanceOf(p.buyer) != cost) fault("an extension's escrow");
        (p.end, p.quota) = (to, quota);
        p.paidIn += cost;
    }

    function doCancel(uint256 seed) external watched {
        seed = dice(seed);
        if (sales.length == 0 || seed % 3 == 0) return;
        uint256 i = _pickRunning(seed);
        if (act(sales[i].buyer, abi.encodeCall(market.cancel, (pid(i))), running(sales[i]), 40_000, "cancel")) {
            sales[i].end = clock;
        }
        _seeSale(i);
    }

    /// Up to three claims for purchases of one operator: some too many, some too late, some the last.
    function _claims(uint256 seed) private view returns (uint256 op_, Claim[] memory all) {
        uint256 spot = seed % 3 == 0 ? seed % sales.length : seed % 3 == 1 ? _pickRunning(seed) : _pickSlashed(seed);
        op_ = offers[sales[spot].stream].op;
        Claim[] memory some = new Claim[](1 + seed / 64 % 3);
        uint256 n;
        for (uint256 i = 0; i < sales.length && n < some.length; ++i) {
            uint256 j = (spot + i) % sales.length;
            if (offers[sales[j].stream].op != op_) continue;
            uint256 d = seed >> (16 * n + 16);
            uint256 want = begun(sales[j]);
            if (d % 4 == 0) want = d / 4 % (want + 1);
            else if (d % 4 == 1) want += 1 + d / 4 % 9;
            if (d % 128 == 5) want = type(uint32).max;
            some[n++] = Claim(pid(j), uint32(want), d / 256 % 2 == 0);
        }
        all = new Claim[](n);
        for (uint256 i = 0; i < n; ++i) {
            all[i] = some[i];
        }
    }

    function doSettle(uint256 seed) external watched {
        seed = dice(seed);
        if (sales.length == 0) return;
        (uint256 op_, Claim[] memory c) = _claims(seed);
        uint256[4] memory before = _seen(op_, c);
        address who = _signerOf(ops[op_ - 1].signer);
        bytes memory call_ = abi.encodeCall(market.settle, (OperatorId.wrap(uint40(op_)), c, bytes32(seed)));
        if (act(who, call_, true, 60_000 + 75_000 * c.length, "settle")) _settled(op_, c, before);
    }

    function doSettleSigned(uint256 seed) external watched {
        seed = dice(seed);
        if (sales.length == 0) return;
        (uint256 op_, Claim[] memory c) = _claims(seed);
        uint256[4] memory before = _seen(op_, c);
        OperatorId id = OperatorId.wrap(uint40(op_));
        uint40 deadline = uint40(clock + seed % 100);
        bytes32 root = bytes32(seed);
        bytes memory sig = _sign(op_, keccak256(abi.encode(SETTLEMENT, id, keccak256(abi.encode(c)), root, deadline)));
        if (seed % 8 == 1) --deadline; // not what was signed
        bytes memory call_ = abi.encodeCall(market.settleSigned, (id, c, root, deadline, sig));
        if (act(people[seed % 7], call_, seed % 8 != 1, 80_000 + 75_000 * c.length, "settleSigned")) {
            _settled(op_, c, before);
        }
    }

    /// In the market's numbers: all credits, the operator's, the platform's, and what is left of the claims' escrow.
    function _seen(uint256 op_, Claim[] memory c) private view returns (uint256[4] memory sum) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            sum[0] += market.credit(accounts[i]);
        }
        sum[1] = market.credit(ops[op_ - 1].payout);
        sum[2] = market.credit(platform);
        for (uint256 i = 0; i < c.length; ++i) {
            Purchase memory p = market.getPurchase(c[i].purchase);
            if (p.state == PurchaseState.Active) sum[3] += wei_(p.quota - p.delivered, p.price);
        }
    }

    function _settled(uint256 op_, Claim[] memory c, uint256[4] memory before) private {
        uint256 gross;
        uint256 refunds;
        for (uint256 i = 0; i < c.length; ++i) {
            uint256 spot = PurchaseId.unwrap(c[i].purchase) - 1;
            uint256 paid = sales[spot].paidOut;
            bool closed = sales[spot].closed;
            _claimed(spot, c[i]);
            gross += sales[spot].paidOut - paid;
            if (!closed) refunds += sales[spot].refunded;
            _seeSale(spot);
        }
        credits[ops[op_ - 1].payout] += gross / 10;
        credits[platform] += gross / 10;
        uint256[4] memory now_ = _seen(op_, c);
        grossSum += before[3] - now_[3] - refunds;
        operatorSum += now_[1] - before[1];
        platformSum += now_[2] - before[2];
        payeeSum += now_[0] - before[0] - refunds - (now_[1] - before[1]) - (now_[2] - before[2]);
    }

    function _claimed(uint256 spot, Claim memory c) private {
        Sale storage p = sales[spot];
        Offer storage o = offers[p.stream];
        uint256 end = endOf(p);
        if (p.closed || o.unpaid || clock >= end + 7 days) {
            hit("claim skipped");
            return;
        }
        uint256 pays = begun(p);
        if (c.delivered <= pays) pays = c.delivered;
        else hit("claim cut to the cap");
        if (pays > p.delivered) {
            uint256 gross = wei_(pays - p.delivered, p.price);
            bool slashed = o.state == StreamState.Slashed;
            if (slashed) hit("claim after a slash");
            credits[slashed ? p.buyer : o.owner] += gross / 10 * 8;
            p.paidOut += gross;
            p.delivered = pays;
        }
        if (c.last && clock >= end) {
            refund(spot);
            hit("last claim");
        }
    }

    function doFinish(uint256 seed) external watched {
        seed = dice(seed);
        if (sales.length == 0) return;
        uint256 i = seed % sales.length;
        for (uint256 k = 0; k < sales.length && seed % 5 != 0; ++k) {
            uint256 j = (i + k) % sales.length;
            if (!sales[j].closed && (clock >= endOf(sales[j]) + 7 days || offers[sales[j].stream].unpaid)) {
                i = j;
                break;
            }
        }
        Sale memory p = sales[i];
        bool unpaid = offers[p.stream].unpaid;
        bool should = !p.closed && (unpaid || clock >= endOf(p) + 7 days);
        if (act(people[seed % 7], abi.encodeCall(market.finish, (pid(i))), should, 70_000, "finish")) {
            refund(i);
            if (unpaid) hit("finished unpaid");
        }
        _seeSale(i);
    }

    function doWithdraw(uint256 seed) external watched {
        seed = dice(seed);
        address who = accounts[seed % accounts.length];
        uint256 before = token.balanceOf(who);
        _mayCredit = who;
        bool should = credits[who] != 0;
        if (!act(people[seed % 7], abi.encodeCall(market.withdraw, (who)), should, 80_000, "withdraw")) return;
        if (token.balanceOf(who) - before != credits[who]) fault("another credit was paid");
        credits[who] = 0;
    }

    // Challenges

    /// One challenge, or as many as make a quorum and more.
    function doChallenge(uint256 seed) external watched {
        seed = dice(seed);
        if (sales.length == 0) return;
        uint256 stream = sales[seed % sales.length].stream;
        uint256 most = [uint256(1), 4, 7][seed % 3];
        Offer storage o = offers[stream];
        // Sometimes in the last second in which it can be.
        if (seed % 4 == 0 && o.state == StreamState.Closed && clock < o.stopAt + 14 days) go(o.stopAt + 14 days - 1);
        for (uint256 k = 0; k < 7 && most > 0; ++k) {
            address who = people[(seed + k) % 7];
            for (uint256 i = 0; i < sales.length && most > 0; ++i) {
                if (sales[i].buyer != who || sales[i].stream != stream) continue;
                if (_challenge(i)) {
                    --most;
                    if (seed % 4 != 0) break;
                }
            }
        }
        _see(stream);
    }

    function _challenge(uint256 i) private returns (bool) {
        Sale memory p = sales[i];
        (uint256 round, bool joins, bool room) = _roundFor(p.stream);
        uint256 had = joins ? weights[p.stream][round][p.buyer] : 0;
        bool should = room && _mayChallenge(p, had);
        uint256 before = token.balanceOf(p.buyer);
        bytes memory call_ = abi.encodeCall(market.challenge, (pid(i), bytes32(i)));
        if (!act(p.buyer, call_, should, 200_000, "challenge")) return false;
        if (before - token.balanceOf(p.buyer) != (had == 0 ? DEPOSIT : 0)) fault("another deposit than agreed");
        if (!joins) _newRound(p.stream, round);
        _weigh(p, round, had);
        bool later = joins && p.start >= trials[p.stream][round].opened;
        laters[p.stream][round][p.buyer] = later;
        if (later) hit("bought in the round");
        return true;
    }

    function _mayChallenge(Sale memory p, uint256 had) private view returns (bool) {
        StreamState s = offers[p.stream].state;
        return clock < endOf(p) + 14 days && p.delivered * p.price > had
            && (s == StreamState.Open || s == StreamState.Closed) && (had != 0 || token.balanceOf(p.buyer) >= DEPOSIT);
    }

    function _weigh(Sale memory p, uint256 round, uint256 had) private {
        Trial storage t = trials[p.stream][round];
        uint256 weight = p.delivered * p.price;
        weights[p.stream][round][p.buyer] = weight;
        t.weight = t.weight + weight - had;
        if (had != 0) {
            hit("weight raised");
            return;
        }
        if (t.state == RoundState.Review) hit("joined a review");
        if (++t.count == 3) (t.state, t.reviewStart, t.deadline) = (RoundState.Review, clock, clock + 14 days);
    }

    /// The round a challenge of now belongs to: whether it runs already, and whether there is room in it.
    function _roundFor(uint256 stream) private view returns (uint256 round, bool joins, bool room) {
        round = offers[stream].round;
        RoundState now_ = trialNow(stream, round);
        if (now_ == RoundState.Open) return (round, true, true);
        if (now_ == RoundState.Review) return (round, true, clock < trials[stream][round].reviewStart + 2 days);
        return (round + 1, false, true);
    }

    function _newRound(uint256 stream, uint256 round) private {
        trials[stream][round - 1].state = trialNow(stream, round - 1);
        offers[stream].round = round;
        trials[stream][round] = Trial(RoundState.Open, clock, 0, clock + 14 days, 0, 0);
    }

    function doRule(uint256 seed) external watched {
        seed = dice(seed);
        if (offers.length == 0) return;
        uint256 i = _pickRound(seed / 2, RoundState.Review);
        Offer storage o = offers[i];
        Trial storage t = trials[i][o.round];
        if (seed % 2 == 0 && trialNow(i, o.round) == RoundState.Review && clock < t.reviewStart + 2 days) {
            go(t.reviewStart + 2 days);
        }
        Verdict verdict = Verdict(seed / 64 % 9 < 5 ? seed / 64 % 9 : seed / 64 % 4 + 1);
        bool should =
            trialNow(i, o.round) == RoundState.Review && clock >= t.reviewStart + 2 days && verdict != Verdict.None;
        _mayStake = i + 1;
        bytes memory call_ = abi.encodeCall(market.rule, (sid(i), uint32(o.round), verdict, bytes32(seed)));
        if (!act(arbiter, call_, should, 130_000, "rule")) return;
        if (t.count < 3) fault("ruled without a quorum of three");
        _ruled(o, t, verdict);
        _see(i);
    }

    function _ruled(Offer storage o, Trial storage t, Verdict verdict) private {
        if (verdict == Verdict.Rejected) {
            t.state = RoundState.Rejected;
            credits[platform] += t.count * DEPOSIT / 2;
            credits[o.owner] += t.count * DEPOSIT / 2;
            return;
        }
        stop(o, clock);
        if (verdict == Verdict.OperatorAtFault) {
            t.state = RoundState.OperatorAtFault;
            o.state = StreamState.Closed;
            o.unpaid = true;
            return;
        }
        t.state = verdict == Verdict.SellerAtFault ? RoundState.SellerAtFault : RoundState.BothAtFault;
        if (verdict == Verdict.BothAtFault) o.unpaid = true;
        o.state = StreamState.Slashed;
        credits[platform] += o.stake / 2;
        o.stake -= o.stake / 2;
    }

    function doRespond(uint256 seed) external watched {
        seed = dice(seed);
        if (offers.length == 0) return;
        uint256 i = seed % offers.length;
        Offer memory o = offers[i];
        uint32 round = uint32(seed / 8 % (o.round + 2));
        address who = seed % 2 == 0 ? o.owner : ops[o.op - 1].admin;
        bytes memory call_ = abi.encodeCall(market.respond, (sid(i), round, bytes32(seed)));
        act(who, call_, round != 0 && round <= o.round, 40_000, "respond");
    }

    function doRedeem(uint256 seed) external watched {
        seed = dice(seed);
        if (offers.length == 0) return;
        uint256 i = seed % 2 == 0 ? seed / 2 % offers.length : _pick(seed / 2, StreamState.Slashed);
        if (offers[i].round == 0) return;
        uint256 round = 1 + seed / 8 % offers[i].round;
        _mayStake = i + 1;
        for (uint256 k = 0; k < 7; ++k) {
            if (_redeem(i, round, people[(seed + k) % 7])) break;
        }
        _see(i);
    }

    function _redeem(uint256 i, uint256 round, address who) private returns (bool) {
        Trial storage t = trials[i][round];
        RoundState now_ = trialNow(i, round);
        uint256 weight = weights[i][round][who];
        bool should = weight != 0 && now_ > RoundState.Review && now_ != RoundState.Rejected;
        uint256 before = token.balanceOf(who);
        bytes memory call_ = abi.encodeCall(market.redeem, (sid(i), uint32(round), who));
        if (!act(address(0xA17), call_, should, 110_000, "redeem")) return false;
        weights[i][round][who] = 0;
        uint256 due = DEPOSIT;
        if (now_ == RoundState.SellerAtFault || now_ == RoundState.BothAtFault) {
            uint256 share = offers[i].stake * weight / t.weight;
            offers[i].stake -= share;
            t.weight -= weight;
            uint256 most = (laters[i][round][who] ? 0 : DEPOSIT) + wei_(weight, 1) * 8 / 10;
            if (laters[i][round][who]) hit("share without a bounty");
            hit(share > most ? "share cut to its most" : "share in full");
            if (share > most) {
                credits[platform] += share - most;
                share = most;
            }
            due += share;
        }
        if (token.balanceOf(who) - before != due) fault("redeemed another sum than was due");
        return true;
    }

    function doExpire(uint256 seed) external watched {
        seed = dice(seed);
        if (offers.length == 0) return;
        uint256 i = _pickRound(seed / 4, RoundState(1 + seed % 4)); // Open, Review; past their time: Expired, Lapsed
        Trial storage t = trials[i][offers[i].round];
        if (seed / 4 % 4 == 0 && t.state != RoundState.None && clock < t.deadline) go(t.deadline);
        RoundState now_ = trialNow(i, offers[i].round);
        bool should = now_ != t.state;
        if (act(address(0xA17), abi.encodeCall(market.expire, (sid(i))), should, 60_000, "expire")) t.state = now_;
        _see(i);
    }

    /// A stranger tries what is not his. Nothing of it may work.
    function doTrespass(uint256 seed) external watched {
        seed = dice(seed);
        if (offers.length == 0) return;
        uint256 i = seed % offers.length;
        OperatorId id = OperatorId.wrap(uint40(offers[i].op));
        _no(abi.encodeCall(market.setPrice, (sid(i), 10, 60)));
        _no(abi.encodeCall(market.setTerms, (sid(i), 0)));
        _no(abi.encodeCall(market.setRestricted, (sid(i), true)));
        _no(abi.encodeCall(market.allow, (sid(i), new address[](0), true)));
        _no(abi.encodeCall(market.addStake, (sid(i), 0)));
        _no(abi.encodeCall(market.close, (sid(i))));
        _no(abi.encodeCall(market.retire, (sid(i))));
        _no(abi.encodeCall(market.withdrawStake, (sid(i))));
        _no(abi.encodeCall(market.rule, (sid(i), uint32(offers[i].round), Verdict.SellerAtFault, 0)));
        _no(abi.encodeCall(market.respond, (sid(i), uint32(offers[i].round), 0)));
        _no(abi.encodeCall(market.setSigner, (id, address(0xBAD))));
        _no(abi.encodeCall(market.setPayout, (id, address(0xBAD))));
        _no(abi.encodeCall(market.setOperatorMetadata, (id, 0, "", 0)));
        _no(abi.encodeCall(market.transferAdmin, (id, address(0xBAD))));
        _no(abi.encodeCall(market.acceptAdmin, (id)));
        _no(abi.encodeCall(market.verifyOperator, (id, true, market.getOperator(id).metadataHash)));
        _no(abi.encodeCall(market.transferOwnership, (address(0xBAD))));
        _no(abi.encodeCall(market.acceptOwnership, ()));
        _no(abi.encodeCall(market.renounceOwnership, ()));
        _no(abi.encodeCall(market.pause, ()));
        _no(abi.encodeCall(market.settle, (id, new Claim[](0), 0)));
        _no(abi.encodeCall(market.settleSigned, (id, new Claim[](0), 0, uint40(clock), new bytes(65))));
        if (sales.length == 0) return;
        uint256 p = seed % sales.length;
        _no(abi.encodeCall(market.extend, (pid(p), uint40(sales[p].end + 60), sales[p].terms)));
        _no(abi.encodeCall(market.cancel, (pid(p))));
        _no(abi.encodeCall(market.challenge, (pid(p), 0)));
    }

    function _no(bytes memory call_) private {
        vm.prank(address(0xBAD));
        (bool ok,) = address(market).call(call_);
        if (ok) fault("a stranger did what was not his to do");
    }

    /// Everybody takes what is his, each by the call that is meant for it; all of them must work.
    function windDown() external {
        for (uint256 i = 0; i < offers.length; ++i) {
            if (offers[i].state != StreamState.Open) continue;
            act(offers[i].owner, abi.encodeCall(market.close, (sid(i))), true, 80_000, "close");
            stop(offers[i], clock + 7 days);
            offers[i].state = StreamState.Closed;
        }
        skip(7 days + 14 days + 14 days); // NOTICE, CHALLENGE_AFTER, and no review longer than REVIEW
        for (uint256 i = 0; i < sales.length; ++i) {
            if (sales[i].closed) continue;
            if (act(address(1), abi.encodeCall(market.finish, (pid(i))), true, 70_000, "finish")) refund(i);
        }
        for (uint256 i = 0; i < offers.length; ++i) {
            if (offers[i].state == StreamState.Closed) {
                act(offers[i].owner, abi.encodeCall(market.withdrawStake, (sid(i))), true, 90_000, "withdrawStake");
                offers[i].stake = 0;
            }
            for (uint256 r = 1; r <= offers[i].round; ++r) {
                for (uint256 k = 0; k < 7; ++k) {
                    _redeem(i, r, people[k]);
                }
            }
            // The pool of a slashed stake is empty: the last challenger took the last wei.
            if (offers[i].stake != 0) fault("a pool is left");
        }
        for (uint256 i = 0; i < accounts.length; ++i) {
            address who = accounts[i];
            if (credits[who] == 0) continue;
            act(address(1), abi.encodeCall(market.withdraw, (who)), true, 80_000, "withdraw");
        }
    }
}
