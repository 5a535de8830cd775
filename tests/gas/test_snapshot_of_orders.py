"""What an order on the service market costs; the figures and their conditions stand in README.md."""

from __future__ import annotations

import pytest

from tests.fixtures.bazaar import HOUR
from tests.fixtures.economy import EUR
from tests.helpers import clock

START = 2_200_000_000
MOST_OF_A_WHOLE_ORDER = 650_000


@pytest.fixture(scope="module")
def busy(bazaar):
    """A machine with a reserve, and an order by each of two workers that has run its whole way, disputed or not."""
    clock.next_block_at(START)
    bazaar.endow(bazaar.provider)
    machine = bazaar.machine(reserve=100 * EUR)
    for worker in (bazaar.worker, bazaar.rival):
        order = bazaar.open(machine, bidding_until=START + 10 * HOUR)
        bazaar.bid(order, worker)
        bazaar.accept(order, worker)
        bazaar.deliver(order, worker)
        bazaar.approve(order)
    # Others' orders are under way, as on any day.
    bazaar.assigned(machine, bidding_until=START + 10 * HOUR)
    return machine


def test_a_whole_order(bazaar, busy, gas):
    opened = bazaar.opened(busy, bidding_until=START + 10 * HOUR)
    order = int(opened.events["OrderOpened"]["order"])
    steps = {
        "order: open": opened,
        "order: first bid": bazaar.bid(order, price=5 * EUR),
        "order: second bid, lower": bazaar.bid(order, bazaar.rival, price=4 * EUR),
        "order: accept": bazaar.accept(order, bazaar.rival),
        "order: deliver": bazaar.deliver(order, bazaar.rival),
        "order: approve": bazaar.approve(order),
    }
    for name, step in steps.items():
        gas.check(name, step)
    whole = sum(step.gas_used for step in steps.values())
    print(f"whole order: {whole}")
    assert whole <= MOST_OF_A_WHOLE_ORDER


def test_by_rule(bazaar, busy, gas):
    order = bazaar.open(busy, by_rule=True, bidding_until=START + 10 * HOUR)
    bazaar.bid(order)
    bazaar.close_bidding(order)
    gas.check("order: acceptLowest", bazaar.accept_lowest(order))


def test_a_dispute(bazaar, busy, gas):
    order = bazaar.delivered(busy, bidding_until=START + 10 * HOUR)
    gas.check("order: dispute", bazaar.dispute(order))
    gas.check("order: first ruling", bazaar.rule(order, bazaar.arbiters[0], 10_000))
    gas.check("order: ruling that pays", bazaar.rule(order, bazaar.arbiters[1], 10_000))
