// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {Challenges} from "./Challenges.sol";
import {Errors} from "./libraries/Errors.sol";
import {Vault} from "./Vault.sol";
import {Config} from "./types/Types.sol";

/// @title DataMarket: sensor streams under stake, sold per delivered reading
/// @notice One immutable deployment: no proxy, no setting can change after construction. A new version is a new address.
contract DataMarket is Challenges, Multicall {
    /// @notice Fixes the rules for ever; refuses those that do not hold together (Market_BadConfig).
    /// @param c token, roles, amounts and times
    constructor(Config memory c) Vault(c) EIP712("DataMarket", "1") Ownable(c.owner) {}

    /// @notice Stops new listings, purchases and extensions. Exits, claims, challenges and refunds go on.
    function pause() external {
        if (msg.sender != _guardian) revert Errors.Market_NotGuardian(_guardian, msg.sender);
        _pause();
    }

    /// @notice Lifts a pause.
    function unpause() external {
        if (msg.sender != _guardian) revert Errors.Market_NotGuardian(_guardian, msg.sender);
        _unpause();
    }

    /// @notice The rules of this deployment. `owner` is the present one.
    /// @return token, roles, amounts and times
    function config() external view returns (Config memory) {
        return Config({
            token: address(_token),
            owner: owner(),
            platform: _platform,
            guardian: _guardian,
            arbiter: _arbiter,
            minStake: _minStake,
            deposit: _deposit,
            fee: _fee,
            quorum: _quorum,
            ttl: _ttl,
            review: _review,
            claimWindow: _claimWindow,
            challengeAfter: _challengeAfter,
            unbond: _unbond,
            maxTerm: _maxTerm
        });
    }

    /// @notice The token everything is paid in.
    /// @return its address
    function token() external view returns (address) {
        return address(_token);
    }
}
