"""One transaction may use at most 16,777,216 gas (EIP-7825); the test chain does not enforce it."""

from __future__ import annotations

from tests.fixtures.economy import EUR
from tests.gas.fleet import batch_of, build_fleet, settle_large

MOST_GAS = 1 << 24
SIZE = 500


def test_a_batch_of_500_stays_under_the_limit_of_a_transaction(economy):
    """500 meters of 500 customers, every slot cold, no refill among them."""
    tariffs = [economy.publish(burst=10 * EUR + i) for i in range(10)]
    fleet = build_fleet(economy, SIZE, tariffs, [economy.split() for _ in range(4)])
    opened_at = fleet[-1].opened_at
    settled = settle_large(economy, batch_of(economy, fleet, 1, opened_at, 1_000))
    assert len(settled.events["ReadingSettled"]) == SIZE
    print(f"batch of {SIZE}: {settled.gas_used}")
    assert settled.gas_used < MOST_GAS
