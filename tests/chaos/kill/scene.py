"""A chain with machines of several tariffs in use, and the settings of the oracle that serves them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_utils.crypto import keccak

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.chain.node import LocalNode, NodeOptions, free_port
from oracle.deployment.config import read_config
from oracle.deployment.protocol import deploy
from oracle.domain.tariffs import Tariff
from oracle.parties import currencies
from oracle.types import BaseUnits
from tests.chaos.kill.books import Books
from tests.chaos.kill.chain import DEEPEST, OnChain, RawChain
from tests.chaos.kill.devices import Device
from tests.chaos.kill.wire import Tap
from tests.e2e.world import CUSTOMER, DELEGATE, DEPLOYER, EUR, PERMIT_KEY, STRANGER, Hire, World, key_of, usual_tariff

TARIFFS: tuple[dict[str, Any], ...] = (
    {},
    {"standing_per_day": BaseUnits(7 * EUR)},
    {"price_per_million": (333_333, 1_000_001, 7, 999_999)},
    {"price_per_million": (1, 2, 3, 4_000_000), "standing_per_day": BaseUnits(86_399)},
)
PLENTY = 100_000 * EUR
CUSTOMERS = (CUSTOMER, STRANGER, DELEGATE)


@dataclass
class Scene:
    world: World
    chain: RawChain
    tap: Tap
    folder: Path
    devices: list[Device]
    relayer: Any
    first_block: int
    port: int
    customers: dict[int, str]
    """The customer of each agreement."""

    @property
    def books(self) -> Books:
        return Books(self.folder / "oracle" / "oracle.db")

    @property
    def secrets(self) -> dict[str, bytes]:
        """What must never be seen anywhere."""
        return {"relayer key": bytes(self.relayer.key), "permit key": bytes.fromhex(PERMIT_KEY[2:])}

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Of the oracle; fast, because a thousand rounds wait for it. As JSON, for another process."""
        return {
            "rpc_url": self.tap.url,
            "directory_address": self.world.platform.directory,
            "confirmations": 1,
            "data_dir": str(self.folder / "oracle"),
            "relayer_key": "0x" + bytes(self.relayer.key).hex(),
            "permit_key": PERMIT_KEY,
            "seal_policy": "each_block",
            "port": self.port,
            "rpc_timeout": 5,
            "sign_in_domain": "oracle.example",
            "index_every": 0.1,
            "relay_every": 0.1,
            "permits_every": 0.1,
            "refill_every": 0.3,
            "forms_every": 1,
            "bump_after": 1,
            "bump_after_blocks": 0,
            "fee_versions": 40,
            "gas_per_hour": 10**12,
        } | changes

    def on_chain(self) -> dict[int, OnChain]:
        """Every agreement's slot, straight from the node."""
        numbers = [device.agreement for device in self.devices]
        agreements = self.world.platform.agreements
        calls = [(agreements.address, agreements.encode_abi("stateOf", args=[number])) for number in numbers]
        words = self.chain.call_many(calls)
        return {number: OnChain.unpack(word) for number, word in zip(numbers, words, strict=True)}

    @property
    def reading_settled_topic(self) -> str:
        return "0x" + keccak(b"ReadingSettled(uint64,uint256)").hex()

    def prepaid(self) -> dict[str, int]:
        """What each customer has free in the ledger."""
        accounts, currency = self.world.platform.accounts, self.world.currency
        owners = [self.world.wallet(index).address for index in CUSTOMERS]
        calls = [(accounts.address, accounts.encode_abi("balanceOf", args=[owner, currency.id])) for owner in owners]
        return dict(zip(owners, self.chain.call_many(calls), strict=True))


@dataclass(frozen=True)
class Place:
    """A chain with agreements on it, for several runs one after the other."""

    world: World
    chain: RawChain
    hires: tuple[tuple[Hire, Tariff, str], ...]
    """Agreement, its tariff, its customer."""


class DeepNode(LocalNode):
    """Anvil forks back to a state only while it is in memory, and keeps ten where blocks come fast: here, more."""

    def _arguments(self) -> list[str]:
        return [*super()._arguments(), "--prune-history", str(2 * DEEPEST)]


@contextmanager
def running_place(folder: Path, machines: int) -> Iterator[Place]:
    with DeepNode(NodeOptions(accounts=20)) as node:
        client = ChainClient(node.url, 10)
        client.connect()
        deployed = deploy(client.web3, key_of(DEPLOYER), read_config("local"))
        platform = Platform(client.web3, client.chain_id, deployed.directory, deployed.addresses)
        currency = currencies.currency_at(client, deployed.addresses["MicroEuro"])
        world = World(node, client, platform, currency, folder)
        for index in CUSTOMERS:
            world.give(index, PLENTY)
        hires = []
        for number in range(machines):
            terms = TARIFFS[number % len(TARIFFS)] | {"burst": BaseUnits(PLENTY)}
            customer = CUSTOMERS[number % len(CUSTOMERS)]
            hire = world.hire(world.machine(**terms), customer, cap=PLENTY, money=EUR)
            hires.append((hire, usual_tariff(world.currency.address, **terms), str(world.wallet(customer).address)))
        chain = RawChain(world.node.url)
        chain.ask("evm_setAutomine", False)
        chain.mine()
        yield Place(world, chain, tuple(hires))


@contextmanager
def scene_at(place: Place, folder: Path, seed: int) -> Iterator[Scene]:
    """A run's own database, relayer and devices; what it does to the chain is undone afterwards."""
    world, chain = place.world, place.chain
    before = chain.ask("evm_snapshot")
    relayer = Account.from_key(random.Random(seed).randbytes(32))
    chain.ask("anvil_setBalance", relayer.address, hex(10**24))
    chain.mine(DEEPEST)  # so that no fork reaches what is no transaction
    with Tap(world.node.url) as tap:
        devices = [Device(hire, tariff, 0) for hire, tariff, _ in place.hires]
        customers = {int(hire.agreement): customer for hire, _, customer in place.hires}
        scene = Scene(world, chain, tap, folder, devices, relayer, chain.head(), free_port(), customers)
        for number, state in scene.on_chain().items():
            next(device for device in devices if device.agreement == number).opened_at = state.opened_at
        yield scene
    chain.ask("evm_revert", before)
