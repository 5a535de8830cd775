"""Closing by anyone after the end: standing charged to the end, the hold returned, arrears void, the asset free."""

import pytest

from tests.fixtures.economy import DAY, EUR, HOLD_TARGET, WEALTH
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event
from tests.models.agreements import FINAL, State


def close(economy, hire):
    return economy.agreements.close(hire.id, {"from": economy.stranger})


@pytest.fixture
def ended(economy, hire):
    """Ended, its notice passed; the end's time."""
    announced = economy.agreements.end(hire.id, {"from": hire.customer})
    clock.pass_time(DAY)
    return announced.timestamp + DAY


def test_closing_charges_to_the_end_and_returns_the_hold(economy, hire, ended):
    standing = ended - hire.opened_at
    accrued = State(True, 0, hire.opened_at, standing, standing, HOLD_TARGET - standing)
    clock.pass_time(7 * DAY)
    closed = close(economy, hire)
    final = State(True, 0, hire.opened_at, standing, standing, 0)
    assert_events(
        closed,
        event("StandingAccrued", agreement=hire.id, state=accrued.pack()),
        event("AgreementClosed", agreement=hire.id, returned=HOLD_TARGET - standing, state=final.pack()),
        of=economy.agreements,
    )
    assert economy.state(hire) == final
    assert economy.agreements.endingOf(hire.id)[3]
    assert economy.balance(hire.customer) == WEALTH - standing
    assert economy.agreements.heldIn(economy.euro) == economy.balance(economy.holds_account()) == 0
    assert economy.agreements.openAgreementsOf(hire.drill.id) == 0
    assert economy.agreements.exclusiveAgreementOf(hire.drill.id) == 0


def test_a_running_agreement_is_not_closed(economy, hire):
    now = clock.next_block_in(10)
    with typed_error("Agreements_NotEnded", hire.id, 0, now):
        close(economy, hire)


def test_nothing_closes_before_the_end(economy, hire):
    end_at = economy.agreements.end(hire.id, {"from": hire.customer}).timestamp + DAY
    clock.next_block_at(end_at - 1)
    with typed_error("Agreements_NotEnded", hire.id, end_at, end_at - 1):
        close(economy, hire)


def test_closing_in_the_second_of_the_end(economy, hire):
    end_at = economy.agreements.end(hire.id, {"from": hire.customer}).timestamp + DAY
    clock.next_block_at(end_at)
    assert close(economy, hire).events["AgreementClosed"]["returned"] == HOLD_TARGET - (end_at - hire.opened_at)


def test_a_final_reading_lets_it_close_at_once(economy, hire):
    economy.agreements.end(hire.id, {"from": hire.customer})
    economy.use(hire, 1, 400, flags=FINAL)
    close(economy, hire)
    assert economy.state(hire) == State(True, 1, hire.opened_at, 0, 400, 0)
    assert economy.balance(hire.customer) == WEALTH - 400


def test_never_twice(economy, hire, ended):
    close(economy, hire)
    with typed_error("Agreements_AlreadyClosed", hire.id):
        close(economy, hire)


def test_a_closed_agreement_does_not_end_again(economy, hire, ended):
    close(economy, hire)
    with typed_error("Agreements_AlreadyClosed", hire.id):
        economy.agreements.end(hire.id, {"from": hire.customer})


def test_a_suspended_agreement_closes(economy, hire):
    """B2: no state keeps a hold for ever."""
    economy.agreements.suspend(hire.id, True, {"from": hire.customer})
    economy.agreements.end(hire.id, {"from": economy.provider})
    clock.pass_time(DAY)
    close(economy, hire)
    assert economy.state(hire).hold == 0


def test_standing_beyond_the_hold_dies_at_closing(economy):
    hire = economy.hire(economy.customers[1], cap=HOLD_TARGET, period=0)
    clock.pass_time(HOLD_TARGET + DAY)
    economy.agreements.end(hire.id, {"from": hire.customer})
    clock.pass_time(DAY)
    balance = economy.balance(hire.customer)
    closed = close(economy, hire)
    assert closed.events["AgreementClosed"]["returned"] == 0
    assert economy.balance(hire.customer) == balance
    assert economy.state(hire).settled == HOLD_TARGET


def test_one_agreement_closed_leaves_the_other_open(economy, hire, ended):
    other = economy.hire(hire.customer)
    close(economy, hire)
    assert economy.agreements.heldIn(economy.euro) == HOLD_TARGET
    economy.use(other, 1, EUR)
    assert economy.state(other).settled == EUR


def test_an_unknown_agreement_is_not_closed(economy):
    with typed_error("Agreements_Unknown", 99):
        economy.agreements.close(99, {"from": economy.stranger})
