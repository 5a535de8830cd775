"""Whether what a machine's samples show runs over a threshold that its provider published.

A trend is a straight line fitted by least squares, each sample weighed by how long it lasted, to what a measure has
been above its limit over the last so many minutes of running; it passes when the line's end is above zero. One hot or
rough sample is no trend, and a machine that stands still shows none. Where it works counts: a place may have limits of
its own. Sums are exact (fractions), so that anybody gets the same answer from the same samples.

A sample has no ammeter: `current` is the torque times the motor's constant that the terms give.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from oracle.domain.merkle import leaf_hash, merkle_root
from oracle.domain.telemetry import Sample, SampledReading
from oracle.types import Bytes32

MINUTE_MS = 60_000
MILLI = 1_000


class Measure(StrEnum):
    """In millidegrees Celsius, micrometres a second (root mean square), milliamperes."""

    TEMPERATURE = "temperature"
    VIBRATION = "vibration"
    CURRENT = "current"


@dataclass(frozen=True, slots=True)
class Threshold:
    """`motor_constant`: milliamperes a newton metre, for current alone."""

    measure: Measure
    limit: int
    running_minutes: int
    motor_constant: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle in units of 10⁻⁷ degrees, edges included, with limits instead of the usual ones."""

    name: str
    south: int
    west: int
    north: int
    east: int
    limits: tuple[tuple[Measure, int], ...]

    def has(self, sample: Sample) -> bool:
        return self.south <= sample.latitude_e7 <= self.north and self.west <= sample.longitude_e7 <= self.east


@dataclass(frozen=True, slots=True)
class Trend:
    """`value`: where the line ends; `limit`: at the place of the last sample. `readings`: those it was seen in."""

    threshold: Threshold
    value: int
    limit: int
    place: str | None
    readings: tuple[SampledReading, ...]

    @property
    def root(self) -> Bytes32:
        """Over the readings' telemetry roots: proves what the trend was seen in."""
        return seen_in([seen.root for seen in self.readings])


def passing(thresholds: Iterable[Threshold], places: Sequence[Place], seen: Sequence[SampledReading]) -> Trend | None:
    """The first of these thresholds whose trend passes. `seen`: the readings since the last service, oldest first."""
    for threshold in thresholds:
        if (trend := _trend(threshold, places, seen)) is not None:
            return trend
    return None


def longest_window_ms(thresholds: Iterable[Threshold]) -> int:
    """How much running the thresholds look at."""
    return max((threshold.running_minutes * MINUTE_MS for threshold in thresholds), default=0)


def running_ms(samples: Iterable[Sample]) -> int:
    return sum(sample.duration_ms for sample in samples if sample.rpm)


def seen_in(roots: Sequence[Bytes32]) -> Bytes32:
    """The Merkle root over telemetry roots in the order of their readings."""
    return merkle_root([leaf_hash(root) for root in roots])


def _trend(threshold: Threshold, places: Sequence[Place], seen: Sequence[SampledReading]) -> Trend | None:
    readings, samples = _window(threshold.running_minutes * MINUTE_MS, seen)
    if not samples:
        return None
    above = _line_at_end(
        [(sample.duration_ms, _value(threshold, sample) - _limit(threshold, places, sample)[0]) for sample in samples]
    )
    if above <= 0:
        return None
    limit, place = _limit(threshold, places, samples[-1])
    return Trend(threshold, limit + int(above), limit, place, readings)


def _window(length_ms: int, seen: Sequence[SampledReading]) -> tuple[tuple[SampledReading, ...], list[Sample]]:
    """The newest running samples that fill the window, oldest first, with their readings; nothing until it is full."""
    readings: list[SampledReading] = []
    newest_first: list[Sample] = []
    left = length_ms
    for reading in reversed(seen):
        found = [sample for sample in reading.samples if sample.rpm]
        if found:
            readings.append(reading)
        for sample in reversed(found):
            if left <= 0:
                break
            newest_first.append(sample)
            left -= sample.duration_ms
        if left <= 0:
            return tuple(reversed(readings)), newest_first[::-1]
    return (), []


def _value(threshold: Threshold, sample: Sample) -> int:
    match threshold.measure:
        case Measure.TEMPERATURE:
            return sample.temperature_millicelsius
        case Measure.VIBRATION:
            return sample.vibration_micrometres_per_second
        case Measure.CURRENT:
            return sample.torque_millinewton_metres * threshold.motor_constant // MILLI


def _limit(threshold: Threshold, places: Sequence[Place], sample: Sample) -> tuple[int, str | None]:
    """Of the first place that the sample is in and that has one, else the usual one."""
    for place in places:
        own = dict(place.limits).get(threshold.measure)
        if own is not None and place.has(sample):
            return own, place.name
    return threshold.limit, None


def _line_at_end(points: Sequence[tuple[int, int]]) -> Fraction:
    """(how long, how much above the limit) one after the other: the weighted least squares' line at the last one's end.

    Each point counts at its middle. Times are doubled, so that sums are whole numbers and only the end divides:
    ȳ + slope × (end − t̄), slope = (w·Σwty − Σwt·Σwy) / (w·Σwt² − (Σwt)²).
    """
    whole = times = values = squares = products = 0
    for duration, value in points:
        at = 2 * whole + duration
        whole += duration
        times += duration * at
        values += duration * value
        squares += duration * at * at
        products += duration * at * value
    spread = whole * squares - times * times
    if spread == 0:
        return Fraction(values, whole)
    rise = whole * products - times * values
    return Fraction(values * spread + rise * (2 * whole * whole - times), whole * spread)
