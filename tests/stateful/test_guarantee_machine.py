"""Hypothesis drives buybacks and a promise of uptime in any order: money is conserved exactly after each step (I-1,
I-10, I-18), refusals carry the model's error, and in the end every pot is emptied by waiting (I-14), paused (I-15)."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.helpers.anvil import Node
from tests.models.guarantees import LIVE, WAITING, Buyback
from tests.stateful.guarantee_world import BUYBACKS, DAY, EUR, UPTIMES, WATCHED, GuaranteeWorld, check

picks = st.integers(0, 1_000)
amounts = st.sampled_from([1, 7, 333_333, EUR, 20 * EUR, 99 * EUR])
odometers = st.sampled_from([None, 0, 5_000, 400_000, 9_000_000])
MONTH = 30 * DAY
lives = st.tuples(picks, amounts, odometers, st.integers(0, 7))
sayings = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([0, 0, 0, 1, 2, 3]), st.sampled_from([1, 900])), max_size=6
)
periods = st.tuples(sayings, st.booleans(), st.integers(1, 3))


@pytest.fixture(scope="module")
def world():
    with Node("--accounts", "16", "--timestamp", "1700000000") as node:
        yield GuaranteeWorld(node.port)


class GuaranteeMachine(RuleBasedStateMachine):
    """`world` is built once; each run starts from the same chain snapshot and a fresh copy of the books."""

    world: GuaranteeWorld

    @initialize(lived=st.lists(lives, min_size=2, max_size=4), passed=st.lists(periods, min_size=1, max_size=2))
    def begin(self, lived, passed):
        """Drawn runs are short: each begins with some of both behind it."""
        self.world.reset()
        self.give(0, 40 * EUR, 5_000, 0)
        self.give(1, 6 * EUR, 1_000, 0)
        for period in passed:
            self._live_a_period(*period)
        self._live_on(lived)

    # Buybacks

    @rule(who=st.integers(0, 1), collateral=amounts, cover=st.sampled_from([1_000, 5_000, 10_000]), days=picks)
    def give(self, who, collateral, cover, days):
        world, now = self.world, self.world.chain.now
        window = (now + days % 3 * DAY, now + 5 * DAY + days % 50 * DAY)
        points = ((0, 50 * EUR + 1), (40 * DAY, 20 * EUR), (100 * DAY, 3))
        guarantor = world.guarantors[who]
        made = Buyback(guarantor, points, now - days % 9, window, cover, 1_000_000, 2 * EUR, window[1])
        world.step(
            guarantor, BUYBACKS, "give", lambda t: world.buybacks.give(guarantor, made, collateral, t),
            world.terms(made), points, collateral,
        )  # fmt: skip

    @rule(pick=picks, who=st.integers(0, 6), odometer=odometers, least=st.sampled_from([0, 0, 1, 30 * EUR]))
    def exercise(self, pick, who, odometer, least):
        sender = self.world.people[who] if pick % 4 == 0 else self.world.buybacks.owner
        self._exercise(sender, self._number(pick), odometer, least)

    def _exercise(self, sender, number, odometer, least):
        world, data = self.world, self.world.signed(odometer)
        world.step(
            sender, BUYBACKS, "exerciseFor",
            lambda t: world.buybacks.exercise(sender, number, odometer, least, t), number, data, least,
        )  # fmt: skip

    @rule(pick=picks, odometer=odometers)
    def demand(self, pick, odometer):
        world, number, owner = self.world, self._number(pick), self.world.buybacks.owner
        data = world.signed(odometer)
        act = lambda t: world.buybacks.demand(owner, number, odometer, t)  # noqa: E731
        world.step(owner, BUYBACKS, "demand", act, number, data)

    @rule(
        what=st.sampled_from(["topUp", "topUp", "release", "expire", "waive", "payClaim"]), pick=picks, amount=amounts
    )
    def tend(self, what, pick, amount):
        world, model, number = self.world, self.world.buybacks, self._number(pick)
        sender = world.people[pick % 7] if pick % 3 == 0 else model.given[number - 1].guarantor
        if what == "waive":
            # Rarely: it leaves little to do.
            sender = model.owner if pick % 10 == 0 else world.stranger
        acts = {
            "topUp": (lambda t: model.top_up(sender, number, amount, t), (amount,)),
            "release": (lambda t: model.release(sender, number, amount, t), (amount,)),
            "expire": (lambda t: model.expire(number, t), ()),
            "waive": (lambda t: model.waive(sender, number), ()),
            "payClaim": (lambda t: model.pay_claim(sender, number, amount), (amount,)),
        }
        act, more = acts[what]
        world.step(sender, BUYBACKS, what, act, number, *more)

    @rule(pick=picks, amount=st.integers(1, 9))
    def sell_or_give(self, pick, amount):
        if pick % 2:
            self.world.sell()
        else:
            self.world.gift(self.world.stranger, self.world.buybacks.account(self._number(pick)), amount)

    @rule(lived=st.lists(lives, min_size=1, max_size=3))
    def live_on(self, lived):
        self._live_on(lived)

    def _live_on(self, lived):
        """To a guarantee's window, and one of the ways on from there."""
        for pick, amount, odometer, way in lived:
            world, model = self.world, self.world.buybacks
            if model.owner in world.guarantors:
                world.sell()
            number = pick % len(model.given)
            if model.given[number].stage != LIVE or model.given[number].open_until <= world.chain.now:
                self.tend("expire", number, amount)
                self.give(pick % 2, 20 * EUR, 1_000, pick)
                number = len(world.buybacks.given) - 1
            model = world.buybacks
            world.chain.warp(max(0, model.given[number].window[0] - world.chain.now))
            if way < 3:
                self._exercise(model.owner, number + 1, odometer, 0)
            elif way < 6:
                self.demand(number, odometer)
                self.tend("topUp", number, amount)
            else:
                self.tend("release", number, amount)
            check(world)
            for owed, made in enumerate(world.buybacks.given):
                if made.owed and way % 2:
                    self.tend("payClaim", owed, min(amount, made.owed))
                    check(world)

    # Uptime

    @rule(period=periods)
    def live_a_period(self, period):
        self._live_a_period(*period)

    def _live_a_period(self, said, accrue, who):
        """The next period that is not settled: its statuses, checkpoints, credits."""
        world, terms, period = self.world, self.world.uptimes.terms, self.world.uptimes.settled
        if period == terms.periods:
            return
        if said:
            self.announce(period, said[0][0], 1, 0)
        world.chain.warp(max(0, terms.start(period + 1) - world.chain.now))
        self.report([(period * terms.slots + slot, state, fault) for slot, state, fault in said])
        self.checkpoint([one for one in (1, 2) if who & one], period, accrue)
        world.chain.warp(max(0, terms.start(period + 1) + terms.grace - world.chain.now))
        self.settle(1)
        check(world)
        for agreement in (1, 2):
            self.claim(agreement, period)
            check(world)

    @rule(times=st.lists(st.tuples(st.integers(-1, 12), st.integers(0, 4), st.sampled_from([1, 900])), min_size=1,
                         max_size=4))  # fmt: skip
    def report(self, times):
        world, terms = self.world, self.world.uptimes.terms
        for slot, state, fault in times:
            time = terms.begin + slot * terms.heartbeat + 7
            status, signature = world.status(WATCHED, time, state, fault)
            world.step(
                world.stranger, UPTIMES, "report",
                lambda t, said=(time, state, fault): world.uptimes.report(*said, t), 1, [status], [signature],
            )  # fmt: skip

    @rule(period=st.integers(0, 3), first=st.integers(0, 4), slots=st.integers(0, 2), who=st.integers(0, 1))
    def announce(self, period, first, slots, who):
        world, sender = self.world, self.world.guarantors[who]
        act = lambda t: world.uptimes.announce(sender, period, first, slots, t)  # noqa: E731
        world.step(sender, UPTIMES, "announceMaintenance", act, 1, period, first, slots)

    @rule(
        agreements=st.lists(st.integers(1, 2), min_size=1, max_size=2), period=st.integers(0, 3), accrue=st.booleans()
    )
    def checkpoint(self, agreements, period, accrue):
        world = self.world
        for agreement in agreements:
            if accrue:
                world.accrue(agreement)
            settled = world.settled(agreement)
            world.step(
                world.stranger, UPTIMES, "checkpoint",
                lambda t, a=agreement, s=settled: world.uptimes.checkpoint(a, period, s, t), 1, agreement, period,
            )  # fmt: skip

    @rule(periods=st.integers(1, 2))
    def settle(self, periods):
        world = self.world
        for _ in range(periods):
            world.step(world.stranger, UPTIMES, "settlePeriod", lambda t: world.uptimes.settle(t), 1)

    @rule(agreement=st.integers(1, 2), period=st.integers(0, 2))
    def claim(self, agreement, period):
        world = self.world
        act = lambda t: world.uptimes.claim(agreement, period)  # noqa: E731
        world.step(world.stranger, UPTIMES, "claim", act, 1, agreement, period)

    @rule(amount=amounts, who=st.integers(0, 1))
    def release_bond(self, amount, who):
        world, sender = self.world, self.world.guarantors[who]
        world.step(sender, UPTIMES, "release", lambda t: world.uptimes.release(sender, amount), 1, amount)

    @rule(way=st.sampled_from(["hour", "day", "month", "period", "period", "grace", "grace"]))
    def wait(self, way):
        """To the next period's end or its grace time's, or simply on."""
        world, terms = self.world, self.world.uptimes.terms
        ends = [terms.start(period + 1) + (terms.grace + 1) * (way == "grace") for period in range(terms.periods)]
        ahead = [end - world.chain.now for end in ends if end > world.chain.now]
        plain = {"hour": 3_600, "day": DAY, "month": MONTH}.get(way, 3_600)
        world.chain.warp(ahead[0] if ahead and way in ("period", "grace") else plain)

    @invariant()
    def everything_is_as_the_model_says(self):
        check(self.world)

    def teardown(self):
        """I-14, I-15: with everything paused, by waiting and each one's own calls every pot is emptied."""
        world, model = self.world, self.world.buybacks
        self._pause()
        for number, made in enumerate(model.given, 1):
            if made.stage == LIVE and made.open_until == WAITING:
                world.step(model.owner, BUYBACKS, "waive", lambda t, n=number: model.waive(model.owner, n), number)
            elif made.stage == LIVE:
                world.chain.warp(max(0, made.open_until - world.chain.now))
                world.step(world.stranger, BUYBACKS, "expire", lambda t, n=number: model.expire(n, t), number)
        uptimes = world.uptimes
        world.chain.warp(max(0, uptimes.terms.start(3) + uptimes.terms.grace + 1 - world.chain.now))
        while uptimes.settled < uptimes.terms.periods:
            self.settle(1)
            uptimes = world.uptimes
        for agreement in (1, 2):
            for period in range(3):
                self.claim(agreement, period)
        uptimes = world.uptimes
        assert uptimes.reserved == 0, "I-18: no unit stays reserved once all have claimed"
        left = uptimes.free
        if left:
            world.step(uptimes.guarantor, UPTIMES, "release",
                       lambda t: world.uptimes.release(world.uptimes.guarantor, left), 1, left)  # fmt: skip
        check(world)
        assert world.uptimes.free == 0, "I-14"

    def _pause(self):
        for name in ("OfferBook", "PrepaidAccounts", "AssetRegistry", "ServiceMarket"):
            self.world.chain.transact(self.world.guardian, self.world.contracts[name], "pause")

    def _number(self, pick: int) -> int:
        return pick % len(self.world.buybacks.given) + 1


def test_i10_i14_i15_i18_guarantee_machine(world):
    GuaranteeMachine.world = world
    # A third of the profile's examples (tests/conftest.py): each is thirty steps on a chain.
    third = settings.default.max_examples // 3
    run_state_machine_as_test(
        GuaranteeMachine, settings=settings(max_examples=third, stateful_step_count=30, deadline=None)
    )
