"""Connections that hold on without asking: half headers, slow bodies, unread answers, and too many of them."""

import json
import socket
import time
from contextlib import ExitStack, closing

import pytest

from tests.helpers import plain_http

HOST_LINE = b"Host: x\r\n"


def connect(oracle):
    host, port = oracle.url.removeprefix("http://").split(":")
    return closing(socket.create_connection((host, int(port)), timeout=15))


def read_all(client):
    """Until the peer closes."""
    received = b""
    while True:
        try:
            chunk = client.recv(65_536)
        except ConnectionResetError:
            return received
        if not chunk:
            return received
        received += chunk


def answered(received):
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    assert b"connection: close" in head.lower()
    return int(head.split()[1]), json.loads(body)["code"]


def trickle(client, seconds, byte=b"a"):
    """One byte every tenth of a second until the peer has had enough."""
    began = time.monotonic()
    client.settimeout(0.1)
    received = b""
    while time.monotonic() - began < seconds:
        try:
            client.sendall(byte)
            chunk = client.recv(65_536)
        except TimeoutError:
            continue
        except OSError:
            break
        if not chunk:
            break
        received += chunk
    return received, time.monotonic() - began


@pytest.fixture
def impatient(start_oracle):
    return start_oracle(header_timeout=0.5, body_timeout=0.5, header_limit=2_048)


def test_half_a_header_is_closed_in_time(impatient):
    with connect(impatient) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost:")
        began = time.monotonic()
        assert answered(read_all(client)) == (408, "header_too_slow")
        assert time.monotonic() - began < 3


def test_a_connection_that_says_nothing_is_closed_in_time(impatient):
    with connect(impatient) as client:
        assert answered(read_all(client)) == (408, "header_too_slow")


def test_a_header_that_trickles_buys_no_time(impatient):
    with connect(impatient) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        received, seconds = trickle(client, 8)
        assert answered(received) == (408, "header_too_slow")
        assert seconds < 3


def test_blank_lines_between_requests_buy_no_time(impatient):
    with connect(impatient) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST_LINE + b"\r\n")
        _, seconds = trickle(client, 8, b"\r\n")
        assert seconds < 3


def test_a_body_that_nobody_reads_is_closed_in_time(impatient):
    with connect(impatient) as client:
        client.sendall(b"POST /v1/nowhere HTTP/1.1\r\n" + HOST_LINE + b"Content-Length: 100000\r\n\r\n")
        received, seconds = trickle(client, 8)
        assert b"404" in received.split(b"\r\n")[0]
        assert seconds < 4


@pytest.mark.parametrize("lines", [1, 500])
def test_a_header_over_the_limit_is_refused(impatient, lines):
    padding = b"".join(b"X-%d: %s\r\n" % (n, b"a" * (4_000 // lines)) for n in range(lines))
    with connect(impatient) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST_LINE + padding + b"\r\n")
        assert answered(read_all(client)) == (431, "header_too_large")


def test_a_header_without_end_is_cut_off(impatient):
    with connect(impatient) as client:
        sent = 0
        client.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
        try:
            while sent < 5_000_000:
                client.sendall(b"a" * 4_096)
                sent += 4_096
        except OSError:
            pass
        assert sent < 5_000_000


def test_nonsense_is_one_problem_document(impatient):
    with connect(impatient) as client:
        client.sendall(b"\x16\x03\x01 what\r\n\r\n")
        assert answered(read_all(client)) == (400, "malformed_request")


def test_a_peer_that_does_not_read_is_cut_off(world, start_oracle):
    world.hire()
    oracle = start_oracle(body_timeout=0.5)
    with connect(oracle) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        request = b"GET /openapi.json HTTP/1.1\r\n" + HOST_LINE + b"\r\n"
        began = time.monotonic()
        client.settimeout(0.2)
        while time.monotonic() - began < 20:
            try:
                client.sendall(request)
            except TimeoutError:
                continue
            except OSError:
                break
        assert time.monotonic() - began < 15


def test_one_address_has_so_many_connections(start_oracle):
    oracle = start_oracle(connections_per_address=3)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(connect(oracle))
        time.sleep(0.1)
        with connect(oracle) as fourth:
            assert answered(read_all(fourth)) == (429, "too_many_connections")
    assert answers_again(oracle)


def test_the_door_has_so_many_connections(start_oracle):
    oracle = start_oracle(connections=2)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(connect(oracle))
        time.sleep(0.1)
        with connect(oracle) as third:
            assert answered(read_all(third)) == (503, "too_many_connections")
    assert answers_again(oracle)


def answers_again(oracle):
    """Once the others have gone."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        if plain_http.get(f"{oracle.url}/healthz").status_code == 200:
            return True
    return False


def test_requests_in_a_row_on_one_connection_still_work(impatient):
    with plain_http.Client() as client:
        for _ in range(5):
            assert client.get(f"{impatient.url}/healthz").status_code == 200
    with connect(impatient) as client:
        client.sendall((b"GET /healthz HTTP/1.1\r\n" + HOST_LINE + b"\r\n") * 10)
        received = b""
        while received.count(b'{"status":"alive"}') < 10:
            received += client.recv(65_536)
