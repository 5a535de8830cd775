"""First meters and replacements: who, with which proof, from when."""

from __future__ import annotations

import pytest
from eth_utils import keccak

from tests.contracts.registry.signing import compact, digest, key, sign, with_high_s
from tests.contracts.registry.world import DAY, NOTHING, ZERO, now, route, wait_until
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

HOUR = 3_600
REGISTERS = keccak(text="registers of the open agreements")
NO_PENDING = (ZERO, 0, 0, 0, 0, 0, "0x" + NOTHING.hex())
OLD, NEW = key("meter 1"), key("new meter")


@pytest.fixture
def asset(world):
    """Has the meter OLD."""
    asset, _ = world.metered()
    return asset


def announce_new(world, asset, effective_at, *, by=None, odometer=0):
    binding = world.binding(asset, NEW, 2, effective_at=effective_at, registers_hash=REGISTERS, odometer=odometer)
    return world.announce(binding, NEW, by=by)


def test_the_first_meter_takes_effect_at_once(world):
    asset, meter = world.register(), key("meter 1")
    transaction = world.announce(world.binding(asset, meter), meter)
    assert_events(
        transaction,
        event("MeterActivated", asset=asset, signer=meter.address, epoch=1, curve=0, grade=1),
        event("RouteChanged", asset=asset, route=route(meter.address, 0, 1)),
    )
    assert world.meters.meterOf(asset) == (meter.address, 0, 1, 1, transaction.timestamp)
    assert world.meters.pendingOf(asset) == NO_PENDING


def test_only_the_title_owner_announces(world):
    asset, meter = world.register(), key("meter 1")
    for other in (world.maker, world.stranger):
        with typed_error("Meters_NotTitleOwner", asset, other, world.provider):
            world.announce(world.binding(asset, meter), meter, by=other)


def test_an_unknown_asset_gets_no_meter(world):
    meter = key("meter 1")
    with typed_error("Assets_Unknown", 7):
        world.announce(world.binding(7, meter), meter)


def test_the_digest_is_the_published_one(world):
    binding = world.binding(3, NEW, 4, odometer=5, registers_hash=REGISTERS, effective_at=6)
    assert bytes(world.meters.digestOfBinding(binding)) == digest("MeterBinding", binding, world.meters)


# Proof of possession


def test_a_key_is_bound_only_with_its_own_signature(world):
    asset, meter = world.register(), key("meter 1")
    with typed_error("Meters_SignatureInvalid", asset, meter.address):
        world.announce(world.binding(asset, meter), key("impostor"))


def test_a_possession_of_64_bytes_is_accepted(world):
    asset, meter = world.register(), key("meter 1")
    binding = world.binding(asset, meter)
    signature = compact(sign(meter, "MeterBinding", binding, world.meters))
    world.meters.announceMeter(binding, 1, signature, b"", {"from": world.provider})
    assert world.meters.meterOf(asset)[0] == meter.address


def test_malleable_and_malformed_possessions_are_refused(world):
    asset, meter = world.register(), key("meter 1")
    binding = world.binding(asset, meter)
    good = sign(meter, "MeterBinding", binding, world.meters)
    foreign = sign(meter, "MeterBinding", binding, world.assets)
    for bad in (
        with_high_s(good),
        compact(with_high_s(good)),
        good[:-1] + b"\x00",
        good + b"\x00",
        good[:63],
        b"",
        foreign,
    ):
        with typed_error("Meters_SignatureInvalid", asset, meter.address):
            world.meters.announceMeter(binding, 1, bad, b"", {"from": world.provider})


@pytest.mark.parametrize("position", [0, 3, 4, 5, 6])
def test_possession_covers_every_field(world, position):
    world.register(2)
    asset, meter = world.register(), key("meter 1")
    signed = list(world.binding(1, meter))
    signed[position] = bytes(32 * [1]) if position == 5 else signed[position] + 1
    with typed_error("Meters_SignatureInvalid", 1, meter.address):
        world.meters.announceMeter(
            world.binding(1, meter), 1, sign(meter, "MeterBinding", tuple(signed), world.meters), b"",
            {"from": world.provider},
        )  # fmt: skip
    assert asset == 2


@pytest.mark.parametrize("curve", [1, 2, 3, 255])
def test_curves_that_this_version_does_not_verify_are_refused(world, curve):
    asset, meter = world.register(), key("meter 1")
    binding = (asset, b"\x01" * 64, curve, 1, 0, NOTHING, 0)
    with typed_error("Meters_UnknownCurve", curve):
        world.meters.announceMeter(
            binding, 1, sign(meter, "MeterBinding", binding, world.meters), b"", {"from": world.provider}
        )


@pytest.mark.parametrize("length", [0, 19, 21, 32, 64])
def test_a_secp256k1_signer_is_an_address(world, length):
    asset = world.register()
    with typed_error("Meters_SignerLength", 0, length):
        world.meters.announceMeter(
            (asset, b"\x01" * length, 0, 1, 0, NOTHING, 0), 1, b"", b"", {"from": world.provider}
        )


