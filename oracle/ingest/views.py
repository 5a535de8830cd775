"""Read models as JSON. *seen* comes from readings, *settled* from the chain; no figure mixes the two.

Amounts are base units as decimal text, because JSON numbers end at 2^53.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from oracle.domain.readings import Flag
from oracle.domain.statuses import StatusState
from oracle.domain.tariffs import Tariff, charge
from oracle.domain.terms import PublishedTariff
from oracle.ingest.terms import PublishedTerms
from oracle.store import live, presences, quarantine, read_model, readings, statuses
from oracle.store.checkpoints import Checkpoint
from oracle.store.read_model import Agreement, Asset, Offer
from oracle.store.readings import ReadingState, StoredReading
from oracle.types import BaseUnits, Registers, Seconds, UnixTime

Document = dict[str, object]
LIFECYCLES = ("registered", "in_service", "in_maintenance", "returned", "retired")
GRADES = ("attester", "software_key", "secure_element")
KINDS = ("product_oriented", "use_oriented", "result_oriented")
_RATE_READINGS = 30
_RATE_SECONDS = 600


def agreement_view(
    connection: Connection, agreement: Agreement, checkpoint: Checkpoint, now: float, terms: PublishedTerms
) -> Document:
    """Everything a party may know about an agreement."""
    asset = read_model.asset(connection, agreement.asset_id)
    tariff = read_model.tariff(connection, agreement.tariff_id)
    assert asset is not None
    assert tariff is not None
    recent = readings.of_agreement(connection, agreement.id, ReadingState.ACCEPTED, _RATE_READINGS)
    free = read_model.balance(connection, agreement.customer, tariff.currency)
    time = checkpoint.chain_time(now)
    presence = presences.load(connection, agreement.id)
    held = quarantine.first_open(connection, agreement.id)
    left = cap_left(agreement, time)
    return {
        "agreementId": agreement.id,
        "assetId": agreement.asset_id,
        "tariffId": agreement.tariff_id,
        "customer": agreement.customer,
        "delegate": agreement.delegate,
        "provider": asset.provider,
        "exclusive": agreement.exclusive,
        "openedAt": agreement.opened_at,
        "currency": tariff.currency,
        "registers": register_labels(terms.find(tariff.terms_hash)),
        "seen": seen_view(recent[-1]) if recent else None,
        "settled": settled_view(agreement, checkpoint),
        "trust": trust_view(agreement, asset),
        "freeBalance": str(free),
        "cap": {
            "capPerPeriod": str(agreement.cap_per_period),
            "period": agreement.period,
            "leftInPeriod": str(left),
        },
        "runsOut": runs_out(agreement, tariff, recent, free, left),
        "ending": None
        if agreement.end_at is None
        else {"endAt": agreement.end_at, "finalAccepted": agreement.final_accepted},
        "suspended": agreement.suspended,
        "closed": agreement.closed,
        "stopped": None if presence.stopped_at is None else {"by": presence.stopped_by, "at": int(presence.stopped_at)},
        "quarantine": None if held is None else {"sequence": held.sequence, "reason": held.reason},
        "lastEventId": live.last_id(connection),
    }


def seen_view(reading: StoredReading) -> Document:
    """What the oracle knows from the meter; not money yet."""
    form = reading.reading
    stop = reading.signed.stop_reason
    return {
        "sequence": form.sequence,
        "time": form.time,
        "registers": list(form.registers),
        "odometer": form.odometer,
        "charge": str(reading.charge),
        "elapsed": reading.elapsed,
        "flags": [flag.name.lower() for flag in Flag if form.flags & flag and flag.name],
        "stopReason": None if stop is None else stop.value,
        "stopText": None if stop is None else stop.text,
    }


def settled_view(agreement: Agreement, checkpoint: Checkpoint) -> Document:
    """What the chain says at the confirmed block."""
    return {
        "sequence": agreement.sequence,
        "charge": str(agreement.settled),
        "hold": str(agreement.hold),
        "elapsed": agreement.last_elapsed,
        "credited": str(agreement.credited),
        "at": agreement.settled_time,
        "block": checkpoint.number,
    }


def trust_view(agreement: Agreement, asset: Asset) -> Document:
    """How far the meter is to be trusted, then and now. Less than at the opening: the minimum term does not bind."""
    return {
        "atOpening": GRADES[agreement.grade_at_opening],
        "now": GRADES[asset.grade],
        "minimumTermBinds": asset.grade >= agreement.grade_at_opening,
    }


def cap_left(agreement: Agreement, time: UnixTime) -> BaseUnits:
    """What refills may still move in the present period of chain time; 0 where the customer wants none."""
    if agreement.period == 0:
        return BaseUnits(0)
    same = (time - agreement.opened_at) // agreement.period == agreement.period_index
    return BaseUnits(max(agreement.cap_per_period - (agreement.spent_in_period if same else 0), 0))


def runs_out(
    agreement: Agreement, tariff: Tariff, recent: list[StoredReading], free: BaseUnits, left: BaseUnits
) -> Document | None:
    """When the machine would stop if it went on as in the last ten minutes, and what it will stop for.

    An estimate of time, so it may look at both sides: backing (settled + hold + what refills can add) against use.
    """
    if not recent:
        return None
    last = recent[-1]
    window = [r for r in recent if r.reading.time >= last.reading.time - _RATE_SECONDS]
    seconds = last.reading.time - window[0].reading.time
    used = last.charge - window[0].charge
    backing = agreement.settled + agreement.hold + min(free, left)
    remaining = max(backing - max(last.charge, agreement.settled), 0)
    reason = "no_balance" if free <= left else "cap_reached"
    if seconds <= 0 or used <= 0:
        return {"at": None, "inSeconds": None, "chargePerHour": "0", "reason": reason}
    in_seconds = remaining * seconds // used
    return {
        "at": last.reading.time + in_seconds,
        "inSeconds": in_seconds,
        "chargePerHour": str(used * 3_600 // seconds),
        "reason": reason,
    }


def register_labels(published: PublishedTariff | None) -> list[Document]:
    if published is None:
        return []
    return [{"unit": register.unit, "label": register.label} for register in published.registers]


def tariff_view(tariff: Tariff, published: PublishedTariff | None) -> Document:
    return {
        **tariff.to_json(),
        "kindName": KINDS[tariff.kind],
        "name": None if published is None else published.name,
        "registers": register_labels(published),
        "terms": None if published is None else dict(published.terms),
    }


@dataclass(frozen=True, slots=True)
class Use:
    """For a quote: so much use over so much time."""

    registers: Registers
    elapsed: Seconds


def offer_view(connection: Connection, offer: Offer, asset: Asset, terms: PublishedTerms, use: Use | None) -> Document:
    tariff = read_model.tariff(connection, offer.tariff_id)
    assert tariff is not None
    busy = [a for a in read_model.agreements_of_asset(connection, offer.asset_id) if not a.closed]
    taken = bool(busy) if offer.exclusive else any(agreement.exclusive for agreement in busy)
    return {
        "assetId": offer.asset_id,
        "tariffId": offer.tariff_id,
        "exclusive": offer.exclusive,
        "provider": offer.provider,
        "until": offer.until,
        "available": not taken and asset.offer_refusal is None,
        "asset": asset_summary(asset),
        "tariff": tariff_view(tariff, terms.find(tariff.terms_hash)),
        "quote": None if use is None else quote_view(tariff, use),
    }


def quote_view(tariff: Tariff, use: Use) -> Document:
    return {
        "registers": list(use.registers),
        "elapsed": use.elapsed,
        "charge": str(charge(tariff, use.registers, use.elapsed)),
        "currency": tariff.currency,
    }


def asset_summary(asset: Asset) -> Document:
    return {
        "assetId": asset.id,
        "provider": asset.provider,
        "maker": asset.maker,
        "selfDeclaredBy": asset.self_declared_by,
        "model": asset.model,
        "serialHash": asset.serial_hash,
        "lifecycle": LIFECYCLES[asset.lifecycle],
        "registeredAt": asset.registered_at,
        "meterGrade": None if asset.meter is None else GRADES[asset.grade],
        "lienholder": asset.lienholder,
        "passport": {"hash": asset.passport_hash, "uri": asset.passport_uri},
        "splitId": asset.split_id,
    }


def asset_view(connection: Connection, asset: Asset, checkpoint: Checkpoint) -> Document:
    """Public: settled figures of the asset as a whole, never of one agreement."""
    split = read_model.split(connection, asset.split_id)
    settled: dict[str, int] = {}
    agreements = read_model.agreements_of_asset(connection, asset.id)
    for agreement in agreements:
        tariff = read_model.tariff(connection, agreement.tariff_id)
        if tariff is not None:
            settled[tariff.currency] = settled.get(tariff.currency, 0) + agreement.settled
    newest = statuses.latest(connection, asset.id)
    return asset_summary(asset) | {
        "meter": asset.meter,
        "meterEpoch": asset.epoch,
        "openAgreements": sum(not agreement.closed for agreement in agreements),
        "settled": {currency: str(amount) for currency, amount in settled.items()},
        "split": None
        if split is None
        else {
            "splitId": split.id,
            "version": split.version,
            "controller": split.controller,
            "payees": [{"account": account, "share": str(share)} for account, share in split.payees],
            "undistributed": {
                currency: str(read_model.balance(connection, split.account, currency)) for currency in split.currencies
            },
        },
        "state": None if newest is None else StatusState(newest.status.state).name.lower(),
        "block": checkpoint.number,
    }
