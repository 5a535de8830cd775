"""What a round costs its provider, its investors and whoever distributes; exactly the same for 5 and 5,000 holders."""

from __future__ import annotations

import brownie
import pytest

from tests.contracts.guarantees.floor import Floor
from tests.fixtures.economy import DAY, EUR
from tests.fixtures.rounds import YEAR, TrancheTerms
from tests.helpers import clock

START = 2_300_000_000
TRANCHES = [TrancheTerms(600 * EUR, 0, 500), TrancheTerms(300 * EUR, 0, 800), TrancheTerms(100 * EUR, 0, 1_200)]
FEES = 12_345_678
MOST_OF_DISTRIBUTE_AND_CLAIM = 150_000
MANY, AT_ONCE = 5_000, 333
FIRST_OF_MANY = 1 << 100


@pytest.fixture(scope="module")
def running(rounds):
    """Three tranches, the senior with five holders; everything paid and claimed before, as in daily use."""
    clock.next_block_at(START)
    opened = rounds.running(tranches=TRANCHES, reserve_share=0, others=[(rounds.provider, 20)])
    for holder in (rounds.bert, rounds.carl, rounds.dora, rounds.buyer):
        rounds.transfer(opened, 0, rounds.anna, holder, 100 * EUR)
    clock.pass_time(DAY)
    rounds.receive(opened, 50 * EUR)
    rounds.transfer(opened, 0, rounds.anna, rounds.bert, EUR)
    for holder in (rounds.anna, rounds.bert, rounds.carl, rounds.dora, rounds.buyer):
        rounds.money.collect(opened.id, 0, holder, {"from": rounds.stranger})
    return opened


def _cycle(rounds, opened, at):
    """Fees, then one distribution and one claim, in a transaction each, at times of their own."""
    clock.next_block_at(at)
    rounds.fees(opened, FEES)
    clock.next_block_at(at + 60)
    distributed = rounds.money.distribute(opened.id, {"from": rounds.stranger})
    return distributed, rounds.claim(opened, 0, rounds.bert)


def test_distribute_and_claim(rounds, running, gas):
    distributed, claimed = _cycle(rounds, running, clock.now() + DAY)
    gas.check("round: distribute", distributed)
    gas.check("round: claim", claimed)
    assert distributed.gas_used + claimed.gas_used <= MOST_OF_DISTRIBUTE_AND_CLAIM
    rounds.fees(running, FEES)
    collected = rounds.money.collect(running.id, 0, rounds.bert, {"from": rounds.stranger})
    gas.check("round: collect", collected)


def test_5_and_5000_holders_cost_exactly_the_same(rounds, running):
    """The chain goes on twice from one moment: as it is, and after one holder gave its position to 4,995 others."""
    scatterer = brownie.project.get_loaded_projects()[0].PositionScatterer.deploy({"from": rounds.stranger})
    rounds.transfer(running, 0, rounds.buyer, scatterer, 100 * EUR)
    at = clock.now() + DAY
    brownie.chain.snapshot()
    few = [transaction.gas_used for transaction in _cycle(rounds, running, at)]
    brownie.chain.revert()

    position = rounds.position(running, 0)
    for first in range(FIRST_OF_MANY, FIRST_OF_MANY + MANY - 5, AT_ONCE):
        scatterer.scatter(rounds.money, position, first, AT_ONCE, 20_000, {"from": rounds.stranger})
    last = f"{FIRST_OF_MANY + MANY - 6:#042x}"
    owners = [rounds.anna, rounds.bert, rounds.carl, rounds.dora, scatterer, last]
    assert all(rounds.money.balanceOf(owner, position) for owner in owners)
    assert clock.now() < at
    assert [transaction.gas_used for transaction in _cycle(rounds, running, at)] == few


def test_positions(rounds, running, gas):
    rounds.fees(running, EUR)
    rounds.money.distribute(running.id, {"from": rounds.stranger})
    gas.check("round: transfer", rounds.transfer(running, 0, rounds.bert, rounds.carl, EUR))
    opened = rounds.open()
    rounds.endow(rounds.anna, 100 * EUR)
    rounds.invest(opened, 0, 10 * EUR, rounds.anna)
    gas.check("round: invest", rounds.invest(opened, 0, 10 * EUR, rounds.anna))


def test_exercise(rounds, deployment, gas):
    drill = rounds.economy.drill(split=0)
    floor = Floor(rounds.economy, deployment, drill)
    floor.prepare()
    window = {"window_from": clock.now() + DAY, "window_until": clock.now() + 5 * YEAR}
    number = floor.give(floor.terms(**window), points=((0, 700 * EUR),), collateral=700 * EUR)
    opened = rounds.running(drill, guarantees=[number])
    rounds.default(opened)
    rounds.decide(opened, buyback=True)
    exercised = rounds.collateral.exerciseBuyback(opened.id, drill.id, floor.status(1_000), {"from": rounds.stranger})
    gas.check("round: exercise", exercised)
