"""Which readings are worth a transaction now. Reads only; `submit` writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from oracle.domain.lifecycle import SealReason, seal_reason
from oracle.domain.readings import SignedReading
from oracle.domain.signatures import Curve, with_right_parity
from oracle.relay.watch import Watch
from oracle.settings import SealPolicy, Settings
from oracle.store import batches, read_model, readings
from oracle.store.read_model import Agreement
from oracle.store.readings import StoredReading
from oracle.types import Address, AgreementId, Seconds, SplitId, UnixTime


@dataclass(frozen=True, slots=True)
class Due:
    """The newest acceptable reading of an agreement. `split`: where its fees go; runs of one split are cheaper."""

    agreement: Agreement
    reading: StoredReading
    split: SplitId
    reason: str
    curve: int
    """Of the asset's present meter."""
    meter: Address | None

    @property
    def signed(self) -> SignedReading:
        """As the chain takes it: the door's verification passes over the parity bit, the chain's recovery does not."""
        given = self.reading.signed
        if self.curve != Curve.SECP256K1 or self.meter is None:
            return given
        right = with_right_parity(self.meter, self.reading.digest, given.signature)
        return given if right is given.signature else replace(given, signature=right)


class Sealing:
    """Finds what is due by looking only at agreements of which something may have changed since the last look."""

    def __init__(self) -> None:
        self._watch = Watch(ignored=("permit",))

    def due(self, connection: Connection, settings: Settings, chain_time: UnixTime, now: float) -> list[Due]:
        """One reading per open agreement at most, sorted by tariff and split.

        Left out: agreements with a reading on its way, readings that wait for their samples or after a skip. They, and
        what is due and has not been sent, are looked at again in time.
        """
        wanted = self._watch.begin(connection, chain_time, now)
        if wanted is None:
            looked_at = read_model.open_agreements(connection)
        else:
            known = read_model.agreements(connection, wanted).values()
            looked_at = [agreement for agreement in known if not agreement.closed]
        travelling = readings.on_their_way(connection, [stage.value for stage in batches.OPEN_STAGES])
        for agreement in looked_at:
            if agreement.id in travelling:
                self._watch.again(agreement.id)
        waiting = [agreement for agreement in looked_at if agreement.id not in travelling]
        keys = [agreement.id for agreement in waiting]
        newest = readings.sealable(connection, keys, now, settings.telemetry_grace)
        for key, at in readings.ripening(connection, keys, now, settings.telemetry_grace).items():
            self._watch.at(key, chain_time + at - now)
        found = _due(
            connection, settings, [agreement for agreement in waiting if agreement.id in newest], newest, chain_time
        )
        ready = {item.agreement.id for item in found}
        for key in ready:
            self._watch.again(key)
        for agreement in waiting:
            reading = newest.get(agreement.id)
            if reading is not None and agreement.id not in ready and reading.reading.sequence > agreement.sequence:
                self._watch.at(agreement.id, agreement.last_settled_at + settings.daily_after)
        return found


def _due(
    connection: Connection,
    settings: Settings,
    agreements: Sequence[Agreement],
    newest: Mapping[AgreementId, StoredReading],
    chain_time: UnixTime,
) -> list[Due]:
    partly = readings.at_settled_sequence(connection, newest)
    assets = read_model.assets(connection, [agreement.asset_id for agreement in agreements])
    found = []
    for agreement in agreements:
        reading, behind = newest[agreement.id], partly.get(agreement.id)
        if agreement.hold > 0 and behind is not None and has_arrears(agreement, behind):
            reason: str | None = "arrears"
        else:
            reason = _reason(settings, agreement, reading, chain_time)
        if reason is not None:
            asset = assets[agreement.asset_id]
            found.append(Due(agreement, reading, asset.split_id, reason, asset.curve, asset.meter))
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
