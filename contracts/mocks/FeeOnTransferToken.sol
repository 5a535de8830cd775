// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HostileToken} from "./HostileToken.sol";

/// @dev The receiver gets one per cent less than was sent, once the fee is switched on.
contract FeeOnTransferToken is HostileToken {
    bool public charging = true;

    function setCharging(bool on) external {
        charging = on;
    }

    function _update(address from, address to, uint256 amount) internal override {
        uint256 fee = charging && from != address(0) ? amount / 100 : 0;
        super._update(from, to, amount - fee);
        if (fee != 0) super._update(from, address(0), fee);
    }
}
