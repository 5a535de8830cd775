"""What a round costs its provider, its investors and whoever distributes; the same for 5 and 5,000 holders."""

from __future__ import annotations

import pytest

from tests.fixtures.economy import DAY, EUR
from tests.fixtures.rounds import TrancheTerms
from tests.helpers import clock

START = 2_300_000_000
MOST_OF_DISTRIBUTE_AND_CLAIM = 150_000


@pytest.fixture(scope="module")
def running(rounds):
    """A senior tranche with five holders and a junior one, everything paid and claimed before, as in daily use."""
    clock.next_block_at(START)
    opened = rounds.running(
        tranches=[TrancheTerms(600 * EUR, 0, 500), TrancheTerms(400 * EUR, 0, 800)],
        reserve_share=0,
        others=[(rounds.provider, 20)],
    )
    for holder in (rounds.bert, rounds.carl, rounds.dora, rounds.buyer):
        rounds.transfer(opened, 0, rounds.anna, holder, 100 * EUR)
    clock.pass_time(DAY)
    rounds.receive(opened, 50 * EUR)
    rounds.transfer(opened, 0, rounds.anna, rounds.bert, EUR)
    for holder in (rounds.anna, rounds.bert, rounds.carl, rounds.dora, rounds.buyer):
        rounds.money.collect(opened.id, 0, holder, {"from": rounds.stranger})
    return opened


def _cycle(rounds, opened):
    """Fees, then one distribution and one claim, in a transaction each."""
    clock.pass_time(DAY)
    rounds.fees(opened, 12_345_678)
    distributed = rounds.money.distribute(opened.id, {"from": rounds.stranger})
    return distributed, rounds.claim(opened, 0, rounds.bert)


def test_distribute_and_claim(rounds, running, gas):
    distributed, claimed = _cycle(rounds, running)
    gas.check("round: distribute", distributed)
    gas.check("round: claim", claimed)
    rounds.fees(running, 12_345_678)
    together = rounds.money.collect(running.id, 0, rounds.bert, {"from": rounds.stranger})
    gas.check("round: distribute and claim together", together)
    assert together.gas_used <= MOST_OF_DISTRIBUTE_AND_CLAIM


def test_the_number_of_holders_costs_nothing(rounds, running):
    """Nothing that a distribution or a claim reads depends on who else holds: the same with twice as many holders."""
    few = [transaction.gas_used for transaction in _cycle(rounds, running)]
    for holder in rounds.economy.customers[4:10]:
        rounds.transfer(running, 0, rounds.bert, holder, EUR)
    _cycle(rounds, running)
    many = [transaction.gas_used for transaction in _cycle(rounds, running)]
    # Calldata and amounts have zero bytes at other places.
    assert [abs(a - b) <= 60 for a, b in zip(few, many, strict=True)] == [True, True]


def test_positions(rounds, running, gas):
    rounds.fees(running, EUR)
    rounds.money.distribute(running.id, {"from": rounds.stranger})
    gas.check("round: transfer", rounds.transfer(running, 0, rounds.bert, rounds.carl, EUR))
    opened = rounds.open()
    rounds.endow(rounds.anna, 100 * EUR)
    rounds.invest(opened, 0, 10 * EUR, rounds.anna)
    gas.check("round: invest", rounds.invest(opened, 0, 10 * EUR, rounds.anna))
