"""Rounds in every way that they can go, once: bought out, failed, sold by auction, bought back, written off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oracle.audit import signatures
from oracle.audit.abi import unhex
from oracle.audit.keccak import checksum_address
from oracle.audit.keccak import word as number_word
from oracle.audit.replay.world import subaccount
from tests.oracle.audit.beginning import (
    ANNA,
    BERT,
    CLARA,
    COMMUNITY,
    FLEET,
    GUARDIAN,
    LISTING,
    OWNER,
    REPAIRER,
    meter,
    word,
)
from tests.oracle.audit.circular import ASSEMBLY, Circular
from tests.oracle.audit.quick import QuickPlatform
from tests.oracle.audit.support import DAY, HOUR, MOST, eager

CONTRACTS = ("RoundBook", "CoFinancing", "RoundCollateral", "RoundBallots", "TitleAuction", "RoundViews")
YEAR = 365 * DAY
PROVIDER, GUARANTOR = REPAIRER, OWNER
PURSE = 100_000_000
KEY = 71
# Primes: what does not divide shows where something is rounded. Size, least, rate, cap, residual.
TRANCHES = ((600_011, 0, 511, 0, 0), (300_007, 0, 803, 11_003, 0), (100_003, 1, 1_201, 15_000, 3_333))
ONE = ((500_009, 0, 700, 0, 0),)
TWO = ((300_007, 1, 500, 0, 0), (200_003, 1, 1_100, 0, 0))
PLAN = ((YEAR, 560_003), (2 * YEAR, 1_120_009))


class Financed(Circular):
    """OWNER guarantees, REPAIRER made the machines and is the provider of every round."""

    def __init__(self, platform: QuickPlatform) -> None:
        super().__init__(platform)
        self.quick = platform
        self.directory = unhex(platform.directory)
        self.serial = 0

    def tell(self) -> None:
        self._people()
        self.paid_back()
        self.failed()
        self.auctioned()
        self.bought_back()
        self.paid_at_last()
        self.written_off()
        self.left_running()

    def _people(self) -> None:
        spenders = ("CoFinancing", "TitleAuction", "BuybackGuarantees", "ServiceMarket")
        for who in (OWNER, REPAIRER, FLEET, ANNA, BERT, CLARA):
            self.send(who, "MicroEuro", "mint", self.names[who], PURSE)
            self.send(who, "MicroEuro", "approve", self.on.addresses["PrepaidAccounts"], MOST)
            self.send(who, "PrepaidAccounts", "deposit", self.euro, self.names[who], PURSE)
            for spender in spenders:
                self.send(who, "PrepaidAccounts", "approve", self.on.addresses[spender], int(self.euro, 16), MOST)

    # The stories

    def paid_back(self) -> None:
        """A fleet of two, one with a part: cut when over-subscribed, late and back, impaired and back, bought out."""
        first, second = self._machine(), self._machine()
        part = self._machine()
        self.send(PROVIDER, "Components", "attach", part, second, ASSEMBLY)
        self._odometer(KEY, first, 500)
        for step in ("pause", "unpause"):
            self.send(GUARDIAN, "RoundBook", step)
        number, split = self._open(
            [first, second], TRANCHES, minimum=700_001, target=930_013, reserveShare=11, monthlyOrders=40_000,
            unbilledBps=2_000, unbilledFree=1_000, leastPricePerMillion=1_000_003,
        )  # fmt: skip
        for tranche, who, amount in (
            (0, ANNA, 400_007), (0, BERT, 300_000), (1, CLARA, 250_003), (1, BERT, 20_000), (2, ANNA, 30_001),
            (2, CLARA, 60_000),
        ):  # fmt: skip
            self.send(who, "CoFinancing", "invest", number, tranche, amount, 1)
        self._pledge([part, first, second], split, without_split=[part])
        self._start(number)
        self._fees(split, 90_001)
        self.on.later(20 * DAY)
        self._distribute(number)
        self._positions(number)
        self._late_and_back(number, split)
        self._consented(number, first)
        self._reserve(second)
        self._impaired_and_back(number, split, first)
        self._last_years(number, split)

    def _positions(self, number: int) -> None:
        self.send(COMMUNITY, "CoFinancing", "claim", number, 0, self.names[ANNA])
        self._transfer(ANNA, CLARA, number, 0, 100_003)
        self.send(BERT, "CoFinancing", "setApprovalForAll", self.names[COMMUNITY], True)
        positions, amounts = [number << 8, number << 8 | 1, number << 8], [70_001, 1, 7]
        batch = (self.names[BERT], self.names[FLEET], positions, amounts, b"")
        self.send(COMMUNITY, "CoFinancing", "safeBatchTransferFrom", *batch)
        self.send(BERT, "CoFinancing", "setApprovalForAll", self.names[COMMUNITY], False)
        batch = (self.names[FLEET], self.names[BERT], positions[:1], [1], b"")
        self.send(FLEET, "CoFinancing", "safeBatchTransferFrom", *batch)

    def _late_and_back(self, number: int, split: int) -> None:
        self.on.later(100 * DAY)
        self._update(number)
        self._fees(split, 250_007)
        self.on.later(7)
        self._update(number)
        self.send(COMMUNITY, "CoFinancing", "collect", number, 0, self.names[FLEET])
        self._gift(self._account(number), 13)
        self.on.later(31 * DAY)
        self._fees(split, 5)
        self._update(number)
        self.send(COMMUNITY, "CoFinancing", "collect", number, 0, self.names[OWNER])

    def _consented(self, number: int, asset: int) -> None:
        """Voted on in slices, with positions that stay where they are; then a permit signer and a worker may."""
        self.send(PROVIDER, "RoundBallots", "proposeConsent", number, self.names[FLEET], 0)
        for who, yes in ((BERT, False), (ANNA, True), (CLARA, True)):
            self.send(who, "RoundBallots", "vote", number, 0, yes)
        self._transfer(ANNA, CLARA, number, 2, 5)
        self.send(CLARA, "RoundBallots", "vote", number, 1, True)
        self.send(COMMUNITY, "RoundBallots", "decide", number)
        self.send(ANNA, "RoundBallots", "proposeConsent", number, self.names[BERT], 0)
        self.on.later(8 * DAY)
        self.send(COMMUNITY, "RoundBallots", "decide", number)
        self.send(PROVIDER, "MeterRegistry", "setRotationKey", asset, meter(72).address, (0, 0, 0, 0, 0, 0), b"")
        form = (asset, self.names[FLEET], 1, self.on.now)
        values, signature = self.on.signed(meter(72), "MeterRegistry", signatures.PERMIT_SIGNER, *form)
        self.send(COMMUNITY, "MeterRegistry", "appointPermitSigner", values, signature)

    def _reserve(self, asset: int) -> None:
        """Two orders of one month out of the machine's reserve, and one by a worker with the holders' consent."""
        terms = (self.euro, 1_000_000, 3_333, 1_500_000, 1_001, 60, HOUR, 120, HOUR, 2 * HOUR, 1, 1, False, True,
                 word("service"))  # fmt: skip
        self.send(PROVIDER, "ServiceTermsBook", "publish", terms, (4_000, 3_000, 2_000, 0), [self.names[COMMUNITY]])
        self.send(PROVIDER, "ServiceTermsBook", "choose", asset, 1)
        for worker in (BERT, FLEET):
            self.send(LISTING, "WorkerList", "admit", self.names[worker], 127)
        reserve = checksum_address(subaccount(unhex(self.on.addresses["ServiceMarket"]), number_word(asset)))
        self._gift(reserve, 60_000)
        for worker, price, by_rule in ((BERT, 20_001, False), (FLEET, 9_000, False), (BERT, 11_000, True)):
            request = (asset, 1, 0, 30_000, self.on.now + 100, DAY, by_rule, word("need"), "")
            self.send(PROVIDER, "ServiceMarket", "open", request)
            order = self.quick.told("ServiceMarket", "OrderOpened")["order"]
            self.send(worker, "ServiceMarket", "bid", order, price, HOUR)
            if by_rule:
                self.on.later(100)
                self.send(COMMUNITY, "ServiceMarket", "acceptLowest", order)
            else:
                self.send(PROVIDER, "ServiceMarket", "accept", order, self.names[worker])

    def _impaired_and_back(self, number: int, split: int, asset: int) -> None:
        """Used much more than was billed; whoever pays the difference has billed it."""
        self._odometer(KEY, asset, 900_000)
        self._update(number)
        self._fees(split, 400_003)
        self._update(number)

    def _last_years(self, number: int, split: int) -> None:
        self.send(PROVIDER, "CoFinancing", "repay", number, 111_113)
        self.on.later(90 * DAY)
        self._fees(split, 600_011)
        self._distribute(number)
        self._fees(split, 7_013)
        self.on.later(DAY)
        self._update(number)
        self.send(PROVIDER, "CoFinancing", "buyOut", number, PURSE)
        for tranche, who in (
            (0, ANNA), (0, BERT), (0, FLEET), (1, CLARA), (1, BERT), (1, FLEET), (2, ANNA), (2, CLARA),
        ):  # fmt: skip
            self.send(who, "CoFinancing", "burn", number, tranche)
        self._gift(self._account(number), 17)
        self.send(COMMUNITY, "CoFinancing", "skimSurplus", number)

    def failed(self) -> None:
        """Too little by the deadline; called off; a lien that no round has taken goes back."""
        asset = self._machine()
        number, _ = self._open([asset], TWO, minimum=400_000, secured=False)
        self.send(ANNA, "CoFinancing", "invest", number, 0, 300_007, 0)
        self.send(BERT, "CoFinancing", "invest", number, 1, 50_003, 0)
        self._transfer(ANNA, CLARA, number, 0, 100_001)
        self._gift(self._account(number), 5)
        self.on.later(31 * DAY)
        self.send(COMMUNITY, "CoFinancing", "fail", number)
        for tranche, who in ((0, ANNA), (1, BERT)):
            self.send(COMMUNITY, "CoFinancing", "refund", number, tranche, self.names[who])
        self.send(COMMUNITY, "CoFinancing", "skimSurplus", number)
        number, _ = self._open([asset], ONE)
        self.send(PROVIDER, "AssetRegistry", "placeLien", asset, self.on.addresses["RoundCollateral"])
        self.send(PROVIDER, "CoFinancing", "cancel", number)
        self.send(PROVIDER, "RoundCollateral", "release", asset)

    def auctioned(self) -> None:
        """Two machines: one sold to the second bidder, one that nobody wants; losses from the lowest tranche up."""
        assets = [self._machine(), self._machine()]
        number, split = self._running(assets, TWO, auctionBps=8_000)
        self._fees(split, 50_021)
        self._default(number)
        self.send(ANNA, "RoundBallots", "vote", number, 0, False)
        self.send(COMMUNITY, "RoundBallots", "decide", number)
        self._auction(number, assets[0])
        bidding = int(self.quick.told("RoundCollateral", "AssetAuctioned")["auction"])
        self.send(FLEET, "TitleAuction", "bid", bidding, 210_011)
        self.on.later(7 * DAY - 60)
        self.send(CLARA, "TitleAuction", "bid", bidding, 230_017)
        self.on.later(700)
        self._complete(number, assets[0])
        for _ in range(3):
            self._auction(number, assets[1])
            self.on.later(8 * DAY)
            self._complete(number, assets[1])
        self.send(COMMUNITY, "CoFinancing", "claim", number, 0, self.names[ANNA])
        self.send(BERT, "CoFinancing", "burn", number, 1)
        self._eager(number)

    def _eager(self, number: int) -> None:
        """A holder with code: it pays somebody out of its hook, in a transfer of another's and in one of its own."""
        rounds, ledger = self.on.addresses["CoFinancing"], self.on.addresses["PrepaidAccounts"]
        pays = self.on.PrepaidAccounts.encode_abi("transfer", args=[self.names[COMMUNITY], int(self.euro, 16), 7])
        holder = self.on.create(FLEET, eager(ledger, pays))
        self._gift(holder, 20)
        tokens = number << 8
        self.send(ANNA, "CoFinancing", "safeTransferFrom", self.names[ANNA], holder, tokens, 50_021, b"")
        moves = self.on.CoFinancing.encode_abi("safeTransferFrom", args=[holder, holder, tokens, 20_011, b""])
        self.on.post(FLEET, holder, rounds.lower() + moves[2:])

    def bought_back(self) -> None:
        """With too little collateral: the rest of the price comes later."""
        asset = self._machine()
        points = ((0, 400_009), (3 * YEAR, 200_003))
        begin = self.on.now
        terms = (asset, self.euro, begin, begin, begin + 2 * YEAR, 1_000, 0, 0, 0, 0, 0, word("floor"))
        self.send(GUARANTOR, "BuybackGuarantees", "give", terms, points, 150_001)
        guarantee = int(self.quick.told("BuybackGuarantees", "GuaranteeGiven")["guarantee"])
        self.send(PROVIDER, "BuybackGuarantees", "choose", guarantee)
        number, _ = self._running([asset], TWO, guarantees=[guarantee])
        self._transfer(BERT, CLARA, number, 1, 70_001)
        self._default(number)
        self.send(ANNA, "RoundBallots", "vote", number, 0, True)
        self.on.later(7 * DAY)
        self.send(COMMUNITY, "RoundBallots", "decide", number)
        self.on.later(20 * DAY)
        self.send(COMMUNITY, "RoundCollateral", "exerciseBuyback", number, asset, b"")
        self.send(CLARA, "CoFinancing", "burn", number, 1)
        for amount in (60_013, 137_003):
            self.send(GUARANTOR, "BuybackGuarantees", "payClaim", guarantee, amount)
            self.send(COMMUNITY, "RoundCollateral", "collectClaim", guarantee)
        self.send(COMMUNITY, "CoFinancing", "claim", number, 1, self.names[BERT])
        self.send(GUARANTOR, "BuybackGuarantees", "payClaim", guarantee, 5)

    def paid_at_last(self) -> None:
        """In full while its machine is being sold: the bidder has the money back."""
        asset = self._machine()
        number, _ = self._running([asset], ONE)
        self._default(number)
        self.send(ANNA, "RoundBallots", "vote", number, 0, False)
        self.send(COMMUNITY, "RoundBallots", "decide", number)
        self._auction(number, asset)
        bidding = int(self.quick.told("RoundCollateral", "AssetAuctioned")["auction"])
        self.send(FLEET, "TitleAuction", "bid", bidding, 700_001)
        self.send(PROVIDER, "CoFinancing", "repay", number, PURSE)
        self._complete(number, asset)

    def written_off(self) -> None:
        """An innovation without a lien: the holders go on, and a month later they do not."""
        asset = self._machine()
        number, split = self._running([asset], ONE, secured=False)
        self._fees(split, 30_011)
        self._default(number)
        self.send(ANNA, "RoundBallots", "vote", number, 0, False)
        self.send(COMMUNITY, "RoundBallots", "decide", number)
        self.on.later(31 * DAY)
        self.send(ANNA, "RoundBallots", "proposeWriteOff", number, 0)
        self.send(ANNA, "RoundBallots", "vote", number, 0, True)
        self.send(COMMUNITY, "RoundBallots", "decide", number)
        self.send(COMMUNITY, "RoundCollateral", "writeOff", number)
        self.send(PROVIDER, "RoundCollateral", "consentToRepoint", asset, 1)

    def left_running(self) -> None:
        """One that pays, with a question to its holders; one in default, with a bid that stands; gifts to every pot."""
        well, split = self._running([self._machine()], TRANCHES[2:], leastPricePerMillion=1)
        self._fees(split, 130_001)
        for days in (50, 31):
            self.on.later(days * DAY)
            self._update(well)
        assets = [self._machine(), self._machine()]
        number, _ = self._running(assets, TWO)
        self._default(number)
        self.send(ANNA, "RoundBallots", "vote", number, 0, False)
        self.send(COMMUNITY, "RoundBallots", "decide", number)
        self._auction(number, assets[0])
        bidding = int(self.quick.told("RoundCollateral", "AssetAuctioned")["auction"])
        self.send(FLEET, "TitleAuction", "bid", bidding, 300_007)
        pot = subaccount(unhex(self.on.addresses["TitleAuction"]), number_word(bidding))
        for account in (checksum_address(pot), self._account(number), self.on.addresses["RoundCollateral"]):
            self._gift(account, 3)
        self.send(PROVIDER, "RoundBallots", "proposeConsent", well, self.names[FLEET], 0)
        self.send(ANNA, "RoundBallots", "vote", well, 0, True)

    # Steps

    def _machine(self) -> int:
        self.serial += 1
        serial = f"financed {self.serial}"
        self.send(PROVIDER, "AssetRegistry", "register", word("washer"), word(serial), self.names[PROVIDER])
        return int(self.quick.told("AssetRegistry", "AssetRegistered")["asset"])

    def _open(
        self, assets: Sequence[int], tranches: Sequence[Any], guarantees: Sequence[int] = (), **changes: Any
    ) -> tuple[int, int]:
        sizes = sum(tranche[0] for tranche in tranches)
        terms = {
            "currency": self.euro, "secured": True, "minimum": sizes, "target": sizes, "smallest": 1,
            "deadline": self.on.now + 30 * DAY, "lateAfter": 30 * DAY, "impairedAfter": 90 * DAY,
            "defaultAfter": 180 * DAY, "roundShare": 70, "reserveShare": 0, "monthlyOrders": 0, "unbilledBps": 10_000,
            "unbilledFree": 0, "leastPricePerMillion": 0, "auctionBps": 4_000, "termsHash": word("round"),
        } | changes  # fmt: skip
        others = [(self.names[PROVIDER], 19), (self.names[COMMUNITY], 1)]
        about = (list(assets), list(guarantees) or [0] * len(assets), others)
        self.send(PROVIDER, "RoundBook", "open", tuple(terms.values()), list(tranches), PLAN, about)
        told = self.quick.told("RoundBook", "RoundOpened")
        return int(told["round"]), int(told["split"])

    def _running(self, assets: Sequence[int], tranches: Sequence[Any], **terms: Any) -> tuple[int, int]:
        number, split = self._open(assets, tranches, **terms)
        for tranche, (size, *_) in enumerate(tranches):
            self.send((ANNA, BERT)[tranche], "CoFinancing", "invest", number, tranche, size, size)
        self._pledge(assets, split, secured=terms.get("secured", True))
        self._start(number)
        return number, split

    def _pledge(
        self, assets: Sequence[int], split: int, without_split: Sequence[int] = (), secured: bool = True
    ) -> None:
        for asset in assets:
            if secured:
                self.send(PROVIDER, "AssetRegistry", "placeLien", asset, self.on.addresses["RoundCollateral"])
            if asset not in without_split:
                self.send(PROVIDER, "AssetRegistry", "repoint", asset, split)

    def _start(self, number: int) -> None:
        self.send(COMMUNITY, "CoFinancing", "start", number)

    def _default(self, number: int) -> None:
        self.on.later(260 * DAY)
        self._update(number)

    def _update(self, number: int) -> None:
        self.send(COMMUNITY, "CoFinancing", "updateState", number)

    def _distribute(self, number: int) -> None:
        self.send(COMMUNITY, "CoFinancing", "distribute", number)

    def _auction(self, number: int, asset: int) -> None:
        self.send(COMMUNITY, "RoundCollateral", "auction", number, asset)

    def _complete(self, number: int, asset: int) -> None:
        self.send(COMMUNITY, "RoundCollateral", "completeAuction", number, asset)

    def _transfer(self, sender: int, receiver: int, number: int, tranche: int, amount: int) -> None:
        names, position = self.names, number << 8 | tranche
        self.send(sender, "CoFinancing", "safeTransferFrom", names[sender], names[receiver], position, amount, b"")

    def _holds(self, who: int, number: int, tranche: int) -> int:
        return int(self.on.CoFinancing.functions.balanceOf(self.names[who], number << 8 | tranche).call())

    def _account(self, number: int) -> str:
        return checksum_address(subaccount(unhex(self.on.addresses["CoFinancing"]), number_word(number)))

    def _fees(self, split: int, amount: int) -> None:
        self._gift(checksum_address(subaccount(unhex(self.on.addresses["FeeSplitter"]), number_word(split))), amount)

    def _gift(self, account: str, amount: int) -> None:
        self.send(ANNA, "PrepaidAccounts", "transfer", account, int(self.euro, 16), amount)


def tell_of_rounds(url: str) -> Financed:
    told = Financed(QuickPlatform(url))
    told.tell()
    return told
