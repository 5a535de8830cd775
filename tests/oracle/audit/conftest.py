"""One private chain with the whole economy on it for all tests of this folder, and one honest audit of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oracle.audit.rpc import Node
from oracle.chain.node import LocalNode, NodeOptions
from tests.oracle.audit.economy import Story, tell
from tests.oracle.audit.financed import Financed, tell_of_rounds
from tests.oracle.audit.seen import Seen, seen

BEGINNING = 1_800_000_000


@pytest.fixture(scope="session")
def chain_url() -> Iterator[str]:
    with LocalNode(NodeOptions(timestamp=BEGINNING)) as chain:
        yield chain.url


@pytest.fixture(scope="session")
def story(chain_url: str) -> Story:
    return tell(chain_url)


@pytest.fixture(scope="session")
def directory(story: Story) -> bytes:
    return bytes.fromhex(story.platform.directory[2:])


@pytest.fixture
def node(chain_url: str) -> Iterator[Node]:
    made = Node(chain_url)
    yield made
    made.close()


@pytest.fixture(scope="session")
def honest(chain_url: str, directory: bytes) -> Seen:
    made = Node(chain_url)
    try:
        return seen(made, directory)
    finally:
        made.close()


@pytest.fixture(scope="session")
def financed_url() -> Iterator[str]:
    """A chain of its own for rounds: their lies need not be told to the whole economy."""
    with LocalNode(NodeOptions(timestamp=BEGINNING)) as chain:
        yield chain.url


@pytest.fixture(scope="session")
def financed(financed_url: str) -> Financed:
    return tell_of_rounds(financed_url)


@pytest.fixture(scope="session")
def financed_honest(financed_url: str, financed: Financed) -> Seen:
    made = Node(financed_url)
    try:
        return seen(made, financed.directory)
    finally:
        made.close()
