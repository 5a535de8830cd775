"""UsageAgreements again: opening, what a customer sets, ends; settlement is in settlement.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.calldata import Reading
from oracle.audit.keccak import keccak, word
from oracle.audit.replay.tariffs import Terms
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, Refused, World, struct_storage, subaccount
from oracle.audit.signatures import OPEN_AGREEMENT, SET_CAP, SUSPEND

HOLDS_KEY: Final = b"holds".ljust(32, b"\0")
SPECIAL: Final = 1 << 255
DAY: Final = 86_400


@dataclass(slots=True)
class Agreement:
    """One agreement with its three slots: state, cap, ending."""

    number: int
    customer: bytes
    asset: int
    tariff: int
    exclusive: bool
    grade_at_opening: int
    terms: Terms
    opened_at: int
    hold: int
    cap_per_period: int
    period: int
    spent_in_period: int
    delegate: bytes = ZERO
    sequence: int = 0
    last_elapsed: int = 0
    settled: int = 0
    period_index: int = 0
    end_at: int = 0
    final_accepted: bool = False
    suspended: bool = False
    closed: bool = False
    unused_from: int = 0
    usage_at_announcement: int = 0
    used_since: bool = False
    last_registers: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def special(self) -> bool:
        return bool(self.end_at or self.final_accepted or self.suspended or self.closed or self.unused_from)

    @property
    def word(self) -> int:
        packed = (
            self.sequence << 224 | self.opened_at << 192 | self.last_elapsed << 160 | self.settled << 80 | self.hold
        )
        return packed | SPECIAL if self.special else packed


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement of money out of a hold, for bills and receipts; no reading means a standing charge accrued."""

    agreement: int
    reading: Reading | None
    signature: bytes
    record: int | None
    meter: bytes
    curve: int
    grade: int
    block: int
    now: int
    transaction: str
    settled_before: int
    settled_after: int
    charge: int
    elapsed: int
    split: int
    split_version: int


@dataclass(slots=True)
class Use:
    """What an asset has open."""

    exclusive: int = 0
    predecessor: int = 0
    longest_notice: int = 0
    open_count: int = 0


