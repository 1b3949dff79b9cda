// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OperatorId, StreamId, PurchaseId, Purchase, Claim} from "../types/Types.sol";

/// @title Purchases: escrow per reading, paid by cumulative claims
interface IPurchases {
    event Purchased(
        PurchaseId indexed purchase,
        StreamId indexed stream,
        address indexed buyer,
        uint40 start,
        uint40 end,
        uint40 price,
        uint32 interval,
        uint32 quota,
        bytes32 routeHash
    );
    event Extended(PurchaseId indexed purchase, uint40 end, uint32 quota);
    event Cancelled(PurchaseId indexed purchase, uint40 end);
    event Settled(PurchaseId indexed purchase, uint32 delivered, uint256 gross);
    event SettlementRoot(OperatorId indexed operator, bytes32 root);
    event ClaimSkipped(PurchaseId indexed purchase);
    event Finished(PurchaseId indexed purchase, uint32 delivered, uint256 refund);
    event Withdrawn(address indexed account, address to, uint256 amount);

    /// @notice Escrows ceil(duration / interval) readings at the stream's price, from now on (T-05).
    /// @param duration seconds, at least the stream's minimum, at most MAX_TERM
    /// @param maxTotal wei the caller is ready to escrow
    /// @param terms the terms the caller has read
    /// @param beneficiary who owns the purchase; 0 for the caller
    /// @param routeHash keccak256 of the route document; 0 if it is set later
    function buy(
        StreamId stream,
        uint32 duration,
        uint256 maxTotal,
        bytes32 terms,
        address beneficiary,
        bytes32 routeHash
    ) external returns (PurchaseId purchase);

    /// @notice Moves the end of a running purchase, at the offer it was bought under, if that still stands (T-06).
    function extend(PurchaseId purchase, uint32 duration, uint256 maxTotal) external;

    /// @notice Ends a running purchase now; the operator has the claim window for his last claim (T-07). Buyer only.
    function cancel(PurchaseId purchase) external;

    /// @notice Pays what was delivered since the last claim: 80 % owner, 10 % operator, 10 % platform (T-08).
    /// @dev A claim of a purchase that is closed, under review, slashed or past its window is skipped, so that nobody
    /// can block a batch; one above quota or rate reverts, because a correct bridge never sends it. A claim at or below
    /// the count already paid changes nothing. With `last`, after the end, the rest is refunded at once (T-09).
    /// @param root Merkle root over (purchase, delivered, receiptsHead) of the claims
    function settle(OperatorId operator, Claim[] calldata claims, bytes32 root) external;

    /// @notice As settle, by anyone who holds the signer's EIP-712 Settlement.
    function settleSigned(
        OperatorId operator,
        Claim[] calldata claims,
        bytes32 root,
        uint40 deadline,
        bytes calldata sig
    ) external;

    /// @notice Refunds what was not claimed, after the claim window or at once if the stream was slashed (T-10).
    function finish(PurchaseId purchase) external;

    /// @notice Sends an account's credit to it.
    function withdraw(address account) external;

    function getPurchase(PurchaseId purchase) external view returns (Purchase memory);

    function purchaseCount() external view returns (uint64);

    function credit(address account) external view returns (uint256);
}
