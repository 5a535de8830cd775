"""APScheduler wiring: every cycle on its own clock, never twice at once, each with one recorded outcome.

Of several processes on one database one works; the others stand by and take over when it ends or falls silent.
"""

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from oracle.chain.signers import permit_key, watcher_account
from oracle.errors import Fatal, Rejected, Retryable
from oracle.parties.wallet import Wallet
from oracle.relay.clock_watch import ClockWatch
from oracle.relay.confirm import confirm
from oracle.relay.context import NOTHING, Outcome, RelayContext
from oracle.relay.distribute import accrue, distribute
from oracle.relay.forms import relay_forms
from oracle.relay.guarantees import GuaranteeWatch
from oracle.relay.index import Indexer
from oracle.relay.permits import PermitDesk
from oracle.relay.refill import refill
from oracle.relay.rounds import RoundWatch
from oracle.relay.service_watch import ServiceWatch, read_rules
from oracle.relay.signing import HOUR
from oracle.relay.submit import settle_due
from oracle.settings import Settings
from oracle.store import batches, cycles, live, sessions
from oracle.store.database import Database, DatabaseBusy
from oracle.store.leases import LeaseLost

log = structlog.get_logger("relay")
_CLEAN_EVERY = 600.0
_GAS_EVERY = 60.0
_GOOD = ("done", "nothing", "dry")
STANDBY = Outcome("standby", {"why": "another process of this oracle leads"})
"""Not recorded: the rows of the cycles are the leader's."""


