"""How many machines will come back, month by month, so that a maker can plan its refurbishing.

Each machine returns at most once; whether it does in a month follows from its own age and rate of use. The number of
returns is then a sum of independent chances that differ (Poisson-binomial), computed exactly: no normal approximation
for small fleets.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oracle.advice.life import WeibullFit
from oracle.errors import Rejected


@dataclass(frozen=True, slots=True)
class InUse:
    """A machine that works now: its use so far, and how much it adds a month."""

    age_units: float
    units_per_month: float


@dataclass(frozen=True, slots=True)
class Returns:
    """One month's forecast: the expected number, and the range that holds with at least the stated chance."""

    month: int
    expected: float
    least: int
    most: int


def forecast_returns(
    machines: Sequence[InUse], life: WeibullFit, months: int, confidence: float = 0.9
) -> list[Returns]:
    """Returns in each of the next `months` months. Raises Rejected on figures out of range."""
    if months < 1:
        raise Rejected("months_out_of_range", "forecast", "needs at least one month", str(months))
    if not 0 < confidence < 1:
        raise Rejected("confidence_out_of_range", "forecast", "confidence lies between 0 and 1", str(confidence))
    forecast = []
    for month in range(1, months + 1):
        chances = np.array([_returns_in(machine, life, month) for machine in machines])
        least, most = _range(chances, confidence)
        forecast.append(Returns(month, float(chances.sum()), least, most))
    return forecast


def _returns_in(machine: InUse, life: WeibullFit, month: int) -> float:
    """Survives the months before, then fails in this one; seen from now."""
    before = machine.units_per_month * (month - 1)
    until = before + machine.units_per_month
    return life.fails_within(machine.age_units, until) - life.fails_within(machine.age_units, before)


def _range(chances: NDArray[np.float64], confidence: float) -> tuple[int, int]:
    """Cuts at most half of what may be missed off each end."""
    cumulative = np.cumsum(count_distribution(chances))
    tail = (1 - confidence) / 2
    least = int(np.searchsorted(cumulative, tail, side="right"))
    most = int(np.searchsorted(cumulative, 1 - tail, side="left"))
    return least, min(most, len(chances))


def count_distribution(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chance of 0, 1, …, n events among n independent ones."""
    counts = np.zeros(len(chances) + 1)
    counts[0] = 1.0
    for number, chance in enumerate(chances, start=1):
        counts[1 : number + 1] = counts[1 : number + 1] * (1 - chance) + counts[:number] * chance
        counts[0] *= 1 - chance
    return counts
