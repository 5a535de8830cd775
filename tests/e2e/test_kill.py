"""SIGKILL between acknowledgement and settlement: nothing acknowledged is lost, nothing is charged twice."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from oracle.chain.node import free_port
from oracle.relay.daemon import Daemon
from oracle.store import batches, readings
from oracle.store.batches import Stage
from tests.e2e.world import World
from tests.environment import ROOT
from tests.helpers import plain_http

ORACLE = textwrap.dedent(
    """
    import sys
    from oracle.ingest.app import create_app
    from oracle.ingest.server import BackgroundServer
    from oracle.relay.daemon import Daemon
    from oracle.settings import load_settings

    settings = load_settings()
    daemon = Daemon(settings)
    with BackgroundServer(create_app(settings, daemon.database, daemon.permits), settings):
        print("ready", flush=True)
        daemon.run()
    """
)
POINTS = {
    "before_the_bytes_are_written": "oracle.store.batches.create",
    "before_the_bytes_are_sent": "oracle.relay.submit.send",
    "before_the_sending_is_noted": "oracle.store.batches.note_sent",
    "before_the_receipt_is_noted": "oracle.store.batches.note_mined",
    "before_the_end_is_noted": "oracle.store.batches.note_ended",
    "before_the_checkpoint": "oracle.store.checkpoints.save",
}
DYING = textwrap.dedent(
    """
    import importlib, os, signal, sys
    module, _, name = sys.argv[1].rpartition(".")
    def die(*_, **__):
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(importlib.import_module(module), name, die)
    """
)
ONE_ROUND = textwrap.dedent(
    """
    from oracle.relay.daemon import Daemon
    from oracle.settings import load_settings
    daemon = Daemon(load_settings())
    for _ in range(3):
        daemon.run_once(("index", "settle", "confirm"))
    """
)


def environment(settings):
    values = {name: value for name, value in settings.model_dump().items() if value is not None}
    return os.environ | {
        f"CISE_{name.upper()}": value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
        for name, value in values.items()
    }


def spawn(program, settings, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env=environment(settings),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def wait_until_ready(door, process):
    assert process.stdout.readline() == "ready\n"
    for _ in range(200):
        if plain_http.get(f"{door}/readyz").status_code == 200:
            return
        time.sleep(0.05)
    raise AssertionError("the oracle does not become ready")


def settle(daemon):
    for _ in range(30):
        words = {name: outcome.word for name, outcome in daemon.run_once(("index", "confirm", "settle")).items()}
        if set(words.values()) == {"nothing"}:
            return
        time.sleep(0.2)
    raise AssertionError("the relay does not come to rest")


def test_killed_while_readings_stream_in(world: World):
    """Many kills at random moments; every acknowledged reading is there, and the chain ends at the newest."""
    hire = world.hire()
    settings = world.settings(port=free_port(), relay_every=0.05, index_every=0.05)
    door = f"http://127.0.0.1:{settings.port}"
    url = f"{door}/v1/readings"
    acknowledged = 0
    for round_number in range(5):
        process = spawn(ORACLE, settings)
        try:
            wait_until_ready(door, process)
            limit = time.monotonic() + 0.3 + 0.2 * round_number
            with plain_http.Client(timeout=5) as client:
                while time.monotonic() < limit:
                    (answer,) = client.post(url, json=hire.use(10).to_json()).json()["answers"]
                    assert answer["result"] == "accepted"
                    acknowledged = answer["sequence"]
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    daemon = Daemon(settings)
    with daemon.database.reading() as connection:
        assert readings.count(connection) == acknowledged == hire.sequence
    settle(daemon)
    assert (world.state(hire).sequence, world.state(hire).settled) == (acknowledged, 10 * acknowledged)
    with daemon.database.reading() as connection:
        rows = batches.newest(connection, 10_000)
    nonces = sorted(batch.nonce for batch in rows)
    assert nonces == list(range(nonces[0], nonces[0] + len(nonces)))
    assert {batch.stage for batch in rows} == {Stage.FINAL}


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point(world: World, start_oracle, point):
    hire = world.hire()
    door = start_oracle("killed")
    door.post(hire.use(100), hire.use(200))
    door.daemon.stop()
    dying = spawn(DYING + ONE_ROUND, door.settings, POINTS[point])
    assert dying.wait(timeout=30) == -signal.SIGKILL
    survivor = Daemon(door.settings)
    settle(survivor)
    assert world.state(hire).settled == 300
    with survivor.database.reading() as connection:
        rows = batches.newest(connection)
    assert [batch.stage for batch in rows] == [Stage.FINAL]
    settled = [event for event in world_events(world) if event.name == "ReadingSettled"]
    assert len(settled) == 1


def world_events(world: World):
    from oracle.chain.events import EventReader

    reader = EventReader(world.platform)
    return [event for _, found, _ in reader.read(world.client, 0, world.client.head(), 10_000) for event in found]
