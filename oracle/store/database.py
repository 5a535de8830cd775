"""Engine, transactions and migrations; SQLite by default, PostgreSQL by address."""

import sqlite3
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Dialect, Engine, Executable, Select, Table, create_engine, event, insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from oracle.errors import CiseError, Fatal, Retryable

BUSY_SECONDS = 10
_LOOK_AGAIN_MS = 2
_WRITING = "BEGIN IMMEDIATE"
_CACHE_KIB = 65_536
"""Of pages a connection, used only where a database is that large: with SQLite's own 2 MiB, 100,000 agreements are read
from the file again and again."""
_KEPT_OPEN = 4
_ROWS_AT_ONCE = 25
_COUNTS = (1, 4, 20, 100, 500)
"""How many keys one query asks for, so that few texts serve all numbers of them."""
_MIGRATIONS = Path(__file__).parent / "migrations"
RESTORE = (
    "Move the file and its -wal and -shm aside, put the newest file of `cise oracle backup` in its place and "
    "start again: what was settled is read from the chain, and machines send what has not been."
)
_DISK_ERRORS = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
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
            options: dict[str, object] = {
                "connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False},
            }
        else:
            options = {"pool_pre_ping": True, "isolation_level": "READ COMMITTED"}
        self.engine: Engine = create_engine(url, hide_parameters=True, pool_timeout=BUSY_SECONDS, **options)
        self._idle: deque[Connection] = deque()
        if self.is_sqlite:
            event.listen(self.engine, "connect", _configure_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view; nothing is written."""
        with self.visiting() as visit, visit.reading() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, durable when the block ends; undone when it raises."""
        with self.visiting() as visit, visit.writing() as connection:
            yield connection

    @contextmanager
    def visiting(self) -> Iterator["Visit"]:
        """Several transactions, one after the other, on one connection."""
        with _typed_errors():
            connection = self._enter()
            try:
                yield Visit(connection, self.is_sqlite)
            except BaseException:
                connection.close()
                raise
            self._leave(connection)

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
        while self._idle:
            self._idle.pop().close()
        self.engine.dispose()

    def _enter(self) -> Connection:
        """The connection used last has its pages at hand."""
        try:
            return self._idle.pop()
        except IndexError:
            return self.engine.connect()

    def _leave(self, connection: Connection) -> None:
        """On SQLite some stay open: taking one out of SQLAlchemy's pool and putting it back costs as much as a usual
        request's queries."""
        if self.is_sqlite and len(self._idle) < _KEPT_OPEN and not connection.in_transaction():
            self._idle.append(connection)
        else:
            connection.close()

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


class Visit:
    """What a door does with the database for one request: look, work without a lock, then write for a short time.

    On SQLite transactions are begun and ended at the driver: SQLAlchemy's own take longer than a usual request's
    queries. It joins the one that is there where a query goes through it.
    """

    def __init__(self, connection: Connection, is_sqlite: bool) -> None:
        self._connection = connection
        self._driver = _driver(connection) if is_sqlite else None
        self._version: object = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view; nothing is written."""
        with self._transaction("BEGIN"):
            yield self._connection
            self._version = self._data_version()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, durable when the block ends; undone when it raises.

        SQLite takes the write lock at the start, because a read that becomes a write can be refused half way.
        """
        with self._transaction(_WRITING):
            yield self._connection

    def is_as_read(self) -> bool:
        """While writing: whether nobody else has written since the last `reading`. False where it cannot be told."""
        return self._version is not None and self._version == self._data_version()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        connection, driver = self._connection, self._driver
        if driver is None:
            with connection.begin():
                yield
            return
        if begin == _WRITING:
            _begin_writing(driver)
        else:
            driver.execute(begin)
        try:
            yield
            if connection.in_transaction():
                connection.commit()
            else:
                driver.execute("COMMIT")
        except BaseException:
            if connection.in_transaction():
                connection.rollback()
            if driver.in_transaction:
                driver.execute("ROLLBACK")
            raise

    def _data_version(self) -> object:
        return None if self._driver is None else self._driver.execute("PRAGMA data_version").fetchone()[0]


def _begin_writing(driver: sqlite3.Connection) -> None:
    """Waits for the write lock by looking every millisecond or two. SQLite's own waiting looks ever less often, up to
    every tenth of a second, while the lock is held for one or two milliseconds."""
    limit = time.monotonic() + BUSY_SECONDS
    driver.execute(f"PRAGMA busy_timeout={_LOOK_AGAIN_MS}")
    try:
        while True:
            try:
                driver.execute(_WRITING)
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= limit:
                    raise
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")


def insert_rows(
    connection: Connection, table: Table, columns: Sequence[str], values: Sequence[Sequence[object]]
) -> None:
    """Many rows at once; on SQLite past SQLAlchemy, so that values must be as the driver takes them.

    It takes numbers, texts and bytearrays straight; for bytes and None it first looks for somebody who adapts them.
    """
    if not values:
        return
    if connection.dialect.name != "sqlite":
        connection.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in values])
        return
    driver, names = _driver(connection), tuple(columns)
    whole = len(values) - len(values) % _ROWS_AT_ONCE
    for start in range(0, whole, _ROWS_AT_ONCE):
        part = values[start : start + _ROWS_AT_ONCE]
        driver.execute(_insertion(table.name, names, _ROWS_AT_ONCE), [value for row in part for value in row])
    driver.executemany(_insertion(table.name, names, 1), values[whole:])


