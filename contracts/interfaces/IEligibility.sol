// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetId} from "../types/Identifiers.sol";

/// @title Policy that says whether an asset may be offered. Small and replaceable by governance.
interface IEligibility {
    /// @return reason Zero if `provider` may offer `asset`, otherwise a short reason in ASCII.
    function refusal(AssetId asset, address provider) external view returns (bytes32 reason);
}
