// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TariffMath} from "../libraries/TariffMath.sol";
import {Record} from "../types/MeterForms.sol";
import {Rates} from "../types/Tariff.sol";

/// Exposes the library to tests and golden vectors.
contract TariffMathHarness {
    function charge(
        uint96[4] memory pricesPerMillion,
        uint80 standingPerDay,
        uint48[4] memory registers,
        uint32 elapsed
    ) external pure returns (uint80) {
        return uint80(TariffMath.charge(_tariff(pricesPerMillion, standingPerDay), _reading(registers), elapsed));
    }

    function usageCharge(uint96[4] memory pricesPerMillion, uint48[4] memory registers)
        external
        pure
        returns (uint256)
    {
        return TariffMath.usageCharge(_tariff(pricesPerMillion, 0), _reading(registers));
    }

    function standingCharge(uint80 standingPerDay, uint32 elapsed) external pure returns (uint256) {
        return TariffMath.standingCharge(standingPerDay, elapsed);
    }

    function capped(uint256 amount) external pure returns (uint80) {
        return uint80(TariffMath.capped(amount));
    }

    function _reading(uint48[4] memory registers) private pure returns (Record memory r) {
        r.register0 = registers[0];
        r.register1 = registers[1];
        r.register2 = registers[2];
        r.register3 = registers[3];
    }

    function _tariff(uint96[4] memory pricesPerMillion, uint80 standingPerDay) private pure returns (Rates memory t) {
        t.pricePerMillion0 = pricesPerMillion[0];
        t.pricePerMillion1 = pricesPerMillion[1];
        t.pricePerMillion2 = pricesPerMillion[2];
        t.pricePerMillion3 = pricesPerMillion[3];
        t.standingPerDay = standingPerDay;
    }
}
