"""Where the money of one machine came from and went: what its customers paid, shared as its split said at that time.

Shares are what each payee is entitled to of what this machine brought in under one version of a split. The service
reserve is a payee like any other; what it paid beyond that was put in by somebody else.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from oracle.domain.hashing import to_address
from oracle.domain.splits import distribution
from oracle.formats.happenings import Happening
from oracle.formats.sankey import Flow
from oracle.types import ZERO_ADDRESS, Address, AssetId, BaseUnits

CUSTOMERS, RESERVE, OTHERS = "customers", "service reserve", "put in by others"
_SETTLED = (80, (1 << 80) - 1)
"""Where a slot has what was settled (contracts/types/AgreementState.sol)."""
_SPLIT = (32, (1 << 64) - 1)
"""Where a route has its split (contracts/types/Route.sol)."""

_Shares = tuple[tuple[Address, int], ...]


@dataclass(slots=True)
class _Order:
    currency: Address
    worker: Address = ZERO_ADDRESS
    topped_up: int = 0


@dataclass(slots=True)
class MoneyFlows:
    """Sees the events of the whole platform, one after the other; keeps what concerns the asset."""

    asset: AssetId
    _maker: Address = ZERO_ADDRESS
    _owner: Address = ZERO_ADDRESS
    _split: int = 0
    _shares: dict[int, _Shares] = field(default_factory=dict)
    _currencies: dict[int, Address] = field(default_factory=dict)
    """Of tariffs, and of terms of service below."""
    _terms: dict[int, Address] = field(default_factory=dict)
    _agreements: dict[int, Address] = field(default_factory=dict)
    _settled: Counter[int] = field(default_factory=Counter)
    _brought_in: Counter[tuple[Address, _Shares]] = field(default_factory=Counter)
    _orders: dict[int, _Order] = field(default_factory=dict)
    _from_reserve: Counter[tuple[Address, Address]] = field(default_factory=Counter)
    _topped_up: Counter[tuple[Address, Address, Address]] = field(default_factory=Counter)

    def see(self, one: Happening) -> None:
        if (take := _TAKERS.get((one.contract, one.name))) is not None:
            take(self, one.arguments)

    def currencies(self) -> list[Address]:
        """In which anything flowed."""
        paid = {currency for currency, _ in self._from_reserve} | {currency for currency, _, _ in self._topped_up}
        return sorted({currency for currency, _ in self._brought_in} | paid)

    def flows(self, currency: Address, reserve: Address) -> list[Flow]:
        """In base units of the currency, in the order in which they are drawn. `reserve`: the machine's own account."""
        machine = f"machine {self.asset}"
        received: Counter[str] = Counter()
        for (paid_in, shares), total in self._brought_in.items():
            if paid_in == currency:
                amounts = distribution(BaseUnits(0), BaseUnits(total), [share for _, share in shares])
                received.update(
                    {self._name(account, reserve): amount for (account, _), amount in zip(shares, amounts, strict=True)}
                )
        given: Counter[str] = Counter()
        for (paid_in, to), amount in self._from_reserve.items():
            if paid_in == currency:
                given[self._name(to, reserve)] += amount
        topped: Counter[tuple[str, str]] = Counter()
        for (paid_in, by, to), amount in self._topped_up.items():
            if paid_in == currency:
                topped[self._name(by, reserve), self._name(to, reserve)] += amount
        whole = sum(total for (paid_in, _), total in self._brought_in.items() if paid_in == currency)
        found = [
            Flow(CUSTOMERS, machine, whole),
            *(Flow(machine, name, amount) for name, amount in received.most_common()),
            Flow(OTHERS, RESERVE, given.total() - received[RESERVE]),
            *(Flow(RESERVE, name, amount) for name, amount in given.most_common()),
            *(Flow(by, to, amount) for (by, to), amount in topped.items()),
        ]
        # Nobody's money flows to itself: a provider that repairs its own machine is not paid for it by itself.
        return [flow for flow in found if flow.amount > 0 and flow.source != flow.target]

    def _name(self, account: Address, reserve: Address) -> str:
        if account == reserve:
            return RESERVE
        roles = [name for name, who in (("maker", self._maker), ("owner", self._owner)) if who == account]
        return " and ".join(roles) or f"{account[:6]}…{account[-4:]}"


