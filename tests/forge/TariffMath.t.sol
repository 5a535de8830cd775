// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TariffMath} from "contracts/libraries/TariffMath.sol";
import {Record} from "contracts/types/MeterForms.sol";
import {Rates} from "contracts/types/Tariff.sol";

/// I-3, I-4 and Q-7 as far as arithmetic goes: a charge is cumulative, never falls and never depends on slicing.
contract TariffMathTest {
    uint256 private constant MOST = type(uint80).max;

    /// The unchecked arithmetic gives what checked arithmetic gives over the whole domain.
    function testFuzz_NothingOverflows(
        uint96[4] calldata prices,
        uint80 perDay,
        uint48[4] calldata registers,
        uint32 elapsed
    ) external pure {
        uint256 sum;
        for (uint256 i = 0; i < 4; ++i) {
            sum += uint256(prices[i]) * registers[i];
        }
        uint256 expected = sum / 1_000_000 + uint256(perDay) * elapsed / 86_400;
        if (expected > MOST) expected = MOST;
        assert(TariffMath.charge(_tariff(prices, perDay), _reading(registers), elapsed) == expected);
    }

    /// I-3: registers and time that do not fall make a charge that does not fall.
    function testFuzz_I3_AChargeNeverFalls(
        uint96[4] calldata prices,
        uint80 perDay,
        uint48[4] calldata registers,
        uint48[4] calldata growth,
        uint32 elapsed,
        uint32 later
    ) external pure {
        Rates memory tariff = _tariff(prices, perDay);
        uint48[4] memory grown;
        for (uint256 i = 0; i < 4; ++i) {
            grown[i] = uint48(registers[i] + growth[i] % (uint256(type(uint48).max) - registers[i] + 1));
        }
        uint32 end = uint32(elapsed + later % (uint256(type(uint32).max) - elapsed + 1));
        assert(
            TariffMath.charge(tariff, _reading(grown), end) >= TariffMath.charge(tariff, _reading(registers), elapsed)
        );
    }

    /// Q-7: what is taken over any readings in between telescopes to the last charge, below the cap and at it.
    function testFuzz_Q7_SlicingChangesNothing(uint64[4] calldata prices, uint40[8] calldata uses, uint64 perDay)
        external
        pure
    {
        Rates memory tariff = _tariff([uint96(prices[0]), prices[1], prices[2], prices[3]], perDay);
        uint48[4] memory registers;
        uint256 taken;
        uint256 last;
        for (uint32 i = 0; i < uses.length; ++i) {
            registers[i % 4] += uses[i];
            uint256 charge = TariffMath.charge(tariff, _reading(registers), i * 3_601);
            taken += charge - last;
            last = charge;
        }
        assert(taken == TariffMath.charge(tariff, _reading(registers), 7 * 3_601));
    }

    /// Rounded in favour of the customer, by less than one unit for each of the two parts.
    function testFuzz_TheCustomerNeverPaysMoreThanTheExactCharge(
        uint64[4] calldata prices,
        uint64 perDay,
        uint40[4] calldata uses,
        uint32 elapsed
    ) external pure {
        Rates memory tariff = _tariff([uint96(prices[0]), prices[1], prices[2], prices[3]], perDay);
        uint256 usage = TariffMath.usageCharge(tariff, _reading([uint48(uses[0]), uses[1], uses[2], uses[3]]));
        uint256 standing = TariffMath.standingCharge(perDay, elapsed);
        uint256 exact;
        for (uint256 i = 0; i < 4; ++i) {
            exact += uint256(prices[i]) * uses[i];
        }
        assert(usage * 1_000_000 <= exact && exact < (usage + 1) * 1_000_000);
        assert(standing * 86_400 <= uint256(perDay) * elapsed && uint256(perDay) * elapsed < (standing + 1) * 86_400);
    }

    function _reading(uint48[4] memory registers) private pure returns (Record memory r) {
        r.register0 = registers[0];
        r.register1 = registers[1];
        r.register2 = registers[2];
        r.register3 = registers[3];
    }

    function _tariff(uint96[4] memory prices, uint80 perDay) private pure returns (Rates memory tariff) {
        tariff.pricePerMillion0 = prices[0];
        tariff.pricePerMillion1 = prices[1];
        tariff.pricePerMillion2 = prices[2];
        tariff.pricePerMillion3 = prices[3];
        tariff.standingPerDay = perDay;
    }
}
