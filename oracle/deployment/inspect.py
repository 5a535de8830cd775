"""What stands on the chain against what this release would deploy: code, and who may do what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from web3 import Web3

from oracle.chain.client import ChainClient, checksummed
from oracle.chain.contracts import contract, load_artefact
from oracle.chain.node_errors import NodeRefused, typed_errors
from oracle.deployment.roles import ROLE_NAMES, restricted
from oracle.errors import Fatal
from oracle.types import Address, BlockNumber

AUTHORITY = "Authority"


@dataclass(frozen=True, slots=True)
class Members:
    """Who holds a role."""

    role: str
    accounts: tuple[Address, ...]


def differing_code(client: ChainClient, addresses: Mapping[str, Address]) -> list[str]:
    """Contracts whose code is not that of this release, by name. What the constructor filled in is not compared."""
    return [name for name in sorted(addresses) if _known(name) and not _is_same(client, name, addresses[name])]


def unknown_contracts(addresses: Mapping[str, Address]) -> list[str]:
    """Listed in the Directory, but not in this release."""
    return [name for name in sorted(addresses) if not _known(name)]


def wrong_function_roles(client: ChainClient, addresses: Mapping[str, Address]) -> list[str]:
    """Restricted functions that another role than the declared one may call."""
    authority = contract(client.web3, AUTHORITY, addresses[AUTHORITY])
    wrong = []
    for name, functions in restricted(addresses).items():
        for signature, role in functions.items():
            target = Web3.to_checksum_address(addresses[name])
            selector = bytes(Web3.keccak(text=signature)[:4])
            found = client.call(authority.functions.getTargetFunctionRole(target, selector))
            if found != role:
                wrong.append(f"{name}.{signature} needs {_name(found)}, not {_name(role)}")
    return wrong


def role_members(client: ChainClient, authority: Address, first: int, chunk: int) -> list[Members]:
    """Everybody who was ever granted a role and has it now."""
    granted = _granted(client, authority, first, chunk)
    manager = contract(client.web3, AUTHORITY, authority)
    members = []
    for role, name in ROLE_NAMES.items():
        held = [
            account
            for account in sorted(granted.get(role, ()))
            if client.call(manager.functions.hasRole(role, Web3.to_checksum_address(account)))[0]
        ]
        members.append(Members(name, tuple(held)))
    return members


def _granted(client: ChainClient, authority: Address, first: int, chunk: int) -> dict[int, set[Address]]:
    topic = Web3.keccak(text="RoleGranted(uint64,address,uint32,uint48,bool)")
    granted: dict[int, set[Address]] = {}
    start, head = first, client.head()
    while start <= head:
        end = min(start + chunk - 1, head)
        try:
            logs = client.logs([authority], BlockNumber(start), BlockNumber(end))
        except NodeRefused:
            if end == start:
                raise
            chunk = max((end - start + 1) // 2, 1)
            continue
        for log in logs:
            if bytes(log["topics"][0]) == bytes(topic):
                role, account = int.from_bytes(log["topics"][1]), checksummed(bytes(log["topics"][2])[12:])
                granted.setdefault(role, set()).add(account)
        start = end + 1
    return granted


def _known(name: str) -> bool:
    try:
        return bool(load_artefact(name)["deployedBytecode"])
    except Fatal:
        return False


def _is_same(client: ChainClient, name: str, address: Address) -> bool:
    artefact = load_artefact(name)
    expected = bytearray(bytes.fromhex(artefact["deployedBytecode"].removeprefix("0x")))
    with typed_errors("eth_getCode"):
        found = bytearray(client.web3.eth.get_code(Web3.to_checksum_address(address)))
    if len(found) != len(expected):
        return False
    for start, length in _immutables(artefact):
        expected[start : start + length] = found[start : start + length] = bytes(length)
    return expected == found


def _immutables(artefact: Mapping[str, Any]) -> list[tuple[int, int]]:
    places = artefact["immutableReferences"].values()
    return [(place["start"], place["length"]) for each in places for place in each]


def _name(role: int) -> str:
    return ROLE_NAMES.get(role, f"role {role}")
