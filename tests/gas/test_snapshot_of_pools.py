"""What a spare of a pool costs its member in gas; conditions in README.md."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.helpers.anvil import Node
from tests.stateful.pool_acts import PoolActs
from tests.stateful.pool_world import SPARES, TERMS

MOST = 450_000
"""Claim, hand-over and return together."""


@pytest.fixture(scope="module")
def pool():
    """Every member has had a spare, and every nonce's word has held something."""
    with Node("--accounts", "16", "--timestamp", "1700000000") as node:
        pool = PoolActs(node.port)
        pool.found()
        for number in (1, 2):
            pool.claim(number)
            pool.take(number, SPARES[0])
            pool.end("bringDefective", number)
            pool.end("giveBack", number)
        pool.chain.warp(TERMS.rest)
        yield pool


def cost(pool: PoolActs, taken: bool) -> SimpleNamespace:
    assert taken, pool.refused
    block = pool.chain.ask("eth_getBlockByNumber", "latest", False)
    return SimpleNamespace(gas_used=int(block["gasUsed"], 16))


def test_a_spare_from_claim_to_return(pool, gas):
    steps = {
        "pool: claim": cost(pool, pool.claim(1)),
        "pool: take a spare": cost(pool, pool.take(3, SPARES[0])),
        "pool: give back": cost(pool, pool.end("giveBack", 3)),
    }
    for name, step in steps.items():
        gas.check(name, step)
    assert sum(step.gas_used for step in steps.values()) <= MOST
    pool.claim(2)
    gas.check("pool: call out", cost(pool, pool.call_out(0)))
    pool.take(4, SPARES[0])
    gas.check("pool: bring the defective unit", cost(pool, pool.end("bringDefective", 4)))
    gas.check("pool: exchange", cost(pool, pool.end("exchange", 4)))
    gas.check("pool: pay in", cost(pool, pool.tend("payIn", 2, 1)))
    gas.check("pool: quit", cost(pool, pool.tend("quit", 2)))
