"""A simulated aircraft engine: seconds of thrust and cycles (from a start-up until it is shut down)."""

import random
from collections.abc import Sequence

from oracle.device.machines import WORKSHOP, MachineKind, Place, Step
from oracle.domain.telemetry import Sample
from oracle.domain.terms import PublishedTariff
from oracle.types import Registers

THRUST_PERCENT = (0, 30, 65, 95)
"""By level: shut down, descent, cruise, take-off and climb."""
FULL_RPM = 10_000
FULL_TORQUE_MILLINEWTON_METRES = 20_000_000
AMBIENT_MILLICELSIUS = 15_000
MILLICELSIUS_PER_PERCENT = 7_500
SECOND_MS = 1_000


class Engine:
    """Counts a cycle when it leaves level 0 and whole seconds above it. The odometer counts seconds alone."""

    def __init__(self, seed: int, place: Place = WORKSHOP) -> None:
        self.level = 1
        self._random = random.Random(seed)
        self._place = place
        self._turning = False
        self._carried_ms = 0
        self._temperature = AMBIENT_MILLICELSIUS

    def outcomes(self, duration_ms: int) -> Sequence[Registers]:
        """Thrust all the time, after a start-up where it stands still."""
        cycles = int(not self._turning and duration_ms > 0)
        return [((self._carried_ms + duration_ms) // SECOND_MS, cycles, 0, 0)]

    def run(self, ended_at_ms: int, duration_ms: int) -> Step:
        level = self.level
        cycles = int(level > 0 and not self._turning)
        self._turning = level > 0
        seconds, self._carried_ms = divmod(self._carried_ms + (duration_ms if self._turning else 0), SECOND_MS)
        thrust = THRUST_PERCENT[level]
        target = AMBIENT_MILLICELSIUS + MILLICELSIUS_PER_PERCENT * thrust
        self._temperature += (target - self._temperature) * min(duration_ms, 30_000) // 30_000
        rpm = FULL_RPM * thrust // 100
        sample = Sample(
            ended_at_ms=ended_at_ms,
            duration_ms=duration_ms,
            rpm=rpm + self._random.randint(0, rpm // 100),
            torque_millinewton_metres=FULL_TORQUE_MILLINEWTON_METRES * thrust // 100,
            temperature_millicelsius=self._temperature,
            vibration_micrometres_per_second=rpm // 5 + self._random.randint(0, 60),
            latitude_e7=self._place.latitude_e7,
            longitude_e7=self._place.longitude_e7,
        )
        return Step((seconds, cycles, 0, 0), seconds, level, sample)


def _build(published: PublishedTariff, seed: int) -> Engine:
    return Engine(seed)


KIND = MachineKind("engine", "engine", _build)
