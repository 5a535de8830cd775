"""Passport and history."""

from __future__ import annotations

import pytest
from eth_utils import keccak

from tests.contracts.registry.world import MODEL, serial
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

KIND, DOCUMENT, URI = keccak(text="repair"), keccak(text="invoice"), "https://example.org/invoice"


@pytest.fixture
def asset(world):
    return world.register()


def test_the_title_owner_sets_the_passport(world, asset):
    transaction = world.assets.setPassport(asset, DOCUMENT, URI, {"from": world.provider})
    assert_events(transaction, event("PassportSet", asset=asset, passportHash=DOCUMENT, uri=URI))
    assert world.assets.assetOf(asset)[7:] == ("0x" + DOCUMENT.hex(), URI)
    assert world.assets.tokenURI(asset) == URI


def test_nobody_else_sets_the_passport(world, asset):
    with typed_error("Assets_NotTitleOwner", asset, world.maker, world.provider):
        world.assets.setPassport(asset, DOCUMENT, URI, {"from": world.maker})


@pytest.mark.parametrize("author", ["provider", "maker", "lienholder", "admin"])
def test_history_is_written_by_owner_maker_lienholder_and_recorder(world, asset, author):
    world.assets.placeLien(asset, world.lienholder, {"from": world.provider})
    world.assets.appointRecorder(world.admin, True, {"from": world.admin})
    by = getattr(world, author)
    transaction = world.assets.recordHistory(asset, KIND, DOCUMENT, URI, {"from": by})
    assert_events(
        transaction, event("HistoryRecorded", asset=asset, author=by, kind=KIND, documentHash=DOCUMENT, uri=URI)
    )


@pytest.mark.parametrize("other", ["lienholder", "admin", "guardian", "stranger", "buyer"])
def test_history_is_written_by_nobody_else(world, asset, other):
    by = getattr(world, other)
    with typed_error("Assets_NotAuthor", asset, by):
        world.assets.recordHistory(asset, KIND, DOCUMENT, URI, {"from": by})


def test_a_seller_writes_no_more_history(world, asset):
    world.assets.transferFrom(world.provider, world.buyer, asset, {"from": world.provider})
    with typed_error("Assets_NotAuthor", asset, world.provider):
        world.assets.recordHistory(asset, KIND, DOCUMENT, URI, {"from": world.provider})


def test_whoever_declared_an_asset_is_no_author_by_that(world):
    declare = world.assets.registerSelfDeclared
    asset = declare(world.maker, MODEL, serial(1), world.provider, {"from": world.stranger}).return_value
    with typed_error("Assets_NotAuthor", asset, world.stranger):
        world.assets.recordHistory(asset, KIND, DOCUMENT, URI, {"from": world.stranger})


def test_an_unknown_asset_has_no_papers(world):
    with typed_error("Assets_Unknown", 9):
        world.assets.recordHistory(9, KIND, DOCUMENT, URI, {"from": world.maker})
    with typed_error("Assets_Unknown", 9):
        world.assets.setPassport(9, DOCUMENT, URI, {"from": world.maker})
    with typed_error("Assets_Unknown", 9):
        world.assets.assetOf(9)
    with typed_error("Assets_Unknown", 9):
        world.assets.providerOf(9)
    with typed_error("ERC721NonexistentToken", 9):
        world.assets.tokenURI(9)
