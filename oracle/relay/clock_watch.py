"""The scheduler plans by the time of day. When somebody sets the clock back by an hour, everything that was planned is
an hour away: so this plans again after each jump, and says so."""

import threading
import time
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.base import BaseScheduler

log = structlog.get_logger("relay")
_LOOK_SECONDS = 0.5
_JUMP_SECONDS = 1.0
"""Less is what NTP slews, or a machine that was busy between two looks at two clocks."""


class ClockWatch:
    """Compares the time of day with the clock that never jumps, on a thread of its own."""

    def __init__(self, scheduler: BaseScheduler) -> None:
        self._scheduler = scheduler
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="clock-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Safe to repeat, and before the start."""
        self._ended.set()

    def _watch(self) -> None:
        before = time.time() - time.monotonic()
        while not self._ended.wait(_LOOK_SECONDS):
            now = time.time() - time.monotonic()
            if abs(now - before) > _JUMP_SECONDS:
                log.warning("clock_jumped", seconds=round(now - before))
                self._plan_again()
            before = now

    def _plan_again(self) -> None:
        now = datetime.now(UTC)
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=now + min(job.trigger.interval, timedelta(minutes=1)))
