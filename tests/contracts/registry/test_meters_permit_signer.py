"""The provider's cold key and the hot key that it lets sign permits."""

from __future__ import annotations

import pytest

from tests.contracts.registry.signing import compact, digest, key, sign, with_high_s
from tests.contracts.registry.world import NO_STATUS, ZERO, now, wait_until
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

COLD, HOT, HOTTER = key("cold"), key("hot"), key("hotter")
UP, SERVICE_RESET = 0, 4
HOUR = 3_600


@pytest.fixture
def meter():
    return key("meter 1")


@pytest.fixture
def asset(world):
    """Has a meter and the rotation key COLD."""
    asset, _ = world.metered()
    set_key(world, asset, COLD)
    return asset


def set_key(world, asset, cold, *, reset=NO_STATUS, signer=None, by=None):
    signature = sign(signer, "Status", reset, world.meters) if signer else b""
    return world.meters.setRotationKey(asset, cold.address, reset, signature, {"from": by or world.provider})


def appoint(world, asset, hot, epoch=1, valid_from=0, *, by=COLD):
    form = (asset, hot.address, epoch, valid_from)
    signature = sign(by, "PermitSigner", form, world.meters)
    return world.meters.appointPermitSigner(form, signature, {"from": world.stranger})


def sell(world, asset):
    world.assets.transferFrom(world.provider, world.buyer, asset, {"from": world.provider})


# Rotation key


def test_before_any_transfer_the_owner_sets_the_cold_key_without_a_reset(world):
    asset = world.register()
    transaction = set_key(world, asset, COLD)
    assert_events(transaction, event("RotationKeySet", asset=asset, key=COLD.address, titleEpoch=0))
    assert world.meters.rotationKeyOf(asset) == COLD.address


def test_nobody_else_sets_it(world):
    asset = world.register()
    with typed_error("Meters_NotTitleOwner", asset, world.stranger, world.provider):
        set_key(world, asset, COLD, by=world.stranger)


def test_it_is_not_the_zero_address(world):
    asset = world.register()
    with typed_error("Meters_ZeroSigner"):
        world.meters.setRotationKey(asset, ZERO, NO_STATUS, b"", {"from": world.provider})


def test_a_thief_of_the_owners_account_does_not_replace_it(world, asset):
    with typed_error("Meters_RotationKeyAlreadySet", asset, COLD.address):
        set_key(world, asset, key("thief"))


def test_it_lapses_with_the_title(world, asset):
    sell(world, asset)
    assert world.meters.rotationKeyOf(asset) == ZERO


def test_after_a_transfer_the_buyer_needs_a_service_reset(world, asset, meter):
    sell(world, asset)
    with typed_error("Meters_ServiceResetNeeded", asset, 1):
        set_key(world, asset, key("buyer's"), by=world.buyer)
    not_a_reset = (asset, 1, now(), UP, 0, 0)
    with typed_error("Meters_ServiceResetNeeded", asset, 1):
        set_key(world, asset, key("buyer's"), reset=not_a_reset, signer=meter, by=world.buyer)


def test_a_service_reset_of_another_asset_does_not_do(world, asset):
    other, other_meter = world.metered(2)
    sell(world, asset)
    reset = (other, 1, now(), SERVICE_RESET, 0, 0)
    with typed_error("Meters_ServiceResetNeeded", asset, 1):
        set_key(world, asset, key("buyer's"), reset=reset, signer=other_meter, by=world.buyer)


def test_the_buyers_key_is_set_with_a_reset_that_is_recorded(world, asset, meter):
    sell(world, asset)
    cold, reset = key("buyer's"), (asset, 1, now(), SERVICE_RESET, 0, 0)
    transaction = set_key(world, asset, cold, reset=reset, signer=meter, by=world.buyer)
    assert_events(
        transaction,
        event("StatusRecorded", asset=asset, sequence=1, time=reset[2], state=4, faultCode=0, odometer=0),
        event("RotationKeySet", asset=asset, key=cold.address, titleEpoch=1),
    )
    assert world.meters.rotationKeyOf(asset) == cold.address


def test_the_reset_is_signed_by_the_meter(world, asset, meter):
    sell(world, asset)
    reset = (asset, 1, now(), SERVICE_RESET, 0, 0)
    with typed_error("Meters_SignatureInvalid", asset, meter.address):
        set_key(world, asset, key("buyer's"), reset=reset, signer=key("impostor"), by=world.buyer)


def test_an_old_reset_does_not_do(world, asset, meter):
    reset = (asset, 1, now(), SERVICE_RESET, 0, 0)
    world.record(meter, reset)
    sell(world, asset)
    with typed_error("Meters_StaleStatus", asset, 1, 1):
        set_key(world, asset, key("buyer's"), reset=reset, signer=meter, by=world.buyer)


def test_a_cold_key_serves_an_asset_once(world, asset, meter):
    """Else, when a title comes back, forms signed under the earlier title would come alive again."""
    sell(world, asset)
    reset = (asset, 1, now(), SERVICE_RESET, 0, 0)
    with typed_error("Meters_RotationKeyAlreadySet", asset, COLD.address):
        set_key(world, asset, COLD, reset=reset, signer=meter, by=world.buyer)


def test_a_cold_key_may_serve_several_assets(world, asset):
    other = world.register(2)
    set_key(world, other, COLD)
    assert world.meters.rotationKeyOf(other) == COLD.address


# Permit signers


