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
    /// @notice Listings, purchases and extensions stop for a while.
    /// @param until unix seconds, exclusive
    event Paused(uint40 until);

    /// @notice Fixes the rules for ever; refuses those that do not hold together (Market_BadConfig).
    /// @param c token, roles, amounts and times
    constructor(Config memory c) Vault(c) EIP712("DataMarket", "2") Ownable(c.owner) {}

    /// @notice Stops new listings, purchases and extensions for PAUSE_MAX. Exits, claims, challenges and refunds go on.
    /// Guardian only, and not before PAUSE_GAP has passed since the last pause ended: a lost key pauses nothing for ever.
    function pause() external {
        if (msg.sender != _guardian) revert Errors.Market_NotGuardian(_guardian, msg.sender);
        uint256 from = uint256(_pausedUntil) + _pauseGap;
        if (block.timestamp < from) revert Errors.Market_PausedLately(from, block.timestamp);
        uint40 until = uint40(block.timestamp) + _pauseMax;
        _pausedUntil = until;
        emit Paused(until);
    }

    /// @notice When the last pause ends or ended.
    /// @return unix seconds, exclusive; 0 if there was none
    function pausedUntil() external view returns (uint40) {
        return _pausedUntil;
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
            quorum: _quorum,
            ttl: _ttl,
            reviewMin: _reviewMin,
            review: _review,
            notice: _notice,
            claimWindow: _claimWindow,
            challengeAfter: _challengeAfter,
            maxTerm: _maxTerm,
            pauseMax: _pauseMax,
            pauseGap: _pauseGap
        });
    }
}
