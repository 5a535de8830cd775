"""A full disk: acknowledging stops before writing fails, a write that fails is never acknowledged, and it heals."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from oracle.ingest.disk import DiskFull, DiskGuard
from oracle.store import readings
from tests.environment import ROOT
from tests.helpers import plain_http
from tests.oracle.ingest.test_bodies_and_limits import problem

EVERYTHING = 1 << 62


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_the_disk_is_looked_at_once_a_second():
    clock, looks = Clock(), []
    guard = DiskGuard(Path("."), 100, clock, lambda folder: looks.append(folder) or 99)
    for _ in range(50):
        with pytest.raises(DiskFull):
            guard.require()
    assert len(looks) == 1
    clock.now = 1.0
    with pytest.raises(DiskFull):
        guard.require()
    assert len(looks) == 2


def test_room_again_is_seen():
    clock, free = Clock(), [50, 100]
    guard = DiskGuard(Path("."), 100, clock, lambda _: free.pop(0))
    with pytest.raises(DiskFull):
        guard.require()
    clock.now = 5
    guard.require()


@pytest.mark.parametrize("found", [None, 0])
def test_who_cannot_tell_or_wants_no_reserve_is_let_pass(found):
    DiskGuard(Path("."), 0 if found == 0 else 100, Clock(), lambda _: found).require()


def test_below_the_reserve_nothing_is_acknowledged(world, start_oracle):
    hire, oracle = world.hire(), start_oracle(least_free_disk=EVERYTHING)
    reading = hire.use(1)
    answer = plain_http.post(f"{oracle.url}/v1/readings", json=[reading.to_json()])
    assert problem(answer) == (503, "disk_full")
    assert int(answer.headers["retry-after"]) >= 1
    with oracle.database.reading() as connection:
        assert readings.count(connection) == 0
    assert problem(plain_http.get(f"{oracle.url}/readyz")) == (503, "disk_full")
    assert problem(plain_http.get(f"{oracle.url}/v1/sign-in/nonce")) == (503, "disk_full")
    assert plain_http.get(f"{oracle.url}/v1/assets").status_code == 200


def test_the_reserve_is_that_of_the_databases_disk(world, start_oracle):
    found = os.statvfs(world.folder)
    assert start_oracle(least_free_disk=1).get("/readyz").status_code == 200
    assert found.f_bavail > 0


# The kernel refuses every byte beyond the limit, as a full disk does: no privilege and no mount is needed.
WRITER = """
    import json, resource, signal, sys
    from sqlalchemy import text
    from oracle.store.database import Database, DatabaseFull
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    database = Database(sys.argv[1])
    database.migrate()
    with database.writing() as connection:
        connection.execute(text("create table kept (id integer primary key, filler text)"))
    acknowledged, refused = [], []

    def write(number):
        try:
            with database.writing() as connection:
                connection.execute(text("insert into kept values (:n, :f)"), {"n": number, "f": "x" * 5_000})
            acknowledged.append(number)
        except DatabaseFull:
            refused.append(number)

    for number in range(20):
        write(number)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), hard))
    for number in range(20, 200):
        write(number)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    for number in range(200, 220):
        write(number)
    with database.reading() as connection:
        kept = [row.id for row in connection.execute(text("select id from kept order by id"))]
        sound = connection.execute(text("pragma integrity_check")).scalar_one()
    print(json.dumps({"acknowledged": acknowledged, "refused": refused, "kept": kept, "sound": sound}))
"""


@pytest.mark.parametrize("limit", [400_000, 700_001, 1_000_002])
def test_a_write_that_fails_is_never_acknowledged_and_the_process_goes_on(tmp_path, limit):
    command = [sys.executable, "-c", textwrap.dedent(WRITER), f"sqlite:///{tmp_path / 'oracle.db'}", str(limit)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["refused"], "the limit was never reached"
    assert found["sound"] == "ok"
    assert found["kept"] == found["acknowledged"]
    assert found["acknowledged"][-20:] == list(range(200, 220))
