from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers.anvil import Node
from tests.stateful.pool_acts import PoolActs
from tests.stateful.pool_world import check


@pytest.fixture(scope="session")
def founded() -> Iterator[PoolActs]:
    with Node("--accounts", "16", "--timestamp", "1700000000") as node:
        world = PoolActs(node.port)
        world.found()
        world.keep(world.model)
        yield world


@pytest.fixture
def pool(founded: PoolActs) -> Iterator[PoolActs]:
    """Members 1 to 4 with machines 1 to 4 (the last of another model), spares 5 and 7 on the shelf, 6 for sale.

    Every test ends as the model says.
    """
    founded.reset()
    yield founded
    founded.chain.ask("evm_setNextBlockTimestamp", founded.chain.now + 1)
    founded.chain.ask("evm_mine")
    founded.chain.now += 1
    check(founded)
