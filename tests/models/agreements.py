"""What one agreement must do with readings, time and money, in exact integers and without a chain.

The truth that the contracts' tests, fuzz tests and state machines are held against. Its arithmetic is its own: it
imports nothing of the oracle. Money enters through a `Purse`, the customer's balance and allowance, which it changes.

    model = AgreementModel.open(terms, opened_at=now, hold=2_000_000, cap=Cap(10_000_000, 86_400), purse=purse)
    outcome = model.settle(Usage(1, now, (500, 0, 0, 0)), now=now + 5, purse=purse)
    assert outcome == Settled(state=model.state, taken=500)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

MAX_CHARGE = (1 << 80) - 1
SEQUENCE_LIMIT = 1 << 31
CLOCK_TOLERANCE = 120
HOUR = 3_600
DAY = 86_400
FINAL = 1
CLOCK_NOT_SYNCHRONISED = 2


class Skip(IntEnum):
    """IUsageAgreements.SkipReason."""

    NONE = 0
    UNKNOWN_AGREEMENT = 1
    MALFORMED_SEQUENCE = 2
    STALE = 3
    CLOSED = 4
    AFTER_FINAL = 5
    INVALID_SIGNATURE = 6
    TOO_FAR_AHEAD = 7
    CHARGE_FELL = 8
    IMPLAUSIBLE = 9


class Short(IntEnum):
    """IUsageAgreements.ShortReason."""

    NO_BALANCE = 0
    NO_ALLOWANCE = 1
    CAP_REACHED = 2
    PAUSED = 3


@dataclass(frozen=True, slots=True)
class Terms:
    """What a tariff says about money and time. Amounts in base units, durations in seconds except `unused_days`."""

    prices: tuple[int, int, int, int]
    standing_per_day: int
    hold_target: int
    max_charge_per_hour: int
    burst: int
    notice: int
    minimum_term: int = 0
    unused_days: int = 0

    def usage(self, registers: tuple[int, int, int, int]) -> int:
        return sum(r * p for r, p in zip(registers, self.prices, strict=True)) // 1_000_000

    def standing(self, elapsed: int) -> int:
        return self.standing_per_day * elapsed // DAY

    def charge(self, registers: tuple[int, int, int, int], elapsed: int) -> int:
        return min(self.usage(registers) + self.standing(elapsed), MAX_CHARGE)


@dataclass(frozen=True, slots=True)
class Usage:
    """The parts of a reading that decide about money."""

    sequence: int
    time: int
    registers: tuple[int, int, int, int]
    flags: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """The agreement's slot: special 1 | sequence 31 | openedAt 32 | lastElapsed 32 | settled 80 | hold 80."""

    special: bool
    sequence: int
    opened_at: int
    elapsed: int
    settled: int
    hold: int

    @classmethod
    def unpack(cls, word: int) -> State:
        return cls(
            special=bool(word >> 255),
            sequence=(word >> 224) & (SEQUENCE_LIMIT - 1),
            opened_at=(word >> 192) & 0xFFFFFFFF,
            elapsed=(word >> 160) & 0xFFFFFFFF,
            settled=(word >> 80) & MAX_CHARGE,
            hold=word & MAX_CHARGE,
        )

    def pack(self) -> int:
        return (
            (int(self.special) << 255)
            | (self.sequence << 224)
            | (self.opened_at << 192)
            | (self.elapsed << 160)
            | (self.settled << 80)
            | self.hold
        )


@dataclass(slots=True)
class Cap:
    """How much may be held per period of chain time; period 0: no refills."""

    per_period: int
    period: int
    spent: int = 0
    index: int = 0


@dataclass(slots=True)
class Purse:
    """A customer's free balance, and how much of it UsageAgreements may still move."""

    balance: int
    allowance: int

    def take(self, amount: int) -> None:
        assert amount <= self.balance
        assert amount <= self.allowance
        self.balance -= amount
        self.allowance -= amount


@dataclass(frozen=True, slots=True)
class Refill:
    """`short` says why `got` is less than `wanted`; None where it is not."""

    wanted: int
    got: int
    short: Short | None
    state: State


@dataclass(frozen=True, slots=True)
class Settled:
    """`state` is the slot as first written, before a refill; `taken` went to the split."""

    state: State
    taken: int
    refill: Refill | None = None
    final: bool = False


