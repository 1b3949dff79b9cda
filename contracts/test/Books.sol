// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    Base,
    PurchaseId,
    PurchaseState,
    Purchase,
    Round,
    RoundState,
    StreamId,
    Stream,
    StreamState,
    Voice
} from "./Base.sol";

/// Books beside the market's: every amount and every state in them is computed here, from what was asked for, never read
/// from the market. Indices count from 0, the market's ids from 1.
abstract contract Books is Base {
    struct Offer {
        address owner;
        uint256 op;
        bytes32 device;
        uint256 price;
        uint256 interval;
        bytes32 terms;
        uint256 stake; // once slashed: what is left for the challengers
        uint256 stopAt;
        StreamState state;
        bool unpaid;
        bool restricted;
        uint256 round;
    }

    struct Sale {
        address buyer;
        uint256 stream;
        uint256 start;
        uint256 end;
        uint256 price;
        uint256 interval;
        bytes32 terms;
        uint256 quota;
        uint256 delivered;
        uint256 paidIn;
        uint256 paidOut;
        uint256 refunded;
        bool closed;
    }

    struct Trial {
        RoundState state;
        uint256 opened;
        uint256 reviewStart;
        uint256 deadline;
        uint256 count;
        uint256 weight;
    }

    struct Op {
        address admin;
        uint256 signer; // index of the handler's keys, or 3 for the wallet
        address payout;
    }

    address[7] public people; // the first three own streams, all of them buy
    address[11] internal accounts; // everybody who can have a credit
    Offer[] internal offers;
    Sale[] internal sales;
    Op[] internal ops;
    mapping(uint256 stream => mapping(uint256 round => Trial)) internal trials;
    mapping(uint256 stream => mapping(uint256 round => mapping(address => uint256))) internal weights;
    mapping(uint256 stream => mapping(uint256 round => mapping(address => bool))) internal laters;
    mapping(uint256 stream => mapping(address => bool)) internal allowed;
    mapping(bytes32 operatorAndDevice => uint256) internal live;
    mapping(address => uint256) internal credits;
    uint256 internal pausedUntil;
    uint256 internal donated;

    // What settlements gave, as seen in the market's own numbers
    uint256 internal grossSum;
    uint256 internal payeeSum;
    uint256 internal operatorSum;
    uint256 internal platformSum;

    // Notes: what must never be, the first time it was seen
    string public broken; // a call did something it must not, or not what it must
    string public shrunk; // invariant 5
    string public dear; // invariant 7

    // Successful calls by function, and states seen
    mapping(bytes32 => uint256) internal reached;

    function hit(string memory name) internal {
        ++reached[keccak256(bytes(name))];
    }

    function count(string memory name) external view returns (uint256) {
        return reached[keccak256(bytes(name))];
    }

    function fault(string memory what) internal {
        if (bytes(broken).length == 0) broken = what;
    }

    /// A call must succeed where the rules allow it, and nowhere else.
    function must(bool ok, bool should, string memory name) internal {
        if (ok != should) {
            fault(string.concat(name, ok ? ": worked against the rules" : ": was refused within the rules"));
        }
    }

    function sid(uint256 i) internal pure returns (StreamId) {
        return StreamId.wrap(uint64(i + 1));
    }

    function pid(uint256 i) internal pure returns (PurchaseId) {
        return PurchaseId.wrap(uint64(i + 1));
    }

    // The rules, told again

    function endOf(Sale memory p) internal view returns (uint256) {
        uint256 stopAt = offers[p.stream].stopAt;
        return stopAt != 0 && stopAt < p.end ? stopAt : p.end;
    }

    /// Intervals begun by now, within the purchase.
    function begun(Sale memory p) internal view returns (uint256) {
        uint256 end = endOf(p);
        uint256 until = clock < end ? clock + 1 : end;
        return until <= p.start ? 0 : (until - p.start - 1) / p.interval + 1;
    }

    function running(Sale memory p) internal view returns (bool) {
        return !p.closed && clock < endOf(p);
    }

    function wei_(uint256 readings, uint256 price) internal pure returns (uint256) {
        return readings * price * 1e12;
    }

    /// Whether a stake bears an offer.
    function bears(uint256 stake, uint256 price, uint256 interval) internal pure returns (bool) {
        uint256 perDay = 86_400 / interval + (86_400 % interval == 0 ? 0 : 1);
        return stake >= wei_(100, price) && stake >= wei_(10 * perDay, price);
    }

    function stop(Offer storage o, uint256 at) internal {
        if (o.stopAt == 0) live[keccak256(abi.encode(o.op, o.device))] = 0;
        if (o.stopAt == 0 || at < o.stopAt) o.stopAt = at;
    }

    function trialNow(uint256 stream, uint256 round) internal view returns (RoundState) {
        Trial storage t = trials[stream][round];
        if (t.state == RoundState.Open && clock >= t.deadline) return RoundState.Expired;
        if (t.state == RoundState.Review && clock >= t.deadline) return RoundState.Lapsed;
        return t.state;
    }

    function refund(uint256 sale) internal {
        Sale storage p = sales[sale];
        p.closed = true;
        p.refunded = wei_(p.quota - p.delivered, p.price);
        credits[p.buyer] += p.refunded;
    }

    // What the invariants ask

    function escrow(uint256 sale) internal view returns (uint256) {
        Sale storage p = sales[sale];
        return p.paidIn - p.paidOut - p.refunded;
    }

    /// Deposits that can still be redeemed, of one round by the books.
    function depositsOf(uint256 stream, uint256 round) internal view returns (uint256 sum) {
        if (trials[stream][round].state == RoundState.Rejected) return 0;
        for (uint256 k = 0; k < 7; ++k) {
            if (weights[stream][round][people[k]] != 0) sum += DEPOSIT;
        }
    }

    /// What the market owes by these books.
    function owed() external view returns (uint256 sum) {
        for (uint256 i = 0; i < offers.length; ++i) {
            sum += offers[i].stake;
            for (uint256 r = 1; r <= offers[i].round; ++r) {
                sum += depositsOf(i, r);
            }
        }
        for (uint256 i = 0; i < sales.length; ++i) {
            sum += escrow(i);
        }
        for (uint256 i = 0; i < accounts.length; ++i) {
            sum += credits[accounts[i]];
        }
    }

    /// What the market owes by its own views.
    function owedByViews() external view returns (uint256 sum) {
        for (uint256 i = 0; i < offers.length; ++i) {
            Stream memory s = market.getStream(sid(i));
            sum += s.stake;
            for (uint32 r = 1; r <= s.round; ++r) {
                if (market.getRound(sid(i), r).state == RoundState.Rejected) continue;
                for (uint256 k = 0; k < 7; ++k) {
                    if (market.voiceOf(sid(i), r, people[k]).weight != 0) sum += DEPOSIT;
                }
            }
        }
        for (uint256 i = 0; i < sales.length; ++i) {
            Purchase memory p = market.getPurchase(pid(i));
            if (p.state == PurchaseState.Active) sum += wei_(p.quota - p.delivered, p.price);
        }
        for (uint256 i = 0; i < accounts.length; ++i) {
            sum += market.credit(accounts[i]);
        }
    }

    function held() public view returns (uint256) {
        return token.balanceOf(address(market)) - donated;
    }

    /// Where the market's state is not that of the books; empty if nowhere.
    function differs() external view returns (string memory) {
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (market.credit(accounts[i]) != credits[accounts[i]]) return "a credit";
        }
        for (uint256 i = 0; i < offers.length; ++i) {
            Offer memory o = offers[i];
            Stream memory s = market.getStream(sid(i));
            if (s.state != o.state || s.stopAt != o.stopAt || s.unpaid != o.unpaid) return "a stream's state";
            if (s.stake != o.stake) return "a stake";
            if (s.round != o.round) return "a stream's round";
            if (s.price != o.price || s.interval != o.interval || s.terms != o.terms) return "an offer";
            for (uint256 r = 1; r <= o.round; ++r) {
                if (!sameTrial(i, r)) return "a round";
            }
        }
        return "";
    }

    function sameTrial(uint256 stream, uint256 round) private view returns (bool) {
        Trial memory t = trials[stream][round];
        Round memory r = market.getRound(sid(stream), uint32(round));
        if (r.state != t.state || r.count != t.count || r.weight != t.weight) return false;
        if (r.opened != t.opened || r.reviewStart != t.reviewStart || r.deadline != t.deadline) return false;
        for (uint256 k = 0; k < 7; ++k) {
            Voice memory v = market.voiceOf(sid(stream), uint32(round), people[k]);
            uint256 weight = weights[stream][round][people[k]];
            if (v.weight != weight || v.later != (weight != 0 && laters[stream][round][people[k]])) return false;
        }
        return true;
    }

    /// Whether every purchase's money is accounted for once.
    function eachReadingOnce() external view returns (bool) {
        for (uint256 i = 0; i < sales.length; ++i) {
            Sale memory p = sales[i];
            Purchase memory q = market.getPurchase(pid(i));
            if (q.buyer != p.buyer || q.end != p.end || q.quota != p.quota || q.delivered != p.delivered) return false;
            if ((q.state == PurchaseState.Closed) != p.closed) return false;
            if (p.paidIn != wei_(p.quota, p.price) || p.paidOut != wei_(p.delivered, p.price)) return false;
            if (escrow(i) != (p.closed ? 0 : wei_(p.quota - p.delivered, p.price))) return false;
        }
        return true;
    }

    /// Whether every count is within its quota, and within one reading for each interval begun.
    function withinCaps() external view returns (bool) {
        for (uint256 i = 0; i < sales.length; ++i) {
            Sale memory p = sales[i];
            uint256 end = endOf(p);
            uint256 until = clock < end ? clock : end;
            uint256 n = market.getPurchase(pid(i)).delivered;
            if (n > p.quota || n > (until - p.start) / p.interval + 1) return false;
        }
        return true;
    }

    /// Payees 80, operators 10, platform 10, of all that was settled.
    function splits() external view returns (bool) {
        return payeeSum * 10 == grossSum * 8 && operatorSum * 10 == grossSum && platformSum * 10 == grossSum;
    }
}
