"""The journal loses nothing that was appended, whatever happens to the power or to one of its copies."""

import errno
import os

import pytest

from oracle.device.journal import Journal, LocalDisk
from oracle.errors import Fatal, Retryable
from tests.oracle.device.support import MIRROR, PATH, MemoryDisk, PowerCut

RECORDS = [{"kind": "a", "n": n, "text": "x" * n} for n in range(5)]


def written():
    disk = MemoryDisk()
    journal = Journal(PATH, disk)
    for record in RECORDS:
        journal.append(record)
    return disk


def appended(disk):
    """Yields each record once its append has returned."""
    journal = Journal(PATH, disk)
    for record in RECORDS:
        journal.append(record)
        yield record


def reopened(files):
    disk = MemoryDisk(files)
    return Journal(PATH, disk).records, disk


def test_reopening_gives_the_records_in_order():
    records, disk = reopened(written().files)
    assert records == RECORDS
    assert disk.files[PATH] == disk.files[MIRROR]


@pytest.mark.parametrize("garbage", [b"", b"\x00", b"\xff" * 9, b"\x00" * 64])
def test_a_power_cut_at_any_byte_keeps_every_finished_append(garbage):
    total = written().written
    for power in range(total):
        disk = MemoryDisk(power=power, garbage=garbage)
        finished = []
        with pytest.raises(PowerCut):
            finished.extend(appended(disk))
        records, repaired = reopened(disk.files)
        assert records[: len(finished)] == finished, power
        assert records == RECORDS[: len(records)], power
        assert len(records) <= len(finished) + 1, power
        assert repaired.files[PATH] == repaired.files[MIRROR]


@pytest.mark.parametrize("path", [PATH, MIRROR])
def test_one_copy_may_be_cut_off_anywhere(path):
    files = written().files
    for size in range(len(files[path])):
        records, repaired = reopened(files | {path: files[path][:size]})
        assert records == RECORDS, size
        assert repaired.files == files


@pytest.mark.parametrize("path", [PATH, MIRROR])
@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_one_copy_may_be_corrupted_anywhere(path, flip):
    files = written().files
    for at in range(len(files[path])):
        damaged = bytearray(files[path])
        damaged[at] ^= flip
        records, repaired = reopened(files | {path: bytes(damaged)})
        assert records == RECORDS, at
        assert repaired.files == files


def test_a_missing_copy_is_restored():
    files = written().files
    for path in (PATH, MIRROR):
        records, repaired = reopened({p: data for p, data in files.items() if p != path})
        assert records == RECORDS
        assert repaired.files == files


def test_two_damaged_copies_are_not_guessed_at():
    files = written().files
    for at in range(len(files[PATH])):
        both = {path: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for path, data in files.items()}
        with pytest.raises(Fatal, match=r"damaged|unreadable"):
            reopened(both)


def test_copies_that_disagree_are_not_guessed_at():
    disk = MemoryDisk(written().files)
    journal = Journal(PATH, disk)
    before = dict(disk.files)
    journal.append({"kind": "one"})
    other = MemoryDisk(before)
    Journal(PATH, other).append({"kind": "other"})
    with pytest.raises(Fatal, match="disagree"):
        reopened({PATH: disk.files[PATH], MIRROR: other.files[MIRROR]})


class FullDisk(MemoryDisk):
    """Takes a part of the next append to one file and then has no room."""

    def __init__(self, path, files, repairable=True):
        super().__init__(files)
        self.full, self.repairable = path, repairable

    def append(self, path, data):
        if path == self.full:
            super().append(path, data[:5])
            raise OSError(errno.ENOSPC, "no space left on device")
        super().append(path, data)

    def truncate(self, path, size):
        if not self.repairable:
            raise OSError(errno.EIO, "input/output error")
        super().truncate(path, size)


@pytest.mark.parametrize("path", [PATH, MIRROR])
def test_a_full_disk_keeps_nothing_of_the_refused_append(path):
    disk = FullDisk(path, written().files)
    journal = Journal(PATH, disk)
    with pytest.raises(Retryable, match="no space left"):
        journal.append({"kind": "refused"})
    disk.full = None
    journal.append({"kind": "later"})
    assert reopened(disk.files)[0] == [*RECORDS, {"kind": "later"}] == journal.records


def test_a_disk_that_cannot_be_put_back_stops_the_journal():
    disk = FullDisk(MIRROR, written().files, repairable=False)
    journal = Journal(PATH, disk)
    with pytest.raises(Fatal, match="input/output error"):
        journal.append({"kind": "refused"})
    disk.full = None
    with pytest.raises(Fatal, match="could not be written before"):
        journal.append({"kind": "later"})


def test_compaction_replaces_all_records():
    disk = written()
    journal = Journal(PATH, disk)
    size = journal.size
    journal.compact([{"kind": "sum"}])
    journal.append({"kind": "next"})
    assert journal.size < size
    assert reopened(disk.files)[0] == [{"kind": "sum"}, {"kind": "next"}]


@pytest.mark.parametrize("power", [0, 1])
def test_a_power_cut_during_compaction_leaves_the_old_or_the_new(power):
    files = written().files
    disk = MemoryDisk(files)
    journal = Journal(PATH, disk)
    disk.power = power
    with pytest.raises(PowerCut):
        journal.compact([{"kind": "sum"}])
    records, repaired = reopened(disk.files)
    assert records == ([{"kind": "sum"}] if power else RECORDS)
    assert repaired.files[PATH] == repaired.files[MIRROR]
    damaged = disk.files | {PATH: disk.files[PATH][:-1]}
    assert reopened(damaged)[0] == RECORDS


def test_on_a_real_disk(tmp_path):
    path = tmp_path / "deep" / "meter.journal"
    journal = Journal(path)
    for record in RECORDS:
        journal.append(record)
    with path.open("r+b") as file:
        file.truncate(os.path.getsize(path) - 3)
    assert Journal(path).records == RECORDS
    again = Journal(path)
    again.compact(RECORDS[:1])
    LocalDisk().truncate(path, 5)
    assert Journal(path).records == RECORDS[:1]
    assert sorted(p.name for p in path.parent.iterdir()) == ["meter.journal", "meter.journal.mirror"]
