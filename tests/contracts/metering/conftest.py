"""A drill on offer under the usual tariff, exclusively and shared, and a customer with money."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.economy import Drill, Economy, Priced


@pytest.fixture(scope="module")
def priced(economy: Economy) -> Priced:
    return economy.publish()


@pytest.fixture(scope="module")
def drill(economy: Economy, priced: Priced) -> Drill:
    drill = economy.drill()
    economy.offer(drill, priced)
    economy.offer(drill, priced, exclusive=False)
    return drill


@pytest.fixture(scope="module")
def customer(economy: Economy) -> Any:
    return economy.endow(economy.customers[0])
