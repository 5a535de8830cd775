// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HostileToken} from "./HostileToken.sol";

/// @dev Adds a freely set lie to every balance that it reports. Transfers say "true" and move nothing while it is idle.
contract LyingBalanceToken is HostileToken {
    uint256 public lie;
    bool public idle;

    function setLie(uint256 lie_) external {
        lie = lie_;
    }

    function setIdle(bool on) external {
        idle = on;
    }

    function balanceOf(address owner) public view override returns (uint256) {
        return super.balanceOf(owner) + lie;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (!idle) super._update(from, to, amount);
    }
}
