"""Hypothesis drives a pool of spares in any order: a spare is in one place (I-12), money is conserved after each step,
nobody is overtaken, refusals carry the error of the model, and in the end everything leaves (I-14), paused (I-15)."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.helpers.anvil import Node
from tests.models.pools import CALLED, CUSTODY, DAY, DOWN, KEEPER, ON_LOAN, OPEN, RETIREMENT, SHELF, UP
from tests.stateful.pool_acts import PoolActs
from tests.stateful.pool_world import EUR, MODELS, POOLS, SPARES, STOCK, TERMS, check

picks = st.integers(0, 1_000)
amounts = st.sampled_from([1, 50_021, 300_007, 333_333, EUR, 2 * EUR])
loans = st.tuples(picks, st.sampled_from([0, 1, 4, 6, 19, 21, 40]), st.integers(0, 7), st.booleans())


@pytest.fixture(scope="module")
def world():
    with Node("--accounts", "16", "--timestamp", "1700000000") as node:
        yield PoolActs(node.port)


class PoolMachine(RuleBasedStateMachine):
    """`world` is built once; each run starts from the same chain snapshot and a fresh copy of the books."""

    world: PoolActs

    @initialize(lived=st.lists(loans, min_size=2, max_size=4))
    def begin(self, lived):
        """Four members, a spare of each model, waiting times over, and some loans behind them."""
        world = self.world
        world.reset()
        world.found()
        for one in lived:
            self.live(one)

    # Members

    @rule(who=st.integers(0, 3), pick=picks, credit=amounts)
    def join(self, who, pick, credit):
        world, factory = self.world, self.world.factories[who]
        machines = [asset for asset, owner in world.model.owner.items() if owner == factory]
        asset = machines[pick % len(machines)] if machines and pick % 5 else pick % len(MODELS) + 1
        world.join(factory, asset, credit)

    @rule(what=st.sampled_from(["payIn", "payIn", "payOut", "restoreDeposit", "drawDues", "quit", "expel"]),
          pick=picks, amount=amounts)  # fmt: skip
    def tend(self, what, pick, amount):
        number = self._member(pick)
        self.world.tend(what, number, amount, by=self.world.stranger if pick % 7 == 0 else "")

    @rule(pick=picks, asset=st.sampled_from(sorted(MODELS)))
    def change_machine(self, pick, asset):
        world, number = self.world, self._member(pick)
        who = self.world.account(number)
        world.step(who, POOLS, "changeMachine", lambda t: world.model.change_machine(who, number, asset, t),
                   number, asset)  # fmt: skip

    @rule(what=st.sampled_from(["buy", "retire", "keeper"]), pick=picks, voters=st.integers(0, 15))
    def decide(self, what, pick, voters):
        world, asset = self.world, pick % len(MODELS) + 1
        if what == "buy":
            owner = world.model.owner[asset]
            world.offer(owner if owner in world.people else world.seller, asset, pick * 1_000, voters)
        elif what == "keeper":
            world.propose(self._member(pick), KEEPER, 0, [world.keeper, world.factories[0]][pick % 2], voters)
        else:
            world.propose(self._member(pick), RETIREMENT, asset, world.seller, voters)

    # Claims

    @rule(pick=picks, age=st.sampled_from([0, 0, 0, DAY // 2, 3 * DAY]), state=st.sampled_from([DOWN, DOWN, UP]),
          runs=st.booleans(), other=st.sampled_from([0, 0, 0, 1]))  # fmt: skip
    def claim(self, pick, age, state, runs, other):
        self.world.claim(self._member(pick), age, state, runs, other)

    @rule(what=st.sampled_from(["withdraw", "lapse", "showUse", "showUseByStatus", "callOut", "forfeit"]),
          pick=picks, runs=st.booleans())  # fmt: skip
    def press(self, what, pick, runs):
        world, number = self.world, self._claim_number(pick)
        claim = world.model.claims.get(number)
        if what == "callOut":
            world.call_out(pick % 2)
        elif what.startswith("showUse"):
            world.show_use(number, runs, by_status=what.endswith("Status"))
        else:
            own = what == "withdraw" and claim and pick % 5
            world.press(what, number, by=world.account(claim.member) if own else "")

    # Loans

    @rule(pick=picks, unit=picks)
    def take_spare(self, pick, unit):
        self.world.take(self._claim_number(pick), unit % len(MODELS) + 1)

    @rule(what=st.sampled_from(["bringDefective", "giveBack", "exchange", "buyOut"]), pick=picks,
          grade=st.integers(0, 4), other=st.sampled_from([0, 0, 0, 1]))  # fmt: skip
    def end_loan(self, what, pick, grade, other):
        self.world.end(what, self._claim_number(pick), grade, other)

    @rule(one=loans)
    def live(self, one):
        """A breakdown from claim to end, as far as it comes."""
        pick, days, way, arrives = one
        world, number = self.world, self._member(pick)
        if not self.world.claim(number):
            return
        claim = len(world.model.claims)
        kind = world.model.claims[claim].model
        ready = [asset for asset, unit in world.model.units.items() if unit.place == SHELF and unit.model == kind]
        if ready:
            self.world.take(claim, ready[pick % len(ready)])
        if arrives:
            self.world.end("bringDefective", claim)
        world.chain.warp(days * DAY)
        self._mine()
        check(world)
        if way < 6:
            self.world.end(
                ["giveBack", "giveBack", "exchange", "buyOut", "giveBack", "exchange"][way], claim, pick % 4 + 1
            )

    @rule(order=st.permutations(range(4)), called=st.booleans(), days=st.sampled_from([0, 1, 4]), back=st.booleans())
    def crowd(self, order, called, days, back):
        """All break down at once; someone comes out of turn, and who was called out may let it pass."""
        world = self.world
        for pick in order:
            for number, member in list(world.model.present.items()):
                if number % 4 == pick:
                    world.tend("payIn", number, 2 * EUR)
                    if member.deposit < TERMS.deposit:
                        world.tend("restoreDeposit", number)
                    self.world.claim(number)
        if called:
            world.call_out(0)
            world.chain.warp(days * DAY)
        waiting = [number for number, one in world.model.claims.items() if one.stage in OPEN]
        if called and days:
            for claim in waiting:
                world.press("lapse", claim)
        for claim in waiting[::-1]:
            self.world.take(claim, next((asset for asset in SPARES if self._is_ready(asset, claim)), SPARES[0]))
            if back and world.model.claims[claim].stage == ON_LOAN:
                self.world.end("giveBack", claim)

    def _is_ready(self, asset, claim):
        unit = self.world.model.units.get(asset)
        return unit is not None and unit.place == SHELF and unit.model == self.world.model.claims[claim].model

    # The rest

    @rule(what=st.sampled_from(["withhold", "mend", "mend", "shelve"]), pick=picks, bid=st.sampled_from([0, 1, 99_991]))
    def stock(self, what, pick, bid):
        world, model, unit = self.world, self.world.model, pick % len(MODELS) + 1
        if what == "mend" and not world.is_paused():
            world.mend(unit, bid, by_keeper=bool(pick % 2))
        elif what == "withhold":
            world.step(model.keeper, STOCK, what, lambda t: world.model.withhold(model.keeper, unit), unit)
        elif what == "shelve":
            world.step(model.keeper, STOCK, what,
                       lambda t: world.model.shelve(model.keeper, unit, is_paid=False), unit)  # fmt: skip

    @rule(pick=picks, amount=st.integers(1, 999))
    def sell_or_give(self, pick, amount):
        world = self.world
        if pick % 3 == 0:
            world.sell(pick % len(MODELS) + 1, world.factories[amount % 4])
        elif world.books.balance(world.stranger, world.currency) >= amount:
            world.gift(amount)

    @rule(days=st.sampled_from([1, 1, 3, 5, 10, 30, 200]))
    def wait(self, days):
        self.world.chain.warp(days * DAY)

    @rule(on=st.sampled_from([False, False, True]))
    def pause(self, on):
        self.world.pause(on)

    @invariant()
    def everything_is_as_the_model_says(self):
        self._mine()
        check(self.world)

    def _mine(self):
        """Views answer at the last block's time."""
        self.world.chain.ask("evm_setNextBlockTimestamp", self.world.chain.now + 1)
        self.world.chain.ask("evm_mine")
        self.world.chain.now += 1

    def teardown(self):
        """I-14, I-15: with everything paused loans end, members leave, and the pool is empty of money and titles."""
        world = self.world
        world.pause(True)
        for number, claim in list(world.model.claims.items()):
            if claim.stage == ON_LOAN:
                self.world.end("giveBack", number)
            elif claim.stage in OPEN:
                world.press("withdraw", number, by=world.account(claim.member))
        for number in list(world.model.present):
            assert world.tend("quit", number), "I-15"
        for asset, unit in list(world.model.units.items()):
            if unit.place in CUSTODY:
                took = world.step(world.stranger, STOCK, "inheritSpare",
                                  lambda t, a=asset: world.model.inherit_spare(a, t), 1, asset)  # fmt: skip
                assert took, "I-14"
        if world.books.balance(world.model.account, world.currency):
            world.step(world.stranger, POOLS, "inheritCash", lambda t: world.model.inherit_cash(), 1)
        self._mine()
        check(world)
        assert world.books.balance(world.model.account, world.currency) == 0, "I-14"
        assert world.model.stock not in world.model.owner.values(), "I-14"
        assert not any(one.stage == CALLED for one in world.model.claims.values())

    def _member(self, pick: int) -> int:
        """Now and then one that nobody is."""
        return pick % (len(self.world.model.members) + (pick % 11 == 0)) + 1

    def _claim_number(self, pick: int) -> int:
        open_ = [number for number, one in self.world.model.claims.items() if one.stage in OPEN]
        if open_ and pick % 4:
            return open_[pick % len(open_)]
        return pick % (len(self.world.model.claims) + 1) + 1


def test_i12_i14_i15_pool_machine(world):
    PoolMachine.world = world
    # A third of the profile's examples (tests/conftest.py): each is thirty steps on a chain.
    third = settings.default.max_examples // 3
    run_state_machine_as_test(PoolMachine, settings=settings(max_examples=third, stateful_step_count=30, deadline=None))
