"""The contracts by which members decide, deployed around the platform: the first before it, the last behind it."""

from collections.abc import Mapping

from web3.contract import Contract

from oracle.deployment.decisions import rules
from oracle.deployment.founding import Founding
from oracle.deployment.roles import ADMIN, DECISIONS, GUARDIAN, LISTING
from oracle.deployment.sending import Sender
from oracle.errors import Fatal
from oracle.types import Address

ONE_VOTE = 1
"""To propose: a member has one vote, so no other threshold makes sense, and none can be decided."""


def deploy_members(
    sender: Sender, founding: Founding, authority: Contract, accounts: Contract
) -> dict[str, Contract]:  # fmt: skip
    """Membership, the policies that ask it, and the account that the platform pays surpluses to."""
    founders = [founder.values() for founder in founding.founders]
    membership = sender.deploy("Membership", authority.address, founding.code_hash, founding.code_uri, founders)
    return {
        "Membership": membership,
        "CommunityAccount": sender.deploy(
            "CommunityAccount", authority.address, accounts.address, membership.address
        ),
        "MemberProviders": sender.deploy("MemberProviders", membership.address),
        "MemberWorkers": sender.deploy("MemberWorkers", membership.address),
    }  # fmt: skip


def deploy_governance(
    sender: Sender, founding: Founding, platform: Mapping[str, Contract]
) -> dict[str, Contract]:  # fmt: skip
    """They know each other as immutables, so their addresses follow from the nonce."""
    names = ("Timelock", "Guardian", "Decisions", "NetworkGovernor")
    places = {name: Address(sender.address_after(index)) for index, name in enumerate(names)}
    addresses = {name: Address(each.address) for name, each in platform.items()} | places
    membership, authority = addresses["Membership"], addresses["Authority"]
    governor, timelock = places["NetworkGovernor"], places["Timelock"]
    voting = (founding.voting_delay, founding.voting_period, founding.late_quorum, ONE_VOTE, founding.quorum)
    deployed = {
        "Timelock": sender.deploy("Timelock", founding.timelock, governor, places["Guardian"]),
        "Guardian": sender.deploy(
            "Guardian", authority, timelock, governor, list(founding.guardians), founding.guardian_quorum
        ),
        "Decisions": sender.deploy(
            "Decisions", timelock, membership, list(addresses.values()), rules(addresses)
        ),
        "NetworkGovernor": sender.deploy("NetworkGovernor", membership, timelock, places["Decisions"], voting),
    }  # fmt: skip
    if any(Address(deployed[name].address) != places[name] for name in names):
        raise Fatal("deployment", "contracts came out of order", "Deploy with an account that nothing else uses.")
    return deployed


def hand_to_members(contracts: Mapping[str, Contract]) -> dict[int, Address]:
    """Who has which role: no account of a person has any."""
    timelock = Address(contracts["Timelock"].address)
    return {ADMIN: timelock, LISTING: timelock, DECISIONS: timelock, GUARDIAN: Address(contracts["Guardian"].address)}