class Daemon:
    """The relay of one operator. `run` blocks until a signal; `start` and `stop` are for a process that does more."""

    def __init__(self, settings: Settings, database: Database | None = None) -> None:
        """Raises Fatal where chain, Directory, keys or database are not as they must be."""
        self.settings = settings
        self.database = database or Database(settings.database)
        self.database.migrate()
        self.context = RelayContext.open(settings, self.database)
        self.permits = PermitDesk(self.database, permit_key(settings))
        self._indexer = Indexer(self.context)
        self._scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(1)}, timezone="UTC")
        self._scheduler.add_listener(self._unexpected, EVENT_JOB_ERROR)
        self._clock_watch = ClockWatch(self._scheduler)
        self._stopped = threading.Event()
        self._fatal: Fatal | None = None
        self._signal: int | None = None
        self._cycles: dict[str, tuple[float, Callable[[float], Outcome]]] = {
            "index": (settings.index_every, self._indexer.run),
            "confirm": (settings.relay_every, lambda now: confirm(self.context, now)),
            "settle": (settings.relay_every, lambda now: settle_due(self.context, now)),
            "refill": (settings.refill_every, lambda now: refill(self.context, now)),
            "forms": (settings.forms_every, lambda now: relay_forms(self.context, now)),
            "permits": (settings.permits_every, self._issue_permits),
            "accrue": (settings.accrue_every, lambda now: accrue(self.context, now)),
            "distribute": (settings.distribute_every, lambda now: distribute(self.context, now)),
            "guarantees": (settings.guarantees_every, GuaranteeWatch(self.context).run),
            "rounds": (settings.rounds_every, RoundWatch(self.context).run),
            "gas": (_GAS_EVERY, self._check_gas),
            "clean": (_CLEAN_EVERY, self._clean),
        }
        account = watcher_account(settings)
        if account is not None and settings.service_terms_dir is not None:
            wallet = Wallet(self.context.client, self.context.platform, account)
            watcher = ServiceWatch(self.context, wallet, read_rules(settings.service_terms_dir))
            self._cycles["service"] = (settings.service_watch_every, watcher.run)

    @property
    def is_dry(self) -> bool:
        """Whether there is no key, so that nothing is sent."""
        return self.context.sender is None

    def run(self) -> None:
        """Works until SIGINT or SIGTERM. Raises Fatal where a cycle finds that going on would do harm."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        self.start()
        self.wait()

    def start(self) -> None:
        """Begins with one round of everything that does not wait for a schedule."""
        log.info(
            "relay_started",
            relayer=None if self.context.sender is None else self.context.sender.address,
            dry=self.is_dry,
            permit_signer=self.permits.signer,
            **self.settings.public(),
        )
        if self.is_dry:
            log.warning("dry_run", why="no relayer key is set: nothing is sent", set="CISE_RELAYER_KEY")
        self.context.leadership.keep()
        self.run_once(("index", "confirm", "permits", "gas"))
        for name, (seconds, _) in self._cycles.items():
            self._scheduler.add_job(
                self.run_once,
                "interval",
                seconds=seconds,
                args=((name,),),
                id=name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
        self._scheduler.start()
        self._clock_watch.start()

    def wait(self) -> None:
        """Until `stop`; then raises what stopped it, if anything did."""
        self._stopped.wait()
        self.stop()
        log.info("relay_stopped", signal=self._signal)
        if self._fatal is not None:
            raise self._fatal

    def stop(self) -> None:
        """Lets the running cycle end and another process lead; safe to repeat."""
        self._stopped.set()
        self._clock_watch.stop()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        try:
            self.context.leadership.give_up()
        except DatabaseBusy as error:
            log.warning("lease_not_given_up", why=str(error))

    def run_once(self, names: tuple[str, ...] | None = None) -> dict[str, Outcome]:
        """The named cycles one after the other (default: all), each recorded."""
        return {name: self._cycle(name, *self._cycles[name]) for name in names or tuple(self._cycles)}

    def _cycle(self, name: str, _: float, action: Callable[[float], Outcome]) -> Outcome:
        now, began = time.time(), time.monotonic()
        try:
            if not self.context.leadership.lead():
                return STANDBY
            outcome = action(now)
        except LeaseLost:
            return STANDBY
        except Retryable as error:
            outcome = Outcome("retry", {"why": str(error)})
        except Rejected as error:
            outcome = Outcome("refused", {"code": error.code, "why": str(error)})
        except Fatal as error:
            outcome = Outcome("fatal", {"why": str(error)})
            self._fatal = error
            self._stopped.set()
        seconds = round(time.monotonic() - began, 4)
        self._record(name, now, seconds, outcome)
        return outcome

    def _record(self, name: str, now: float, seconds: float, outcome: Outcome) -> None:
        good = outcome.word in _GOOD
        write = log.error if outcome.word == "fatal" else log.info if good and outcome.word != "nothing" else log.debug
        (write if good or outcome.word == "fatal" else log.warning)(
            "cycle", cycle=name, outcome=outcome.word, seconds=seconds, **outcome.detail
        )
        try:
            with self.database.writing() as connection:
                cycles.record(connection, name, now, seconds, outcome.word, good, outcome.detail)
        except DatabaseBusy as error:
            log.warning("cycle_not_recorded", cycle=name, why=str(error))

    def _issue_permits(self, now: float) -> Outcome:
        issued = self.permits.renew(now)
        return Outcome("done", {"issued": issued}) if issued else NOTHING

    def _check_gas(self, now: float) -> Outcome:
        """Warns before the relayer can no longer pay: fewer than ten of the largest transactions, or the hour's gas."""
        sender, client = self.context.sender, self.context.client
        if sender is None:
            return Outcome("dry")
        with self.database.reading() as connection:
            used = batches.gas_since(connection, self.context.platform.chain_id, sender.address, now - HOUR)
        if used + self.settings.gas_limit > self.settings.gas_per_hour:
            return Outcome("budget", {"used": used, "perHour": self.settings.gas_per_hour})
        balance = client.balance(sender.address)
        least = 10 * self.settings.gas_limit * client.fees().max_fee
        # As text: JSON numbers end at 2^53 for other readers of this table.
        return Outcome("low" if balance < least else "nothing", {"balance": str(balance), "least": str(least)})

    def _clean(self, now: float) -> Outcome:
        with self.database.writing() as connection:
            sessions.purge(connection, now)
            live.purge(connection, now)
        return NOTHING

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        # No logging here: the interrupted code may hold the log's lock.
        self._signal = number
        self._stopped.set()

    def _unexpected(self, event: JobExecutionEvent) -> None:
        """A defect: the cycle is logged with its trace and comes again."""
        log.error("cycle_broken", cycle=event.job_id, why=repr(event.exception), trace=event.traceback)
