"""After the clock was set back the cycles go on at once, and not when the old time has come again."""

import threading
import time
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from oracle.relay import clock_watch
from oracle.relay.clock_watch import ClockWatch


class Clock:
    """The module `time`, set by the test."""

    offset = 0.0
    monotonic = staticmethod(time.monotonic)

    def time(self):
        return time.time() + self.offset


def test_jobs_are_planned_again_after_a_jump(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(clock_watch, "time", clock)
    scheduler = BackgroundScheduler(timezone="UTC")
    ran = threading.Event()
    # As after a jump back: what was planned lies an hour ahead.
    later = datetime.now(UTC) + timedelta(hours=1)
    scheduler.add_job(ran.set, "interval", seconds=0.2, next_run_time=later)
    watch = ClockWatch(scheduler)
    scheduler.start()
    watch.start()
    try:
        assert not ran.wait(1.5)
        clock.offset = -3_600
        assert ran.wait(5)
    finally:
        watch.stop()
        scheduler.shutdown()
