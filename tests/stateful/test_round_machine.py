"""Hypothesis drives a round through funding, fees, transfers, votes, sales and repayment in any order; I-1, I-2, I-8,
I-9 and I-11 and the whole state are exact after each step, refusals carry the model's error, and in the end every unit
that the round ever had can be taken out (I-14), with everything paused (I-15)."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.helpers.anvil import Node
from tests.models.financing import DEFAULTED, FAILED, FUNDING, RECOVERED, REPAID, RUNNING
from tests.stateful.round_world import ASSETS, DAY, FUNDING_TIME, PURSE, SIZES, YEAR, RoundWorld, check

picks = st.integers(0, 11)
amounts = st.one_of(st.integers(1, 40), st.integers(1, 700_000))


@pytest.fixture(scope="module")
def world():
    with Node("--accounts", "16", "--timestamp", "1700000000") as node:
        yield RoundWorld(node.port)


class RoundMachine(RuleBasedStateMachine):
    """`world` is built once; each run starts from the same chain snapshot and a fresh copy of the books."""

    world: RoundWorld

    @initialize(shares=st.lists(st.integers(1, 250_000), min_size=6, max_size=6), start=st.integers(0, 5))
    def begin(self, shares, start):
        self.world.reset()
        for pick, amount in enumerate(shares):
            self._invest(pick, pick % 3, amount, 0)
        if start:
            for pick, size in enumerate(SIZES):
                self._invest(pick, pick, size, 0)
            self.start()

    @rule(pick=picks, tranche=st.integers(0, 2), amount=amounts, least=st.sampled_from([0, 0, 1_000]))
    def invest(self, pick, tranche, amount, least):
        self._invest(pick, tranche, amount, least)

    def _invest(self, pick, tranche, amount, least):
        who = self._holder(pick)
        self._step("invest", lambda now: self.world.model.invest(who, tranche, amount, least, now),
                   1, tranche, amount, least, by=who)  # fmt: skip

    @rule(what=st.sampled_from(["start", "fail"]))
    def end_of_funding(self, what):
        if self.world.model.state == FUNDING:
            self.world.chain.warp(FUNDING_TIME)
        if what == "start":
            self.start()
        else:
            self._step("fail", lambda now: self.world.model.fail(now), 1)

    def start(self):
        self._step("start", lambda now: self.world.model.start(now), 1)

    @rule(months=st.lists(st.tuples(amounts, st.sampled_from([0, 1, 7, 20]), picks, st.integers(0, 5)),
                          min_size=3, max_size=6))  # fmt: skip
    def live(self, months):
        """Several at a time: drawn runs are short, and a round has far to go."""
        world = self.world
        for amount, days, pick, way in months:
            world.chain.warp(days * DAY)
            world.earn(min(amount, 250_000))
            if way == 0:
                world.gift(amount % 7 + 1)
            self._step("distribute", lambda now: world.model.distribute(now), 1)
            owed_to = [which for which, tranche in enumerate(world.model.tranches) if tranche.paid != tranche.claimed]
            tranche = owed_to[pick % len(owed_to)] if owed_to else pick % 3
            holders = [who for who, one in world.model.tranches[tranche].positions.items() if one.balance]
            holder = holders[pick % len(holders)] if holders else self._holder(pick)
            self._use(holder, self._holder(pick + way), tranche, ("claim", "collect", "transfer")[way % 3], amount)
            check(world)

    @rule(ways=st.lists(st.tuples(picks, st.integers(0, 2), st.sampled_from(["claim", "collect", "transfer", "burn"]),
                                  amounts), min_size=2, max_size=5))  # fmt: skip
    def use_positions(self, ways):
        for pick, tranche, what, amount in ways:
            self._use(self._holder(pick), self._holder(pick // 4 + pick), tranche, what, amount)
            check(self.world)

    def _use(self, holder, receiver, tranche, what, amount):
        model = self.world.model
        match what:
            case "claim":
                self._step("claim", lambda now: self.world.model.claim(tranche, holder), 1, tranche, holder)
            case "collect":
                self._step("collect", lambda now: self.world.model.collect(tranche, holder, now), 1, tranche, holder)
            case "transfer":
                amount = min(amount, model.tranches[tranche].at(holder).balance) or amount
                self._step(
                    "safeTransferFrom",
                    lambda now: self.world.model.transfer(tranche, holder, receiver, amount, now),
                    holder, receiver, 1 << 8 | tranche, amount, b"", by=holder,
                )  # fmt: skip
            case _:
                self._step("burn", lambda now: self.world.model.burn(tranche, holder), 1, tranche, by=holder)

    @rule(days=st.sampled_from([1, 20, 35, 100]))
    def time_passes(self, days):
        world = self.world
        world.chain.warp(days * DAY)
        self._step("updateState", lambda now: world.model.update_state(now), 1)

    @rule(amount=amounts, outright=st.sampled_from([False, False, False, True]))
    def repay(self, amount, outright):
        world = self.world
        who = world.provider
        if outright:
            self._step("buyOut", lambda now: world.model.buy_out(who, 2 * amount, now), 1, 2 * amount, by=who)
        else:
            self._step("repay", lambda now: world.model.repay(who, amount, now), 1, amount, by=who)

    @rule(amount=amounts)
    def late_money(self, amount):
        """As a guarantor's that pays after the round is over: it makes good what was lost."""
        world = self.world
        world.gift(amount)
        self._step("skimSurplus", lambda now: world.model.skim(now), 1)

    @rule(votes=st.lists(st.tuples(picks, st.integers(0, 2)), min_size=3, max_size=6), wait=st.booleans(),
          bids=st.lists(st.tuples(picks, amounts), max_size=4))  # fmt: skip
    def default(self, votes, wait, bids):
        """Nobody pays for half a year; holders vote, transfer, vote again; the machines are offered for sale."""
        world = self.world
        if world.model.state in RUNNING and world.model.state != DEFAULTED:
            world.chain.warp(190 * DAY)
            self._step("updateState", lambda now: world.model.update_state(now), 1)
        for pick, tranche in votes:
            holder = self._holder(pick)
            self._vote(holder, tranche, yes=pick % 3 == 0)
            self._use(holder, self._holder(pick + 1), tranche, "transfer", 1_000_000)
            self._vote(self._holder(pick + 1), tranche, yes=pick % 2 == 0)
            check(world)
        if wait:
            world.chain.warp(7 * DAY)
        self._step("decide", lambda now: world.model.decide(now), 1, at="RoundBallots")
        for asset in ASSETS:
            self.sell(asset, bids, wait)

    def _vote(self, holder, tranche, yes):
        self._step("vote", lambda now: self.world.model.vote(holder, tranche, yes, now), 1, tranche, yes,
                   by=holder, at="RoundBallots")  # fmt: skip

    def sell(self, asset, bids, wait):
        world = self.world
        if world.model.state != DEFAULTED and asset not in world.model.auctions:
            return
        self._step("auction", lambda now: world.model.auction(asset, now), 1, asset, at="RoundCollateral")
        check(world)
        for pick, amount in bids:
            if asset in world.model.auctions:
                who, number = world.bidders[pick % 2], world.model.auctions[asset].number
                least = world.model.auctions[asset].amount + world.model.auctions[asset].reserve
                offered = amount if pick % 4 == 0 else least + amount
                self._step("bid", lambda now, w=who, a=offered: world.model.bid(w, asset, a, now),
                           number, offered, by=who, at="TitleAuction")  # fmt: skip
        if wait:
            world.chain.warp(8 * DAY)
        self._complete(asset)

    def _complete(self, asset):
        self._step("completeAuction", lambda now: self.world.model.complete_auction(asset, now), 1, asset,
                   at="RoundCollateral")  # fmt: skip

    @invariant()
    def everything_is_as_the_model_says(self):
        check(self.world)

    def teardown(self):
        """I-14, I-15: everything paused, the round is brought to an end and every holder takes everything out."""
        world = self.world
        for name in ("RoundBook", "PrepaidAccounts"):
            world.do(world.guardian, name, "pause")
        if world.model.state == FUNDING:
            world.chain.warp(FUNDING_TIME + 15 * DAY)
            self._step("fail", lambda now: world.model.fail(now), 1)
        if world.model.state in RUNNING:
            self._foreclose()
        for asset in list(world.model.auctions):
            self._complete(asset)
        self.late_money(1_234)
        for tranche, of in enumerate(world.model.tranches):
            for holder in [who for who, position in of.positions.items() if position.balance]:
                if world.model.state == FAILED:
                    self._step("refund", lambda now, t=tranche, h=holder: world.model.refund(t, h), 1, tranche, holder)
                else:
                    self._step("burn", lambda now, t=tranche, h=holder: world.model.burn(t, h), 1, tranche, by=holder)
        check(world)
        assert world.model.state in (REPAID, RECOVERED, FAILED)
        self.late_money(567)
        assert world.books.balance(world.model.account, world.currency) == 0, "I-14"

    def _foreclose(self):
        """Nobody pays, votes or bids any more."""
        world = self.world
        world.chain.warp(4 * YEAR)
        self._step("updateState", lambda now: world.model.update_state(now), 1)
        if world.model.state == DEFAULTED and not world.model.ballot.decided:
            world.chain.warp(8 * DAY)
            self._step("decide", lambda now: world.model.decide(now), 1, at="RoundBallots")
        while world.model.state == DEFAULTED:
            asset = world.model.unsettled[0]
            if asset not in world.model.auctions:
                self._step("auction", lambda now, a=asset: world.model.auction(a, now), 1, asset, at="RoundCollateral")
            world.chain.warp(8 * DAY)
            self._complete(asset)

    def _step(self, function, act, *arguments, by=None, at="CoFinancing"):
        self.world.step(by or self.world.stranger, at, function, act, *arguments)

    def _holder(self, pick):
        return self.world.holders[pick % len(self.world.holders)]


