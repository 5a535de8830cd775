"""What stories told on a chain of their own have in common on the command line."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    with folder_for(keep) as folder:
        return tell(folder, Stage(title, Silent() if quiet else Plain(output.console())))


@contextmanager
def folder_for(keep: Path | None) -> Iterator[Path]:
    """The folder to keep, or one that goes away; where the story breaks off its logs stay in any case."""
    with tempfile.TemporaryDirectory(prefix="cise-demo-") as passing:
        folder = keep or Path(passing)
        try:
            yield folder
        except CiseError:
            kept = keep or Path(tempfile.mkdtemp(prefix="cise-demo-logs-"))
            for log in folder.glob("*.log") if keep is None else ():
                shutil.copy(log, kept)
            output.error_console().print(f"The story broke off; logs are in {kept}", markup=False)
            raise


def as_documents(claims: Claims) -> list[dict[str, object]]:
    return [
        {"claim": claim.name, "expected": claim.expected, "found": claim.found, "holds": claim.holds}
        for claim in claims.all
    ]
