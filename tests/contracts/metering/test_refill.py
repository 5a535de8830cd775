"""Refills: under half the target up to it, as far as cap, balance and allowance reach, and what stops them."""

import pytest

from tests.fixtures.economy import DAY, EUR, HOLD_TARGET, WEALTH
from tests.helpers import clock
from tests.helpers.agreement_events import hold_refilled, reading_settled, refill_short
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events
from tests.models.agreements import Short, State

HALF = HOLD_TARGET // 2


def refill(economy, hire):
    return economy.agreements.refill(hire.id, {"from": economy.stranger})


def drain(economy, hire, amount, sequence=1):
    """Settles a charge without a refill, whatever the customer has."""
    economy.offers.pause({"from": economy.guardian})
    economy.use(hire, sequence, amount)
    economy.offers.unpause({"from": economy.guardian})


def test_at_half_the_target_nothing_is_refilled(economy, hire):
    economy.use(hire, 1, HALF)
    assert economy.state(hire).hold == HALF


def test_below_half_the_target_it_is_refilled_to_the_target(economy, hire):
    settled = economy.use(hire, 1, HALF + 1)
    before = State(False, 1, hire.opened_at, 0, HALF + 1, HALF - 1)
    after = State(False, 1, hire.opened_at, 0, HALF + 1, HOLD_TARGET)
    assert_events(
        settled, reading_settled(hire.id, before), hold_refilled(hire.id, HALF + 1, after), of=economy.agreements
    )
    assert economy.balance(hire.customer) == WEALTH - HOLD_TARGET - HALF - 1
    assert economy.allowance(hire.customer) == WEALTH - HOLD_TARGET - HALF - 1
    assert economy.agreements.capOf(hire.id)[2] == HOLD_TARGET + HALF + 1


def test_anyone_refills_to_the_target_at_any_level(economy, hire):
    economy.use(hire, 1, 10)
    assert_events(
        refill(economy, hire),
        hold_refilled(hire.id, 10, State(False, 1, hire.opened_at, 0, 10, HOLD_TARGET)),
        of=economy.agreements,
    )


def test_a_full_hold_is_left_alone(economy, hire):
    assert_events(refill(economy, hire))


def test_a_hold_above_the_target_is_left_alone(economy):
    hire = economy.hire(economy.customers[1], hold=5 * EUR)
    economy.use(hire, 1, EUR)
    assert_events(refill(economy, hire))


def test_refilling_an_unknown_agreement(economy):
    with typed_error("Agreements_Unknown", 99):
        economy.agreements.refill(99, {"from": economy.stranger})


# What falls short, with the tightest reason


def test_short_of_balance(economy, hire):
    economy.ledger.withdraw(economy.euro, WEALTH - HOLD_TARGET - 300, hire.customer, {"from": hire.customer})
    settled = economy.use(hire, 1, HOLD_TARGET)
    assert_events(
        settled,
        reading_settled(hire.id, State(False, 1, hire.opened_at, 0, HOLD_TARGET, 0)),
        hold_refilled(hire.id, 300, State(False, 1, hire.opened_at, 0, HOLD_TARGET, 300)),
        refill_short(hire.id, HOLD_TARGET, 300, Short.NO_BALANCE),
        of=economy.agreements,
    )


def test_short_of_allowance(economy, hire):
    economy.allow(hire.customer, 200)
    drain(economy, hire, HOLD_TARGET)
    assert_events(
        refill(economy, hire),
        hold_refilled(hire.id, 200, State(False, 1, hire.opened_at, 0, HOLD_TARGET, 200)),
        refill_short(hire.id, HOLD_TARGET, 200, Short.NO_ALLOWANCE),
        of=economy.agreements,
    )


def test_without_any_allowance(economy, hire):
    economy.allow(hire.customer, 0)
    drain(economy, hire, HOLD_TARGET)
    assert_events(refill(economy, hire), refill_short(hire.id, HOLD_TARGET, 0, Short.NO_ALLOWANCE))
    assert economy.agreements.capOf(hire.id)[2] == HOLD_TARGET


def test_an_operator_without_allowance_is_not_used(economy, hire):
    """Nobody is asked for an ERC-6909 operator; if there is one, the allowance still bounds refills (I-2)."""
    economy.allow(hire.customer, 0)
    economy.ledger.setOperator(economy.agreements, True, {"from": hire.customer})
    drain(economy, hire, HOLD_TARGET)
    assert_events(refill(economy, hire), refill_short(hire.id, HOLD_TARGET, 0, Short.NO_ALLOWANCE))


