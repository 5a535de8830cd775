"""The life of an asset, of the economy's drill above all: everything that can happen to a machine happened to it."""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import Any

import pytest
from rich.console import Console

from oracle.audit import history, statement
from oracle.audit.findings import Findings
from oracle.audit.keccak import checksum_address
from oracle.audit.told import decode_logs
from oracle.errors import Rejected
from tests.oracle.audit.beginning import ANNA, FLEET, OWNER, REPAIRER, meter, word
from tests.oracle.audit.economy import Story
from tests.oracle.audit.seen import Seen

DRILL, WASHER, CAR = 1, 2, 3


def life_of(honest: Seen, asset: int) -> dict[str, Any]:
    """From the blocks, as they went by in the audit."""
    life = history.Life(asset)
    for block in honest.chain:
        life.block(block, list(decode_logs(block, honest.world, Findings())), honest.world)
    document = life.document(honest)
    assert json.loads(json.dumps(document)) == document
    return document


@pytest.fixture(scope="module")
def drill(honest: Seen) -> dict[str, Any]:
    return life_of(honest, DRILL)


def of_kind(document: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [event for event in document["events"] if event["event"] == kind]


def test_what_it_is_and_whose(drill: dict[str, Any], story: Story) -> None:
    names = story.platform.accounts
    assert (drill["model"], drill["lifecycle"], drill["clean"]) == ("drill", "in service", True)
    assert (drill["maker"], drill["owner"], drill["lienholder"]) == (names[REPAIRER], names[FLEET], None)
    assert (drill["meter"], drill["meterEpoch"], drill["curve"]) == (meter(14).address, 3, "secp256k1")
    assert (drill["passport"]["uri"], drill["odometer"]) == ("ipfs://short", 600)


def test_its_title_and_its_meters_in_order(drill: dict[str, Any], story: Story) -> None:
    names = story.platform.accounts
    assert [(each["from"], each["to"]) for each in of_kind(drill, "title")] == [
        ("0x" + "00" * 20, names[OWNER]),
        (names[OWNER], names[FLEET]),
    ]
    bound = [(each["signer"], each["epoch"], each["trust"]) for each in _with_trust(drill, "meter")]
    assert bound == [
        (meter(1).address, 1, "software_key"),
        (meter(11).address, 2, "software_key"),
        (meter(14).address, 3, "attester"),
    ]
    assert [each["grade"] for each in of_kind(drill, "trust grade attested")] == ["secure_element"]
    announced = [each["signer"] for each in of_kind(drill, "meter announced")]
    assert announced == [meter(key).address for key in (12, 13, 14)]
    assert [each["epoch"] for each in of_kind(drill, "meter withdrawn")] == [3, 3]
    # A sale with the seller's own split gives the buyer a new one; meters alone are no change of it.
    assert [each["split"] for each in of_kind(drill, "split")] == [1, drill["split"]]


def _with_trust(document: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [event | {"trust": event["grade"]} for event in of_kind(document, kind)]


def test_its_states_and_documents_by_hash(drill: dict[str, Any], story: Story) -> None:
    (lifecycle,) = of_kind(drill, "lifecycle")
    assert (lifecycle["from"], lifecycle["to"]) == ("registered", "in service")
    assert lifecycle["documentHash"] == "0x" + word("service").hex()
    (document,) = of_kind(drill, "document")
    assert (document["kind"], document["uri"]) == ("repair", "ipfs://report")
    assert document["documentHash"] == "0x" + word("report").hex()
    states = [(each["state"], each["faultCode"], each["odometer"]) for each in of_kind(drill, "status")]
    assert states == [("up", 0, 10), ("up", 0, 500), ("service reset", 17, 600)]


def test_its_agreements_with_units_and_money(drill: dict[str, Any], honest: Seen, story: Story) -> None:
    own = [each for each in honest.world.agreements.agreements.values() if each.asset == DRILL]
    assert [each["agreement"] for each in drill["agreements"]] == [each.number for each in own] == [1, 5]
    first = drill["agreements"][0]
    assert (first["customer"], first["closed"]) == (story.platform.accounts[ANNA], True)
    for told in drill["agreements"]:
        bill = statement.bill(honest, honest.kept, told["agreement"])
        assert int(told["settled"]) == bill.taken
        assert [int(units) for units in told["units"]] == [
            sum(line.units[register] for line in bill.lines) for register in range(4)
        ]
    (money,) = drill["money"]
    assert int(money["settled"]) == sum(each.settled for each in own)
    (closed,) = of_kind(drill, "agreement closed")
    assert (closed["agreement"], int(closed["returned"]) >= 0) == (1, True)
    assert [each["agreement"] for each in of_kind(drill, "agreement opened")] == [1, 5]
    assert [each["agreement"] for each in of_kind(drill, "final reading")] == [1]


def test_liens_credits_and_disputes_of_another(honest: Seen, story: Story) -> None:
    washer = life_of(honest, WASHER)
    assert [len(of_kind(washer, kind)) for kind in ("lien placed", "lien released", "title")] == [1, 1, 3]
    (credit,) = of_kind(washer, "credit note")
    assert (credit["amount"], credit["reason"]) == ("1500", "too much")
    assert [each["uri"] for each in of_kind(washer, "dispute")] == ["https://example.org/complaint"]
    credited = {each["agreement"]: each["credited"] for each in washer["agreements"]}
    assert (credited[2], washer["money"][0]["credited"]) == ("1500", "1500")
    assert washer["curve"] == "ERC-1271"


def test_everything_that_happens_is_told_of_some_asset(honest: Seen) -> None:
    # One walk for each asset, so only those to which most has happened: the drill, its like, and a tree of parts.
    parts = [told.values["part"] for told in honest.told if told.event == "PartDetached"]
    wholes = [told.values["asset"] for told in honest.told if told.event == "MaterialsRecovered"]
    assets = {DRILL, WASHER, CAR, parts[0], wholes[0]}
    told = Counter(event["event"] for asset in assets for event in life_of(honest, asset)["events"])
    assert set(history.EVENTS.values()) == set(told)


def test_for_people(drill: dict[str, Any], story: Story) -> None:
    console = Console(width=220, record=True, file=io.StringIO())
    history.show(console, drill)
    text = console.export_text()
    for shown in ("drill", "in service", "document", "repair", "agreement opened", "closed", meter(14).address):
        assert shown in text
    assert checksum_address(bytes(20)) not in text


def test_an_asset_that_is_not_there(honest: Seen) -> None:
    with pytest.raises(Rejected, match="there is none"):
        life_of(honest, 99)


def test_parts_and_ways_back_are_told_of_machine_and_part(honest: Seen) -> None:
    """Of the machine that the economy builds, takes apart and recycles, and of a part that left it."""
    taken_out = [told for told in honest.told if told.event == "PartDetached"]
    part, machine = taken_out[0].values["part"], taken_out[0].values["parent"]
    whole, piece = life_of(honest, machine), life_of(honest, part)
    assert part in [each["part"] for each in of_kind(whole, "taken out")]
    stood = [(each["event"], each["parent"]) for each in piece["events"] if each["event"] in ("built in", "taken out")]
    assert stood.index(("built in", machine)) < stood.index(("taken out", machine))
    assert [each["use"] for each in of_kind(whole, "next use decided")][-1] == "recycle"
    assert of_kind(whole, "materials recovered")[-1]["materials"] == ["5 g steel reused", "1 g dust lost"]
    assert len(of_kind(whole, "title accepted")) == len(of_kind(whole, "title declined")) == 1
    assert of_kind(whole, "take-back promised")
    assert of_kind(piece, "take-back waived")
