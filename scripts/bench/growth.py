"""What a reading costs while agreements become many: on the chain, at the door, and when the relay seals."""

from __future__ import annotations

import gc
import random
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from oracle.domain.forms import digest
from oracle.domain.hashing import keccak
from oracle.domain.plain_readings import plain
from oracle.domain.readings import Flag, Reading, SignedReading
from oracle.domain.signatures import SigningKey
from oracle.ingest.meters import MeterCheck
from oracle.ingest.readings_door import ReadingsDoor
from oracle.ingest.terms import PublishedTerms
from oracle.relay.permits import PermitDesk
from oracle.relay.seal import Sealing
from oracle.settings import SealPolicy, Settings
from oracle.store import checkpoints, live, readings
from oracle.store.database import Database
from oracle.store.readings import NewReading, ReadingState
from oracle.types import BaseUnits, BlockNumber, Seconds, UnixTime
from scripts.bench.fleet import running_fleet
from scripts.bench.plot import Panel, Points, draw
from scripts.bench.read_model import PERMIT_KEY, Hired, bench_domains, fill
from scripts.bench.report import PAGE, Figure, Result

ON_CHAIN = (10, 100, 500, 2_000)
IN_DATABASE = (10, 100, 1_000, 10_000, 100_000)
BATCH = 10
BODIES = 12
SIZE = 100
NEWS = 10
TURNS = 5
PLOT = "benchmarks-growth.svg"
METER = SigningKey(b"\x77" * 32)
GOAL_PERCENT = 10


@dataclass(frozen=True, slots=True)
class Costs:
    """Microseconds of processor time: a reading at the door, alone in its body or with its machine's other 99, and at
    sealing; and a cycle of each when little happens."""

    door: float
    gateway: float
    seal: float
    idle_seal: float
    idle_permits: float


