"""The contracts' views at one block: the second half of following the chain."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_utils.address import to_checksum_address

from oracle.chain.contracts import AGREEMENTS, ASSETS, CREDITS, METERS, SPLITTER, Route, SlotState
from oracle.relay.changes import Changes
from oracle.relay.context import RelayContext
from oracle.store.read_model import Agreement, Asset, Offer, Split
from oracle.types import (
    ZERO_ADDRESS,
    Address,
    AgreementId,
    AssetId,
    BaseUnits,
    BlockNumber,
    Seconds,
    SplitId,
    TariffId,
    UnixTime,
)


@dataclass(slots=True)
class ChainState:
    """The views' answers at the confirmed block."""

    agreements: list[Agreement] = field(default_factory=list)
    assets: list[Asset] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    balances: list[tuple[Address, Address, int]] = field(default_factory=list)


class Views:
    def __init__(self, context: RelayContext, block: BlockNumber) -> None:
        self._platform = context.platform
        self._client = context.client
        self._block = block

    def read(self, changes: Changes) -> ChainState:
        state = ChainState()
        state.agreements = [self._agreement(*found) for found in self._many(sorted(changes.agreements), _AGREEMENT)]
        state.assets = [self._asset(*found) for found in self._many(sorted(changes.assets), _ASSET)]
        state.splits = [self._split(*found) for found in self._many(sorted(changes.splits), _SPLIT)]
        offers = sorted(changes.offers)
        functions = [self._platform.offers.functions.offerOf(*key) for key in offers]
        for (asset, tariff, exclusive), answer in zip(
            offers, self._client.call_many(functions, self._block), strict=True
        ):
            provider, until, epoch = answer
            state.offers.append(Offer(asset, tariff, exclusive, Address(provider), UnixTime(until), epoch))
        pairs = sorted(changes.balances)
        balance_of = self._platform.accounts.functions.balanceOf
        calls = [balance_of(to_checksum_address(account), int(currency, 16)) for account, currency in pairs]
        amounts = self._client.call_many(calls, self._block)
        state.balances = [(*pair, amount) for pair, amount in zip(pairs, amounts, strict=True)]
        return state

    def _many(self, ids: Sequence[int], names: Sequence[tuple[str, str]]) -> Iterable[tuple[int, list[Any]]]:
        contracts = {
            AGREEMENTS: self._platform.agreements,
            ASSETS: self._platform.assets,
            METERS: self._platform.meters,
            SPLITTER: self._platform.splitter,
            CREDITS: self._platform.credits,
        }
        functions = [contracts[contract].functions[name](key) for key in ids for contract, name in names]
        answers = self._client.call_many(functions, self._block)
        for position, key in enumerate(ids):
            yield key, answers[position * len(names) : (position + 1) * len(names)]

    def _agreement(self, key: int, answers: list[Any]) -> Agreement:
        (customer, asset, tariff, delegate, grade, exclusive), word, ending, cap, credited = answers
        slot = SlotState.unpack(word)
        end_at, final, suspended, closed, *_ = ending
        return Agreement(
            id=AgreementId(key),
            asset_id=AssetId(asset),
            tariff_id=TariffId(tariff),
            customer=Address(customer),
            delegate=_or_none(delegate),
            exclusive=exclusive,
            grade_at_opening=grade,
            credited=BaseUnits(credited),
            opened_at=slot.opened_at,
            sequence=slot.sequence,
            last_elapsed=slot.last_elapsed,
            settled=slot.settled,
            hold=slot.hold,
            cap_per_period=BaseUnits(cap[0]),
            period=Seconds(cap[1]),
            spent_in_period=BaseUnits(cap[2]),
            period_index=cap[3],
            end_at=UnixTime(end_at) if end_at else None,
            final_accepted=final,
            suspended=suspended,
            closed=closed,
            settled_time=None,
        )

    def _asset(self, key: int, answers: list[Any]) -> Asset:
        about, owner, lienholder, refusal, route_word, meter, signer = answers
        maker, declared_by, lifecycle, registered_at, title_epoch, model, serial, passport_hash, uri = about
        route = Route.unpack(route_word)
        return Asset(
            id=AssetId(key),
            provider=Address(owner),
            maker=Address(maker),
            self_declared_by=_or_none(declared_by),
            lifecycle=lifecycle,
            registered_at=UnixTime(registered_at),
            title_epoch=title_epoch,
            model="0x" + model.hex(),
            serial_hash="0x" + serial.hex(),
            passport_hash="0x" + passport_hash.hex(),
            passport_uri=uri,
            lienholder=_or_none(lienholder),
            offer_refusal="0x" + refusal.hex() if any(refusal) else None,
            meter=_or_none(route.meter),
            split_id=route.split,
            epoch=route.epoch,
            curve=meter[1],
            grade=meter[2],
            permit_signer=_or_none(signer[0]),
            next_permit_signer=None,
            next_permit_signer_from=UnixTime(0),
        )

    def _split(self, key: int, answers: list[Any]) -> Split:
        controller, version, payees, currencies, account = answers
        return Split(
            SplitId(key),
            _or_none(controller),
            version,
            Address(account),
            [(Address(payee), share) for payee, share in payees],
            [Address(currency) for currency in currencies],
        )


_AGREEMENT = (
    *((AGREEMENTS, name) for name in ("agreementOf", "stateOf", "endingOf", "capOf")),
    (CREDITS, "creditedOf"),
)
_ASSET = (
    *((ASSETS, name) for name in ("assetOf", "ownerOf", "lienholderOf", "offerRefusal", "route")),
    (METERS, "meterOf"),
    (METERS, "permitSignerOf"),
)
_SPLIT = tuple((SPLITTER, name) for name in ("controllerOf", "versionOf", "payeesOf", "currenciesOf", "accountOf"))


def _or_none(address: str) -> Address | None:
    return None if address == ZERO_ADDRESS else Address(address)
