"""The daemon: cycles on their own clock, one recorded outcome each, a clean end, nothing secret in its logs."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import structlog

from oracle.chain.node_errors import NodeNotReachable
from oracle.errors import Rejected
from oracle.relay.context import Outcome
from oracle.relay.logs import configure_logging
from oracle.settings import Settings
from oracle.store import cycles, form_requests, live
from oracle.store.database import DatabaseBusy
from tests.e2e.world import CUSTOMER, PERMIT_KEY, RELAYER, secret_of
from tests.environment import ROOT
from tests.helpers import plain_http

PROGRAM = """
from oracle.relay.daemon import Daemon
from oracle.relay.logs import configure_logging
from oracle.settings import load_settings
settings = load_settings()
configure_logging(settings.log_level)
Daemon(settings).run()
"""


def environment(settings, **changes):
    values = {name: value for name, value in settings.model_dump().items() if value is not None}
    shown = {
        f"CISE_{name.upper()}": value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
        for name, value in {**values, **changes}.items()
    }
    return {**os.environ, **shown}


def start(settings, **changes):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env=environment(settings, **changes),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcomes(oracle):
    with oracle.database.reading() as connection:
        return {cycle.name: cycle for cycle in cycles.all_cycles(connection)}


def wait_until(condition, seconds=20):
    limit = time.monotonic() + seconds
    while not condition() and time.monotonic() < limit:
        time.sleep(0.05)
    assert condition()


def test_it_settles_by_itself_and_ends_on_a_signal(world, start_oracle):
    hire, door = world.hire(), start_oracle("shared", relayer_key=None)
    process = start(world.settings("shared"), relay_every="0.1", index_every="0.1")
    try:
        door.post(hire.use(321))
        wait_until(lambda: world.state(hire).settled == 321)
    finally:
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=20)
    assert process.returncode == 0
    lines = [json.loads(line) for line in log.splitlines()]
    assert lines[0]["event"] == "relay_started"
    assert lines[0]["dry"] is False
    settled = [line for line in lines if line.get("cycle") == "settle" and line["outcome"] == "done"]
    assert [line["readings"] for line in settled] == [1]
    assert (lines[-1]["event"], lines[-1]["signal"]) == ("relay_stopped", signal.SIGTERM)


def test_no_secret_is_in_logs_answers_or_database(world, start_oracle):
    hire, door = world.hire(), start_oracle("shared", relayer_key=None)
    process = start(world.settings("shared", rpc_url=world.node.url + "/canary-in-the-path"), log_level="DEBUG")
    with door.sign_in(CUSTOMER) as client:
        token = client.headers["Authorization"].split()[1]
        door.post(hire.use(5))
        time.sleep(2)
        pages = [
            client.get(door.url + path).text for path in ("/v1/agreements", "/metrics", "/readyz", "/openapi.json")
        ]
        plain_http.post(f"{door.url}/v1/sign-in", json={"message": token, "signature": PERMIT_KEY * 2})
    process.send_signal(signal.SIGINT)
    _, log = process.communicate(timeout=20)
    stored = b"".join(file.read_bytes() for file in door.settings.data_dir.iterdir())
    secrets = (PERMIT_KEY[2:], secret_of(RELAYER)[2:], token, "canary-in-the-path")
    for secret in secrets:
        assert secret not in log
        assert secret not in "".join(pages)
        assert secret.encode() not in stored
        if len(secret) == 64:
            assert bytes.fromhex(secret) not in stored


def test_a_dry_run_says_so(world):
    process = start(world.settings("dry", relayer_key=None))
    wait_until(lambda: (world.folder / "dry" / "oracle.db").exists())
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=20)
    assert any(json.loads(line)["event"] == "dry_run" for line in log.splitlines())


def test_every_cycle_is_recorded_with_its_outcome(world, start_oracle):
    oracle = start_oracle()
    oracle.cycle()
    found = outcomes(oracle)
    assert set(found) == {
        "index",
        "confirm",
        "settle",
        "refill",
        "forms",
        "permits",
        "accrue",
        "distribute",
        "guarantees",
        "rounds",
        "gas",
        "clean",
    }
    assert all(cycle.succeeded_at == cycle.at for cycle in found.values())


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (NodeNotReachable("node", "did not answer"), "retry"),
        (Rejected("fee_above_limit", "chain", "gas costs too much"), "refused"),
    ],
)
def test_an_expected_failure_is_an_outcome(world, start_oracle, error, word):
    oracle = start_oracle()

    def fail(_):
        raise error

    oracle.daemon._cycles["settle"] = (1.0, fail)
    before = outcomes(oracle).get("settle")
    assert oracle.cycle("settle") == {"settle": word}
    cycle = outcomes(oracle)["settle"]
    assert (cycle.outcome, cycle.succeeded_at) == (word, None if before is None else before.succeeded_at)


def test_a_defect_is_logged_and_the_others_go_on(world, start_oracle, capsys):
    oracle = start_oracle(index_every=0.05)
    calls = []

    def broken(_):
        calls.append(1)
        raise ZeroDivisionError

    oracle.daemon._cycles["forms"] = (0.05, broken)
    oracle.daemon.start()
    wait_until(lambda: len(calls) >= 2)
    oracle.daemon.stop()
    assert "cycle_broken" in capsys.readouterr().out
    assert outcomes(oracle)["index"].outcome in ("nothing", "done")


def test_cycles_never_run_twice_at_once(world, start_oracle):
    oracle = start_oracle()
    running, most = [], []

    def slow(_):
        running.append(1)
        most.append(len(running))
        time.sleep(0.1)
        running.pop()
        return Outcome("done")

    for name in ("settle", "forms"):
        oracle.daemon._cycles[name] = (0.02, slow)
    oracle.daemon.start()
    wait_until(lambda: len(most) >= 6)
    oracle.daemon.stop()
    oracle.daemon.stop()
    assert max(most) == 1


def test_a_busy_database_does_not_stop_the_relay(world, start_oracle, monkeypatch):
    oracle = start_oracle()

    def busy(*_):
        raise DatabaseBusy("database", "locked")

    monkeypatch.setattr(cycles, "record", busy)
    assert oracle.cycle("index") == {"index": "nothing"}


def test_waiting_ends_when_somebody_stops_it(world, start_oracle):
    oracle = start_oracle()
    oracle.daemon.start()
    threading.Timer(0.2, oracle.daemon.stop).start()
    oracle.daemon.wait()


def test_old_live_events_are_cleared(world, start_oracle):
    oracle = start_oracle()
    with oracle.database.writing() as connection:
        live.add(connection, time.time() - 2 * live.KEPT_SECONDS, "old", {})
        live.add(connection, time.time(), "new", {})
    oracle.cycle("clean")
    with oracle.database.reading() as connection:
        kinds = {event.kind for event in live.after(connection, 0)}
    assert "new" in kinds
    assert "old" not in kinds


def test_low_gas_is_told_before_it_runs_out(world, start_oracle):
    oracle = start_oracle()
    assert oracle.cycle("gas") == {"gas": "nothing"}
    assert oracle.get("/readyz").status_code == 200
    relayer = oracle.daemon.context.sender.address
    world.client.web3.provider.make_request("anvil_setBalance", [relayer, hex(10**15)])
    assert oracle.cycle("gas") == {"gas": "low"}
    answer = oracle.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "gas_low")
    assert start_oracle("dry", relayer_key=None).cycle("gas") == {"gas": "dry"}


def test_permits_are_renewed_only_when_due(world, start_oracle):
    world.hire()
    oracle = start_oracle()
    assert oracle.cycle("permits", "permits") == {"permits": "nothing"}
    world.mine(seconds=400)
    oracle.cycle("index")
    assert oracle.cycle("permits") == {"permits": "done"}


def test_logs_are_json_lines_also_from_libraries(capfd):
    configure_logging("INFO")
    structlog.get_logger().info("ours", key=Settings(relayer_key="ab" * 32).relayer_key)
    structlog.get_logger().debug("too_fine")
    logging.getLogger("some.library").warning('says "this"')
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("some.library").exception("broke")
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()
    ours, theirs, broke = (json.loads(line) for line in capfd.readouterr().err.splitlines())
    assert (ours["event"], ours["key"]) == ("ours", "**********")
    assert theirs == {"event": 'says "this"', "level": "warning", "logger": "some.library"}
    assert "ValueError: why" in broke["trace"]


def test_run_ends_on_a_signal_in_this_process(world, start_oracle):
    oracle = start_oracle()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
    try:
        oracle.daemon.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert not oracle.daemon._scheduler.running


def test_a_form_that_the_relay_cannot_carry_is_a_defect(world, start_oracle):
    oracle = start_oracle()
    with oracle.database.writing() as connection:
        form_requests.add(connection, "Withdraw", 1, b"\x01" * 32, {}, b"", 1.0)
    assert oracle.cycle("forms") == {"forms": "fatal"}
