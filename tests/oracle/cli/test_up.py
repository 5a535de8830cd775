"""`cise up` as a real process: serves, stops cleanly, finds its state again, and says when a port is taken."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from oracle.cli.up import PROGRAM
from tests.environment import ROOT
from tests.helpers import plain_http

SECONDS = 60


@contextmanager
def up(folder, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    command = [*PROGRAM, "up", "--port", "0", "--chain-port", "0", "--data", str(folder), "--json", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        text = ""
        for line in process.stdout:
            text += line
            if line.rstrip() == "}":
                break
        assert text, process.stderr.read()
        yield process, json.loads(text)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def stop(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGINT)
    return process.wait(SECONDS)


def cise(folder, *arguments: str) -> Any:
    command = [sys.executable, "-m", "oracle.cli.main", *arguments, "--data", str(folder), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=True)
    return json.loads(done.stdout)


def test_it_serves_stops_and_goes_on_where_it_was(tmp_path):
    with up(tmp_path) as (process, first):
        assert first["foundState"] is False
        page = plain_http.get(first["url"] + "/")
        assert page.status_code == 200
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert plain_http.get(first["url"] + "/v1/assets").json() == {"assets": [], "next": None}
        # Commands in the same folder find the running platform without being told.
        cise(tmp_path, "account", "deposit", "7", "--mint", "--key", "account:6")
        assert cise(tmp_path, "oracle", "status")["ready"] is True
        assert cise(tmp_path, "oracle", "quarantine", "list") == []
        assert stop(process) == 0
    assert not (tmp_path / "running.json").exists()

    with up(tmp_path) as (process, second):
        assert second["foundState"] is True
        assert second["directory"] == first["directory"]
        assert cise(tmp_path, "account", "balance", "account:6")["prepaid"] == "7000000"
        assert stop(process) == 0


def test_a_port_in_use_is_said_before_anything_starts(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [*PROGRAM, "up", "--port", str(port), "--chain-port", "0", "--data", str(tmp_path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 3
    assert f"127.0.0.1:{port} is in use" in done.stderr
    assert "choose another port with --port" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "deployment.json").exists()


def test_lost_chain_state_is_said_and_nothing_is_guessed(tmp_path):
    with up(tmp_path) as (process, _):
        assert stop(process) == 0
    (tmp_path / "chain-state.json").unlink()
    command = [*PROGRAM, "up", "--port", "0", "--chain-port", "0", "--data", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 3
    assert "The chain's state is lost" in done.stderr
