"""`cise oracle quarantine`: who decides on readings that contradict themselves."""

import time
from typing import Annotated

import typer

from oracle.cli import output
from oracle.cli.oracle.common import existing_database
from oracle.cli.session import DataDir, Json, settings_from
from oracle.ingest.quarantine_desk import QuarantineDesk
from oracle.ingest.terms import PublishedTerms
from oracle.settings import Settings
from oracle.store.quarantine import QuarantineEntry

app = typer.Typer(no_args_is_help=True, help="Readings that contradict themselves, and who decides on them.")


@app.command("list")
def list_quarantine(
    everything: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Readings that wait for a person."""
    entries = _desk(settings_from(data)).entries(open_only=not everything)
    _show_entries(entries, as_json)


@app.command()
def release(
    entry: Annotated[int, typer.Argument(help="The entry's number.", min=1)],
    by: Annotated[str, typer.Option("--by", help="Who decides; kept with the entry.")],
    note: Annotated[str | None, typer.Option("--note", help="Why.")] = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Let the reading count."""
    _show_entries([_desk(settings_from(data)).release(entry, by, note, time.time())], as_json)


@app.command()
def reject(
    entry: Annotated[int, typer.Argument(help="The entry's number.", min=1)],
    by: Annotated[str, typer.Option("--by", help="Who decides; kept with the entry.")],
    note: Annotated[str | None, typer.Option("--note", help="Why.")] = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Never let this oracle count the reading; another relayer still may."""
    _show_entries([_desk(settings_from(data)).reject(entry, by, note, time.time())], as_json)


def _desk(settings: Settings) -> QuarantineDesk:
    return QuarantineDesk(existing_database(settings), PublishedTerms(settings.terms_dir))


def _show_entries(entries: list[QuarantineEntry], as_json: bool) -> None:
    document = [
        {
            "entry": one.id,
            "agreement": one.agreement_id,
            "sequence": one.sequence,
            "reason": one.reason,
            "detail": one.detail,
            "openedAt": one.opened_at,
            "resolution": None if one.resolution is None else one.resolution.value,
            "resolvedBy": one.resolved_by,
            "note": one.note,
        }
        for one in entries
    ]
    headings = ("entry", "agreement", "reading", "reason", "detail", "decided")
    rows = [
        (
            one.id,
            one.agreement_id,
            one.sequence,
            one.reason,
            one.detail,
            None if one.resolution is None else f"{one.resolution.value} by {one.resolved_by}",
        )
        for one in entries
    ]
    output.show(as_json, document, lambda out: out.print(output.table(headings, rows) if rows else "nothing waits"))
