"""What a binding must say and prove before a key counts."""

from __future__ import annotations

import pytest
from eth_utils import keccak

from tests.contracts.registry.signing import compact, digest, key, sign, with_high_s
from tests.contracts.registry.world import NO_PENDING, NOTHING, route
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

REGISTERS = keccak(text="registers of the open agreements")
OLD, NEW = key("meter 1"), key("new meter")


@pytest.fixture
def asset(world):
    """Has the meter OLD."""
    asset, _ = world.metered()
    return asset


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


@pytest.mark.parametrize("curve", [3, 255])
def test_unknown_curves_are_refused(world, curve):
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
