// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetId} from "../types/Identifiers.sol";

/// @title What can be a reason for building a part in or taking it out.
/// @dev Asked only where governance has appointed the contract a recorder (`appointRecorder`).
interface IStepSource {
    /// @notice Whether step `id` is work on this machine at which parts may change now.
    function isStepFor(AssetId asset, uint256 id) external view returns (bool);
}
