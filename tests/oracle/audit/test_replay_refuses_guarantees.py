"""What TitleSales, BuybackGuarantees and AvailabilityGuarantees must refuse, the replay refuses too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from oracle.audit import buyback
from oracle.audit.check_guarantees import check_i10, check_i18
from oracle.audit.replay.world import Refused
from oracle.audit.told import Told
from oracle.audit.verify import Audit
from tests.models import buyback as model
from tests.oracle.audit.beginning import ANNA, BERT, CLARA, FLEET, OWNER, REPAIRER
from tests.oracle.audit.economy import Story
from tests.oracle.audit.seen import Seen
from tests.oracle.audit.support import Actor, copied
from tests.oracle.audit.test_checks import evidence_of

STANDING = 6
"""The sale that the story leaves on offer, by OWNER."""
KEPT, ON_THE_CAR = 5, 6
"""Guarantees that the story leaves running: on a machine of REPAIRER's, and on the car."""

Act = Callable[[Any, Actor], None]


def terms_of(world: Any, number: int, **changes: Any) -> tuple[Any, ...]:
    return tuple((world.buybacks.buybacks[number - 1].terms | changes).values())


REFUSED: dict[str, tuple[str, Act]] = {
    "a sale twice": ("does not stand", lambda w, a: w.sales.buy(a.call(ANNA), 2, 0)),
    "a sale to its seller": ("not the buyer", lambda w, a: w.sales.buy(a.call(OWNER), STANDING, 0)),
    "a sale withdrawn by another": ("owner", lambda w, a: w.sales.withdraw(a.call(ANNA), STANDING)),
    "no such sale": ("no sale", lambda w, a: w.sales.buy(a.call(ANNA), 99, 0)),
    "an exercise twice": ("has ended", lambda w, a: w.buybacks.exercise(a.call(OWNER), 1, b"")),
    "an exercise by a stranger": ("owner", lambda w, a: w.buybacks.exercise(a.call(BERT), KEPT, b"")),
    "an exercise too early": ("window", lambda w, a: w.buybacks.exercise(a.call(FLEET), ON_THE_CAR, b"")),
    "a status that is none": ("decode", lambda w, a: w.buybacks.exercise(a.call(REPAIRER), KEPT, b"\1")),
    "less than the holder takes": ("takes", lambda w, a: _too_little(w, a)),
    "waiting for what is there": ("reaches", lambda w, a: _covered(w, a)),
    "an expiry in the window": ("open", lambda w, a: w.buybacks.expire(a.call(BERT), KEPT)),
    "the cover itself": ("cover", lambda w, a: w.buybacks.release(a.call(OWNER), KEPT, 300_000)),
    "another's collateral": ("guarantor", lambda w, a: w.buybacks.release(a.call(BERT), KEPT, 1)),
    "a guarantee without collateral": (
        "too little",
        lambda w, a: w.buybacks.give(a.call(OWNER), terms_of(w, KEPT), w.buybacks.buybacks[KEPT - 1].points, 1),
    ),
    "a rising price": (
        "fall",
        lambda w, a: w.buybacks.give(a.call(OWNER), terms_of(w, KEPT), ((0, 1), (1, 2)), 10**6),
    ),
    "a service twice undone": (
        "paid",
        lambda w, a: w.buybacks.prove_service(a.call(BERT), ON_THE_CAR, len(w.market.orders) - 2),
    ),
    "a claim that is paid": ("owed", lambda w, a: w.buybacks.pay_claim(a.call(BERT), 2, 1)),
    "no guarantee": ("no guarantee", lambda w, a: w.buybacks.pay_claim(a.call(BERT), 99, 1)),
    "a credit twice": ("nothing to claim", lambda w, a: w.uptimes.claim(a.call(CLARA), 1, 3, 0)),
    "a period that is none": ("no such period", lambda w, a: w.uptimes.settle_period(a.call(BERT), 1)),
    "a checkpoint too late": ("grace", lambda w, a: w.uptimes.checkpoint(a.call(BERT), 1, 3, 0)),
    "maintenance that was": (
        "ahead",
        lambda w, a: w.uptimes.announce_maintenance(a.call(OWNER), 1, 0, 0, 1),
    ),
    "a bond of another's": ("guarantor", lambda w, a: w.uptimes.release(a.call(BERT), 1, 1)),
}


def _little_worn(world: Any, actor: Actor) -> None:
    world.meters.of(world.buybacks.buybacks[KEPT - 1].terms["asset"]).odometer.since = actor.now


def _too_little(world: Any, actor: Actor) -> None:
    _little_worn(world, actor)
    world.buybacks.exercise(actor.call(REPAIRER), KEPT, b"", 10**9)


def _covered(world: Any, actor: Actor) -> None:
    _little_worn(world, actor)
    world.accounts.balances[world.buybacks.account_of(KEPT), int.from_bytes(actor.euro, "big")] = 10**9
    world.buybacks.demand(actor.call(REPAIRER), KEPT, b"")


@pytest.fixture
def world(honest: Audit) -> Any:
    """A copy of the books that a test may spoil."""
    return copied(honest.world)


@pytest.mark.parametrize("case", REFUSED)
def test_the_replay_refuses(world: Any, story: Story, case: str) -> None:
    words, act = REFUSED[case]
    with pytest.raises(Refused, match=words):
        act(world, Actor(story.platform))


def test_the_auditors_price_is_the_models() -> None:
    points = ((0, 1_000_001), (259_200, 700_000), (777_600, 500_000))
    for age in (0, 1, 99_999, 259_199, 259_200, 259_201, 500_003, 777_600, 10**9):
        for odometer in (0, 401, 402, 10**6):
            worn = buyback.for_wear(odometer, 400, 36_500, age, 3_000_001)
            priced = max(0, buyback.by_age(points, age) - worn - 7)
            assert priced == model.price(points, age, odometer, 400, 36_500, 3_000_001, 7)


@pytest.mark.parametrize(
    ("event", "values", "check"),
    [
        ("Exercised", {"paid": 1}, "I-10"),
        ("CollateralReleased", {"amount": 8}, "I-10"),
        ("CreditClaimed", {"credit": 10**9}, "I-18"),
        ("BondReleased", {"amount": 4}, "I-18"),
    ],
)
def test_a_log_that_says_another_amount_does_not_balance(
    honest: Seen, event: str, values: dict[str, int], check: str
) -> None:
    told = [_changed(each, values) if each.event == event else each for each in honest.told]
    assert check in _found(honest, told)
    assert _found(honest, honest.told) == set()


def test_a_credit_or_an_end_told_twice_is_found(honest: Seen) -> None:
    for event, check in (("CreditClaimed", "I-18"), ("GuaranteeEnded", "I-10"), ("Exercised", "I-10")):
        again = next(each for each in honest.told if each.event == event)
        assert check in _found(honest, [*honest.told, again])


def _changed(told: Told, values: dict[str, int]) -> Told:
    return replace(told, values={**told.values, **values})


def _found(honest: Seen, told: Any) -> set[str]:
    evidence = evidence_of(honest, list(told))
    for check in (check_i10, check_i18):
        check(evidence)
    assert Counter(each.check for each in evidence.findings.balanced) == {"I-10": 1, "I-18": 1}
    return {each.check for each in evidence.findings.found}
