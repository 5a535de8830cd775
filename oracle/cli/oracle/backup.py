"""`cise oracle backup`: a copy of the database that a restore can trust."""

from pathlib import Path
from typing import Annotated

import typer

from oracle.cli import output
from oracle.cli.oracle.common import existing_database
from oracle.cli.session import DataDir, Json, settings_from
from oracle.store.upkeep import back_up


def backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes; its folder must be there.", metavar="FILE")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Copy the database while the oracle runs; the file appears whole and checked, or not at all."""
    database = existing_database(settings_from(data))
    try:
        with output.waiting("copying and checking", as_json):
            made = back_up(database, file, overwrite)
    finally:
        database.close()
    document = {"file": str(made.path), "bytes": made.bytes, "revision": made.revision}
    output.show(
        as_json,
        document,
        lambda out: out.print(f"{made.path}: {made.bytes:,} bytes, checked. It holds personal data: keep it as safe."),
    )
