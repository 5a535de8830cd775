"""From when a new meter counts, with the old key's consent and without it."""

from __future__ import annotations

import pytest
from eth_utils import keccak

from tests.contracts.registry.signing import key
from tests.contracts.registry.world import DAY, NO_PENDING, now, route, wait_until
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

HOUR = 3_600
REGISTERS = keccak(text="registers of the open agreements")
OLD, NEW = key("meter 1"), key("new meter")


@pytest.fixture
def asset(world):
    """Has the meter OLD."""
    asset, _ = world.metered()
    return asset


def announce_new(world, asset, effective_at, *, by=None):
    binding = world.binding(asset, NEW, 2, effective_at=effective_at, registers_hash=REGISTERS)
    return world.announce(binding, NEW, by=by)


# With the old key


def test_with_the_old_keys_signature_a_new_meter_takes_effect_at_once(world, asset):
    world.agreements.set(asset, 3, 30 * DAY, {"from": world.stranger})
    split = world.split(world.provider)
    world.assets.repoint(asset, split, {"from": world.provider})
    binding = world.binding(asset, NEW, 2, registers_hash=REGISTERS)
    transaction = world.announce(binding, NEW, old=OLD, grade=0)
    assert_events(
        transaction,
        event("MeterActivated", asset=asset, signer=NEW.address, epoch=2, curve=0, grade=0),
        event("RouteChanged", asset=asset, route=route(NEW.address, split, 2)),
    )
    assert world.meters.meterOf(asset) == (NEW.address, 0, 0, 2, transaction.timestamp)
    assert world.meters.gradeOf(asset) == 0


def test_a_wrong_old_key_does_not_fall_back_to_waiting(world, asset):
    with typed_error("Meters_SignatureInvalid", asset, OLD.address):
        world.announce(world.binding(asset, NEW, 2, effective_at=now() + DAY), NEW, old=key("impostor"))


def test_taking_effect_at_once_drops_a_pending_meter(world, asset):
    announce_new(world, asset, now() + DAY)
    third = key("third meter")
    transaction = world.announce(world.binding(asset, third, 2), third, old=OLD)
    assert_events(
        transaction,
        event("AnnouncementWithdrawn", asset=asset, epoch=2),
        event("MeterActivated", asset=asset, signer=third.address, epoch=2, curve=0, grade=1),
        of=world.meters,
    )
    with typed_error("Meters_NothingPending", asset):
        world.meters.activate(asset, {"from": world.stranger})


# Without it


def test_without_the_old_key_a_meter_is_announced_and_the_old_one_goes_on(world, asset):
    effective_at = now() + DAY
    transaction = announce_new(world, asset, effective_at)
    assert_events(
        transaction,
        event(
            "MeterAnnounced",
            asset=asset,
            signer=NEW.address,
            epoch=2,
            curve=0,
            grade=1,
            effectiveAt=effective_at,
            registersHash=REGISTERS,
        ),
    )
    assert world.meters.pendingOf(asset) == (NEW.address, 0, 1, 2, effective_at, 0, "0x" + REGISTERS.hex())
    assert world.meters.meterOf(asset)[0] == OLD.address
    assert world.assets.route(asset) == route(OLD.address, 0, 1)


def test_a_thief_of_the_providers_key_gives_every_customer_time_to_end(world, asset):
    """The old meter serves until the longest notice has passed, whatever the announcement says."""
    notice = 5 * DAY
    world.agreements.set(asset, 1, notice, {"from": world.stranger})
    at = now() + HOUR
    wait_until(at)
    with typed_error("Meters_EffectiveTooEarly", asset, at + notice - 1, at + notice):
        announce_new(world, asset, at + notice - 1)
    wait_until(at + 1)
    announce_new(world, asset, at + 1 + notice)
    wait_until(at + notice)
    with typed_error("Meters_NotYet", asset, at + 1 + notice, at + notice):
        world.meters.activate(asset, {"from": world.stranger})
    assert world.assets.route(asset) == route(OLD.address, 0, 1)


