"""Samples in: they must hash to the root that the meter signed; then levels are recomputed from them by the published
rule. A reading that contradicts its own samples goes into quarantine. Samples that do not match the root prove nothing
about the meter, whoever sent them: they are refused."""

from sqlalchemy import Connection

from oracle.domain.load_levels import LoadLevelRule
from oracle.domain.readings import ReadingResult
from oracle.domain.reconciliation import Quarantined, reconcile_telemetry
from oracle.domain.telemetry import Telemetry, telemetry_root
from oracle.errors import Rejected
from oracle.ingest.judging import Contradiction, into_quarantine
from oracle.ingest.terms import PublishedTerms
from oracle.store import live, read_model, readings, telemetry
from oracle.store.database import Database
from oracle.store.read_model import Agreement
from oracle.store.readings import ReadingState, StoredReading, TelemetryState


class TelemetryDoor:
    def __init__(self, database: Database, terms: PublishedTerms) -> None:
        self._database = database
        self._terms = terms

    def take(self, document: Telemetry, now: float) -> tuple[ReadingResult, str | None]:
        """Accepted, duplicate, or quarantined with the reason. Raises Rejected `unknown_reading`,
        `telemetry_root_mismatch`."""
        root = telemetry_root(document.samples)
        with self._database.writing() as connection:
            reading = _reading(connection, document)
            if root != reading.reading.telemetry_root:
                who = f"telemetry of reading {document.sequence}"
                raise Rejected("telemetry_root_mismatch", who, "does not hash to the signed root", "0x" + root.hex())
            if reading.telemetry is not TelemetryState.AWAITED:
                return ReadingResult.DUPLICATE, None
            telemetry.add(connection, reading.id, reading.reading.asset_id, document.samples)
            self._tell(connection, document, now)
            if reading.state is not ReadingState.ACCEPTED:
                readings.set_telemetry(connection, reading.id, TelemetryState.CHECKED)
                return ReadingResult.ACCEPTED, None
            why = contradiction(connection, reading, document, self.rule(connection, document))
            if why is None:
                readings.set_telemetry(connection, reading.id, TelemetryState.CHECKED)
                return ReadingResult.ACCEPTED, None
            readings.set_telemetry(connection, reading.id, TelemetryState.CONTRADICTS)
            agreement = read_model.agreement(connection, document.agreement_id)
            settled = 0 if agreement is None else agreement.sequence
            into_quarantine(connection, reading, why, now, settled)
            return ReadingResult.QUARANTINED, why.reason

    def rule(self, connection: Connection, document: Telemetry) -> LoadLevelRule | None:
        """The rule of the agreement's published terms; None where the terms are not known here or have none."""
        agreement = read_model.agreement(connection, document.agreement_id)
        return None if agreement is None else load_level_rule(connection, self._terms, agreement)

    def _tell(self, connection: Connection, document: Telemetry, now: float) -> None:
        """The newest sample for the live page: personal, never on a public stream."""
        if not document.samples:
            return
        sample = document.samples[-1].sample
        rule = self.rule(connection, document)
        facts = {
            "level": None if rule is None else rule.level(sample),
            "utilisationPercent": None if rule is None else rule.utilisation_percent(sample),
            "rpm": sample.rpm,
            "torqueMillinewtonMetres": sample.torque_millinewton_metres,
            "temperatureMillicelsius": sample.temperature_millicelsius,
            "vibrationMicrometresPerSecond": sample.vibration_micrometres_per_second,
            "endedAtMs": sample.ended_at_ms,
        }
        live.add(connection, now, "telemetry", facts, document.asset_id, document.agreement_id)


def load_level_rule(connection: Connection, terms: PublishedTerms, agreement: Agreement) -> LoadLevelRule | None:
    tariff = read_model.tariff(connection, agreement.tariff_id)
    published = None if tariff is None else terms.find(tariff.terms_hash)
    return None if published is None else published.load_levels


def contradiction(
    connection: Connection, reading: StoredReading, document: Telemetry, rule: LoadLevelRule | None
) -> Contradiction | None:
    """The reading against its samples and the accepted one before it."""
    before = readings.latest(connection, reading.reading.agreement_id, below=reading.reading.sequence)
    verdict = reconcile_telemetry(None if before is None else before.reading, reading.reading, document, rule)
    return Contradiction(verdict.reason.value, verdict.detail) if isinstance(verdict, Quarantined) else None


def _reading(connection: Connection, document: Telemetry) -> StoredReading:
    """The reading that these samples are about; where a sequence was used twice, the one whose root they hash to."""
    found = []
    if document.agreement_id < 1 << 63:
        there = readings.at_sequences(connection, document.agreement_id, [document.sequence])
        found = [r for r in there.get(document.sequence, []) if r.reading.asset_id == document.asset_id]
    if not found:
        who = f"reading {document.sequence} of agreement {document.agreement_id} on asset {document.asset_id}"
        raise Rejected("unknown_reading", who, "is not here: send it before its samples")
    root = telemetry_root(document.samples)
    return next((reading for reading in found if reading.reading.telemetry_root == root), found[0])
