"""`cise demo community`: a platform that belongs to its users."""

from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from oracle.cli import demo_runs, output
from oracle.cli.demo_runs import Keep, as_documents
from oracle.cli.session import Json
from oracle.cli.up import PROGRAM
from oracle.demo.closing import conclude
from oracle.demo.community.story import Told, tell

TITLE = "Owned by its users"


def community(keep: Keep = None, as_json: Json = False) -> None:
    """Founded, joined, a decision and what no majority can decide, a pause, an expulsion; and audited."""
    told = live(keep, as_json)
    if as_json:
        output.show(True, document(told), lambda _: None)
    if not told.holds:
        raise typer.Exit(output.Exit.NO)


def live(keep: Path | None, quiet: bool) -> Told:
    told = demo_runs.live(TITLE, keep, quiet, lambda folder, stage: tell(PROGRAM, folder, stage))
    if not quiet:
        _show(output.console(), told)
    return told


def document(told: Told) -> dict[str, object]:
    return {
        "story": "community",
        "holds": told.holds,
        "seconds": round(told.seconds, 1),
        "claims": as_documents(told.claims),
        "figures": dict(told.figures),
        "audit": dict(told.audit),
    }


def _show(console: Console, told: Told) -> None:
    rows = [(claim.name, claim.found if claim.holds else f"{claim.found} ✗") for claim in told.claims.all]
    console.print(Text("\nWhat the story claims, and what was found", style="bold"))
    console.print(output.table(("claim", "found"), rows))
    conclude(console, told)
