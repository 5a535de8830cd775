"""CoFinancing again: investments, the waterfall, states by rule, and losses at the end; positions: positions.py.

The arithmetic is the auditor's own (oracle/audit/waterfall.py): what was paid in all, divided, nothing carried along.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from oracle.audit import waterfall
from oracle.audit.abi import Value
from oracle.audit.replay.positions import (
    DEFAULTED,
    FAILED,
    FUNDING,
    IMPAIRED,
    LATE,
    ON_PLAN,
    RECOVERED,
    REPAID,
    Positions,
    Round,
    position_id,
)
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path
from oracle.audit.waterfall import MOST, UNCAPPED, Tranche

DAY: Final = 86_400
START_TIME: Final = 14 * DAY
RATE_TIME: Final = 30 * DAY


class CoFinancing(Positions):
    def handlers(self) -> dict[str, Handler]:
        return {
            "open": self.open, "invest": self.invest, "start": self.start, "cancel": self.cancel, "fail": self.fail,
            "refund": self.refund, "distribute": self.distribute, "updateState": self.update_state,
            "repay": self.repay, "buyOut": self.buy_out, "claim": self.claim, "collect": self.collect,
            "burn": self.burn, "conclude": self.conclude, "skimSurplus": self.skim_surplus,
            "safeTransferFrom": self.transfer_one, "safeBatchTransferFrom": self.transfer,
            "setApprovalForAll": self.set_approval_for_all,
        }  # fmt: skip

    # Funding

    def open(
        self, call: Call, number: int, provider: bytes, currency: bytes, split: int, tranches: tuple[Any, ...]
    ) -> None:
        self.refuse_unless(call.sender == self.world.round_book.address, "only the book of rounds opens")
        made = tuple(Tranche(rate, cap or UNCAPPED, residual) for _size, _least, rate, cap, residual in tranches)
        self.rounds[number] = Round(currency, split, provider, made)

    def invest(self, call: Call, number: int, tranche: int, amount: int, least: int) -> None:
        """First come, first served: cut exactly where tranche or target have no more room."""
        book = self.world.round_book
        book.require_running()
        found, terms = self._in(number, FUNDING), book.of(number)
        self.refuse_unless(call.now < terms.number("deadline"), "after the deadline")
        self.refuse_unless(tranche < len(found.tranches), "no such tranche")
        self.refuse_unless(amount >= terms.number("smallest"), "too small an investment")
        into = found.tranches[tranche]
        accepted = min(amount, terms.sizes[tranche] - into.invested, terms.number("target") - found.raised)
        self.refuse_unless(accepted > 0, "the tranche is full")
        self.refuse_unless(accepted >= least, "cut below what the investor takes")
        into.invested += accepted
        found.raised += accepted
        self.emit(call, "Invested", number, tranche, call.sender, amount, accepted)
        self._take(call, number, accepted)
        self.move(call, ZERO, call.sender, (position_id(number, tranche),), (accepted,))
        if accepted < amount:
            self.world.findings.count("investments cut as they must be")

    def start(self, call: Call, number: int) -> None:
        found, terms = self._in(number, FUNDING), self.world.round_book.of(number)
        deadline = terms.number("deadline")
        in_time = (found.raised >= terms.number("target") or call.now >= deadline) and call.now <= deadline + START_TIME
        self.refuse_unless(in_time, "too early, or too late")
        self.refuse_unless(self._has_enough(number), "too little was raised")
        found.state, found.started_at = ON_PLAN, call.now
        found.earlier = found.later = (call.now, 0)
        for tranche in found.tranches:
            tranche.start(call.now)
        self.emit(call, "RoundStateChanged", number, FUNDING, ON_PLAN, 0, 0)
        self.world.collateral.pledge(call.by(self.address), number, found.provider, found.split)
        self.pay(call, number, found.provider, found.raised)

    def cancel(self, call: Call, number: int) -> None:
        found = self._in(number, FUNDING)
        self.refuse_unless(call.sender == found.provider, "only the provider cancels")
        self._end(call, number, FAILED)

    def fail(self, call: Call, number: int) -> None:
        self._in(number, FUNDING)
        grace = START_TIME + 1 if self._has_enough(number) else 0
        early = call.now < self.world.round_book.of(number).number("deadline") + grace
        self.refuse_unless(not early, "it may still start")
        self._end(call, number, FAILED)

    # Running

    def distribute(self, call: Call, number: int) -> None:
        self._distribute(call, number, self._running(number))

    def collect(self, call: Call, number: int, tranche: int, holder: bytes) -> None:
        self.distribute(call, number)
        token = position_id(number, tranche)
        if self.claimable(token, holder):
            self.pay_earnings(call, token, holder)

    def repay(self, call: Call, number: int, amount: int) -> None:
        found = self._running(number)
        self._distribute(call, number, found)
        accepted = min(amount, self.owed(call, number))
        self.refuse_unless(accepted > 0, "nothing is owed")
        self.emit(call, "Repaid", number, call.sender, accepted, False)
        self._take(call, number, accepted)
        self._distribute(call, number, found)

    def buy_out(self, call: Call, number: int, most: int) -> None:
        found = self._running(number)
        self._distribute(call, number, found)
        if not found.is_running:
            return
        price = self.owed(call, number)
        for tranche in found.tranches:
            if tranche.residual_bps and tranche.invested:
                self.refuse_unless(tranche.cap_bps != UNCAPPED, "a share without a cap has no price")
                price += tranche.room - int(tranche.interest(call.now))
        self.refuse_unless(price <= most, "more than the buyer pays")
        self.emit(call, "Repaid", number, call.sender, price, True)
        if price:
            self._take(call, number, price)
        self._distribute(call, number, found, outright=True)

    def update_state(self, call: Call, number: int) -> None:
        found = self._running(number)
        self._distribute(call, number, found)
        if not found.is_running:
            return
        if call.now >= found.later[0] + RATE_TIME:
            found.earlier, found.later = found.later, (call.now, min(found.received, MOST))
            self.emit(call, "ReceiptsNoted", number, found.received)
        before, (found.state, behind) = found.state, self.standing(call, number)
        self.world.findings.count("states of rounds recomputed")
        if found.state == before:
            return
        self.emit(call, "RoundStateChanged", number, before, found.state, found.received, behind)
        if found.state == DEFAULTED:
            found.defaulted_at = call.now
            self.world.collateral.foreclose(call.by(self.address), number)

    def conclude(self, call: Call, number: int) -> None:
        """Nothing more will come: what is outstanding is lost, from the lowest tranche up (I-9)."""
        self.refuse_unless(call.sender == self.world.collateral.address, "only the collateral concludes")
        found = self._in(number, DEFAULTED)
        self._distribute(call, number, found)
        if found.state != DEFAULTED:
            return
        for index, principal in waterfall.losses(found.tranches):
            interest = int(found.tranches[index].interest(call.now))
            if principal or interest:
                found.tranches[index].write_down(principal, call.now)
                self.emit(call, "WrittenDown", number, index, principal, interest)
        self._end(call, number, RECOVERED)

    def skim_surplus(self, call: Call, number: int) -> None:
        found = self.known(number)
        self.refuse_unless(found.state >= REPAID, "the round is not over")
        if found.state == RECOVERED:
            waterfall.reopen(found.tranches, call.now)
            self._run_down(call, number, found)
            waterfall.close_again(found.tranches)
        amount = self._balance(number) - (found.raised if found.state == FAILED else found.unclaimed)
        self.emit(call, "SurplusSkimmed", number, found.provider, amount)
        self.pay(call, number, found.provider, amount)

    # Reading

    def owed(self, call: Call, number: int) -> int:
        found = self.known(number)
        return waterfall.owed_in_all(found.tranches, call.now) if found.is_running else 0

    def standing(self, call: Call, number: int) -> tuple[int, int]:
        """State by rule and seconds behind plan, from receipts and time alone."""
        found, terms = self.known(number), self.world.round_book.of(number)
        if not found.is_running:
            return found.state, 0
        if self.owed(call, number) == 0:
            return ON_PLAN, 0
        behind = max(0, call.now - found.started_at - waterfall.covered_until(terms.plan, found.received))
        if found.state == DEFAULTED or behind > terms.number("defaultAfter"):
            return DEFAULTED, behind
        if behind > terms.number("impairedAfter") or self.world.collateral.is_used_unbilled(number):
            return IMPAIRED, behind
        return (LATE if behind > terms.number("lateAfter") else ON_PLAN), behind

    # Internals

    def _distribute(self, call: Call, number: int, found: Round, outright: bool = False) -> None:
        self.world.splits.distribute(call.by(self.address), found.split, found.currency)
        if self._run_down(call, number, found, outright):
            self._end(call, number, REPAID)

    def _run_down(self, call: Call, number: int, found: Round, outright: bool = False) -> bool:
        """I-8: what has come runs down the tranches, the rest to residual holders and provider. Whether all is paid."""
        # Beyond what a tranche can count gifts wait.
        cash = min(self._balance(number), MOST) - found.unclaimed
        for index, interest, principal in waterfall.run_down(found.tranches, cash, call.now):
            found.tranches[index].pay(interest, principal, call.now)
            self.emit(call, "TranchePaid", number, index, interest, principal)
            self.world.findings.count("payments to tranches recomputed")
            cash -= interest + principal
        is_owed = waterfall.owed_in_all(found.tranches, call.now) > 0
        return not is_owed and self._share_rest(call, number, found, cash, outright)

    def _share_rest(self, call: Call, number: int, found: Round, rest: int, outright: bool) -> bool:
        ends = call.now >= found.started_at + self.world.round_book.of(number).plan[-1][0]
        shared = waterfall.share_rest(found.tranches, rest, found.residual_total, outright, ends)
        if rest:
            found.residual_total = shared.total
            found.to_provider += shared.to_provider
            for tranche, gain in zip(found.tranches, shared.gains, strict=True):
                tranche.paid += gain
            self.emit(call, "RestShared", number, shared.gains, shared.to_provider)
            self.pay(call, number, found.provider, shared.to_provider)
        return shared.over

    def _end(self, call: Call, number: int, state: int) -> None:
        found = self.rounds[number]
        self.emit(call, "RoundStateChanged", number, found.state, state, found.received, 0)
        found.state = state
        self.world.collateral.let_go(call.by(self.address), number, found.provider, found.split)

    def _has_enough(self, number: int) -> bool:
        found, terms = self.rounds[number], self.world.round_book.of(number)
        each = all(tranche.invested >= least for tranche, least in zip(found.tranches, terms.least, strict=True))
        return each and found.raised >= terms.number("minimum")

    def _running(self, number: int) -> Round:
        found = self.known(number)
        self.refuse_unless(found.is_running, "the round is not running")
        return found

    def _balance(self, number: int) -> int:
        return self.world.accounts.balance(self.account_of(number), self.rounds[number].currency)

    def _take(self, call: Call, number: int, amount: int) -> None:
        """Out of the caller's account, which allowed it."""
        token = int.from_bytes(self.rounds[number].currency, "big")
        inner = call.by(self.address)
        self.world.accounts.transfer_from(inner, call.sender, self.account_of(number), token, amount)


class RoundViews(Module):
    """Reads only, and remembers nothing."""

    CONTRACT = "RoundViews"

    def handlers(self) -> dict[str, Handler]:
        return {}

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield from ()
