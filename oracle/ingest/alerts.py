"""What an operator must know now, worst first. The names are those of docs/runbook/alerts.yml and its pages."""

from collections.abc import Iterator
from dataclasses import dataclass

from oracle.ingest.condition import Condition
from oracle.settings import Settings
from oracle.store.batches import Stage

CHAIN_BEHIND_SECONDS = 60.0
PERMITS_BEHIND_SECONDS = 120.0
BATCH_STUCK_SECONDS = 600.0
BATCH_NOT_FINAL_SECONDS = 3_600.0
QUARANTINE_SECONDS = 3_600.0
UNSETTLED_GRACE_SECONDS = 7_200.0
"""Beyond the daily settlement."""
CLOCK_BEHIND_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Alert:
    """`page`: the file in docs/runbook that says what to do."""

    page: str
    what: str


def alerts(found: Condition, settings: Settings, disk_free: int | None) -> list[Alert]:
    return [*_cannot_work(found, settings, disk_free), *_behind(found, settings)]


def _cannot_work(found: Condition, settings: Settings, disk_free: int | None) -> Iterator[Alert]:
    if disk_free is not None and disk_free < settings.least_free_disk:
        yield Alert("disk-full", f"{disk_free / 2**20:,.0f} MiB free: nothing more is acknowledged")
    lag = found.cycle_age("index")
    if found.checkpoint is None or lag is None:
        yield Alert("chain-behind", "the chain has not been read yet")
    elif lag > CHAIN_BEHIND_SECONDS:
        yield Alert("chain-behind", f"the chain was last read {lag:,.0f} s ago")
    permits = found.cycle_age("permits")
    if permits is not None and permits > PERMITS_BEHIND_SECONDS:
        yield Alert("permits-behind", f"permits were last renewed {permits:,.0f} s ago: machines stop")
    if found.gas is not None and found.gas.left < found.gas.least:
        yield Alert("gas-low", f"the relayer has {found.gas.left} wei, and needs {found.gas.least}")
    offset = found.clock_offset
    if offset is not None and offset < -CLOCK_BEHIND_SECONDS:
        yield Alert("clock-off", f"this machine's clock is {-offset:,.0f} s behind the chain's")


def _behind(found: Condition, settings: Settings) -> Iterator[Alert]:
    waiting = max((found.batch_ages.get(stage, 0.0) for stage in (Stage.SIGNED, Stage.SENT)), default=0.0)
    if waiting > BATCH_STUCK_SECONDS:
        yield Alert("batch-stuck", f"a transaction has not been mined for {waiting:,.0f} s")
    if found.batch_ages.get(Stage.MINED, 0.0) > BATCH_NOT_FINAL_SECONDS:
        yield Alert("batch-stuck", f"a transaction is not final after {found.batch_ages[Stage.MINED]:,.0f} s")
    if (found.unsettled_age or 0) > settings.daily_after + UNSETTLED_GRACE_SECONDS:
        yield Alert("unsettled-too-long", f"a reading waits for settlement since {found.unsettled_age:,.0f} s")
    if (found.quarantine_age or 0) > QUARANTINE_SECONDS:
        yield Alert("quarantine-waiting", f"{found.quarantine_open} readings wait for a person")
    if found.under_covered:
        yield Alert("guarantee-short", f"not covered: {', '.join(found.under_covered)}")
    if found.rounds_behind:
        yield Alert("round-behind", f"behind plan: {', '.join(found.rounds_behind)}")
