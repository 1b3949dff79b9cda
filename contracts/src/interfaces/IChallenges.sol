// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StreamId, PurchaseId, Round, RoundState} from "../types/Types.sol";

/// @title Challenges: unhappy buyers with a deposit, an arbiter for a quorum of them
interface IChallenges {
    event Challenged(
        StreamId indexed stream,
        uint32 indexed round,
        PurchaseId indexed purchase,
        address challenger,
        bytes32 evidenceHash,
        uint32 count
    );
    event ReviewOpened(StreamId indexed stream, uint32 indexed round, uint40 deadline);
    event Ruled(StreamId indexed stream, uint32 indexed round, bool upheld, bytes32 rulingHash);
    event RoundExpired(StreamId indexed stream, uint32 indexed round, RoundState state);
    event Redeemed(StreamId indexed stream, uint32 indexed round, address indexed challenger, uint256 amount);

    /// @notice Opens or joins a round against the stream of a purchase (T-11). One changes nothing; a quorum of distinct
    /// buyers starts the review (T-12).
    function challenge(PurchaseId purchase, bytes32 evidenceHash) external;

    /// @notice Decides a review: upheld (T-13) or rejected (T-14). Arbiter only, before the deadline.
    function rule(StreamId stream, bool upheld, bytes32 rulingHash) external;

    /// @notice Pays a challenger what his round came to (T-15). Anyone may call; the money goes to the challenger.
    function redeem(StreamId stream, uint32 round, address challenger) external;

    /// @notice Ends a round whose quorum never came (T-16) or whose arbiter stayed silent (T-17).
    function expire(StreamId stream) external;

    function getRound(StreamId stream, uint32 round) external view returns (Round memory);

    function hasChallenged(StreamId stream, uint32 round, address buyer) external view returns (bool);
}
