// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rates} from "../types/Tariff.sol";

/// @title The one place where usage becomes money.
/// @notice Both parts are cumulative since opening and rounded down once each, in favour of the customer. What a floor
///         leaves is not lost: it counts again in the next, larger charge, so slicing usage into readings changes nothing.
/// @dev Products reach 48 + 96 + 2 = 146 bits; nothing here can overflow 256. Registers are 48 bits, elapsed 32.
library TariffMath {
    uint256 internal constant UNITS_PER_PRICE = 1_000_000;
    uint256 internal constant SECONDS_PER_DAY = 86_400;

    /// @return Cumulative charge since opening in base units of the tariff's currency, capped at 2^80−1.
    function charge(Rates memory t, uint48[4] memory registers, uint32 elapsed) internal pure returns (uint80) {
        unchecked {
            return capped(
                usageCharge(t, registers[0], registers[1], registers[2], registers[3])
                    + standingCharge(t.standingPerDay, elapsed)
            );
        }
    }

    /// @return Base units for the registers, rounded down once over their sum.
    function usageCharge(Rates memory t, uint256 register0, uint256 register1, uint256 register2, uint256 register3)
        internal
        pure
        returns (uint256)
    {
        unchecked {
            return (register0
                    * t.pricePerMillion0
                    + register1
                    * t.pricePerMillion1
                    + register2
                    * t.pricePerMillion2
                    + register3
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
    function capped(uint256 amount) internal pure returns (uint80) {
        return amount > type(uint80).max ? type(uint80).max : uint80(amount);
    }
}
