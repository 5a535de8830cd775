// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AssetId} from "../types/Identifiers.sol";
import {OrderKind} from "../types/Service.sol";

/// @title Policy that says who may bid for which work. Small and replaceable by governance.
interface IWorkerEligibility {
    /// @return reason Zero if `worker` may bid for work of this kind on `asset`, otherwise a short reason in ASCII.
    function refusal(AssetId asset, OrderKind kind, address worker) external view returns (bytes32 reason);
}
