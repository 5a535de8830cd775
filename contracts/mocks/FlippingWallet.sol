// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @dev Accepts every signature or none, as its owner last said.
contract FlippingWallet is IERC1271 {
    bool public accepting = true;

    function setAccepting(bool on) external {
        accepting = on;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        return accepting ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
