"""Reference model of `SplitMath` and `FeeSplitter`: who gets what out of what came in. Exact, base units only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.models.accounts import AccountsModel, Refused, subaccount

MOST_PAYEES = 32
MOST_CURRENCIES = 8
ZERO_ADDRESS = "0x" + "00" * 20


@dataclass(frozen=True, slots=True)
class Payee:
    account: str
    share: int


@dataclass(frozen=True, slots=True)
class Payout:
    """One distribution: T afterwards, units that leave the sub-account, and each payee's part in order."""

    total: int
    paid: int
    amounts: tuple[int, ...]


def entitlement(total: int, share: int, sum_of_shares: int) -> int:
    """floor(total × share / sum); the remainder of all floors is less than one unit per payee."""
    return total * share // sum_of_shares


def pay_out(total_before: int, balance: int, shares: Sequence[int]) -> Payout:
    """Distribute a sub-account holding `balance` under shares that have stood since T was zero.

    `total_before` is T at the last distribution: T₁ = Σ floor(T₀·s/S) + balance.
    """
    sum_of_shares = sum(shares)
    before = [entitlement(total_before, share, sum_of_shares) for share in shares]
    total = sum(before) + balance
    amounts = tuple(entitlement(total, share, sum_of_shares) - had for share, had in zip(shares, before, strict=True))
    return Payout(total, sum(amounts), amounts)


@dataclass(slots=True)
class SplitState:
    """One split. `totals` and `received_by` are keyed by (version, currency); only the first decides anything."""

    controller: str
    payees: tuple[Payee, ...]
    currencies: list[str]
    version: int = 1
    totals: dict[tuple[int, str], int] = field(default_factory=dict)
    received_by: dict[tuple[int, str, str], int] = field(default_factory=dict)

    def total(self, currency: str) -> int:
        return self.totals.get((self.version, currency), 0)


class SplitterModel:
    """Mirror of `FeeSplitter` on top of an `AccountsModel`. Refusals are `Refused(error name, arguments)`.

    `address` is the splitter's own address, which the sub-accounts are derived from.
    """

    def __init__(self, accounts: AccountsModel, address: str) -> None:
        self.accounts = accounts
        self.address = address
        self.splits: dict[int, SplitState] = {}

    def account_of(self, split: int) -> str:
        return subaccount(self.address, split.to_bytes(32, "big"))

    def undistributed(self, split: int, currency: str) -> int:
        return self.accounts.balance(self.account_of(split), currency)

    def create(self, controller: str, payees: Sequence[Payee], currencies: Sequence[str]) -> int:
        split = len(self.splits) + 1
        self._check_payees(split, payees)
        if not currencies:
            raise Refused("Splitter_NoCurrencies")
        state = SplitState(controller, tuple(payees), [])
        for currency in currencies:
            self._list(state, currency)
        self.splits[split] = state
        return split

    def change_shares(self, caller: str, split: int, payees: Sequence[Payee]) -> None:
        """Pay out every listed currency under the old shares, then start a version at T = 0."""
        state = self._controlled(caller, split)
        self._check_payees(split, payees)
        self.distribute_all(split)
        state.version += 1
        state.payees = tuple(payees)

    def list_currency(self, caller: str, split: int, currency: str) -> None:
        self._list(self._controlled(caller, split), currency)

    def transfer_control(self, caller: str, split: int, to: str) -> None:
        state = self._controlled(caller, split)
        if to == ZERO_ADDRESS:
            raise Refused("Splitter_ZeroController")
        state.controller = to

    def distribute(self, split: int, currency: str) -> int:
        """Units that left the sub-account; nothing changes where no payee gains a whole unit."""
        state = self._known(split)
        payout = pay_out(
            state.total(currency), self.undistributed(split, currency), [payee.share for payee in state.payees]
        )
        if payout.paid == 0:
            return 0
        state.totals[state.version, currency] = payout.total
        for payee, amount in zip(state.payees, payout.amounts, strict=True):
            key = (state.version, currency, payee.account)
            state.received_by[key] = state.received_by.get(key, 0) + amount
            self.accounts.move_from(self.address, split.to_bytes(32, "big"), payee.account, currency, amount)
        return payout.paid

    def distribute_all(self, split: int) -> None:
        for currency in self._known(split).currencies:
            self.distribute(split, currency)

    def _known(self, split: int) -> SplitState:
        if split not in self.splits:
            raise Refused("Splitter_UnknownSplit", split)
        return self.splits[split]

    def _controlled(self, caller: str, split: int) -> SplitState:
        state = self._known(split)
        if caller != state.controller:
            raise Refused("Splitter_NotController", split, caller, state.controller)
        return state

    def _check_payees(self, split: int, payees: Sequence[Payee]) -> None:
        if not payees:
            raise Refused("Splitter_NoPayees")
        if len(payees) > MOST_PAYEES:
            raise Refused("Splitter_TooManyPayees", len(payees), MOST_PAYEES)
        impossible = {ZERO_ADDRESS, self.accounts.address, self.account_of(split), self.address}
        seen: set[str] = set()
        for payee in payees:
            if payee.account in impossible:
                raise Refused("Splitter_InvalidPayee", payee.account)
            if payee.share == 0:
                raise Refused("Splitter_ZeroShare", payee.account)
            if payee.account in seen:
                raise Refused("Splitter_DuplicatePayee", payee.account)
            seen.add(payee.account)

    def _list(self, state: SplitState, currency: str) -> None:
        if currency in state.currencies:
            raise Refused("Splitter_DuplicateCurrency", currency)
        if len(state.currencies) == MOST_CURRENCIES:
            raise Refused("Splitter_TooManyCurrencies", MOST_CURRENCIES + 1, MOST_CURRENCIES)
        state.currencies.append(currency)
