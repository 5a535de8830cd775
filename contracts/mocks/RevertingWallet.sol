// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @dev Reverts instead of answering.
contract RevertingWallet is IERC1271 {
    error NoAnswer();

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        revert NoAnswer();
    }
}
