// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";

/// @title What modules ask of our own ledger, without asking first whether it has code, and without Solidity's encoding of arrays.
///        Assembly: see ReadingCodec.
library LedgerCalls {
    /// @notice `moveFrom` of our own ledger.
    function moveFrom(IPrepaidAccounts accounts, bytes32 key, address to, address currency, uint256 amount) internal {
        bytes4 selector = IPrepaidAccounts.moveFrom.selector;
        assembly ("memory-safe") {
            let call_ := mload(0x40)
            mstore(call_, selector)
            mstore(add(call_, 0x04), key)
            mstore(add(call_, 0x24), shr(96, shl(96, to)))
            mstore(add(call_, 0x44), shr(96, shl(96, currency)))
            mstore(add(call_, 0x64), amount)
            if iszero(call(gas(), accounts, 0, call_, 0x84, 0, 0)) {
                returndatacopy(call_, 0, returndatasize())
                revert(call_, returndatasize())
            }
        }
    }

    /// @notice `moveFromToMany` of our own ledger, its two arrays copied as they lie in memory.
    function moveFromToMany(
        IPrepaidAccounts accounts,
        bytes32 key,
        address currency,
        address[] memory receivers,
        uint256[] memory amounts
    ) internal {
        bytes4 selector = IPrepaidAccounts.moveFromToMany.selector;
        assembly ("memory-safe") {
            let call_ := mload(0x40)
            let size := shl(5, add(mload(receivers), 1))
            mstore(call_, selector)
            mstore(add(call_, 0x04), key)
            mstore(add(call_, 0x24), shr(96, shl(96, currency)))
            mstore(add(call_, 0x44), 0x80)
            mstore(add(call_, 0x64), add(0x80, size))
            mcopy(add(call_, 0x84), receivers, size)
            mcopy(add(call_, add(0x84, size)), amounts, shl(5, add(mload(amounts), 1)))
            if iszero(call(gas(), accounts, 0, call_, add(0x84, add(size, shl(5, add(mload(amounts), 1)))), 0, 0)) {
                returndatacopy(call_, 0, returndatasize())
                revert(call_, returndatasize())
            }
        }
    }
}
