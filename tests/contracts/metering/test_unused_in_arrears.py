"""Non-use of a customer whose hold is exhausted: what counts is use since the announcement, whether paid or owed."""

from __future__ import annotations

import pytest

from tests.fixtures.economy import DAY, EUR, HOLD_TARGET
from tests.helpers import clock
from tests.helpers.errors import typed_error

DAYS = 10 * DAY


@pytest.fixture(scope="module")
def dear(economy):
    """Standing charges of two EUR an hour: the hold lasts an hour, and there are no refills."""
    return economy.hire(unused_days=10, period=0, standing_per_day=24 * HOLD_TARGET, burst=50 * EUR)


def test_use_within_the_permit_keeps_the_agreement_though_an_accrual_came_first(economy, dear):
    """A quarter of an hour of standing and one EUR of use fit the hold. The reading comes after somebody's `accrue`."""
    economy.agreements.announceUnused(dear.id, {"from": economy.provider})
    signed = economy.signed(dear, 1, EUR, time=dear.opened_at + 900)
    clock.next_block_at(dear.opened_at + 7_200)
    economy.agreements.accrue(dear.id, {"from": economy.provider})
    economy.settle(dear, signed)
    assert economy.state(dear).sequence == 1

    clock.next_block_in(DAYS)
    with typed_error("Agreements_UsedSince", dear.id):
        economy.agreements.endUnused(dear.id, {"from": economy.provider})


def test_paying_what_was_owed_before_the_announcement_is_no_use(economy, dear):
    signed = economy.signed(dear, 1, EUR, time=dear.opened_at + 3_600)
    clock.next_block_at(dear.opened_at + 3_600)
    economy.settle(dear, signed)
    economy.agreements.announceUnused(dear.id, {"from": economy.provider})
    economy.agreements.setCap(dear.id, 50 * EUR, DAY, {"from": dear.customer})
    economy.agreements.refill(dear.id, {"from": dear.customer})
    economy.settle(dear, signed)
    assert economy.state(dear).settled == 3 * EUR

    clock.next_block_in(DAYS)
    economy.agreements.endUnused(dear.id, {"from": economy.provider})
    assert economy.agreements.endingOf(dear.id)[0] == clock.now()
