// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SplitId} from "./Identifiers.sol";

/// All that settlement needs to know of an asset, in one slot: meter 160 | split 64 | epoch 32.
type Route is uint256;

using RouteParts for Route global;

Route constant NO_ROUTE = Route.wrap(0);

function packRoute(address meter_, SplitId split_, uint32 epoch_) pure returns (Route) {
    return Route.wrap((uint256(uint160(meter_)) << 96) | (uint256(SplitId.unwrap(split_)) << 32) | epoch_);
}

library RouteParts {
    function isNone(Route route) internal pure returns (bool) {
        return Route.unwrap(route) == 0;
    }

    function meter(Route route) internal pure returns (address) {
        return address(uint160(Route.unwrap(route) >> 96));
    }

    function split(Route route) internal pure returns (SplitId) {
        return SplitId.wrap(uint64(Route.unwrap(route) >> 32));
    }

    function epoch(Route route) internal pure returns (uint32) {
        return uint32(Route.unwrap(route));
    }
}
