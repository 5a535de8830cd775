"""Signed readings in: verified, judged, on disk, then answered.

    cannot be read, unknown, wrongly signed      rejected       nothing is kept
    there already                                duplicate
    signed, but contradicts what is known        quarantined    kept; a person decides; later ones wait behind it
    otherwise                                    accepted       kept, and settled by the relay

One request is one transaction: what is answered is on disk, or nothing of it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from oracle.domain.answers import ReadingAnswer
from oracle.domain.forms import Domains
from oracle.domain.readings import Reading, ReadingResult, SignedReading, name_of, parse_signed_reading
from oracle.domain.reconciliation import QuarantineReason
from oracle.domain.tariffs import Tariff
from oracle.errors import Malformed, Rejected, Retryable
from oracle.ingest.judging import Contradiction, Priced, into_quarantine, judge, price
from oracle.ingest.meters import MeterCheck
from oracle.ingest.state import Permits, domains_of, require_checkpoint
from oracle.ingest.terms import PublishedTerms
from oracle.store import live, quarantine, readings
from oracle.store.checkpoints import Checkpoint
from oracle.store.database import Database
from oracle.store.read_model import Agreement, Asset, ReadModelCache
from oracle.store.readings import NewReading, ReadingState, StoredReading
from oracle.types import AgreementId, AssetId, Bytes32, TariffId, UnixTime

BEHIND_QUARANTINE = "behind_quarantine"
_KNOWN = (ReadingState.ACCEPTED, ReadingState.QUARANTINED, ReadingState.WAITING)


@dataclass(frozen=True, slots=True)
class _Item:
    """A verified reading at its place in the request."""

    position: int
    signed: SignedReading
    digest: Bytes32

    @property
    def reading(self) -> Reading:
        return self.signed.reading


@dataclass(frozen=True, slots=True)
class _Facts:
    """What verification needs, from one look at the database."""

    checkpoint: Checkpoint
    domains: Domains
    agreements: Mapping[AgreementId, Agreement]
    assets: Mapping[AssetId, Asset]
    tariffs: Mapping[TariffId, Tariff]


@dataclass(slots=True)
class _Stream:
    """One agreement's readings while a request is judged, by rising sequence."""

    agreement: Agreement
    tariff: Tariff
    last: StoredReading | None
    there: dict[int, list[StoredReading]]
    quarantined_from: int | None
    rejected: Sequence[int]
    new: list[NewReading] = field(default_factory=list)


