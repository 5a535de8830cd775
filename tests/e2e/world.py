"""A real chain with the whole platform deployed, and actors on it: for tests of the oracle's server side.

The usual tariff charges 1 base unit per unit of register 0, 2 of register 1, 4 of register 2, nothing for time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from eth_account import Account

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform, load_artefact
from oracle.chain.node import MNEMONIC, LocalNode, NodeOptions
from oracle.deployment.config import read_config
from oracle.deployment.protocol import deploy
from oracle.domain.forms import Signed, digest
from oracle.domain.hashing import keccak
from oracle.domain.readings import Flag, Reading, SignedReading
from oracle.domain.signatures import MeterKey, SigningKey
from oracle.domain.statuses import Status
from oracle.domain.stop_reasons import StopReason
from oracle.domain.tariffs import Tariff
from oracle.domain.telemetry import SaltedSample, Sample, Telemetry, telemetry_root
from oracle.parties import accounts, agreements, assets, currencies, splits, tariffs
from oracle.parties.circular import Paper, make_offerable
from oracle.parties.splits import Payee
from oracle.parties.wallet import Wallet
from oracle.settings import SealPolicy, Settings
from oracle.tariffs import published_tariff
from oracle.types import ZERO_BYTES32, Address, AgreementId, AssetId, BaseUnits, Bytes32, Seconds, TariffId, UnixTime
from tests.helpers.committee import Committee, attester_keys

DAY = 86_400
EUR = 1_000_000
HOLD = 1 * EUR
PERMIT_KEY = "0x" + "a1" * 32
ROTATION = SigningKey(b"\xb2" * 32)
DEPLOYER, MAKER, PROVIDER, CUSTOMER, STRANGER, RELAYER, OTHER_RELAYER, DELEGATE = 0, 3, 4, 6, 7, 8, 10, 11

Account.enable_unaudited_hdwallet_features()


def key_of(index: int) -> Any:
    return Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")


def secret_of(index: int) -> str:
    return "0x" + key_of(index).key.hex().removeprefix("0x")


def usual_tariff(currency: Address, **changes: Any) -> Tariff:
    tariff = Tariff(
        currency=currency,
        price_per_million=(EUR, 2 * EUR, 4 * EUR, 0),
        standing_per_day=BaseUnits(0),
        hold_target=BaseUnits(HOLD),
        max_charge_per_hour=BaseUnits(3 * EUR),
        burst=BaseUnits(100 * EUR),
        notice=Seconds(DAY),
        minimum_term=Seconds(0),
        permit_validity=Seconds(600),
        delivery_time=Seconds(60),
        session_cap=Seconds(0),
        idle_stop=Seconds(0),
        unused_days=0,
        tax_bps=1_900,
        tax_included=True,
        kind=1,
        terms_hash=published_tariff("smart-drill").tariff(currency).terms_hash,
    )
    return replace(tariff, **changes)


@dataclass
class Machine:
    """An asset with its meter's key and the numbers it counts on."""

    asset: AssetId
    key: MeterKey
    tariff: TariffId
    split: int = 0


