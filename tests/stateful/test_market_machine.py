"""Hypothesis drives orders, bids, evidence, disputes, reserves, sales, liens and pauses in any order; I-1, I-2, I-11,
I-13 and the whole state are exact after each step, refusals carry the model's error, and in the end anyone ends every
order and everything can be taken out (I-14), everything paused or not (I-15)."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.helpers.anvil import Node
from tests.models.orders import ASSIGNED, DELIVERED, DISPUTED, OPEN, PAID, Order
from tests.stateful.market_world import DAY, EUR, HOUR, PAPER, WORK_TIME, MarketWorld, check

picks = st.integers(0, 1_000)
prices = st.lists(st.integers(1, 9 * EUR), min_size=1, max_size=3)
OPENERS = ["provider", "provider", "watcher", "customer", "customer", "stranger"]
ENDED_BY_TIME = ["lapse", "expire", "release", "endSilent"]
STEPS = ["accept", "acceptLowest", "deliver", "approve", "dispute", "cancel", "abandon", *ENDED_BY_TIME]
NO_STATUS = (0, 0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def world():
    with Node("--accounts", "16", "--timestamp", "1700000000") as node:
        yield MarketWorld(node.port)


class MarketMachine(RuleBasedStateMachine):
    """`world` is built once; each run starts from the same chain snapshot and a fresh copy of the books."""

    world: MarketWorld

    @initialize()
    def begin(self):
        world = self.world
        world.reset()
        world.open(world.providers[0], 1, 0, 9 * EUR, 3 * HOUR, by_rule=True)
        world.open(world.customers[0], 1, 1, 9 * EUR, 3 * HOUR, by_rule=False)
        world.open(world.providers[0], 2, 0, 9 * EUR, 3 * HOUR, by_rule=False)
        world.pledge(2)

    @rule(
        who=st.sampled_from(OPENERS), asset=st.integers(1, 2), ceiling=st.integers(1, 12 * EUR),
        bidding=st.sampled_from([60, HOUR, 6 * HOUR]), by_rule=st.booleans(),
    )  # fmt: skip
    def open(self, who, asset, ceiling, bidding, by_rule):
        world = self.world
        sender = {
            "provider": world.model.owner[asset], "watcher": world.watcher, "customer": world.customers[asset - 1],
            "stranger": world.stranger,
        }[who]  # fmt: skip
        world.open(sender, asset, asset * (who == "customer"), ceiling, bidding, by_rule and who != "customer")

    @rule(pick=picks, worker=st.integers(0, 3), price=st.integers(0, 12 * EUR))
    def bid(self, pick, worker, price):
        self._bid(self._unfinished(pick), worker, price)

    def _bid(self, found: tuple[int, Order], worker: int, price: int):
        world, (number, order) = self.world, found
        sender = [*world.workers, world.arbiters[0]][worker]

        def act(now: int) -> None:
            world.model.bid(order, sender, price, WORK_TIME, now)

        world.step(sender, "bid", act, number, price, WORK_TIME)

    @rule(ways=st.lists(st.tuples(picks, st.integers(0, 7), prices), min_size=3, max_size=6))
    def advance_some(self, ways):
        """Several at a time: drawn runs are short, and an order has far to go."""
        for pick, way, offered in ways:
            self._advance(pick, way, offered)
            check(self.world)

    def _advance(self, pick: int, way: int, offered: list[int]):
        """One of the ways that lead on from where an unfinished order stands, by who may take it, in its time."""
        world = self.world
        number, order = self._unfinished(pick)
        if order.stage >= PAID or (
            order.stage == OPEN and world.chain.now + 9 > order.bidding_until and not order.bids
        ):
            asset = 1 + pick % 2
            self.open("customer" if way > 4 else "provider", asset, 9 * EUR, 6 * HOUR, way % 2 == 0)
            number, order = list(world.model.orders.items())[-1]
        if order.stage == OPEN:
            for worker, price in enumerate(offered):
                self._bid((number, order), worker, min(price, order.ceiling))
        step = {
            OPEN: ["accept"] * 6 + ["cancel", "lapse"],
            ASSIGNED: ["deliver"] * 6 + ["abandon", "expire"],
            DELIVERED: ["approve"] * 3 + ["dispute"] * 3 + ["release"] * 2,
            DISPUTED: ["rule"] * 5 + ["endSilent"] * 3,
        }.get(order.stage, ["approve"] * 8)[way]
        if step == "rule":
            for arbiter in (0, 1, 2):
                self._judge(number, order, arbiter, (0, 3_333, 10_000)[pick % 3])
            return
        if step == "accept" and order.by_rule:
            step = "acceptLowest"
            self._reach(order.bidding_until)
        elif step in ENDED_BY_TIME:
            self._reach(world.model.ends_behind(order) + 1)
        right = order.worker if step in ("deliver", "abandon") else world.model.owner[order.asset]
        self._take(step, number, order, right, pick)

    @rule(tries=st.lists(st.tuples(st.sampled_from(STEPS), picks, st.integers(0, 11)), min_size=2, max_size=5))
    def try_anything(self, tries):
        """Any step, from any stage, by anybody, at any time: mostly refused."""
        orders = list(self.world.model.orders.items())
        for step, pick, who in tries:
            number, order = orders[pick % len(orders)]
            self._take(step, number, order, self.world.people[who], pick)

    def _take(self, step: str, number: int, order: Order, sender: str, pick: int):
        world, model = self.world, self.world.model
        bidders = [*order.bids, world.stranger]
        bidder = bidders[pick % len(bidders)]
        if order.by_rule and step == "acceptLowest":
            sender = world.stranger
        acts = {
            "accept": (lambda now: model.accept(order, sender, bidder, now), (bidder,)),
            "acceptLowest": (lambda now: model.accept_lowest(order, now), ()),
            "cancel": (lambda now: model.cancel(order, sender), ()),
            "lapse": (lambda now: model.lapse(order, now), ()),
            "abandon": (lambda now: model.abandon(order, sender), ()),
            "expire": (lambda now: model.expire(order, now), ()),
            "deliver": (
                lambda now: model.deliver(order, sender, now),
                ((PAPER, "", [], []), NO_STATUS, b""),
            ),
            "approve": (lambda now: model.approve(order, sender), ()),
            "release": (lambda now: model.release(order, now), ()),
            "dispute": (lambda now: model.dispute(order, sender, now), (PAPER, "")),
            "endSilent": (lambda now: model.end_silent(order, now), ()),
        }
        act, more = acts[step]
        world.step(sender, step, act, number, *more)

    @rule(pick=picks, arbiter=st.integers(0, 3), bps=st.sampled_from([0, 1, 3_333, 10_000]))
    def judge(self, pick, arbiter, bps):
        number, order = self._unfinished(pick, DISPUTED)
        self._judge(number, order, arbiter, bps)

    def _judge(self, number: int, order: Order, arbiter: int, bps: int):
        world = self.world
        sender = [*world.arbiters, world.stranger][arbiter]
        world.step(sender, "rule", lambda now: world.model.rule(order, sender, bps, now), number, bps, PAPER)

    @rule(seconds=st.sampled_from([1, 60, HOUR, 2 * HOUR, 5 * HOUR, 31 * DAY]))
    def wait(self, seconds):
        self.world.wait(seconds)

    # Money, titles, pauses

    @rule(kind=st.sampled_from(["fill", "fill", "take", "gift", "earn", "allow", "skim"]), pick=picks,
          amount=st.integers(1, 9 * EUR))  # fmt: skip
    def move_money(self, kind, pick, amount):
        world, asset = self.world, 1 + pick % 2
        owner = world.model.owner[asset]
        match kind:
            case "fill":
                world.transfer(owner, world.model.reserve(asset), amount)
            case "take":
                sender = world.people[pick % len(world.people)] if pick % 5 == 0 else owner
                world.step(
                    sender, "releaseReserve",
                    lambda now: world.model.release_reserve(asset, sender, amount, sender),
                    asset, world.currency, amount, sender,
                )  # fmt: skip
            case "gift":
                world.transfer(owner, world.model.escrow_account, amount % 9 + 1)
            case "earn":
                world.withdraw_all(world.workers[pick % 3])
            case "allow":
                token = int(world.currency, 16)
                world.do(owner, "PrepaidAccounts", "approve", world.market.address, token, amount)
                world.books.approve(owner, world.market.address, world.currency, amount)
            case _:
                world.skim()

    @rule(on=st.sampled_from([True, False, False]))
    def pause(self, on):
        self.world.pause(on)

    @rule(ways=st.lists(st.tuples(st.sampled_from(["owner", "lender", "pledge"]), st.integers(1, 2)), max_size=3))
    def move_titles(self, ways):
        """Sold by owner or lender, pledged or redeemed: in most states one of these is refused."""
        for way, asset in ways:
            if way == "pledge":
                self.world.pledge(asset)
            else:
                self.world.sell(asset, by_lender=way == "lender")
            check(self.world)

    @invariant()
    def everything_is_as_the_model_says(self):
        check(self.world)

    def teardown(self):
        """I-14, I-15: with everything paused, a stranger ends every order, and every account is emptied."""
        world = self.world
        world.pause(True)
        for number, order in world.model.orders.items():
            while order.stage < PAID:
                self._reach(world.model.ends_behind(order) + 1)
                step = {OPEN: "lapse", ASSIGNED: "expire", DELIVERED: "release", DISPUTED: "endSilent"}[order.stage]
                self._take(step, number, order, world.stranger, 0)
        assert world.model.escrowed() == 0
        world.pause(True)
        world.skim()
        for asset, owner in world.model.owner.items():
            kept = world.books.balance(world.model.reserve(asset), world.currency)
            holder = world.model.lienholder.get(asset, owner)
            arguments = (asset, world.currency, kept, owner)
            world.step(
                holder, "releaseReserve",
                lambda now, by=holder, a=arguments: world.model.release_reserve(a[0], by, a[2], a[3]), *arguments,
            )  # fmt: skip
        for person in (*world.people, world.community):
            world.withdraw_all(person)
        check(world)
        # What is left are the holds of the two agreements, which this machine does not end.
        assert world.books.total(world.currency) == 4 * EUR, "I-14"

    def _unfinished(self, pick: int, stage: int = 0) -> tuple[int, Order]:
        """One in this stage if there is, else any that has not ended, else the last."""
        orders = list(self.world.model.orders.items())
        waiting = [found for found in orders if found[1].stage < PAID]
        found = [each for each in waiting if each[1].stage == stage] or waiting or orders[-1:]
        return found[pick % len(found)]

    def _reach(self, time: int):
        """The next block is not before `time`."""
        self.world.wait(max(0, time - self.world.chain.now - 1))


def test_i11_i13_i14_i15_market_machine(world):
    MarketMachine.world = world
    # A third of the profile's examples (tests/conftest.py): each is forty steps on a chain.
    third = settings.default.max_examples // 3
    run_state_machine_as_test(
        MarketMachine, settings=settings(max_examples=third, stateful_step_count=40, deadline=None)
    )
