"""OfferBook and CreditNotes again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from oracle.audit.abi import Value
from oracle.audit.replay.world import ZERO, Call, Handler, Module, Path, World

Listing = tuple[int, int, bool]
"""(asset, tariff, exclusive)"""


class Offers(Module):
    CONTRACT = "OfferBook"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.offers: dict[Listing, tuple[bytes, int, int]] = {}

    def handlers(self) -> dict[str, Handler]:
        return {
            "offer": self.offer,
            "withdrawOffer": self.withdraw_offer,
            "setAuthority": self.set_authority,
            "pause": self.pause,
            "unpause": self.unpause,
        }

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        self.begin_managed(call, arguments[0])

    def offer(self, call: Call, asset: int, tariff: int, exclusive: bool, until: int) -> None:
        self.require_running()
        owner = self.world.assets.known(asset).owner
        self.refuse_unless(call.sender == owner, "only the provider offers")
        self.refuse_unless(until > call.now, "the offer ends in the past")
        self._require_servable(call, asset, self.world.tariffs.of(tariff).currency)
        self.offers[asset, tariff, exclusive] = (owner, until, self.world.assets.known(asset).title_epoch)
        self.emit(call, "Offered", asset, tariff, exclusive, owner, until)

    def withdraw_offer(self, call: Call, asset: int, tariff: int, exclusive: bool) -> None:
        self.refuse_unless(call.sender == self.world.assets.known(asset).owner, "only the provider withdraws")
        self.refuse_unless((asset, tariff, exclusive) in self.offers, "it is not offered")
        del self.offers[asset, tariff, exclusive]
        self.emit(call, "OfferWithdrawn", asset, tariff, exclusive)

    def require_openable(self, call: Call, asset: int, tariff: int, exclusive: bool, currency: bytes) -> None:
        self.require_running()
        _, until, title_epoch = self.offers.get((asset, tariff, exclusive), (ZERO, -1, -1))
        live = until >= call.now and title_epoch == self.world.assets.known(asset).title_epoch
        self.refuse_unless(live, "it is not offered")
        self._require_servable(call, asset, currency)

    def _require_servable(self, call: Call, number: int, currency: bytes) -> None:
        asset = self.world.assets.require_offerable(call, number)
        self.refuse_unless(asset.meter != ZERO, "the asset has no meter")
        split = self.world.splits.splits.get(asset.split)
        self.refuse_unless(split is not None and currency in split.currencies, "the split does not list the currency")

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield from self.managed_storage()
        yield from self.pause_storage()
        for (asset, tariff, exclusive), (provider, until, title_epoch) in self.offers.items():
            base: Path = ("_offers", asset, tariff, int(exclusive))
            yield (*base, "provider"), provider
            yield (*base, "until"), until
            yield (*base, "titleEpoch"), title_epoch


class Credits(Module):
    CONTRACT = "CreditNotes"

    def __init__(self, world: World, address: bytes) -> None:
        super().__init__(world, address)
        self.credited: defaultdict[int, int] = defaultdict(int)
        self.notes: list[tuple[int, int, int, str, int]] = []

    def handlers(self) -> dict[str, Handler]:
        return {"creditNote": self.credit_note, "recordDispute": self.record_dispute}

    def credit_note(self, call: Call, number: int, sequence: int, amount: int, reason: bytes) -> None:
        agreement = self.world.agreements.known(number)
        provider = self.world.assets.known(agreement.asset).owner
        self.refuse_unless(call.sender == provider and amount > 0, "only the provider returns money, and not nothing")
        total = self.credited.get(number, 0) + amount
        self.refuse_unless(total <= agreement.settled, "more would be returned than was settled")
        self.credited[number] = total
        self.notes.append((number, sequence, amount, call.transaction, call.now))
        self.emit(call, "CreditNoteIssued", number, sequence, provider, agreement.customer, amount, reason)
        currency = int.from_bytes(agreement.terms.currency, "big")
        self.world.accounts.transfer_from(call.by(self.address), provider, agreement.customer, currency, amount)

    def record_dispute(self, call: Call, number: int, sequence: int, document_hash: bytes, uri: str) -> None:
        customer = self.world.agreements.known(number).customer
        self.refuse_unless(call.sender == customer, "only the customer disputes")
        self.emit(call, "DisputeRecorded", number, sequence, customer, document_hash, uri)

    def storage(self) -> Iterator[tuple[Path, Value]]:
        for number, amount in self.credited.items():
            yield ("_credited", number), amount
