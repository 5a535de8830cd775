"""Reservations again: slots, deposits, and every way a booking ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, Refused, World, struct_storage, subaccount

BOOKED, CHECKED_IN, CONTESTED, CANCELLED, NO_SHOW, RETURNED, RULED, UNRULED = range(1, 9)
WHOLE: Final = 10_000
WORD: Final = 256
MOST_ARBITERS: Final = 5
DAY: Final = 86_400
BOUNDS: Final = {
    "noShowBps": (0, WHOLE),
    "slotLength": (300, 30 * DAY),
    "mostSlots": (1, WORD),
    "cancelBefore": (0, 90 * DAY),
    "contestTime": (3_600, 30 * DAY),
    "arbitrationTime": (DAY, 90 * DAY),
}
MEMBERS: Final = (
    "currency", "deposit", "noShowBps", "slotLength", "mostSlots", "furthest", "cancelBefore", "contestTime",
    "arbitrationTime",
)  # fmt: skip
FURTHEST: Final = 730 * DAY


@dataclass(slots=True)
class Rules:
    members: dict[str, Value]
    arbiters: tuple[bytes, ...]


@dataclass(slots=True)
class Present:
    rules: int = 0
    provider: bytes = ZERO
    booked_until: int = 0


@dataclass(slots=True)
class Booking:
    asset: int
    rules: int
    begin: int
    until: int
    customer: bytes
    deposit: int
    agreement: int
    sequence: int
    stage: int = BOOKED
    deadline: int = 0


class Reservations(Module):
    CONTRACT = "Reservations"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.rules: list[Rules] = []
        self.present: defaultdict[int, Present] = defaultdict(Present)
        self.bookings: list[Booking] = []
        self.taken: defaultdict[tuple[int, int, int], int] = defaultdict(int)
        self.deposits: defaultdict[bytes, int] = defaultdict(int)
        self.community = ZERO
        self.account = subaccount(address, b"deposits".ljust(32, b"\0"))

    def handlers(self) -> dict[str, Handler]:
        return {
            "setRules": self.set_rules,
            "stopBooking": self.stop_booking,
            "book": self.book,
            "cancel": self.cancel,
            "checkIn": self.check_in,
            "reportReturn": self.report_return,
            "proveUse": self.prove_use,
            "forfeit": self.forfeit,
            "release": self.release,
            "contest": self.contest,
            "rule": self.rule,
            "skimSurplus": self.skim_surplus,
        }

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        self.community = arguments[-1]

    # Provider

    def set_rules(self, call: Call, asset: int, given: tuple[Value, ...], arbiters: tuple[bytes, ...]) -> None:
        machine = self.world.assets.known(asset)
        self.refuse_unless(call.sender == machine.owner, "only the provider sets rules")
        rules = dict(zip(MEMBERS, given, strict=True))
        sound = all(least <= rules[name] <= most for name, (least, most) in BOUNDS.items())
        self.refuse_unless(sound and rules["slotLength"] <= rules["furthest"] <= FURTHEST, "rules out of bounds")
        split = self.world.splits.splits.get(machine.split)
        self.refuse_unless(split is not None and rules["currency"] in split.currencies, "the currency is not listed")
        present = self.present[asset]
        before = self.rules[present.rules - 1].members["slotLength"] if present.rules else 0
        free = before == rules["slotLength"] or call.now >= present.booked_until
        self.refuse_unless(free, "slots keep their length while bookings lie ahead")
        sound = len(arbiters) <= MOST_ARBITERS and not {ZERO, call.sender} & set(arbiters)
        self.refuse_unless(sound, "too many arbiters, or none of them may be")
        self.rules.append(Rules(rules, arbiters))
        present.rules, present.provider = len(self.rules), call.sender
        self.emit(call, "RulesSet", asset, len(self.rules), call.sender, given, arbiters)

    def stop_booking(self, call: Call, asset: int) -> None:
        self.refuse_unless(call.sender == self.world.assets.known(asset).owner, "only the provider stops booking")
        self._present_rules(asset)
        self.present[asset].provider = ZERO
        self.emit(call, "BookingStopped", asset, call.sender)

    # Customer

    def book(self, call: Call, asset: int, begin: int, until: int, agreement: int) -> None:
        self.refuse_unless(not self.world.offers.paused, "new bookings are paused")
        self.world.assets.require_offerable(call, asset)
        number = self._present_rules(asset)
        rules = self.rules[number - 1].members
        length = rules["slotLength"]
        self.refuse_unless(begin < until and begin % length == until % length == 0, "off the edges of slots")
        self.refuse_unless((until - begin) // length <= rules["mostSlots"], "too long")
        self.refuse_unless(call.now < begin + length, "past")
        self.refuse_unless(begin <= call.now + rules["furthest"], "too far ahead")
        self._mark(asset, length, begin, until, True)
        present = self.present[asset]
        present.booked_until = max(present.booked_until, until)
        sequence = self._sequence(call, agreement, asset) if agreement else 0
        deposit, currency = rules["deposit"], rules["currency"]
        self.bookings.append(Booking(asset, number, begin, until, call.sender, deposit, agreement, sequence))
        booked = (len(self.bookings), asset, call.sender, number, begin, until, deposit, agreement)
        self.emit(call, "Booked", *booked)
        if deposit:
            self.deposits[currency] += deposit
            token = int.from_bytes(currency, "big")
            self.world.accounts.transfer_from(call.by(self.address), call.sender, self.account, token, deposit)

    def cancel(self, call: Call, number: int) -> None:
        booking = self._at(number, BOOKED)
        rules = self.rules[booking.rules - 1].members
        last = booking.until
        if call.sender == booking.customer:
            last = max(0, booking.begin - rules["cancelBefore"])
        else:
            owner = self.world.assets.known(booking.asset).owner
            self.refuse_unless(call.sender == owner, "only customer and provider cancel")
        self.refuse_unless(call.now <= last, "too late to cancel")
        self._mark(booking.asset, rules["slotLength"], booking.begin, booking.until, False)
        self._end(call, number, CANCELLED, 0)

    def check_in(self, call: Call, number: int) -> None:
        booking = self._at(number, BOOKED)
        self.refuse_unless(call.sender == booking.customer, "only the customer checks in")
        self.refuse_unless(booking.begin <= call.now < booking.until, "outside the booking")
        booking.stage = CHECKED_IN
        self.emit(call, "CheckedIn", number, 0)

    def report_return(self, call: Call, number: int, condition_hash: bytes, uri: str) -> None:
        booking = self._at(number, CHECKED_IN)
        self.refuse_unless(call.sender == booking.customer, "only the customer reports")
        self.emit(call, "ReturnReported", number, condition_hash, uri)

    # Anyone

    def prove_use(self, call: Call, number: int) -> None:
        booking = self._at(number, BOOKED)
        self.refuse_unless(booking.agreement != 0, "the booking names no agreement")
        use = self.world.agreements.known(booking.agreement)
        taken = use.opened_at + use.last_elapsed
        used = use.sequence > booking.sequence and booking.begin <= taken <= booking.until
        self.refuse_unless(used, "no reading from within the booking")
        booking.stage = CHECKED_IN
        self.emit(call, "CheckedIn", number, booking.agreement)

    def forfeit(self, call: Call, number: int) -> None:
        booking = self._at(number, BOOKED)
        self.refuse_unless(call.now > self._contestable(booking), "use may still be proved")
        self._end(call, number, NO_SHOW, self.rules[booking.rules - 1].members["noShowBps"])

    def release(self, call: Call, number: int) -> None:
        booking = self._known(number)
        if booking.stage == CONTESTED:
            self.refuse_unless(call.now > booking.deadline, "the arbiters have time")
            self._end(call, number, UNRULED, 0)
            return
        self._at(number, CHECKED_IN)
        self.refuse_unless(call.now > self._contestable(booking), "it may still be contested")
        self._end(call, number, RETURNED, 0)

    def contest(self, call: Call, number: int, following: int, document_hash: bytes, uri: str) -> None:
        booking = self._at(number, CHECKED_IN)
        last = self._contestable(booking)
        if call.sender != self.world.assets.known(booking.asset).owner:
            after = self._known(following)
            follows = after.asset == booking.asset and after.customer == call.sender and after.stage != CANCELLED
            self.refuse_unless(follows and booking.until <= after.begin <= last, "not the next user")
        rules = self.rules[booking.rules - 1]
        self.refuse_unless(call.now <= last and any(document_hash), "too late, or no document")
        self.refuse_unless(bool(rules.arbiters), "there are no arbiters")
        booking.stage = CONTESTED
        booking.deadline = call.now + rules.members["arbitrationTime"]
        self.emit(call, "Contested", number, call.sender, booking.deadline, document_hash, uri)

    def rule(self, call: Call, number: int, to_asset: int, document_hash: bytes) -> None:
        booking = self._at(number, CONTESTED)
        self.refuse_unless(call.sender in self.rules[booking.rules - 1].arbiters, "not an arbiter")
        self.refuse_unless(call.now <= booking.deadline and to_asset <= WHOLE, "too late, or more than all")
        self.emit(call, "RulingGiven", number, call.sender, to_asset, document_hash)
        self._end(call, number, RULED, to_asset)

    def skim_surplus(self, call: Call, currency: bytes) -> None:
        amount = self.world.accounts.balance(self.account, currency) - self.deposits[currency]
        self.refuse_unless(amount > 0, "no surplus")
        self.emit(call, "SurplusSkimmed", currency, self.community, amount)
        self._pay(call, currency, self.community, amount)

    # Reading

    def live(self) -> Iterator[Booking]:
        """Whose deposits are still here."""
        return (booking for booking in self.bookings if booking.stage < CANCELLED)

    def currency_of(self, booking: Booking) -> bytes:
        currency: bytes = self.rules[booking.rules - 1].members["currency"]
        return currency

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield ("reservationCount",), len(self.bookings)
        yield ("rulesCount",), len(self.rules)
        for currency, amount in self.deposits.items():
            yield ("depositsIn", currency), amount
        for number, booking in enumerate(self.bookings, 1):
            members = {
                "asset": booking.asset,
                "rules": booking.rules,
                "from": booking.begin,
                "until": booking.until,
                "stage": booking.stage,
                "deadline": booking.deadline,
                "customer": booking.customer,
                "deposit": booking.deposit,
                "agreement": booking.agreement,
                "sequence": booking.sequence,
            }
            yield from struct_storage(("_reservations", number), members)
        for number, rules in enumerate(self.rules, 1):
            yield from struct_storage(("_rules", number), rules.members)
            yield ("_arbiters", number), len(rules.arbiters)
            for index, arbiter in enumerate(rules.arbiters):
                yield ("_arbiters", number, index), arbiter
        for asset, present in self.present.items():
            members = {"rules": present.rules, "provider": present.provider, "bookedUntil": present.booked_until}
            yield from struct_storage(("_present", asset), members)
        for (asset, length, word), bits in self.taken.items():
            yield ("_taken", asset, length, word), bits

    # Internals

    def _mark(self, asset: int, length: int, begin: int, until: int, taken: bool) -> None:
        for slot in range(begin // length, until // length):
            word, bit = (asset, length, slot // WORD), 1 << slot % WORD
            self.refuse_unless(not taken or not self.taken[word] & bit, "a slot is taken")
            self.taken[word] ^= bit

    def _end(self, call: Call, number: int, stage: int, to_asset_bps: int) -> None:
        booking = self.bookings[number - 1]
        currency = self.rules[booking.rules - 1].members["currency"]
        to_asset = booking.deposit * to_asset_bps // WHOLE
        account = self._asset_account(booking.asset, currency) if to_asset else ZERO
        booking.stage = stage
        self.deposits[currency] -= booking.deposit
        back = booking.deposit - to_asset
        self.emit(call, "ReservationEnded", number, stage, call.sender, back, to_asset, account)
        self._pay(call, currency, account, to_asset)
        self._pay(call, currency, booking.customer, back)

    def _asset_account(self, asset: int, currency: bytes) -> bytes:
        machine = self.world.assets.known(asset)
        split = self.world.splits.splits.get(machine.split)
        listed = split is not None and currency in split.currencies
        return self.world.splits.account_of(machine.split) if listed else machine.owner

    def _pay(self, call: Call, currency: bytes, receiver: bytes, amount: int) -> None:
        if amount:
            key = b"deposits".ljust(32, b"\0")
            self.world.accounts.move_from(call.by(self.address), key, receiver, currency, amount)

    def _present_rules(self, asset: int) -> int:
        present = self.present[asset]
        stands = present.rules != 0 and present.provider == self.world.assets.known(asset).owner
        self.refuse_unless(stands, "the provider has set no rules")
        return present.rules

    def _known(self, number: int) -> Booking:
        if not 0 < number <= len(self.bookings):
            raise Refused(f"there is no reservation {number}")
        return self.bookings[number - 1]

    def _at(self, number: int, stage: int) -> Booking:
        booking = self._known(number)
        self.refuse_unless(booking.stage == stage, "the booking stands elsewhere")
        return booking

    def _contestable(self, booking: Booking) -> int:
        time: int = booking.until + self.rules[booking.rules - 1].members["contestTime"]
        return time

    def _sequence(self, call: Call, agreement: int, asset: int) -> int:
        found = self.world.agreements.known(agreement)
        own = found.customer == call.sender and found.asset == asset
        self.refuse_unless(own, "the agreement is another's, or on another machine")
        return found.sequence
