"""Engine, transactions and migrations; SQLite by default, PostgreSQL by address."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from oracle.errors import Fatal, Retryable

BUSY_SECONDS = 10
_MIGRATIONS = Path(__file__).parent / "migrations"
RESTORE = (
    "Move the file and its -wal and -shm aside, put the newest file of `cise oracle backup` in its place and "
    "start again: what was settled is read from the chain, and machines send what has not been."
)
_DISK_ERRORS = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_MIGRATION_LOCK = 0x43495345
"""Key of PostgreSQL's advisory lock: two processes that start together migrate one after the other."""


class DatabaseBusy(Retryable):
    """Locked, full or away; nothing of the transaction was kept."""


class DatabaseFull(DatabaseBusy):
    """The disk took no more, or failed: nothing of it counts as written."""


class Database:
    """Short transactions over one engine. Committed means on disk: WAL with synchronous=FULL, or PostgreSQL's own."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if not parsed.database or parsed.database == ":memory:":
                raise Fatal("database", "a database in memory forgets what was acknowledged", "Name a file.")
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            options: dict[str, object] = {"connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False}}
        else:
            options = {"pool_pre_ping": True, "isolation_level": "READ COMMITTED"}
        self.engine: Engine = create_engine(url, hide_parameters=True, pool_timeout=BUSY_SECONDS, **options)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _configure_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view; nothing is written."""
        with _typed_errors(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, durable when the block ends; undone when it raises.

        SQLite takes the write lock at the start, because a read that becomes a write can be refused half way.
        """
        with _typed_errors(), self.engine.connect() as raw:
            connection = raw.execution_options(cise_write=True)
            with connection.begin():
                yield connection

    def migrate(self) -> None:
        """Brings the tables to this release; creates them in an empty database. Raises Fatal for a newer one."""
        config = _migrations()
        script = ScriptDirectory.from_config(config)
        self._check_integrity()
        with self.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            known = {revision.revision for revision in script.walk_revisions()}
            present = set(MigrationContext.configure(connection).get_current_heads())
            if not present <= known:
                raise Fatal("database", "was written by a newer release", "Install that release, or restore a backup.")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        self.engine.dispose()

    def _check_integrity(self) -> None:
        if not self.is_sqlite:
            return
        try:
            with self.engine.connect() as connection:
                found = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
        except DatabaseError as error:
            raise Fatal("database", f"cannot be read ({error.orig})", RESTORE) from error
        if found != "ok":
            raise Fatal("database", f"is damaged ({found})", RESTORE)


def newest_revision() -> str:
    """The migration that this release works on."""
    head = ScriptDirectory.from_config(_migrations()).get_current_head()
    assert head is not None
    return head


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


@contextmanager
def _typed_errors() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        kind = DatabaseFull if code in _DISK_ERRORS else DatabaseBusy
        raise kind("database", str(error.orig)[:120]) from error
    except PoolTimeout as error:
        raise DatabaseBusy("database", "every connection is in use") from error
    except IntegrityError as error:
        # Two writers at once, where the database lets them: the second finds the first's rows when it comes again.
        raise DatabaseBusy("database", "somebody else wrote the same row at the same time") from error
    except DatabaseError as error:
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise
        raise Fatal("database", f"is damaged ({error.orig})", RESTORE) from error


def _configure_sqlite(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    assert isinstance(connection, sqlite3.Connection)
    connection.isolation_level = None  # the transactions are ours, not the driver's
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("cise_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
