"""`cise demo service`: a machine's whole life, paid by its own use."""

from pathlib import Path
from typing import Annotated

import typer

from oracle.cli import output
from oracle.cli.demo_runs import as_documents, folder_for
from oracle.cli.session import Json
from oracle.cli.up import PROGRAM
from oracle.demo.screen import Plain, Silent
from oracle.demo.service import closing
from oracle.demo.service.story import Told, tell
from oracle.demo.stage import Stage

TITLE = "A machine's life, paid by its use"

Keep = Annotated[Path | None, typer.Option("--keep", help="Keep chain, database and logs here.", metavar="DIR")]


def service(keep: Keep = None, as_json: Json = False) -> None:
    """Made, served, repaired, judged about, improved, collected, harvested, recycled; and audited."""
    told = live(keep, as_json)
    if as_json:
        output.show(True, document(told), lambda _: None)
    if not told.holds:
        raise typer.Exit(output.Exit.NO)


def live(keep: Path | None, quiet: bool) -> Told:
    """Told on the terminal as it happens, unless only the result counts."""
    console = output.console()
    with folder_for(keep) as folder:
        stage = Stage(TITLE, Silent() if quiet else Plain(console))
        return tell(PROGRAM, folder, stage, lambda told: None if quiet else closing.show(console, told))


def document(told: Told) -> dict[str, object]:
    return {
        "story": "service",
        "holds": told.holds,
        "seconds": round(told.seconds, 1),
        "claims": as_documents(told.claims),
        "figures": dict(told.figures),
        "audit": dict(told.audit),
    }
