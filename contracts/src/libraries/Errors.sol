// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StreamState, PurchaseState, RoundState} from "../types/Types.sol";

/// @notice Every way to refuse. Named Module_Reason; arguments are expected, then actual.
library Errors {
    error Market_BadConfig(uint256 rule);
    error Market_PulledLess(uint256 expected, uint256 actual);
    error Market_NothingToWithdraw(address account);
    error Market_NotGuardian(address expected, address actual);

    error Operators_NotAdmin(address expected, address actual);
    error Operators_ZeroAddress();
    error Operators_Unknown(uint64 operator);

    error Streams_NotOwner(address expected, address actual);
    error Streams_NotOperator(address expected, address actual);
    error Streams_BadState(StreamState expected, StreamState actual);
    error Streams_BadPrice(uint256 multipleOf, uint256 actual);
    error Streams_BadInterval(uint256 most, uint256 actual);
    error Streams_StakeTooSmall(uint256 expected, uint256 actual);
    error Streams_ClaimExpired(uint256 deadline, uint256 actual);
    error Streams_BadNonce(uint256 expected, uint256 actual);
    error Streams_BadSignature(address expected);
    error Streams_DeviceListed(uint64 stream);
    error Streams_TooMany(uint256 most, uint256 actual);
    error Streams_ParentNotRunning(uint64 purchase);
    error Streams_Unbonding(uint256 from, uint256 actual);
    error Streams_RoundOpen(uint32 round);

    error Purchases_NotBuyer(address expected, address actual);
    error Purchases_NotSigner(address expected, address actual);
    error Purchases_BadState(PurchaseState expected, PurchaseState actual);
    error Purchases_NotAllowed(address buyer);
    error Purchases_BadDuration(uint256 least, uint256 most, uint256 actual);
    error Purchases_TooDear(uint256 most, uint256 actual);
    error Purchases_TermsChanged(bytes32 expected, bytes32 actual);
    error Purchases_OfferChanged(uint256 expected, uint256 actual);
    error Purchases_Over(uint256 end, uint256 actual);
    error Purchases_NotOver(uint256 from, uint256 actual);
    error Purchases_WrongOperator(uint64 expected, uint64 actual);
    error Purchases_AboveQuota(uint64 purchase, uint256 most, uint256 actual);
    error Purchases_AboveRate(uint64 purchase, uint256 most, uint256 actual);
    error Purchases_ClaimExpired(uint256 deadline, uint256 actual);
    error Purchases_BadSignature(address expected);

    error Challenges_NotArbiter(address expected, address actual);
    error Challenges_TooLate(uint256 deadline, uint256 actual);
    error Challenges_TooEarly(uint256 from, uint256 actual);
    error Challenges_Twice(uint32 round, address challenger);
    error Challenges_BadState(RoundState expected, RoundState actual);
    error Challenges_NothingToRedeem(address challenger);
}
