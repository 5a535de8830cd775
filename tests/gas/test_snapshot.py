"""What daily calls cost; the figures and their conditions stand in README.md."""

from __future__ import annotations

import pytest

from tests.fixtures.economy import DAY, EUR, HOLD_TARGET
from tests.gas.fleet import batch_of, build_fleet, settle_large
from tests.helpers import clock

SIZE = 200
START = 2_000_000_000
"""A moment in the far future, so that times in calldata are the same in every run."""


@pytest.fixture(scope="module")
def fleet(economy):
    clock.next_block_at(START)
    tariffs = [economy.publish(burst=10 * EUR + i) for i in range(10)]
    splits = [economy.split() for _ in range(4)]
    hires = build_fleet(economy, SIZE, tariffs, splits)
    settle_large(economy, batch_of(economy, hires, 1, START, 1_000))
    economy.splitter.distributeAll(1, {"from": economy.relayer})
    settle_large(economy, batch_of(economy, hires, 2, START, 2_000))
    # Caps have been written once, and every account has had money.
    settle_large(economy, batch_of(economy, hires, 3, START, HOLD_TARGET))
    return hires


@pytest.fixture
def regular(economy, fleet):
    """A customer with keys of the node, and an agreement that has settled and been refilled."""
    customer = economy.customers[0]
    hire = economy.hire(customer)
    economy.use(hire, 1, HOLD_TARGET, time=START)
    return hire


def test_settle_batch_of_200(economy, fleet, gas):
    settled = settle_large(economy, batch_of(economy, fleet, 4, START, HOLD_TARGET + 1_000))
    assert len(settled.events["ReadingSettled"]) == SIZE
    assert "HoldRefilled" not in settled.events
    gas.check("settle batch of 200", settled)


def test_settle_batch_of_200_with_a_refill_in_each(economy, fleet, gas):
    settled = settle_large(economy, batch_of(economy, fleet, 4, START, 2 * HOLD_TARGET - 1_000))
    assert len(settled.events["HoldRefilled"]) == SIZE
    gas.check("settle batch of 200, refill in each", settled)


def test_settle_batch_of_200_again(economy, fleet, gas):
    batch = batch_of(economy, fleet, 4, START, HOLD_TARGET + 1_000)
    settle_large(economy, batch)
    again = settle_large(economy, batch)
    assert len(again.events["ReadingSkipped"]) == SIZE
    gas.check("settle batch of 200, all stale", again)


def test_settle_batch_of_1(economy, fleet, gas):
    settled = economy.settle_bytes(batch_of(economy, fleet[:1], 4, START, HOLD_TARGET + 1_000))
    assert len(settled.events["ReadingSettled"]) == 1
    gas.check("settle batch of 1", settled)


def test_open(economy, regular, gas):
    drill = economy.drill(split=1)
    economy.offer(drill, regular.priced)
    opened = economy.agreements.open(
        drill.id, regular.priced.id, True, HOLD_TARGET, 50 * EUR, DAY, {"from": regular.customer}
    )
    gas.check("open", opened)


def test_end_and_close(economy, regular, gas):
    gas.check("end", economy.agreements.end(regular.id, {"from": regular.customer}))
    clock.pass_time(DAY)
    gas.check("close", economy.agreements.close(regular.id, {"from": economy.relayer}))


def test_accrue(economy, regular, gas):
    clock.pass_time(1_000)
    gas.check("accrue", economy.agreements.accrue(regular.id, {"from": economy.relayer}))


def test_refill(economy, regular, gas):
    economy.use(regular, 2, HOLD_TARGET + 1_000, time=START)
    refilled = economy.agreements.refill(regular.id, {"from": economy.relayer})
    assert "HoldRefilled" in refilled.events
    gas.check("refill", refilled)


def test_deposit_and_withdraw(economy, regular, gas):
    """Into and out of an account that keeps something, in wallet and ledger."""
    owner = regular.customer
    economy.euro.mint(owner, 3 * EUR, {"from": owner})
    economy.euro.approve(economy.ledger, 3 * EUR, {"from": owner})
    gas.check("deposit", economy.ledger.deposit(economy.euro, owner, EUR, {"from": owner}))
    gas.check("withdraw", economy.ledger.withdraw(economy.euro, EUR, owner, {"from": owner}))


def test_distribute_to_5(economy, fleet, gas):
    payees = [economy.maker, economy.repairer, economy.provider, economy.buyer, economy.community]
    split = economy.split({account: i + 1 for i, account in enumerate(payees)})
    hire = economy.hire(economy.customers[1], split=split)
    for sequence in (1, 2):
        economy.use(hire, sequence, sequence * EUR, time=START)
        distributed = economy.splitter.distribute(split, economy.euro, {"from": economy.relayer})
    assert distributed.events["Distributed"]["paid"] > 0
    gas.check("distribute to 5", distributed)
