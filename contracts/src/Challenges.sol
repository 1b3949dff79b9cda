// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChallenges} from "./interfaces/IChallenges.sol";
import {Errors} from "./libraries/Errors.sol";
import {Purchases} from "./Purchases.sol";
import {StreamId, PurchaseId, Stream, StreamState, Purchase, PurchaseState, Round, RoundState} from "./types/Types.sol";

/// @title Challenges
/// @notice See IChallenges.
abstract contract Challenges is IChallenges, Purchases {
    mapping(StreamId => mapping(uint32 round => Round)) private _rounds;
    mapping(StreamId => mapping(uint32 round => mapping(address challenger => bool))) private _challengers;

    /// @inheritdoc IChallenges
    function challenge(PurchaseId purchase, bytes32 evidenceHash) external nonReentrant {
        Purchase storage p = _purchases[purchase];
        if (msg.sender != p.buyer || p.state == PurchaseState.None) {
            revert Errors.Purchases_NotBuyer(p.buyer, msg.sender);
        }
        uint256 deadline = uint256(p.end) + _challengeAfter;
        if (block.timestamp > deadline) revert Errors.Challenges_TooLate(deadline, block.timestamp);
        StreamId stream = p.stream;
        Stream storage s = _streams[stream];
        if (s.state != StreamState.Open && s.state != StreamState.Closed) {
            revert Errors.Streams_BadState(StreamState.Open, s.state);
        }

        Round storage r = _currentRound(stream, s);
        if (_challengers[stream][s.round][msg.sender]) revert Errors.Challenges_Twice(s.round, msg.sender);
        _challengers[stream][s.round][msg.sender] = true;
        r.count += 1;
        emit Challenged(stream, s.round, purchase, msg.sender, evidenceHash, r.count);
        if (r.count == _quorum) _openReview(stream, s, r);
        _pull(_deposit);
    }

    /// @dev The open round, or a new one; a round whose time is over ends here.
    function _currentRound(StreamId stream, Stream storage s) private returns (Round storage r) {
        r = _rounds[stream][s.round];
        if (r.state == RoundState.Open && block.timestamp >= r.deadline) _end(stream, s.round, r, RoundState.Expired);
        if (r.state == RoundState.Open) return r;
        s.round += 1;
        r = _rounds[stream][s.round];
        r.opened = uint40(block.timestamp);
        r.deadline = uint40(block.timestamp) + _ttl;
        r.state = RoundState.Open;
    }

    function _openReview(StreamId stream, Stream storage s, Round storage r) private {
        r.state = RoundState.Review;
        r.deadline = uint40(block.timestamp) + _review;
        s.reopen = s.state == StreamState.Open;
        s.state = StreamState.Review;
        emit ReviewOpened(stream, s.round, r.deadline);
    }

    /// @dev Ends a round without a ruling: every deposit goes back.
    function _end(StreamId stream, uint32 round, Round storage r, RoundState state) private {
        r.state = state;
        r.payout = _deposit;
        emit RoundExpired(stream, round, state);
    }

    /// @inheritdoc IChallenges
    function rule(StreamId stream, bool upheld, bytes32 rulingHash) external {
        if (msg.sender != _arbiter) revert Errors.Challenges_NotArbiter(_arbiter, msg.sender);
        Stream storage s = _streams[stream];
        if (s.state != StreamState.Review) revert Errors.Streams_BadState(StreamState.Review, s.state);
        Round storage r = _rounds[stream][s.round];
        if (block.timestamp >= r.deadline) revert Errors.Challenges_TooLate(r.deadline, block.timestamp);
        emit Ruled(stream, s.round, upheld, rulingHash);
        if (upheld) _uphold(stream, s, r);
        else _reject(s, r);
    }

    /// @dev Fee and the division's remainder to the platform, the rest of the stake to the challengers in equal shares.
    function _uphold(StreamId stream, Stream storage s, Round storage r) private {
        uint96 stake = s.stake;
        uint96 share = (stake - _fee) / r.count;
        s.stake = 0;
        s.state = StreamState.Slashed;
        r.state = RoundState.Upheld;
        r.payout = _deposit + share;
        _release(stream);
        _credits[_platform] += stake - share * r.count;
    }

    /// @dev Fee to the platform, the rest of the deposits to the seller.
    function _reject(Stream storage s, Round storage r) private {
        uint256 deposits = uint256(_deposit) * r.count;
        r.state = RoundState.Rejected;
        _resume(s);
        _credits[_platform] += _fee;
        _credits[s.owner] += deposits - _fee;
    }

    function _resume(Stream storage s) private {
        s.state = s.reopen ? StreamState.Open : StreamState.Closed;
        s.resumedAt = uint40(block.timestamp);
    }

    /// @inheritdoc IChallenges
    function expire(StreamId stream) external {
        Stream storage s = _streams[stream];
        Round storage r = _rounds[stream][s.round];
        if (r.state != RoundState.Open && r.state != RoundState.Review) {
            revert Errors.Challenges_BadState(RoundState.Open, r.state);
        }
        if (block.timestamp < r.deadline) revert Errors.Challenges_TooEarly(r.deadline, block.timestamp);
        if (r.state == RoundState.Review) {
            _resume(s);
            _end(stream, s.round, r, RoundState.Lapsed);
        } else {
            _end(stream, s.round, r, RoundState.Expired);
        }
    }

    /// @inheritdoc IChallenges
    function redeem(StreamId stream, uint32 round, address challenger) external nonReentrant {
        Round storage r = _rounds[stream][round];
        if (!_challengers[stream][round][challenger] || r.payout == 0) {
            revert Errors.Challenges_NothingToRedeem(challenger);
        }
        _challengers[stream][round][challenger] = false;
        emit Redeemed(stream, round, challenger, r.payout);
        _push(challenger, r.payout);
    }

    function _roundOpen(StreamId stream) internal view override returns (bool) {
        Round storage r = _rounds[stream][_streams[stream].round];
        return r.state == RoundState.Open && block.timestamp < r.deadline;
    }

    /// @inheritdoc IChallenges
    function getRound(StreamId stream, uint32 round) external view returns (Round memory) {
        return _rounds[stream][round];
    }

    /// @inheritdoc IChallenges
    function hasChallenged(StreamId stream, uint32 round, address buyer) external view returns (bool) {
        return _challengers[stream][round][buyer];
    }
}
