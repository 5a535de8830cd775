"""A simulated milk robot: millilitres through its flow meter."""

import random
from collections.abc import Sequence

from oracle.device.machines import WORKSHOP, MachineKind, Place, Step
from oracle.domain.telemetry import Sample
from oracle.domain.terms import PublishedTariff
from oracle.types import Registers

MILLILITRES_PER_MINUTE = (0, 1_500, 3_000, 4_500)
"""Usual flow by level: between two cows, slow, normal, fast."""
HIGHEST_FLOW = 8_000
"""What its pump can do, in millilitres a minute."""
MILLISECONDS_PER_MINUTE = 60_000
BODY_MILLICELSIUS = 38_500
STANDBY_MILLICELSIUS = 18_000


class MilkRobot:
    """Milks at the flow of its level, which wanders by a third."""

    def __init__(self, seed: int, place: Place = WORKSHOP) -> None:
        self.level = 1
        self._random = random.Random(seed)
        self._place = place
        self._carried = 0
        """What does not make a whole millilitre yet, in millilitres × milliseconds per minute."""

    def outcomes(self, duration_ms: int) -> Sequence[Registers]:
        """All its pump can do, whatever the level: cows decide."""
        return [(self._whole_millilitres(HIGHEST_FLOW, duration_ms), 0, 0, 0)]

    def run(self, ended_at_ms: int, duration_ms: int) -> Step:
        usual = MILLILITRES_PER_MINUTE[self.level]
        flow = self._random.randint(usual * 2 // 3, usual * 4 // 3)
        millilitres = self._whole_millilitres(flow, duration_ms)
        self._carried += flow * duration_ms - millilitres * MILLISECONDS_PER_MINUTE
        rpm = flow // 2
        sample = Sample(
            ended_at_ms=ended_at_ms,
            duration_ms=duration_ms,
            rpm=rpm,
            torque_millinewton_metres=800 if rpm else 0,
            temperature_millicelsius=BODY_MILLICELSIUS if flow else STANDBY_MILLICELSIUS,
            vibration_micrometres_per_second=rpm // 2 + self._random.randint(0, 30),
            latitude_e7=self._place.latitude_e7,
            longitude_e7=self._place.longitude_e7,
        )
        return Step((millilitres, 0, 0, 0), millilitres, self.level if flow else 0, sample)

    def _whole_millilitres(self, flow: int, duration_ms: int) -> int:
        return (self._carried + flow * duration_ms) // MILLISECONDS_PER_MINUTE


def _build(published: PublishedTariff, seed: int) -> MilkRobot:
    return MilkRobot(seed)


KIND = MachineKind("milk", "milk-robot", _build)
