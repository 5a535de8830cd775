// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IPrepaidAccounts} from "../interfaces/IPrepaidAccounts.sol";

/// @title Payees and shares written once, as the code of an inert contract: read in one piece they cost a third of what as many
///        storage slots would, and most of a distribution is such reads. Assembly: see ReadingCodec.
library PayeeLists {
    /// @return list Its code is a clone of nothing: it holds the list and can do nothing when called.
    function write(address[] memory receivers, uint256[] memory shares, uint256 sum) internal returns (address list) {
        return Clones.cloneWithImmutableArgs(address(0), abi.encode(receivers, shares, sum));
    }

    /// @notice What `write` wrote, decoded where it lies: encoded arrays are laid out as arrays in memory are.
    /// @param list Made by `write`.
    function read(address list)
        internal
        view
        returns (address[] memory receivers, uint256[] memory shares, uint256 sum)
    {
        bytes memory encoded = Clones.fetchCloneArgs(list);
        assembly ("memory-safe") {
            let start := add(encoded, 0x20)
            receivers := add(start, mload(start))
            shares := add(start, mload(add(start, 0x20)))
            sum := mload(add(start, 0x40))
        }
    }

    /// @notice `moveFromToMany` of our own ledger, its two arrays copied as they lie in memory.
    function pay(
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
