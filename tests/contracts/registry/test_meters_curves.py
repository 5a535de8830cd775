"""P-256 keys and contracts as meters: what a binding and a status of each must prove."""

from __future__ import annotations

from typing import Any

import brownie
import pytest

from oracle.domain.p256 import P256_ORDER, P256Key
from oracle.types import Bytes32
from tests.contracts.registry.signing import digest, key, sign
from tests.contracts.registry.world import NOTHING, ZERO, now
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

P256, ERC1271 = 1, 2
ELEMENT = P256Key(b"\x07" * 32)
OTHER = P256Key(b"\x08" * 32)
DIGEST = Bytes32(b"\x05" * 32)


def binding(asset: int, signer: bytes, curve: int, epoch: int = 1) -> tuple[Any, ...]:
    return (asset, signer, curve, epoch, 0, NOTHING, 0)


def announce(world: Any, form: tuple[Any, ...], possession: bytes, old: bytes = b"", grade: int = 1) -> Any:
    return world.meters.announceMeter(form, grade, possession, old, {"from": world.provider})


def signed(world: Any, name: str, form: tuple[Any, ...], by: P256Key = ELEMENT) -> bytes:
    return by.sign(Bytes32(digest(name, form, world.meters)))


@pytest.fixture
def asset(world):
    """Has the P-256 meter ELEMENT."""
    asset = world.register()
    form = binding(asset, ELEMENT.public_key, P256)
    announce(world, form, signed(world, "MeterBinding", form))
    return asset


def test_a_p256_key_is_known_by_the_address_of_its_point(world):
    asset = world.register()
    form = binding(asset, ELEMENT.public_key, P256)
    transaction = announce(world, form, signed(world, "MeterBinding", form))
    activated = event("MeterActivated", asset=asset, signer=ELEMENT.address, epoch=1, curve=P256, grade=1)
    assert_events(transaction, activated, of=world.meters)
    assert int(world.assets.route(asset)) >> 96 == int(ELEMENT.address, 16)


def test_a_p256_key_is_bound_only_with_its_own_signature(world):
    asset = world.register()
    form = binding(asset, ELEMENT.public_key, P256)
    good = signed(world, "MeterBinding", form)
    malleable = good[:32] + (P256_ORDER - int.from_bytes(good[32:64])).to_bytes(32) + good[64:]
    by_other = signed(world, "MeterBinding", form, OTHER)
    for bad in (b"", good[:64], good[:127], good + b"\0", malleable, by_other, by_other[:64] + good[64:], bytes(128)):
        with typed_error("Meters_SignatureInvalid", asset, ELEMENT.address):
            announce(world, form, bad)


@pytest.mark.parametrize(("curve", "length"), [(P256, 20), (P256, 63), (P256, 65), (P256, 128), (2, 19), (2, 64)])
def test_a_signer_has_the_length_of_its_curve(world, curve, length):
    asset = world.register()
    with typed_error("Meters_SignerLength", curve, length):
        announce(world, binding(asset, b"\1" * length, curve), b"")


def test_a_point_off_the_curve_is_no_key(world):
    asset, off = world.register(), b"\1" * 64
    form = binding(asset, off, P256)
    signature = signed(world, "MeterBinding", form)[:64] + off
    with typed_error("Meters_SignatureInvalid", asset, "0x" + brownie.web3.keccak(off)[12:].hex()):
        announce(world, form, signature)


def test_the_zero_address_is_no_contract_meter(world):
    with typed_error("Meters_ZeroSigner"):
        announce(world, binding(world.register(), bytes(20), ERC1271), b"")


def test_a_key_of_either_curve_serves_once(world, asset):
    other = world.register(2)
    form = binding(other, ELEMENT.public_key, P256)
    with typed_error("Meters_KeyInUse", ELEMENT.address, asset):
        announce(world, form, signed(world, "MeterBinding", form))


def test_a_p256_key_hands_over_to_a_secp256k1_key_and_back_to_another(world, asset):
    software = key("successor")
    form = world.binding(asset, software, 2)
    possession = sign(software, "MeterBinding", form, world.meters)
    announce(world, form, possession, signed(world, "MeterBinding", form))
    assert world.meters.meterOf(asset)[:2] == (software.address, 0)
    back = binding(asset, OTHER.public_key, P256, 3)
    by_software = sign(software, "MeterBinding", back, world.meters)
    announce(world, back, signed(world, "MeterBinding", back, OTHER), by_software)
    assert world.meters.meterOf(asset)[:2] == (OTHER.address, P256)


def test_the_old_p256_keys_consent_must_be_its_own(world, asset):
    software = key("successor")
    form = world.binding(asset, software, 2)
    possession = sign(software, "MeterBinding", form, world.meters)
    for bad in (possession, signed(world, "MeterBinding", form, OTHER)):
        with typed_error("Meters_SignatureInvalid", asset, ELEMENT.address):
            announce(world, form, possession, bad)


def test_a_p256_meters_status_is_recorded(world, asset):
    status = (asset, 1, now(), 1, 9, 0)
    good = signed(world, "Status", status)
    assert world.meters.verifyStatus(status, good)
    assert not world.meters.verifyStatus(status, signed(world, "Status", status, OTHER))
    assert world.meters.recordStatus(status, good, {"from": world.stranger}).events["StatusRecorded"]["faultCode"] == 9
    with typed_error("Meters_SignatureInvalid", asset, ELEMENT.address):
        world.meters.recordStatus((asset, 2, now(), 1, 9, 0), good, {"from": world.stranger})


def test_the_registry_says_who_signed(world, asset):
    good, other = ELEMENT.sign(DIGEST), OTHER.sign(DIGEST)
    assert world.meters.signerOf(asset, DIGEST, good) == ELEMENT.address
    assert world.meters.signerOf(asset, DIGEST, other) == ZERO
    assert world.meters.signerOf(asset, b"\6" * 32, good) == ZERO
    assert world.meters.signerOf(world.register(2), DIGEST, good) == ZERO
    assert world.meters.signerP256(DIGEST, other) == OTHER.address
    assert world.meters.signerP256(b"\6" * 32, other) == ZERO


def test_a_contract_is_bound_when_it_accepts(world):
    asset = world.register()
    wallet = brownie.project.get_loaded_projects()[0].FlippingWallet.deploy({"from": world.stranger})
    form = binding(asset, bytes.fromhex(wallet.address[2:]), ERC1271)
    wallet.setAccepting(False, {"from": world.stranger})
    with typed_error("Meters_SignatureInvalid", asset, wallet):
        announce(world, form, b"", grade=0)
    wallet.setAccepting(True, {"from": world.stranger})
    announce(world, form, b"", grade=0)
    assert world.meters.meterOf(asset)[:3] == (wallet.address, ERC1271, 0)
