"""A simulated shared car: metres driven, counted at the wheels."""

import random
from collections.abc import Sequence

from oracle.device.machines import WORKSHOP, MachineKind, Place, Step
from oracle.domain.telemetry import Sample
from oracle.domain.terms import PublishedTariff
from oracle.types import Registers

KILOMETRES_PER_HOUR = (0, 30, 80, 120)
"""Usual speed by level: parked, town, country road, motorway."""
TOP_SPEED_KMH = 150
"""The car limits itself to this; what a step may cost at most follows from it."""
METRES_PER_HOUR_AND_KMH = 1_000
MILLISECONDS_PER_HOUR = 3_600_000
METRES_PER_DEGREE = 111_000
WHEEL_MILLIMETRES = 1_900
"""Circumference."""


class Car:
    """Drives at the speed of its level, which wanders by a fifth, towards the north-east of where it was parked."""

    def __init__(self, seed: int, place: Place = WORKSHOP) -> None:
        self.level = 1
        self._random = random.Random(seed)
        self._place = place
        self._carried = 0
        """What does not make a whole metre yet, in metres × milliseconds per hour."""
        self._temperature = 21_000

    def outcomes(self, duration_ms: int) -> Sequence[Registers]:
        """At top speed all the time, whatever the level: the driver has the pedal."""
        return [(self._whole_metres(TOP_SPEED_KMH, duration_ms), 0, 0, 0)]

    def run(self, ended_at_ms: int, duration_ms: int) -> Step:
        usual = KILOMETRES_PER_HOUR[self.level]
        speed = self._random.randint(usual * 4 // 5, usual * 6 // 5)
        metres = self._whole_metres(speed, duration_ms)
        self._carried += speed * METRES_PER_HOUR_AND_KMH * duration_ms - metres * MILLISECONDS_PER_HOUR
        self._move(metres)
        target = 21_000 + 400 * speed
        self._temperature += (target - self._temperature) * min(duration_ms, 60_000) // 60_000
        sample = Sample(
            ended_at_ms=ended_at_ms,
            duration_ms=duration_ms,
            rpm=speed * 1_000_000 // 60 // WHEEL_MILLIMETRES,
            torque_millinewton_metres=(60_000 + 9 * speed * speed) if speed else 0,
            temperature_millicelsius=self._temperature,
            vibration_micrometres_per_second=12 * speed + self._random.randint(0, 60),
            latitude_e7=self._place.latitude_e7,
            longitude_e7=self._place.longitude_e7,
        )
        return Step((metres, 0, 0, 0), metres, self.level if speed else 0, sample)

    def _whole_metres(self, speed_kmh: int, duration_ms: int) -> int:
        return (self._carried + speed_kmh * METRES_PER_HOUR_AND_KMH * duration_ms) // MILLISECONDS_PER_HOUR

    def _move(self, metres: int) -> None:
        shift = metres * 7_000_000 // METRES_PER_DEGREE
        self._place = Place(
            min(self._place.latitude_e7 + shift, 899_999_999),
            (self._place.longitude_e7 + shift + 1_800_000_000) % 3_600_000_000 - 1_800_000_000,
        )


def _build(published: PublishedTariff, seed: int) -> Car:
    return Car(seed)


KIND = MachineKind("car", "shared-car", _build)
