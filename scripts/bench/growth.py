"""What a reading costs while agreements become many: on the chain, at the door, and when the relay seals."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from oracle.domain.forms import digest
from oracle.domain.hashing import keccak
from oracle.domain.readings import Flag, Reading, SignedReading
from oracle.domain.signatures import SigningKey
from oracle.ingest.meters import MeterCheck
from oracle.ingest.readings_door import ReadingsDoor
from oracle.ingest.terms import PublishedTerms
from oracle.relay.permits import PermitDesk
from oracle.relay.seal import due
from oracle.settings import SealPolicy, Settings
from oracle.store import readings
from oracle.store.database import Database
from oracle.store.readings import NewReading, ReadingState
from oracle.types import BaseUnits, Seconds, UnixTime
from scripts.bench.fleet import running_fleet
from scripts.bench.plot import Panel, Points, draw
from scripts.bench.read_model import PERMIT_KEY, Hired, bench_domains, fill
from scripts.bench.report import PAGE, Figure, Result

ON_CHAIN = (10, 100, 500, 2_000)
IN_DATABASE = (10, 100, 1_000, 10_000, 100_000)
BATCH = 10
BODIES = 12
SIZE = 100
PLOT = "benchmarks-growth.svg"
METER = SigningKey(b"\x77" * 32)
GOAL_PERCENT = 10


@dataclass(frozen=True, slots=True)
class Costs:
    """Microseconds of processor time a reading."""

    door: float
    seal: float


def measure() -> Result:
    gas = _on_chain()
    costs = {count: _in_database(count) for count in IN_DATABASE}
    door = [(float(count), cost.door) for count, cost in costs.items() if count >= SIZE]
    seal = [(float(count), cost.seal) for count, cost in costs.items() if count >= SIZE]
    panels = [
        Panel("On the chain", "agreements on the chain", f"gas a reading, batches of {BATCH}", {"settle": gas}),
        Panel(
            "In the oracle", "agreements in the database", "processor time a reading, µs", {"door": door, "seal": seal}
        ),
    ]
    (PAGE.parent / PLOT).write_text(draw(panels))
    figures = [
        _figure("gas of a reading", gas, "gas"),
        _figure("the door's processor time for a reading", door, "µs"),
        _figure("the relay's processor time to seal a reading", seal, "µs"),
    ]
    notes = [
        f"On the chain: the same batch of {BATCH} readings, warm, after more and more agreements have been opened.",
        f"At the door: {BODIES} bodies of {SIZE} readings from machines picked at random, each right after "
        "a new block. Sealing: one look for what is due "
        "when every agreement has one new reading. In this process, by processor time.",
        "Flat is what the lines should be: their vertical axes begin at zero. The door's line rises "
        "a little with every power of ten; why is not isolated (deeper indexes are likely).",
    ]
    return Result("growth", "Growth", figures, notes, PLOT)


def _figure(name: str, line: Points, unit: str) -> Figure:
    (few, first), (many, last) = line[0], line[-1]
    growth = 100 * (last - first) / first
    return Figure(
        f"{name}, with {many:,.0f} agreements",
        f"{last:,.0f} {unit}",
        f"{first:,.0f} {unit} with {few:,.0f}: {growth:+.1f} %",
        f"≤ +{GOAL_PERCENT} %",
        growth <= GOAL_PERCENT,
    )


def _on_chain() -> list[tuple[float, float]]:
    points = []
    with running_fleet() as fleet:
        for sequence, count in enumerate(ON_CHAIN, 1):
            fleet.hire(count - len(fleet.hired))
            measured = fleet.hired[:BATCH]
            if sequence == 1:
                fleet.settle(fleet.batch(measured, 1, 1_000))
                fleet.settle(fleet.batch(measured, 2, 2_000))
            used = fleet.settle(fleet.batch(measured, sequence + 2, 2_000 + sequence * 1_000))
            points.append((float(count), used / BATCH))
    return points


def _in_database(count: int) -> Costs:
    with tempfile.TemporaryDirectory() as name:
        # One meter key for all: making keys is not what is measured.
        database, hired = fill(Path(name), [METER] * count)
        _history(database, hired)
        costs = Costs(_door(database, hired, Settings(data_dir=Path(name))), _seal(database, Path(name), count))
        database.close()
    return costs


def _history(database: Database, hired: Iterable[Hired]) -> None:
    """Each agreement has one reading that waits for its settlement; its signature is never looked at again."""
    rows = []
    for hire in hired:
        reading = _reading(hire, 1)
        unsigned = SignedReading(reading, bytes(64) + b"\x1b")
        rows.append(
            NewReading(
                unsigned, keccak(b"%d" % hire.agreement), Seconds(1), BaseUnits(1_000), ReadingState.ACCEPTED, 0.0
            )
        )
    with database.writing() as connection:
        readings.add(connection, rows)


def _door(database: Database, hired: list[Hired], settings: Settings) -> float:
    dice = random.Random(1)
    places = bench_domains()
    bodies = []
    for sequence in range(2, 2 + BODIES):
        chosen = dice.sample(hired, min(SIZE, len(hired)))
        PermitDesk(database, PERMIT_KEY).answers([hire.agreement for hire in chosen], time.time())
        made = [_reading(hire, sequence) for hire in chosen]
        bodies.append([SignedReading(reading, METER.sign(digest(places.of(reading), reading))) for reading in made])
    best = float("inf")
    for body in bodies:
        # As after a new block: nothing of the read model is remembered.
        door = ReadingsDoor(database, PermitDesk(database, PERMIT_KEY), MeterCheck(settings), PublishedTerms(None))
        began = time.process_time()
        answers = door.take(body, time.time())
        best = min(best, (time.process_time() - began) / len(body))
        if any(answer.result != "accepted" for answer in answers):
            raise RuntimeError(str(answers[0]))
    return best * 1e6


def _seal(database: Database, folder: Path, count: int) -> float:
    settings = Settings(data_dir=folder, seal_policy=SealPolicy.EACH_BLOCK, telemetry_grace=0)
    now = time.time()
    with database.reading() as connection:
        began = time.process_time()
        found = due(connection, settings, UnixTime(int(now)), now)
        seconds = time.process_time() - began
    if len(found) != count:
        raise RuntimeError(f"{len(found)} of {count} readings are due")
    return seconds / count * 1e6


def _reading(hire: Hired, sequence: int) -> Reading:
    use = 1_000 * sequence
    time_ = UnixTime(hire.opened_at + sequence)
    return Reading(hire.agreement, hire.asset, sequence, time_, (use, 0, 0, 0), use, Flag(0), keccak(b"telemetry"))