@dataclass
class Hire:
    """An open agreement and where its registers stand."""

    world: World
    machine: Machine
    agreement: AgreementId
    sequence: int = 0
    registers: tuple[int, int, int, int] = (0, 0, 0, 0)
    odometer: int = 0
    time: int | None = None

    def use(
        self,
        amount: int = 0,
        flags: int = 0,
        root: Bytes32 = ZERO_BYTES32,
        at: int | None = None,
        stop: StopReason | None = None,
    ) -> SignedReading:
        """The next reading after so much use in register 0, signed."""
        r0, r1, r2, r3 = self.registers
        self.registers = (r0 + amount, r1, r2, r3)
        self.odometer += amount
        self.sequence += 1
        self.time = max(self.time or 0, int(time.time()) - 1) if at is None else at
        return self.sign(
            Reading(
                self.agreement,
                self.machine.asset,
                self.sequence,
                UnixTime(self.time),
                self.registers,
                self.odometer,
                Flag(flags),
                root,
            ),
            stop,
        )

    def sign(self, reading: Reading, stop: StopReason | None = None, key: MeterKey | None = None) -> SignedReading:
        signature = (key or self.machine.key).sign(digest(self.world.platform.domains.of(reading), reading))
        return SignedReading(reading, signature, stop)

    def measured(self, levels: Sequence[int], lie: int = 0, vibration: int = 5) -> tuple[SignedReading, Telemetry]:
        """A reading of one second per level (0 to 3) with its samples; `lie`: milliseconds that the samples lack."""
        now = max(self.time or 0, int(time.time()) - 5 - len(levels))
        rpm = {0: 0, 1: 300, 2: 1_000, 3: 1_700}
        samples = tuple(
            SaltedSample(
                os.urandom(16),
                Sample((now + i + 1) * 1_000, 1_000, rpm[level], 3_900, 30_000, vibration, 10_000_000, 20_000_000),
            )
            for i, level in enumerate(levels)
        )
        grown = [1_000 * sum(level == wanted for level in levels) for wanted in (1, 2, 3)]
        grown[0] += lie
        r = self.registers
        self.registers = (r[0] + grown[0], r[1] + grown[1], r[2] + grown[2], r[3])
        self.odometer += sum(grown)
        self.sequence += 1
        self.time = now + len(levels)
        reading = Reading(
            self.agreement,
            self.machine.asset,
            self.sequence,
            UnixTime(self.time),
            self.registers,
            self.odometer,
            Flag(0),
            telemetry_root(samples),
        )
        return self.sign(reading), Telemetry(self.agreement, self.machine.asset, self.sequence, samples)

    def status(
        self, sequence: int, state: int = 0, odometer: int | None = None, at: int | None = None
    ) -> Signed[Status]:
        form = Status(
            self.machine.asset,
            sequence,
            UnixTime(int(time.time()) if at is None else at),
            state,
            0,
            self.odometer if odometer is None else odometer,
        )
        return Signed(form, self.machine.key.sign(digest(self.world.platform.domains.of(form), form)))


