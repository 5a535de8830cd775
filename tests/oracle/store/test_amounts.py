"""Amounts of up to 256 bits survive the database to the last unit."""

import pytest

from oracle.store import read_model
from oracle.types import Address


@pytest.mark.parametrize("amount", [0, 1, (1 << 53) + 1, (1 << 80) - 1, (1 << 256) - 1])
def test_balances_are_exact(database, amount):
    account, currency = Address("0x" + "11" * 20), Address("0x" + "22" * 20)
    with database.writing() as connection:
        read_model.save_balance(connection, account, currency, amount)
        read_model.save_balance(connection, account, currency, amount)
    with database.reading() as connection:
        assert read_model.balance(connection, account, currency) == amount
        assert read_model.balance(connection, currency, account) == 0
