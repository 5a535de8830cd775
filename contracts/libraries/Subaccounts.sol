// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Addresses of modules' pots in the ledger: derived, so that a module's power over them needs no registration.
/// @dev To hit a given account takes 2^160 hashes. A pair that collides is found in 2^80, but whoever searches for it
///      owns both sides of it and gains nothing.
library Subaccounts {
    function derive(address module, bytes32 key) internal pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode(module, key)))));
    }
}
