"""Bids: who may, until when, at what price; the lowest stands, the earlier of two equal ones."""

from __future__ import annotations

import pytest

from tests.fixtures.bazaar import HOUR, Kind
from tests.fixtures.economy import DAY, EUR
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

MOST = 2**80 - 1


@pytest.fixture(scope="module")
def order(bazaar, machine):
    return bazaar.open(machine)


def reason(text: str) -> bytes:
    return text.encode().ljust(32, b"\0")


def test_a_bid_is_public(bazaar, order):
    placed = bazaar.bid(order, price=5 * EUR, work_time=HOUR)
    assert_events(placed, event("BidPlaced", order=order, worker=bazaar.worker, price=5 * EUR, workTime=HOUR))
    assert bazaar.market.bidOf(order, bazaar.worker) == (5 * EUR, HOUR, placed.timestamp)
    held = bazaar.order(order)
    assert (held.worker, held.price) == (bazaar.worker, 5 * EUR)


def test_the_last_second_of_bidding(bazaar, order):
    until = bazaar.order(order).bidding_until
    clock.next_block_at(until - 1)
    bazaar.bid(order)


@pytest.mark.parametrize("late", [0, 1])
def test_no_bid_after_closing(bazaar, order, late):
    until = bazaar.order(order).bidding_until
    clock.next_block_at(until + late)
    with typed_error("Market_BiddingClosed", order, until):
        bazaar.bid(order)


@pytest.mark.parametrize("price", [0, 8 * EUR + 1, MOST])
def test_a_price_of_nothing_or_above_the_ceiling_is_refused(bazaar, order, price):
    with typed_error("Market_PriceOutOfRange", order, price, 8 * EUR):
        bazaar.bid(order, price=price)


@pytest.mark.parametrize("price", [1, 8 * EUR])
def test_any_other_price_is_a_bid(bazaar, order, price):
    bazaar.bid(order, price=price)
    assert bazaar.order(order).price == price


@pytest.mark.parametrize("time", [0, DAY + 1])
def test_the_time_promised_is_what_the_order_allows(bazaar, order, time):
    with typed_error("Market_WorkTimeOutOfRange", time, DAY):
        bazaar.bid(order, work_time=time)


def test_who_is_not_admitted_bids_nothing(bazaar, order):
    with typed_error("Market_Ineligible", order, bazaar.stranger, reason("worker not admitted")):
        bazaar.bid(order, bazaar.stranger)


def test_a_worker_bids_for_its_own_kinds_only(bazaar, economy, machine):
    bazaar.list.admit(bazaar.worker, 1 << Kind.INSPECT, {"from": economy.listing})
    repair, inspect = bazaar.open(machine), bazaar.open(machine, kind=Kind.INSPECT)
    bazaar.bid(inspect)
    with typed_error("Market_Ineligible", repair, bazaar.worker, reason("not for this kind of work")):
        bazaar.bid(repair)


@pytest.mark.parametrize("who", ["provider", "watcher"])
def test_nobody_bids_on_their_own_order(bazaar, economy, machine, who):
    caller = getattr(bazaar, who)
    bazaar.list.admit(caller, 127, {"from": economy.listing})
    order = bazaar.open(machine, bazaar.watcher)
    with typed_error("Market_OwnOrder", order, caller):
        bazaar.bid(order, caller)


def test_nobody_bids_on_their_own_order_unless_the_terms_allow_it(bazaar, economy):
    machine = bazaar.machine(own_bids=True)
    bazaar.list.admit(bazaar.provider, 127, {"from": economy.listing})
    order = bazaar.open(machine)
    bazaar.bid(order, bazaar.provider)
    assert bazaar.order(order).worker == bazaar.provider


def test_an_arbiter_does_not_work(bazaar, economy, order):
    bazaar.list.admit(bazaar.arbiters[0], 127, {"from": economy.listing})
    with typed_error("Market_WorkerIsArbiter", order, bazaar.arbiters[0]):
        bazaar.bid(order, bazaar.arbiters[0])


def test_the_lowest_bid_stands(bazaar, order):
    bazaar.bid(order, price=5 * EUR)
    bazaar.bid(order, bazaar.rival, price=5 * EUR - 1)
    assert bazaar.order(order).worker == bazaar.rival


def test_of_equal_bids_the_earlier_stands(bazaar, order):
    bazaar.bid(order, price=5 * EUR)
    bazaar.bid(order, bazaar.rival, price=5 * EUR)
    assert bazaar.order(order).worker == bazaar.worker


@pytest.mark.parametrize("price", [5 * EUR, 5 * EUR + 1])
def test_a_bid_is_only_lowered(bazaar, order, price):
    bazaar.bid(order, price=5 * EUR)
    with typed_error("Market_BidNotLower", order, price, 5 * EUR):
        bazaar.bid(order, price=price)
    bazaar.bid(order, price=5 * EUR - 1)
    assert bazaar.order(order).price == 5 * EUR - 1


def test_a_worse_bid_changes_nothing_that_stands(bazaar, order):
    bazaar.bid(order, price=5 * EUR)
    bazaar.bid(order, bazaar.rival, price=6 * EUR)
    assert bazaar.order(order).worker == bazaar.worker
    assert bazaar.market.bidOf(order, bazaar.rival)[0] == 6 * EUR
