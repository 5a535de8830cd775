"""Unused exclusive agreements: the provider announces non-use, and after the tariff's days the asset is free again."""

from __future__ import annotations

import pytest

from tests.fixtures.economy import DAY, HOLD_TARGET
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

DAYS = 10 * DAY


@pytest.fixture(scope="module")
def idle(economy):
    """A machine hired for itself, 1,000 units used, under a tariff that ends what lies unused for ten days."""
    hire = economy.hire(unused_days=10, standing_per_day=3_600, minimum_term=60 * DAY)
    economy.use(hire, 1, 1_000)
    return hire


@pytest.fixture
def announced(economy, idle):
    announce(economy, idle)
    return idle


def announce(economy, hire, by=None):
    return economy.agreements.announceUnused(hire.id, {"from": by or economy.provider})


def end_unused(economy, hire):
    return economy.agreements.endUnused(hire.id, {"from": economy.stranger})


def announced_at(economy, hire):
    return int(economy.agreements.endingOf(hire.id)[4])


def test_the_announcement_is_public(economy, idle):
    now = clock.next_block_in(60)
    assert_events(announce(economy, idle), event("NonUseAnnounced", agreement=idle.id, endsAt=now + DAYS))
    assert economy.agreements.endingOf(idle.id) == (0, False, False, False, now, 1_000, False)


def test_only_the_provider_announces(economy, idle):
    with typed_error("Agreements_NotProvider", idle.id, economy.stranger, economy.provider):
        announce(economy, idle, economy.stranger)


def test_a_shared_agreement_is_in_nobodys_way(economy):
    hire = economy.hire(economy.customers[1], exclusive=False, unused_days=10)
    with typed_error("Agreements_NotExclusive", hire.id):
        announce(economy, hire)


def test_the_tariff_must_say_so(economy):
    hire = economy.hire(economy.customers[1])
    with typed_error("Agreements_UnusedRuleAbsent", hire.id):
        announce(economy, hire)


def test_an_ending_agreement_is_not_announced(economy, idle):
    economy.agreements.end(idle.id, {"from": idle.customer})
    with typed_error("Agreements_AlreadyEnding", idle.id, economy.agreements.endingOf(idle.id)[0]):
        announce(economy, idle)


@pytest.mark.parametrize("function", ["announceUnused", "endUnused"])
def test_an_unknown_agreement_is_refused(economy, idle, function):
    with typed_error("Agreements_Unknown", idle.id + 1):
        getattr(economy.agreements, function)(idle.id + 1, {"from": economy.provider})


def test_nothing_ends_without_announcement(economy, idle):
    with typed_error("Agreements_NonUseNotAnnounced", idle.id):
        end_unused(economy, idle)


def test_nothing_ends_before_the_days_are_over(economy, announced):
    due = announced_at(economy, announced) + DAYS
    clock.next_block_at(due - 1)
    with typed_error("Agreements_NotEnded", announced.id, due, due - 1):
        end_unused(economy, announced)


def test_anyone_ends_it_when_the_days_are_over(economy, announced):
    """At once, whatever the minimum term."""
    due = clock.next_block_at(announced_at(economy, announced) + DAYS)
    ended = end_unused(economy, announced)
    assert_events(ended, event("EndAnnounced", agreement=announced.id, by=economy.stranger, endAt=due))
    economy.agreements.close(announced.id, {"from": economy.stranger})
    assert economy.agreements.openAgreementsOf(announced.drill.id) == 0


def test_use_after_the_announcement_keeps_it(economy, announced):
    economy.use(announced, 2, 1_001)
    clock.next_block_at(announced_at(economy, announced) + DAYS)
    with typed_error("Agreements_UsedSince", announced.id):
        end_unused(economy, announced)


def test_the_customer_may_relay_the_use_itself(economy, announced):
    signed = economy.signed(announced, 2, 1_500)
    clock.next_block_at(announced_at(economy, announced) + DAYS)
    economy.agreements.settleSigned(economy.values(signed.reading), signed.signature, {"from": announced.customer})
    with typed_error("Agreements_UsedSince", announced.id):
        end_unused(economy, announced)


def test_standing_charges_are_no_use(economy, announced):
    due = announced_at(economy, announced) + DAYS
    clock.next_block_at(due - 10)
    economy.use(announced, 2, 1_000, time=due - 20)
    economy.agreements.accrue(announced.id, {"from": economy.stranger})
    assert economy.state(announced).settled > 1_000
    clock.next_block_at(due)
    end_unused(economy, announced)


def test_a_second_announcement_starts_the_days_anew(economy, announced):
    economy.use(announced, 2, 1_500)
    later = clock.next_block_at(announced_at(economy, announced) + DAYS)
    announce(economy, announced)
    assert economy.agreements.endingOf(announced.id)[4:] == (later, 1_500, False)
    clock.next_block_at(later + DAYS)
    end_unused(economy, announced)


def test_an_announcement_ends_nothing_by_itself(economy, announced):
    clock.next_block_at(announced_at(economy, announced) + 2 * DAYS)
    economy.use(announced, 2, HOLD_TARGET)
    assert economy.state(announced).hold == HOLD_TARGET


def test_what_has_ended_unused_does_not_end_again(economy, announced):
    due = clock.next_block_at(announced_at(economy, announced) + DAYS)
    end_unused(economy, announced)
    with typed_error("Agreements_AlreadyEnding", announced.id, due):
        end_unused(economy, announced)
