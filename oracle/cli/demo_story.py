"""Tells a story on a chain of its own; where it breaks off, its logs are kept."""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from oracle.cli import output
from oracle.demo.claims import Claims
from oracle.demo.screen import Plain, Silent
from oracle.demo.stage import Stage
from oracle.errors import CiseError

Keep = Annotated[Path | None, typer.Option("--keep", help="Keep chain, database and logs here.", metavar="DIR")]
T = TypeVar("T")


def live(title: str, keep: Path | None, quiet: bool, tell: Callable[[Path, Stage], T]) -> T:
    """Told on the terminal as it happens, unless only the result counts."""
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cise-demo-")))
        try:
            return tell(folder, Stage(title, Silent() if quiet else Plain(output.console())))
        except CiseError:
            kept = keep or Path(tempfile.mkdtemp(prefix="cise-demo-logs-"))
            for log in folder.glob("*.log"):
                if keep is None:
                    shutil.copy(log, kept)
            output.error_console().print(f"The story broke off; logs are in {kept}", markup=False)
            raise


def claims_document(claims: Claims) -> list[dict[str, object]]:
    return [
        {"claim": claim.name, "expected": claim.expected, "found": claim.found, "holds": claim.holds}
        for claim in claims.all
    ]