def measure() -> Result:
    gas = _on_chain()
    costs = {count: _in_database(count) for count in IN_DATABASE}
    door = [(float(count), cost.door) for count, cost in costs.items()]
    gateway = [(float(count), cost.gateway) for count, cost in costs.items() if count >= SIZE]
    seal = [(float(count), cost.seal) for count, cost in costs.items() if count >= SIZE]
    idle_seal = [(float(count), cost.idle_seal) for count, cost in costs.items() if count >= SIZE]
    idle_permits = [(float(count), cost.idle_permits) for count, cost in costs.items() if count >= SIZE]
    panels = [
        Panel("On the chain", "agreements on the chain", f"gas a reading, batches of {BATCH}", {"settle": gas}),
        Panel(
            "In the oracle",
            "agreements in the database",
            "processor time a reading, µs",
            {"door": door, "door, 100 machines a body": gateway, "seal": seal},
        ),
    ]
    (PAGE.parent / PLOT).write_text(draw(panels))
    figures = [
        _figure("gas of a reading", gas, "gas"),
        _figure("the door's processor time for a reading, one machine's 100 a body", door, "µs"),
        replace(_figure("the same, each of a body's 100 from another machine", gateway, "µs"), goal="", reached=None),
        _figure("the relay's processor time to seal a reading", seal, "µs"),
        _figure(f"a look for what is due, {NEWS} agreements with news", idle_seal, "µs"),
        _figure(f"a renewal of permits, {NEWS} agreements with news", idle_permits, "µs"),
    ]
    notes = [
        f"On the chain: the same batch of {BATCH} readings, warm, after more and more agreements have been opened.",
        f"At the door: {BODIES} bodies of {SIZE} readings from machines picked at random, each right after "
        "a new block, after which each machine's agreement and asset are read again: what one machine measured while "
        "it was off line, as in the figure of ingest, or a gateway's. Sealing: one look for what is due "
        "when every agreement has one new reading. In this process, by processor time.",
        f"A look and a renewal with news: the cycle after {NEWS} agreements have had a reading, all the others being "
        "open and quiet. The first cycle of a process, and one in a quarter of an hour, looks at all.",
        "Flat is what the lines should be: their vertical axes begin at zero. A gateway's readings cost more with many "
        "agreements for the database's pages: few machines share them, of many each has its own, to read and to write.",
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
        settings = Settings(data_dir=Path(name))
        gateway = _door(database, settings, _gateways(hired))
        door = _door(database, settings, _backlogs(hired))
        seal = _seal(database, Path(name), count)
        gc.collect()
        gc.freeze()  # the bench's own list of machines is not the oracle's to look through
        costs = Costs(door, gateway, seal, *_quiet(database, hired, Path(name)))
        gc.unfreeze()
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


def _gateways(hired: Sequence[Hired]) -> list[list[Reading]]:
    dice = random.Random(1)
    return [
        [_reading(hire, sequence) for hire in dice.sample(hired, min(SIZE, len(hired)))]
        for sequence in range(2, 2 + BODIES)
    ]


def _backlogs(hired: Sequence[Hired]) -> list[list[Reading]]:
    dice, after = random.Random(2), 2 + BODIES
    chosen = [dice.choice(hired) for _ in range(BODIES)]
    return [
        [_reading(hire, after + SIZE * turn + number) for number in range(SIZE)] for turn, hire in enumerate(chosen)
    ]


def _door(database: Database, settings: Settings, made: Sequence[Sequence[Reading]]) -> float:
    desk, places, bodies = PermitDesk(database, PERMIT_KEY), bench_domains(), []
    for body in made:
        for _ in range(2):  # issued, then read: a desk reads a permit once
            desk.answers({reading.agreement_id for reading in body}, time.time())
        signed = [SignedReading(reading, METER.sign(digest(places.of(reading), reading))) for reading in body]
        bodies.append([plain(one) for one in signed])
    best = float("inf")
    door = ReadingsDoor(database, desk, MeterCheck(settings), PublishedTerms(None))
    gc.collect()
    gc.freeze()  # the bench's own list of machines is not the oracle's to look through
    for item in bodies:
        _new_block(database)
        began = time.process_time()
        answers = door.take(item, time.time())
        best = min(best, (time.process_time() - began) / len(item))
        if answers.count(b'"accepted"') != len(item):
            raise RuntimeError(answers[:300].decode())
    gc.unfreeze()
    return best * 1e6


def _new_block(database: Database) -> None:
    """Nothing of the read model is remembered beyond it."""
    with database.writing() as connection:
        checkpoint = checkpoints.load(connection)
        assert checkpoint is not None
        checkpoints.save(connection, replace(checkpoint, number=BlockNumber(checkpoint.number + 1)))


def _seal(database: Database, folder: Path, count: int) -> float:
    settings = Settings(data_dir=folder, seal_policy=SealPolicy.EACH_BLOCK, telemetry_grace=0)
    now = time.time()
    with database.reading() as connection:
        began = time.process_time()
        found = Sealing().due(connection, settings, UnixTime(int(now)), now)
        seconds = time.process_time() - began
    if len(found) != count:
        raise RuntimeError(f"{len(found)} of {count} readings are due")
    return seconds / count * 1e6


def _quiet(database: Database, hired: Sequence[Hired], folder: Path) -> tuple[float, float]:
    """The cycles' time when a few agreements have had a reading that need not be settled yet."""
    settings = Settings(data_dir=folder, daily_after=30 * 86_400, telemetry_grace=0)
    sealing, desk = Sealing(), PermitDesk(database, PERMIT_KEY)
    best = [float("inf"), float("inf")]
    for turn in range(TURNS + 1):
        now = time.time()
        with database.writing() as connection:
            news = [live.NewEvent("reading", {}, hire.asset, hire.agreement) for hire in hired[:NEWS]]
            live.add_all(connection, now, news)
        began = time.process_time()
        with database.reading() as connection:
            due = sealing.due(connection, settings, UnixTime(int(now)), now)
        between = time.process_time()
        desk.renew(now)
        if due:
            raise RuntimeError(f"{len(due)} readings are due")
        if turn > 0:  # the first look is at everything
            best = [min(best[0], between - began), min(best[1], time.process_time() - between)]
    return best[0] * 1e6, best[1] * 1e6


def _reading(hire: Hired, sequence: int) -> Reading:
    use = 1_000 * sequence
    time_ = UnixTime(hire.opened_at + sequence)
    return Reading(hire.agreement, hire.asset, sequence, time_, (use, 0, 0, 0), use, Flag(0), keccak(b"telemetry"))
