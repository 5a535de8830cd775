"""Readings per second of processor time through the door, durable, beside bare verification; and over two processes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from oracle.domain.forms import Domains
from scripts.bench import bare, load
from scripts.bench.door import running_door
from scripts.bench.read_model import Hired, bench_domains, fill, meters
from scripts.bench.report import Figure, Result

MACHINES = 100
WARM_UP = 10
BODIES = 40
TURNS = 8
CONNECTIONS = 8
ROUNDS = 3
ROUND_BODIES = 40
GOAL = 60
PAIR_GOAL = 1.7
Prepare = Callable[[Sequence[Hired], Domains, int], list[bytes]]


def measure() -> Result:
    backlog, floor = _one_core(load.backlogs)
    gateway, gateway_floor = _one_core(load.gateways)
    recovered = bare.recoveries()
    one, two = _pair()
    share = 100 * backlog / floor
    figures = [
        Figure(
            "readings a second a core, one machine's backlog of 100 a body",
            f"{backlog:,.0f}",
            f"{share:.0f} % of bare verification ({floor:,.0f}/s a core); bare recovery {recovered:,.0f}/s",
            f"≥ {GOAL} %",
            share >= GOAL,
        ),
        Figure(
            "readings a second a core, a gateway's 100 machines a body",
            f"{gateway:,.0f}",
            f"{100 * gateway / gateway_floor:.0f} % of bare verification",
        ),
        Figure(
            "two processes on one database against one, prepared bodies",
            f"{two / one:.2f} ×",
            f"{two:,.0f} against {one:,.0f} readings a second by the clock",
            f"≥ {PAIR_GOAL} ×",
            two / one >= PAIR_GOAL,
        ),
    ]
    notes = [
        "By the processor time of the door's process (uvicorn, FastAPI, SQLite in WAL mode with synchronous=FULL); the "
        "sender is another process. Every answer carries a permit, as in `cise oracle run`. Door and bare verification "
        f"take turns, {TURNS} of {BODIES} bodies; the best turn of each counts.",
        "The door verifies with the key that it has recovered from each meter's first signature. Verification takes "
        "either parity bit; where a reading is sealed for the chain, the bit is put right.",
        "Bodies are read at once where they are usual JSON, judged as a run, and written as one insertion and one "
        "commit. A gateway's body touches the rows of 100 agreements instead of one, which is the difference between "
        "the first two figures.",
        "The comparison of two processes is by the clock and needs two idle cores beside the sender: "
        "compare the load above.",
    ]  # fmt: skip
    return Result("ingest", "Ingest", figures, notes)


def _one_core(prepare: Prepare) -> tuple[float, float]:
    """Readings and bare verifications a second of processor time, measured in turn: the best turn of each, because what
    else runs on the machine can only make them slower."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database, hired = fill(folder, meters(MACHINES))
        database.close()
        bodies = prepare(hired, bench_domains(), WARM_UP + TURNS * BODIES)
        best = floor = 0.0
        with running_door(folder) as door:
            load.send(door.port, bodies[:WARM_UP])
            for start in range(WARM_UP, len(bodies), BODIES):
                floor = max(floor, bare.verifications())
                began = door.processor_seconds()
                load.send(door.port, bodies[start : start + BODIES])
                best = max(best, BODIES * load.SIZE / (door.processor_seconds() - began))
    return best, floor


def _pair() -> tuple[float, float]:
    """Readings a second by the clock with one process and with two: the best of some rounds, taken in turn."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        database, hired = fill(folder, meters(CONNECTIONS))
        database.close()
        doors = [stack.enter_context(running_door(folder)) for _ in range(2)]
        # Body n is of machine n modulo the connections: each machine's bodies stay in order on one connection.
        bodies = load.backlogs(hired, bench_domains(), (1 + 2 * ROUNDS) * ROUND_BODIES)
        rounds = [bodies[start : start + ROUND_BODIES] for start in range(0, len(bodies), ROUND_BODIES)]
        ports = [door.port for door in doors]
        best = {1: 0.0, 2: 0.0}
        for number, own in enumerate(rounds):
            used = 1 + number % 2
            seconds = load.send_in_parallel(ports[:used], own, CONNECTIONS)
            if number > 0:  # the first round warms up
                best[used] = max(best[used], len(own) * load.SIZE / seconds)
    return best[1], best[2]
