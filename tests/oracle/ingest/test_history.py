"""The life of a machine at the door: EPCIS by schema, page by page what the auditor tells, and nobody's usage in it."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from oracle.audit.keccak import checksum_address
from oracle.audit.rpc import Node
from oracle.audit.verify import audit
from oracle.domain.hashing import keccak
from oracle.formats import epcis
from oracle.formats.told import LifeOf
from oracle.parties import assets, components, next_use, orders
from oracle.parties.next_use import Fate, NextUse, Recovered
from oracle.parties.orders import Document
from oracle.types import Address, AssetId, BaseUnits, Bytes32, ChainId, Seconds, UnixTime
from tests.e2e.world import MAKER, PROVIDER

SCHEMA = Draft202012Validator(json.loads(files("oracle.schemas").joinpath("epcis.schema.json").read_text()))
WORKER, ARBITER = 7, 12
HOUR = 3_600
PAPER = Document(keccak(b"paper"), "ipfs://paper")


def repaired(world, asset):
    """An order from opening to the payment."""
    provider, worker = world.wallet(PROVIDER), world.wallet(WORKER)
    hours = [Seconds(HOUR)] * 4
    terms = orders.ServiceTerms(
        world.currency.address, BaseUnits(0), 0, BaseUnits(0), BaseUnits(0), *hours, Seconds(24 * HOUR),
        0, 1, False, False, keccak(b"terms"),
    )  # fmt: skip
    number, _ = orders.publish_terms(provider, terms, [BaseUnits(0)] * 4, [world.wallet(ARBITER).address])
    orders.choose_terms(provider, asset, number)
    world.give(PROVIDER, 1_000_000)
    orders.allow(provider, world.currency, BaseUnits(1_000_000))
    until = UnixTime(world.client.block(world.client.head()).time + 2 * HOUR)
    ceiling, most = BaseUnits(1_000_000), Seconds(HOUR)
    need = orders.Need(asset, orders.Kind.REPAIR, None, ceiling, until, most, False, PAPER)
    order, _ = orders.open_order(provider, need)
    orders.bid(worker, order, BaseUnits(500_000), Seconds(HOUR))
    orders.accept(provider, order, worker.address)
    orders.deliver(worker, order, PAPER)
    orders.approve(provider, order)


@pytest.fixture
def lives(world):
    """A machine that is used, one that was repaired, harvested and corrected, and the part that came out of it."""
    hire = world.hire()
    hired, asset = hire.machine.asset, world.machine().asset
    maker, provider = world.wallet(MAKER), world.wallet(PROVIDER)
    motor, _ = assets.register(maker, "motor", "serial of a motor", maker.address)
    components.consent_to_attach(provider, motor, asset, components.ASSEMBLING)
    components.attach(maker, motor, asset, components.ASSEMBLING)
    repaired(world, asset)
    next_use.decide(provider, asset, NextUse.HARVEST, provider.address, PAPER)
    components.detach(provider, motor, provider.address, components.standing_step(world.client, world.platform, asset))
    lines = [Recovered("steel", 980, Fate.RECYCLED), Recovered("copper", 40, Fate.LOST)]
    next_use.record_recovery(provider, asset, lines, PAPER.hash)
    assets.set_lifecycle(provider, asset, "retired")
    wrong = next(e for e in told_by_the_auditor(world, asset)["epcisBody"]["eventList"] if e["bizStep"] == "encoding")
    hash_ = Bytes32(bytes.fromhex(epcis.correction_hash(wrong["eventID"])[2:]))
    kind = Bytes32(b"correction".ljust(32, b"\0"))
    provider.send(world.platform.assets.functions.recordHistory(asset, kind, hash_, "ipfs://right"))
    return hired, asset, motor


def told_by_the_auditor(world, asset):
    life = LifeOf(AssetId(asset))
    node = Node(world.node.url)
    try:
        audited = audit(node, bytes.fromhex(world.platform.directory[2:]), onlookers=(life,))
    finally:
        node.close()
    assert audited.clean
    registry = Address(checksum_address(audited.world.assets.address))
    platform = epcis.Platform(ChainId(audited.pinned.chain_id), registry)
    return epcis.epcis_document(platform, life.happenings, life.happenings[-1].time)


def pages(oracle, asset, limit):
    path = f"/v1/assets/{asset}/history?limit={limit}"
    while path:
        answer = oracle.get(path)
        assert answer.headers["content-type"] == "application/ld+json"
        SCHEMA.validate(answer.json())
        yield answer.json()["epcisBody"]["eventList"]
        found = re.fullmatch(r'<(/[^>]+)>; rel="next"', answer.headers.get("link", ""))
        path = found and found[1]


def test_every_life_is_the_auditors_however_it_is_cut(world, lives, start_oracle):
    oracle = start_oracle()
    for asset in lives:
        events = told_by_the_auditor(world, asset)["epcisBody"]["eventList"]
        for limit in (1, 4, 200):
            assert [event for page in pages(oracle, asset, limit) for event in page] == events
    steps = [
        event["bizStep"] for event in oracle.get(f"/v1/assets/{lives[1]}/history").json()["epcisBody"]["eventList"]
    ]
    assert steps[0] == "commissioning"
    assert {"repairing", "accepting", "installing", "removing", "disassembling", "decommissioning"} <= set(steps)
    corrected = oracle.get(f"/v1/assets/{lives[1]}/history").json()["epcisBody"]["eventList"][-1]
    assert (corrected["bizStep"], "errorDeclaration" in corrected) == ("encoding", True)


def test_the_part_tells_its_own_life(world, lives, start_oracle):
    oracle = start_oracle()
    events = oracle.get(f"/v1/assets/{lives[2]}/history").json()["epcisBody"]["eventList"]
    assert [event["bizStep"] for event in events if event["type"] == "AssociationEvent"] == ["installing", "removing"]


def test_the_life_follows_what_is_read_later(world, lives, start_oracle):
    """An order's later steps name only the order: its machine is known from its opening, long read."""
    oracle = start_oracle()
    before = len(oracle.get(f"/v1/assets/{lives[0]}/history").json()["epcisBody"]["eventList"])
    repaired(world, lives[0])
    oracle.cycle("index")
    wanted = told_by_the_auditor(world, lives[0])["epcisBody"]["eventList"]
    assert oracle.get(f"/v1/assets/{lives[0]}/history").json()["epcisBody"]["eventList"] == wanted
    assert len(wanted) > before


@pytest.mark.parametrize(
    ("query", "status", "code"), [("99/history", 404, "unknown_asset"), ("1/history?limit=501", 422, None),
                                  ("1/history?after=x", 422, None)],
)  # fmt: skip
def test_what_is_not_there_is_said_so(world, start_oracle, query, status, code):
    world.machine()
    answer = start_oracle().get(f"/v1/assets/{query}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert code in (None, answer.json()["code"])
