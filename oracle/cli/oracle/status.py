"""`cise oracle status`: what needs a person first, then figures, then what each cycle did last."""

import time
from dataclasses import dataclass
from typing import Annotated

import httpx
import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from oracle.cli import output
from oracle.cli.oracle.common import WEI_PER_COIN, existing_database
from oracle.cli.session import DataDir, Json, read_running, settings_from
from oracle.errors import Retryable
from oracle.ingest.alerts import Alert, alerts
from oracle.ingest.condition import Condition, condition
from oracle.ingest.disk import guard_of
from oracle.settings import Settings
from oracle.store.batches import OPEN_STAGES
from oracle.store.cycles import Cycle
from oracle.store.database import Database
from oracle.store.readings import ReadingState

RUNBOOK = "docs/runbook"
_BAD = ("fatal", "retry", "refused", "low", "forked", "raced")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at the oracle."""

    condition: Condition
    alerts: list[Alert]
    disk_free: int | None
    ready: bool | None


def status(
    watch: Annotated[bool, typer.Option("--watch", help="Keep looking, until Ctrl-C.")] = False,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """What needs a person, where the oracle stands on the chain, and what its relay did last."""
    settings = settings_from(data)
    database = existing_database(settings)
    try:
        if watch:
            _watch(database, settings)
            return
        look = _look(database, settings)
        output.show(as_json, _document(look), lambda out: out.print(_screen(look, settings)))
    finally:
        database.close()


def _watch(database: Database, settings: Settings) -> None:
    with Live(_screen(_look(database, settings), settings), console=output.console(), auto_refresh=False) as live:
        try:
            while True:
                time.sleep(1)
                try:
                    live.update(_screen(_look(database, settings), settings), refresh=True)
                except Retryable as busy:
                    live.update(Text(str(busy), style="yellow"), refresh=True)
        except KeyboardInterrupt:
            return


def _look(database: Database, settings: Settings) -> _Look:
    free = guard_of(settings).free()
    with database.reading() as connection:
        found = condition(connection, time.time())
    running = read_running(settings.data_dir)
    ready = None if running is None else _ready(str(running.get("url", "")))
    return _Look(found, alerts(found, settings, free), free, ready)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=2).is_success
    except httpx.HTTPError:
        return False


def _document(look: _Look) -> dict[str, object]:
    found = look.condition
    checkpoint = found.checkpoint
    return {
        "block": None if checkpoint is None else checkpoint.number,
        "head": None if checkpoint is None else checkpoint.head,
        "ready": look.ready,
        "alerts": [{"alert": one.page, "what": one.what, "page": f"{RUNBOOK}/{one.page}.md"} for one in look.alerts],
        "unsettledSeconds": found.unsettled_age,
        "openBatches": {stage.value: found.batches[stage] for stage in OPEN_STAGES},
        "quarantined": found.quarantine_open,
        "gasLeft": None if found.gas is None else str(found.gas.left),
        "diskFree": look.disk_free,
        "clockOffset": found.clock_offset,
        "cycles": [
            {
                "name": cycle.name,
                "outcome": cycle.outcome,
                "at": cycle.at,
                "succeededAt": cycle.succeeded_at,
                "seconds": cycle.seconds,
                "detail": dict(cycle.detail),
            }
            for cycle in found.cycles.values()
        ],
    }


def _screen(look: _Look, settings: Settings) -> Group:
    parts: list[RenderableType] = [_headline(look)]
    for one in look.alerts:
        parts.append(Text.assemble((" ! ", "bold red"), (one.what, "red"), f"  → {RUNBOOK}/{one.page}.md"))
    parts += [Text(), output.facts(_figures(look, settings)), Text(), _cycles(look.condition)]
    return Group(*parts)


def _headline(look: _Look) -> Text:
    if look.alerts:
        count = len(look.alerts)
        return Text(f"{count} alert{'s' if count > 1 else ''}", style="bold red")
    if look.ready is False:
        return Text("the door does not answer as ready", style="bold yellow")
    return Text("✓ nothing needs you", style="bold green")


def _figures(look: _Look, settings: Settings) -> dict[str, object]:
    found, checkpoint = look.condition, look.condition.checkpoint
    open_batches = {stage: found.batches[stage] for stage in OPEN_STAGES if found.batches[stage]}
    behind = None if checkpoint is None else f"{checkpoint.number:,} of {checkpoint.head:,}"
    figures: dict[str, object] = {
        "confirmed block": behind,
        "readings": f"{found.readings[ReadingState.ACCEPTED]:,} accepted",
        "not settled": "nothing" if found.unsettled_age is None else f"oldest since {_age(found.unsettled_age)}",
        "on their way": " · ".join(
            f"{count} {stage.value}, oldest {_age(found.batch_ages.get(stage))}"
            for stage, count in open_batches.items()
        )
        or "no transaction",
        "quarantine": f"{found.quarantine_open} waiting" if found.quarantine_open else "nobody waits",
        "gas": None if found.gas is None else f"{_coin(found.gas.left)} (at least {_coin(found.gas.least)})",
        "disk": None if look.disk_free is None else f"{look.disk_free / 2**30:,.1f} GiB free",
        "clock": None if found.clock_offset is None else f"{found.clock_offset:+.1f} s against the newest block",
        "database": settings.public()["database_url"],
    }
    return figures


def _cycles(found: Condition) -> RenderableType:
    headings = ("cycle", "outcome", "last", "last success", "took", "detail")
    return output.table(headings, [_cycle_row(cycle, found.now) for cycle in found.cycles.values()])


def _cycle_row(cycle: Cycle, now: float) -> tuple[object, ...]:
    style = "red" if cycle.outcome in _BAD else "dim" if cycle.outcome == "nothing" else "green"
    since = "never" if cycle.succeeded_at is None else f"{_age(now - cycle.succeeded_at)} ago"
    # The relayer's gas stands above, in coin.
    detail = ", ".join(f"{name} {value}" for name, value in cycle.detail.items() if name not in ("balance", "least"))
    outcome = Text(cycle.outcome, style=style)
    return cycle.name, outcome, f"{_age(now - cycle.at)} ago", since, f"{cycle.seconds * 1_000:,.0f} ms", detail


def _coin(wei: int) -> str:
    return f"{wei / WEI_PER_COIN:,.4f} coin"


def _age(seconds: float | None) -> str:
    """The two largest units, as a person reads a clock."""
    if seconds is None:
        return "–"
    whole = max(int(seconds), 0)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"
