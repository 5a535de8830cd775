"""Runs every transaction of a block again and holds the logs it must have emitted against those the chain has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from difflib import SequenceMatcher
from typing import Final

from oracle.audit import abi
from oracle.audit.blocks import Block, Log, Receipt, Transaction
from oracle.audit.calldata import Entry, NoTrace, traced_entries
from oracle.audit.findings import Findings, Place
from oracle.audit.replay.accounts import Accounts
from oracle.audit.replay.assets import Assets
from oracle.audit.replay.auctions import TitleAuction
from oracle.audit.replay.authority import Authority
from oracle.audit.replay.ballots import RoundBallots
from oracle.audit.replay.buybacks import Buybacks
from oracle.audit.replay.collateral import RoundCollateral
from oracle.audit.replay.community import Community
from oracle.audit.replay.components import Components
from oracle.audit.replay.deciding import Decisions, Guardian, Timelock
from oracle.audit.replay.end_of_life import CircularEligibility, EndOfLife
from oracle.audit.replay.governance import Directory, Eligibility
from oracle.audit.replay.governor import Governor
from oracle.audit.replay.market import Market
from oracle.audit.replay.member_policies import MemberProviders, MemberWorkers
from oracle.audit.replay.members import Membership
from oracle.audit.replay.meters import Meters
from oracle.audit.replay.offers import Credits, Offers
from oracle.audit.replay.pools import SparePools
from oracle.audit.replay.reservations import Reservations
from oracle.audit.replay.round_terms import RoundBook
from oracle.audit.replay.rounds import CoFinancing, RoundViews
from oracle.audit.replay.services import HandOvers, TermsBook, Workers
from oracle.audit.replay.settlement import Agreements
from oracle.audit.replay.spare_loans import SpareLoans
from oracle.audit.replay.spare_stock import SpareStock
from oracle.audit.replay.splits import Splits
from oracle.audit.replay.tariffs import Tariffs
from oracle.audit.replay.titles import TitleSales
from oracle.audit.replay.uptimes import Uptimes
from oracle.audit.replay.world import AskContract, Call, Expected, Module, NotModelled, Refused, World
from oracle.audit.rpc import Node

MODULES: Final[Mapping[str, type[Module]]] = {
    kind.CONTRACT: kind
    for kind in (
        Accounts, Agreements, Assets, Authority, Credits, Directory, Eligibility, Meters, Offers, Splits, Tariffs,
        HandOvers, Market, TermsBook, Workers,
        Components, EndOfLife, CircularEligibility, Reservations,
        TitleSales, Buybacks, Uptimes,
        RoundBook, CoFinancing, RoundCollateral, RoundBallots, TitleAuction, RoundViews,
        SparePools, SpareLoans, SpareStock,
    )
}  # fmt: skip

WHERE_MEMBERS_DECIDE: Final[Mapping[str, type[Module]]] = {
    kind.CONTRACT: kind
    for kind in (
        Membership, Community, MemberProviders, MemberWorkers, Decisions, Timelock, Guardian, Governor,
    )
}  # fmt: skip
"""Not every platform has them."""

Told = tuple[bytes, tuple[bytes, ...], bytes]
"""A log as address, topics and data."""


class Engine:
    """One replay of one platform.

    Args:
        addresses: contract name → address, the Directory and the authority included.
    """

    def __init__(
        self, node: Node, chain_id: int, addresses: Mapping[str, bytes], findings: Findings, ask: AskContract
    ) -> None:
        self._node = node
        self._findings = findings
        self.world = world = World(chain_id, addresses, findings, ask)
        kinds = {**MODULES, **WHERE_MEMBERS_DECIDE}
        made = {name: kinds[name](world, address) for name, address in addresses.items() if name in kinds}
        for slot, kind in (
            ("accounts", Accounts), ("agreements", Agreements), ("assets", Assets), ("authority", Authority),
            ("credits", Credits), ("meters", Meters), ("offers", Offers), ("splits", Splits), ("tariffs", Tariffs),
            ("hand_overs", HandOvers), ("market", Market), ("service_terms", TermsBook),
            ("components", Components), ("end_of_life", EndOfLife), ("reservations", Reservations),
            ("sales", TitleSales), ("buybacks", Buybacks), ("uptimes", Uptimes),
            ("round_book", RoundBook), ("rounds", CoFinancing), ("collateral", RoundCollateral),
            ("ballots", RoundBallots), ("auctions", TitleAuction),
            ("pools", SparePools), ("spare_loans", SpareLoans), ("spare_stock", SpareStock),
        ):  # fmt: skip
            setattr(world, slot, made[kind.CONTRACT])
        self.directory = made[Directory.CONTRACT]
        self._names = {address: name for name, address in addresses.items()}

    def run(self, block: Block) -> None:
        first_log = 0
        for transaction, receipt in zip(block.transactions, block.receipts, strict=False):
            if receipt.succeeded:
                self._run(block, transaction, receipt, first_log)
            first_log += len(receipt.logs)

    def _run(self, block: Block, transaction: Transaction, receipt: Receipt, first_log: int) -> None:
        told = [log for log in receipt.logs if log.address in self.world.modules]
        if transaction.to not in self.world.modules and not told and transaction.created not in self.world.modules:
            return
        self._findings.count("transactions replayed")
        call = Call(transaction.sender, block.header.timestamp, block.header.number, transaction.name)
        place = Place(block=call.block, transaction=call.transaction)
        try:
            self._execute(call, transaction)
            if transaction.to in self.world.modules and 0 < len(call.logs) < len(told):
                self._follow_hooks(call, transaction)
        except Refused as error:
            where = Place(block=call.block, transaction=call.transaction, record=call.record, offset=error.offset)
            self._findings.add("replay", where, f"the contract must have refused this: {error}")
        except abi.AbiError as error:
            self._findings.add("replay", place, f"the contract must have refused this amount: {error}")
        except NotModelled as error:
            self._findings.unchecked("replay", place, f"not checked: {error}")
            return
        except NoTrace as error:
            self._findings.unchecked("calls through other contracts", place, f"not checked: {error}")
            return
        self._compare(call, told, receipt.logs, first_log)

    def _execute(self, call: Call, transaction: Transaction) -> None:
        created = self.world.modules.get(transaction.created or b"")
        if created is not None:
            self._create(call, created, transaction)
        elif transaction.to in self.world.modules:
            self._enter(call, Entry(transaction.sender, transaction.to, transaction.input))
        else:
            for entry in traced_entries(self._node, transaction.name, self.world.modules.keys()):
                self._findings.count("calls through other contracts traced")
                self._enter(call, entry)

    def _follow_hooks(self, call: Call, transaction: Transaction) -> None:
        """There are more logs than the call makes: who received a position or a title may have called from its hook.
        Where the node does not trace, the logs stay unexplained."""
        with suppress(NoTrace):
            for entry in traced_entries(self._node, transaction.name, self.world.modules.keys())[1:]:
                self._findings.count("calls out of receivers' hooks traced")
                self._enter(call, entry)

    def _enter(self, call: Call, entry: Entry) -> None:
        inner = Call(entry.sender, call.now, call.block, call.transaction, call.logs)
        try:
            self.world.modules[entry.target].run(inner, entry.data)
        finally:
            call.record = inner.record

    def _create(self, call: Call, module: Module, transaction: Transaction) -> None:
        """The published creation code, then the constructor's arguments."""
        code = module.abi.creation_code
        place = Place(block=call.block, transaction=call.transaction, contract=module.CONTRACT, address=module.address)
        if not transaction.input.startswith(code):
            offset = next(
                (at for at, (a, b) in enumerate(zip(code, transaction.input, strict=False)) if a != b),
                len(transaction.input),
            )
            where = Place(block=call.block, transaction=call.transaction, offset=offset, contract=module.CONTRACT)
            self._findings.add("contract code", where, "not created from the published code")
            return
        try:
            arguments = abi.decode_all(module.abi.constructor, transaction.input[len(code) :])
        except abi.AbiError as error:
            self._findings.add("contract code", place, f"constructor arguments: {error}")
            return
        module.created = True
        module.construct(call, arguments)
        self._check_references(place, module, arguments)
        self._findings.count("contracts created from the published code")

    def _check_references(self, place: Place, module: Module, arguments: tuple[abi.Value, ...]) -> None:
        """Contracts know each other by what their constructors were given: it must be what the Directory lists."""
        names = CONSTRUCTOR_NAMES[module.CONTRACT]
        for name, argument in zip(names, arguments, strict=True):
            if name is not None and self.world.addresses.get(name) != argument:
                self._findings.add("contract references", place, f"its {name} is not the one in the Directory")

    def _compare(self, call: Call, told: Sequence[Log], receipt: Sequence[Log], first_log: int) -> None:
        expected = call.logs
        if len(expected) == len(told) and all(
            log.data == each.data and log.topics == each.topics and log.address == each.address
            for log, each in zip(told, expected, strict=True)
        ):
            self._findings.figures["logs explained by the replay"] += len(told)
            return
        self._explain(call, told, expected, receipt, first_log)

    def _explain(
        self, call: Call, told: Sequence[Log], expected: Sequence[Expected], receipt: Sequence[Log], first_log: int
    ) -> None:
        chain = [log_parts(log) for log in told]
        replay: list[Told] = [(each.address, each.topics, each.data) for each in expected]
        if Counter(chain) == Counter(replay):
            place = Place(block=call.block, transaction=call.transaction, log_index=told[0].index)
            self._findings.add("replay", place, "the logs are those of the replay in another order")
            return
        matcher = SequenceMatcher(None, chain, replay, autojunk=False)
        for kind, low, high, first, last in matcher.get_opcodes():
            if kind == "equal":
                self._findings.figures["logs explained by the replay"] += high - low
                continue
            pairs = max(high - low, last - first)
            for step in range(pairs):
                log = told[low + step] if low + step < high else None
                wanted = expected[first + step] if first + step < last else None
                missing_at = first_log + _missing_at(told, low + step, receipt, wanted)
                self._differ(call, log, wanted, log.index if log else missing_at)

    def _differ(self, call: Call, log: Log | None, wanted: Expected | None, index: int) -> None:
        source = log.address if log else (wanted.address if wanted else b"")
        place = Place(
            block=call.block,
            transaction=call.transaction,
            log_index=index,
            record=wanted.record if wanted else None,
            contract=self._names.get(source),
            address=source or None,
        )
        if wanted is None and log is not None:
            message = f"the chain has {self._spelled(*log_parts(log))}, the replay has no such log"
        elif log is None and wanted is not None:
            message = f"the replay has {self._spelled(*wanted[:3])}, the chain has no such log"
        elif log is not None and wanted is not None:
            message = f"the chain has {self._spelled(*log_parts(log))}, "
            message += f"the replay has {self._spelled(*wanted[:3])}"
        self._findings.add("replay", place, message)

    def _spelled(self, address: bytes, topics: Sequence[bytes], data: bytes) -> str:
        return spelled_log(self.world.modules[address].abi, topics, data)


