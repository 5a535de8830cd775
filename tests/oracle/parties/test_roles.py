"""Who may do what about service, parts, ends and bookings: every function by every role, on one prepared chain.

Nothing is sent: a node says what would become of each call.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from oracle.chain.contracts import contract, load_artefact
from oracle.chain.node_errors import CallReverted, typed_errors
from oracle.domain.hand_overs import CoreGrade
from oracle.domain.hashing import keccak
from oracle.parties import assets, bookings, collections, components, next_use, orders, reserves
from oracle.parties.bookings import Rules
from oracle.parties.next_use import NextUse
from oracle.parties.orders import NOTHING, Document, Kind, Need, ServiceTerms
from oracle.parties.reverts import explain
from oracle.types import ZERO_ADDRESS, BaseUnits, Seconds, UnixTime
from tests.e2e.world import MAKER, PROVIDER

HOUR, DAY, EUR = 3_600, 86_400, 1_000_000
PAPER = Document(keccak(b"paper"), "ipfs://paper")
STEEL = b"steel".ljust(32, b"\0")
NO_STATUS = ((0, 0, 0, 0, 0, 0), b"")
CONTRACTS = (
    "ServiceMarket", "ServiceTermsBook", "HandOvers", "WorkerList", "Components", "EndOfLife", "Reservations",
)  # fmt: skip
INDEX = {
    "guardian": 2, "listing": 1, "maker": MAKER, "provider": PROVIDER, "customer": 14, "worker": 7, "arbiter": 12,
    "watcher": 15, "outsider": 13,
}  # fmt: skip
ANYONE = frozenset(INDEX)
NOBODY: frozenset[str] = frozenset()
DENIED = {
    "AccessManagedUnauthorized", "Components_StepConsentMissing", "EndOfLife_NotMaker", "EndOfLife_NotTaker",
    "EndOfLife_NotTitleOwner", "Market_AgreementMismatch", "Market_Ineligible", "Market_MayNotOpen",
    "Market_NotArbiter", "Market_NotParty", "Market_NotProvider", "Market_NotWorker", "Market_OwnOrder",
    "Market_WorkerIsArbiter",
    "Reservations_NotArbiter", "Reservations_NotCustomer", "Reservations_NotParty", "Reservations_NotProvider",
    "Terms_NotProvider",
}  # fmt: skip
# Function: who may; arguments from the scene; what else may stand in everybody's way there.
NOW = {
    "ServiceMarket.open": ({"provider", "watcher"}, lambda s: [s.request(0)], ""),
    "ServiceMarket.open as customer": ({"customer"}, lambda s: [s.request(s.agreement)], ""),
    "ServiceMarket.bid": ({"worker"}, lambda s: [s.open, EUR // 4, HOUR], ""),
    "ServiceMarket.accept": ({"provider"}, lambda s: [s.open, s.account("worker")], ""),
    "ServiceMarket.cancel": ({"provider"}, lambda s: [s.open], ""),
    "ServiceMarket.abandon": ({"worker"}, lambda s: [s.assigned], ""),
    "ServiceMarket.deliver": ({"worker"}, lambda s: [s.assigned, (PAPER.hash, "", [], []), *NO_STATUS], ""),
    "ServiceMarket.approve": ({"provider"}, lambda s: [s.delivered], ""),
    "ServiceMarket.dispute": ({"provider", "customer"}, lambda s: [s.delivered, PAPER.hash, ""], ""),
    "ServiceMarket.rule": ({"arbiter"}, lambda s: [s.disputed, 10_000, PAPER.hash], ""),
    "ServiceMarket.payCore": (ANYONE, lambda s: [s.returned], ""),
    "ServiceMarket.releaseReserve": ({"provider"}, lambda s: [s.asset, s.euro, 0, s.account("outsider")], ""),
    "ServiceMarket.skimSurplus": (ANYONE, lambda s: [s.euro], "Market_NoSurplus"),
    "ServiceMarket.setEligibility": ({"listing"}, lambda s: [s.platform.addresses["WorkerList"]], ""),
    "ServiceMarket.pause": ({"guardian"}, lambda s: [], ""),
    "ServiceMarket.unpause": ({"guardian"}, lambda s: [], "ExpectedPause"),
    "ServiceMarket.setAuthority": (NOBODY, lambda s: [s.account("outsider")], ""),
    "ServiceTermsBook.publish": (ANYONE, lambda s: [s.terms, [0] * 4, [s.account("arbiter")]], ""),
    "ServiceTermsBook.choose": ({"provider"}, lambda s: [s.asset, 1], ""),
    "ServiceTermsBook.appointWatcher": ({"provider"}, lambda s: [s.asset, s.account("outsider"), True], ""),
    "HandOvers.handOver": (ANYONE, lambda s: s.hand_over, ""),
    "HandOvers.cancelNonce": (ANYONE, lambda s: [1], ""),
    "WorkerList.admit": ({"listing"}, lambda s: [s.account("outsider"), 1], ""),
    "WorkerList.setAuthority": (NOBODY, lambda s: [s.account("outsider")], ""),
    "Components.attach": ({"provider"}, lambda s: [s.part, s.worn, s.step], ""),
    "Components.detach": ({"provider"}, lambda s: [s.motor, s.account("provider"), s.step], ""),
    "Components.consentToAttach": (ANYONE, lambda s: [s.part, s.worn, s.step], ""),
    "Components.consentToDetach": (ANYONE, lambda s: [s.motor, s.account("provider"), s.step], ""),
    "Components.excludeFromLien": (ANYONE, lambda s: [s.motor, True], ""),
    "EndOfLife.promiseTakeBack": ({"maker"}, lambda s: [s.part, s.far, bytes(32)], ""),
    "EndOfLife.promiseTakeBacks": ({"maker"}, lambda s: [[s.part, s.motor], s.far, bytes(32)], ""),
    "EndOfLife.waiveTakeBack": ({"provider"}, lambda s: [s.asset], ""),
    "EndOfLife.decide": ({"provider"}, lambda s: [s.worn, 2, ZERO_ADDRESS, PAPER.hash, ""], ""),
    "EndOfLife.acceptTitle": ({"maker"}, lambda s: [s.given], ""),
    "EndOfLife.decline": ({"maker"}, lambda s: [s.given, PAPER.hash], ""),
    "EndOfLife.recordRecovery": ({"provider"}, lambda s: [s.ended, [(STEEL, 1, 0)], PAPER.hash], ""),
    "Reservations.setRules": ({"provider"}, lambda s: [s.asset, s.rules, [s.account("arbiter")]], ""),
    "Reservations.stopBooking": ({"provider"}, lambda s: [s.asset], ""),
    "Reservations.book": (ANYONE, lambda s: [s.asset, s.slot + 2 * DAY, s.slot + 3 * DAY, 0], ""),
    "Reservations.cancel": ({"provider", "customer"}, lambda s: [s.ahead], ""),
    "Reservations.checkIn": ({"customer"}, lambda s: [s.booked], ""),
    "Reservations.reportReturn": ({"customer"}, lambda s: [s.checked_in, PAPER.hash, ""], ""),
    "Reservations.contest": ({"provider"}, lambda s: [s.checked_in, 0, PAPER.hash, ""], ""),
    "Reservations.rule": ({"arbiter"}, lambda s: [s.contested, 0, PAPER.hash], ""),
    "Reservations.proveUse": (ANYONE, lambda s: [s.booked], "Reservations_NotUsed"),
    "Reservations.skimSurplus": (ANYONE, lambda s: [s.euro], "Reservations_NoSurplus"),
}  # fmt: skip
AFTER_BIDDING = {"ServiceMarket.acceptLowest": (ANYONE, lambda s: [s.by_rule], "")}
LONG_AFTER = {
    "ServiceMarket.lapse": (ANYONE, lambda s: [s.open], ""),
    "ServiceMarket.expire": (ANYONE, lambda s: [s.assigned], ""),
    "ServiceMarket.release": (ANYONE, lambda s: [s.delivered], ""),
    "ServiceMarket.endSilent": (ANYONE, lambda s: [s.disputed], ""),
    "Reservations.forfeit": (ANYONE, lambda s: [s.booked], ""),
    "Reservations.release": (ANYONE, lambda s: [s.checked_in], ""),
}


def test_every_function_has_its_row():
    rows = {name.split(" ")[0] for name in (*NOW, *AFTER_BIDDING, *LONG_AFTER)}
    abis = {name: load_artefact(name)["abi"] for name in CONTRACTS}
    changing = ("nonpayable", "payable")
    functions = {
        f"{name}.{item['name']}" for name, abi in abis.items() for item in abi
        if item["type"] == "function" and item["stateMutability"] in changing
    }  # fmt: skip
    assert rows == functions


@pytest.fixture(scope="module")
def scene(deployed_world):
    world = deployed_world
    before = world.snapshot()
    world.set_clock()
    yield Scene(world).scene
    world.revert(before)


class Scene:
    """One order, machine and booking in each stage that a row needs."""

    def __init__(self, world) -> None:
        self.world = world
        self.who = {name: world.wallet(index) for name, index in INDEX.items()}
        self.provider, self.customer, self.worker = (self.who[name] for name in ("provider", "customer", "worker"))
        self.now = world.client.block(world.client.head()).time
        self.machine = world.machine()
        self.scene = SimpleNamespace(
            platform=world.platform, client=world.client, world=world, who=self.who, euro=world.currency.address,
            asset=self.machine.asset, account=lambda name: self.who[name].address, far=self.now + 100 * DAY,
        )  # fmt: skip
        self.orders()
        self.ends()
        self.bookings()

    def orders(self) -> None:
        scene = self.scene
        hires = [self.world.hire(self.machine, customer=INDEX["customer"], exclusive=False) for _ in range(2)]
        terms = ServiceTerms(
            scene.euro, BaseUnits(EUR), 0, BaseUnits(9 * EUR), BaseUnits(0), *[Seconds(2 * HOUR)] * 4, Seconds(DAY),
            0, 1, False, False, keccak(b"terms"),
        )  # fmt: skip
        orders.publish_terms(self.provider, terms, [BaseUnits(0)] * 4, [scene.account("arbiter")])
        scene.terms = scene.client.call(scene.platform.service_terms.functions.termsOf(1))
        orders.choose_terms(self.provider, scene.asset, 1)
        orders.appoint_watcher(self.provider, scene.asset, scene.account("watcher"), True)
        self.world.give(PROVIDER, 9 * EUR)
        orders.allow(self.provider, self.world.currency, BaseUnits(9 * EUR))
        reserves.fund(self.provider, scene.asset, self.world.currency, BaseUnits(5 * EUR))
        scene.agreement = hires[0].agreement
        scene.request = lambda agreement, kind=Kind.REPAIR: (
            scene.asset, int(kind), agreement, EUR, self.now + 5 * HOUR, HOUR, False, PAPER.hash, ""
        )  # fmt: skip
        scene.delivered = self._assigned(Kind.REPAIR, self.customer, hires[1].agreement)
        orders.deliver(self.worker, scene.delivered, PAPER)
        scene.disputed = self._assigned(Kind.REPAIR)
        orders.deliver(self.worker, scene.disputed, PAPER)
        orders.dispute(self.provider, scene.disputed, PAPER)
        scene.assigned, scene.open = self._assigned(Kind.REPAIR), self._bid_for(Kind.REPAIR)
        scene.by_rule = self._bid_for(Kind.REPAIR, self.who["watcher"], by_rule=True)
        scene.returned = self._assigned(Kind.COLLECT)
        for giver, taker, grade in (
            (self.customer, self.worker, CoreGrade.NONE),
            (self.worker, self.provider, CoreGrade.A),
        ):
            collections.submit(self.provider, self._signed(scene.returned, giver, taker, grade))
        paper = self._signed(self._assigned(Kind.COLLECT), self.customer, self.worker, CoreGrade.NONE)
        scene.hand_over = [paper.form.values(), paper.giver_signature, paper.taker_signature]

    def _bid_for(self, kind, opener=None, agreement=None, by_rule=False):
        until, price = UnixTime(self.now + 3 * HOUR), BaseUnits(EUR // 2)
        need = Need(self.scene.asset, kind, agreement, BaseUnits(EUR), until, Seconds(HOUR), by_rule, NOTHING)
        order, _ = orders.open_order(opener or self.provider, need)
        orders.bid(self.worker, order, price, Seconds(HOUR))
        return order

    def _assigned(self, kind, opener=None, agreement=None):
        order = self._bid_for(kind, opener, agreement)
        orders.accept(self.provider, order, self.worker.address)
        return order

    def _signed(self, order, giver, taker, grade):
        deadline = UnixTime(self.now + DAY)
        paper = collections.draft(order, giver.address, taker.address, grade, PAPER.hash, deadline)
        return collections.sign(taker, collections.sign(giver, paper))

    def ends(self) -> None:
        scene, maker = self.scene, self.who["maker"]
        owners = {"worn": self.provider, "given": self.provider, "ended": self.provider, "part": maker, "motor": maker}
        for name, owner in owners.items():
            number, _ = assets.register(maker, name, f"role {name}", owner.address)
            setattr(scene, name, number)
        components.consent_to_attach(self.provider, scene.motor, scene.worn, components.ASSEMBLING)
        components.attach(maker, scene.motor, scene.worn, components.ASSEMBLING)
        next_use.decide(self.provider, scene.worn, NextUse.REPAIR, None, PAPER)
        next_use.decide(self.provider, scene.given, NextUse.REFURBISH, maker.address, PAPER)
        next_use.decide(self.provider, scene.ended, NextUse.RECYCLE, None, PAPER)
        step = components.standing_step(scene.client, scene.platform, scene.worn)
        components.consent_to_attach(maker, scene.part, scene.worn, step)
        scene.step = step.values()

    def bookings(self) -> None:
        scene = self.scene
        rules = Rules(scene.euro, BaseUnits(0), 0, Seconds(DAY), 9, Seconds(9 * DAY), *map(Seconds, (0, HOUR, DAY)))
        scene.rules, scene.slot = rules.values(), self.now // DAY * DAY
        made = []
        for asset in (scene.asset, self.world.machine().asset, self.world.machine().asset):
            bookings.set_rules(self.provider, asset, rules, [scene.account("arbiter")])
            begins, ends = UnixTime(scene.slot), UnixTime(scene.slot + 2 * DAY)
            made.append(bookings.book(self.customer, asset, begins, ends, None)[0])
        scene.booked, scene.checked_in, scene.contested = made
        begins, ends = UnixTime(scene.slot + 5 * DAY), UnixTime(scene.slot + 6 * DAY)
        scene.ahead, _ = bookings.book(self.customer, scene.asset, begins, ends, None)
        for each in made[1:]:
            bookings.check_in(self.customer, each)
        bookings.contest(self.provider, scene.contested, None, PAPER)


def outcome(scene, name, arguments, role) -> str:
    """Empty where the call would go through, else the typed error."""
    where, function = name.split(" ")[0].split(".")
    bound = contract(scene.client.web3, where, scene.platform.addresses[where]).get_function_by_name(function)
    try:
        with typed_errors(function):
            bound(*arguments).call({"from": scene.who[role].address})
    except CallReverted as error:
        return explain(error, function).code
    return ""


def check(scene, table) -> None:
    wrong = {}
    for name, (allowed, arguments, elsewise) in table.items():
        found = {role: outcome(scene, name, arguments(scene), role) for role in INDEX}
        bad = {
            role: code or "went through"
            for role, code in found.items()
            if (code != elsewise if role in allowed else code not in DENIED)
        }
        if bad:
            wrong[name] = bad
    assert wrong == {}


def test_each_function_is_for_its_roles_only(scene):
    check(scene, NOW)


def test_what_has_waited_long_enough_anyone_ends(scene):
    before = scene.world.snapshot()
    scene.world.mine(seconds=3 * HOUR + 60)
    check(scene, AFTER_BIDDING)
    scene.world.mine(seconds=60 * DAY)
    check(scene, LONG_AFTER)
    scene.world.revert(before)
