// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OperatorId, Operator} from "../types/Types.sol";

/// @title Operators: who carries uplinks and may settle
interface IOperators {
    event OperatorRegistered(
        OperatorId indexed operator,
        address indexed admin,
        address signer,
        address payout,
        bytes32 keys,
        string metadataURI,
        bytes32 metadataHash
    );
    event SignerSet(OperatorId indexed operator, address signer);
    event PayoutSet(OperatorId indexed operator, address payout);
    event OperatorMetadataSet(OperatorId indexed operator, bytes32 keys, string metadataURI, bytes32 metadataHash);
    event OperatorVerified(OperatorId indexed operator, bool verified);

    /// @notice Registers the caller as admin of a new operator.
    /// @param signer hot key: signs device claims and settles; may be a contract (ERC-1271)
    /// @param payout where the operator's 10 % is credited
    /// @param keys hash of the operator's published encryption and ed25519 keys
    /// @param metadataURI where name and API address are found
    /// @param metadataHash keccak256 of what is found there
    function registerOperator(
        address signer,
        address payout,
        bytes32 keys,
        string calldata metadataURI,
        bytes32 metadataHash
    ) external returns (OperatorId operator);

    /// @notice Replaces the hot key. Admin only.
    function setSigner(OperatorId operator, address signer) external;

    /// @notice Replaces the payout address for settlements from now on. Admin only.
    function setPayout(OperatorId operator, address payout) external;

    /// @notice Replaces keys and metadata. Admin only.
    function setOperatorMetadata(OperatorId operator, bytes32 keys, string calldata metadataURI, bytes32 metadataHash)
        external;

    /// @notice Says that the platform has met (or no longer vouches for) an operator. Platform owner only.
    function verifyOperator(OperatorId operator, bool verified) external;

    function getOperator(OperatorId operator) external view returns (Operator memory);

    function operatorCount() external view returns (uint64);
}
