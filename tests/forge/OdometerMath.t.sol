// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OdometerMath} from "contracts/libraries/OdometerMath.sol";

/// Q-8 for the odometer: no series of checkpoints lets it grow faster than rate × time.
contract OdometerMathTest {
    uint40 private constant START = 1_000;

    function testFuzz_Q8_NoSeriesOfCheckpointsBeatsTheRate(
        uint32 rate,
        uint24[12] calldata waits,
        uint16[12] calldata parts
    ) external pure {
        uint48 odometer;
        uint40 since = START;
        uint256 time = START;
        for (uint256 i = 0; i < waits.length; ++i) {
            time += waits[i];
            uint256 room = OdometerMath.highest(odometer, rate, since, time) - odometer;
            uint48 growth = uint48(room * parts[i] / type(uint16).max);
            since = OdometerMath.carry(growth, rate, since, time);
            odometer += growth;
            assert(since <= time);
            assert(odometer <= uint256(rate) * (time - START) / 1 days);
        }
    }

    /// However often a machine reports, it loses less than one second of growth a report.
    function testFuzz_AMachineAtFullRateLosesAtMostASecondAReport(uint32 rate, uint16[12] calldata waits)
        external
        pure
    {
        uint48 odometer;
        uint40 since = START;
        uint256 time = START;
        for (uint256 i = 0; i < waits.length; ++i) {
            time += waits[i];
            uint48 growth = uint48(OdometerMath.highest(odometer, rate, since, time) - odometer);
            since = OdometerMath.carry(growth, rate, since, time);
            odometer += growth;
        }
        uint256 lost = uint256(rate) * (time - START) - uint256(odometer) * 1 days;
        assert(lost < 1 days + uint256(rate) * waits.length);
    }

    /// An idle machine keeps the fraction of one unit and no more.
    function testFuzz_AnIdleMachineKeepsLessThanAUnit(uint40 rate, uint32 wait) external pure {
        uint40 since = OdometerMath.carry(0, rate, START, uint256(START) + wait);
        assert(OdometerMath.highest(0, rate, since, uint256(START) + wait) == 0);
    }
}
