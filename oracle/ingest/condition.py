"""How the oracle stands, in figures; /metrics, /readyz and `cise oracle status` show the same ones."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from oracle.store import checkpoints, cycles
from oracle.store.batches import OPEN_STAGES, Stage
from oracle.store.checkpoints import Checkpoint
from oracle.store.cycles import Cycle
from oracle.store.readings import NEVER, ReadingState
from oracle.store.tables import agreements, batches, quarantine, readings

_ACCEPTED: ColumnElement[str] = literal_column(f"'{ReadingState.ACCEPTED.value}'")
"""In the text and not as a parameter, so that an index of the others can serve."""


@dataclass(frozen=True, slots=True)
class Gas:
    """The relayer's coin for gas, and the least with which it can go on, in wei."""

    left: int
    least: int


@dataclass(frozen=True, slots=True)
class Condition:
    """Ages in seconds; None where there is nothing that could have one."""

    now: float
    checkpoint: Checkpoint | None
    cycles: Mapping[str, Cycle]
    readings: Mapping[ReadingState, int]
    batches: Mapping[Stage, int]
    batch_ages: Mapping[Stage, float]
    unsettled_age: float | None
    quarantine_open: int
    quarantine_age: float | None
    gas: Gas | None
    under_covered: tuple[str, ...]
    rounds_behind: tuple[str, ...]

    def cycle_age(self, name: str) -> float | None:
        """Since the last good run of a cycle."""
        cycle = self.cycles.get(name)
        return None if cycle is None or cycle.succeeded_at is None else self.now - cycle.succeeded_at

    @property
    def clock_offset(self) -> float | None:
        """How far this machine's clock was ahead of the newest block when it was first seen; below zero: behind."""
        return None if self.checkpoint is None else self.checkpoint.observed_at - self.checkpoint.head_time


def condition(connection: Connection, now: float) -> Condition:
    done = {cycle.name: cycle for cycle in cycles.all_cycles(connection)}
    waiting, since = _quarantine(connection)
    return Condition(
        now,
        checkpoints.load(connection),
        done,
        _readings(connection),
        _batches(connection),
        {stage: now - at for stage, at in _oldest_batches(connection).items()},
        _age(_oldest_unsettled(connection), now),
        waiting,
        _age(since, now),
        _gas(done.get("gas")),
        _named(done.get("guarantees"), "underCovered"),
        _named(done.get("rounds"), "behind"),
    )


def _age(since: float | None, now: float) -> float | None:
    return None if since is None else max(now - since, 0.0)


def _readings(connection: Connection) -> dict[ReadingState, int]:
    """Rows are never deleted, so the newest number tells how many there are; the few others are counted."""
    total = int(connection.execute(select(func.max(readings.c.id))).scalar() or 0)
    query = select(readings.c.state, func.count()).where(readings.c.state != _ACCEPTED).group_by(readings.c.state)
    others = {ReadingState(state): int(count) for state, count in connection.execute(query)}
    return {state: others.get(state, 0) for state in ReadingState} | {
        ReadingState.ACCEPTED: total - sum(others.values())
    }


def _batches(connection: Connection) -> dict[Stage, int]:
    found = {stage: int(count) for stage, count in connection.execute(_COUNT_BATCHES)}
    return {stage: found.get(stage.value, 0) for stage in Stage}


_COUNT_BATCHES = select(batches.c.stage, func.count()).group_by(batches.c.stage)


def _oldest_batches(connection: Connection) -> dict[Stage, float]:
    query = (
        select(batches.c.stage, func.min(batches.c.created_at))
        .where(batches.c.stage.in_([stage.value for stage in OPEN_STAGES]))
        .group_by(batches.c.stage)
    )
    return {Stage(stage): float(at) for stage, at in connection.execute(query)}


def _oldest_unsettled(connection: Connection) -> float | None:
    """When the oldest reading came that was acknowledged, is not settled, and that the chain may still take."""
    query = (
        select(func.min(readings.c.received_at))
        .select_from(agreements)
        .join(
            readings,
            (readings.c.agreement_id == agreements.c.id) & (readings.c.sequence > agreements.c.sequence),
        )
        .where(
            agreements.c.closed.is_(False),
            readings.c.state == _ACCEPTED,
            (readings.c.retry_at.is_(None)) | (readings.c.retry_at < NEVER),
        )
    )
    found = connection.execute(query).scalar()
    return None if found is None else float(found)


def _quarantine(connection: Connection) -> tuple[int, float | None]:
    query = select(func.count(), func.min(quarantine.c.opened_at)).where(quarantine.c.resolution.is_(None))
    count, since = connection.execute(query).one()
    return int(count), since


def _named(cycle: Cycle | None, what: str) -> tuple[str, ...]:
    """What the last cycle of that kind has named."""
    found = None if cycle is None else cycle.detail.get(what)
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _gas(cycle: Cycle | None) -> Gas | None:
    if cycle is None or not {"balance", "least"} <= set(cycle.detail):
        return None
    return Gas(int(str(cycle.detail["balance"])), int(str(cycle.detail["least"])))
