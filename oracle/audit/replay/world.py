"""What the modules of a replay share: the books, the running call, the expected logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from oracle.audit import abi
from oracle.audit.abi import Value
from oracle.audit.findings import Findings
from oracle.audit.keccak import keccak
from oracle.audit.signatures import domain, recover_65, struct_hash

if TYPE_CHECKING:
    from oracle.audit.onlooker import Onlooker
    from oracle.audit.replay.accounts import Accounts
    from oracle.audit.replay.assets import Assets
    from oracle.audit.replay.auctions import TitleAuction
    from oracle.audit.replay.authority import Authority
    from oracle.audit.replay.ballots import RoundBallots
    from oracle.audit.replay.buybacks import Buybacks
    from oracle.audit.replay.collateral import RoundCollateral
    from oracle.audit.replay.components import Components
    from oracle.audit.replay.end_of_life import EndOfLife
    from oracle.audit.replay.market import Market
    from oracle.audit.replay.meters import Meters
    from oracle.audit.replay.offers import Credits, Offers
    from oracle.audit.replay.pools import SparePools
    from oracle.audit.replay.reservations import Reservations
    from oracle.audit.replay.round_terms import RoundBook
    from oracle.audit.replay.rounds import CoFinancing
    from oracle.audit.replay.services import HandOvers, TermsBook
    from oracle.audit.replay.settlement import Agreements
    from oracle.audit.replay.spare_loans import SpareLoans
    from oracle.audit.replay.spare_stock import SpareStock
    from oracle.audit.replay.splits import Splits
    from oracle.audit.replay.tariffs import Tariffs
    from oracle.audit.replay.titles import TitleSales
    from oracle.audit.replay.uptimes import Uptimes

ZERO: Final = bytes(20)
Path = tuple[str | int | bytes, ...]
"""A variable of a contract: name, then keys, indexes and member names as they follow."""
Handler = Callable[..., None]
PAUSE: Final = 14 * 86_400
AskContract = Callable[[bytes, bytes, bytes, int], bool | None]
"""(signer, digest, signature, block) → answer of an ERC-1271 contract, None where the node cannot say."""


class Refused(Exception):
    """By the published rules the contract must revert here. `offset` counts bytes of the call's data, where known."""

    def __init__(self, reason: str, offset: int | None = None) -> None:
        self.offset = offset
        super().__init__(reason)


class NotModelled(Exception):
    """A function that this auditor cannot run again."""


