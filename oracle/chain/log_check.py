"""No answer about logs is believed that the blocks' own headers contradict.

A header carries a bloom filter over the address and the topics of every log in its block. Logs that make exactly this
filter are complete; a filter that cannot hold one of our addresses says that there are none. In all other cases the
receipts of the block are asked, whose logs must make the filter; a node that fails this is passed over for another.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from web3.types import LogReceipt

from oracle.chain.client import ChainClient, Header
from oracle.chain.node_errors import NodeNotReachable, NodeRefused
from oracle.domain.hashing import address_bytes, keccak
from oracle.errors import Retryable
from oracle.types import Address, BlockNumber


class LogsContradict(Retryable):
    """A node's logs are not those of its blocks: truncated, or the chain moved while it was asked."""


def checked_logs(
    client: ChainClient, addresses: Sequence[Address], first: BlockNumber, last: BlockNumber
) -> tuple[list[LogReceipt], list[Header]]:
    """All logs of these contracts, and the range's blocks. Raises LogsContradict, NodeRefused or NodeNotReachable."""
    failure: Retryable = NodeNotReachable("node", "none answers")
    with client.each_node() as nodes:
        for _ in nodes:
            try:
                return _of_one_node(client, addresses, first, last)
            except (LogsContradict, NodeRefused, NodeNotReachable) as error:
                failure = error
    raise failure


def bloom_of(items: Iterable[bytes]) -> int:
    """The bits that these byte strings set (yellow paper, 4.3.1)."""
    bloom = 0
    for item in items:
        digest = keccak(item)
        for position in (0, 2, 4):
            bloom |= 1 << (int.from_bytes(digest[position : position + 2], "big") & 2047)
    return bloom


def _of_one_node(
    client: ChainClient, addresses: Sequence[Address], first: BlockNumber, last: BlockNumber
) -> tuple[list[LogReceipt], list[Header]]:
    logs = client.logs(addresses, first, last)
    headers = client.headers(first, last)
    _require_chain(headers)
    by_block: dict[str, list[LogReceipt]] = {header.hash: [] for header in headers}
    for log in logs:
        block = log["blockHash"].to_0x_hex()
        if block not in by_block:
            raise LogsContradict("node", f"has logs of block {log['blockNumber']} on another fork")
        by_block[block].append(log)
    ours = {address: bloom_of([address_bytes(address)]) for address in addresses}
    checked: list[LogReceipt] = []
    for header in headers:
        checked += _of_block(client, header, by_block[header.hash], ours)
    return checked, headers


def _of_block(
    client: ChainClient, header: Header, logs: list[LogReceipt], ours: dict[Address, int]
) -> list[LogReceipt]:
    if _bloom(logs) == header.bloom:
        return logs
    if not logs and not any(header.bloom & bits == bits for bits in ours.values()):
        return logs
    every = client.logs_by_receipts(header)
    if _bloom(every) != header.bloom:
        raise LogsContradict("node", f"shows other logs than block {header.number} holds")
    return [log for log in every if Address(log["address"]) in ours]


def _bloom(logs: Iterable[LogReceipt]) -> int:
    bloom = 0
    for log in logs:
        bloom |= bloom_of([bytes.fromhex(log["address"][2:]), *map(bytes, log["topics"])])
    return bloom


def _require_chain(headers: Sequence[Header]) -> None:
    for parent, child in pairwise(headers):
        if child.parent != parent.hash:
            raise LogsContradict("node", f"shows block {child.number} on another fork than the one before it")
