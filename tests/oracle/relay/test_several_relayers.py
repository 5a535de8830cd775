"""Several relayers on one platform do no harm, whatever they share."""

import threading

from oracle.relay.daemon import Daemon
from oracle.store import batches
from oracle.store.batches import Stage
from tests.e2e.steps import run_out
from tests.e2e.world import OTHER_RELAYER, secret_of


def all_batches(oracle):
    with oracle.database.reading() as connection:
        return batches.newest(connection)


def test_two_operators_with_the_same_readings_charge_once(world, start_oracle):
    hire = world.hire()
    first, second = start_oracle("first"), start_oracle("second", relayer_key=secret_of(OTHER_RELAYER))
    readings = [hire.use(100), hire.use(200)]
    first.post(*readings)
    second.post(*readings)
    # Both seal before either has seen the other's transaction.
    first.cycle("settle")
    second.cycle("settle")
    first.settle()
    second.settle()
    assert world.state(hire).settled == 300
    assert [batch.stage for batch in all_batches(first)] == [Stage.FINAL]
    assert len(all_batches(second)) <= 1


def test_two_processes_of_one_operator_on_one_database(world, start_oracle):
    """One works and the other stands by, also while the lease changes hands in the middle: one nonce per batch."""
    hires = [world.hire() for _ in range(4)]
    oracle = start_oracle(batch_size=1)
    other = Daemon(oracle.settings, oracle.database)
    for round_number in range(4):
        oracle.post(*[hire.use(10 + round_number) for hire in hires])
        both = [
            threading.Thread(target=daemon.run_once, args=(("settle", "confirm", "index"),))
            for daemon in (oracle.daemon, other)
        ]
        for thread in both:
            thread.start()
        if round_number % 2:
            run_out(oracle.database)
        for thread in both:
            thread.join()
    other.stop()
    oracle.settle()
    assert [world.state(hire).settled for hire in hires] == [46] * 4
    rows = all_batches(oracle)
    nonces = sorted(batch.nonce for batch in rows)
    assert nonces == list(range(nonces[0], nonces[0] + len(nonces)))
    assert {batch.stage for batch in rows} == {Stage.FINAL}


def test_one_key_in_two_databases_still_settles_everything_once(world, start_oracle):
    hire, other_hire = world.hire(), world.hire()
    first, second = start_oracle("first"), start_oracle("second")
    first.post(hire.use(100))
    second.post(other_hire.use(200))
    first.cycle("settle")
    second.cycle("settle")
    for _ in range(3):
        first.settle()
        second.settle()
    assert (world.state(hire).settled, world.state(other_hire).settled) == (100, 200)
