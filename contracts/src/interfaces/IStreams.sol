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
        bytes32 terms,
        uint96 stake,
        uint8 proofKind,
        PurchaseId[] parents
    );
    /// @notice New purchases get another price.
    /// @param stream which
    /// @param price 1e-6 token per reading
    /// @param interval shortest billable seconds between readings
    event PriceSet(StreamId indexed stream, uint40 price, uint32 interval);
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
    /// @notice Sales ended, by the owner, or by the operator's admin because the device left his network.
    /// @param stream which
    /// @param by who ended them
    /// @param stopAt unix seconds at which every purchase ends at the latest
    event StreamClosed(StreamId indexed stream, address indexed by, uint40 stopAt);
    /// @notice A stake left.
    /// @param stream which
    /// @param amount wei
    event StakeWithdrawn(StreamId indexed stream, uint96 amount);

    /// @notice Lists a device's stream under the caller's stake (T-01).
    /// @dev The operator's signer signed DeviceClaim(operator, caller, device, proofKind, nonce, deadline), at most a day
    /// ahead. One open stream per (operator, device). price * max(100, 10 * ceil(86,400 / interval)) <= stake: one reading
    /// costs at most a hundredth of the stake, one buyer's day at most a tenth.
    /// @param listing offer, terms, stake and the operator's signature
    /// @return stream its number, from 1
    function list(Listing calldata listing) external returns (StreamId stream);

    /// @notice Changes price and interval for new purchases, within what the stake bears. Owner only, Open only.
    /// @param stream which
    /// @param price 1e-6 token per reading, a multiple of 10
    /// @param interval shortest billable seconds between readings, 1 to MAX_TERM
    function setPrice(StreamId stream, uint40 price, uint32 interval) external;

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

    /// @notice Ends sales for ever (T-02): everything sold ends after NOTICE, the rest of it goes back to its buyers. Owner
    /// only, Open only, under review too.
    /// @param stream which
    function close(StreamId stream) external;

    /// @notice The device left the operator's network: as close, by his admin (T-03). No slash.
    /// @param stream which
    function retire(StreamId stream) external;

    /// @notice Takes the stake out from stopAt + CHALLENGE_AFTER on, unless an arbiter may rule (T-04). Owner only, once.
    /// @dev Nobody can hold it longer than NOTICE + CHALLENGE_AFTER + REVIEW from closing.
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

    /// @notice The stream of this device that can be bought; 0 if none.
    /// @param operator whose device
    /// @param device its commitment
    /// @return the stream's number
    function liveStream(OperatorId operator, bytes32 device) external view returns (StreamId);
}
