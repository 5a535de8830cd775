"""What runs on the chain: contracts, one machine with its meter, a customer, and the oracle beside the maker's node."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.chain.node import HOST, free_port
from oracle.demo.cast import SHARES, Part
from oracle.demo.device_process import DeviceProcess
from oracle.demo.prices import Tempo, demo_tariff
from oracle.demo.processes import Child, wait_until
from oracle.deployment.config import read_config
from oracle.deployment.protocol import Deployment, deploy
from oracle.domain.signatures import SigningKey
from oracle.formats import passport
from oracle.parties import accounts, agreements, assets, keystore, splits, tariffs
from oracle.parties.circular import Paper, make_offerable
from oracle.parties.currencies import Currency, find_currency
from oracle.parties.keystore import local_account
from oracle.parties.wallet import Wallet
from oracle.types import Address, AgreementId, AssetId, Seconds, SplitId, TariffId, UnixTime

CISE = (sys.executable, "-m", "oracle.cli.main")
DEPLOYER, RELAYER, PERMIT_SIGNER = 0, 18, 19
ACCOUNTS = 20
CONFIGURATION = "consortium"
METER_KEY = "drill"
MODEL, SERIAL = "Smart Drill SD-1", "SN-2026-0001"
ODOMETER_PER_DAY, DAY = 86_400_000, 86_400
START_SECONDS = 60.0
TEMPO = Tempo()


def addresses() -> list[str]:
    """The accounts that every local chain has; everybody has their keys."""
    return [str(local_account(index).address) for index in range(ACCOUNTS)]


def deploy_on(url: str) -> tuple[ChainClient, Deployment]:
    client = ChainClient(url)
    client.connect()
    return client, deploy(client.web3, local_account(DEPLOYER), _without_unlocked_accounts(read_config(CONFIGURATION)))


def _without_unlocked_accounts(entry: Any) -> Any:
    """`account:N` by its address: no member's node keeps a key."""
    if isinstance(entry, Mapping):
        return {name: _without_unlocked_accounts(value) for name, value in entry.items()}
    if isinstance(entry, list):
        return [_without_unlocked_accounts(value) for value in entry]
    if isinstance(entry, str) and entry.startswith("account:"):
        return addresses()[int(entry.removeprefix("account:"))]
    return entry


class Served:
    """One drill on the platform: offered, hired, and at work through the maker's node."""

    def __init__(self, client: ChainClient, deployment: Deployment, url: str, folder: Path) -> None:
        self.client, self.deployment, self.url, self.folder = client, deployment, url, folder
        self.platform = Platform.locate(client, deployment.directory)
        self.currency: Currency = find_currency(client, self.platform, None)
        self.customer = self.wallet(Part.CUSTOMER)
        self.asset, self.split, self.tariff = AssetId(0), SplitId(0), TariffId(0)
        self.agreement = AgreementId(0)
        self.door_url = f"http://{HOST}:{free_port()}"

    def wallet(self, part: Part) -> Wallet:
        return Wallet(self.client, self.platform, local_account(part))

    def offer(self) -> None:
        maker, owner = self.wallet(Part.MAKER), self.wallet(Part.OWNER)
        self.asset, _ = assets.register(maker, MODEL, SERIAL, owner.address)
        assets.declare_odometer_rate(maker, self.asset, ODOMETER_PER_DAY)
        assets.bind_meter(owner, self.asset, _key(Part.METER))
        rotation = _key(Part.ROTATION_KEY)
        assets.set_rotation_key(owner, self.asset, rotation.address)
        assets.appoint_permit_signer(owner, self.asset, rotation, Address(local_account(PERMIT_SIGNER).address))
        material = passport.read(passport.shipped("smart-drill"), datetime.now(UTC).date())
        make_offerable(maker, owner, self.asset, Paper(passport.passport_hash(material), ""))
        assets.put_in_service(owner, self.asset)
        payees = [splits.Payee(Address(local_account(part).address), share) for part, share in SHARES.items()]
        self.split, _ = splits.create(owner, payees, [self.currency.address])
        splits.point(owner, self.asset, self.split)
        self.tariff, _ = tariffs.publish(owner, demo_tariff(self.currency.address, TEMPO))
        until = UnixTime(self.client.block(self.client.head()).time + DAY)
        assets.offer(owner, self.asset, self.tariff, True, until)

    def hire(self, amount: str) -> None:
        tariff = demo_tariff(self.currency.address, TEMPO)
        paid_in = self.currency.parse(amount)
        accounts.mint_play_money(self.customer, self.currency, paid_in)
        wish = agreements.Wish(
            self.asset, self.tariff, True, tariff.hold_target, self.currency.parse("100"), Seconds(DAY)
        )
        self.agreement, _ = agreements.fund_and_open(self.customer, self.currency, paid_in, wish)

    def oracle(self) -> Child:
        """The real one, in a process of its own, with the maker's node."""
        settings = {
            "RPC_URL": self.url,
            "CHAIN_ID": str(self.deployment.chain_id),
            "DIRECTORY_ADDRESS": self.deployment.directory,
            "DATA_DIR": str(self.folder),
            "HOST": HOST,
            "PORT": self.door_url.rpartition(":")[2],
            # Decided is final: no block is ever taken back.
            "CONFIRMATIONS": "0",
            "RELAYER_KEY": local_account(RELAYER).key.hex(),
            "PERMIT_KEY": local_account(PERMIT_SIGNER).key.hex(),
            "SEAL_POLICY": "each_block",
            **dict.fromkeys(("INDEX_EVERY", "RELAY_EVERY", "PERMITS_EVERY", "REFILL_EVERY", "FORMS_EVERY"), "0.5"),
        }
        environment = {f"CISE_{name}": value for name, value in settings.items()}
        return Child("oracle", [*CISE, "oracle", "run"], self.folder / "oracle.log", environment)

    def await_door(self, oracle: Child) -> None:
        def ready() -> bool:
            try:
                return httpx.get(f"{self.door_url}/readyz", timeout=2).is_success
            except httpx.TransportError:
                return False

        wait_until(ready, START_SECONDS, "the oracle's first answer", oracle, 0.2)

    def machine(self) -> DeviceProcess:
        password = self.folder / "password.txt"
        password.write_text(secrets.token_hex(16))
        keystore.write_key(
            self.folder / "keys",
            METER_KEY,
            SecretStr(local_account(Part.METER).key.hex()),
            SecretStr(password.read_text()),
        )
        command = [*CISE, "device", "run", "--kind", "drill", "--json", "--level", "2"]
        command += ["--asset", str(self.asset), "--agreement", str(self.agreement)]
        command += ["--key", METER_KEY, "--password-file", str(password), "--door", self.door_url]
        command += ["--rpc", self.url, "--directory", self.deployment.directory, "--data", str(self.folder)]
        command += ["--step-ms", "500", "--reading-ms", "1000", "--permit-ms", "1000"]
        return DeviceProcess(command, self.folder / "device.log")

    def settled(self) -> int:
        return agreements.slot_of(self.client, self.platform, self.agreement).settled

    def sequence(self) -> int:
        return agreements.slot_of(self.client, self.platform, self.agreement).sequence

    def distribute(self) -> int:
        paid, _ = splits.distribute(self.wallet(Part.OWNER), self.split, self.currency)
        return paid


def _key(part: Part) -> SigningKey:
    return SigningKey(bytes(local_account(part).key))
