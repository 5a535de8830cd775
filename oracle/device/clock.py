"""Time as a device sees it: replaced by a hand-driven one in tests and fast demonstrations."""

import time
from typing import Protocol


class Clock(Protocol):
    @property
    def synchronised(self) -> bool:
        """Whether `unix_ms` can be trusted."""
        ...

    def unix_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        ...

    def monotonic_ms(self) -> int:
        """Milliseconds since some moment; never goes back while the power is on."""
        ...

    def sleep_ms(self, duration_ms: int) -> None: ...


class SystemClock:
    """The clock of the computer, taken to be synchronised unless told otherwise."""

    def __init__(self, synchronised: bool = True) -> None:
        self._synchronised = synchronised

    @property
    def synchronised(self) -> bool:
        return self._synchronised

    def unix_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    def sleep_ms(self, duration_ms: int) -> None:
        time.sleep(duration_ms / 1_000)
