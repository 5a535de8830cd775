"""Readings judged one by one with all that is known of their agreement: late ones, repeated ones, contradictions.

What follows in order and contradicts nothing never comes here (`usual_runs`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from oracle.domain.answers import ReadingAnswer
from oracle.domain.readings import Reading, ReadingResult, SignedReading, name_of
from oracle.domain.reconciliation import QuarantineReason
from oracle.domain.tariffs import Tariff
from oracle.errors import Rejected, Retryable
from oracle.ingest.judging import Contradiction, Priced, into_quarantine, judge, price
from oracle.ingest.terms import PublishedTerms
from oracle.store import quarantine, readings
from oracle.store.read_model import Agreement
from oracle.store.readings import NewReading, ReadingState, StoredReading
from oracle.types import AgreementId, Bytes32, TariffId, UnixTime

BEHIND_QUARANTINE = "behind_quarantine"
_KNOWN = (ReadingState.ACCEPTED, ReadingState.QUARANTINED, ReadingState.WAITING)


@dataclass(frozen=True, slots=True)
class Item:
    """A verified reading at its place in the request."""

    position: int
    signed: SignedReading
    digest: Bytes32

    @property
    def reading(self) -> Reading:
        return self.signed.reading


@dataclass(slots=True)
class Stream:
    """One agreement's readings while a request is judged, by rising sequence."""

    agreement: Agreement
    tariff: Tariff
    last: StoredReading | None
    there: dict[int, list[StoredReading]]
    quarantined_from: int | None
    rejected: Sequence[int]
    new: list[NewReading] = field(default_factory=list)


class Careful:
    """`take` answers each item and leaves in its stream what is to be written; quarantined ones are written at once."""

    def __init__(self, terms: PublishedTerms) -> None:
        self._terms = terms

    def take(
        self,
        connection: Connection,
        agreements: Mapping[AgreementId, Agreement],
        tariffs: Mapping[TariffId, Tariff],
        items: Sequence[Item],
        time: UnixTime,
        now: float,
    ) -> tuple[dict[int, ReadingAnswer], list[list[NewReading]]]:
        """Answers by position, and the new readings of each agreement by rising sequence. Raises Retryable."""
        streams = _open_streams(connection, agreements, tariffs, items)
        answers = {
            item.position: self._place(connection, streams[item.reading.agreement_id], item, time, now)
            for item in sorted(items, key=lambda item: item.reading.sequence)
        }
        return answers, [stream.new for stream in streams.values()]

    def _place(self, connection: Connection, stream: Stream, item: Item, time: UnixTime, now: float) -> ReadingAnswer:
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

    def _against_next(self, connection: Connection, stream: Stream, item: Item, time: UnixTime) -> Contradiction | None:
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
        self, stream: Stream, last: StoredReading | None, new: Reading, priced: Priced, time: UnixTime
    ) -> Contradiction | None:
        published = self._terms.find(stream.tariff.terms_hash)
        return judge(stream.agreement, stream.tariff, last, new, priced, time, stream.rejected, published)


def _open_streams(
    connection: Connection,
    agreements: Mapping[AgreementId, Agreement],
    tariffs: Mapping[TariffId, Tariff],
    items: Sequence[Item],
) -> dict[AgreementId, Stream]:
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
        agreement_now = agreements[key]
        streams[key] = Stream(
            agreement_now,
            tariffs[agreement_now.tariff_id],
            seen[key].last,
            known[key],
            quarantined.get(key),
            rejected.get(key, ()),
        )
    return streams


def _before(connection: Connection, stream: Stream, reading: Reading) -> StoredReading | None:
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


def _answer(
    reading: Reading, result: ReadingResult, reason: str | None = None, detail: str | None = None
) -> ReadingAnswer:
    return ReadingAnswer(reading.agreement_id, reading.sequence, result, reason, detail)


def _refusal(reading: Reading, error: Rejected) -> ReadingAnswer:
    return _answer(reading, ReadingResult.REJECTED, error.code, str(error))
