"""Guarantees on a chain beside their Python truth: one machine that is bought back, one whose down time is paid for."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from eth_abi import encode

from oracle.domain.bindings import MeterBinding
from oracle.domain.forms import digest
from oracle.domain.hashing import address_bytes, keccak
from oracle.domain.signatures import Curve, SigningKey
from oracle.domain.statuses import Status
from oracle.types import ZERO_BYTES32
from tests.models.accounts import Refused
from tests.models.guarantees import Buyback, BuybackModel, UptimeModel, UptimeTerms
from tests.stateful.deployed import Deployed

EUR = 1_000_000
DAY = 86_400
HOUR = 3_600
UNLIMITED = (1 << 256) - 1
FAR_FUTURE = (1 << 40) - 1
RATE = 10_000
FLOORED, WATCHED = 1, 2
BOND = 2 * EUR
STATUS = "(uint64,uint32,uint40,uint8,uint16,uint48)"
BUYBACKS, UPTIMES = "BuybackGuarantees", "AvailabilityGuarantees"


class GuaranteeWorld(Deployed):
    """Steps happen on both sides, or are refused on both by the same error."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        accounts = self.accounts
        self.guardian = accounts[2]
        self.provider, self.buyer, self.stranger = accounts[3], accounts[4], accounts[5]
        self.guarantors, self.customers = accounts[6:8], accounts[10:12]
        self.people = [self.provider, self.buyer, self.stranger, *self.guarantors, *self.customers]
        self._people()
        since = self._machine(FLOORED)
        self.do(self.provider, "MeterRegistry", "declareOdometerRate", FLOORED, RATE)
        module = self.contracts[BUYBACKS].address
        self.buybacks = BuybackModel(self.books, module, self.currency, self.provider, RATE, since)
        self._machine(WATCHED)
        self.uptimes = self._uptime()
        self.keep(self.books, self.buybacks, self.uptimes)

    def reset(self) -> None:
        self.books, self.buybacks, self.uptimes = self.go_back()

    def key(self, asset: int) -> SigningKey:
        return SigningKey(keccak(b"meter of asset %d" % asset))

    def status(self, asset: int, time: int, state: int = 0, fault: int = 0, odometer: int = 0) -> tuple[Any, bytes]:
        form = Status(asset, 1, time, state, fault, odometer)
        return tuple(form.values()), self.key(asset).sign(digest(self.domains.of(form), form))

    def signed(self, odometer: int | None) -> bytes:
        """What `exercise` takes; the status is as old as the last block."""
        if odometer is None:
            return b""
        return encode([STATUS, "bytes"], list(self.status(FLOORED, self.chain.now, odometer=odometer)))

    def step(self, sender: str, contract: str, function: str, act: Callable[[int], Any], *arguments: Any) -> bool:
        """`act` takes the step in the models at the block's time; True where both took it."""
        before = deepcopy((self.books, self.buybacks, self.uptimes))
        try:
            act(self.chain.now + 1)
        except Refused as refused:
            self.books, self.buybacks, self.uptimes = before
            self.refuse(sender, contract, function, arguments, refused.name)
            return False
        self.do(sender, contract, function, *arguments)
        return True

    def settled(self, agreement: int) -> int:
        (state,) = self.chain.read([(self.contracts["UsageAgreements"], "stateOf", (agreement,))])
        return int(state) >> 80 & (1 << 80) - 1

    def gift(self, sender: str, account: str, amount: int) -> None:
        if self.books.balance(sender, self.currency) >= amount:
            self.do(sender, "PrepaidAccounts", "transfer", account, int(self.currency, 16), amount)
            self.books.transfer(sender, account, self.currency, amount)

    def sell(self) -> None:
        """The floored machine to whoever of provider and buyer has it not; a guarantor sells what it bought back."""
        owner = self.buybacks.owner
        to = self.buyer if owner == self.provider else self.provider
        self.do(owner, "AssetRegistry", "transferFrom", owner, to, FLOORED)
        self.buybacks.owner = to

    def accrue(self, agreement: int) -> None:
        self.do(self.stranger, "UsageAgreements", "accrue", agreement)

    def _people(self) -> None:
        for person in self.people:
            self.do(person, "MicroEuro", "mint", person, 1_000 * EUR)
            self.do(person, "MicroEuro", "approve", self.ledger.address, UNLIMITED)
            self.do(person, "PrepaidAccounts", "deposit", self.currency, person, 200 * EUR)
            self.books.deposit(self.currency, person, 200 * EUR)
            for name in (BUYBACKS, UPTIMES):
                address = self.contracts[name].address
                self.do(person, "PrepaidAccounts", "approve", address, int(self.currency, 16), UNLIMITED)
                self.books.approve(person, address, self.currency, UNLIMITED)
            self.do(person, "AssetRegistry", "setApprovalForAll", self.contracts[BUYBACKS].address, True)

    def _machine(self, asset: int) -> int:
        """Returns when its meter was bound."""
        maker, key = self.guarantors[0], self.key(asset)
        self.do(maker, "AssetRegistry", "register", b"drill".ljust(32, b"\0"), keccak(b"%d" % asset), self.provider)
        binding = MeterBinding(asset, address_bytes(key.address), int(Curve.SECP256K1), 1, 0, ZERO_BYTES32, 0)
        signature = key.sign(digest(self.domains.of(binding), binding))
        self.do(self.provider, "MeterRegistry", "announceMeter", tuple(binding.values()), 1, signature, b"")
        return self.chain.now

    def _uptime(self) -> UptimeModel:
        """Two customers share the machine at 20 and 40 cents a day; three periods of four heartbeats of three days."""
        provider, paper = self.provider, keccak(b"paper")
        self.do(provider, "FeeSplitter", "create", provider, [(self.stranger, 1)], [self.currency])
        self.do(provider, "AssetRegistry", "repoint", WATCHED, 1)
        self.do(provider, "AssetRegistry", "setPassport", WATCHED, paper, "")
        self.do(self.guarantors[0], "EndOfLife", "promiseTakeBack", WATCHED, FAR_FUTURE, paper)
        opened = {}
        for number, customer in enumerate(self.customers, 1):
            tariff = (
                self.currency, number * EUR // 5, 0, 0, 0, DAY, 0, 0, 0, HOUR, 60, 2 * EUR, 40 * EUR, EUR, False, 1,
                0, 0, 0, paper,
            )  # fmt: skip
            self.do(provider, "TariffBook", "publish", tariff)
            self.do(provider, "OfferBook", "offer", WATCHED, number, False, FAR_FUTURE)
            agreements, hold = self.contracts["UsageAgreements"].address, 20 * EUR
            self.do(customer, "PrepaidAccounts", "approve", agreements, int(self.currency, 16), hold)
            self.do(customer, "UsageAgreements", "open", WATCHED, number, False, hold, hold, 0)
            holds = self.ledger.functions.subaccount(agreements, b"holds".ljust(32, b"\0")).call()
            self.books.transfer(customer, holds, self.currency, hold)
            opened[number] = self.chain.now
        terms = UptimeTerms(self.chain.now + 300, 3 * DAY, 4, 3, 5 * DAY, 9_000, 150, 8_000, 1, 900)
        guarantor = self.guarantors[0]
        module = self.contracts[UPTIMES].address
        made = UptimeModel(self.books, module, self.currency, guarantor, terms)
        made.opened, made.customers = opened, dict(enumerate(self.customers, 1))
        made.bond = BOND
        content = (
            WATCHED, self.currency, terms.begin, terms.heartbeat, terms.slots, terms.periods, terms.grace,
            terms.promised, terms.credit, terms.most, terms.maintenance, terms.customers_from, paper,
        )  # fmt: skip
        self.do(guarantor, UPTIMES, "give", content, BOND)
        made.fund(guarantor, BOND)
        return made

    def terms(self, made: Buyback) -> tuple[Any, ...]:
        return (
            FLOORED, self.currency, made.begin, *made.window, made.cover_bps, 0, made.per_year, made.per_million, 0, 0,
            bytes(32),
        )  # fmt: skip


