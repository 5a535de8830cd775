"""A backup under load, restored: what was acknowledged before is there, the index heals, nothing is paid twice."""

import shutil
import sqlite3
import threading
from contextlib import closing

import pytest

from oracle.errors import Fatal
from oracle.parties import accounts
from oracle.store import readings
from oracle.store.database import Database
from oracle.store.upkeep import back_up, damage, revision
from tests.e2e.world import CUSTOMER, PROVIDER


def paid(world, hire):
    provider = world.wallet(PROVIDER).address
    return accounts.prepaid(world.client, world.platform, provider, world.currency), world.state(hire).settled


def test_a_restore_heals_and_pays_nothing_twice(world, start_oracle, tmp_path):
    hire, oracle = world.hire(), start_oracle()
    oracle.post(hire.use(1_000))
    oracle.settle()
    copy = tmp_path / "copy.db"
    back_up(oracle.database, copy)

    # What the backup does not know: more readings, settled, and one acknowledged and lost.
    oracle.post(hire.use(500))
    oracle.settle()
    lost = hire.use(250)
    oracle.post(lost)
    assert paid(world, hire)[1] == 1_500

    restored = world.settings("restored")
    restored.data_dir.mkdir(parents=True)
    shutil.copy(copy, restored.data_dir / "oracle.db")
    again = start_oracle("restored")
    again.settle()
    assert paid(world, hire)[1] == 1_500, "settled again after the restore"
    assert damage(again.database) == []

    # The machine sends what nobody has acknowledged to it since, and one sum is all that is ever taken.
    assert again.results(lost) == ["accepted"]
    assert again.results(hire.use(250)) == ["accepted"]
    again.settle()
    assert paid(world, hire)[1] == 2_000
    free = accounts.prepaid(world.client, world.platform, world.wallet(CUSTOMER).address, world.currency)
    assert free + world.state(hire).hold + 2_000 == 1_000_000


def test_a_copy_made_under_load_is_whole(world, start_oracle, tmp_path):
    hire, oracle = world.hire(), start_oracle()
    oracle.post(hire.use(1))
    stop = threading.Event()

    def write():
        while not stop.is_set():
            oracle.post(hire.use(1))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = []
        for number in range(5):
            with oracle.database.reading() as connection:
                before = readings.count(connection)
            made.append((before, back_up(oracle.database, tmp_path / f"{number}.db").path))
    finally:
        stop.set()
        writer.join()
    for before, path in made:
        copy = Database(f"sqlite:///{path}")
        with copy.reading() as connection:
            assert readings.count(connection) >= before
        assert damage(copy) == []
        assert revision(copy) == revision(oracle.database)
        copy.close()


def test_nothing_is_overwritten_unless_told(world, start_oracle, tmp_path):
    oracle = start_oracle()
    target = tmp_path / "copy.db"
    target.write_text("precious")
    with pytest.raises(Fatal) as caught:
        back_up(oracle.database, target)
    assert "--overwrite" in caught.value.remedy
    assert target.read_text() == "precious"
    back_up(oracle.database, target, overwrite=True)
    assert target.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("pragma integrity_check").fetchone() == ("ok",)
    live = oracle.settings.data_dir / "oracle.db"
    with pytest.raises(Fatal):
        back_up(oracle.database, live, overwrite=True)


def test_a_folder_that_cannot_be_written_leaves_nothing(world, start_oracle, tmp_path):
    oracle = start_oracle()
    with pytest.raises(Fatal):
        back_up(oracle.database, tmp_path / "nowhere" / "copy.db")
    assert not (tmp_path / "nowhere").exists()


def test_a_damaged_database_is_found_and_not_worked_on(world, start_oracle, tmp_path):
    oracle = start_oracle()
    hire = world.hire()
    oracle.cycle("index")
    oracle.post(*[hire.use(1) for _ in range(300)])
    path = tmp_path / "copy.db"
    back_up(oracle.database, path)
    data = bytearray(path.read_bytes())
    for start in range(8_192, len(data), 8_192):
        data[start : start + 512] = b"\xff" * 512
    path.write_bytes(data)
    damaged = Database(f"sqlite:///{path}")
    with pytest.raises(Fatal) as caught:
        damaged.migrate()
    assert "cise oracle backup" in caught.value.remedy
    damaged.close()
