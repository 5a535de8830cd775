"""Reference model of a tranche: interest as an exact fraction, the waterfall, the plan's line, and pay by index.

Nothing here is carried from call to call as `Accrual` carries it: an index follows from everything ever paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

YEAR = 31_536_000
ALL_BPS = 10_000
SCALE = 2**56
UNCAPPED = 2**32 - 1


def interest(outstanding: int, rate_bps: int, seconds: int) -> Fraction:
    """Simple, on a year of 31,536,000 seconds; not rounded."""
    return Fraction(outstanding * rate_bps * seconds, ALL_BPS * YEAR)


def run_down(cash: int, dues: Sequence[tuple[int, int]]) -> tuple[list[tuple[int, int]], int]:
    """(interest due, principal) from senior to junior → (interest, principal) paid, and what is left."""
    paid = []
    for due, principal in dues:
        first = min(cash, due)
        second = min(cash - first, principal)
        cash -= first + second
        paid.append((first, second))
    return paid, cash


def run_up(loss: int, outstanding: Sequence[int]) -> list[int]:
    """What each tranche, senior first, is written down by."""
    written = []
    for principal in reversed(outstanding):
        written.append(min(loss, principal))
        loss -= written[-1]
    return written[::-1]


def expected(plan: Sequence[tuple[int, int]], seconds: int) -> Fraction:
    """The plan's line from (0, 0); level behind its end."""
    time, amount = 0, 0
    for next_time, next_amount in plan:
        if seconds < next_time:
            return amount + Fraction((next_amount - amount) * (seconds - time), next_time - time)
        time, amount = next_time, next_amount
    return Fraction(amount)


def covered_until(plan: Sequence[tuple[int, int]], received: int) -> int:
    """The last second at which the line is no higher than `received`, by bisection; at most the plan's end."""
    low, high = 0, plan[-1][0]
    while low < high:
        middle = (low + high + 1) // 2
        if expected(plan, middle) <= received:
            low = middle
        else:
            high = middle - 1
    return low


@dataclass(slots=True)
class Position:
    balance: int = 0
    index: int = 0
    scaled: int = 0  # earned and not paid, in 1/2^56 units; less than a unit after each payment
    vote: tuple[int, int] = (0, 0)  # ballot, units


@dataclass(slots=True)
class TrancheModel:
    size: int
    least: int
    rate_bps: int
    cap_bps: int = UNCAPPED
    residual_bps: int = 0
    invested: int = 0
    outstanding: int = 0
    accrued: Fraction = Fraction(0)
    since: int = 0
    paid: int = 0
    claimed: int = 0
    written_down: int = 0
    burned: int = 0
    voting: int = 0
    positions: dict[str, Position] = field(default_factory=dict)

    @property
    def repaid(self) -> int:
        return self.invested - self.outstanding - self.written_down

    @property
    def index(self) -> int:
        return self.paid * SCALE // self.invested if self.invested else 0

    @property
    def room(self) -> int:
        most = self.invested * self.cap_bps // ALL_BPS - self.invested
        return max(0, most - (self.paid - self.repaid))

    def at(self, holder: str) -> Position:
        return self.positions.setdefault(holder, Position())

    def accrue(self, now: int) -> int:
        """Whole units of interest due now."""
        self.accrued += interest(self.outstanding, self.rate_bps, now - self.since)
        self.since = now
        if self.cap_bps != UNCAPPED and self.accrued >= self.room:
            self.accrued = Fraction(self.room)
        return int(self.accrued)

    def claimable(self, holder: str) -> int:
        position = self.at(holder)
        return (position.scaled + position.balance * (self.index - position.index)) // SCALE
