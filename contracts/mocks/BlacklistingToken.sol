// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HostileToken} from "./HostileToken.sol";

/// @dev Its issuer can refuse single receivers and senders.
contract BlacklistingToken is HostileToken {
    error Blacklisted(address account);

    mapping(address account => bool) public isBlacklisted;

    function blacklist(address account, bool on) external {
        isBlacklisted[account] = on;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (isBlacklisted[from]) revert Blacklisted(from);
        if (isBlacklisted[to]) revert Blacklisted(to);
        super._update(from, to, amount);
    }
}
