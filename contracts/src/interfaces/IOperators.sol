// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OperatorId, Operator} from "../types/Types.sol";

/// @title Operators: who carries uplinks and may settle
/// @notice A cold admin key rules; a hot signer key may only sign device claims and settlements.
interface IOperators {
    /// @notice Somebody registered as an operator; keys and metadata follow as OperatorMetadataSet.
    /// @param operator its number, from 1
    /// @param admin may change everything that follows
    /// @param signer hot key
    /// @param payout where the operator's 10 % is credited
    event OperatorRegistered(OperatorId indexed operator, address indexed admin, address signer, address payout);
    /// @notice An admin named who may take his place.
    /// @param operator whose
    /// @param pending who may accept; zero takes the offer back
    event AdminOffered(OperatorId indexed operator, address indexed pending);
    /// @notice An operator has another admin. Clears `verified`.
    /// @param operator whose
    /// @param admin the new one
    event AdminSet(OperatorId indexed operator, address indexed admin);
    /// @notice The hot key was replaced.
    /// @param operator whose
    /// @param signer the new one
    event SignerSet(OperatorId indexed operator, address signer);
    /// @notice The payout address was replaced.
    /// @param operator whose
    /// @param payout the new one
    event PayoutSet(OperatorId indexed operator, address payout);
    /// @notice Keys and metadata were set. Clears `verified`.
    /// @param operator whose
    /// @param keys hash of the published keys
    /// @param metadataURI where name and API address are found
    /// @param metadataHash keccak256 of what is found there
    event OperatorMetadataSet(OperatorId indexed operator, bytes32 keys, string metadataURI, bytes32 metadataHash);
    /// @notice The platform vouches for an operator, or no longer does.
    /// @param operator which
    /// @param verified whether it does
    event OperatorVerified(OperatorId indexed operator, bool verified);

    /// @notice Registers the caller as admin of a new operator.
    /// @param signer hot key: signs device claims and settles; another account than the caller; may be a contract
    /// (ERC-1271)
    /// @param payout where the operator's 10 % is credited
    /// @param keys hash of the operator's published encryption and ed25519 keys
    /// @param metadataURI where name and API address are found
    /// @param metadataHash keccak256 of what is found there
    /// @return operator its number, from 1
    function registerOperator(
        address signer,
        address payout,
        bytes32 keys,
        string calldata metadataURI,
        bytes32 metadataHash
    ) external returns (OperatorId operator);

    /// @notice Names who may become admin by accepting. Admin only.
    /// @param operator whose
    /// @param admin the next one; zero takes the offer back
    function transferAdmin(OperatorId operator, address admin) external;

    /// @notice Makes the caller admin, if the admin named him and he is not the signer. Clears `verified`.
    /// @param operator whose
    function acceptAdmin(OperatorId operator) external;

    /// @notice Replaces the hot key; what the old one signed and nobody relayed is void. Admin only.
    /// @param operator whose
    /// @param signer the new one, not zero; may be a contract (ERC-1271)
    function setSigner(OperatorId operator, address signer) external;

    /// @notice Replaces the payout address for settlements from now on. Admin only.
    /// @param operator whose
    /// @param payout the new one, neither zero nor the market
    function setPayout(OperatorId operator, address payout) external;

    /// @notice Replaces keys and metadata. Admin only. Clears `verified`.
    /// @param operator whose
    /// @param keys hash of the published encryption and ed25519 keys
    /// @param metadataURI where name and API address are found
    /// @param metadataHash keccak256 of what is found there
    function setOperatorMetadata(OperatorId operator, bytes32 keys, string calldata metadataURI, bytes32 metadataHash)
        external;

    /// @notice Says that the platform has met (or no longer vouches for) an operator. Platform owner only.
    /// @param operator which
    /// @param verified whether the platform vouches for it
    /// @param metadataHash of the metadata it has looked at; must be the operator's now
    function verifyOperator(OperatorId operator, bool verified, bytes32 metadataHash) external;

    /// @notice One operator.
    /// @param operator its number
    /// @return what is stored of it; zeros if there is none
    function getOperator(OperatorId operator) external view returns (Operator memory);

    /// @notice How many operators there are.
    /// @return the number of the last one
    function operatorCount() external view returns (uint40);
}
