"""Two real processes of one operator on one database: one leads, the other takes over."""

import os
import signal
import time

import pytest
from sqlalchemy import select

from oracle.store.tables import leases
from tests.e2e.world import World
from tests.oracle.relay.test_daemon import start, wait_until

LEASE = 2


@pytest.fixture
def processes(world: World):
    running = []

    def begin():
        settings = world.settings("shared", lease_seconds=LEASE)
        running.append(start(settings, relay_every="0.2", index_every="0.2"))
        return running[-1]

    yield begin
    for process in running:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)


def leader(door):
    """Process and token of whoever leads."""
    with door.database.reading() as connection:
        row = connection.execute(select(leases.c.holder, leases.c.token)).one()
    return int(row.holder.rsplit("/", 2)[1]), row.token


def wait_for_leader(door, process):
    wait_until(lambda: leader(door)[0] == process.pid)
    return leader(door)[1]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "paused"])
def test_another_takes_over_and_the_paused_one_writes_nothing(world, start_oracle, processes, how):
    hire, door = world.hire(), start_oracle("shared", relayer_key=None)
    first = processes()
    token = wait_for_leader(door, first)
    door.post(hire.use(100))
    wait_until(lambda: world.state(hire).settled == 100)
    second = processes()
    with door.database.writing():
        # Not in the middle of its own writing: SQLite's lock would stop everybody with it.
        os.kill(first.pid, how)
    if how is signal.SIGKILL:
        first.communicate()
    began = time.monotonic()
    door.post(hire.use(100))
    later = wait_for_leader(door, second)
    wait_until(lambda: world.state(hire).settled == 200)
    print(f"{how.name}: taken over and settled after {time.monotonic() - began:.1f} s")
    assert later > token
    if how is signal.SIGSTOP:
        os.kill(first.pid, signal.SIGCONT)
        door.post(hire.use(100))
        wait_until(lambda: world.state(hire).settled == 300)
        time.sleep(LEASE)
        assert leader(door) == (second.pid, later)
