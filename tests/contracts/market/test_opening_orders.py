"""Who may open an order on a machine, and what an order may ask for."""

from __future__ import annotations

import pytest

from tests.fixtures.bazaar import HOUR, NOBODY, PAPER, URI, Kind, Stage
from tests.fixtures.economy import DAY
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

MONTH = 30 * DAY
HARVEST = 6


@pytest.fixture(scope="module")
def hired(bazaar, economy, hire):
    """A machine in use, without included services."""
    return bazaar.machine(hire.drill)


def test_the_provider_opens_and_the_history_says_so(bazaar, machine, economy):
    request = bazaar.request(machine)
    opened = bazaar.market.open(request, {"from": bazaar.provider})
    order = bazaar.market.orderCount()
    assert_events(
        opened,
        event("OrderOpened", order=order, asset=machine.id, opener=bazaar.provider, terms=machine.terms_id,
              byRule=False, isIncluded=False, request=request),
        event("HistoryRecorded", asset=machine.id, author=bazaar.market, kind=b"service opened".ljust(32, b"\0"),
              documentHash=PAPER, uri=URI),
    )  # fmt: skip
    held = bazaar.order(order)
    assert (held.asset, held.kind, held.stage, held.terms) == (machine.id, Kind.REPAIR, Stage.OPEN, machine.terms_id)
    assert (held.opened_at, held.bidding_until) == (opened.timestamp, request[4])
    assert (held.opener, held.worker, held.price, held.agreement) == (bazaar.provider, NOBODY, 0, 0)
    assert bazaar.market.openOrdersOf(machine.id) == 1


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name)
def test_every_kind_of_work_is_ordered(bazaar, machine, kind):
    assert bazaar.order(bazaar.open(machine, kind=kind)).kind == kind


def test_a_watcher_opens(bazaar, machine):
    assert bazaar.order(bazaar.open(machine, bazaar.watcher)).opener == bazaar.watcher


def test_a_watcher_that_is_dismissed_opens_nothing(bazaar, machine):
    bazaar.book.appointWatcher(machine.id, bazaar.watcher, False, {"from": bazaar.provider})
    with typed_error("Market_MayNotOpen", machine.id, bazaar.watcher):
        bazaar.open(machine, bazaar.watcher)


def test_a_customer_in_use_opens_and_the_provider_decides(bazaar, hired, hire):
    order = bazaar.order(bazaar.open(hired, hire.customer, agreement=hire.id))
    assert (order.opener, order.agreement, order.by_rule, order.is_included) == (hire.customer, hire.id, False, False)


@pytest.mark.parametrize("who", ["stranger", "worker", "arbiter", "customer"])
def test_nobody_else_opens(bazaar, machine, hire, who):
    caller = {"arbiter": bazaar.arbiters[0], "customer": hire.customer}.get(who) or getattr(bazaar, who)
    with typed_error("Market_MayNotOpen", machine.id, caller):
        bazaar.open(machine, caller)


def test_only_ones_own_open_agreement_on_this_machine_counts(bazaar, machine, hired, hire, economy):
    with typed_error("Market_AgreementMismatch", hire.id, machine.id, hire.customer):
        bazaar.open(machine, hire.customer, agreement=hire.id)
    with typed_error("Market_AgreementMismatch", hire.id, hired.id, bazaar.stranger):
        bazaar.open(hired, bazaar.stranger, agreement=hire.id)
    economy.agreements.end(hire.id, {"from": hire.customer})
    clock.pass_time(2 * DAY)
    economy.agreements.close(hire.id, {"from": bazaar.stranger})
    with typed_error("Market_AgreementMismatch", hire.id, hired.id, hire.customer):
        bazaar.open(hired, hire.customer, agreement=hire.id)


def test_a_customer_has_one_unfinished_order_at_a_time(bazaar, hired, hire):
    """So that nobody opens orders only to stand in the way of a buyback."""
    first = bazaar.open(hired, hire.customer, agreement=hire.id)
    with typed_error("Market_AgreementHasOrder", hire.id, first):
        bazaar.open(hired, hire.customer, agreement=hire.id)
    bazaar.market.cancel(first, {"from": hire.customer})
    bazaar.open(hired, hire.customer, agreement=hire.id)


def test_a_customer_asks_for_no_rule(bazaar, hired, hire):
    with typed_error("Market_RuleNotAllowed", hired.id, hire.customer):
        bazaar.open(hired, hire.customer, agreement=hire.id, by_rule=True)


