// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HostileToken} from "./HostileToken.sol";

/// @dev The sender pays one per cent on top of what was sent, once the fee is switched on.
contract FeeOnSenderToken is HostileToken {
    bool public charging;

    function setCharging(bool on) external {
        charging = on;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (charging && from != address(0)) super._update(from, address(0), amount / 100);
    }
}
