"""TitleAuction again: every bid, who was outbid, and what the seller got."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from oracle.audit.abi import Value
from oracle.audit.keccak import word
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, Refused, World, struct_storage, subaccount

LAST_MINUTES: Final = 600
RAISE_PER_CENT: Final = 5


@dataclass(slots=True)
class Auction:
    asset: int
    currency: bytes
    reserve: int
    closes_at: int
    closed: bool = False
    bidder: bytes = ZERO
    amount: int = 0

    @property
    def least_bid(self) -> int:
        return self.reserve if self.bidder == ZERO else self.amount + self.amount * RAISE_PER_CENT // 100 + 1


class TitleAuction(Module):
    CONTRACT = "TitleAuction"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.auctions: list[Auction] = []

    def handlers(self) -> dict[str, Handler]:
        return {"open": self.open, "bid": self.bid, "close": self.close}

    def open(self, call: Call, asset: int, currency: bytes, reserve: int, closes_at: int) -> None:
        self._check_seller(call)
        self.auctions.append(Auction(asset, currency, max(1, reserve), closes_at))
        self.emit(call, "AuctionOpened", len(self.auctions), asset, currency, max(1, reserve), closes_at)

    def bid(self, call: Call, number: int, amount: int) -> None:
        auction = self._known(number)
        self.refuse_unless(not auction.closed and call.now < auction.closes_at, "the auction is over")
        self.refuse_unless(amount >= auction.least_bid, "too low a bid")
        outbid, back = auction.bidder, auction.amount
        auction.bidder, auction.amount = call.sender, amount
        auction.closes_at = max(auction.closes_at, call.now + LAST_MINUTES)
        self.emit(call, "BidPlaced", number, call.sender, amount, auction.closes_at)
        token = int.from_bytes(auction.currency, "big")
        inner = call.by(self.address)
        self.world.accounts.transfer_from(inner, call.sender, self.account_of(number), token, amount)
        if outbid != ZERO:
            self.world.accounts.move_from(inner, word(number), outbid, auction.currency, back)
        self.world.findings.count("bids for titles followed")

    def close(self, call: Call, number: int, sold: bool, to: bytes) -> None:
        self._check_seller(call)
        auction = self._known(number)
        self.refuse_unless(not auction.closed and (not sold or call.now >= auction.closes_at), "closed, or still open")
        auction.closed = True
        has_bid = auction.bidder != ZERO
        self.emit(call, "AuctionClosed", number, sold and has_bid, auction.bidder, auction.amount)
        accounts, inner = self.world.accounts, call.by(self.address)
        if has_bid and not sold:
            accounts.move_from(inner, word(number), auction.bidder, auction.currency, auction.amount)
        if rest := accounts.balance(self.account_of(number), auction.currency):
            accounts.move_from(inner, word(number), to, auction.currency, rest)

    def account_of(self, number: int) -> bytes:
        return subaccount(self.address, word(number))

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield ("auctionCount",), len(self.auctions)
        for number, auction in enumerate(self.auctions, 1):
            members = {
                "asset": auction.asset,
                "closesAt": auction.closes_at,
                "closed": auction.closed,
                "currency": auction.currency,
                "reserve": auction.reserve,
                "bidder": auction.bidder,
                "amount": auction.amount,
            }
            yield from struct_storage(("_auctions", number), members)

    def _known(self, number: int) -> Auction:
        if not 0 < number <= len(self.auctions):
            raise Refused(f"there is no auction {number}")
        return self.auctions[number - 1]

    def _check_seller(self, call: Call) -> None:
        self.refuse_unless(call.sender == self.world.collateral.address, "only the collateral sells")
