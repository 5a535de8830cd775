from __future__ import annotations

import pytest

from tests.contracts.registry.signing import digest, key, sign
from tests.contracts.registry.world import MODEL, NOTHING, ZERO, World, container, now, serial, wait_until
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

FAR = 2**40 - 1


def registered(world: World, asset: int, maker: object, owner: object, declared_by: object = ZERO) -> list:
    return [
        event("Transfer", **{"from": ZERO, "to": owner, "tokenId": asset}),
        event(
            "AssetRegistered",
            asset=asset,
            maker=maker,
            owner=owner,
            model=MODEL,
            serialHash=serial(1),
            selfDeclaredBy=declared_by,
        ),
    ]


def test_the_maker_registers_a_machine_for_its_first_owner(world):
    transaction = world.assets.register(MODEL, serial(1), world.provider, {"from": world.maker})

    assert_events(transaction, *registered(world, 1, world.maker, world.provider))
    assert world.assets.assetOf(1) == (
        world.maker,
        ZERO,
        0,
        transaction.timestamp,
        0,
        "0x" + MODEL.hex(),
        "0x" + serial(1).hex(),
        "0x" + NOTHING.hex(),
        "",
    )
    assert world.assets.providerOf(1) == world.assets.ownerOf(1) == world.provider
    assert world.assets.findAsset(world.maker, MODEL, serial(1)) == world.assets.assetCount() == 1
    assert world.assets.route(1) == 0


def test_ids_count_from_one(world):
    assert [world.register(number) for number in (1, 2, 3)] == [1, 2, 3]


def test_the_same_machine_cannot_be_registered_twice(world):
    world.register(1)
    with typed_error("Assets_AlreadyRegistered", 1, world.maker, MODEL, serial(1)):
        world.assets.register(MODEL, serial(1), world.buyer, {"from": world.maker})


def test_another_maker_may_use_the_same_model_and_serial(world):
    world.register(1)
    world.assets.register(MODEL, serial(1), world.provider, {"from": world.stranger})
    assert world.assets.findAsset(world.stranger, MODEL, serial(1)) == 2


def test_a_machine_needs_a_serial(world):
    with typed_error("Assets_ZeroSerial"):
        world.assets.register(MODEL, NOTHING, world.provider, {"from": world.maker})


def test_a_machine_needs_an_owner(world):
    with typed_error("ERC721InvalidReceiver", ZERO):
        world.assets.register(MODEL, serial(1), ZERO, {"from": world.maker})


def test_an_owner_that_is_a_contract_is_not_called(world):
    world.assets.register(MODEL, serial(1), world.euro, {"from": world.maker})
    assert world.assets.ownerOf(1) == world.euro


# By signature


def test_anyone_relays_a_registration_that_the_maker_signed(world):
    maker = key("maker")
    form = (maker.address, MODEL, serial(1), world.provider.address, 7, FAR)
    transaction = world.assets.registerSigned(
        form, sign(maker, "Register", form, world.assets), {"from": world.stranger}
    )
    assert_events(
        transaction,
        event("NonceUsed", signer=maker.address, nonce=7),
        *registered(world, 1, maker.address, world.provider),
    )
    assert world.assets.findAsset(maker.address, MODEL, serial(1)) == 1


def test_the_digest_is_the_published_one(world):
    form = (world.maker.address, MODEL, serial(1), world.provider.address, 7, FAR)
    assert bytes(world.assets.digestOf(form)) == digest("Register", form, world.assets)


def test_a_maker_that_is_a_contract_signs_too(world):
    maker = container("FlippingWallet").deploy({"from": world.stranger})
    form = (maker.address, MODEL, serial(1), world.provider.address, 7, FAR)
    world.assets.registerSigned(form, b"", {"from": world.stranger})
    assert world.assets.assetOf(1)[0] == maker


