"""Acceptance: by the provider or by rule; where the price comes from, and until when bids stand."""

from __future__ import annotations

import brownie
import pytest

from oracle.domain.hashing import keccak
from tests.fixtures.bazaar import BUDGET_PERIOD, HOUR, Stage
from tests.fixtures.economy import DAY, EUR
from tests.helpers import clock
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

PRICE = 5 * EUR


def reason(text: str) -> bytes:
    return text.encode().ljust(32, b"\0")


@pytest.fixture(scope="module")
def order(bazaar, machine):
    order = bazaar.open(machine)
    bazaar.bid(order, price=PRICE, work_time=HOUR)
    bazaar.bid(order, bazaar.rival, price=PRICE - 1)
    return order


@pytest.fixture(scope="module")
def by_rule(bazaar, machine):
    order = bazaar.open(machine, by_rule=True)
    bazaar.bid(order, price=PRICE, work_time=HOUR)
    bazaar.bid(order, bazaar.rival, price=PRICE + 1)
    return order


def test_the_provider_takes_any_bid_and_the_reserve_pays(bazaar, machine, order):
    with BalanceChanges(bazaar.balance, bazaar.reserve(machine), bazaar.escrow, bazaar.provider) as changes:
        accepted = bazaar.accept(order)
    assert changes == {bazaar.reserve(machine): -PRICE, bazaar.escrow: PRICE, bazaar.provider: 0}
    assert bazaar.escrowed() == PRICE
    promised = accepted.timestamp + HOUR
    assert_events(
        accepted,
        event("OrderAssigned", order=order, worker=bazaar.worker, price=PRICE, toppedUp=0, promisedFor=promised,
              byRule=False),
        of=bazaar.market,
    )  # fmt: skip
    held = bazaar.order(order)
    assert (held.stage, held.worker, held.price) == (Stage.ASSIGNED, bazaar.worker, PRICE)
    assert (held.deadline, held.assigned_at, held.work_time) == (promised, accepted.timestamp, HOUR)


@pytest.mark.parametrize("kept", [0, 1, PRICE - 1, PRICE])
def test_what_the_reserve_lacks_the_provider_pays(bazaar, machine, order, kept):
    have = bazaar.balance(bazaar.reserve(machine))
    bazaar.market.releaseReserve(
        machine.id, bazaar.economy.euro, have - kept, bazaar.stranger, {"from": bazaar.provider}
    )
    with BalanceChanges(bazaar.balance, bazaar.reserve(machine), bazaar.escrow, bazaar.provider) as changes:
        accepted = bazaar.accept(order)
    assert changes == {bazaar.reserve(machine): -kept, bazaar.escrow: PRICE, bazaar.provider: kept - PRICE}
    assert accepted.events["OrderAssigned"]["toppedUp"] == PRICE - kept


def test_without_allowance_the_provider_tops_up_nothing(bazaar, economy, order, machine):
    have = bazaar.balance(bazaar.reserve(machine))
    bazaar.market.releaseReserve(machine.id, economy.euro, have, bazaar.stranger, {"from": bazaar.provider})
    economy.allow(bazaar.provider, PRICE - 1, spender=bazaar.market)
    with typed_error("ERC6909InsufficientAllowance", bazaar.market, PRICE - 1, PRICE, economy.id_of()):
        bazaar.accept(order)
    assert bazaar.stage(order) is Stage.OPEN


@pytest.mark.parametrize("who", ["stranger", "worker", "watcher"])
def test_only_the_provider_accepts(bazaar, machine, order, who):
    caller = getattr(bazaar, who)
    with typed_error("Market_NotProvider", machine.id, caller, bazaar.provider):
        bazaar.accept(order, by=caller)


def test_who_has_not_bid_is_not_accepted(bazaar, order):
    with typed_error("Market_NoBid", order, bazaar.stranger):
        bazaar.accept(order, bazaar.stranger)


def test_who_is_dismissed_since_is_not_accepted(bazaar, economy, order, by_rule):
    bazaar.list.admit(bazaar.worker, 0, {"from": economy.listing})
    with typed_error("Market_Ineligible", order, bazaar.worker, reason("worker not admitted")):
        bazaar.accept(order)
    bazaar.close_bidding(by_rule)
    with typed_error("Market_Ineligible", by_rule, bazaar.worker, reason("worker not admitted")):
        bazaar.accept_lowest(by_rule)


def test_who_has_bought_the_machine_since_is_not_accepted(bazaar, machine, by_rule):
    bazaar.assets.transferFrom(bazaar.provider, bazaar.worker, machine.id, {"from": bazaar.provider})
    bazaar.close_bidding(by_rule)
    with typed_error("Market_OwnOrder", by_rule, bazaar.worker):
        bazaar.accept_lowest(by_rule)


@pytest.mark.parametrize("after", [0, 1])
def test_bids_stand_for_the_terms_time_and_then_anyone_lapses_them(bazaar, machine, order, after):
    until = bazaar.order(order).bidding_until + machine.terms.acceptance_time
    clock.next_block_at(until + after)
    if after:
        with typed_error("Market_BidsLapsed", order, until):
            bazaar.accept(order)
        bazaar.market.lapse(order, {"from": bazaar.stranger})
        assert bazaar.stage(order) is Stage.CANCELLED
    else:
        with typed_error("Market_BidsStand", order, until):
            bazaar.market.lapse(order, {"from": bazaar.stranger})
        clock.next_block_at(until)
        bazaar.accept(order)


# By rule


