from __future__ import annotations

import pytest
from eth_utils import keccak

from tests.contracts.registry.signing import key
from tests.contracts.registry.world import NOTHING
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

REGISTERED, IN_SERVICE, IN_MAINTENANCE, RETURNED, RETIRED = range(5)
DOCUMENT = keccak(text="acceptance protocol")


@pytest.fixture
def asset(world):
    return world.register()


def become(world, asset, *states, document=NOTHING, by=None):
    """What is to be retired has had its next use decided."""
    if RETIRED in states:
        world.decide(asset)
    for state in states:
        transaction = world.assets.setLifecycle(asset, state, document, {"from": by or world.provider})
    return transaction


def test_the_title_owner_changes_the_state_with_a_document(world, asset):
    transaction = become(world, asset, IN_SERVICE, document=DOCUMENT)
    assert_events(
        transaction,
        event("LifecycleChanged", **{"asset": asset, "from": REGISTERED, "to": IN_SERVICE, "documentHash": DOCUMENT}),
    )
    assert world.assets.assetOf(asset)[2] == IN_SERVICE


@pytest.mark.parametrize(
    "path",
    [
        (IN_MAINTENANCE, IN_SERVICE),
        (IN_SERVICE, RETURNED, IN_SERVICE),
        (IN_SERVICE, IN_MAINTENANCE, RETURNED, IN_MAINTENANCE),
        (RETIRED,),
    ],
    ids=str,
)
def test_states_follow_freely(world, asset, path):
    become(world, asset, *path)
    assert world.assets.assetOf(asset)[2] == path[-1]


@pytest.mark.parametrize("state", [IN_SERVICE, IN_MAINTENANCE, RETURNED])
def test_no_state_leads_back_to_registered_or_to_itself(world, asset, state):
    become(world, asset, state)
    for refused in (REGISTERED, state):
        with typed_error("Assets_LifecycleRefused", asset, state, refused):
            become(world, asset, refused)


@pytest.mark.parametrize("state", range(5))
def test_retired_is_final(world, asset, state):
    become(world, asset, RETIRED)
    world.decide(asset)
    with typed_error("Assets_LifecycleRefused", asset, RETIRED, state):
        world.assets.setLifecycle(asset, state, NOTHING, {"from": world.provider})


def test_nobody_else_changes_the_state(world, asset):
    for other in (world.maker, world.admin, world.stranger):
        with typed_error("Assets_NotTitleOwner", asset, other, world.provider):
            become(world, asset, IN_SERVICE, by=other)


def test_an_asset_with_open_agreements_is_not_retired(world, asset):
    world.decide(asset)
    world.agreements.set(asset, 2, 0, {"from": world.stranger})
    with typed_error("Assets_OpenAgreements", asset, 2):
        world.assets.setLifecycle(asset, RETIRED, NOTHING, {"from": world.provider})


def test_an_asset_under_lien_is_not_retired(world, asset):
    world.decide(asset)
    world.assets.placeLien(asset, world.lienholder, {"from": world.provider})
    with typed_error("Assets_UnderLien", asset, world.lienholder):
        world.assets.setLifecycle(asset, RETIRED, NOTHING, {"from": world.provider})


def test_an_asset_whose_next_use_is_not_decided_is_not_retired(world, asset):
    with typed_error("Assets_NotDecided", asset, world.provider):
        world.assets.setLifecycle(asset, RETIRED, NOTHING, {"from": world.provider})


def test_retiring_lets_listed_offers_lapse(world, asset):
    become(world, asset, RETIRED)
    assert world.assets.titleEpochOf(asset) == 1


def test_a_retired_asset_gets_no_meter(world, asset):
    become(world, asset, RETIRED)
    meter = key("meter")
    with typed_error("Assets_Retired", asset):
        world.announce(world.binding(asset, meter), meter)


def test_a_retired_asset_gets_no_split_and_no_lien(world, asset):
    become(world, asset, RETIRED)
    split = world.split(world.provider)
    with typed_error("Assets_Retired", asset):
        world.assets.repoint(asset, split, {"from": world.provider})
    with typed_error("Assets_Retired", asset):
        world.assets.placeLien(asset, world.lienholder, {"from": world.provider})


def test_title_and_history_of_a_retired_asset_go_on(world, asset):
    become(world, asset, RETIRED)
    world.assets.transferFrom(world.provider, world.buyer, asset, {"from": world.provider})
    world.assets.recordHistory(asset, keccak(text="dismantled"), DOCUMENT, "", {"from": world.buyer})
    assert world.assets.ownerOf(asset) == world.buyer
