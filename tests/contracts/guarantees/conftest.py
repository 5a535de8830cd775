from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.guarantees.floor import Floor
from tests.contracts.guarantees.watch import Watch
from tests.fixtures.economy import Economy


@pytest.fixture(scope="module")
def floor(economy: Economy, deployment: Any) -> Floor:
    """A drill of the provider's, whose maker can guarantee it."""
    made = Floor(economy, deployment, economy.drill())
    made.prepare()
    return made


@pytest.fixture(scope="module")
def watch(economy: Economy, deployment: Any) -> Watch:
    """A drill that two customers share, whose maker can promise its uptime."""
    return Watch(economy, deployment)
