"""Writes what the chain says into the read model and tells the live stream."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Table

from oracle.chain.client import Block
from oracle.chain.contracts import SlotState
from oracle.domain.tariffs import Tariff
from oracle.errors import Fatal
from oracle.relay.changes import Changes
from oracle.relay.views import ChainState
from oracle.store import bookings, live, read_model, readings, tables, undo
from oracle.store.read_model import Agreement, Asset, ChainEvent
from oracle.types import ZERO_ADDRESS, Address, AgreementId, BaseUnits, BlockNumber, Bytes32, TariffId, UnixTime

_RETRY_LATER = {"too_far_ahead": 120.0, "implausible": 3_600.0}
"""Skips that time can heal, with the seconds before another attempt."""


def apply(
    connection: Connection,
    events: Sequence[ChainEvent],
    changes: Changes,
    state: ChainState,
    at: Block,
    now: float,
    since: BlockNumber | None,
) -> None:
    """One transaction's worth: events, and the state of everything they touched at the block `at`.

    Args:
        since: the checkpoint until now, to which a fork can take the read model back; None where there is none.
    """
    if since is not None:
        _remember(connection, since, changes, state)
    named = {event.agreement_id for event in events if event.agreement_id is not None}
    before = read_model.agreements(connection, {*changes.agreements, *changes.slots, *named})
    read_model.add_events(connection, _enriched(_placed(connection, events), before, state.agreements))
    for event in changes.tariffs:
        terms = _tariff(event.arguments["terms"])
        read_model.save_tariff(connection, TariffId(event.integer("tariff")), event.address("publisher"), terms)
    read_model.save_assets(connection, _with_future_signers(connection, changes, state.assets, at))
    read_model.save_splits(connection, state.splits)
    for offer in state.offers:
        if offer.provider == ZERO_ADDRESS:
            read_model.remove_offer(connection, offer.asset_id, offer.tariff_id, offer.exclusive)
        else:
            read_model.save_offer(connection, offer)
    for account, currency, amount in state.balances:
        read_model.save_balance(connection, account, currency, amount)
    bookings.add(connection, changes.booked)
    bookings.close(connection, changes.unbooked)
    _require_whole(connection, before, changes, state)
    changed = _changed_agreements(before, changes, state.agreements)
    read_model.save_agreements(connection, changed)
    for skip in changes.skips:
        note_skip(connection, *skip, now)
    _tell(connection, changes, changed, state, at, now)


def note_skip(connection: Connection, agreement: AgreementId, sequence: int, reason: str, now: float) -> None:
    """The chain passed a reading over: whether and when another attempt makes sense depends on why."""
    pause = _RETRY_LATER.get(reason)
    readings.note_skip(connection, agreement, sequence, reason, None if pause is None else now + pause)


def _remember(connection: Connection, since: BlockNumber, changes: Changes, state: ChainState) -> None:
    """Everything that this step may replace."""
    keys: list[tuple[Table, Iterable[tuple[object, ...]]]] = [
        (tables.tariffs, ((event.integer("tariff"),) for event in changes.tariffs)),
        (tables.assets, ((asset.id,) for asset in state.assets)),
        (tables.splits, ((split.id,) for split in state.splits)),
        (tables.offers, ((offer.asset_id, offer.tariff_id, offer.exclusive) for offer in state.offers)),
        (tables.balances, ((account, currency) for account, currency, _ in state.balances)),
        (tables.bookings, ((key,) for key in {*(booking.id for booking in changes.booked), *changes.unbooked})),
        (tables.agreements, ((key,) for key in {*changes.agreements, *changes.slots, *changes.settled_at})),
    ]
    for table, wanted in keys:
        undo.remember(connection, since, table, wanted)


def _require_whole(
    connection: Connection, before: Mapping[AgreementId, Agreement], changes: Changes, state: ChainState
) -> None:
    """Raises Fatal where an agreement's opening or its machine lies before the first block that was read."""
    read = {agreement.id for agreement in state.agreements}
    wanted = {agreement.asset_id for agreement in state.agreements}
    if changes.slots.keys() - read - before.keys() or wanted - read_model.assets(connection, wanted).keys():
        raise Fatal(
            "read model",
            "the chain was read from too late a block",
            "Set CISE_START_BLOCK to the block of the deployment or before.",
        )


def _placed(connection: Connection, events: Sequence[ChainEvent]) -> list[ChainEvent]:
    """Events of orders with the machine that the order is for; only the opening names it."""
    opened = {event.order_id: event.asset_id for event in events if event.name == "OrderOpened"}
    named = {event.order_id for event in events if event.order_id is not None} - opened.keys()
    opened |= {event.order_id: event.asset_id for event in read_model.openings(connection, named)}
    return [
        replace(event, asset_id=opened.get(event.order_id)) if event.asset_id is None and event.order_id else event
        for event in events
    ]


