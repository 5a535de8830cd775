"""Migrations, durability, and the two databases that are supported."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from oracle.errors import Fatal
from oracle.store import live, sessions
from oracle.store.database import Database, DatabaseBusy
from oracle.store.tables import metadata
from tests.environment import ROOT

KILLS = 15


def test_migrations_make_exactly_the_declared_tables(database):
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(database):
    with database.writing() as connection:
        sessions.add_nonce(connection, "n", 1.0)
    database.migrate()
    with database.writing() as connection:
        assert sessions.take_nonce(connection, "n", 0.5)


def test_a_database_of_a_newer_release_is_refused(database):
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Fatal, match="newer release"):
        database.migrate()


def test_a_damaged_database_is_refused(tmp_path):
    path = tmp_path / "oracle.db"
    first = Database(f"sqlite:///{path}")
    first.migrate()
    first.close()
    data = bytearray(path.read_bytes())
    data[4_096 : len(data) // 2] = os.urandom(len(data) // 2 - 4_096)
    path.write_bytes(data)
    with pytest.raises(Fatal, match=r"damaged|cannot be read"):
        Database(f"sqlite:///{path}").migrate()


def test_memory_is_no_place_for_what_was_acknowledged():
    with pytest.raises(Fatal, match="forgets"):
        Database("sqlite:///:memory:")


def test_every_connection_is_durable(database):
    with database.reading() as connection:
        pragma = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("journal_mode", "synchronous")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 2}


def add_nonce_and_fail(database):
    with database.writing() as connection:
        sessions.add_nonce(connection, "n", 1.0)
        raise KeyError


def test_what_raises_leaves_nothing(database):
    with pytest.raises(KeyError):
        add_nonce_and_fail(database)
    with database.writing() as connection:
        assert not sessions.take_nonce(connection, "n", 0.5)


def test_a_locked_database_is_a_typed_error(tmp_path, monkeypatch):
    monkeypatch.setattr("oracle.store.database.BUSY_SECONDS", 0)
    database = Database(f"sqlite:///{tmp_path / 'busy.db'}")
    database.migrate()
    holder = sqlite3.connect(tmp_path / "busy.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy, match="locked"), database.writing():
        pass
    holder.execute("ROLLBACK")
    with database.writing():
        pass


def test_writing_the_same_row_twice_is_something_to_try_again(database):
    with database.writing() as connection:
        sessions.add_nonce(connection, "n", 1.0)
    with pytest.raises(DatabaseBusy, match="same row"), database.writing() as connection:
        sessions.add_nonce(connection, "n", 1.0)


def test_writers_wait_for_each_other(database):
    def write(number):
        for i in range(10):
            with database.writing() as connection:
                live.add(connection, 0.0, f"w{number}-{i}", {})

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        assert len(live.after(connection, 0)) == 40


def test_committed_is_on_disk_however_the_process_dies(tmp_path):
    """The child commits row i, then prints i; SIGKILL; what was printed is there, without gaps."""
    path = tmp_path / "kill.db"
    Database(f"sqlite:///{path}").migrate()
    program = textwrap.dedent(
        f"""
        from oracle.store import live
        from oracle.store.database import Database
        database = Database("sqlite:///{path}")
        while True:
            with database.writing() as connection:
                number = live.last_id(connection) + 1
                live.add(connection, 0.0, "row", {{"number": number}})
            print(number, flush=True)
        """
    )
    printed = 0
    for _ in range(KILLS):
        child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT, text=True)
        first = child.stdout.readline()
        time.sleep(0.03)
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().split()
        child.wait()
        printed = max(printed, int(first), *(int(line) for line in rest[:-1]))
    survivor = Database(f"sqlite:///{path}")
    survivor.migrate()
    with survivor.reading() as connection:
        numbers = [row.payload for row in connection.execute(text("SELECT payload FROM live_events ORDER BY id"))]
    assert len(numbers) >= printed > KILLS


def test_every_table_can_be_made_on_postgresql():
    """The statements compile; `tests/e2e` on a server needs a driver, which is the operator's choice."""
    dialect = postgresql.dialect()
    for table in metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=dialect)).startswith("\nCREATE TABLE")


def test_tables_are_all_there(database):
    with database.reading() as connection:
        assert set(metadata.tables) <= set(inspect(connection).get_table_names())
