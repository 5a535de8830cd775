// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Record} from "../types/MeterForms.sol";
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
    function charge(Rates memory t, Record memory r, uint256 elapsed) internal pure returns (uint256) {
        unchecked {
            // The standing part written out: a call of `standingCharge` would cost each reading 40 gas.
            uint256 amount = usageCharge(t, r) + t.standingPerDay * elapsed / SECONDS_PER_DAY;
            return amount > MOST_CHARGE ? MOST_CHARGE : amount;
        }
    }

    /// @return Base units for the registers, rounded down once over their sum.
    function usageCharge(Rates memory t, Record memory r) internal pure returns (uint256) {
        unchecked {
            return (r.register0
                    * t.pricePerMillion0
                    + r.register1
                    * t.pricePerMillion1
                    + r.register2
                    * t.pricePerMillion2
                    + r.register3
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
