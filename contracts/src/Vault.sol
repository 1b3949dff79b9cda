// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Errors} from "./libraries/Errors.sol";
import {Config, Permit} from "./types/Types.sol";

/// @title Vault: the token, the rules, and what the market owes to whom
/// @notice Keeps the tokens; refuses rules that do not hold together.
/// @dev Money comes in by _pull and leaves by _push; in between it is stake, deposit, pool, escrow or credit.
abstract contract Vault is ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint256 private constant MAX_WINDOW = 90 days;
    uint256 private constant MAX_MAX_TERM = 366 days;

    IERC20 internal immutable _token;
    /// @dev Wei of one price unit: 1e-6 token.
    uint256 internal immutable _unit;
    address internal immutable _platform;
    address internal immutable _guardian;
    address internal immutable _arbiter;
    uint96 internal immutable _minStake;
    uint96 internal immutable _deposit;
    uint32 internal immutable _quorum;
    uint40 internal immutable _ttl;
    uint40 internal immutable _reviewMin;
    uint40 internal immutable _review;
    uint40 internal immutable _notice;
    uint40 internal immutable _claimWindow;
    uint40 internal immutable _challengeAfter;
    uint32 internal immutable _maxTerm;
    uint40 internal immutable _pauseMax;
    uint40 internal immutable _pauseGap;

    mapping(address => uint256) internal _credits;

    /// @dev One slot: what list and buy count, and the end of the last pause, which they ask.
    uint64 internal _streamCount;
    uint64 internal _purchaseCount;
    uint40 internal _operatorCount;
    uint40 internal _pausedUntil;

    modifier whenNotPaused() {
        _checkNotPaused();
        _;
    }

    function _checkNotPaused() private view {
        if (block.timestamp < _pausedUntil) revert Errors.Market_Paused(_pausedUntil, block.timestamp);
    }

    constructor(Config memory c) {
        _checkRoles(c);
        _checkTimes(c);
        if (c.quorum < 2 || c.quorum > 20) revert Errors.Market_BadConfig(3);
        if (c.deposit == 0 || c.minStake < 2 * uint256(c.quorum) * c.deposit) revert Errors.Market_BadConfig(4);
        if (c.token.code.length == 0) revert Errors.Market_BadConfig(1);
        uint256 decimals = IERC20Metadata(c.token).decimals();
        if (decimals < 6 || decimals > 18) revert Errors.Market_BadConfig(5);
        _token = IERC20(c.token);
        _unit = 10 ** (decimals - 6);
        _platform = c.platform;
        _guardian = c.guardian;
        _arbiter = c.arbiter;
        _minStake = c.minStake;
        _deposit = c.deposit;
        _quorum = c.quorum;
        _ttl = c.ttl;
        _reviewMin = c.reviewMin;
        _review = c.review;
        _notice = c.notice;
        _claimWindow = c.claimWindow;
        _challengeAfter = c.challengeAfter;
        _maxTerm = c.maxTerm;
        _pauseMax = c.pauseMax;
        _pauseGap = c.pauseGap;
    }

    /// @dev Platform, guardian and arbiter are three, and none of them the token or this market.
    function _checkRoles(Config memory c) private view {
        address[3] memory roles = [c.platform, c.guardian, c.arbiter];
        for (uint256 i = 0; i < 3; ++i) {
            if (
                roles[i] == address(0) || roles[i] == c.token || roles[i] == address(this)
                    || roles[i] == roles[(i + 1) % 3]
            ) revert Errors.Market_BadConfig(2);
        }
    }

    function _checkTimes(Config memory c) private pure {
        uint40[8] memory windows =
            [c.ttl, c.reviewMin, c.review, c.notice, c.claimWindow, c.challengeAfter, c.pauseMax, c.pauseGap];
        for (uint256 i = 0; i < 8; ++i) {
            if (windows[i] == 0 || windows[i] > MAX_WINDOW) revert Errors.Market_BadConfig(6);
        }
        if (c.maxTerm == 0 || c.maxTerm > MAX_MAX_TERM) revert Errors.Market_BadConfig(7);
        if (c.reviewMin >= c.review) revert Errors.Market_BadConfig(8);
        if (c.claimWindow >= c.challengeAfter) revert Errors.Market_BadConfig(9);
        if (c.pauseMax > c.pauseGap) revert Errors.Market_BadConfig(10);
        if (c.review - c.reviewMin >= c.challengeAfter) revert Errors.Market_BadConfig(11);
    }

    /// @dev What the market owed to itself nobody could withdraw.
    function _checkPayee(address account) internal view {
        if (account == address(this)) revert Errors.Market_PaysItself(account);
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
