// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title How far an odometer can have come since its last checkpoint.
/// @dev Growth over any number of checkpoints never exceeds rate × time: a checkpoint gives up whole units that were not
///      used and carries only the fraction of one unit, so that a slow counter which reports often is not held at zero.
library OdometerMath {
    uint256 private constant DAY = 1 days;

    /// @return The highest plausible odometer, rounded down.
    function highest(uint48 odometer, uint48 ratePerDay, uint40 since, uint256 now_) internal pure returns (uint256) {
        return odometer + uint256(ratePerDay) * (now_ - since) / DAY;
    }

    /// @return since From when the rate counts after the odometer grew by `growth`, which `highest` allows: at most one unit's
    ///         time before `now_`, rounded up.
    function carry(uint48 growth, uint48 ratePerDay, uint40 since, uint256 now_) internal pure returns (uint40) {
        if (ratePerDay == 0) return uint40(now_);
        uint256 unused = uint256(ratePerDay) * (now_ - since) - growth * DAY;
        if (unused >= DAY) unused = DAY - 1;
        return uint40(now_ - unused / ratePerDay);
    }
}
