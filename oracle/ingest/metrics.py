"""Figures of the moment, read from the database at each scrape: right after a restart and over several processes.
Only what the doors have refused is counted in this process."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from oracle.ingest.condition import Condition, condition
from oracle.ingest.state import Shared
from oracle.ingest.tally import Tally


class _Ready(Collector):
    """Figures that are there already."""

    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> Iterable[Metric]:
        return (self._family,)


class _Figures:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()

    def gauge(self, name: str, help_text: str, value: float | None) -> None:
        """Left out where there is no value."""
        if value is not None:
            Gauge(f"cise_{name}", help_text, registry=self.registry).set(value)

    def gauges(self, name: str, help_text: str, label: str, values: dict[str, float]) -> None:
        made = Gauge(f"cise_{name}", help_text, (label,), registry=self.registry)
        for key, value in values.items():
            made.labels(key).set(value)

    def counters(self, name: str, help_text: str, label: str, values: dict[str, int]) -> None:
        # Not prometheus_client's Counter: it would tell each scrape that counting began just now.
        made = CounterMetricFamily(f"cise_{name}", help_text, labels=(label,))
        for key, value in values.items():
            made.add_metric((key,), value)
        self.registry.register(_Ready(made))


def collect(shared: Shared) -> CollectorRegistry:
    with shared.database.reading() as connection:
        found = condition(connection, shared.clock())
    figures = _Figures()
    _work(figures, found)
    _surroundings(figures, found, shared)
    _doors(figures, shared.tally, shared)
    return figures.registry


def _work(figures: _Figures, found: Condition) -> None:
    readings = {state.value: float(count) for state, count in found.readings.items()}
    figures.gauges("readings", "Readings by state", "state", readings)
    batches = {stage.value: float(count) for stage, count in found.batches.items()}
    figures.gauges("batches", "Transactions of the outbox by stage", "stage", batches)
    ages = {stage.value: age for stage, age in found.batch_ages.items()}
    figures.gauges("batch_oldest_seconds", "Age of the oldest open transaction by stage", "stage", ages)
    figures.gauge(
        "unsettled_oldest_seconds",
        "Age of the oldest reading that was acknowledged and is not settled",
        found.unsettled_age or 0.0,
    )
    figures.gauge("quarantine_open", "Readings that wait for a person", found.quarantine_open)
    figures.gauge("quarantine_oldest_seconds", "How long the first of them waits", found.quarantine_age or 0.0)
    cycles = {name: age for name in found.cycles if (age := found.cycle_age(name)) is not None}
    figures.gauges("cycle_age_seconds", "Since the last good cycle", "cycle", cycles)


def _surroundings(figures: _Figures, found: Condition, shared: Shared) -> None:
    checkpoint, gas = found.checkpoint, found.gas
    figures.gauge("confirmed_block", "Block of the read model", None if checkpoint is None else checkpoint.number)
    figures.gauge("head_block", "Newest block seen", None if checkpoint is None else checkpoint.head)
    figures.gauge("clock_offset_seconds", "This clock ahead of the newest block when first seen", found.clock_offset)
    figures.gauge("gas_left_wei", "The relayer's coin for gas", None if gas is None else gas.left)
    figures.gauge("gas_least_wei", "Below this the relayer cannot go on for long", None if gas is None else gas.least)
    figures.gauge("guarantees_under_covered", "Guarantees that lack money today", len(found.under_covered))
    figures.gauge("rounds_behind", "Rounds that are late, impaired or in default", len(found.rounds_behind))
    figures.gauge("disk_free_bytes", "Room on the database's disk", shared.disk.free())
    figures.gauge("disk_reserve_bytes", "Below this nothing is acknowledged", shared.settings.least_free_disk)


def _doors(figures: _Figures, tally: Tally, shared: Shared) -> None:
    settings = shared.settings
    figures.gauge("requests_in_flight", "Requests worked on or waiting", tally.in_flight)
    figures.gauge("requests_limit", "Most of them", settings.requests_limit)
    figures.gauge("connections", "Open connections", tally.connections)
    figures.gauge("connections_limit", "Most of them", settings.connections)
    figures.gauge("body_bytes", "Bytes of bodies in memory", tally.body_bytes)
    figures.gauge("live_streams", "Open live streams", tally.streams)
    answers = {str(status): count for status, count in sorted(tally.answers.copy().items())}
    figures.counters("answers", "Answers by status", "status", answers)
    figures.counters("requests_refused", "Refused requests by code", "code", dict(tally.requests.copy()))
    figures.counters("readings_refused", "Readings refused in taken requests", "reason", dict(tally.readings.copy()))