def test_a_meter_is_not_announced_more_than_thirty_days_after_the_notice(world, asset):
    notice = 5 * DAY
    world.agreements.set(asset, 1, notice, {"from": world.stranger})
    at = now() + HOUR
    latest = at + notice + 30 * DAY
    wait_until(at)
    with typed_error("Meters_EffectiveTooLate", asset, latest + 1, latest):
        announce_new(world, asset, latest + 1)
    wait_until(at + 1)
    announce_new(world, asset, latest + 1)
    assert world.meters.pendingOf(asset)[4] == latest + 1


def test_anyone_activates_once_the_time_has_come(world, asset):
    effective_at = now() + DAY
    announce_new(world, asset, effective_at)
    wait_until(effective_at)
    transaction = world.meters.activate(asset, {"from": world.stranger})
    assert_events(
        transaction,
        event("MeterActivated", asset=asset, signer=NEW.address, epoch=2, curve=0, grade=1),
        event("RouteChanged", asset=asset, route=route(NEW.address, 0, 2)),
    )
    assert world.meters.meterOf(asset) == (NEW.address, 0, 1, 2, effective_at)
    assert world.meters.pendingOf(asset) == NO_PENDING


def test_a_meter_activates_once(world, asset):
    effective_at = now() + DAY
    announce_new(world, asset, effective_at)
    wait_until(effective_at)
    world.meters.activate(asset, {"from": world.stranger})
    with typed_error("Meters_NothingPending", asset):
        world.meters.activate(asset, {"from": world.stranger})


def test_the_owner_withdraws_an_announcement(world, asset):
    announce_new(world, asset, now() + DAY)
    transaction = world.meters.withdrawAnnouncement(asset, {"from": world.provider})
    assert_events(transaction, event("AnnouncementWithdrawn", asset=asset, epoch=2))
    assert world.meters.pendingOf(asset) == NO_PENDING
    with typed_error("Meters_NothingPending", asset):
        world.meters.withdrawAnnouncement(asset, {"from": world.provider})


def test_nobody_else_withdraws_it(world, asset):
    announce_new(world, asset, now() + DAY)
    with typed_error("Meters_NotTitleOwner", asset, world.stranger, world.provider):
        world.meters.withdrawAnnouncement(asset, {"from": world.stranger})


def test_a_later_announcement_takes_the_place_of_a_pending_one(world, asset):
    announce_new(world, asset, now() + DAY)
    third, effective_at = key("third meter"), now() + 2 * DAY
    transaction = world.announce(world.binding(asset, third, 2, effective_at=effective_at), third)
    assert [item.name for item in transaction.events] == ["AnnouncementWithdrawn", "MeterAnnounced"]
    assert world.meters.pendingOf(asset)[0] == third.address


def test_a_title_transfer_voids_a_pending_meter(world, asset):
    effective_at = now() + DAY
    announce_new(world, asset, effective_at)
    world.assets.transferFrom(world.provider, world.buyer, asset, {"from": world.provider})
    assert world.meters.pendingOf(asset) == NO_PENDING
    wait_until(effective_at)
    with typed_error("Meters_NothingPending", asset):
        world.meters.activate(asset, {"from": world.stranger})


def test_the_buyer_announces_after_a_voided_announcement(world, asset):
    announce_new(world, asset, now() + DAY)
    world.assets.transferFrom(world.provider, world.buyer, asset, {"from": world.provider})
    effective_at = now() + 2 * DAY
    transaction = announce_new(world, asset, effective_at, by=world.buyer)
    assert [item.name for item in transaction.events] == ["MeterAnnounced"]
    assert world.meters.pendingOf(asset)[4] == effective_at


def test_a_meter_announced_before_retirement_is_not_activated_after_it(world, asset):
    effective_at = now() + DAY
    announce_new(world, asset, effective_at)
    world.retire(asset)
    wait_until(effective_at)
    with typed_error("Meters_NothingPending", asset):
        world.meters.activate(asset, {"from": world.stranger})


def test_of_two_assets_that_announce_one_key_the_first_to_activate_gets_it(world, asset):
    other, _ = world.metered(2)
    effective_at = now() + DAY
    announce_new(world, asset, effective_at)
    announce_new(world, other, effective_at)
    wait_until(effective_at)
    world.meters.activate(other, {"from": world.stranger})
    with typed_error("Meters_KeyInUse", NEW.address, other):
        world.meters.activate(asset, {"from": world.stranger})
