"""Every transaction has an end: bumped, replaced, filled, or waited for, and the outbox says which."""

import time
from itertools import pairwise

import pytest
from pydantic import SecretStr
from sqlalchemy import delete

from oracle.chain.transactions import GWEI, PreparedCall, Sender
from oracle.errors import Fatal
from oracle.points import Point, install
from oracle.relay.confirm import confirm
from oracle.relay.daemon import Daemon
from oracle.relay.submit import settle_due
from oracle.store import batches
from oracle.store.batches import BatchKind, Stage
from oracle.store.tables import batch_readings, batch_transactions
from oracle.store.tables import batches as batch_table
from tests.e2e.steps import settle_directly
from tests.e2e.world import RELAYER, secret_of
from tests.helpers.faulty_node import (
    KINDS_OF_NODES,
    FaultyNode,
    StrictPool,
    always,
    drop,
    swallowed_below,
)

LATER = 25.0


@pytest.fixture
def node(world):
    with FaultyNode(world.node.url) as faulty:
        yield faulty


def rows(oracle):
    with oracle.database.reading() as connection:
        return list(reversed(batches.newest(connection)))


def stages(oracle):
    return [batch.stage for batch in rows(oracle)]


def versions(oracle, batch):
    with oracle.database.reading() as connection:
        return list(reversed(batches.bytes_of(connection, batch.id)))


def wait(world, oracle, rounds, word="done"):
    """So many times late: 25 seconds and two blocks each."""
    for number in range(1, rounds + 1):
        world.mine(2)
        outcome = confirm(oracle.daemon.context, time.time() + number * LATER)
    assert outcome.word == word
    return outcome


def test_a_transaction_that_is_not_mined_is_signed_again_with_higher_fees(world, start_oracle, node):
    hire = world.hire()
    oracle = start_oracle(rpc_url=node.url)
    node.faults["eth_sendRawTransaction"] = lambda _, __: {"result": "0x" + "00" * 32}
    oracle.post(hire.use(100))
    oracle.cycle("settle")
    wait(world, oracle, 3)
    (batch,) = rows(oracle)
    found = versions(oracle, batch)
    assert len(found) == 4
    for before, after in pairwise(found):
        assert after.max_fee * 8 >= before.max_fee * 9
        assert after.tip * 8 >= before.tip * 9
        assert after.max_fee >= after.tip
    node.faults.clear()
    oracle.settle()
    (batch,) = rows(oracle)
    assert (batch.stage, batch.mined_hash) == (Stage.FINAL, found[-1].hash)
    assert world.state(hire).settled == 100


def test_an_older_version_may_be_the_one_that_is_mined(world, start_oracle, node):
    hire = world.hire()
    oracle = start_oracle(rpc_url=node.url)
    node.faults["eth_sendRawTransaction"] = lambda _, __: {"result": "0x" + "00" * 32}
    oracle.post(hire.use(100))
    oracle.cycle("settle")
    wait(world, oracle, 2)
    first, *_ = versions(oracle, rows(oracle)[0])
    world.client.send(first.raw)
    oracle.settle()
    (batch,) = rows(oracle)
    assert (batch.stage, batch.mined_hash) == (Stage.FINAL, first.hash)
    assert world.state(hire).settled == 100


def test_neither_time_nor_blocks_alone_make_it_late(world, start_oracle, node):
    hire = world.hire()
    oracle = start_oracle(rpc_url=node.url)
    node.faults["eth_sendRawTransaction"] = lambda _, __: {"result": "0x" + "00" * 32}
    oracle.post(hire.use(100))
    oracle.cycle("settle")
    world.mine(50)
    confirm(oracle.daemon.context, time.time())
    assert len(versions(oracle, rows(oracle)[0])) == 1
    hire = world.hire()
    oracle.cycle("index")
    oracle.post(hire.use(100))
    oracle.cycle("settle")
    *_, young = rows(oracle)
    confirm(oracle.daemon.context, time.time() + 1_000)
    assert len(versions(oracle, young)) == 1


@pytest.mark.parametrize("limit", [{"fee_versions": 3}, {"max_fee_gwei": 4}], ids=["versions", "fee"])
def test_at_the_limit_a_person_is_told_and_the_newest_bytes_go_on(world, start_oracle, node, limit):
    hire = world.hire()
    oracle = start_oracle(rpc_url=node.url, **limit)
    node.faults["eth_sendRawTransaction"] = lambda _, __: {"result": "0x" + "00" * 32}
    oracle.post(hire.use(100))
    oracle.cycle("settle")
    outcome = wait(world, oracle, 12, "stuck")
    (batch,) = rows(oracle)
    found = versions(oracle, batch)
    assert outcome.detail["nonces"] == [batch.nonce]
    assert len(found) <= 6
    assert all(version.max_fee <= limit.get("max_fee_gwei", 500) * GWEI for version in found)
    node.faults.clear()
    confirm(oracle.daemon.context, time.time() + 1_000)
    oracle.settle()
    assert rows(oracle)[0].mined_hash == found[-1].hash


