"""`cise oracle replay`: what is derived from the chain, against the chain or made anew."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from oracle.cli import output
from oracle.cli.oracle.common import existing_database
from oracle.cli.session import DataDir, DirectoryAddress, Json, Rpc, settings_from
from oracle.relay.context import RelayContext
from oracle.relay.logs import configure_logging
from oracle.relay.replay import MOST_DIFFERENCES, Difference, Progress, differences, replace
from oracle.settings import Settings
from oracle.store.checkpoints import Checkpoint

_NO_KEY = {"relayer_key": None, "relayer_keystore": None}


def replay(
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the database equals a fresh index; also while it runs.")
    ] = False,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Read the chain again from the deployment and replace everything that was derived from it. Readings stay."""
    # The relay's log goes to standard error; the result is all that may stand on standard output.
    configure_logging("WARNING")
    with _context(settings_from(data, rpc, directory)) as context, _progress(as_json) as progress:
        found: list[Difference] = []
        if check:
            checkpoint, found = differences(context, progress)
        else:
            context.leadership.keep()
            checkpoint = replace(context, time.time(), progress)
    output.show(as_json, _document(checkpoint, check, found), lambda out: _render(out, checkpoint, check, found))
    if found:
        raise typer.Exit(output.Exit.NO)


@contextmanager
def _context(settings: Settings) -> Iterator[RelayContext]:
    """Without keys: nothing is sent."""
    database = existing_database(settings)
    try:
        context = RelayContext.open(settings.model_copy(update=_NO_KEY), database)
        try:
            yield context
        finally:
            context.leadership.give_up()
    finally:
        database.close()


@contextmanager
def _progress(as_json: bool) -> Iterator[Progress]:
    if as_json:
        yield lambda done, total: None
        return
    columns = (TextColumn("reading blocks"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=output.error_console(), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _document(checkpoint: Checkpoint, check: bool, found: list[Difference]) -> dict[str, object]:
    return {
        "block": checkpoint.number,
        "replaced": not check,
        "equal": not found,
        "differences": [
            {"table": one.table, "row": one.row, "column": one.column, "stored": one.stored, "chain": one.chain}
            for one in found
        ],
    }


def _render(out: Console, checkpoint: Checkpoint, check: bool, found: list[Difference]) -> None:
    if not check:
        out.print(f"[green]✓[/] everything derived was made anew, up to block {checkpoint.number}")
    elif not found:
        out.print(f"[green]✓[/] the database equals a fresh index at block {checkpoint.number}")
    else:
        more = " or more" if len(found) >= MOST_DIFFERENCES else ""
        out.print(f"[red]✗[/] {len(found)}{more} differences from a fresh index at block {checkpoint.number}")
        rows = [(one.table, one.row, one.column, one.stored, one.chain) for one in found]
        out.print(output.table(("table", "row", "column", "database", "chain"), rows))
        out.print("Stop the oracle and run `cise oracle replay`; then `cise audit verify`.", markup=False)
