"""How many live streams may be open: overall, and by one account or address."""

from collections import Counter
from collections.abc import AsyncIterable, Iterator, Mapping
from contextlib import contextmanager

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from oracle.ingest.rates import TooManyStreams
from oracle.ingest.tally import Tally


class Seats:
    def __init__(self, most: int, most_each: int, tally: Tally) -> None:
        self._most = most
        self._most_each = most_each
        self._tally = tally
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, who: str) -> Iterator[None]:
        """Raises TooManyStreams."""
        if self._taken[who] >= self._most_each:
            raise TooManyStreams(who, f"{self._most_each}")
        if self._tally.streams >= self._most:
            raise TooManyStreams("this oracle", f"{self._most}")
        self._taken[who] += 1
        self._tally.streams += 1
        try:
            yield
        finally:
            self._tally.streams -= 1
            self._taken[who] -= 1
            if not self._taken[who]:
                del self._taken[who]


class SeatedStream(StreamingResponse):
    """Takes its seat when it begins to answer, so that a visitor who has left in between holds none."""

    def __init__(
        self, seats: Seats, who: str, content: AsyncIterable[bytes], media_type: str, headers: Mapping[str, str]
    ) -> None:
        super().__init__(content, headers=headers, media_type=media_type)
        self._seats = seats
        self._who = who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._seats.taken(self._who):
            await super().__call__(scope, receive, send)
