// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OdometerMath} from "../libraries/OdometerMath.sol";

/// Exposes the library to tests.
contract OdometerMathHarness {
    function highest(uint48 odometer, uint48 ratePerDay, uint40 since, uint256 now_) external pure returns (uint256) {
        return OdometerMath.highest(odometer, ratePerDay, since, now_);
    }

    function carry(uint48 growth, uint48 ratePerDay, uint40 since, uint256 now_) external pure returns (uint40) {
        return OdometerMath.carry(growth, ratePerDay, since, now_);
    }
}
