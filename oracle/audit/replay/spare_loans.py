"""SpareLoans again: claims that the broken machine proves, their turns, hands and days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.replay.pools import Pool, days_begun
from oracle.audit.replay.services import record_history
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, Refused, World, struct_storage
from oracle.audit.signatures import READING, SPARE_HAND_OVER, STATUS, struct_hash

WAITING, CALLED, LENT, RETURNED, EXCHANGED, KEPT, WRITTEN_OFF, WITHDRAWN, LAPSED, CANCELLED = range(1, 11)
OPEN: Final = (WAITING, CALLED, LENT)
GOT_A_SPARE: Final = (RETURNED, EXCHANGED, KEPT, WRITTEN_OFF)
DOWN: Final = 1
SOUND: Final = 2
"""The lowest grade that goes back to the shelf."""
CLOCK_TOLERANCE: Final = 120
Lane = tuple[int, int, bool]
"""(pool, model, whether these stand behind)"""


@dataclass(slots=True)
class Claim:
    member: int
    pool: int
    model: int
    is_behind: bool
    odometer: int
    asset: int
    claimed_at: int
    stage: int = WAITING
    fee_held: bool = True
    has_arrived: bool = False
    forfeited: bool = False
    unit: int = 0
    lent_at: int = 0
    deadline: int = 0


class SpareLoans(Module):
    CONTRACT = "SpareLoans"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.claims: dict[int, Claim] = {}
        self.latest: dict[int, int] = {}
        self.queues: defaultdict[Lane, list[int]] = defaultdict(list)
        self.turns: defaultdict[Lane, int] = defaultdict(int)

    def handlers(self) -> dict[str, Handler]:
        return {
            "claim": self.claim, "withdraw": self.withdraw, "showUse": self.show_use,
            "showUseByStatus": self.show_use_by_status, "callOut": self.call_out, "lapse": self.lapse,
            "takeSpare": self.take_spare, "bringDefective": self.bring_defective, "giveBack": self.give_back,
            "exchange": self.exchange, "buyOut": self.buy_out, "forfeit": self.forfeit,
            "cancelNonce": self.cancel_nonce,
        }  # fmt: skip

    # Claims

    def claim(self, call: Call, by: int, status: tuple[Value, ...], signature: bytes) -> None:
        number = len(self.claims) + 1
        pools = self.world.pools
        member = pools.take_fee(call, by, number)
        terms, asset = pools.pools[member.pool].terms, member.asset
        self.refuse_unless(call.sender == member.account, "only the member claims")
        self._check_owner(asset, member.account)
        total, _, _ = self.world.spare_stock.counts(member.pool, member.model)
        self.refuse_unless(total > 0, "the pool has no spares of the model")
        of, _, time, state, _, odometer = status
        self.refuse_unless((of, state) == (asset, DOWN), "no breakdown of this machine")
        self.refuse_unless(call.now - terms["freshTime"] <= time <= call.now + CLOCK_TOLERANCE, "too old, or ahead")
        self.refuse_unless(time >= member.covered_from, "broken down within the waiting time")
        keys = self.world.meters.of(asset)
        known = keys.odometer
        self.refuse_unless(odometer >= known.odometer and time >= known.time, "the registry knows a later status")
        self._check_status(call, asset, status, signature)
        self.refuse_unless(keys.meter.grade >= terms["leastGrade"], "a meter trusted less than agreed")
        if (last := self.claims.get(self.latest.get(asset, 0))) is not None:
            self.refuse_unless(last.stage not in OPEN, "a claim is open")
            least = last.odometer + (last.stage in GOT_A_SPARE)
            self.refuse_unless(odometer >= least, "the breakdown of the last claim")
        rests_until = member.last_loan_end + terms["restTime"]
        is_behind = member.last_loan_end != 0 and call.now < rests_until
        made = Claim(by, member.pool, member.model, is_behind, odometer, asset, call.now)
        self.claims[number] = made
        self.latest[asset] = number
        self.queues[made.pool, made.model, is_behind].append(number)
        self.emit(call, "Claimed", number, made.pool, by, asset, made.model, is_behind, status)

    def withdraw(self, call: Call, number: int) -> None:
        claim = self._queued(number)
        self.refuse_unless(call.sender == self.world.pools.members[claim.member].account, "only the member withdraws")
        self._end_queued(call, number, WITHDRAWN, fee_lost=claim.stage == CALLED)

    def show_use(self, call: Call, number: int, reading: tuple[Value, ...], signature: bytes) -> None:
        claim = self._known(number)
        self.refuse_unless(reading[1] == claim.asset, "another machine's reading")
        digest = self.world.agreements.domain.digest(struct_hash(READING, reading))
        self._check_signed(call, claim.asset, digest, signature)
        self._shown(call, number, reading[8])

    def show_use_by_status(self, call: Call, number: int, status: tuple[Value, ...], signature: bytes) -> None:
        claim = self._known(number)
        self.refuse_unless(status[0] == claim.asset, "another machine's status")
        self._check_status(call, claim.asset, status, signature)
        self._shown(call, number, status[5])

    def call_out(self, call: Call, pool: int, model: int) -> None:
        number = self._take_next(pool, model)
        self.refuse_unless(number > 0, "nobody waits")
        _, ready, kept = self.world.spare_stock.counts(pool, model)
        self.refuse_unless(ready > kept, "none on the shelf that is kept for nobody")
        claim = self.claims[number]
        claim.stage, claim.deadline = CALLED, call.now + self.world.pools.pools[pool].terms["collectTime"]
        self.emit(call, "CalledOut", number, claim.deadline)

    def lapse(self, call: Call, number: int) -> None:
        claim = self._queued(number)
        sold = self.world.assets.known(claim.asset).owner != self.world.pools.members[claim.member].account
        late = claim.stage == CALLED and call.now > claim.deadline
        self.refuse_unless(sold or late, "there is still time to collect")
        self._end_queued(call, number, LAPSED, fee_lost=True)

    # Loans

    def take_spare(self, call: Call, form: tuple[Value, ...], by_giver: bytes, by_taker: bytes) -> None:
        number, unit, giver, taker, _, paper, *_ = form
        claim = self._known(number)
        self._check_owner(claim.asset, taker)
        is_kept = claim.stage == CALLED
        if not is_kept:
            self.refuse_unless(claim.stage == WAITING, "the claim waits for nothing")
            self.refuse_unless(self._take_next(claim.pool, claim.model) == number, "somebody is before it")
        stock, pools = self.world.spare_stock, self.world.pools
        stock.lend(call, unit, claim.pool, claim.model, number, is_kept, paper)
        pools.take_hold(call, claim.member, number)
        self._check_hands(giver, taker, stock.keepers[claim.pool], pools.members[claim.member].account)
        pool = pools.pools[claim.pool]
        claim.stage, claim.unit, claim.lent_at = LENT, unit, call.now
        claim.deadline = call.now + pool.terms["longestLoan"]
        self.emit(call, "SpareLent", number, unit, claim.deadline, pool.hold, paper)
        self._consume_both(call, form, by_giver, by_taker)

    def bring_defective(self, call: Call, form: tuple[Value, ...], by_giver: bytes, by_taker: bytes) -> None:
        number, asset, giver, taker, grade, paper, *_ = form
        claim = self._lent(number)
        self.refuse_unless(asset == claim.asset and not claim.has_arrived, "not the machine, or it is there")
        self.refuse_unless(call.now <= self._unit_due(claim), "too late")
        self._check_back(claim, giver, taker)
        claim.has_arrived = True
        self.emit(call, "DefectiveArrived", number, asset, grade, paper)
        record_history(self, call, asset, "defective unit arrived", paper, "")
        self._settle_fee(call, number, lost=False)
        self._consume_both(call, form, by_giver, by_taker)

    def give_back(self, call: Call, form: tuple[Value, ...], by_giver: bytes, by_taker: bytes) -> None:
        number, unit, giver, taker, grade, paper, *_ = form
        claim = self._lent(number)
        self.refuse_unless(unit == claim.unit and grade > 0, "not the spare, or without a grade")
        self._check_back(claim, giver, taker)
        self.world.spare_stock.take_back(call, unit, grade <= SOUND, paper)
        self._end_loan(call, number, RETURNED)
        self._consume_both(call, form, by_giver, by_taker)

    def exchange(self, call: Call, number: int) -> None:
        claim = self._lent(number)
        account = self._check_member(call, claim)
        self.refuse_unless(claim.has_arrived, "the defective unit has not arrived")
        stock = self.world.spare_stock
        self._end_loan(call, number, EXCHANGED, stock.models[claim.pool][claim.model]["exchangeFee"])
        stock.let_go(call, claim.unit, account)
        stock.take_exchanged(call, claim.pool, claim.model, claim.asset, account)

    def buy_out(self, call: Call, number: int) -> None:
        claim = self._lent(number)
        account = self._check_member(call, claim)
        stock = self.world.spare_stock
        self._end_loan(call, number, KEPT, stock.models[claim.pool][claim.model]["price"])
        stock.let_go(call, claim.unit, account)

    def forfeit(self, call: Call, number: int) -> None:
        claim = self._lent(number)
        owed = not claim.has_arrived and not claim.forfeited
        self.refuse_unless(owed and call.now > self._unit_due(claim), "arrived, forfeited, or not due yet")
        self.emit(call, "DepositForfeited", number)
        fee = self._fee(claim)
        claim.fee_held, claim.forfeited = False, True
        deposit = self.world.pools.members[claim.member].deposit
        self.world.pools.settle(call, claim.member, number, 0, fee, deposit)

    def write_off(self, call: Call, number: int) -> None:
        """For the stock, whose spare never came back."""
        claim = self._lent(number)
        self.refuse_unless(call.now > claim.deadline, "the loan is not overdue")
        pools, member = self.world.pools, self.world.pools.members[claim.member]
        lost, deposit = pools.pools[claim.pool].hold + self._fee(claim), member.deposit
        claim.stage, claim.fee_held = WRITTEN_OFF, False
        member.last_loan_end = call.now
        pools.settle(call, claim.member, number, 0, lost, deposit)
        self.emit(call, "LoanEnded", number, WRITTEN_OFF, claim.unit, lost, deposit, 0)

    # Reading

    def open_claim_of(self, member: int) -> int:
        number = self.latest.get(self.world.pools.members[member].asset, 0)
        claim = self.claims.get(number)
        return number if claim is not None and claim.member == member and claim.stage in OPEN else 0

    def called(self, pool: int, model: int) -> int:
        return sum((one.pool, one.model, one.stage) == (pool, model, CALLED) for one in self.claims.values())

    def held(self, number: int, pool: Pool) -> int:
        """Fees of claims and holds of loans that are not settled."""
        claims = [one for one in self.claims.values() if one.pool == number]
        fees: int = sum(one.fee_held for one in claims) * pool.terms["claimFee"]
        return fees + sum(one.stage == LENT for one in claims) * pool.hold

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield ("claimCount",), len(self.claims)
        yield from self.nonce_storage()
        for asset, number in self.latest.items():
            yield ("latestClaimOf", asset), number
        for number, one in self.claims.items():
            members = {
                "member": one.member, "pool": one.pool, "stage": one.stage, "model": one.model,
                "isBehind": one.is_behind, "isFeeHeld": one.fee_held, "hasArrived": one.has_arrived,
                "isForfeited": one.forfeited, "odometer": one.odometer, "asset": one.asset, "unit": one.unit,
                "claimedAt": one.claimed_at, "lentAt": one.lent_at, "deadline": one.deadline,
            }  # fmt: skip
            yield from struct_storage(("_claims", number), members)
        for lane, queue in self.queues.items():
            yield ("_queues", *lane), len(queue)
            for index, number in enumerate(queue):
                yield ("_queues", *lane, index), number
        for (pool, model, behind), turn in self.turns.items():
            yield ("_turns", pool, model, "behind" if behind else "first"), turn

    # Internals: queue

    def _take_next(self, pool: int, model: int) -> int:
        """By the rule: those without a recent loan first, each by chain time. Who is passed over has had its turn."""
        for behind in (False, True):
            lane = (pool, model, behind)
            queue = self.queues[lane]
            for index in range(self.turns[lane], len(queue)):
                self.turns[lane] = index + 1
                if self.claims[queue[index]].stage == WAITING:
                    return queue[index]
        return 0

    def _known(self, number: int) -> Claim:
        if (claim := self.claims.get(number)) is None:
            raise Refused(f"there is no claim {number}")
        return claim

    def _queued(self, number: int) -> Claim:
        claim = self._known(number)
        self.refuse_unless(claim.stage in (WAITING, CALLED), "the claim is not in the queue")
        return claim

    def _lent(self, number: int) -> Claim:
        claim = self._known(number)
        self.refuse_unless(claim.stage == LENT, "no loan")
        return claim

    def _end_queued(self, call: Call, number: int, stage: int, fee_lost: bool) -> None:
        self.claims[number].stage = stage
        self.emit(call, "ClaimEnded", number, stage, fee_lost)
        self._settle_fee(call, number, fee_lost)

    def _shown(self, call: Call, number: int, odometer: int) -> None:
        claim = self.claims[number]
        shows = claim.stage in OPEN and claim.fee_held and not claim.has_arrived
        self.refuse_unless(shows and odometer > claim.odometer, "shows no use that costs anything")
        self.emit(call, "UseShown", number, call.sender, odometer)
        if claim.stage != LENT:
            self._end_queued(call, number, CANCELLED, fee_lost=True)
            return
        claim.deadline = min(claim.deadline, call.now)
        self._settle_fee(call, number, lost=True)

    # Internals: proof and hands

    def _check_owner(self, asset: int, account: bytes) -> None:
        self.refuse_unless(self.world.assets.known(asset).owner == account, "not the member's machine")

    def _check_member(self, call: Call, claim: Claim) -> bytes:
        account = self.world.pools.members[claim.member].account
        self.refuse_unless(call.sender == account, "only the member does that")
        return account

    def _check_status(self, call: Call, asset: int, status: tuple[Value, ...], signature: bytes) -> None:
        self._check_signed(call, asset, self.world.meters.domain.digest(struct_hash(STATUS, status)), signature)

    def _check_signed(self, call: Call, asset: int, digest: bytes, signature: bytes) -> None:
        signer = self.world.meters.signer_of(call, asset, digest, signature)
        self.refuse_unless(signer == self.world.meters.of(asset).meter.signer != ZERO, "not signed by the meter")

    def _check_hands(self, giver: bytes, taker: bytes, from_: bytes, to: bytes) -> None:
        self.refuse_unless((giver, taker) == (from_, to), "other hands than keeper and member")

    def _check_back(self, claim: Claim, giver: bytes, taker: bytes) -> None:
        account = self.world.pools.members[claim.member].account
        self._check_hands(giver, taker, account, self.world.spare_stock.keepers[claim.pool])

    def _consume_both(self, call: Call, form: tuple[Value, ...], by_giver: bytes, by_taker: bytes) -> None:
        _, _, giver, taker, _, _, giver_nonce, taker_nonce, deadline = form
        self.refuse_unless(call.now <= deadline, "the form has expired")
        for hand, nonce, signature in ((giver, giver_nonce, by_giver), (taker, taker_nonce, by_taker)):
            self.refuse_unless((hand, nonce) not in self.used_nonces, "the form's nonce is used")
            self.used_nonces.add((hand, nonce))
            self.emit(call, "NonceUsed", hand, nonce)
            self.check_signature(call, hand, SPARE_HAND_OVER, form, signature)

    # Internals: ends

    def _unit_due(self, claim: Claim) -> int:
        """Until when the defective unit arrives in time."""
        until: int = claim.lent_at + self.world.pools.pools[claim.pool].terms["defectiveTime"]
        return until

    def _fee(self, claim: Claim) -> int:
        fee: int = claim.fee_held * self.world.pools.pools[claim.pool].terms["claimFee"]
        return fee

    def _settle_fee(self, call: Call, number: int, lost: bool) -> None:
        claim = self.claims[number]
        if not claim.fee_held:
            return
        fee = self._fee(claim)
        claim.fee_held = False
        self.world.pools.settle(call, claim.member, number, 0 if lost else fee, fee if lost else 0, 0)

    def _end_loan(self, call: Call, number: int, stage: int, price: int | None = None) -> None:
        """`price` of a spare that the member keeps; None: it went back."""
        claim, pools = self.claims[number], self.world.pools
        pool, member = pools.pools[claim.pool], pools.members[claim.member]
        if price is not None:
            pools.keep_machine(call, claim.member, number, price, claim.unit)
        terms = pool.terms
        fee = days_begun(min(call.now, claim.deadline) - claim.lent_at) * terms["feePerDay"]
        late = 0
        if call.now > claim.deadline:
            late = min(member.deposit, days_begun(call.now - claim.deadline) * terms["lateFeePerDay"])
        owed = not claim.has_arrived and not claim.forfeited
        lost = owed and call.now > self._unit_due(claim)
        claim_fee = self._fee(claim)
        back, to_cash = pool.hold - fee, fee + (price or 0)
        back, to_cash = (back, to_cash + claim_fee) if lost else (back + claim_fee, to_cash)
        claim.stage, claim.fee_held = stage, False
        member.last_loan_end = call.now
        pools.settle(call, claim.member, number, back, to_cash, member.deposit if lost else late)
        self.emit(call, "LoanEnded", number, stage, claim.unit, fee, late, price or 0)
