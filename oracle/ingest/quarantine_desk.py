"""A named person releases or rejects what contradicts itself; then the readings that waited are judged in order."""

from dataclasses import dataclass

from sqlalchemy import Connection

from oracle.domain.telemetry import Telemetry
from oracle.errors import Rejected
from oracle.ingest.judging import Contradiction, into_quarantine, judge, price
from oracle.ingest.state import require_checkpoint
from oracle.ingest.telemetry_door import contradiction, load_level_rule
from oracle.ingest.terms import PublishedTerms
from oracle.store import live, quarantine, read_model, readings, telemetry
from oracle.store.database import Database
from oracle.store.quarantine import QuarantineEntry, Resolution
from oracle.store.read_model import Agreement
from oracle.store.readings import ReadingState, StoredReading, TelemetryState
from oracle.types import UnixTime


@dataclass(frozen=True, slots=True)
class QuarantineDesk:
    database: Database
    terms: PublishedTerms

    def entries(self, open_only: bool = True) -> list[QuarantineEntry]:
        with self.database.reading() as connection:
            return quarantine.entries(connection, open_only)

    def release(self, entry_id: int, by: str, note: str | None, now: float) -> QuarantineEntry:
        """The reading counts. Raises Rejected: `unknown_quarantine_entry`, `already_decided`, `nobody_named`."""
        return self._decide(entry_id, Resolution.RELEASED, by, note, now)

    def reject(self, entry_id: int, by: str, note: str | None, now: float) -> QuarantineEntry:
        """The reading never counts. The next one goes into quarantine in its turn, because it counts on from it."""
        return self._decide(entry_id, Resolution.REJECTED, by, note, now)

    def _decide(self, entry_id: int, resolution: Resolution, by: str, note: str | None, now: float) -> QuarantineEntry:
        if not by.strip():
            raise Rejected("nobody_named", f"quarantine entry {entry_id}", "needs the name of the person who decides")
        with self.database.writing() as connection:
            entry = quarantine.entry(connection, entry_id)
            if entry.resolution is not None:
                what = f"was {entry.resolution} by {entry.resolved_by}"
                raise Rejected("already_decided", f"quarantine entry {entry_id}", what)
            time = require_checkpoint(connection).chain_time(now)
            agreement = read_model.agreement(connection, entry.agreement_id)
            if agreement is None:
                raise Rejected("unknown_agreement", f"agreement {entry.agreement_id}", "is not in the read model")
            quarantine.close_entry(connection, entry_id, resolution, by.strip(), note, now)
            reading = readings.by_id(connection, entry.reading_id)
            if resolution is Resolution.RELEASED:
                self._accept_instead(connection, agreement, reading, time)
            else:
                readings.set_state(connection, reading.id, ReadingState.REJECTED)
            self._go_on(connection, agreement, time, now)
            facts = {"entry": entry_id, "sequence": entry.sequence, "resolution": resolution.value}
            live.add(connection, now, "quarantine", facts, agreement.asset_id, agreement.id)
            return quarantine.entry(connection, entry_id)

    def _accept_instead(
        self, connection: Connection, agreement: Agreement, reading: StoredReading, time: UnixTime
    ) -> None:
        """Of two readings with one sequence only the released one counts."""
        sequence = reading.reading.sequence
        for other in readings.at_sequences(connection, agreement.id, [sequence]).get(sequence, []):
            if other.id != reading.id and other.state is ReadingState.ACCEPTED:
                readings.set_state(connection, other.id, ReadingState.REJECTED)
        self._accept(connection, agreement, reading, time)

    def _accept(self, connection: Connection, agreement: Agreement, reading: StoredReading, time: UnixTime) -> None:
        tariff = read_model.tariff(connection, agreement.tariff_id)
        assert tariff is not None
        before = readings.latest(connection, agreement.id, below=reading.reading.sequence)
        priced = price(agreement, tariff, before, reading.reading, time)
        readings.set_charge(connection, reading.id, priced.elapsed, priced.charge)
        readings.set_state(connection, reading.id, ReadingState.ACCEPTED)

    def _go_on(self, connection: Connection, agreement: Agreement, time: UnixTime, now: float) -> None:
        """Waiting readings in order, until the next one that a person must see."""
        barrier = quarantine.first_open(connection, agreement.id)
        for reading in readings.of_agreement(connection, agreement.id, ReadingState.WAITING):
            if barrier is not None and reading.reading.sequence > barrier.sequence:
                return
            why = self._judge(connection, agreement, reading, time)
            if why is not None:
                into_quarantine(connection, reading, why, now, agreement.sequence)
                return
            self._accept(connection, agreement, reading, time)

    def _judge(
        self, connection: Connection, agreement: Agreement, reading: StoredReading, time: UnixTime
    ) -> Contradiction | None:
        tariff = read_model.tariff(connection, agreement.tariff_id)
        assert tariff is not None
        before = readings.latest(connection, agreement.id, below=reading.reading.sequence)
        priced = price(agreement, tariff, before, reading.reading, time)
        rejected = readings.rejected(connection, [agreement.id]).get(agreement.id, [])
        published = self.terms.find(tariff.terms_hash)
        why = judge(agreement, tariff, before, reading.reading, priced, time, rejected, published)
        if why is not None or reading.telemetry is not TelemetryState.CHECKED:
            return why
        form = reading.reading
        samples = Telemetry(
            form.agreement_id, form.asset_id, form.sequence, telemetry.of_reading(connection, reading.id)
        )
        return contradiction(connection, reading, samples, load_level_rule(connection, self.terms, agreement))
