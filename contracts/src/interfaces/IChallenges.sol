// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StreamId, PurchaseId, Round, RoundState, Voice, Verdict} from "../types/Types.sol";

/// @title Challenges: unhappy buyers with a deposit, an arbiter for a quorum of them
/// @notice A round collects challenges of distinct buyers; a quorum of them within TTL brings the stream before the arbiter.
/// A review locks the stake and nothing else.
interface IChallenges {
    /// @notice A buyer put down his deposit against a stream, or raised his weight.
    /// @param stream challenged stream
    /// @param round number of the round, from 1 for each stream
    /// @param purchase the challenger's purchase
    /// @param challenger who gets the deposit back, or a share, or nothing
    /// @param evidenceHash keccak256 of what he holds against it, served elsewhere
    /// @param weight 1e-6 token: what was settled on that purchase
    /// @param total 1e-6 token: the weights of all challengers of this round so far
    /// @param count challengers of this round so far
    event Challenged(
        StreamId indexed stream,
        uint32 indexed round,
        PurchaseId indexed purchase,
        address challenger,
        bytes32 evidenceHash,
        uint96 weight,
        uint96 total,
        uint32 count
    );
    /// @notice A quorum is reached: the stake is locked until a ruling or the deadline. Nothing else changes.
    /// @param stream stream under review
    /// @param round number of the round
    /// @param from unix seconds: joining ends and ruling begins
    /// @param deadline unix seconds, exclusive, for the ruling
    event ReviewOpened(StreamId indexed stream, uint32 indexed round, uint40 from, uint40 deadline);
    /// @notice Owner or operator answered.
    /// @param stream stream of the round
    /// @param round number of the round
    /// @param by who answered
    /// @param responseHash keccak256 of what he says, served elsewhere
    event Responded(StreamId indexed stream, uint32 indexed round, address indexed by, bytes32 responseHash);
    /// @notice The arbiter decided. At fault: everything sold of the stream ends now.
    /// @param stream stream under review
    /// @param round number of the round
    /// @param verdict who is at fault, or nobody
    /// @param rulingHash keccak256 of the reasons, served elsewhere
    event Ruled(StreamId indexed stream, uint32 indexed round, Verdict verdict, bytes32 rulingHash);
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
    /// buyers starts the review (T-12), which stays open to joiners for REVIEW_MIN. The caller pays the deposit once per
    /// round; a further call with a purchase on which more was settled raises his weight (T-20). Any purchase has a voice;
    /// one begun at or after the round's opening (but in the call that opens it) earns no bounty. See redeem.
    /// @param purchase a purchase of the caller, finished or not, with a reading paid, at most CHALLENGE_AFTER past its end
    /// @param evidenceHash keccak256 of the evidence, which is served elsewhere
    function challenge(PurchaseId purchase, bytes32 evidenceHash) external;

    /// @notice The right of reply: an event. Owner, or the operator's admin.
    /// @param stream stream of the round
    /// @param round number of the round
    /// @param responseHash keccak256 of the reply, which is served elsewhere
    function respond(StreamId stream, uint32 round, bytes32 responseHash) external;

    /// @notice Decides a review (T-13, T-14, T-18, T-19). Arbiter only, from REVIEW_MIN after its start, before the deadline.
    /// @dev SellerAtFault: the stake is slashed; readings up to now may still be claimed, the 80 % go back to the buyer.
    /// OperatorAtFault: the stake is untouched, nothing more is paid. BothAtFault: both. Rejected: deposits half to the
    /// seller, half to the platform.
    /// @param stream stream under review
    /// @param round number of the round
    /// @param verdict who is at fault, or nobody
    /// @param rulingHash keccak256 of the reasons
    function rule(StreamId stream, uint32 round, Verdict verdict, bytes32 rulingHash) external;

    /// @notice Pays a challenger what his round came to (T-15): his deposit, and after SellerAtFault or BothAtFault his part
    /// of half the stake by weight: at most the owner's 80 % of what he paid, and a bounty as large as the deposit if he
    /// bought before the round opened; the platform has what is above. Anyone may call; the money goes to the challenger.
    /// No time ends it.
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

    /// @notice A challenger's part in a round: what he has paid for readings, by the purchase he named, and whether that
    /// began when the round was open already.
    /// @param stream stream of the round
    /// @param round number of the round, from 1
    /// @param challenger who
    /// @return zeros if he takes no part or has redeemed
    function voiceOf(StreamId stream, uint32 round, address challenger) external view returns (Voice memory);
}
