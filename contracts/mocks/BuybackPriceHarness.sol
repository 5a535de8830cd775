// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BuybackPrice} from "../libraries/BuybackPrice.sol";
import {PricePoint} from "../types/Guarantee.sol";

/// Exposes the library to tests.
contract BuybackPriceHarness {
    function price(
        PricePoint[] calldata points,
        uint256 age,
        uint48 odometer,
        uint48 start,
        uint48 unitsPerYear,
        uint80 deductionPerMillion,
        uint80 unserviced
    ) external pure returns (uint256) {
        uint256 worn = BuybackPrice.forWear(odometer, start, unitsPerYear, age, deductionPerMillion);
        return BuybackPrice.less(BuybackPrice.atAge(points, age), worn + unserviced);
    }
}
