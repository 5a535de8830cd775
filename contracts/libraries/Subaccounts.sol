// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Addresses of modules' pots in the ledger: derived, so that a module's power over them needs no registration. Assembly: see ReadingCodec.
/// @dev To hit a given account takes 2^160 hashes. A pair that collides is found in 2^80, but whoever searches for it
///      owns both sides of it and gains nothing.
library Subaccounts {
    /// @return account The lower 160 bits of keccak256(abi.encode(module, key)).
    function derive(address module, bytes32 key) internal pure returns (address account) {
        assembly ("memory-safe") {
            mstore(0, shr(96, shl(96, module)))
            mstore(0x20, key)
            account := shr(96, shl(96, keccak256(0, 0x40)))
        }
    }
}
