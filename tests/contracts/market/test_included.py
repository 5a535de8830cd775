"""Bundles: so many services a year come with the agreement, paid from the reserve, accepted by rule."""

from __future__ import annotations

import pytest

from tests.fixtures.bazaar import YEAR, Stage
from tests.fixtures.economy import EUR
from tests.helpers import clock
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error

PRICE = 5 * EUR


@pytest.fixture(scope="module")
def bundled(bazaar, economy, hire):
    """Two services a year, with the reserve to pay them."""
    bazaar.endow(bazaar.provider)
    return bazaar.machine(hire.drill, reserve=50 * EUR, included_per_year=2)


def included(bazaar, bundled, hire) -> int:
    order = bazaar.open(bundled, hire.customer, agreement=hire.id)
    bazaar.bid(order, price=PRICE)
    bazaar.close_bidding(order)
    bazaar.accept_lowest(order)
    return order


def test_an_included_service_is_paid_from_the_reserve_without_a_charge(bazaar, bundled, hire):
    before = bazaar.balance(hire.customer), bazaar.economy.state(hire)
    with BalanceChanges(bazaar.balance, bazaar.reserve(bundled), bazaar.worker, bazaar.provider) as changes:
        order = included(bazaar, bundled, hire)
        bazaar.deliver(order)
        bazaar.approve(order, hire.customer)
    assert changes == {bazaar.reserve(bundled): -PRICE, bazaar.worker: PRICE, bazaar.provider: 0}
    assert (bazaar.balance(hire.customer), bazaar.economy.state(hire)) == before
    assert bazaar.order(order)[7:9] == (True, True)
    assert bazaar.market.includedUsed(hire.id, 0) == 1


def finish(bazaar, order, hire):
    bazaar.deliver(order)
    bazaar.approve(order, hire.customer)


def test_behind_the_included_ones_the_provider_decides(bazaar, bundled, hire):
    for _ in range(2):
        finish(bazaar, included(bazaar, bundled, hire), hire)
    third = bazaar.open(bundled, hire.customer, agreement=hire.id)
    assert bazaar.order(third)[7:9] == (False, False)
    assert bazaar.market.includedUsed(hire.id, 0) == 2
    bazaar.bid(third)
    bazaar.accept(third)
    bazaar.deliver(third)
    with typed_error("Market_NotParty", third, hire.customer):
        bazaar.approve(third, hire.customer)


@pytest.mark.parametrize("late", [-1, 0])
def test_a_year_counts_from_the_opening_of_the_agreement(bazaar, bundled, hire, late):
    for _ in range(2):
        finish(bazaar, included(bazaar, bundled, hire), hire)
    clock.pass_time(hire.opened_at + YEAR + late - 10 - clock.now())
    until = clock.now() + 30_000
    clock.next_block_at(hire.opened_at + YEAR + late)
    order = bazaar.open(bundled, hire.customer, agreement=hire.id, bidding_until=until)
    assert bazaar.order(order).is_included is (late == 0)
    assert [bazaar.market.includedUsed(hire.id, year) for year in (0, 1)] == [2, 1 + late]


@pytest.mark.parametrize("end", ["cancel", "lapse", "abandon", "expire"])
def test_a_service_that_was_never_done_does_not_count(bazaar, bundled, hire, end):
    if end in ("cancel", "lapse"):
        order = bazaar.open(bundled, hire.customer, agreement=hire.id)
    else:
        order = included(bazaar, bundled, hire)
    assert bazaar.market.includedUsed(hire.id, 0) == 1
    clock.pass_time(3 * 86_400 if end in ("lapse", "expire") else 1)
    caller = {"cancel": hire.customer, "abandon": bazaar.worker}.get(end, bazaar.stranger)
    getattr(bazaar.market, end)(order, {"from": caller})
    assert bazaar.market.includedUsed(hire.id, 0) == 0


def test_what_is_given_back_belongs_to_the_year_it_was_taken_from(bazaar, bundled, hire):
    clock.pass_time(hire.opened_at + YEAR - 100 - clock.now())
    order = bazaar.open(bundled, hire.customer, agreement=hire.id)
    clock.pass_time(3 * 86_400)
    bazaar.market.lapse(order, {"from": bazaar.stranger})
    assert [bazaar.market.includedUsed(hire.id, year) for year in (0, 1)] == [0, 0]


@pytest.mark.parametrize("outcome", [0, 10_000])
def test_disputed_work_counts(bazaar, bundled, hire, outcome):
    order = included(bazaar, bundled, hire)
    bazaar.deliver(order)
    bazaar.endow(hire.customer)
    bazaar.dispute(order, hire.customer)
    for arbiter in bazaar.arbiters[:2]:
        bazaar.rule(order, arbiter, outcome)
    assert bazaar.stage(order) is Stage.ARBITRATED
    assert bazaar.market.includedUsed(hire.id, 0) == 1


def test_a_stranger_to_the_agreement_approves_nothing(bazaar, bundled, hire):
    order = included(bazaar, bundled, hire)
    bazaar.deliver(order)
    for caller in (bazaar.watcher, bazaar.worker, bazaar.stranger):
        with typed_error("Market_NotParty", order, caller):
            bazaar.approve(order, caller)