@dataclass
class World:
    node: LocalNode
    client: ChainClient
    platform: Platform
    currency: currencies.Currency
    folder: Path
    _wallets: dict[int, Wallet] = field(default_factory=dict)
    _serial: int = 0

    def wallet(self, index: int) -> Wallet:
        if index not in self._wallets:
            self._wallets[index] = Wallet(self.client, self.platform, key_of(index))
        return self._wallets[index]

    def machine(self, key: MeterKey | None = None, **changes: Any) -> Machine:
        """A drill in service, offered by the provider, with a meter, a split and the oracle as permit signer."""
        self._serial += 1
        provider = self.wallet(PROVIDER)
        asset, _ = assets.register(self.wallet(MAKER), "drill", f"serial {self._serial}", provider.address)
        key = key or SigningKey(self._serial.to_bytes(32))
        assets.bind_meter(provider, asset, key)
        make_offerable(self.wallet(MAKER), provider, asset, Paper(keccak(b"passport"), ""))
        payees = [Payee(provider.address, 7), Payee(self.wallet(MAKER).address, 3)]
        split, _ = splits.create(provider, payees, [self.currency.address])
        splits.point(provider, asset, split)
        tariff, _ = tariffs.publish(provider, usual_tariff(self.currency.address, **changes))
        assets.set_rotation_key(provider, asset, ROTATION.address)
        assets.appoint_permit_signer(provider, asset, ROTATION, SigningKey(bytes.fromhex(PERMIT_KEY[2:])).address)
        for exclusive in (True, False):
            assets.offer(provider, asset, tariff, exclusive, UnixTime(int(time.time()) + 300 * DAY))
        return Machine(asset, key, tariff, split)

    def committee(self, threshold: int, size: int) -> Committee:
        """A deployed committee of attesters, to be a meter."""
        keys, artefact = attester_keys(size), load_artefact("KOfNAttester")
        factory = self.client.web3.eth.contract(abi=artefact["abi"], bytecode=artefact["bytecode"])
        sent = factory.constructor([key.address for key in keys], threshold).transact(
            {"from": self.wallet(STRANGER).address}
        )
        receipt = self.client.web3.eth.wait_for_transaction_receipt(sent)
        return Committee(Address(str(receipt["contractAddress"])), keys, threshold)

    def give(self, index: int, amount: int) -> None:
        """Money in somebody's prepaid account."""
        wallet = self.wallet(index)
        accounts.mint_play_money(wallet, self.currency, BaseUnits(amount))
        accounts.deposit(wallet, self.currency, BaseUnits(amount))

    def hire(
        self,
        machine: Machine | None = None,
        customer: int = CUSTOMER,
        hold: int = HOLD,
        cap: int = 50 * EUR,
        period: int = 30 * DAY,
        money: int | None = None,
        exclusive: bool = True,
    ) -> Hire:
        machine = machine or self.machine()
        wallet = self.wallet(customer)
        self.give(customer, hold if money is None else money)
        accounts.allow(wallet, self.currency, BaseUnits(max(1_000 * EUR, cap)))
        wish = agreements.Wish(
            machine.asset, machine.tariff, exclusive, BaseUnits(hold), BaseUnits(cap), Seconds(period)
        )
        agreement, _ = agreements.open_agreement(wallet, wish)
        return Hire(self, machine, agreement)

    def settings(self, name: str = "oracle", **changes: Any) -> Settings:
        """An oracle with a database of its own in the test's folder; confirmed at once, sealed each cycle."""
        values: dict[str, Any] = {
            "rpc_url": self.node.url,
            "directory_address": self.platform.directory,
            "confirmations": 0,
            "data_dir": self.folder / name,
            "relayer_key": secret_of(RELAYER),
            "permit_key": PERMIT_KEY,
            "seal_policy": SealPolicy.EACH_BLOCK,
            "port": 0,
            "rpc_timeout": 5,
            "sign_in_domain": "oracle.example",
        }
        return Settings(**{**values, **changes})

    def state(self, hire: Hire) -> agreements.AgreementView:
        return agreements.agreement_view(self.client, self.platform, hire.agreement)

    def mine(self, blocks: int = 1, seconds: int = 0) -> None:
        if seconds:
            self.client.web3.provider.make_request("evm_increaseTime", [seconds])  # type: ignore[arg-type]
        for _ in range(blocks):
            self.client.web3.provider.make_request("evm_mine", [])  # type: ignore[arg-type]

    def set_clock(self) -> None:
        """To the wall's time and the usual base fee: a revert leaves both as they were."""
        self.client.web3.provider.make_request("anvil_setNextBlockBaseFeePerGas", [hex(10**9)])  # type: ignore[arg-type]
        self.client.web3.provider.make_request("evm_setTime", [int(time.time())])  # type: ignore[arg-type]
        self.mine()

    def snapshot(self) -> Any:
        return self.client.web3.provider.make_request("evm_snapshot", [])["result"]  # type: ignore[arg-type]

    def revert(self, snapshot: Any) -> None:
        self.client.web3.provider.make_request("evm_revert", [snapshot])  # type: ignore[arg-type]


@contextmanager
def running_world(folder: Path, options: NodeOptions | None = None) -> Iterator[World]:
    """Starts Anvil, deploys, admits the provider."""
    with LocalNode(options or NodeOptions(accounts=20)) as node:
        client = ChainClient(node.url, 10)
        client.connect()
        deployed = deploy(client.web3, key_of(DEPLOYER), read_config("local"))
        platform = Platform(client.web3, client.chain_id, deployed.directory, deployed.addresses)
        currency = currencies.currency_at(client, deployed.addresses["MicroEuro"])
        yield World(node, client, platform, currency, folder)
