// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PlanPoint} from "../types/Financing.sol";

/// @title A plan of receipts: points (seconds since the start, units expected in all by then), linear between them and from (0, 0).
library PlanMath {
    /// @notice Units expected by `elapsed`; rounded down, and level behind the last point.
    function expected(PlanPoint[] memory plan, uint256 elapsed) internal pure returns (uint256) {
        (uint256 time, uint256 amount) = (0, 0);
        for (uint256 i = 0; i < plan.length; ++i) {
            (uint256 nextTime, uint256 nextAmount) = (plan[i].time, plan[i].amount);
            if (elapsed < nextTime) return amount + (nextAmount - amount) * (elapsed - time) / (nextTime - time);
            (time, amount) = (nextTime, nextAmount);
        }
        return amount;
    }

    /// @notice The last second at which no more than `received` was expected; the largest number where the plan never expects more.
    function coveredUntil(PlanPoint[] memory plan, uint256 received) internal pure returns (uint256) {
        (uint256 time, uint256 amount) = (0, 0);
        for (uint256 i = 0; i < plan.length; ++i) {
            (uint256 nextTime, uint256 nextAmount) = (plan[i].time, plan[i].amount);
            if (received < nextAmount) return time + (received - amount) * (nextTime - time) / (nextAmount - amount);
            (time, amount) = (nextTime, nextAmount);
        }
        return type(uint256).max;
    }
}
