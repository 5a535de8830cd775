"""Reference model of SpareLoans and SpareStock: who gets which spare when, and what it costs."""

from __future__ import annotations

from tests.models.accounts import subaccount
from tests.models.pools import (
    BOUGHT_OUT,
    CALLED,
    CANCELLED,
    CLOCK_TOLERANCE,
    DOWN,
    EXCHANGED,
    KEPT,
    LAPSED,
    LENT,
    NONE,
    ON_LOAN,
    OPEN,
    REPAIR,
    RETIRED,
    RETURNED,
    SHELF,
    WAITING,
    WITHDRAWN,
    WRITTEN_OFF,
    Claim,
    PoolBooks,
    Unit,
    days_begun,
    need,
)


class PoolModel(PoolBooks):
    # Claims

    def claim(self, who: str, member: int, asset: int, time: int, state: int, odometer: int, now: int) -> None:
        found, terms = self._there(member), self.terms
        need(self.cover.get(found.asset) == member, "Pools_AlreadyCovered")
        need(now >= found.covered_from, "Pools_StillWaiting")
        need(found.deposit == terms.deposit, "Pools_DepositShort")
        need(not self._draw(found, now), "Pools_InArrears")
        self._take(found, terms.claim_fee)
        need(who == found.account, "Loans_NotMember")
        need(self.owner[found.asset] == who, "Loans_NotOwnMachine")
        need(self.counts(found.model)[0] > 0, "Loans_NoSpares")
        need(asset == found.asset, "Loans_StatusOfOther")
        need(state == DOWN, "Loans_NotDown")
        need(time + terms.fresh >= now, "Loans_StatusTooOld")
        need(time <= now + CLOCK_TOLERANCE, "Loans_StatusAhead")
        need(time >= found.covered_from, "Loans_BrokeWhileWaiting")
        last = self.claims.get(self.latest.get(asset, 0))
        if last is not None:
            need(last.stage != ON_LOAN, "Loans_HoldsSpare")
            need(last.stage not in OPEN, "Loans_AlreadyClaimed")
            got_spare = last.stage < WITHDRAWN
            need(odometer >= last.odometer + got_spare, "Loans_SameBreakdown")
        behind = bool(found.last_loan_end) and now < found.last_loan_end + terms.rest
        number = len(self.claims) + 1
        self.claims[number] = Claim(member, found.model, asset, odometer, behind, now)
        self.latest[asset] = number

    def withdraw(self, who: str, claim: int) -> None:
        found = self._queued(claim)
        need(who == self.members[found.member].account, "Loans_NotMember")
        self._end_queued(found, WITHDRAWN, fee_lost=found.stage == CALLED)

    def show_use(self, claim: int, asset: int, odometer: int, now: int) -> None:
        found = self._claim(claim)
        need(asset == found.asset, "Loans_StatusOfOther")
        need(found.stage in OPEN, "Loans_WrongStage")
        need(not found.has_arrived, "Loans_AlreadyArrived")
        need(odometer > found.odometer, "Loans_NoUseShown")
        need(found.fee_held, "Loans_UseAlreadyShown")
        if found.stage == ON_LOAN:
            found.deadline = min(found.deadline, now)
            found.fee_held = False
        else:
            self._end_queued(found, CANCELLED, fee_lost=True)

    def call_out(self, model: int, now: int) -> None:
        queue = self.queue(model)
        need(bool(queue), "Loans_UnknownClaim")
        _, ready, kept = self.counts(model)
        need(ready > kept, "Stock_NoneOnShelf")
        found = self.claims[queue[0]]
        found.stage, found.deadline = CALLED, now + self.terms.collect

    def lapse(self, claim: int, now: int) -> None:
        found = self._queued(claim)
        sold = self.owner[found.asset] != self.members[found.member].account
        need(sold or (found.stage == CALLED and now > found.deadline), "Loans_TooEarly")
        self._end_queued(found, LAPSED, fee_lost=True)

    # Loans

    def take_spare(self, claim: int, unit: int, giver: str, taker: str, now: int) -> None:
        found = self._claim(claim)
        need(self.owner[found.asset] == taker, "Loans_NotOwnMachine")
        member = self.members[found.member]
        _, ready, kept = self.counts(found.model)
        if found.stage == CALLED:
            kept -= 1
        else:
            need(found.stage == WAITING, "Loans_WrongStage")
            need(self.queue(found.model)[0] == claim, "Loans_NotNext")
        spare = self.units.get(unit)
        need(spare is not None and spare.place == SHELF, "Stock_WrongPlace")
        assert spare is not None
        need(spare.model == found.model, "Stock_NotInPool")
        need(ready > kept, "Stock_NoneOnShelf")
        need(not self._draw(member, now), "Pools_InArrears")
        self._take(member, self.terms.hold)
        need((giver, taker) == (self.keeper, member.account), "Loans_WrongHands")
        found.stage, found.unit, found.lent_at = ON_LOAN, unit, now
        found.deadline = now + self.terms.longest_loan
        spare.place, spare.loan = LENT, claim

    def bring_defective(self, claim: int, asset: int, giver: str, taker: str, now: int) -> None:
        found = self._lent(claim)
        need(asset == found.asset, "Loans_OtherAsset")
        need(not found.has_arrived, "Loans_AlreadyArrived")
        need(now <= found.lent_at + self.terms.defective, "Loans_TooLate")
        self._check_back(found, giver, taker)
        found.has_arrived = True
        self._end_fee(found, lost=False)

    def give_back(self, claim: int, unit: int, grade: int, giver: str, taker: str, now: int) -> None:
        found = self._lent(claim)
        need(unit == found.unit, "Loans_OtherAsset")
        need(grade > 0, "Loans_NoGrade")
        self._check_back(found, giver, taker)
        spare = self.units[unit]
        spare.place, spare.loan = SHELF if grade <= 2 else REPAIR, 0
        self._end_loan(found, RETURNED, now)

    def exchange(self, who: str, claim: int, now: int) -> None:
        found = self._lent(claim)
        self._check_own(who, found)
        need(found.has_arrived, "Loans_NotArrived")
        self._keep(found, EXCHANGED, self.prices[found.model].exchange, now)
        self._receive(found.asset, who, REPAIR, found.model)

    def buy_out(self, who: str, claim: int, now: int) -> None:
        found = self._lent(claim)
        self._check_own(who, found)
        self._keep(found, KEPT, self.prices[found.model].buy_out, now)

    def forfeit(self, claim: int, now: int) -> None:
        found = self._lent(claim)
        need(not found.has_arrived, "Loans_AlreadyArrived")
        need(not found.forfeited, "Loans_AlreadyForfeited")
        need(now > found.lent_at + self.terms.defective, "Loans_TooEarly")
        self.members[found.member].deposit = 0
        found.fee_held, found.forfeited = False, True

    # Repair

    def withhold(self, who: str, unit: int) -> None:
        found = self._unit(unit, SHELF)
        need(who == self.keeper, "Stock_NotKeeper")
        _, ready, kept = self.counts(found.model)
        need(ready > kept, "Stock_NoneOnShelf")
        found.place = REPAIR

    def order_repair(self, unit: int) -> None:
        """As far as the pool's money goes: into the unit's reserve, up to the ceiling."""
        found = self._unit(unit, REPAIR)
        reserve = subaccount(self.market, unit.to_bytes(32))
        lacking = self.prices[found.model].ceiling - self.books.balance(reserve, self.currency)
        if lacking > 0:
            need(lacking <= self.cash, "Pools_CashShort")
            self._pay(reserve, lacking)

    def shelve(self, who: str, unit: int, is_paid: bool) -> None:
        found = self._unit(unit, REPAIR)
        need(is_paid or who == self.keeper, "Stock_NotRepaired")
        found.place = SHELF
        self._empty_reserve(unit)

    # Steps

    def _unit(self, unit: int, place: int) -> Unit:
        found = self.units.get(unit, Unit(NONE, 0))
        need(found.place == place, "Stock_WrongPlace")
        return found

    def _retire(self, unit: int, taker: str, now: int) -> None:
        found = self.units.get(unit)
        need(found is not None, "Stock_NotInPool")
        assert found is not None
        if found.place == LENT:
            self._write_off(self.claims[found.loan], now)
        elif found.place == SHELF:
            _, ready, kept = self.counts(found.model)
            need(ready > kept, "Stock_NoneOnShelf")
        else:
            need(found.place == REPAIR, "Stock_WrongPlace")
        self._empty_reserve(unit)
        found.place, found.loan = RETIRED, 0
        self.owner[unit] = taker

    def _write_off(self, claim: Claim, now: int) -> None:
        need(now > claim.deadline, "Loans_TooEarly")
        claim.stage, claim.fee_held = WRITTEN_OFF, False
        member = self.members[claim.member]
        member.deposit, member.last_loan_end = 0, now

    def _claim(self, claim: int) -> Claim:
        need(claim in self.claims, "Loans_UnknownClaim")
        return self.claims[claim]

    def _queued(self, claim: int) -> Claim:
        found = self._claim(claim)
        need(found.stage in (WAITING, CALLED), "Loans_WrongStage")
        return found

    def _lent(self, claim: int) -> Claim:
        found = self._claim(claim)
        need(found.stage == ON_LOAN, "Loans_WrongStage")
        return found

    def _check_own(self, who: str, claim: Claim) -> None:
        need(who == self.members[claim.member].account, "Loans_NotMember")

    def _check_back(self, claim: Claim, giver: str, taker: str) -> None:
        need((giver, taker) == (self.members[claim.member].account, self.keeper), "Loans_WrongHands")

    def _end_fee(self, claim: Claim, lost: bool) -> None:
        if claim.fee_held and not lost:
            self.members[claim.member].credit += self.terms.claim_fee
        claim.fee_held = False

    def _end_queued(self, claim: Claim, stage: int, fee_lost: bool) -> None:
        claim.stage = stage
        self._end_fee(claim, fee_lost)

    def _keep(self, claim: Claim, stage: int, price: int, now: int) -> None:
        member = self.members[claim.member]
        self._draw(member, now)
        self._take(member, price)
        self._end_loan(claim, stage, now)
        self._uncover(claim.member)
        member.asset, self.cover[claim.unit] = claim.unit, claim.member
        self.units[claim.unit].place, self.units[claim.unit].loan = BOUGHT_OUT, 0
        self.owner[claim.unit] = member.account

    def _end_loan(self, claim: Claim, stage: int, now: int) -> None:
        """What is not given back to the credit is the pool's cash from here on: nothing held, nothing owed."""
        member, terms = self.members[claim.member], self.terms
        fee = days_begun(min(now, claim.deadline) - claim.lent_at) * terms.fee_per_day
        late = days_begun(now - claim.deadline) * terms.late_fee_per_day if now > claim.deadline else 0
        missing = not claim.has_arrived and not claim.forfeited and now > claim.lent_at + terms.defective
        member.credit += terms.hold - fee
        self._end_fee(claim, lost=missing)
        member.deposit -= member.deposit if missing else min(late, member.deposit)
        member.last_loan_end = now
        claim.stage = stage

    def _empty_reserve(self, unit: int) -> None:
        left = self.books.balance(subaccount(self.market, unit.to_bytes(32)), self.currency)
        if left:
            self.books.move_from(self.market, unit.to_bytes(32), self.account, self.currency, left)
