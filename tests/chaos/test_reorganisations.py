"""The long form: seeded random reorganisations to depth 64, after each of which the tables equal a fresh index.

    CISE_CHAOS_REORGANISATIONS=200 .venv/bin/pytest -p no:pytest-brownie tests/chaos/test_reorganisations.py -s

Every seed has a chain of its own, because Anvil cannot go back on a long one.
"""

import os

import pytest

from oracle.ingest.app import create_app
from oracle.ingest.server import BackgroundServer
from oracle.relay.daemon import Daemon
from tests.e2e.fixtures import Oracle
from tests.e2e.world import running_world
from tests.helpers.reorganisations import Drill

PER_CHAIN = 4
AMOUNT = int(os.environ.get("CISE_CHAOS_REORGANISATIONS", "200"))
FIRST_SEED = int(os.environ.get("CISE_CHAOS_SEED", "1000"))


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + -(-AMOUNT // PER_CHAIN)))
def test_the_tables_equal_a_fresh_index(tmp_path, seed):
    with running_world(tmp_path) as world:
        world.set_clock()
        settings = world.settings()
        daemon = Daemon(settings)
        with BackgroundServer(create_app(settings, daemon.database, daemon.permits), settings) as server:
            drill = Drill(world, Oracle(settings, daemon, server.url), seed)
            drill.look("index", "permits")
            drill.run(PER_CHAIN)
        daemon.stop()
        daemon.database.close()
    print(f"seed {seed}: depths {drill.depths}, kept {[fork['kept'] for fork in drill.forks]}")
    assert len(drill.depths) == PER_CHAIN
