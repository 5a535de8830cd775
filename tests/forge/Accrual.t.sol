// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Accrual} from "contracts/libraries/Accrual.sol";
import {PlanMath} from "contracts/libraries/PlanMath.sol";
import {PlanPoint} from "contracts/types/Financing.sol";

/// Interest, indices and plans: rounded down, and indifferent to how often they are asked.
contract AccrualTest {
    /// What is cut off is handed back: units and rest are the whole.
    function testFuzz_InterestIsExact(uint88 outstanding, uint16 rateBps, uint32 elapsed, uint256 fraction)
        external
        pure
    {
        fraction %= Accrual.PARTS;
        (uint256 units, uint256 rest) = Accrual.interest(outstanding, rateBps, elapsed, fraction);
        assert(units * Accrual.PARTS + rest == uint256(outstanding) * rateBps * elapsed + fraction);
        assert(rest < Accrual.PARTS);
    }

    /// A year of 31,536,000 seconds at 100 % is the principal.
    function testFuzz_AYearAtTheWholeIsThePrincipal(uint88 outstanding) external pure {
        (uint256 units, uint256 rest) = Accrual.interest(outstanding, 10_000, 31_536_000, 0);
        assert(units == outstanding && rest == 0);
    }

    /// Q-13: accrued at any moments in between, the interest is that of one shot.
    function testFuzz_Q13_AccrualIsIndifferentToItsMoments(
        uint88 outstanding,
        uint16 rateBps,
        uint32[10] calldata waits
    ) external pure {
        uint256 units;
        uint256 fraction;
        uint256 time;
        for (uint256 i = 0; i < waits.length; ++i) {
            uint256 more;
            (more, fraction) = Accrual.interest(outstanding, rateBps, waits[i], fraction);
            units += more;
            time += waits[i];
        }
        (uint256 once, uint256 rest) = Accrual.interest(outstanding, rateBps, time, 0);
        assert(units == once && fraction == rest);
    }

    /// I-8: positions together never earn more than was paid; what is missing is a unit a position and one carry.
    function testFuzz_I8_PositionsEarnWhatWasPaid(
        uint64[5] calldata balances,
        uint64[8] calldata payments,
        uint256 moves
    ) external pure {
        uint256[5] memory held;
        uint256 supply;
        for (uint256 i = 0; i < 5; ++i) {
            held[i] = balances[i];
            supply += held[i];
        }
        if (supply == 0) return;
        uint256[5] memory fraction;
        (uint256 earned, uint256 paid, uint256 carry) = (0, 0, 0);
        for (uint256 i = 0; i < payments.length; ++i) {
            uint256 growth;
            (growth, carry) = Accrual.spread(payments[i], carry, supply);
            paid += payments[i];
            for (uint256 j = 0; j < 5; ++j) {
                uint256 units;
                (units, fraction[j]) = Accrual.earned(held[j], growth, fraction[j]);
                earned += units;
            }
            // Anything moves from anybody to anybody in between.
            uint256 from = moves % 5;
            uint256 part = held[from] * ((moves >> 8) % 256) / 255;
            held[from] -= part;
            held[(moves >> 4) % 5] += part;
            moves >>= 16;
        }
        uint256 rest = carry;
        for (uint256 j = 0; j < 5; ++j) {
            rest += fraction[j];
        }
        assert(earned * Accrual.SCALE + rest == paid * Accrual.SCALE);
    }

    /// Behind plan begins where the plan first expects more than was received: the two functions are each other's inverse.
    function testFuzz_ThePlanIsCoveredUntilItExpectsMore(
        uint32[6] calldata gaps,
        uint64[6] calldata growths,
        uint88 received
    ) external pure {
        PlanPoint[] memory plan = new PlanPoint[](6);
        (uint256 time, uint256 amount) = (0, 0);
        for (uint256 i = 0; i < 6; ++i) {
            time += uint256(gaps[i]) + 1;
            amount += growths[i];
            plan[i] = PlanPoint(uint40(time), uint88(amount));
        }
        uint256 until = PlanMath.coveredUntil(plan, received);
        if (until == type(uint256).max) {
            assert(PlanMath.expected(plan, type(uint64).max) <= received);
            return;
        }
        assert(PlanMath.expected(plan, until) <= received);
        // Exactly, without the floor of `expected`: one second later the line is above what was received.
        uint256 k = 0;
        while (plan[k].time <= until) ++k;
        (uint256 before, uint256 had) = k == 0 ? (0, 0) : (uint256(plan[k - 1].time), uint256(plan[k - 1].amount));
        uint256 line = had * (plan[k].time - before) + (plan[k].amount - had) * (until + 1 - before);
        assert(line > uint256(received) * (plan[k].time - before));
    }

    function testFuzz_APlanNeverFalls(uint32[4] calldata gaps, uint64[4] calldata growths, uint40 one, uint40 two)
        external
        pure
    {
        PlanPoint[] memory plan = new PlanPoint[](4);
        (uint256 time, uint256 amount) = (0, 0);
        for (uint256 i = 0; i < 4; ++i) {
            time += uint256(gaps[i]) + 1;
            amount += growths[i];
            plan[i] = PlanPoint(uint40(time), uint88(amount));
        }
        (uint256 early, uint256 late) = one < two ? (one, two) : (two, one);
        assert(PlanMath.expected(plan, early) <= PlanMath.expected(plan, late));
        assert(PlanMath.expected(plan, late) <= amount);
    }
}
