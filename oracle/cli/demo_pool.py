"""`cise demo pool`: ten factories share two spare motors for three years."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oracle.cli import output
from oracle.cli.demo_runs import as_documents, folder_for
from oracle.cli.session import Json
from oracle.cli.up import PROGRAM
from oracle.demo.screen import Plain, Silent
from oracle.demo.stage import Stage

if TYPE_CHECKING:
    from oracle.demo.pool.scene import Told

TITLE = "Ten factories, two spare motors"

Keep = Annotated[Path | None, typer.Option("--keep", help="Keep chain and logs here.", metavar="DIR")]


def pool(keep: Keep = None, as_json: Json = False) -> None:
    """Breakdowns that motors sign, a queue, loans, arrears, a false claim; beside what the planner had said."""
    told = live(keep, as_json)
    if as_json:
        output.show(True, document(told), lambda _: None)
    if not told.holds:
        raise typer.Exit(output.Exit.NO)


def live(keep: Path | None, quiet: bool) -> "Told":
    # scipy takes half a second to load: not for every other command.
    from oracle.demo.pool import closing
    from oracle.demo.pool.story import tell

    console = output.console()
    with folder_for(keep) as folder:
        stage = Stage(TITLE, Silent() if quiet else Plain(console))
        return tell(PROGRAM, folder, stage, lambda end: None if quiet else closing.show(console, end))


def document(told: "Told") -> dict[str, object]:
    return {
        "story": "pool",
        "holds": told.holds,
        "seconds": round(told.seconds, 1),
        "claims": as_documents(told.claims),
        "figures": dict(told.figures),
        "audit": dict(told.audit),
    }
