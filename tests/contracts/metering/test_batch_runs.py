"""One movement of money per run of readings with the same split and currency, and room for hundreds of readings."""

from __future__ import annotations

import brownie
import pytest

from tests.contracts.metering.expected import fees, moved
from tests.fixtures.economy import FAR_FUTURE, HOLD_TARGET, MONTH, WEALTH, Hire
from tests.helpers import clock
from tests.helpers.events import assert_events

TRANSACTION_GAS_CAP = 1 << 24
"""EIP-7825."""


@pytest.fixture(scope="module")
def crown(economy):
    return economy.new_currency()


@pytest.fixture(scope="module")
def hires(economy, crown):
    """Two drills of a fleet on one split, one on its own split, one paid in crowns."""
    fleet = economy.split()
    first = economy.hire(economy.customers[0], split=fleet)
    second = economy.hire(economy.customers[1], split=fleet)
    return first, second, economy.hire(economy.customers[2]), economy.hire(economy.customers[3], token=crown)


def account(economy, hire):
    return economy.splitter.accountOf(int(economy.assets.route(hire.drill.id)) >> 32 & 0xFFFFFFFFFFFFFFFF)


def test_a_run_of_records_with_one_split_is_one_movement(economy, hires, crown):
    settled = economy.settle_bytes(economy.batch(*((hire, economy.signed(hire, 1, 1_000)) for hire in hires)))
    holds = economy.holds_account()
    assert_events(
        settled,
        moved(economy, holds, account(economy, hires[0]), 2_000),
        moved(economy, holds, account(economy, hires[2]), 1_000),
        moved(economy, holds, account(economy, hires[3]), 1_000, crown),
        of=economy.ledger,
    )


def test_the_order_of_records_moves_the_same_money(economy, hires, crown):
    order = (hires[3], hires[0], hires[2], hires[1])
    economy.settle_bytes(economy.batch(*((hire, economy.signed(hire, 1, 1_000)) for hire in order)))
    assert [fees(economy, hire) for hire in hires] == [2_000, 2_000, 1_000, 0]
    assert fees(economy, hires[3], crown) == 1_000


def test_five_hundred_readings_fit_one_transaction(economy):
    """Ten drills with fifty agreements each, none read before; under the cap by their gas limit."""
    customer = economy.endow(economy.customers[4], 10 * WEALTH)
    priced, split = economy.publish(), economy.split()
    drills = [economy.drill(split) for _ in range(10)]
    for drill in drills:
        economy.offer(drill, priced, exclusive=False, until=FAR_FUTURE)
    hires = [hire for drill in drills for hire in open_fifty(economy, customer, drill, priced)]
    batch = economy.batch(*((hire, economy.signed(hire, 1, 1_000)) for hire in hires))

    send(economy.relayer, economy.agreements.settle, batch)

    assert economy.splitter.undistributed(split, economy.euro) == 500 * 1_000


def open_fifty(economy, customer, drill, priced):
    call = economy.agreements.open.encode_input(drill.id, priced.id, False, HOLD_TARGET, HOLD_TARGET, MONTH)
    first = economy.agreements.agreementCount() + 1
    send(customer, economy.agreements.multicall, [call] * 50)
    return [Hire(id, customer, drill, priced, clock.now(), HOLD_TARGET) for id in range(first, first + 50)]


def send(sender, method, *arguments):
    """Past brownie, which takes a transaction for lost when anvil is slow to show the receipt of a large block."""
    transaction = {
        "from": sender.address, "to": method._address, "data": method.encode_input(*arguments),
        "gas": TRANSACTION_GAS_CAP, "gasPrice": 0,
    }  # fmt: skip
    sent = brownie.web3.eth.send_transaction(transaction)
    assert brownie.web3.eth.wait_for_transaction_receipt(sent, timeout=30, poll_latency=0.01)["status"] == 1
