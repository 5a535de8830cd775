// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PricePoint} from "../types/Guarantee.sol";

/// @title What a machine is bought back for: its age by the points, less wear above the allowance, less missed services.
/// @dev Each part is rounded against the holder, so that no rounding asks more of the collateral than the exact price; it asks at most
///      two base units and the deduction for one unit of the odometer less.
library BuybackPrice {
    uint256 private constant YEAR = 365 days;
    uint256 private constant MILLION = 1_000_000;

    /// @param points By rising age and falling price, at least one.
    /// @param age Seconds.
    /// @return Base units: the first price up to the first point, the last one after the last, rounded down between two.
    function atAge(PricePoint[] memory points, uint256 age) internal pure returns (uint256) {
        uint256 last = points.length - 1;
        if (age <= points[0].age) return points[0].price;
        if (age >= points[last].age) return points[last].price;
        uint256 next = 1;
        while (points[next].age < age) ++next;
        PricePoint memory from = points[next - 1];
        PricePoint memory to = points[next];
        return from.price - _ceilDiv(uint256(from.price - to.price) * (age - from.age), to.age - from.age);
    }

    /// @notice For the units above start + allowance; the allowance is rounded down, the deduction up.
    /// @return Base units.
    function forWear(uint256 odometer, uint256 start, uint256 unitsPerYear, uint256 age, uint256 deductionPerMillion)
        internal
        pure
        returns (uint256)
    {
        uint256 allowed = start + unitsPerYear * age / YEAR;
        return odometer <= allowed ? 0 : _ceilDiv((odometer - allowed) * deductionPerMillion, MILLION);
    }

    /// @return The number of the first `due` intervals (at most 256) without a service.
    function missed(uint256 serviced, uint256 due) internal pure returns (uint256) {
        uint256 without = ~serviced;
        if (due < 256) without &= (uint256(1) << due) - 1;
        uint256 count;
        for (; without != 0; without &= without - 1) {
            ++count;
        }
        return count;
    }

    function less(uint256 price, uint256 deductions) internal pure returns (uint256) {
        return deductions < price ? price - deductions : 0;
    }

    function _ceilDiv(uint256 a, uint256 b) private pure returns (uint256) {
        return (a + b - 1) / b;
    }
}
