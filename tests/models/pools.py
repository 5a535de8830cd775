"""Reference model of SparePools and of the votes of SpareStock: one pool, its members and their money."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from tests.models.accounts import AccountsModel, Refused, subaccount

DAY = 86_400
POOL = 1
NONE, SHELF, LENT, REPAIR, BOUGHT_OUT, RETIRED = range(6)
CUSTODY = (SHELF, LENT, REPAIR)
WAITING, CALLED, ON_LOAN, RETURNED, EXCHANGED, KEPT, WRITTEN_OFF, WITHDRAWN, LAPSED, CANCELLED = range(1, 11)
OPEN = (WAITING, CALLED, ON_LOAN)
PURCHASE, RETIREMENT, KEEPER = 1, 2, 3
UP, DOWN = 0, 1
CLOCK_TOLERANCE = 120
NOBODY = "0x" + 40 * "0"


def need(condition: bool, name: str) -> None:
    if not condition:
        raise Refused(name)


class Terms(NamedTuple):
    """What of `PoolTerms` decides something here, in its order."""

    dues: int
    entry: int
    deposit: int
    claim_fee: int
    fee_per_day: int
    late_fee_per_day: int
    period: int
    waiting: int
    fresh: int
    longest_loan: int
    collect: int
    defective: int
    rest: int
    voting: int

    @property
    def hold(self) -> int:
        return days_begun(self.longest_loan) * self.fee_per_day


class Price(NamedTuple):
    """Of one model: `price`, exchange fee, ceiling of a repair."""

    buy_out: int
    exchange: int
    ceiling: int


def days_begun(span: int) -> int:
    return max(1, -(-span // DAY))


def share(contributed: int, total: int, cash: int) -> int:
    """Of the pool's cash, for who leaves: by contributions, at most what was contributed; rounded down."""
    return contributed if cash >= total else cash * contributed // total


@dataclass(slots=True)
class Member:
    account: str
    joined_at: int
    covered_from: int
    model: int
    asset: int
    contributed: int
    credit: int
    deposit: int
    dues_until: int
    has_left: bool = False
    last_loan_end: int = 0


@dataclass(slots=True)
class Claim:
    member: int
    model: int
    asset: int
    odometer: int
    is_behind: bool
    claimed_at: int
    stage: int = WAITING
    fee_held: bool = True
    has_arrived: bool = False
    forfeited: bool = False
    unit: int = 0
    lent_at: int = 0
    deadline: int = 0


@dataclass(slots=True)
class Unit:
    place: int
    model: int
    loan: int = 0


@dataclass(slots=True)
class Proposal:
    kind: int
    asset: int
    account: str
    price: int
    opened_at: int
    closes_at: int
    model: int = 0
    done: bool = False
    voters: list[int] = field(default_factory=list)


