"""Reference model of the service market: orders, bids, escrow, reputation, over the ledger's model.

A step that the contract refuses raises `Refused` with the name of its error and changes nothing. Times are chain times,
amounts base units of one currency; accounts are check-summed addresses.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from tests.models.accounts import ZERO_ADDRESS, AccountsModel, Refused, subaccount

OPEN, ASSIGNED, DELIVERED, DISPUTED, PAID, ARBITRATED, CANCELLED, ABANDONED, EXPIRED = range(1, 10)
ALL_BPS = 10_000
PERIOD = 30 * 86_400
YEAR = 365 * 86_400
ESCROW = b"escrow".ljust(32, b"\0")


@dataclass(frozen=True, slots=True)
class ServiceTerms:
    rule_ceiling: int
    silent_share_bps: int
    rule_budget: int
    dispute_bond: int
    acceptance_time: int
    grace_time: int
    inspection_time: int
    arbitration_time: int
    included_per_year: int
    quorum: int
    arbiters: tuple[str, ...]


@dataclass(slots=True)
class Order:
    asset: int
    opened_at: int
    bidding_until: int
    by_rule: bool
    is_included: bool
    opener: str
    ceiling: int
    agreement: int
    stage: int = OPEN
    worker: str = ZERO_ADDRESS
    price: int = 0
    deadline: int = 0
    assigned_at: int = 0
    work_time: int = 0
    bond: int = 0
    disputer: str = ZERO_ADDRESS
    bids: dict[str, tuple[int, int]] = field(default_factory=dict)
    rulings: dict[str, int] = field(default_factory=dict)
    paid: tuple[int, int, int] | None = None
    """To the worker, back to the reserve, bond: once, at the end (I-13)."""


class MarketModel:
    """`terms`, `owner`, `lienholder` and `in_use` (agreement → asset, customer, opened at) are set from outside."""

    def __init__(self, books: AccountsModel, market: str, currency: str) -> None:
        self.books, self.market, self.currency = books, market, currency
        self.paused = False
        self.terms: dict[int, ServiceTerms] = {}
        self.owner: dict[int, str] = {}
        self.lienholder: dict[int, str] = {}
        self.watcher: dict[int, str] = {}
        self.in_use: dict[int, tuple[int, str, int]] = {}
        self.workers: set[str] = set()
        self.orders: dict[int, Order] = {}
        self.last_order_of: dict[int, int] = {}
        self.included_used: defaultdict[tuple[int, int], int] = defaultdict(int)
        self.budgets: dict[int, tuple[int, int]] = {}
        self.marks: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.escrow_account = subaccount(market, ESCROW)

    # What is read

    def reserve(self, asset: int) -> str:
        return subaccount(self.market, self._key(asset))

    def escrowed(self) -> int:
        """Σ of prices and bonds of unfinished orders."""
        return sum(o.price + o.bond for o in self.orders.values() if o.stage in (ASSIGNED, DELIVERED, DISPUTED))

    def open_orders(self, asset: int) -> int:
        return sum(1 for order in self.orders.values() if order.asset == asset and order.stage < PAID)

    def ends_behind(self, order: Order) -> int:
        """The last second before anyone may end the order's present stage."""
        terms = self.terms[order.asset]
        match order.stage:
            case 1:
                return order.bidding_until + terms.acceptance_time
            case 2:
                return order.deadline + terms.grace_time
            case _:
                return order.deadline

    # Steps

    def open(
        self, sender: str, asset: int, agreement: int, ceiling: int, until: int, by_rule: bool, now: int
    ) -> Order:  # fmt: skip
        self._running()
        included, year = False, 0
        if agreement == 0:
            if sender not in (self.owner[asset], self.watcher[asset]):
                raise Refused("Market_MayNotOpen")
        else:
            if by_rule:
                raise Refused("Market_RuleNotAllowed")
            used, customer, opened_at = self.in_use[agreement]
            if (used, customer) != (asset, sender):
                raise Refused("Market_AgreementMismatch")
            standing = self.orders.get(self.last_order_of.get(agreement, 0))
            if standing is not None and standing.stage < PAID:
                raise Refused("Market_AgreementHasOrder")
            year = (now - opened_at) // YEAR
            included = self.included_used[agreement, year] < self.terms[asset].included_per_year
        if (by_rule or included) and ceiling > self.terms[asset].rule_ceiling:
            raise Refused("Market_CeilingAboveRule")
        order = Order(asset, now, until, by_rule or included, included, sender, ceiling, agreement)
        self.orders[len(self.orders) + 1] = order
        if agreement:
            self.last_order_of[agreement] = len(self.orders)
            self.included_used[agreement, year] += included
        return order

    def bid(self, order: Order, worker: str, price: int, work_time: int, now: int) -> None:
        self._running()
        self._in(order, OPEN)
        if now >= order.bidding_until:
            raise Refused("Market_BiddingClosed")
        if not 0 < price <= order.ceiling:
            raise Refused("Market_PriceOutOfRange")
        if worker in self.terms[order.asset].arbiters:
            raise Refused("Market_WorkerIsArbiter")
        self._check_bidder(order, worker)
        if worker in order.bids and price >= order.bids[worker][0]:
            raise Refused("Market_BidNotLower")
        order.bids[worker] = (price, work_time)
        if order.price == 0 or price < order.price:
            order.worker, order.price = worker, price

    def accept(self, order: Order, sender: str, worker: str, now: int) -> None:
        self._running()
        self._in(order, OPEN)
        if sender != self.owner[order.asset]:
            raise Refused("Market_NotProvider")
        if order.by_rule:
            raise Refused("Market_ByRuleOnly")
        price = self._standing_bid(order, worker, now)
        short = max(0, price - self.books.balance(self.reserve(order.asset), self.currency))
        if short:
            self.books.transfer_from(self.market, sender, self.escrow_account, self.currency, short)
        self._assign(order, worker, now)
        self._from_reserve(order.asset, self.escrow_account, price - short)

    def accept_lowest(self, order: Order, now: int) -> None:
        self._running()
        self._in(order, OPEN)
        if not order.by_rule:
            raise Refused("Market_NotByRule")
        if now < order.bidding_until:
            raise Refused("Market_BiddingOpen")
        price = self._standing_bid(order, order.worker, now)
        period, committed = self.budgets.get(order.asset, (0, 0))
        committed = committed if period == now // PERIOD else 0
        if committed + price > self.terms[order.asset].rule_budget:
            raise Refused("Market_BudgetUsedUp")
        self._from_reserve(order.asset, self.escrow_account, price)
        self.budgets[order.asset] = (now // PERIOD, committed + price)
        self._assign(order, order.worker, now)

    def cancel(self, order: Order, sender: str) -> None:
        self._in(order, OPEN)
        self._party(order, sender, True)
        self._give_back(order)
        self._end(order, CANCELLED, 0, None)

    def lapse(self, order: Order, now: int) -> None:
        self._in(order, OPEN)
        if now <= self.ends_behind(order):
            raise Refused("Market_BidsStand")
        self._give_back(order)
        self._end(order, CANCELLED, 0, None)

    def abandon(self, order: Order, sender: str) -> None:
        self._in(order, ASSIGNED)
        self._worker(order, sender)
        self._fail(order, ABANDONED)

    def expire(self, order: Order, now: int) -> None:
        self._in(order, ASSIGNED)
        if now <= self.ends_behind(order):
            raise Refused("Market_TooEarly")
        self._fail(order, EXPIRED)

    def deliver(self, order: Order, sender: str, now: int) -> None:
        self._in(order, ASSIGNED)
        self._worker(order, sender)
        if now > self.ends_behind(order):
            raise Refused("Market_TooLate")
        self.marks[sender].update(done=1, late=int(now > order.deadline))
        order.stage, order.deadline = DELIVERED, now + self.terms[order.asset].inspection_time

    def approve(self, order: Order, sender: str) -> None:
        self._in(order, DELIVERED)
        self._party(order, sender, order.is_included)
        self._end(order, PAID, order.price, None)

    def release(self, order: Order, now: int) -> None:
        self._in(order, DELIVERED)
        if now <= order.deadline:
            raise Refused("Market_TooEarly")
        self._end(order, PAID, order.price, None)

    def dispute(self, order: Order, sender: str, now: int) -> None:
        self._in(order, DELIVERED)
        self._party(order, sender, order.agreement != 0)
        if now > order.deadline:
            raise Refused("Market_TooLate")
        terms = self.terms[order.asset]
        if terms.dispute_bond:
            self.books.transfer_from(self.market, sender, self.escrow_account, self.currency, terms.dispute_bond)
        self.marks[order.worker]["disputed"] += 1
        order.stage, order.deadline = DISPUTED, now + terms.arbitration_time
        order.disputer, order.bond = sender, terms.dispute_bond

    def rule(self, order: Order, arbiter: str, bps: int, now: int) -> None:
        self._in(order, DISPUTED)
        terms = self.terms[order.asset]
        if arbiter not in terms.arbiters or arbiter in (order.opener, order.disputer, self.owner[order.asset]):
            raise Refused("Market_NotArbiter")
        if now > order.deadline:
            raise Refused("Market_TooLate")
        order.rulings[arbiter] = bps
        if list(order.rulings.values()).count(bps) >= terms.quorum:
            self._end_arbitrated(order, bps, order.worker if bps == ALL_BPS else order.disputer)

    def end_silent(self, order: Order, now: int) -> None:
        self._in(order, DISPUTED)
        if now <= order.deadline:
            raise Refused("Market_TooEarly")
        self._end_arbitrated(order, self.terms[order.asset].silent_share_bps, order.disputer)

    def release_reserve(self, asset: int, sender: str, amount: int, to: str) -> None:
        if asset in self.lienholder:
            if sender != self.lienholder[asset]:
                raise Refused("Market_LienholderDecides")
        elif sender != self.owner[asset]:
            raise Refused("Market_NotProvider")
        self._from_reserve(asset, to, amount)

    # Internals

    @staticmethod
    def _key(asset: int) -> bytes:
        return asset.to_bytes(32, "big")

    def _running(self) -> None:
        if self.paused:
            raise Refused("EnforcedPause")

    @staticmethod
    def _in(order: Order, stage: int) -> None:
        if order.stage != stage:
            raise Refused("Market_WrongStage")

    def _party(self, order: Order, sender: str, opener_counts: bool) -> None:
        if sender != self.owner[order.asset] and not (opener_counts and sender == order.opener):
            raise Refused("Market_NotParty")

    @staticmethod
    def _worker(order: Order, sender: str) -> None:
        if sender != order.worker:
            raise Refused("Market_NotWorker")

    def _check_bidder(self, order: Order, worker: str) -> None:
        if worker not in self.workers:
            raise Refused("Market_Ineligible")
        if worker in (order.opener, self.owner[order.asset]):
            raise Refused("Market_OwnOrder")

    def _standing_bid(self, order: Order, worker: str, now: int) -> int:
        if now > self.ends_behind(order):
            raise Refused("Market_BidsLapsed")
        if worker not in order.bids:
            raise Refused("Market_NoBid")
        self._check_bidder(order, worker)
        return order.bids[worker][0]

    def _assign(self, order: Order, worker: str, now: int) -> None:
        order.stage, order.worker = ASSIGNED, worker
        order.price, order.work_time = order.bids[worker]
        order.assigned_at, order.deadline = now, now + order.work_time

    def _from_reserve(self, asset: int, to: str, amount: int) -> None:
        if amount > self.books.balance(self.reserve(asset), self.currency):
            raise Refused("Market_ReserveShort")
        if amount:
            self.books.move_from(self.market, self._key(asset), to, self.currency, amount)

    def _give_back(self, order: Order) -> None:
        if order.is_included:
            opened_at = self.in_use[order.agreement][2]
            self.included_used[order.agreement, (order.opened_at - opened_at) // YEAR] -= 1
        period, committed = self.budgets.get(order.asset, (0, 0))
        if order.by_rule and order.assigned_at and period == order.assigned_at // PERIOD:
            self.budgets[order.asset] = (period, committed - order.price)

    def _fail(self, order: Order, stage: int) -> None:
        self.marks[order.worker]["failed"] += 1
        self._give_back(order)
        self._end(order, stage, 0, None)

    def _end_arbitrated(self, order: Order, bps: int, bond_to: str) -> None:
        to_worker = order.price * bps // ALL_BPS
        self.marks[order.worker]["lost"] += to_worker != order.price
        self._end(order, ARBITRATED, to_worker, bond_to)

    def _end(self, order: Order, stage: int, to_worker: int, bond_to: str | None) -> None:
        assert order.paid is None, "I-13: paid before"
        funded = order.stage != OPEN
        order.stage = stage
        order.paid = (to_worker, order.price - to_worker, order.bond) if funded else (0, 0, 0)
        for to, amount in zip((order.worker, self.reserve(order.asset), bond_to), order.paid, strict=True):
            if amount:
                assert to is not None
                self.books.move_from(self.market, ESCROW, to, self.currency, amount)
