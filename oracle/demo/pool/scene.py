"""What every scene stands on: the chain and its time, wallets, motors that sign for themselves, claims."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oracle.chain.client import ChainClient
from oracle.chain.node_errors import typed_errors
from oracle.demo.claims import Claims
from oracle.demo.pool.cast import Role, account, meter_key
from oracle.demo.pool.terms import DAY
from oracle.demo.stack import LocalStack
from oracle.demo.stage import Stage
from oracle.domain.forms import Domains, Signed, digest
from oracle.domain.hand_overs import CoreGrade
from oracle.domain.hashing import keccak
from oracle.domain.statuses import Status, StatusState
from oracle.parties import accounts, spare_loans
from oracle.parties.currencies import Currency
from oracle.parties.wallet import Done, Wallet
from oracle.types import AssetId, BaseUnits, ClaimId, MemberId, PoolId, UnixTime

FORM_DAYS = 1
NO_POOL = PoolId(0)


class Motor:
    """A unit with a meter of its own, which counts hours of running in milliseconds."""

    def __init__(self, asset: AssetId, number: int, domains: Domains) -> None:
        self.asset = asset
        self.key, self._domains = meter_key(number), domains
        self._odometer = self._sequence = 0

    def run(self, seconds: float) -> None:
        self._odometer += int(seconds * 1_000)

    def says(self, state: StatusState, now: UnixTime, fault: int = 0) -> Signed[Status]:
        self._sequence += 1
        form = Status(self.asset, self._sequence, now, int(state), fault, self._odometer)
        return Signed(form, self.key.sign(digest(self._domains.of(form), form)))


class Calendar:
    """The chain's time, skipped to each day on which something happens. `begin`: day 0 of the pool's cover."""

    def __init__(self, client: ChainClient) -> None:
        self._client = client
        self.begin = self.now()

    def now(self) -> UnixTime:
        return self._client.block(self._client.head()).time

    def at(self, day: float) -> UnixTime:
        return UnixTime(self.begin + int(day * DAY))

    def go_to(self, day: float) -> None:
        """Nowhere, where the chain's own blocks have passed that moment."""
        ahead = self.at(day) - self.now()
        if ahead > 0:
            with typed_errors("evm_increaseTime"):
                provider = self._client.web3.provider
                provider.make_request("evm_increaseTime", [ahead])  # type: ignore[arg-type]
                provider.make_request("evm_mine", [])  # type: ignore[arg-type]


@dataclass(slots=True)
class Factory:
    """A member; `motor` is the unit that its membership covers."""

    number: int
    wallet: Wallet
    motor: Motor
    member: MemberId

    @property
    def name(self) -> str:
        return f"factory {self.number + 1}"


@dataclass(slots=True)
class World:
    """`figures`: what the story found, base units as text, for programs."""

    stack: LocalStack
    stage: Stage
    claims: Claims
    currency: Currency
    calendar: Calendar
    folder: Path
    pool: PoolId = NO_POOL
    factories: list[Factory] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    _wallets: dict[int, Wallet] = field(default_factory=dict)

    def wallet(self, index: int) -> Wallet:
        if index not in self._wallets:
            self._wallets[index] = Wallet(self.stack.client, self.stack.platform, account(index))
        return self._wallets[index]

    def say(self, text: str) -> None:
        self.stage.say(text)

    def text(self, amount: int) -> str:
        return self.currency.text(BaseUnits(amount))

    def fund(self, wallet: Wallet, amount: BaseUnits) -> None:
        accounts.mint_play_money(wallet, self.currency, amount)
        accounts.deposit(wallet, self.currency, amount)

    def view(self, claim: ClaimId) -> spare_loans.ClaimView:
        return spare_loans.claim_view(self.stack.client, self.stack.platform, claim)

    def hand_over(self, claim: ClaimId, factory: Factory, asset: AssetId, grade: CoreGrade, condition: str) -> Done:
        """Drafted by the keeper's side, signed by both hands, carried by the keeper."""
        keeper = self.wallet(Role.KEEPER)
        until = UnixTime(self.calendar.now() + FORM_DAYS * DAY)
        words = keccak(condition.encode())
        paper = spare_loans.draft(keeper.client, keeper.platform, self.view(claim), asset, grade, words, until)
        return spare_loans.submit(keeper, spare_loans.sign(factory.wallet, spare_loans.sign(keeper, paper)))


@dataclass(frozen=True, slots=True)
class Told:
    """The whole story, checked."""

    claims: Claims
    figures: Mapping[str, Any]
    audit: Mapping[str, Any]
    currency: Currency
    seconds: float

    @property
    def holds(self) -> bool:
        return not self.claims.failed and bool(self.audit.get("clean"))
