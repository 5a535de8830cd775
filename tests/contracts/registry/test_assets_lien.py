"""I-11: a title under lien does not move without its lienholder."""

from __future__ import annotations

import pytest

from tests.contracts.registry.world import ZERO
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event


@pytest.fixture
def asset(world):
    """Under lien."""
    asset = world.register()
    world.assets.placeLien(asset, world.lienholder, {"from": world.provider})
    return asset


def test_the_title_owner_places_a_lien(world):
    asset = world.register()
    transaction = world.assets.placeLien(asset, world.lienholder, {"from": world.provider})
    assert_events(transaction, event("LienPlaced", asset=asset, lienholder=world.lienholder))
    assert world.assets.lienholderOf(asset) == world.lienholder


def test_nobody_else_places_a_lien(world):
    asset = world.register()
    with typed_error("Assets_NotTitleOwner", asset, world.lienholder, world.provider):
        world.assets.placeLien(asset, world.lienholder, {"from": world.lienholder})


def test_a_lien_needs_somebody_other_than_the_owner(world):
    asset = world.register()
    for nobody in (ZERO, world.provider):
        with typed_error("Assets_InvalidLienholder", nobody):
            world.assets.placeLien(asset, nobody, {"from": world.provider})


def test_there_is_one_lien_at_a_time(world, asset):
    with typed_error("Assets_UnderLien", asset, world.lienholder):
        world.assets.placeLien(asset, world.stranger, {"from": world.provider})


def test_i11_the_owner_does_not_move_a_title_under_lien(world, asset):
    with typed_error("Assets_UnderLien", asset, world.lienholder):
        world.assets.transferFrom(world.provider, world.buyer, asset, {"from": world.provider})
    with typed_error("Assets_UnderLien", asset, world.lienholder):
        world.assets.safeTransferFrom(world.provider, world.buyer, asset, {"from": world.provider})


def test_i11_approved_accounts_and_operators_do_not_move_a_title_under_lien(world, asset):
    world.assets.approve(world.stranger, asset, {"from": world.provider})
    world.assets.setApprovalForAll(world.maker, True, {"from": world.provider})
    for mover in (world.stranger, world.maker):
        with typed_error("Assets_UnderLien", asset, world.lienholder):
            world.assets.transferFrom(world.provider, world.buyer, asset, {"from": mover})


def test_i11_the_lienholder_moves_the_title_without_approval(world, asset):
    transaction = world.assets.transferFrom(world.provider, world.buyer, asset, {"from": world.lienholder})
    assert_events(transaction, event("Transfer", **{"from": world.provider, "to": world.buyer, "tokenId": asset}))
    assert world.assets.ownerOf(asset) == world.buyer
    assert world.assets.titleEpochOf(asset) == 1


def test_i11_the_lien_moves_with_the_title(world, asset):
    world.assets.transferFrom(world.provider, world.buyer, asset, {"from": world.lienholder})
    with typed_error("Assets_UnderLien", asset, world.lienholder):
        world.assets.transferFrom(world.buyer, world.stranger, asset, {"from": world.buyer})


def test_the_lienholder_approves_nobody(world, asset):
    with typed_error("ERC721InvalidApprover", world.lienholder):
        world.assets.approve(world.stranger, asset, {"from": world.lienholder})


def test_the_power_of_a_lienholder_ends_at_its_own_asset(world, asset):
    other = world.register(2)
    with typed_error("ERC721InsufficientApproval", world.lienholder, other):
        world.assets.transferFrom(world.provider, world.lienholder, other, {"from": world.lienholder})


def test_the_split_of_an_asset_under_lien_stays_and_is_distributed(world, asset):
    split = world.split(world.lienholder)
    world.assets.repoint(asset, split, {"from": world.provider})
    world.earn(split, 5)
    transaction = world.assets.transferFrom(world.provider, world.buyer, asset, {"from": world.lienholder})
    assert world.split_of(asset) == split
    assert world.balance(world.lienholder) == 5
    assert "RouteChanged" not in transaction.events


def test_a_lien_binds_the_title_and_not_the_fees(world, asset):
    own, other = world.split(world.provider), world.split(world.maker)
    for split in (own, other):
        world.assets.repoint(asset, split, {"from": world.provider})
    assert world.split_of(asset) == other


def test_only_the_lienholder_releases(world, asset):
    for other in (world.provider, world.admin, world.guardian, world.stranger):
        with typed_error("Assets_NotLienholder", asset, other, world.lienholder):
            world.assets.releaseLien(asset, {"from": other})


def test_after_the_release_the_owner_moves_the_title_and_the_lienholder_does_not(world, asset):
    transaction = world.assets.releaseLien(asset, {"from": world.lienholder})
    assert_events(transaction, event("LienReleased", asset=asset, lienholder=world.lienholder))
    with typed_error("ERC721InsufficientApproval", world.lienholder, asset):
        world.assets.transferFrom(world.provider, world.lienholder, asset, {"from": world.lienholder})
    world.assets.transferFrom(world.provider, world.buyer, asset, {"from": world.provider})
    assert world.assets.ownerOf(asset) == world.buyer


def test_there_is_nothing_to_release_without_a_lien(world):
    asset = world.register()
    with typed_error("Assets_NoLien", asset):
        world.assets.releaseLien(asset, {"from": world.lienholder})


def test_a_lien_can_be_placed_again_after_a_release(world, asset):
    world.assets.releaseLien(asset, {"from": world.lienholder})
    world.assets.placeLien(asset, world.stranger, {"from": world.provider})
    assert world.assets.lienholderOf(asset) == world.stranger
