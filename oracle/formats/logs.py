"""What the chain's logs tell of all machines, read through the node."""

from collections.abc import Collection

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.chain.events import EventReader
from oracle.formats.happenings import Happening
from oracle.types import BlockNumber


def happenings_of(
    client: ChainClient, platform: Platform, names: Collection[str], first: BlockNumber, chunk: int
) -> list[Happening]:
    """Events of these names from block `first` to the head, in chain order. Raises Retryable where the node is away."""
    found: list[Happening] = []
    for stretch in EventReader(platform).read(client, first, client.head(), chunk):
        times = {header.number: header.time for header in stretch.headers}
        found += [
            Happening(one.contract, one.name, one.arguments, one.transaction, one.log_index, times[one.block])
            for one in stretch.events
            if one.name in names
        ]
    return found
