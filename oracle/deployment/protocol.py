"""Deploys the whole platform: a function of its configuration and the deployer's nonce that keeps no state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract import Contract

from oracle.deployment.config import POLICIES, DeploymentConfig
from oracle.deployment.governing import deploy_governance, deploy_members, hand_to_members
from oracle.deployment.roles import ADMIN, GUARDIAN, LISTING, ROLE_NAMES, restricted
from oracle.deployment.sending import Sender
from oracle.errors import Fatal
from oracle.types import Address, BlockNumber, ChainId

NO_DELAY = 0
EVERY_KIND_OF_WORK = (1 << 7) - 1


@dataclass(frozen=True, slots=True)
class Deployment:
    """Contracts by name, as listed in the Directory (`Directory` itself included); who was given which role."""

    chain_id: ChainId
    block: BlockNumber
    addresses: Mapping[str, Address]
    roles: Mapping[str, Address] = field(default_factory=dict)

    @property
    def directory(self) -> Address:
        return self.addresses["Directory"]


def deploy(web3: Web3, deployer: str | LocalAccount, config: Mapping[str, Any]) -> Deployment:
    """Deploys, wires, lists and hands over; the deployer keeps no role. Raises Fatal where a transaction fails.

    `deployer` is an address that the node keeps unlocked, or a key. `config` is the YAML document (config/local.yaml).
    """
    plan = DeploymentConfig.parse(config, web3.eth.accounts)
    sender = Sender(web3, deployer)
    contracts = _deploy_contracts(sender, plan)
    _declare_roles(sender, contracts)
    _list(sender, contracts, plan)
    holders = _hand_over(sender, contracts, plan)
    block = sender.wait()
    return Deployment(
        chain_id=ChainId(web3.eth.chain_id),
        block=BlockNumber(block),
        addresses={name: Address(contract.address) for name, contract in contracts.items()},
        roles={ROLE_NAMES[role]: holder for role, holder in holders.items()},
    )


def _deploy_contracts(sender: Sender, plan: DeploymentConfig) -> dict[str, Contract]:
    authority = sender.deploy("Authority", sender.address)
    directory = sender.deploy("Directory", authority.address)
    accounts = sender.deploy("PrepaidAccounts", authority.address)
    members = {} if plan.founding is None else deploy_members(sender, plan.founding, authority, accounts)
    community = plan.community if plan.founding is None else members["CommunityAccount"].address
    splitter = sender.deploy("FeeSplitter", accounts.address)
    # Registries, meters and agreements know each other as immutables; the later ones' addresses follow from the nonce.
    agreements_address = sender.address_after(6)
    assets = sender.deploy(
        "AssetRegistry",
        authority.address,
        splitter.address,
        sender.address_after(1),
        agreements_address,
        sender.address_after(2),
        sender.address_after(3),
    )
    meters = sender.deploy("MeterRegistry", assets.address, agreements_address)
    components = sender.deploy("Components", assets.address, meters.address, agreements_address)
    end_of_life = sender.deploy("EndOfLife", assets.address, agreements_address)
    tariffs = sender.deploy("TariffBook", accounts.address)
    offers = sender.deploy("OfferBook", authority.address, assets.address, tariffs.address, splitter.address)
    agreements = sender.deploy(
        "UsageAgreements",
        accounts.address,
        assets.address,
        meters.address,
        tariffs.address,
        offers.address,
        splitter.address,
        community,
    )
    if agreements.address != agreements_address:
        raise Fatal("deployment", "contracts came out of order", "Deploy with an account that nothing else uses.")
    credits = sender.deploy("CreditNotes", accounts.address, assets.address, tariffs.address, agreements.address)
    reservations = sender.deploy(
        "Reservations",
        accounts.address,
        assets.address,
        agreements.address,
        offers.address,
        splitter.address,
        community,
    )
    providers = sender.deploy("EligibilityList", authority.address)
    asked = members.get("MemberProviders", providers)
    circular = sender.deploy("CircularEligibility", asked.address, assets.address, end_of_life.address)
    workers = sender.deploy("WorkerList", authority.address)
    terms = sender.deploy("ServiceTermsBook", accounts.address, assets.address)
    market = sender.deploy(
        "ServiceMarket",
        authority.address,
        accounts.address,
        assets.address,
        meters.address,
        agreements.address,
        terms.address,
        sender.address_after(1),
        community,
    )
    hand_overs = sender.deploy("HandOvers", assets.address, market.address)
    sales = sender.deploy("TitleSales", accounts.address, assets.address, offers.address, splitter.address)
    buybacks = sender.deploy(
        "BuybackGuarantees",
        accounts.address,
        assets.address,
        meters.address,
        offers.address,
        splitter.address,
        market.address,
    )
    uptimes = sender.deploy(
        "AvailabilityGuarantees",
        accounts.address,
        assets.address,
        meters.address,
        tariffs.address,
        offers.address,
        agreements.address,
    )
    financing = _deploy_financing(
        sender,
        authority=authority.address,
        accounts=accounts.address,
        assets=assets.address,
        splitter=splitter.address,
        meters=meters.address,
        components=components.address,
        market=market.address,
        guarantees=buybacks.address,
    )
    spares = _deploy_spares(
        sender,
        accounts=accounts.address,
        assets=assets.address,
        meters=meters.address,
        agreements=agreements.address,
        offers=offers.address,
        terms=terms.address,
        market=market.address,
        community=community,
    )
    mocks = {name: sender.deploy(name) for name in plan.mock_currencies}
    contracts = {
        "Authority": authority,
        "Directory": directory,
        "PrepaidAccounts": accounts,
        "FeeSplitter": splitter,
        "AssetRegistry": assets,
        "MeterRegistry": meters,
        "Components": components,
        "EndOfLife": end_of_life,
        "TariffBook": tariffs,
        "OfferBook": offers,
        "UsageAgreements": agreements,
        "CreditNotes": credits,
        "Reservations": reservations,
        "EligibilityList": providers,
        "CircularEligibility": circular,
        "WorkerList": workers,
        "ServiceTermsBook": terms,
        "ServiceMarket": market,
        "HandOvers": hand_overs,
        "TitleSales": sales,
        "BuybackGuarantees": buybacks,
        "AvailabilityGuarantees": uptimes,
        **financing,
        **members,
        **spares,
        **mocks,
    }
    if plan.founding is not None:
        contracts |= deploy_governance(sender, plan.founding, contracts)
    return contracts


def _deploy_financing(sender: Sender, **platform: str) -> dict[str, Contract]:
    """The contracts of rounds know each other as immutables: five addresses follow from the nonce."""
    book, rounds, collateral, ballots, auctions = (sender.address_after(index) for index in range(5))
    accounts, assets, splitter = platform["accounts"], platform["assets"], platform["splitter"]
    of_collateral = (
        accounts, assets, splitter, platform["meters"], platform["components"], platform["market"],
        platform["guarantees"], book, rounds, ballots, auctions,
    )  # fmt: skip
    return {
        "RoundBook": sender.deploy(
            "RoundBook",
            platform["authority"],
            accounts,
            assets,
            splitter,
            platform["market"],
            rounds,
            collateral,
            platform["guarantees"],
        ),
        "CoFinancing": sender.deploy("CoFinancing", accounts, splitter, book, collateral, ballots),
        "RoundCollateral": sender.deploy("RoundCollateral", of_collateral),
        "RoundBallots": sender.deploy("RoundBallots", rounds, collateral),
        "TitleAuction": sender.deploy("TitleAuction", accounts, collateral),
        "RoundViews": sender.deploy("RoundViews", rounds, book, ballots),
    }


def _deploy_spares(sender: Sender, **platform: str) -> dict[str, Contract]:
    """The contracts of pools know each other as immutables: their addresses follow from the nonce."""
    pools, loans, stock = (sender.address_after(index) for index in range(3))
    accounts, assets, meters = platform["accounts"], platform["assets"], platform["meters"]
    agreements, offers = platform["agreements"], platform["offers"]
    return {
        "SparePools": sender.deploy("SparePools", accounts, assets, offers, stock, loans),
        "SpareLoans": sender.deploy("SpareLoans", assets, meters, agreements, pools, stock),
        "SpareStock": sender.deploy(
            "SpareStock", accounts, assets, agreements, offers, platform["terms"], platform["market"], pools, loans,
            platform["community"],
        ),
    }  # fmt: skip


def _declare_roles(sender: Sender, contracts: Mapping[str, Contract]) -> None:
    authority = contracts["Authority"]
    for name, functions in restricted(contracts).items():
        for role in sorted(set(functions.values())):
            selectors = [Web3.keccak(text=text)[:4] for text, needed in functions.items() if needed == role]
            sender.call(authority, "setTargetFunctionRole", contracts[name].address, selectors, role)
    sender.call(authority, "grantRole", LISTING, sender.address, NO_DELAY)


def _list(sender: Sender, contracts: Mapping[str, Contract], plan: DeploymentConfig) -> None:
    for name, contract in contracts.items():
        sender.call(contracts["Directory"], "set", name.encode().ljust(32, b"\0"), contract.address)
    for currency in (*(contracts[name].address for name in plan.mock_currencies), *plan.currencies):
        sender.call(contracts["PrepaidAccounts"], "admitCurrency", currency)
    # A decision about a machine's next use is a reason to take parts out of it.
    sender.call(contracts["AssetRegistry"], "appointRecorder", contracts["EndOfLife"].address, True)
    sender.call(contracts["AssetRegistry"], "setEligibility", contracts[POLICIES[plan.policy]].address)
    for provider in plan.providers:
        sender.call(contracts["EligibilityList"], "admit", provider)
    workers = contracts.get("MemberWorkers", contracts["WorkerList"])
    sender.call(contracts["ServiceMarket"], "setEligibility", workers.address)
    for worker in plan.workers:
        sender.call(contracts["WorkerList"], "admit", worker, EVERY_KIND_OF_WORK)
    for recorder in ("ServiceMarket", "HandOvers", "SpareLoans"):
        sender.call(contracts["AssetRegistry"], "appointRecorder", contracts[recorder].address, True)


def _hand_over(sender: Sender, contracts: Mapping[str, Contract], plan: DeploymentConfig) -> dict[int, Address]:
    """Who has which role at the end."""
    authority = contracts["Authority"]
    if plan.founding is not None:
        holders = hand_to_members(contracts)
    else:
        holders = {GUARDIAN: plan.guardian, LISTING: plan.listing, ADMIN: plan.admin}
    for role, holder in sorted(holders.items(), reverse=True):
        sender.call(authority, "grantRole", role, holder, NO_DELAY)
    for role in (LISTING, ADMIN):
        if sender.address != holders[role]:
            sender.call(authority, "renounceRole", role, sender.address)
    return holders
