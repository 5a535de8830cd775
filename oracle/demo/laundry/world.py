"""What every scene stands on: a chain whose time is moved forward, wallets, the machine, and what households washed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from web3.contract.contract import ContractFunction

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform, encode
from oracle.demo.bulk import BulkNode
from oracle.demo.claims import Claims
from oracle.demo.laundry.cast import Role
from oracle.demo.laundry.machine import WashingMachine
from oracle.demo.laundry.terms import MONTH, WASH_PRICES
from oracle.demo.stage import Stage
from oracle.domain.batching import encode_batch, group_readings
from oracle.domain.readings import SignedReading
from oracle.domain.rounds import RoundState
from oracle.parties import accounts, round_views
from oracle.parties.currencies import Currency
from oracle.parties.keystore import local_account
from oracle.parties.round_views import RoundView
from oracle.parties.wallet import Wallet
from oracle.types import Address, AgreementId, AssetId, BaseUnits, GuaranteeId, RoundId, TariffId, UnixTime

ENOUGH_GAS = 3_000_000


@dataclass(slots=True)
class World:
    """`port`: of the chain."""

    client: ChainClient
    platform: Platform
    port: int
    stage: Stage
    claims: Claims
    currency: Currency
    seed: int
    _wallets: dict[Role, Wallet] = field(default_factory=dict)
    _line: BulkNode = field(init=False)

    def __post_init__(self) -> None:
        self._line = BulkNode(self.port)

    def close(self) -> None:
        self._line.close()

    def wallet(self, role: Role) -> Wallet:
        if role not in self._wallets:
            self._wallets[role] = Wallet(self.client, self.platform, local_account(role))
        return self._wallets[role]

    def say(self, text: str) -> None:
        self.stage.say(text)

    def text(self, amount: int) -> str:
        """To the cent; what counts to the unit is in the tables and claims."""
        return f"{amount / 10**self.currency.decimals:,.2f} {self.currency.symbol}"

    # Time

    def now(self) -> UnixTime:
        return self.client.block(self.client.head()).time

    @contextmanager
    def afterwards_undone(self) -> Iterator[None]:
        """What happens inside is another future of the same past."""
        before = self._line.ask("evm_snapshot")
        yield
        self._line.ask("evm_revert", before)
        # The line counts nonces, which have been put back too.
        self._line.close()
        self._line = BulkNode(self.port)

    # Money

    def balance(self, role: Role) -> int:
        return accounts.prepaid(self.client, self.platform, role.address, self.currency)

    def mint(self, role: Role, units: int) -> None:
        accounts.mint_play_money(self.wallet(role), self.currency, BaseUnits(units))

    def deposit(self, role: Role, units: int) -> None:
        self.mint(role, units)
        accounts.deposit(self.wallet(role), self.currency, BaseUnits(units))

    def pay(self, payer: Role, receiver: Role, units: int) -> None:
        """Between people, inside the ledger (ERC-6909)."""
        functions = self.platform.accounts.functions
        self.wallet(payer).send(functions.transfer(receiver.address, self.currency.id, units))

    # What anybody may call, and the relayer does

    def run(self, calls: Sequence[ContractFunction], at: UnixTime | None = None) -> None:
        """All in one block, of that time or a second after the last one. Raises Fatal where one of them fails."""
        self._line.ask("evm_setAutomine", False)
        for call in calls:
            self._line.queue(Role.RELAYER.address, Address(call.address), encode(call), ENOUGH_GAS)
        self._line.mine(UnixTime(self.now() + 1) if at is None else at)
        self._line.ask("evm_setAutomine", True)

    def settling(self, readings: Sequence[tuple[TariffId, SignedReading]]) -> ContractFunction:
        return self.platform.agreements.functions.settle(encode_batch(group_readings(readings)))


@dataclass(frozen=True, slots=True)
class Household:
    """A customer at this machine."""

    role: Role
    agreement: AgreementId


@dataclass(slots=True)
class Life:
    """What the scenes pass on: the same beginning, then each ending its own. `states`: month by month, since the start
    of the round; `washed`: by household and programme, as the story meant it."""

    machine: WashingMachine
    asset: AssetId
    guarantee: GuaranteeId
    tariff: TariffId
    round: RoundId
    started: UnixTime
    households: list[Household] = field(default_factory=list)
    states: list[RoundState] = field(default_factory=list)
    washed: dict[Role, Counter[int]] = field(default_factory=dict)

    def twin(self) -> "Life":
        """Goes on from here without touching this one."""
        return replace(
            self,
            machine=self.machine.twin(),
            households=list(self.households),
            states=list(self.states),
            washed={role: Counter(washes) for role, washes in self.washed.items()},
        )

    @property
    def month(self) -> int:
        """The last one that has ended."""
        return len(self.states)

    def end_of(self, month: int) -> UnixTime:
        return UnixTime(self.started + month * MONTH)

    def bill(self, role: Role) -> int:
        return sum(WASH_PRICES[programme] * count for programme, count in self.washed[role].items())

    def view(self, world: World) -> RoundView:
        return round_views.round_view(world.client, world.platform, self.round)


Use = Mapping[Role, float]
"""How much a household washes in a month, 1: as usual."""