class AgreementsBase(Module):
    CONTRACT = "UsageAgreements"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.agreements: dict[int, Agreement] = {}
        self.uses: dict[int, Use] = {}
        self.held: defaultdict[bytes, int] = defaultdict(int)
        self.community = ZERO
        self.holds_account = subaccount(address, HOLDS_KEY)

    def handlers(self) -> dict[str, Handler]:
        return {
            "open": self.open,
            "openSigned": self.open_signed,
            "allow": self.allow,
            "fund": self.fund,
            "multicall": self.multicall,
            "setCap": self.set_cap,
            "setCapSigned": self.set_cap_signed,
            "suspend": self.suspend,
            "suspendSigned": self.suspend_signed,
            "nameDelegate": self.name_delegate,
            "skimSurplus": self.skim_surplus,
            "cancelNonce": self.cancel_nonce,
        }

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        self.community = arguments[-1]

    # Opening

    def open(self, call: Call, asset: int, tariff: int, exclusive: bool, hold: int, cap: int, period: int) -> None:
        self._open(call, call.sender, asset, tariff, exclusive, hold, cap, period)

    def open_signed(self, call: Call, form: tuple[Value, ...], signature: bytes) -> None:
        customer, asset, tariff, exclusive, hold, cap, period, _nonce, _deadline = form
        self.consume_form(call, customer, OPEN_AGREEMENT, form, signature)
        self._open(call, customer, asset, tariff, exclusive, hold, cap, period)

    def allow(self, call: Call, form: tuple[Value, ...], signature: bytes) -> None:
        self.world.accounts.allow(call.by(self.address), form, signature)

    def fund(self, call: Call, currency: bytes, amount: int, deadline: int, v: int, r: bytes, s: bytes) -> None:
        inner = call.by(self.address)
        self.world.accounts.deposit_with_permit(inner, currency, call.sender, amount, deadline, v, r, s)

    def multicall(self, call: Call, calls: tuple[bytes, ...]) -> None:
        for data in calls:
            self.run(call, data)

    def _open(
        self, call: Call, customer: bytes, asset: int, tariff: int, exclusive: bool, hold: int, cap: int, period: int
    ) -> None:
        terms = self.world.tariffs.of(tariff)
        self.world.offers.require_openable(call, asset, tariff, exclusive, terms.currency)
        self.refuse_unless(terms.hold_target <= hold <= cap, "the hold is below the target or above the cap")
        number = len(self.agreements) + 1
        self._occupy(number, customer, asset, exclusive, terms.notice)
        agreement = Agreement(
            number=number,
            customer=customer,
            asset=asset,
            tariff=tariff,
            exclusive=exclusive,
            grade_at_opening=self.world.meters.grade_of(asset),
            terms=terms,
            opened_at=call.now,
            hold=hold,
            cap_per_period=cap,
            period=period,
            spent_in_period=hold,
        )
        self.agreements[number] = agreement
        self.held[terms.currency] += hold
        self.emit(call, "AgreementOpened", number, asset, customer, tariff, exclusive, cap, period, agreement.word)
        self._draw(call, agreement, hold)

    def _occupy(self, number: int, customer: bytes, asset: int, exclusive: bool, notice: int) -> None:
        use = self.uses.setdefault(asset, Use())
        present = self.agreements.get(use.exclusive)
        succeeds = present is not None and present.customer == customer and present.end_at != 0
        alone = use.open_count == 0 or (succeeds and use.open_count == 1)
        free = alone if exclusive else use.exclusive == 0 or succeeds
        self.refuse_unless(free, "the asset is taken")
        if exclusive:
            use.predecessor, use.exclusive = use.exclusive, number
        use.longest_notice = max(use.longest_notice, notice)
        use.open_count += 1

    # Customer

    def set_cap(self, call: Call, number: int, cap: int, period: int) -> None:
        self._set_cap(call, self._of_customer(number, call.sender), cap, period)

    def set_cap_signed(self, call: Call, form: tuple[Value, ...], signature: bytes) -> None:
        number, cap, period, _nonce, _deadline = form
        agreement = self.known(number)
        self.consume_form(call, agreement.customer, SET_CAP, form, signature)
        self._set_cap(call, agreement, cap, period)

    def _set_cap(self, call: Call, agreement: Agreement, cap: int, period: int) -> None:
        """Counting goes on in the present period, so a new cap is no way around the old one."""
        self.turn_period(call, agreement)
        if period != agreement.period:
            agreement.period = period
            agreement.period_index = (call.now - agreement.opened_at) // period if period else 0
        agreement.cap_per_period = cap
        self.emit(call, "CapSet", agreement.number, cap, period)

    def suspend(self, call: Call, number: int, on: bool) -> None:
        self._suspend(call, self._of_customer(number, call.sender), on)

    def suspend_signed(self, call: Call, form: tuple[Value, ...], signature: bytes) -> None:
        number, on, _nonce, _deadline = form
        agreement = self.known(number)
        self.consume_form(call, agreement.customer, SUSPEND, form, signature)
        self._suspend(call, agreement, on)

    def _suspend(self, call: Call, agreement: Agreement, on: bool) -> None:
        self.refuse_unless(not agreement.closed, "the agreement is closed")
        agreement.suspended = on
        self.emit(call, "SuspensionChanged", agreement.number, on)

    def name_delegate(self, call: Call, number: int, delegate: bytes) -> None:
        self._of_customer(number, call.sender).delegate = delegate
        self.emit(call, "DelegateNamed", number, delegate)

    def skim_surplus(self, call: Call, currency: bytes) -> None:
        amount = self.world.accounts.balance(self.holds_account, currency) - self.held.get(currency, 0)
        self.refuse_unless(amount > 0, "there is no surplus")
        self.emit(call, "SurplusSkimmed", currency, self.community, amount)
        self.world.accounts.move_from(call.by(self.address), HOLDS_KEY, self.community, currency, amount)

    # Reading

    def known(self, number: int) -> Agreement:
        if (agreement := self.agreements.get(number)) is None:
            raise Refused(f"there is no agreement {number}")
        return agreement

    def open_count(self, asset: int) -> int:
        return self.uses[asset].open_count if asset in self.uses else 0

    def longest_notice(self, asset: int) -> int:
        return self.uses[asset].longest_notice if asset in self.uses else 0

    @staticmethod
    def state_path(agreement: Agreement) -> Path:
        return "_states", keccak(word(agreement.number) + word(agreement.asset) + word(agreement.tariff)), "state"

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield from self.nonce_storage()
        yield ("_agreementCount",), len(self.agreements)
        for number, agreement in self.agreements.items():
            yield self.state_path(agreement), agreement.word
            yield from struct_storage(
                ("_agreements", number),
                {
                    "customer": agreement.customer,
                    "asset": agreement.asset,
                    "tariff": agreement.tariff,
                    "delegate": agreement.delegate,
                    "gradeAtOpening": agreement.grade_at_opening,
                    "exclusive": agreement.exclusive,
                },
            )
            yield from struct_storage(
                ("_caps", number),
                {
                    "capPerPeriod": agreement.cap_per_period,
                    "period": agreement.period,
                    "spentInPeriod": agreement.spent_in_period,
                    "periodIndex": agreement.period_index,
                },
            )
            yield from struct_storage(
                ("_endings", number),
                {
                    "endAt": agreement.end_at,
                    "finalAccepted": agreement.final_accepted,
                    "suspended": agreement.suspended,
                    "closed": agreement.closed,
                    "unusedFrom": agreement.unused_from,
                    "usageAtAnnouncement": agreement.usage_at_announcement,
                    "usedSince": agreement.used_since,
                },
            )
        for asset, use in self.uses.items():
            yield from struct_storage(
                ("_uses", asset),
                {
                    "exclusive": use.exclusive,
                    "predecessor": use.predecessor,
                    "longestNotice": use.longest_notice,
                    "openCount": use.open_count,
                },
            )
        for currency, amount in self.held.items():
            yield ("_held", currency), amount

    # Internals

    def turn_period(self, call: Call, agreement: Agreement) -> None:
        """Periods have fixed edges, counted from the opening in chain time."""
        if agreement.period:
            index = (call.now - agreement.opened_at) // agreement.period
            if index != agreement.period_index:
                agreement.period_index, agreement.spent_in_period = index, 0

    def _of_customer(self, number: int, caller: bytes) -> Agreement:
        agreement = self.known(number)
        self.refuse_unless(agreement.customer == caller, "only the customer does that")
        return agreement

    def _draw(self, call: Call, agreement: Agreement, amount: int) -> None:
        """From the customer's balance into the holds, within the allowance."""
        currency = int.from_bytes(agreement.terms.currency, "big")
        inner = call.by(self.address)
        self.world.accounts.transfer_from(inner, agreement.customer, self.holds_account, currency, amount)
