// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StreamState, PurchaseState, RoundState} from "../types/Types.sol";

/// @title Errors
/// @notice Every way to refuse. Named Module_Reason; arguments are expected, then actual.
library Errors {
    /// @notice A deployment was refused: its rules do not hold together.
    /// @param rule 1 no token, 2 platform, guardian and arbiter are not three or one of them is nobody, the token or the market, 3 a quorum below 2 or above 20, 4 no deposit or a stake below twice the quorum's deposits, 5 a token of fewer than 6 or more than 18 decimals, 6 a time of zero or above 90 days, 7 a term of zero or above 366 days, 8 a review no longer than its shortest, 9 challenges end before claims do, 10 pauses longer than the gap between them, 11 the part of a review that is closed to joiners is no shorter than the time for a challenge
    error Market_BadConfig(uint256 rule);
    /// @notice The token brought another amount than it was asked for, as fee-on-transfer tokens do.
    /// @param expected wei asked for
    /// @param actual wei received
    error Market_PulledLess(uint256 expected, uint256 actual);
    /// @notice The market itself cannot be paid: nobody could withdraw it.
    /// @param account the market
    error Market_PaysItself(address account);
    /// @notice There is no credit.
    /// @param account whose
    error Market_NothingToWithdraw(address account);
    /// @notice Only the guardian pauses.
    /// @param expected the guardian
    /// @param actual the caller
    error Market_NotGuardian(address expected, address actual);
    /// @notice Listings, purchases and extensions are paused; everything else goes on.
    /// @param until unix seconds, exclusive
    /// @param actual unix seconds now
    error Market_Paused(uint256 until, uint256 actual);
    /// @notice The market was paused too lately to be paused again.
    /// @param from unix seconds
    /// @param actual unix seconds now
    error Market_PausedLately(uint256 from, uint256 actual);

    /// @notice Only the operator's admin.
    /// @param expected the admin
    /// @param actual the caller
    error Operators_NotAdmin(address expected, address actual);
    /// @notice Signer and payout must be somebody.
    error Operators_ZeroAddress();
    /// @notice The hot signer must be another account than the admin.
    /// @param admin who both would be
    error Operators_SignerIsAdmin(address admin);
    /// @notice The operator's metadata are not those the platform has looked at.
    /// @param expected hash named
    /// @param actual hash stored
    error Operators_MetadataChanged(bytes32 expected, bytes32 actual);
    /// @notice Only the account the admin named.
    /// @param expected who may accept
    /// @param actual the caller
    error Operators_NotPending(address expected, address actual);
    /// @notice Not signed by the operator's signer for this market, chain, caller and content.
    /// @param expected the signer
    error Operators_BadSignature(address expected);
    /// @notice There is no such operator.
    /// @param operator the number asked for
    error Operators_Unknown(uint40 operator);

    /// @notice Only the stream's owner.
    /// @param expected the owner
    /// @param actual the caller
    error Streams_NotOwner(address expected, address actual);
    /// @notice The stream is not in a state that allows this.
    /// @param expected the state needed
    /// @param actual the state it is in
    error Streams_BadState(StreamState expected, StreamState actual);
    /// @notice The price is zero or would leave dust in the split.
    /// @param multipleOf what it must be a multiple of
    /// @param actual 1e-6 token
    error Streams_BadPrice(uint256 multipleOf, uint256 actual);
    /// @notice The interval is zero or too long.
    /// @param most seconds
    /// @param actual seconds
    error Streams_BadInterval(uint256 most, uint256 actual);
    /// @notice The stake is below the minimum, or below what the price asks for: a reading costs at most a hundredth of
    /// it, one buyer's day at most a tenth.
    /// @param expected wei at least
    /// @param actual wei
    error Streams_StakeTooSmall(uint256 expected, uint256 actual);
    /// @notice The operator's signature is too old, or dated more than a day ahead.
    /// @param deadline unix seconds
    /// @param actual unix seconds now
    error Streams_BadDeadline(uint256 deadline, uint256 actual);
    /// @notice The device claim was used before, or is not the next.
    /// @param expected the next nonce
    /// @param actual the nonce given
    error Streams_BadNonce(uint256 expected, uint256 actual);
    /// @notice The device has a live stream already.
    /// @param stream which
    error Streams_DeviceListed(uint64 stream);
    /// @notice A list is too long.
    /// @param most entries
    /// @param actual entries
    error Streams_TooMany(uint256 most, uint256 actual);
    /// @notice A parent is not a running purchase of the caller.
    /// @param purchase which
    error Streams_ParentNotRunning(uint64 purchase);
    /// @notice The stake is bound still.
    /// @param from unix seconds from when it may leave
    /// @param actual unix seconds now
    error Streams_StakeBound(uint256 from, uint256 actual);
    /// @notice The stake stays while an arbiter may rule.
    /// @param round its number
    /// @param until unix seconds, exclusive, of the ruling
    error Streams_UnderReview(uint32 round, uint256 until);

    /// @notice Only the purchase's buyer.
    /// @param expected the buyer
    /// @param actual the caller
    error Purchases_NotBuyer(address expected, address actual);
    /// @notice Only the operator's signer; others bring his signature to settleSigned.
    /// @param expected the signer
    /// @param actual the caller
    error Purchases_NotSigner(address expected, address actual);
    /// @notice The purchase is not in a state that allows this.
    /// @param expected the state needed
    /// @param actual the state it is in
    error Purchases_BadState(PurchaseState expected, PurchaseState actual);
    /// @notice The stream is restricted and this buyer is not allowed.
    /// @param buyer who
    error Purchases_NotAllowed(address buyer);
    /// @notice The duration is zero or too long.
    /// @param most seconds
    /// @param actual seconds
    error Purchases_BadDuration(uint256 most, uint256 actual);
    /// @notice The new end is not later than the present one, or too far ahead.
    /// @param end unix seconds, the present one
    /// @param actual unix seconds, the one asked for
    error Purchases_BadEnd(uint256 end, uint256 actual);
    /// @notice These are not the terms the caller has read or bought.
    /// @param expected hash named, or the first bytes of the one bought
    /// @param actual hash on offer, or named
    error Purchases_TermsChanged(bytes32 expected, bytes32 actual);
    /// @notice The offer is not the one the caller named, or bought under.
    /// @param expected price or interval named
    /// @param actual the one on offer
    error Purchases_OfferChanged(uint256 expected, uint256 actual);
    /// @notice The purchase has ended.
    /// @param end unix seconds
    /// @param actual unix seconds now
    error Purchases_Over(uint256 end, uint256 actual);
    /// @notice The operator may claim still.
    /// @param from unix seconds from when it can be finished
    /// @param actual unix seconds now
    error Purchases_NotOver(uint256 from, uint256 actual);
    /// @notice The purchase is not of this operator's streams, or does not exist.
    /// @param expected the operator who claims
    /// @param actual the stream's operator
    error Purchases_WrongOperator(uint40 expected, uint40 actual);
    /// @notice The signed settlement is too old.
    /// @param deadline unix seconds
    /// @param actual unix seconds now
    error Purchases_ClaimExpired(uint256 deadline, uint256 actual);

    /// @notice Only the arbiter rules.
    /// @param expected the arbiter
    /// @param actual the caller
    error Challenges_NotArbiter(address expected, address actual);
    /// @notice The time for this is over.
    /// @param deadline unix seconds
    /// @param actual unix seconds now
    error Challenges_TooLate(uint256 deadline, uint256 actual);
    /// @notice It is too early for this: a review is open to joiners first, and a round ends at its deadline.
    /// @param from unix seconds
    /// @param actual unix seconds now
    error Challenges_TooEarly(uint256 from, uint256 actual);
    /// @notice The caller takes part in this round already, with no less paid.
    /// @param round its number
    /// @param had 1e-6 token, his weight
    /// @param actual 1e-6 token, what was settled on the purchase named
    error Challenges_Twice(uint32 round, uint256 had, uint256 actual);
    /// @notice Nothing was settled on this purchase: who has paid for no reading has none to complain of.
    /// @param purchase which
    error Challenges_NothingPaid(uint64 purchase);
    /// @notice The round is in another state.
    /// @param expected the state needed
    /// @param actual the state it is in
    error Challenges_BadState(RoundState expected, RoundState actual);
    /// @notice A ruling names a verdict.
    error Challenges_NoVerdict();
    /// @notice This challenger has nothing to get from this round, or has it already.
    /// @param challenger who
    error Challenges_NothingToRedeem(address challenger);
}
