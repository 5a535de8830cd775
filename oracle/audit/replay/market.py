"""ServiceMarket again: every order from its opening to its one payment; what it keeps and pays: orders.py."""

from __future__ import annotations

from typing import Final

from oracle.audit.abi import Value
from oracle.audit.replay.assets import RETIRED
from oracle.audit.replay.orders import BUDGET_PERIOD, DAY, ESCROW_KEY, OPEN, PAID, MarketBase, Order
from oracle.audit.replay.services import ALL_BPS, ASSIGNED, COLLECT, record_history
from oracle.audit.replay.world import ZERO, Call, Handler
from oracle.audit.signatures import STATUS, struct_hash

DELIVERED: Final = 3
DISPUTED: Final = 4
CANCELLED: Final = 7
ABANDONED: Final = 8
EXPIRED: Final = 9
LONGEST_BIDDING: Final = 30 * DAY
LONGEST_WORK: Final = 90 * DAY
STATUS_UP: Final = 0
NOTHING: Final = bytes(32)


class Market(MarketBase):
    def handlers(self) -> dict[str, Handler]:
        return {
            "open": self.open, "bid": self.bid, "accept": self.accept, "acceptLowest": self.accept_lowest,
            "cancel": self.cancel, "lapse": self.lapse, "abandon": self.abandon, "expire": self.expire,
            "deliver": self.deliver, "approve": self.approve, "release": self.release, "dispute": self.dispute,
            "rule": self.rule, "endSilent": self.end_silent, "payCore": self.pay_core,
            "releaseReserve": self.release_reserve, "skimSurplus": self.skim_surplus,
            "setEligibility": self.set_eligibility, "setAuthority": self.set_authority,
            "pause": self.pause, "unpause": self.unpause,
        }  # fmt: skip

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        self.community = arguments[-1]
        self.begin_managed(call, arguments[0])

    # Opening and bidding

    def open(self, call: Call, request: tuple[Value, ...]) -> None:
        self.require_running()
        asset, kind, agreement, ceiling, until, work_time, by_rule, document_hash, uri = request
        chosen = self.world.service_terms.chosen_by(asset)
        terms = self.world.service_terms.of(chosen)
        lifecycle = self.world.assets.known(asset).lifecycle
        self.refuse_unless(kind >= COLLECT or lifecycle != RETIRED, "what is retired is collected or dismantled")
        self.refuse_unless(kind <= COLLECT + 1, "no such kind of work")
        self.refuse_unless(ceiling > 0 and 0 < work_time <= LONGEST_WORK, "a ceiling or time of nothing")
        least = call.now + terms.number("shortestBidding")
        self.refuse_unless(least <= until <= call.now + LONGEST_BIDDING, "bidding too short or too long")
        number = len(self.orders) + 1
        included = self._may_open(call, number, asset, agreement, by_rule, terms.number("includedPerYear"))
        by_rule = by_rule or included
        self.refuse_unless(not by_rule or ceiling <= terms.number("ruleCeiling"), "above what the rule accepts")
        self.orders[number] = Order(
            asset, kind, chosen, call.now, until, work_time, by_rule, included, call.sender, ceiling, agreement
        )
        self.open_orders[asset] += 1
        self.emit(call, "OrderOpened", number, asset, call.sender, chosen, by_rule, included, request)
        record_history(self, call, asset, "service opened", document_hash, uri)

    def _may_open(
        self, call: Call, number: int, asset: int, agreement: int, by_rule: bool, included_per_year: int
    ) -> bool:
        """Whether the order is one of the services that come with a customer's agreement."""
        if agreement == 0:
            owner = self.world.assets.known(asset).owner
            watches = self.world.service_terms.is_watcher(asset, call.sender)
            self.refuse_unless(call.sender == owner or watches, "neither provider nor watcher")
            return False
        known = self.world.agreements.agreements.get(agreement)
        own = known is not None and (known.asset, known.customer, known.closed) == (asset, call.sender, False)
        self.refuse_unless(own and not by_rule, "not the caller's open agreement on this machine, or by rule")
        standing = self.orders.get(self.last_order_of.get(agreement, 0))
        self.refuse_unless(standing is None or standing.stage >= PAID, "the agreement has an order")
        self.last_order_of[agreement] = number
        year = self._year(agreement, call.now)
        left = self.included_used[agreement, year] < included_per_year
        self.included_used[agreement, year] += left
        return left

    def bid(self, call: Call, number: int, price: int, work_time: int) -> None:
        self.require_running()
        order = self._in(number, OPEN)
        self.refuse_unless(call.now < order.bidding_until, "bidding is closed")
        self.refuse_unless(0 < price <= order.ceiling, "a price of nothing or above the ceiling")
        self.refuse_unless(0 < work_time <= order.most_work_time, "a time of nothing or above the order's")
        self.refuse_unless(call.sender not in self._terms(order).arbiters, "an arbiter does not bid")
        self._check_bidder(call, order, call.sender)
        standing = order.bids.get(call.sender)
        self.refuse_unless(standing is None or price < standing[0], "a bid is only lowered")
        order.bids[call.sender] = (price, work_time, call.now)
        if order.price == 0 or price < order.price:
            order.worker, order.price = call.sender, price
        self.emit(call, "BidPlaced", number, call.sender, price, work_time)

    def accept(self, call: Call, number: int, worker: bytes) -> None:
        self.require_running()
        order = self._in(number, OPEN)
        self._check_provider(call, order.asset)
        self.refuse_unless(not order.by_rule, "accepted by rule only")
        chosen = self._standing_bid(call, order, worker)
        currency = self._terms(order).currency
        kept = self.world.accounts.balance(self.reserve(order.asset), currency)
        topped_up = max(0, chosen[0] - kept)
        self._assign(call, number, order, worker, chosen, topped_up)
        self._ask_lienholder(call, order, worker, chosen[0] - topped_up)
        self._escrow_from_reserve(call, order.asset, currency, chosen[0] - topped_up)
        self._escrow_from_sender(call, currency, topped_up)

    def accept_lowest(self, call: Call, number: int) -> None:
        self.require_running()
        order = self._in(number, OPEN)
        self.refuse_unless(order.by_rule, "not accepted by rule")
        self.refuse_unless(call.now >= order.bidding_until, "bidding is open")
        chosen = self._standing_bid(call, order, order.worker)
        terms = self._terms(order)
        period, committed = self.budgets.get(order.asset, (0, 0))
        if period != call.now // BUDGET_PERIOD:
            period, committed = call.now // BUDGET_PERIOD, 0
        self.refuse_unless(committed + chosen[0] <= terms.number("ruleBudget"), "the rule's budget is used up")
        self.budgets[order.asset] = (period, committed + chosen[0])
        self._assign(call, number, order, order.worker, chosen, 0)
        self._ask_lienholder(call, order, order.worker, chosen[0])
        self._escrow_from_reserve(call, order.asset, terms.currency, chosen[0])

    # Ends and deliveries

    def cancel(self, call: Call, number: int) -> None:
        order = self._in(number, OPEN)
        self._check_party(call, order, True)
        self._give_back(order)
        self._end(call, number, order, CANCELLED, 0, ZERO)

    def lapse(self, call: Call, number: int) -> None:
        order = self._in(number, OPEN)
        self.refuse_unless(call.now > self._bids_stand_until(order), "bids still stand")
        self._give_back(order)
        self._end(call, number, order, CANCELLED, 0, ZERO)

    def abandon(self, call: Call, number: int) -> None:
        order = self._in(number, ASSIGNED)
        self._check_worker(call, order)
        self._fail(call, number, order, ABANDONED)

    def expire(self, call: Call, number: int) -> None:
        order = self._in(number, ASSIGNED)
        self.refuse_unless(call.now > self._expires_at(order), "the work may still be delivered")
        self._fail(call, number, order, EXPIRED)

    def deliver(
        self, call: Call, number: int, evidence: tuple[Value, ...], status: tuple[Value, ...], signature: bytes
    ) -> None:
        order = self._in(number, ASSIGNED)
        self._check_worker(call, order)
        self.refuse_unless(evidence[0] != NOTHING, "evidence without a document")
        self.refuse_unless(call.now <= self._expires_at(order), "delivered too late")
        terms = self._terms(order)
        if order.kind == COLLECT:
            self.refuse_unless(self.world.hand_overs.of(number)[1] != 0, "the machine is not back")
        if terms.named["statusNeeded"] and order.kind < COLLECT:
            self._check_status(call, order, status, signature)
        late = call.now > order.deadline
        reputation = self.reputations[order.worker]
        reputation["done"] += 1
        reputation["late"] += late
        order.stage, order.deadline = DELIVERED, call.now + terms.number("inspectionTime")
        self.emit(call, "OrderDelivered", number, call.sender, late, evidence)
        record_history(self, call, order.asset, "service delivered", evidence[0], evidence[1])

    def _check_status(self, call: Call, order: Order, status: tuple[Value, ...], signature: bytes) -> None:
        asset, _sequence, time, state, *_ = status
        fits = asset == order.asset and state == STATUS_UP and order.assigned_at <= time <= call.now
        self.refuse_unless(fits, "the status is not this machine's up after the work")
        digest = self.world.meters.domain.digest(struct_hash(STATUS, status))
        signer = self.world.meters.signer_of(call, order.asset, digest, signature)
        self.refuse_unless(signer is not None, "the status is not signed by the meter")

    def approve(self, call: Call, number: int) -> None:
        order = self._in(number, DELIVERED)
        self._check_party(call, order, order.is_included)
        self._end(call, number, order, PAID, order.price, ZERO)

    def release(self, call: Call, number: int) -> None:
        order = self._in(number, DELIVERED)
        self.refuse_unless(call.now > order.deadline, "the time for inspection runs")
        self._end(call, number, order, PAID, order.price, ZERO)

    def dispute(self, call: Call, number: int, document_hash: bytes, uri: str) -> None:
        order = self._in(number, DELIVERED)
        self._check_party(call, order, order.agreement != 0)
        self.refuse_unless(call.now <= order.deadline, "the time for inspection is over")
        self.refuse_unless(document_hash != NOTHING, "a dispute without a document")
        terms = self._terms(order)
        self.reputations[order.worker]["disputed"] += 1
        order.stage, order.deadline = DISPUTED, call.now + terms.number("arbitrationTime")
        order.disputer, order.bond = call.sender, terms.number("disputeBond")
        self.emit(call, "OrderDisputed", number, call.sender, order.bond, document_hash, uri)
        record_history(self, call, order.asset, "service disputed", document_hash, uri)
        self._escrow_from_sender(call, terms.currency, order.bond)

    def rule(self, call: Call, number: int, bps: int, document_hash: bytes) -> None:
        order = self._in(number, DISPUTED)
        terms, owner = self._terms(order), self.world.assets.known(order.asset).owner
        party = call.sender in (order.opener, order.disputer, owner)
        self.refuse_unless(call.sender in terms.arbiters and not party, "not an arbiter of this order")
        self.refuse_unless(call.now <= order.deadline and bps <= ALL_BPS, "too late, or more than all")
        order.rulings[call.sender] = bps
        self.emit(call, "RulingGiven", number, call.sender, bps, document_hash)
        if sum(1 for said in order.rulings.values() if said == bps) >= terms.number("quorum"):
            self._end_arbitrated(call, number, order, bps, order.worker if bps == ALL_BPS else order.disputer)

    def end_silent(self, call: Call, number: int) -> None:
        order = self._in(number, DISPUTED)
        self.refuse_unless(call.now > order.deadline, "the time for arbitration runs")
        self._end_arbitrated(call, number, order, self._terms(order).number("silentShareBps"), order.disputer)

    # Collection and reserve

    def pay_core(self, call: Call, number: int) -> None:
        giver, grade = self.world.hand_overs.of(number)
        self.refuse_unless(grade != 0, "the machine is not back")
        order = self.known(number)
        self.refuse_unless(not order.core_paid, "the core is paid")
        order.core_paid = True
        terms = self._terms(order)
        amount = terms.core_prices[grade - 1]
        self.emit(call, "CorePaid", number, giver, grade, amount)
        self._pay_from_reserve(call, order.asset, terms.currency, amount, giver)

    def release_reserve(self, call: Call, asset: int, currency: bytes, amount: int, to: bytes) -> None:
        known = self.world.assets.assets.get(asset)
        self.refuse_unless(known is not None, "there is no such asset")
        decides = known and (known.lienholder if known.lienholder != ZERO else known.owner)
        self.refuse_unless(call.sender == decides, "neither the provider nor the lienholder")
        self.emit(call, "ReserveReleased", asset, currency, to, amount, call.sender)
        self._pay_from_reserve(call, asset, currency, amount, to)

    def skim_surplus(self, call: Call, currency: bytes) -> None:
        amount = self.world.accounts.balance(self.escrow_account, currency) - self.escrowed.get(currency, 0)
        self.refuse_unless(amount > 0, "there is no surplus")
        self.emit(call, "SurplusSkimmed", currency, self.community, amount)
        self._move(call, ESCROW_KEY, self.community, currency, amount)

    def set_eligibility(self, call: Call, policy: bytes) -> None:
        self.require_role(call, "setEligibility")
        self.emit(call, "EligibilityChanged", self.eligibility, policy)
        self.eligibility = policy
