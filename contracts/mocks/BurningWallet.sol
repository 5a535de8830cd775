// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @dev Accepts every signature until told to burn; then it spends all the gas it is given.
contract BurningWallet is IERC1271 {
    bool public burning;

    function setBurning(bool on) external {
        burning = on;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        while (burning) {}
        return IERC1271.isValidSignature.selector;
    }
}
