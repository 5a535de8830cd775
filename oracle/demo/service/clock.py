"""Time that machines and chain share and that can be skipped: weeks pass in seconds, on the chain too."""

import time
from collections.abc import Callable, Sequence

import httpx

from oracle.chain.client import ChainClient
from oracle.chain.node_errors import typed_errors
from oracle.demo.processes import Child, wait_until
from oracle.device.client import IngestClient
from oracle.domain.answers import ReadingAnswer
from oracle.domain.forms import Signed
from oracle.domain.readings import SignedReading
from oracle.domain.statuses import Status
from oracle.types import UnixTime

MILLISECONDS = 1_000
SEEN_SECONDS = 60.0


class ChainClock:
    """A device's clock that never waits: what it sleeps is skipped, on the chain with the next `catch_up`."""

    def __init__(self, client: ChainClient) -> None:
        self._client = client
        self._skipped_ms = 0
        self._told_seconds = 0

    @property
    def synchronised(self) -> bool:
        return True

    def unix_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self._skipped_ms

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000 + self._skipped_ms

    def sleep_ms(self, duration_ms: int) -> None:
        self._skipped_ms += duration_ms

    def skip(self, seconds: int) -> None:
        """At once on the chain too."""
        self.sleep_ms(seconds * MILLISECONDS)
        self.catch_up()

    def catch_up(self) -> UnixTime:
        """The chain's time, now the clock's. Rounded up, so that no reading is from the future."""
        ahead = -(-self._skipped_ms // MILLISECONDS) - self._told_seconds
        if ahead:
            with typed_errors("evm_increaseTime"):
                provider = self._client.web3.provider
                provider.make_request("evm_increaseTime", [ahead])  # type: ignore[arg-type]
                provider.make_request("evm_mine", [])  # type: ignore[arg-type]
            self._told_seconds += ahead
        return self._client.block(self._client.head()).time


class Seen:
    """Waits until the oracle knows the chain as it is now."""

    def __init__(self, client: ChainClient, door_url: str, oracle: Child, clock: ChainClock) -> None:
        self._client, self._url, self._oracle, self._clock = client, door_url, oracle, clock

    def wait(self) -> None:
        self._clock.catch_up()
        head = self._client.head()
        wait_until(lambda: self._block() >= head, SEEN_SECONDS, f"the oracle's look at block {head}", self._oracle)

    def _block(self) -> int:
        answer = httpx.get(f"{self._url}/readyz", timeout=5)
        return int(answer.json()["block"]) if answer.is_success else -1


class PatientDoor(IngestClient):
    """Sends a reading only when the oracle knows that its time has come."""

    def __init__(self, url: str, wait: Callable[[], None]) -> None:
        super().__init__(url)
        self._wait = wait

    def post_readings(self, readings: Sequence[SignedReading]) -> list[ReadingAnswer]:
        self._wait()
        return super().post_readings(readings)

    def post_status(self, status: Signed[Status]) -> None:
        self._wait()
        super().post_status(status)
