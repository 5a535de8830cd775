"""How much one key may ask for: token buckets by address, signed-in account and agreement, in bounded memory."""

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache

from oracle.errors import Rejected, Retryable
from oracle.settings import Settings

MOST_KEYS = 20_000
"""Per kind of key. Who is forgotten has a full bucket again, as whoever has that many addresses has anyway."""
LONGEST_WAIT = 60


class TooMany(Retryable):
    """This key has used up what it may ask for; the same request is welcome later."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Buckets:
    """One bucket per key: `burst` at once, then `rate` a second."""

    def __init__(self, name: str, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Hashable, cost: float = 1) -> None:
        """Raises TooMany where the bucket holds less than the cost; then nothing is taken."""
        with self._lock:
            bucket = self._bucket(key)
            missing = cost - bucket.tokens
            if missing <= 0:
                bucket.tokens -= cost
        if missing > 0:
            raise self._too_many(missing / self._rate)

    def require(self, key: Hashable) -> None:
        """Raises TooMany where the bucket is overdrawn."""
        with self._lock:
            tokens = self._bucket(key).tokens
        if tokens < 0:
            raise self._too_many(-tokens / self._rate)

    def charge(self, key: Hashable, cost: float) -> None:
        """Takes what was used even where the bucket does not hold it: the debt is paid before the next `require`."""
        with self._lock:
            self._bucket(key).tokens -= cost

    def _bucket(self, key: Hashable) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._burst, now)
            if len(self._buckets) > MOST_KEYS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
            # A clock that is monotonic cannot fall; one that is injected by mistake shall not drain anybody.
            bucket.tokens = min(self._burst, bucket.tokens + max(now - bucket.at, 0) * self._rate)
            bucket.at = now
        return bucket

    def _too_many(self, wait: float) -> TooMany:
        return TooMany(self._name, "asks more often than it may", min(max(math.ceil(wait), 1), LONGEST_WAIT))


class Rates:
    """The buckets of one door."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.addresses = Buckets("this address", settings.address_rate, settings.address_burst, clock)
        self.accounts = Buckets("this account", settings.account_rate, settings.account_burst, clock)
        self.agreements = Buckets("this agreement's meter", settings.meter_rate, settings.meter_burst, clock)


@lru_cache(maxsize=1_024)
def address_key(host: str) -> str:
    """The key of a peer: an IPv6 network of 64 bits is one household, not 2^64 visitors."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return host


class TooManyStreams(Rejected):
    """Live streams stay open: the next one is welcome when another ends."""

    def __init__(self, who: str, how_much: str) -> None:
        super().__init__("too_many_streams", who, "follows as many live streams as it may", how_much)
