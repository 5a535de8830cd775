"""A real chain with any number of agreements on it: transactions by the hundred in one request, mined together."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, cast

import requests
from eth_account import Account
from web3 import Web3
from web3.contract import Contract

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform, contract, encode
from oracle.chain.node import MNEMONIC, LocalNode, NodeOptions
from oracle.deployment.config import read_config
from oracle.deployment.protocol import deploy
from oracle.domain.batching import encode_batch, group_readings
from oracle.domain.bindings import MeterBinding
from oracle.domain.customer_forms import Allow, OpenAgreement
from oracle.domain.forms import Form, digest
from oracle.domain.hashing import address_bytes, keccak
from oracle.domain.readings import Flag, Reading, SignedReading
from oracle.domain.signatures import Curve, SigningKey
from oracle.domain.tariffs import Tariff
from oracle.parties import tariffs
from oracle.parties.wallet import Wallet
from oracle.types import (
    ZERO_BYTES32,
    Address,
    AgreementId,
    AssetId,
    BaseUnits,
    Seconds,
    TariffId,
    UnixTime,
)

EUR = 1_000_000
HOLD = EUR
FAR_FUTURE = 4_000_000_000
MONTH = 30 * 86_400
MAKER, PROVIDER, RELAYER = 3, 4, 8
_AT_ONCE = 100
_GAS = 600_000
_BLOCK_GAS = 2_000_000_000
Call = tuple[str, str, bytes]
"""Sender, target, data."""


@dataclass(frozen=True, slots=True)
class Hired:
    """An agreement with its machine."""

    agreement: AgreementId
    asset: AssetId
    tariff: TariffId
    split: int
    meter: SigningKey
    opened_at: UnixTime


@dataclass(slots=True)
class Fleet:
    """`tariffs` and `splits` are dealt out in turn."""

    node: LocalNode
    client: ChainClient
    platform: Platform
    currency: Contract
    accounts: Sequence[str]
    tariffs: list[TariffId] = field(default_factory=list)
    splits: list[int] = field(default_factory=list)
    hired: list[Hired] = field(default_factory=list)

    def rpc(self, method: str, *parameters: object) -> Any:
        return self.client.web3.provider.make_request(method, list(parameters))["result"]  # type: ignore[arg-type]

    def send(self, sender: int | str, target: str, data: bytes, gas: int = 16_777_216) -> int:
        """One transaction; the gas it used. Raises where it fails."""
        account = self.accounts[sender] if isinstance(sender, int) else sender
        sent = self.rpc("eth_sendTransaction", {"from": account, "to": target, "data": _hex(data), "gas": hex(gas)})
        receipt = self.client.web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)
        if receipt["status"] != 1:
            raise RuntimeError(f"a transaction to {target} failed")
        return int(receipt["gasUsed"])

    def send_all(self, calls: Iterable[Call]) -> None:
        """Each in a transaction of its own, many in a block. Raises where one fails."""
        self.rpc("evm_setAutomine", False)
        waiting = iter(calls)
        hashes: list[str] = []
        while part := list(islice(waiting, _AT_ONCE)):
            questions = [
                {"from": sender, "to": target, "data": _hex(data), "gas": hex(_GAS)} for sender, target, data in part
            ]
            hashes += self._many("eth_sendTransaction", questions)
            self.rpc("evm_mine")
        self.rpc("evm_setAutomine", True)
        receipts: list[Any] = []
        for start in range(0, len(hashes), _AT_ONCE):
            receipts += self._many("eth_getTransactionReceipt", hashes[start : start + _AT_ONCE])
        if failed := [receipt for receipt in receipts if receipt is None or receipt["status"] != "0x1"]:
            raise RuntimeError(f"{len(failed)} of {len(hashes)} transactions failed: {failed[0]}")

    def hire(self, count: int) -> list[Hired]:
        """So many new drills, each with its own meter and customer."""
        functions, account = self.platform, self.accounts
        first = len(self.hired) + 1
        numbers = range(first, first + count)
        meters = {n: SigningKey(keccak(b"bench meter %d" % n)) for n in numbers}
        customers = {n: SigningKey(keccak(b"bench customer %d" % n)) for n in numbers}
        tariff = {n: self.tariffs[n % len(self.tariffs)] for n in numbers}
        split = {n: self.splits[n % len(self.splits)] for n in numbers}
        registry, ledger = functions.assets, functions.accounts
        model = b"drill".ljust(32, b"\0")
        self.send_all(
            self._call(MAKER, registry.functions.register(model, n.to_bytes(32), account[PROVIDER])) for n in numbers
        )
        self.send_all(self._call(PROVIDER, self._binding(n, meters[n])) for n in numbers)
        self.send_all(self._call(PROVIDER, registry.functions.repoint(n, split[n])) for n in numbers)
        book = functions.offers
        self.send_all(self._call(PROVIDER, book.functions.offer(n, tariff[n], True, FAR_FUTURE)) for n in numbers)
        money = 20 * EUR
        self.send(RELAYER, self.currency.address, encode(self.currency.functions.mint(account[RELAYER], count * money)))
        self.send(
            RELAYER, self.currency.address, encode(self.currency.functions.approve(ledger.address, count * money))
        )
        self.send_all(
            self._call(RELAYER, ledger.functions.deposit(self.currency.address, customers[n].address, money))
            for n in numbers
        )
        self.send_all(self._call(RELAYER, self._allowance(customers[n])) for n in numbers)
        self.send_all(self._call(RELAYER, self._opening(customers[n], n, tariff[n])) for n in numbers)
        opened = [self.platform.agreements.functions.stateOf(n) for n in numbers]
        states = self.client.call_many(opened, self.client.head())
        new = [
            Hired(AgreementId(n), AssetId(n), tariff[n], split[n], meters[n], UnixTime(state >> 192 & 0xFFFFFFFF))
            for n, state in zip(numbers, states, strict=True)
        ]
        self.hired += new
        return new

    def batch(self, hired: Iterable[Hired], sequence: int, charge: int) -> bytes:
        """The next reading of each, ordered as the relay orders them: by tariff, then by split."""
        ordered = sorted(hired, key=lambda hire: (hire.tariff, hire.split))
        return encode_batch(group_readings((hire.tariff, self.reading(hire, sequence, charge)) for hire in ordered))

    def reading(self, hire: Hired, sequence: int, charge: int, time: int | None = None) -> SignedReading:
        at = UnixTime(hire.opened_at if time is None else time)
        reading = Reading(
            hire.agreement, hire.asset, sequence, at, (charge, 0, 0, 0), charge, Flag(0), keccak(b"telemetry")
        )
        return SignedReading(reading, hire.meter.sign(digest(self.platform.domains.of(reading), reading)))

    def settle(self, batch: bytes) -> int:
        """The gas of the whole transaction. Raises unless every reading settled."""
        before = self.client.head()
        used = self.send(RELAYER, self.platform.agreements.address, encode(self.platform.settle(batch)))
        skipped = self.platform.agreements.events.ReadingSkipped().get_logs(from_block=before + 1)
        if skipped:
            raise RuntimeError(f"{len(skipped)} readings were skipped, the first with {skipped[0]['args']}")
        return used

    def add_split(self, payees: Sequence[str]) -> int:
        shares = [(payee, share) for share, payee in enumerate(payees, 1)]
        function = self.platform.splitter.functions.create(self.accounts[PROVIDER], shares, [self.currency.address])
        number = int(self._ask(PROVIDER, function))
        self.send(PROVIDER, self.platform.splitter.address, encode(function))
        return number

    def add_tariff(self, number: int) -> TariffId:
        terms = bench_tariff(Address(self.currency.address), number)
        key = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{PROVIDER}")
        return tariffs.publish(Wallet(self.client, self.platform, key), terms)[0]

    def _binding(self, number: int, meter: SigningKey) -> Any:
        form = MeterBinding(
            AssetId(number), address_bytes(meter.address), int(Curve.SECP256K1), 1, 0, ZERO_BYTES32, UnixTime(0)
        )
        return self.platform.meters.functions.announceMeter(form.values(), 1, self._signed(form, meter), b"")

    def _allowance(self, customer: SigningKey) -> Any:
        spender, currency = Address(self.platform.agreements.address), Address(self.currency.address)
        form = Allow(customer.address, spender, currency, BaseUnits(100 * EUR), 1, UnixTime(FAR_FUTURE))
        return self.platform.accounts.functions.allow(form.values(), self._signed(form, customer))

    def _opening(self, customer: SigningKey, asset: int, tariff: TariffId) -> Any:
        form = OpenAgreement(
            customer.address, AssetId(asset), tariff, True, BaseUnits(HOLD), BaseUnits(50 * EUR), Seconds(MONTH), 1,
            UnixTime(FAR_FUTURE),
        )  # fmt: skip
        return self.platform.agreements.functions.openSigned(form.values(), self._signed(form, customer))

    def _signed(self, form: Form, key: SigningKey) -> bytes:
        return key.sign(digest(self.platform.domains.of(form), form))

    def _call(self, sender: int, function: Any) -> Call:
        return self.accounts[sender], function.address, encode(function)

    def _ask(self, sender: int, function: Any) -> Any:
        return function.call({"from": self.accounts[sender]})

    def _many(self, method: str, questions: Sequence[object]) -> list[Any]:
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": [question]}
            for number, question in enumerate(questions)
        ]
        answers = sorted(requests.post(self.node.url, json=body, timeout=60).json(), key=lambda answer: answer["id"])
        if wrong := [answer for answer in answers if "error" in answer]:
            raise RuntimeError(str(wrong[0]["error"]))
        return [answer["result"] for answer in answers]


@contextmanager
def running_fleet(kinds: int = 10, splits: int = 4, block_time: float | None = None) -> Iterator[Fleet]:
    """A new chain with the platform, its currency, tariffs and splits of three payees."""
    Account.enable_unaudited_hdwallet_features()
    with LocalNode(NodeOptions(accounts=20, gas_limit=_BLOCK_GAS, block_time=block_time)) as node:
        client = ChainClient(node.url, 60)
        client.connect()
        deployer = Account.from_mnemonic(MNEMONIC, account_path="m/44'/60'/0'/0/0")
        # Invented machines have no passports: a list of providers decides here what may be offered.
        deployed = deploy(client.web3, deployer, {**read_config("local"), "policy": "list"})
        platform = Platform(client.web3, client.chain_id, deployed.directory, deployed.addresses)
        currency = contract(client.web3, "MicroEuro", deployed.addresses["MicroEuro"])
        fleet = Fleet(node, client, platform, currency, client.web3.eth.accounts)
        fleet.tariffs += [fleet.add_tariff(number) for number in range(kinds)]
        fleet.splits += [fleet.add_split(fleet.accounts[3:6]) for _ in range(splits)]
        yield fleet


def bench_tariff(currency: Address, number: int) -> Tariff:
    """Charges one base unit per unit of register 0. Tariffs differ in their burst, which is plenty."""
    return Tariff(
        currency=currency,
        price_per_million=(1_000_000, 2_000_000, 4_000_000, 0),
        standing_per_day=BaseUnits(0),
        hold_target=BaseUnits(HOLD),
        max_charge_per_hour=BaseUnits(EUR),
        burst=BaseUnits(100 * EUR + number),
        notice=Seconds(86_400),
        minimum_term=Seconds(0),
        permit_validity=Seconds(3_600),
        delivery_time=Seconds(60),
        session_cap=Seconds(0),
        idle_stop=Seconds(0),
        unused_days=0,
        tax_bps=1_900,
        tax_included=True,
        kind=1,
        terms_hash=keccak(b"terms"),
    )


def deploy_artefact(fleet: Fleet, path: Path, *arguments: object) -> Contract:
    """A compiled contract as its npm package brings it."""
    document = json.loads(path.read_text())
    factory = fleet.client.web3.eth.contract(abi=document["abi"], bytecode=document["bytecode"])
    sent = factory.constructor(*arguments).transact({"from": Web3.to_checksum_address(fleet.accounts[0])})
    receipt = fleet.client.web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)
    return cast(Contract, fleet.client.web3.eth.contract(address=receipt["contractAddress"], abi=document["abi"]))


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def seconds_now() -> int:
    return int(time.time())
