"""The audit's own view of a machine as EPCIS events: by schema, each a log of the chain, nobody's usage in it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from oracle.audit.findings import Findings
from oracle.audit.keccak import checksum_address
from oracle.audit.told import decode_logs
from oracle.formats.epcis import Platform, epcis_document
from oracle.formats.told import LifeOf
from oracle.types import Address, AssetId, ChainId
from tests.oracle.audit.seen import Seen

SCHEMA = Draft202012Validator(json.loads(files("oracle.schemas").joinpath("epcis.schema.json").read_text()))


def life_of(honest: Seen, asset: int) -> list[dict[str, Any]]:
    life = LifeOf(AssetId(asset))
    for block in honest.chain:
        life.block(block, list(decode_logs(block, honest.world, Findings())), honest.world)
    registry = Address(checksum_address(honest.world.assets.address))
    document = epcis_document(Platform(ChainId(honest.pinned.chain_id), registry), life.happenings, 0)
    SCHEMA.validate(document)
    events: list[dict[str, Any]] = document["epcisBody"]["eventList"]
    return events


@pytest.fixture(scope="module")
def lives(honest: Seen) -> dict[int, list[dict[str, Any]]]:
    return {asset: life_of(honest, asset) for asset in honest.world.assets.assets}


def test_every_asset_of_the_economy_has_a_life_by_schema(lives: dict[int, list[dict[str, Any]]]) -> None:
    assert all(events[0]["bizStep"] == "commissioning" for events in lives.values())


def test_the_economy_tells_every_kind_of_event(lives: dict[int, list[dict[str, Any]]]) -> None:
    kinds = {(event["type"], event["bizStep"]) for events in lives.values() for event in events}
    assert {
        ("ObjectEvent", "commissioning"),
        ("ObjectEvent", "encoding"),
        ("ObjectEvent", "consigning"),
        ("ObjectEvent", "sensor_reporting"),
        ("ObjectEvent", "accepting"),
        ("ObjectEvent", "receiving"),
        ("AssociationEvent", "installing"),
        ("AssociationEvent", "removing"),
        ("TransformationEvent", "disassembling"),
    } <= kinds


def test_each_event_is_a_log_of_the_chain(honest: Seen, lives: dict[int, list[dict[str, Any]]]) -> None:
    logs = {
        (transaction.name, log.index)
        for block in honest.chain
        for transaction, receipt in zip(block.transactions, block.receipts, strict=True)
        for log in receipt.logs
    }
    told = {(event["cise:transaction"], event["cise:logIndex"]) for events in lives.values() for event in events}
    assert told <= logs


def test_nothing_of_anybodys_usage_is_in_it(honest: Seen, lives: dict[int, list[dict[str, Any]]]) -> None:
    """Agreements, settlements and the ledger are left out: the public life of a machine is its odometer."""
    world = honest.world
    private = {world.agreements.address, world.accounts.address}
    logs = {
        (transaction.name, log.index)
        for block in honest.chain
        for transaction, receipt in zip(block.transactions, block.receipts, strict=True)
        for log in receipt.logs
        if log.address in private
    }
    told = {(event["cise:transaction"], event["cise:logIndex"]) for events in lives.values() for event in events}
    assert not told & logs
