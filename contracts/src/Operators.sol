// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IOperators} from "./interfaces/IOperators.sol";
import {Errors} from "./libraries/Errors.sol";
import {OperatorId, Operator} from "./types/Types.sol";

/// @title Operators
/// @notice See IOperators.
abstract contract Operators is IOperators, Ownable2Step {
    mapping(OperatorId => Operator) internal _operators;
    uint64 private _operatorCount;

    modifier onlyAdmin(OperatorId operator) {
        _checkAdmin(operator);
        _;
    }

    function _checkAdmin(OperatorId operator) private view {
        address admin = _operators[operator].admin;
        if (msg.sender != admin) revert Errors.Operators_NotAdmin(admin, msg.sender);
    }

    /// @inheritdoc IOperators
    function registerOperator(
        address signer,
        address payout,
        bytes32 keys,
        string calldata metadataURI,
        bytes32 metadataHash
    ) external returns (OperatorId operator) {
        if (signer == address(0) || payout == address(0)) {
            revert Errors.Operators_ZeroAddress();
        }
        operator = OperatorId.wrap(++_operatorCount);
        _operators[operator] = Operator({
            admin: msg.sender,
            signer: signer,
            payout: payout,
            verified: false,
            keys: keys,
            metadataHash: metadataHash,
            metadataURI: metadataURI
        });
        emit OperatorRegistered(operator, msg.sender, signer, payout, keys, metadataURI, metadataHash);
    }

    /// @inheritdoc IOperators
    function setSigner(OperatorId operator, address signer) external onlyAdmin(operator) {
        if (signer == address(0)) revert Errors.Operators_ZeroAddress();
        _operators[operator].signer = signer;
        emit SignerSet(operator, signer);
    }

    /// @inheritdoc IOperators
    function setPayout(OperatorId operator, address payout) external onlyAdmin(operator) {
        if (payout == address(0)) revert Errors.Operators_ZeroAddress();
        _operators[operator].payout = payout;
        emit PayoutSet(operator, payout);
    }

    /// @inheritdoc IOperators
    function setOperatorMetadata(OperatorId operator, bytes32 keys, string calldata metadataURI, bytes32 metadataHash)
        external
        onlyAdmin(operator)
    {
        Operator storage o = _operators[operator];
        o.keys = keys;
        o.metadataURI = metadataURI;
        o.metadataHash = metadataHash;
        emit OperatorMetadataSet(operator, keys, metadataURI, metadataHash);
    }

    /// @inheritdoc IOperators
    function verifyOperator(OperatorId operator, bool verified) external onlyOwner {
        if (_operators[operator].admin == address(0)) revert Errors.Operators_Unknown(OperatorId.unwrap(operator));
        _operators[operator].verified = verified;
        emit OperatorVerified(operator, verified);
    }

    /// @inheritdoc IOperators
    function getOperator(OperatorId operator) external view returns (Operator memory) {
        return _operators[operator];
    }

    /// @inheritdoc IOperators
    function operatorCount() external view returns (uint64) {
        return _operatorCount;
    }
}