def test_i8_i9_i14_i15_round_machine(world):
    assert 2 * sum(SIZES) < PURSE
    RoundMachine.world = world
    # A third of the profile's examples (tests/conftest.py): each is forty steps on a chain.
    third = settings.default.max_examples // 3
    run_state_machine_as_test(
        RoundMachine, settings=settings(max_examples=third, stateful_step_count=40, deadline=None)
    )


def test_i8_i9_late_money_makes_good_interest_then_principal_down_the_tranches(world):
    """A round whose machines nobody wanted, and money that comes in slices afterwards."""
    world.reset()
    holders = world.holders

    def step(function, act, *arguments, by=world.stranger, at="CoFinancing"):
        assert world.step(by, at, function, act, *arguments)
        check(world)

    for which, size in enumerate((601_003, 307_009, 91_991)):
        step("invest", lambda now, w=which, s=size: world.model.invest(holders[w], w, s, 0, now), 1, which, size, 0,
             by=holders[which])  # fmt: skip
    step("start", lambda now: world.model.start(now), 1)
    world.earn(300_007)
    step("distribute", lambda now: world.model.distribute(now), 1)
    world.chain.warp(2 * YEAR)
    step("updateState", lambda now: world.model.update_state(now), 1)
    world.chain.warp(8 * DAY)
    step("decide", lambda now: world.model.decide(now), 1, at="RoundBallots")
    for asset in [asset for asset in ASSETS for _ in range(3)]:
        step("auction", lambda now, a=asset: world.model.auction(a, now), 1, asset, at="RoundCollateral")
        world.chain.warp(8 * DAY)
        step(
            "completeAuction", lambda now, a=asset: world.model.complete_auction(a, now), 1, asset, at="RoundCollateral"
        )
    assert world.model.state == RECOVERED
    lost = [one.written_down for one in world.model.tranches]
    assert all(lost)

    def late(amount):
        world.chain.warp(DAY)
        world.gift(amount)
        step("skimSurplus", lambda now: world.model.skim(now), 1)
        return [one.written_down for one in world.model.tranches]

    seniors_interest = int(world.model.tranches[0].accrued)
    assert late(seniors_interest - 1) == lost, "interest first"
    assert late(2) == [lost[0] - 1, *lost[1:]]
    step("burn", lambda now: world.model.burn(1, holders[1]), 1, 1, by=holders[1])
    # Whose positions are burned are passed over, and what is left beyond is shared as agreed, then the provider's.
    assert late(lost[0]) == [0, *lost[1:]]
    before = world.books.balance(world.provider, world.currency)
    assert late(200_000) == [0, lost[1], 0]
    assert world.books.balance(world.provider, world.currency) > before
    assert world.model.tranches[2].paid > world.model.tranches[2].invested
    for which in (0, 2):
        step("burn", lambda now, w=which: world.model.burn(w, holders[w]), 1, which, by=holders[which])
    late(99)
    assert world.books.balance(world.model.account, world.currency) == 0, "I-14"
