"""Room on the disk: acknowledging stops while there is still enough left for what was acknowledged to be settled."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from oracle.errors import Retryable
from oracle.settings import Settings

_LOOK_SECONDS = 1.0
_RETRY_SECONDS = 30


class DiskFull(Retryable):
    """Nothing was written; the same request may succeed when somebody has made room."""


class DiskGuard:
    """Looks at most once a second. Lets everything pass without a limit (0), or where nobody can tell."""

    def __init__(
        self,
        folder: Path,
        least_free: int,
        clock: Callable[[], float] = time.monotonic,
        look: Callable[[Path], int | None] | None = None,
    ) -> None:
        self._folder = folder
        self._least_free = least_free
        self._clock = clock
        self._look = look or free_bytes
        self._looked_at = float("-inf")
        self._free: int | None = None

    def free(self) -> int | None:
        """Bytes that this process may still write, as of the last second; None where nobody can tell."""
        now = self._clock()
        if now - self._looked_at >= _LOOK_SECONDS:
            self._looked_at = now
            self._free = self._look(self._folder)
        return self._free

    def require(self) -> None:
        """Raises DiskFull below the reserve."""
        if self.is_low():
            raise DiskFull("disk", "has too little room to keep what would be acknowledged", _RETRY_SECONDS)

    def is_low(self) -> bool:
        free = self.free()
        return free is not None and free < self._least_free


def free_bytes(folder: Path) -> int | None:
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize


def guard_of(settings: Settings) -> DiskGuard:
    return DiskGuard(settings.database_folder, settings.least_free_disk)