def check(world: GuaranteeWorld) -> None:
    """Every account, exactly: nothing was made, lost, or left a pot for anybody but holder, customer and guarantor."""
    token, uptimes, buybacks = int(world.currency, 16), world.uptimes, world.buybacks
    pots = [buybacks.account(number + 1) for number in range(len(buybacks.given))]
    owners = [*world.people, uptimes.account, *pots]
    calls: list[tuple[Any, str, tuple[Any, ...]]] = [(world.ledger, "balanceOf", (owner, token)) for owner in owners]
    contract = world.contracts[BUYBACKS]
    calls += [(contract, "owesIn", (guarantor,)) for guarantor in world.guarantors]
    calls += [(contract, "buybackOf", (number + 1,)) for number in range(len(pots))]
    calls += [(world.contracts[UPTIMES], "freeBondOf", (1,)), (world.ledger, "totalSupply", (token,))]
    answers = iter(world.chain.read(calls))
    for owner in owners:
        assert next(answers) == world.books.balance(owner, world.currency), f"I-10: {owner}"
    for guarantor in world.guarantors:
        assert next(answers) == buybacks.owes[guarantor]
    for made in buybacks.given:
        _, _, stage, open_until, _, _, owed, *_ = next(answers)
        assert (stage, open_until, owed) == (made.stage, made.open_until, made.owed)
    assert next(answers) == uptimes.free >= 0, "I-18"
    assert next(answers) == world.books.total(world.currency), "I-1"
