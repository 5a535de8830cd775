"""The published rule that turns telemetry into registers: the same here, in the device and on the auditor's desk.

A sample's utilisation is its mechanical power over the rated power, 100 × torque × rpm ÷ (rated torque × rated rpm),
compared without dividing. A sample below the minimum rpm has no level. Otherwise its level is the highest one whose
threshold the utilisation reaches, and the register of that level (level 1: register 0) grows by the sample's
milliseconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from oracle.domain import wire
from oracle.domain.telemetry import SaltedSample, Sample
from oracle.errors import FieldOutOfBounds
from oracle.types import Registers


@dataclass(frozen=True, slots=True)
class LoadLevelRule:
    """Thresholds in percent of the rated power for levels 1 to n (n ≤ 4, rising), and what a machine is rated for."""

    thresholds_percent: tuple[int, ...]
    minimum_rpm: int
    rated_rpm: int
    rated_torque_millinewton_metres: int

    def __post_init__(self) -> None:
        who = "load level rule"
        if not 1 <= len(self.thresholds_percent) <= 4 or not wire.rising(self.thresholds_percent):
            raise FieldOutOfBounds(who, "needs one to four rising thresholds", str(self.thresholds_percent))
        if self.thresholds_percent[0] < 0:
            raise FieldOutOfBounds(who, "thresholds are not negative", str(self.thresholds_percent[0]))
        if min(self.minimum_rpm, self.rated_rpm, self.rated_torque_millinewton_metres) < 1:
            raise FieldOutOfBounds(who, "minimum rpm, rated rpm and rated torque are at least 1")

    def utilisation_percent(self, sample: Sample) -> int:
        """Power over rated power in percent, rounded down; above 100 under overload."""
        return 100 * sample.rpm * sample.torque_millinewton_metres // self._rated()

    def level(self, sample: Sample) -> int:
        """0 when the machine does not count as running, else 1 to n."""
        if sample.rpm < self.minimum_rpm:
            return 0
        load = 100 * sample.rpm * sample.torque_millinewton_metres
        return sum(load >= threshold * self._rated() for threshold in self.thresholds_percent)

    def growth(self, samples: Iterable[Sample]) -> Registers:
        """By how many milliseconds each register grows."""
        registers = [0, 0, 0, 0]
        for sample in samples:
            if level := self.level(sample):
                registers[level - 1] += sample.duration_ms
        return cast(Registers, tuple(registers))

    def growth_of(self, samples: Iterable[SaltedSample]) -> Registers:
        """The same for samples with their salts."""
        return self.growth(salted.sample for salted in samples)

    def _rated(self) -> int:
        return self.rated_rpm * self.rated_torque_millinewton_metres

    def to_json(self) -> dict[str, object]:
        return {
            "thresholdsPercent": list(self.thresholds_percent),
            "minimumRpm": self.minimum_rpm,
            "ratedRpm": self.rated_rpm,
            "ratedTorqueMillinewtonMetres": self.rated_torque_millinewton_metres,
        }


def parse_load_level_rule(document: object) -> LoadLevelRule:
    """Reads `loadLevels` of the published terms. Raises Malformed or FieldOutOfBounds."""
    who = "load level rule"
    names = ("thresholdsPercent", "minimumRpm", "ratedRpm", "ratedTorqueMillinewtonMetres")
    found = wire.members(document, who, names)
    return LoadLevelRule(
        tuple(wire.integer(t, who, "thresholdsPercent") for t in wire.items(found["thresholdsPercent"], who)),
        wire.integer(found["minimumRpm"], who, "minimumRpm"),
        wire.integer(found["ratedRpm"], who, "ratedRpm"),
        wire.integer(found["ratedTorqueMillinewtonMetres"], who, "ratedTorqueMillinewtonMetres"),
    )
