"""FeeSplitter again: shares, versions, and what each payee got (I-7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from oracle.audit.abi import Value
from oracle.audit.keccak import create_address, word
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, Refused, World, subaccount
from oracle.audit.split import payout

Payee = tuple[bytes, int]
MOST_PAYEES = 32
MOST_CURRENCIES = 8


@dataclass(slots=True)
class Split:
    """`payee_list`: the contract whose code holds the present version's payees."""

    controller: bytes
    payees: tuple[Payee, ...]
    payee_list: bytes
    version: int = 1
    currencies: list[bytes] = field(default_factory=list)
    totals: dict[tuple[int, bytes], int] = field(default_factory=dict)
    shares_of: dict[int, tuple[Payee, ...]] = field(default_factory=dict)
    paid_to: defaultdict[tuple[int, bytes, bytes], int] = field(default_factory=lambda: defaultdict(int))


class Splits(Module):
    CONTRACT = "FeeSplitter"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.splits: dict[int, Split] = {}
        self._accounts: dict[int, bytes] = {}
        self._numbers: dict[bytes, int] = {}
        self._lists = 0

    def handlers(self) -> dict[str, Handler]:
        return {
            "create": self.create,
            "changeShares": self.change_shares,
            "listCurrency": self.list_currency,
            "transferControl": self.transfer_control,
            "distribute": self.distribute,
            "distributeAll": self.distribute_all,
        }

    def create(self, call: Call, controller: bytes, payees: tuple[Payee, ...], currencies: tuple[bytes, ...]) -> None:
        number = len(self.splits) + 1
        self._check_payees(number, payees)
        self.refuse_unless(0 < len(currencies) <= MOST_CURRENCIES, "a split lists 1 to 8 currencies")
        self.refuse_unless(len(set(currencies)) == len(currencies), "a currency is listed twice")
        split = Split(controller, payees, self._next_payee_list(), currencies=list(currencies))
        split.shares_of[1] = payees
        self.splits[number] = split
        self._numbers[self.account_of(number)] = number
        self.emit(call, "SplitCreated", number, controller, payees, currencies)

    def change_shares(self, call: Call, number: int, payees: tuple[Payee, ...]) -> None:
        split = self._controlled(call, number)
        self.pay_all(call, number)
        self._check_payees(number, payees)
        split.version += 1
        split.payees = payees
        split.payee_list = self._next_payee_list()
        split.shares_of[split.version] = payees
        self.emit(call, "SharesChanged", number, split.version, payees)

    def list_currency(self, call: Call, number: int, currency: bytes) -> None:
        split = self._controlled(call, number)
        self.refuse_unless(currency not in split.currencies, "the currency is listed already")
        self.refuse_unless(len(split.currencies) < MOST_CURRENCIES, "a split lists at most 8 currencies")
        split.currencies.append(currency)
        self.emit(call, "CurrencyListed", number, currency)

    def transfer_control(self, call: Call, number: int, to: bytes) -> None:
        split = self._controlled(call, number)
        self.refuse_unless(to != ZERO, "control goes to somebody")
        split.controller = to
        self.emit(call, "ControlTransferred", number, call.sender, to)

    def distribute(self, call: Call, number: int, currency: bytes) -> None:
        self._pay(call, number, self.known(number), currency)

    def distribute_all(self, call: Call, number: int) -> None:
        self.known(number)
        self.pay_all(call, number)

    # Reading

    def known(self, number: int) -> Split:
        if (split := self.splits.get(number)) is None:
            raise Refused(f"there is no split {number}")
        return split

    def account_of(self, number: int) -> bytes:
        if number not in self._accounts:
            self._accounts[number] = subaccount(self.address, word(number))
        return self._accounts[number]

    def accounts(self) -> Mapping[bytes, int]:
        """Sub-account → number of each split."""
        return self._numbers

    def pay_all(self, call: Call, number: int) -> None:
        split = self.known(number)
        for currency in split.currencies:
            self._pay(call, number, split, currency)

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield ("_count",), len(self.splits)
        for number, split in self.splits.items():
            base: Path = ("_splits", number)
            yield (*base, "controller"), split.controller
            yield (*base, "version"), split.version
            yield (*base, "payeeList"), split.payee_list
            yield (*base, "currencies"), len(split.currencies)
            for index, currency in enumerate(split.currencies):
                yield (*base, "currencies", index), currency
                yield (*base, "listed", currency), True
            for (version, currency), total in split.totals.items():
                yield (*base, "totals", version, currency), total

    # Internals

    def _next_payee_list(self) -> bytes:
        """Each version's payees are the code of a contract; a contract's own nonce begins at 1."""
        self._lists += 1
        return create_address(self.address, self._lists)

    def _pay(self, call: Call, number: int, split: Split, currency: bytes) -> None:
        """Where no payee gains a whole unit, nothing moves and nothing is written."""
        balance = self.world.accounts.balance(self.account_of(number), currency)
        key = (split.version, currency)
        result = payout(split.totals.get(key, 0), balance, [share for _, share in split.payees])
        if result.paid == 0:
            return
        split.totals[key] = result.total_after
        self.emit(call, "Distributed", number, split.version, currency, result.total_after, result.paid)
        receivers = tuple(account for account, _ in split.payees)
        self.world.accounts.move_from_to_many(call.by(self.address), word(number), currency, receivers, result.amounts)
        for account, amount in zip(receivers, result.amounts, strict=True):
            split.paid_to[split.version, currency, account] += amount
        self.world.findings.count("payouts recomputed", len(receivers))

    def _check_payees(self, number: int, payees: Sequence[Payee]) -> None:
        self.refuse_unless(0 < len(payees) <= MOST_PAYEES, "a split has 1 to 32 payees")
        accounts = {account for account, _ in payees}
        self.refuse_unless(len(accounts) == len(payees), "a payee stands twice")
        barred = {ZERO, self.address, self.world.accounts.address, self.account_of(number)}
        self.refuse_unless(not accounts & barred, "a payee that nobody could pay out of again")
        self.refuse_unless(all(share > 0 for _, share in payees), "a share of nothing")

    def _controlled(self, call: Call, number: int) -> Split:
        split = self.known(number)
        self.refuse_unless(call.sender == split.controller, "only the controller changes a split")
        return split
