"""The service market on a chain beside its Python truth: two machines, three workers, three arbiters, one currency."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from eth_utils.address import to_checksum_address
from web3 import Web3

from oracle.domain.bindings import MeterBinding
from oracle.domain.forms import digest
from oracle.domain.hashing import address_bytes, keccak
from oracle.domain.signatures import Curve, SigningKey
from oracle.types import ZERO_BYTES32
from tests.models.accounts import Refused
from tests.models.orders import MarketModel, Order, ServiceTerms
from tests.stateful.deployed import Deployed

EUR = 1_000_000
DAY = 86_400
HOUR = 3_600
PAUSE = 14 * DAY
FAR_FUTURE = (1 << 40) - 1
UNLIMITED = (1 << 256) - 1
PAPER = keccak(b"paper")
REPAIR = 2
NOBODY = "0x" + 40 * "0"
WORK_TIME = 6 * HOUR
ENDED = Web3.keccak(text="OrderEnded(uint64,uint8,uint80,uint80,uint80,address)")


class MarketWorld(Deployed):
    """Steps happen on both sides, or are refused on both by the same error."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        accounts = self.accounts
        self.listing, self.guardian = accounts[1], accounts[2]
        self.providers, self.workers = accounts[3:5], [accounts[6], accounts[7], accounts[8]]
        self.community, self.customers = accounts[9], accounts[10:12]
        self.lender = self.community
        self.arbiters, self.watcher, self.stranger = accounts[12:15], accounts[15], accounts[5]
        self.people = [*self.providers, *self.workers, *self.customers, *self.arbiters, self.watcher, self.stranger]
        self.market = self.contracts["ServiceMarket"]
        self._pause_ends = 0
        self.model = MarketModel(self.books, self.market.address, self.currency)
        self._build()
        self.keep(self.books, self.model)

    def reset(self) -> None:
        """Back to the moment after building, chain and books."""
        self.books, self.model = self.go_back()

    # Building

    def _build(self) -> None:
        for worker in self.workers:
            self.do(self.listing, "WorkerList", "admit", worker, 127)
        self.model.workers = set(self.workers)
        owner = self.providers[0]
        self.do(owner, "FeeSplitter", "create", owner, [(owner, 1)], [self.currency])
        self._publish_tariff(owner)
        for person in (*self.providers, *self.customers):
            self.do(person, "MicroEuro", "mint", person, 10_000 * EUR)
            self.do(person, "MicroEuro", "approve", self.ledger.address, UNLIMITED)
            self.deposit(person, person, 60 * EUR)
            self.do(person, "PrepaidAccounts", "approve", self.market.address, int(self.currency, 16), 40 * EUR)
            self.books.approve(person, self.market.address, self.currency, 40 * EUR)
        budgets = ((10 * EUR, 25 * EUR, 3_333, EUR + 1, 1, 2), (0, 0, 10_000, 0, 0, 3))
        for asset, (ceiling, budget, share, bond, included, quorum) in enumerate(budgets, 1):
            terms = ServiceTerms(
                ceiling, share, budget, bond, 2 * HOUR, HOUR, 4 * HOUR, 5 * HOUR, included, quorum, tuple(self.arbiters)
            )
            self._machine(asset, owner, terms)
            self.deposit(owner, self.model.reserve(asset), 8 * EUR)
            self._hire(asset, self.customers[asset - 1])

    def _machine(self, asset: int, owner: str, terms: ServiceTerms) -> None:
        key = SigningKey(keccak(b"meter of asset %d" % asset))
        self.do(self.workers[0], "AssetRegistry", "register", b"drill".ljust(32, b"\0"), keccak(b"%d" % asset), owner)
        binding = MeterBinding(asset, address_bytes(key.address), int(Curve.SECP256K1), 1, 0, ZERO_BYTES32, 0)
        signature = key.sign(digest(self.domains.of(binding), binding))
        self.do(owner, "MeterRegistry", "announceMeter", tuple(binding.values()), 1, signature, b"")
        self.do(owner, "AssetRegistry", "repoint", asset, 1)
        self.do(owner, "AssetRegistry", "setPassport", asset, PAPER, "")
        self.do(self.workers[0], "EndOfLife", "promiseTakeBack", asset, FAR_FUTURE, PAPER)
        self.do(owner, "OfferBook", "offer", asset, 1, True, FAR_FUTURE)
        content = (
            self.currency, terms.rule_ceiling, terms.silent_share_bps, terms.rule_budget, terms.dispute_bond, 60,
            terms.acceptance_time, terms.grace_time, terms.inspection_time, terms.arbitration_time,
            terms.included_per_year, terms.quorum, False, False, PAPER,
        )  # fmt: skip
        self.do(self.stranger, "ServiceTermsBook", "publish", content, (0, 0, 0, 0), list(terms.arbiters))
        self.do(owner, "ServiceTermsBook", "choose", asset, asset)
        self.do(owner, "ServiceTermsBook", "appointWatcher", asset, self.watcher, True)
        self.model.terms[asset], self.model.owner[asset], self.model.watcher[asset] = terms, owner, self.watcher

    def _publish_tariff(self, owner: str) -> None:
        tariff = (
            self.currency, 0, 0, EUR, 0, DAY, 0, 0, 0, HOUR, 60, 2 * EUR, 40 * EUR, EUR, False, 1, 0, 0, 0, PAPER
        )  # fmt: skip
        self.do(owner, "TariffBook", "publish", tariff)

    def _hire(self, asset: int, customer: str) -> None:
        agreements = self.contracts["UsageAgreements"].address
        self.do(customer, "PrepaidAccounts", "approve", agreements, int(self.currency, 16), 2 * EUR)
        self.do(customer, "UsageAgreements", "open", asset, 1, True, 2 * EUR, 2 * EUR, 0)
        self.books.approve(customer, agreements, self.currency, 2 * EUR)
        holds = self.contracts["PrepaidAccounts"].functions.subaccount(agreements, b"holds".ljust(32, b"\0")).call()
        self.books.transfer_from(agreements, customer, holds, self.currency, 2 * EUR)
        self.model.in_use[asset] = (asset, customer, self.chain.now)

    # Steps on both sides

    def step(self, sender: str, function: str, act: Callable[[int], Any], *arguments: Any) -> bool:
        """`act` takes the step in the model at the block's time; True where both took it."""
        books = deepcopy((self.books.balances, self.books.allowances))
        try:
            act(self.chain.now + 1)
        except Refused as refused:
            self.books.balances, self.books.allowances = books
            self.refuse(sender, "ServiceMarket", function, arguments, refused.name)
            return False
        logs = self.do(sender, "ServiceMarket", function, *arguments)
        self._check_ends(logs)
        return True

    def _check_ends(self, logs: list[dict[str, Any]]) -> None:
        """I-13: what an end says that it paid is what the model paid, once."""
        for log in logs:
            if log["topics"][0] == ENDED.to_0x_hex():
                number = int(log["topics"][1], 16)
                raw = bytes.fromhex(log["data"][2:])
                said = tuple(int.from_bytes(raw[at : at + 32], "big") for at in (0, 32, 64))
                assert said == self.model.orders[number].paid, f"I-13: order {number}"

    def open(self, sender: str, asset: int, agreement: int, ceiling: int, bidding: int, by_rule: bool) -> None:
        until = self.chain.now + 1 + bidding
        request = (asset, REPAIR, agreement, ceiling, until, DAY, by_rule, PAPER, "")

        def act(now: int) -> Order:
            return self.model.open(sender, asset, agreement, ceiling, until, by_rule, now)

        self.step(sender, "open", act, request)

    def transfer(self, sender: str, receiver: str, amount: int) -> None:
        if self.books.balance(sender, self.currency) >= amount:
            self.do(sender, "PrepaidAccounts", "transfer", receiver, int(self.currency, 16), amount)
            self.books.transfer(sender, receiver, self.currency, amount)

    def withdraw_all(self, owner: str) -> None:
        amount = self.books.balance(owner, self.currency)
        if amount:
            self.do(owner, "PrepaidAccounts", "withdraw", self.currency, amount, owner)
            self.books.withdraw(owner, self.currency, amount, owner)

    def sell(self, asset: int, by_lender: bool) -> None:
        """To the other provider, who chooses the same terms; the watcher's appointment lapses. I-11: under a lien its
        holder alone does that, without one the owner alone."""
        seller = self.model.owner[asset]
        buyer = next(one for one in self.providers if one != seller)
        sender = self.lender if by_lender else seller
        arguments = (seller, buyer, asset)
        if by_lender != (asset in self.model.lienholder):
            error = "ERC721InsufficientApproval" if by_lender else "Assets_UnderLien"
            self.refuse(sender, "AssetRegistry", "transferFrom", arguments, error)
            return
        self.do(sender, "AssetRegistry", "transferFrom", *arguments)
        self.do(buyer, "ServiceTermsBook", "choose", asset, asset)
        self.model.owner[asset], self.model.watcher[asset] = buyer, buyer

    def pledge(self, asset: int) -> None:
        """To the lender, or back out of its hands."""
        if asset in self.model.lienholder:
            self.do(self.lender, "AssetRegistry", "releaseLien", asset)
            del self.model.lienholder[asset]
        else:
            self.do(self.model.owner[asset], "AssetRegistry", "placeLien", asset, self.lender)
            self.model.lienholder[asset] = self.lender

    def pause(self, on: bool) -> None:
        for name, paused in (("ServiceMarket", self.model.paused), ("PrepaidAccounts", self.books.paused)):
            if paused != on:
                self.do(self.guardian, name, "pause" if on else "unpause")
        self.model.paused = self.books.paused = on
        self._pause_ends = self.chain.now + PAUSE

    def wait(self, seconds: int) -> None:
        """A pause ends by itself."""
        self.chain.warp(seconds)
        if self.chain.now + 1 >= self._pause_ends:
            self.model.paused = self.books.paused = False

    def skim(self) -> None:
        surplus = self.books.balance(self.model.escrow_account, self.currency) - self.model.escrowed()
        if surplus:
            self.do(self.stranger, "ServiceMarket", "skimSurplus", self.currency)
            self.books.move_from(
                self.market.address, b"escrow".ljust(32, b"\0"), self.community, self.currency, surplus
            )