@dataclass(slots=True)
class AgreementModel:
    """One agreement. Methods return what they did, or the reason why they did nothing."""

    terms: Terms
    opened_at: int
    hold: int
    cap: Cap
    sequence: int = 0
    elapsed: int = 0
    settled: int = 0
    charged: int = 0
    """Charge of the last accepted reading with its standing part brought up to `elapsed`: settled + arrears (I-4)."""
    end_at: int = 0
    final: bool = False
    suspended: bool = False
    closed: bool = False
    unused_from: int = 0
    registers: tuple[int, int, int, int] = field(default=(0, 0, 0, 0))

    @classmethod
    def open(cls, terms: Terms, opened_at: int, hold: int, cap: Cap, purse: Purse) -> AgreementModel:
        assert terms.hold_target <= hold <= cap.per_period
        purse.take(hold)
        cap.spent = hold
        return cls(terms, opened_at, hold, cap)

    @property
    def state(self) -> State:
        special = bool(self.end_at or self.final or self.suspended or self.closed or self.unused_from)
        return State(special, self.sequence, self.opened_at, self.elapsed, self.settled, self.hold)

    @property
    def arrears(self) -> int:
        """Charge beyond what was settled; void once closed."""
        return 0 if self.closed else self.charged - self.settled

    def settle(
        self, usage: Usage, now: int, purse: Purse, *, signed: bool = True, paused: bool = False
    ) -> Settled | Skip:
        """One reading of this agreement, signed by the asset's present meter unless `signed` is false."""
        reason, elapsed, charge = self._check(usage, now, signed)
        if reason is not Skip.NONE:
            return reason
        taken = self._take(charge)
        self.sequence, self.elapsed, self.charged, self.registers = usage.sequence, elapsed, charge, usage.registers
        written = self.state
        if usage.flags & FINAL and self.end_at:
            read_at = now if usage.flags & CLOCK_NOT_SYNCHRONISED else self.opened_at + elapsed
            self.end_at, self.final = min(self.end_at, read_at), True
            return Settled(written, taken, final=True)
        return Settled(written, taken, self._refill_if_low(now, purse, paused))

    def _check(self, usage: Usage, now: int, signed: bool) -> tuple[Skip, int, int]:
        if usage.sequence >= SEQUENCE_LIMIT:
            return Skip.MALFORMED_SEQUENCE, 0, 0
        if usage.sequence < self.sequence:
            return Skip.STALE, 0, 0
        if self.closed:
            return Skip.CLOSED, 0, 0
        if self.final and usage.sequence > self.sequence:
            return Skip.AFTER_FINAL, 0, 0
        if not signed:
            return Skip.INVALID_SIGNATURE, 0, 0
        elapsed = self.elapsed
        if not usage.flags & CLOCK_NOT_SYNCHRONISED:
            if usage.time > now + CLOCK_TOLERANCE:
                return Skip.TOO_FAR_AHEAD, 0, 0
            latest = min(usage.time, now, self.end_at or now)
            elapsed = max(elapsed, latest - self.opened_at)
        charge = self.terms.charge(usage.registers, elapsed)
        if usage.sequence == self.sequence and charge <= self.settled:
            return Skip.STALE, 0, 0
        if charge < self.settled:
            return Skip.CHARGE_FELL, 0, 0
        if (charge - self.terms.burst) * HOUR > self.terms.max_charge_per_hour * (now - self.opened_at):
            return Skip.IMPLAUSIBLE, 0, 0
        return Skip.NONE, elapsed, charge

    def accrue(self, now: int, purse: Purse, *, paused: bool = False) -> Settled | None:
        """Standing part up to now or the end. None where no time has passed since the last."""
        assert not self.closed
        written = self._accrue(now)
        refill = self._refill_if_low(now, purse, paused)
        return None if written is None else Settled(written[0], written[1], refill)

    def _accrue(self, now: int) -> tuple[State, int] | None:
        elapsed = min(now, self.end_at or now) - self.opened_at
        if elapsed <= self.elapsed:
            return None
        standing = self.terms.standing(elapsed) - self.terms.standing(self.elapsed)
        taken = self._take(min(self.settled + standing, MAX_CHARGE))
        self.charged = min(self.charged + standing, MAX_CHARGE)
        self.elapsed = elapsed
        return self.state, taken

    def _take(self, charge: int) -> int:
        taken = min(charge - self.settled, self.hold)
        self.settled += taken
        self.hold -= taken
        return taken

    def refill(self, now: int, purse: Purse, *, paused: bool = False) -> Refill | None:
        """To the target, as far as cap, balance and allowance reach. None where the hold has reached the target."""
        assert not any((self.closed, self.end_at, self.suspended))
        wanted = self.terms.hold_target - self.hold
        if wanted <= 0:
            return None
        self._turn_period(now)
        room = max(self.cap.per_period - self.cap.spent, 0) if self.cap.period else 0
        limits = [(0, Short.PAUSED) if paused else (room, Short.CAP_REACHED)]
        limits += [(purse.balance, Short.NO_BALANCE), (purse.allowance, Short.NO_ALLOWANCE)]
        least, why = min(limits, key=lambda limit: limit[0])
        got = min(least, wanted)
        purse.take(got)
        self.cap.spent += got
        self.hold += got
        return Refill(wanted, got, why if got < wanted else None, self.state)

    def _refill_if_low(self, now: int, purse: Purse, paused: bool) -> Refill | None:
        if self.hold * 2 >= self.terms.hold_target or self.end_at or self.suspended:
            return None
        return self.refill(now, purse, paused=paused)

    def _turn_period(self, now: int) -> None:
        if self.cap.period == 0:
            return
        index = (now - self.opened_at) // self.cap.period
        if index != self.cap.index:
            self.cap.index, self.cap.spent = index, 0

    def set_cap(self, per_period: int, period: int, now: int) -> None:
        """What was spent in the running period still counts."""
        self._turn_period(now)
        if period != self.cap.period:
            self.cap.period = period
            self.cap.index = (now - self.opened_at) // period if period else 0
        self.cap.per_period = per_period

    def suspend(self, on: bool) -> None:
        assert not self.closed
        self.suspended = on

    def end(self, now: int, *, released: bool = False) -> int:
        """`released`: a customer whose asset has a less trusted meter than at opening is free of the minimum term."""
        assert not self.closed
        assert not self.end_at
        term = 0 if released else self.opened_at + self.terms.minimum_term
        self.end_at = max(now + self.terms.notice, term)
        return self.end_at

    def may_close(self, now: int) -> bool:
        return not self.closed and (self.final or (self.end_at != 0 and now >= self.end_at))

    def close(self, now: int, purse: Purse) -> int:
        """Returns what of the hold went back to the customer."""
        assert self.may_close(now)
        self._accrue(now)
        returned, self.hold, self.closed = self.hold, 0, True
        purse.balance += returned
        return returned
