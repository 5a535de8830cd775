"""The published graph of an order (contracts/README.md): each step from each stage either leads where the drawing says,
or is refused by the stage's name. Every payment is exact: what an end pays is price and bond, once (I-13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.fixtures.bazaar import PAPER, Stage
from tests.fixtures.economy import EUR
from tests.helpers import clock
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

PRICE = 5 * EUR

LEADS_TO = {
    (Stage.OPEN, "bid"): Stage.OPEN,
    (Stage.OPEN, "accept"): Stage.ASSIGNED,
    (Stage.OPEN, "acceptLowest"): Stage.ASSIGNED,
    (Stage.OPEN, "cancel"): Stage.CANCELLED,
    (Stage.OPEN, "lapse"): Stage.CANCELLED,
    (Stage.ASSIGNED, "abandon"): Stage.ABANDONED,
    (Stage.ASSIGNED, "expire"): Stage.EXPIRED,
    (Stage.ASSIGNED, "deliver"): Stage.DELIVERED,
    (Stage.DELIVERED, "approve"): Stage.PAID,
    (Stage.DELIVERED, "release"): Stage.PAID,
    (Stage.DELIVERED, "dispute"): Stage.DISPUTED,
    (Stage.DISPUTED, "rule"): Stage.ARBITRATED,
    (Stage.DISPUTED, "endSilent"): Stage.ARBITRATED,
}
"""The whole drawing."""

STEPS = sorted({step for _, step in LEADS_TO})
NEEDED = {step: stage for stage, step in LEADS_TO}
ENDS = [stage for stage in Stage if stage >= Stage.PAID]


@pytest.fixture(scope="module")
def in_stage(bazaar, machine) -> dict[Stage, int]:
    """One order in each stage, two of those open: the second by rule."""
    market, stranger = bazaar.market, {"from": bazaar.stranger}
    made = {
        Stage.PAID: bazaar.delivered(machine, price=PRICE),
        Stage.ARBITRATED: bazaar.disputed(machine, price=PRICE),
        Stage.CANCELLED: bazaar.open(machine),
        Stage.ABANDONED: bazaar.assigned(machine, price=PRICE),
        Stage.EXPIRED: bazaar.assigned(machine, price=PRICE),
    }
    bazaar.approve(made[Stage.PAID])
    for arbiter in bazaar.arbiters[:2]:
        bazaar.rule(made[Stage.ARBITRATED], arbiter, 10_000)
    market.cancel(made[Stage.CANCELLED], {"from": bazaar.provider})
    market.abandon(made[Stage.ABANDONED], {"from": bazaar.worker})
    clock.pass_time(bazaar.order(made[Stage.EXPIRED]).deadline + machine.terms.grace_time + 1 - clock.now())
    market.expire(made[Stage.EXPIRED], stranger)
    made |= {
        Stage.OPEN: bazaar.open(machine),
        Stage.ASSIGNED: bazaar.assigned(machine, price=PRICE),
        Stage.DELIVERED: bazaar.delivered(machine, price=PRICE),
        Stage.DISPUTED: bazaar.disputed(machine, price=PRICE),
    }
    bazaar.bid(made[Stage.OPEN], price=PRICE)
    return made


def take(bazaar: Any, step: str, order: int) -> Any:
    """The step by somebody who may take it, in the time it needs nothing but the right stage for."""
    steps: dict[str, Callable[[], Any]] = {
        "bid": lambda: bazaar.bid(order, bazaar.rival, PRICE - 1),
        "accept": lambda: bazaar.accept(order),
        "acceptLowest": lambda: bazaar.accept_lowest(order),
        "cancel": lambda: bazaar.market.cancel(order, {"from": bazaar.provider}),
        "lapse": lambda: bazaar.market.lapse(order, {"from": bazaar.stranger}),
        "abandon": lambda: bazaar.market.abandon(order, {"from": bazaar.worker}),
        "expire": lambda: bazaar.market.expire(order, {"from": bazaar.stranger}),
        "deliver": lambda: bazaar.deliver(order),
        "approve": lambda: bazaar.approve(order),
        "release": lambda: bazaar.market.release(order, {"from": bazaar.stranger}),
        "dispute": lambda: bazaar.dispute(order),
        "rule": lambda: bazaar.rule(order, bazaar.arbiters[0], 10_000),
        "endSilent": lambda: bazaar.market.endSilent(order, {"from": bazaar.stranger}),
    }
    return steps[step]()


def test_the_drawing_names_every_step_and_every_stage():
    assert {stage for stage, _ in LEADS_TO} | set(LEADS_TO.values()) == set(Stage) - {Stage.NONE}
    assert not {stage for stage, _ in LEADS_TO} & set(ENDS), "an end has no way out"


@pytest.mark.parametrize(
    ("stage", "step"),
    [(stage, step) for stage in list(Stage)[1:] for step in STEPS if (stage, step) not in LEADS_TO],
    ids=lambda one: getattr(one, "name", one),
)
def test_a_step_is_taken_from_its_stage_only(bazaar, in_stage, stage, step):
    order = in_stage[stage]
    with typed_error("Market_WrongStage", order, int(stage), int(NEEDED[step])):
        take(bazaar, step, order)


@pytest.mark.parametrize("step", STEPS)
def test_an_unknown_order_takes_no_step(bazaar, in_stage, step):
    unknown = int(bazaar.market.orderCount()) + 1
    with typed_error("Market_UnknownOrder", unknown):
        take(bazaar, step, unknown)


def test_an_unknown_order_is_not_shown(bazaar):
    unknown = int(bazaar.market.orderCount()) + 1
    with typed_error("Market_UnknownOrder", unknown):
        bazaar.market.orderOf(unknown)


@pytest.mark.parametrize(
    ("stage", "step", "worker", "reserve", "bond_to"),
    [
        (Stage.OPEN, "cancel", 0, 0, None),
        (Stage.OPEN, "lapse", 0, 0, None),
        (Stage.ASSIGNED, "abandon", 0, PRICE, None),
        (Stage.ASSIGNED, "expire", 0, PRICE, None),
        (Stage.DELIVERED, "approve", PRICE, 0, None),
        (Stage.DELIVERED, "release", PRICE, 0, None),
        (Stage.DISPUTED, "rule", PRICE, 0, "worker"),
        (Stage.DISPUTED, "endSilent", PRICE // 2, PRICE // 2, "provider"),
    ],
)
def test_i13_an_end_pays_once_and_completely(bazaar, machine, in_stage, stage, step, worker, reserve, bond_to):
    order = in_stage[stage]
    held = bazaar.order(order)
    bond, funded = held.bond, 0 if stage is Stage.OPEN else PRICE
    escrowed, open_orders = bazaar.escrowed(), bazaar.market.openOrdersOf(machine.id)
    if step == "rule":
        bazaar.rule(order, bazaar.arbiters[1], 10_000)
    if step in ("lapse", "expire", "release", "endSilent"):
        late = {"lapse": held.bidding_until + machine.terms.acceptance_time, "expire": held.deadline + 3 * 3_600}
        clock.next_block_at(late.get(step, held.deadline) + 1)

    with BalanceChanges(
        bazaar.balance, bazaar.worker, bazaar.reserve(machine), bazaar.provider, bazaar.escrow
    ) as changes:
        ended = take(bazaar, step, order)
    to_worker = bond if bond_to == "worker" else 0
    to_provider = bond if bond_to == "provider" else 0
    assert changes[bazaar.worker] == worker + to_worker
    assert changes[bazaar.reserve(machine)] == reserve
    assert changes[bazaar.provider] == to_provider
    assert changes[bazaar.escrow] == -(funded + bond)
    assert bazaar.escrowed() == escrowed - funded - bond
    assert bazaar.market.openOrdersOf(machine.id) == open_orders - 1
    assert bazaar.stage(order) is LEADS_TO[stage, step]
    receiver = {"worker": bazaar.worker, "provider": bazaar.provider}.get(bond_to, "0x" + 40 * "0")
    assert_events(
        ended,
        *([event("RulingGiven", order=order, arbiter=bazaar.arbiters[0], workerBps=10_000, documentHash=PAPER)]
          if step == "rule" else []),
        event("OrderEnded", order=order, stage=int(LEADS_TO[stage, step]), toWorker=worker, toReserve=reserve,
              bond=bond, bondTo=receiver),
        of=bazaar.market,
    )  # fmt: skip
