"""The platform's contracts: found through the Directory, called through their interfaces' ABIs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Self

from eth_utils.abi import function_abi_to_4byte_selector
from web3 import Web3
from web3.contract import Contract
from web3.contract.contract import ContractFunction

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.node_errors import CallReverted
from oracle.domain.forms import Domains
from oracle.domain.readings import SignedReading
from oracle.errors import Fatal
from oracle.types import Address, AgreementId, BaseUnits, ChainId, Seconds, SplitId, UnixTime

ACCOUNTS = "PrepaidAccounts"
ASSETS = "AssetRegistry"
METERS = "MeterRegistry"
TARIFFS = "TariffBook"
AGREEMENTS = "UsageAgreements"
SPLITTER = "FeeSplitter"
OFFERS = "OfferBook"
CREDITS = "CreditNotes"
MARKET = "ServiceMarket"
SERVICE_TERMS = "ServiceTermsBook"
HAND_OVERS = "HandOvers"
COMPONENTS = "Components"
END_OF_LIFE = "EndOfLife"
RESERVATIONS = "Reservations"
BUYBACKS = "BuybackGuarantees"
UPTIMES = "AvailabilityGuarantees"
ROUNDS = "CoFinancing"
ROUND_BOOK = "RoundBook"
ROUND_COLLATERAL = "RoundCollateral"
ROUND_BALLOTS = "RoundBallots"
ROUND_VIEWS = "RoundViews"
AUCTIONS = "TitleAuction"
POOLS = "SparePools"
SPARE_LOANS = "SpareLoans"
SPARE_STOCK = "SpareStock"
NEEDED = (
    ACCOUNTS, ASSETS, METERS, TARIFFS, AGREEMENTS, SPLITTER, OFFERS, CREDITS, MARKET, SERVICE_TERMS, HAND_OVERS,
    COMPONENTS, END_OF_LIFE, RESERVATIONS,
)  # fmt: skip
SKIP_REASONS = (
    "none",
    "unknown_agreement",
    "malformed_sequence",
    "stale",
    "closed",
    "after_final",
    "invalid_signature",
    "too_far_ahead",
    "charge_fell",
    "implausible",
)
"""`UsageAgreements.SkipReason` in its order."""


_RELAYED = {
    AGREEMENTS: ("settle", "settleSigned", "refill", "accrue", "suspendSigned", "endSigned"),
    SPLITTER: ("distribute",),
    UPTIMES: ("checkpoint", "settlePeriod"),
    ROUNDS: ("start", "fail", "distribute", "updateState"),
    ROUND_BALLOTS: ("decide",),
    ROUND_COLLATERAL: ("auction", "completeAuction", "writeOff", "collectClaim"),
}


@cache
def load_artefact(name: str) -> Mapping[str, Any]:
    """The exported artefact of a contract or interface: `abi`, `bytecode` and more. Raises Fatal if it is missing."""
    file = resources.files("oracle.chain").joinpath("abi", f"{name}.json")
    if not file.is_file():
        raise Fatal("contracts", f"the ABI of {name} is not in the package", "Run `make setup`, which compiles it.")
    artefact: Mapping[str, Any] = json.loads(file.read_text())
    return artefact


@dataclass(frozen=True, slots=True)
class SlotState:
    """The slot of an agreement: special 1 | sequence 31 | openedAt 32 | lastElapsed 32 | settled 80 | hold 80."""

    special: bool
    sequence: int
    opened_at: UnixTime
    last_elapsed: Seconds
    settled: BaseUnits
    hold: BaseUnits

    @classmethod
    def unpack(cls, word: int) -> Self:
        return cls(
            bool(word >> 255),
            word >> 224 & 0x7FFFFFFF,
            UnixTime(word >> 192 & 0xFFFFFFFF),
            Seconds(word >> 160 & 0xFFFFFFFF),
            BaseUnits(word >> 80 & (1 << 80) - 1),
            BaseUnits(word & (1 << 80) - 1),
        )


@dataclass(frozen=True, slots=True)
class Route:
    """All that settlement needs to know of an asset: meter 160 | split 64 | epoch 32."""

    meter: Address
    split: SplitId
    epoch: int

    @classmethod
    def unpack(cls, word: int) -> Self:
        return cls(checksummed((word >> 96).to_bytes(20)), SplitId(word >> 32 & (1 << 64) - 1), word & 0xFFFFFFFF)


class Platform:
    """One deployment on one chain."""

    def __init__(self, web3: Web3, chain_id: ChainId, directory: Address, addresses: Mapping[str, Address]) -> None:
        """Raises Fatal where the Directory lacks a contract that the oracle needs."""
        if missing := [name for name in NEEDED if name not in addresses]:
            raise Fatal(
                "directory",
                f"{directory} does not list {', '.join(missing)}",
                "Set CISE_DIRECTORY_ADDRESS to the Directory of a complete deployment.",
            )
        self.chain_id = chain_id
        self.directory = directory
        self.addresses = dict(addresses)
        self.accounts = contract(web3, f"I{ACCOUNTS}", addresses[ACCOUNTS])
        self.assets = contract(web3, f"I{ASSETS}", addresses[ASSETS])
        self.meters = contract(web3, f"I{METERS}", addresses[METERS])
        self.tariffs = contract(web3, f"I{TARIFFS}", addresses[TARIFFS])
        self.agreements = contract(web3, f"I{AGREEMENTS}", addresses[AGREEMENTS])
        self.splitter = contract(web3, f"I{SPLITTER}", addresses[SPLITTER])
        self.offers = contract(web3, f"I{OFFERS}", addresses[OFFERS])
        self.credits = contract(web3, f"I{CREDITS}", addresses[CREDITS])
        self.market = contract(web3, f"I{MARKET}", addresses[MARKET])
        self.service_terms = contract(web3, f"I{SERVICE_TERMS}", addresses[SERVICE_TERMS])
        self.hand_overs = contract(web3, f"I{HAND_OVERS}", addresses[HAND_OVERS])
        self.components = contract(web3, f"I{COMPONENTS}", addresses[COMPONENTS])
        self.end_of_life = contract(web3, f"I{END_OF_LIFE}", addresses[END_OF_LIFE])
        self.reservations = contract(web3, f"I{RESERVATIONS}", addresses[RESERVATIONS])
        self.domains = domains(chain_id, addresses)

    @classmethod
    def locate(cls, client: ChainClient, directory: Address) -> Self:
        """Asks the Directory for the addresses. Raises Fatal where it is not there."""
        listed = contract(client.web3, "IDirectory", directory)
        try:
            names, locations = client.call(listed.functions.entries())
        except CallReverted as error:
            raise Fatal(
                "directory",
                f"{directory} is no Directory on chain {client.chain_id}",
                "Set CISE_DIRECTORY_ADDRESS, or deploy the contracts first.",
            ) from error
        addresses = {
            name.rstrip(b"\0").decode("ascii", "replace"): checksummed(location)
            for name, location in zip(names, locations, strict=True)
        }
        return cls(client.web3, client.chain_id, directory, addresses)

    def watched(self) -> dict[Address, str]:
        """The contracts whose events make the read model, with their names."""
        return {self.addresses[name]: name for name in NEEDED}

    def relayed(self) -> dict[Address, frozenset[bytes]]:
        """All that a relayer's key may be used for: these functions on these contracts."""
        return {
            self.addresses[name]: frozenset(
                function_abi_to_4byte_selector(item)
                for item in load_artefact(f"I{name}")["abi"]
                if item["type"] == "function" and item["name"] in functions
            )
            for name, functions in _RELAYED.items()
            if name in self.addresses
        }

    def settle(self, batch: bytes) -> ContractFunction:
        return self.agreements.functions.settle(batch)

    def settle_signed(self, signed: SignedReading) -> ContractFunction:
        """One reading with a signature of any kind, ERC-1271 included."""
        return self.agreements.functions.settleSigned(signed.reading.values(), signed.signature)

    def refill(self, agreement: AgreementId) -> ContractFunction:
        return self.agreements.functions.refill(agreement)

    def accrue(self, agreement: AgreementId) -> ContractFunction:
        return self.agreements.functions.accrue(agreement)

    def distribute(self, split: SplitId, currency: Address) -> ContractFunction:
        return self.splitter.functions.distribute(split, currency)


def domains(chain_id: ChainId, addresses: Mapping[str, Address]) -> Domains:
    """The EIP-712 domains of a deployment."""
    return Domains(
        chain_id,
        addresses[AGREEMENTS],
        addresses[METERS],
        addresses[ASSETS],
        addresses[ACCOUNTS],
        addresses[HAND_OVERS],
        addresses.get(SPARE_LOANS),
    )


def contract(web3: Web3, artefact: str, address: Address) -> Contract:
    return web3.eth.contract(address=Web3.to_checksum_address(address), abi=load_artefact(artefact)["abi"])


def encode(function: ContractFunction) -> bytes:
    """The call data of a bound function, without asking the node."""
    return bytes.fromhex(function._encode_transaction_data()[2:])
