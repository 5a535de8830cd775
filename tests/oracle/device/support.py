"""A disk whose power can be cut, a clock driven by hand, a door without a network."""

import json
from pathlib import Path
from typing import Any

import httpx

from oracle.device.journal import Journal
from oracle.device.meter import Meter
from oracle.device.permit_check import PermitCheck
from oracle.domain.answers import ReadingAnswer
from oracle.domain.bindings import PermitSigner
from oracle.domain.forms import Signed
from oracle.domain.hashing import keccak
from oracle.domain.permits import Permit, Start, permit_limit
from oracle.domain.readings import Reading, ReadingResult, parse_signed_readings
from oracle.domain.reconciliation import Accepted, Duplicate, reconcile
from oracle.domain.signatures import SigningKey
from oracle.domain.stop_reasons import StopReason
from oracle.domain.telemetry import parse_telemetry
from oracle.domain.wire import to_hex
from oracle.types import ZERO_ADDRESS, ZERO_BYTES32
from tests.oracle.domain.support import DOMAINS, KEY, sign, tariff

ASSET, AGREEMENT, TARIFF_ID = 3, 7, 2
NOW = 1_767_225_600
PERMIT_KEY = SigningKey(keccak(b"the oracle's permit key"))
ROTATION_KEY = SigningKey(keccak(b"the provider's cold key"))
STARTER_KEY = SigningKey(keccak(b"a customer with an app"))
STRANGER_KEY = SigningKey(keccak(b"a stranger"))
TARIFF = tariff(standing_per_day=0)
PATH = Path("meter.journal")
MIRROR = Path("meter.journal.mirror")


class PowerCut(Exception):
    """The moment the lights go out."""


class MemoryDisk:
    """Appends byte by byte until the power budget is used up; replacing is all or nothing, as renaming is."""

    def __init__(self, files: dict[Path, bytes] | None = None, power: int | None = None, garbage: bytes = b"") -> None:
        self.files = dict(files or {})
        self.power = power
        self.garbage = garbage
        self.written = 0

    def read(self, path: Path) -> bytes:
        return self.files.get(path, b"")

    def append(self, path: Path, data: bytes) -> None:
        room = len(data) if self.power is None else min(len(data), self.power - self.written)
        self.files[path] += data[:room]
        self.written += room
        if room < len(data):
            self.files[path] += self.garbage
            raise PowerCut
        if self.power == self.written:
            raise PowerCut

    def truncate(self, path: Path, size: int) -> None:
        self.files[path] = self.files[path][:size]

    def replace(self, path: Path, data: bytes) -> None:
        if self.power is not None and self.written >= self.power:
            raise PowerCut
        self.files[path] = data
        self.written += 1


class ManualClock:
    """Stands still unless it is told otherwise or slept on."""

    def __init__(self, unix_ms: int = NOW * 1_000, synchronised: bool = True) -> None:
        self.synchronised = synchronised
        self._unix_ms = unix_ms
        self._monotonic_ms = 5_000

    def unix_ms(self) -> int:
        return self._unix_ms

    def monotonic_ms(self) -> int:
        return self._monotonic_ms

    def sleep_ms(self, duration_ms: int) -> None:
        self._unix_ms += duration_ms
        self._monotonic_ms += duration_ms

    def set_back(self, duration_ms: int) -> None:
        self._unix_ms -= duration_ms


