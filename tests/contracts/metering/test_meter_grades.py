"""A less trusted meter frees the customer, and only the customer, from the minimum term."""

from __future__ import annotations

import pytest

from tests.fixtures.economy import DAY, MONTH
from tests.helpers import clock


@pytest.fixture(scope="module")
def bound(economy):
    """Hired for a month at least, with a software key (grade 1) in the drill."""
    return economy.hire(minimum_term=MONTH)


def replace_meter(economy, hire, grade):
    new = economy.meter_key(hire.drill.id, 2)
    economy.announce(hire.drill.id, new, epoch=2, grade=grade, old=hire.drill.meter)


def end(economy, hire, by):
    """How long the agreement still runs."""
    now = clock.next_block_at(hire.opened_at + 5 * DAY)
    ended = economy.agreements.end(hire.id, {"from": by})
    return ended.events["EndAnnounced"]["endAt"] - now


def test_an_attester_instead_of_a_key_frees_the_customer(economy, bound):
    replace_meter(economy, bound, grade=0)
    assert end(economy, bound, bound.customer) == DAY


def test_the_provider_stays_bound(economy, bound):
    replace_meter(economy, bound, grade=0)
    assert end(economy, bound, economy.provider) == MONTH - 5 * DAY


def test_a_meter_of_the_same_grade_frees_nobody(economy, bound):
    replace_meter(economy, bound, grade=1)
    assert end(economy, bound, bound.customer) == MONTH - 5 * DAY


def test_an_announced_lower_grade_frees_once_it_counts(economy, bound):
    new = economy.meter_key(bound.drill.id, 2)
    now = clock.next_block_at(bound.opened_at + DAY)
    economy.announce(bound.drill.id, new, epoch=2, grade=0, effective_at=now + DAY)
    clock.next_block_at(now + DAY)
    economy.meters.activate(bound.drill.id, {"from": economy.stranger})
    assert end(economy, bound, bound.customer) == DAY


def test_an_agreement_opened_under_the_lower_grade_keeps_its_term(economy, bound):
    replace_meter(economy, bound, grade=0)
    end(economy, bound, bound.customer)
    successor = economy.open(bound.customer, bound.drill, bound.priced)
    economy.agreements.end(successor.id, {"from": bound.customer})
    assert economy.agreements.endingOf(successor.id)[0] == successor.opened_at + MONTH


@pytest.mark.parametrize("party", ["customer", "provider"])
def test_an_end_announced_before_does_not_take_the_freedom_away(economy, bound, party):
    """Else a provider announces an end at the term's last day, and then puts a less trusted meter in."""
    by = bound.customer if party == "customer" else economy.provider
    economy.agreements.end(bound.id, {"from": by})
    replace_meter(economy, bound, grade=0)
    assert end(economy, bound, bound.customer) == DAY
