"""The life of a machine as EPCIS 2.0 events (GS1; ISO/IEC 19987:2024), each tied to its transaction.

What        ObjectEvent          registration, passport, titles, conditions, meters, service, hand-overs, decisions
            AssociationEvent     parts built in and taken out
            TransformationEvent  materials recovered from what it was
Correction  a document of kind "correction" whose hash is the event id's keccak: the wrong event is told once more with
            an errorDeclaration that names the correcting one; neither is taken back

Words are of the Core Business Vocabulary 2.0 where it has one; what it has no word for stands in fields of our own
(`cise:`).
Usage of single customers does not appear: the public life of a machine is its odometer, not who used it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from oracle.domain.hashing import keccak
from oracle.formats.happenings import Happening
from oracle.types import Address, ChainId

_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
_GRAMS_PER_KILOGRAM = 1_000
_CORRECTION = "correction"
_NOBODY = "0x" + "00" * 20

_LIFECYCLES = ("registered", "inService", "inMaintenance", "returned", "retired")
_LIFECYCLE_WORDS = {1: "active", 2: "unavailable", 3: "returned", 4: "inactive"}
_STATES = ("up", "down", "inMaintenance", "moved", "serviceReset")
_STATE_WORDS = {0: "active", 1: "damaged", 2: "unavailable", 3: "in_transit", 4: "active"}
_KINDS = ("inspect", "maintain", "repair", "upgrade", "refurbish", "collect", "dismantle")
_KIND_STEPS = ("inspecting", "repairing", "repairing", "installing", "repairing", "collecting", "disassembling")
_STAGES = (
    "none", "open", "assigned", "delivered", "disputed", "paid", "arbitrated", "cancelled", "abandoned", "expired",
)  # fmt: skip
_GRADES = ("none", "A", "B", "C", "D")
_USES = (
    "none", "reuseElsewhere", "repair", "refurbish", "remanufacture", "repurpose", "harvest", "recycle", "dispose",
)  # fmt: skip
_USE_WORDS = {5: "inactive", 6: "inactive", 7: "inactive", 8: "disposed"}
_FATES = ("reused", "recycled", "energy", "lost")

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Order:
    asset: int
    kind: int


_Orders = Mapping[int, _Order]


@dataclass(frozen=True, slots=True)
class Platform:
    """Where the titles are: what identifiers are made of."""

    chain_id: ChainId
    registry: Address

    def asset(self, number: int) -> str:
        """As in CAIP-19: a title is an ERC-721 token of one registry on one chain."""
        return f"urn:cise:asset:eip155:{self.chain_id}:{self.registry.lower()}:{number}"

    def account(self, address: str) -> str:
        return f"urn:cise:account:eip155:{self.chain_id}:{address.lower()}"

    def order(self, number: int) -> str:
        return f"urn:cise:order:eip155:{self.chain_id}:{number}"

    def event(self, one: Happening) -> str:
        return f"urn:cise:event:eip155:{self.chain_id}:{one.transaction}:{one.log_index}"


def epcis_document(
    platform: Platform, life: Sequence[Happening], created_at: int, earlier: Sequence[Happening] = ()
) -> Document:
    """An EPCISDocument with the events of one machine in chain order.

    Args:
        life: as `happenings.Selection` picks them; events without a meaning in a machine's life are left out.
        created_at: chain time in seconds, for `creationDate`.
        earlier: what `life`, where it is a page of a longer one, refers to: openings of its orders, and events that it
            corrects. They are not told again.
    """
    orders = {
        one.arguments["order"]: _Order(one.arguments["asset"], one.arguments["request"]["kind"])
        for one in (*earlier, *life)
        if one.name == "OrderOpened"
    }
    before = [told for one in earlier if (told := _event(platform, one, orders)) is not None]
    events: list[Document] = []
    for one in life:
        told = _event(platform, one, orders)
        if told is not None:
            events.append(told)
            events += _corrected(platform, one, [*before, *events])
    return {
        "@context": [_CONTEXT, {"cise": "urn:cise:vocabulary:"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": _date(created_at),
        "epcisBody": {"eventList": events},
    }


def corrects(one: Happening) -> str | None:
    """The `correction_hash` of the event that a correcting document declares wrong; None for what corrects nothing."""
    is_correction = one.name == "HistoryRecorded" and _text(one.arguments["kind"]) == _CORRECTION
    return one.arguments["documentHash"] if is_correction else None


def correction_hash(event_id: str) -> str:
    """What a document of kind "correction" carries as its hash to correct this event."""
    return "0x" + keccak(event_id.encode()).hex()


def _event(platform: Platform, one: Happening, orders: _Orders) -> Document | None:
    tell = _TELLERS.get((one.contract, one.name))
    if tell is None:
        return None
    told = tell(platform, one, orders)
    if told is None:
        return None
    return {
        "type": told.pop("type", "ObjectEvent"),
        "eventID": platform.event(one),
        "eventTime": _date(one.time),
        "eventTimeZoneOffset": "+00:00",
        **told,
        "cise:transaction": one.transaction,
        "cise:logIndex": one.log_index,
    }


def _corrected(platform: Platform, one: Happening, events: Sequence[Document]) -> list[Document]:
    """The wrong event once more, declared wrong by the event just told."""
    wanted, correcting = corrects(one), platform.event(one)
    if wanted is None:
        return []
    declaration = {
        "declarationTime": _date(one.time),
        "reason": "incorrect_data",
        "correctiveEventIDs": [correcting],
    }
    for event in events:
        if event["eventID"] != correcting and correction_hash(event["eventID"]) == wanted:
            return [{**event, "errorDeclaration": declaration}]
    return []


# One function per kind of event: what it says of the machine.


def _registered(platform: Platform, one: Happening, _: _Orders) -> Document:
    told = one.arguments
    document = _object(platform, told["asset"], "ADD", "commissioning", "active")
    document["cise:maker"] = platform.account(told["maker"])
    document["cise:model"], document["cise:serialHash"] = told["model"], told["serialHash"]
    document["cise:selfDeclared"] = told["selfDeclaredBy"] != _NOBODY
    document["destinationList"] = [{"type": "owning_party", "destination": platform.account(told["owner"])}]
    return document


def _title(platform: Platform, one: Happening, _: _Orders) -> Document | None:
    told = one.arguments
    if told["from"] == _NOBODY:
        return None  # told by the registration
    document = _object(platform, told["tokenId"], "OBSERVE", "consigning", None)
    document["sourceList"] = [{"type": "owning_party", "source": platform.account(told["from"])}]
    document["destinationList"] = [{"type": "owning_party", "destination": platform.account(told["to"])}]
    return document


def _passport(platform: Platform, one: Happening, _: _Orders) -> Document:
    document = _object(platform, one.arguments["asset"], "OBSERVE", "encoding", None)
    document["cise:passport"] = _paper(one.arguments["passportHash"], one.arguments["uri"])
    return document


def _lifecycle(platform: Platform, one: Happening, _: _Orders) -> Document:
    to = one.arguments["to"]
    retired = _LIFECYCLES[to] == "retired"
    action, step = ("DELETE", "decommissioning") if retired else ("OBSERVE", "other")
    document = _object(platform, one.arguments["asset"], action, step, _LIFECYCLE_WORDS[to])
    document["cise:lifecycle"] = _LIFECYCLES[to]
    document["cise:document"] = _paper(one.arguments["documentHash"], "")
    return document


def _document(platform: Platform, one: Happening, _: _Orders) -> Document:
    document = _object(platform, one.arguments["asset"], "OBSERVE", "other", None)
    document["cise:kind"] = _text(one.arguments["kind"])
    document["cise:author"] = platform.account(one.arguments["author"])
    document["cise:document"] = _paper(one.arguments["documentHash"], one.arguments["uri"])
    return document


def _meter(platform: Platform, one: Happening, _: _Orders) -> Document:
    told = one.arguments
    document = _object(platform, told["asset"], "OBSERVE", "installing", None)
    document["cise:meter"] = {"signer": told["signer"].lower(), "epoch": told["epoch"], "trustGrade": told["grade"]}
    return document


def _status(platform: Platform, one: Happening, _: _Orders) -> Document:
    told = one.arguments
    document = _object(platform, told["asset"], "OBSERVE", "sensor_reporting", _STATE_WORDS[told["state"]])
    document["sensorElementList"] = [
        {
            "sensorMetadata": {"time": _date(told["time"]), "deviceID": platform.asset(told["asset"])},
            "sensorReport": [{"type": "cise:odometer", "value": told["odometer"]}],
        }
    ]
    document["cise:state"], document["cise:faultCode"] = _STATES[told["state"]], told["faultCode"]
    return document


def _attached(platform: Platform, one: Happening, _: _Orders) -> Document:
    return _association(platform, one, "ADD", "installing")


def _detached(platform: Platform, one: Happening, _: _Orders) -> Document:
    document = _association(platform, one, "DELETE", "removing")
    document["cise:use"] = one.arguments["use"]
    return document


def _delivered(platform: Platform, one: Happening, orders: _Orders) -> Document:
    kind, evidence = orders[one.arguments["order"]].kind, one.arguments["evidence"]
    document = _of_order(platform, one, orders, _KIND_STEPS[kind])
    document["cise:service"] = _KINDS[kind]
    document["cise:worker"] = platform.account(one.arguments["worker"])
    document["cise:late"] = one.arguments["late"]
    document["cise:document"] = _paper(evidence["documentHash"], evidence["uri"])
    document["cise:partsIn"] = [platform.asset(part) for part in evidence["partsIn"]]
    document["cise:partsOut"] = [platform.asset(part) for part in evidence["partsOut"]]
    return document


def _ended(platform: Platform, one: Happening, orders: _Orders) -> Document:
    document = _of_order(platform, one, orders, "accepting")
    document["cise:stage"] = _STAGES[one.arguments["stage"]]
    document["cise:paid"] = str(one.arguments["toWorker"])
    return document


def _handed(platform: Platform, one: Happening, orders: _Orders) -> Document:
    told = one.arguments
    document = _of_order(platform, one, orders, "receiving")
    document["sourceList"] = [{"type": "possessing_party", "source": platform.account(told["giver"])}]
    document["destinationList"] = [{"type": "possessing_party", "destination": platform.account(told["taker"])}]
    document["cise:grade"] = _GRADES[told["grade"]]
    return document


def _decided(platform: Platform, one: Happening, _: _Orders) -> Document:
    told = one.arguments
    document = _object(platform, told["asset"], "OBSERVE", "other", _USE_WORDS.get(told["use"]))
    document["cise:nextUse"] = _USES[told["use"]]
    document["cise:taker"] = platform.account(told["taker"])
    document["cise:document"] = _paper(told["reasonHash"], told["uri"])
    return document


def _recovered(platform: Platform, one: Happening, _: _Orders) -> Document:
    told = one.arguments
    return {
        "type": "TransformationEvent",
        "inputEPCList": [platform.asset(told["asset"])],
        "outputQuantityList": [
            {
                "epcClass": f"urn:cise:material:{_text(line['material'])}",
                "quantity": line["grams"] / _GRAMS_PER_KILOGRAM,
                "uom": "KGM",
                "cise:fate": _FATES[line["fate"]],
            }
            for line in told["materials"]
        ],
        "transformationID": f"{platform.asset(told['asset'])}:decision:{told['decision']}",
        "bizStep": "disassembling",
        "cise:recycler": platform.account(told["by"]),
        "cise:document": _paper(told["evidenceHash"], ""),
    }


def _object(platform: Platform, asset: int, action: str, step: str, disposition: str | None) -> Document:
    document: Document = {"epcList": [platform.asset(asset)], "action": action, "bizStep": step}
    return document if disposition is None else document | {"disposition": disposition}


def _association(platform: Platform, one: Happening, action: str, step: str) -> Document:
    told = one.arguments
    return {
        "type": "AssociationEvent",
        "parentID": platform.asset(told["parent"]),
        "childEPCs": [platform.asset(told["part"])],
        "action": action,
        "bizStep": step,
        "cise:odometer": told["odometer"],
        "cise:reason": {"source": told["source"].lower(), "step": str(told["step"])},
    }


def _of_order(platform: Platform, one: Happening, orders: _Orders, step: str) -> Document:
    number = one.arguments["order"]
    document = _object(platform, orders[number].asset, "OBSERVE", step, None)
    document["bizTransactionList"] = [{"type": "po", "bizTransaction": platform.order(number)}]
    return document


def _paper(document_hash: str, uri: str) -> Document:
    return {"hash": document_hash} if not uri else {"hash": document_hash, "uri": uri}


def _text(value: str) -> str:
    """A bytes32 of the contracts as the ASCII text in it."""
    return bytes.fromhex(value.removeprefix("0x")).rstrip(b"\0").decode("ascii", "backslashreplace")


def _date(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


_TELLERS: Mapping[tuple[str, str], Callable[[Platform, Happening, _Orders], Document | None]] = {
    ("AssetRegistry", "AssetRegistered"): _registered,
    ("AssetRegistry", "Transfer"): _title,
    ("AssetRegistry", "PassportSet"): _passport,
    ("AssetRegistry", "LifecycleChanged"): _lifecycle,
    ("AssetRegistry", "HistoryRecorded"): _document,
    ("MeterRegistry", "MeterActivated"): _meter,
    ("MeterRegistry", "StatusRecorded"): _status,
    ("Components", "PartAttached"): _attached,
    ("Components", "PartDetached"): _detached,
    ("ServiceMarket", "OrderDelivered"): _delivered,
    ("ServiceMarket", "OrderEnded"): _ended,
    ("HandOvers", "HandedOver"): _handed,
    ("EndOfLife", "NextUseDecided"): _decided,
    ("EndOfLife", "MaterialsRecovered"): _recovered,
}
TOLD = frozenset(name for _, name in _TELLERS)
"""Names of the events that a life tells."""
