"""UsageAgreements again: readings become money, holds are refilled, agreements end."""

from __future__ import annotations

from typing import Final

from oracle.audit import quote
from oracle.audit.abi import Value
from oracle.audit.calldata import MalformedBatch, Reading, pack_reading, parse_batch, parse_reading
from oracle.audit.replay.agreements import DAY, HOLDS_KEY, Agreement, AgreementsBase, Entry
from oracle.audit.replay.world import Call, Expected, Handler, Refused, World
from oracle.audit.signatures import END_AGREEMENT, plain_signer

CLOCK_TOLERANCE: Final = 120
SEQUENCE_LIMIT: Final = 1 << 31
FLAG_FINAL: Final = 1
FLAG_CLOCK_NOT_SYNCHRONISED: Final = 2

# SkipReason as published; zero would be "not skipped".
UNKNOWN_AGREEMENT, MALFORMED_SEQUENCE, STALE, CLOSED, AFTER_FINAL = 1, 2, 3, 4, 5
INVALID_SIGNATURE, TOO_FAR_AHEAD, CHARGE_FELL, IMPLAUSIBLE = 6, 7, 8, 9
SKIP_NAMES: Final = (
    "", "unknown agreement", "malformed sequence", "stale", "closed", "after final",
    "invalid signature", "too far ahead", "charge fell", "implausible",
)  # fmt: skip
NO_BALANCE, NO_ALLOWANCE, CAP_REACHED, PAUSED = 0, 1, 2, 3


MOST_POTS: Final = 8

Pots = dict[tuple[int, bytes], int]
"""Fees taken from holds and not yet moved: by split and currency, in the order in which they came up."""


