"""From the Directory's address to the platform: its contracts, its blocks, its currencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from oracle.audit import abi
from oracle.audit.abi import decode_all
from oracle.audit.blocks import Header
from oracle.audit.chain import Pinned, blooms_of, creation_blocks, may_concern, read_call
from oracle.audit.findings import Findings, Place
from oracle.audit.keccak import checksum_address
from oracle.audit.replay.engine import MODULES, WHERE_MEMBERS_DECIDE
from oracle.audit.rpc import Node, NodeError
from oracle.errors import Fatal

REQUIRED: Final = frozenset(MODULES)
REMEDY: Final = "Give the address of this platform's Directory, and a node of its chain."


def directory_entries(node: Node, pinned: Pinned, directory: bytes) -> dict[str, bytes]:
    """Name → address of all that the Directory lists, with the Directory and its authority.

    Raises:
        Fatal: no Directory answers there.
    """
    contract = abi.load("Directory")
    try:
        answer = read_call(node, pinned, directory, contract.by_name["entries"].encode())
        names, locations = decode_all(contract.by_name["entries"].outputs, answer)
        authority = decode_all(contract.by_name["authority"].outputs, _ask(node, pinned, directory, "authority"))[0]
    except (NodeError, abi.AbiError) as error:
        raise Fatal(checksum_address(directory), f"no Directory answers there ({error})", REMEDY) from error
    found = {_text(name): location for name, location in zip(names, locations, strict=True)}
    return {"Directory": directory, "Authority": authority} | found


def _ask(node: Node, pinned: Pinned, directory: bytes, view: str) -> bytes:
    return read_call(node, pinned, directory, abi.load("Directory").by_name[view].encode())


def _text(name: bytes) -> str:
    return name.rstrip(b"\0").decode("utf-8", "replace")


def require_complete(addresses: Mapping[str, bytes], directory: bytes) -> None:
    if missing := sorted(REQUIRED - set(addresses)):
        raise Fatal(checksum_address(directory), f"the Directory does not list {', '.join(missing)}", REMEDY)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which blocks an audit has to read in full."""

    first: int
    births: frozenset[int]
    blooms: tuple[int, ...]

    def concerns(self, header: Header) -> bool:
        """Each change of state of a platform contract emits a log of one of them, and a log's address is in the
        header's bloom: so a block whose bloom has none of the addresses changed nothing, and needs no trust to skip."""
        return not self.births or header.number in self.births or may_concern(header, self.blooms)


def scope_of(node: Node, pinned: Pinned, contracts: Sequence[bytes], more: int) -> Scope:
    """From the first contract on; `more`: bits of the bloom of other blocks that are wanted. Everything where the node
    keeps no old states."""
    created = creation_blocks(node, pinned, contracts)
    births = frozenset(created.values())
    return Scope(min(births, default=0), births, (*blooms_of(contracts), more))


def check_listing(addresses: Mapping[str, bytes], currencies: set[bytes], findings: Findings) -> None:
    """What the Directory lists and this auditor does not know is said, not passed over."""
    for name, address in addresses.items():
        if name not in {**MODULES, **WHERE_MEMBERS_DECIDE} and address not in currencies:
            place = Place(contract=name, address=address)
            findings.unchecked("directory", place, "not checked: this auditor does not know the contract")
