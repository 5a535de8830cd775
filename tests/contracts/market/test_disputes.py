"""Disputes: a bond, arbiters fixed when the order was opened, a quorum or silence; each unit goes somewhere once."""

from __future__ import annotations

import pytest

from tests.fixtures.bazaar import PAPER, URI, Reputation, Stage
from tests.fixtures.economy import EUR
from tests.helpers import clock
from tests.helpers.balances import BalanceChanges
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

PRICE = 5 * EUR
ODD = 3 * EUR + 1


@pytest.fixture(scope="module")
def delivered(bazaar, machine):
    return bazaar.delivered(machine, price=ODD)


@pytest.fixture(scope="module")
def disputed(bazaar, delivered):
    bazaar.dispute(delivered)
    return delivered


def balances(bazaar, machine):
    return BalanceChanges(bazaar.balance, bazaar.worker, bazaar.reserve(machine), bazaar.provider, bazaar.escrow)


def test_a_dispute_puts_up_a_bond(bazaar, machine, delivered):
    with balances(bazaar, machine) as changes:
        disputed = bazaar.dispute(delivered)
    assert (changes[bazaar.provider], changes[bazaar.escrow]) == (-EUR, EUR)
    assert bazaar.escrowed() == ODD + EUR
    assert_events(
        disputed,
        event("OrderDisputed", order=delivered, by=bazaar.provider, bond=EUR, documentHash=PAPER, uri=URI),
        of=bazaar.market,
    )
    held = bazaar.order(delivered)
    assert (held.stage, held.disputer, held.bond) == (Stage.DISPUTED, bazaar.provider, EUR)
    assert held.deadline == disputed.timestamp + machine.terms.arbitration_time
    assert bazaar.reputation() == Reputation(done=1, disputed=1)


def test_a_dispute_without_bond_where_the_terms_want_none(bazaar):
    machine = bazaar.machine(dispute_bond=0)
    order = bazaar.delivered(machine)
    with BalanceChanges(bazaar.balance, bazaar.provider, bazaar.escrow) as changes:
        bazaar.dispute(order)
    assert changes == {bazaar.provider: 0, bazaar.escrow: 0}
    assert bazaar.order(order).bond == 0


def test_a_bond_that_is_not_allowed_disputes_nothing(bazaar, economy, delivered):
    economy.allow(bazaar.provider, EUR - 1, spender=bazaar.market)
    with typed_error("ERC6909InsufficientAllowance", bazaar.market, EUR - 1, EUR, economy.id_of()):
        bazaar.dispute(delivered)
    assert bazaar.stage(delivered) is Stage.DELIVERED


@pytest.mark.parametrize("past", [-1, 0, 1])
def test_a_dispute_comes_within_the_inspection(bazaar, delivered, past):
    until = bazaar.order(delivered).deadline
    clock.next_block_at(until + past)
    if past <= 0:
        bazaar.dispute(delivered)
    else:
        with typed_error("Market_TooLate", delivered, until):
            bazaar.dispute(delivered)


def test_a_dispute_names_a_document(bazaar, delivered):
    with typed_error("Market_ZeroDocument", delivered):
        bazaar.dispute(delivered, paper=bytes(32))


def test_nobody_elses_dispute(bazaar, delivered):
    for caller in (bazaar.worker, bazaar.stranger, bazaar.arbiters[0]):
        with typed_error("Market_NotParty", delivered, caller):
            bazaar.dispute(delivered, caller)


def test_a_watcher_orders_and_does_not_judge(bazaar, machine):
    order = bazaar.delivered(machine, bazaar.watcher)
    with typed_error("Market_NotParty", order, bazaar.watcher):
        bazaar.dispute(order, bazaar.watcher)


def test_the_customer_who_ordered_disputes(bazaar, hire, economy):
    bazaar.endow(bazaar.provider)
    bazaar.endow(hire.customer)
    machine = bazaar.machine(hire.drill)
    order = bazaar.delivered(machine, hire.customer, agreement=hire.id)
    bazaar.dispute(order, hire.customer)
    assert bazaar.order(order).disputer == hire.customer


def test_acceptance_behind_a_dispute_is_refused(bazaar, disputed):
    with typed_error("Market_WrongStage", disputed, int(Stage.DISPUTED), int(Stage.DELIVERED)):
        bazaar.approve(disputed)


# Rulings


def test_a_ruling_below_the_quorum_pays_nothing(bazaar, machine, disputed):
    with balances(bazaar, machine) as changes:
        ruled = bazaar.rule(disputed, bazaar.arbiters[0], 2_500)
    assert {changes[one] for one in (bazaar.worker, bazaar.reserve(machine), bazaar.escrow)} == {0}
    assert_events(
        ruled,
        event("RulingGiven", order=disputed, arbiter=bazaar.arbiters[0], workerBps=2_500, documentHash=PAPER),
    )
    assert bazaar.market.rulingOf(disputed, bazaar.arbiters[0]) == (True, 2_500)
    assert bazaar.market.rulingOf(disputed, bazaar.arbiters[1]) == (False, 0)


