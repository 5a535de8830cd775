"""The readings door with a rate for each meter. Only what its key has newly signed counts: a copy, which anybody can
send because readings are public once settled, uses up nothing of it."""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from oracle.domain.plain_readings import PlainReading
from oracle.domain.readings import ReadingResult, SignedReading
from oracle.ingest.meters import MeterCheck
from oracle.ingest.rates import Buckets
from oracle.ingest.readings_door import ReadingsDoor
from oracle.ingest.state import Permits
from oracle.ingest.tally import Tally
from oracle.ingest.terms import PublishedTerms
from oracle.store.database import Database

_NEW = (ReadingResult.ACCEPTED, ReadingResult.QUARANTINED)


class _Answer(msgspec.Struct):
    """As much of an answer as is counted."""

    agreementId: int | None
    result: ReadingResult
    reason: str | None


class _Answers(msgspec.Struct):
    answers: list[_Answer]


_DECODER = msgspec.json.Decoder(_Answers)


class RatedReadingsDoor(ReadingsDoor):
    def __init__(
        self,
        database: Database,
        permits: Permits,
        meters: MeterCheck,
        terms: PublishedTerms,
        rates: Buckets,
        tally: Tally,
    ) -> None:
        super().__init__(database, permits, meters, terms)
        self._rates = rates
        self._tally = tally

    def _take(self, documents: Sequence[PlainReading | object], now: float, may_ask: bool) -> bytes | None:
        """As the door; also raises TooMany where a meter that is named here is in debt."""
        for agreement in set(_named(documents)):
            self._rates.require(agreement)
        encoded = super()._take(documents, now, may_ask)
        if encoded is None:
            return None
        # Reading the answers again costs a hundredth of making them, and needs nothing of how they are made.
        answers = _DECODER.decode(encoded).answers
        for key, count in Counter(answer.agreementId for answer in answers if answer.result in _NEW).items():
            self._rates.charge(key, count)
        for answer in answers:
            if answer.result is ReadingResult.REJECTED:
                self._tally.readings[answer.reason or "rejected"] += 1
        return encoded


def _named(documents: Sequence[PlainReading | object]) -> Iterator[int]:
    for document in documents:
        if isinstance(document, tuple):
            yield document[0]
        elif isinstance(document, SignedReading):
            yield document.reading.agreement_id
        elif isinstance(document, dict):
            reading = document.get("reading")
            agreement = reading.get("agreementId") if isinstance(reading, dict) else None
            if isinstance(agreement, int):
                yield agreement
