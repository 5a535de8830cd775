"""A thief of the provider's key cannot replace a meter unseen, nor before the customer is out."""

from __future__ import annotations

import pytest

from tests.contracts.metering.expected import fees, skipped
from tests.fixtures.economy import DAY, EUR, HOLD_TARGET
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event
from tests.models.agreements import Skip


@pytest.fixture(scope="module")
def renewed(economy, hire):
    """The key of the drill's second meter."""
    return economy.meter_key(hire.drill.id, 2)


@pytest.fixture
def announced(economy, hire, renewed):
    """Without the old key's signature: takes effect after the longest notice, here a day."""
    now = clock.next_block_at(hire.opened_at + 1_000)
    economy.announce(hire.drill.id, renewed, epoch=2, effective_at=now + DAY)
    return now + DAY


def test_a_thiefs_announcement_is_seen_by_all(economy, hire, renewed):
    now = clock.next_block_at(hire.opened_at + 1_000)
    announced = economy.announce(hire.drill.id, renewed, epoch=2, effective_at=now + DAY)
    assert_events(
        announced,
        event(
            "MeterAnnounced", asset=hire.drill.id, signer=renewed.address, epoch=2, curve=0, grade=1,
            effectiveAt=now + DAY, registersHash=bytes(32),
        ),
    )  # fmt: skip
    assert economy.meters.pendingOf(hire.drill.id)[0] == renewed.address


def test_a_thiefs_announcement_waits_for_the_longest_notice(economy, hire, renewed):
    now = clock.next_block_at(hire.opened_at + 1_000)
    with typed_error("Meters_EffectiveTooEarly", hire.drill.id, now + DAY - 1, now + DAY):
        economy.announce(hire.drill.id, renewed, epoch=2, effective_at=now + DAY - 1)


def test_a_thiefs_meter_is_not_activated_early(economy, hire, announced):
    clock.next_block_at(announced - 1)
    with typed_error("Meters_NotYet", hire.drill.id, announced, announced - 1):
        economy.meters.activate(hire.drill.id, {"from": economy.stranger})


def test_a_customer_who_ends_on_seeing_it_is_out_before_the_thiefs_meter_counts(economy, hire, renewed):
    """Notice given in the block after the announcement; the close comes before anything of the new meter settles."""
    now = clock.next_block_at(hire.opened_at + 1_000)
    economy.announce(hire.drill.id, renewed, epoch=2, effective_at=now + DAY)
    clock.next_block_at(now)
    economy.agreements.end(hire.id, {"from": hire.customer})
    clock.next_block_at(now + DAY)
    economy.agreements.close(hire.id, {"from": economy.stranger})
    economy.meters.activate(hire.drill.id, {"from": economy.stranger})
    stolen = economy.sign(economy.reading(hire, 1, EUR), renewed)
    assert_events(economy.settle(hire, stolen), skipped(hire, 1, Skip.CLOSED))
    assert fees(economy, hire) == DAY + 1_000


def test_the_provider_takes_a_thiefs_announcement_back(economy, hire, announced):
    economy.meters.withdrawAnnouncement(hire.drill.id, {"from": economy.provider})
    clock.next_block_at(announced)
    with typed_error("Meters_NothingPending", hire.drill.id):
        economy.meters.activate(hire.drill.id, {"from": economy.stranger})
    economy.use(hire, 1, HOLD_TARGET // 4)
    assert fees(economy, hire) == HOLD_TARGET // 4
