"""The derived tables against a fresh index: equal after work, forks and signers; every falsified table is named."""

import time

import pytest
from sqlalchemy import delete, update

from oracle.errors import Fatal
from oracle.relay.context import RelayContext
from oracle.relay.replay import differences, replace
from oracle.store import read_model, tables
from tests.e2e.world import MAKER, OTHER_RELAYER, PROVIDER


def nobody_watches(done, total):
    assert 0 < done <= total


@pytest.fixture
def worked(world, start_oracle):
    """An oracle that has followed the chain step by step through all kinds of events."""
    hire, oracle = world.hire(), start_oracle()
    for amount in (1_000, 2_000):
        oracle.post(hire.use(amount))
        oracle.settle()
    world.hire(customer=OTHER_RELAYER, exclusive=False)
    oracle.settle()
    oracle.cycle("distribute", "accrue")
    oracle.settle()
    return oracle


def found(oracle):
    return differences(oracle.daemon.context, nobody_watches)[1]


def test_what_was_followed_step_by_step_equals_a_fresh_index(worked):
    assert found(worked) == []


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("agreements", {"settled": 5}),
        ("assets", {"lifecycle": 4}),
        ("balances", {"amount": 1}),
        ("chain_events", {"amount": 77, "name": "Else"}),
        ("splits", {"payees": []}),
        ("tariffs", {"publisher": "0x" + "11" * 20}),
        ("offers", {"until": 3}),
    ],
)
def test_every_falsified_table_is_named_and_made_good(worked, table, values):
    falsified = getattr(tables, table)
    with worked.database.writing() as connection:
        connection.execute(update(falsified).values(**values))
    assert {one.table for one in found(worked)} == {table}
    with worked.database.writing() as connection:
        connection.execute(delete(falsified))
    lost = found(worked)
    assert {(one.table, one.column, one.stored, one.chain) for one in lost} == {(table, "row", "missing", "there")}

    replace(worked.daemon.context, time.time(), nobody_watches)
    assert found(worked) == []
    worked.settle()
    assert found(worked) == []


def test_rows_that_the_chain_does_not_know_are_named(worked):
    with worked.database.writing() as connection:
        balance = {"account": "0x" + "11" * 20, "currency": "0x" + "22" * 20, "amount": 1}
        connection.execute(tables.balances.insert().values(**balance))
    (one,) = found(worked)
    assert (one.table, one.column, one.stored, one.chain) == ("balances", "row", "there", "missing")


def test_another_block_at_the_same_height_is_named(worked):
    with worked.database.writing() as connection:
        connection.execute(update(tables.checkpoints).values(hash="0x" + "00" * 32))
    (one,) = found(worked)
    assert (one.table, one.column) == ("checkpoints", "hash")


def test_nothing_is_replaced_under_a_working_oracle(worked):
    other = RelayContext.open(worked.settings, worked.database)
    with pytest.raises(Fatal) as caught:
        replace(other, time.time(), nobody_watches)
    assert "--check" in caught.value.remedy
    assert differences(other, nobody_watches)[1] == []


def test_after_replacing_nothing_is_paid_twice(world, worked):
    before = [world.client.nonce(world.wallet(index).address) for index in (MAKER, PROVIDER)]
    settled = [(a.id, a.settled) for a in _agreements(worked)]
    replace(worked.daemon.context, time.time(), nobody_watches)
    worked.settle()
    assert [(a.id, a.settled) for a in _agreements(worked)] == settled
    assert [world.client.nonce(world.wallet(index).address) for index in (MAKER, PROVIDER)] == before


def _agreements(oracle):
    with oracle.database.reading() as connection:
        return read_model.open_agreements(connection)