def test_the_zero_address_is_no_meter(world):
    asset = world.register()
    with typed_error("Meters_ZeroSigner"):
        world.meters.announceMeter((asset, bytes(20), 0, 1, 0, NOTHING, 0), 1, bytes(65), b"", {"from": world.provider})


# Epochs and keys


@pytest.mark.parametrize("epoch", [0, 2, 2**32 - 1])
def test_the_first_epoch_is_one(world, epoch):
    asset, meter = world.register(), key("meter 1")
    with typed_error("Meters_WrongEpoch", asset, epoch, 1):
        world.announce(world.binding(asset, meter, epoch), meter)


@pytest.mark.parametrize("epoch", [0, 1, 3])
def test_each_meter_has_the_next_epoch(world, asset, epoch):
    with typed_error("Meters_WrongEpoch", asset, epoch, 2):
        world.announce(world.binding(asset, NEW, epoch), NEW, old=OLD)


def test_a_key_serves_one_asset(world, asset):
    other = world.register(2)
    with typed_error("Meters_KeyInUse", OLD.address, asset):
        world.announce(world.binding(other, OLD), OLD)


def test_the_present_key_is_not_bound_again(world, asset):
    with typed_error("Meters_KeyInUse", OLD.address, asset):
        world.announce(world.binding(asset, OLD, 2), OLD, old=OLD)


def test_an_old_key_never_returns_to_any_asset(world, asset):
    world.announce(world.binding(asset, NEW, 2), NEW, old=OLD)
    other = world.register(2)
    with typed_error("Meters_KeyInUse", OLD.address, asset):
        world.announce(world.binding(asset, OLD, 3), OLD, old=NEW)
    with typed_error("Meters_KeyInUse", OLD.address, asset):
        world.announce(world.binding(other, OLD), OLD)


def test_of_two_assets_that_announce_one_key_the_first_to_activate_gets_it(world, asset):
    other, _ = world.metered(2)
    effective_at = now() + DAY
    announce_new(world, asset, effective_at)
    announce_new(world, other, effective_at)
    wait_until(effective_at)
    world.meters.activate(other, {"from": world.stranger})
    with typed_error("Meters_KeyInUse", NEW.address, other):
        world.meters.activate(asset, {"from": world.stranger})


# Replacing with the old key


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


# Replacing without it


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
    world.assets.setLifecycle(asset, 4, NOTHING, {"from": world.provider})
    wait_until(effective_at)
    with typed_error("Meters_NothingPending", asset):
        world.meters.activate(asset, {"from": world.stranger})


# Grades


@pytest.mark.parametrize("grade", [0, 1])
def test_the_owner_declares_attester_or_software_key(world, grade):
    asset, meter = world.register(), key("meter 1")
    world.announce(world.binding(asset, meter), meter, grade=grade)
    assert world.meters.gradeOf(asset) == grade


def test_the_owner_does_not_declare_a_secure_element(world):
    asset, meter = world.register(), key("meter 1")
    with typed_error("Meters_GradeNeedsMaker", 2):
        world.announce(world.binding(asset, meter), meter, grade=2)


def test_a_maker_that_owns_the_machine_declares_a_secure_element(world):
    asset, meter = world.register(owner=world.maker), key("meter 1")
    world.announce(world.binding(asset, meter), meter, grade=2, by=world.maker)
    assert world.meters.gradeOf(asset) == 2


def test_there_are_three_grades(world):
    asset, meter = world.register(), key("meter 1")
    with typed_error("Meters_GradeUnknown", 3):
        world.announce(world.binding(asset, meter), meter, grade=3)


def test_the_maker_attests_a_secure_element(world, asset):
    transaction = world.meters.attestGrade(asset, 1, 2, {"from": world.maker})
    assert_events(transaction, event("GradeAttested", asset=asset, epoch=1, grade=2))
    assert world.meters.meterOf(asset)[2] == 2


def test_an_attested_grade_ends_with_its_meter(world, asset):
    world.meters.attestGrade(asset, 1, 2, {"from": world.maker})
    world.announce(world.binding(asset, NEW, 2), NEW, old=OLD)
    assert world.meters.gradeOf(asset) == 1


def test_the_maker_attests_only_the_present_meter(world, asset):
    for epoch in (0, 2):
        with typed_error("Meters_WrongEpoch", asset, epoch, 1):
            world.meters.attestGrade(asset, epoch, 2, {"from": world.maker})


def test_the_maker_does_not_lower_a_grade(world, asset):
    for grade in (0, 1, 3):
        with typed_error("Meters_GradeUnknown", grade):
            world.meters.attestGrade(asset, 1, grade, {"from": world.maker})


def test_nobody_else_attests(world, asset):
    with typed_error("Meters_NotMaker", asset, world.provider, world.maker):
        world.meters.attestGrade(asset, 1, 2, {"from": world.provider})


def test_there_is_no_grade_without_a_meter(world):
    asset = world.register()
    with typed_error("Meters_NoMeter", asset):
        world.meters.attestGrade(asset, 0, 2, {"from": world.maker})
