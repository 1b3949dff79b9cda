// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IStreams} from "./interfaces/IStreams.sol";
import {Errors} from "./libraries/Errors.sol";
import {Operators} from "./Operators.sol";
import {
    OperatorId,
    StreamId,
    PurchaseId,
    Stream,
    StreamState,
    Purchase,
    PurchaseState,
    Listing
} from "./types/Types.sol";

/// @title Streams
/// @notice See IStreams.
abstract contract Streams is IStreams, Operators, EIP712 {
    bytes32 private constant DEVICE_CLAIM = keccak256(
        "DeviceClaim(uint40 operator,address owner,bytes32 device,uint8 proofKind,uint32 nonce,uint40 deadline)"
    );
    uint256 private constant MAX_PARENTS = 8;
    uint256 private constant MAX_ALLOW = 64;
    uint256 private constant MAX_CLAIM_AGE = 1 days;

    /// @dev One slot per (operator, device): what is live, and the nonce of the next claim.
    struct Slot {
        StreamId live;
        uint32 nonce;
    }

    mapping(StreamId => Stream) internal _streams;
    mapping(PurchaseId => Purchase) internal _purchases;
    mapping(OperatorId => mapping(bytes32 device => Slot)) private _devices;
    mapping(StreamId => mapping(address => bool)) private _allowed;

    modifier onlyStreamOwner(StreamId stream) {
        _checkStreamOwner(stream);
        _;
    }

    modifier onlyOpen(StreamId stream) {
        _checkState(stream, StreamState.Open);
        _;
    }

    /// @dev Functions, not modifier bodies: one copy in the bytecode.
    function _checkStreamOwner(StreamId stream) private view {
        address owner_ = _streams[stream].owner;
        if (msg.sender != owner_) revert Errors.Streams_NotOwner(owner_, msg.sender);
    }

    function _checkState(StreamId stream, StreamState expected) internal view {
        StreamState state = _streams[stream].state;
        if (state != expected) revert Errors.Streams_BadState(expected, state);
    }

    /// @inheritdoc IStreams
    function list(Listing calldata l) external nonReentrant whenNotPaused returns (StreamId stream) {
        if (l.stake < _minStake) revert Errors.Streams_StakeTooSmall(_minStake, l.stake);
        _checkOffer(l.price, l.interval, l.stake);
        _checkParents(l.parents);

        Slot storage slot = _devices[l.operator][l.device];
        if (StreamId.unwrap(slot.live) != 0) revert Errors.Streams_DeviceListed(StreamId.unwrap(slot.live));
        if (l.nonce != slot.nonce) revert Errors.Streams_BadNonce(slot.nonce, l.nonce);
        _checkDeviceClaim(l);

        stream = StreamId.wrap(++_streamCount);
        slot.live = stream;
        slot.nonce = l.nonce + 1;
        Stream storage s = _streams[stream];
        s.owner = msg.sender;
        s.operator = l.operator;
        s.state = StreamState.Open;
        s.device = l.device;
        s.price = l.price;
        s.interval = l.interval;
        s.stake = l.stake;
        s.terms = l.terms;
        emit StreamListed(
            stream, l.operator, msg.sender, l.device, l.price, l.interval, l.terms, l.stake, l.proofKind, l.parents
        );
        _pull(l.stake);
    }

    /// @dev One reading costs at most a hundredth of the stake, what one buyer can owe in a day at most a tenth.
    function _checkOffer(uint40 price, uint32 interval, uint96 stake) private view {
        if (price == 0 || price % 10 != 0) revert Errors.Streams_BadPrice(10, price);
        if (interval == 0 || interval > _maxTerm) revert Errors.Streams_BadInterval(_maxTerm, interval);
        unchecked {
            uint256 day = 10 * ((uint256(86_400) + interval - 1) / interval); // 17 bits at most, times 40, times 1e12
            uint256 least = price * (day > 100 ? day : 100) * _unit;
            if (stake < least) revert Errors.Streams_StakeTooSmall(least, stake);
        }
    }

    function _checkParents(PurchaseId[] calldata parents) private view {
        if (parents.length > MAX_PARENTS) revert Errors.Streams_TooMany(MAX_PARENTS, parents.length);
        for (uint256 i = 0; i < parents.length; ++i) {
            Purchase storage p = _purchases[parents[i]];
            if (p.buyer != msg.sender || p.state != PurchaseState.Active || block.timestamp >= _endOf(p)) {
                revert Errors.Streams_ParentNotRunning(PurchaseId.unwrap(parents[i]));
            }
        }
    }

    function _checkDeviceClaim(Listing calldata l) private view {
        if (block.timestamp > l.deadline || l.deadline > block.timestamp + MAX_CLAIM_AGE) {
            revert Errors.Streams_BadDeadline(l.deadline, block.timestamp);
        }
        _checkSignature(
            l.operator,
            keccak256(abi.encode(DEVICE_CLAIM, l.operator, msg.sender, l.device, l.proofKind, l.nonce, l.deadline)),
            l.operatorSig
        );
    }

    /// @dev The operator's signer signed this struct for this market on this chain.
    function _checkSignature(OperatorId operator, bytes32 structHash, bytes calldata sig) internal view {
        address signer = _operators[operator].signer;
        if (
            signer == address(0)
                || !SignatureChecker.isValidSignatureNowCalldata(signer, _hashTypedDataV4(structHash), sig)
        ) {
            revert Errors.Operators_BadSignature(signer);
        }
    }

    /// @inheritdoc IStreams
    function setPrice(StreamId stream, uint40 price, uint32 interval)
        external
        onlyStreamOwner(stream)
        onlyOpen(stream)
    {
        Stream storage s = _streams[stream];
        _checkOffer(price, interval, s.stake);
        s.price = price;
        s.interval = interval;
        emit PriceSet(stream, price, interval);
    }

    /// @inheritdoc IStreams
    function setTerms(StreamId stream, bytes32 terms) external onlyStreamOwner(stream) onlyOpen(stream) {
        _streams[stream].terms = terms;
        emit TermsSet(stream, terms);
    }

    /// @inheritdoc IStreams
    function setRestricted(StreamId stream, bool restricted) external onlyStreamOwner(stream) onlyOpen(stream) {
        _streams[stream].restricted = restricted;
        emit RestrictedSet(stream, restricted);
    }

    /// @inheritdoc IStreams
    function allow(StreamId stream, address[] calldata buyers, bool allowed) external onlyStreamOwner(stream) {
        if (buyers.length > MAX_ALLOW) revert Errors.Streams_TooMany(MAX_ALLOW, buyers.length);
        for (uint256 i = 0; i < buyers.length; ++i) {
            _allowed[stream][buyers[i]] = allowed;
            emit AllowedSet(stream, buyers[i], allowed);
        }
    }

    /// @inheritdoc IStreams
    function addStake(StreamId stream, uint96 amount) external nonReentrant onlyStreamOwner(stream) onlyOpen(stream) {
        uint96 stake = _streams[stream].stake + amount;
        _streams[stream].stake = stake;
        emit StakeAdded(stream, amount, stake);
        _pull(amount);
    }

    /// @inheritdoc IStreams
    function close(StreamId stream) external onlyStreamOwner(stream) {
        _close(stream);
    }

    /// @inheritdoc IStreams
    function retire(StreamId stream) external {
        _checkAdmin(_streams[stream].operator);
        _close(stream);
    }

    function _close(StreamId stream) private onlyOpen(stream) {
        _streams[stream].state = StreamState.Closed;
        _stop(stream, uint40(block.timestamp) + _notice);
        emit StreamClosed(stream, msg.sender, _streams[stream].stopAt);
    }

    /// @dev Everything sold ends at `at` at the latest. The first stop frees the device for a new listing.
    function _stop(StreamId stream, uint40 at) internal {
        Stream storage s = _streams[stream];
        uint40 stopAt = s.stopAt;
        if (stopAt == 0) _devices[s.operator][s.device].live = StreamId.wrap(0);
        if (stopAt == 0 || at < stopAt) s.stopAt = at;
    }

    /// @inheritdoc IStreams
    function withdrawStake(StreamId stream) external nonReentrant onlyStreamOwner(stream) {
        _checkState(stream, StreamState.Closed);
        Stream storage s = _streams[stream];
        uint256 from = uint256(s.stopAt) + _challengeAfter;
        if (block.timestamp < from) revert Errors.Streams_StakeBound(from, block.timestamp);
        _checkNoReview(stream, s.round);
        uint96 amount = s.stake;
        s.stake = 0;
        s.state = StreamState.Withdrawn;
        emit StakeWithdrawn(stream, amount);
        _push(msg.sender, amount);
    }

    /// @dev Reverts while an arbiter may rule on the stream.
    function _checkNoReview(StreamId stream, uint32 round) internal view virtual;

    /// @dev When a purchase ends: a stopped stream ends all of them.
    function _endOf(Purchase storage p) internal view returns (uint40) {
        return _earlier(p.end, _streams[p.stream].stopAt);
    }

    function _earlier(uint40 end, uint40 stopAt) internal pure returns (uint40) {
        return stopAt != 0 && stopAt < end ? stopAt : end;
    }

    /// @inheritdoc IStreams
    function getStream(StreamId stream) external view returns (Stream memory) {
        return _streams[stream];
    }

    /// @inheritdoc IStreams
    function streamCount() external view returns (uint64) {
        return _streamCount;
    }

    /// @inheritdoc IStreams
    function isAllowed(StreamId stream, address buyer) public view returns (bool) {
        return _allowed[stream][buyer];
    }

    /// @inheritdoc IStreams
    function deviceNonce(OperatorId operator, bytes32 device) external view returns (uint32) {
        return _devices[operator][device].nonce;
    }

    /// @inheritdoc IStreams
    function liveStream(OperatorId operator, bytes32 device) external view returns (StreamId) {
        return _devices[operator][device].live;
    }
}
