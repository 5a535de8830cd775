"""A small C library under a process's calls, steered through a number in a file that the process has in its memory."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

_NUMBER = struct.Struct("q")


def built(source: Path, folder: Path) -> Path:
    """The shared library made of one C file."""
    made = folder / f"{source.stem}.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", made, source, "-ldl"], check=True)
    return made


def lever(path: Path) -> Callable[[int], None]:
    """Makes the file, with 0 in it; the function returned writes another number into it."""
    path.write_bytes(_NUMBER.pack(0))

    def turn(number: int) -> None:
        # In place: the process has this very file in its memory.
        with path.open("r+b") as file:
            file.write(_NUMBER.pack(number))

    return turn
