// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Name → address of every contract of this platform; the one address an auditor needs.
interface IDirectory {
    event EntrySet(bytes32 indexed name, address indexed location);

    error Directory_Unknown(bytes32 name);
    error Directory_ZeroAddress(bytes32 name);
    error Directory_AlreadySet(bytes32 name, address location);

    /// @notice Adds a name once; what is listed never moves, so an auditor's starting point cannot be swapped under it.
    /// @dev Restricted to the listing role.
    function set(bytes32 name, address location) external;

    /// @return location The address under `name`; reverts `Directory_Unknown` where there is none.
    function addressOf(bytes32 name) external view returns (address location);

    /// @return names Every name in order of listing.
    /// @return locations The addresses, same order.
    function entries() external view returns (bytes32[] memory names, address[] memory locations);
}
