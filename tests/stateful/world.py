"""The whole platform on a chain beside its Python truth. Every action happens on both; `checks` holds them equal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eth_utils.address import to_checksum_address
from web3 import Web3

from oracle.chain.contracts import load_artefact
from oracle.domain.batching import Group, Record, encode_batch
from oracle.domain.bindings import MeterBinding
from oracle.domain.forms import digest
from oracle.domain.hashing import address_bytes, keccak
from oracle.domain.readings import Flag, Reading
from oracle.domain.signatures import Curve, SigningKey, to_compact
from oracle.types import ZERO_BYTES32
from tests.models.accounts import Refused, subaccount
from tests.models.agreements import AgreementModel, Cap, Purse, Settled, Terms, Usage
from tests.models.split import Payee, SplitterModel
from tests.stateful.deployed import Deployed

EUR = 1_000_000
DAY = 86_400
PAUSE = 14 * DAY
FAR_FUTURE = (1 << 40) - 1
HOLDS = b"holds".ljust(32, b"\0")
UNLIMITED = (1 << 256) - 1
KEYS = [SigningKey(keccak(b"meter of asset %d" % number)) for number in range(1, 4)]


@dataclass(slots=True)
class Hire:
    """An agreement on both sides. `given` are the readings that its meter has signed, newest last."""

    id: int
    customer: str
    asset: int
    tariff: int
    currency: str
    model: AgreementModel
    given: list[Usage]
    covered: int
    """settled + hold when last looked at: what permits may have allowed (I-6)."""


class World(Deployed):
    """Three assets, two currencies, three tariffs, shared by customers who come and go."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        accounts = self.accounts
        self.listing, self.guardian = accounts[1], accounts[2]
        self.providers = accounts[3:5]
        self.customers = accounts[5:8]
        self.maker, self.community, self.repairer, self.stranger = accounts[8:12]
        self.agreements = self.contracts["UsageAgreements"]
        self.splitter = self.contracts["FeeSplitter"]
        self.assets = self.contracts["AssetRegistry"]
        self.offers = self.contracts["OfferBook"]
        self.splits = SplitterModel(self.books, self.splitter.address)
        self.holds_account = subaccount(self.agreements.address, HOLDS)
        self.hires: list[Hire] = []
        self.owner_of: dict[int, str] = {}
        self.split_of: dict[int, int] = {}
        self.offers_paused = False
        self._pause_ends = 0
        self.sold: set[int] = set()
        """Assets whose offers have lapsed with the title."""
        self._build(self.web3, accounts[0])
        self.keep(self.books, self.splits, self.owner_of, self.split_of)

    def reset(self) -> None:
        """Back to the moment after building, chain and books."""
        self.books, self.splits, self.owner_of, self.split_of = self.go_back()
        self.hires, self.sold, self.offers_paused, self._pause_ends = [], set(), False, 0

    # Building

    def _build(self, web3: Web3, deployer: str) -> None:
        artefact = load_artefact("MicroEuro")
        second = web3.eth.wait_for_transaction_receipt(
            web3.eth.contract(abi=artefact["abi"], bytecode=artefact["bytecode"])
            .constructor()
            .transact({"from": to_checksum_address(deployer)})
        )["contractAddress"]
        self.tokens = {
            address: web3.eth.contract(address=address, abi=artefact["abi"])
            for address in (self.contracts["MicroEuro"].address, second)
        }
        self.currencies = list(self.tokens)
        self.chain.now += 1
        self._do(self.listing, self.ledger, "admitCurrency", second)
        self.books.admit(second)
        for token in self.tokens.values():
            for customer in self.customers:
                self._do(customer, token, "mint", customer, 10_000 * EUR)
                self._do(customer, token, "approve", self.ledger.address, UNLIMITED)
        self._publish_tariffs()
        owner = self.providers[0]
        shared = self._create_split(owner, [(self.maker, 5), (self.repairer, 13), (owner, 79)])
        single = self._create_split(owner, [(self.maker, 1), (owner, 2)])
        for asset, split in ((1, shared), (2, shared), (3, single)):
            self._register(asset, owner, split)
            for tariff in (1, 2, 3):
                self._do(owner, self.offers, "offer", asset, tariff, False, FAR_FUTURE)

    def _publish_tariffs(self) -> None:
        euro, other = self.currencies
        self.terms: dict[int, tuple[str, Terms]] = {}
        for number, currency, prices, standing, notice, minimum in (
            (1, euro, (333_333, 2 * EUR, 7, 0), 86_399, DAY, 0),
            (2, other, (1, 0, 0, 999_999), 0, 2 * DAY, 3 * DAY),
            (3, euro, (EUR, EUR, EUR, EUR), 2 * EUR, DAY, 0),
        ):
            terms = Terms(prices, standing, 2 * EUR, 40 * EUR, 4 * EUR, notice, minimum)
            p0, p1, p2, p3 = prices
            self._do(
                self.providers[0], self.contracts["TariffBook"], "publish",
                (currency, standing, 0, p0, p1, notice, minimum, p2, p3, 3_600, 60, terms.hold_target,
                 terms.max_charge_per_hour, terms.burst, False, 1, 0, 0, 0, keccak(b"terms")),
            )  # fmt: skip
            self.terms[number] = (currency, terms)

    def _create_split(self, controller: str, shares: Sequence[tuple[str, int]]) -> int:
        self._do(controller, self.splitter, "create", controller, list(shares), self.currencies)
        return self.splits.create(controller, [Payee(*one) for one in shares], self.currencies)

    def _register(self, asset: int, owner: str, split: int) -> None:
        key = KEYS[asset - 1]
        self._do(self.maker, self.assets, "register", b"drill".ljust(32, b"\0"), keccak(b"%d" % asset), owner)
        binding = MeterBinding(asset, address_bytes(key.address), int(Curve.SECP256K1), 1, 0, ZERO_BYTES32, 0)
        signature = key.sign(digest(self.domains.of(binding), binding))
        self._do(owner, self.contracts["MeterRegistry"], "announceMeter", tuple(binding.values()), 1, signature, b"")
        self._do(owner, self.assets, "repoint", asset, split)
        self._do(owner, self.assets, "setPassport", asset, keccak(b"passport"), "")
        self._do(self.maker, self.contracts["EndOfLife"], "promiseTakeBack", asset, FAR_FUTURE, ZERO_BYTES32)
        self.owner_of[asset], self.split_of[asset] = owner, split

    def _do(self, sender: str, contract, function: str, *arguments):
        return self.chain.transact(sender, contract, function, *arguments)

    # Money by its owners

    def try_deposit(self, owner: str, currency: str, amount: int) -> None:
        if self._refused(
            lambda: self.books.deposit(currency, owner, amount), owner, "deposit", currency, owner, amount
        ):
            return
        self._do(owner, self.ledger, "deposit", currency, owner, amount)

    def withdraw(self, owner: str, currency: str, amount: int) -> None:
        arguments = (currency, amount, owner)
        if self._refused(lambda: self.books.withdraw(owner, currency, amount, owner), owner, "withdraw", *arguments):
            return
        self._do(owner, self.ledger, "withdraw", *arguments)

    def transfer(self, sender: str, receiver: str, currency: str, amount: int) -> None:
        arguments = (receiver, int(currency, 16), amount)
        if self._refused(
            lambda: self.books.transfer(sender, receiver, currency, amount), sender, "transfer", *arguments
        ):
            return
        self._do(sender, self.ledger, "transfer", *arguments)

    def allow(self, owner: str, currency: str, amount: int) -> None:
        self.books.approve(owner, self.agreements.address, currency, amount)
        self._do(owner, self.ledger, "approve", self.agreements.address, int(currency, 16), amount)

    def gift_tokens(self, currency: str, amount: int) -> None:
        self.books.gift(currency, amount)
        self._do(self.customers[0], self.tokens[currency], "transfer", self.ledger.address, amount)

    def _refused(self, act, sender: str, function: str, *arguments) -> bool:
        """True where the model refuses; then the ledger must refuse with the same error, and nothing is sent."""
        name = _refusal(act)
        if name is None:
            return False
        data = self.ledger.encode_abi(function, args=list(arguments))
        assert self.chain.refusal(sender, self.ledger, data) == name
        return True

    # Agreements

    def open(self, customer: str, asset: int, tariff: int, hold: int, cap: int, period: int) -> Hire | None:
        currency, terms = self.terms[tariff]
        purse = self.purse(customer, currency)
        arguments = (asset, tariff, False, hold, cap, period)
        if refusal := self._refusal_to_open(asset, hold, purse):
            data = self.agreements.encode_abi("open", args=list(arguments))
            assert self.chain.refusal(customer, self.agreements, data) == refusal
            return None
        self._do(customer, self.agreements, "open", *arguments)
        model = AgreementModel.open(terms, self.chain.now, hold, Cap(cap, period), purse)
        self._take_from_customer(customer, currency, hold)
        hire = Hire(len(self.hires) + 1, customer, asset, tariff, currency, model, [], hold)
        self.hires.append(hire)
        return hire

    def _refusal_to_open(self, asset: int, hold: int, purse: Purse) -> str | None:
        if self.offers_paused:
            return "EnforcedPause"
        if asset in self.sold:
            return "Offers_NotOffered"
        if purse.allowance < hold:
            return "ERC6909InsufficientAllowance"
        return "ERC6909InsufficientBalance" if purse.balance < hold else None

    def settle(self, items: Sequence[tuple[Hire, Usage, SigningKey]]) -> None:
        """One batch, one group per reading, in the order given."""
        groups = []
        for hire, usage, key in items:
            reading = Reading(
                hire.id, hire.asset, usage.sequence, usage.time, usage.registers, 0, Flag(usage.flags), ZERO_BYTES32
            )
            signature = to_compact(key.sign(digest(self.domains.of(reading), reading)))
            groups.append(Group(Curve.SECP256K1, hire.tariff, (Record(reading, signature),)))
        self._do(self.stranger, self.agreements, "settle", encode_batch(groups))
        for hire, usage, key in items:
            purse = self.purse(hire.customer, hire.currency)
            outcome = hire.model.settle(
                usage, self.chain.now, purse, signed=key is KEYS[hire.asset - 1], paused=self.offers_paused
            )
            if isinstance(outcome, Settled):
                self._book(hire, outcome)

    def accrue(self, hire: Hire) -> None:
        self._do(self.stranger, self.agreements, "accrue", hire.id)
        purse = self.purse(hire.customer, hire.currency)
        outcome = hire.model.accrue(self.chain.now, purse, paused=self.offers_paused)
        if outcome is not None:
            self._book(hire, outcome)
        else:
            self._book_refill(hire, purse)

    def refill(self, hire: Hire) -> None:
        self._do(self.stranger, self.agreements, "refill", hire.id)
        purse = self.purse(hire.customer, hire.currency)
        refill = hire.model.refill(self.chain.now, purse, paused=self.offers_paused)
        if refill is not None:
            self._take_from_customer(hire.customer, hire.currency, refill.got)

    def suspend(self, hire: Hire, on: bool) -> None:
        self._do(hire.customer, self.agreements, "suspend", hire.id, on)
        hire.model.suspend(on)

    def set_cap(self, hire: Hire, per_period: int, period: int) -> None:
        self._do(hire.customer, self.agreements, "setCap", hire.id, per_period, period)
        hire.model.set_cap(per_period, period, self.chain.now)

    def end(self, hire: Hire, by_provider: bool) -> None:
        sender = self.owner_of[hire.asset] if by_provider else hire.customer
        self._do(sender, self.agreements, "end", hire.id)
        hire.model.end(self.chain.now)

    def close(self, hire: Hire) -> None:
        settled_before = hire.model.settled
        self._do(self.stranger, self.agreements, "close", hire.id)
        returned = hire.model.close(self.chain.now, Purse(0, 0))
        self._pay_split(hire, hire.model.settled - settled_before)
        self.books.move_from(self.agreements.address, HOLDS, hire.customer, hire.currency, returned)

    def purse(self, customer: str, currency: str) -> Purse:
        spender = self.agreements.address
        return Purse(self.books.balance(customer, currency), self.books.allowance(customer, spender, currency))

    def _book(self, hire: Hire, outcome: Settled) -> None:
        self._pay_split(hire, outcome.taken)
        if outcome.refill is not None:
            self._take_from_customer(hire.customer, hire.currency, outcome.refill.got)

    def _book_refill(self, hire: Hire, after: Purse) -> None:
        got = self.books.balance(hire.customer, hire.currency) - after.balance
        self._take_from_customer(hire.customer, hire.currency, got)

    def _take_from_customer(self, customer: str, currency: str, amount: int) -> None:
        self.books.transfer_from(self.agreements.address, customer, self.holds_account, currency, amount)

    def _pay_split(self, hire: Hire, amount: int) -> None:
        account = self.splits.account_of(self.split_of[hire.asset])
        self.books.move_from(self.agreements.address, HOLDS, account, hire.currency, amount)

    # Splits and titles

    def distribute(self, split: int, currency: str) -> None:
        self._do(self.stranger, self.splitter, "distribute", split, currency)
        self.splits.distribute(split, currency)

    def change_shares(self, split: int, shares: Sequence[tuple[str, int]]) -> None:
        controller = self.splits.splits[split].controller
        self._do(controller, self.splitter, "changeShares", split, list(shares))
        self.splits.change_shares(controller, split, [Payee(*one) for one in shares])

    def repoint(self, asset: int, split: int) -> None:
        owner = self.owner_of[asset]
        self._do(owner, self.assets, "repoint", asset, split)
        self.splits.distribute_all(self.split_of[asset])
        self.split_of[asset] = split

    def sell(self, asset: int) -> None:
        """To the other provider; the fees go to a fresh split of his if the seller controls the old one."""
        seller = self.owner_of[asset]
        buyer = next(one for one in self.providers if one != seller)
        self._do(seller, self.assets, "transferFrom", seller, buyer, asset)
        old = self.split_of[asset]
        self.splits.distribute_all(old)
        if self.splits.splits[old].controller == seller:
            currencies = list(self.splits.splits[old].currencies)
            self.split_of[asset] = self.splits.create(buyer, [Payee(buyer, 1)], currencies)
        self.owner_of[asset] = buyer
        self.sold.add(asset)

    # Pauses and gifts

    def pause(self, on: bool) -> None:
        for contract, paused in ((self.ledger, self.books.paused), (self.offers, self.offers_paused)):
            if paused != on:
                self._do(self.guardian, contract, "pause" if on else "unpause")
        self.books.paused = self.offers_paused = on
        self._pause_ends = self.chain.now + PAUSE

    def wait(self, seconds: int) -> None:
        """A pause ends by itself."""
        self.chain.warp(seconds)
        if self.chain.now + 1 >= self._pause_ends:
            self.books.paused = self.offers_paused = False

    def skim(self, currency: str) -> None:
        surplus = self.books.balance(self.holds_account, currency) - self.held(currency)
        if surplus:
            self._do(self.stranger, self.agreements, "skimSurplus", currency)
            self.books.move_from(self.agreements.address, HOLDS, self.community, currency, surplus)

    def held(self, currency: str) -> int:
        return sum(hire.model.hold for hire in self.hires if hire.currency == currency)


def _refusal(act: Callable[[], None]) -> str | None:
    try:
        act()
    except Refused as refused:
        return refused.name
    return None
