// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OperatorId, StreamId, PurchaseId, Stream, Listing} from "../types/Types.sol";

/// @title Streams: listings under stake
interface IStreams {
    event StreamListed(
        StreamId indexed stream,
        OperatorId indexed operator,
        address indexed owner,
        bytes32 device,
        uint40 price,
        uint32 interval,
        uint32 minDuration,
        bytes32 terms,
        uint96 stake,
        uint8 proofKind,
        PurchaseId[] parents
    );
    event OfferSet(StreamId indexed stream, uint40 price, uint32 interval, uint32 minDuration);
    event TermsSet(StreamId indexed stream, bytes32 terms);
    event RestrictedSet(StreamId indexed stream, bool restricted);
    event AllowedSet(StreamId indexed stream, address indexed buyer, bool allowed);
    event StakeAdded(StreamId indexed stream, uint96 amount, uint96 stake);
    event StreamClosed(StreamId indexed stream, uint40 unbondAt);
    event StreamRetired(StreamId indexed stream, uint40 unbondAt);
    event StakeWithdrawn(StreamId indexed stream, uint96 amount);

    /// @notice Lists a device's stream under the caller's stake (T-01).
    /// @dev The operator's signer signed DeviceClaim(operator, caller, device, proofKind, nonce, deadline). One open
    /// stream per (operator, device).
    function list(Listing calldata listing) external returns (StreamId stream);

    /// @notice Changes the offer for new purchases. Owner only, Open only.
    function setOffer(StreamId stream, uint40 price, uint32 interval, uint32 minDuration) external;

    /// @notice Changes the terms for new purchases. Owner only, Open only.
    function setTerms(StreamId stream, bytes32 terms) external;

    /// @notice Restricts new purchases to allowed buyers, or lifts that. Owner only, Open only.
    function setRestricted(StreamId stream, bool restricted) external;

    /// @notice Allows or disallows at most 64 buyers of a restricted stream. Owner only.
    function allow(StreamId stream, address[] calldata buyers, bool allowed) external;

    /// @notice Adds to the stake. Owner only, Open only.
    function addStake(StreamId stream, uint96 amount) external;

    /// @notice Ends sales for ever and starts the unbonding clock (T-02). Owner only, Open only.
    function close(StreamId stream) external;

    /// @notice The device left the operator's network: as close, by the operator (T-03). No slash.
    function retire(StreamId stream) external;

    /// @notice Takes the stake out after unbonding, unless a round of challenges is open (T-04). Owner only, once.
    function withdrawStake(StreamId stream) external;

    function getStream(StreamId stream) external view returns (Stream memory);

    function streamCount() external view returns (uint64);

    function isAllowed(StreamId stream, address buyer) external view returns (bool);

    /// @notice The nonce the next DeviceClaim for this device must carry.
    function deviceNonce(OperatorId operator, bytes32 device) external view returns (uint32);

    /// @notice The stream of this device that can be bought or is under review; 0 if none.
    function liveStream(OperatorId operator, bytes32 device) external view returns (StreamId);
}
