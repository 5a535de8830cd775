"""`cise demo flights`: power by the hour on real flights."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from oracle.cli import output
from oracle.cli.demo_runs import as_documents
from oracle.cli.session import Json
from oracle.demo.fleet import Progress
from oracle.demo.flights import WHOLE_YEAR, FlightsTold, run_flights

QUICK = 3

Days = Annotated[int, typer.Option("--days", help="Of 2013, from the first of January on.", min=1, max=WHOLE_YEAR)]
Keep = Annotated[
    Path | None, typer.Option("--keep", help="Keep the chain here; a run that broke off goes on.", metavar="DIR")
]


def flights(days: Days = QUICK, keep: Keep = None, as_json: Json = False) -> None:
    """Every aircraft out of New York a meter, every day a settlement, every bill recomputed."""
    told = fly(days, keep, as_json)
    output.show(as_json, document(told), lambda out: show(out, told))
    if not told.holds:
        raise typer.Exit(output.Exit.NO)


def fly(days: int, keep: Path | None, quiet: bool) -> FlightsTold:
    """Words and bars go to the error output, so that the result can be piped."""
    console = output.error_console()
    with _bars(console, quiet) as progress:
        return run_flights(days, keep, tell=(lambda _: None) if quiet else console.print, progress=progress)


def document(told: FlightsTold) -> dict[str, object]:
    return {
        "story": "flights",
        "holds": told.holds,
        "seconds": round(told.seconds, 1),
        "claims": as_documents(told.claims),
        "figures": dict(told.figures),
        "audit": dict(told.audit),
    }


@contextmanager
def _bars(console: Console, quiet: bool) -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=console, transient=True, disable=quiet) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield progress


def show(console: Console, told: FlightsTold) -> None:
    figures = told.figures
    console.print(
        output.table(
            ("stage", "seconds", "CPU seconds", "largest memory, MiB"),
            [
                (name, stage["seconds"], stage["cpuSeconds"], stage["largestMemoryMiB"])
                for name, stage in figures["stages"].items()
            ],
        )
    )
    console.print(
        f"{figures['readings']:,} signed readings are settled, and each of them was audited, "
        f"{figures['auditedReadingsPerCpuSecond']:,} in a second of processor time."
    )
    for finding in (*told.audit["findings"], *told.audit["notChecked"]):
        console.print(f"{finding['check']}: {finding['message']}", style="red", markup=False)
    for claim in told.claims.failed:
        console.print(f"✗ {claim.name}: expected {claim.expected}, found {claim.found}", style="red", markup=False)
    if told.holds:
        claims = len(told.claims.all)
        console.print(f"[bold green]All balanced.[/] {claims} claims of the story hold, in {told.seconds:.0f} s.")
    else:
        console.print("[bold red]Not as told:[/] claims fail, or the audit found something.")