class ReadingsDoor:
    def __init__(self, database: Database, permits: Permits, meters: MeterCheck, terms: PublishedTerms) -> None:
        self._database = database
        self._permits = permits
        self._meters = meters
        self._terms = terms
        self._cache = ReadModelCache()

    def take(self, documents: Sequence[object], now: float) -> list[ReadingAnswer]:
        """One answer for each item, in their order. Raises Retryable; then nothing was kept."""
        answers: dict[int, ReadingAnswer] = {}
        parsed = _parse(documents, answers)
        facts = self._look(signed.reading.agreement_id for _, signed in parsed)
        verified = [item for position, signed in parsed if (item := self._verify(facts, position, signed, answers))]
        if verified:
            with self._database.writing() as connection:
                self._keep(connection, facts, verified, answers, now)
        return self._with_permits([answers[position] for position in range(len(documents))], now)

    def _look(self, wanted: Iterable[AgreementId]) -> _Facts:
        with self._database.reading() as connection:
            checkpoint = require_checkpoint(connection)
            agreements, assets, tariffs = self._cache.get(
                connection, checkpoint, {key for key in wanted if key < 1 << 63}
            )
        return _Facts(checkpoint, domains_of(checkpoint), agreements, assets, tariffs)

    def _verify(
        self, facts: _Facts, position: int, signed: SignedReading, answers: dict[int, ReadingAnswer]
    ) -> _Item | None:
        """Recovering the signer costs no more than verifying against the known key, and also checks the parity bit."""
        try:
            return _Item(position, signed, _verified_digest(facts, signed, self._meters))
        except Rejected as error:
            answers[position] = _refusal(signed.reading, error)
            return None

    def _keep(
        self, connection: Connection, facts: _Facts, items: list[_Item], answers: dict[int, ReadingAnswer], now: float
    ) -> None:
        time = facts.checkpoint.chain_time(now)
        streams = _open_streams(connection, facts, items)
        for item in sorted(items, key=lambda item: item.reading.sequence):
            stream = streams[item.reading.agreement_id]
            answers[item.position] = self._place(connection, stream, item, time, now)
        readings.add(connection, [new for stream in streams.values() for new in stream.new])
        live.add_all(connection, now, [event for stream in streams.values() if (event := _news(stream)) is not None])

    def _place(self, connection: Connection, stream: _Stream, item: _Item, time: UnixTime, now: float) -> ReadingAnswer:
        reading = item.reading
        same = stream.there.get(reading.sequence, [])
        if any(known.digest == item.digest for known in same):
            return _answer(reading, ReadingResult.DUPLICATE)
        before = _before(connection, stream, reading)
        try:
            priced = price(stream.agreement, stream.tariff, before, reading, time)
        except Rejected as error:
            return _refusal(reading, error)
        why = _reused(same, reading)
        waits = stream.quarantined_from is not None and reading.sequence > stream.quarantined_from
        if why is None and not waits:
            why = self._judge(stream, before, reading, priced, time)
            why = why or self._against_next(connection, stream, item, time)
        state = ReadingState.WAITING if waits else ReadingState.ACCEPTED
        new = NewReading(item.signed, item.digest, priced.elapsed, priced.charge, state, now)
        stored = _stored(new)
        stream.there.setdefault(reading.sequence, []).append(stored)
        if why is not None:
            row = readings.add_one(connection, new)
            into_quarantine(connection, replace(stored, id=row), why, now, stream.agreement.sequence)
            low = stream.quarantined_from
            stream.quarantined_from = reading.sequence if low is None else min(low, reading.sequence)
            return _answer(reading, ReadingResult.QUARANTINED, why.reason, why.detail)
        stream.new.append(new)
        if waits:
            detail = f"reading {stream.quarantined_from} is being looked at by a person"
            return _answer(reading, ReadingResult.QUARANTINED, BEHIND_QUARANTINE, detail)
        if stream.last is None or reading.sequence > stream.last.reading.sequence:
            stream.last = stored
        return _answer(reading, ReadingResult.ACCEPTED)

    def _against_next(
        self, connection: Connection, stream: _Stream, item: _Item, time: UnixTime
    ) -> Contradiction | None:
        """A reading that comes late must also fit the one after it."""
        reading = item.reading
        if stream.last is None or reading.sequence > stream.last.reading.sequence:
            return None
        following = readings.next_above(connection, stream.agreement.id, reading.sequence)
        if following is None:
            return None
        own = price(stream.agreement, stream.tariff, None, reading, time)
        late = _stored(NewReading(item.signed, item.digest, own.elapsed, own.charge, ReadingState.ACCEPTED, 0))
        priced = price(stream.agreement, stream.tariff, late, following.reading, time)
        return self._judge(stream, late, following.reading, priced, time)

    def _judge(
        self, stream: _Stream, last: StoredReading | None, new: Reading, priced: Priced, time: UnixTime
    ) -> Contradiction | None:
        published = self._terms.find(stream.tariff.terms_hash)
        return judge(stream.agreement, stream.tariff, last, new, priced, time, stream.rejected, published)

    def _with_permits(self, answers: list[ReadingAnswer], now: float) -> list[ReadingAnswer]:
        """Everybody who shows a signed reading of an agreement gets its current permit, or why there is none."""
        shown = {
            answer.agreement_id
            for answer in answers
            if answer.agreement_id is not None and answer.result is not ReadingResult.REJECTED
        }
        given = self._permits.answers(shown, now) if shown else {}
        return [
            answer.with_permit(found.permit, found.stop_reason)
            if answer.agreement_id is not None and (found := given.get(answer.agreement_id)) is not None
            else answer
            for answer in answers
        ]


def _parse(documents: Sequence[object], answers: dict[int, ReadingAnswer]) -> list[tuple[int, SignedReading]]:
    parsed = []
    for position, document in enumerate(documents):
        try:
            if isinstance(document, Malformed):
                raise document
            signed = document if isinstance(document, SignedReading) else parse_signed_reading(document)
            parsed.append((position, signed))
        except Rejected as error:
            answers[position] = ReadingAnswer(None, None, ReadingResult.REJECTED, error.code, str(error))
    return parsed


