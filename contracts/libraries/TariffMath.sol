// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Reading} from "../types/MeterForms.sol";
import {Rates} from "../types/Tariff.sol";

/// @title The one place where usage becomes money.
/// @notice Both parts are cumulative since opening and rounded down once each, in favour of the customer. What a floor
///         leaves is not lost: it counts again in the next, larger charge, so slicing usage into readings changes nothing.
/// @dev Products reach 48 + 96 + 2 = 146 bits; nothing here can overflow 256. Registers are 48 bits, elapsed 32.
library TariffMath {
    uint256 internal constant UNITS_PER_PRICE = 1_000_000;
    uint256 internal constant SECONDS_PER_DAY = 86_400;
    uint256 internal constant MOST_CHARGE = type(uint80).max;

    /// @return Cumulative charge since opening in base units of the tariff's currency, capped at 2^80−1.
    function charge(Rates memory t, Reading memory r, uint256 elapsed) internal pure returns (uint256) {
        unchecked {
            return capped(usageCharge(t, r) + standingCharge(t.standingPerDay, elapsed));
        }
    }

    /// @return Base units for the registers, rounded down once over their sum.
    function usageCharge(Rates memory t, Reading memory r) internal pure returns (uint256) {
        unchecked {
            return (uint256(r.register0)
                    * t.pricePerMillion0
                    + uint256(r.register1)
                    * t.pricePerMillion1
                    + uint256(r.register2)
                    * t.pricePerMillion2
                    + uint256(r.register3)
                    * t.pricePerMillion3) / UNITS_PER_PRICE;
        }
    }

    /// @return Base units for `elapsed` seconds, rounded down once.
    function standingCharge(uint256 standingPerDay, uint256 elapsed) internal pure returns (uint256) {
        unchecked {
            return standingPerDay * elapsed / SECONDS_PER_DAY;
        }
    }

    /// @return A charge beyond 80 bits becomes 2^80−1: capped, never truncated.
    function capped(uint256 amount) internal pure returns (uint256) {
        return amount >> 80 == 0 ? amount : MOST_CHARGE;
    }
}
