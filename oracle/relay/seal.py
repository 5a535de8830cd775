"""Which readings are worth a transaction now. Reads only; `submit` writes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from oracle.domain.lifecycle import SealReason, seal_reason
from oracle.settings import SealPolicy, Settings
from oracle.store import batches, read_model, readings
from oracle.store.read_model import Agreement
from oracle.store.readings import StoredReading
from oracle.types import Seconds, SplitId, UnixTime


@dataclass(frozen=True, slots=True)
class Due:
    """The newest acceptable reading of an agreement. `split`: where its fees go; runs of one split are cheaper."""

    agreement: Agreement
    reading: StoredReading
    split: SplitId
    reason: str
    curve: int
    """Of the asset's present meter."""


def due(connection: Connection, settings: Settings, chain_time: UnixTime, now: float) -> list[Due]:
    """One reading per open agreement at most, sorted by tariff and split.

    Left out: agreements with a reading on its way, readings that wait for their samples or after a skip.
    """
    open_now = read_model.open_agreements(connection)
    travelling = readings.on_their_way(connection, [stage.value for stage in batches.OPEN_STAGES])
    waiting = [agreement for agreement in open_now if agreement.id not in travelling]
    newest = readings.sealable(connection, [a.id for a in waiting], now, settings.telemetry_grace)
    partly = readings.at_settled_sequence(connection, list(newest))
    assets = read_model.assets(connection, [agreement.asset_id for agreement in waiting])
    found = []
    for agreement in waiting:
        reading = newest.get(agreement.id)
        if reading is None:
            continue
        behind = partly.get(agreement.id)
        if agreement.hold > 0 and behind is not None and has_arrears(agreement, behind):
            reason: str | None = "arrears"
        else:
            reason = _reason(settings, agreement, reading, chain_time)
        if reason is not None:
            asset = assets[agreement.asset_id]
            found.append(Due(agreement, reading, asset.split_id, reason, asset.curve))
    return sorted(found, key=lambda item: (item.agreement.tariff_id, item.split, item.agreement.id))


def in_batches(items: Sequence[Due], size: int) -> list[list[Due]]:
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


def has_arrears(agreement: Agreement, reading: StoredReading) -> bool:
    """Whether this reading was settled only in part."""
    return reading.reading.sequence == agreement.sequence and reading.charge > agreement.settled


def _reason(settings: Settings, agreement: Agreement, reading: StoredReading, chain_time: UnixTime) -> str | None:
    if settings.seal_policy is SealPolicy.EACH_BLOCK and reading.reading.sequence > agreement.sequence:
        return "each_block"
    reason: SealReason | None = seal_reason(
        reading.reading,
        reading.charge,
        agreement.settled,
        agreement.sequence,
        agreement.hold,
        agreement.last_settled_at,
        chain_time,
        Seconds(int(settings.daily_after)),
    )
    return None if reason is None else reason.value
