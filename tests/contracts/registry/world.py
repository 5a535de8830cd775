"""The registries with the real ledger and splitter, and a stand-in for the two answers of UsageAgreements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import brownie
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from tests.contracts.registry.signing import key, sign

ZERO = "0x" + "00" * 20
NOTHING = b"\x00" * 32
GUARDIAN = 1
LISTING = 2
MODEL = keccak(text="drill 3000")
DAY = 86_400
RETIRED = 4
REUSE_ELSEWHERE, REPAIR, REFURBISH, REMANUFACTURE, REPURPOSE, HARVEST, RECYCLE, DISPOSE = range(1, 9)
NO_STATUS = (0, 0, 0, 0, 0, 0)
NO_PENDING = (ZERO, 0, 0, 0, 0, 0, "0x" + NOTHING.hex())


def container(name: str) -> Any:
    return getattr(brownie.project.get_loaded_projects()[0], name)


def serial(number: int) -> bytes:
    return keccak(text=f"serial {number}")


def route(meter: Any, split: int, epoch: int) -> int:
    return int(getattr(meter, "address", meter), 16) << 96 | split << 32 | epoch


def wait_until(time: int) -> None:
    """The next block has exactly this time."""
    brownie.web3.provider.make_request("evm_setNextBlockTimestamp", [time])


def now() -> int:
    return int(brownie.chain[-1].timestamp)


@dataclass(frozen=True, slots=True)
class World:
    authority: Any
    accounts: Any
    splitter: Any
    assets: Any
    meters: Any
    components: Any
    end_of_life: Any
    steps: Any
    agreements: Any
    policy: Any
    euro: Any
    franc: Any
    admin: Any
    guardian: Any
    maker: Any
    provider: Any
    buyer: Any
    lienholder: Any
    stranger: Any

    def register(self, number: int = 1, owner: Any = None) -> int:
        """A drill made by `maker`, owned by `provider`."""
        transaction = self.assets.register(MODEL, serial(number), owner or self.provider, {"from": self.maker})
        return int(transaction.return_value)

    def split(self, controller: Any, *payees: tuple[Any, int], currencies: tuple[Any, ...] = ()) -> int:
        listed = [currency.address for currency in currencies or (self.euro,)]
        shares = [(account.address, share) for account, share in payees or ((controller, 1),)]
        transaction = self.splitter.create(controller, shares, listed, {"from": self.stranger})
        return int(transaction.return_value)

    def earn(self, split: int, amount: int, currency: Any = None) -> None:
        """Fees arrive in the split's account."""
        currency = currency or self.euro
        currency.mint(self.stranger, amount, {"from": self.stranger})
        currency.approve(self.accounts, amount, {"from": self.stranger})
        self.accounts.deposit(currency, self.splitter.accountOf(split), amount, {"from": self.stranger})

    def balance(self, account: Any, currency: Any = None) -> int:
        return int(self.accounts.balanceOf(account, int((currency or self.euro).address, 16)))

    def split_of(self, asset: int) -> int:
        return int(self.assets.route(asset)) >> 32 & (1 << 64) - 1

    # What becomes of it

    def decide(self, asset: int, use: int = REPURPOSE, taker: Any = ZERO, by: Any = None) -> Any:
        return self.end_of_life.decide(asset, use, taker, keccak(text="worn out"), "", {"from": by or self.provider})

    def retire(self, asset: int) -> Any:
        """By decision and then the state."""
        self.decide(asset)
        return self.assets.setLifecycle(asset, RETIRED, NOTHING, {"from": self.provider})

    # Meters

    def binding(
        self,
        asset: int,
        meter: LocalAccount,
        epoch: int = 1,
        *,
        odometer: int = 0,
        registers_hash: bytes = NOTHING,
        effective_at: int = 0,
    ) -> tuple[Any, ...]:
        return (asset, bytes.fromhex(meter.address[2:]), 0, epoch, odometer, registers_hash, effective_at)

    def announce(
        self,
        binding: tuple[Any, ...],
        meter: LocalAccount,
        old: LocalAccount | None = None,
        *,
        grade: int = 1,
        by: Any = None,
    ) -> Any:
        possession = sign(meter, "MeterBinding", binding, self.meters)
        old_key = sign(old, "MeterBinding", binding, self.meters) if old else b""
        return self.meters.announceMeter(binding, grade, possession, old_key, {"from": by or self.provider})

    def metered(self, number: int = 1, *, odometer: int = 0, grade: int = 1) -> tuple[int, LocalAccount]:
        """An asset with its first meter."""
        asset, meter = self.register(number), key(f"meter {number}")
        self.announce(self.binding(asset, meter, odometer=odometer), meter, grade=grade)
        return asset, meter

    def record(self, meter: LocalAccount, status: tuple[int, ...]) -> Any:
        return self.meters.recordStatus(status, sign(meter, "Status", status, self.meters), {"from": self.stranger})


def build() -> World:
    admin, guardian, maker, provider, buyer, lienholder, stranger = brownie.accounts[:7]
    by_admin = {"from": admin}
    authority = container("Authority").deploy(admin, by_admin)
    accounts = container("PrepaidAccounts").deploy(authority, by_admin)
    splitter = container("FeeSplitter").deploy(accounts, by_admin)
    agreements = container("AgreementsStub").deploy(by_admin)
    later = [admin.get_deployment_address(admin.nonce + i) for i in (1, 2, 3)]
    assets = container("AssetRegistry").deploy(authority, splitter, later[0], agreements, *later[1:], by_admin)
    meters = container("MeterRegistry").deploy(assets, agreements, by_admin)
    components = container("Components").deploy(assets, meters, agreements, by_admin)
    end_of_life = container("EndOfLife").deploy(assets, agreements, by_admin)
    assert [meters, components, end_of_life] == later
    steps = container("StepSourceStub").deploy(by_admin)
    policy = container("EligibilityList").deploy(authority, by_admin)
    euro = container("MicroEuro").deploy(by_admin)
    franc = container("MicroEuro").deploy(by_admin)

    restrict(authority, assets, LISTING, "setEligibility", "appointRecorder", by=admin)
    restrict(authority, assets, GUARDIAN, "pause", "unpause", by=admin)
    restrict(authority, policy, LISTING, "admit", "dismiss", by=admin)
    restrict(authority, accounts, LISTING, "admitCurrency", by=admin)
    authority.grantRole(LISTING, admin, 0, by_admin)
    authority.grantRole(GUARDIAN, guardian, 0, by_admin)
    for recorder in (steps, end_of_life):
        assets.appointRecorder(recorder, True, by_admin)
    for currency in (euro, franc):
        accounts.admitCurrency(currency, by_admin)
    return World(
        authority, accounts, splitter, assets, meters, components, end_of_life, steps, agreements, policy, euro, franc,
        admin, guardian, maker, provider, buyer, lienholder, stranger,
    )  # fmt: skip


def restrict(authority: Any, contract: Any, role: int, *functions: str, by: Any) -> None:
    selectors = [contract.signatures[function] for function in functions]
    authority.setTargetFunctionRole(contract, selectors, role, {"from": by})
