"""A fleet on the chain: tariffs, split, carriers' money, and for each aircraft a title, a meter and its agreements.

Every step asks the chain first what is there, so that a second run adds what is missing.
"""

from collections.abc import Callable
from functools import cache
from itertools import pairwise

from web3.contract import Contract

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.demo.bulk import BulkNode, Encoder
from oracle.demo.cast import SHARES, Part
from oracle.device.replay.flights import BEGINNING, DAY, Flights, Hire, meter_key
from oracle.domain.bindings import MeterBinding, registers_hash
from oracle.domain.forms import digest
from oracle.domain.hashing import address_bytes, keccak
from oracle.domain.signatures import Curve
from oracle.parties import accounts, splits, tariffs
from oracle.parties.assets import SOFTWARE_KEY
from oracle.parties.currencies import Currency, find_currency
from oracle.parties.keystore import local_account
from oracle.parties.wallet import Wallet
from oracle.tariffs import published_tariff
from oracle.types import Address, AgreementId, AssetId, BaseUnits, SplitId, TariffId, UnixTime

BY_THRUST, BY_HOUR = TariffId(1), TariffId(2)
PUBLISHED = {BY_THRUST: "engine", BY_HOUR: "flight-hour"}
SPLIT = SplitId(1)
FIRST_CARRIER = 20
"""Number of the node's account of the first carrier; as many follow as there are carriers."""
AIRCRAFT_IN_A_BLOCK = 75
OPENINGS_IN_A_BLOCK = 300
"""Anvil tells a block's receipts in time that grows with the square of its transactions, and hashes all its state for
every block: 300 transactions in a block cost least."""
GAS = {"register": 400_000, "announceMeter": 400_000, "repoint": 200_000, "offer": 250_000, "open": 600_000}
CARRIER_FUNDS = BaseUnits(10**15)
"""A billion in a currency of six decimals: more than anybody flies."""
CAP_PERIOD = 30 * DAY
OFFERED_FOR = 2 * 365 * DAY

Progress = Callable[[str, int, int], None]
"""What is being done, how much of it is done, how much there is."""


