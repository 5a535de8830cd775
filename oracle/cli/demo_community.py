"""`cise demo community`: a platform that belongs to its users."""

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from oracle.cli import output
from oracle.cli.session import Json
from oracle.cli.up import PROGRAM
from oracle.demo.closing import show_audit
from oracle.demo.community.story import Told, tell
from oracle.demo.screen import Plain, Silent
from oracle.demo.stage import Stage
from oracle.errors import CiseError

TITLE = "Owned by its users"

Keep = Annotated[Path | None, typer.Option("--keep", help="Keep the chain's log here.", metavar="DIR")]


def community(keep: Keep = None, as_json: Json = False) -> None:
    """Founded, joined, a decision and what no majority can decide, a pause, an expulsion; and audited."""
    told = live(keep, as_json)
    if as_json:
        output.show(True, document(told), lambda _: None)
    if not told.holds:
        raise typer.Exit(output.Exit.NO)


def live(keep: Path | None, quiet: bool) -> Told:
    """Told on the terminal as it happens, unless only the result counts."""
    console = output.console()
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cise-demo-")))
        try:
            told = tell(PROGRAM, folder, Stage(TITLE, Silent() if quiet else Plain(console)))
        except CiseError:
            kept = keep or Path(tempfile.mkdtemp(prefix="cise-demo-logs-"))
            for log in folder.glob("*.log"):
                if keep is None:
                    shutil.copy(log, kept)
            output.error_console().print(f"The story broke off; logs are in {kept}", markup=False)
            raise
    if not quiet:
        _show(console, told)
    return told


def document(told: Told) -> dict[str, object]:
    claims = [
        {"claim": claim.name, "expected": claim.expected, "found": claim.found, "holds": claim.holds}
        for claim in told.claims.all
    ]
    return {
        "story": "community",
        "holds": told.holds,
        "seconds": round(told.seconds, 1),
        "claims": claims,
        "figures": dict(told.figures),
        "audit": dict(told.audit),
    }


def _show(console: Console, told: Told) -> None:
    rows = [(claim.name, claim.found if claim.holds else f"{claim.found} ✗") for claim in told.claims.all]
    console.print(Text("\nWhat the story claims, and what was found", style="bold"))
    console.print(output.table(("claim", "found"), rows))
    console.print(Text("\nAudit: from the chain alone", style="bold"))
    console.print(show_audit(told.audit))
    for finding in (*told.audit["findings"], *told.audit["notChecked"]):
        where = finding["place"].get("contract")
        console.print(f"{where}: {finding['message']}", style="yellow", markup=False)
    count = len(told.claims.all)
    if told.holds:
        console.print(f"\n[bold green]As told.[/] {count} claims of the story hold, in {told.seconds:.0f} s.")
        return
    failed = told.claims.failed
    for claim in failed:
        console.print(f"✗ {claim.name}: expected {claim.expected}, found {claim.found}", style="red", markup=False)
    console.print(f"\n[bold red]Not as told:[/] {len(failed)} of {count} claims fail.")
