"""A pool day by day, drawn at random from a seed: for what no theory answers, and to hold theory against.

One event after the other: a unit fails, a unit is repaired. Members wait in the order of their breakdowns, units for a
repairer in theirs.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import count

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import stdtrit

from oracle.advice.pools import YEAR, Pool, Service, Way

RUNS = 40
_DRAWS = 1_024
"""At once: one at a time would take most of the time."""
_WARM_UP = 10.0
"""Turnarounds before anything counts, for a shelf starts full."""
_BREAKDOWNS = 500
"""Counted in each run, on average, where no horizon is given."""


@dataclass(frozen=True, slots=True)
class Runs:
    """What happened in each run: breakdowns, those helped at once, and days that units stood for want of a spare."""

    breakdowns: NDArray[np.float64]
    at_once: NDArray[np.float64]
    standing_days: NDArray[np.float64]
    days: float


class What(StrEnum):
    """HELPED follows BREAKS at once, or when a spare is back. REPAIRED: on loan terms the place's own unit."""

    BREAKS = "breaks"
    HELPED = "helped"
    REPAIRED = "repaired"


@dataclass(frozen=True, slots=True)
class Happening:
    day: float
    what: What
    place: int


def simulated(pool: Pool, spares: int, seed: int, runs: int = RUNS) -> Service:
    """In the long run, with margins: over each of them lies the truth once in twenty times."""
    days = _BREAKDOWNS / sum(pool.rates)
    found = simulate(pool, spares, seed, runs, days, _WARM_UP * pool.turnaround_days)
    fill, fill_margin = _ratio(found.at_once, found.breakdowns)
    wait, wait_margin = _ratio(found.standing_days, found.breakdowns)
    total = float(found.breakdowns.sum()) / (runs * days)
    method = f"simulated, {int(found.breakdowns.sum()):,} breakdowns, seed {seed}"
    return Service(spares, fill, wait, wait * total, total * YEAR, method, fill_margin, wait_margin)


def simulate(pool: Pool, spares: int, seed: int, runs: int, days: float, warm_up: float = 0.0) -> Runs:
    """Independent runs of so many days. Units are of all ages when they begin, every spare lies on the shelf."""
    generators = np.random.default_rng(seed).spawn(runs)
    ended = [_Run(pool, spares, each, warm_up, warm_up + days).play() for each in generators]
    columns = np.array(ended, dtype=float).T
    return Runs(columns[0], columns[1], columns[2], days)


def history(pool: Pool, spares: int, seed: int, days: float) -> list[Happening]:
    """One run, told event by event."""
    run = _Run(pool, spares, np.random.default_rng(seed), 0.0, days)
    run.play()
    return run.told


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> tuple[float, float]:
    """Sum over sum, and half of its 95 % interval from how far the runs lie apart."""
    ratio = float(above.sum() / below.sum())
    spread = float(np.sqrt(((above - ratio * below) ** 2).sum() / (len(above) - 1) / len(above)))
    return ratio, float(stdtrit(len(above) - 1, 0.975)) * spread / float(below.mean())


class _Run:
    """One run. A place is where a unit is in use; a loan's unit under repair is known by its place."""

    def __init__(self, pool: Pool, spares: int, generator: Generator, begin: float, end: float) -> None:
        self._pool, self._shelf, self._begin, self._end = pool, spares, begin, end
        self._scales = [1 / rate / math.gamma(1 + 1 / pool.shape) for rate in pool.rates]
        self._life = _drawn(lambda: generator.weibull(pool.shape, _DRAWS))
        self._turnaround = _drawn(lambda: _turnarounds(pool, generator))
        self._order, self._events = count(), list[tuple[float, int, bool, int]]()
        self._waiting, self._lent = deque[int](), set[int]()
        self._queue, self._busy = deque[int](), 0
        self._breakdowns = self._at_once = 0
        self._standing, self._seen = 0.0, begin
        self.told: list[Happening] = []
        for place, scale in enumerate(self._scales):
            # In the middle of a life: long ones are met more often, at any of their moments alike.
            met = scale * generator.gamma(1 + 1 / pool.shape) ** (1 / pool.shape)
            self._push(met * generator.random(), True, place)

    def play(self) -> tuple[float, float, float]:
        while self._events[0][0] < self._end:
            now, _, failure, place = heapq.heappop(self._events)
            self._count_standing(now)
            (self._fail if failure else self._return)(now, place)
        self._count_standing(self._end)
        return self._breakdowns, self._at_once, self._standing

    def _fail(self, now: float, place: int) -> None:
        counts = now >= self._begin
        self._breakdowns += counts
        self.told.append(Happening(now, What.BREAKS, place))
        if self._shelf:
            self._shelf -= 1
            self._at_once += counts
            self._help(now, place)
        elif self._pool.elsewhere:
            self._run_from(now, place)
            return
        else:
            self._waiting.append(place)
        self._queue.append(place)
        self._repair_next(now)

    def _return(self, now: float, place: int) -> None:
        """A unit comes from repair: to its own place on loan terms, else to whoever waits longest."""
        self._busy -= 1
        self.told.append(Happening(now, What.REPAIRED, place))
        self._repair_next(now)
        if self._pool.way is Way.LOAN:
            self._run_from(now, place)
            if place not in self._lent:
                self._waiting.remove(place)
                return
            self._lent.remove(place)
        if self._waiting:
            self._help(now, self._waiting.popleft())
        else:
            self._shelf += 1

    def _help(self, now: float, place: int) -> None:
        self.told.append(Happening(now, What.HELPED, place))
        if self._pool.way is Way.LOAN:
            self._lent.add(place)
        else:
            self._run_from(now, place)

    def _run_from(self, now: float, place: int) -> None:
        self._push(now + self._scales[place] * self._life(), True, place)

    def _repair_next(self, now: float) -> None:
        while self._queue and (self._pool.repairers is None or self._busy < self._pool.repairers):
            self._busy += 1
            self._push(now + self._turnaround(), False, self._queue.popleft())

    def _push(self, at: float, failure: bool, place: int) -> None:
        heapq.heappush(self._events, (at, next(self._order), failure, place))

    def _count_standing(self, now: float) -> None:
        if now > self._seen:
            self._standing += len(self._waiting) * (now - self._seen)
            self._seen = now


def _turnarounds(pool: Pool, generator: Generator) -> NDArray[np.float64]:
    if pool.variation == 0:
        return np.full(_DRAWS, pool.turnaround_days)
    shape = 1 / pool.variation**2
    return generator.gamma(shape, pool.turnaround_days / shape, _DRAWS)


def _drawn(draw: Callable[[], NDArray[np.float64]]) -> Callable[[], float]:
    """One after the other out of what is drawn many at once."""
    stock: list[float] = []

    def one() -> float:
        if not stock:
            stock.extend(draw().tolist())
        return stock.pop()

    return one
