// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title DTX: the token of development networks
/// @notice 18 decimals, fixed supply, ERC-2612 permits. Elsewhere the market takes any plain ERC-20.
contract DTX is ERC20Permit {
    /// @notice Mints the whole supply, once.
    /// @param holder who gets it
    /// @param supply wei
    constructor(address holder, uint256 supply)
        ERC20("DataBroker DAO Token", "DTX")
        ERC20Permit("DataBroker DAO Token")
    {
        _mint(holder, supply);
    }
}