class Expected(NamedTuple):
    """A log that the chain must have emitted; `record` is the record of the batch that caused it."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    record: int | None


@dataclass(slots=True)
class Call:
    """One call from outside; inner calls share its logs under another sender."""

    sender: bytes
    now: int
    block: int
    transaction: str
    logs: list[Expected] = field(default_factory=list)
    record: int | None = None

    def by(self, sender: bytes) -> Call:
        return Call(sender, self.now, self.block, self.transaction, self.logs, self.record)


@dataclass(slots=True)
class World:
    """One platform at one moment of the replay."""

    chain_id: int
    addresses: Mapping[str, bytes]
    findings: Findings
    ask_contract: AskContract
    onlookers: Sequence[Onlooker] = ()
    now: int = 0
    """Of the block whose calls are running."""
    modules: dict[bytes, Module] = field(default_factory=dict)
    accounts: Accounts = field(init=False)
    agreements: Agreements = field(init=False)
    assets: Assets = field(init=False)
    auctions: TitleAuction = field(init=False)
    authority: Authority = field(init=False)
    ballots: RoundBallots = field(init=False)
    buybacks: Buybacks = field(init=False)
    collateral: RoundCollateral = field(init=False)
    components: Components = field(init=False)
    credits: Credits = field(init=False)
    end_of_life: EndOfLife = field(init=False)
    hand_overs: HandOvers = field(init=False)
    market: Market = field(init=False)
    meters: Meters = field(init=False)
    offers: Offers = field(init=False)
    pools: SparePools = field(init=False)
    reservations: Reservations = field(init=False)
    round_book: RoundBook = field(init=False)
    rounds: CoFinancing = field(init=False)
    sales: TitleSales = field(init=False)
    service_terms: TermsBook = field(init=False)
    spare_loans: SpareLoans = field(init=False)
    spare_stock: SpareStock = field(init=False)
    splits: Splits = field(init=False)
    tariffs: Tariffs = field(init=False)
    uptimes: Uptimes = field(init=False)


class Module:
    """One contract of the platform."""

    CONTRACT: str

    def __init__(self, world: World, address: bytes) -> None:
        self.world = world
        self.address = address
        self.abi = abi.load(self.CONTRACT)
        self.domain = domain(world.chain_id, address)
        self.used_nonces: set[tuple[bytes, int]] = set()
        self.paused_until = 0
        self.authority = ZERO
        self.created = False
        self._handlers: dict[str, Handler] = {**self.handlers()}
        world.modules[address] = self

    def handlers(self) -> dict[str, Handler]:
        """Handler of each function that changes state, by the function's name."""
        raise NotImplementedError

    def construct(self, call: Call, arguments: tuple[Value, ...]) -> None:
        """What the constructor does; `arguments` come from the creation's calldata."""

    def storage(self) -> Iterator[tuple[Path, Value]]:
        """Every variable that may differ from zero, with the value that the chain must hold."""
        raise NotImplementedError

    def run(self, call: Call, data: bytes) -> None:
        """Runs one call.

        Raises:
            Refused: the contract must have reverted.
            NotModelled: the auditor does not know the function.
        """
        self.world.now = call.now
        function = self.abi.functions.get(data[:4])
        handler = self._handlers.get(function.name) if function else None
        if function is None or handler is None:
            raise NotModelled(f"{self.CONTRACT}.{function.name if function else '0x' + data[:4].hex()}")
        try:
            arguments = function.decode(data)
        except abi.AbiError as error:
            raise Refused(f"{function.name}: {error}", 4 + error.offset) from error
        handler(call, *arguments)

    def emit(self, call: Call, event: str, *values: Value) -> None:
        topics, data = self.abi.event_names[event].encode(values)
        call.logs.append(Expected(self.address, topics, data, call.record))

    # Signed forms

    def cancel_nonce(self, call: Call, nonce: int) -> None:
        self.refuse_unless((call.sender, nonce) not in self.used_nonces, "the nonce is used")
        self.used_nonces.add((call.sender, nonce))
        self.emit(call, "NonceCancelled", call.sender, nonce)

    def consume_form(self, call: Call, signer: bytes, form: str, values: tuple[Value, ...], signature: bytes) -> None:
        """Spends the form's nonce and checks its signature; nonce and deadline are the last of every such form
        but `Withdraw`, which ends the same way."""
        nonce, deadline = values[-2], values[-1]
        self.refuse_unless(call.now <= deadline, "the form has expired")
        self.refuse_unless((signer, nonce) not in self.used_nonces, "the form's nonce is used")
        self.used_nonces.add((signer, nonce))
        self.emit(call, "NonceUsed", signer, nonce)
        self.check_signature(call, signer, form, values, signature)

    def check_signature(
        self, call: Call, signer: bytes, form: str, values: tuple[Value, ...], signature: bytes
    ) -> None:
        self.refuse_unless(
            self.is_signed(call, signer, form, values, signature), f"the {form.split('(')[0]} is not signed"
        )

    def is_signed(self, call: Call, signer: bytes, form: str, values: tuple[Value, ...], signature: bytes) -> bool:
        """A plain account's signature, or what the signer answers where it is a contract (ERC-1271)."""
        digest = self.domain.digest(struct_hash(form, values))
        if recover_65(digest, signature) == signer and signer != ZERO:
            self.world.findings.count("signatures of forms checked")
            return True
        answer = self.world.ask_contract(signer, digest, signature, call.block)
        if answer is None:
            raise NotModelled("an ERC-1271 signature, because the node does not answer for that block")
        if answer:
            self.world.findings.count("signatures asked of contracts (ERC-1271)")
        return answer

    def nonce_storage(self) -> Iterator[tuple[Path, Value]]:
        words: dict[tuple[bytes, int], int] = {}
        for signer, nonce in self.used_nonces:
            key = (signer, nonce >> 8)
            words[key] = words.get(key, 0) | 1 << (nonce & 0xFF)
        for (signer, bucket), bits in words.items():
            yield ("_usedNonces", signer, "_data", bucket), bits

    # Governance

    def managed_storage(self) -> Iterator[tuple[Path, Value]]:
        yield ("_authority",), self.authority

    def set_authority(self, call: Call, authority: bytes) -> None:
        self.refuse_unless(call.sender == self.authority, "only the authority hands over")
        self.begin_managed(call, authority)

    def begin_managed(self, call: Call, authority: bytes) -> None:
        self.authority = authority
        self.emit(call, "AuthorityUpdated", authority)

    def require_role(self, call: Call, function: str) -> None:
        if self.authority != self.world.authority.address:
            self.world.findings.count("calls left to an authority outside the platform")
            return
        selector = self.abi.by_name[function].selector
        allowed = self.world.authority.can_call(call, self.address, selector)
        self.refuse_unless(allowed, f"the caller's role does not reach {function}")

    @property
    def paused(self) -> bool:
        """A pause ends by itself."""
        return self.world.now < self.paused_until

    def pause_storage(self) -> Iterator[tuple[Path, Value]]:
        yield ("_pausedUntil",), self.paused_until

    def pause(self, call: Call) -> None:
        self.require_role(call, "pause")
        self.refuse_unless(not self.paused, "already paused")
        self.paused_until = call.now + PAUSE
        self.emit(call, "Paused", call.sender)

    def unpause(self, call: Call) -> None:
        self.require_role(call, "unpause")
        self.refuse_unless(self.paused, "not paused")
        self.paused_until = 0
        self.emit(call, "Unpaused", call.sender)

    def require_running(self) -> None:
        self.refuse_unless(not self.paused, "paused")

    @staticmethod
    def refuse_unless(condition: bool, reason: str) -> None:
        if not condition:
            raise Refused(reason)


def subaccount(module: bytes, key: bytes) -> bytes:
    return keccak(bytes(12) + module + key)[12:]


def struct_storage(path: Path, members: Mapping[str, Any]) -> Iterator[tuple[Path, Value]]:
    for name, value in members.items():
        yield (*path, name), value
