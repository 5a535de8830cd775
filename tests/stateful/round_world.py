"""A financing round on a chain beside its Python truth: two machines, three tranches, four investors, one currency."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from eth_utils.address import to_checksum_address

from oracle.domain.hashing import keccak
from tests.models.accounts import Refused
from tests.models.financing import RoundModel
from tests.models.split import Payee, SplitterModel
from tests.models.waterfall import UNCAPPED, TrancheModel
from tests.stateful.deployed import Deployed

DAY = 86_400
YEAR = 365 * DAY
UNLIMITED = (1 << 256) - 1
PURSE = 3_000_000
PAPER = keccak(b"paper")
ASSETS = (1, 2)
# Primes: what does not divide shows where something is rounded.
SIZES = (601_003, 307_009, 101_009)
TERMS = ((0, 511, UNCAPPED, 0), (0, 803, 11_000, 0), (1, 1_201, 15_000, 3_333))  # least, rate, cap, residual
PLAN = ((YEAR, 560_003), (2 * YEAR, 1_120_009))
AFTER = (30 * DAY, 90 * DAY, 180 * DAY)
MINIMUM, TARGET, AUCTION_BPS = 400_000, 1_000_003, 4_000
FUNDING_TIME = 60 * DAY


class RoundWorld(Deployed):
    """Steps happen on both sides, or are refused on both by the same error."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        accounts = self.accounts
        self.guardian, self.provider, self.stranger = accounts[2], accounts[3], accounts[4]
        self.holders, self.bidders = accounts[5:9], [accounts[9], accounts[5]]
        self.people = [self.provider, self.stranger, *accounts[5:10]]
        self.money = self.contracts["CoFinancing"]
        self.auctions = self.contracts["TitleAuction"]
        self.splits = SplitterModel(self.books, self.contracts["FeeSplitter"].address)
        self._build()
        self.model = self._open()
        self.keep(self.model)

    def reset(self) -> None:
        """Back to the moment after opening, chain and books."""
        self._restore(*self.go_back())

    def _restore(self, model: RoundModel) -> None:
        self.model, self.books, self.splits = model, model.books, model.splits

    # Building

    def _build(self) -> None:
        for person in self.people:
            self.do(person, "MicroEuro", "mint", person, 10 * PURSE)
            self.do(person, "MicroEuro", "approve", self.ledger.address, UNLIMITED)
            self.deposit(person, person, PURSE)
            for spender in (self.money.address, self.auctions.address):
                self.do(person, "PrepaidAccounts", "approve", spender, int(self.currency, 16), UNLIMITED)
                self.books.approve(person, spender, self.currency, UNLIMITED)
        for asset in ASSETS:
            model = b"drill".ljust(32, b"\0")
            self.do(self.provider, "AssetRegistry", "register", model, keccak(b"%d" % asset), self.provider)

    def _open(self) -> RoundModel:
        deadline = self.chain.now + FUNDING_TIME
        terms = (
            self.currency, True, MINIMUM, TARGET, 1, deadline, *AFTER, 70, 0, 0, 10_000, 0, 0, AUCTION_BPS, PAPER,
        )  # fmt: skip
        tranches = [TrancheModel(size, *more) for size, more in zip(SIZES, TERMS, strict=True)]
        told = [
            (one.size, one.least, one.rate_bps, 0 if one.cap_bps == UNCAPPED else one.cap_bps, one.residual_bps)
            for one in tranches
        ]
        assets = (list(ASSETS), [0, 0], [(self.provider, 30)])
        self.do(self.provider, "RoundBook", "open", terms, told, list(PLAN), assets)
        collateral = self.contracts["RoundCollateral"].address
        model = RoundModel(
            self.books, self.splits, self.money.address, self.auctions.address, number=1, split=1,
            provider=self.provider, currency=self.currency, tranches=tranches, plan=PLAN, minimum=MINIMUM,
            target=TARGET, deadline=deadline, after=AFTER, auction_bps=AUCTION_BPS, assets=ASSETS,
        )  # fmt: skip
        self.splits.create(collateral, [Payee(model.account, 70), Payee(self.provider, 30)], [self.currency])
        for asset in ASSETS:
            self.do(self.provider, "AssetRegistry", "placeLien", asset, collateral)
            self.do(self.provider, "AssetRegistry", "repoint", asset, 1)
        return model

    # Steps on both sides

    def step(self, sender: str, contract: str, function: str, act: Callable[[int], Any], *arguments: Any) -> bool:
        """`act` takes the step in the model at the block's time; True where both took it."""
        before = deepcopy(self.model)
        try:
            act(self.chain.now + 1)
        except Refused as refused:
            self._restore(before)
            self.refuse(sender, contract, function, arguments, refused.name)
            return False
        self.do(sender, contract, function, *arguments)
        return True

    def earn(self, amount: int) -> None:
        """Fees, to the split."""
        self.deposit(self.stranger, self.splits.account_of(1), amount)

    def gift(self, amount: int) -> None:
        self.do(self.stranger, "PrepaidAccounts", "transfer", self.model.account, int(self.currency, 16), amount)
        self.books.transfer(self.stranger, self.model.account, self.currency, amount)


