// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BuybackPrice} from "contracts/libraries/BuybackPrice.sol";
import {PricePoint} from "contracts/types/Guarantee.sol";

/// What makes a promise of a price fair and solvent. `check_` functions are for halmos (`--function check_`); products of two
/// unknowns, which no solver decided in a minute, are fuzzed.
contract BuybackPriceTest {
    uint256 private constant YEAR = 365 days;

    /// No rounding asks more than the line says, nor a whole unit less.
    function testFuzz_BetweenTwoPointsThePriceIsTheLineRoundedDown(
        uint40 fromAge,
        uint40 toAge,
        uint80 high,
        uint80 low,
        uint40 age
    ) external pure {
        if (fromAge > toAge) (fromAge, toAge) = (toAge, fromAge);
        if (fromAge == toAge) return;
        if (high < low) (high, low) = (low, high);
        uint256 span = toAge - fromAge;
        uint256 passed = age % (span + 1);
        uint256 price = BuybackPrice.atAge(_line(fromAge, high, toAge, low), fromAge + passed);
        uint256 exact = uint256(high) * span - uint256(high - low) * passed;
        assert(price * span <= exact);
        assert((price + 1) * span > exact);
        assert(low <= price && price <= high);
    }

    /// The exact points, and nothing above the first or below the last.
    function testFuzz_ThePriceNeverRises(uint40[4] calldata ages, uint80[4] calldata prices, uint40 early, uint40 late)
        external
        pure
    {
        PricePoint[] memory points = _points(ages, prices);
        if (early > late) (early, late) = (late, early);
        uint256 before = BuybackPrice.atAge(points, early);
        uint256 later = BuybackPrice.atAge(points, late);
        assert(later <= before);
        assert(before <= points[0].price && later >= points[points.length - 1].price);
        for (uint256 i = 0; i < points.length; ++i) {
            assert(BuybackPrice.atAge(points, points[i].age) == points[i].price);
        }
    }

    /// More wear never pays more; an odometer within the allowance costs nothing; nothing overflows at the maxima.
    function testFuzz_WearOnlyDeducts(
        uint48 odometer,
        uint48 more,
        uint48 start,
        uint48 unitsPerYear,
        uint40 age,
        uint80 perMillion
    ) external pure {
        uint256 deduction = BuybackPrice.forWear(odometer, start, unitsPerYear, age, perMillion);
        assert(deduction <= BuybackPrice.forWear(uint256(odometer) + more, start, unitsPerYear, age, perMillion));
        uint256 allowed = start + uint256(unitsPerYear) * age / YEAR;
        if (odometer <= allowed) assert(deduction == 0);
        else assert(deduction * 1_000_000 >= (odometer - allowed) * perMillion);
    }

    function testFuzz_EachIntervalWithoutAServiceIsCountedOnce(uint256 serviced, uint16 due) external pure {
        uint256 count;
        for (uint256 i = 0; i < 256 && i < due; ++i) {
            if ((serviced >> i) & 1 == 0) ++count;
        }
        assert(BuybackPrice.missed(serviced, due) == count);
    }

    function check_DeductionsNeverMakeAPriceRise(uint80 price, uint256 deductions, uint256 more) external pure {
        if (deductions > type(uint128).max || more > type(uint128).max) return;
        assert(BuybackPrice.less(price, deductions + more) <= BuybackPrice.less(price, deductions));
        assert(BuybackPrice.less(price, deductions) <= price);
    }

    function _line(uint40 fromAge, uint80 high, uint40 toAge, uint80 low)
        private
        pure
        returns (PricePoint[] memory points)
    {
        points = new PricePoint[](2);
        points[0] = PricePoint(fromAge, high);
        points[1] = PricePoint(toAge, low);
    }

    function _points(uint40[4] calldata ages, uint80[4] calldata prices)
        private
        pure
        returns (PricePoint[] memory points)
    {
        points = new PricePoint[](4);
        uint256 age;
        uint256 price = type(uint80).max;
        for (uint256 i = 0; i < 4; ++i) {
            age += 1 + ages[i] / 5;
            price = prices[i] % (price + 1);
            points[i] = PricePoint(uint40(age), uint80(price));
        }
    }
}
