// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StreamId, PurchaseId, Round, RoundState} from "../types/Types.sol";

/// @title Challenges: unhappy buyers with a deposit, an arbiter for a quorum of them
/// @notice A round collects challenges of distinct buyers; a quorum of them within TTL brings the stream before the arbiter.
interface IChallenges {
    /// @notice A buyer put down his deposit against a stream.
    /// @param stream challenged stream
    /// @param round number of the round, from 1 for each stream
    /// @param purchase the challenger's purchase
    /// @param challenger who gets the deposit back, or a share, or nothing
    /// @param evidenceHash keccak256 of what he holds against it, served elsewhere
    /// @param count challengers of this round so far
    event Challenged(
        StreamId indexed stream,
        uint32 indexed round,
        PurchaseId indexed purchase,
        address challenger,
        bytes32 evidenceHash,
        uint32 count
    );
    /// @notice A quorum is reached: sales and settlement stop until a ruling or the deadline.
    /// @param stream stream under review
    /// @param round number of the round
    /// @param deadline unix seconds, exclusive, for the ruling
    event ReviewOpened(StreamId indexed stream, uint32 indexed round, uint40 deadline);
    /// @notice The arbiter decided.
    /// @param stream stream under review
    /// @param round number of the round
    /// @param upheld whether the challengers were right
    /// @param rulingHash keccak256 of the reasons, served elsewhere
    event Ruled(StreamId indexed stream, uint32 indexed round, bool upheld, bytes32 rulingHash);
    /// @notice A round ended without a ruling: deposits can be redeemed.
    /// @param stream stream of the round
    /// @param round number of the round
    /// @param state Expired (too few challengers) or Lapsed (a silent arbiter)
    event RoundExpired(StreamId indexed stream, uint32 indexed round, RoundState state);
    /// @notice A challenger was paid what his round came to.
    /// @param stream stream of the round
    /// @param round number of the round
    /// @param challenger who was paid
    /// @param amount wei
    event Redeemed(StreamId indexed stream, uint32 indexed round, address indexed challenger, uint256 amount);

    /// @notice Opens or joins a round against the stream of a purchase (T-11). One changes nothing; a quorum of distinct
    /// buyers starts the review (T-12). The caller pays the deposit.
    /// @param purchase a purchase of the caller, running or ended at most CHALLENGE_AFTER ago
    /// @param evidenceHash keccak256 of the evidence, which is served elsewhere
    function challenge(PurchaseId purchase, bytes32 evidenceHash) external;

    /// @notice Decides a review: upheld (T-13) or rejected (T-14). Arbiter only, before the deadline.
    /// @param stream stream under review
    /// @param upheld true slashes the stake in favour of the challengers; false gives their deposits to the owner. The
    /// platform's fee is the same either way
    /// @param rulingHash keccak256 of the reasons
    function rule(StreamId stream, bool upheld, bytes32 rulingHash) external;

    /// @notice Pays a challenger what his round came to (T-15). Anyone may call; the money goes to the challenger.
    /// @param stream stream of the round
    /// @param round number of the round
    /// @param challenger who is paid
    function redeem(StreamId stream, uint32 round, address challenger) external;

    /// @notice Ends a round whose quorum never came (T-16) or whose arbiter stayed silent (T-17).
    /// @param stream stream of the round
    function expire(StreamId stream) external;

    /// @notice One round of a stream.
    /// @param stream stream of the round
    /// @param round number of the round, from 1
    /// @return what is stored of it; zeros if there is none
    function getRound(StreamId stream, uint32 round) external view returns (Round memory);

    /// @notice Whether somebody takes part in a round and has not redeemed yet.
    /// @param stream stream of the round
    /// @param round number of the round, from 1
    /// @param buyer the challenger
    /// @return true until he redeems; for ever after a rejection
    function hasChallenged(StreamId stream, uint32 round, address buyer) external view returns (bool);
}
