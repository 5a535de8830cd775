"""What ServiceMarket remembers of orders, and the few movements of money that it knows (I-13); its calls: market.py."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.keccak import word
from oracle.audit.replay.member_policies import MemberWorkers
from oracle.audit.replay.services import ALL_BPS, ASSIGNED, ServiceTerms, Workers, padded, record_history
from oracle.audit.replay.world import ZERO, Call, Module, Path, Refused, World, struct_storage, subaccount

OPEN: Final = 1
PAID: Final = 5
ARBITRATED: Final = 6
DAY: Final = 86_400
BUDGET_PERIOD: Final = 30 * DAY
YEAR: Final = 365 * DAY
ESCROW_KEY: Final = padded("escrow")
NO_PARTS: Final = (0, 5)
"""Kinds of work that change no part: inspect, collect."""


@dataclass(slots=True)
class Order:
    """`deadline` as the stage means it: promised for, accepted by silence at, arbiters silent at."""

    asset: int
    kind: int
    terms: int
    opened_at: int
    bidding_until: int
    most_work_time: int
    by_rule: bool
    is_included: bool
    opener: bytes
    ceiling: int
    agreement: int
    stage: int = OPEN
    worker: bytes = ZERO
    price: int = 0
    deadline: int = 0
    assigned_at: int = 0
    work_time: int = 0
    bond: int = 0
    disputer: bytes = ZERO
    bids: dict[bytes, tuple[int, int, int]] = field(default_factory=dict)
    rulings: dict[bytes, int] = field(default_factory=dict)
    core_paid: bool = False

    def members(self) -> dict[str, Value]:
        return {
            "asset": self.asset, "kind": self.kind, "stage": self.stage, "terms": self.terms,
            "openedAt": self.opened_at, "biddingUntil": self.bidding_until, "mostWorkTime": self.most_work_time,
            "byRule": self.by_rule, "isIncluded": self.is_included, "opener": self.opener, "ceiling": self.ceiling,
            "worker": self.worker, "price": self.price, "deadline": self.deadline, "assignedAt": self.assigned_at,
            "workTime": self.work_time, "bond": self.bond, "agreement": self.agreement, "disputer": self.disputer,
        }  # fmt: skip


class MarketBase(Module):
    CONTRACT = "ServiceMarket"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.orders: dict[int, Order] = {}
        self.escrowed: defaultdict[bytes, int] = defaultdict(int)
        self.open_orders: Counter[int] = Counter()
        self.included_used: defaultdict[tuple[int, int], int] = defaultdict(int)
        self.last_order_of: dict[int, int] = {}
        self.budgets: dict[int, tuple[int, int]] = {}
        self.reputations: defaultdict[bytes, Counter[str]] = defaultdict(Counter)
        self.eligibility = ZERO
        self.community = ZERO
        self.escrow_account = subaccount(address, ESCROW_KEY)

    # Reading

    def known(self, number: int) -> Order:
        if (order := self.orders.get(number)) is None:
            raise Refused(f"there is no order {number}")
        return order

    def reserve(self, asset: int) -> bytes:
        return subaccount(self.address, word(asset))

    def is_step_for(self, asset: int, number: int) -> bool:
        """Whether the order is work on this machine at which parts may change now."""
        order = self.orders.get(number)
        return order is not None and (order.asset, order.stage) == (asset, ASSIGNED) and order.kind not in NO_PARTS

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield from self.managed_storage()
        yield from self.pause_storage()
        yield ("orderCount",), len(self.orders)
        yield ("eligibility",), self.eligibility
        for currency, amount in self.escrowed.items():
            yield ("escrowedIn", currency), amount
        for asset, count in self.open_orders.items():
            yield ("openOrdersOf", asset), count
        for (agreement, year), used in self.included_used.items():
            yield ("includedUsed", agreement, year), used
        for agreement, number in self.last_order_of.items():
            yield ("_orderOf", agreement), number
        for asset, (period, committed) in self.budgets.items():
            yield from struct_storage(("_budgets", asset), {"period": period, "committed": committed})
        for worker, marks in self.reputations.items():
            yield from struct_storage(("_reputations", worker), marks)
        for number, order in self.orders.items():
            yield from self._order_storage(number, order)

    @staticmethod
    def _order_storage(number: int, order: Order) -> Iterator[tuple[Path, Value]]:
        yield from struct_storage(("_orders", number), order.members())
        yield ("isCorePaid", number), order.core_paid
        for worker, (price, work_time, at) in order.bids.items():
            yield from struct_storage(("_bids", number, worker), {"price": price, "workTime": work_time, "at": at})
        for arbiter, bps in order.rulings.items():
            yield ("_rulings", number, arbiter), bps + 1
        for bps, count in Counter(order.rulings.values()).items():
            yield ("_tallies", number, bps + 1), count

    # Internals

    def _in(self, number: int, stage: int) -> Order:
        order = self.known(number)
        self.refuse_unless(order.stage == stage, "the order is in another stage")
        return order

    def _terms(self, order: Order) -> ServiceTerms:
        return self.world.service_terms.of(order.terms)

    def _year(self, agreement: int, time: int) -> int:
        return (time - self.world.agreements.known(agreement).opened_at) // YEAR

    def _bids_stand_until(self, order: Order) -> int:
        return order.bidding_until + self._terms(order).number("acceptanceTime")

    def _expires_at(self, order: Order) -> int:
        return order.deadline + self._terms(order).number("graceTime")

    def _standing_bid(self, call: Call, order: Order, worker: bytes) -> tuple[int, int, int]:
        self.refuse_unless(call.now <= self._bids_stand_until(order), "bids have lapsed")
        chosen = order.bids.get(worker)
        if chosen is None:
            raise Refused("there is no such bid")
        self._check_bidder(call, order, worker)
        return chosen

    def _check_bidder(self, call: Call, order: Order, worker: bytes) -> None:
        """The platform's own list is asked; other policies judge for themselves."""
        self.refuse_unless(self.eligibility != ZERO, "there is no policy for workers")
        policy = self.world.modules.get(self.eligibility)
        if isinstance(policy, Workers):
            self.refuse_unless(policy.kinds.get(worker, 0) >> order.kind & 1 == 1, "the worker is not admitted")
        elif isinstance(policy, MemberWorkers):
            self.refuse_unless(not policy.refuses_worker(call, order.kind, worker), "no member who does this work")
        else:
            self.world.findings.count("bids left to a policy outside the platform")
        own = worker in (order.opener, self.world.assets.known(order.asset).owner)
        self.refuse_unless(not own or self._terms(order).named["ownBids"], "a bid on one's own order")

    def _check_provider(self, call: Call, asset: int) -> None:
        self.refuse_unless(call.sender == self.world.assets.known(asset).owner, "only the provider does that")

    def _check_party(self, call: Call, order: Order, opener_counts: bool) -> None:
        is_opener = opener_counts and call.sender == order.opener
        owner = self.world.assets.known(order.asset).owner
        self.refuse_unless(is_opener or call.sender == owner, "no party to the order")

    def _check_worker(self, call: Call, order: Order) -> None:
        self.refuse_unless(call.sender == order.worker, "only the worker does that")

    def _ask_lienholder(self, call: Call, order: Order, worker: bytes, amount: int) -> None:
        """A round decides about the reserve that backs it; lienholders outside the platform judge for themselves."""
        rounds, currency = self.world.collateral, self._terms(order).currency
        if self.world.assets.known(order.asset).lienholder == rounds.address:
            rounds.use_reserve(call.by(self.address), order.asset, order.kind, worker, currency, amount)

    def _assign(
        self, call: Call, number: int, order: Order, worker: bytes, chosen: tuple[int, int, int], topped_up: int
    ) -> None:
        order.stage, order.worker = ASSIGNED, worker
        order.price, order.work_time, _ = chosen
        order.assigned_at, order.deadline = call.now, call.now + order.work_time
        self.emit(call, "OrderAssigned", number, worker, order.price, topped_up, order.deadline, order.by_rule)
        record_history(self, call, order.asset, "service assigned", word(number), "")

    def _fail(self, call: Call, number: int, order: Order, stage: int) -> None:
        self.reputations[order.worker]["failed"] += 1
        self._give_back(order)
        self._end(call, number, order, stage, 0, ZERO)

    def _give_back(self, order: Order) -> None:
        """Work that was never delivered counts neither as included nor against the rule's budget of its period."""
        if order.is_included:
            self.included_used[order.agreement, self._year(order.agreement, order.opened_at)] -= 1
        period, committed = self.budgets.get(order.asset, (0, 0))
        if order.by_rule and order.assigned_at and period == order.assigned_at // BUDGET_PERIOD:
            self.budgets[order.asset] = (period, committed - order.price)

    def _end_arbitrated(self, call: Call, number: int, order: Order, bps: int, bond_to: bytes) -> None:
        to_worker = order.price * bps // ALL_BPS
        self.reputations[order.worker]["lost"] += to_worker != order.price
        self._end(call, number, order, ARBITRATED, to_worker, bond_to)

    def _end(self, call: Call, number: int, order: Order, stage: int, to_worker: int, bond_to: bytes) -> None:
        """I-13: the one payment."""
        funded = order.stage != OPEN
        price, bond = (order.price, order.bond) if funded else (0, 0)
        order.stage = stage
        self.open_orders[order.asset] -= 1
        if funded:
            currency = self._terms(order).currency
            self.escrowed[currency] -= price + bond
            self._move(call, ESCROW_KEY, order.worker, currency, to_worker)
            self._move(call, ESCROW_KEY, self.reserve(order.asset), currency, price - to_worker)
            self._move(call, ESCROW_KEY, bond_to, currency, bond)
        self.emit(call, "OrderEnded", number, stage, to_worker, price - to_worker, bond, bond_to)
        record_history(self, call, order.asset, "service ended", word(number), "")

    def _move(self, call: Call, key: bytes, to: bytes, currency: bytes, amount: int) -> None:
        if amount:
            self.world.accounts.move_from(call.by(self.address), key, to, currency, amount)

    def _pay_from_reserve(self, call: Call, asset: int, currency: bytes, amount: int, to: bytes) -> None:
        kept = self.world.accounts.balance(self.reserve(asset), currency)
        self.refuse_unless(amount <= kept, "the reserve does not cover it")
        self._move(call, word(asset), to, currency, amount)

    def _escrow_from_reserve(self, call: Call, asset: int, currency: bytes, amount: int) -> None:
        self.escrowed[currency] += amount
        self._pay_from_reserve(call, asset, currency, amount, self.escrow_account)

    def _escrow_from_sender(self, call: Call, currency: bytes, amount: int) -> None:
        if amount == 0:
            return
        self.escrowed[currency] += amount
        token = int.from_bytes(currency, "big")
        inner = call.by(self.address)
        self.world.accounts.transfer_from(inner, call.sender, self.escrow_account, token, amount)