def test_where_gas_is_free_the_same_bytes_are_sent_again(world, start_oracle, node):
    """As on Besu without a gas price: a node may refuse every replacement there."""
    hire = world.hire()
    oracle = start_oracle(rpc_url=node.url)
    sent = []

    def swallow(parameters, _):
        sent.append(parameters[0])
        return {"result": "0x" + "00" * 32}

    def free(_, forward):
        block = forward()
        return {"result": {**block["result"], "baseFeePerGas": "0x0"}}

    node.faults["eth_sendRawTransaction"] = swallow
    node.faults["eth_getBlockByNumber"] = free
    node.faults["eth_maxPriorityFeePerGas"] = always("0x0")
    oracle.post(hire.use(100))
    oracle.cycle("settle")
    wait(world, oracle, 4)
    (batch,) = rows(oracle)
    assert len(versions(oracle, batch)) == 1
    assert len(sent) == 5
    assert len(set(sent)) == 1


@pytest.mark.parametrize("kind", KINDS_OF_NODES, ids=lambda kind: kind.name)
def test_every_client_s_pool_takes_what_is_sent_and_its_words_decide_nothing(world, start_oracle, node, kind):
    """Known, underpriced, too low, too high: the chain alone is asked what became of it."""
    hires = [world.hire() for _ in range(3)]
    oracle = start_oracle(rpc_url=node.url, batch_size=1)
    pool = StrictPool(kind, world.node.url)
    node.faults["eth_sendRawTransaction"] = pool
    oracle.post(*[hire.use(100) for hire in hires])
    oracle.cycle("settle")
    wait(world, oracle, 3)
    assert len({sent.nonce for sent in pool.taken}) == 3
    assert kind.underpriced not in pool.refused
    assert kind.known in pool.refused
    assert max(len(versions(oracle, batch)) for batch in rows(oracle)) == 4
    pool.release()
    for _ in range(3):
        oracle.cycle("confirm", "index", "settle")
    oracle.settle()
    assert [world.state(hire).settled for hire in hires] == [100] * 3
    assert stages(oracle) == [Stage.FINAL] * 3