def _enriched(
    events: Sequence[ChainEvent], before: Mapping[AgreementId, Agreement], read: Sequence[Agreement]
) -> list[ChainEvent]:
    """Events of agreements with their asset, and settlements with the amount they took."""
    assets = {agreement.id: agreement.asset_id for agreement in (*before.values(), *read)}
    settled = {agreement.id: agreement.settled for agreement in before.values()}
    there = set(before)
    enriched = []
    for event in events:
        if event.agreement_id is None:
            enriched.append(event)
            continue
        key = event.agreement_id
        if event.name == "AgreementOpened":
            there.add(key)
        amount = None
        if "state" in event.arguments:
            after = SlotState.unpack(event.arguments["state"]).settled
            if event.name in ("ReadingSettled", "StandingAccrued"):
                amount = BaseUnits(after - settled.get(key, 0))
            settled[key] = after
        # A reading may be passed over because its agreement is not there yet.
        asset = event.asset_id or (assets.get(key) if key in there else None)
        enriched.append(replace(event, asset_id=asset, amount=amount))
    return enriched


def _with_future_signers(connection: Connection, changes: Changes, assets: Sequence[Asset], at: Block) -> list[Asset]:
    """The registry shows a permit signer only from its date on: one that is announced is remembered until then."""
    before = read_model.assets(connection, [asset.id for asset in assets])
    result = []
    for asset in assets:
        old = before.get(asset.id)
        signer, since = changes.signers.get(asset.id, (None, UnixTime(0)))
        if signer is None and old is not None and old.title_epoch == asset.title_epoch:
            signer, since = old.next_permit_signer, old.next_permit_signer_from
        if signer is not None and since > at.time:
            asset = replace(asset, next_permit_signer=signer, next_permit_signer_from=since)
        result.append(asset)
    return result


def _changed_agreements(
    before: Mapping[AgreementId, Agreement], changes: Changes, read: Sequence[Agreement]
) -> list[Agreement]:
    changed = {
        agreement.id: replace(
            agreement, settled_time=before[agreement.id].settled_time if agreement.id in before else None
        )
        for agreement in read
    }
    for key, slot in changes.slots.items():
        if key not in changed:
            changed[key] = replace(
                before[key],
                sequence=slot.sequence,
                last_elapsed=slot.last_elapsed,
                settled=slot.settled,
                hold=slot.hold,
            )
    for key, time in changes.settled_at.items():
        changed[key] = replace(changed[key], settled_time=time)
    return list(changed.values())


def _tell(
    connection: Connection, changes: Changes, changed: Sequence[Agreement], state: ChainState, at: Block, now: float
) -> None:
    for agreement in changed:
        facts = {
            "settled": str(agreement.settled),
            "hold": str(agreement.hold),
            "settledSequence": agreement.sequence,
            "block": at.number,
        }
        live.add(connection, now, "settled", facts, agreement.asset_id, agreement.id)
        if agreement.id in changes.settled_at:
            public = {"settledAt": changes.settled_at[agreement.id], "block": at.number}
            live.add(connection, now, "ledger", public, agreement.asset_id, public=True)
    for account, currency, amount in state.balances:
        for agreement in read_model.agreements_of_customer(connection, account):
            facts = {"currency": currency, "freeBalance": str(amount), "block": at.number}
            live.add(connection, now, "balance", facts, agreement.asset_id, agreement.id)
    for asset in bookings.assets_of(connection, {*(booking.id for booking in changes.booked), *changes.unbooked}):
        for agreement in read_model.agreements_of_asset(connection, asset):
            if not agreement.closed:
                live.add(connection, now, "booking", {"block": at.number}, asset, agreement.id)
    for agreement_id, sequence, reason in changes.skips:
        live.add(connection, now, "skipped", {"sequence": sequence, "reason": reason}, agreement=agreement_id)


def _tariff(terms: dict[str, Any]) -> Tariff:
    prices = (
        terms["pricePerMillion0"],
        terms["pricePerMillion1"],
        terms["pricePerMillion2"],
        terms["pricePerMillion3"],
    )
    return Tariff(
        currency=Address(terms["currency"]),
        price_per_million=prices,
        standing_per_day=terms["standingPerDay"],
        hold_target=terms["holdTarget"],
        max_charge_per_hour=terms["maxChargePerHour"],
        burst=terms["burst"],
        notice=terms["notice"],
        minimum_term=terms["minimumTerm"],
        permit_validity=terms["permitValidity"],
        delivery_time=terms["deliveryTime"],
        session_cap=terms["sessionCap"],
        idle_stop=terms["idleStop"],
        unused_days=terms["unusedDays"],
        tax_bps=terms["taxBps"],
        tax_included=terms["taxIncluded"],
        kind=terms["kind"],
        terms_hash=Bytes32(bytes.fromhex(terms["termsHash"][2:])),
    )
