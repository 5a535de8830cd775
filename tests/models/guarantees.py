"""Reference models of BuybackGuarantees and AvailabilityGuarantees: who gets what, and why not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.models import buyback
from tests.models.accounts import AccountsModel, Refused, subaccount
from tests.models.buyback import Point

DAY = 86_400
WAITING = (1 << 40) - 1
LIVE, EXERCISED, EXPIRED, WAIVED = 1, 2, 3, 4
UP, DOWN, IN_MAINTENANCE, MOVED, RESET = range(5)
WHOLE = 10_000


def need(condition: bool, name: str) -> None:
    if not condition:
        raise Refused(name)


@dataclass(slots=True)
class Buyback:
    guarantor: str
    points: tuple[Point, ...]
    begin: int
    window: tuple[int, int]
    cover_bps: int
    per_year: int
    per_million: int
    open_until: int
    stage: int = LIVE
    claimant: str = ""
    owed: int = 0


class BuybackModel:
    """One machine whose odometer was never recorded and grows by at most `rate` a day since `since`."""

    def __init__(self, books: AccountsModel, module: str, currency: str, owner: str, rate: int, since: int) -> None:
        self.books, self.module, self.currency = books, module, currency
        self.owner, self.rate, self.since = owner, rate, since
        self.given: list[Buyback] = []
        self.owes: Counter[str] = Counter()

    def give(self, who: str, made: Buyback, collateral: int, now: int) -> None:
        need(self.owes[who] == 0, "Buyback_GuarantorOwes")
        need(collateral >= self._required(made, now), "Buyback_CollateralTooLow")
        self.given.append(made)
        self._take(who, len(self.given), collateral)

    def top_up(self, who: str, number: int, amount: int, now: int) -> None:
        made = self._live(number)
        self._take(who, number, amount)
        if made.open_until == WAITING and self.collateral(number) >= self._by_age(made, now):
            made.open_until = max(made.window[1], now + 30 * DAY)
            self.owes[made.guarantor] -= 1

    def release(self, who: str, number: int, amount: int, now: int) -> None:
        made = self._known(number)
        need(who == made.guarantor, "Buyback_NotGuarantor")
        need(made.open_until != WAITING and made.owed == 0, "Buyback_GuarantorOwes")
        required = self._required(made, now) if made.stage == LIVE else 0
        need(self.collateral(number) >= required + amount, "Buyback_CollateralTooLow")
        self._pay(number, who, amount)

    def expire(self, number: int, now: int) -> None:
        made = self._live(number)
        need(now > made.open_until, "Buyback_StillOpen")
        self._end(number, EXPIRED)

    def waive(self, who: str, number: int) -> None:
        made = self._live(number)
        need(who == self.owner, "Buyback_NotHolder")
        self._end_demand(made)
        self._end(number, WAIVED)

    def exercise(self, who: str, number: int, odometer: int | None, least: int, now: int) -> int:
        made = self._live(number)
        need(who == self.owner, "Buyback_NotHolder")
        price = self._due(who, made, odometer, now)
        collateral = self.collateral(number)
        paid = min(price, collateral)
        need(paid >= least, "Buyback_CollateralShort")
        self._end_demand(made)
        made.stage = EXERCISED
        if paid < price:
            self.owes[made.guarantor] += 1
            made.claimant, made.owed = who, price - paid
        self._pay(number, who, paid)
        self._pay(number, made.guarantor, collateral - paid)
        self.owner = made.guarantor
        return paid

    def demand(self, who: str, number: int, odometer: int | None, now: int) -> None:
        made = self._live(number)
        need(who == self.owner, "Buyback_NotHolder")
        need(made.open_until != WAITING, "Buyback_AlreadyDemanded")
        need(self._due(who, made, odometer, now) > self.collateral(number), "Buyback_NotShort")
        made.open_until = WAITING
        self.owes[made.guarantor] += 1

    def pay_claim(self, who: str, number: int, amount: int) -> None:
        made = self._known(number)
        need(amount <= made.owed, "Buyback_MoreThanOwed")
        self.books.transfer_from(self.module, who, made.claimant, self.currency, amount)
        made.owed -= amount
        self.owes[made.guarantor] -= made.owed == 0

    def account(self, number: int) -> str:
        return subaccount(self.module, number.to_bytes(32))

    def collateral(self, number: int) -> int:
        return self.books.balance(self.account(number), self.currency)

    def price(self, made: Buyback, odometer: int, now: int) -> int:
        return buyback.price(made.points, now - made.begin, odometer, 0, made.per_year, made.per_million, 0)

    def _due(self, who: str, made: Buyback, odometer: int | None, now: int) -> int:
        need(who != made.guarantor, "Buyback_OwnGuarantee")
        need(now >= made.window[0], "Buyback_TooEarly")
        need(now <= made.open_until, "Buyback_TooLate")
        largest = self.rate * (now - self.since) // DAY
        price = self.price(made, largest if odometer is None else odometer, now)
        need(price > 0, "Buyback_Worthless")
        return price

    def _by_age(self, made: Buyback, now: int) -> int:
        return int(buyback.by_age(made.points, now - made.begin) // 1)

    def _required(self, made: Buyback, now: int) -> int:
        return -(-self._by_age(made, max(now, made.window[0])) * made.cover_bps // WHOLE)

    def _end_demand(self, made: Buyback) -> None:
        if made.open_until == WAITING:
            made.open_until = made.window[1]
            self.owes[made.guarantor] -= 1

    def _end(self, number: int, stage: int) -> None:
        made = self.given[number - 1]
        made.stage = stage
        self._pay(number, made.guarantor, self.collateral(number))

    def _take(self, who: str, number: int, amount: int) -> None:
        self.books.transfer_from(self.module, who, self.account(number), self.currency, amount)

    def _pay(self, number: int, to: str, amount: int) -> None:
        if amount:
            self.books.move_from(self.module, number.to_bytes(32), to, self.currency, amount)

    def _known(self, number: int) -> Buyback:
        need(0 < number <= len(self.given), "Buyback_Unknown")
        return self.given[number - 1]

    def _live(self, number: int) -> Buyback:
        made = self._known(number)
        need(made.stage == LIVE, "Buyback_NotLive")
        return made


@dataclass(slots=True)
class Period:
    said: dict[int, set[int]] = field(default_factory=dict)
    maintenance: set[int] = field(default_factory=set)
    charges: dict[int, int] = field(default_factory=dict)
    unclaimed: dict[int, int] = field(default_factory=dict)
    pool: int = 0
    unpaid: int = 0


@dataclass(frozen=True, slots=True)
class UptimeTerms:
    begin: int
    heartbeat: int
    slots: int
    periods: int
    grace: int
    promised: int
    credit: int
    most: int
    maintenance: int
    customers_from: int

    def start(self, period: int) -> int:
        return self.begin + period * self.heartbeat * self.slots


class UptimeModel:
    """One promise, number 1. `opened`: agreement → when; `customers`: agreement → whose."""

    def __init__(self, books: AccountsModel, module: str, currency: str, guarantor: str, terms: UptimeTerms) -> None:
        self.books, self.module, self.currency = books, module, currency
        self.guarantor, self.terms = guarantor, terms
        self.periods = [Period() for _ in range(terms.periods)]
        self.opened: dict[int, int] = {}
        self.customers: dict[int, str] = {}
        self.behind: dict[int, tuple[int, int]] = {}
        self.settled = self.bond = self.reserved = 0

    @property
    def account(self) -> str:
        return subaccount(self.module, (1).to_bytes(32))

    @property
    def free(self) -> int:
        return self.books.balance(self.account, self.currency) - self.reserved

    def fund(self, who: str, amount: int) -> None:
        self.books.transfer_from(self.module, who, self.account, self.currency, amount)

    def announce(self, who: str, period: int, first: int, slots: int, now: int) -> None:
        need(who == self.guarantor, "Uptime_NotGuarantor")
        need(period < self.terms.periods, "Uptime_NoSuchPeriod")
        need(0 < slots <= self.terms.slots - first, "Uptime_OutOfRange")
        need(self.terms.start(period) + first * self.terms.heartbeat > now, "Uptime_NotAhead")
        announced = self.periods[period].maintenance | set(range(first, first + slots))
        need(len(announced) <= self.terms.maintenance, "Uptime_TooMuchMaintenance")
        self.periods[period].maintenance = announced

    def report(self, time: int, state: int, fault: int, now: int) -> None:
        terms = self.terms
        need(time <= now + 120, "Uptime_StatusAhead")
        need(terms.begin <= time < terms.start(terms.periods), "Uptime_StatusOutside")
        period, slot = divmod((time - terms.begin) // terms.heartbeat, terms.slots)
        need(now <= terms.start(period + 1) + terms.grace, "Uptime_TooLate")
        need(state != RESET, "Uptime_StateDoesNotCount")
        said = MOVED if state == DOWN and fault >= terms.customers_from else state
        self.periods[period].said.setdefault(slot, set()).add(DOWN if said == IN_MAINTENANCE else said)

    def checkpoint(self, agreement: int, period: int, settled: int, now: int) -> None:
        need(period < self.terms.periods, "Uptime_NoSuchPeriod")
        end = self.terms.start(period + 1)
        need(now >= end, "Uptime_TooEarly")
        need(now <= end + self.terms.grace, "Uptime_TooLate")
        behind, before = self.behind.get(agreement, (0, 0))
        need(behind <= period, "Uptime_AlreadyCheckpointed")
        span = period + 1 - behind
        if behind == 0:
            length = self.terms.heartbeat * self.terms.slots
            span = -((self.opened[agreement] - end) // length)
        charge = (settled - before) // span
        self.behind[agreement] = period + 1, settled
        self.periods[period].charges[agreement] = charge
        self.periods[period].unclaimed[agreement] = charge

    def settle(self, now: int) -> None:
        need(self.settled < self.terms.periods, "Uptime_NoSuchPeriod")
        need(now > self.terms.start(self.settled + 1) + self.terms.grace, "Uptime_TooEarly")
        period = self.periods[self.settled]
        charged = sum(period.charges.values())
        period.pool = period.unpaid = min(charged * self.credit(period) // WHOLE, self.free)
        self.reserved += period.pool
        self.settled += 1

    def claim(self, agreement: int, number: int) -> None:
        need(number < self.settled, "Uptime_NotSettled")
        period = self.periods[number]
        charge = period.unclaimed.get(agreement, 0)
        need(charge > 0, "Uptime_NothingToClaim")
        del period.unclaimed[agreement]
        credit = period.pool * charge // sum(period.charges.values())
        freed = credit if any(period.unclaimed.values()) else period.unpaid
        period.unpaid -= freed
        self.reserved -= freed
        assert period.unpaid >= 0, "credits above the pool"
        if credit:
            self.books.move_from(self.module, (1).to_bytes(32), self.customers[agreement], self.currency, credit)

    def release(self, who: str, amount: int) -> None:
        need(who == self.guarantor, "Uptime_NotGuarantor")
        free = self.free if self.settled == self.terms.periods else max(0, self.free - self.bond)
        need(amount <= free, "Uptime_BondBound")
        self.books.move_from(self.module, (1).to_bytes(32), who, self.currency, amount)

    def credit(self, period: Period) -> int:
        """Slot by slot."""
        up = counted = 0
        for slot in range(self.terms.slots):
            said = period.said.get(slot, set())
            if slot in period.maintenance or (MOVED in said and DOWN not in said):
                continue
            counted += 1
            up += said == {UP}
        missing = self.terms.promised - (up * WHOLE // counted if counted else WHOLE)
        return min(max(0, missing) * self.terms.credit // 100, self.terms.most)
