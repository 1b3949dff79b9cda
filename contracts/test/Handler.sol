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
    StreamState
} from "./Base.sol";
import {Permit} from "../src/types/Types.sol";
import {Wallet1271} from "./Others.sol";

/// Plays all parts at random, within and beyond the rules, and keeps books of its own: every amount in them is computed
/// here, from what was asked for, never read from the market. Nothing in it may revert: what must not be is noted, and
/// the invariants read the notes.
contract Handler is Base {
    // People: the first three own streams, all of them buy. Their keys sign permits.
    address[7] public people;
    address[3] private _payouts = [address(0xCA5), address(0xCA6), address(0xCA7)];
    address[11] private _accounts; // everybody who can have a credit
    uint256[3] private _keys = [SIGNER, 0xB0B2, 0xB0B3];
    Wallet1271 private _wallet; // a signer that is a contract

    // The books
    struct Offer {
        address owner;
        uint64 op;
        uint256 price;
        uint256 interval;
        uint256 minDuration;
        bytes32 terms;
        uint256 stake;
        uint256 rounds;
    }

    struct Sale {
        address buyer;
        uint64 stream;
        uint256 start;
        uint256 end;
        uint256 price;
        uint256 interval;
        uint256 quota;
        uint256 delivered;
        uint256 paidIn;
        uint256 paidOut;
        uint256 refunded;
    }

    struct Op {
        address admin;
        uint256 signer; // index of _keys, or 3 for the wallet
        address payout;
    }

    Offer[] private _offers;
    Sale[] private _sales;
    Op[] private _ops;
    mapping(address => uint256) public credits;
    mapping(uint256 stream => mapping(uint256 round => mapping(address => uint256))) public deposits;
    uint256 public depositSum;
    uint256 public donated;
    uint256 public grossSum;
    uint256 public ownerSum; // what settlements gave, as seen in the market's credits
    uint256 public operatorSum;
    uint256 public platformSum;

    // Notes: what must never be, the first time it was seen
    string public broken; // a call did something it must not
    string public shrunk; // invariant 5
    string public dear; // invariant 7
    mapping(address => uint256) private _creditBefore;
    mapping(uint256 => uint256) private _stakeBefore;
    address private _mayCredit; // whose credit this call may lower
    uint256 private _mayStake; // which stream's stake this call may lower

    // What was reached: successful calls by function, and states
    string[] private _names;
    mapping(bytes32 => uint256) public reached;

    function setUp() public override {
        for (uint256 i = 0; i < 7; ++i) {
            people[i] = vm.addr(0xFACE00 + i);
            _accounts[i] = people[i];
        }
        for (uint256 i = 0; i < 4; ++i) {
            buyers[i] = people[3 + i];
        }
        owner = people[0];
        _accounts[7] = platform;
        for (uint256 i = 0; i < 3; ++i) {
            _accounts[8 + i] = _payouts[i];
        }
        _wallet = new Wallet1271(vm.addr(0xB0B4));
        super.setUp();
        fund(people[1]);
        fund(people[2]);
        _ops.push(Op(admin, 0, _payouts[0]));
        _doRegister(1);
    }

    // What was reached

    function hit(string memory name) private {
        if (reached[keccak256(bytes(name))]++ == 0) _names.push(name);
    }

    /// The functions and states a campaign must reach. A Go test compares the first part with the ABI.
    function wanted() public pure returns (string[50] memory) {
        return [
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
            "retire",
            "rule",
            "setOffer",
            "setOperatorMetadata",
            "setPayout",
            "setRestricted",
            "setSigner",
            "setTerms",
            "settle",
            "settleSigned",
            "transferOwnership",
            "unpause",
            "usePermit",
            "verifyOperator",
            "withdraw",
            "withdrawStake",
            "Stream Open",
            "Stream Closed",
            "Stream Withdrawn",
            "Stream Review",
            "Stream Slashed",
            "Purchase Active",
            "Purchase Closed",
            "Round Open",
            "Round Expired",
            "Round Review",
            "Round Upheld",
            "Round Rejected",
            "Round Lapsed",
            "claim skipped",
            "claim refused",
            "last claim",
            "derived stream",
            "restricted sale"
        ];
    }

    function count(string memory name) external view returns (uint256) {
        return reached[keccak256(bytes(name))];
    }

    function _see(uint256 stream) private {
        string[6] memory s =
            ["Stream None", "Stream Open", "Stream Closed", "Stream Withdrawn", "Stream Review", "Stream Slashed"];
        string[7] memory r = [
            "Round None",
            "Round Open",
            "Round Expired",
            "Round Review",
            "Round Upheld",
            "Round Rejected",
            "Round Lapsed"
        ];
        hit(s[uint256(market.getStream(sid(stream)).state)]);
        uint256 round = _offers[stream].rounds;
        if (round != 0) hit(r[uint256(market.getRound(sid(stream), uint32(round)).state)]);
    }

    function _seeSale(uint256 sale) private {
        string[3] memory s = ["Purchase None", "Purchase Active", "Purchase Closed"];
        hit(s[uint256(market.getPurchase(pid(sale)).state)]);
    }

    function _break(string memory what) private {
        if (bytes(broken).length == 0) broken = what;
    }

    // Around every call

    modifier watched() {
        _;
        for (uint256 i = 0; i < _accounts.length; ++i) {
            uint256 now_ = market.credit(_accounts[i]);
            if (now_ < _creditBefore[_accounts[i]] && _accounts[i] != _mayCredit) shrunk = "a credit";
            _creditBefore[_accounts[i]] = now_;
        }
        for (uint256 i = 0; i < _offers.length; ++i) {
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

    uint256 private _gas;

    function tic() private {
        _gas = gasleft();
    }

    /// No call may cost more than its bound, whatever the history (two cold slots of slack for each).
    function toc(uint256 most, string memory name) private {
        uint256 used = _gas - gasleft();
        hit(name);
        if (used > most) dear = name;
    }

    // Ids and picks. Indices count from 0, the market's ids from 1.

    function sid(uint256 i) private pure returns (StreamId) {
        return StreamId.wrap(uint64(i + 1));
    }

    function pid(uint256 i) private pure returns (PurchaseId) {
        return PurchaseId.wrap(uint64(i + 1));
    }

    /// A stream in this state, if the dice and the world allow it; else any.
    function pick(uint256 seed, StreamState state_) private view returns (uint256 spot) {
        spot = seed % _offers.length;
        if (seed % 5 == 0) return spot;
        for (uint256 i = 0; i < _offers.length; ++i) {
            uint256 j = (spot + i) % _offers.length;
            if (market.getStream(sid(j)).state == state_) return j;
        }
    }

    function pickRunning(uint256 seed) private view returns (uint256 spot) {
        spot = seed % _sales.length;
        if (seed % 5 == 0) return spot;
        for (uint256 i = 0; i < _sales.length; ++i) {
            uint256 j = (spot + i) % _sales.length;
            if (market.getPurchase(pid(j)).state == PurchaseState.Active && _sales[j].end > clock) return j;
        }
    }

    // Time

    function wait(uint256 seed) external watched {
        seed = dice(seed);
        uint256 kind = seed % 4;
        if (kind == 0) skip(seed / 4 % 10 minutes);
        else if (kind == 1) skip(seed / 4 % 12 hours);
        else if (kind == 2) skip(seed / 4 % 5 days);
        else skip(seed / 4 % 20 days);
    }

    // Operators

    function _doRegister(uint256 seed) private {
        if (_ops.length >= 3) return;
        address who = address(uint160(0xAD + _ops.length));
        vm.prank(who);
        tic();
        OperatorId id = market.registerOperator(_signerOf(seed % 4), _payouts[seed % 3], bytes32(seed), "uri", 0);
        toc(250_000, "registerOperator");
        _ops.push(Op(who, seed % 4, _payouts[seed % 3]));
        if (OperatorId.unwrap(id) != _ops.length) _break("an operator's number");
    }

    function _signerOf(uint256 index) private view returns (address) {
        return index == 3 ? address(_wallet) : vm.addr(_keys[index]);
    }

    function _sign(uint256 op_, bytes32 structHash) private view returns (bytes memory) {
        uint256 signer = _ops[op_ - 1].signer;
        return signed(signer == 3 ? 0xB0B4 : _keys[signer], structHash);
    }

    function doAdmin(uint256 seed) external watched {
        seed = dice(seed);
        uint256 what = seed % 8;
        uint256 i = seed / 8 % _ops.length;
        OperatorId id = OperatorId.wrap(uint64(i + 1));
        uint256 n = seed / 64;
        if (what == 0) {
            vm.prank(_ops[i].admin);
            market.setSigner(id, _signerOf(n % 4));
            _ops[i].signer = n % 4;
            hit("setSigner");
        } else if (what == 1) {
            vm.prank(_ops[i].admin);
            market.setPayout(id, _payouts[n % 3]);
            _ops[i].payout = _payouts[n % 3];
            hit("setPayout");
        } else if (what == 2) {
            vm.prank(_ops[i].admin);
            market.setOperatorMetadata(id, bytes32(n), "other", bytes32(n));
            hit("setOperatorMetadata");
        } else if (what == 3) {
            _verify(id, n % 2 == 0);
        } else if (what == 4) {
            _handOver(n);
        } else {
            _doRegister(n);
        }
    }

    function _verify(OperatorId id, bool yes) private {
        address boss = market.owner();
        if (boss == address(0)) return;
        vm.prank(boss);
        market.verifyOperator(id, yes);
        hit("verifyOperator");
        if (market.getOperator(id).verified != yes) _break("verified");
    }

    function _handOver(uint256 n) private {
        address boss = market.owner();
        if (boss == address(0)) return;
        if (n % 4 == 0) {
            vm.prank(boss);
            market.renounceOwnership();
            hit("renounceOwnership");
            return;
        }
        address next = address(uint160(0x5000 + n % 4));
        vm.prank(boss);
        market.transferOwnership(next);
        hit("transferOwnership");
        vm.prank(next);
        market.acceptOwnership();
        hit("acceptOwnership");
        if (market.owner() != next) _break("owner");
    }

    function doPause(uint256 seed) external watched {
        seed = dice(seed);
        if (!market.paused()) {
            vm.prank(guardian);
            market.pause();
            hit("pause");
            if (_offers.length != 0) {
                vm.prank(buyers[0]);
                try market.buy(sid(pick(seed, StreamState.Open)), 1 days, type(uint256).max, TERMS, address(0), 0) {
                    _break("bought while paused");
                } catch {}
            }
        }
        if (seed % 4 != 0) _unpause();
    }

    function _unpause() private {
        vm.prank(guardian);
        market.unpause();
        hit("unpause");
    }

    function doDonate(uint256 seed) external watched {
        seed = dice(seed);
        token.transfer(address(market), seed % 1000);
        donated += seed % 1000;
    }

    // Streams

    function doList(uint256 seed) external watched {
        seed = dice(seed);
        if (_offers.length >= 4) return;
        if (market.paused() && seed % 2 == 0) _unpause();
        uint256 n = seed / 2;
        address who = people[n % 3];
        uint256 op_ = 1 + n / 3 % _ops.length;
        Listing memory l;
        l.operator = OperatorId.wrap(uint64(op_));
        l.device = keccak256(abi.encode(n / 9 % 8));
        l.price = uint40(10 * (1 + n / 72 % 300));
        l.interval = [uint32(60), 61, 600, 3600][n / 8 % 4];
        l.minDuration = n % 7 == 0 ? 1 hours : 0;
        l.terms = TERMS;
        l.stake = uint96(STAKE + n % 1 ether);
        l.proofKind = uint8(n % 4);
        l.nonce = market.deviceNonce(l.operator, l.device);
        l.deadline = uint40(clock + n % 1 days);
        l.parents = _running(who, n % 10);
        l.operatorSig = _sign(
            op_,
            keccak256(
                abi.encode(
                    keccak256(
                        "DeviceClaim(uint64 operator,address owner,bytes32 device,uint8 proofKind,uint32 nonce,uint40 deadline)"
                    ),
                    l.operator,
                    who,
                    l.device,
                    l.proofKind,
                    l.nonce,
                    l.deadline
                )
            )
        );
        uint256 before = token.balanceOf(who);
        if (n % 4 == 0) {
            if (!_withPermit(n % 3, l.stake, abi.encodeCall(market.list, (l)))) return;
            hit("list");
        } else {
            vm.prank(who);
            tic();
            try market.list(l) {
                toc(330_000, "list");
            } catch {
                return;
            }
        }
        _offers.push(Offer(who, uint64(op_), l.price, l.interval, l.minDuration, l.terms, l.stake, 0));
        if (l.parents.length != 0) hit("derived stream");
        if (before - token.balanceOf(who) != l.stake) _break("another stake than agreed");
        if (StreamId.unwrap(market.liveStream(l.operator, l.device)) != _offers.length) _break("live stream");
        _see(_offers.length - 1);
    }

    /// Up to n running purchases of somebody.
    function _running(address who, uint256 n) private view returns (PurchaseId[] memory all) {
        PurchaseId[] memory some = new PurchaseId[](n);
        uint256 found;
        for (uint256 i = 0; i < _sales.length && found < n; ++i) {
            if (_sales[i].buyer == who && _sales[i].end > clock) some[found++] = pid(i);
        }
        all = new PurchaseId[](found);
        for (uint256 i = 0; i < found; ++i) {
            all[i] = some[i];
        }
    }

    /// One multicall of a permit and what it pays for, by somebody without an allowance.
    function _withPermit(uint256 who, uint256 value, bytes memory call_) private returns (bool ok) {
        address payer = people[who];
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(market.usePermit, (_permit(who, value)));
        calls[1] = call_;
        vm.prank(payer);
        token.approve(address(market), 0);
        vm.prank(payer);
        try market.multicall(calls) {
            hit("multicall");
            hit("usePermit");
            ok = true;
        } catch {}
        vm.prank(payer);
        token.approve(address(market), type(uint256).max);
    }

    function _permit(uint256 who, uint256 value) private view returns (Permit memory p) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                people[who],
                address(market),
                value,
                token.nonces(people[who]),
                clock
            )
        );
        (p.v, p.r, p.s) =
            vm.sign(0xFACE00 + who, keccak256(abi.encodePacked("\x19\x01", token.DOMAIN_SEPARATOR(), structHash)));
        p.value = value;
        p.deadline = clock;
    }

    function doOffer(uint256 seed) external watched {
        seed = dice(seed);
        if (_offers.length == 0) return;
        uint256 i = pick(seed / 8, StreamState.Open);
        Offer storage o = _offers[i];
        uint256 n = seed / 64;
        uint256 what = seed % 4;
        if (what == 0) {
            uint40 price = uint40(10 * (1 + n % 300));
            uint32 interval = [uint32(60), 61, 600, 3600][n / 8 % 4];
            vm.prank(o.owner);
            tic();
            try market.setOffer(sid(i), price, interval, 0) {
                toc(40_000, "setOffer");
                o.price = price;
                o.interval = interval;
                o.minDuration = 0;
            } catch {}
        } else if (what == 1) {
            bytes32 terms = n % 3 == 0 ? keccak256("other terms") : TERMS;
            vm.prank(o.owner);
            tic();
            try market.setTerms(sid(i), terms) {
                toc(40_000, "setTerms");
                o.terms = terms;
            } catch {}
        } else if (what == 2) {
            vm.prank(o.owner);
            tic();
            try market.setRestricted(sid(i), n % 2 == 0) {
                toc(40_000, "setRestricted");
                if (n % 2 == 0) _allow(i, n, true);
            } catch {}
        } else {
            _allow(i, n, n % 3 != 0);
        }
    }

    function _allow(uint256 i, uint256 n, bool allowed) private {
        address[] memory who = new address[](1 + n % 7);
        for (uint256 k = 0; k < who.length; ++k) {
            who[k] = people[(n / 8 + k) % 7];
        }
        vm.prank(_offers[i].owner);
        tic();
        market.allow(sid(i), who, allowed);
        toc(20_000 + 30_000 * who.length, "allow");
    }

    function doAddStake(uint256 seed) external watched {
        seed = dice(seed);
        if (_offers.length == 0) return;
        uint256 i = pick(seed, StreamState.Open);
        uint96 amount = uint96(seed % 1 ether);
        vm.prank(_offers[i].owner);
        tic();
        try market.addStake(sid(i), amount) {
            toc(80_000, "addStake");
            _offers[i].stake += amount;
        } catch {}
    }

    function doClose(uint256 seed) external watched {
        seed = dice(seed);
        if (_offers.length == 0 || seed % 5 != 0) return;
        uint256 i = pick(seed / 5, StreamState.Open);
        vm.prank(_offers[i].owner);
        tic();
        try market.close(sid(i)) {
            toc(80_000, "close");
        } catch {}
        _see(i);
    }

    function doRetire(uint256 seed) external watched {
        seed = dice(seed);
        if (_offers.length == 0 || seed % 5 != 0) return;
        seed /= 5;
        uint256 i = pick(seed, seed % 2 == 0 ? StreamState.Open : StreamState.Review);
        Op memory o = _ops[_offers[i].op - 1];
        vm.prank(seed % 4 < 2 ? o.admin : _signerOf(o.signer));
        tic();
        try market.retire(sid(i)) {
            toc(80_000, "retire");
        } catch {}
        _see(i);
    }

    function doWithdrawStake(uint256 seed) external watched {
        seed = dice(seed);
        if (_offers.length == 0) return;
        uint256 i = pick(seed, StreamState.Closed);
        Offer storage o = _offers[i];
        Round memory r = market.getRound(sid(i), uint32(o.rounds));
        uint256 before = token.balanceOf(o.owner);
        if (seed % 2 == 0 && market.getStream(sid(i)).unbondAt > clock) go(market.getStream(sid(i)).unbondAt);
        _mayStake = i + 1;
        vm.prank(o.owner);
        tic();
        try market.withdrawStake(sid(i)) {
            toc(90_000, "withdrawStake");
            if (r.state == RoundState.Open && clock < r.deadline) _break("a stake left while challenged");
            if (token.balanceOf(o.owner) - before != o.stake) _break("another stake came back");
            o.stake = 0;
        } catch {}
        _see(i);
    }

    // Purchases

    function doBuy(uint256 seed) external watched {
        seed = dice(seed);
        if (_offers.length == 0 || _sales.length >= 40) return;
        if (market.paused() && seed % 2 == 0) _unpause();
        uint256 i = pick(seed / 2, StreamState.Open);
        for (uint256 n = seed / 16 % 4; n < 4; ++n) {
            _buy(i, dice(seed));
        }
    }

    function _buy(uint256 i, uint256 seed) private {
        Offer memory o = _offers[i];
        uint256 who = seed / 64 % 7;
        address buyer = seed % 8 == 0 ? people[(who + 1) % 7] : people[who];
        uint32 duration = uint32(1 + seed / 512 % 20 days);
        uint256 quota = (duration + o.interval - 1) / o.interval;
        uint256 cost = quota * o.price * 1e12;
        uint256 before = token.balanceOf(people[who]);
        bytes memory call_ = abi.encodeCall(market.buy, (sid(i), duration, cost, o.terms, buyer, bytes32(seed)));
        if (seed % 4 == 1) {
            if (!_withPermit(who, cost, call_)) return;
            hit("buy");
        } else {
            vm.prank(people[who]);
            tic();
            (bool ok,) = address(market).call(call_);
            if (!ok) return;
            toc(200_000, "buy");
        }
        if (before - token.balanceOf(people[who]) != cost) _break("escrow is not quota times price");
        _sales.push(Sale(buyer, uint64(i), clock, clock + duration, o.price, o.interval, quota, 0, cost, 0, 0));
        if (market.getStream(sid(i)).restricted) {
            hit("restricted sale");
            if (!market.isAllowed(sid(i), buyer)) _break("sold to a buyer who is not allowed");
        }
        _seeSale(_sales.length - 1);
    }

    function doExtend(uint256 seed) external watched {
        seed = dice(seed);
        if (_sales.length == 0) return;
        uint256 i = pickRunning(seed);
        Sale storage p = _sales[i];
        uint32 by = uint32(1 + seed / 64 % 5 days);
        uint256 quota = (p.end + by - p.start + p.interval - 1) / p.interval;
        uint256 cost = quota > p.quota ? (quota - p.quota) * p.price * 1e12 : 0;
        uint256 before = token.balanceOf(p.buyer);
        vm.prank(p.buyer);
        tic();
        try market.extend(pid(i), by, cost) {
            toc(130_000, "extend");
            if (before - token.balanceOf(p.buyer) != cost) _break("an extension's escrow");
            if (p.end <= clock) _break("extended what was over");
            p.end += by;
            p.quota = quota;
            p.paidIn += cost;
        } catch {}
        _seeSale(i);
    }

    function doCancel(uint256 seed) external watched {
        seed = dice(seed);
        if (_sales.length == 0 || seed % 3 == 0) return;
        uint256 i = pickRunning(seed);
        vm.prank(_sales[i].buyer);
        tic();
        try market.cancel(pid(i)) {
            toc(40_000, "cancel");
            _sales[i].end = clock;
        } catch {}
        _seeSale(i);
    }

    /// Up to three claims for purchases of one operator: some too many, some too late, some the last.
    function _claims(uint256 seed) private view returns (uint256 op_, Claim[] memory all) {
        uint256 spot = seed % _sales.length;
        if (seed % 3 != 0) spot = pickRunning(seed);
        op_ = _offers[_sales[spot].stream].op;
        all = new Claim[](1 + seed / 64 % 3);
        uint256 n;
        for (uint256 i = 0; i < _sales.length && n < all.length; ++i) {
            uint256 j = (spot + i) % _sales.length;
            Sale memory p = _sales[j];
            if (_offers[p.stream].op != op_) continue;
            uint256 most = ((clock < p.end ? clock : p.end) - p.start) / p.interval + 1;
            if (most > p.quota) most = p.quota;
            uint256 d = seed >> (8 * n + 16);
            uint256 want = d % 4 == 0 ? d / 4 % (most + 1) : most;
            if (d % 64 == 5) want = most + 1;
            all[n++] = Claim(pid(j), uint32(want), d / 256 % 2 == 0);
        }
        if (n < all.length) {
            Claim[] memory fewer = new Claim[](n);
            for (uint256 i = 0; i < n; ++i) {
                fewer[i] = all[i];
            }
            all = fewer;
        }
    }

    function doSettle(uint256 seed) external watched {
        seed = dice(seed);
        if (_sales.length == 0) return;
        (uint256 op_, Claim[] memory c) = _claims(seed);
        uint256[3] memory before = _shares(op_);
        vm.prank(_signerOf(_ops[op_ - 1].signer));
        tic();
        try market.settle(OperatorId.wrap(uint64(op_)), c, bytes32(seed)) {
            toc(60_000 + 75_000 * c.length, "settle");
            _settled(op_, c, before);
        } catch {
            _refusedClaim(c);
        }
    }

    function doSettleSigned(uint256 seed) external watched {
        seed = dice(seed);
        if (_sales.length == 0) return;
        (uint256 op_, Claim[] memory c) = _claims(seed);
        uint256[3] memory before = _shares(op_);
        OperatorId id = OperatorId.wrap(uint64(op_));
        uint40 deadline = uint40(clock + seed % 100);
        bytes memory sig = _sign(
            op_,
            keccak256(
                abi.encode(
                    keccak256("Settlement(uint64 operator,bytes32 claimsHash,bytes32 root,uint40 deadline)"),
                    id,
                    keccak256(abi.encode(c)),
                    bytes32(seed),
                    deadline
                )
            )
        );
        vm.prank(people[seed % 7]); // anyone
        tic();
        try market.settleSigned(id, c, bytes32(seed), deadline, sig) {
            toc(80_000 + 75_000 * c.length, "settleSigned");
            _settled(op_, c, before);
        } catch {
            _refusedClaim(c);
        }
    }

    /// A refused batch must hold a claim above quota or rate.
    function _refusedClaim(Claim[] memory c) private {
        for (uint256 i = 0; i < c.length; ++i) {
            Sale memory p = _sales[PurchaseId.unwrap(c[i].purchase) - 1];
            uint256 most = ((clock < p.end ? clock : p.end) - p.start) / p.interval + 1;
            if (c[i].delivered > p.quota || c[i].delivered > most) {
                hit("claim refused");
                return;
            }
        }
        _break("a good batch was refused");
    }

    /// Credits of owners together, of the operator's payout, and of the platform.
    function _shares(uint256 op_) private view returns (uint256[3] memory sum) {
        for (uint256 i = 0; i < 3; ++i) {
            sum[0] += market.credit(people[i]);
        }
        sum[1] = market.credit(_ops[op_ - 1].payout);
        sum[2] = market.credit(platform);
    }

    function _settled(uint256 op_, Claim[] memory c, uint256[3] memory before) private {
        uint256 gross;
        uint256 toOwners; // refunds to owners who bought
        for (uint256 i = 0; i < c.length; ++i) {
            uint256 spot = PurchaseId.unwrap(c[i].purchase) - 1;
            Sale storage p = _sales[spot];
            Purchase memory now_ = market.getPurchase(c[i].purchase);
            uint256 more = (now_.delivered - p.delivered) * p.price * 1e12;
            if (more == 0 && c[i].delivered > p.delivered) hit("claim skipped");
            if (now_.delivered != p.delivered && now_.delivered != c[i].delivered) {
                _break("another count than claimed");
            }
            p.delivered = now_.delivered;
            p.paidOut += more;
            gross += more;
            credits[_offers[p.stream].owner] += more / 10 * 8;
            if (now_.state == PurchaseState.Closed && p.paidIn != p.paidOut + p.refunded) {
                if (!c[i].last || clock < p.end) _break("closed without a last claim");
                uint256 rest = (p.quota - p.delivered) * p.price * 1e12;
                p.refunded = rest;
                credits[p.buyer] += rest;
                if (p.buyer == people[0] || p.buyer == people[1] || p.buyer == people[2]) toOwners += rest;
                hit("last claim");
            }
            _seeSale(spot);
        }
        credits[_ops[op_ - 1].payout] += gross / 10;
        credits[platform] += gross / 10;
        uint256[3] memory now3 = _shares(op_);
        grossSum += gross;
        ownerSum += now3[0] - before[0] - toOwners;
        operatorSum += now3[1] - before[1];
        platformSum += now3[2] - before[2];
    }

    function doFinish(uint256 seed) external watched {
        seed = dice(seed);
        if (_sales.length == 0) return;
        uint256 i = seed % _sales.length;
        for (uint256 k = 0; k < _sales.length; ++k) {
            uint256 j = (i + k) % _sales.length;
            if (market.getPurchase(pid(j)).state == PurchaseState.Active && clock >= _sales[j].end + 7 days) {
                i = j;
                break;
            }
        }
        Sale storage p = _sales[i];
        tic();
        try market.finish(pid(i)) {
            toc(70_000, "finish");
            if (clock < p.end + 7 days && market.getStream(sid(p.stream)).state != StreamState.Slashed) {
                _break("finished before the claim window was over");
            }
            if (p.paidIn == p.paidOut + p.refunded && p.quota != p.delivered) _break("refunded twice");
            uint256 rest = (p.quota - p.delivered) * p.price * 1e12;
            p.refunded = rest;
            credits[p.buyer] += rest;
        } catch {}
        _seeSale(i);
    }

    function doWithdraw(uint256 seed) external watched {
        seed = dice(seed);
        address who = _accounts[seed % _accounts.length];
        uint256 before = token.balanceOf(who);
        _mayCredit = who;
        tic();
        try market.withdraw(who) {
            toc(80_000, "withdraw");
            if (token.balanceOf(who) - before != credits[who]) _break("another credit was paid");
            credits[who] = 0;
        } catch {
            if (credits[who] != 0) _break("a credit was not paid");
        }
    }

    // Challenges

    /// One challenge, or as many as make a quorum.
    function doChallenge(uint256 seed) external watched {
        seed = dice(seed);
        if (_sales.length == 0) return;
        uint256 stream = _sales[seed % _sales.length].stream;
        uint256 most = seed % 3 == 0 ? 1 : 3;
        for (uint256 k = 0; k < 7 && most > 0; ++k) {
            for (uint256 i = 0; i < _sales.length; ++i) {
                if (_sales[i].buyer != people[(seed + k) % 7] || _sales[i].stream != stream) continue;
                if (_challenge(i)) {
                    --most;
                    break;
                }
            }
        }
        _see(stream);
    }

    function _challenge(uint256 i) private returns (bool) {
        Sale memory p = _sales[i];
        uint256 before = token.balanceOf(p.buyer);
        vm.prank(p.buyer);
        tic();
        try market.challenge(pid(i), bytes32(i)) {
            toc(180_000, "challenge");
        } catch {
            return false;
        }
        if (before - token.balanceOf(p.buyer) != 20 ether) _break("another deposit than agreed");
        if (clock > p.end + 14 days) _break("challenged too late");
        uint256 round = market.getStream(sid(p.stream)).round;
        Offer storage o = _offers[p.stream];
        if (round != o.rounds && round != o.rounds + 1) _break("a round was left out");
        o.rounds = round;
        if (deposits[p.stream][round][p.buyer] != 0) _break("challenged twice");
        deposits[p.stream][round][p.buyer] = 20 ether;
        depositSum += 20 ether;
        return true;
    }

    function doRule(uint256 seed) external watched {
        seed = dice(seed);
        if (_offers.length == 0) return;
        uint256 i = pick(seed / 2, StreamState.Review);
        bool upheld = seed % 2 == 0;
        Offer storage o = _offers[i];
        _mayStake = upheld ? i + 1 : 0;
        vm.prank(arbiter);
        tic();
        try market.rule(sid(i), upheld, bytes32(seed)) {
            toc(120_000, "rule");
        } catch {
            return;
        }
        uint256 challengers;
        uint256 share = (o.stake - 30 ether) / 3;
        for (uint256 k = 0; k < 7; ++k) {
            uint256 d = deposits[i][o.rounds][people[k]];
            if (d == 0) continue;
            ++challengers;
            deposits[i][o.rounds][people[k]] = upheld ? d + share : 0;
        }
        if (challengers != 3) _break("ruled without a quorum of three");
        if (upheld) {
            depositSum += 3 * share;
            credits[platform] += o.stake - 3 * share;
            o.stake = 0;
        } else {
            depositSum -= 60 ether;
            credits[platform] += 30 ether;
            credits[o.owner] += 30 ether;
        }
        _see(i);
    }

    function doRedeem(uint256 seed) external watched {
        seed = dice(seed);
        if (_offers.length == 0) return;
        uint256 i = seed % _offers.length;
        if (_offers[i].rounds == 0) return;
        uint256 round = 1 + seed / 8 % _offers[i].rounds;
        for (uint256 k = 0; k < 7; ++k) {
            address who = people[(seed + k) % 7];
            uint256 before = token.balanceOf(who);
            tic();
            try market.redeem(sid(i), uint32(round), who) {
                toc(80_000, "redeem");
                uint256 due = deposits[i][round][who];
                if (due == 0) _break("redeemed what was not due");
                if (token.balanceOf(who) - before != due) _break("redeemed another sum than was due");
                depositSum -= due;
                deposits[i][round][who] = 0;
                break;
            } catch {}
        }
        _see(i);
    }

    function doExpire(uint256 seed) external watched {
        seed = dice(seed);
        if (_offers.length == 0) return;
        uint256 i = pick(seed, seed % 2 == 0 ? StreamState.Review : StreamState.Open);
        Round memory r = market.getRound(sid(i), uint32(_offers[i].rounds));
        if (seed % 2 == 0 && r.state != RoundState.None && clock < r.deadline) go(r.deadline);
        tic();
        try market.expire(sid(i)) {
            toc(60_000, "expire");
            if (clock < r.deadline) _break("a round ended before its time");
        } catch {}
        _see(i);
    }

    /// A stranger tries what is not his. Nothing of it may work.
    function doTrespass(uint256 seed) external watched {
        seed = dice(seed);
        if (_offers.length == 0) return;
        uint256 i = seed % _offers.length;
        OperatorId id = OperatorId.wrap(_offers[i].op);
        vm.startPrank(address(0xBAD));
        _must(abi.encodeCall(market.setOffer, (sid(i), 10, 60, 0)));
        _must(abi.encodeCall(market.setTerms, (sid(i), 0)));
        _must(abi.encodeCall(market.setRestricted, (sid(i), true)));
        _must(abi.encodeCall(market.allow, (sid(i), new address[](0), true)));
        _must(abi.encodeCall(market.addStake, (sid(i), 0)));
        _must(abi.encodeCall(market.close, (sid(i))));
        _must(abi.encodeCall(market.retire, (sid(i))));
        _must(abi.encodeCall(market.withdrawStake, (sid(i))));
        _must(abi.encodeCall(market.rule, (sid(i), true, 0)));
        _must(abi.encodeCall(market.setSigner, (id, address(0xBAD))));
        _must(abi.encodeCall(market.setPayout, (id, address(0xBAD))));
        _must(abi.encodeCall(market.setOperatorMetadata, (id, 0, "", 0)));
        _must(abi.encodeCall(market.verifyOperator, (id, true)));
        _must(abi.encodeCall(market.transferOwnership, (address(0xBAD))));
        _must(abi.encodeCall(market.acceptOwnership, ()));
        _must(abi.encodeCall(market.renounceOwnership, ()));
        _must(abi.encodeCall(market.pause, ()));
        _must(abi.encodeCall(market.unpause, ()));
        _must(abi.encodeCall(market.settle, (id, new Claim[](0), 0)));
        _must(abi.encodeCall(market.settleSigned, (id, new Claim[](0), 0, uint40(clock), new bytes(65))));
        if (_sales.length != 0) {
            uint256 p = seed % _sales.length;
            _must(abi.encodeCall(market.extend, (pid(p), 60, type(uint256).max)));
            _must(abi.encodeCall(market.cancel, (pid(p))));
            _must(abi.encodeCall(market.challenge, (pid(p), 0)));
        }
        vm.stopPrank();
    }

    function _must(bytes memory call_) private {
        (bool ok,) = address(market).call(call_);
        if (ok) _break("a stranger did what was not his to do");
    }

    // What the invariants ask

    /// What the market owes by our books.
    function owed() external view returns (uint256 sum) {
        sum = depositSum;
        for (uint256 i = 0; i < _offers.length; ++i) {
            sum += _offers[i].stake;
        }
        for (uint256 i = 0; i < _sales.length; ++i) {
            sum += _sales[i].paidIn - _sales[i].paidOut - _sales[i].refunded;
        }
        for (uint256 i = 0; i < _accounts.length; ++i) {
            sum += credits[_accounts[i]];
        }
    }

    /// What the market owes by its own views.
    function owedByViews() external view returns (uint256 sum) {
        for (uint256 i = 0; i < _offers.length; ++i) {
            Stream memory s = market.getStream(sid(i));
            sum += s.stake;
            for (uint32 r = 1; r <= s.round; ++r) {
                Round memory round = market.getRound(sid(i), r);
                bool open = round.state == RoundState.Open || round.state == RoundState.Review;
                for (uint256 b = 0; b < 7; ++b) {
                    if (market.hasChallenged(sid(i), r, people[b])) sum += open ? 20 ether : round.payout;
                }
            }
        }
        for (uint256 i = 0; i < _sales.length; ++i) {
            Purchase memory p = market.getPurchase(pid(i));
            if (p.state == PurchaseState.Active) sum += uint256(p.quota - p.delivered) * p.price * 1e12;
        }
        for (uint256 i = 0; i < _accounts.length; ++i) {
            sum += market.credit(_accounts[i]);
        }
    }

    function balance() public view returns (uint256) {
        return token.balanceOf(address(market));
    }

    /// Whether each account's credit and each stream's stake is what our books say.
    function agrees() external view returns (bool) {
        for (uint256 i = 0; i < _accounts.length; ++i) {
            if (market.credit(_accounts[i]) != credits[_accounts[i]]) return false;
        }
        for (uint256 i = 0; i < _offers.length; ++i) {
            if (market.getStream(sid(i)).stake != _offers[i].stake) return false;
        }
        return true;
    }

    /// Whether every purchase's money is accounted for once.
    function eachReadingOnce() external view returns (bool) {
        for (uint256 i = 0; i < _sales.length; ++i) {
            Sale memory p = _sales[i];
            Purchase memory q = market.getPurchase(pid(i));
            if (p.paidIn != p.quota * p.price * 1e12 || q.quota != p.quota) return false;
            if (p.paidOut != p.delivered * p.price * 1e12 || q.delivered != p.delivered) return false;
            uint256 left = p.paidIn - p.paidOut - p.refunded;
            if (left != (q.state == PurchaseState.Active ? (p.quota - p.delivered) * p.price * 1e12 : 0)) return false;
        }
        return true;
    }

    /// Whether every count is within its rate and quota.
    function withinCaps() external view returns (bool) {
        for (uint256 i = 0; i < _sales.length; ++i) {
            Sale memory p = _sales[i];
            uint256 until = clock < p.end ? clock : p.end;
            uint256 n = market.getPurchase(pid(i)).delivered;
            if (n > p.quota || n > (until - p.start) / p.interval + 1) return false;
        }
        return true;
    }

    function windDown() external {
        for (uint256 i = 0; i < _offers.length; ++i) {
            try market.expire(sid(i)) {} catch {}
        }
        skip(800 days);
        for (uint256 i = 0; i < _offers.length; ++i) {
            try market.expire(sid(i)) {} catch {}
            vm.prank(_offers[i].owner);
            try market.close(sid(i)) {} catch {}
        }
        skip(60 days);
        for (uint256 i = 0; i < _sales.length; ++i) {
            try market.finish(pid(i)) {} catch {}
        }
        for (uint256 i = 0; i < _offers.length; ++i) {
            vm.prank(_offers[i].owner);
            try market.withdrawStake(sid(i)) {} catch {}
            for (uint32 r = 1; r <= _offers[i].rounds; ++r) {
                for (uint256 b = 0; b < 7; ++b) {
                    try market.redeem(sid(i), r, people[b]) {} catch {}
                }
            }
        }
        for (uint256 i = 0; i < _accounts.length; ++i) {
            try market.withdraw(_accounts[i]) {} catch {}
        }
    }
}
