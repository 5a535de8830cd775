"""Fixtures for folders that need a real chain: `from tests.e2e.fixtures import *` in their conftest.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_account.messages import encode_defunct

from oracle.domain.readings import SignedReading
from oracle.ingest.app import create_app
from oracle.ingest.server import BackgroundServer
from oracle.ingest.sign_in import Expected, write_message
from oracle.relay.daemon import Daemon
from oracle.settings import Settings
from oracle.types import Address
from tests.e2e.world import World, key_of, running_world
from tests.helpers import plain_http


@pytest.fixture(scope="session")
def deployed_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture
def world(deployed_world: World, tmp_path: Path) -> Iterator[World]:
    """The deployed platform; what a test does to the chain is undone afterwards."""
    before = deployed_world.snapshot()
    deployed_world.folder = tmp_path
    deployed_world.set_clock()
    yield deployed_world
    deployed_world.revert(before)


@dataclass
class Oracle:
    """Relay and door in one process: cycles run when the test says so, HTTP is real."""

    settings: Settings
    daemon: Daemon
    url: str

    @property
    def database(self) -> Any:
        return self.daemon.database

    def cycle(self, *names: str) -> dict[str, str]:
        """Runs cycles and returns the word of each outcome."""
        return {name: outcome.word for name, outcome in self.daemon.run_once(names or None).items()}

    def settle(self) -> None:
        """Until nothing is due and nothing on its way."""
        for _ in range(20):
            words = self.cycle("index", "confirm", "refill", "settle", "forms", "permits")
            if {words["index"], words["confirm"], words["refill"], words["settle"], words["forms"]} <= {"nothing"}:
                return
        raise AssertionError("the relay does not come to rest")

    def post(self, *readings: SignedReading) -> list[dict[str, Any]]:
        answer = plain_http.post(f"{self.url}/v1/readings", json=[signed.to_json() for signed in readings])
        assert answer.status_code == 200, answer.text
        answers: list[dict[str, Any]] = answer.json()["answers"]
        return answers

    def results(self, *readings: SignedReading) -> list[str]:
        return [answer["result"] for answer in self.post(*readings)]

    def get(self, path: str, visitor: httpx.Client | None = None, **parameters: Any) -> httpx.Response:
        return (visitor or plain_http).get(f"{self.url}{path}", **parameters)

    def sign_in(self, index: int) -> httpx.Client:
        """A client with the session of one of Anvil's accounts."""
        account = key_of(index)
        asked = plain_http.get(f"{self.url}/v1/sign-in/nonce").json()
        expected = Expected(asked["domain"], asked["uri"], asked["chainId"])
        message = write_message(expected, Address(account.address), asked["nonce"], datetime.now(UTC))
        signature = "0x" + account.sign_message(encode_defunct(text=message)).signature.hex().removeprefix("0x")
        answer = plain_http.post(f"{self.url}/v1/sign-in", json={"message": message, "signature": signature})
        assert answer.status_code == 200, answer.text
        return plain_http.Client(headers={"Authorization": f"Bearer {answer.json()['token']}"})


@pytest.fixture
def start_oracle(world: World) -> Iterator[Callable[..., Oracle]]:
    """Starts oracles that end with the test: `start_oracle("second", relayer_key=…)`."""
    yield from _starter(world)


@pytest.fixture
def own_world(tmp_path: Path) -> Iterator[World]:
    """A chain of the test's own. Anvil reorganises a young one only: it forgets states after some hundred blocks."""
    with running_world(tmp_path) as world:
        world.set_clock()
        yield world


@pytest.fixture
def start_own(own_world: World) -> Iterator[Callable[..., Oracle]]:
    yield from _starter(own_world)


def _starter(world: World) -> Iterator[Callable[..., Oracle]]:
    with ExitStack() as stack:

        def start(name: str = "oracle", **changes: Any) -> Oracle:
            settings = world.settings(name, **changes)
            daemon = Daemon(settings)
            stack.callback(daemon.database.close)
            app = create_app(settings, daemon.database, daemon.permits)
            server = stack.enter_context(BackgroundServer(app, settings))
            oracle = Oracle(settings, daemon, server.url)
            oracle.cycle("index", "permits")
            # Its next cycle leads again; a test that starts other processes on this database need not wait for it.
            daemon.context.leadership.give_up()
            return oracle

        yield start
