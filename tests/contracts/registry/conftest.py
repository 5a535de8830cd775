from __future__ import annotations

import pytest

from tests.contracts.registry.world import World, build


@pytest.fixture(scope="module")
def world(module_isolation: None) -> World:
    return build()
