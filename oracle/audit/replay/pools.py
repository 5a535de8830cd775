"""SparePools again: terms, members and all money of pools; loans are in spare_loans.py, spares in spare_stock.py.

Nothing here keeps a running sum of what a pool owes: it is added up anew from members, claims and loans.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from oracle.audit.abi import Value
from oracle.audit.keccak import keccak, word
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, Refused, World, struct_storage, subaccount
from oracle.audit.signatures import JOIN_POOL

TERMS: Final = (
    "currency", "dues", "leastGrade", "vouched", "entry", "deposit", "claimFee", "feePerDay", "lateFeePerDay", "period",
    "waitingTime", "freshTime", "longestLoan", "collectTime", "defectiveTime", "restTime", "votingTime", "biddingTime",
    "workTime", "serviceTerms", "termsHash",
)  # fmt: skip
HOUR: Final = 3_600
DAY: Final = 86_400
LONGEST: Final = 3_650 * DAY
MOST_HELD: Final = (2**80 - 1) // 4
MOST_PER_DAY: Final = MOST_HELD // 3_651
MOST_MEMBERS: Final = 200
BOUNDS: Final = {
    "leastGrade": (0, 2),
    "claimFee": (0, MOST_HELD),
    "feePerDay": (0, MOST_PER_DAY),
    "lateFeePerDay": (0, MOST_PER_DAY),
    "period": (HOUR, LONGEST),
    "waitingTime": (0, LONGEST),
    "freshTime": (60, 30 * DAY),
    "longestLoan": (DAY, LONGEST),
    "collectTime": (HOUR, 90 * DAY),
    "defectiveTime": (HOUR, LONGEST),
    "restTime": (0, LONGEST),
    "votingTime": (DAY, 90 * DAY),
}


def platform_only(_: Call, *_arguments: Value) -> None:
    """What the three contracts do for each other: the replay does it with its own functions, and nobody else may."""
    raise Refused("only the platform's own contracts call this")


def days_begun(seconds: int) -> int:
    return max(1, -(-seconds // DAY))


@dataclass(slots=True)
class Pool:
    maker: bytes
    terms: dict[str, Any]
    rules_hash: bytes
    heir: bytes = ZERO

    @property
    def hold(self) -> int:
        """Fees of a loan up to its latest return."""
        amount: int = days_begun(self.terms["longestLoan"]) * self.terms["feePerDay"]
        return amount


@dataclass(slots=True)
class Member:
    account: bytes
    joined_at: int
    covered_from: int
    model: int
    pool: int
    asset: int
    contributed: int
    credit: int
    deposit: int
    dues_until: int
    has_left: bool = False
    last_loan_end: int = 0


class SparePools(Module):
    CONTRACT = "SparePools"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.pools: dict[int, Pool] = {}
        self.members: dict[int, Member] = {}
        self.cover: dict[int, int] = {}
        self.vouched: dict[tuple[int, bytes], bool] = {}

    def handlers(self) -> dict[str, Handler]:
        return {
            "open": self.open, "join": self.join, "joinSigned": self.join_signed, "vouch": self.vouch,
            "changeMachine": self.change_machine, "payIn": self.pay_in, "payOut": self.pay_out,
            "restoreDeposit": self.restore_deposit, "drawDues": self.draw_dues, "quit": self.quit, "expel": self.expel,
            "inheritCash": self.inherit_cash, "cancelNonce": self.cancel_nonce,
            **dict.fromkeys(("takeFee", "takeHold", "settleFee", "settleLoan", "writeOff", "spend"), platform_only),
        }  # fmt: skip

    # Opening and joining

    def open(self, call: Call, given: tuple[Value, ...], models: tuple[tuple[Value, ...], ...], keeper: bytes) -> None:
        self.refuse_unless(not self.world.offers.paused, "new pools are paused")
        terms: dict[str, Any] = dict(zip(TERMS, given, strict=True))
        self.refuse_unless(terms["currency"] in self.world.accounts.admitted, "the currency is not admitted")
        sound = all(least <= terms[name] <= most for name, (least, most) in BOUNDS.items())
        self.refuse_unless(sound and any(terms["termsHash"]), "terms out of bounds")
        number = len(self.pools) + 1
        rules_hash = keccak(_encoded(number, given, models))
        self.pools[number] = Pool(call.sender, terms, rules_hash)
        self.emit(call, "PoolOpened", number, call.sender, keeper, given, models, rules_hash)
        self.world.spare_stock.set_up(number, terms, models, keeper)

    def join(self, call: Call, pool: int, asset: int, rules_hash: bytes, credit: int) -> None:
        self._join(call, pool, call.sender, asset, rules_hash, credit)

    def join_signed(self, call: Call, form: tuple[Value, ...], signature: bytes) -> None:
        pool, account, asset, rules_hash, credit, _, _ = form
        self.consume_form(call, account, JOIN_POOL, form, signature)
        self._join(call, pool, account, asset, rules_hash, credit)

    def vouch(self, call: Call, by: int, candidate: bytes) -> None:
        pool = self._own(call, by).pool
        self.vouched[pool, candidate] = True
        self.emit(call, "Vouched", pool, by, candidate)

    def change_machine(self, call: Call, number: int, asset: int) -> None:
        member = self._own(call, number)
        self._check_no_claim(number)
        self._uncover(number, member)
        self._cover(call, number, member, asset)
        self.emit(call, "MachineChanged", number, asset, member.model, member.covered_from)

    # Money of members

    def pay_in(self, call: Call, number: int, amount: int) -> None:
        member = self.present(number)
        self.refuse_unless(amount > 0, "nothing")
        member.credit += amount
        self.emit(call, "PaidIn", number, call.sender, amount)
        self._take_in(call, member.pool, call.sender, amount)
        self.draw(call, number)

    def pay_out(self, call: Call, number: int, amount: int) -> None:
        member = self._own(call, number)
        self.refuse_unless(amount > 0, "nothing")
        self.draw(call, number)
        self._take_credit(member, amount)
        self.emit(call, "PaidOut", number, amount)
        self.pay(call, member.pool, call.sender, amount)

    def restore_deposit(self, call: Call, number: int) -> None:
        member = self._own(call, number)
        lacking = self.pools[member.pool].terms["deposit"] - member.deposit
        self.refuse_unless(lacking > 0, "the deposit is whole")
        self.draw(call, number)
        self._take_credit(member, lacking)
        member.deposit += lacking
        self.emit(call, "DepositRestored", number, lacking)

    def draw_dues(self, call: Call, number: int) -> None:
        self.present(number)
        self.draw(call, number)

    def quit(self, call: Call, number: int) -> None:
        self._own(call, number)
        self._leave(call, number, self.draw(call, number))

    def expel(self, call: Call, number: int) -> None:
        member = self.present(number)
        missing = self.draw(call, number)
        owed = missing * self.pools[member.pool].terms["dues"]
        self.refuse_unless(owed > member.deposit, "the deposit covers the arrears")
        self._leave(call, number, missing)

    def inherit_cash(self, call: Call, number: int) -> None:
        heir = self.known(number).heir
        self.refuse_unless(heir != ZERO, "the pool has members")
        amount = self.balance(number)
        self.refuse_unless(amount > 0, "nothing")
        self.emit(call, "Inherited", number, heir, amount)
        self.pay(call, number, heir, amount)

    # For claims and loans

    def take_fee(self, call: Call, number: int, claim: int) -> Member:
        member = self.present(number)
        terms = self.pools[member.pool].terms
        self.refuse_unless(self.cover.get(member.asset, 0) == number, "another membership covers the machine")
        self.refuse_unless(call.now >= member.covered_from, "the waiting time is not over")
        self.refuse_unless(member.deposit >= terms["deposit"], "the deposit is short")
        self._check_paid(call, number)
        self._hold(call, number, claim, terms["claimFee"])
        return member

    def take_hold(self, call: Call, number: int, claim: int) -> None:
        self._check_paid(call, number)
        self._hold(call, number, claim, self.pools[self.members[number].pool].hold)

    def keep_machine(self, call: Call, number: int, claim: int, price: int, kept: int) -> None:
        """The price waits with what is held; the spare is the member's machine from now on."""
        member = self.members[number]
        self.draw(call, number)
        self._hold(call, number, claim, price)
        self._uncover(number, member)
        member.asset, self.cover[kept] = kept, number
        self.emit(call, "MachineChanged", number, kept, member.model, member.covered_from)

    def settle(self, call: Call, number: int, claim: int, back: int, to_cash: int, from_deposit: int) -> None:
        member = self.members[number]
        member.credit += back
        member.deposit -= from_deposit
        self.emit(call, "ClaimPaid", number, claim, back, to_cash, from_deposit)

    def spend(self, call: Call, pool: int, to: bytes, amount: int, what: bytes) -> None:
        self.refuse_unless(amount <= self.cash(pool), "more than the pool's cash")
        self.emit(call, "Spent", pool, to, amount, what)
        self.pay(call, pool, to, amount)

    # Reading

    def known(self, number: int) -> Pool:
        if (pool := self.pools.get(number)) is None:
            raise Refused(f"there is no pool {number}")
        return pool

    def present(self, number: int) -> Member:
        member = self.members.get(number)
        if member is None or member.has_left:
            raise Refused(f"there is no member {number}")
        return member

    def members_of(self, pool: int) -> dict[int, Member]:
        return {number: one for number, one in self.members.items() if one.pool == pool and not one.has_left}

    def account_of(self, pool: int) -> bytes:
        return subaccount(self.address, word(pool))

    def balance(self, pool: int) -> int:
        currency: bytes = self.pools[pool].terms["currency"]
        return self.world.accounts.balance(self.account_of(pool), currency)

    def held(self, pool: int) -> int:
        """Credits and deposits of members, fees of claims, holds of loans."""
        own = sum(one.credit + one.deposit for one in self.members_of(pool).values())
        return own + self.world.spare_loans.held(pool, self.pools[pool])

    def cash(self, pool: int) -> int:
        return self.balance(pool) - self.held(pool)

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield ("poolCount",), len(self.pools)
        yield ("memberCount",), len(self.members)
        yield from self.nonce_storage()
        for number, pool in self.pools.items():
            present = self.members_of(number)
            yield from struct_storage(("_terms", number), pool.terms)
            members = {
                "maker": pool.maker,
                "members": len(present),
                "isClosed": pool.heir != ZERO,
                "heir": pool.heir,
                "held": self.held(number),
                "contributed": sum(one.contributed for one in present.values()),
                "rulesHash": pool.rules_hash,
            }
            yield from struct_storage(("_pools", number), members)
        for number, one in self.members.items():
            members = {
                "account": one.account, "joinedAt": one.joined_at, "coveredFrom": one.covered_from, "model": one.model,
                "hasLeft": one.has_left, "pool": one.pool, "asset": one.asset, "contributed": one.contributed,
                "credit": one.credit, "deposit": one.deposit, "duesUntil": one.dues_until,
                "lastLoanEnd": one.last_loan_end,
            }  # fmt: skip
            yield from struct_storage(("_members", number), members)
        for asset, number in self.cover.items():
            yield ("coverOf", asset), number
        for (pool_number, candidate), on in self.vouched.items():
            yield ("isVouched", pool_number, candidate), on

    # Internals: members

    def _join(self, call: Call, pool: int, account: bytes, asset: int, rules_hash: bytes, credit: int) -> None:
        self.refuse_unless(not self.world.offers.paused, "joining is paused")
        found = self.known(pool)
        terms, present = found.terms, self.members_of(pool)
        self.refuse_unless(found.heir == ZERO, "the pool is closed")
        self.refuse_unless(rules_hash == found.rules_hash, "other rules than the pool's")
        self.refuse_unless(len(present) < MOST_MEMBERS, "too many members")
        if terms["vouched"] and not (not present and account == found.maker):
            self.refuse_unless(self.vouched.get((pool, account), False), "nobody has vouched")
            self.vouched[pool, account] = False
        number = len(self.members) + 1
        entry, deposit = terms["entry"], terms["deposit"]
        made = Member(account, call.now, 0, 0, pool, 0, entry, credit, deposit, call.now)
        self.members[number] = made
        self._cover(call, number, made, asset)
        self.emit(call, "MemberJoined", number, pool, account, asset, made.model, made.covered_from, credit)
        self._take_in(call, pool, account, entry + deposit + credit)
        self._check_paid(call, number)

    def _cover(self, call: Call, number: int, member: Member, asset: int) -> None:
        self.refuse_unless(self.world.assets.known(asset).owner == member.account, "not the member's machine")
        standing = self.members.get(self.cover.get(asset, 0))
        covered = standing is not None and standing.account == member.account
        self.refuse_unless(not covered, "the machine is covered already")
        self.cover[asset] = number
        member.asset, member.model = asset, self.world.spare_stock.model_of(member.pool, asset)
        member.covered_from = call.now + self.pools[member.pool].terms["waitingTime"]

    def _uncover(self, number: int, member: Member) -> None:
        if self.cover.get(member.asset) == number:
            self.cover[member.asset] = 0

    def _own(self, call: Call, number: int) -> Member:
        member = self.present(number)
        self.refuse_unless(call.sender == member.account, "only the member does that")
        return member

    def _check_no_claim(self, number: int) -> None:
        self.refuse_unless(not self.world.spare_loans.open_claim_of(number), "a claim is open")

    def _leave(self, call: Call, number: int, missing: int) -> None:
        self._check_no_claim(number)
        member = self.members[number]
        pool, present = self.pools[member.pool], self.members_of(member.pool)
        cash, own = self.cash(member.pool), member.credit + member.deposit
        part, unpaid = cash, 0
        if len(present) > 1:
            whole = sum(one.contributed for one in present.values())
            part = min(member.contributed, cash * member.contributed // whole if whole else 0)
            unpaid = min(missing * pool.terms["dues"], own + part)
        member.has_left = True
        self._uncover(number, member)
        told = (number, member.pool, call.sender, member.credit, member.deposit, part, unpaid)
        self.emit(call, "MemberLeft", *told)
        if len(present) == 1:
            pool.heir = member.account
            self.emit(call, "PoolClosed", member.pool, member.account)
        self.pay(call, member.pool, member.account, own + part - unpaid)

    # Internals: money

    def draw(self, call: Call, number: int) -> int:
        """Returns how many periods that have begun stay unpaid."""
        member = self.members[number]
        terms = self.pools[member.pool].terms
        dues, period = terms["dues"], terms["period"]
        due = (call.now - member.dues_until) // period + 1 if call.now >= member.dues_until else 0
        paid = due if due * dues <= member.credit else member.credit // dues
        if paid:
            member.credit -= paid * dues
            member.contributed += paid * dues
            member.dues_until += paid * period
            self.emit(call, "DuesDrawn", number, paid, paid * dues, member.dues_until)
        missing: int = due - paid
        return missing

    def _check_paid(self, call: Call, number: int) -> None:
        self.present(number)
        self.refuse_unless(not self.draw(call, number), "in arrears")

    def _take_credit(self, member: Member, amount: int) -> None:
        self.refuse_unless(amount <= member.credit, "more than the credit")
        member.credit -= amount

    def _hold(self, call: Call, number: int, claim: int, amount: int) -> None:
        if amount:
            self._take_credit(self.members[number], amount)
            self.emit(call, "ClaimHeld", number, claim, amount)

    def _take_in(self, call: Call, pool: int, payer: bytes, amount: int) -> None:
        if amount:
            token = int.from_bytes(self.pools[pool].terms["currency"], "big")
            self.world.accounts.transfer_from(call.by(self.address), payer, self.account_of(pool), token, amount)

    def pay(self, call: Call, pool: int, to: bytes, amount: int) -> None:
        if amount:
            currency = self.pools[pool].terms["currency"]
            self.world.accounts.move_from(call.by(self.address), word(pool), to, currency, amount)


def _encoded(number: int, terms: tuple[Value, ...], models: tuple[tuple[Value, ...], ...]) -> bytes:
    """abi.encode(pool, terms, models): two heads without a tail, and a list behind its offset and length."""
    head = word(number) + b"".join(map(_word, terms)) + word(32 * (len(terms) + 2))
    return head + word(len(models)) + b"".join(_word(value) for model in models for value in model)


def _word(value: Value) -> bytes:
    return value.rjust(32, b"\0") if isinstance(value, bytes) else word(int(value))
