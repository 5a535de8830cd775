"""TitleSales again: offers of titles, and the one transaction in which price and title change hands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from oracle.audit.abi import Value
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, Refused, World, struct_storage


@dataclass(frozen=True, slots=True)
class Sale:
    asset: int
    title_epoch: int
    until: int
    price: int
    seller: bytes
    buyer: bytes
    currency: bytes
    split: int


class TitleSales(Module):
    CONTRACT = "TitleSales"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.sales: list[Sale] = []
        self.latest: dict[int, int] = {}

    def handlers(self) -> dict[str, Handler]:
        return {"offer": self.offer, "withdraw": self.withdraw, "buy": self.buy}

    def offer(self, call: Call, asset: int, buyer: bytes, currency: bytes, price: int, until: int, split: int) -> None:
        self.refuse_unless(not self.world.offers.paused, "new sales are paused")
        machine = self.world.assets.known(asset)
        self.refuse_unless(machine.owner == call.sender != buyer, "only the title owner sells, and not to itself")
        self.refuse_unless(until > call.now and price > 0, "an offer in the past, or for nothing")
        self.refuse_unless(currency in self.world.accounts.admitted, "the currency is not admitted")
        if split:
            self.world.splits.known(split)
        self.sales.append(Sale(asset, machine.title_epoch, until, price, call.sender, buyer, currency, split))
        self.latest[asset] = len(self.sales)
        told = (len(self.sales), asset, call.sender, buyer, currency, price, until, split)
        self.emit(call, "TitleOffered", *told)

    def withdraw(self, call: Call, number: int) -> None:
        sale = self._standing(number)
        owner = self.world.assets.known(sale.asset).owner
        self.refuse_unless(owner == call.sender, "only the title owner withdraws")
        self.latest[sale.asset] = 0
        self.emit(call, "OfferWithdrawn", number, sale.asset)

    def buy(self, call: Call, number: int, split: int) -> None:
        self.refuse_unless(not self.world.offers.paused, "sales are paused")
        sale = self._standing(number)
        self.refuse_unless(call.now <= sale.until, "too late")
        self.refuse_unless(sale.buyer in (ZERO, call.sender) and call.sender != sale.seller, "not the buyer")
        self.refuse_unless(sale.split in (0, split), "not the split that goes with the machine")
        self.latest[sale.asset] = 0
        self._hand_over(call, sale, split)
        pays = self.world.assets.known(sale.asset).split
        self.emit(call, "TitleSold", number, sale.asset, call.sender, sale.currency, sale.price, pays)
        token = int.from_bytes(sale.currency, "big")
        self.world.accounts.transfer_from(call.by(self.address), call.sender, sale.seller, token, sale.price)

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield ("saleCount",), len(self.sales)
        for asset, number in self.latest.items():
            yield ("_latest", asset), number
        for number, sale in enumerate(self.sales, 1):
            members = {
                "asset": sale.asset,
                "titleEpoch": sale.title_epoch,
                "until": sale.until,
                "price": sale.price,
                "seller": sale.seller,
                "buyer": sale.buyer,
                "currency": sale.currency,
                "split": sale.split,
            }
            yield from struct_storage(("_sales", number), members)

    def _hand_over(self, call: Call, sale: Sale, split: int) -> None:
        """Straight, or through this contract's hands where the buyer names a split that is not the one that stays."""
        assets, splits, inner = self.world.assets, self.world.splits, call.by(self.address)
        machine = assets.known(sale.asset)
        stays = split != 0 and split == machine.split and splits.known(split).controller != sale.seller
        if split == 0 or stays:
            assets.transfer_from(inner, sale.seller, call.sender, sale.asset)
        else:
            assets.transfer_from(inner, sale.seller, self.address, sale.asset)
            assets.repoint(inner, sale.asset, split)
            assets.transfer_from(inner, self.address, call.sender, sale.asset)
        own = split == 0 and machine.split != 0 and splits.known(machine.split).controller == call.sender
        self.refuse_unless(machine.split == split or own, "the fees stay with a split that the buyer did not name")

    def _standing(self, number: int) -> Sale:
        if not 0 < number <= len(self.sales):
            raise Refused(f"there is no sale {number}")
        sale = self.sales[number - 1]
        epoch = self.world.assets.known(sale.asset).title_epoch
        self.refuse_unless(self.latest[sale.asset] == number and sale.title_epoch == epoch, "the offer does not stand")
        return sale
