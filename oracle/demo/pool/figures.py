"""What three years cost and brought, from the chain's own events; and what the planner had said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.advice.pool_plan import Capital
from oracle.advice.pool_simulation import simulate
from oracle.chain.client import checksummed
from oracle.chain.node_errors import typed_errors
from oracle.demo.pool import terms
from oracle.demo.pool.cast import DAYS, FACTORIES, HARD, SPARES
from oracle.demo.pool.scene import World
from oracle.demo.pool.terms import DAY
from oracle.parties import pools
from oracle.parties.pools import stock_book
from oracle.parties.spare_loans import ClaimStage, Place, loans_book
from oracle.types import UnixTime

RUNS = 2_000
AT_ONCE = 1 / 24
"""Days: a hand-over within the hour of its claim found a spare on the shelf."""
IN_CUSTODY = (Place.SHELF, Place.LENT, Place.REPAIR)
Moment = tuple[UnixTime, int]
"""Since when, how much."""


@dataclass(frozen=True, slots=True)
class Range:
    """Of a planner's runs: the mean, and where nine of ten lie."""

    mean: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Predicted:
    breakdowns: Range
    at_once: Range
    standing_days: Range
    capital: int
    """Spares and deposits, base units."""


@dataclass(frozen=True, slots=True)
class Seen:
    """From events alone. `waits`: days from claim to spare, by hand-over. Amounts in base units, averages over time."""

    breakdowns: int
    false_claims: int
    order: tuple[int, ...]
    """Of claims, as their spares were handed over."""
    waits: tuple[float, ...]
    spares: int
    spares_value: int
    money: int
    """In the pool's account: deposits, credits, cash."""
    private_value: int
    private_waits: int
    """Breakdowns for which a member's own spare would still have stood in for the breakdown before."""

    @property
    def at_once(self) -> int:
        return sum(wait <= AT_ONCE for wait in self.waits)

    @property
    def standing_days(self) -> float:
        return sum(wait for wait in self.waits if wait > AT_ONCE)

    @property
    def saved(self) -> float:
        return 1 - (self.spares_value + self.money) / self.private_value


def predict(world: World, seed: int) -> Predicted:
    runs = simulate(HARD, SPARES, seed, RUNS, DAYS)
    money = world.currency.parse
    capital = Capital(FACTORIES, money(terms.PRICE), money(terms.DEPOSIT)).pooled(SPARES)
    shares = runs.at_once / np.maximum(runs.breakdowns, 1)
    return Predicted(_range(runs.breakdowns), _range(shares), _range(runs.standing_days), capital)


def see(world: World) -> Seen:
    """What happened between the day on which cover began and now."""
    client, platform = world.stack.client, world.stack.platform
    loans, stock = loans_book(client, platform), stock_book(client, platform)
    times: dict[int, UnixTime] = {}
    claims = _logs(loans, "Claimed")
    claimed = {one["args"]["claim"]: _time(world, one, times) for one in claims}
    ended = {one["args"]["claim"]: one["args"]["stage"] for one in _logs(loans, "ClaimEnded")}
    back = {one["args"]["claim"]: _time(world, one, times) for one in _logs(loans, "LoanEnded")}
    lent = [(one["args"]["claim"], _time(world, one, times)) for one in _logs(loans, "SpareLent")]
    false = sum(stage == ClaimStage.CANCELLED for stage in ended.values())
    custody = [(_time(world, one, times), _step(one["args"])) for one in _logs(stock, "UnitMoved")]
    account = pools.account_of(client, platform, world.pool)
    moved: list[Moment] = []
    for one in _logs(platform.accounts, "Transfer"):
        sender, receiver = checksummed(one["args"]["sender"]), checksummed(one["args"]["receiver"])
        if account in (sender, receiver):
            amount = one["args"]["amount"]
            moved.append((_time(world, one, times), amount if receiver == account else -amount))
    price = world.currency.parse(terms.PRICE)
    begin, end = world.calendar.begin, world.calendar.now()
    spares = sum(step for _, step in custody)
    return Seen(
        len(claimed) - false,
        false,
        tuple(claim for claim, _ in lent),
        tuple((at - claimed[claim]) / DAY for claim, at in lent),
        spares,
        int(_average(custody, begin, end) * price),
        int(_average(moved, begin, end)),
        FACTORIES * price,
        _private_waits([(one["args"]["member"], one["args"]["claim"]) for one in claims], claimed, back),
    )


def document(predicted: Predicted, seen: Seen) -> dict[str, Any]:
    def ranged(found: Range) -> dict[str, float]:
        return {"mean": found.mean, "low": found.low, "high": found.high}

    return {
        "predicted": {
            "breakdowns": ranged(predicted.breakdowns),
            "fill": ranged(predicted.at_once),
            "standingDays": ranged(predicted.standing_days),
            "capital": str(predicted.capital),
        },
        "seen": {
            "breakdowns": seen.breakdowns,
            "falseClaims": seen.false_claims,
            "atOnce": seen.at_once,
            "waitDays": [round(wait, 2) for wait in seen.waits],
            "standingDays": seen.standing_days,
            "spares": seen.spares,
            "sparesValue": str(seen.spares_value),
            "money": str(seen.money),
            "saved": seen.saved,
        },
        "private": {"capital": str(seen.private_value), "waits": seen.private_waits},
    }


def _logs(book: Any, event: str) -> Sequence[Mapping[str, Any]]:
    with typed_errors(event):
        return list(book.events[event]().get_logs(from_block=0))


def _time(world: World, log: Mapping[str, Any], known: dict[int, UnixTime]) -> UnixTime:
    number = log["blockNumber"]
    if number not in known:
        known[number] = world.stack.client.block(number).time
    return known[number]


def _private_waits(
    claims: Sequence[tuple[int, int]], claimed: Mapping[int, UnixTime], back: Mapping[int, UnixTime]
) -> int:
    """Member and claim, in the chain's order."""
    out: dict[int, UnixTime] = {}
    waits = 0
    for member, claim in claims:
        waits += claimed[claim] < out.get(member, 0)
        out[member] = back.get(claim, claimed[claim])
    return waits


def _step(moved: Mapping[str, Any]) -> int:
    return (moved["to"] in IN_CUSTODY) - (moved["from"] in IN_CUSTODY)


def _average(steps: Sequence[Moment], begin: UnixTime, end: UnixTime) -> float:
    """Over time, of what the steps add up to; those before the beginning count from the beginning."""
    return sum(step * (end - max(at, begin)) for at, step in steps) / (end - begin)


def _range(values: Any) -> Range:
    low, high = np.percentile(values, (5, 95))
    return Range(float(np.mean(values)), float(low), float(high))
