"""What the door answers to a device for each reading."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from oracle.domain import wire
from oracle.domain.forms import Signed, parse_signed
from oracle.domain.permits import Permit
from oracle.domain.readings import ReadingResult
from oracle.domain.stop_reasons import StopReason
from oracle.errors import Malformed
from oracle.types import AgreementId


@dataclass(frozen=True, slots=True)
class ReadingAnswer:
    """`reason`: stable code of a quarantine or rejection. `stop_reason`: why no or no higher permit comes.

    A reading that could not be read has no agreement and sequence.
    """

    agreement_id: AgreementId | None
    sequence: int | None
    result: ReadingResult
    reason: str | None = None
    detail: str | None = None
    permit: Signed[Permit] | None = None
    stop_reason: StopReason | None = None

    def with_permit(self, permit: Signed[Permit] | None, stop_reason: StopReason | None) -> Self:
        return type(self)(self.agreement_id, self.sequence, self.result, self.reason, self.detail, permit, stop_reason)

    def to_json(self) -> dict[str, object]:
        return answers_to_json([self])[0]


def answers_to_json(answers: Iterable[ReadingAnswer]) -> list[dict[str, object]]:
    """A permit that stands in many answers is written out once."""
    permits: dict[int, dict[str, object]] = {}
    documents: list[dict[str, object]] = []
    for answer in answers:
        permit = answer.permit
        written = None if permit is None else permits.get(id(permit))
        if permit is not None and written is None:
            written = permits[id(permit)] = permit.to_json()
        documents.append(
            {
                "agreementId": answer.agreement_id,
                "sequence": answer.sequence,
                "result": answer.result.value,
                "reason": answer.reason,
                "detail": answer.detail,
                "permit": written,
                "stopReason": None if answer.stop_reason is None else answer.stop_reason.value,
            }
        )
    return documents


def parse_reading_answer(document: object) -> ReadingAnswer:
    """Reads one decoded item of the answer's `answers`. Raises Malformed or FieldOutOfBounds."""
    who = "answer"
    found = wire.members(
        document, who, ("agreementId", "sequence", "result"), ("reason", "detail", "permit", "stopReason")
    )
    result = found["result"]
    if not isinstance(result, str) or result not in set(ReadingResult):
        raise Malformed(who, "result is unknown", repr(result)[:40])
    agreement, sequence, permit = found["agreementId"], found["sequence"], found.get("permit")
    return ReadingAnswer(
        agreement_id=None if agreement is None else AgreementId(wire.integer(agreement, who, "agreementId")),
        sequence=None if sequence is None else wire.integer(sequence, who, "sequence"),
        result=ReadingResult(result),
        reason=_text(found.get("reason"), "reason"),
        detail=_text(found.get("detail"), "detail"),
        permit=None if permit is None else parse_signed(Permit, permit),
        stop_reason=StopReason.parse(found.get("stopReason")),
    )


def _text(value: object, what: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Malformed("answer", f"{what} must be text or null", repr(value)[:60])
    return value
