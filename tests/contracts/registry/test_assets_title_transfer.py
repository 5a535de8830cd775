"""What the transfer of a title does to fees, offers and approvals, whichever way it is made."""

from __future__ import annotations

import pytest

from tests.contracts.registry.world import NOTHING, ZERO, World, container, route
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

WAYS = ["transferFrom", "safeTransferFrom", "safeTransferFrom with data"]


def move(world: World, asset: int, to: object, way: str = "transferFrom", by: object = None, owner: object = None):
    by, owner = by or world.provider, owner or world.provider
    match way:
        case "transferFrom":
            return world.assets.transferFrom(owner, to, asset, {"from": by})
        case "safeTransferFrom":
            return world.assets.safeTransferFrom(owner, to, asset, {"from": by})
        case _:
            return world.assets.safeTransferFrom(owner, to, asset, b"bill of sale", {"from": by})


def pointed(world: World, number: int = 1, controller: object = None, *payees, currencies=()) -> tuple[int, int]:
    asset = world.register(number)
    split = world.split(controller or world.provider, *payees, currencies=currencies)
    world.assets.repoint(asset, split, {"from": world.provider})
    return asset, split


@pytest.mark.parametrize("way", WAYS)
def test_the_fees_go_to_a_new_split_of_the_buyer_alone(world, way):
    asset, old = pointed(world, 1, None, (world.provider, 3), (world.maker, 1), currencies=(world.euro, world.franc))

    transaction = move(world, asset, world.buyer, way)

    new = world.split_of(asset)
    assert new == old + 1
    assert world.splitter.controllerOf(new) == world.buyer
    assert world.splitter.payeesOf(new) == ((world.buyer, 1),)
    assert world.splitter.currenciesOf(new) == (world.euro, world.franc)
    assert_events(
        transaction,
        event("Transfer", **{"from": world.provider, "to": world.buyer, "tokenId": asset}),
        event("RouteChanged", asset=asset, route=route(ZERO, new, 0)),
        of=world.assets,
    )


@pytest.mark.parametrize("way", WAYS)
def test_what_had_settled_is_paid_under_the_old_shares(world, way):
    asset, old = pointed(world, 1, None, (world.provider, 3), (world.maker, 1), currencies=(world.euro, world.franc))
    world.earn(old, 400)
    world.earn(old, 40, world.franc)

    move(world, asset, world.buyer, way)

    assert (world.balance(world.provider), world.balance(world.maker), world.balance(world.buyer)) == (300, 100, 0)
    assert (world.balance(world.provider, world.franc), world.balance(world.maker, world.franc)) == (30, 10)


def test_the_rest_of_a_fleet_keeps_its_split(world):
    asset, old = pointed(world)
    other = world.register(2)
    world.assets.repoint(other, old, {"from": world.provider})
    move(world, asset, world.buyer)
    assert world.split_of(other) == old


def test_a_fixed_split_stays_and_is_distributed(world):
    asset = world.register()
    fixed = world.splitter.create(ZERO, [(world.maker, 1)], [world.euro], {"from": world.stranger}).return_value
    world.assets.repoint(asset, fixed, {"from": world.provider})
    world.earn(fixed, 5)
    transaction = move(world, asset, world.buyer)
    assert world.split_of(asset) == fixed
    assert world.balance(world.maker) == 5
    assert "RouteChanged" not in transaction.events


def test_a_split_that_the_seller_does_not_control_stays_with_the_asset(world):
    asset, old = pointed(world, 1, world.lienholder)
    world.earn(old, 5)
    move(world, asset, world.buyer)
    assert world.split_of(asset) == old
    assert world.balance(world.lienholder) == 5


def test_an_asset_without_split_stays_without(world):
    asset = world.register()
    transaction = move(world, asset, world.buyer)
    assert world.assets.route(asset) == 0
    assert_events(transaction, event("Transfer", **{"from": world.provider, "to": world.buyer, "tokenId": asset}))


def test_meter_and_epoch_stay(world):
    asset, meter = world.metered()
    world.assets.repoint(asset, world.split(world.provider), {"from": world.provider})
    move(world, asset, world.buyer)
    assert world.assets.route(asset) == route(meter.address, world.split_of(asset), 1)


