// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

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
}
