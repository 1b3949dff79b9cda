// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OperatorId, StreamId, PurchaseId, Purchase, Claim} from "../types/Types.sol";

/// @title Purchases: escrow per reading, paid by cumulative claims
/// @notice A buyer escrows the most a purchase can cost; each delivered reading is paid once, the rest goes back.
interface IPurchases {
    /// @notice Somebody bought.
    /// @param purchase its number, from 1
    /// @param stream what was bought
    /// @param buyer who owns the purchase
    /// @param start unix seconds, inclusive
    /// @param end unix seconds, exclusive
    /// @param price 1e-6 token per reading
    /// @param interval shortest billable seconds between readings
    /// @param quota readings it can cost at most
    /// @param terms keccak256 of the terms bought under
    /// @param routeHash keccak256(32 random bytes, destination id) or 0: it pins nothing
    /// @param payer who called and paid: another than the buyer made him a gift
    event Purchased(
        PurchaseId indexed purchase,
        StreamId indexed stream,
        address indexed buyer,
        uint40 start,
        uint40 end,
        uint40 price,
        uint32 interval,
        uint32 quota,
        bytes32 terms,
        bytes32 routeHash,
        address payer
    );
    /// @notice A purchase runs longer.
    /// @param purchase which
    /// @param end the new end, unix seconds, exclusive
    /// @param quota the new quota
    event Extended(PurchaseId indexed purchase, uint40 end, uint32 quota);
    /// @notice A buyer ended his purchase.
    /// @param purchase which
    /// @param end now, unix seconds
    event Cancelled(PurchaseId indexed purchase, uint40 end);
    /// @notice A purchase was charged for readings delivered.
    /// @param purchase which
    /// @param delivered readings paid so far
    /// @param gross wei charged by this claim
    event Settled(PurchaseId indexed purchase, uint32 delivered, uint256 gross);
    /// @notice One batch of claims, and what proves it.
    /// @param operator who claimed
    /// @param root Merkle root over (purchase, delivered, receiptsHead)
    event SettlementRoot(OperatorId indexed operator, bytes32 root);
    /// @notice A claim was left out, because its purchase is closed, past its window, or not paid any more by a ruling.
    /// @param purchase which
    event ClaimSkipped(PurchaseId indexed purchase);
    /// @notice A purchase is over: everything escrowed was paid or refunded.
    /// @param purchase which
    /// @param delivered readings paid
    /// @param refund wei credited to the buyer
    event Finished(PurchaseId indexed purchase, uint32 delivered, uint256 refund);
    /// @notice A credit was paid out.
    /// @param account whose
    /// @param amount wei
    event Withdrawn(address indexed account, uint256 amount);

    /// @notice Escrows ceil(duration / interval) readings at the stream's price, from now on (T-05).
    /// @param stream an open stream
    /// @param duration seconds, at most MAX_TERM
    /// @param price 1e-6 token per reading the caller agrees to; must be the stream's now
    /// @param interval seconds the caller agrees to; must be the stream's now
    /// @param terms the terms the caller has read; must be the stream's now
    /// @param beneficiary the buyer in all respects, not the market; 0 for the caller
    /// @param routeHash keccak256(32 random bytes, destination id) or 0: it pins nothing
    /// @return purchase its number, from 1
    function buy(
        StreamId stream,
        uint32 duration,
        uint40 price,
        uint32 interval,
        bytes32 terms,
        address beneficiary,
        bytes32 routeHash
    ) external returns (PurchaseId purchase);

    /// @notice Moves the end of a running purchase, at the offer it was bought under, if that still stands (T-06). Buyer
    /// only. Sent twice it extends once.
    /// @param purchase which
    /// @param newEnd unix seconds, exclusive; later than the present end, at most MAX_TERM from now
    /// @param terms the terms the caller has read; those bought, and the stream's now
    function extend(PurchaseId purchase, uint40 newEnd, bytes32 terms) external;

    /// @notice Ends a running purchase now; the operator has the claim window for his last claim (T-07). Buyer only.
    /// @param purchase which
    function cancel(PurchaseId purchase) external;

    /// @notice Pays what was delivered since the last claim: 80 % owner, 10 % operator, 10 % platform (T-08).
    /// @dev A claim is paid up to quota and rate: one reading per interval begun. What can no longer be paid (closed, past
    /// its window, ruled unpaid) is skipped, so that nobody can block a batch. A claim at or below the count already paid
    /// changes nothing. With `last`, after the end, the rest is refunded at once (T-09). After SellerAtFault the 80 % are
    /// the buyer's.
    /// @param operator whose purchases; the caller must be its signer
    /// @param claims what was delivered, cumulative
    /// @param root Merkle root over (purchase, delivered, receiptsHead) of the claims
    function settle(OperatorId operator, Claim[] calldata claims, bytes32 root) external;

    /// @notice As settle, by anyone who holds the signer's EIP-712 Settlement.
    /// @param operator whose purchases
    /// @param claims what was delivered, cumulative
    /// @param root Merkle root over (purchase, delivered, receiptsHead) of the claims
    /// @param deadline unix seconds, inclusive, of the signature
    /// @param sig by the operator's signer over Settlement(operator, keccak256(abi.encode(claims)), root, deadline)
    function settleSigned(
        OperatorId operator,
        Claim[] calldata claims,
        bytes32 root,
        uint40 deadline,
        bytes calldata sig
    ) external;

    /// @notice Refunds what was not claimed, after the claim window, or at once if a ruling stopped payment (T-10).
    /// @param purchase which; anyone may call
    function finish(PurchaseId purchase) external;

    /// @notice Sends an account's credit to it.
    /// @param account whose; anyone may call
    function withdraw(address account) external;

    /// @notice One purchase.
    /// @param purchase its number
    /// @return what is stored of it; zeros if there is none
    function getPurchase(PurchaseId purchase) external view returns (Purchase memory);

    /// @notice How many purchases there are.
    /// @return the number of the last one
    function purchaseCount() external view returns (uint64);

    /// @notice What the market owes an account: shares, refunds and fees.
    /// @param account whose
    /// @return wei it can withdraw
    function credit(address account) external view returns (uint256);
}
