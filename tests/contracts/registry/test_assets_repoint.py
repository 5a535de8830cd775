from __future__ import annotations

import pytest

from tests.contracts.registry.world import ZERO, route
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event


@pytest.fixture
def asset(world):
    return world.register()


def repoint(world, asset, to, by=None):
    return world.assets.repoint(asset, to, {"from": by or world.provider})


def fixed_split(world, *payees):
    shares = [(payee.address, 1) for payee in payees]
    return world.splitter.create(ZERO, shares, [world.euro], {"from": world.stranger}).return_value


def test_an_asset_without_split_is_pointed_freely(world, asset):
    split = world.split(world.stranger)
    transaction = repoint(world, asset, split)
    assert_events(transaction, event("RouteChanged", asset=asset, route=route(ZERO, split, 0)))
    assert world.split_of(asset) == split


def test_only_the_title_owner_repoints(world, asset):
    split = world.split(world.stranger)
    with typed_error("Assets_NotTitleOwner", asset, world.stranger, world.provider):
        repoint(world, asset, split, by=world.stranger)


def test_an_asset_is_not_pointed_to_a_split_that_does_not_exist(world, asset):
    for split in (0, 1):
        with typed_error("Assets_UnknownSplit", split):
            repoint(world, asset, split)


def test_the_owner_that_controls_the_old_split_needs_nobody(world, asset):
    old, new = world.split(world.provider), world.split(world.maker)
    repoint(world, asset, old)
    repoint(world, asset, new)
    assert world.split_of(asset) == new


def test_meter_and_epoch_stay(world):
    asset, meter = world.metered()
    split = world.split(world.provider)
    repoint(world, asset, split)
    assert world.assets.route(asset) == route(meter.address, split, 1)


def test_the_old_split_is_paid_out_first(world, asset):
    old, new = world.split(world.provider, (world.maker, 1)), world.split(world.provider)
    repoint(world, asset, old)
    world.earn(old, 7)
    repoint(world, asset, new)
    assert world.balance(world.maker) == 7
    assert world.splitter.undistributed(old, world.euro) == 0


def test_the_new_split_must_list_every_currency_of_the_old_one(world, asset):
    old = world.split(world.provider, currencies=(world.euro, world.franc))
    new = world.split(world.provider, currencies=(world.euro,))
    repoint(world, asset, old)
    with typed_error("Assets_CurrencyNotListed", new, world.franc):
        repoint(world, asset, new)
    world.splitter.listCurrency(new, world.franc, {"from": world.provider})
    repoint(world, asset, new)
    assert world.split_of(asset) == new


def test_another_controller_must_consent(world, asset):
    old, new = world.split(world.lienholder), world.split(world.provider)
    repoint(world, asset, old)
    with typed_error("Assets_ConsentMissing", asset, new, world.lienholder):
        repoint(world, asset, new)

    transaction = world.assets.consentToRepoint(asset, new, {"from": world.lienholder})
    assert_events(transaction, event("RepointConsented", asset=asset, to=new, by=world.lienholder))
    repoint(world, asset, new)
    assert world.split_of(asset) == new


def test_consent_is_to_one_split_of_one_asset(world, asset):
    old, new, elsewhere = world.split(world.lienholder), world.split(world.provider), world.split(world.provider)
    other = world.register(2)
    for each in (asset, other):
        repoint(world, each, old)
    world.assets.consentToRepoint(asset, new, {"from": world.lienholder})
    with typed_error("Assets_ConsentMissing", asset, elsewhere, world.lienholder):
        repoint(world, asset, elsewhere)
    with typed_error("Assets_ConsentMissing", other, new, world.lienholder):
        repoint(world, other, new)


def test_consent_is_used_up(world, asset):
    old, new = world.split(world.lienholder), world.split(world.provider)
    repoint(world, asset, old)
    world.assets.consentToRepoint(asset, new, {"from": world.lienholder})
    repoint(world, asset, new)
    repoint(world, asset, old)
    with typed_error("Assets_ConsentMissing", asset, new, world.lienholder):
        repoint(world, asset, new)


def test_consent_lapses_with_the_title(world, asset):
    old, new = fixed_split(world, world.maker), world.split(world.buyer)
    repoint(world, asset, old)
    world.assets.consentToRepoint(asset, new, {"from": world.maker})
    world.assets.transferFrom(world.provider, world.buyer, asset, {"from": world.provider})
    with typed_error("Assets_ConsentMissing", asset, new, world.maker):
        repoint(world, asset, new, by=world.buyer)


def test_consent_of_a_payee_does_not_replace_the_controllers(world, asset):
    old, new = world.split(world.lienholder, (world.maker, 1)), world.split(world.provider)
    repoint(world, asset, old)
    world.assets.consentToRepoint(asset, new, {"from": world.maker})
    with typed_error("Assets_ConsentMissing", asset, new, world.lienholder):
        repoint(world, asset, new)


def test_a_fixed_split_needs_all_its_payees(world, asset):
    old, new = fixed_split(world, world.maker, world.lienholder), world.split(world.provider)
    repoint(world, asset, old)
    world.assets.consentToRepoint(asset, new, {"from": world.maker})
    with typed_error("Assets_ConsentMissing", asset, new, world.lienholder):
        repoint(world, asset, new)
    world.assets.consentToRepoint(asset, new, {"from": world.lienholder})
    repoint(world, asset, new)
    assert world.split_of(asset) == new


def test_the_owners_own_share_in_a_fixed_split_is_implied_by_its_call(world, asset):
    old, new = fixed_split(world, world.provider), world.split(world.provider)
    repoint(world, asset, old)
    repoint(world, asset, new)
    assert world.split_of(asset) == new


def test_consent_needs_an_asset(world):
    with typed_error("Assets_Unknown", 9):
        world.assets.consentToRepoint(9, 1, {"from": world.stranger})
