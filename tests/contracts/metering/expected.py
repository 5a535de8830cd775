"""What agreements write and say, built from the figures that a test expects."""

from __future__ import annotations

from typing import Any

from tests.fixtures.economy import HOLD_TARGET, Economy, Hire
from tests.helpers.events import Expected, event
from tests.models.agreements import Short, Skip, State


def slot(
    hire: Hire, *, sequence: int = 0, elapsed: int = 0, settled: int = 0, hold: int | None = None, special: bool = False
) -> int:
    """The agreement's slot; unless told, the hold is what remains of the opening one."""
    hold = hire.hold - settled if hold is None else hold
    return State(special, sequence, hire.opened_at, elapsed, settled, hold).pack()


def reading_settled(hire: Hire, sequence: int, settled: int, **more: Any) -> Expected:
    return event(
        "ReadingSettled", agreement=hire.id, state=slot(hire, sequence=sequence, settled=settled, **more)
    )  # fmt: skip


def skipped(hire: Hire, sequence: int, reason: Skip) -> Expected:
    return event("ReadingSkipped", agreement=hire.id, sequence=sequence, reason=int(reason))


def refilled(hire: Hire, amount: int, **state: Any) -> Expected:
    return event("HoldRefilled", agreement=hire.id, amount=amount, state=slot(hire, **state))


def refill_short(hire: Hire, wanted: int, got: int, reason: Short) -> Expected:
    return event("RefillShort", agreement=hire.id, wanted=wanted, got=got, reason=int(reason))


def moved(economy: Economy, sender: Any, receiver: Any, amount: int, token: Any = None) -> Expected:
    """The ledger's event of a movement that UsageAgreements made."""
    return event(
        "Transfer",
        caller=economy.agreements,
        sender=sender,
        receiver=receiver,
        id=economy.id_of(token),
        amount=amount,
    )


def word(economy: Economy, hire: Hire) -> int:
    return int(economy.agreements.stateOf(hire.id))


def fees(economy: Economy, hire: Hire, token: Any = None) -> int:
    """What waits in the split of the agreement's asset."""
    split = (int(economy.assets.route(hire.drill.id)) >> 32) & 0xFFFFFFFFFFFFFFFF
    return int(economy.splitter.undistributed(split, token or economy.euro))


HALF = HOLD_TARGET // 2
