"""A platform where members decide, with one who has all votes: its timelock is played by the test."""

from __future__ import annotations

from typing import Any

from oracle.domain.batching import Group, Record, encode_batch
from oracle.domain.bindings import MeterBinding
from oracle.domain.forms import digest
from oracle.domain.hashing import address_bytes, keccak
from oracle.domain.readings import Flag, Reading
from oracle.domain.signatures import Curve, SigningKey, to_compact
from oracle.parties.governing import PAUSABLE
from oracle.types import ZERO_BYTES32
from tests.stateful.deployed import Deployed

EUR = 1_000_000
DAY = 86_400
PAUSE, REST, YEAR = 14 * DAY, 30 * DAY, 365 * DAY
FAR_FUTURE = (1 << 40) - 1
PAPER = keccak(b"paper")
SHARES = (70, 10, 20)
KEY = SigningKey(keccak(b"a meter"))


class GovernanceWorld(Deployed):
    """One machine of a member, two customers with an agreement each, fees that the community has a fifth of."""

    def __init__(self, port: int) -> None:
        super().__init__(port, "consortium")
        accounts = self.accounts
        self.guardians, self.founders = [accounts[1], accounts[2]], accounts[3:8]
        self.maker, self.provider = accounts[3], accounts[4]
        self.customers, self.stranger = accounts[9:11], accounts[11]
        self.timelock = self.contracts["Timelock"].address
        self.community = self.contracts["CommunityAccount"].address
        self.token = int(self.currency, 16)
        ledger = self.contracts["PrepaidAccounts"].functions
        self.holds = ledger.subaccount(self.contracts["UsageAgreements"].address, b"holds".ljust(32, b"\0")).call()
        self.chain.ask("anvil_impersonateAccount", self.timelock)
        self.chain.ask("anvil_setBalance", self.timelock, hex(10**20))
        self._build()
        self.split = self.contracts["FeeSplitter"].functions.accountOf(1).call()
        self.keep()
        self.reset()

    def reset(self) -> None:
        self.go_back()
        self.used, self.sequence = [0, 0], [0, 0]
        self.pauses: list[int] = []

    def attempt(self, sender: str, contract: str, function: str, *arguments: Any) -> str | None:
        """The typed error, where it is refused; then nothing is sent."""
        book = self.contracts[contract]
        self.tick()
        if refusal := self.chain.refusal(sender, book, book.encode_abi(function, args=list(arguments))):
            return refusal
        self.chain.transact(sender, book, function, *arguments)
        return None

    def tick(self) -> None:
        """A block, so that calls see the time."""
        self.chain.now += 1
        self.chain.ask("evm_mine", self.chain.now)

    def read(self, contract: str, function: str, *arguments: Any) -> Any:
        return self.chain.read([(self.contracts[contract], function, arguments)])[0]

    # Money and use

    def everybody(self) -> list[str]:
        return [*self.founders, *self.customers, self.stranger, self.community, self.holds, self.split]

    def balances(self) -> dict[str, int]:
        ledger = self.contracts["PrepaidAccounts"]
        people = self.everybody()
        found = self.chain.read([(ledger, "balanceOf", (one, self.token)) for one in people])
        return dict(zip(people, found, strict=True))

    def deposit(self, who: str, amount: int) -> str | None:
        return self.attempt(who, "PrepaidAccounts", "deposit", self.currency, who, amount)

    def withdraw(self, who: str, amount: int) -> str | None:
        return self.attempt(who, "PrepaidAccounts", "withdraw", self.currency, amount, who)

    def use(self, which: int, amount: int) -> None:
        """A reading that nobody can refuse to settle, whatever was decided."""
        self.used[which] += amount
        self.sequence[which] += 1
        reading = Reading(
            which + 1, 1, self.sequence[which], self.chain.now, (self.used[which], 0, 0, 0), sum(self.used), Flag(0),
            ZERO_BYTES32,
        )  # fmt: skip
        signature = to_compact(KEY.sign(digest(self.domains.of(reading), reading)))
        batch = encode_batch([Group(Curve.SECP256K1, 1, (Record(reading, signature),))])
        assert self.attempt(self.stranger, "UsageAgreements", "settle", batch) is None

    # Pauses: a model of the guardian's rule

    @property
    def is_paused(self) -> bool:
        return bool(self.pauses) and self.chain.now + 1 < self.pauses[-1] + PAUSE

    @property
    def pausable_from(self) -> int:
        earliest = self.pauses[-1] + PAUSE + REST if self.pauses else 0
        return max(earliest, self.pauses[-2] + YEAR if len(self.pauses) > 1 else 0)

    def pause(self) -> str | None:
        targets = [self.contracts[name].address for name in PAUSABLE]
        refusal = None
        for guardian in self.guardians:
            refusal = refusal or self.attempt(guardian, "Guardian", "pause", targets)
        if refusal is None:
            self.pauses.append(self.chain.now)
        return refusal

    # Building

    def _build(self) -> None:
        ledger, agreements = self.contracts["PrepaidAccounts"].address, self.contracts["UsageAgreements"].address
        for person in (*self.customers, *self.founders):
            self._must(person, "MicroEuro", "mint", person, 10_000 * EUR)
            self._must(person, "MicroEuro", "approve", ledger, (1 << 256) - 1)
        self._must(self.maker, "AssetRegistry", "register", b"drill".ljust(32, b"\0"), PAPER, self.provider)
        binding = MeterBinding(1, address_bytes(KEY.address), int(Curve.SECP256K1), 1, 0, ZERO_BYTES32, 0)
        signature = KEY.sign(digest(self.domains.of(binding), binding))
        self._must(self.provider, "MeterRegistry", "announceMeter", tuple(binding.values()), 1, signature, b"")
        payees = list(zip((self.provider, self.maker, self.community), SHARES, strict=True))
        self._must(self.provider, "FeeSplitter", "create", self.provider, payees, [self.currency])
        self._must(self.provider, "AssetRegistry", "repoint", 1, 1)
        self._must(self.provider, "AssetRegistry", "setPassport", 1, PAPER, "")
        self._must(self.maker, "EndOfLife", "promiseTakeBack", 1, FAR_FUTURE, PAPER)
        tariff = (
            self.currency, 0, 0, EUR, 0, DAY, 0, 0, 0, 3_600, 60, 10 * EUR, 50 * EUR, 1_000 * EUR, False, 1, 0, 0, 0,
            PAPER,
        )  # fmt: skip
        self._must(self.provider, "TariffBook", "publish", tariff)
        self._must(self.provider, "OfferBook", "offer", 1, 1, False, FAR_FUTURE)
        for customer in self.customers:
            assert self.deposit(customer, 200 * EUR) is None
            self._must(customer, "PrepaidAccounts", "approve", agreements, self.token, 150 * EUR)
            self._must(customer, "UsageAgreements", "open", 1, 1, False, 100 * EUR, 150 * EUR, 30 * DAY)
        self._must(self.founders[0], "Membership", "openHearing", self.founders[4], PAPER, "")

    def _must(self, sender: str, contract: str, function: str, *arguments: Any) -> None:
        refusal = self.attempt(sender, contract, function, *arguments)
        assert refusal is None, f"{contract}.{function}: {refusal}"
