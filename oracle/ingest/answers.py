"""The answers to one request, written as JSON text straight away: most of them differ in a number only."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from oracle.domain.answers import ReadingAnswer
from oracle.domain.forms import Signed
from oracle.domain.permits import Permit
from oracle.domain.plain_readings import PlainReading, name_of
from oracle.domain.readings import ReadingResult
from oracle.domain.stop_reasons import StopReason
from oracle.errors import Rejected
from oracle.ingest.state import PermitGiven
from oracle.ingest.usual_runs import Verified
from oracle.types import AgreementId

_NEW = (ReadingResult.ACCEPTED, ReadingResult.QUARANTINED)


class Answers:
    """One place for each item of the request; each is filled once."""

    __slots__ = ("_places",)

    def __init__(self, count: int) -> None:
        self._places: list[PlainReading | ReadingAnswer | None] = [None] * count

    def accept(self, verified: Iterable[Verified]) -> None:
        places = self._places
        for position, item, _ in verified:
            places[position] = item

    def place(self, answers: Mapping[int, ReadingAnswer]) -> None:
        for position, answer in answers.items():
            self._places[position] = answer

    def reject(self, position: int, item: PlainReading, error: Rejected) -> None:
        self._places[position] = ReadingAnswer(
            AgreementId(item[0]), item[2], ReadingResult.REJECTED, error.code, str(error)
        )

    def reject_all(self, items: Iterable[tuple[int, PlainReading]], code: str, what: str, how_much: str = "") -> None:
        for position, item in items:
            self.reject(position, item, Rejected(code, name_of(item), what, how_much))

    def newly_signed(self) -> Counter[int]:
        """How many readings of each agreement were not there before."""
        found = Counter([place[0] for place in self._places if type(place) is tuple])
        for place in self._places:
            if type(place) is ReadingAnswer and place.result in _NEW and place.agreement_id is not None:
                found[place.agreement_id] += 1
        return found

    def refusals(self) -> Iterable[str]:
        """Of each rejected item the reason."""
        for place in self._places:
            if type(place) is ReadingAnswer and place.result is ReadingResult.REJECTED:
                yield place.reason or "rejected"

    def shown(self) -> set[AgreementId]:
        """Everybody who shows a signed reading of an agreement gets its current permit, or why there is none."""
        found = {AgreementId(place[0]) for place in self._places if type(place) is tuple}
        for place in self._places:
            if type(place) is ReadingAnswer and place.result is not ReadingResult.REJECTED and place.agreement_id:
                found.add(place.agreement_id)
        return found

    def encoded(self, given: Mapping[AgreementId, PermitGiven]) -> bytes:
        ends: dict[int, str] = {key: _end(found.permit, found.stop_reason) for key, found in given.items()}
        nothing = _end(None, None)
        written = [
            f'{{"agreementId":{place[0]},"sequence":{place[2]},"result":"accepted","reason":null,"detail":null,'
            + ends.get(place[0], nothing)
            if type(place) is tuple
            else _written(place, ends, nothing)
            for place in self._places
        ]
        return f'{{"answers":[{",".join(written)}]}}'.encode()


def _written(answer: object, ends: Mapping[int, str], nothing: str) -> str:
    """Raises TypeError for a place that nobody filled: a defect."""
    if not isinstance(answer, ReadingAnswer):
        raise TypeError("an item without an answer")
    begin = {
        "agreementId": answer.agreement_id,
        "sequence": answer.sequence,
        "result": answer.result.value,
        "reason": answer.reason,
        "detail": answer.detail,
    }
    shows = answer.agreement_id is not None and answer.result is not ReadingResult.REJECTED
    end = ends.get(answer.agreement_id, nothing) if shows and answer.agreement_id is not None else nothing
    return msgspec.json.encode(begin).decode()[:-1] + "," + end


def _end(permit: Signed[Permit] | None, stop: StopReason | None) -> str:
    why = "null" if stop is None else f'"{stop.value}"'
    return f'"permit":{"null" if permit is None else _permit(permit)},"stopReason":{why}}}'


def _permit(permit: Signed[Permit]) -> str:
    """The same permit is given out again and again."""
    known = _texts.get(permit.signature)
    if known is not None and known[0] is permit:
        return known[1]
    text = msgspec.json.encode(permit.to_json()).decode()
    while len(_texts) >= _TEXTS_KEPT:
        _texts.pop(next(iter(_texts)), None)
    _texts[permit.signature] = permit, text
    return text


_TEXTS_KEPT = 100_000
_texts: dict[bytes, tuple[Signed[Permit], str]] = {}
