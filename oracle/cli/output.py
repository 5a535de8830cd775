"""How results, errors and waiting look: for people, and as JSON for programs."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import IntEnum

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from oracle.chain.node_errors import CallReverted
from oracle.errors import CiseError, Fatal, Rejected, Retryable
from oracle.parties.reverts import Refused, explain


class Exit(IntEnum):
    """What a caller can rely on."""

    DONE = 0
    NO = 1
    USAGE = 2
    ENVIRONMENT = 3


def console() -> Console:
    return Console(highlight=False)


def error_console() -> Console:
    return Console(stderr=True, highlight=False)


def show(as_json: bool, document: object, render: Callable[[Console], None]) -> None:
    """The result: the document as JSON, or what `render` makes of it."""
    if as_json:
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        render(console())


def facts(rows: Mapping[str, object]) -> Table:
    """A small table of names and values without lines."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in rows.items():
        table.add_row(name, "–" if value is None else str(value))
    return table


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    made = Table(box=None, header_style="bold", pad_edge=False)
    for heading in headings:
        made.add_column(heading, overflow="fold")
    for row in rows:
        made.add_row(*("–" if value is None else value if isinstance(value, Text) else str(value) for value in row))
    return made


def moment(unix: int | None) -> str | None:
    """A chain time as people read it, in UTC."""
    return None if unix is None else datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


@contextmanager
def waiting(what: str, as_json: bool = False) -> Iterator[None]:
    """A moving line while something takes longer than a glance."""
    if as_json:
        yield
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=error_console(), transient=True) as progress:
        progress.add_task(what, total=None)
        yield


def report(error: CiseError, as_json: bool) -> Exit:
    """Prints who, what, how much and what to do; returns the exit code that belongs to the error."""
    document, code = _describe(error)
    if as_json:
        typer.echo(json.dumps({"error": document}, ensure_ascii=False))
        return code
    out = error_console()
    amount = document.get("howMuch")
    out.print(f"[bold red]{'No:' if code is Exit.NO else 'Error:'}[/] ", end="")
    out.print(f"{document['who']}: {document['what']}" + (f" ({amount})" if amount else ""), markup=False)
    if remedy := document.get("remedy"):
        out.print(f"   {remedy}", markup=False)
    return code


def _describe(error: CiseError) -> tuple[dict[str, str | None], Exit]:
    match error:
        case CallReverted():
            return _describe(explain(error, error.who))
        case Rejected():
            remedy = error.remedy if isinstance(error, Refused) else None
            return {
                "code": error.code,
                "who": error.who,
                "what": error.what,
                "howMuch": error.how_much or None,
                "remedy": remedy,
            }, Exit.NO
        case Fatal():
            return {"code": "fatal", "who": error.who, "what": error.what, "remedy": error.remedy}, Exit.ENVIRONMENT
        case Retryable():
            again = f"Try again in {error.after_seconds} s."
            return {"code": "retryable", "who": error.who, "what": error.what, "remedy": again}, Exit.ENVIRONMENT
        case _:
            raise error