def test_anyone_relays_an_appointment_that_the_cold_key_signed(world, asset):
    valid_from = now()
    transaction = appoint(world, asset, HOT, 3, valid_from)
    assert_events(
        transaction,
        event("PermitSignerAppointed", asset=asset, signer=HOT.address, epoch=3, validFrom=valid_from),
    )
    assert world.meters.permitSignerOf(asset) == (HOT.address, 3, valid_from)


def test_the_digest_is_the_published_one(world):
    form = (3, HOT.address, 4, 5)
    assert bytes(world.meters.digestOfPermitSigner(form)) == digest("PermitSigner", form, world.meters)


def test_64_bytes_count_and_malleable_signatures_do_not(world, asset):
    form = (asset, HOT.address, 1, 0)
    good = sign(COLD, "PermitSigner", form, world.meters)
    for bad in (with_high_s(good), compact(with_high_s(good)), b"", bytes(65)):
        with typed_error("Meters_SignatureInvalid", asset, COLD.address):
            world.meters.appointPermitSigner(form, bad, {"from": world.stranger})
    world.meters.appointPermitSigner(form, compact(good), {"from": world.stranger})
    assert world.meters.permitSignerOf(asset)[0] == HOT.address


def test_only_the_cold_key_appoints(world, asset):
    with typed_error("Meters_SignatureInvalid", asset, COLD.address):
        appoint(world, asset, HOTTER, by=HOT)


@pytest.mark.parametrize("position", range(1, 4))
def test_the_signature_covers_every_field(world, asset, position):
    form = (asset, HOT.address, 1, 0)
    signature = sign(COLD, "PermitSigner", form, world.meters)
    other = (asset, HOTTER.address, 2, 1)
    changed = (*form[:position], other[position], *form[position + 1 :])
    with typed_error("Meters_SignatureInvalid", asset, COLD.address):
        world.meters.appointPermitSigner(changed, signature, {"from": world.stranger})


def test_an_appointment_is_for_one_asset(world, asset):
    other = world.register(2)
    set_key(world, other, COLD)
    form = (asset, HOT.address, 1, 0)
    signature = sign(COLD, "PermitSigner", form, world.meters)
    with typed_error("Meters_SignatureInvalid", other, COLD.address):
        world.meters.appointPermitSigner((other, *form[1:]), signature, {"from": world.stranger})


def test_without_a_cold_key_nobody_is_appointed(world):
    asset = world.register()
    with typed_error("Meters_NoRotationKey", asset):
        appoint(world, asset, HOT)


def test_nobody_is_appointed_by_the_zero_address(world, asset):
    form = (asset, ZERO, 1, 0)
    with typed_error("Meters_ZeroSigner"):
        world.meters.appointPermitSigner(form, sign(COLD, "PermitSigner", form, world.meters), {"from": world.stranger})


def test_epochs_rise(world, asset):
    with typed_error("Meters_StalePermitSigner", asset, 0, 0):
        appoint(world, asset, HOT, 0)
    appoint(world, asset, HOT, 5)
    for epoch in (4, 5):
        with typed_error("Meters_StalePermitSigner", asset, epoch, 5):
            appoint(world, asset, HOTTER, epoch)
    appoint(world, asset, HOTTER, 6)
    assert world.meters.permitSignerOf(asset)[:2] == (HOTTER.address, 6)


def test_nobody_is_valid_before_the_first_appointment_begins(world, asset):
    valid_from = now() + HOUR
    appoint(world, asset, HOT, 1, valid_from)
    assert world.meters.permitSignerOf(asset) == (ZERO, 0, 0)
    wait_until(valid_from)
    world.euro.mint(world.stranger, 1, {"from": world.stranger})
    assert world.meters.permitSignerOf(asset) == (HOT.address, 1, valid_from)


def test_the_signer_before_stays_until_the_next_one_begins(world, asset):
    appoint(world, asset, HOT, 1)
    valid_from = now() + HOUR
    appoint(world, asset, HOTTER, 2, valid_from)
    assert world.meters.permitSignerOf(asset) == (HOT.address, 1, 0)
    wait_until(valid_from)
    world.euro.mint(world.stranger, 1, {"from": world.stranger})
    assert world.meters.permitSignerOf(asset) == (HOTTER.address, 2, valid_from)


def test_a_future_appointment_is_replaced_before_it_begins(world, asset):
    appoint(world, asset, HOT, 1)
    appoint(world, asset, HOTTER, 2, now() + HOUR)
    third = key("third")
    appoint(world, asset, third, 3, now() + 2 * HOUR)
    assert world.meters.permitSignerOf(asset)[0] == HOT.address
    appoint(world, asset, third, 4)
    assert world.meters.permitSignerOf(asset) == (third.address, 4, 0)


def test_permit_signers_lapse_with_the_title(world, asset):
    appoint(world, asset, HOT)
    sell(world, asset)
    assert world.meters.permitSignerOf(asset) == (ZERO, 0, 0)
    with typed_error("Meters_NoRotationKey", asset):
        appoint(world, asset, HOTTER, 2)


def test_a_seller_that_used_up_the_epochs_does_not_bind_the_buyer(world, asset, meter):
    appoint(world, asset, HOT, 2**32 - 1)
    sell(world, asset)
    cold, reset = key("buyer's"), (asset, 1, now(), SERVICE_RESET, 0, 0)
    set_key(world, asset, cold, reset=reset, signer=meter, by=world.buyer)
    assert world.meters.permitSignerOf(asset) == (ZERO, 0, 0)
    appoint(world, asset, HOTTER, 1, by=cold)
    assert world.meters.permitSignerOf(asset)[0] == HOTTER.address
