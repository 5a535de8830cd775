"""Which process of this operator relays: the one that holds the lease of the database."""

import threading
import time

import structlog
from sqlalchemy import Connection

from oracle.errors import Retryable
from oracle.points import Point, passed
from oracle.store import leases
from oracle.store.database import Database
from oracle.store.leases import RELAY, Lease, LeaseLost, new_holder

log = structlog.get_logger("relay")


class Leadership:
    """Taken when it is first needed, prolonged by a thread of its own while the process works, given up at its end."""

    def __init__(self, database: Database, seconds: float) -> None:
        self._database = database
        self._seconds = seconds
        self._holder = new_holder()
        self._lease: Lease | None = None
        self._working: Lease | None = None
        self._taken_at = 0.0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def lead(self) -> bool:
        """Whether this process may begin a cycle; takes the lease where nobody else holds it."""
        if self._lease is None or time.monotonic() - self._taken_at > self._seconds / 2:
            self._take()
        # What a cycle began under one lease, it may not write under a later one.
        self._working = self._lease
        return self._working is not None

    def require(self, connection: Connection) -> None:
        """Raises LeaseLost where another process leads, in the transaction that would write."""
        if self._working is None:
            raise LeaseLost("lease", "this process does not lead", 5)
        try:
            leases.require(connection, self._working)
        except LeaseLost:
            if self._lease == self._working:
                self._lease = None
            log.warning("lease_lost", holder=self._holder, token=self._working.token)
            raise

    def keep(self) -> None:
        """Prolongs the lease from now on, three times as often as it runs out."""
        self._ended.clear()
        self._thread = threading.Thread(target=self._prolong, name="lease", daemon=True)
        self._thread.start()

    def give_up(self) -> None:
        """Ends the thread; whoever stands by may begin at once. Safe to repeat."""
        self._ended.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        lease, self._lease = self._lease, None
        if lease is not None:
            with self._database.writing() as connection:
                leases.give_up(connection, lease)

    def _take(self) -> None:
        before, asked_at = self._lease, time.monotonic()
        with self._database.writing() as connection:
            self._lease = leases.take(connection, RELAY, self._holder, self._seconds)
        self._taken_at = asked_at
        if self._lease is not None and self._lease != before:
            passed(Point.LEASE_TAKEN)
            log.info("lease_taken", holder=self._holder, token=self._lease.token)

    def _prolong(self) -> None:
        while not self._ended.wait(self._seconds / 3):
            try:
                self._take()
            except Retryable as error:
                log.warning("lease_not_prolonged", why=str(error))
