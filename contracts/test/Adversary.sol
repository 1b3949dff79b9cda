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
    Voice,
    Verdict
} from "./Base.sol";

/// One actor calls whatever he likes, in any order, with any of his accounts, among honest people and their money; the
/// arbiter says anything. What he may have at most is counted beside him. In one world he owns sellers, operator and
/// buyers; in the other not the seller.
contract Adversary is Base {
    bool public immutable OWNS_SELLER;

    uint256 private constant OTHER_SIGNER = 0x0DD;
    uint64 private constant MOST = 60; // purchases in a world

    address[8] public actor; // owner (or a wallet, where he does not own the seller), admin, payout, signer, four wallets
    address[2] public honest = [address(0x600D1), address(0x600D2)];
    address public seller; // honest, where the actor is not he
    address public bystander = address(0xB57); // has a stream of his own, by another operator
    OperatorId private _other;

    uint256 public atFirst; // what the actor had
    uint256 public income; // what honest sales and lost deposits of others allow him
    uint256 public penalty; // half of the stakes he lost
    uint256 public risked; // bounties of his wallets in rounds that went against a seller who is not he
    uint256 public sellersDue; // what the honest seller gained and lost
    uint256[2] public paid; // by the honest buyers, and not given back
    string public broken;

    mapping(uint64 stream => bool) private _slashed;
    mapping(uint64 stream => bool) private _unpaid;
    mapping(bytes32 => uint256) private _reached;
    uint256 private _calls;

    constructor(bool ownsSeller) {
        OWNS_SELLER = ownsSeller;
    }

    function setUp() public override {
        super.setUp();
        seller = address(0x5E11);
        actor = [
            OWNS_SELLER ? owner : address(0xB5),
            admin,
            payout,
            vm.addr(SIGNER),
            buyers[0],
            buyers[1],
            buyers[2],
            buyers[3]
        ];
        fund(actor[0]);
        fund(seller);
        fund(bystander);
        fund(honest[0]);
        fund(honest[1]);
        vm.prank(address(0x07));
        _other = market.registerOperator(vm.addr(OTHER_SIGNER), address(0x08), 0, "", 0);
        _listFor(bystander, _other, OTHER_SIGNER, "bystander", 200 ether, 1000, 60);
        _buyFor(honest[0], 1, 300 days); // money that is worth stealing
        atFirst = wealthOfActor();
    }

    // What was reached

    function hit(string memory name) private {
        ++_reached[keccak256(bytes(name))];
    }

    function count(string memory name) external view returns (uint256) {
        return _reached[keccak256(bytes(name))];
    }

    /// What a campaign must reach; the actor's own successful calls are named as the functions are.
    function wanted() external view returns (string[] memory all) {
        string[45] memory names = [
            "addStake",
            "allow",
            "close",
            "setPrice",
            "setRestricted",
            "setTerms",
            "withdrawStake",
            "list",
            "buy",
            "cancel",
            "challenge",
            "expire",
            "extend",
            "finish",
            "redeem",
            "respond",
            "retire",
            "multicall",
            "acceptAdmin",
            "setOperatorMetadata",
            "setPayout",
            "setSigner",
            "settle",
            "settleSigned",
            "transferAdmin",
            "withdraw",
            "registerOperator",
            "honest buy",
            "honest cancel",
            "honest challenge",
            "honest redeem",
            "Rejected",
            "SellerAtFault",
            "OperatorAtFault",
            "BothAtFault",
            "Expired",
            "Lapsed",
            "wallets and victims in one ruling",
            "a wallet that bought in the round",
            "a victim that bought in the round",
            "Open",
            "Closed",
            "Withdrawn",
            "Slashed",
            "honest reading settled"
        ];
        uint256 from = OWNS_SELLER ? 0 : 8; // what only sellers can do
        all = new string[](45 - from);
        for (uint256 i = from; i < 45; ++i) {
            all[i - from] = names[i];
        }
    }

    function dice(uint256 seed) private returns (uint256) {
        return uint256(keccak256(abi.encode(seed, ++_calls)));
    }

    function isActor(address who) private view returns (bool) {
        for (uint256 i = 0; i < 8; ++i) {
            if (actor[i] == who) return true;
        }
        return false;
    }

    // Time

    function wait(uint256 seed) external {
        seed = dice(seed);
        uint256[4] memory most = [uint256(10 minutes), 12 hours, 3 days, 10 days];
        skip(seed / 4 % most[seed % 4]);
    }

    // The actor

    /// Any call of his, by any of his accounts.
    function freely(uint256 seed) external {
        seed = dice(seed);
        (bytes memory call_, string memory name) = _any(seed >> 32);
        if (seed % 16 == 0) {
            bytes[] memory two = new bytes[](2);
            two[0] = call_;
            (two[1],) = _any(dice(seed) >> 32);
            (call_, name) = (abi.encodeCall(market.multicall, (two)), "multicall");
        }
        // Mostly by an account that may; else by any.
        address who = _rightful(call_, seed / 16);
        _measured(who, call_, name);
    }

    /// A plan: his wallets all buy the same stream and are charged for it, or all challenge it.
    function conspire(uint256 seed) external {
        seed = dice(seed);
        StreamId s = _stream(seed / 4);
        address signer = market.getOperator(op).signer;
        for (uint256 i = 4; i < 8; ++i) {
            if (seed % 2 == 0) {
                uint64 id = market.purchaseCount() + 1;
                if (id > MOST) return;
                Stream memory x = market.getStream(s);
                uint32 duration = uint32(1 + seed / 64 % 20 days);
                bytes memory call_ =
                    abi.encodeCall(market.buy, (s, duration, x.price, x.interval, x.terms, address(0), 0));
                _measured(actor[i], call_, "buy");
                bytes memory claim =
                    abi.encodeCall(market.settle, (op, one(PurchaseId.wrap(id), type(uint32).max, false), 0));
                if (market.purchaseCount() == id) _measured(signer, claim, "settle");
            } else {
                _measured(actor[i], abi.encodeCall(market.challenge, (_best(actor[i], s), 0)), "challenge");
            }
        }
    }

    /// Somebody's purchase of a stream on which most was settled.
    function _best(address who, StreamId s) private view returns (PurchaseId best) {
        uint32 most;
        for (uint64 i = 1; i <= market.purchaseCount(); ++i) {
            Purchase memory p = market.getPurchase(PurchaseId.wrap(i));
            if (p.buyer != who || StreamId.unwrap(p.stream) != StreamId.unwrap(s) || p.delivered <= most) continue;
            (best, most) = (PurchaseId.wrap(i), p.delivered);
        }
    }

    /// Makes the call, and counts what honest buyers were charged by it.
    function _measured(address who, bytes memory call_, string memory name) private {
        bytes4 f = bytes4(call_);
        bool settles =
            f == market.settle.selector || f == market.settleSigned.selector || f == market.multicall.selector;
        uint64 n = settles ? market.purchaseCount() : 0;
        uint32[] memory before = new uint32[](n + 1);
        for (uint64 i = 1; i <= n; ++i) {
            before[i] = market.getPurchase(PurchaseId.wrap(i)).delivered;
        }
        vm.prank(who);
        (bool ok,) = address(market).call(call_);
        if (!ok) return;
        hit(name);
        for (uint64 i = 1; i <= n; ++i) {
            Purchase memory p = market.getPurchase(PurchaseId.wrap(i));
            if (p.delivered != before[i]) _charged(p, uint256(p.delivered - before[i]) * p.price * 1e12);
        }
    }

    function _charged(Purchase memory p, uint256 gross) private {
        uint64 s = StreamId.unwrap(p.stream);
        if (_unpaid[s]) broken = "an operator at fault was paid";
        Stream memory stream = market.getStream(p.stream);
        if (stream.owner == seller && !_slashed[s]) sellersDue += gross * 8 / 10;
        if (isActor(p.buyer)) return;
        hit("honest reading settled");
        uint256 i = p.buyer == honest[0] ? 0 : 1;
        paid[i] += _slashed[s] ? gross * 2 / 10 : gross;
        if (s == 1) return; // the bystander's sale
        income += gross / 10;
        if (isActor(stream.owner) && !_slashed[s]) income += gross * 8 / 10;
    }

    function _rightful(bytes memory call_, uint256 seed) private view returns (address) {
        bytes4 f = bytes4(call_);
        if (seed % 8 == 0) return actor[seed / 8 % 8];
        uint256 id;
        assembly {
            id := mload(add(call_, 36))
        }
        if (f == market.settle.selector) return market.getOperator(op).signer;
        if (f == market.respond.selector) return market.getOperator(op).admin;
        if (f == market.cancel.selector || f == market.extend.selector || f == market.challenge.selector) {
            address buyer = market.getPurchase(PurchaseId.wrap(uint64(id))).buyer;
            if (isActor(buyer)) return buyer;
        }
        if (
            f == market.retire.selector || f == market.setSigner.selector || f == market.setPayout.selector
                || f == market.transferAdmin.selector || f == market.setOperatorMetadata.selector
        ) return market.getOperator(op).admin;
        if (f == market.acceptAdmin.selector) return market.getOperator(op).pending;
        address owner_ = market.getStream(StreamId.wrap(uint64(id))).owner;
        bool owners = f == market.close.selector || f == market.withdrawStake.selector || f == market.setPrice.selector
            || f == market.addStake.selector || f == market.setTerms.selector || f == market.allow.selector
            || f == market.setRestricted.selector;
        if (owners && isActor(owner_)) return owner_;
        if (f == market.list.selector) return actor[0];
        return actor[seed / 8 % 8];
    }

    function _stream(uint256 seed) private view returns (StreamId) {
        return StreamId.wrap(uint64(1 + seed % market.streamCount()));
    }

    function _purchase(uint256 seed) private view returns (PurchaseId) {
        return PurchaseId.wrap(uint64(1 + seed % market.purchaseCount()));
    }

    /// A purchase of the actor on a stream of his, where there is one.
    function _own(uint256 seed) private view returns (PurchaseId) {
        uint64 n = market.purchaseCount();
        for (uint64 i = 0; i < n; ++i) {
            PurchaseId p = PurchaseId.wrap(uint64((seed + i) % n + 1));
            if (isActor(market.getPurchase(p).buyer)) return p;
        }
        return PurchaseId.wrap(1);
    }

    function _any(uint256 seed) private view returns (bytes memory, string memory) {
        uint256 which = seed % 42;
        seed /= 42;
        if (which < 8 && market.purchaseCount() < MOST) return (_buying(seed), "buy");
        if (which < 17) return (_settling(seed), "settle");
        if (which < 22) return (abi.encodeCall(market.challenge, (_own(seed), 0)), "challenge");
        if (which < 25) return (_redeeming(seed), "redeem");
        if (which < 28) return _anyOperator(seed);
        if (which < 35) return _anyStream(seed);
        if (which == 35) return (abi.encodeCall(market.cancel, (_own(seed))), "cancel");
        if (which == 36) return (_extending(seed), "extend");
        if (which == 37) return (abi.encodeCall(market.finish, (_purchase(seed))), "finish");
        if (which == 38) return (abi.encodeCall(market.withdraw, (actor[seed % 8])), "withdraw");
        if (which == 39) return (abi.encodeCall(market.expire, (_stream(seed))), "expire");
        if (which == 40) return (abi.encodeCall(market.respond, (_stream(seed), uint32(seed / 8 % 3), 0)), "respond");
        return (_settlingSigned(seed), "settleSigned");
    }

    function _buying(uint256 seed) private view returns (bytes memory) {
        StreamId id = _stream(seed);
        Stream memory s = market.getStream(id);
        uint32 duration = uint32(1 + seed / 64 % [uint256(2 hours), 30 days, 366 days][seed / 8 % 3]);
        address who = seed % 8 == 0 ? honest[seed / 8 % 2] : actor[seed / 8 % 8];
        return
            abi.encodeCall(
                market.buy, (id, duration, s.price, s.interval, s.terms, seed % 4 == 0 ? who : address(0), 0)
            );
    }

    function _extending(uint256 seed) private view returns (bytes memory) {
        PurchaseId id = _own(seed);
        Purchase memory p = market.getPurchase(id);
        bytes32 terms = market.getStream(p.stream).terms;
        return abi.encodeCall(market.extend, (id, uint40(p.end + seed / 64 % 30 days), terms));
    }

    function _claims(uint256 seed) private view returns (Claim[] memory c) {
        c = new Claim[](1 + seed % 4);
        uint64 n = market.purchaseCount();
        uint256 found;
        for (uint64 i = 0; i < n && found < c.length; ++i) {
            PurchaseId id = PurchaseId.wrap(uint64((seed / 4 + i) % n + 1));
            StreamId s = market.getPurchase(id).stream;
            if (OperatorId.unwrap(market.getStream(s).operator) != OperatorId.unwrap(op)) continue;
            uint256 d = uint256(keccak256(abi.encode(seed, i)));
            c[found++] = Claim(id, d % 3 == 0 ? type(uint32).max : uint32(d / 16 % 2000), d / 4 % 2 == 0);
        }
        assembly {
            mstore(c, found)
        }
    }

    function _settling(uint256 seed) private view returns (bytes memory) {
        return abi.encodeCall(market.settle, (op, _claims(seed), 0));
    }

    function _settlingSigned(uint256 seed) private view returns (bytes memory) {
        Claim[] memory c = _claims(seed);
        uint256 key = market.getOperator(op).signer == vm.addr(SIGNER) ? SIGNER : SIGNER + 1;
        return
            abi.encodeCall(
                market.settleSigned, (op, c, 0, uint40(clock + 1), settlementSig(key, c, 0, uint40(clock + 1)))
            );
    }

    function _redeeming(uint256 seed) private view returns (bytes memory) {
        StreamId s = _stream(seed);
        uint32 round = uint32(1 + seed / 64 % (uint256(market.getStream(s).round) + 1));
        // Mostly a round in which he takes part.
        for (uint64 i = 0; i < 5; ++i) {
            StreamId x = _stream(seed + i);
            uint32 last = market.getStream(x).round;
            if (seed % 5 != 0 && market.voiceOf(x, last, actor[seed / 8 % 8]).weight != 0) (s, round) = (x, last);
        }
        return abi.encodeCall(market.redeem, (s, round, actor[seed / 8 % 8]));
    }

    function _anyOperator(uint256 seed) private view returns (bytes memory, string memory) {
        uint256 which = seed % 7;
        seed /= 8;
        address who = actor[seed % 8];
        if (which == 0) return (abi.encodeCall(market.setPayout, (op, who)), "setPayout");
        if (which == 1) {
            return (abi.encodeCall(market.setSigner, (op, vm.addr(SIGNER + seed % 2))), "setSigner");
        }
        if (which == 2) return (abi.encodeCall(market.transferAdmin, (op, who)), "transferAdmin");
        if (which == 3) return (abi.encodeCall(market.acceptAdmin, (op)), "acceptAdmin");
        if (which == 4) return (abi.encodeCall(market.setOperatorMetadata, (op, 0, "", 0)), "setOperatorMetadata");
        if (which == 5) return (abi.encodeCall(market.registerOperator, (who, who, 0, "", 0)), "registerOperator");
        if (seed % 4 != 0) return (abi.encodeCall(market.setPayout, (op, who)), "setPayout");
        return (abi.encodeCall(market.retire, (_stream(seed / 4))), "retire");
    }

    function _anyStream(uint256 seed) private view returns (bytes memory, string memory) {
        uint256 which = seed % 11;
        seed /= 16;
        StreamId s = _stream(seed);
        if (which == 0 && seed % 4 == 0) return (abi.encodeCall(market.close, (s)), "close");
        if (which < 2) return (abi.encodeCall(market.withdrawStake, (s)), "withdrawStake");
        if (which == 2) return (abi.encodeCall(market.addStake, (s, uint96(seed % 10 ether))), "addStake");
        if (which == 3) {
            uint40 price = uint40(10 * (1 + seed / 8 % 1000));
            return (abi.encodeCall(market.setPrice, (s, price, uint32(60 + seed % 8000))), "setPrice");
        }
        if (which == 4) return (abi.encodeCall(market.setTerms, (s, bytes32(seed % 2))), "setTerms");
        if (which == 5) return (abi.encodeCall(market.setRestricted, (s, seed % 8 == 0)), "setRestricted");
        if (which == 6) {
            address[] memory who = new address[](1);
            who[0] = actor[seed % 8];
            return (abi.encodeCall(market.allow, (s, who, true)), "allow");
        }
        if (!OWNS_SELLER || market.streamCount() > 4) {
            return (abi.encodeCall(market.withdrawStake, (s)), "withdrawStake");
        }
        return (abi.encodeCall(market.list, (_listing(seed))), "list");
    }

    function _listing(uint256 seed) private view returns (Listing memory l) {
        l.operator = op;
        l.device = bytes32(seed % 6);
        l.interval = [uint32(1), 60, 3600, 86_400][seed / 8 % 4];
        l.price = [uint40(110), 6940, 200_000, 1_000_000][seed / 8 % 4]; // as dear as may be
        if (seed / 32 % 2 == 0) l.price = 100;
        l.stake = uint96(STAKE + seed % 100 ether);
        l.terms = bytes32(seed / 64 % 2);
        l.nonce = market.deviceNonce(op, l.device);
        l.deadline = uint40(clock + 1);
        l.operatorSig =
            deviceClaimSig(market.getOperator(op).signer == vm.addr(SIGNER) ? SIGNER : SIGNER + 1, l, actor[0]);
    }

    // The others

    function _listFor(
        address who,
        OperatorId operator,
        uint256 key,
        bytes32 device,
        uint96 stake,
        uint40 price,
        uint32 interval
    ) private {
        Listing memory l;
        (l.operator, l.device, l.stake, l.price, l.interval) = (operator, device, stake, price, interval);
        l.nonce = market.deviceNonce(operator, device);
        l.deadline = uint40(clock);
        l.operatorSig = deviceClaimSig(key, l, who);
        vm.prank(who);
        (bool ok,) = address(market).call(abi.encodeCall(market.list, (l)));
        if (ok && who == seller) hit("honest list");
    }

    function _buyFor(address who, uint256 stream, uint32 duration) private {
        if (market.purchaseCount() >= MOST) return;
        StreamId id = StreamId.wrap(uint64(stream));
        Stream memory s = market.getStream(id);
        bytes memory call_ =
            abi.encodeCall(market.buy, (id, duration, s.price, s.interval, s.terms, address(0), bytes32(0)));
        vm.prank(who);
        (bool ok,) = address(market).call(call_);
        if (ok) hit("honest buy");
    }

    /// Honest people, the seller among them where he is, and the arbiter.
    function others(uint256 seed) external {
        seed = dice(seed);
        uint256 which = seed % 12;
        seed /= 16;
        uint256 i = seed % 2;
        if (which < 3) {
            _buyFor(honest[i], 1 + seed / 2 % market.streamCount(), uint32(1 + seed / 64 % 20 days));
        } else if (which < 6) {
            _honestPurchase(i, seed / 2);
        } else if (which < 9) {
            _rule(seed);
        } else if (which == 9) {
            _honestRedeem(seed);
        } else if (!OWNS_SELLER) {
            _sell(seed);
        } else {
            _measured(
                vm.addr(OTHER_SIGNER),
                abi.encodeCall(market.settle, (_other, one(PurchaseId.wrap(1), type(uint32).max, false), 0)),
                "bystander's settle"
            );
        }
    }

    /// Challenges with what he has paid for, or cancels.
    function _honestPurchase(uint256 i, uint256 seed) private {
        for (uint64 k = 0; k < market.streamCount() && seed % 4 != 0; ++k) {
            StreamId s = _stream(seed / 8 + k);
            PurchaseId best = _best(honest[i], s);
            if (PurchaseId.unwrap(best) == 0 || StreamId.unwrap(s) == 1) continue;
            vm.prank(honest[i]);
            (bool joined,) = address(market).call(abi.encodeCall(market.challenge, (best, 0)));
            if (!joined) continue;
            hit("honest challenge");
            return;
        }
        uint64 n = market.purchaseCount();
        for (uint64 k = 0; k < n; ++k) {
            PurchaseId id = PurchaseId.wrap(uint64((seed + k) % n + 1));
            Purchase memory p = market.getPurchase(id);
            if (p.buyer != honest[i] || StreamId.unwrap(p.stream) == 1) continue;
            vm.prank(honest[i]);
            (bool ok,) = address(market).call(abi.encodeCall(market.cancel, (id)));
            if (!ok) continue;
            hit("honest cancel");
            return;
        }
    }

    function _honestRedeem(uint256 seed) private {
        for (uint64 k = 0; k < market.streamCount(); ++k) {
            StreamId s = _stream(seed + k);
            address who = honest[seed / 64 % 2];
            (bool ok,) = address(market).call(abi.encodeCall(market.redeem, (s, market.getStream(s).round, who)));
            if (ok) hit("honest redeem");
        }
    }

    function _sell(uint256 seed) private {
        StreamId s = _stream(seed / 8);
        uint256 which = seed % 8;
        if (which < 3) {
            if (market.streamCount() > 4) return;
            uint256 key = market.getOperator(op).signer == vm.addr(SIGNER) ? SIGNER : SIGNER + 1;
            uint40 price = [uint40(110), 6940, 200_000, 1_000_000][seed / 64 % 4];
            uint32 interval = [uint32(1), 60, 3600, 86_400][seed / 64 % 4];
            _listFor(seller, op, key, bytes32(seed / 8 % 4), STAKE, price, interval);
            return;
        }
        bytes memory call_ = which < 4
            ? abi.encodeCall(market.close, (s))
            : which < 6
                ? abi.encodeCall(market.withdrawStake, (s))
                : abi.encodeCall(market.addStake, (s, uint96(seed / 64 % 1 ether)));
        vm.prank(seller);
        (bool ok,) = address(market).call(call_);
        if (ok) hit(which < 4 ? "honest close" : which < 6 ? "honest withdrawStake" : "honest addStake");
    }

    /// Anything but against the bystander, who is known to be honest.
    function _rule(uint256 seed) private {
        uint64 n = market.streamCount();
        for (uint64 k = 0; k < n; ++k) {
            uint64 s = uint64((seed + k) % n + 1);
            uint32 round = market.getStream(StreamId.wrap(s)).round;
            Round memory r = market.getRound(StreamId.wrap(s), round);
            if (r.state != RoundState.Review || clock >= r.deadline) continue;
            if (clock < uint256(r.reviewStart) + 2 days) {
                if (seed % 2 != 0) return;
                go(uint256(r.reviewStart) + 2 days);
            }
            _say(s, round, s == 1 ? Verdict.Rejected : Verdict(1 + seed / 64 % 4));
            return;
        }
    }

    function _say(uint64 s, uint32 round, Verdict verdict) private {
        StreamId id = StreamId.wrap(s);
        Stream memory before = market.getStream(id);
        uint256 wallets;
        uint256 bounties; // of those that bought before the round
        for (uint256 i = 0; i < 8; ++i) {
            Voice memory v = market.voiceOf(id, round, actor[i]);
            if (v.weight == 0) continue;
            ++wallets;
            if (v.later) hit("a wallet that bought in the round");
            else ++bounties;
        }
        uint256 victims;
        for (uint256 i = 0; i < 2; ++i) {
            Voice memory v = market.voiceOf(id, round, honest[i]);
            if (v.weight == 0) continue;
            ++victims;
            if (v.later) hit("a victim that bought in the round");
            if (verdict == Verdict.Rejected) paid[i] += DEPOSIT;
        }
        vm.prank(arbiter);
        market.rule(id, round, verdict, 0);
        string[5] memory names = ["", "Rejected", "SellerAtFault", "OperatorAtFault", "BothAtFault"];
        hit(names[uint8(verdict)]);
        if (wallets != 0 && victims != 0) hit("wallets and victims in one ruling");
        bool his = isActor(before.owner);
        if (verdict == Verdict.Rejected) {
            if (his) income += victims * DEPOSIT / 2;
            else if (before.owner == seller) sellersDue += (victims + wallets) * DEPOSIT / 2;
            return;
        }
        if (verdict != Verdict.SellerAtFault) _unpaid[s] = true;
        if (verdict == Verdict.OperatorAtFault) return;
        _slashed[s] = true;
        if (his) penalty += before.stake / 2;
        else (risked, sellersLoss) = (risked + bounties * DEPOSIT, sellersLoss + before.stake);
    }

    uint256 public sellersLoss; // stakes slashed

    /// The states there are now, for the table.
    function look(uint256) external {
        uint64 n = market.streamCount();
        string[5] memory s = ["None", "Open", "Closed", "Withdrawn", "Slashed"];
        for (uint64 i = 2; i <= n; ++i) {
            Stream memory x = market.getStream(StreamId.wrap(i));
            hit(s[uint8(x.state)]);
            for (uint32 r = 1; r <= x.round; ++r) {
                RoundState state_ = market.getRound(StreamId.wrap(i), r).state;
                if (state_ == RoundState.Expired) hit("Expired");
                if (state_ == RoundState.Lapsed) hit("Lapsed");
            }
        }
    }

    // The laws

    function wealthOfActor() public view returns (uint256 sum) {
        for (uint256 i = 0; i < 8; ++i) {
            sum += wealth(actor[i]);
        }
        sum += wealth(vm.addr(SIGNER + 1));
    }

    /// What he may have at most.
    function bound() public view returns (uint256) {
        return atFirst + income + risked - penalty;
    }

    /// Everybody takes what is his.
    function windDown() external {
        uint64 n = market.streamCount();
        for (uint64 i = 1; i <= n; ++i) {
            vm.prank(market.getStream(StreamId.wrap(i)).owner);
            (bool ok,) = address(market).call(abi.encodeCall(market.close, (StreamId.wrap(i))));
            ok;
        }
        skip(35 days);
        for (uint64 i = 1; i <= market.purchaseCount(); ++i) {
            (bool ok,) = address(market).call(abi.encodeCall(market.finish, (PurchaseId.wrap(i))));
            ok;
        }
        for (uint64 i = 1; i <= n; ++i) {
            StreamId id = StreamId.wrap(i);
            Stream memory s = market.getStream(id);
            vm.prank(s.owner);
            (bool ok,) = address(market).call(abi.encodeCall(market.withdrawStake, (id)));
            for (uint32 r = 1; r <= s.round; ++r) {
                for (uint256 k = 0; k < 10; ++k) {
                    address who = k < 8 ? actor[k] : honest[k - 8];
                    (ok,) = address(market).call(abi.encodeCall(market.redeem, (id, r, who)));
                }
            }
        }
    }

    /// At the end: the honest have what is theirs.
    function wronged() external view returns (string memory) {
        for (uint256 i = 0; i < 2; ++i) {
            if (wealth(honest[i]) + paid[i] < PURSE) return "an honest buyer lost more than he was charged";
        }
        if (wealth(seller) != PURSE + sellersDue - sellersLoss) {
            return "the honest seller has another sum than his due";
        }
        if (wealth(bystander) < PURSE) return "the bystander lost by it";
        return broken;
    }
}