def test_the_pool_of_the_tests_refuses_small_bumps(world):
    """The test's own stand-in is strict: a bump of five per cent does not pass it."""
    sender = Sender(secret(), 16_000_000, 500)
    pool, nonce = StrictPool(KINDS_OF_NODES[0], world.node.url), world.client.nonce(sender.address)
    fees = sender.fees(world.client)

    def offer(percent):
        more = type(fees)(fees.max_fee * percent // 100, fees.tip * percent // 100)
        raw, _ = sender.sign(sender.noop(), world.client.chain_id, nonce, more)
        return pool(["0x" + raw.hex()], dict)

    assert "result" in offer(100)
    assert "underpriced" in offer(105)["error"]["message"]
    assert "known" in offer(100)["error"]["message"]
    assert "result" in offer(110)


def secret():
    return SecretStr(secret_of(RELAYER))


def test_a_call_that_is_no_longer_wanted_is_replaced_by_nothing(world, start_oracle, node):
    hire = world.hire()
    oracle = start_oracle(rpc_url=node.url)
    node.faults["eth_sendRawTransaction"] = lambda _, __: {"result": "0x" + "00" * 32}
    reading = hire.use(100)
    oracle.post(reading)
    oracle.cycle("settle")
    hire.sequence, hire.registers = 0, (0, 0, 0, 0)
    settle_directly(world, hire, 100)
    wait(world, oracle, 1)
    assert [version.noop for version in versions(oracle, rows(oracle)[0])] == [False, True]
    node.faults.clear()
    oracle.settle()
    (batch,) = rows(oracle)
    assert (batch.stage, batch.gas_used) == (Stage.REPLACED, 21_000)
    assert world.state(hire).settled == 100


def lose(oracle, lost):
    """A backup that was brought back: rows are gone, what is behind them is there."""
    with oracle.database.writing() as connection:
        for batch in lost:
            for table in (batch_transactions, batch_readings):
                connection.execute(delete(table).where(table.c.batch_id == batch.id))
            connection.execute(delete(batch_table).where(batch_table.c.id == batch.id))


def test_gaps_are_found_and_filled(world, start_oracle, node):
    """Three nonces below used by somebody else, then a gap of two, four waiting above it."""
    hires = [world.hire() for _ in range(9)]
    oracle = start_oracle(rpc_url=node.url, batch_size=1)
    node.faults["eth_sendRawTransaction"] = lambda _, __: {"result": "0x" + "00" * 32}
    oracle.post(*[hire.use(100) for hire in hires])
    oracle.cycle("settle")
    made = rows(oracle)
    foreign = Sender(secret(), 16_000_000, 500)
    for batch in made[:3]:
        raw, _ = foreign.sign(foreign.noop(), batch.chain_id, batch.nonce, foreign.fees(world.client))
        world.client.send(raw)
    lose(oracle, made[3:5])
    node.faults.clear()
    passed = []
    install(passed.append)
    oracle.settle()
    install(None)
    assert {Point.GAP_FOUND, Point.GAP_FILLED} <= set(passed)
    assert [world.state(hire).settled for hire in hires] == [100] * 9
    by_nonce = sorted(rows(oracle), key=lambda batch: batch.nonce)
    assert [batch.nonce for batch in by_nonce] == list(range(made[0].nonce, made[0].nonce + len(by_nonce)))
    assert [batch.stage for batch in by_nonce[:3]] == [Stage.DROPPED] * 3
    noops = [batch for batch in by_nonce if batch.kind is BatchKind.NOOP]
    assert [(batch.nonce, batch.stage) for batch in noops] == [(batch.nonce, Stage.FINAL) for batch in made[3:5]]


def test_a_nonce_that_comes_free_again_is_not_waited_for_in_vain(world, start_oracle, node):
    """Somebody used our nonce, the block is dropped: the batch that had ended on it is open again."""
    hire, other = world.hire(), world.hire()
    oracle = start_oracle(rpc_url=node.url)
    node.faults["eth_sendRawTransaction"] = drop()
    oracle.post(hire.use(100))
    oracle.cycle("settle")
    before = world.snapshot()
    foreign = Sender(secret(), 16_000_000, 500)
    (batch,) = rows(oracle)
    raw, _ = foreign.sign(foreign.noop(), batch.chain_id, batch.nonce, foreign.fees(world.client))
    world.client.send(raw)
    world.mine(2)
    confirm(oracle.daemon.context, time.time())
    assert stages(oracle) == [Stage.DROPPED]
    world.revert(before)
    world.mine(4)
    oracle.post(other.use(50))
    node.faults.clear()
    oracle.settle()
    assert set(stages(oracle)) == {Stage.FINAL}
    assert (world.state(hire).settled, world.state(other).settled) == (100, 50)


def test_the_hour_s_gas_is_a_limit_that_survives_a_restart(world, start_oracle):
    hire = world.hire()
    oracle = start_oracle(gas_per_hour=400_000)
    oracle.post(hire.use(100))
    oracle.settle()
    assert world.state(hire).settled == 100
    oracle.post(hire.use(100))
    oracle.daemon.stop()
    again = Daemon(oracle.settings.model_copy(update={"gas_per_hour": 150_000}), oracle.database)
    outcome = again.run_once(("settle",))["settle"]
    assert (outcome.word, outcome.detail["code"]) == ("refused", "gas_budget_spent")
    assert again.run_once(("gas",))["gas"].word == "budget"
    assert len(rows(oracle)) == 1
    later = time.time() + 3_700
    assert settle_due(again.context, later).word == "done"
    again.run_once(("confirm", "index"))
    assert world.state(hire).settled == 200


def test_the_relayer_s_key_signs_calls_of_the_platform_only(world, start_oracle):
    hire = world.hire()
    oracle = start_oracle()
    sender, platform = oracle.daemon.context.sender, world.platform
    fees, chain_id = sender.fees(world.client), world.client.chain_id
    good = sender.prepare(world.client, platform.refill(hire.agreement))
    stranger = PreparedCall(platform.addresses["PrepaidAccounts"], good.calldata, 100_000)
    other = PreparedCall(good.target, bytes.fromhex("a9059cbb") + bytes(64), 100_000)
    empty = PreparedCall(good.target, b"", 21_000)
    sender.sign(good, chain_id, 0, fees)
    sender.sign(sender.noop(), chain_id, 0, fees)
    for wrong in (stranger, other, empty):
        with pytest.raises(Fatal, match="was asked to sign"):
            sender.sign(wrong, chain_id, 0, fees)


def test_a_node_that_forgets_cheap_transactions_gets_dearer_ones(world, start_oracle, node):
    hire = world.hire()
    oracle = start_oracle(rpc_url=node.url)
    oracle.post(hire.use(100))
    fees = world.client.fees()
    node.faults["eth_sendRawTransaction"] = swallowed_below(fees.max_fee * 5 // 4)
    oracle.cycle("settle")
    wait(world, oracle, 2)
    oracle.settle()
    (batch,) = rows(oracle)
    assert batch.stage is Stage.FINAL
    assert len(versions(oracle, batch)) in (2, 3)
