"""BuybackGuarantees again: collateral, what a machine is worth today, and every way a guarantee ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from oracle.audit import buyback
from oracle.audit.abi import AbiError, Value
from oracle.audit.keccak import word
from oracle.audit.replay.assets import RETIRED
from oracle.audit.replay.orders import DAY, PAID, Order
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, Refused, World, struct_storage, subaccount
from oracle.audit.signatures import STATUS, struct_hash

LIVE, EXERCISED, EXPIRED, WAIVED = 1, 2, 3, 4
RETURNED: Final = 3
MEMBERS: Final = (
    "asset", "currency", "startsAt", "windowFrom", "windowUntil", "coverBps", "leastGrade", "unitsPerYear",
    "deductionPerMillion", "serviceEvery", "missedService", "termsHash",
)  # fmt: skip
WHOLE: Final = 10_000
LEAST_COVER: Final = 1_000
MOST_POINTS: Final = 16
MOST_OBJECTIONS: Final = 16
LONGEST: Final = 100 * 365 * DAY
STATUS_AGE: Final = 7 * DAY
CLOCK_TOLERANCE: Final = 120
YOUNG: Final = 30 * DAY
UNTIL_COVERED: Final = 2**40 - 1
MOST_ODOMETER: Final = 2**48 - 1
SERVICES: Final = range(1, 5)
"""Maintain, repair, upgrade, refurbish."""


@dataclass(slots=True)
class Buyback:
    terms: dict[str, Any]
    points: tuple[tuple[int, int], ...]
    guarantor: bytes
    open_until: int
    start_odometer: int
    split: int
    stage: int = LIVE
    claimant: bytes = ZERO
    owed: int = 0
    serviced: int = 0
    objections: list[int] = field(default_factory=list)

    @property
    def waits(self) -> bool:
        return self.open_until == UNTIL_COVERED


class Buybacks(Module):
    CONTRACT = "BuybackGuarantees"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.buybacks: list[Buyback] = []
        self.chosen: dict[int, int] = {}
        self.owes: Counter[bytes] = Counter()

    def handlers(self) -> dict[str, Handler]:
        return {
            "give": self.give,
            "topUp": self.top_up,
            "release": self.release,
            "expire": self.expire,
            "choose": self.choose,
            "waive": self.waive,
            "exercise": self.exercise,
            "exerciseFor": self.exercise,
            "demand": self.demand,
            "proveService": self.prove_service,
            "objectOrder": self.object_order,
            "payClaim": self.pay_claim,
        }

    def give(self, call: Call, given: tuple[Value, ...], points: tuple[tuple[int, int], ...], collateral: int) -> None:
        self.refuse_unless(not self.world.offers.paused, "new guarantees are paused")
        self.refuse_unless(self.owes[call.sender] == 0, "the guarantor owes")
        terms: dict[str, Any] = dict(zip(MEMBERS, given, strict=True))
        machine = self.world.assets.known(terms["asset"])
        self.refuse_unless(machine.lifecycle != RETIRED, "the machine is retired")
        self._check_terms(call, terms, points)
        checkpoint = self.world.meters.checkpoint_of(terms["asset"])
        made = Buyback(terms, points, call.sender, terms["windowUntil"], checkpoint, machine.split)
        self.buybacks.append(made)
        number = len(self.buybacks)
        self.refuse_unless(collateral >= self._required(call, made), "too little collateral")
        told = (number, terms["asset"], call.sender, given, points, checkpoint, machine.split, collateral)
        self.emit(call, "GuaranteeGiven", *told)
        maker = machine.maker if machine.self_declared_by == ZERO else machine.self_declared_by
        if call.sender == maker and self._chosen(terms["asset"]) == 0:
            self._choose(call, terms["asset"], number)
        self._take_in(call, number, collateral)

    # Collateral

    def top_up(self, call: Call, number: int, amount: int) -> None:
        given = self._live(number)
        self.refuse_unless(amount > 0, "nothing")
        self.emit(call, "CollateralAdded", number, call.sender, amount)
        self._take_in(call, number, amount)
        if not given.waits or self.collateral(number) < self._by_age(given, call.now):
            return
        given.open_until = max(given.terms["windowUntil"], call.now + YOUNG)
        self.owes[given.guarantor] -= 1
        self.emit(call, "DemandMet", number, given.open_until)

    def release(self, call: Call, number: int, amount: int) -> None:
        given = self.known(number)
        free = call.sender == given.guarantor and not given.waits and given.owed == 0
        self.refuse_unless(free, "not the guarantor's to take")
        required = self._required(call, given) if given.stage == LIVE else 0
        left = self.collateral(number) - amount
        self.refuse_unless(amount > 0 and left >= required, "the cover would be too low")
        self.emit(call, "CollateralReleased", number, call.sender, amount)
        self._pay(call, number, call.sender, amount)

    def expire(self, call: Call, number: int) -> None:
        given = self._live(number)
        self.refuse_unless(call.now > given.open_until, "the window is open")
        self._end(call, number, EXPIRED)

    # Holder

    def choose(self, call: Call, number: int) -> None:
        given = self._live(number)
        self._check_owner(call, given)
        self._choose(call, given.terms["asset"], number)

    def waive(self, call: Call, number: int) -> None:
        given = self._live(number)
        machine = self.world.assets.known(given.terms["asset"])
        holder = machine.owner if machine.lienholder == ZERO else machine.lienholder
        self.refuse_unless(call.sender == holder, "only the holder gives it up")
        self._end_demand(given)
        self._end(call, number, WAIVED)

    def exercise(self, call: Call, number: int, status: bytes, least: int = 0) -> None:
        given = self._live(number)
        self._check_owner(call, given)
        price, odometer = self._due(call, given, status)
        collateral = self.collateral(number)
        paid = min(price, collateral)
        self.refuse_unless(paid >= least, "less than the holder takes")
        self._end_demand(given)
        given.stage = EXERCISED
        if paid < price:
            self.owes[given.guarantor] += 1
            given.claimant, given.owed = call.sender, price - paid
        asset = given.terms["asset"]
        shown = min(odometer, MOST_ODOMETER)
        rest = collateral - paid
        self.emit(call, "Exercised", number, asset, call.sender, shown, price, paid, price - paid, rest)
        self._pay(call, number, call.sender, paid)
        self._pay(call, number, given.guarantor, rest)
        self._take_back(call, number, given)

    def demand(self, call: Call, number: int, status: bytes) -> None:
        given = self._live(number)
        self._check_owner(call, given)
        self.refuse_unless(not given.waits, "the holder waits already")
        price, _ = self._due(call, given, status)
        collateral = self.collateral(number)
        self.refuse_unless(price > collateral, "the collateral reaches")
        given.open_until = UNTIL_COVERED
        self.owes[given.guarantor] += 1
        self.emit(call, "CollateralDemanded", number, call.sender, price, collateral)

    # Anyone

    def prove_service(self, call: Call, number: int, order: int) -> None:
        given = self._live(number)
        done = self._order(given, order)
        self.refuse_unless(done.stage == PAID and done.kind in SERVICES, "no service that was paid")
        every, begin = given.terms["serviceEvery"], given.terms["startsAt"]
        self.refuse_unless(every > 0 and done.assigned_at >= begin, "outside the intervals")
        interval = (done.assigned_at - begin) // every
        self.refuse_unless(interval < buyback.INTERVALS, "outside the intervals")
        given.serviced |= 1 << interval
        self.emit(call, "ServiceProved", number, order, interval)

    def object_order(self, call: Call, number: int, order: int) -> None:
        given = self._live(number)
        found = self._order(given, order)
        self.refuse_unless(found.stage < PAID, "the order has ended")
        self.refuse_unless(found.opened_at + YOUNG <= given.terms["windowFrom"], "the order is too young to count")
        self.refuse_unless(len(given.objections) < MOST_OBJECTIONS, "too many objections")
        given.objections.append(order)
        self.emit(call, "OrderObjected", number, order)

    def pay_claim(self, call: Call, number: int, amount: int) -> None:
        given = self.known(number)
        self.refuse_unless(0 < amount <= given.owed, "nothing, or more than is owed")
        given.owed -= amount
        self.owes[given.guarantor] -= given.owed == 0
        self.emit(call, "ClaimPaid", number, call.sender, amount, given.owed)
        token = int.from_bytes(given.terms["currency"], "big")
        self.world.accounts.transfer_from(call.by(self.address), call.sender, given.claimant, token, amount)

    # Reading

    def account_of(self, number: int) -> bytes:
        return subaccount(self.address, word(number))

    def collateral(self, number: int) -> int:
        currency: bytes = self.buybacks[number - 1].terms["currency"]
        return self.world.accounts.balance(self.account_of(number), currency)

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield ("guaranteeCount",), len(self.buybacks)
        for guarantor, count in self.owes.items():
            yield ("owesIn", guarantor), count
        for asset, number in self.chosen.items():
            yield ("_chosen", asset), number
        for number, given in enumerate(self.buybacks, 1):
            yield from struct_storage(("_buybacks", number, "terms"), given.terms)
            members = {
                "guarantor": given.guarantor,
                "stage": given.stage,
                "openUntil": given.open_until,
                "startOdometer": given.start_odometer,
                "claimant": given.claimant,
                "owed": given.owed,
                "splitAtStart": given.split,
                "serviced": given.serviced,
            }
            yield from struct_storage(("_buybacks", number), members)
            yield ("_points", number), len(given.points)
            for index, (age, price) in enumerate(given.points):
                yield from struct_storage(("_points", number, index), {"age": age, "price": price})
            yield ("_objections", number), len(given.objections)
            for index, order in enumerate(given.objections):
                yield ("_objections", number, index), order

    # Internals: terms and price

    def _check_terms(self, call: Call, terms: dict[str, Any], points: tuple[tuple[int, int], ...]) -> None:
        need = self.refuse_unless
        need(terms["currency"] in self.world.accounts.admitted, "the currency is not admitted")
        begin, first, last = terms["startsAt"], terms["windowFrom"], terms["windowUntil"]
        need(1 <= begin <= call.now and begin <= first <= last, "times out of order")
        need(call.now <= last <= call.now + LONGEST, "a window out of reach")
        need(LEAST_COVER <= terms["coverBps"] <= WHOLE and terms["leastGrade"] <= 2, "cover or grade out of range")
        every = terms["serviceEvery"]
        need(every > 0 or terms["missedService"] == 0, "a deduction for services that are not due")
        need(every == 0 or every >= max(DAY, (last - begin) // buyback.INTERVALS + 1), "services too often")
        need(1 <= len(points) <= MOST_POINTS and first >= begin + points[0][0], "points missing, or too many")
        falls = all(a[0] < b[0] and a[1] >= b[1] for a, b in pairwise(points))
        need(points[0][1] > 0 and falls, "prices that do not fall")

    @staticmethod
    def _by_age(given: Buyback, time: int) -> int:
        return buyback.by_age(given.points, time - given.terms["startsAt"])

    def _required(self, call: Call, given: Buyback) -> int:
        highest = self._by_age(given, max(call.now, given.terms["windowFrom"]))
        required: int = -(-highest * given.terms["coverBps"] // WHOLE)
        return required

    def _price(self, call: Call, given: Buyback, odometer: int) -> int:
        terms = given.terms
        age = call.now - terms["startsAt"]
        per_million = terms["deductionPerMillion"]
        worn = buyback.for_wear(odometer, given.start_odometer, terms["unitsPerYear"], age, per_million)
        due = 0
        if terms["serviceEvery"]:
            counted = min(call.now, terms["windowFrom"] - YOUNG) - terms["startsAt"]
            due = max(0, counted) // terms["serviceEvery"]
        unserviced = buyback.without_service(given.serviced, due) * terms["missedService"]
        left: int = buyback.by_age(given.points, age) - worn - unserviced
        return max(0, left)

    def _due(self, call: Call, given: Buyback, status: bytes) -> tuple[int, int]:
        self.refuse_unless(call.sender != given.guarantor, "its own guarantee")
        inside = given.terms["windowFrom"] <= call.now <= given.open_until
        self.refuse_unless(inside, "outside the window")
        finished = all(self.world.market.known(order).stage >= PAID for order in given.objections)
        self.refuse_unless(finished, "an old order is unfinished")
        odometer = self._signed(call, given, status) if status else self._highest(call, given)
        price = self._price(call, given, odometer)
        self.refuse_unless(price > 0, "worth nothing")
        return price, odometer

    def _highest(self, call: Call, given: Buyback) -> int:
        if given.terms["deductionPerMillion"] == 0:
            return 0
        last = self.world.meters.of(given.terms["asset"]).odometer
        self.refuse_unless(last.rate_per_day > 0, "wear without a bound")
        return last.odometer + last.rate_per_day * (call.now - last.since) // DAY

    def _signed(self, call: Call, given: Buyback, encoded: bytes) -> int:
        recorded = self.world.meters.abi.by_name["recordStatus"]
        try:
            status, signature = recorded.decode(recorded.selector + encoded)
        except AbiError as error:
            raise Refused(f"the status does not decode: {error}") from error
        asset, _sequence, time, _state, _fault, odometer = status
        self.refuse_unless(asset == given.terms["asset"], "another machine's status")
        self.refuse_unless(call.now - STATUS_AGE <= time <= call.now + CLOCK_TOLERANCE, "too old, or ahead")
        digest = self.world.meters.domain.digest(struct_hash(STATUS, status))
        signer = self.world.meters.signer_of(call, asset, digest, signature)
        meter = self.world.meters.of(asset).meter
        self.refuse_unless(signer == meter.signer != ZERO, "the status is not signed by the meter")
        self.refuse_unless(meter.grade >= given.terms["leastGrade"], "a meter trusted less than agreed")
        self.refuse_unless(odometer >= self.world.meters.checkpoint_of(asset), "the odometer fell")
        number: int = odometer
        return number

    # Internals: ends and money

    def _take_back(self, call: Call, number: int, given: Buyback) -> None:
        assets, inner, asset = self.world.assets, call.by(self.address), given.terms["asset"]
        machine = assets.known(asset)
        assets.transfer_from(inner, call.sender, self.address, asset)
        if machine.lifecycle != RETURNED:
            assets.set_lifecycle(inner, asset, RETURNED, word(number))
        assets.transfer_from(inner, self.address, given.guarantor, asset)
        stays = machine.split not in (0, given.split)
        own = not stays or self.world.splits.known(machine.split).controller == given.guarantor
        self.refuse_unless(own, "the fees stay with a split of the holder's making")

    def _end_demand(self, given: Buyback) -> None:
        if given.waits:
            given.open_until = given.terms["windowUntil"]
            self.owes[given.guarantor] -= 1

    def _end(self, call: Call, number: int, stage: int) -> None:
        given = self.buybacks[number - 1]
        given.stage = stage
        rest = self.collateral(number)
        self.emit(call, "GuaranteeEnded", number, stage, rest)
        self._pay(call, number, given.guarantor, rest)

    def _choose(self, call: Call, asset: int, number: int) -> None:
        self.chosen[asset] = number
        self.emit(call, "GuaranteeChosen", asset, number)

    def _chosen(self, asset: int) -> int:
        number = self.chosen.get(asset, 0)
        return number if number and self.buybacks[number - 1].stage == LIVE else 0

    def _take_in(self, call: Call, number: int, amount: int) -> None:
        token = int.from_bytes(self.buybacks[number - 1].terms["currency"], "big")
        inner = call.by(self.address)
        self.world.accounts.transfer_from(inner, call.sender, self.account_of(number), token, amount)

    def _pay(self, call: Call, number: int, to: bytes, amount: int) -> None:
        if amount:
            currency = self.buybacks[number - 1].terms["currency"]
            self.world.accounts.move_from(call.by(self.address), word(number), to, currency, amount)

    # Internals: parties

    def known(self, number: int) -> Buyback:
        if not 0 < number <= len(self.buybacks):
            raise Refused(f"there is no guarantee {number}")
        return self.buybacks[number - 1]

    def _live(self, number: int) -> Buyback:
        given = self.known(number)
        self.refuse_unless(given.stage == LIVE, "the guarantee has ended")
        return given

    def _order(self, given: Buyback, order: int) -> Order:
        found = self.world.market.known(order)
        self.refuse_unless(found.asset == given.terms["asset"], "an order on another machine")
        return found

    def _check_owner(self, call: Call, given: Buyback) -> None:
        owner = self.world.assets.known(given.terms["asset"]).owner
        self.refuse_unless(call.sender == owner, "only the title owner")