@pytest.mark.parametrize(
    "changed",
    [{1: serial(9)}, {2: serial(2)}, {3: "0x" + "11" * 20}, {4: 8}, {5: FAR - 1}],
    ids=["model", "serial", "owner", "nonce", "deadline"],
)
def test_no_field_of_a_signed_registration_can_be_changed(world, changed):
    maker = key("maker")
    form = (maker.address, MODEL, serial(1), world.provider.address, 7, FAR)
    signature = sign(maker, "Register", form, world.assets)
    other = tuple(changed.get(position, value) for position, value in enumerate(form))
    with typed_error("Forms_SignatureInvalid", maker.address):
        world.assets.registerSigned(other, signature, {"from": world.stranger})


def test_nobody_signs_for_another_maker(world):
    form = (world.maker.address, MODEL, serial(1), world.provider.address, 7, FAR)
    with typed_error("Forms_SignatureInvalid", world.maker):
        world.assets.registerSigned(
            form, sign(key("impostor"), "Register", form, world.assets), {"from": world.stranger}
        )


def test_a_signature_for_another_contract_or_chain_is_refused(world):
    maker = key("maker")
    form = (maker.address, MODEL, serial(1), world.provider.address, 7, FAR)
    for signature in (
        sign(maker, "Register", form, world.meters),
        sign(maker, "Register", form, world.assets, chain_id=1),
    ):
        with typed_error("Forms_SignatureInvalid", maker.address):
            world.assets.registerSigned(form, signature, {"from": world.stranger})


def test_a_signed_registration_expires(world):
    maker = key("maker")
    deadline = now() + 60
    form = (maker.address, MODEL, serial(1), world.provider.address, 7, deadline)
    wait_until(deadline + 1)
    with typed_error("Forms_Expired", deadline, deadline + 1):
        world.assets.registerSigned(form, sign(maker, "Register", form, world.assets), {"from": world.stranger})


def test_a_signed_registration_holds_until_its_deadline(world):
    maker = key("maker")
    deadline = now() + 60
    form = (maker.address, MODEL, serial(1), world.provider.address, 7, deadline)
    wait_until(deadline)
    world.assets.registerSigned(form, sign(maker, "Register", form, world.assets), {"from": world.stranger})
    assert world.assets.assetCount() == 1


def test_a_nonce_registers_once(world):
    maker = key("maker")
    for number in (1, 2):
        form = (maker.address, MODEL, serial(number), world.provider.address, 7, FAR)
        signature = sign(maker, "Register", form, world.assets)
        if number == 1:
            world.assets.registerSigned(form, signature, {"from": world.stranger})
        else:
            with typed_error("Forms_NonceUsed", maker.address, 7):
                world.assets.registerSigned(form, signature, {"from": world.stranger})


# Without the maker


def test_a_self_declared_machine_says_by_whom(world):
    transaction = world.assets.registerSelfDeclared(
        world.maker, MODEL, serial(1), world.provider, {"from": world.stranger}
    )
    assert_events(transaction, *registered(world, 1, world.maker, world.provider, world.stranger))
    assert world.assets.assetOf(1)[:2] == (world.maker, world.stranger)


def test_a_self_declared_machine_does_not_take_the_makers_name(world):
    world.assets.registerSelfDeclared(world.maker, MODEL, serial(1), world.provider, {"from": world.stranger})
    assert world.assets.findAsset(world.maker, MODEL, serial(1)) == 0
    assert world.register(1) == 2


def test_each_registrant_declares_a_machine_once(world):
    declare = world.assets.registerSelfDeclared
    declare(world.maker, MODEL, serial(1), world.provider, {"from": world.stranger})
    with typed_error("Assets_AlreadyRegistered", 1, world.maker, MODEL, serial(1)):
        declare(world.maker, MODEL, serial(1), world.buyer, {"from": world.stranger})
    declare(world.maker, MODEL, serial(1), world.provider, {"from": world.provider})
    assert world.assets.assetCount() == 2
