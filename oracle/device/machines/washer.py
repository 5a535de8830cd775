"""A simulated washing machine: cycles by programme, each counted as it begins."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from oracle.device.machines import WORKSHOP, MachineKind, Place, Step
from oracle.domain.telemetry import Sample
from oracle.domain.terms import PublishedTariff
from oracle.types import ZERO_REGISTERS, Registers

ROOM_MILLICELSIUS = 21_000
SPIN_PERMILLE = 850
"""After this part of a cycle it spins."""


@dataclass(frozen=True, slots=True)
class Programme:
    duration_ms: int
    water_millicelsius: int
    spin_rpm: int


PROGRAMMES = (
    Programme(150 * 60_000, 40_000, 1_000),
    Programme(105 * 60_000, 60_000, 1_400),
    Programme(90 * 60_000, 90_000, 1_400),
)
"""Eco, cotton, hot: the order of the tariff's registers."""


class Washer:
    """Setting `level` chooses the next programme (1 eco, 2 cotton, 3 hot); 0: none.

    The door locks and the cycle counts only where the permit covers all of it. A stop interrupts a cycle; the rest of
    it runs at the next start and is not counted again. A cycle lost by a power cut is the provider's to make good.
    """

    def __init__(self, seed: int, programmes: Sequence[Programme] = PROGRAMMES, place: Place = WORKSHOP) -> None:
        self.level = 0
        self._programmes = programmes
        self._random = random.Random(seed)
        self._place = place
        self._running = 0
        self._done_ms = 0
        self._water = ROOM_MILLICELSIUS

    def outcomes(self, duration_ms: int) -> Sequence[Registers]:
        """One cycle more where one is chosen and none runs: cycles begin with a step, never inside one."""
        return [_cycle(self.level) if duration_ms and not self._running else ZERO_REGISTERS]

    def run(self, ended_at_ms: int, duration_ms: int) -> Step:
        growth = ZERO_REGISTERS
        if not self._running and self.level:
            growth = _cycle(self.level)
            self._running, self.level, self._done_ms = self.level, 0, 0
        running = self._running
        rpm = self._rpm()
        target = self._programmes[running - 1].water_millicelsius if running else ROOM_MILLICELSIUS
        self._water += (target - self._water) * min(duration_ms, 600_000) // 600_000
        self._advance(duration_ms)
        sample = Sample(
            ended_at_ms=ended_at_ms,
            duration_ms=duration_ms,
            rpm=rpm,
            torque_millinewton_metres=6_000_000 // (rpm + 200) if rpm else 0,
            temperature_millicelsius=self._water,
            vibration_micrometres_per_second=4 * rpm + self._random.randint(0, 60),
            latitude_e7=self._place.latitude_e7,
            longitude_e7=self._place.longitude_e7,
        )
        return Step(growth, sum(growth), running, sample)

    def _rpm(self) -> int:
        if not self._running:
            return 0
        programme = self._programmes[self._running - 1]
        spins = 1_000 * self._done_ms >= SPIN_PERMILLE * programme.duration_ms
        usual = programme.spin_rpm if spins else 50
        return usual + self._random.randint(-usual // 20, usual // 20)

    def _advance(self, duration_ms: int) -> None:
        if self._running:
            self._done_ms += duration_ms
            if self._done_ms >= self._programmes[self._running - 1].duration_ms:
                self._running = 0


def _cycle(programme: int) -> Registers:
    return (int(programme == 1), int(programme == 2), int(programme == 3), 0)


def _build(published: PublishedTariff, seed: int) -> Washer:
    return Washer(seed)


KIND = MachineKind("washer", "washing-machine", _build)
