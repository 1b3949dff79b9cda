// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IStreams} from "./interfaces/IStreams.sol";
import {Errors} from "./libraries/Errors.sol";
import {Operators} from "./Operators.sol";
import {Vault} from "./Vault.sol";
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
abstract contract Streams is IStreams, Operators, Vault, EIP712, Pausable {
    bytes32 private constant DEVICE_CLAIM = keccak256(
        "DeviceClaim(uint64 operator,address owner,bytes32 device,uint8 proofKind,uint32 nonce,uint40 deadline)"
    );
    uint256 private constant MAX_PARENTS = 8;
    uint256 private constant MAX_ALLOW = 64;

    /// @dev One slot per (operator, device): what is live, and the nonce of the next claim.
    struct Slot {
        StreamId live;
        uint32 nonce;
    }

    mapping(StreamId => Stream) internal _streams;
    mapping(PurchaseId => Purchase) internal _purchases;
    mapping(OperatorId => mapping(bytes32 device => Slot)) private _devices;
    mapping(StreamId => mapping(address => bool)) private _allowed;
    uint64 private _streamCount;

    modifier onlyStreamOwner(StreamId stream) {
        _checkStreamOwner(stream);
        _;
    }

    modifier onlyOpen(StreamId stream) {
        _checkOpen(stream);
        _;
    }

    /// @dev Functions, not modifier bodies: one copy in the bytecode.
    function _checkStreamOwner(StreamId stream) private view {
        address owner_ = _streams[stream].owner;
        if (msg.sender != owner_) revert Errors.Streams_NotOwner(owner_, msg.sender);
    }

    function _checkOpen(StreamId stream) internal view {
        StreamState state = _streams[stream].state;
        if (state != StreamState.Open) revert Errors.Streams_BadState(StreamState.Open, state);
    }

    /// @inheritdoc IStreams
    function list(Listing calldata l) external nonReentrant whenNotPaused returns (StreamId stream) {
        _checkOffer(l.price, l.interval, l.minDuration);
        if (l.stake < _minStake) revert Errors.Streams_StakeTooSmall(_minStake, l.stake);
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
        s.minDuration = l.minDuration;
        s.stake = l.stake;
        s.terms = l.terms;
        emit StreamListed(
            stream,
            l.operator,
            msg.sender,
            l.device,
            l.price,
            l.interval,
            l.minDuration,
            l.terms,
            l.stake,
            l.proofKind,
            l.parents
        );
        _pull(l.stake);
    }

    function _checkOffer(uint40 price, uint32 interval, uint32 minDuration) private view {
        if (price == 0 || price % 10 != 0) revert Errors.Streams_BadPrice(10, price);
        if (interval == 0 || interval > _maxTerm) revert Errors.Streams_BadInterval(_maxTerm, interval);
        if (minDuration > _maxTerm) revert Errors.Purchases_BadDuration(0, _maxTerm, minDuration);
    }

    function _checkParents(PurchaseId[] calldata parents) private view {
        if (parents.length > MAX_PARENTS) revert Errors.Streams_TooMany(MAX_PARENTS, parents.length);
        for (uint256 i = 0; i < parents.length; ++i) {
            Purchase storage p = _purchases[parents[i]];
            if (p.buyer != msg.sender || p.state != PurchaseState.Active || block.timestamp >= p.end) {
                revert Errors.Streams_ParentNotRunning(PurchaseId.unwrap(parents[i]));
            }
        }
    }

    function _checkDeviceClaim(Listing calldata l) private view {
        if (block.timestamp > l.deadline) revert Errors.Streams_ClaimExpired(l.deadline, block.timestamp);
        address signer = _operators[l.operator].signer;
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(DEVICE_CLAIM, l.operator, msg.sender, l.device, l.proofKind, l.nonce, l.deadline))
        );
        if (signer == address(0) || !SignatureChecker.isValidSignatureNowCalldata(signer, digest, l.operatorSig)) {
            revert Errors.Streams_BadSignature(signer);
        }
    }

    /// @inheritdoc IStreams
    function setOffer(StreamId stream, uint40 price, uint32 interval, uint32 minDuration)
        external
        onlyStreamOwner(stream)
        onlyOpen(stream)
    {
        _checkOffer(price, interval, minDuration);
        Stream storage s = _streams[stream];
        s.price = price;
        s.interval = interval;
        s.minDuration = minDuration;
        emit OfferSet(stream, price, interval, minDuration);
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
        Stream storage s = _streams[stream];
        s.stake += amount;
        emit StakeAdded(stream, amount, s.stake);
        _pull(amount);
    }

    /// @inheritdoc IStreams
    function close(StreamId stream) external onlyStreamOwner(stream) onlyOpen(stream) {
        emit StreamClosed(stream, _close(stream, StreamState.Closed));
    }

    /// @inheritdoc IStreams
    function retire(StreamId stream) external {
        Stream storage s = _streams[stream];
        _checkOperator(s.operator);
        if (s.state == StreamState.Review && s.reopen) {
            s.reopen = false; // it goes back to Closed after the review
            emit StreamRetired(stream, _close(stream, StreamState.Review));
            return;
        }
        if (s.state != StreamState.Open) revert Errors.Streams_BadState(StreamState.Open, s.state);
        emit StreamRetired(stream, _close(stream, StreamState.Closed));
    }

    /// @dev The operator himself: admin or signer.
    function _checkOperator(OperatorId operator) private view {
        address admin = _operators[operator].admin;
        if (msg.sender != admin && msg.sender != _operators[operator].signer) {
            revert Errors.Streams_NotOperator(admin, msg.sender);
        }
    }

    function _close(StreamId stream, StreamState state) private returns (uint40 unbondAt) {
        Stream storage s = _streams[stream];
        unbondAt = uint40(block.timestamp);
        if (s.lastEnd > unbondAt) unbondAt = s.lastEnd;
        unbondAt += _unbond;
        s.state = state;
        s.unbondAt = unbondAt;
        _release(stream);
    }

    /// @dev Frees the device for a new listing.
    function _release(StreamId stream) internal {
        Stream storage s = _streams[stream];
        Slot storage slot = _devices[s.operator][s.device];
        if (StreamId.unwrap(slot.live) == StreamId.unwrap(stream)) slot.live = StreamId.wrap(0);
    }

    /// @inheritdoc IStreams
    function withdrawStake(StreamId stream) external nonReentrant onlyStreamOwner(stream) {
        Stream storage s = _streams[stream];
        if (s.state != StreamState.Closed) revert Errors.Streams_BadState(StreamState.Closed, s.state);
        if (block.timestamp < s.unbondAt) revert Errors.Streams_Unbonding(s.unbondAt, block.timestamp);
        if (_roundOpen(stream)) revert Errors.Streams_RoundOpen(s.round);
        uint96 amount = s.stake;
        s.stake = 0;
        s.state = StreamState.Withdrawn;
        emit StakeWithdrawn(stream, amount);
        _push(msg.sender, amount);
    }

    /// @dev Whether a round of challenges may still reach its quorum.
    function _roundOpen(StreamId stream) internal view virtual returns (bool);

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
