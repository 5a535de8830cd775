"""Planted keys, passwords and tokens appear nowhere: no log, answer, command's output, database, backup or core."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import httpx
import pytest
from eth_account import Account

from oracle.chain.node import free_port
from tests.e2e.fixtures import Oracle
from tests.e2e.world import CUSTOMER, secret_of
from tests.environment import ROOT
from tests.helpers import plain_http

RELAYER = 12
PERMIT = "0x" + "c5" * 16 + "9d" * 16
PASSWORD = "canary-password-7f31"
NODE_KEY = "canary-node-key-5520"
SECONDS = 60


class Node:
    """Passes requests on to the chain; broken, it answers with an error that quotes the address it was asked at."""

    def __init__(self, url: str) -> None:
        self.broken = False
        node = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if node.broken:
                    status, answer = 500, f"cannot serve {self.path}".encode()
                else:
                    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
                    with urllib.request.urlopen(request, timeout=20) as found:
                        status, answer = found.status, found.read()
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/{NODE_KEY}"


@pytest.fixture
def node(world):
    made = Node(world.node.url)
    yield made
    made.server.shutdown()


def environment(world, node, folder, **more):
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("CISE_")},
        "CISE_RPC_URL": node.url,
        "CISE_DIRECTORY_ADDRESS": world.platform.directory,
        "CISE_DATA_DIR": str(folder),
        "CISE_CONFIRMATIONS": "0",
        "CISE_RELAYER_KEY": secret_of(RELAYER),
        "CISE_PERMIT_KEY": PERMIT,
        "CISE_SEAL_POLICY": "each_block",
        "CISE_SIGN_IN_DOMAIN": "oracle.example",
        "CISE_LOG_LEVEL": "DEBUG",
        "CISE_RPC_TIMEOUT": "2",
        **more,
    }


def cise(env, *arguments):
    command = [sys.executable, "-m", "oracle.cli.main", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)
    return done.stdout + done.stderr


@contextmanager
def running(env, log):
    port = free_port()
    command = [sys.executable, "-m", "oracle.cli.main", "oracle", "run"]
    with log.open("wb") as sink:
        process = subprocess.Popen(command, cwd=ROOT, env={**env, "CISE_PORT": str(port)}, stdout=sink, stderr=sink)
    url = f"http://127.0.0.1:{port}"
    try:
        wait(lambda: ready(url), log)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)


def ready(url):
    try:
        return plain_http.get(f"{url}/readyz").is_success
    except httpx.TransportError:
        return False


def wait(condition, log):
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)


def forms(secret):
    """How a secret could be written down."""
    digits = secret.removeprefix("0x")
    found = {secret.encode(), digits.encode()}
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raw = secret.encode()
    found |= {raw, raw.hex().upper().encode(), base64.b64encode(raw), base64.urlsafe_b64encode(raw)}
    return {one.rstrip(b"=") for one in found}


def test_no_secret_comes_out_anywhere(world, node, tmp_path):
    hire = world.hire()
    folder, log = tmp_path / "data", tmp_path / "run.log"
    env = environment(world, node, folder)
    answers: list[str] = []
    tokens: list[str] = []
    with running(env, log) as url:
        oracle = Oracle(SimpleNamespace(), SimpleNamespace(), url)
        forged = hire.use(1).to_json()
        forged["signature"] = "0x" + "11" * 65
        for body in (b"{", b"[]", json.dumps([hire.use(5).to_json(), forged]).encode()):
            kind = {"Content-Type": "application/json"}
            answers.append(plain_http.post(f"{url}/v1/readings", content=body, headers=kind).text)
        with oracle.sign_in(CUSTOMER) as client:
            tokens.append(client.headers["Authorization"].removeprefix("Bearer "))
            paths = (
                "/v1/agreements",
                f"/v1/agreements/{hire.agreement}",
                "/v1/sign-in",
                "/metrics",
                "/readyz",
                "/docs",
            )
            answers += [client.get(url + path).text for path in paths]
            answers.append(client.get(f"{url}/v1/sign-in", headers={"Authorization": f"Bearer {tokens[0]}x"}).text)
        wait(lambda: world.state(hire).settled > 0, log)
        node.broken = True
        wait(lambda: '"retry"' in log.read_text(), log)
        answers.append(plain_http.get(f"{url}/v1/assets/1").text)
        answers += [cise(env, "oracle", command, "--json") for command in ("status", "check")]
        answers.append(cise(env, "oracle", "backup", str(tmp_path / "copy.db"), "--json"))
        node.broken = False
    secrets = [secret_of(RELAYER), PERMIT, PASSWORD, NODE_KEY, *tokens]
    answers += _starts_that_fail(world, node, tmp_path)
    places = {"answers": "\n".join(answers).encode(), "log": log.read_bytes()}
    places |= {str(path.name): path.read_bytes() for path in tmp_path.rglob("*.db*")}
    assert {"oracle.db", "copy.db"} <= set(places)
    assert '"outcome"' in log.read_text()
    leaked = [
        (name, secret)
        for name, content in places.items()
        for secret in secrets
        for form in forms(secret)
        if form in content
    ]
    assert leaked == []


def _starts_that_fail(world, node, folder):
    """Errors about keys quote neither key nor password."""
    keystore = folder / "keystore.json"
    keystore.write_text(json.dumps(Account.encrypt(secret_of(RELAYER), "another", iterations=2)))
    keystore.chmod(0o600)
    locked = {"CISE_RELAYER_KEYSTORE": str(keystore), "CISE_RELAYER_KEYSTORE_PASSWORD": PASSWORD}
    wrong = [
        {"CISE_PERMIT_KEY": PERMIT + PASSWORD},
        {"CISE_DATABASE_URL": f"postgresql+psycopg://user:{PASSWORD}@127.0.0.1:1/none"},
        {"CISE_PORT": PASSWORD},
    ]
    found = []
    for change in wrong:
        found.append(cise(environment(world, node, folder / "other", **change), "oracle", "run"))
    env = environment(world, node, folder / "other", **locked)
    del env["CISE_RELAYER_KEY"]
    found.append(cise(env, "oracle", "run"))
    assert all("Error" in text for text in found), found
    return found
