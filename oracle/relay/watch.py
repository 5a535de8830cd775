"""Which agreements a cycle has to look at: those of which something was told, and those whose time has come.

Everything that can change what a cycle decides tells the live stream in its own transaction. A cycle that reads on from
where it stopped therefore does work for what has changed, however many agreements are open. Once in a while it looks at
all of them, for the rare things that are told of an asset only and for what a gap in the stream may have hidden.
"""

import heapq
from collections.abc import Iterable

from sqlalchemy import Connection

from oracle.store import live
from oracle.types import AgreementId

SWEEP_EVERY = 900.0


class Watch:
    """One per cycle, in the memory of the relay's process: after a restart everything is looked at once."""

    def __init__(self, ignored: Iterable[str] = ()) -> None:
        """`ignored`: kinds of events that the cycle itself brings about."""
        self._ignored = frozenset(ignored)
        self._last: int | None = None
        self._swept = 0.0
        self._again: set[AgreementId] = set()
        self._heap: list[tuple[float, AgreementId]] = []
        self._times: dict[AgreementId, float] = {}

    def begin(self, connection: Connection, time: float, now: float) -> set[AgreementId] | None:
        """What to look at now; None: everything that is open.

        Args:
            time: the chain's.
        """
        told = None if self._last is None else live.told_since(connection, self._last, self._ignored)
        self._last = live.last_id(connection)
        if told is None or not 0 <= now - self._swept < SWEEP_EVERY:
            self._swept = now
            self._again, self._heap, self._times = set(), [], {}
            return None
        wanted, self._again = told | self._again, set()
        while self._heap and self._heap[0][0] <= time:
            at, agreement = heapq.heappop(self._heap)
            if self._times.get(agreement) == at:
                del self._times[agreement]
                wanted.add(agreement)
        return wanted

    def again(self, agreement: AgreementId) -> None:
        """Looked at in the next cycle, whatever is told."""
        self._again.add(agreement)

    def at(self, agreement: AgreementId, time: float) -> None:
        """Looked at when the chain's time has reached this, or an earlier one that was named before."""
        known = self._times.get(agreement)
        if known is None or time < known:
            self._times[agreement] = time
            heapq.heappush(self._heap, (time, agreement))
