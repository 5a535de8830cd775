"""A simulated Smart Drill: the same seed and steps give the same samples."""

import random
from collections.abc import Sequence

from oracle.device.machines import WORKSHOP, MachineKind, Place, Step
from oracle.domain.load_levels import LoadLevelRule
from oracle.domain.telemetry import Sample
from oracle.domain.terms import PublishedTariff
from oracle.errors import Fatal
from oracle.types import Registers

AMBIENT_MILLICELSIUS = 21_000
MILLICELSIUS_PER_PERCENT = 600
"""Warming above ambient in steady state, per percent of the rated power."""
WARM_UP_MS = 120_000


class Drill:
    """Drills at the load level it is set to (0: idles, 1 to 3 by the rule of its tariff).

    Utilisation wanders inside the band of the level, well clear of its thresholds; rpm falls and torque rises with the
    load; temperature follows the power slowly; vibration grows with speed and load; the location drifts by metres.
    """

    def __init__(self, rule: LoadLevelRule, seed: int, place: Place = WORKSHOP) -> None:
        self.level = 1
        self._rule = rule
        self._random = random.Random(seed)
        self._place = place
        self._temperature = AMBIENT_MILLICELSIUS

    def outcomes(self, duration_ms: int) -> Sequence[Registers]:
        """All milliseconds at one level, whichever: the level of a step is known only after it."""
        return [_only(index, duration_ms) for index in range(len(self._rule.thresholds_percent))]

    def run(self, ended_at_ms: int, duration_ms: int) -> Step:
        """The registers grow by what the rule makes of the sample."""
        sample = self._sample(ended_at_ms, duration_ms)
        growth = self._rule.growth([sample])
        return Step(growth, sum(growth), self._rule.level(sample), sample)

    def _sample(self, ended_at_ms: int, duration_ms: int) -> Sample:
        utilisation = self._utilisation_permille()
        rpm = self._rpm(utilisation)
        # Rounded up so that the sample never falls below the utilisation that was drawn.
        rated = self._rule.rated_rpm * self._rule.rated_torque_millinewton_metres
        torque = -(-utilisation * rated // (1_000 * rpm)) if rpm else 0
        target = AMBIENT_MILLICELSIUS + MILLICELSIUS_PER_PERCENT * utilisation // 10
        self._temperature += (target - self._temperature) * min(duration_ms, WARM_UP_MS) // WARM_UP_MS
        return Sample(
            ended_at_ms=ended_at_ms,
            duration_ms=duration_ms,
            rpm=rpm,
            torque_millinewton_metres=torque,
            temperature_millicelsius=self._temperature + self._random.randint(-80, 80),
            vibration_micrometres_per_second=rpm * (20 + utilisation // 10) // 20 + self._random.randint(0, 60),
            latitude_e7=self._place.latitude_e7 + self._random.randint(-150, 150),
            longitude_e7=self._place.longitude_e7 + self._random.randint(-150, 150),
        )

    def utilisation_percent(self, sample: Sample) -> int:
        """Power over rated power, as the tariff's rule sees it."""
        return self._rule.utilisation_percent(sample)

    def _utilisation_permille(self) -> int:
        if self.level == 0:
            return 0
        thresholds = [*self._rule.thresholds_percent, 100]
        low, high = 10 * thresholds[self.level - 1], 10 * thresholds[self.level]
        margin = (high - low) // 8
        return self._random.randint(low + margin, high - margin)

    def _rpm(self, utilisation_permille: int) -> int:
        if self.level == 0:
            return 0
        free = self._rule.rated_rpm * (1_150 - 150 * utilisation_permille // 1_000) // 1_000
        return free + self._random.randint(-free // 100, free // 100)


def _only(index: int, amount: int) -> Registers:
    r0, r1, r2, r3 = (amount if index == n else 0 for n in range(4))
    return (r0, r1, r2, r3)


def _build(published: PublishedTariff, seed: int) -> Drill:
    if published.load_levels is None:
        raise Fatal("drill", f"{published.name} has no load levels", "Choose a tariff with `loadLevels` in its terms.")
    return Drill(published.load_levels, seed)


KIND = MachineKind("drill", "smart-drill", _build)
