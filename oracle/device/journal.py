"""An append-only journal in two copies that survives a power cut at any byte.

    record  length 4 | crc32 of length and payload 4 | payload (JSON)

The first record of a file names its generation; compaction writes a new one. An append reaches the second copy only
after the first is on disk, so a power cut tears at most one of them, and the other repairs it. Damage to one copy, of
any kind and at any byte, loses nothing; where both are damaged the device stops rather than guess what it has signed.
"""

import json
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, cast

from oracle.errors import Fatal, Retryable

Record = Mapping[str, object]
_HEAD: Final = 8
_REMEDY: Final = "Keep both files, read the registers out, and replace the meter."


class Disk(Protocol):
    """The few things a journal asks of a disk; all but `read` are durable when they return."""

    def read(self, path: Path) -> bytes: ...
    def append(self, path: Path, data: bytes) -> None: ...
    def truncate(self, path: Path, size: int) -> None: ...
    def replace(self, path: Path, data: bytes) -> None: ...


class LocalDisk:
    """Files with fsync."""

    def read(self, path: Path) -> bytes:
        """The bytes of a file; none where there is no file."""
        return path.read_bytes() if path.exists() else b""

    def append(self, path: Path, data: bytes) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def truncate(self, path: Path, size: int) -> None:
        descriptor = os.open(path, os.O_WRONLY)
        try:
            os.ftruncate(descriptor, size)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def replace(self, path: Path, data: bytes) -> None:
        """Writes a whole file under another name and renames it, so that the old or the new one is there, whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.close(descriptor)
        self.append(fresh, data)
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@dataclass(frozen=True, slots=True)
class _Copy:
    generation: int
    records: tuple[Record, ...]
    valid: bytes
    damaged: bool


class Journal:
    """Records in the order they were appended; opening repairs what a power cut left.

    Raises Fatal when the two copies cannot be brought together.
    """

    def __init__(self, path: Path, disk: Disk | None = None) -> None:
        self._disk = LocalDisk() if disk is None else disk
        self._paths = (path, path.with_name(path.name + ".mirror"))
        self._broken = False
        copies = [_read(self._disk.read(p)) for p in self._paths]
        if all(copy.generation == 0 for copy in copies):
            self._require_never_used(copies)
            self._generation, self._size = 1, 0
            self.records: list[Record] = []
            self.compact([])
            return
        best = self._best(copies)
        self._generation, self._size = best.generation, len(best.valid)
        self.records = list(best.records)
        for p, copy in zip(self._paths, copies, strict=True):
            if copy.valid != best.valid or copy.damaged:
                self._disk.replace(p, best.valid)

    @property
    def size(self) -> int:
        """Bytes in one copy."""
        return self._size

    def append(self, record: Record) -> None:
        """On disk twice when it returns. Raises Retryable when the disk refuses and nothing was kept; Fatal when it
        cannot even be put back to the state before.
        """
        if self._broken:
            raise Fatal("journal", f"{self._paths[0].name} could not be written before", _REMEDY)
        data = _pack(record)
        try:
            for path in self._paths:
                self._disk.append(path, data)
        except OSError as error:
            self._take_back(error)
        self._size += len(data)
        self.records.append(record)

    def compact(self, records: Sequence[Record]) -> None:
        """Replaces all records by these, one copy after the other."""
        generation = self._generation + 1
        data = b"".join(_pack(record) for record in ({"kind": "journal", "generation": generation}, *records))
        for path in self._paths:
            self._disk.replace(path, data)
        self._generation, self._size = generation, len(data)
        self.records = list(records)

    def _take_back(self, error: OSError) -> None:
        try:
            for path in self._paths:
                self._disk.truncate(path, self._size)
        except OSError as second:
            self._broken = True
            raise Fatal("journal", f"{self._paths[0].name} cannot be written: {second}", _REMEDY) from second
        raise Retryable("journal", f"{self._paths[0].name} cannot be written: {error}") from error

    def _require_never_used(self, copies: Sequence[_Copy]) -> None:
        # `replace` makes the files whole, so a file without a readable header was damaged later.
        if any(copy.damaged for copy in copies):
            raise Fatal("journal", f"both copies of {self._paths[0].name} are unreadable", _REMEDY)

    def _best(self, copies: Sequence[_Copy]) -> _Copy:
        first, second = sorted(copies, key=lambda copy: (copy.generation, len(copy.valid)), reverse=True)
        if first.damaged and second.damaged:
            raise Fatal("journal", f"both copies of {self._paths[0].name} are damaged", _REMEDY)
        if first.generation != second.generation:
            # A damaged newer copy beside a whole older one: the cut came between the two halves of a compaction.
            return second if first.damaged and second.generation else first
        if not first.valid.startswith(second.valid):
            raise Fatal("journal", f"the copies of {self._paths[0].name} disagree", _REMEDY)
        return first


def _pack(record: Record) -> bytes:
    payload = json.dumps(record, separators=(",", ":")).encode()
    length = len(payload).to_bytes(4)
    return length + zlib.crc32(length + payload).to_bytes(4) + payload


def _read(data: bytes) -> _Copy:
    records: list[Record] = []
    at = 0
    while (record := _unpack(data, at)) is not None:
        records.append(record[0])
        at = record[1]
    header = records[0] if records else {}
    generation = cast(int, header["generation"]) if header.get("kind") == "journal" else 0
    return _Copy(generation, tuple(records[1:]), data[:at], at != len(data))


def _unpack(data: bytes, at: int) -> tuple[Record, int] | None:
    """The record at a place and the place after it; None where no whole record stands."""
    end = at + _HEAD + int.from_bytes(data[at : at + 4])
    if len(data) < at + _HEAD or len(data) < end:
        return None
    length, checksum, payload = data[at : at + 4], data[at + 4 : at + _HEAD], data[at + _HEAD : end]
    if zlib.crc32(length + payload) != int.from_bytes(checksum):
        return None
    return json.loads(payload), end
