"""Reference model of one round (`CoFinancing`, `RoundBallots`, the sale of its machines)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.models.accounts import AccountsModel, Refused, subaccount
from tests.models.split import SplitterModel, pay_out
from tests.models.waterfall import ALL_BPS, SCALE, TrancheModel, covered_until, run_down, run_up

DAY = 86_400
VOTING_TIME, AUCTION_TIME, LAST_MINUTES, START_TIME = 7 * DAY, 7 * DAY, 600, 14 * DAY
MOST_UNSOLD = 3
FUNDING, ON_PLAN, LATE, IMPAIRED, DEFAULTED, REPAID, RECOVERED, FAILED = range(1, 9)
RUNNING = (ON_PLAN, LATE, IMPAIRED, DEFAULTED)


@dataclass(slots=True)
class AuctionModel:
    number: int
    reserve: int
    closes_at: int
    bidder: str = ""
    amount: int = 0


@dataclass(slots=True)
class BallotModel:
    number: int
    closes_at: int
    weight: int
    yes: int = 0
    no: int = 0
    decided: bool = False
    result: bool = False

    def is_open(self, now: int) -> bool:
        return not self.decided and now < self.closes_at


class RoundModel:
    """Round `number` of a CoFinancing at `address`. Every act is told the time of its block."""

    def __init__(
        self, books: AccountsModel, splits: SplitterModel, address: str, auctions: str, *, number: int, split: int,
        provider: str, currency: str, tranches: Sequence[TrancheModel], plan: Sequence[tuple[int, int]],
        minimum: int, target: int, deadline: int, after: tuple[int, int, int], auction_bps: int, assets: Sequence[int],
    ) -> None:  # fmt: skip
        self.books, self.splits, self.address, self.auctions_address = books, splits, address, auctions
        self.number, self.split, self.provider, self.currency = number, split, provider, currency
        self.tranches, self.plan = list(tranches), list(plan)
        self.minimum, self.target, self.deadline, self.after = minimum, target, deadline, after
        self.auction_bps = auction_bps
        self.owner_of = dict.fromkeys(assets, provider)
        self.account = subaccount(address, number.to_bytes(32, "big"))
        self.state = FUNDING
        self.raised = self.received = self.started_at = self.residual_total = self.to_provider = 0
        self.ballot: BallotModel | None = None
        self.unsettled: list[int] = []
        self.unsold = dict.fromkeys(assets, 0)
        self.auctions: dict[int, AuctionModel] = {}
        self.auction_count = 0

    # Funding

    def invest(self, who: str, index: int, amount: int, least: int, now: int) -> int:
        self._in(FUNDING)
        if now >= self.deadline:
            raise Refused("Financing_TooLate")
        if amount < 1:
            raise Refused("Financing_InvestmentTooSmall")
        tranche = self.tranches[index]
        room = min(tranche.size - tranche.invested, self.target - self.raised)
        if room == 0:
            raise Refused("Financing_Full")
        accepted = min(amount, room)
        if accepted < least:
            raise Refused("Financing_CutBelow")
        self._take(who, accepted)
        tranche.invested += accepted
        tranche.at(who).balance += accepted
        self.raised += accepted
        return accepted

    def start(self, now: int) -> None:
        self._in(FUNDING)
        if self.raised < self.target and now < self.deadline:
            raise Refused("Financing_TooEarly")
        if now > self.deadline + START_TIME:
            raise Refused("Financing_TooLate")
        if not self._is_enough():
            raise Refused("Financing_TooLittleRaised")
        self.state, self.started_at = ON_PLAN, now
        for tranche in self.tranches:
            tranche.outstanding, tranche.since = tranche.invested, now
        self._pay(self.provider, self.raised)

    def fail(self, now: int) -> None:
        self._in(FUNDING)
        if now < self.deadline + (START_TIME + 1 if self._is_enough() else 0):
            raise Refused("Financing_TooEarly")
        self._end(FAILED)

    def refund(self, index: int, holder: str) -> None:
        self._in(FAILED)
        position = self.tranches[index].at(holder)
        if position.balance == 0:
            raise Refused("Financing_NoPosition")
        self.raised -= position.balance
        self._pay(holder, position.balance)
        position.balance = 0

    # Running

    def distribute(self, now: int, outright: bool = False) -> None:
        self._running()
        self.splits.distribute(self.split, self.currency)
        if self._run_down(now, outright):
            self._end(REPAID)

    def _run_down(self, now: int, outright: bool) -> bool:
        """Whether nothing more is due to any tranche."""
        cash = self.books.balance(self.account, self.currency) - self.unclaimed()
        dues = [(tranche.accrue(now), tranche.outstanding) for tranche in self.tranches]
        paid, rest = run_down(cash, dues)
        for tranche, (to_interest, to_principal) in zip(self.tranches, paid, strict=True):
            tranche.accrued -= to_interest
            tranche.outstanding -= to_principal
            tranche.paid += to_interest + to_principal
        over, left = False, rest
        if paid == dues:
            over, left = self._share_rest(rest, now, outright)
        self.received += cash - left
        return over

    def repay(self, who: str, amount: int, now: int) -> None:
        self.distribute(now)
        accepted = min(amount, self.owed(now) if self.state in RUNNING else 0)
        if accepted == 0:
            raise Refused("Financing_NothingToPay")
        self._take(who, accepted)
        self.distribute(now)

    def buy_out(self, who: str, most: int, now: int) -> None:
        self.distribute(now)
        if self.state not in RUNNING:
            return
        price = self.owed(now)
        for tranche in self.tranches:
            if tranche.residual_bps and tranche.invested:
                price += tranche.room - tranche.accrue(now)
        if price > most:
            raise Refused("Financing_PriceTooHigh")
        if price:
            self._take(who, price)
        self.distribute(now, outright=True)

    def update_state(self, now: int) -> None:
        self.distribute(now)
        if self.state not in RUNNING or self.state == DEFAULTED:
            return
        behind = now - self.started_at - covered_until(self.plan, self.received)
        late, impaired, default = self.after
        if self.owed(now) == 0:
            self.state = ON_PLAN
        elif behind > default:
            self.state = DEFAULTED
            self.unsettled = list(self.owner_of)
            for tranche in self.tranches:
                tranche.voting = tranche.outstanding
            number = self.ballot.number + 1 if self.ballot else 1
            self.ballot = BallotModel(number, now + VOTING_TIME, sum(one.outstanding for one in self.tranches))
        else:
            self.state = IMPAIRED if behind > impaired else LATE if behind > late else ON_PLAN

    # Positions

    def claim(self, index: int, holder: str) -> int:
        amount = self._pay_earnings(self.tranches[index], holder)
        if amount == 0:
            raise Refused("Financing_NothingToPay")
        return amount

    def collect(self, index: int, holder: str, now: int) -> int:
        self.distribute(now)
        return self._pay_earnings(self.tranches[index], holder)

    def transfer(self, index: int, sender: str, receiver: str, amount: int, now: int) -> None:
        tranche = self.tranches[index]
        if tranche.at(sender).balance < amount:
            raise Refused("ERC1155InsufficientBalance")
        if receiver != sender and tranche.at(sender).balance - amount < self.locked(index, sender, now):
            raise Refused("Financing_PositionLocked")
        self._pay_earnings(tranche, sender)
        self._pay_earnings(tranche, receiver)
        tranche.at(sender).balance -= amount
        tranche.at(receiver).balance += amount

    def burn(self, index: int, holder: str) -> None:
        if self.state not in (REPAID, RECOVERED):
            raise Refused("Financing_WrongState")
        tranche = self.tranches[index]
        position = tranche.at(holder)
        if position.balance == 0:
            raise Refused("Financing_NoPosition")
        self._pay_earnings(tranche, holder)
        tranche.burned += position.balance
        position.balance = 0
        if tranche.burned == tranche.invested:
            self._pay(holder, tranche.paid - tranche.claimed)
            tranche.claimed, tranche.accrued = tranche.paid, Fraction(0)

    def skim(self, now: int) -> None:
        """What comes after the end makes good what was lost; the rest is the provider's."""
        if self.state not in (REPAID, RECOVERED, FAILED):
            raise Refused("Financing_WrongState")
        if self.state == RECOVERED:
            held = [tranche for tranche in self.tranches if tranche.burned != tranche.invested]
            for tranche in held:
                tranche.outstanding, tranche.written_down, tranche.since = tranche.written_down, 0, now
            self._run_down(now, outright=False)
            for tranche in held:
                tranche.outstanding, tranche.written_down = 0, tranche.outstanding
        kept = self.raised if self.state == FAILED else self.unclaimed()
        self._pay(self.provider, self.books.balance(self.account, self.currency) - kept)

    # Votes

    def locked(self, index: int, holder: str, now: int) -> int:
        ballot, units = self.tranches[index].at(holder).vote
        is_open = self.ballot is not None and self.ballot.number == ballot and self.ballot.is_open(now)
        return units if is_open else 0

    def vote(self, holder: str, index: int, yes: bool, now: int) -> None:
        if self.ballot is None or not self.ballot.is_open(now):
            raise Refused("Financing_NoBallot")
        tranche = self.tranches[index]
        position = tranche.at(holder)
        counted = self.locked(index, holder, now)
        if position.balance <= counted:
            raise Refused("Financing_NoPosition")
        base, invested = tranche.voting, tranche.invested
        weight = position.balance * base // invested - counted * base // invested
        position.vote = (self.ballot.number, position.balance)
        if yes:
            self.ballot.yes += weight
        else:
            self.ballot.no += weight

    def decide(self, now: int) -> None:
        ballot = self.ballot
        if ballot is None or ballot.decided:
            raise Refused("Financing_NoBallot")
        if max(ballot.yes, ballot.no) * 2 <= ballot.weight and now < ballot.closes_at:
            raise Refused("Financing_TooEarly")
        ballot.decided, ballot.result, ballot.closes_at = True, ballot.yes > ballot.no, now

    # Sale

    def auction(self, asset: int, now: int) -> None:
        self._in(DEFAULTED)
        if asset not in self.unsettled or asset in self.auctions:
            raise Refused("Financing_AssetNotForSale")
        if self.ballot is None or not self.ballot.decided:
            raise Refused("Financing_NotDecided")
        share = self.owed(now) * self.auction_bps // ALL_BPS // len(self.unsettled)
        self.auction_count += 1
        reserve = max(1, share >> self.unsold[asset])
        self.auctions[asset] = AuctionModel(self.auction_count, reserve, now + AUCTION_TIME)

    def bid(self, who: str, asset: int, amount: int, now: int) -> None:
        auction = self.auctions[asset]
        if now >= auction.closes_at:
            raise Refused("Auction_Over")
        least = auction.amount + auction.amount * 5 // 100 + 1 if auction.bidder else auction.reserve
        if amount < least:
            raise Refused("Auction_BidTooLow")
        key = auction.number.to_bytes(32, "big")
        pot = subaccount(self.auctions_address, key)
        self.books.transfer_from(self.auctions_address, who, pot, self.currency, amount)
        if auction.bidder:
            self.books.move_from(self.auctions_address, key, auction.bidder, self.currency, auction.amount)
        auction.bidder, auction.amount = who, amount
        auction.closes_at = max(auction.closes_at, now + LAST_MINUTES)

    def complete_auction(self, asset: int, now: int) -> None:
        if asset not in self.auctions:
            raise Refused("Financing_NoAuction")
        auction = self.auctions[asset]
        sells = self.state == DEFAULTED
        if sells and now < auction.closes_at:
            raise Refused("Auction_StillOpen")
        del self.auctions[asset]
        if auction.bidder:
            to = self.account if sells else auction.bidder
            key = auction.number.to_bytes(32, "big")
            self.books.move_from(self.auctions_address, key, to, self.currency, auction.amount)
        if not sells:
            return
        if auction.bidder:
            self.owner_of[asset] = auction.bidder
        else:
            self.unsold[asset] += 1
            if self.unsold[asset] < MOST_UNSOLD:
                return
        self.unsettled.remove(asset)
        self.distribute(now)
        if not self.unsettled and self.state == DEFAULTED:
            self._conclude(now)

    # What there is

    def unclaimed(self) -> int:
        return sum(tranche.paid - tranche.claimed for tranche in self.tranches)

    def owed(self, now: int) -> int:
        return sum(tranche.accrue(now) + tranche.outstanding for tranche in self.tranches)

    def check(self) -> None:
        """I-8 and I-9 on the model itself."""
        paid = sum(tranche.paid for tranche in self.tranches)
        assert self.received == paid + self.to_provider, "I-8"
        for tranche in self.tranches:
            assert tranche.invested == tranche.outstanding + tranche.repaid + tranche.written_down, "I-9"
            entitled = sum(tranche.claimable(holder) for holder in tranche.positions)
            assert entitled <= tranche.paid - tranche.claimed <= entitled + len(tranche.positions) + 1, "I-8"

    # Internals

    def _share_rest(self, rest: int, now: int, outright: bool) -> tuple[bool, int]:
        """Whether the round is over, and what stays in its account."""
        rooms = [one.room if one.residual_bps and one.burned != one.invested else 0 for one in self.tranches]
        over = outright or now >= self.started_at + self.plan[-1][0]
        amounts, left = [0] * len(rooms), 0
        if outright:
            amounts = rooms
        elif rest and any(rooms):
            shares = [tranche.residual_bps for tranche in self.tranches]
            shared = pay_out(self.residual_total, rest, [*shares, ALL_BPS - sum(shares)])
            self.residual_total, left = shared.total, rest - shared.paid
            amounts = [min(amount, room) for amount, room in zip(shared.amounts, rooms, strict=False)]
        for tranche, amount in zip(self.tranches, amounts, strict=True):
            tranche.paid += amount
        over = over or amounts == rooms
        to_provider = rest - sum(amounts) - (0 if over else left)
        self.to_provider += to_provider
        self._pay(self.provider, to_provider)
        return over, 0 if over else left

    def _conclude(self, now: int) -> None:
        outstanding = [tranche.outstanding for tranche in self.tranches]
        for tranche, written in zip(self.tranches, run_up(sum(outstanding), outstanding), strict=True):
            tranche.accrued = Fraction(tranche.accrue(now))
            tranche.outstanding -= written
            tranche.written_down += written
        self._end(RECOVERED)

    def _end(self, state: int) -> None:
        self.state = state
        payees = self.splits.splits[self.split].payees
        controller = self.splits.splits[self.split].controller
        provider = sum(payee.share for payee in payees)
        self.splits.change_shares(controller, self.split, [type(payees[0])(self.provider, provider)])
        self.splits.transfer_control(controller, self.split, self.provider)

    def _is_enough(self) -> bool:
        return self.raised >= self.minimum and all(one.invested >= one.least for one in self.tranches)

    def _pay_earnings(self, tranche: TrancheModel, holder: str) -> int:
        position = tranche.at(holder)
        total = position.scaled + position.balance * (tranche.index - position.index)
        amount, position.scaled, position.index = total // SCALE, total % SCALE, tranche.index
        tranche.claimed += amount
        self._pay(holder, amount)
        return amount

    def _pay(self, to: str, amount: int) -> None:
        if amount:
            self.books.move_from(self.address, self.number.to_bytes(32, "big"), to, self.currency, amount)

    def _take(self, payer: str, amount: int) -> None:
        self.books.transfer_from(self.address, payer, self.account, self.currency, amount)

    def _in(self, state: int) -> None:
        if self.state != state:
            raise Refused("Financing_WrongState")

    def _running(self) -> None:
        if self.state not in RUNNING:
            raise Refused("Financing_WrongState")
