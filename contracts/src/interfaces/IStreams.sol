// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OperatorId, StreamId, PurchaseId, Stream, Listing} from "../types/Types.sol";

/// @title Streams: listings under stake
/// @notice An owner lists the stream of a device that an operator vouches for, at a price per reading.
interface IStreams {
    /// @notice A stream can be bought.
    /// @param stream its number, from 1
    /// @param operator who carries it
    /// @param owner whose stake it is, and whose 80 %
    /// @param device keccak256(abi.encode(DevEUI, salt))
    /// @param price 1e-6 token per reading
    /// @param interval shortest billable seconds between readings
    /// @param minDuration shortest purchase in seconds
    /// @param terms keccak256 of the canonical terms document
    /// @param stake wei
    /// @param proofKind how the operator knows the owner
    /// @param parents purchases this stream derives from
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
    /// @notice New purchases get another offer.
    /// @param stream which
    /// @param price 1e-6 token per reading
    /// @param interval shortest billable seconds between readings
    /// @param minDuration shortest purchase in seconds
    event OfferSet(StreamId indexed stream, uint40 price, uint32 interval, uint32 minDuration);
    /// @notice New purchases get other terms.
    /// @param stream which
    /// @param terms keccak256 of the canonical terms document
    event TermsSet(StreamId indexed stream, bytes32 terms);
    /// @notice A stream is sold to allowed buyers only, or to all again.
    /// @param stream which
    /// @param restricted whether to allowed buyers only
    event RestrictedSet(StreamId indexed stream, bool restricted);
    /// @notice A buyer may, or may no longer, buy a restricted stream.
    /// @param stream which
    /// @param buyer who
    /// @param allowed whether he may
    event AllowedSet(StreamId indexed stream, address indexed buyer, bool allowed);
    /// @notice An owner raised his stake.
    /// @param stream which
    /// @param amount wei added
    /// @param stake wei in all
    event StakeAdded(StreamId indexed stream, uint96 amount, uint96 stake);
    /// @notice An owner ended sales.
    /// @param stream which
    /// @param unbondAt unix seconds from when the stake may leave
    event StreamClosed(StreamId indexed stream, uint40 unbondAt);
    /// @notice An operator ended sales: the device left his network.
    /// @param stream which
    /// @param unbondAt unix seconds from when the stake may leave
    event StreamRetired(StreamId indexed stream, uint40 unbondAt);
    /// @notice A stake left.
    /// @param stream which
    /// @param amount wei
    event StakeWithdrawn(StreamId indexed stream, uint96 amount);

    /// @notice Lists a device's stream under the caller's stake (T-01).
    /// @dev The operator's signer signed DeviceClaim(operator, caller, device, proofKind, nonce, deadline). One open
    /// stream per (operator, device).
    /// @param listing offer, terms, stake and the operator's signature
    /// @return stream its number, from 1
    function list(Listing calldata listing) external returns (StreamId stream);

    /// @notice Changes the offer for new purchases. Owner only, Open only.
    /// @param stream which
    /// @param price 1e-6 token per reading, a multiple of 10
    /// @param interval shortest billable seconds between readings, 1 to MAX_TERM
    /// @param minDuration shortest purchase in seconds, at most MAX_TERM
    function setOffer(StreamId stream, uint40 price, uint32 interval, uint32 minDuration) external;

    /// @notice Changes the terms for new purchases. Owner only, Open only.
    /// @param stream which
    /// @param terms keccak256 of the canonical terms document
    function setTerms(StreamId stream, bytes32 terms) external;

    /// @notice Restricts new purchases to allowed buyers, or lifts that. Owner only, Open only.
    /// @param stream which
    /// @param restricted whether to allowed buyers only
    function setRestricted(StreamId stream, bool restricted) external;

    /// @notice Allows or disallows at most 64 buyers of a restricted stream. Owner only.
    /// @param stream which
    /// @param buyers at most 64
    /// @param allowed whether they may buy
    function allow(StreamId stream, address[] calldata buyers, bool allowed) external;

    /// @notice Adds to the stake. Owner only, Open only.
    /// @param stream which
    /// @param amount wei
    function addStake(StreamId stream, uint96 amount) external;

    /// @notice Ends sales for ever and starts the unbonding clock (T-02). Owner only, Open only.
    /// @param stream which
    function close(StreamId stream) external;

    /// @notice The device left the operator's network: as close, by the operator (T-03). No slash.
    /// @param stream which; the caller is admin or signer of its operator
    function retire(StreamId stream) external;

    /// @notice Takes the stake out after unbonding, unless a round of challenges is open (T-04). Owner only, once.
    /// @param stream which
    function withdrawStake(StreamId stream) external;

    /// @notice One stream.
    /// @param stream its number
    /// @return what is stored of it; zeros if there is none
    function getStream(StreamId stream) external view returns (Stream memory);

    /// @notice How many streams there are.
    /// @return the number of the last one
    function streamCount() external view returns (uint64);

    /// @notice Whether a buyer may buy a stream while it is restricted.
    /// @param stream which
    /// @param buyer who
    /// @return whether he may
    function isAllowed(StreamId stream, address buyer) external view returns (bool);

    /// @notice The nonce the next DeviceClaim for this device must carry.
    /// @param operator whose device
    /// @param device its commitment
    /// @return counts the listings of this device so far
    function deviceNonce(OperatorId operator, bytes32 device) external view returns (uint32);

    /// @notice The stream of this device that can be bought or is under review; 0 if none.
    /// @param operator whose device
    /// @param device its commitment
    /// @return the stream's number
    function liveStream(OperatorId operator, bytes32 device) external view returns (StreamId);
}