class Agreements(AgreementsBase):
    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self._settled_topic = self.abi.event_names["ReadingSettled"].topic

    def handlers(self) -> dict[str, Handler]:
        return super().handlers() | {
            "settle": self.settle,
            "settleSigned": self.settle_signed,
            "refill": self.refill,
            "accrue": self.accrue,
            "end": self.end,
            "endSigned": self.end_signed,
            "close": self.close,
            "announceUnused": self.announce_unused,
            "endUnused": self.end_unused,
        }

    # Settlement

    def settle(self, call: Call, batch: bytes) -> None:
        try:
            records = parse_batch(batch)
        except MalformedBatch as error:
            raise Refused(str(error), error.offset) from error
        pots: Pots = {}
        domain = self.domain
        for record in records:
            call.record = record.number
            reading = record.reading
            reason = UNKNOWN_AGREEMENT
            agreement = self._lookup(reading.agreement, reading.asset, record.tariff)
            if agreement is not None:
                signer = plain_signer(domain.digest(reading.struct_hash), record.signature)
                reason = self._settle_reading(call, agreement, reading, signer, record.signature, pots)
            if reason:
                self.emit(call, "ReadingSkipped", reading.agreement, reading.sequence, reason)
        self._pay_out(call, pots)
        call.record = None
        self.world.findings.count("readings settled again", len(records))

    def settle_signed(self, call: Call, values: tuple[Value, ...], signature: bytes) -> None:
        reading = parse_reading(pack_reading(values))
        agreement = self.agreements.get(reading.agreement)
        if agreement is None or agreement.asset != reading.asset:
            raise Refused("there is no such agreement")
        digest = self.domain.digest(reading.struct_hash)
        signer = self.world.meters.signer_of(call, reading.asset, digest, signature)
        pots: Pots = {}
        if reason := self._settle_reading(call, agreement, reading, signer, signature, pots):
            raise Refused(f"the reading must be refused: {SKIP_NAMES[reason]}")
        self._pay_out(call, pots)
        self.world.findings.count("readings settled again")

    def _lookup(self, number: int, asset: int, tariff: int) -> Agreement | None:
        agreement = self.agreements.get(number)
        return agreement if agreement and agreement.asset == asset and agreement.tariff == tariff else None

    def _settle_reading(
        self, call: Call, agreement: Agreement, reading: Reading, signer: bytes | None, signature: bytes, pots: Pots
    ) -> int:
        """Zero where the reading settled, otherwise the reason, in the order in which reasons are checked."""
        if reading.sequence >= SEQUENCE_LIMIT:
            return MALFORMED_SEQUENCE
        if reading.sequence < agreement.sequence:
            return STALE
        if agreement.closed:
            return CLOSED
        if agreement.final_accepted and reading.sequence > agreement.sequence:
            return AFTER_FINAL
        asset = self.world.assets.assets[agreement.asset]
        if signer is None or signer != asset.meter:
            return INVALID_SIGNATURE
        self.world.findings.figures["signatures of readings checked"] += 1
        timed = not reading.flags & FLAG_CLOCK_NOT_SYNCHRONISED
        if timed and reading.time > call.now + CLOCK_TOLERANCE:
            return TOO_FAR_AHEAD
        elapsed = self._elapsed(call, agreement, reading.time) if timed else agreement.last_elapsed
        terms = agreement.terms
        charge = quote.charge(terms.prices, terms.standing_per_day, reading.registers, elapsed)
        if charge <= agreement.settled and reading.sequence == agreement.sequence:
            return STALE
        if charge < agreement.settled:
            return CHARGE_FELL
        since_opening = call.now - agreement.opened_at
        if not quote.is_plausible(charge, terms.max_charge_per_hour, terms.burst, since_opening):
            return IMPLAUSIBLE

        if agreement.unused_from and reading.sequence > agreement.sequence:
            usage = quote.usage(terms.prices, reading.registers)
            agreement.used_since = agreement.used_since or usage > agreement.usage_at_announcement
        agreement.sequence = reading.sequence
        agreement.last_registers = reading.registers
        taken = self._take(agreement, elapsed, charge)
        self._show(call, agreement, taken, charge, reading, signature)
        topics = (self._settled_topic, agreement.number.to_bytes(32, "big"))
        call.logs.append(Expected(self.address, topics, agreement.word.to_bytes(32, "big"), call.record))
        pot = (asset.split, terms.currency)
        if pot not in pots and len(pots) == MOST_POTS:
            self._pay_out(call, pots)
        pots[pot] = pots.get(pot, 0) + taken

        if reading.flags & FLAG_FINAL and agreement.end_at:
            ended = agreement.opened_at + elapsed if timed else call.now
            agreement.end_at = min(agreement.end_at, ended)
            agreement.final_accepted = True
            self.emit(call, "FinalReadingAccepted", agreement.number, reading.sequence)
        elif self._wants_refill(agreement):
            self._refill(call, agreement)
        return 0

    def _pay_out(self, call: Call, pots: Pots) -> None:
        for (split, currency), amount in pots.items():
            self._pay(call, split, currency, amount)
        pots.clear()

    @staticmethod
    def _elapsed(call: Call, agreement: Agreement, time: int) -> int:
        until = min(time, call.now)
        if agreement.end_at:
            until = min(until, agreement.end_at)
        return max(agreement.last_elapsed, until - agreement.opened_at)

    @staticmethod
    def _take(agreement: Agreement, elapsed: int, charge: int) -> int:
        """What is due and not yet settled, at most the hold; the rest is arrears."""
        taken = min(charge - agreement.settled, agreement.hold)
        agreement.settled += taken
        agreement.hold -= taken
        agreement.last_elapsed = elapsed
        return taken

    def accrue(self, call: Call, number: int) -> None:
        agreement = self.known(number)
        self.refuse_unless(not agreement.closed, "the agreement is closed")
        self._accrue(call, agreement)
        if self._wants_refill(agreement):
            self._refill(call, agreement)

    def _accrue(self, call: Call, agreement: Agreement) -> None:
        until = min(agreement.end_at, call.now) if agreement.end_at else call.now
        elapsed = until - agreement.opened_at
        if elapsed <= agreement.last_elapsed:
            return
        per_day = agreement.terms.standing_per_day
        grown = quote.standing(per_day, elapsed) - quote.standing(per_day, agreement.last_elapsed)
        charge = min(agreement.settled + grown, quote.MOST_CHARGE)
        taken = self._take(agreement, elapsed, charge)
        self._show(call, agreement, taken, charge, None, b"")
        self.emit(call, "StandingAccrued", agreement.number, agreement.word)
        asset = self.world.assets.assets[agreement.asset]
        self._pay(call, asset.split, agreement.terms.currency, taken)
        self.world.findings.count("standing charges accrued again")

    # Refill

    def refill(self, call: Call, number: int) -> None:
        agreement = self.known(number)
        running = not (agreement.closed or agreement.end_at or agreement.suspended)
        self.refuse_unless(running, "no refill after an end or while suspended")
        self._refill(call, agreement)

    @staticmethod
    def _wants_refill(agreement: Agreement) -> bool:
        low = agreement.hold * 2 < agreement.terms.hold_target
        return low and not agreement.end_at and not agreement.suspended

    def _refill(self, call: Call, agreement: Agreement) -> None:
        """To the target, as far as cap, balance and allowance reach; what falls short says why."""
        wanted = agreement.terms.hold_target - agreement.hold
        if wanted <= 0:
            return
        accounts, currency = self.world.accounts, agreement.terms.currency
        index, spent = agreement.period_index, agreement.spent_in_period
        if agreement.period:
            index = (call.now - agreement.opened_at) // agreement.period
            spent = spent if index == agreement.period_index else 0
        least, reason = (max(0, agreement.cap_per_period - spent) if agreement.period else 0), CAP_REACHED
        if self.world.offers.paused:
            least, reason = 0, PAUSED
        if (balance := accounts.balance(agreement.customer, currency)) < least:
            least, reason = balance, NO_BALANCE
        allowance = accounts.allowance(agreement.customer, self.address, int.from_bytes(currency, "big"))
        if allowance < least:
            least, reason = allowance, NO_ALLOWANCE
        amount = min(least, wanted)
        if amount:
            agreement.period_index, agreement.spent_in_period = index, spent + amount
            self.held[currency] += amount
            agreement.hold += amount
            self.emit(call, "HoldRefilled", agreement.number, amount, agreement.word)
            self._draw(call, agreement, amount)
            self.world.findings.count("refills recomputed")
        if amount < wanted:
            self.emit(call, "RefillShort", agreement.number, wanted, amount, reason)

    # Ends

    def end(self, call: Call, number: int) -> None:
        self._end(call, self.known(number), call.sender)

    def end_signed(self, call: Call, form: tuple[Value, ...], signature: bytes) -> None:
        agreement = self.known(form[0])
        self.consume_form(call, agreement.customer, END_AGREEMENT, form, signature)
        self._end(call, agreement, agreement.customer)

    def _end(self, call: Call, agreement: Agreement, by: bytes) -> None:
        """After notice and minimum term; a customer whose meter became less trusted is not held to the term."""
        parties = (agreement.customer, self.world.assets.known(agreement.asset).owner)
        self.refuse_unless(by in parties, "only customer or provider ends")
        self.refuse_unless(not agreement.closed, "closed already")
        end_at = call.now + agreement.terms.notice
        released = by == agreement.customer and self.world.meters.grade_of(agreement.asset) < agreement.grade_at_opening
        if not released:
            end_at = max(end_at, agreement.opened_at + agreement.terms.minimum_term)
        sooner = released and end_at < agreement.end_at
        self.refuse_unless(agreement.end_at == 0 or sooner, "ending already")
        agreement.end_at = end_at
        self.emit(call, "EndAnnounced", agreement.number, by, end_at)

    def close(self, call: Call, number: int) -> None:
        agreement = self.known(number)
        self.refuse_unless(not agreement.closed, "closed already")
        ended = agreement.final_accepted or (agreement.end_at != 0 and call.now >= agreement.end_at)
        self.refuse_unless(ended, "the agreement has not ended")
        self._accrue(call, agreement)
        returned, agreement.hold, agreement.closed = agreement.hold, 0, True
        use = self.uses[agreement.asset]
        if use.exclusive == number:
            use.exclusive, use.predecessor = use.predecessor, 0
        elif use.predecessor == number:
            use.predecessor = 0
        use.open_count -= 1
        if use.open_count == 0:
            use.longest_notice = 0
        currency = agreement.terms.currency
        self.held[currency] -= returned
        self.emit(call, "AgreementClosed", number, returned, agreement.word)
        self.world.accounts.move_from(call.by(self.address), HOLDS_KEY, agreement.customer, currency, returned)

    def announce_unused(self, call: Call, number: int) -> None:
        agreement = self.known(number)
        owner = self.world.assets.known(agreement.asset).owner
        self.refuse_unless(call.sender == owner, "only the provider announces")
        self.refuse_unless(agreement.exclusive and agreement.terms.unused_days > 0, "the tariff has no such rule")
        self._require_unended(agreement)
        agreement.unused_from = call.now
        agreement.usage_at_announcement = self._usage_settled(agreement)
        agreement.used_since = False
        self.emit(call, "NonUseAnnounced", number, call.now + agreement.terms.unused_days * DAY)

    def end_unused(self, call: Call, number: int) -> None:
        agreement = self.known(number)
        self._require_unended(agreement)
        due = agreement.unused_from + agreement.terms.unused_days * DAY
        self.refuse_unless(agreement.unused_from != 0 and call.now >= due, "not announced, or not yet")
        self.refuse_unless(not agreement.used_since, "used since")
        agreement.end_at = call.now
        self.emit(call, "EndAnnounced", number, call.sender, call.now)

    # Internals

    @staticmethod
    def _usage_settled(agreement: Agreement) -> int:
        return max(0, agreement.settled - quote.standing(agreement.terms.standing_per_day, agreement.last_elapsed))

    def _require_unended(self, agreement: Agreement) -> None:
        self.refuse_unless(not agreement.closed and agreement.end_at == 0, "ended or closed already")

    def _pay(self, call: Call, split: int, currency: bytes, amount: int) -> None:
        if amount:
            self.held[currency] -= amount
            receiver = self.world.splits.account_of(split)
            self.world.accounts.move_from(call.by(self.address), HOLDS_KEY, receiver, currency, amount)

    def _show(
        self, call: Call, agreement: Agreement, taken: int, charge: int, reading: Reading | None, signature: bytes
    ) -> None:
        if not self.world.onlookers:
            return
        asset = self.world.assets.assets[agreement.asset]
        meter = self.world.meters.of(agreement.asset).meter
        split = self.world.splits.splits.get(asset.split)
        entry = Entry(
            agreement.number, reading, signature, call.record, asset.meter, meter.curve, meter.grade, call.block,
            call.now, call.transaction, agreement.settled - taken, agreement.settled, charge, agreement.last_elapsed,
            asset.split, split.version if split else 0,
        )  # fmt: skip
        for onlooker in self.world.onlookers:
            onlooker.entry(entry, self.world)
