"""AvailabilityGuarantees again: slots, checkpoints, and what each period gave back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from oracle.audit.abi import Value
from oracle.audit.keccak import word
from oracle.audit.replay.assets import RETIRED
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, Refused, World, struct_storage, subaccount
from oracle.audit.signatures import STATUS, struct_hash

UP, DOWN, IN_MAINTENANCE, MOVED = 0, 1, 2, 3
MEMBERS: Final = (
    "asset", "currency", "startsAt", "heartbeat", "slotsPerPeriod", "periods", "graceTime", "promisedBps",
    "creditBps", "mostCreditBps", "mostMaintenance", "customerFaultsFrom", "termsHash",
)  # fmt: skip
WHOLE: Final = 10_000
WORD: Final = 256
DAY: Final = 86_400
CLOCK_TOLERANCE: Final = 120
BOUNDS: Final = {
    "heartbeat": (300, 7 * DAY),
    "slotsPerPeriod": (1, 1_024),
    "periods": (1, 1_200),
    "graceTime": (3_600, 30 * DAY),
    "promisedBps": (1, WHOLE),
    "creditBps": (1, WHOLE),
    "mostCreditBps": (1, WHOLE),
}


@dataclass(slots=True)
class Period:
    """Slots by what was said of them; the same slot may stand in several sets."""

    up: set[int] = field(default_factory=set)
    down: set[int] = field(default_factory=set)
    by_customer: set[int] = field(default_factory=set)
    maintenance: set[int] = field(default_factory=set)
    charges: dict[int, int] = field(default_factory=dict)
    charged: int = 0
    unclaimed: int = 0
    pool: int = 0
    unpaid: int = 0


@dataclass(slots=True)
class Uptime:
    terms: dict[str, Any]
    guarantor: bytes
    bond: int
    settled: int = 0
    reserved: int = 0
    periods: defaultdict[int, Period] = field(default_factory=lambda: defaultdict(Period))
    customers: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def length(self) -> int:
        seconds: int = self.terms["heartbeat"] * self.terms["slotsPerPeriod"]
        return seconds

    def begin(self, period: int) -> int:
        seconds: int = self.terms["startsAt"] + period * self.length
        return seconds


class Uptimes(Module):
    CONTRACT = "AvailabilityGuarantees"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.uptimes: list[Uptime] = []

    def handlers(self) -> dict[str, Handler]:
        return {
            "give": self.give,
            "announceMaintenance": self.announce_maintenance,
            "release": self.release,
            "topUp": self.top_up,
            "report": self.report,
            "checkpoint": self.checkpoint,
            "settlePeriod": self.settle_period,
            "claim": self.claim,
        }

    def give(self, call: Call, given: tuple[Value, ...], bond: int) -> None:
        self.refuse_unless(not self.world.offers.paused, "new promises are paused")
        terms: dict[str, Any] = dict(zip(MEMBERS, given, strict=True))
        machine = self.world.assets.known(terms["asset"])
        self.refuse_unless(machine.lifecycle != RETIRED, "the machine is retired")
        self.refuse_unless(terms["currency"] in self.world.accounts.admitted, "the currency is not admitted")
        sound = all(least <= terms[name] <= most for name, (least, most) in BOUNDS.items())
        sound = sound and terms["mostMaintenance"] <= terms["slotsPerPeriod"] and bond > 0
        begins = call.now <= terms["startsAt"] <= call.now + 365 * DAY
        self.refuse_unless(sound and begins, "terms out of bounds")
        self.uptimes.append(Uptime(terms, call.sender, bond))
        number = len(self.uptimes)
        self.emit(call, "UptimePromised", number, terms["asset"], call.sender, given, bond)
        self._take_in(call, number, bond)

    # Guarantor

    def announce_maintenance(self, call: Call, number: int, period: int, first: int, slots: int) -> None:
        given = self._of_guarantor(call, number)
        self._check_period(given, period)
        self.refuse_unless(0 < slots <= given.terms["slotsPerPeriod"] - first, "no such slots")
        self.refuse_unless(given.begin(period) + first * given.terms["heartbeat"] > call.now, "not announced ahead")
        announced = given.periods[period].maintenance
        announced.update(range(first, first + slots))
        self.refuse_unless(len(announced) <= given.terms["mostMaintenance"], "more maintenance than agreed")
        self.emit(call, "MaintenanceAnnounced", number, period, first, slots)

    def release(self, call: Call, number: int, amount: int) -> None:
        given = self._of_guarantor(call, number)
        free = self.free(number)
        if given.settled < given.terms["periods"]:
            free = max(0, free - given.bond)
        self.refuse_unless(0 < amount <= free, "nothing, or more than is free")
        self.emit(call, "BondReleased", number, call.sender, amount)
        self._pay(call, number, call.sender, amount)

    # Anyone

    def top_up(self, call: Call, number: int, amount: int) -> None:
        self._known(number)
        self.refuse_unless(amount > 0, "nothing")
        self.emit(call, "BondAdded", number, call.sender, amount)
        self._take_in(call, number, amount)

    def report(self, call: Call, number: int, statuses: tuple[Any, ...], signatures: tuple[bytes, ...]) -> None:
        given = self._known(number)
        self.refuse_unless(len(statuses) == len(signatures), "statuses and signatures differ in number")
        for status, signature in zip(statuses, signatures, strict=True):
            self._count(call, number, given, status, signature)

    def _count(self, call: Call, number: int, given: Uptime, status: tuple[Any, ...], signature: bytes) -> None:
        asset, _sequence, time, state, fault, _odometer = status
        terms, meters = given.terms, self.world.meters
        self.refuse_unless(asset == terms["asset"], "another machine's status")
        inside = given.begin(0) <= time < given.begin(terms["periods"])
        self.refuse_unless(inside and time <= call.now + CLOCK_TOLERANCE, "outside the promise, or ahead")
        slots = (time - given.begin(0)) // terms["heartbeat"]
        period, slot = divmod(slots, terms["slotsPerPeriod"])
        self.refuse_unless(call.now <= given.begin(period + 1) + terms["graceTime"], "too late for its period")
        signer = meters.signer_of(call, asset, meters.domain.digest(struct_hash(STATUS, status)), signature)
        self.refuse_unless(signer == meters.of(asset).meter.signer != ZERO, "the status is not signed by the meter")
        said = given.periods[period]
        customers = terms["customerFaultsFrom"]
        if state == MOVED or (state == DOWN and 0 < customers <= fault):
            said.by_customer.add(slot)
        else:
            self.refuse_unless(state in (UP, DOWN, IN_MAINTENANCE), "no such state counts")
            (said.up if state == UP else said.down).add(slot)
        self.emit(call, "StatusCounted", number, period, slot, state, fault)

    def checkpoint(self, call: Call, number: int, agreement: int, period: int) -> None:
        given = self._known(number)
        self._check_period(given, period)
        end = given.begin(period + 1)
        self.refuse_unless(end <= call.now <= end + given.terms["graceTime"], "before the end, or after the grace")
        use = self.world.agreements.known(agreement)
        shares = use.asset == given.terms["asset"] and use.customer != given.guarantor
        self.refuse_unless(shares and use.terms.currency == given.terms["currency"], "no part in this promise")
        behind, settled = given.customers.get(agreement, (0, 0))
        self.refuse_unless(behind <= period, "checkpointed already")
        self.refuse_unless(behind > 0 or use.opened_at < end, "opened later")
        span = period + 1 - behind if behind else -((use.opened_at - end) // given.length)
        charge = (use.settled - settled) // span
        given.customers[agreement] = (period + 1, use.settled)
        given.periods[period].charges[agreement] = charge
        given.periods[period].charged += charge
        self.emit(call, "Checkpointed", number, agreement, period, use.settled, charge)

    def settle_period(self, call: Call, number: int) -> None:
        given = self._known(number)
        period = given.settled
        self._check_period(given, period)
        after = given.begin(period + 1) + given.terms["graceTime"]
        self.refuse_unless(call.now > after, "the grace time runs")
        up, counted, credit = self._uptime(given, period)
        fixed = given.periods[period]
        pool = min(fixed.charged * credit // WHOLE, self.free(number))
        given.settled += 1
        given.reserved += pool
        fixed.unclaimed, fixed.pool, fixed.unpaid = fixed.charged, pool, pool
        self.emit(call, "PeriodSettled", number, period, up, counted, credit, fixed.charged, pool)

    def claim(self, call: Call, number: int, agreement: int, period: int) -> None:
        given = self._known(number)
        self.refuse_unless(period < given.settled, "the period is not settled")
        fixed = given.periods[period]
        charge = fixed.charges.get(agreement, 0)
        self.refuse_unless(charge > 0, "nothing to claim")
        fixed.charges[agreement] = 0
        credit = fixed.pool * charge // fixed.charged
        fixed.unclaimed -= charge
        freed = credit if fixed.unclaimed else fixed.unpaid
        fixed.unpaid -= freed
        given.reserved -= freed
        customer = self.world.agreements.known(agreement).customer
        self.emit(call, "CreditClaimed", number, agreement, period, customer, credit)
        self._pay(call, number, customer, credit)

    # Reading

    def account_of(self, number: int) -> bytes:
        return subaccount(self.address, word(number))

    def free(self, number: int) -> int:
        given = self.uptimes[number - 1]
        return self.world.accounts.balance(self.account_of(number), given.terms["currency"]) - given.reserved

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield ("uptimeCount",), len(self.uptimes)
        for number, given in enumerate(self.uptimes, 1):
            yield from struct_storage(("_uptimes", number, "terms"), given.terms)
            members = {
                "guarantor": given.guarantor,
                "bond": given.bond,
                "settled": given.settled,
                "reserved": given.reserved,
            }
            yield from struct_storage(("_uptimes", number), members)
            for agreement, (periods, settled) in given.customers.items():
                path: Path = ("_customers", number, agreement)
                yield from struct_storage(path, {"periods": periods, "settled": settled})
            for period, said in given.periods.items():
                yield from self._period_storage(number, period, said)

    @staticmethod
    def _period_storage(number: int, period: int, said: Period) -> Iterator[tuple[Path, Value]]:
        members = {
            "charged": said.charged,
            "unclaimed": said.unclaimed,
            "pool": said.pool,
            "unpaid": said.unpaid,
            "maintenance": len(said.maintenance),
        }
        yield from struct_storage(("_periods", number, period), members)
        for agreement, charge in said.charges.items():
            yield ("_charges", number, period, agreement), charge
        words: Counter[tuple[int, str]] = Counter()
        sets = {"up": said.up, "down": said.down, "byCustomer": said.by_customer, "maintenance": said.maintenance}
        for name, slots in sets.items():
            for slot in slots:
                words[slot // WORD, name] |= 1 << slot % WORD
        for (at, name), bits in words.items():
            yield ("_slots", number, period, at, name), bits

    # Internals

    @staticmethod
    def _uptime(given: Uptime, period: int) -> tuple[int, int, int]:
        """Slot by slot: maintenance does not count, nor a customer's stop without a real one; silence is down time."""
        said, terms = given.periods[period], given.terms
        counted = set(range(terms["slotsPerPeriod"])) - said.maintenance - (said.by_customer - said.down)
        up = counted & said.up - said.down
        reached = len(up) * WHOLE // len(counted) if counted else WHOLE
        missing = max(0, terms["promisedBps"] - reached)
        return len(up), len(counted), min(missing * terms["creditBps"] // 100, terms["mostCreditBps"])

    def _take_in(self, call: Call, number: int, amount: int) -> None:
        token = int.from_bytes(self.uptimes[number - 1].terms["currency"], "big")
        inner = call.by(self.address)
        self.world.accounts.transfer_from(inner, call.sender, self.account_of(number), token, amount)

    def _pay(self, call: Call, number: int, to: bytes, amount: int) -> None:
        if amount:
            currency = self.uptimes[number - 1].terms["currency"]
            self.world.accounts.move_from(call.by(self.address), word(number), to, currency, amount)

    def _known(self, number: int) -> Uptime:
        if not 0 < number <= len(self.uptimes):
            raise Refused(f"there is no promise {number}")
        return self.uptimes[number - 1]

    def _of_guarantor(self, call: Call, number: int) -> Uptime:
        given = self._known(number)
        self.refuse_unless(call.sender == given.guarantor, "only the guarantor")
        return given

    def _check_period(self, given: Uptime, period: int) -> None:
        self.refuse_unless(period < given.terms["periods"], "no such period")
