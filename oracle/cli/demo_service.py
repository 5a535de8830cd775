"""`cise demo service`: a machine's whole life, paid by its own use."""

from pathlib import Path

import typer

from oracle.cli import demo_runs, output
from oracle.cli.demo_runs import Keep, as_documents
from oracle.cli.session import Json
from oracle.cli.up import PROGRAM
from oracle.demo.service import closing
from oracle.demo.service.story import Told, tell
from oracle.demo.stage import Stage

TITLE = "A machine's life, paid by its use"


def service(keep: Keep = None, as_json: Json = False) -> None:
    """Made, served, repaired, judged about, improved, collected, harvested, recycled; and audited."""
    told = live(keep, as_json)
    if as_json:
        output.show(True, document(told), lambda _: None)
    if not told.holds:
        raise typer.Exit(output.Exit.NO)


def live(keep: Path | None, quiet: bool) -> Told:
    def told(folder: Path, stage: Stage) -> Told:
        return tell(PROGRAM, folder, stage, lambda end: None if quiet else closing.show(output.console(), end))

    return demo_runs.live(TITLE, keep, quiet, told)


def document(told: Told) -> dict[str, object]:
    return {
        "story": "service",
        "holds": told.holds,
        "seconds": round(told.seconds, 1),
        "claims": as_documents(told.claims),
        "figures": dict(told.figures),
        "audit": dict(told.audit),
    }
