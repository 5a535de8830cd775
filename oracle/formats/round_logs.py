"""What the chain's logs tell of one round's money, read through the node."""

from eth_utils.abi import event_abi_to_log_topic
from web3.types import LogReceipt

from oracle.chain.client import ChainClient, Topics
from oracle.chain.contracts import ACCOUNTS, ROUND_COLLATERAL, ROUNDS, Platform, load_artefact
from oracle.chain.events import EventReader
from oracle.chain.node_errors import NodeRefused
from oracle.formats.happenings import Happening
from oracle.types import ZERO_ADDRESS, Address, BlockNumber, RoundId


def round_happenings(
    client: ChainClient, platform: Platform, round_id: RoundId, account: Address, currency: Address,
    holder: Address | None = None,
) -> list[Happening]:  # fmt: skip
    """All of the round in chain order: its own events, what came into its account, positions burned, and a holder's
    that moved. Raises Retryable where the node is away."""
    names = {platform.addresses[name]: name for name in (ACCOUNTS, ROUNDS, ROUND_COLLATERAL)}
    ledger, money, collateral = names
    moves = [_topic(ROUNDS, "TransferSingle"), _topic(ROUNDS, "TransferBatch")]
    wanted: list[tuple[list[Address], Topics]] = [
        ([money, collateral], (None, _word(round_id))),
        ([ledger], (_topic(ACCOUNTS, "Transfer"), None, _word(int(account, 16)), _word(int(currency, 16)))),
        *(([money], (moves, None, None, _word(int(to, 16)))) for to in {ZERO_ADDRESS, holder or ZERO_ADDRESS}),
    ]
    if holder is not None:
        wanted.append(([money], (moves, None, _word(int(holder, 16)))))
    head = client.head()
    found: dict[tuple[int, int], LogReceipt] = {}
    for addresses, topics in wanted:
        for log in _logs(client, addresses, topics, BlockNumber(0), head):
            found[log["blockNumber"], log["logIndex"]] = log
    reader = EventReader(platform, names)
    times = {number: client.block(BlockNumber(number)).time for number, _ in found}
    return [
        Happening(one.contract, one.name, one.arguments, one.transaction, one.log_index, times[one.block])
        for _, log in sorted(found.items())
        if (one := reader.decode(log)) is not None
    ]


def _logs(
    client: ChainClient, addresses: list[Address], topics: Topics, first: BlockNumber, last: BlockNumber
) -> list[LogReceipt]:
    """A node that refuses a range is asked for its halves."""
    try:
        return client.logs(addresses, first, last, topics)
    except NodeRefused:
        if first == last:
            raise
    middle = BlockNumber((first + last) // 2)
    return [
        *_logs(client, addresses, topics, first, middle),
        *_logs(client, addresses, topics, BlockNumber(middle + 1), last),
    ]


def _topic(contract: str, event: str) -> str:
    for item in load_artefact(f"I{contract}")["abi"]:
        if item["type"] == "event" and item["name"] == event:
            return "0x" + event_abi_to_log_topic(item).hex()
    raise LookupError(event)


def _word(value: int) -> str:
    return f"0x{value:064x}"
