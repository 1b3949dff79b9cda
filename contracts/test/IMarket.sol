// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChallenges} from "../src/interfaces/IChallenges.sol";
import {IOperators} from "../src/interfaces/IOperators.sol";
import {IPurchases} from "../src/interfaces/IPurchases.sol";
import {IStreams} from "../src/interfaces/IStreams.sol";
import {Config, Permit} from "../src/types/Types.sol";

/// The market as the tests see it: by its interfaces, so that they are compiled apart from it, and quickly.
interface IMarket is IOperators, IStreams, IPurchases, IChallenges {
    function usePermit(Permit calldata p) external;
    function multicall(bytes[] calldata data) external returns (bytes[] memory);
    function pause() external;
    function pausedUntil() external view returns (uint40);
    function config() external view returns (Config memory);
    function owner() external view returns (address);
    function transferOwnership(address to) external;
    function acceptOwnership() external;
    function renounceOwnership() external;
}