@dataclass(slots=True)
class PoolBooks:
    """Who is a member, with which money, and what members decide; `PoolModel` adds the spares' way."""

    books: AccountsModel
    module: str
    stock: str
    market: str
    currency: str
    terms: Terms
    prices: tuple[Price, ...]
    models: dict[int, int]
    """Which machine is of which model."""
    owner: dict[int, str]
    keeper: str
    members: dict[int, Member] = field(default_factory=dict)
    claims: dict[int, Claim] = field(default_factory=dict)
    units: dict[int, Unit] = field(default_factory=dict)
    proposals: dict[int, Proposal] = field(default_factory=dict)
    cover: dict[int, int] = field(default_factory=dict)
    latest: dict[int, int] = field(default_factory=dict)
    heir: str = ""
    paused: bool = False

    # What is read

    @property
    def account(self) -> str:
        return subaccount(self.module, POOL.to_bytes(32))

    @property
    def present(self) -> dict[int, Member]:
        return {number: one for number, one in self.members.items() if not one.has_left}

    @property
    def held(self) -> int:
        """Everything in the pot that belongs to members, from what they have: no running sum."""
        fees = sum(self.terms.claim_fee for one in self.claims.values() if one.fee_held)
        holds = sum(self.terms.hold for one in self.claims.values() if one.stage == ON_LOAN)
        return sum(one.credit + one.deposit for one in self.present.values()) + fees + holds

    @property
    def contributed(self) -> int:
        return sum(one.contributed for one in self.present.values())

    @property
    def cash(self) -> int:
        return self.books.balance(self.account, self.currency) - self.held

    def queue(self, model: int) -> list[int]:
        """By the rule itself: those without a recent loan first, each by chain time."""
        waiting = [(c.is_behind, n) for n, c in self.claims.items() if c.stage == WAITING and c.model == model]
        return [number for _, number in sorted(waiting)]

    def counts(self, model: int) -> tuple[int, int, int]:
        """Total, ready and kept."""
        units = [one for one in self.units.values() if one.model == model]
        kept = sum(one.stage == CALLED and one.model == model for one in self.claims.values())
        return sum(u.place in CUSTODY for u in units), sum(u.place == SHELF for u in units), kept

    def open_claim(self, member: int) -> int:
        return next((n for n, one in self.claims.items() if one.member == member and one.stage in OPEN), 0)

    def arrears(self, member: Member, now: int) -> tuple[int, int]:
        """Periods begun and unpaid: those that the credit still pays, and those that it does not."""
        due = (now - member.dues_until) // self.terms.period + 1 if now >= member.dues_until else 0
        paid = min(due, member.credit // self.terms.dues)
        return paid, due - paid

    # Members

    def join(self, who: str, asset: int, credit: int, now: int) -> None:
        need(not self.paused, "Pools_Paused")
        need(not self.heir, "Pools_Closed")
        covered = self._cover(len(self.members) + 1, who, asset)
        self._move_in(who, self.terms.entry + self.terms.deposit + credit)
        made = Member(
            who, now, now + self.terms.waiting, covered, asset, self.terms.entry, credit, self.terms.deposit, now
        )
        self.members[len(self.members) + 1] = made
        need(not self._draw(made, now), "Pools_InArrears")

    def change_machine(self, who: str, member: int, asset: int, now: int) -> None:
        found = self._own(who, member)
        need(not self.open_claim(member), "Pools_HasClaim")
        self._uncover(member)
        found.model = self._cover(member, who, asset)
        found.asset, found.covered_from = asset, now + self.terms.waiting

    def pay_in(self, who: str, member: int, amount: int, now: int) -> None:
        found = self._there(member)
        found.credit += amount
        self._move_in(who, amount)
        self._draw(found, now)

    def pay_out(self, who: str, member: int, amount: int, now: int) -> None:
        found = self._own(who, member)
        self._draw(found, now)
        self._take(found, amount)
        self._pay(who, amount)

    def restore_deposit(self, who: str, member: int, now: int) -> None:
        found = self._own(who, member)
        lacking = self.terms.deposit - found.deposit
        need(lacking > 0, "Pools_ZeroAmount")
        self._draw(found, now)
        self._take(found, lacking)
        found.deposit += lacking

    def draw_dues(self, member: int, now: int) -> None:
        self._draw(self._there(member), now)

    def refund(self, member: int, now: int) -> int:
        """What leaving would pay, from a look at the books alone."""
        found = self._there(member)
        paid, missing = self.arrears(found, now)
        drawn = paid * self.terms.dues
        cash, own = self.cash + drawn, found.credit - drawn + found.deposit
        if len(self.present) == 1:
            return own + cash
        own += share(found.contributed + drawn, self.contributed + drawn, cash)
        return max(0, own - missing * self.terms.dues)

    def quit(self, who: str, member: int, now: int) -> None:
        self._own(who, member)
        self._leave(member, now)

    def expel(self, member: int, now: int) -> None:
        found = self._there(member)
        missing = self._draw(found, now)
        need(missing * self.terms.dues > found.deposit, "Pools_NotInArrears")
        self._leave(member, now)

    def inherit_cash(self) -> None:
        need(bool(self.heir), "Pools_NotClosed")
        amount = self.books.balance(self.account, self.currency)
        need(amount > 0, "Pools_ZeroAmount")
        self._pay(self.heir, amount)

    def inherit_spare(self, unit: int, now: int) -> None:
        need(bool(self.heir), "Stock_NotClosed")
        self._retire(unit, self.heir, now)

    # Votes

    def propose_purchase(self, who: str, asset: int, price: int, now: int) -> None:
        need(not self.paused, "Stock_Paused")
        need(self.owner[asset] == who, "Stock_NotTitleOwner")
        model = self.models[asset]
        need(price <= self.prices[model].buy_out, "Stock_OutOfRange")
        self._propose(Proposal(PURCHASE, asset, who, price, now, now + self.terms.voting, model))

    def propose(self, who: str, member: int, kind: int, asset: int, account: str, now: int) -> None:
        self._member(who, member)
        self._propose(Proposal(kind, asset, account, 0, now, now + self.terms.voting))

    def vote(self, who: str, number: int, member: int, now: int) -> None:
        found = self._member(who, member)
        proposal = self._open(number, now)
        since = found.joined_at if proposal.kind == PURCHASE else found.covered_from
        need(since <= proposal.opened_at and member not in proposal.voters, "Stock_MayNotVote")
        proposal.voters.append(member)

    def carry_out(self, number: int, now: int) -> None:
        proposal = self._open(number, now)
        yes = sum(not self.members[voter].has_left for voter in proposal.voters)
        need(yes * 2 > len(self.present), "Stock_NotCarried")
        proposal.done = True
        if proposal.kind == KEEPER:
            self.keeper = proposal.account
        elif proposal.kind == RETIREMENT:
            self._retire(proposal.asset, proposal.account, now)
        else:
            need(proposal.price <= self.cash, "Pools_CashShort")
            self._pay(proposal.account, proposal.price)
            self._receive(proposal.asset, proposal.account, SHELF, proposal.model)

    # Steps

    def _there(self, member: int) -> Member:
        need(member in self.members, "Pools_UnknownMember")
        found = self.members[member]
        need(not found.has_left, "Pools_HasLeft")
        return found

    def _own(self, who: str, member: int) -> Member:
        found = self._there(member)
        need(who == found.account, "Pools_NotMember")
        return found

    def _member(self, who: str, member: int) -> Member:
        need(member in self.members, "Pools_UnknownMember")
        found = self.members[member]
        need(who == found.account and not found.has_left, "Stock_NotMember")
        return found

    def _cover(self, member: int, who: str, asset: int) -> int:
        need(self.owner[asset] == who, "Pools_NotTitleOwner")
        standing = self.cover.get(asset, 0)
        need(not standing or self.members[standing].account != who, "Pools_AlreadyCovered")
        self.cover[asset] = member
        return self.models[asset]

    def _uncover(self, member: int) -> None:
        if self.cover.get(self.members[member].asset) == member:
            del self.cover[self.members[member].asset]

    def _draw(self, member: Member, now: int) -> int:
        paid, missing = self.arrears(member, now)
        member.credit -= paid * self.terms.dues
        member.contributed += paid * self.terms.dues
        member.dues_until += paid * self.terms.period
        return missing

    def _take(self, member: Member, amount: int) -> None:
        need(member.credit >= amount, "Pools_CreditShort")
        member.credit -= amount

    def _leave(self, member: int, now: int) -> None:
        self._draw(self.members[member], now)
        need(not self.open_claim(member), "Pools_HasClaim")
        paid = self.refund(member, now)
        self._uncover(member)
        self.members[member].has_left = True
        if not self.present:
            self.heir = self.members[member].account
        self._pay(self.members[member].account, paid)

    def _propose(self, made: Proposal) -> None:
        self.proposals[len(self.proposals) + 1] = made

    def _open(self, number: int, now: int) -> Proposal:
        need(number in self.proposals, "Stock_UnknownProposal")
        proposal = self.proposals[number]
        need(not proposal.done and now <= proposal.closes_at, "Stock_VoteEnded")
        return proposal

    def _retire(self, unit: int, taker: str, now: int) -> None:
        raise NotImplementedError

    def _receive(self, asset: int, giver: str, place: int, model: int) -> None:
        need(self.owner[asset] == giver, "ERC721IncorrectOwner")
        self.units[asset] = Unit(place, model)
        self.owner[asset] = self.stock

    def _move_in(self, who: str, amount: int) -> None:
        self.books.transfer_from(self.module, who, self.account, self.currency, amount)

    def _pay(self, to: str, amount: int) -> None:
        if amount:
            self.books.move_from(self.module, POOL.to_bytes(32), to, self.currency, amount)
