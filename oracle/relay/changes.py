"""What a stretch of events touches: the first half of following the chain."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oracle.chain.client import checksummed
from oracle.chain.contracts import ASSETS, METERS, SKIP_REASONS, SPLITTER, SlotState
from oracle.chain.events import Event
from oracle.store.bookings import Booking
from oracle.types import ZERO_ADDRESS, Address, AgreementId, AssetId, ReservationId, SplitId, TariffId, UnixTime

_STATE_EVENTS = ("ReadingSettled", "StandingAccrued")
"""They carry the whole slot and change nothing else: no view is asked."""


@dataclass(slots=True)
class Changes:
    """What the events touched."""

    agreements: set[AgreementId] = field(default_factory=set)
    slots: dict[AgreementId, SlotState] = field(default_factory=dict)
    settled_at: dict[AgreementId, UnixTime] = field(default_factory=dict)
    assets: set[AssetId] = field(default_factory=set)
    signers: dict[AssetId, tuple[Address, UnixTime]] = field(default_factory=dict)
    offers: set[tuple[AssetId, TariffId, bool]] = field(default_factory=set)
    splits: set[SplitId] = field(default_factory=set)
    balances: set[tuple[Address, Address]] = field(default_factory=set)
    tariffs: list[Event] = field(default_factory=list)
    skips: list[tuple[AgreementId, int, str]] = field(default_factory=list)
    booked: list[Booking] = field(default_factory=list)
    unbooked: set[ReservationId] = field(default_factory=set)


def note(changes: Changes, event: Event, time: UnixTime) -> None:
    match event.contract, event.name:
        case "UsageAgreements", _:
            _note_agreement(changes, event, time)
        case "AssetRegistry", "Transfer":
            changes.assets.add(AssetId(event.integer("tokenId")))
        case "OfferBook", "Offered" | "OfferWithdrawn":
            asset, tariff = AssetId(event.integer("asset")), TariffId(event.integer("tariff"))
            changes.offers.add((asset, tariff, bool(event.arguments["exclusive"])))
        case "CreditNotes", "CreditNoteIssued":
            changes.agreements.add(AgreementId(event.integer("agreement")))
        case "Reservations", "Booked":
            changes.booked.append(_booking(event))
        case "Reservations", "ReservationEnded":
            changes.unbooked.add(ReservationId(event.integer("reservation")))
        case "TariffBook", "TariffPublished":
            changes.tariffs.append(event)
        case "PrepaidAccounts", "Transfer":
            currency = checksummed(event.integer("id").to_bytes(20))
            for party in (event.address("sender"), event.address("receiver")):
                if party != ZERO_ADDRESS:
                    changes.balances.add((party, currency))
        case _:
            _note_by_argument(changes, event)


def skip_of(arguments: Mapping[str, Any]) -> tuple[AgreementId, int, str]:
    """Agreement, sequence and reason of a ReadingSkipped."""
    return AgreementId(arguments["agreement"]), int(arguments["sequence"]), SKIP_REASONS[int(arguments["reason"])]


def _booking(event: Event) -> Booking:
    return Booking(
        ReservationId(event.integer("reservation")),
        AssetId(event.integer("asset")),
        event.address("customer"),
        UnixTime(event.integer("from")),
        UnixTime(event.integer("until")),
        stands=True,
    )


def _note_agreement(changes: Changes, event: Event, time: UnixTime) -> None:
    if "agreement" not in event.arguments:
        return
    agreement = AgreementId(event.integer("agreement"))
    if event.name == "ReadingSkipped":
        changes.skips.append(skip_of(event.arguments))
        return
    if event.name == "ReadingSettled":
        changes.settled_at[agreement] = time
    if event.name in _STATE_EVENTS:
        changes.slots[agreement] = SlotState.unpack(event.integer("state"))
    else:
        changes.agreements.add(agreement)


def _note_by_argument(changes: Changes, event: Event) -> None:
    if event.contract in (ASSETS, METERS) and "asset" in event.arguments:
        asset = AssetId(event.integer("asset"))
        changes.assets.add(asset)
        if event.name == "PermitSignerAppointed":
            changes.signers[asset] = (event.address("signer"), UnixTime(event.integer("validFrom")))
    if event.contract == SPLITTER and "split" in event.arguments and event.name != "Distributed":
        changes.splits.add(SplitId(event.integer("split")))
