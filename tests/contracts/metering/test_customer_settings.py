"""What a customer changes while an agreement runs: suspension, cap, delegate; by transaction or by signed form."""

from __future__ import annotations

import pytest

from tests.contracts.metering.expected import reading_settled, word
from tests.fixtures.economy import DAY, EUR, HOLD_TARGET, MONTH, USUAL_CAP
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event


def closed(economy, hire):
    economy.agreements.end(hire.id, {"from": hire.customer})
    clock.next_block_in(DAY)
    economy.agreements.close(hire.id, {"from": economy.stranger})


# By transaction


@pytest.mark.parametrize(
    ("function", "values"), [("suspend", [True]), ("setCap", [EUR, DAY]), ("nameDelegate", ["0x" + 40 * "1"])]
)
def test_only_the_customer_changes_settings(economy, hire, function, values):
    for caller in (economy.provider, economy.stranger):
        with typed_error("Agreements_NotCustomer", hire.id, caller, hire.customer):
            getattr(economy.agreements, function)(hire.id, *values, {"from": caller})


@pytest.mark.parametrize(
    ("function", "values"), [("suspend", [True]), ("setCap", [EUR, DAY]), ("nameDelegate", ["0x" + 40 * "1"])]
)
def test_an_unknown_agreement_has_no_settings(economy, hire, function, values):
    with typed_error("Agreements_Unknown", hire.id + 1):
        getattr(economy.agreements, function)(hire.id + 1, *values, {"from": hire.customer})


def test_a_suspension_is_public_and_lifted_again(economy, hire):
    before = word(economy, hire)
    for on in (True, False):
        changed = economy.agreements.suspend(hire.id, on, {"from": hire.customer})
        assert_events(changed, event("SuspensionChanged", agreement=hire.id, on=on))
        assert economy.agreements.endingOf(hire.id) == (0, False, on, False, 0, 0, False)
        assert economy.state(hire).special is on
    assert word(economy, hire) == before


def test_what_permits_allowed_settles_while_suspended(economy, hire):
    """settled + hold stays: the device may have run up to its permit before it heard of the suspension."""
    economy.agreements.suspend(hire.id, True, {"from": hire.customer})
    settled = economy.use(hire, 1, HOLD_TARGET)
    assert_events(settled, reading_settled(hire, 1, HOLD_TARGET, special=True), of=economy.agreements)


def test_refills_go_on_when_the_suspension_is_lifted(economy, hire):
    economy.agreements.suspend(hire.id, True, {"from": hire.customer})
    economy.use(hire, 1, HOLD_TARGET)
    economy.agreements.suspend(hire.id, False, {"from": hire.customer})
    economy.agreements.refill(hire.id, {"from": economy.stranger})
    assert economy.state(hire).hold == HOLD_TARGET


def test_a_closed_agreement_is_not_suspended(economy, hire):
    closed(economy, hire)
    with typed_error("Agreements_AlreadyClosed", hire.id):
        economy.agreements.suspend(hire.id, True, {"from": hire.customer})


def test_a_new_cap_is_public_and_keeps_what_was_spent(economy, hire):
    changed = economy.agreements.setCap(hire.id, 3 * EUR, MONTH, {"from": hire.customer})
    assert_events(changed, event("CapSet", agreement=hire.id, capPerPeriod=3 * EUR, period=MONTH))
    assert economy.agreements.capOf(hire.id) == (3 * EUR, MONTH, HOLD_TARGET, 0)
    economy.use(hire, 1, HOLD_TARGET)
    assert economy.state(hire).hold == EUR


def test_a_cap_below_what_was_spent_stops_refills_only(economy, hire):
    economy.agreements.setCap(hire.id, EUR, MONTH, {"from": hire.customer})
    economy.use(hire, 1, HOLD_TARGET)
    assert (economy.state(hire).settled, economy.state(hire).hold) == (HOLD_TARGET, 0)


@pytest.mark.parametrize("periods", [[MONTH - 1], [0, MONTH], [DAY, MONTH]])
def test_a_new_period_is_no_way_around_the_cap(economy, periods):
    hire = economy.hire(cap=HOLD_TARGET)
    clock.next_block_at(hire.opened_at + 3 * DAY)
    for period in periods:
        economy.agreements.setCap(hire.id, HOLD_TARGET, period, {"from": hire.customer})
    economy.use(hire, 1, HOLD_TARGET)
    assert economy.state(hire).hold == 0


def test_a_new_period_has_its_edges_counted_from_the_opening(economy, hire):
    clock.next_block_at(hire.opened_at + 3 * DAY + 5)
    economy.agreements.setCap(hire.id, USUAL_CAP, DAY, {"from": hire.customer})
    assert economy.agreements.capOf(hire.id) == (USUAL_CAP, DAY, HOLD_TARGET, 3)


def test_a_delegate_is_named_and_moves_no_money(economy, hire):
    named = economy.agreements.nameDelegate(hire.id, economy.repairer, {"from": hire.customer})
    assert_events(named, event("DelegateNamed", agreement=hire.id, delegate=economy.repairer))
    assert economy.agreements.agreementOf(hire.id)[3] == economy.repairer
    for function, values in (("suspend", [True]), ("setCap", [EUR, DAY])):
        with typed_error("Agreements_NotCustomer", hire.id, economy.repairer, hire.customer):
            getattr(economy.agreements, function)(hire.id, *values, {"from": economy.repairer})
    with typed_error("Agreements_NotParty", hire.id, economy.repairer):
        economy.agreements.end(hire.id, {"from": economy.repairer})
