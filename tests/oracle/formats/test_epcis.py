"""A machine's life as EPCIS events: every kind by schema, corrections as new events, other machines left out."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from oracle.formats.epcis import Platform, correction_hash, epcis_document
from oracle.formats.happenings import Happening, Selection
from oracle.types import Address, AssetId, ChainId

PLATFORM = Platform(ChainId(31337), Address("0x" + "Ab" * 20))
SCHEMA = Draft202012Validator(json.loads(files("oracle.schemas").joinpath("epcis.schema.json").read_text()))
MAKER, OWNER, WORKER, NOBODY = ("0x" + digit * 40 for digit in "1230")
HASH = "0x" + "aa" * 32
MACHINE, PART, OTHER = 1, 2, 3


def word(text):
    return "0x" + text.encode().ljust(32, b"\0").hex()


def happened(contract, name, at, **arguments):
    return Happening(contract, name, arguments, "0x" + f"{at:064x}", at % 7, 1_700_000_000 + at)


LIFE = [
    happened(
        "AssetRegistry",
        "AssetRegistered",
        1,
        asset=MACHINE,
        maker=MAKER,
        owner=OWNER,
        model=word("drill"),
        serialHash=HASH,
        selfDeclaredBy=NOBODY,
    ),
    happened("AssetRegistry", "Transfer", 1, **{"from": NOBODY, "to": OWNER, "tokenId": MACHINE}),
    happened("AssetRegistry", "PassportSet", 2, asset=MACHINE, passportHash=HASH, uri="ipfs://passport"),
    happened("MeterRegistry", "MeterActivated", 3, asset=MACHINE, signer=WORKER, epoch=1, curve=0, grade=1),
    happened(
        "Components", "PartAttached", 4, part=PART, parent=MACHINE, root=MACHINE, odometer=0, source=NOBODY, step=0
    ),
    happened("AssetRegistry", "LifecycleChanged", 5, **{"asset": MACHINE, "from": 0, "to": 1, "documentHash": HASH}),
    happened(
        "MeterRegistry",
        "StatusRecorded",
        6,
        asset=MACHINE,
        sequence=1,
        time=1_700_000_006,
        state=1,
        faultCode=9,
        odometer=80,
    ),
    happened("ServiceMarket", "OrderOpened", 7, order=11, asset=MACHINE, opener=OWNER, request={"kind": 2}),
    happened("ServiceMarket", "OrderOpened", 7, order=12, asset=OTHER, opener=OWNER, request={"kind": 0}),
    happened(
        "Components",
        "PartDetached",
        8,
        part=PART,
        parent=MACHINE,
        root=MACHINE,
        odometer=80,
        use=80,
        source=WORKER,
        step=11,
    ),
    happened(
        "ServiceMarket",
        "OrderDelivered",
        9,
        order=11,
        worker=WORKER,
        late=False,
        evidence={"documentHash": HASH, "uri": "ipfs://work", "partsIn": [], "partsOut": [PART]},
    ),
    happened("ServiceMarket", "OrderEnded", 10, order=11, stage=5, toWorker=90, toReserve=0, bond=0, bondTo=NOBODY),
    happened("ServiceMarket", "OrderEnded", 10, order=12, stage=7, toWorker=0, toReserve=0, bond=0, bondTo=NOBODY),
    happened("AssetRegistry", "Transfer", 11, **{"from": OWNER, "to": MAKER, "tokenId": MACHINE}),
    happened("HandOvers", "HandedOver", 12, order=11, giver=OWNER, taker=WORKER, grade=2, conditionHash=HASH),
    happened(
        "EndOfLife",
        "NextUseDecided",
        13,
        asset=MACHINE,
        decision=4,
        by=MAKER,
        use=7,
        taker=WORKER,
        reasonHash=HASH,
        uri="",
    ),
    happened(
        "EndOfLife",
        "MaterialsRecovered",
        14,
        asset=MACHINE,
        decision=4,
        by=WORKER,
        evidenceHash=HASH,
        materials=[
            {"material": word("steel"), "grams": 1_500, "fate": 1},
            {"material": word("oil"), "grams": 20, "fate": 2},
        ],
    ),
    happened("AssetRegistry", "LifecycleChanged", 15, **{"asset": MACHINE, "from": 3, "to": 4, "documentHash": HASH}),
]


def document_of(happenings, asset=MACHINE):
    selection = Selection(AssetId(asset))
    life = [one for one in happenings if selection.concerns(one)]
    return epcis_document(PLATFORM, life, 1_700_000_100)


def told(happenings, asset=MACHINE):
    document = document_of(happenings, asset)
    SCHEMA.validate(document)
    return document["epcisBody"]["eventList"]


def test_a_whole_life_is_told_by_schema():
    kinds = [(event["type"], event["bizStep"]) for event in told(LIFE)]
    assert kinds == [
        ("ObjectEvent", "commissioning"),
        ("ObjectEvent", "encoding"),
        ("ObjectEvent", "installing"),
        ("AssociationEvent", "installing"),
        ("ObjectEvent", "other"),
        ("ObjectEvent", "sensor_reporting"),
        ("AssociationEvent", "removing"),
        ("ObjectEvent", "repairing"),
        ("ObjectEvent", "accepting"),
        ("ObjectEvent", "consigning"),
        ("ObjectEvent", "receiving"),
        ("ObjectEvent", "other"),
        ("TransformationEvent", "disassembling"),
        ("ObjectEvent", "decommissioning"),
    ]


def test_each_event_is_tied_to_its_transaction():
    for event in told(LIFE):
        assert event["eventID"].endswith(f"{event['cise:transaction']}:{event['cise:logIndex']}")
    assert len({event["eventID"] for event in told(LIFE)}) == 14


def test_a_part_has_a_life_of_its_own():
    assert [(event["type"], event["action"]) for event in told(LIFE, PART)] == [
        ("AssociationEvent", "ADD"),
        ("AssociationEvent", "DELETE"),
    ]
    assert told(LIFE, PART)[1]["cise:use"] == 80


def test_masses_are_kilograms():
    (recovered,) = [event for event in told(LIFE) if event["type"] == "TransformationEvent"]
    lines = [(line["epcClass"], line["quantity"], line["cise:fate"]) for line in recovered["outputQuantityList"]]
    assert lines == [("urn:cise:material:steel", 1.5, "recycled"), ("urn:cise:material:oil", 0.02, "energy")]


def test_a_correction_is_a_new_event_and_takes_nothing_back():
    wrong = told(LIFE)[5]
    correction = happened(
        "AssetRegistry",
        "HistoryRecorded",
        16,
        asset=MACHINE,
        author=OWNER,
        kind=word("correction"),
        documentHash=correction_hash(wrong["eventID"]),
        uri="ipfs://what-was-meant",
    )
    events = told([*LIFE, correction])
    assert events[5] == wrong
    declared = events[-1]
    assert declared["eventID"] == wrong["eventID"]
    assert declared["errorDeclaration"]["correctiveEventIDs"] == [events[-2]["eventID"]]
    assert events[-2]["cise:kind"] == "correction"


def test_a_correction_of_nothing_known_stands_alone():
    stray = happened(
        "AssetRegistry",
        "HistoryRecorded",
        16,
        asset=MACHINE,
        author=OWNER,
        kind=word("correction"),
        documentHash=HASH,
        uri="",
    )
    assert len(told([*LIFE, stray])) == 15


@pytest.mark.parametrize("missing", ["eventID", "bizStep", "cise:transaction", "epcList"])
def test_the_schema_refuses_an_event_without(missing):
    document = document_of(LIFE)
    del document["epcisBody"]["eventList"][0][missing]
    assert not SCHEMA.is_valid(document)
