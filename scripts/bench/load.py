"""Request bodies signed in advance, and a sender that does nothing but send them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from oracle.domain.forms import Domains, digest
from oracle.domain.hashing import keccak
from oracle.domain.readings import Flag, Reading, SignedReading
from oracle.types import UnixTime
from scripts.bench.read_model import Hired

SIZE = 100
_HEAD = (
    b"POST /v1/readings HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
)
_LENGTH = b"\r\ncontent-length:"


def backlogs(hired: Sequence[Hired], places: Domains, count: int) -> list[bytes]:
    """Each body is what one machine measured while it was off line: its next 100 readings; ten machines in turn."""
    streams = [_readings(hire, places) for hire in hired[:10]]
    return [_body(islice(streams[number % len(streams)], SIZE)) for number in range(count)]


def gateways(hired: Sequence[Hired], places: Domains, count: int) -> list[bytes]:
    """Each body comes from a gateway: the next reading of each of 100 machines."""
    streams = [_readings(hire, places) for hire in hired[:SIZE]]
    return [_body(next(stream) for stream in streams) for _ in range(count)]


def _readings(hire: Hired, places: Domains) -> Iterator[SignedReading]:
    sequence = 0
    while True:
        sequence += 1
        use = 1_000 * sequence
        reading = Reading(
            hire.agreement,
            hire.asset,
            sequence,
            UnixTime(hire.opened_at + sequence),
            (use, use // 2, use // 3, 0),
            2 * use,
            Flag(0),
            keccak(b"telemetry %d" % sequence),
        )
        yield SignedReading(reading, hire.meter.sign(digest(places.of(reading), reading)))


def _body(readings: Iterator[SignedReading]) -> bytes:
    return msgspec.json.encode([signed.to_json() for signed in readings])


def send(port: int, bodies: Sequence[bytes]) -> None:
    """One after the other over one connection. Raises where a reading is not accepted."""
    requests = [_HEAD % (port, len(body)) + body for body in bodies]
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        for request in requests:
            connection.sendall(request)
            answer = _answer(connection)
            if answer.count(b'"accepted"') != SIZE:
                raise RuntimeError(answer[:500].decode())


def _answer(connection: socket.socket) -> bytes:
    """Of the head only the length is looked at: on the same cores, the sender must not be what is measured."""
    answer = b""
    while (end := answer.find(b"\r\n\r\n")) < 0:
        answer += _some(connection)
    at = answer.lower().index(_LENGTH) + len(_LENGTH)
    left = end + 4 + int(answer[at : answer.index(b"\r\n", at)]) - len(answer)
    parts = [answer]
    while left > 0:
        parts.append(_some(connection))
        left -= len(parts[-1])
    return b"".join(parts)


def _some(connection: socket.socket) -> bytes:
    found = connection.recv(1 << 18)
    if not found:
        raise RuntimeError("the door has closed the connection")
    return found


def send_in_parallel(ports: Sequence[int], bodies: Sequence[bytes], connections: int) -> float:
    """The bodies dealt out over the connections, these over the ports; returns the seconds it took."""
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            send(ports[number % len(ports)], bodies[number::connections])
        except (OSError, RuntimeError) as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - began
