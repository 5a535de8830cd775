"""Figures of the moment, read from the database at each scrape: right after a restart and over several processes."""

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import func, select

from oracle.ingest.state import Shared
from oracle.store import checkpoints, cycles, quarantine
from oracle.store.batches import Stage
from oracle.store.readings import ReadingState
from oracle.store.tables import batches, readings


def collect(shared: Shared) -> CollectorRegistry:
    registry = CollectorRegistry()

    def gauge(name: str, help_text: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(f"cise_{name}", help_text, labels, registry=registry)

    now = shared.clock()
    with shared.database.reading() as connection:
        by_state = gauge("readings", "Readings by state", ("state",))
        states = connection.execute(select(readings.c.state, func.count()).group_by(readings.c.state))
        counted: dict[str, int] = dict(map(tuple, states))
        for state in ReadingState:
            by_state.labels(state.value).set(counted.get(state.value, 0))
        by_stage = gauge("batches", "Transactions of the outbox by stage", ("stage",))
        stages = connection.execute(select(batches.c.stage, func.count()).group_by(batches.c.stage))
        staged: dict[str, int] = dict(map(tuple, stages))
        for stage in Stage:
            by_stage.labels(stage.value).set(staged.get(stage.value, 0))
        gauge("quarantine_open", "Readings that wait for a person").set(quarantine.count_open(connection))
        checkpoint = checkpoints.load(connection)
        if checkpoint is not None:
            gauge("confirmed_block", "Block of the read model").set(checkpoint.number)
            gauge("head_block", "Newest block seen").set(checkpoint.head)
        age = gauge("cycle_age_seconds", "Since the last good cycle", ("cycle",))
        for cycle in cycles.all_cycles(connection):
            if cycle.succeeded_at is not None:
                age.labels(cycle.name).set(now - cycle.succeeded_at)
    return registry
