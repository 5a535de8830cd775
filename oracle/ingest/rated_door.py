"""The readings door with a rate for each meter. Only what its key has newly signed counts: a copy, which anybody can
send because readings are public once settled, uses up nothing of it."""

from collections.abc import Iterator, Sequence

from oracle.domain.plain_readings import PlainReading
from oracle.domain.readings import SignedReading
from oracle.ingest.answers import Answers
from oracle.ingest.meters import MeterCheck
from oracle.ingest.rates import Buckets
from oracle.ingest.readings_door import ReadingsDoor
from oracle.ingest.state import Permits
from oracle.ingest.tally import Tally
from oracle.ingest.terms import PublishedTerms
from oracle.store.database import Database


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
        return super()._take(documents, now, may_ask)

    def _answered(self, answers: Answers) -> None:
        for agreement, count in answers.newly_signed().items():
            self._rates.charge(agreement, count)
        for reason in answers.refusals():
            self._tally.readings[reason] += 1


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