def check(world: RoundWorld) -> None:
    """I-1, I-2, I-8, I-9, exactly: every balance, tranche, position and claim against the model, in one round trip."""
    model, money, token = world.model, world.money, int(world.currency, 16)
    owners = [*world.people, model.account, world.splits.account_of(1)]
    calls: list[tuple[Any, str, tuple[Any, ...]]] = [(world.ledger, "balanceOf", (owner, token)) for owner in owners]
    calls += [(world.ledger, "totalSupply", (token,)), (money, "roundInfo", (1,)), (money, "owedOf", (1,))]
    tranches = range(len(model.tranches))
    calls += [(money, "trancheInfo", (1, tranche)) for tranche in tranches]
    pairs = [(tranche, holder) for tranche in tranches for holder in world.holders]
    calls += [(money, "balanceOf", (holder, 1 << 8 | tranche)) for tranche, holder in pairs]
    calls += [(money, "claimable", (1, tranche, holder)) for tranche, holder in pairs]
    ballots = world.contracts["RoundBallots"]
    calls += [(ballots, "lockedOf", (1 << 8 | tranche, holder)) for tranche, holder in pairs]
    calls += [(world.contracts["AssetRegistry"], "ownerOf", (asset,)) for asset in ASSETS]
    answers = iter(world.chain.read(calls))
    for owner in owners:
        assert next(answers) == world.books.balance(owner, world.currency), f"I-2: {owner}"
    assert next(answers) == world.books.total(world.currency), "I-1"
    received, raised, started_at, state, *_ = next(answers)
    assert (received, raised, started_at, state) == (model.received, model.raised, model.started_at, model.state)
    owed = next(answers)
    # The chain answers views at the last block's time.
    running = model.started_at and model.state in (2, 3, 4, 5)
    assert owed == (deepcopy(model).owed(world.chain.now) if running else 0), "owed"
    for tranche in model.tranches:
        outstanding, _, _, _, index, _, unclaimed, invested, written_down, *_ = next(answers)
        assert invested == tranche.invested
        assert (outstanding, written_down) == (tranche.outstanding, tranche.written_down), "I-9"
        assert (index, unclaimed) == (tranche.index, tranche.paid - tranche.claimed), "I-8"
    for tranche, holder in pairs:
        assert next(answers) == model.tranches[tranche].at(holder).balance
    for tranche, holder in pairs:
        assert next(answers) == model.tranches[tranche].claimable(holder), "I-8"
    for tranche, holder in pairs:
        assert next(answers) == model.locked(tranche, holder, world.chain.now)
    for asset in ASSETS:
        assert to_checksum_address(next(answers)) == model.owner_of[asset], "I-11"
    model.check()
    world.books.check()
