"""RoundCollateral again: liens, splits and reserves while a round runs, titles that become money after a default."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.findings import Place
from oracle.audit.replay.positions import DEFAULTED, Round
from oracle.audit.replay.services import COLLECT, padded
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, World, struct_storage
from oracle.audit.waterfall import ALL_BPS

DAY: Final = 86_400
MONTH: Final = 30 * DAY
AUCTION_TIME: Final = 7 * DAY
BUYBACK_TIME: Final = 30 * DAY
STATUS_TIME: Final = 20 * DAY
MOST_UNSOLD: Final = 3
MILLION: Final = 1_000_000
AMOUNT: Final = 2**88 - 1


@dataclass(slots=True)
class Pledge:
    odometer: int
    unsold: int = 0
    auction: int = 0


@dataclass(slots=True)
class Claim:
    """What an exercise left open. `uncollected`: owed, or paid and not taken to the round yet."""

    number: int
    uncollected: int


class RoundCollateral(Module):
    CONTRACT = "RoundCollateral"
    NEIGHBOURS = (
        "PrepaidAccounts", "AssetRegistry", "FeeSplitter", "MeterRegistry", "Components", "ServiceMarket",
        "BuybackGuarantees", "RoundBook", "CoFinancing", "RoundBallots", "TitleAuction",
    )  # fmt: skip

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.round_of: dict[int, int] = {}
        self.unsettled: Counter[int] = Counter()
        self.pledges: dict[tuple[int, int], Pledge] = {}
        self.months: dict[int, tuple[int, int]] = {}
        self.claims: dict[int, Claim] = {}

    def handlers(self) -> dict[str, Handler]:
        return {
            "pledge": self.pledge, "letGo": self.let_go, "foreclose": self.foreclose,
            "release": self.release, "consentToRepoint": self.consent_to_repoint, "useReserve": self.use_reserve,
            "auction": self.auction, "completeAuction": self.complete_auction,
            "exerciseBuyback": self.exercise_buyback, "collectClaim": self.collect_claim, "writeOff": self.write_off,
        }  # fmt: skip

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        """Its one argument is a struct of addresses."""
        place = Place(block=call.block, transaction=call.transaction, contract=self.CONTRACT, address=self.address)
        for name, argument in zip(self.NEIGHBOURS, arguments[0], strict=True):
            if self.world.addresses.get(name) != argument:
                self.world.findings.add("contract references", place, f"its {name} is not the one in the Directory")

    # What the money of rounds asks

    def pledge(self, call: Call, number: int, provider: bytes, split: int) -> None:
        self._check_caller(call, self.world.rounds)
        terms = self.world.round_book.of(number)
        for asset in terms.assets:
            self.refuse_unless(self.round_of.get(asset, 0) == 0, "the machine is in a round")
            self.refuse_unless(self.world.assets.known(asset).split == split, "its fees go elsewhere")
            if terms.secured:
                self._check_title(asset, provider)
            self.world.round_book.check_guarantee(call, terms, asset)
            odometer = self.world.meters.checkpoint_of(asset)
            self.round_of[asset] = number
            self.pledges[number, asset] = Pledge(odometer)
            self.emit(call, "AssetPledged", number, asset, odometer)

    def let_go(self, call: Call, number: int, provider: bytes, split: int) -> None:
        """Liens go, and the round's share of the fees becomes the provider's."""
        self._check_caller(call, self.world.rounds)
        terms, inner = self.world.round_book.of(number), call.by(self.address)
        for asset in terms.assets:
            if self.round_of.get(asset) == number:
                self._free(call, asset)
        (_, share), *others = self.world.splits.known(split).payees
        if any(account == provider for account, _ in others):
            payees = [(account, had + share if account == provider else had) for account, had in others]
        else:
            payees = [(provider, share), *others]
        self.world.splits.change_shares(inner, split, tuple(payees))
        if terms.secured:
            self.world.splits.transfer_control(inner, split, provider)

    def foreclose(self, call: Call, number: int) -> None:
        self._check_caller(call, self.world.rounds)
        terms = self.world.round_book.of(number)
        if terms.secured:
            self.unsettled[number] = len(terms.assets)
        self.world.ballots.open_default(call.by(self.address), number)

    # Owners of machines that no round has

    def release(self, call: Call, asset: int) -> None:
        self._check_free(call, asset)
        self.world.assets.release_lien(call.by(self.address), asset)

    def consent_to_repoint(self, call: Call, asset: int, to: int) -> None:
        self._check_free(call, asset)
        self.world.assets.consent_to_repoint(call.by(self.address), asset, to)

    # What a lienholder is asked

    def check_permit_signer(self, asset: int, signer: bytes) -> None:
        number = self.round_of.get(asset, 0)
        agreed = number == 0 or self.world.ballots.is_consented(number, signer)
        self.refuse_unless(agreed, "the holders have not consented to the signer")

    def use_reserve(self, call: Call, asset: int, kind: int, worker: bytes, currency: bytes, amount: int) -> None:
        self._check_caller(call, self.world.market)
        number = self.round_of.get(asset, 0)
        if number == 0 or self.world.ballots.is_consented(number, worker):
            return
        found = self.world.rounds.known(number)
        related = {found.provider, *(account for account, _ in self.world.splits.known(found.split).payees)}
        self.refuse_unless(kind != COLLECT and worker not in related, "paid from the reserve only with consent")
        if currency != found.currency or amount == 0:
            return
        period, drawn = self.months.get(number, (0, 0))
        drawn = (drawn if period == call.now // MONTH else 0) + amount
        most = self.world.round_book.of(number).number("monthlyOrders")
        self.refuse_unless(drawn <= most, "more than a month's orders")
        self.months[number] = (call.now // MONTH, drawn)
        self.emit(call, "ReserveUsed", number, asset, worker, amount, drawn)

    # Default

    def auction(self, call: Call, number: int, asset: int) -> None:
        found, pledge = self._for_sale(number, asset)
        decided_at, buyback = self.world.ballots.decision(number)
        terms = self.world.round_book.of(number)
        waits = buyback and terms.guarantees.get(asset, 0) != 0 and call.now < decided_at + BUYBACK_TIME
        self.refuse_unless(not waits, "the buyback comes first")
        share = self.world.rounds.owed(call, number) * terms.number("auctionBps") // ALL_BPS // self.unsettled[number]
        reserve = (share >> pledge.unsold) & AMOUNT
        self.world.auctions.open(call.by(self.address), asset, found.currency, reserve, call.now + AUCTION_TIME)
        pledge.auction = len(self.world.auctions.auctions)
        self.emit(call, "AssetAuctioned", number, asset, pledge.auction, reserve)

    def complete_auction(self, call: Call, number: int, asset: int) -> None:
        pledge = self.pledges.get((number, asset))
        running = pledge.auction if pledge else 0
        self.refuse_unless(running != 0, "no auction runs")
        pledge = self.pledges[number, asset]
        pledge.auction = 0
        sells = self.world.rounds.known(number).state == DEFAULTED
        inner = call.by(self.address)
        self.world.auctions.close(inner, running, sells, self.world.rounds.account_of(number))
        if not sells:
            return
        ended = self.world.auctions.auctions[running - 1]
        if ended.bidder != ZERO:
            self._take_title(call, asset)
            self.world.assets.transfer_from(inner, self.address, ended.bidder, asset)
            self._settled(call, number, asset, ended.bidder, ended.amount, "sold")
            return
        pledge.unsold += 1
        if pledge.unsold == MOST_UNSOLD:
            self._free(call, asset)
            self._settled(call, number, asset, self.world.assets.known(asset).owner, 0, "unsold")

    def exercise_buyback(self, call: Call, number: int, asset: int, status: bytes) -> None:
        found, _ = self._for_sale(number, asset)
        decided_at, buyback = self.world.ballots.decision(number)
        guarantee = self.world.round_book.of(number).guarantees.get(asset, 0)
        self.refuse_unless(buyback and guarantee != 0, "the holders did not decide for a buyback")
        self.refuse_unless(bool(status) or call.now >= decided_at + STATUS_TIME, "too early without a status")
        accounts, inner = self.world.accounts, call.by(self.address)
        before = accounts.balance(self.address, found.currency)
        self._take_title(call, asset)
        self.world.assets.approve(inner, self.world.buybacks.address, asset)
        self.world.buybacks.exercise(inner, guarantee, status)
        paid = accounts.balance(self.address, found.currency) - before
        if owed := self.world.buybacks.buybacks[guarantee - 1].owed:
            self.claims[guarantee] = Claim(number, owed)
            self.emit(call, "ClaimKept", number, asset, guarantee, owed)
        self._pass_on(call, number, paid)
        self._settled(call, number, asset, self.world.assets.known(asset).owner, paid, "bought back")

    def collect_claim(self, call: Call, guarantee: int) -> None:
        """What the guarantor has paid since goes to the round, and down its tranches even where it is over."""
        claim = self.claims.get(guarantee)
        unpaid = self.world.buybacks.buybacks[guarantee - 1].owed if claim else 0
        amount = claim.uncollected - unpaid if claim else 0
        self.refuse_unless(amount > 0, "nothing was paid on such a claim")
        number = self.claims[guarantee].number
        self.claims[guarantee].uncollected = unpaid
        self.emit(call, "ClaimCollected", number, guarantee, amount, unpaid)
        self._pass_on(call, number, amount)
        inner, rounds = call.by(self.address), self.world.rounds
        if rounds.known(number).state == DEFAULTED:
            rounds.distribute(inner, number)
        else:
            rounds.skim_surplus(inner, number)

    def write_off(self, call: Call, number: int) -> None:
        secured = self.world.round_book.of(number).secured
        in_default = self.world.rounds.known(number).state == DEFAULTED and not secured
        self.refuse_unless(in_default, "not an innovation in default")
        _, agreed = self.world.ballots.decision(number)
        self.refuse_unless(agreed, "the holders did not decide to")
        self.world.rounds.conclude(call.by(self.address), number)

    # Reading

    def is_used_unbilled(self, number: int) -> bool:
        """Whether the odometers grew, over the terms' share, without fees for it at the terms' lowest price."""
        terms = self.world.round_book.of(number)
        most = terms.number("unbilledBps")
        if most == ALL_BPS:
            return False
        grown = sum(
            self.world.meters.checkpoint_of(asset) - self.pledges[number, asset].odometer for asset in terms.assets
        )
        split = self.world.splits.known(self.world.rounds.known(number).split)
        fees = split.totals.get((split.version, bytes(terms.named["currency"])), 0)
        billed = fees * MILLION // terms.number("leastPricePerMillion")
        return grown > terms.number("unbilledFree") and max(0, grown - billed) * ALL_BPS > grown * most

    def storage(self) -> Iterator[tuple[Path, Value]]:
        for asset, number in self.round_of.items():
            yield ("roundOf", asset), number
        for number, count in self.unsettled.items():
            yield ("unsettledOf", number), count
        for (number, asset), pledge in self.pledges.items():
            members = {"odometer": pledge.odometer, "unsold": pledge.unsold, "auction": pledge.auction}
            yield from struct_storage(("_pledges", number, asset), members)
        for guarantee, claim in self.claims.items():
            yield from struct_storage(("_claims", guarantee), {"round": claim.number, "uncollected": claim.uncollected})
        for number, (period, drawn) in self.months.items():
            yield from struct_storage(("_months", number), {"period": period, "drawn": drawn})

    # Internals

    def _check_title(self, asset: int, provider: bytes) -> None:
        """The provider's own, whole, and under this contract's lien alone, its parts too."""
        machine = self.world.assets.known(asset)
        self.refuse_unless((machine.owner, machine.parent) == (provider, 0), "not the provider's, or a part")
        _, *parts = self.world.components.with_parts(asset)
        holders = {self.world.assets.known(part).lienholder for part in parts} - {ZERO}
        self.refuse_unless({machine.lienholder, *holders} == {self.address}, "not under the round's lien alone")

    def _for_sale(self, number: int, asset: int) -> tuple[Round, Pledge]:
        found = self.world.rounds.known(number)
        self.refuse_unless(found.state == DEFAULTED, "the round is not in default")
        sold = self.round_of.get(asset, 0) != number or self.unsettled[number] == 0
        self.refuse_unless(not sold and self.pledges[number, asset].auction == 0, "the machine is not for sale")
        return found, self.pledges[number, asset]

    def _take_title(self, call: Call, asset: int) -> None:
        owner = self.world.assets.known(asset).owner
        self.world.assets.transfer_from(call.by(self.address), owner, self.address, asset)
        self._free(call, asset)

    def _free(self, call: Call, asset: int) -> None:
        self.round_of[asset] = 0
        if self.world.assets.known(asset).lienholder == self.address:
            self.world.assets.release_lien(call.by(self.address), asset)

    def _pass_on(self, call: Call, number: int, amount: int) -> None:
        """From this contract's own account to the round's."""
        token = int.from_bytes(self.world.rounds.known(number).currency, "big")
        self.world.accounts.transfer(call.by(self.address), self.world.rounds.account_of(number), token, amount)

    def _settled(self, call: Call, number: int, asset: int, to: bytes, proceeds: int, how: str) -> None:
        self.emit(call, "AssetSettled", number, asset, to, proceeds, padded(how))
        self.unsettled[number] -= 1
        inner = call.by(self.address)
        if self.unsettled[number] == 0:
            self.world.rounds.conclude(inner, number)
        else:
            self.world.rounds.distribute(inner, number)

    def _check_caller(self, call: Call, needed: Module) -> None:
        self.refuse_unless(call.sender == needed.address, f"only {needed.CONTRACT} asks that")

    def _check_free(self, call: Call, asset: int) -> None:
        owner = self.world.assets.known(asset).owner
        free = call.sender == owner and self.round_of.get(asset, 0) == 0
        self.refuse_unless(free, "not the title owner, or the machine is in a round")
