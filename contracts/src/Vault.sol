// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Errors} from "./libraries/Errors.sol";
import {Config, Permit} from "./types/Types.sol";

/// @title Vault: the token, the rules, and what the market owes to whom
/// @notice Keeps the tokens; refuses rules that do not hold together.
/// @dev Money comes in by _pull and leaves by _push; in between it is stake, deposit, escrow or credit.
abstract contract Vault is ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev Wei of one price unit: 1e-6 of an 18-decimal token.
    uint256 internal constant MICRO = 1e12;

    IERC20 internal immutable _token;
    address internal immutable _platform;
    address internal immutable _guardian;
    address internal immutable _arbiter;
    uint96 internal immutable _minStake;
    uint96 internal immutable _deposit;
    uint96 internal immutable _fee;
    uint32 internal immutable _quorum;
    uint32 internal immutable _maxTerm;
    uint40 internal immutable _ttl;
    uint40 internal immutable _review;
    uint40 internal immutable _claimWindow;
    uint40 internal immutable _challengeAfter;
    uint40 internal immutable _unbond;

    mapping(address => uint256) internal _credits;

    constructor(Config memory c) {
        if (c.token.code.length == 0) revert Errors.Market_BadConfig(1);
        if (c.platform == address(0) || c.arbiter == address(0) || c.guardian == address(0)) {
            revert Errors.Market_BadConfig(2);
        }
        if (uint256(c.quorum) * c.deposit < 2 * uint256(c.fee)) revert Errors.Market_BadConfig(3);
        if (uint256(c.minStake) < 2 * uint256(c.fee)) revert Errors.Market_BadConfig(4);
        if (c.unbond < c.ttl + c.review) revert Errors.Market_BadConfig(5);
        if (c.quorum < 2 || c.maxTerm == 0 || c.ttl == 0 || c.review == 0 || c.claimWindow == 0) {
            revert Errors.Market_BadConfig(6);
        }
        _token = IERC20(c.token);
        _platform = c.platform;
        _guardian = c.guardian;
        _arbiter = c.arbiter;
        _minStake = c.minStake;
        _deposit = c.deposit;
        _fee = c.fee;
        _quorum = c.quorum;
        _maxTerm = c.maxTerm;
        _ttl = c.ttl;
        _review = c.review;
        _claimWindow = c.claimWindow;
        _challengeAfter = c.challengeAfter;
        _unbond = c.unbond;
    }

    /// @dev Takes exactly `amount` from the caller; a token that brings less (fee on transfer) is refused.
    function _pull(uint256 amount) internal {
        uint256 before = _token.balanceOf(address(this));
        _token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 got = _token.balanceOf(address(this)) - before;
        if (got != amount) revert Errors.Market_PulledLess(amount, got);
    }

    function _push(address to, uint256 amount) internal {
        _token.safeTransfer(to, amount);
    }

    /// @notice Spends an ERC-2612 permit of the caller. Put it before list, addStake, buy, extend or challenge in one
    /// multicall: that is their permit variant.
    /// @param p the permit, to this market
    /// @dev One that fails is ignored: somebody may have used it before us, then the allowance stands already.
    function usePermit(Permit calldata p) external {
        try IERC20Permit(address(_token)).permit(msg.sender, address(this), p.value, p.deadline, p.v, p.r, p.s) {}
            catch {}
    }
}
