"""What people and machines of a pool do, signed by whom it takes: on the chain and in the model, or refused by both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.models.pools import DOWN
from tests.stateful.pool_world import EUR, LOANS, MODELS, POOLS, PRICES, SPARES, STOCK, TERMS, PoolWorld

EVERYBODY = 15


class PoolActs(PoolWorld):
    """Steps return whether they were taken; the error that both sides named otherwise is `refused_by`."""

    def found(self) -> None:
        """Four members, a spare of each model, waiting times over."""
        for number, factory in enumerate(self.factories):
            self.join(factory, number + 1, 3 * EUR)
        for asset in SPARES[::2]:
            self.offer(self.seller, asset, PRICES[MODELS[asset]].buy_out // 6)
        self.chain.warp(TERMS.waiting)

    def account(self, member: int) -> str:
        found = self.model.members.get(member)
        return found.account if found else self.stranger

    def join(self, who: str, asset: int, credit: int) -> bool:
        return self.step(who, POOLS, "join", lambda t: self.model.join(who, asset, credit, t),
                         1, asset, self.rules_hash, credit)  # fmt: skip

    def offer(self, who: str, asset: int, price: int, voters: int = EVERYBODY) -> bool:
        return self.decide(who, "proposePurchase", (1, asset, price),
                           lambda t: self.model.propose_purchase(who, asset, price, t), voters)  # fmt: skip

    def propose(self, member: int, kind: int, asset: int, account: str, voters: int = EVERYBODY) -> bool:
        """A new keeper, or a unit's retirement."""
        who = self.account(member)
        keeps = asset == 0
        return self.decide(
            who, "proposeKeeper" if keeps else "proposeRetirement",
            (member, account) if keeps else (member, asset, account),
            lambda t: self.model.propose(who, member, kind, asset, account, t), voters,
        )  # fmt: skip

    def decide(
        self, sender: str, function: str, arguments: tuple[Any, ...], act: Callable[[int], None], voters: int
    ) -> bool:
        """Proposed, voted by some, carried out where enough did."""
        if not self.step(sender, STOCK, function, act, *arguments):
            return False
        proposal = len(self.model.proposals)
        for number, member in self.model.members.items():
            if voters >> number % 4 & 1 and not member.has_left:
                self.vote(proposal, number)
        return self.step(self.stranger, STOCK, "carryOut", lambda t: self.model.carry_out(proposal, t), proposal)

    def vote(self, proposal: int, member: int) -> bool:
        who = self.account(member)
        return self.step(who, STOCK, "vote", lambda t: self.model.vote(who, proposal, member, t), proposal, member)

    def tend(self, what: str, member: int, amount: int = 0, by: str = "") -> bool:
        """What a member does with its money, or somebody in its stead."""
        sender = by or self.account(member)
        acts: dict[str, tuple[Callable[[int], None], tuple[int, ...]]] = {
            "payIn": (lambda t: self.model.pay_in(sender, member, amount, t), (amount,)),
            "payOut": (lambda t: self.model.pay_out(sender, member, amount, t), (amount,)),
            "restoreDeposit": (lambda t: self.model.restore_deposit(sender, member, t), ()),
            "drawDues": (lambda t: self.model.draw_dues(member, t), ()),
            "quit": (lambda t: self.model.quit(sender, member, t), ()),
            "expel": (lambda t: self.model.expel(member, t), ()),
        }
        act, more = acts[what]
        return self.step(sender, POOLS, what, act, member, *more)

    def claim(self, member: int, age: int = 0, state: int = DOWN, runs: bool = True, other: bool = False) -> bool:
        """`runs`: the machine has run since its last word. `other`: with another machine's status."""
        who, found = self.account(member), self.model.members.get(member)
        asset = found.asset if found else 1
        asset = asset % len(MODELS) + 1 if other else asset
        self.odometers[asset] += runs
        time, odometer = self.chain.now - age, self.odometers[asset]
        status, signature = self.status(asset, time, state)
        return self.step(who, LOANS, "claim",
                         lambda t: self.model.claim(who, member, asset, time, state, odometer, t),
                         member, status, signature)  # fmt: skip

    def show_use(self, claim: int, runs: bool = True, by_status: bool = False) -> bool:
        """Anyone, with what the machine has signed since."""
        found = self.model.claims.get(claim)
        asset = found.asset if found else 1
        self.odometers[asset] += runs
        odometer = self.odometers[asset]
        signed = self.status(asset, self.chain.now, 0) if by_status else self.reading(asset)
        return self.step(self.stranger, LOANS, "showUseByStatus" if by_status else "showUse",
                         lambda t: self.model.show_use(claim, asset, odometer, t), claim, *signed)  # fmt: skip

    def press(self, what: str, claim: int, by: str = "") -> bool:
        """Withdraw, lapse or forfeit."""
        sender = by or self.stranger
        acts: dict[str, Callable[[int], None]] = {
            "withdraw": lambda _: self.model.withdraw(sender, claim),
            "lapse": lambda t: self.model.lapse(claim, t),
            "forfeit": lambda t: self.model.forfeit(claim, t),
        }
        return self.step(sender, LOANS, what, acts[what], claim)

    def call_out(self, model: int) -> bool:
        return self.step(self.stranger, LOANS, "callOut", lambda t: self.model.call_out(model, t), 1, model)

    def take(self, claim: int, unit: int) -> bool:
        found = self.model.claims.get(claim)
        giver, taker = self.model.keeper, self.account(found.member) if found else self.factories[0]
        return self.step(self.stranger, LOANS, "takeSpare",
                         lambda t: self.model.take_spare(claim, unit, giver, taker, t),
                         *self.paper(claim, unit, giver, taker))  # fmt: skip

    def end(self, what: str, claim: int, grade: int = 1, other: bool = False) -> bool:
        """bringDefective, giveBack, exchange or buyOut; `other`: with a machine that it is not about."""
        found = self.model.claims.get(claim)
        who, keeper = self.account(found.member) if found else self.factories[0], self.model.keeper
        if what in ("exchange", "buyOut"):
            act = self.model.exchange if what == "exchange" else self.model.buy_out
            return self.step(who, LOANS, what, lambda t: act(who, claim, t), claim)
        asset = (found.asset if what == "bringDefective" else found.unit) if found else 1
        asset = asset % len(MODELS) + 1 if other else asset
        if what == "bringDefective":
            return self.step(self.stranger, LOANS, what,
                             lambda t: self.model.bring_defective(claim, asset, who, keeper, t),
                             *self.paper(claim, asset, who, keeper))  # fmt: skip
        return self.step(self.stranger, LOANS, what,
                         lambda t: self.model.give_back(claim, asset, grade, who, keeper, t),
                         *self.paper(claim, asset, who, keeper, grade))  # fmt: skip