@lru_cache(maxsize=16)
def _insertion(table: str, columns: Sequence[str], rows: int) -> str:
    row = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)}"


def one_row(connection: Connection, statement: Select[Any]) -> Sequence[Any] | None:
    """The only row of a query without parameters from outside; columns as `rows` gives them."""
    if connection.dialect.name != "sqlite":
        return connection.execute(statement).first()
    query, names, values = _compiled(statement, connection.dialect, 0, ())
    found: Sequence[Any] | None = _driver(connection).execute(query, [values[name] for name in names]).fetchone()
    return found


def rows(connection: Connection, statement: Select[Any], wanted: Iterable[int], **more: object) -> Iterator[Any]:
    """The rows of a query whose `wanted` is an expanding parameter, for any number of keys.

    On SQLite past SQLAlchemy, which takes longer to run such a query than SQLite itself: columns come as the driver
    gives them, amounts as text.
    """
    keys = list(wanted)
    for start in range(0, len(keys), _COUNTS[-1]):
        part = keys[start : start + _COUNTS[-1]]
        if connection.dialect.name != "sqlite":
            yield from connection.execute(statement, {"wanted": part, **more})
            continue
        count = next(count for count in _COUNTS if count >= len(part))
        query, names, literals = _compiled(statement, connection.dialect, count, tuple(more))
        fixed = {**literals, **more}
        part += part[-1:] * (count - len(part))
        given = iter(part)
        values = [fixed[name] if name in fixed else next(given) for name in names]
        yield from _driver(connection).execute(query, values)


@lru_cache(maxsize=128)
def _compiled(
    statement: Executable, dialect: Dialect, count: int, others: Sequence[str]
) -> tuple[str, tuple[str, ...], Mapping[str, object]]:
    """The text, its parameters in their order, and the values of those that the query itself brings."""
    given = dict.fromkeys(others) | ({"wanted": [0] * count} if count else {})
    state = statement.compile(dialect=dialect).construct_expanded_state(given)  # type: ignore[attr-defined]
    expanded = {name for names in state.parameter_expansion.values() for name in names}
    own = {name: value for name, value in state.parameters.items() if name not in expanded and name not in others}
    return state.statement, tuple(state.positiontup), own


def _driver(connection: Connection) -> sqlite3.Connection:
    found = connection.connection.driver_connection
    assert isinstance(found, sqlite3.Connection)
    return found


@contextmanager
def _typed_errors() -> Iterator[None]:
    """Of SQLAlchemy and, where it is gone past, of the driver."""
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseBusy("database", "every connection is in use") from error
    except (IntegrityError, sqlite3.IntegrityError) as error:
        # Two writers at once, where the database lets them: the second finds the first's rows when it comes again.
        raise DatabaseBusy("database", "somebody else wrote the same row at the same time") from error
    except (DatabaseError, sqlite3.DatabaseError) as error:
        typed = _typed(error)
        if typed is None:
            raise
        raise typed from error


def _typed(error: DatabaseError | sqlite3.DatabaseError) -> CiseError | None:
    """None for a defect of this program."""
    cause = error.orig if isinstance(error, DatabaseError) else error
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGED:
        return Fatal("database", f"is damaged ({cause})", RESTORE)
    if code in _DISK_ERRORS:
        return DatabaseFull("database", str(cause)[:120])
    if isinstance(error, OperationalError | sqlite3.OperationalError):
        return DatabaseBusy("database", str(cause)[:120])
    return None


def _configure_sqlite(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    assert isinstance(connection, sqlite3.Connection)
    connection.isolation_level = None  # the transactions are ours, not the driver's
    busy, cache = f"busy_timeout={BUSY_SECONDS * 1000}", f"cache_size=-{_CACHE_KIB}"
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", busy, cache):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Where the driver is in a transaction already, SQLAlchemy joins it."""
    if not _driver(connection).in_transaction:
        connection.exec_driver_sql("BEGIN")
