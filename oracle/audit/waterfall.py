"""What a tranche of a round is owed, is paid and loses: the published rules written anew, in fractions and totals.

Where the contracts carry remainders from step to step, this keeps what has come in all, and divides that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from oracle.audit import split

ALL_BPS: Final = 10_000
YEAR: Final = 365 * 86_400
PARTS: Final = ALL_BPS * YEAR
"""Of a unit of interest, as the contract stores what is below one."""
SCALE: Final = 1 << 56
"""Units of principal that an index counts for."""
UNCAPPED: Final = (1 << 32) - 1
MOST: Final = (1 << 88) - 1

Plan = Sequence[tuple[int, int]]
"""(seconds since the start, units expected in all by then)"""


@dataclass(slots=True)
class Tranche:
    """`due`: interest up to `since`, exactly. `paid`: interest, principal and residual, ever."""

    rate_bps: int
    cap_bps: int
    residual_bps: int
    invested: int = 0
    lent: int = 0
    repaid: int = 0
    written_down: int = 0
    paid: int = 0
    taken: int = 0
    burned: int = 0
    due: Fraction = field(default_factory=Fraction)
    since: int = 0

    @property
    def outstanding(self) -> int:
        return self.lent - self.repaid - self.written_down

    @property
    def is_burned(self) -> bool:
        """Nobody holds it, any more or at all."""
        return self.burned == self.invested

    @property
    def unclaimed(self) -> int:
        return self.paid - self.taken

    @property
    def index(self) -> int:
        return self.paid * SCALE // self.invested if self.invested else 0

    @property
    def carry(self) -> int:
        return self.paid * SCALE % self.invested if self.invested else 0

    @property
    def room(self) -> int:
        """What the cap leaves beyond the principal, for interest and residual together."""
        most = self.invested * self.cap_bps // ALL_BPS
        return max(0, most - self.invested - (self.paid - self.repaid))

    def start(self, now: int) -> None:
        self.lent, self.since = self.invested, now

    def interest(self, now: int) -> Fraction:
        """Due now. At its cap a tranche bears none, and a part of a unit beyond it is gone."""
        due = self.due + Fraction(self.outstanding * self.rate_bps * (now - self.since), PARTS)
        if self.cap_bps != UNCAPPED and int(due) >= self.room:
            return Fraction(self.room)
        return due if int(due) <= MOST else MOST + due % 1

    def owed(self, now: int) -> tuple[int, int]:
        return int(self.interest(now)), self.outstanding

    def pay(self, interest: int, principal: int, now: int) -> None:
        self.due = self.interest(now) - interest
        self.since = now
        self.repaid += principal
        self.paid += interest + principal

    def write_down(self, principal: int, now: int) -> None:
        """What was due is lost as well, but stays noted in whole units."""
        self.due, self.since = Fraction(int(self.interest(now))), now
        self.written_down += principal

    def burn(self, amount: int) -> int:
        """What the last to burn has: all that the floors of those before left."""
        self.burned += amount
        if not self.is_burned:
            return 0
        rest, self.taken, self.due = self.unclaimed, self.paid, self.due % 1
        return rest


class Payment(NamedTuple):
    tranche: int
    interest: int
    principal: int


def run_down(tranches: Sequence[Tranche], cash: int, now: int) -> Iterator[Payment]:
    """Senior first, and nobody while anything is owed to one before (I-8). Says what to pay; pays nothing."""
    for number, tranche in enumerate(tranches):
        due, outstanding = tranche.owed(now)
        interest = min(cash, due)
        principal = min(cash - interest, outstanding)
        cash -= interest + principal
        if interest + principal:
            yield Payment(number, interest, principal)
        if (interest, principal) != (due, outstanding):
            return


def owed_in_all(tranches: Sequence[Tranche], now: int) -> int:
    return sum(sum(tranche.owed(now)) for tranche in tranches)


def losses(tranches: Sequence[Tranche]) -> Iterator[tuple[int, int]]:
    """(tranche, principal) from the lowest up: at the end all that is outstanding is lost."""
    for number in reversed(range(len(tranches))):
        yield number, tranches[number].outstanding


def reopen(tranches: Sequence[Tranche], now: int) -> None:
    """What was lost is owed again, where anybody holds the tranche: money has come after the end."""
    for tranche in tranches:
        if not tranche.is_burned:
            tranche.written_down, tranche.since = 0, now


def close_again(tranches: Sequence[Tranche]) -> None:
    for tranche in tranches:
        tranche.written_down += tranche.outstanding


class Rest(NamedTuple):
    """How the money is shared that is left when nothing is owed; what is not given waits for the next time."""

    gains: tuple[int, ...]
    to_provider: int
    total: int
    over: bool


def share_rest(tranches: Sequence[Tranche], rest: int, total: int, outright: bool, ends: bool) -> Rest:
    """Residual holders up to their caps, the provider the others' share.

    Args:
        total: what was shared in this way before.
        outright: everyone gets what its cap leaves, for the round is bought out.
        ends: the plan's time is over, so this is the last time.
    """
    rooms = [tranche.room if tranche.residual_bps and not tranche.is_burned else 0 for tranche in tranches]
    gains, kept = [0] * len(tranches), 0
    if rest and outright:
        gains = rooms
    elif rest and any(rooms):
        shares = [tranche.residual_bps for tranche in tranches]
        result = split.payout(total, rest, [*shares, ALL_BPS - sum(shares)])
        gains = [min(amount, room) for amount, room in zip(result.amounts, rooms, strict=False)]
        total, kept = result.total_after, rest - result.paid
    over = outright or ends or gains == rooms
    if over:
        kept = 0
    return Rest(tuple(gains), rest - kept - sum(gains), total, over)


def covered_until(plan: Plan, received: int) -> int:
    """The last second at which no more was expected than has come, at most the plan's end."""
    for (time, amount), (later, more) in pairwise([(0, 0), *plan]):
        if received < more:
            return int(time + Fraction(received - amount, more - amount) * (later - time))
    return plan[-1][0]
