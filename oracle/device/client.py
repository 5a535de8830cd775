"""HTTP to the ingest door."""

from collections.abc import Sequence

import httpx

from oracle.domain import wire
from oracle.domain.answers import ReadingAnswer, parse_reading_answer
from oracle.domain.forms import Signed, parse_signed
from oracle.domain.permits import Permit, Start
from oracle.domain.readings import SignedReading
from oracle.domain.statuses import Status
from oracle.domain.stop_reasons import StopReason
from oracle.domain.telemetry import Telemetry
from oracle.errors import Malformed, Rejected, Retryable
from oracle.types import AgreementId

_TRY_AGAIN = frozenset({408, 425, 429})


class IngestClient:
    """One door. Raises Retryable when it cannot be reached or is not ready, Rejected when it refuses a request.

    Args:
        url: of the door, for instance `http://127.0.0.1:8000`.
        transport: for tests and for devices that reach the door by other means.
    """

    def __init__(self, url: str, timeout_seconds: float = 10, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(base_url=url, timeout=timeout_seconds, transport=transport)

    def close(self) -> None:
        self._http.close()

    def post_readings(self, readings: Sequence[SignedReading]) -> list[ReadingAnswer]:
        """One answer for each reading, in their order."""
        content = self._request("POST", "/v1/readings", [signed.to_json() for signed in readings])
        document = wire.decode_json(content)
        items = wire.items(wire.members(document, "answer", ("answers",))["answers"], "answers")
        answers = [parse_reading_answer(item) for item in items]
        if len(answers) != len(readings):
            raise Malformed("answer", "must have one item for each reading", f"{len(answers)} for {len(readings)}")
        return answers

    def post_telemetry(self, telemetry: Telemetry) -> None:
        self._request("POST", "/v1/telemetry", telemetry.to_json())

    def post_status(self, status: Signed[Status]) -> None:
        self._request("POST", "/v1/status", status.to_json())

    def permit(
        self, agreement_id: AgreementId, challenge: bytes | None = None
    ) -> tuple[Signed[Permit] | None, StopReason | None]:
        """The current permit, or why there is none (or no higher one)."""
        query = "" if challenge is None else f"?challenge={wire.to_hex(challenge)}"
        document = wire.decode_json(self._request("GET", f"/v1/agreements/{agreement_id}/permit{query}"))
        found = wire.members(document, "permit answer", ("permit", "stopReason"))
        permit = found["permit"]
        return None if permit is None else parse_signed(Permit, permit), StopReason.parse(found["stopReason"])

    def start(self, agreement_id: AgreementId, challenge: bytes) -> Signed[Start] | None:
        """The starter's answer to this device's challenge; None as long as there is none."""
        try:
            content = self._request("GET", f"/v1/agreements/{agreement_id}/start?challenge={wire.to_hex(challenge)}")
        except Rejected as refused:
            if refused.code == "unknown_start":
                return None
            raise
        return parse_signed(Start, wire.decode_json(content))

    def _request(self, method: str, path: str, document: object = None) -> bytes:
        try:
            response = self._http.request(method, path, json=document)
        except httpx.TransportError as error:
            raise Retryable("ingest", f"cannot be reached: {error}") from error
        if response.is_success:
            return response.content
        if response.is_server_error or response.status_code in _TRY_AGAIN:
            raise Retryable("ingest", f"answers {response.status_code}", _retry_after(response))
        raise Rejected(_code(response), "ingest", f"answers {response.status_code} to {method} {path}")


def _retry_after(response: httpx.Response) -> int:
    text = response.headers.get("retry-after", "")
    return min(int(text), 3_600) if text.isdecimal() else 1


def _code(response: httpx.Response) -> str:
    """The stable code of an RFC 9457 problem document, if it is one."""
    try:
        document = wire.decode_json(response.content)
    except Malformed:
        return "refused"
    code = document.get("code") if isinstance(document, dict) else None
    return code if isinstance(code, str) else "refused"
