"""I-16 where members decide: no person has a role, and every function of every contract is for who is declared."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from eth_abi import encode
from eth_utils.abi import function_abi_to_4byte_selector
from eth_utils.address import to_checksum_address
from web3 import Web3

from oracle.chain.client import ChainClient
from oracle.chain.contracts import load_artefact
from oracle.deployment.config import DeploymentConfig, read_config
from oracle.deployment.decisions import DECISIONS as LIST
from oracle.deployment.decisions import rules, table
from oracle.deployment.inspect import role_members, wrong_function_roles
from oracle.deployment.protocol import Deployment, deploy
from oracle.deployment.roles import ADMIN, DECISIONS, GUARDIAN, LISTING, restricted
from oracle.domain.hashing import keccak
from oracle.errors import Fatal
from tests.environment import ROOT

WAITED = ("PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE")
CHANGING = ("nonpayable", "payable")
ROLES = {ADMIN: "timelock", LISTING: "timelock", DECISIONS: "timelock", GUARDIAN: "guardian contract"}
# Who may where no AccessManager is asked; what is in neither table asks for no role, only for the caller's own things.
ELSEWHERE: Mapping[str, set[str]] = {
    **{f"Timelock.{name}": {"governor"} for name in ("schedule", "scheduleBatch", "execute", "executeBatch")},
    "Timelock.cancel": {"governor", "guardian contract"},
    "Timelock.updateDelay": {"timelock"},
    **{f"Timelock.{name}": {"timelock"} for name in ("grantRole", "revokeRole")},
    **{
        f"NetworkGovernor.{name}": {"timelock"}
        for name in (
            "relay", "updateTimelock", "setQuorum", "setVotingDelay", "setVotingPeriod", "setProposalThreshold",
            "setLateQuorumVoteExtension",
        )
    },
    "Decisions.add": {"timelock"},
    **{f"Guardian.{name}": {"guardian"} for name in ("pause", "lift", "cancel")},
    **{f"Membership.{name}": {"founder"} for name in ("vouch", "sponsor", "object", "openHearing")},
    **{
        f"Membership.{name}": {"founder", "member"}
        for name in ("acceptCode", "requestClass", "endClass", "resign", "answerHearing", "denyRecovery")
    },
    **{
        f"Authority.{name}": {"timelock"}
        for name in (
            "labelRole", "setRoleAdmin", "setRoleGuardian", "setGrantDelay", "setTargetAdminDelay", "grantRole",
            "revokeRole", "setTargetFunctionRole", "setTargetClosed", "updateAuthority",
        )
    },
}  # fmt: skip
DENIED = {
    "AccessManagedUnauthorized", "AccessManagerUnauthorizedAccount", "AccessControlUnauthorizedAccount",
    "GovernorOnlyExecutor", "TimelockUnauthorizedCaller", "Decisions_NotDecided", "Guardian_NotGuardian",
    "Membership_NotMember", "Membership_NoVote",
}  # fmt: skip


@pytest.fixture(scope="module")
def web3(anvil) -> Iterator[Web3]:
    web3 = Web3(Web3.HTTPProvider(anvil.url))
    before = web3.provider.make_request("evm_snapshot", [])["result"]
    yield web3
    web3.provider.make_request("evm_revert", [before])


@pytest.fixture(scope="module")
def deployed(web3) -> Deployment:
    return deploy(web3, web3.eth.accounts[0], read_config("consortium"))


@pytest.fixture(scope="module")
def at(web3, deployed):
    def bound(name: str) -> Any:
        return web3.eth.contract(
            address=to_checksum_address(deployed.addresses[name]), abi=load_artefact(name)["abi"]
        )  # fmt: skip

    return bound


@pytest.fixture(scope="module")
def people(web3, deployed, at) -> dict[str, str]:
    accounts = web3.eth.accounts
    code = at("Membership").functions.code().call()[1][0]
    at("Membership").functions.join(code).transact({"from": accounts[9]})
    return {
        "deployer": accounts[0],
        "stranger": "0x" + "5e" * 20,
        "member": accounts[9],
        "founder": accounts[3],
        "guardian": accounts[1],
        "timelock": deployed.addresses["Timelock"],
        "guardian contract": deployed.addresses["Guardian"],
        "governor": deployed.addresses["NetworkGovernor"],
    }


def test_i16_only_contracts_have_roles(anvil, deployed):
    client = ChainClient(anvil.url)
    found = {each.role: set(each.accounts) for each in role_members(client, deployed.addresses["Authority"], 0, 1_000)}
    timelock, guardian = deployed.addresses["Timelock"], deployed.addresses["Guardian"]
    assert found == {"admin": {timelock}, "listing": {timelock}, "decisions": {timelock}, "guardian": {guardian}}
    assert wrong_function_roles(client, deployed.addresses) == []


def test_i16_the_timelock_has_no_administrator_but_itself(web3, deployed, at):
    timelock = at("Timelock")
    held = {
        (event["args"]["role"], event["args"]["account"])
        for event in timelock.events.RoleGranted().get_logs(from_block=0)
    }
    names = {getattr(timelock.functions, name)().call(): name for name in ("DEFAULT_ADMIN_ROLE", *WAITED)}
    governor, guardian = deployed.addresses["NetworkGovernor"], deployed.addresses["Guardian"]
    assert {(names[role], account) for role, account in held} == {
        ("DEFAULT_ADMIN_ROLE", timelock.address),
        *((name, governor) for name in WAITED),
        ("CANCELLER_ROLE", guardian),
    }
    assert timelock.functions.getMinDelay().call() >= 30 * 86_400


def test_gifts_and_surpluses_go_to_the_community_account(web3, deployed):
    """Immutables stand in the code."""
    given = [
        name for name in deployed.addresses for entry in load_artefact(name)["abi"]
        if entry["type"] == "constructor" and any("community" in one["name"] for one in entry["inputs"])
    ]  # fmt: skip
    account = bytes.fromhex(deployed.addresses["CommunityAccount"][2:])
    codes = {name: bytes(web3.eth.get_code(to_checksum_address(deployed.addresses[name]))) for name in given}
    assert {name for name, code in codes.items() if account not in code} == set()
    assert {"UsageAgreements", "ServiceMarket", "Reservations", "SpareStock"} <= set(given)


def test_the_list_on_the_chain_is_the_published_one(deployed, at):
    listed = [
        (target, bytes(selector), [tuple(bound) for bound in bounds])
        for target, selector, bounds in at("Decisions").functions.rules().call()
    ]
    assert listed == rules(deployed.addresses)
    for name, address in deployed.addresses.items():
        founding = at("Decisions").functions.isFounding(address).call()
        assert founding is True, name


def test_each_listed_function_exists_and_is_the_timelocks(deployed):
    for each in LIST:
        functions = {signature(entry) for entry in changing(each.contract)}
        assert each.function in functions, each
        if each.contract in restricted(deployed.addresses):
            assert restricted(deployed.addresses)[each.contract][each.function] in (LISTING, DECISIONS)


def test_every_function_by_every_role(anvil, deployed, people):
    """Generated from the ABIs, called with nothing in the arguments: denied exactly where the role is not declared."""
    matrix = restricted(deployed.addresses)
    calls, expected = [], []
    for name in deployed.addresses:
        for entry in changing(name):
            key = f"{name}.{entry['name']}"
            declared = matrix.get(name, {}).get(signature(entry))
            allowed = ELSEWHERE.get(key) if declared is None else {ROLES[declared]}
            if entry["name"] == "setAuthority":
                allowed = set()
            data = function_abi_to_4byte_selector(entry) + encode(
                [kind(one) for one in entry["inputs"]], [nothing(one) for one in entry["inputs"]]
            )
            for role, account in people.items():
                calls.append({"from": account, "to": deployed.addresses[name], "data": "0x" + data.hex()})
                expected.append((key, role, account, allowed is not None and role not in allowed))
    answers = ask_all(anvil.url, calls)
    errors = known_errors(deployed.addresses)
    wrong = [
        (key, role, error)
        for (key, role, account, denied), answer in zip(expected, answers, strict=True)
        if (error := denial(errors, answer, account)) is not None or denied
        if (error is not None) != denied
    ]
    assert wrong == []
    assert len(calls) > 2_000


def changing(name: str) -> list[Any]:
    return [
        entry
        for entry in load_artefact(name)["abi"]
        if entry["type"] == "function" and entry["stateMutability"] in CHANGING
    ]


def signature(entry: Any) -> str:
    return f"{entry['name']}({','.join(kind(one) for one in entry['inputs'])})"


def kind(entry: Any) -> str:
    if not entry["type"].startswith("tuple"):
        return str(entry["type"])
    return f"({','.join(kind(one) for one in entry['components'])}){entry['type'].removeprefix('tuple')}"


def nothing(entry: Any) -> Any:
    spelled = str(entry["type"])
    if spelled.endswith("[]"):
        return []
    if spelled.endswith("]"):
        inner, _, count = spelled[:-1].rpartition("[")
        return [nothing({**entry, "type": inner})] * int(count)
    if spelled == "tuple":
        return tuple(nothing(one) for one in entry["components"])
    if spelled == "string":
        return ""
    if spelled == "address":
        return "0x" + 40 * "0"
    if spelled.startswith("bytes"):
        return bytes(int(spelled[5:] or 0))
    return False if spelled == "bool" else 0


def ask_all(url: str, calls: list[dict[str, str]]) -> list[str]:
    """Data of each refusal, in one request; empty where the call goes through or reverts without data."""
    body = [
        {"jsonrpc": "2.0", "id": number, "method": "eth_call", "params": [call, "latest"]}
        for number, call in enumerate(calls)
    ]
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        found = sorted(json.load(answer), key=lambda each: each["id"])
    return [str(each.get("error", {}).get("data") or "") for each in found]


def known_errors(names: Any) -> dict[str, str]:
    return {
        "0x" + keccak(signature(entry).encode())[:4].hex(): entry["name"]
        for name in names
        for entry in load_artefact(name)["abi"]
        if entry["type"] == "error"
    }


def denial(errors: Mapping[str, str], answer: str, caller: str) -> str | None:
    """The error, where it says that this caller may not; that another is no member says nothing of the caller."""
    error = errors.get(answer[:10])
    if error == "Membership_NotMember" and answer[-40:] != caller[2:].lower():
        return None
    return error if error in DENIED else None


@pytest.mark.parametrize("name", ["consortium", "layer2"])
def test_the_shipped_configurations_can_be_read(web3, name):
    plan = DeploymentConfig.parse(read_config(name), web3.eth.accounts)
    assert plan.founding is not None
    assert plan.founding.timelock >= 30 * 86_400


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"voting": {"delay_days": 2, "period_days": 7, "late_quorum_days": 2, "quorum": 6}}, "6 of 5 founders"),
        ({"code": {"hash": "0x12", "uri": ""}}, "no hash of 32 bytes"),
        ({"founders": [{"account": "account:3", "classes": ["king"]}]}, "'king' is none of user, provider"),
        ({"guardians": {"people": []}}, "governance.guardians: missing quorum"),
    ],
)
def test_a_wrong_founding_names_the_entry(web3, change, message):
    document = dict(read_config("consortium"))
    with pytest.raises(Fatal, match=message):
        DeploymentConfig.parse(
            {**document, "governance": {**document["governance"], **change}}, web3.eth.accounts
        )  # fmt: skip


def test_members_and_named_holders_do_not_go_together(web3):
    with pytest.raises(Fatal, match="governance decides on community, policy, providers, roles, workers"):
        DeploymentConfig.parse({**read_config("local"), **read_config("consortium")}, web3.eth.accounts)


def test_the_readme_has_the_list_as_it_is():
    assert table() in (ROOT / "contracts" / "governance" / "README.md").read_text()