_Arguments = Mapping[str, Any]


def _registered(flows: MoneyFlows, told: _Arguments) -> None:
    if told["asset"] == flows.asset:
        flows._maker, flows._owner = _account(told["maker"]), _account(told["owner"])


def _title(flows: MoneyFlows, told: _Arguments) -> None:
    if told["tokenId"] == flows.asset:
        flows._owner = _account(told["to"])


def _route(flows: MoneyFlows, told: _Arguments) -> None:
    if told["asset"] == flows.asset:
        flows._split = told["route"] >> _SPLIT[0] & _SPLIT[1]


def _shares(flows: MoneyFlows, told: _Arguments) -> None:
    payees: Sequence[_Arguments] = told["payees"]
    flows._shares[told["split"]] = tuple((_account(payee["account"]), payee["share"]) for payee in payees)


def _tariff(flows: MoneyFlows, told: _Arguments) -> None:
    flows._currencies[told["tariff"]] = _account(told["terms"]["currency"])


def _terms(flows: MoneyFlows, told: _Arguments) -> None:
    flows._terms[told["terms"]] = _account(told["content"]["currency"])


def _opened(flows: MoneyFlows, told: _Arguments) -> None:
    if told["asset"] == flows.asset:
        flows._agreements[told["agreement"]] = flows._currencies[told["tariff"]]


def _settled(flows: MoneyFlows, told: _Arguments) -> None:
    agreement = told["agreement"]
    if agreement not in flows._agreements:
        return
    settled = told["state"] >> _SETTLED[0] & _SETTLED[1]
    taken, flows._settled[agreement] = settled - flows._settled[agreement], settled
    flows._brought_in[flows._agreements[agreement], flows._shares[flows._split]] += taken


def _ordered(flows: MoneyFlows, told: _Arguments) -> None:
    if told["asset"] == flows.asset:
        flows._orders[told["order"]] = _Order(flows._terms[told["terms"]])


def _assigned(flows: MoneyFlows, told: _Arguments) -> None:
    if (order := flows._orders.get(told["order"])) is not None:
        order.worker, order.topped_up = _account(told["worker"]), told["toppedUp"]


def _ended(flows: MoneyFlows, told: _Arguments) -> None:
    """What an arbitrated worker does not get goes to the reserve, so a top-up is spent first."""
    order = flows._orders.get(told["order"])
    if order is None or told["toWorker"] == 0:
        return
    topped_up = min(order.topped_up, told["toWorker"])
    flows._topped_up[order.currency, flows._owner, order.worker] += topped_up
    flows._from_reserve[order.currency, order.worker] += told["toWorker"] - topped_up


def _core(flows: MoneyFlows, told: _Arguments) -> None:
    if (order := flows._orders.get(told["order"])) is not None:
        flows._from_reserve[order.currency, _account(told["giver"])] += told["amount"]


def _released(flows: MoneyFlows, told: _Arguments) -> None:
    if told["asset"] == flows.asset:
        flows._from_reserve[_account(told["currency"]), _account(told["to"])] += told["amount"]


def _account(text: str) -> Address:
    """The auditor tells addresses in small letters, the reader of events with their check sum."""
    return to_address(bytes.fromhex(text[2:]))


_TAKERS: Mapping[tuple[str, str], Callable[[MoneyFlows, _Arguments], None]] = {
    ("AssetRegistry", "AssetRegistered"): _registered,
    ("AssetRegistry", "Transfer"): _title,
    ("AssetRegistry", "RouteChanged"): _route,
    ("FeeSplitter", "SplitCreated"): _shares,
    ("FeeSplitter", "SharesChanged"): _shares,
    ("TariffBook", "TariffPublished"): _tariff,
    ("ServiceTermsBook", "ServiceTermsPublished"): _terms,
    ("UsageAgreements", "AgreementOpened"): _opened,
    ("UsageAgreements", "ReadingSettled"): _settled,
    ("UsageAgreements", "StandingAccrued"): _settled,
    ("ServiceMarket", "OrderOpened"): _ordered,
    ("ServiceMarket", "OrderAssigned"): _assigned,
    ("ServiceMarket", "OrderEnded"): _ended,
    ("ServiceMarket", "CorePaid"): _core,
    ("ServiceMarket", "ReserveReleased"): _released,
}