@pytest.mark.parametrize("bps", [0, 1, 3_333, 9_999, 10_000])
def test_a_ruling_divides_the_price_to_the_last_unit(bazaar, machine, disputed, bps):
    with balances(bazaar, machine) as changes:
        for arbiter in bazaar.arbiters[1:]:
            bazaar.rule(disputed, arbiter, bps)
    to_worker = ODD * bps // 10_000
    full = bps == 10_000
    assert changes[bazaar.worker] == to_worker + (EUR if full else 0)
    assert changes[bazaar.reserve(machine)] == ODD - to_worker
    assert changes[bazaar.provider] == (0 if full else EUR)
    assert changes[bazaar.escrow] == -(ODD + EUR)
    assert bazaar.escrowed() == 0
    assert bazaar.stage(disputed) is Stage.ARBITRATED
    assert bazaar.reputation() == Reputation(done=1, disputed=1, lost=int(not full))


def test_arbiters_who_disagree_pay_nothing(bazaar, disputed):
    for arbiter, bps in zip(bazaar.arbiters, (0, 1, 2), strict=True):
        bazaar.rule(disputed, arbiter, bps)
    assert bazaar.stage(disputed) is Stage.DISPUTED


def test_an_arbiter_changes_its_mind_and_counts_once(bazaar, disputed):
    first, second, _ = bazaar.arbiters
    for bps in (7, 7, 8, 7):
        bazaar.rule(disputed, first, bps)
    assert bazaar.stage(disputed) is Stage.DISPUTED
    bazaar.rule(disputed, second, 8)
    assert bazaar.stage(disputed) is Stage.DISPUTED
    bazaar.rule(disputed, second, 7)
    assert bazaar.stage(disputed) is Stage.ARBITRATED


def test_no_more_than_all_goes_to_the_worker(bazaar, disputed):
    with typed_error("Market_ShareTooHigh", 10_001):
        bazaar.rule(disputed, bazaar.arbiters[0], 10_001)


def test_only_the_orders_arbiters_rule(bazaar, disputed):
    for caller in (bazaar.provider, bazaar.worker, bazaar.stranger, bazaar.economy.guardian):
        with typed_error("Market_NotArbiter", disputed, caller):
            bazaar.rule(disputed, caller, 0)


def test_new_terms_change_no_arbiter_of_an_open_order(bazaar, machine, disputed):
    other = bazaar.publish(machine.terms._replace(quorum=1), [bazaar.rival])
    bazaar.book.choose(machine.id, other, {"from": bazaar.provider})
    with typed_error("Market_NotArbiter", disputed, bazaar.rival):
        bazaar.rule(disputed, bazaar.rival, 0)
    bazaar.rule(disputed, bazaar.arbiters[0], 0)


def test_an_arbiter_who_has_bought_the_machine_judges_nobody(bazaar, machine, disputed):
    buyer = bazaar.arbiters[0]
    bazaar.assets.transferFrom(bazaar.provider, buyer, machine.id, {"from": bazaar.provider})
    with typed_error("Market_NotArbiter", disputed, buyer):
        bazaar.rule(disputed, buyer, 0)


def test_an_arbiter_who_ordered_or_disputed_judges_nobody(bazaar, machine):
    arbiter = bazaar.arbiters[0]
    bazaar.book.appointWatcher(machine.id, arbiter, True, {"from": bazaar.provider})
    ordered = bazaar.disputed(machine, arbiter)
    delivered = bazaar.delivered(machine)
    bazaar.assets.transferFrom(bazaar.provider, arbiter, machine.id, {"from": bazaar.provider})
    bazaar.endow(arbiter)
    bazaar.dispute(delivered, arbiter)
    bazaar.assets.transferFrom(arbiter, bazaar.stranger, machine.id, {"from": arbiter})
    for order in (ordered, delivered):
        with typed_error("Market_NotArbiter", order, arbiter):
            bazaar.rule(order, arbiter, 0)


@pytest.mark.parametrize("past", [-1, 0, 1])
def test_a_ruling_comes_within_the_arbitration(bazaar, disputed, past):
    until = bazaar.order(disputed).deadline
    clock.next_block_at(until + past)
    if past <= 0:
        bazaar.rule(disputed, bazaar.arbiters[0], 0)
    else:
        with typed_error("Market_TooLate", disputed, until):
            bazaar.rule(disputed, bazaar.arbiters[0], 0)


# Silence


@pytest.mark.parametrize("past", [-1, 0, 1])
def test_silence_of_the_arbiters_ends_the_dispute_by_the_terms(bazaar, machine, disputed, past):
    bazaar.rule(disputed, bazaar.arbiters[0], 10_000)
    until = bazaar.order(disputed).deadline
    clock.next_block_at(until + past)
    if past <= 0:
        with typed_error("Market_TooEarly", disputed, until):
            bazaar.market.endSilent(disputed, {"from": bazaar.stranger})
        return
    with balances(bazaar, machine) as changes:
        bazaar.market.endSilent(disputed, {"from": bazaar.stranger})
    assert changes == {
        bazaar.worker: ODD // 2,
        bazaar.reserve(machine): ODD - ODD // 2,
        bazaar.provider: EUR,
        bazaar.escrow: -(ODD + EUR),
    }
    assert bazaar.reputation() == Reputation(done=1, disputed=1, lost=1)


@pytest.mark.parametrize(("share", "lost"), [(0, 1), (10_000, 0)])
def test_silence_returns_the_bond_whatever_its_share(bazaar, share, lost):
    machine = bazaar.machine(silent_share_bps=share)
    order = bazaar.disputed(machine)
    clock.pass_time(machine.terms.arbitration_time + 1)
    with balances(bazaar, machine) as changes:
        bazaar.market.endSilent(order, {"from": bazaar.worker})
    assert (changes[bazaar.worker], changes[bazaar.provider]) == (PRICE * share // 10_000, EUR)
    assert bazaar.reputation().lost == lost
