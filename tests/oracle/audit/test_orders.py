"""The service market under audit: its lies are found and named, its rules refuse, and I-13 stands by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oracle.audit.check_orders import check_i13
from oracle.audit.replay.world import Refused
from oracle.audit.storage import Layout
from tests.oracle.audit.beginning import ANNA, BERT, CLARA, COMMUNITY, FLEET, OWNER, REPAIRER, word
from tests.oracle.audit.corruptions import draw_about
from tests.oracle.audit.economy import Story
from tests.oracle.audit.orders import ASSET
from tests.oracle.audit.seen import Seen
from tests.oracle.audit.support import FOREVER, Actor, copied
from tests.oracle.audit.test_audit_can_fail import hunt
from tests.oracle.audit.test_checks import evidence_of, spoilt

CONTRACTS = ("ServiceMarket", "ServiceTermsBook", "HandOvers", "WorkerList")
SEED = 20_261_122
OPEN, ASSIGNED, DELIVERED, DISPUTED, PAID = 1, 2, 3, 4, 5


def test_every_kind_of_lie_about_the_market_is_found(chain_url: str, directory: bytes, honest: Seen) -> None:
    lies = draw_about(honest, CONTRACTS, storage=20, seed=SEED)
    found, missed = hunt(chain_url, directory, lies)
    assert missed == []
    assert found["LogLie"] >= 20
    assert found["StorageLie"] == 20


# I-13 by itself


CASES: list[tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = [
    ("OrderEnded", lambda values: values | {"toWorker": values["toWorker"] + 1}),
    ("OrderEnded", lambda values: values | {"toReserve": values["toReserve"] + 1}),
    ("OrderEnded", lambda values: values | {"order": 1}),
    ("OrderEnded", lambda values: values | {"bond": values["bond"] + 1}),
]


@pytest.mark.parametrize(("event", "change"), CASES)
def test_i13_an_end_that_does_not_pay_what_was_in_escrow(
    honest: Seen, event: str, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    evidence = evidence_of(honest, spoilt(honest, event, change))
    assert {each.check for each in evidence.findings.found} == {"I-13"}


@pytest.mark.parametrize("variable", ["escrowedIn", "price", "balance"])
def test_i13_an_escrow_that_does_not_balance(honest: Seen, variable: str) -> None:
    evidence = evidence_of(honest)
    market, ledger = evidence.world.market, evidence.world.accounts
    currency = max(market.escrowed, key=lambda each: market.escrowed[each])
    waiting = next(number for number, order in market.orders.items() if order.stage == ASSIGNED)
    module, path = {
        "escrowedIn": (market, ("escrowedIn", currency)),
        "price": (market, ("_orders", waiting, "price")),
        "balance": (ledger, ("_credit", int.from_bytes(currency, "big"), market.escrow_account)),
    }[variable]
    spot = Layout(module.abi.layout).spot(path)
    words: Any = evidence.words[module.address]
    words[spot.slot] -= 100 << 8 * spot.offset
    check_i13(evidence)
    assert [each.check for each in evidence.findings.found] == ["I-13"]


def test_i13_an_honest_chain_balances_with_its_gifts(honest: Seen) -> None:
    balanced = [each for each in honest.findings.balanced if each.check == "I-13"]
    assert [each.values["gifts"] for each in balanced] == [17]
    assert honest.findings.figures["I-13 ends of orders compared"] >= 9


# What the replay refuses


@pytest.fixture
def world(honest: Seen) -> Any:
    """A copy of the books that a test may spoil."""
    return copied(honest.world)


def at(world: Any, stage: int) -> int:
    """An order in this stage."""
    return next(number for number, order in world.market.orders.items() if order.stage == stage)


def ask(actor: Actor, **changes: Any) -> tuple[Any, ...]:
    usual = {
        "asset": ASSET, "kind": 2, "agreement": 0, "ceiling": 5, "until": actor.now + 1_000, "work": 5,
        "byRule": False, "document": word("x"), "uri": "",
    }  # fmt: skip
    return tuple((usual | changes).values())


Act = Callable[[Any, Actor], None]
NO_STATUS = (0, 0, 0, 0, 0, 0)

REFUSED: dict[str, tuple[str, Act]] = {
    "an order by anybody": ("neither provider", lambda w, a: w.market.open(a.call(ANNA), ask(a))),
    "a ceiling of nothing": ("ceiling", lambda w, a: w.market.open(a.call(FLEET), ask(a, ceiling=0))),
    "bidding too short": ("bidding", lambda w, a: w.market.open(a.call(FLEET), ask(a, until=a.now + 1))),
    "bidding too long": ("bidding", lambda w, a: w.market.open(a.call(FLEET), ask(a, until=a.now + 2**40))),
    "above the rule": ("rule", lambda w, a: w.market.open(a.call(FLEET), ask(a, byRule=True, ceiling=2**60))),
    "no such work": ("kind", lambda w, a: w.market.open(a.call(FLEET), ask(a, kind=7))),
    "no terms": ("no terms", lambda w, a: w.market.open(a.call(FLEET), ask(a, asset=1))),
    "another's agreement": ("open agreement", lambda w, a: w.market.open(a.call(ANNA), ask(a, agreement=3))),
    "two orders": ("has an order", lambda w, a: w.market.open(a.call(CLARA), ask(a, agreement=3))),
    "an order while paused": ("paused", lambda w, a: _paused(w, a)),
    "an unknown order": ("no order", lambda w, a: w.market.lapse(a.call(ANNA), 99)),
    "a bid of a stranger": ("not admitted", lambda w, a: w.market.bid(a.call(COMMUNITY - 1), _fresh(w, a), 1, 1)),
    "a bid of an arbiter": ("arbiter", lambda w, a: w.market.bid(a.call(OWNER), _fresh(w, a), 1, 1)),
    "a bid of nothing": ("price", lambda w, a: w.market.bid(a.call(ANNA), _fresh(w, a), 0, 1)),
    "a bid in no time": ("time", lambda w, a: w.market.bid(a.call(ANNA), _fresh(w, a), 1, 0)),
    "a bid after closing": ("closed", lambda w, a: w.market.bid(_late(a, ANNA), _fresh(w, a), 1, 1)),
    "acceptance by anybody": ("provider", lambda w, a: w.market.accept(a.call(ANNA), _fresh(w, a), a.names[ANNA])),
    "acceptance of no bid": ("no such bid", lambda w, a: w.market.accept(a.call(FLEET), _fresh(w, a), a.names[ANNA])),
    "a rule that is none": ("rule", lambda w, a: w.market.accept_lowest(_late(a, ANNA), _fresh(w, a))),
    "cancelling another's": ("party", lambda w, a: w.market.cancel(a.call(ANNA), _fresh(w, a))),
    "lapsing too early": ("stand", lambda w, a: w.market.lapse(a.call(ANNA), _fresh(w, a))),
    "the wrong stage": ("stage", lambda w, a: w.market.approve(a.call(FLEET), at(w, ASSIGNED))),
    "another's work": ("worker", lambda w, a: w.market.abandon(a.call(OWNER), at(w, ASSIGNED))),
    "expiring too early": ("delivered", lambda w, a: _early(w, a)),
    "no evidence": ("document", lambda w, a: _deliver(w, a, bytes(32), NO_STATUS)),
    "no status": ("status", lambda w, a: _deliver(w, a, word("x"), NO_STATUS)),
    "a forged status": ("signed", lambda w, a: _deliver(w, a, word("x"), (ASSET, 1, a.now, 0, 0, 0))),
    "approval by anybody": ("party", lambda w, a: _delivered(w, lambda n: w.market.approve(a.call(ANNA), n))),
    "release too early": ("inspection", lambda w, a: _delivered(w, lambda n: w.market.release(a.call(ANNA), n), 2**40)),
    "a dispute too late": (
        "over",
        lambda w, a: _delivered(w, lambda n: w.market.dispute(a.call(FLEET), n, word("x"), "")),
    ),
    "a ruling by anybody": ("arbiter", lambda w, a: w.market.rule(a.call(ANNA), at(w, DISPUTED), 0, word("x"))),
    "silence too early": ("runs", lambda w, a: _silent(w, a)),
    "a core twice": ("paid", lambda w, a: w.market.pay_core(a.call(ANNA), _collected(w))),
    "a core before": ("not back", lambda w, a: w.market.pay_core(a.call(ANNA), at(w, PAID))),
    "another's reserve": (
        "lienholder",
        lambda w, a: w.market.release_reserve(a.call(ANNA), ASSET, a.euro, 1, a.names[ANNA]),
    ),
    "more than the reserve": (
        "reserve",
        lambda w, a: w.market.release_reserve(a.call(FLEET), ASSET, a.euro, 2**90, a.names[ANNA]),
    ),
    "no surplus": ("surplus", lambda w, a: w.market.skim_surplus(a.call(ANNA), bytes(20))),
    "a policy by anybody": ("role", lambda w, a: w.market.set_eligibility(a.call(ANNA), a.euro)),
    "a list by anybody": ("role", lambda w, a: _workers(w).admit(a.call(ANNA), a.names[ANNA], 1)),
    "a hand-over of no collection": (
        "collect",
        lambda w, a: w.hand_overs.hand_over(a.call(ANNA), _form(w, a, at(w, ASSIGNED)), b"", b""),
    ),
    "unknown terms": ("no terms 9", lambda w, a: w.service_terms.choose(a.call(FLEET), ASSET, 9)),
    "another's terms": ("provider", lambda w, a: w.service_terms.choose(a.call(REPAIRER), ASSET, 1)),
    "an arbiter's own terms": ("arbiter", lambda w, a: w.service_terms.choose(a.call(OWNER), 2, 1)),
}


def _fresh(world: Any, actor: Actor) -> int:
    world.market.open(actor.call(FLEET), ask(actor))
    return len(world.market.orders)


def _late(actor: Actor, who: int) -> Any:
    call = actor.call(who)
    call.now += 2_000
    return call


def _paused(world: Any, actor: Actor) -> None:
    world.market.paused_until = FOREVER
    world.market.open(actor.call(FLEET), ask(actor))


def _early(world: Any, actor: Actor) -> None:
    world.market.orders[at(world, ASSIGNED)].deadline = actor.now
    world.market.expire(actor.call(ANNA), at(world, ASSIGNED))


def _deliver(world: Any, actor: Actor, document: bytes, status: tuple[int, ...]) -> None:
    number = at(world, ASSIGNED)
    order = world.market.orders[number]
    order.deadline, order.worker = actor.now, actor.names[BERT]
    world.market.deliver(actor.call(BERT), number, (document, "", (), ()), status, b"")


def _delivered(world: Any, act: Callable[[int], None], deadline: int = 0) -> None:
    number = at(world, ASSIGNED)
    order = world.market.orders[number]
    order.stage, order.deadline = DELIVERED, deadline
    act(number)


def _silent(world: Any, actor: Actor) -> None:
    world.market.orders[at(world, DISPUTED)].deadline = actor.now
    world.market.end_silent(actor.call(ANNA), at(world, DISPUTED))


def _collected(world: Any) -> int:
    return next(number for number, order in world.market.orders.items() if order.core_paid)


def _workers(world: Any) -> Any:
    return world.modules[world.addresses["WorkerList"]]


def _form(world: Any, actor: Actor, number: int) -> tuple[Any, ...]:
    return (number, actor.names[CLARA], actor.names[ANNA], 0, word("x"), 1, 2, FOREVER)


@pytest.mark.parametrize("case", REFUSED)
def test_the_replay_refuses(world: Any, story: Story, case: str) -> None:
    words, act = REFUSED[case]
    with pytest.raises(Refused, match=words):
        act(world, Actor(story.platform))


def test_another_policy_for_workers_judges_itself(world: Any, story: Story) -> None:
    actor = Actor(story.platform)
    world.market.eligibility = actor.euro
    world.market.bid(actor.call(CLARA), _fresh(world, actor), 1, 1)
    assert world.findings.figures["bids left to a policy outside the platform"] == 1


def test_replay_and_contract_agree_at_which_orders_parts_change(honest: Seen, story: Story) -> None:
    market, ask = honest.world.market, story.platform.ServiceMarket.functions.isStepFor
    asked = [(asset, number) for number in range(len(market.orders) + 2) for asset in (0, ASSET, ASSET + 1)]
    answers = {pair: market.is_step_for(*pair) for pair in asked}
    assert answers == {pair: ask(*pair).call() for pair in asked}
    assert {market.orders[number].stage for (_, number), is_step in answers.items() if is_step} == {ASSIGNED}
