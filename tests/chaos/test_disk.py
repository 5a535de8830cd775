"""A disk that fills up while readings arrive: a small file system of its own in a mount namespace, without privilege.

`unshare` makes the namespace and mounts the file system in it; from outside it is reached through /proc.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.chaos.process import MEBIBYTE

SIZE = 12 * MEBIBYTE
RESERVE = 4 * MEBIBYTE
ROUNDS = 5


@pytest.fixture
def small_disk(run_oracle, tmp_path):
    """`small_disk(reserve)`: an oracle whose data directory is on a disk of 12 MiB, and that disk as seen from here."""
    mount = tmp_path / "disk"
    mount.mkdir()
    script = f'mount -t tmpfs -o size={SIZE} none "{mount}" && exec "$@"'

    def begin(reserve):
        before = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh")
        oracle = run_oracle(*before, CISE_DATA_DIR=str(mount), CISE_LEAST_FREE_DISK=str(reserve))
        inside = Path("/proc", str(oracle.pid()), "root", *mount.parts[1:])
        oracle.folder = inside
        return oracle, inside

    return begin


def free(folder):
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def fill(folder, leave):
    """A file by somebody else that takes all but so many bytes."""
    (folder / "filler").write_bytes(b"x" * max(free(folder) - leave, 0))


def copied(oracle, disk, target):
    """The database as it is on that disk: SQLite itself does not find its way through /proc."""
    target.mkdir()
    os.kill(oracle.pid(), signal.SIGSTOP)
    try:
        for file in disk.glob("oracle.db*"):
            shutil.copy(file, target)
    finally:
        os.kill(oracle.pid(), signal.SIGCONT)
    return target


def post_until_refused(oracle, hire, acknowledged, most=2_000):
    """Sends readings one by one; returns the first refusal, and the reading that was refused."""
    for _ in range(most):
        signed = hire.use(1)
        answer = oracle.post([signed])
        if answer.status_code != 200:
            return answer, signed
        assert answer.json()["answers"][0]["result"] == "accepted"
        acknowledged.append(signed.reading.sequence)
    raise AssertionError("the disk never filled up")


def accepted_within(oracle, signed, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = oracle.post([signed])
        if answer.status_code == 200:
            return answer.json()["answers"][0]["result"]
        time.sleep(0.2)
    raise AssertionError(f"still {answer.status_code}: {answer.text}")


@pytest.mark.parametrize("reserve", [0, RESERVE], ids=["no reserve: writing fails", "with a reserve"])
def test_a_full_disk_loses_nothing_and_heals_without_a_restart(world, small_disk, tmp_path, capsys, reserve):
    hire = world.hire()
    oracle, disk = small_disk(reserve)
    acknowledged: list[int] = []
    for number in range(ROUNDS):
        fill(disk, reserve + 60_000 + 9_701 * number)
        refused, signed = post_until_refused(oracle, hire, acknowledged)
        assert (refused.status_code, refused.json()["code"]) == (503, "disk_full")
        assert int(refused.headers["retry-after"]) >= 1
        if reserve:
            assert free(disk) > 0, "it stopped before writing failed"
            # What was acknowledged is settled from the reserve.
            last = acknowledged[-1]
            oracle.wait(lambda last=last: world.state(hire).sequence >= last, 30, "settlement on a full disk")
        (disk / "filler").unlink()
        assert accepted_within(oracle, signed, 10) in ("accepted", "duplicate")
        acknowledged.append(signed.reading.sequence)
    oracle.wait(lambda: world.state(hire).settled == hire.registers[0], 60, "settlement")
    oracle.folder = copied(oracle, disk, tmp_path / "copy")
    kept = {sequence for (sequence,) in oracle.query("select sequence from readings")}
    assert set(acknowledged) <= kept
    assert oracle.query("pragma integrity_check") == [("ok",)]
    with capsys.disabled():
        print(f"\n{len(acknowledged)} readings acknowledged around {ROUNDS} full disks; all kept, all settled")
