"""What the routes share: one object on the application, no globals."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Annotated, Protocol, cast

from fastapi import Depends, Request
from sqlalchemy import Connection

from oracle.chain.contracts import domains
from oracle.domain.forms import Domains, Signed
from oracle.domain.permits import Permit
from oracle.domain.stop_reasons import StopReason
from oracle.errors import Retryable
from oracle.ingest.disk import DiskGuard, guard_of
from oracle.ingest.rates import Rates
from oracle.ingest.tally import Tally
from oracle.ingest.terms import PublishedTerms
from oracle.settings import Settings
from oracle.store import checkpoints
from oracle.store.checkpoints import Checkpoint
from oracle.store.database import Database
from oracle.types import Address, AgreementId, Bytes32, ChainId

_SCRAPE_SECONDS = 1.0


class PermitGiven(Protocol):
    """A permit, or why there is none."""

    @property
    def permit(self) -> Signed[Permit] | None: ...
    @property
    def stop_reason(self) -> StopReason | None: ...


class Permits(Protocol):
    """Who issues permits: the relay's desk in the same process, or only what it has stored."""

    def answers(
        self, agreements: Iterable[AgreementId], now: float, challenge: Bytes32 = ...
    ) -> Mapping[AgreementId, PermitGiven]: ...


class Kept:
    """A costly answer that is made at most once an interval, however many ask for it."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._made_at = float("-inf")
        self._value = b""

    def get(self, make: Callable[[], bytes]) -> bytes:
        with self._lock:
            if self._clock() - self._made_at >= self._seconds:
                self._value = make()
                self._made_at = self._clock()
            return self._value


@dataclass(frozen=True)
class Shared:
    settings: Settings
    database: Database
    permits: Permits
    terms: PublishedTerms
    clock: Callable[[], float] = time.time
    tally: Tally = field(default_factory=Tally)
    scrape: Kept = field(default_factory=lambda: Kept(_SCRAPE_SECONDS))

    @cached_property
    def rates(self) -> Rates:
        return Rates(self.settings)

    @cached_property
    def disk(self) -> DiskGuard:
        return guard_of(self.settings)


async def shared(request: Request) -> Shared:
    """Asynchronous because FastAPI would send a plain function to another thread."""
    return cast(Shared, request.app.state.shared)


SharedState = Annotated[Shared, Depends(shared)]


def require_checkpoint(connection: Connection) -> Checkpoint:
    """Raises Retryable while the relay has not read the chain yet."""
    found = checkpoints.load(connection)
    if found is None:
        raise Retryable("oracle", "has not read the chain yet", 2)
    return found


def domains_of(checkpoint: Checkpoint) -> Domains:
    return _domains(checkpoint.chain_id, tuple(checkpoint.contracts.items()))


@lru_cache(maxsize=4)
def _domains(chain_id: ChainId, contracts: tuple[tuple[str, Address], ...]) -> Domains:
    """The same for every request of a deployment."""
    return domains(chain_id, dict(contracts))
