"""What a distribution costs: whole transactions, nothing warmed up beforehand, every balance already in use.

Of the figure for five payees 78,700 cannot be saved: the transaction itself, seven balances and totals to write, five
ERC-6909 transfer events.
"""

import pytest

MOST_FOR_FIVE = 100_000
MOST_PER_FURTHER_PAYEE = 14_000


@pytest.fixture
def gas_for(splitter, controller, euro, receive):
    """`gas_for(n)`: the third distribution to n payees."""

    def measure(count):
        payees = [("0x" + (0xABC000 + i).to_bytes(20, "big").hex(), 1 + i) for i in range(count)]
        split = splitter.create(controller, payees, [euro], {"from": controller}).return_value
        for amount in (10_007, 20_011, 30_013):
            receive(split, euro, amount)
            tx = splitter.distribute(split, euro, {"from": controller})
        assert splitter.undistributed(split, euro) > 0
        return tx.gas_used

    return measure


def test_five_payees_cost_at_most_100000_gas(gas_for):
    assert gas_for(5) <= MOST_FOR_FIVE


def test_cost_grows_evenly_up_to_the_most_payees(gas_for):
    five, most = gas_for(5), gas_for(32)
    print(f"five payees {five:,}, thirty-two {most:,}")
    assert (most - five) / 27 <= MOST_PER_FURTHER_PAYEE