def test_an_endless_allowance_is_not_used_up(economy, hire):
    endless = (1 << 256) - 1
    economy.allow(hire.customer, endless)
    economy.use(hire, 1, HOLD_TARGET)
    assert economy.state(hire).hold == HOLD_TARGET
    assert economy.allowance(hire.customer) == endless


def test_short_of_cap(economy):
    hire = economy.hire(economy.customers[1], cap=HOLD_TARGET + 100, period=DAY)
    drain(economy, hire, HOLD_TARGET)
    assert_events(
        refill(economy, hire),
        hold_refilled(hire.id, 100, State(False, 1, hire.opened_at, 0, HOLD_TARGET, 100)),
        refill_short(hire.id, HOLD_TARGET, 100, Short.CAP_REACHED),
        of=economy.agreements,
    )
    assert_events(refill(economy, hire), refill_short(hire.id, HOLD_TARGET - 100, 0, Short.CAP_REACHED))


def test_the_tightest_of_several_is_named(economy):
    hire = economy.hire(economy.customers[1], cap=HOLD_TARGET + 100, period=DAY)
    economy.allow(hire.customer, 50)
    drain(economy, hire, HOLD_TARGET)
    assert_events(
        refill(economy, hire),
        hold_refilled(hire.id, 50, State(False, 1, hire.opened_at, 0, HOLD_TARGET, 50)),
        refill_short(hire.id, HOLD_TARGET, 50, Short.NO_ALLOWANCE),
        of=economy.agreements,
    )


# The cap and its periods


def test_a_period_of_zero_means_no_refills(economy):
    hire = economy.hire(economy.customers[1], period=0)
    drain(economy, hire, HOLD_TARGET)
    clock.pass_time(400 * DAY)
    assert_events(refill(economy, hire), refill_short(hire.id, HOLD_TARGET, 0, Short.CAP_REACHED))


@pytest.fixture(scope="module")
def capped(economy):
    """Its opening hold used up the first day's cap."""
    hire = economy.hire(economy.customers[2], cap=HOLD_TARGET, period=DAY)
    drain(economy, hire, HOLD_TARGET)
    return hire


@pytest.mark.parametrize(("after", "got"), [(DAY - 1, 0), (DAY, HOLD_TARGET), (2 * DAY - 1, HOLD_TARGET)])
def test_periods_have_fixed_edges_counted_from_the_opening(economy, capped, after, got):
    clock.next_block_at(capped.opened_at + after)
    refill(economy, capped)
    assert economy.state(capped).hold == got


def test_what_one_period_left_is_not_carried_to_the_next(economy):
    hire = economy.hire(economy.customers[2], cap=HOLD_TARGET + 500, period=DAY)
    drain(economy, hire, HOLD_TARGET)
    clock.next_block_at(hire.opened_at + 10 * DAY)
    refill(economy, hire)
    drain(economy, hire, 2 * HOLD_TARGET, sequence=2)
    refill(economy, hire)
    assert economy.agreements.capOf(hire.id) == (HOLD_TARGET + 500, DAY, HOLD_TARGET + 500, 10)
    assert economy.state(hire).hold == 500


# Never


def test_never_after_an_end(economy, hire):
    economy.agreements.end(hire.id, {"from": hire.customer})
    economy.use(hire, 1, HOLD_TARGET)
    assert economy.state(hire).hold == 0
    with typed_error("Agreements_RefillRefused", hire.id, b"ending".ljust(32, b"\0")):
        refill(economy, hire)


def test_never_while_suspended(economy, hire):
    economy.agreements.suspend(hire.id, True, {"from": hire.customer})
    economy.use(hire, 1, HOLD_TARGET)
    assert economy.state(hire).hold == 0
    with typed_error("Agreements_RefillRefused", hire.id, b"suspended".ljust(32, b"\0")):
        refill(economy, hire)


def test_again_after_a_suspension(economy, hire):
    economy.agreements.suspend(hire.id, True, {"from": hire.customer})
    economy.use(hire, 1, HOLD_TARGET)
    economy.agreements.suspend(hire.id, False, {"from": hire.customer})
    refill(economy, hire)
    assert economy.state(hire).hold == HOLD_TARGET


def test_never_after_closing(economy, hire):
    economy.agreements.end(hire.id, {"from": hire.customer})
    clock.pass_time(DAY)
    economy.agreements.close(hire.id, {"from": economy.stranger})
    with typed_error("Agreements_AlreadyClosed", hire.id):
        refill(economy, hire)
