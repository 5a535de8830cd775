from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.market.booking import Desk
from tests.fixtures.economy import Economy


@pytest.fixture(scope="module")
def desk(economy: Economy, deployment: Any) -> Desk:
    """Rules set, and two customers with money that the contract may take."""
    made = Desk(economy, deployment.Reservations, economy.drill())
    made.set_rules()
    for customer in (made.anna, made.bert):
        economy.deposit(customer)
        economy.allow(customer, 100 * 10**6, spender=deployment.Reservations)
    return made
