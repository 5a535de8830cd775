// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IDirectory} from "../interfaces/IDirectory.sol";

contract Directory is IDirectory, AccessManaged {
    mapping(bytes32 name => address) private _locations;
    bytes32[] private _names;

    constructor(address authority_) AccessManaged(authority_) {}

    /// @inheritdoc IDirectory
    function set(bytes32 name, address location) external restricted {
        if (location == address(0)) revert Directory_ZeroAddress(name);
        if (_locations[name] != address(0)) revert Directory_AlreadySet(name, _locations[name]);
        _locations[name] = location;
        _names.push(name);
        emit EntrySet(name, location);
    }

    /// @inheritdoc IDirectory
    function addressOf(bytes32 name) external view returns (address location) {
        location = _locations[name];
        if (location == address(0)) revert Directory_Unknown(name);
    }

    /// @inheritdoc IDirectory
    function entries() external view returns (bytes32[] memory names, address[] memory locations) {
        names = _names;
        locations = new address[](names.length);
        for (uint256 i = 0; i < names.length; ++i) {
            locations[i] = _locations[names[i]];
        }
    }
}