def test_without_chosen_terms_nothing_is_ordered(bazaar, economy):
    drill = economy.drill()
    with typed_error("Terms_NotChosen", drill.id):
        bazaar.open(drill.id)


def test_what_is_retired_is_only_collected_and_dismantled(bazaar, machine, economy):
    economy.end_of_life.decide(machine.id, HARVEST, bazaar.provider, PAPER, "", {"from": bazaar.provider})
    bazaar.assets.setLifecycle(machine.id, 4, PAPER, {"from": bazaar.provider})
    # Retirement bumps the title's epoch: terms are chosen anew.
    bazaar.book.choose(machine.id, machine.terms_id, {"from": bazaar.provider})
    for kind in Kind:
        if kind in (Kind.COLLECT, Kind.DISMANTLE):
            bazaar.open(machine, kind=kind)
        else:
            with typed_error("Market_AssetRetired", machine.id):
                bazaar.open(machine, kind=kind)


def test_an_order_may_cost_something(bazaar, machine):
    with typed_error("Market_ZeroCeiling"):
        bazaar.open(machine, ceiling=0)


def test_a_rule_accepts_up_to_its_ceiling(bazaar, machine):
    ceiling = machine.terms.rule_ceiling
    bazaar.open(machine, ceiling=ceiling, by_rule=True)
    with typed_error("Market_CeilingAboveRule", ceiling + 1, ceiling):
        bazaar.open(machine, ceiling=ceiling + 1, by_rule=True)
    bazaar.open(machine, ceiling=ceiling + 1)


@pytest.mark.parametrize("time", [0, 90 * DAY + 1])
def test_the_time_for_the_work_is_bounded(bazaar, machine, time):
    with typed_error("Market_WorkTimeOutOfRange", time, 90 * DAY):
        bazaar.open(machine, most_work_time=time)


def test_bidding_lasts_as_long_as_the_terms_say_at_least(bazaar, machine):
    now = clock.next_block_in(10)
    with typed_error("Market_BiddingTooShort", now + HOUR - 1, now + HOUR):
        bazaar.open(machine, bidding_until=now + HOUR - 1)
    now = clock.next_block_in(10)
    bazaar.open(machine, bidding_until=now + HOUR)


def test_bidding_ends_within_a_month(bazaar, machine):
    now = clock.next_block_in(10)
    with typed_error("Market_BiddingTooLong", now + MONTH + 1, now + MONTH):
        bazaar.open(machine, bidding_until=now + MONTH + 1)
    now = clock.next_block_in(10)
    bazaar.open(machine, bidding_until=now + MONTH)


def test_orders_of_a_machine_are_counted_until_they_end(bazaar, machine):
    first, second = bazaar.open(machine), bazaar.open(machine, bazaar.watcher)
    assert bazaar.market.openOrdersOf(machine.id) == 2
    bazaar.market.cancel(first, {"from": bazaar.provider})
    bazaar.market.cancel(second, {"from": bazaar.watcher})
    assert bazaar.market.openOrdersOf(machine.id) == 0


def test_only_opener_and_provider_cancel(bazaar, machine):
    order = bazaar.open(machine, bazaar.watcher)
    for caller in (bazaar.stranger, bazaar.worker, bazaar.arbiters[0]):
        with typed_error("Market_NotParty", order, caller):
            bazaar.market.cancel(order, {"from": caller})
    bazaar.market.cancel(order, {"from": bazaar.provider})


def test_an_order_that_only_stands_in_the_way_is_ended_by_anybody_in_a_known_time(bazaar, machine):
    """So that nobody blocks a buyback: every stage held to its last second, each by who would gain by the delay."""
    terms, order = machine.terms, bazaar.open(machine)
    held = bazaar.order(order)
    bazaar.bid(order)
    clock.next_block_at(held.bidding_until + terms.acceptance_time)
    bazaar.accept(order)
    clock.next_block_at(bazaar.order(order).deadline + terms.grace_time)
    bazaar.deliver(order)
    clock.next_block_at(bazaar.order(order).deadline)
    bazaar.dispute(order)
    last = bazaar.order(order).deadline
    longest = terms.acceptance_time + DAY + terms.grace_time + terms.inspection_time + terms.arbitration_time
    assert last - held.bidding_until == longest
    clock.next_block_at(last)
    with typed_error("Market_TooEarly", order, last):
        bazaar.market.endSilent(order, {"from": bazaar.stranger})
    clock.next_block_at(last + 1)
    bazaar.market.endSilent(order, {"from": bazaar.stranger})
    assert bazaar.market.openOrdersOf(machine.id) == 0
    assert bazaar.escrowed() == 0