def check(world: MarketWorld) -> None:
    """I-1, I-2, I-11 and I-13, exactly, and every order and mark against the model, in one round trip."""
    model, market, token = world.model, world.market, int(world.currency, 16)
    owners = [*world.people, world.community, model.escrow_account, *(model.reserve(asset) for asset in model.terms)]
    calls: list[tuple[Any, str, tuple[Any, ...]]] = [(world.ledger, "balanceOf", (owner, token)) for owner in owners]
    calls += [
        (world.ledger, "totalSupply", (token,)),
        (world.contracts["MicroEuro"], "balanceOf", (world.ledger.address,)),
        (market, "escrowedIn", (world.currency,)),
    ]
    registry = world.contracts["AssetRegistry"]
    calls += [(registry, name, (asset,)) for asset in model.terms for name in ("ownerOf", "lienholderOf")]
    calls += [(market, "openOrdersOf", (asset,)) for asset in model.terms]
    calls += [(market, "budgetOf", (asset,)) for asset in model.terms]
    calls += [(market, "reputationOf", (worker,)) for worker in world.workers]
    calls += [(market, "includedUsed", key) for key in model.included_used]
    calls += [(market, "orderOf", (number,)) for number in model.orders]
    answers = iter(world.chain.read(calls))
    for owner in owners:
        assert next(answers) == world.books.balance(owner, world.currency), f"I-2: {owner}"
    supply, tokens, escrowed = next(answers), next(answers), next(answers)
    assert supply == tokens == world.books.total(world.currency), "I-1"
    held = world.books.balance(model.escrow_account, world.currency)
    assert escrowed == model.escrowed() <= held, "I-13"
    for asset in model.terms:
        holders = (model.owner[asset], model.lienholder.get(asset, NOBODY))
        assert tuple(to_checksum_address(next(answers)) for _ in holders) == holders, f"I-11: title {asset}"
    for asset in model.terms:
        assert next(answers) == model.open_orders(asset)
    for asset in model.terms:
        assert next(answers) == model.budgets.get(asset, (0, 0))
    for worker in world.workers:
        marks: Mapping[str, int] = model.marks[worker]
        assert next(answers) == tuple(marks.get(one, 0) for one in ("done", "late", "disputed", "lost", "failed"))
    for key in model.included_used:
        assert next(answers) == model.included_used[key]
    for number, order in model.orders.items():
        _check_order(number, order, next(answers))
    world.books.check()


def _check_order(number: int, order: Order, found: tuple[Any, ...]) -> None:
    expected = (
        order.asset, REPAIR, order.stage, order.asset, order.opened_at, order.bidding_until, DAY, order.by_rule,
        order.is_included, order.opener, order.ceiling, order.worker, order.price, order.deadline, order.assigned_at,
        order.work_time, order.bond, order.agreement, order.disputer,
    )  # fmt: skip
    assert tuple(to_checksum_address(one) if isinstance(one, str) else one for one in found) == expected, number
    if order.paid is not None:
        worker, reserve, bond = order.paid
        assert (worker + reserve, bond) == ((order.price, order.bond) if order.assigned_at else (0, 0)), "I-13"
