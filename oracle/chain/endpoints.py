"""Several nodes of one chain behind one provider: who answers is decided here, what is asked elsewhere.

    unknown ──▶ healthy ◀─▶ lagging       more than `head_lag` blocks behind the best: not read from
                 │    ▲                   reads go to the first healthy one in the order of the settings
                 ▼    │
                away ─┴─▶ wrong chain     no answer: looked at again after a pause, its chain id first

With a single node there is no choice: every question goes to it.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import requests
from web3 import HTTPProvider
from web3.types import RPCEndpoint, RPCResponse

from oracle.types import BlockNumber, ChainId

FIRST_PAUSE = 2.0
LONGEST_PAUSE = 30.0
LOOK_SECONDS = 2.0
"""Longest wait for the answer to a look at a node's health: one that hangs must not stop the others' work."""
Answer = TypeVar("Answer")
_SEND = "eth_sendRawTransaction"


class Health(StrEnum):
    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    LAGGING = "lagging"
    AWAY = "away"
    WRONG_CHAIN = "wrong_chain"


@dataclass(slots=True)
class Endpoint:
    """One node. `retry_at`: by the monotonic clock."""

    provider: HTTPProvider
    look: HTTPProvider
    health: Health = Health.UNKNOWN
    head: BlockNumber | None = None
    chain_id: ChainId | None = None
    pause: float = FIRST_PAUSE
    retry_at: float = 0.0

    @property
    def usable(self) -> bool:
        """May be read from."""
        return self.health is Health.HEALTHY

    @property
    def takes_transactions(self) -> bool:
        """One behind passes a transaction on just as well."""
        return self.health in (Health.HEALTHY, Health.LAGGING)

    def is_due(self, now: float) -> bool:
        """Whether it may be looked at: a node that failed rests first."""
        return now >= self.retry_at

    def fail(self, health: Health, now: float) -> None:
        self.health, self.retry_at = health, now + self.pause
        self.pause = min(2 * self.pause, LONGEST_PAUSE)


class Endpoints(HTTPProvider):
    """A provider for web3. Raises requests' exceptions where no node answers."""

    def __init__(
        self,
        urls: Sequence[str],
        timeout: float,
        head_lag: int,
        expected: ChainId | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(urls[0], exception_retry_configuration=None)
        self._all = [Endpoint(_provider(url, timeout), _provider(url, min(timeout, LOOK_SECONDS))) for url in urls]
        self.expected = expected
        """The chain's id; without one the first node that answers decides."""
        self._head_lag = head_lag
        self._clock = clock
        self._only: Endpoint | None = None

    @property
    def is_alone(self) -> bool:
        return len(self._all) == 1

    def health(self) -> list[Health]:
        """Of every node in the order of the settings."""
        return [endpoint.health for endpoint in self._all]

    def survey(self) -> bool:
        """Looks at every node that is not resting: its chain, and how far it is.

        False where all are on another chain; raises where there is none to ask now, but one may come back.
        """
        for endpoint in self._all:
            self._look(endpoint)
        if self._are_all_wrong():
            # A verdict that stops the work must not rest on what a node said a while ago.
            for endpoint in self._all:
                endpoint.retry_at = 0.0
                self._look(endpoint)
        self._compare_heads()
        if any(endpoint.takes_transactions for endpoint in self._all):
            return True
        if self._are_all_wrong():
            return False
        raise requests.ConnectionError("no node answers")

    def found_chains(self) -> list[ChainId]:
        """What the nodes last said."""
        return [endpoint.chain_id for endpoint in self._all if endpoint.chain_id is not None]

    @contextmanager
    def each_alone(self) -> Iterator[Iterator[None]]:
        """For a second opinion: every step of the iteration asks one usable node only."""
        try:
            yield self._one_by_one()
        finally:
            self._only = None

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        if method == _SEND:
            return self._send_everywhere(method, params)
        return self._ask(lambda provider: provider.make_request(method, params))

    def make_batch_request(self, batch_requests: list[tuple[RPCEndpoint, Any]]) -> list[RPCResponse] | RPCResponse:
        return self._ask(lambda provider: provider.make_batch_request(batch_requests))

    def _ask(self, question: Callable[[HTTPProvider], Answer]) -> Answer:
        """The first usable node that answers."""
        self._reconnect()
        last: Exception | None = None
        for endpoint in [self._only] if self._only is not None else self._readable():
            try:
                return question(endpoint.provider)
            except (requests.RequestException, ValueError) as error:
                # ValueError: something answered, but not in JSON; a gateway's page, for instance.
                endpoint.fail(Health.AWAY, self._clock())
                last = error
        raise requests.ConnectionError("no node answers") from last

    def _send_everywhere(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """To every node that is there; one that takes it is enough."""
        self._reconnect()
        refused: RPCResponse | None = None
        taken: RPCResponse | None = None
        for endpoint in self._all if self.is_alone else [each for each in self._all if each.takes_transactions]:
            try:
                answer = endpoint.provider.make_request(method, params)
            except (requests.RequestException, ValueError):
                endpoint.fail(Health.AWAY, self._clock())
                continue
            if "error" in answer:
                refused = refused or answer
            else:
                taken = taken or answer
        if taken is None and refused is None:
            raise requests.ConnectionError("no node answers")
        return taken or refused  # type: ignore[return-value]  # one of them is there

    def _readable(self) -> list[Endpoint]:
        return self._all if self.is_alone else [endpoint for endpoint in self._all if endpoint.usable]

    def _one_by_one(self) -> Iterator[None]:
        self._reconnect()
        for endpoint in self._readable():
            self._only = endpoint
            yield

    def _reconnect(self) -> None:
        """No node is asked anything before it has said which chain it is on, at first and after every absence."""
        if self.is_alone:
            return
        due = [each for each in self._all if not each.takes_transactions and each.is_due(self._clock())]
        for endpoint in due:
            self._look(endpoint)
        if due:
            self._compare_heads()

    def _look(self, endpoint: Endpoint) -> None:
        now = self._clock()
        if not endpoint.is_due(now):
            return
        try:
            endpoint.chain_id = _chain_id(endpoint.look)
            if self.expected is None:
                self.expected = endpoint.chain_id
            if endpoint.chain_id != self.expected:
                endpoint.fail(Health.WRONG_CHAIN, now)
                return
            endpoint.head = BlockNumber(_number(endpoint.look.make_request(RPCEndpoint("eth_blockNumber"), [])))
        except (requests.RequestException, ValueError):
            endpoint.fail(Health.AWAY, now)
            return
        endpoint.health, endpoint.pause, endpoint.retry_at = Health.HEALTHY, FIRST_PAUSE, 0.0

    def _are_all_wrong(self) -> bool:
        return all(endpoint.health is Health.WRONG_CHAIN for endpoint in self._all)

    def _compare_heads(self) -> None:
        there = [each for each in self._all if each.health in (Health.HEALTHY, Health.LAGGING)]
        best = max((each.head for each in there if each.head is not None), default=0)
        for each in there:
            behind = each.head is None or each.head < best - self._head_lag
            each.health = Health.LAGGING if behind else Health.HEALTHY


def _provider(url: str, timeout: float) -> HTTPProvider:
    return HTTPProvider(url, request_kwargs={"timeout": timeout}, exception_retry_configuration=None)


def _chain_id(provider: HTTPProvider) -> ChainId:
    return ChainId(_number(provider.make_request(RPCEndpoint("eth_chainId"), [])))


def _number(answer: RPCResponse) -> int:
    """Raises ValueError where the node answers with an error."""
    result = answer.get("result")
    if not isinstance(result, str):
        raise ValueError("no number")
    return int(result, 16)
