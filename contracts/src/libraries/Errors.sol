// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StreamState, PurchaseState, RoundState} from "../types/Types.sol";

/// @title Errors
/// @notice Every way to refuse. Named Module_Reason; arguments are expected, then actual.
library Errors {
    /// @notice A deployment was refused: its rules do not hold together.
    /// @param rule 1 no token, 2 a role is nobody, 3 deposits below twice the fee, 4 stake below twice the fee, 5 unbonding below ttl + review, 6 a zero time or a quorum below 2
    error Market_BadConfig(uint256 rule);
    /// @notice The token brought another amount than it was asked for, as fee-on-transfer tokens do.
    /// @param expected wei asked for
    /// @param actual wei received
    error Market_PulledLess(uint256 expected, uint256 actual);
    /// @notice There is no credit.
    /// @param account whose
    error Market_NothingToWithdraw(address account);
    /// @notice Only the guardian pauses and lifts a pause.
    /// @param expected the guardian
    /// @param actual the caller
    error Market_NotGuardian(address expected, address actual);

    /// @notice Only the operator's admin.
    /// @param expected the admin
    /// @param actual the caller
    error Operators_NotAdmin(address expected, address actual);
    /// @notice Signer and payout must be somebody.
    error Operators_ZeroAddress();
    /// @notice There is no such operator.
    /// @param operator the number asked for
    error Operators_Unknown(uint64 operator);

    /// @notice Only the stream's owner.
    /// @param expected the owner
    /// @param actual the caller
    error Streams_NotOwner(address expected, address actual);
    /// @notice Only the admin or signer of the stream's operator.
    /// @param expected the admin
    /// @param actual the caller
    error Streams_NotOperator(address expected, address actual);
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
    /// @notice The stake is below the minimum.
    /// @param expected wei at least
    /// @param actual wei
    error Streams_StakeTooSmall(uint256 expected, uint256 actual);
    /// @notice The operator's signature is too old.
    /// @param deadline unix seconds
    /// @param actual unix seconds now
    error Streams_ClaimExpired(uint256 deadline, uint256 actual);
    /// @notice The device claim was used before, or is not the next.
    /// @param expected the next nonce
    /// @param actual the nonce given
    error Streams_BadNonce(uint256 expected, uint256 actual);
    /// @notice The device claim is not signed by the operator's signer for this caller.
    /// @param expected the signer
    error Streams_BadSignature(address expected);
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
    error Streams_Unbonding(uint256 from, uint256 actual);
    /// @notice The stake stays while a round of challenges is open.
    /// @param round its number
    error Streams_RoundOpen(uint32 round);

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
    /// @notice The duration is zero, too short or too long.
    /// @param least seconds
    /// @param most seconds
    /// @param actual seconds
    error Purchases_BadDuration(uint256 least, uint256 most, uint256 actual);
    /// @notice It would cost more than the caller agreed to.
    /// @param most wei agreed
    /// @param actual wei needed
    error Purchases_TooDear(uint256 most, uint256 actual);
    /// @notice These are not the terms the caller has read or bought.
    /// @param expected hash
    /// @param actual hash
    error Purchases_TermsChanged(bytes32 expected, bytes32 actual);
    /// @notice The offer is not the one the purchase was bought under.
    /// @param expected price or interval bought
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
    error Purchases_WrongOperator(uint64 expected, uint64 actual);
    /// @notice More readings are claimed than were escrowed.
    /// @param purchase which
    /// @param most readings
    /// @param actual readings claimed
    error Purchases_AboveQuota(uint64 purchase, uint256 most, uint256 actual);
    /// @notice More readings are claimed than intervals have begun.
    /// @param purchase which
    /// @param most readings
    /// @param actual readings claimed
    error Purchases_AboveRate(uint64 purchase, uint256 most, uint256 actual);
    /// @notice The signed settlement is too old.
    /// @param deadline unix seconds
    /// @param actual unix seconds now
    error Purchases_ClaimExpired(uint256 deadline, uint256 actual);
    /// @notice The settlement is not signed by the operator's signer.
    /// @param expected the signer
    error Purchases_BadSignature(address expected);

    /// @notice Only the arbiter rules.
    /// @param expected the arbiter
    /// @param actual the caller
    error Challenges_NotArbiter(address expected, address actual);
    /// @notice The time for this is over.
    /// @param deadline unix seconds
    /// @param actual unix seconds now
    error Challenges_TooLate(uint256 deadline, uint256 actual);
    /// @notice The round is not over yet.
    /// @param from unix seconds
    /// @param actual unix seconds now
    error Challenges_TooEarly(uint256 from, uint256 actual);
    /// @notice One challenge per buyer and round.
    /// @param round its number
    /// @param challenger who
    error Challenges_Twice(uint32 round, address challenger);
    /// @notice No round is open or under review.
    /// @param expected the state needed
    /// @param actual the state it is in
    error Challenges_BadState(RoundState expected, RoundState actual);
    /// @notice This challenger has nothing to get from this round, or has it already.
    /// @param challenger who
    error Challenges_NothingToRedeem(address challenger);
}
