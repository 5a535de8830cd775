"""How many spares a pool needs, and what it ties up: exact where queueing theory is exact.

What is in use fails and is repaired; a spare bridges the time. `fill` is the share of breakdowns for which a spare lies
on the shelf, `wait_days` what a breakdown waits on average, those that do not wait included. Time is in days, failures
are per unit in use and year. Where there is no exact answer, `oracle/advice/pool_simulation.py` has one with a margin.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from oracle.advice.cores import count_distribution
from oracle.advice.queues import Chances, birth_death, erlang_b, out_of_many, waiting
from oracle.errors import Rejected

YEAR = 365.25
WHO = "pool"
_MOST_UNITS = 2_000
_PRECISION = 60
"""Halvings in a search: more than a float can tell apart."""


class Way(StrEnum):
    """EXCHANGE: the spare stays, the repaired unit goes onto the shelf; whatever runs can fail, spares too.
    LOAN: the spare goes back when the member's own unit is repaired; what is lent does not fail on loan."""

    EXCHANGE = "exchange"
    LOAN = "loan"


@dataclass(frozen=True, slots=True)
class Pool:
    """Members and what happens to their units.

    `failures`: of one unit in use in a year of running, once for all members or once for each. `shape`: Weibull, of
    lives; 1 is chance alone. `variation`: of the turnaround, its standard deviation over its mean: 0 always the same,
    1 exponential, else gamma. `repairers` None: every unit is worked on at once. `elsewhere`: who finds the shelf empty
    does not wait.
    """

    members: int
    failures: tuple[float, ...]
    turnaround_days: float
    each: int = 1
    shape: float = 1.0
    variation: float = 1.0
    repairers: int | None = None
    way: Way = Way.EXCHANGE
    elsewhere: bool = False

    def __post_init__(self) -> None:
        if self.members < 1 or self.each < 1 or len(self.failures) not in (1, self.members):
            counts = f"{self.members} members, {self.each} units each, {len(self.failures)} rates"
            raise Rejected("members_out_of_range", WHO, "needs one failure rate, or one for each member", counts)
        if self.members * self.each > _MOST_UNITS:
            raise Rejected("too_many_units", WHO, f"counts at most {_MOST_UNITS:,}", str(self.members * self.each))
        if min(self.failures) <= 0 or self.turnaround_days <= 0 or self.shape <= 0 or self.variation < 0:
            raise Rejected("figures_out_of_range", WHO, "rates, turnaround and shape must be above zero", "")
        if self.repairers is not None and self.repairers < 1:
            raise Rejected("figures_out_of_range", WHO, "needs at least one repairer", str(self.repairers))

    @property
    def rates(self) -> tuple[float, ...]:
        """Failures a day of every unit in use."""
        by_member = self.failures if len(self.failures) > 1 else self.failures * self.members
        return tuple(rate / YEAR for rate in by_member for _ in range(self.each))

    @property
    def load(self) -> float:
        """Units under repair on average, if nothing ever waited."""
        return sum(self.rates) * self.turnaround_days

    def scaled(self, factor: float) -> "Pool":
        return replace(self, failures=tuple(rate * factor for rate in self.failures))


@dataclass(frozen=True, slots=True)
class Service:
    """What members get for so many spares. Margins are half of a 95 % interval; zero where the answer is exact."""

    spares: int
    fill: float
    wait_days: float
    standing: float
    """Units that stand still for want of a spare, on average."""
    breakdowns: float
    """In a year, of all units."""
    method: str
    fill_margin: float = 0.0
    wait_margin: float = 0.0


def exact(pool: Pool, spares: int) -> Service | None:
    """Of exactly these members; None where no theory answers."""
    if pool.elsewhere:
        return _elsewhere(pool, spares)
    if pool.way is Way.LOAN and pool.repairers is None:
        return _loans(pool, spares)
    alike = len(set(pool.rates)) == 1 and pool.shape == 1
    if not alike or (pool.repairers is not None and pool.variation != 1):
        return None
    return _alike(pool, spares)


