// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev Answers with one megabyte of which the first word is the accepting one, or not.
contract ReturnBombWallet {
    bytes4 private immutable _firstWord;

    constructor(bytes4 firstWord) {
        _firstWord = firstWord;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        bytes4 word = _firstWord;
        assembly {
            mstore(0, word)
            return(0, 1048576)
        }
    }
}
