"""Huge and slow bodies and headers, many at once: memory hardly grows, all are closed in time, others are served."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack

import pytest

from tests.chaos.process import MEBIBYTE

HUGE = 300 * MEBIBYTE
MOST_GROWTH = 16 * MEBIBYTE
CLOSED_WITHIN = 10.0
SLOW = 150
HOST = b"Host: x\r\nContent-Type: application/json\r\n"
HEAD = b"POST /v1/readings HTTP/1.1\r\n" + HOST
BLOCK = b" " * 65_536


def connect(oracle):
    return socket.create_connection(("127.0.0.1", oracle.port), timeout=30)


class Watch:
    """The highest memory while a block runs."""

    def __init__(self, oracle):
        self._oracle = oracle
        self._stop = threading.Event()

    def __enter__(self):
        self.before = self.most = self._oracle.memory()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def _look(self):
        while not self._stop.wait(0.02):
            self.most = max(self.most, self._oracle.memory())

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    @property
    def growth(self):
        return self.most - self.before


def pour(client, head, frame):
    """Sends until the peer closes; how much went out."""
    sent = 0
    try:
        client.sendall(head)
        while sent < HUGE:
            client.sendall(frame)
            sent += len(BLOCK)
    except OSError:
        return sent
    return sent


@pytest.mark.parametrize(
    ("head", "frame"),
    [
        (HEAD + b"Content-Length: %d\r\n\r\n" % HUGE, BLOCK),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + BLOCK + b"\r\n"),
        (b"POST /v1/nowhere HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % HUGE, BLOCK),
        (b"GET /v1/assets HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % HUGE, BLOCK),
        (b"GET /healthz HTTP/1.1\r\nX: ", BLOCK),
    ],
    ids=["announced", "chunked", "unknown route", "body of a GET", "endless header"],
)
def test_a_huge_body_takes_no_memory(world, run_oracle, capsys, head, frame):
    hire, oracle = world.hire(), run_oracle()
    oracle.post([hire.use(1)])
    with Watch(oracle) as watch, ExitStack() as stack:
        clients = [stack.enter_context(connect(oracle)) for _ in range(4)]
        threads = [threading.Thread(target=pour, args=(client, head, frame)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with capsys.disabled():
        print(f"\nfour times 300 MiB: memory +{watch.growth / MEBIBYTE:.1f} MiB")
    assert watch.growth <= MOST_GROWTH
    assert oracle.post([hire.use(1)]).json()["answers"][0]["result"] == "accepted"


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"GET /healthz HTTP/1.1\r\nHost:",
        HEAD + b"Content-Length: 100000\r\n\r\n[",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n",
        b"POST /v1/nowhere HTTP/1.1\r\n" + HOST + b"Content-Length: 100000\r\n\r\n",
    ],
    ids=["silent", "half a header", "slow body", "slow chunks", "slow body for nobody"],
)
def test_slow_peers_are_closed_within_ten_seconds(world, run_oracle, scaled, capsys, start):
    hire, oracle = world.hire(), run_oracle()
    oracle.post([hire.use(1)])
    count = max(scaled(SLOW), 10)
    times = []
    with Watch(oracle) as watch, ExitStack() as stack:
        clients = [stack.enter_context(connect(oracle)) for _ in range(count)]
        began = time.monotonic()
        for client in clients:
            client.sendall(start)
            client.settimeout(0.001)
        answers = []
        while clients and time.monotonic() - began < 3 * CLOSED_WITHIN:
            clients = [client for client in clients if trickles(client)]
            times.append(time.monotonic() - began)
            answers.append(oracle.post([hire.use(1)], timeout=5).elapsed.total_seconds())
            time.sleep(0.2)
    with capsys.disabled():
        print(f"\n{count} slow peers: closed after {times[-1]:.1f} s, memory +{watch.growth / MEBIBYTE:.1f} MiB")
        print(f"a device meanwhile: {max(answers) * 1_000:.0f} ms at most")
    assert clients == []
    assert times[-1] <= CLOSED_WITHIN
    assert watch.growth <= MOST_GROWTH


def trickles(client):
    """Sends one more byte where the connection is still open."""
    try:
        while True:
            if client.recv(4_096) == b"":
                return False
    except TimeoutError:
        pass
    except OSError:
        return False
    try:
        client.sendall(b" ")
    except TimeoutError:
        return True
    except OSError:
        return False
    return True
