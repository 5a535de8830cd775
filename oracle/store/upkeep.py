"""A database's own health: is it whole, which release wrote it, and a copy of it that a restore can trust."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.engine import make_url

from oracle.errors import Fatal
from oracle.store.database import Database, newest_revision
from oracle.store.tables import leases

_MOST_FINDINGS = 5
_PAGES = 1_000


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished copy."""

    path: Path
    bytes: int
    revision: str


def damage(database: Database) -> list[str]:
    """What a full integrity check finds; empty where all is well. PostgreSQL checks its pages by itself."""
    if not database.is_sqlite:
        return []
    with database.reading() as connection:
        found = [str(row[0]) for row in connection.execute(text(f"PRAGMA integrity_check({_MOST_FINDINGS})"))]
    return [] if found == ["ok"] else found


def revision(database: Database) -> str | None:
    """The migration that the tables are at; None for an empty database."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def back_up(database: Database, target: Path, overwrite: bool = False) -> Backup:
    """Copies the database while others use it. The file appears whole and checked, or not at all.

    Raises Fatal where it is there already, cannot be written, or the copy is not sound.
    """
    if not database.is_sqlite:
        raise Fatal("backup", "this database is PostgreSQL", "Use pg_dump, or your provider's snapshots.")
    source = Path(str(make_url(str(database.engine.url)).database))
    if target.exists() and (target.samefile(source) or not overwrite):
        raise Fatal("backup", f"{target} is there already", "Name another file, or say --overwrite.")
    try:
        with _temporary_beside(target) as made:
            _copy(source, made)
            found = _checked(made)
            _without_leader(made)
            _publish(made, target, overwrite)
        return Backup(target, target.stat().st_size, found)
    except (OSError, sqlite3.Error) as error:
        raise Fatal("backup", f"{target} cannot be written ({error})", "Make room, or name another folder.") from error


@contextmanager
def _temporary_beside(target: Path) -> Iterator[Path]:
    """Only the operator may read it: it holds what machines were used for. In the same folder, to be renamed."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    os.close(handle)
    made = Path(name)
    try:
        yield made
    finally:
        made.unlink(missing_ok=True)


def _copy(source: Path, made: Path) -> None:
    """SQLite's online backup: one consistent state, though the oracle goes on writing."""
    with closing(sqlite3.connect(source, timeout=30)) as live, closing(sqlite3.connect(made)) as copy:
        # One read transaction around all steps, or every write of the oracle would begin the copy anew.
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        live.backup(copy, pages=_PAGES)
        live.execute("COMMIT")
        # One file by itself, without -wal and -shm.
        copy.execute("PRAGMA journal_mode=DELETE")


def _checked(made: Path) -> str:
    with closing(sqlite3.connect(made)) as copy:
        found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
        at = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    if found != "ok" or at is None:
        raise Fatal("backup", f"the copy is damaged ({found})", "Run `cise oracle check`; the database itself may be.")
    if at[0] != newest_revision():
        raise Fatal("backup", "the database is of another release", "Start this release on it once, or use the other.")
    return str(at[0])


def _without_leader(made: Path) -> None:
    """Nobody works on the copy: whoever restores it shall not wait for the lease of the original to end."""
    with closing(sqlite3.connect(made)) as copy, copy:
        copy.execute(f"DELETE FROM {leases.name}")


def _publish(made: Path, target: Path, overwrite: bool) -> None:
    _sync(made)
    if overwrite:
        made.replace(target)
    else:
        # Unlike a rename a link never replaces what somebody else has made in between.
        os.link(made, target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
