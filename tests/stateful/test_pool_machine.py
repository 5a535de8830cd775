"""Hypothesis drives a pool of spares in any order: a spare is in one place (I-12), money is conserved after each step,
nobody is overtaken, refusals carry the error of the model, and in the end everything leaves (I-14), paused (I-15)."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.helpers.anvil import Node
from tests.models.pools import CALLED, CUSTODY, DAY, DOWN, KEEPER, ON_LOAN, OPEN, RETIREMENT, SHELF, UP
from tests.stateful.pool_world import EUR, LOANS, MODELS, POOLS, PRICES, SPARES, STOCK, TERMS, PoolWorld, check

picks = st.integers(0, 1_000)
amounts = st.sampled_from([1, 50_021, 300_007, 333_333, EUR, 2 * EUR])
loans = st.tuples(picks, st.sampled_from([0, 1, 4, 6, 19, 21, 40]), st.integers(0, 7), st.booleans())


@pytest.fixture(scope="module")
def world():
    with Node("--accounts", "16", "--timestamp", "1700000000") as node:
        yield PoolWorld(node.port)


class PoolMachine(RuleBasedStateMachine):
    """`world` is built once; each run starts from the same chain snapshot and a fresh copy of the books."""

    world: PoolWorld

    @initialize(lived=st.lists(loans, min_size=2, max_size=4))
    def begin(self, lived):
        """Four members, a spare of each model, waiting times over, and some loans behind them."""
        world = self.world
        world.reset()
        for number in range(4):
            self.join(number, number, 3 * EUR)
        for number, asset in enumerate(SPARES[::2], 1):
            price = PRICES[MODELS[asset]].buy_out // 6
            self._decide(world.seller, "proposePurchase", (1, asset, price),
                         lambda t, a=asset, p=price: world.model.propose_purchase(world.seller, a, p, t))  # fmt: skip
            assert number == len(world.model.proposals)
        world.chain.warp(TERMS.waiting)
        for one in lived:
            self.live(one)

    # Members

    @rule(who=st.integers(0, 3), pick=picks, credit=amounts)
    def join(self, who, pick, credit):
        world, factory = self.world, self.world.factories[who]
        machines = [asset for asset, owner in world.model.owner.items() if owner == factory]
        asset = machines[pick % len(machines)] if machines and pick % 5 else pick % len(MODELS) + 1
        world.step(factory, POOLS, "join", lambda t: world.model.join(factory, asset, credit, t),
                   1, asset, world.rules_hash, credit)  # fmt: skip

    @rule(what=st.sampled_from(["payIn", "payIn", "payOut", "restoreDeposit", "drawDues", "quit", "expel"]),
          pick=picks, amount=amounts)  # fmt: skip
    def tend(self, what, pick, amount):
        world, number = self.world, self._member(pick)
        sender = world.stranger if pick % 7 == 0 else self._account(number)
        acts = {
            "payIn": (lambda t: world.model.pay_in(sender, number, amount, t), (amount,)),
            "payOut": (lambda t: world.model.pay_out(sender, number, amount, t), (amount,)),
            "restoreDeposit": (lambda t: world.model.restore_deposit(sender, number, t), ()),
            "drawDues": (lambda t: world.model.draw_dues(number, t), ()),
            "quit": (lambda t: world.model.quit(sender, number, t), ()),
            "expel": (lambda t: world.model.expel(number, t), ()),
        }
        act, more = acts[what]
        world.step(sender, POOLS, what, act, number, *more)

    @rule(pick=picks, asset=st.sampled_from(sorted(MODELS)))
    def change_machine(self, pick, asset):
        world, number = self.world, self._member(pick)
        who = self._account(number)
        world.step(who, POOLS, "changeMachine", lambda t: world.model.change_machine(who, number, asset, t),
                   number, asset)  # fmt: skip

    @rule(what=st.sampled_from(["buy", "retire", "keeper"]), pick=picks, voters=st.integers(0, 15))
    def decide(self, what, pick, voters):
        world, asset = self.world, pick % len(MODELS) + 1
        if what == "buy":
            owner = world.model.owner[asset]
            sender, price = (owner if owner in world.people else world.seller), pick * 1_000
            self._decide(sender, "proposePurchase", (1, asset, price),
                         lambda t: world.model.propose_purchase(sender, asset, price, t), voters)  # fmt: skip
            return
        number = self._member(pick)
        who = self._account(number)
        if what == "keeper":
            keeper = [world.keeper, world.factories[0]][pick % 2]
            self._decide(who, "proposeKeeper", (number, keeper),
                         lambda t: world.model.propose(who, number, KEEPER, 0, keeper, t), voters)  # fmt: skip
        else:
            self._decide(who, "proposeRetirement", (number, asset, world.seller),
                         lambda t: world.model.propose(who, number, RETIREMENT, asset, world.seller, t),
                         voters)  # fmt: skip

    def _decide(self, sender, function, arguments, act, voters=15):
        """Proposed, voted by some, carried out where enough did."""
        world = self.world
        if not world.step(sender, STOCK, function, act, *arguments):
            return
        proposal = len(world.model.proposals)
        for number, member in world.model.members.items():
            if voters >> number % 4 & 1 and not member.has_left:
                world.step(member.account, STOCK, "vote",
                           lambda t, m=member, n=number: world.model.vote(m.account, proposal, n, t),
                           proposal, number)  # fmt: skip
        world.step(world.stranger, STOCK, "carryOut", lambda t: world.model.carry_out(proposal, t), proposal)

    # Claims

    @rule(pick=picks, age=st.sampled_from([0, 0, 0, DAY // 2, 3 * DAY]), state=st.sampled_from([DOWN, DOWN, UP]),
          runs=st.booleans(), other=st.sampled_from([0, 0, 0, 1]))  # fmt: skip
    def claim(self, pick, age, state, runs, other):
        self._claim(self._member(pick), age, state, runs, other)

    def _claim(self, number, age=0, state=DOWN, runs=True, other=0):
        world, who = self.world, self._account(number)
        member = world.model.members.get(number)
        asset = member.asset if member else 1
        asset = asset % len(MODELS) + 1 if other else asset
        world.odometers[asset] += runs
        time = world.chain.now - age
        status, signature = world.status(asset, time, state)
        odometer = world.odometers[asset]
        return world.step(who, LOANS, "claim",
                          lambda t: world.model.claim(who, number, asset, time, state, odometer, t),
                          number, status, signature)  # fmt: skip

    @rule(what=st.sampled_from(["withdraw", "lapse", "showUse", "showUseByStatus", "callOut", "forfeit"]),
          pick=picks, runs=st.booleans())  # fmt: skip
    def press(self, what, pick, runs):
        world, number = self.world, self._claim_number(pick)
        if what == "callOut":
            kind = pick % 2
            world.step(world.stranger, LOANS, what, lambda t: world.model.call_out(kind, t), 1, kind)
            return
        claim = world.model.claims.get(number)
        sender = world.stranger
        if what == "withdraw" and claim and pick % 5:
            sender = world.model.members[claim.member].account
        more: tuple = ()
        asset = claim.asset if claim else 1
        if what.startswith("showUse"):
            world.odometers[asset] += runs
            signed = world.reading(asset) if what == "showUse" else world.status(asset, world.chain.now, UP)
            more = (*signed,)
        odometer = world.odometers[asset]
        acts = {
            "withdraw": lambda t: world.model.withdraw(sender, number),
            "lapse": lambda t: world.model.lapse(number, t),
            "showUse": lambda t: world.model.show_use(number, asset, odometer, t),
            "showUseByStatus": lambda t: world.model.show_use(number, asset, odometer, t),
            "forfeit": lambda t: world.model.forfeit(number, t),
        }
        world.step(sender, LOANS, what, acts[what], number, *more)

    # Loans

    @rule(pick=picks, unit=picks)
    def take_spare(self, pick, unit):
        self._take(self._claim_number(pick), unit % len(MODELS) + 1)

    def _take(self, claim, unit):
        world, model = self.world, self.world.model
        found = model.claims.get(claim)
        taker = model.members[found.member].account if found else world.factories[0]
        giver = model.keeper
        world.step(world.stranger, LOANS, "takeSpare",
                   lambda t: world.model.take_spare(claim, unit, giver, taker, t),
                   *world.paper(claim, unit, giver, taker))  # fmt: skip

    @rule(what=st.sampled_from(["bringDefective", "giveBack", "exchange", "buyOut"]), pick=picks,
          grade=st.integers(0, 4), other=st.sampled_from([0, 0, 0, 1]))  # fmt: skip
    def end_loan(self, what, pick, grade, other):
        self._end(what, self._claim_number(pick), grade, other)

    def _end(self, what, claim, grade=1, other=0):
        world, model = self.world, self.world.model
        found = model.claims.get(claim)
        who = model.members[found.member].account if found else world.factories[0]
        asset = (found.asset if what == "bringDefective" else found.unit) if found else 1
        asset = asset % len(MODELS) + 1 if other else asset
        taker = model.keeper
        if what in ("exchange", "buyOut"):
            end = world.model.exchange if what == "exchange" else world.model.buy_out
            world.step(who, LOANS, what, lambda t: end(who, claim, t), claim)
        elif what == "bringDefective":
            world.step(world.stranger, LOANS, what,
                       lambda t: world.model.bring_defective(claim, asset, who, taker, t),
                       *world.paper(claim, asset, who, taker))  # fmt: skip
        else:
            world.step(world.stranger, LOANS, what,
                       lambda t: world.model.give_back(claim, asset, grade, who, taker, t),
                       *world.paper(claim, asset, who, taker, grade))  # fmt: skip

    @rule(one=loans)
    def live(self, one):
        """A breakdown from claim to end, as far as it comes."""
        pick, days, way, arrives = one
        world, number = self.world, self._member(pick)
        if not self._claim(number):
            return
        claim = len(world.model.claims)
        kind = world.model.claims[claim].model
        ready = [asset for asset, unit in world.model.units.items() if unit.place == SHELF and unit.model == kind]
        if ready:
            self._take(claim, ready[pick % len(ready)])
        if arrives:
            self._end("bringDefective", claim)
        world.chain.warp(days * DAY)
        self._mine()
        check(world)
        if way < 6:
            self._end(["giveBack", "giveBack", "exchange", "buyOut", "giveBack", "exchange"][way], claim, pick % 4 + 1)

    @rule(order=st.permutations(range(4)), called=st.booleans(), days=st.sampled_from([0, 1, 4]), back=st.booleans())
    def crowd(self, order, called, days, back):
        """All break down at once; someone comes out of turn, and who was called out may let it pass."""
        world = self.world
        for pick in order:
            for number, member in list(world.model.present.items()):
                if number % 4 == pick:
                    self.tend("payIn", number - 1, 2 * EUR)
                    if member.deposit < TERMS.deposit:
                        self._tend_own("restoreDeposit", number)
                    self._claim(number)
        if called:
            self.press("callOut", 0, False)
            world.chain.warp(days * DAY)
        for claim in [number for number, one in world.model.claims.items() if one.stage in OPEN][::-1]:
            self._take(claim, next((asset for asset in SPARES if self._is_ready(asset, claim)), SPARES[0]))
            if called and days > TERMS.collect // DAY:
                world.step(world.stranger, LOANS, "lapse", lambda t, n=claim: world.model.lapse(n, t), claim)
            if back and world.model.claims[claim].stage == ON_LOAN:
                self._end("giveBack", claim)

    def _is_ready(self, asset, claim):
        unit = self.world.model.units.get(asset)
        return unit is not None and unit.place == SHELF and unit.model == self.world.model.claims[claim].model

    def _tend_own(self, what, number):
        world, who = self.world, self._account(number)
        world.step(who, POOLS, what, lambda t: world.model.restore_deposit(who, number, t), number)

    # The rest

    @rule(what=st.sampled_from(["withhold", "mend", "mend", "shelve"]), pick=picks, bid=st.sampled_from([0, 1, 99_991]))
    def stock(self, what, pick, bid):
        world, model, unit = self.world, self.world.model, pick % len(MODELS) + 1
        if what == "mend" and not model.paused:
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
                self._end("giveBack", number)
            elif claim.stage in OPEN:
                who = world.model.members[claim.member].account
                world.step(who, LOANS, "withdraw", lambda t, w=who, n=number: world.model.withdraw(w, n), number)
        for number, member in list(world.model.present.items()):
            who = member.account
            left = world.step(who, POOLS, "quit", lambda t, w=who, n=number: world.model.quit(w, n, t), number)
            assert left, "I-15"
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

    def _account(self, member: int) -> str:
        found = self.world.model.members.get(member)
        return found.account if found else self.world.stranger

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
