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

from oracle.chain.node import free_port
from oracle.types import BaseUnits
from tests.chaos.kill.books import Books
from tests.chaos.kill.chain import OnChain, RawChain
from tests.chaos.kill.devices import Device
from tests.chaos.kill.wire import Tap
from tests.e2e.world import CUSTOMER, DELEGATE, EUR, PERMIT_KEY, STRANGER, World, running_world, usual_tariff

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


@contextmanager
def running_scene(folder: Path, machines: int, seed: int) -> Iterator[Scene]:
    with running_world(folder) as world:
        devices = []
        for index in CUSTOMERS:
            world.give(index, PLENTY)
        for number in range(machines):
            terms = TARIFFS[number % len(TARIFFS)] | {"burst": BaseUnits(PLENTY)}
            hire = world.hire(world.machine(**terms), CUSTOMERS[number % len(CUSTOMERS)], cap=PLENTY, money=EUR)
            tariff = usual_tariff(world.currency.address, **terms)
            devices.append(Device(hire, tariff, 0))
        chain = RawChain(world.node.url)
        relayer = Account.from_key(random.Random(seed).randbytes(32))
        chain.ask("anvil_setBalance", relayer.address, hex(10**24))
        chain.ask("evm_setAutomine", False)
        chain.mine()
        with Tap(world.node.url) as tap:
            customers = {
                device.agreement: str(world.wallet(CUSTOMERS[place % len(CUSTOMERS)]).address)
                for place, device in enumerate(devices)
            }
            scene = Scene(world, chain, tap, folder, devices, relayer, chain.head(), free_port(), customers)
            for device in devices:
                device.opened_at = scene.on_chain()[device.agreement].opened_at
            yield scene