class Fleet:
    """The aircraft of these flights on one platform."""

    def __init__(
        self, client: ChainClient, platform: Platform, bulk: BulkNode, flights: Flights, progress: Progress
    ) -> None:
        self.platform = platform
        self.currency: Currency = find_currency(client, platform, None)
        self.hires = flights.hires()
        self.assets: dict[str, AssetId] = {}
        self.agreements: dict[Hire, AgreementId] = {}
        self._client, self._bulk, self._flights, self._progress = client, bulk, flights, progress
        self._shared = {a.tail for a, b in pairwise(self.hires) if a.tail == b.tail}
        carriers = sorted({hire.carrier for hire in self.hires})
        self._wallets = {name: self._wallet(FIRST_CARRIER + place) for place, name in enumerate(carriers)}
        self._encoders: dict[tuple[str, str], Encoder] = {}

    def set_up(self) -> None:
        """Afterwards blocks come from the bulk node alone."""
        self._publish()
        self._fund()
        self._bulk.take_over()
        self.assets = self._register()
        self.agreements = self._open()

    def tariff_of(self, tail: str) -> TariffId:
        return BY_THRUST if tail in self._flights.engines else BY_HOUR

    def encoder(self, contract: Contract, name: str) -> Encoder:
        key = (str(contract.address), name)
        if key not in self._encoders:
            self._encoders[key] = Encoder(contract, name)
        return self._encoders[key]

    def _wallet(self, index: int) -> Wallet:
        return Wallet(self._client, self.platform, local_account(index))

    def _publish(self) -> None:
        """Two tariffs and the fleet's split, by their provider."""
        owner = self._wallet(Part.OWNER)
        known = self._client.call(self.platform.tariffs.functions.tariffCount())
        for tariff, name in PUBLISHED.items():
            if tariff > known:
                tariffs.publish(owner, published_tariff(name).tariff(self.currency.address))
        if not self._client.call(self.platform.splitter.functions.exists(SPLIT)):
            payees = [splits.Payee(account_address(part), share) for part, share in SHARES.items()]
            splits.create(owner, payees, [self.currency.address])

    def _fund(self) -> None:
        for wallet in self._wallets.values():
            held = accounts.balances(self._client, self.platform, wallet.address, self.currency)
            if held.allowed:
                continue
            if not held.wallet and not held.prepaid:
                accounts.mint_play_money(wallet, self.currency, CARRIER_FUNDS)
            if not held.prepaid:
                accounts.deposit(wallet, self.currency, CARRIER_FUNDS)
            accounts.allow(wallet, self.currency, CARRIER_FUNDS)

    def _register(self) -> dict[str, AssetId]:
        """Every tail number as an asset with its meter, the fleet's split and an offer: all of it in one block or
        nothing, therefore the number of assets says how far it is."""
        tails = sorted({hire.tail for hire in self.hires})
        done = self._client.call(self.platform.assets.functions.assetCount())
        numbered = list(enumerate(tails, 1))
        for start in range(done, len(tails), AIRCRAFT_IN_A_BLOCK):
            for number, tail in numbered[start : start + AIRCRAFT_IN_A_BLOCK]:
                self._queue_aircraft(AssetId(number), tail)
            self._mine_before_take_off()
            self._progress("aircraft", min(start + AIRCRAFT_IN_A_BLOCK, len(tails)), len(tails))
        return {tail: AssetId(number) for number, tail in numbered}

    def _queue_aircraft(self, asset: AssetId, tail: str) -> None:
        platform, owner = self.platform, account_address(Part.OWNER)
        model = self._flights.models.get(tail, "unknown").encode()[:32].ljust(32, b"\0")
        key = meter_key(tail)
        binding = MeterBinding(
            asset, address_bytes(key.address), int(Curve.SECP256K1), 1, 0, registers_hash(()), UnixTime(0)
        )
        possession = key.sign(digest(platform.domains.of(binding), binding))
        until = UnixTime(BEGINNING + OFFERED_FOR)
        calls: list[tuple[str, Contract, tuple[object, ...]]] = [
            ("register", platform.assets, (model, keccak(tail.encode()), owner)),
            ("announceMeter", platform.meters, (binding.values(), SOFTWARE_KEY, possession, b"")),
            ("repoint", platform.assets, (asset, SPLIT)),
            ("offer", platform.offers, (asset, self.tariff_of(tail), self._exclusive(tail), until)),
        ]
        for name, contract, arguments in calls:
            encoder = self.encoder(contract, name)
            self._bulk.queue(owner, encoder.to, encoder(*arguments), GAS[name])

    def _open(self) -> dict[Hire, AgreementId]:
        """One agreement for each aircraft and carrier. Which there are, the chain's log says."""
        opened = self._opened()
        missing = [hire for hire in self.hires if hire not in opened]
        encoder = self.encoder(self.platform.agreements, "open")
        hold = {tariff: published_tariff(name).tariff(self.currency.address) for tariff, name in PUBLISHED.items()}
        for start in range(0, len(missing), OPENINGS_IN_A_BLOCK):
            part = missing[start : start + OPENINGS_IN_A_BLOCK]
            for tail, carrier in part:
                tariff = self.tariff_of(tail)
                wanted = (
                    self.assets[tail],
                    tariff,
                    self._exclusive(tail),
                    hold[tariff].hold_target,
                    CARRIER_FUNDS,
                    CAP_PERIOD,
                )
                self._bulk.queue(self._wallets[carrier].address, encoder.to, encoder(*wanted), GAS["open"])
            self._mine_before_take_off()
            self._progress("agreements", len(opened) + start + len(part), len(opened) + len(missing))
        return self._opened() if missing else opened

    def _opened(self) -> dict[Hire, AgreementId]:
        tails = {asset: tail for tail, asset in self.assets.items()}
        carriers = {wallet.address.lower(): name for name, wallet in self._wallets.items()}
        address = self.platform.addresses["UsageAgreements"]
        event = self.platform.agreements.events.AgreementOpened()
        wanted = {"address": address, "topics": [event.topic], "fromBlock": "0x0", "toBlock": "latest"}
        found = {}
        for log in self._bulk.ask("eth_getLogs", wanted):
            _, agreement, asset, customer = log["topics"]
            hire = Hire(tails[AssetId(int(asset, 16))], carriers["0x" + customer[-40:]])
            found[hire] = AgreementId(int(agreement, 16))
        return found

    def _mine_before_take_off(self) -> None:
        self._bulk.mine(UnixTime(max(self._bulk.now() + 1, BEGINNING - DAY // 2)))

    def _exclusive(self, tail: str) -> bool:
        return tail not in self._shared


@cache
def account_address(index: int) -> Address:
    """Of one of the node's accounts."""
    return Address(local_account(index).address)
