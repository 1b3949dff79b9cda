// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChallenges} from "./interfaces/IChallenges.sol";
import {Errors} from "./libraries/Errors.sol";
import {Purchases} from "./Purchases.sol";
import {
    StreamId,
    PurchaseId,
    Stream,
    StreamState,
    Purchase,
    Round,
    RoundState,
    Voice,
    Verdict
} from "./types/Types.sol";

/// @title Challenges
/// @notice See IChallenges.
abstract contract Challenges is IChallenges, Purchases {
    mapping(StreamId => mapping(uint32 round => Round)) private _rounds;
    mapping(StreamId => mapping(uint32 round => mapping(address challenger => Voice))) private _voices;

    /// @inheritdoc IChallenges
    function challenge(PurchaseId purchase, bytes32 evidenceHash) external nonReentrant {
        _checkBuyer(purchase);
        Purchase storage p = _purchases[purchase];
        StreamId stream = p.stream;
        Stream storage s = _streams[stream];
        uint256 until = uint256(_endOf(p)) + _challengeAfter;
        if (block.timestamp >= until) revert Errors.Challenges_TooLate(until, block.timestamp);
        if (s.state != StreamState.Open) _checkState(stream, StreamState.Closed);
        uint96 weight = uint96(p.delivered) * p.price; // 72 bits
        if (weight == 0) revert Errors.Challenges_NothingPaid(PurchaseId.unwrap(purchase));
        (Round storage r, uint32 round, bool joins) = _currentRound(stream, s);
        uint96 had = _voices[stream][round][msg.sender].weight;
        if (weight <= had) revert Errors.Challenges_Twice(round, had, weight);

        // Who opens a round has bought before it, were it in the same second.
        _voices[stream][round][msg.sender] = Voice(weight, joins && p.start >= r.opened);
        r.weight += weight - had;
        if (had == 0) r.count += 1;
        emit Challenged(stream, round, purchase, msg.sender, evidenceHash, weight, r.weight, r.count);
        if (had != 0) return;
        if (r.state == RoundState.Open && r.count == _quorum) _openReview(stream, round, r);
        _pull(_deposit);
    }

    /// @dev The round that can be joined, or a new one; a round whose time is over ends here.
    function _currentRound(StreamId stream, Stream storage s)
        private
        returns (Round storage r, uint32 round, bool joins)
    {
        round = s.round;
        r = _rounds[stream][round];
        RoundState state = _stateNow(r);
        if (state == RoundState.Open) return (r, round, true);
        if (state == RoundState.Review) {
            uint256 until = uint256(r.reviewStart) + _reviewMin;
            if (block.timestamp >= until) revert Errors.Challenges_TooLate(until, block.timestamp);
            return (r, round, true);
        }
        if (state != r.state) _end(stream, round, r, state);
        s.round = ++round;
        r = _rounds[stream][round];
        r.opened = uint40(block.timestamp);
        r.deadline = uint40(block.timestamp) + _ttl;
        r.state = RoundState.Open;
    }

    /// @dev A round past its deadline has ended, whether or not anybody said so.
    function _stateNow(Round storage r) private view returns (RoundState state) {
        state = r.state;
        if (block.timestamp >= r.deadline) {
            if (state == RoundState.Open) return RoundState.Expired;
            if (state == RoundState.Review) return RoundState.Lapsed;
        }
    }

    function _openReview(StreamId stream, uint32 round, Round storage r) private {
        uint40 start = uint40(block.timestamp);
        r.state = RoundState.Review;
        r.reviewStart = start;
        r.deadline = start + _review;
        emit ReviewOpened(stream, round, start + _reviewMin, r.deadline);
    }

    /// @dev Ends a round without a ruling: every deposit goes back.
    function _end(StreamId stream, uint32 round, Round storage r, RoundState state) private {
        r.state = state;
        emit RoundExpired(stream, round, state);
    }

    /// @inheritdoc IChallenges
    function respond(StreamId stream, uint32 round, bytes32 responseHash) external {
        Stream storage s = _streams[stream];
        if (msg.sender != s.owner) _checkAdmin(s.operator);
        if (round == 0 || round > s.round) revert Errors.Challenges_BadState(RoundState.Open, RoundState.None);
        emit Responded(stream, round, msg.sender, responseHash);
    }

    /// @inheritdoc IChallenges
    function rule(StreamId stream, uint32 round, Verdict verdict, bytes32 rulingHash) external {
        if (msg.sender != _arbiter) revert Errors.Challenges_NotArbiter(_arbiter, msg.sender);
        if (verdict == Verdict.None) revert Errors.Challenges_NoVerdict();
        Round storage r = _rounds[stream][round];
        RoundState state = _stateNow(r);
        if (state != RoundState.Review) revert Errors.Challenges_BadState(RoundState.Review, state);
        uint256 from = uint256(r.reviewStart) + _reviewMin;
        if (block.timestamp < from) revert Errors.Challenges_TooEarly(from, block.timestamp);
        r.state = RoundState(uint8(verdict) + uint8(RoundState.Lapsed));
        emit Ruled(stream, round, verdict, rulingHash);
        if (verdict == Verdict.Rejected) _reject(stream, r);
        else _uphold(stream, verdict);
    }

    /// @dev Half of the deposits to the seller, half to the platform.
    function _reject(StreamId stream, Round storage r) private {
        uint256 deposits = uint256(_deposit) * r.count;
        uint256 half = deposits / 2;
        _credits[_platform] += half;
        _credits[_streams[stream].owner] += deposits - half;
    }

    /// @dev Everything sold ends now. A seller at fault loses his stake: half to the platform, half for the
    /// challengers. An operator at fault is paid nothing more.
    function _uphold(StreamId stream, Verdict verdict) private {
        Stream storage s = _streams[stream];
        _stop(stream, uint40(block.timestamp));
        if (verdict != Verdict.SellerAtFault) s.unpaid = true;
        if (verdict == Verdict.OperatorAtFault) {
            s.state = StreamState.Closed;
            return;
        }
        uint96 half = s.stake / 2;
        s.state = StreamState.Slashed;
        s.stake -= half;
        _credits[_platform] += half;
    }

    /// @inheritdoc IChallenges
    function expire(StreamId stream) external {
        uint32 round = _streams[stream].round;
        Round storage r = _rounds[stream][round];
        RoundState state = _stateNow(r);
        if (state != RoundState.Expired && state != RoundState.Lapsed) {
            revert Errors.Challenges_TooEarly(r.deadline, block.timestamp);
        }
        if (state == r.state) revert Errors.Challenges_BadState(RoundState.Open, state);
        _end(stream, round, r, state);
    }

    /// @inheritdoc IChallenges
    function redeem(StreamId stream, uint32 round, address challenger) external nonReentrant {
        Round storage r = _rounds[stream][round];
        RoundState state = _stateNow(r);
        Voice memory voice = _voices[stream][round][challenger];
        if (voice.weight == 0 || state <= RoundState.Review || state == RoundState.Rejected) {
            revert Errors.Challenges_NothingToRedeem(challenger);
        }
        delete _voices[stream][round][challenger];
        uint256 amount = _deposit;
        if (state == RoundState.SellerAtFault || state == RoundState.BothAtFault) {
            amount += _shareOf(_streams[stream], r, voice);
        }
        emit Redeemed(stream, round, challenger, amount);
        _push(challenger, amount);
    }

    /// @dev His part of the pool by weight, at most the owner's 80 % of what he paid, and a bounty as large as the deposit
    /// if he bought before the round; the platform has what is above. Shares are cut from what is left, so the last takes
    /// the last wei.
    function _shareOf(Stream storage s, Round storage r, Voice memory voice) private returns (uint256 share) {
        uint96 weight = voice.weight;
        uint96 pool = s.stake;
        share = uint256(pool) * weight / r.weight;
        s.stake = pool - uint96(share);
        r.weight -= weight;
        uint256 most = uint256(weight) * _unit / 10 * 8;
        if (!voice.later) most += _deposit;
        if (share > most) {
            _credits[_platform] += share - most;
            share = most;
        }
    }

    function _checkNoReview(StreamId stream, uint32 round) internal view override {
        Round storage r = _rounds[stream][round];
        if (_stateNow(r) == RoundState.Review) revert Errors.Streams_UnderReview(round, r.deadline);
    }

    /// @inheritdoc IChallenges
    function getRound(StreamId stream, uint32 round) external view returns (Round memory) {
        return _rounds[stream][round];
    }

    /// @inheritdoc IChallenges
    function voiceOf(StreamId stream, uint32 round, address challenger) external view returns (Voice memory) {
        return _voices[stream][round][challenger];
    }
}
