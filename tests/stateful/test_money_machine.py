"""Hypothesis drives accounts, agreements, settlement, splits, titles and pauses in any order; I-1 to I-7 and the whole
state are exact after each step, and in the end everything can be taken out (I-14), everything paused or not (I-15)."""

from __future__ import annotations

import pytest
from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from oracle.domain.hashing import keccak
from oracle.domain.signatures import SigningKey
from tests.helpers.anvil import Node
from tests.models.agreements import CLOCK_NOT_SYNCHRONISED, FINAL, Usage
from tests.stateful.checks import check
from tests.stateful.world import DAY, EUR, KEYS, Hire, World

FORGER = SigningKey(keccak(b"forger"))

# What is named twice comes twice as often.
MONEY = ["deposit", "withdraw", "transfer", "allow", "gift to the ledger", "gift to holds", "gift to a split"]
CHANGES = [*["accrue"] * 3, *["refill"] * 2, "suspend", "resume", "end", "end as provider", *["close"] * 2]
FRAME = ["change shares", *["repoint"] * 2, *["sell"] * 2, "pause", *["unpause"] * 2, "skim"]

amounts = st.one_of(st.integers(1, 40 * EUR), st.integers(1, 9))
customers = st.integers(0, 2)
currencies = st.integers(0, 1)
picks = st.integers(0, 1_000)
kinds = ["next", "next", "next", "again", "older", "forged", "ahead", "untimed", "final", "jump"]
wishes = st.lists(
    st.tuples(picks, st.sampled_from(kinds), st.tuples(*[st.integers(0, 900_000)] * 4), st.integers(0, 4_000)),
    min_size=1,
    max_size=4,
)
shares = st.lists(st.integers(1, 1_000), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def world():
    with Node("--accounts", "12", "--timestamp", "1700000000") as node:
        yield World(node.port)


class MoneyMachine(RuleBasedStateMachine):
    """`world` is built once; each run starts from the same chain snapshot and a fresh copy of the books."""

    world: World

    @initialize()
    def begin(self):
        self.world.reset()
        for number, customer in enumerate(self.world.customers):
            currency = self.world.terms[1 + number][0]
            self.world.try_deposit(customer, currency, 30 * EUR)
            self.world.allow(customer, currency, 20 * EUR)
            self.world.open(customer, 1 + number, 1 + number, 2 * EUR + number, 15 * EUR, DAY)

    # Money by its owners

    @rule(
        kind=st.sampled_from(MONEY),
        customer=customers, currency=currencies, amount=amounts, pick=picks,
    )  # fmt: skip
    def move_money(self, kind, customer, currency, amount, pick):
        world = self.world
        who, currency = world.customers[customer], world.currencies[currency]
        split = world.splits.account_of(1 + pick % len(world.splits.splits))
        match kind:
            case "deposit":
                world.try_deposit(who, currency, amount)
            case "withdraw":
                world.withdraw(who, currency, amount)
            case "transfer":
                world.transfer(who, world.customers[pick % 3], currency, amount)
            case "allow":
                world.allow(who, currency, amount)
            case "gift to the ledger":
                world.gift_tokens(currency, amount)
            case "gift to holds":
                world.transfer(who, world.holds_account, currency, amount)
            case _:
                world.transfer(who, split, currency, amount)

    # Agreements

    @rule(
        customer=customers, asset=st.integers(1, 3), tariff=st.integers(1, 3),
        extra=st.integers(0, 6 * EUR), cap=st.integers(0, 20 * EUR), period=st.sampled_from([0, 3_600, DAY, 30 * DAY]),
    )  # fmt: skip
    def open(self, customer, asset, tariff, extra, cap, period):
        world = self.world
        hold = 2 * EUR + extra
        currency, who = world.terms[tariff][0], world.customers[customer]
        if extra % 3:
            # Mostly customers come prepared.
            world.try_deposit(who, currency, hold + cap)
            world.allow(who, currency, hold + cap)
        world.open(who, asset, tariff, hold, hold + cap, period)

    @rule(wishes=wishes)
    def settle(self, wishes):
        self.world.settle([self._item(*wish) for wish in wishes])

    @rule(wishes=wishes, seconds=st.integers(1, DAY))
    def use_for_a_while_and_settle(self, wishes, seconds):
        self.world.wait(seconds)
        self.settle(wishes)

    def _item(self, pick: int, kind: str, growth: tuple[int, ...], age: int):
        hire = self._hire(pick)
        last = hire.given[-1] if hire.given else Usage(0, hire.model.opened_at, (0, 0, 0, 0))
        if kind in ("again", "older") and hire.given:
            usage = hire.given[-1] if kind == "again" else hire.given[pick % len(hire.given)]
            return hire, usage, KEYS[hire.asset - 1]
        factor = 1_000 if kind == "jump" else 1
        registers = tuple(r + g * factor for r, g in zip(last.registers, growth, strict=True))
        time = max(last.time, self.world.chain.now - age) + (10_000 if kind == "ahead" else 0)
        flags = {"untimed": CLOCK_NOT_SYNCHRONISED, "final": FINAL}.get(kind, 0)
        usage = Usage(last.sequence + 1, time, registers, flags)
        if kind == "forged":
            return hire, usage, FORGER
        if kind not in ("ahead", "jump"):
            hire.given.append(usage)
        return hire, usage, KEYS[hire.asset - 1]

    @rule(
        kind=st.sampled_from(CHANGES),
        pick=picks,
    )  # fmt: skip
    def change_an_agreement(self, kind, pick):
        world = self.world
        hire = self._hire(pick)
        model = hire.model
        assume(not model.closed)
        match kind:
            case "accrue":
                world.accrue(hire)
            case "refill":
                assume(not model.end_at and not model.suspended)
                world.refill(hire)
            case "suspend" | "resume":
                world.suspend(hire, kind == "suspend")
            case "close":
                assume(model.end_at)
                if not model.may_close(world.chain.now + 1):
                    world.wait(model.end_at - world.chain.now)
                world.close(hire)
            case _:
                assume(not model.end_at)
                world.end(hire, kind == "end as provider")

    @rule(pick=picks, cap=st.integers(0, 20 * EUR), period=st.sampled_from([0, 3_600, DAY]))
    def set_cap(self, pick, cap, period):
        self.world.set_cap(self._hire(pick), cap, period)

    @rule(seconds=st.sampled_from([1, 60, 3_599, 3_600, DAY, 3 * DAY, 31 * DAY]))
    def wait(self, seconds):
        self.world.wait(seconds)

    # Splits, titles, pauses

    @rule(pick=picks, currency=currencies)
    def distribute(self, pick, currency):
        self.world.distribute(1 + pick % len(self.world.splits.splits), self.world.currencies[currency])

    @rule(
        kind=st.sampled_from(FRAME),
        asset=st.integers(1, 3), pick=picks, shares=shares,
    )  # fmt: skip
    def change_the_frame(self, kind, asset, pick, shares):
        world = self.world
        split = 1 + pick % len(world.splits.splits)
        match kind:
            case "change shares":
                people = [world.maker, world.repairer, *world.providers]
                world.change_shares(split, list(zip(people, shares, strict=False)))
            case "repoint" if world.splits.splits[world.split_of[asset]].controller == world.owner_of[asset]:
                world.repoint(asset, split)
            case "sell" if len(world.splits.splits) < 6:
                world.sell(asset)
            case "pause" | "unpause":
                world.pause(kind == "pause")
            case "skim":
                world.skim(world.currencies[pick % 2])

    @invariant()
    def books_and_chain_agree(self):
        check(self.world)

    def teardown(self):
        """I-14, I-15: everybody leaves, with everything paused, and only gifts to the ledger itself stay behind."""
        world = self.world
        world.pause(True)
        for hire in world.hires:
            if not hire.model.closed and not hire.model.end_at:
                world.end(hire, by_provider=False)
        world.wait(31 * DAY)
        world.pause(True)
        for hire in world.hires:
            if not hire.model.closed:
                world.close(hire)
        for split in list(world.splits.splits):
            world.change_shares(split, [(world.repairer, 1)])
            for currency in world.currencies:
                world.distribute(split, currency)
        for currency in world.currencies:
            world.skim(currency)
            for (owner, held_currency), amount in list(world.books.balances.items()):
                if held_currency == currency and amount:
                    world.withdraw(owner, currency, amount)
        check(world)
        for currency in world.currencies:
            assert world.books.total(currency) == 0, "I-14"

    def _hire(self, pick: int) -> Hire:
        return self.world.hires[pick % len(self.world.hires)]


def test_i1_to_i7_i14_i15_money_machine(world):
    MoneyMachine.world = world
    # Half of the profile's examples (tests/conftest.py): each is forty steps on a chain.
    half = settings.default.max_examples // 2
    run_state_machine_as_test(MoneyMachine, settings=settings(max_examples=half, stateful_step_count=40, deadline=None))
