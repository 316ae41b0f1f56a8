// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title Money in and out, in the chain's own coin (token 0) or an ERC-20.
library Payments {
    using SafeERC20 for IERC20;

    /// Thrown when the value sent differs from the amount named (native), or when value comes with a token.
    error WrongValue(uint256 sent, uint256 expected);
    /// Thrown when a native payment is refused by its receiver.
    error PaymentRefused(address to, uint256 amount);

    /// Takes an amount from the sender; returns what arrived, which a token may have made less.
    function take(address token, uint256 amount) internal returns (uint256) {
        if (token == address(0)) {
            if (msg.value != amount) revert WrongValue(msg.value, amount);
            return amount;
        }
        if (msg.value != 0) revert WrongValue(msg.value, 0);
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        return IERC20(token).balanceOf(address(this)) - before;
    }

    function pay(address token, address to, uint256 amount) internal {
        if (token != address(0)) return IERC20(token).safeTransfer(to, amount);
        payNative(to, amount);
    }

    function payNative(address to, uint256 amount) internal {
        (bool ok,) = to.call{value: amount}("");
        if (!ok) revert PaymentRefused(to, amount);
    }
}
