// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStepSource} from "../interfaces/IStepSource.sol";
import {AssetId} from "../types/Identifiers.sol";

/// A recorder whose steps a test sets.
contract StepSourceStub is IStepSource {
    mapping(AssetId => mapping(uint256 id => bool)) public isStepFor;

    function set(AssetId asset, uint256 id, bool on) external {
        isStepFor[asset][id] = on;
    }
}