class Salts:
    """Counted, so that two runs sign the same."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, length: int) -> bytes:
        self.count += 1
        return keccak(self.count.to_bytes(8))[:length]


def meter(disk: MemoryDisk | None = None, **more: Any) -> Meter:
    fields = {"key": KEY, "asset_id": ASSET, "domains": DOMAINS, "random_bytes": Salts()}
    return Meter(Journal(PATH, disk or MemoryDisk()), **(fields | more))


def permit(**changes: Any) -> Permit:
    fields = {
        "agreement_id": AGREEMENT,
        "asset_id": ASSET,
        "tariff_id": TARIFF_ID,
        "starter": ZERO_ADDRESS,
        "challenge": ZERO_BYTES32,
        "charge_limit": 1_000_000,
        "opened_at": NOW - 100,
        "issued_at": NOW,
        "valid_until": NOW + 3_600,
        "block_number": 40,
    }
    return Permit(**(fields | changes))


def signed_permit(key: SigningKey = PERMIT_KEY, **changes: Any) -> Signed[Permit]:
    made = permit(**changes)
    return Signed(made, sign(made, key))


def signed_start(key: SigningKey = STARTER_KEY, **changes: Any) -> Signed[Start]:
    fields = {"agreement_id": AGREEMENT, "asset_id": ASSET, "challenge": bytes(32), "valid_until": NOW + 60}
    made = Start(**(fields | changes))
    return Signed(made, sign(made, key))


def appointment(key: SigningKey = ROTATION_KEY, **changes: Any) -> Signed[PermitSigner]:
    fields = {"asset_id": ASSET, "signer": PERMIT_KEY.address, "epoch": 1, "valid_from": NOW - 1_000}
    made = PermitSigner(**(fields | changes))
    return Signed(made, sign(made, key))


def permit_check(
    clock: ManualClock | None = None, disk: MemoryDisk | None = None, appointed: bool = True, **more: Any
) -> PermitCheck:
    fields = {
        "asset_id": ASSET,
        "domains": DOMAINS,
        "rotation_key": ROTATION_KEY.address,
        "tariffs": {TARIFF_ID: TARIFF},
        "clock": clock or ManualClock(),
        "random_bytes": Salts(),
    }
    check = PermitCheck(Journal(Path("permits.journal"), disk or MemoryDisk()), **(fields | more))
    if appointed:
        check.appoint(appointment())
    return check


class Door:
    """An ingest door in memory: reconciles, keeps, and issues permits from `settled` and `hold`."""

    def __init__(self, clock: ManualClock, rule: Any = None) -> None:
        self.clock, self.rule = clock, rule
        self.settled, self.hold = 0, 0
        self.opened_at = NOW - 100
        self.starter = ZERO_ADDRESS
        self.block = 40
        self.validity = 3_600
        self.stop_reason: StopReason | None = None
        self.start: Signed[Start] | None = None
        self.open, self.issuing = True, True
        self.last: Reading | None = None
        self.stop_reasons: list[str | None] = []
        self.readings: list[Reading] = []
        self.telemetry: dict[int, Any] = {}
        self.statuses: list[Any] = []
        self.answer: httpx.Response | None = None

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._handle)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        if not self.open:
            raise httpx.ConnectError("nobody there", request=request)
        if self.answer is not None:
            return self.answer
        body = json.loads(request.content) if request.content else None
        match request.method, request.url.path:
            case "POST", "/v1/readings":
                answers = [self._take(signed) for signed in parse_signed_readings(body)]
                return httpx.Response(200, json={"answers": answers})
            case "POST", "/v1/telemetry":
                telemetry = parse_telemetry(body)
                self.telemetry[telemetry.sequence] = telemetry
                return httpx.Response(204)
            case "POST", "/v1/status":
                self.statuses.append(body)
                return httpx.Response(204)
            case "GET", path if path.endswith("/start"):
                found = self.start
                if found is None or to_hex(found.form.challenge) != request.url.params["challenge"]:
                    return httpx.Response(404, json={"code": "unknown_start"})
                return httpx.Response(200, json=found.to_json())
            case "GET", _:
                challenge = bytes.fromhex(request.url.params.get("challenge", to_hex(ZERO_BYTES32))[2:])
                found = self._permit(challenge)
                return httpx.Response(200, json={"permit": found and found.to_json(), "stopReason": self.stop_reason})
            case other:
                raise AssertionError(other)

    def _take(self, signed: Any) -> dict[str, object]:
        signed.require_signer(DOMAINS, KEY.address)
        verdict = reconcile(self.last, signed.reading)
        result = ReadingResult.DUPLICATE if isinstance(verdict, Duplicate) else ReadingResult.ACCEPTED
        assert isinstance(verdict, Accepted | Duplicate), verdict
        self.last = signed.reading
        self.readings.append(signed.reading)
        self.stop_reasons.append(signed.stop_reason)
        return ReadingAnswer(
            signed.reading.agreement_id,
            signed.reading.sequence,
            result,
            permit=self._permit(ZERO_BYTES32),
            stop_reason=self.stop_reason,
        ).to_json()

    def _permit(self, challenge: bytes) -> Signed[Permit] | None:
        if not self.issuing or self.settled + self.hold == 0:
            return None
        now = self.clock.unix_ms() // 1_000
        return signed_permit(
            starter=self.starter,
            challenge=challenge,
            charge_limit=permit_limit(self.settled, self.hold),
            opened_at=self.opened_at,
            issued_at=now,
            valid_until=now + self.validity,
            block_number=self.block,
        )