def log_parts(log: Log) -> Told:
    return log.address, log.topics, log.data


def _missing_at(told: Sequence[Log], at: int, receipt: Sequence[Log], wanted: Expected | None) -> int:
    """Where in the receipt a log belongs that should stand before told[at], or stands under another address."""
    for position, log in enumerate(receipt):
        if wanted and log not in told and (log.topics, log.data) == (wanted.topics, wanted.data):
            return position
    if at < len(told):
        return receipt.index(told[at])
    return receipt.index(told[-1]) + 1 if told else len(receipt)


def spelled_log(contract: abi.Contract, topics: Sequence[bytes], data: bytes) -> str:
    """Event(name=value, …), or what can be said of a log that the contract does not declare."""
    event = contract.events.get(topics[0]) if topics else None
    if event is None:
        return f"a log that {contract.name} does not declare"
    try:
        values = event.decode(topics, data)
    except abi.AbiError as error:
        return f"{event.name} with data that do not decode ({error})"
    return f"{event.name}({', '.join(f'{name}={shown(value)}' for name, value in values.items())})"


def shown(value: abi.Value) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, tuple):
        return "(" + ", ".join(map(shown, value)) + ")"
    return str(value)


CONSTRUCTOR_NAMES: Final[Mapping[str, tuple[str | None, ...]]] = {
    "Authority": (None,),
    "Directory": ("Authority",),
    "PrepaidAccounts": ("Authority",),
    "FeeSplitter": ("PrepaidAccounts",),
    "AssetRegistry": ("Authority", "FeeSplitter", "MeterRegistry", "UsageAgreements", "Components", "EndOfLife"),
    "Components": ("AssetRegistry", "MeterRegistry", "UsageAgreements"),
    "EndOfLife": ("AssetRegistry", "UsageAgreements"),
    "CircularEligibility": (None, "AssetRegistry", "EndOfLife"),
    "Membership": ("Authority", None, None, None),
    "CommunityAccount": ("Authority", "PrepaidAccounts", "Membership"),
    "Timelock": (None, "NetworkGovernor", "Guardian"),
    "Guardian": ("Authority", "Timelock", "NetworkGovernor", None, None),
    "Decisions": ("Timelock", "Membership", None, None),
    "NetworkGovernor": ("Membership", "Timelock", "Decisions", None),
    "MemberProviders": ("Membership",),
    "MemberWorkers": ("Membership",),
    "MeterRegistry": ("AssetRegistry", "UsageAgreements"),
    "TariffBook": ("PrepaidAccounts",),
    "OfferBook": ("Authority", "AssetRegistry", "TariffBook", "FeeSplitter"),
    "UsageAgreements": (
        "PrepaidAccounts", "AssetRegistry", "MeterRegistry", "TariffBook", "OfferBook", "FeeSplitter", None,
    ),
    "CreditNotes": ("PrepaidAccounts", "AssetRegistry", "TariffBook", "UsageAgreements"),
    "EligibilityList": ("Authority",),
    "WorkerList": ("Authority",),
    "ServiceTermsBook": ("PrepaidAccounts", "AssetRegistry"),
    "ServiceMarket": (
        "Authority", "PrepaidAccounts", "AssetRegistry", "MeterRegistry", "UsageAgreements", "ServiceTermsBook",
        "HandOvers", None,
    ),
    "HandOvers": ("AssetRegistry", "ServiceMarket"),
    "RoundBook": (
        "Authority", "PrepaidAccounts", "AssetRegistry", "FeeSplitter", "ServiceMarket", "CoFinancing",
        "RoundCollateral", "BuybackGuarantees",
    ),
    "CoFinancing": ("PrepaidAccounts", "FeeSplitter", "RoundBook", "RoundCollateral", "RoundBallots"),
    "RoundCollateral": (None,),
    "RoundBallots": ("CoFinancing", "RoundCollateral"),
    "TitleAuction": ("PrepaidAccounts", "RoundCollateral"),
    "RoundViews": ("CoFinancing", "RoundBook", "RoundBallots"),
    "SparePools": ("PrepaidAccounts", "AssetRegistry", "OfferBook", "SpareStock", "SpareLoans"),
    "SpareLoans": ("AssetRegistry", "MeterRegistry", "UsageAgreements", "SparePools", "SpareStock"),
    "SpareStock": (
        "PrepaidAccounts", "AssetRegistry", "UsageAgreements", "OfferBook", "ServiceTermsBook", "ServiceMarket",
        "SparePools", "SpareLoans", None,
    ),
    "Reservations": ("PrepaidAccounts", "AssetRegistry", "UsageAgreements", "OfferBook", "FeeSplitter", None),
    "TitleSales": ("PrepaidAccounts", "AssetRegistry", "OfferBook", "FeeSplitter"),
    "BuybackGuarantees": (
        "PrepaidAccounts", "AssetRegistry", "MeterRegistry", "OfferBook", "FeeSplitter", "ServiceMarket",
    ),
    "AvailabilityGuarantees": (
        "PrepaidAccounts", "AssetRegistry", "MeterRegistry", "TariffBook", "OfferBook", "UsageAgreements",
    ),
}  # fmt: skip
