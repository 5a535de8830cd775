"""What stories told on a chain of their own have in common on the command line."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oracle.cli import output
from oracle.demo.claims import Claims
from oracle.errors import CiseError


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