@pytest.mark.parametrize("way", WAYS)
def test_the_title_epoch_rises_so_that_offers_lapse(world, way):
    asset = world.register()
    assert world.assets.titleEpochOf(asset) == 0
    move(world, asset, world.buyer, way)
    assert world.assets.titleEpochOf(asset) == 1
    assert world.assets.assetOf(asset)[4] == 1


def test_a_transfer_to_oneself_has_the_same_consequences(world):
    asset, old = pointed(world, 1, None, (world.provider, 1), (world.maker, 1))
    world.earn(old, 2)
    move(world, asset, world.provider)
    assert world.assets.titleEpochOf(asset) == 1
    assert world.split_of(asset) == old + 1
    assert world.balance(world.maker) == 1


def test_the_approval_of_the_seller_is_cleared(world):
    asset = world.register()
    world.assets.approve(world.stranger, asset, {"from": world.provider})
    move(world, asset, world.buyer)
    assert world.assets.getApproved(asset) == ZERO
    with typed_error("ERC721InsufficientApproval", world.stranger, asset):
        move(world, asset, world.stranger, by=world.stranger, owner=world.buyer)


def test_an_approved_account_moves_the_title(world):
    asset = world.register()
    world.assets.approve(world.stranger, asset, {"from": world.provider})
    move(world, asset, world.buyer, by=world.stranger)
    assert world.assets.ownerOf(asset) == world.buyer


def test_a_stranger_does_not_move_a_title(world):
    asset = world.register()
    with typed_error("ERC721InsufficientApproval", world.stranger, asset):
        move(world, asset, world.stranger, by=world.stranger)


def test_a_title_moves_only_from_its_owner(world):
    asset = world.register()
    with typed_error("ERC721IncorrectOwner", world.buyer, asset, world.provider):
        move(world, asset, world.stranger, owner=world.buyer)


def test_a_title_is_never_burned(world):
    asset = world.register()
    with typed_error("ERC721InvalidReceiver", ZERO):
        move(world, asset, ZERO)


def test_an_id_beyond_64_bits_is_nobodys_even_for_a_lienholder_of_its_low_bits(world):
    asset = world.register()
    world.assets.placeLien(asset, world.lienholder, {"from": world.provider})
    beyond = 2**64 + asset
    with typed_error("ERC721NonexistentToken", beyond):
        world.assets.transferFrom(ZERO, world.lienholder, beyond, {"from": world.lienholder})
    with typed_error("ERC721NonexistentToken", beyond):
        world.assets.tokenURI(beyond)


def test_a_safe_transfer_needs_a_receiver_that_knows_titles(world):
    asset = world.register()
    with typed_error("ERC721InvalidReceiver", world.euro):
        move(world, asset, world.euro, "safeTransferFrom")


@pytest.fixture
def receiver(world):
    return container("TitleReceiver").deploy({"from": world.buyer})


def test_the_receiver_sees_the_finished_transfer(world, receiver):
    asset = world.register()
    move(world, asset, receiver, "safeTransferFrom")
    assert receiver.ownerSeen() == receiver


@pytest.mark.parametrize(
    "function", ["transferFrom", "safeTransferFrom", "repoint", "setLifecycle", "placeLien", "releaseLien", "setMeter"]
)
def test_the_receiver_cannot_touch_title_or_route_while_it_is_called(world, receiver, function):
    asset, split = pointed(world)
    arguments = {
        "transferFrom": (receiver, world.stranger, asset),
        "safeTransferFrom": (receiver, world.stranger, asset),
        "repoint": (asset, split),
        "setLifecycle": (asset, 1, NOTHING),
        "placeLien": (asset, world.stranger),
        "releaseLien": (asset,),
        "setMeter": (asset, world.stranger, 9),
    }[function]
    receiver.plan(world.assets, getattr(world.assets, function).encode_input(*arguments), {"from": world.buyer})
    with typed_error("ReentrancyGuardReentrantCall"):
        move(world, asset, receiver, "safeTransferFrom")
    assert world.assets.ownerOf(asset) == world.provider
