// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IOperators} from "./interfaces/IOperators.sol";
import {Errors} from "./libraries/Errors.sol";
import {Vault} from "./Vault.sol";
import {OperatorId, Operator} from "./types/Types.sol";

/// @title Operators
/// @notice See IOperators.
abstract contract Operators is IOperators, Ownable2Step, Vault {
    mapping(OperatorId => Operator) internal _operators;

    modifier onlyAdmin(OperatorId operator) {
        _checkAdmin(operator);
        _;
    }

    function _checkAdmin(OperatorId operator) internal view {
        address admin = _operators[operator].admin;
        if (msg.sender != admin) revert Errors.Operators_NotAdmin(admin, msg.sender);
    }

    /// @dev The hot key is nobody's admin key: what it can do must stay what a server may do.
    function _checkSigner(address signer, address admin) private pure {
        if (signer == address(0)) revert Errors.Operators_ZeroAddress();
        if (signer == admin) revert Errors.Operators_SignerIsAdmin(admin);
    }

    function _checkPayout(address payout) private view {
        if (payout == address(0)) revert Errors.Operators_ZeroAddress();
        _checkPayee(payout);
    }

    /// @inheritdoc IOperators
    function registerOperator(
        address signer,
        address payout,
        bytes32 keys,
        string calldata metadataURI,
        bytes32 metadataHash
    ) external returns (OperatorId operator) {
        _checkSigner(signer, msg.sender);
        _checkPayout(payout);
        operator = OperatorId.wrap(++_operatorCount);
        Operator storage o = _operators[operator];
        o.admin = msg.sender;
        o.signer = signer;
        o.payout = payout;
        emit OperatorRegistered(operator, msg.sender, signer, payout);
        _setMetadata(operator, keys, metadataURI, metadataHash);
    }

    /// @inheritdoc IOperators
    function transferAdmin(OperatorId operator, address admin) external onlyAdmin(operator) {
        _operators[operator].pending = admin;
        emit AdminOffered(operator, admin);
    }

    /// @inheritdoc IOperators
    function acceptAdmin(OperatorId operator) external {
        Operator storage o = _operators[operator];
        if (msg.sender != o.pending) revert Errors.Operators_NotPending(o.pending, msg.sender);
        _checkSigner(o.signer, msg.sender);
        o.admin = msg.sender;
        o.pending = address(0);
        o.verified = false;
        emit AdminSet(operator, msg.sender);
    }

    /// @inheritdoc IOperators
    function setSigner(OperatorId operator, address signer) external onlyAdmin(operator) {
        _checkSigner(signer, msg.sender);
        _operators[operator].signer = signer;
        emit SignerSet(operator, signer);
    }

    /// @inheritdoc IOperators
    function setPayout(OperatorId operator, address payout) external onlyAdmin(operator) {
        _checkPayout(payout);
        _operators[operator].payout = payout;
        emit PayoutSet(operator, payout);
    }

    /// @inheritdoc IOperators
    function setOperatorMetadata(OperatorId operator, bytes32 keys, string calldata metadataURI, bytes32 metadataHash)
        external
        onlyAdmin(operator)
    {
        _setMetadata(operator, keys, metadataURI, metadataHash);
    }

    function _setMetadata(OperatorId operator, bytes32 keys, string calldata metadataURI, bytes32 metadataHash)
        private
    {
        Operator storage o = _operators[operator];
        o.keys = keys;
        o.metadataURI = metadataURI;
        o.metadataHash = metadataHash;
        o.verified = false;
        emit OperatorMetadataSet(operator, keys, metadataURI, metadataHash);
    }

    /// @inheritdoc IOperators
    function verifyOperator(OperatorId operator, bool verified, bytes32 metadataHash) external onlyOwner {
        Operator storage o = _operators[operator];
        if (o.admin == address(0)) revert Errors.Operators_Unknown(OperatorId.unwrap(operator));
        if (o.metadataHash != metadataHash) revert Errors.Operators_MetadataChanged(metadataHash, o.metadataHash);
        o.verified = verified;
        emit OperatorVerified(operator, verified);
    }

    /// @inheritdoc IOperators
    function getOperator(OperatorId operator) external view returns (Operator memory) {
        return _operators[operator];
    }

    /// @inheritdoc IOperators
    function operatorCount() external view returns (uint40) {
        return _operatorCount;
    }
}