def test_by_rule_the_lowest_bid_is_accepted_by_anyone_at_closing(bazaar, machine, by_rule):
    until = bazaar.order(by_rule).bidding_until
    clock.next_block_at(until - 1)
    with typed_error("Market_BiddingOpen", by_rule, until):
        bazaar.accept_lowest(by_rule)
    clock.next_block_at(until)
    with BalanceChanges(bazaar.balance, bazaar.reserve(machine), bazaar.escrow) as changes:
        accepted = bazaar.accept_lowest(by_rule)
    assert changes == {bazaar.reserve(machine): -PRICE, bazaar.escrow: PRICE}
    assert_events(
        accepted,
        event("OrderAssigned", order=by_rule, worker=bazaar.worker, price=PRICE, toppedUp=0, promisedFor=until + HOUR,
              byRule=True),
        of=bazaar.market,
    )  # fmt: skip


def test_i13_a_lienholder_that_is_asked_cannot_have_the_order_accepted_twice(bazaar, economy, machine, by_rule):
    lienholder = brownie.project.get_loaded_projects()[0].ReenteringLienholder.deploy({"from": bazaar.stranger})
    economy.assets.placeLien(machine.id, lienholder, {"from": bazaar.provider})
    lienholder.plan(bazaar.market.acceptLowest.encode_input(by_rule), {"from": bazaar.stranger})
    bazaar.close_bidding(by_rule)
    with BalanceChanges(bazaar.balance, bazaar.reserve(machine), bazaar.escrow) as changes:
        bazaar.accept_lowest(by_rule)
    assert changes == {bazaar.reserve(machine): -PRICE, bazaar.escrow: PRICE}
    assert lienholder.worked() is False
    assert bytes(lienholder.answer())[:4] == keccak(b"Market_WrongStage(uint64,uint8,uint8)")[:4]


def test_by_rule_nobody_chooses(bazaar, by_rule, order):
    with typed_error("Market_ByRuleOnly", by_rule):
        bazaar.accept(by_rule)
    bazaar.close_bidding(order)
    with typed_error("Market_NotByRule", order):
        bazaar.accept_lowest(order)


def test_by_rule_without_a_bid_there_is_nothing_to_accept(bazaar, machine):
    order = bazaar.open(machine, by_rule=True)
    bazaar.close_bidding(order)
    with typed_error("Market_NoBid", order, "0x" + 40 * "0"):
        bazaar.accept_lowest(order)


def test_by_rule_the_reserve_alone_pays(bazaar, economy, machine, by_rule):
    have = bazaar.balance(bazaar.reserve(machine))
    bazaar.market.releaseReserve(machine.id, economy.euro, have - PRICE + 1, bazaar.stranger, {"from": bazaar.provider})
    bazaar.close_bidding(by_rule)
    with typed_error("Market_ReserveShort", machine.id, economy.euro, PRICE, PRICE - 1):
        bazaar.accept_lowest(by_rule)
    bazaar.fill(machine.id, 1)
    bazaar.accept_lowest(by_rule)
    assert bazaar.balance(bazaar.reserve(machine)) == 0


@pytest.fixture
def spent(bazaar, machine):
    """Of a budget of 25 EUR 24 are committed, in a period that has a day left at least."""
    period = clock.now() // BUDGET_PERIOD + 1
    clock.pass_time(period * BUDGET_PERIOD - clock.now())
    bazaar.fill(machine.id, 100 * EUR)
    orders = []
    for _ in range(3):
        orders.append(bazaar.open(machine, by_rule=True))
        bazaar.bid(orders[-1], price=8 * EUR)
        bazaar.close_bidding(orders[-1])
        bazaar.accept_lowest(orders[-1])
    assert tuple(bazaar.market.budgetOf(machine.id)) == (period, 24 * EUR)
    return orders


def another(bazaar, machine, price):
    order = bazaar.open(machine, by_rule=True)
    bazaar.bid(order, price=price)
    bazaar.close_bidding(order)
    return order


def test_by_rule_no_more_than_the_budget_is_committed_in_a_period(bazaar, machine, spent):
    order = another(bazaar, machine, EUR + 1)
    with typed_error("Market_BudgetUsedUp", machine.id, EUR + 1, EUR):
        bazaar.accept_lowest(order)
    bazaar.accept_lowest(another(bazaar, machine, EUR))
    assert bazaar.market.budgetOf(machine.id)[1] == 25 * EUR


def test_a_new_period_has_a_budget_of_its_own(bazaar, machine, spent):
    period = clock.now() // BUDGET_PERIOD
    clock.pass_time((period + 1) * BUDGET_PERIOD - clock.now())
    bazaar.accept_lowest(another(bazaar, machine, 8 * EUR))
    assert tuple(bazaar.market.budgetOf(machine.id)) == (period + 1, 8 * EUR)


def test_work_given_back_within_the_period_frees_its_budget(bazaar, machine, spent):
    bazaar.market.abandon(spent[0], {"from": bazaar.worker})
    assert bazaar.market.budgetOf(machine.id)[1] == 16 * EUR
    bazaar.accept_lowest(another(bazaar, machine, 8 * EUR))


def test_work_given_back_in_a_later_period_frees_nothing(bazaar, machine, spent):
    clock.pass_time(BUDGET_PERIOD)
    bazaar.accept_lowest(another(bazaar, machine, 8 * EUR))
    before = tuple(bazaar.market.budgetOf(machine.id))
    clock.pass_time(DAY)
    bazaar.market.expire(spent[0], {"from": bazaar.stranger})
    assert tuple(bazaar.market.budgetOf(machine.id)) == before
