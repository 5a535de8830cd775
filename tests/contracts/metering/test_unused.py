"""An exclusive agreement that nobody uses: announced by the provider, it ends after the tariff's days unless used."""

import pytest

from tests.fixtures.economy import DAY, HOLD_TARGET
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

DAYS = 7


@pytest.fixture(scope="module")
def idle(economy):
    """Under a tariff with the rule."""
    return economy.hire(unused_days=DAYS)


def announce(economy, hire, by=None):
    return economy.agreements.announceUnused(hire.id, {"from": by or economy.provider})


def end_unused(economy, hire):
    return economy.agreements.endUnused(hire.id, {"from": economy.stranger})


def test_the_provider_announces_non_use(economy, idle):
    now = clock.next_block_in(10)
    assert_events(announce(economy, idle), event("NonUseAnnounced", agreement=idle.id, endsAt=now + DAYS * DAY))
    assert economy.agreements.endingOf(idle.id)[4:] == (now, 0)


def test_after_its_days_anyone_ends_it_and_it_closes_at_once(economy, idle):
    announced = announce(economy, idle).timestamp
    now = clock.next_block_at(announced + DAYS * DAY)
    assert_events(end_unused(economy, idle), event("EndAnnounced", agreement=idle.id, by=economy.stranger, endAt=now))
    closed = economy.agreements.close(idle.id, {"from": economy.stranger})
    assert closed.events["AgreementClosed"]["returned"] == HOLD_TARGET - (now - idle.opened_at)


def test_not_before_its_days(economy, idle):
    due = announce(economy, idle).timestamp + DAYS * DAY
    clock.next_block_at(due - 1)
    with typed_error("Agreements_NotEnded", idle.id, due, due - 1):
        end_unused(economy, idle)


def test_a_later_reading_with_usage_keeps_it(economy, idle):
    announced = announce(economy, idle).timestamp
    economy.use(idle, 1, 250)
    clock.next_block_at(announced + DAYS * DAY)
    with typed_error("Agreements_UsedSince", idle.id, 0, 250):
        end_unused(economy, idle)


def test_a_later_reading_without_usage_does_not(economy, idle):
    """Standing charges are no usage."""
    economy.use(idle, 1, 250)
    announced = announce(economy, idle).timestamp
    clock.next_block_at(announced + DAY)
    economy.use(idle, 2, 250, time=announced + DAY)
    clock.next_block_at(announced + DAYS * DAY)
    assert end_unused(economy, idle).status == 1


def test_accruing_is_no_usage(economy, idle):
    announced = announce(economy, idle).timestamp
    clock.pass_time(DAY)
    economy.agreements.accrue(idle.id, {"from": economy.provider})
    clock.next_block_at(announced + DAYS * DAY)
    assert end_unused(economy, idle).status == 1


def test_announcing_again_begins_again(economy, idle):
    announce(economy, idle)
    clock.pass_time(DAYS * DAY)
    again = announce(economy, idle).timestamp
    clock.next_block_at(again + 10)
    with typed_error("Agreements_NotEnded", idle.id, again + DAYS * DAY, again + 10):
        end_unused(economy, idle)


def test_without_an_announcement_nothing_ends(economy, idle):
    with typed_error("Agreements_NonUseNotAnnounced", idle.id):
        end_unused(economy, idle)


def test_only_the_provider_announces(economy, idle):
    with typed_error("Agreements_NotProvider", idle.id, idle.customer, economy.provider):
        announce(economy, idle, idle.customer)


def test_not_under_a_tariff_without_the_rule(economy):
    hire = economy.hire(economy.customers[1])
    with typed_error("Agreements_UnusedRuleAbsent", hire.id):
        announce(economy, hire)


def test_not_for_a_shared_agreement(economy):
    hire = economy.hire(economy.customers[1], exclusive=False, unused_days=DAYS)
    with typed_error("Agreements_NotExclusive", hire.id):
        announce(economy, hire)


def test_not_once_it_is_ending(economy, idle):
    announced = announce(economy, idle).timestamp
    end_at = economy.agreements.end(idle.id, {"from": idle.customer}).timestamp + DAY
    with typed_error("Agreements_AlreadyEnding", idle.id, end_at):
        announce(economy, idle)
    clock.next_block_at(announced + DAYS * DAY)
    with typed_error("Agreements_AlreadyEnding", idle.id, end_at):
        end_unused(economy, idle)


def test_it_ends_in_spite_of_the_minimum_term(economy):
    hire = economy.hire(economy.customers[1], unused_days=DAYS, minimum_term=300 * DAY)
    announced = announce(economy, hire).timestamp
    now = clock.next_block_at(announced + DAYS * DAY)
    end_unused(economy, hire)
    assert economy.agreements.endingOf(hire.id)[0] == now