def of_many(pool: Pool, spares: int) -> Service | None:
    """The same failures a year out of very many members: M/G/∞ (Palm), M/M/s (Erlang C), or M/G/s/s (Erlang B).

    None where several repairers' times are not exponential, or they cannot keep up.
    """
    total = sum(pool.rates)
    if pool.elsewhere:
        return None if pool.repairers is not None else _blocked(pool, spares, erlang_b(pool.load, spares), "M/G/s/s")
    if pool.repairers is not None and (pool.variation != 1 or pool.load >= pool.repairers):
        return None
    out = out_of_many(pool.load, pool.repairers, spares)
    standing = waiting(out, spares)
    method = "M/G/∞" if pool.repairers is None else "M/M/s"
    return Service(spares, float(out[:spares].sum()), standing / total, standing, total * YEAR, method)


def rarest(pool: Pool, spares: int, fill: float, service: Callable[[Pool, int], Service | None]) -> float:
    """Years between two failures of a unit from which on so many spares reach `fill`, all rates in proportion."""

    def enough(factor: float) -> bool:
        found = service(pool.scaled(factor), spares)
        return found is not None and found.fill >= fill

    low, high = 0.0, 1.0
    while enough(high):
        low, high = high, high * 2
    for _ in range(_PRECISION):
        middle = (low + high) / 2
        low, high = (middle, high) if enough(middle) else (low, middle)
    mean = sum(pool.rates) / len(pool.rates) * YEAR
    return 1 / (mean * low)


def _alike(pool: Pool, spares: int) -> Service:
    """Exponential lives, all alike: a closed chain of births and deaths; with repair at once only the mean counts."""
    units, rate, repair = len(pool.rates), pool.rates[0], 1 / pool.turnaround_days
    repairers = pool.repairers or units + spares

    def failing(out: int) -> float:
        running = min(units, units + spares - out) if pool.way is Way.EXCHANGE else units - out
        return rate * running

    most = units + (spares if pool.way is Way.EXCHANGE else 0)
    out = birth_death(failing, lambda number: repair * min(number, repairers), most)
    flow = np.array([share * failing(number) for number, share in enumerate(out)])
    total, standing = float(flow.sum()), waiting(out, spares)
    return Service(
        spares, float(flow[:spares].sum()) / total, standing / total, standing, total * YEAR, "closed birth–death chain"
    )


def _loans(pool: Pool, spares: int) -> Service:
    """Each unit is out or not, on its own, whatever the distributions: the number out is Poisson-binomial."""
    chances = _chances_out(pool)
    flows = np.array(pool.rates) * (1 - chances)
    total, standing = float(flows.sum()), waiting(count_distribution(chances), spares)
    found = _seen(chances, flows, lambda others: float(others[:spares].sum()))
    return Service(
        spares, found / total, standing / total, standing, total * YEAR, "independent units, exactly counted"
    )


def _elsewhere(pool: Pool, spares: int) -> Service | None:
    if pool.repairers is not None:
        return None
    if pool.way is Way.EXCHANGE:
        # Everything always runs: chance failures are Poisson also of few members.
        return _blocked(pool, spares, erlang_b(pool.load, spares), "M/G/s/s") if pool.shape == 1 else None
    return _lent_or_elsewhere(pool, spares)


def _lent_or_elsewhere(pool: Pool, spares: int) -> Service:
    """Engset's loss system, of units that may be unlike: as independent units, seen only while so many are out."""
    chances = _chances_out(pool)
    asking = np.array(pool.rates) * (1 - chances)
    asked = _seen(chances, asking, lambda others: float(others[: spares + 1].sum()))
    blocked = _seen(chances, asking, lambda others: float(others[spares : spares + 1].sum()))
    possible = float(count_distribution(chances)[: spares + 1].sum())
    found = _blocked(pool, spares, blocked / asked, "Engset's loss system")
    return replace(found, breakdowns=asked / possible * YEAR)


def _blocked(pool: Pool, spares: int, share: float, method: str) -> Service:
    return Service(spares, 1 - share, 0.0, 0.0, sum(pool.rates) * YEAR, method)


def _chances_out(pool: Pool) -> Chances:
    loads = np.array(pool.rates) * pool.turnaround_days
    return loads / (1 + loads)


def _seen(chances: Chances, flows: Chances, share: Callable[[Chances], float]) -> float:
    """A failing unit sees the others as they are in the long run. Units alike are counted once."""
    total = 0.0
    for chance in set(chances.tolist()):
        alike = np.flatnonzero(chances == chance)
        total += float(flows[alike].sum()) * share(count_distribution(np.delete(chances, alike[0])))
    return total
