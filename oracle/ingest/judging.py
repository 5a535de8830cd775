"""Is a well-signed reading believed? Charge, order and plausibility in one place, for door and desk alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from oracle.domain.readings import Flag, Reading
from oracle.domain.reconciliation import Accepted, Duplicate, NotAccepted, Quarantined, reconcile_readings
from oracle.domain.tariffs import Tariff, charge, elapsed_seconds, highest_plausible_charge
from oracle.domain.terms import PublishedTariff
from oracle.store import live, quarantine, readings
from oracle.store.read_model import Agreement
from oracle.store.readings import ReadingState, StoredReading
from oracle.types import BaseUnits, Seconds, UnixTime

IMPLAUSIBLE = "implausible"
AFTER_REJECTED = "after_rejected"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Why a person must look."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Priced:
    """A reading's cumulative charge at its elapsed time."""

    elapsed: Seconds
    charge: BaseUnits


def price(agreement: Agreement, tariff: Tariff, last: StoredReading | None, new: Reading, time: UnixTime) -> Priced:
    """What the chain would compute if it settled the reading now. Raises Rejected `too_far_ahead`."""
    accrued = agreement.last_elapsed if new.sequence > agreement.sequence else 0
    elapsed = elapsed_seconds(
        Seconds(max(accrued, 0 if last is None else last.elapsed)),
        new.time,
        agreement.opened_at,
        time,
        agreement.end_at,
        not new.flags & Flag.CLOCK_NOT_SYNCHRONISED,
    )
    return Priced(elapsed, charge(tariff, new.registers, elapsed))


def judge(
    agreement: Agreement,
    tariff: Tariff,
    last: StoredReading | None,
    new: Reading,
    priced: Priced,
    time: UnixTime,
    rejected: Sequence[int],
    published: PublishedTariff | None,
) -> Contradiction | None:
    """The reading against the one before it, what the tariff allows, and what a person rejected in between.

    Args:
        rejected: sequences of the agreement's rejected readings, rising.
    """
    counted = () if published is None else published.odometer_registers
    verdict = reconcile_readings(None if last is None else last.reading, new, counted)
    match verdict:
        case Quarantined(reason, detail):
            return Contradiction(reason.value, detail)
        case NotAccepted(reason, detail):
            return Contradiction(reason.value, detail)
        case Accepted() | Duplicate():
            pass
    most = highest_plausible_charge(tariff, Seconds(max(time - agreement.opened_at, 0)))
    if priced.charge > most:
        return Contradiction(IMPLAUSIBLE, f"charge {priced.charge} > {most} since the opening")
    after = 0 if last is None else last.reading.sequence
    between = [sequence for sequence in rejected if after < sequence < new.sequence]
    if between:
        return Contradiction(AFTER_REJECTED, f"it counts on from reading {between[0]}, which a person rejected")
    return None


def into_quarantine(
    connection: Connection, reading: StoredReading, why: Contradiction, now: float, settled_sequence: int
) -> int:
    """Opens an entry; later accepted readings wait behind it. Returns the entry's id."""
    detail = why.detail
    if reading.reading.sequence <= settled_sequence:
        detail += "; already settled on chain: a credit note is the remedy"
    readings.set_state(connection, reading.id, ReadingState.QUARANTINED)
    agreement = reading.reading.agreement_id
    readings.make_wait(connection, agreement, reading.reading.sequence)
    entry = quarantine.open_entry(connection, reading.id, agreement, why.reason, detail, now)
    facts = {"entry": entry, "sequence": reading.reading.sequence, "reason": why.reason}
    live.add(connection, now, "quarantine", facts, reading.reading.asset_id, agreement)
    return entry
