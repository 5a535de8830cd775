// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HostileToken} from "./HostileToken.sol";

/// @dev Knows no permits but answers every unknown call as if it had done it.
contract SilentFallbackToken is HostileToken {
    fallback() external {}
}
