"""The events of UsageAgreements, as `assert_events` expects them."""

from __future__ import annotations

from typing import Any

from tests.helpers.events import Expected, assert_events, event
from tests.models.agreements import Refill, Settled, Short, Skip, State


def reading_settled(agreement: int, state: State) -> Expected:
    return event("ReadingSettled", agreement=agreement, state=state.pack())


def reading_skipped(agreement: int, sequence: int, reason: Skip) -> Expected:
    return event("ReadingSkipped", agreement=agreement, sequence=sequence, reason=int(reason))


def hold_refilled(agreement: int, amount: int, state: State) -> Expected:
    return event("HoldRefilled", agreement=agreement, amount=amount, state=state.pack())


def refill_short(agreement: int, wanted: int, got: int, reason: Short) -> Expected:
    return event("RefillShort", agreement=agreement, wanted=wanted, got=got, reason=int(reason))


def standing_accrued(agreement: int, state: State) -> Expected:
    return event("StandingAccrued", agreement=agreement, state=state.pack())


def of_refill(agreement: int, refill: Refill | None) -> list[Expected]:
    if refill is None:
        return []
    filled = [hold_refilled(agreement, refill.got, refill.state)] if refill.got else []
    short = [refill_short(agreement, refill.wanted, refill.got, refill.short)] if refill.short is not None else []
    return filled + short


def of_reading(agreement: int, sequence: int, outcome: Settled | Skip) -> list[Expected]:
    """What one reading of a batch emits."""
    if isinstance(outcome, Skip):
        return [reading_skipped(agreement, sequence, outcome)]
    final = [event("FinalReadingAccepted", agreement=agreement, sequence=sequence)] if outcome.final else []
    return [reading_settled(agreement, outcome.state), *final, *of_refill(agreement, outcome.refill)]


def assert_skipped(transaction: Any, agreements: Any, agreement: int, sequence: int, reason: Skip) -> None:
    """The batch held one reading, and it was skipped with exactly this reason and no other effect."""
    assert_events(transaction, reading_skipped(agreement, sequence, reason))
