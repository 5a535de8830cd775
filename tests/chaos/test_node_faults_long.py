"""The long form: two nodes that misbehave at random, drawn from a seed, under a stream of readings.

    CISE_CHAOS_FAULTS=50 .venv/bin/pytest -p no:pytest-brownie tests/chaos/test_node_faults_long.py -s

When the faults end, everything is settled once and the nonces have no gap.
"""

import os
import random
import time

import pytest

from oracle.ingest.app import create_app
from oracle.ingest.server import BackgroundServer
from oracle.relay.daemon import Daemon
from oracle.store import batches
from tests.e2e.fixtures import Oracle
from tests.e2e.world import running_world
from tests.helpers.faulty_node import (
    FaultyNode,
    answer_lost,
    delay,
    drop,
    error,
    stale_head,
    truncated_logs,
    twice,
    wrong_chain,
)

AMOUNT = int(os.environ.get("CISE_CHAOS_FAULTS", "50"))
FIRST_SEED = int(os.environ.get("CISE_CHAOS_SEED", "1000"))
RECOVERY_SECONDS = 60
READS = ("eth_call", "eth_getLogs", "eth_getBlockByNumber", "eth_getTransactionReceipt", "eth_getTransactionCount")


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    with running_world(tmp_path_factory.mktemp("faults")) as world:
        world.set_clock()
        yield world


def misbehave(node, dice):
    """One to three faults of this node, or none; sometimes it is away altogether."""
    node.faults.clear()
    node.down = dice.random() < 0.15
    for _ in range(dice.randint(0, 3)):
        method, fault = dice.choice(
            [
                ("eth_sendRawTransaction", drop()),
                ("eth_sendRawTransaction", answer_lost()),
                ("eth_sendRawTransaction", twice()),
                ("eth_sendRawTransaction", lambda _, __: error(-32000, "try later")),
                ("eth_sendRawTransaction", lambda _, __: {"result": "0x" + "00" * 32}),
                ("eth_chainId", wrong_chain(dice.randint(2, 9))),
                ("eth_blockNumber", stale_head(dice.randint(1, 20))),
                ("eth_getLogs", truncated_logs(dice.randint(0, 2))),
                ("eth_getLogs", lambda _, __: error(-32005, "limit exceeded")),
                (dice.choice(READS), delay(0.2)),
                (dice.choice(READS), drop()),
                (dice.choice(READS), lambda _, __: error(-32603, "internal error")),
                ("eth_getTransactionReceipt", lambda _, __: {"result": None}),
            ]
        )
        node.faults[method] = fault


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + AMOUNT))
def test_when_the_faults_end_everything_is_settled_once(chain, tmp_path, seed):
    dice = random.Random(seed)
    chain.folder = tmp_path
    hires = [chain.hire() for _ in range(2)]
    with FaultyNode(chain.node.url) as first, FaultyNode(chain.node.url) as second:
        settings = chain.settings(rpc_url=first.url, rpc_urls=second.url, rpc_timeout=1, chain_id=31_337)
        daemon = Daemon(settings)
        with BackgroundServer(create_app(settings, daemon.database, daemon.permits), settings) as server:
            oracle = Oracle(settings, daemon, server.url)
            oracle.cycle("index", "permits")
            for _ in range(12):
                for node in (first, second):
                    misbehave(node, dice)
                oracle.post(dice.choice(hires).use(dice.randint(1, 50)))
                words = oracle.cycle("index", "confirm", "settle")
                allowed = {"done", "nothing", "retry", "refused", "forked", "stuck"}
                # Only where every node is on another chain the oracle stops, for a person to look.
                assert set(words.values()) <= allowed | ({"fatal"} if all_wrong(first, second) else set()), words
            for node in (first, second):
                node.faults.clear()
                node.down = False
            seconds = recover(oracle)
        daemon.stop()
        found = sorted(batch.nonce for batch in all_batches(daemon))
        daemon.database.close()
    print(f"seed {seed}: recovered in {seconds:.1f} s")
    assert [chain.state(hire).settled for hire in hires] == [hire.registers[0] for hire in hires]
    assert found == list(range(found[0], found[0] + len(found)))


def all_wrong(*nodes):
    return all("eth_chainId" in node.faults for node in nodes)


def all_batches(daemon):
    with daemon.database.reading() as connection:
        return batches.newest(connection, 10_000)


def recover(oracle):
    """Seconds until nothing is due and nothing on its way."""
    began = time.monotonic()
    while time.monotonic() - began < RECOVERY_SECONDS:
        if set(oracle.cycle("index", "confirm", "settle").values()) == {"nothing"}:
            return time.monotonic() - began
        time.sleep(0.2)
    raise AssertionError(f"not at rest after {RECOVERY_SECONDS} s")
