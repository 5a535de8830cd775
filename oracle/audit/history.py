"""The life of one asset from the chain alone: title, meters, liens, documents, and who used it for how much money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from oracle.audit.abi import Value
from oracle.audit.blocks import Block
from oracle.audit.keccak import checksum_address
from oracle.audit.onlooker import Onlooker
from oracle.audit.replay.agreements import Agreement
from oracle.audit.replay.world import ZERO, World
from oracle.audit.signatures import CURVES, GRADES
from oracle.audit.told import Told
from oracle.audit.verify import Audit
from oracle.errors import Rejected

LIFECYCLES: Final = ("registered", "in service", "in maintenance", "returned", "retired")
STATES: Final = ("up", "down", "in maintenance", "moved", "service reset")
EVENTS: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("AssetRegistry", "AssetRegistered"): "registered",
        ("AssetRegistry", "Transfer"): "title",
        ("AssetRegistry", "LifecycleChanged"): "lifecycle",
        ("AssetRegistry", "PassportSet"): "passport",
        ("AssetRegistry", "LienPlaced"): "lien placed",
        ("AssetRegistry", "LienReleased"): "lien released",
        ("AssetRegistry", "HistoryRecorded"): "document",
        ("AssetRegistry", "RouteChanged"): "split",
        ("MeterRegistry", "MeterAnnounced"): "meter announced",
        ("MeterRegistry", "AnnouncementWithdrawn"): "meter withdrawn",
        ("MeterRegistry", "MeterActivated"): "meter",
        ("MeterRegistry", "GradeAttested"): "trust grade attested",
        ("MeterRegistry", "OdometerRateDeclared"): "odometer rate",
        ("MeterRegistry", "RotationKeySet"): "rotation key",
        ("MeterRegistry", "PermitSignerAppointed"): "permit signer",
        ("MeterRegistry", "StatusRecorded"): "status",
        ("OfferBook", "Offered"): "offered",
        ("OfferBook", "OfferWithdrawn"): "offer withdrawn",
        ("UsageAgreements", "AgreementOpened"): "agreement opened",
        ("UsageAgreements", "SuspensionChanged"): "suspension",
        ("UsageAgreements", "NonUseAnnounced"): "non-use announced",
        ("UsageAgreements", "EndAnnounced"): "end announced",
        ("UsageAgreements", "FinalReadingAccepted"): "final reading",
        ("UsageAgreements", "AgreementClosed"): "agreement closed",
        ("Components", "PartAttached"): "built in",
        ("Components", "PartDetached"): "taken out",
        ("EndOfLife", "TakeBackPromised"): "take-back promised",
        ("EndOfLife", "TakeBackWaived"): "take-back waived",
        ("EndOfLife", "NextUseDecided"): "next use decided",
        ("EndOfLife", "TitleAccepted"): "title accepted",
        ("EndOfLife", "TitleDeclined"): "title declined",
        ("EndOfLife", "MaterialsRecovered"): "materials recovered",
        ("CreditNotes", "CreditNoteIssued"): "credit note",
        ("CreditNotes", "DisputeRecorded"): "dispute",
    }
)
_PLACE: Final = frozenset(("time", "block", "transaction", "log", "event"))
_LAST_MOMENT: Final = 253_402_300_799
_TIMES: Final = frozenset(("until", "endAt", "endsAt", "effectiveAt", "validFrom"))
_NOTHING: Final = ("", "0x" + "00" * 20, "0x" + "00" * 32)
_HIDDEN: Final = frozenset(("asset", "tokenId", "state"))
_TEXTS: Final = frozenset(("model", "kind", "reason"))
_AMOUNTS: Final = frozenset(("amount", "returned", "capPerPeriod"))
_NAMED: Final[Mapping[str, Sequence[str]]] = MappingProxyType({"curve": CURVES, "grade": GRADES})

USES: Final = (
    "none", "reuse elsewhere", "repair", "refurbish", "remanufacture", "repurpose", "harvest", "recycle", "dispose",
)  # fmt: skip
FATES: Final = ("reused", "recycled", "energy", "lost")

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """`values` as JSON: amounts in base units as text, addresses and hashes as 0x text."""

    time: int
    block: int
    transaction: str
    log: int
    kind: str
    values: Mapping[str, Any]

    def document(self) -> Document:
        place = {"time": self.time, "block": self.block, "transaction": self.transaction, "log": self.log}
        return place | {"event": self.kind} | dict(self.values)


class Life(Onlooker):
    """Keeps what is told of one asset and of the agreements on it; single readings are in their bills."""

    def __init__(self, asset: int) -> None:
        self.asset = asset
        self.events: list[Event] = []
        self._agreements: set[int] = set()
        self._split = 0

    def block(self, block: Block, told: Sequence[Told], world: World) -> None:
        for each in told:
            kind = EVENTS.get((each.contract, each.event))
            if kind is not None and self._concerns(each) and not self._is_only_a_meter(each):
                values = _values(each)
                name = each.transaction.name
                self.events.append(Event(block.header.timestamp, each.block, name, each.log.index, kind, values))

    def _concerns(self, told: Told) -> bool:
        values = told.values
        if told.contract == "Components":
            return self.asset in (values["part"], values["parent"])
        number = values.get("asset", values.get("tokenId"))
        if number is None:
            return values.get("agreement") in self._agreements
        if told.event == "AgreementOpened" and number == self.asset:
            self._agreements.add(values["agreement"])
        return bool(number == self.asset)

    def _is_only_a_meter(self, told: Told) -> bool:
        """The route holds meter and split: its meter is told by the meter registry already."""
        if told.event != "RouteChanged":
            return False
        before, self._split = self._split, _split_of(told.values["route"])
        return self._split == before

    def document(self, audit: Audit) -> Document:
        """The asset as it stands, its agreements, and how it came to that.

        Raises:
            Rejected: there is no such asset.
        """
        world = audit.world
        asset = world.assets.assets.get(self.asset)
        if asset is None:
            raise Rejected("unknown_asset", f"asset {self.asset}", "there is none up to the pinned block")
        keys = world.meters.of(self.asset)
        agreements = [world.agreements.agreements[number] for number in sorted(self._agreements)]
        credited = world.credits.credited
        settled: Counter[bytes] = Counter()
        returned: Counter[bytes] = Counter()
        for each in agreements:
            settled[each.terms.currency] += each.settled
            returned[each.terms.currency] += credited.get(each.number, 0)
        return {
            "block": audit.pinned.number,
            "clean": audit.clean,
            "asset": self.asset,
            "model": _text(asset.model),
            "serialHash": _hex(asset.serial_hash),
            "maker": checksum_address(asset.maker),
            "selfDeclaredBy": _party(asset.self_declared_by),
            "registeredAt": asset.registered_at,
            "owner": checksum_address(asset.owner),
            "lienholder": _party(asset.lienholder),
            "lifecycle": LIFECYCLES[asset.lifecycle],
            "passport": {"hash": _hex(asset.passport_hash), "uri": asset.passport_uri}
            if any(asset.passport_hash)
            else None,
            "meter": _party(asset.meter),
            "meterEpoch": asset.meter_epoch,
            "curve": CURVES[keys.meter.curve] if asset.meter != ZERO else None,
            "trustGrade": GRADES[keys.meter.grade] if asset.meter != ZERO else None,
            "odometer": keys.odometer.odometer,
            "split": asset.split or None,
            "money": [
                {"currency": checksum_address(currency), "settled": str(amount), "credited": str(returned[currency])}
                for currency, amount in sorted(settled.items())
            ],
            "agreements": [_agreement(each, credited.get(each.number, 0)) for each in agreements],
            "events": [each.document() for each in self.events],
        }


def _agreement(agreement: Agreement, credited: int) -> Document:
    return {
        "agreement": agreement.number,
        "customer": checksum_address(agreement.customer),
        "tariff": agreement.tariff,
        "currency": checksum_address(agreement.terms.currency),
        "exclusive": agreement.exclusive,
        "openedAt": agreement.opened_at,
        "endAt": agreement.end_at or None,
        "closed": agreement.closed,
        "suspended": agreement.suspended,
        "sequence": agreement.sequence,
        "units": [str(register) for register in agreement.last_registers],
        "settled": str(agreement.settled),
        "credited": str(credited),
        "hold": str(agreement.hold),
    }


def _values(told: Told) -> Document:
    if told.event == "RouteChanged":
        return {"split": _split_of(told.values["route"])}
    shown = {name: _shown(name, value) for name, value in told.values.items() if name not in _HIDDEN}
    match told.event:
        case "LifecycleChanged":
            shown |= {name: _name(LIFECYCLES, told.values[name]) for name in ("from", "to")}
        case "StatusRecorded":
            shown["state"] = _name(STATES, told.values["state"])
        case "NextUseDecided":
            shown["use"] = _name(USES, told.values["use"])
        case "MaterialsRecovered":
            shown["materials"] = [
                f"{grams} g {_text(material)} {_name(FATES, fate)}"
                for material, grams, fate in told.values["materials"]
            ]
    return shown


def _shown(name: str, value: Value) -> Any:
    if isinstance(value, bytes):
        return _text(value) if name in _TEXTS else _hex(value)
    if name in _AMOUNTS:
        return str(value)
    return _name(_NAMED[name], value) if name in _NAMED else value


def _name(names: Sequence[str], number: int) -> str:
    """A node may tell a number that no contract emits: the audit has found that, here it stands as it is."""
    return names[number] if number < len(names) else str(number)


def _split_of(route: int) -> int:
    return route >> 32 & 0xFFFFFFFFFFFFFFFF


def _party(address: bytes) -> str | None:
    return None if address == ZERO else checksum_address(address)


def _hex(data: bytes) -> str:
    return checksum_address(data) if len(data) == len(ZERO) else "0x" + data.hex()


def _text(data: bytes) -> str:
    """Short texts as they were written, anything else as bytes."""
    plain = data.rstrip(b"\0").decode("utf-8", "replace")
    return plain if plain.isprintable() and "�" not in plain else _hex(data)


def show(console: Console, document: Document) -> None:
    """For people: what it is, what happened when, who used it."""
    facts = Table.grid(padding=(0, 2))
    for name in ("model", "maker", "owner", "lifecycle", "lienholder", "meter", "curve", "trustGrade", "split"):
        facts.add_row(name, str(document[name] if document[name] is not None else "–"))
    for sums in document["money"]:
        facts.add_row("settled", f"{int(sums['settled']):,}, credited {int(sums['credited']):,} of {sums['currency']}")
    console.print(f"Asset {document['asset']} up to block {document['block']}")
    console.print(facts)
    happened = Table("time", "block", "what", "how", box=None)
    for event in document["events"]:
        inside = {name: value for name, value in event.items() if name not in _PLACE and value not in _NOTHING}
        how = ", ".join(
            f"{name} {_moment(value) if name in _TIMES and value else value}" for name, value in inside.items()
        )
        happened.add_row(_moment(event["time"]), str(event["block"]), event["event"], how)
    console.print(happened)
    if not document["agreements"]:
        return
    used = Table("agreement", "customer", "tariff", "opened", "state", "units", "settled", "credited", box=None)
    for each in document["agreements"]:
        state = "closed" if each["closed"] else "ending" if each["endAt"] else "open"
        units = " · ".join(f"{int(register):,}" for register in each["units"])
        money = (f"{int(each['settled']):,}", f"{int(each['credited']):,}")
        opened = _moment(each["openedAt"])
        used.add_row(str(each["agreement"]), each["customer"], str(each["tariff"]), opened, state, units, *money)
    console.print(used)


def _moment(unix: int) -> str:
    """In UTC; a time beyond the calendar, as for ever is written, stays a number."""
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%d %H:%M:%S") if unix <= _LAST_MOMENT else str(unix)