def _verified_digest(facts: _Facts, signed: SignedReading, meters: MeterCheck) -> Bytes32:
    reading = signed.reading
    agreement = facts.agreements.get(reading.agreement_id)
    if agreement is None:
        raise Rejected("unknown_agreement", name_of(reading), "is not known at the confirmed block")
    if agreement.asset_id != reading.asset_id:
        raise Rejected("wrong_asset", name_of(reading), f"the agreement is on asset {agreement.asset_id}")
    asset = facts.assets[agreement.asset_id]
    found = meters.require(facts.checkpoint, facts.domains, asset, reading, signed.signature, name_of(reading))
    if agreement.closed:
        raise Rejected("agreement_closed", name_of(reading), "its agreement is closed")
    if agreement.final_accepted and reading.sequence > agreement.sequence:
        raise Rejected("after_final", name_of(reading), "comes after the final reading", str(agreement.sequence))
    return found


def _open_streams(connection: Connection, facts: _Facts, items: list[_Item]) -> dict[AgreementId, _Stream]:
    """What is known of every agreement in the request, in three queries, a fourth where something may be there already.

    Raises Retryable where the chain is being read anew.
    """
    keys = {item.reading.agreement_id for item in items}
    seen = readings.seen(connection, keys)
    if len(seen) != len(keys):
        raise Retryable("oracle", "is reading the chain again", 2)
    places = {(item.reading.agreement_id, item.reading.sequence) for item in items}
    there = readings.at_places(connection, [place for place in places if place[1] <= seen[place[0]].highest])
    known: dict[AgreementId, dict[int, list[StoredReading]]] = {key: {} for key in keys}
    for (agreement, sequence), found in there.items():
        known[agreement][sequence] = found
    quarantined = quarantine.first_sequences(connection, keys)
    rejected = readings.rejected(connection, keys)
    streams = {}
    for key in keys:
        agreement_now = facts.agreements[key]
        streams[key] = _Stream(
            agreement_now,
            facts.tariffs[agreement_now.tariff_id],
            seen[key].last,
            known[key],
            quarantined.get(key),
            rejected.get(key, ()),
        )
    return streams


def _before(connection: Connection, stream: _Stream, reading: Reading) -> StoredReading | None:
    """The accepted reading before this one: the newest, or for a late one its neighbour."""
    if stream.last is None or reading.sequence > stream.last.reading.sequence:
        return stream.last
    stored = readings.latest(connection, stream.agreement.id, below=reading.sequence)
    fresh = [new for new in stream.new if new.signed.reading.sequence < reading.sequence]
    if fresh and (stored is None or fresh[-1].signed.reading.sequence > stored.reading.sequence):
        return _stored(fresh[-1])
    return stored


def _reused(same: list[StoredReading], reading: Reading) -> Contradiction | None:
    if not any(known.state in _KNOWN for known in same):
        return None
    return Contradiction(
        QuarantineReason.SEQUENCE_REUSED.value, f"{name_of(reading)} was signed with another content before"
    )


def _stored(new: NewReading) -> StoredReading:
    """A reading of this request in the form of one that has a row."""
    none = readings.TelemetryState.NONE
    return StoredReading(
        0, new.signed, new.digest, new.elapsed, new.charge, new.state, none, new.received_at, 0, None, None
    )


def _news(stream: _Stream) -> live.NewEvent | None:
    """One live event per agreement and request: the newest accepted reading."""
    newest = next((new for new in reversed(stream.new) if new.state is ReadingState.ACCEPTED), None)
    if newest is None:
        return None
    reading = newest.signed.reading
    stop = newest.signed.stop_reason
    facts = {
        "sequence": reading.sequence,
        "time": reading.time,
        "registers": list(reading.registers),
        "odometer": reading.odometer,
        "flags": int(reading.flags),
        "seenCharge": str(newest.charge),
        "stopReason": None if stop is None else stop.value,
    }
    return live.NewEvent("reading", facts, reading.asset_id, reading.agreement_id)


def _answer(
    reading: Reading, result: ReadingResult, reason: str | None = None, detail: str | None = None
) -> ReadingAnswer:
    return ReadingAnswer(reading.agreement_id, reading.sequence, result, reason, detail)


def _refusal(reading: Reading, error: Rejected) -> ReadingAnswer:
    return _answer(reading, ReadingResult.REJECTED, error.code, str(error))
