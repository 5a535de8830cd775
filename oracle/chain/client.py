"""The chain behind typed calls and typed errors, through one node or several."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

from web3 import Web3
from web3.contract.contract import ContractFunction
from web3.exceptions import TransactionNotFound
from web3.types import FilterParams, LogReceipt, RPCEndpoint, RPCResponse, TxParams, TxReceipt

from oracle.chain.endpoints import Endpoints
from oracle.chain.node_errors import NodeNotReachable, NodeRefused, WrongChain, typed_errors
from oracle.domain.hashing import to_address
from oracle.errors import Fatal
from oracle.types import Address, BlockNumber, ChainId, TransactionHash, UnixTime

Topics = tuple[str | list[str] | None, ...]
"""What each topic of a log must be: one, one of several, or anything."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block's place and time."""

    number: BlockNumber
    hash: str
    time: UnixTime


@dataclass(frozen=True, slots=True)
class Header:
    """A block with what it says of its contents. `bloom`: 2048 bits as a number."""

    number: BlockNumber
    hash: str
    parent: str
    time: UnixTime
    bloom: int
    transactions: tuple[str, ...]

    @classmethod
    def read(cls, answer: RPCResponse) -> Self:
        """Raises NodeRefused where the node does not have the block."""
        block = answer.get("result")
        if not isinstance(block, dict):
            raise NodeRefused("node", f"did not give a block: {str(answer.get('error'))[:200]}")
        return cls(
            BlockNumber(int(block["number"], 16)),
            block["hash"],
            block["parentHash"],
            UnixTime(int(block["timestamp"], 16)),
            int(block["logsBloom"], 16),
            tuple(block["transactions"]),
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a mined transaction."""

    transaction: TransactionHash
    succeeded: bool
    block: BlockNumber
    block_hash: str
    gas_used: int


@dataclass(frozen=True, slots=True)
class Fees:
    """EIP-1559 fees in wei."""

    max_fee: int
    tip: int


class ChainClient:
    """JSON-RPC over HTTP. Raises NodeNotReachable, NodeRefused or CallReverted from every method."""

    def __init__(
        self, rpc_url: str | Sequence[str], timeout: float = 10, chain_id: int | None = None, head_lag: int = 5
    ) -> None:
        """
        Args:
            rpc_url: one node, or several of the same chain in the order of preference.
            head_lag: most blocks that a node may be behind the best and still be read from.
        """
        urls = [rpc_url] if isinstance(rpc_url, str) else list(rpc_url)
        self._endpoints = Endpoints(urls, timeout, head_lag, None if chain_id is None else ChainId(chain_id))
        self.web3 = Web3(self._endpoints)
        self._expected = chain_id
        self._chain_id: ChainId | None = None

    def connect(self) -> ChainId:
        """Asks for the chain id and compares it. Raises Fatal with what to do where the node does not answer."""
        try:
            return self.check_chain()
        except (NodeNotReachable, NodeRefused) as error:
            raise Fatal(
                "chain",
                f"not reachable ({error.what})",
                "Start the node, or set CISE_RPC_URL to one that runs; `cise up` starts a local chain.",
            ) from error

    def check_chain(self) -> ChainId:
        """Asks the nodes for their chain id again. Raises WrongChain where none is on the expected one."""
        if not self._endpoints.is_alone:
            return self._survey()
        with typed_errors("eth_chainId"):
            found = ChainId(self.web3.eth.chain_id)
        expected = self._expected if self._chain_id is None else self._chain_id
        if expected is not None and found != expected:
            raise _wrong_chain([found], expected)
        self._chain_id = found
        return found

    def health(self) -> list[str]:
        """How each node is, in the order of the settings."""
        return [health.value for health in self._endpoints.health()]

    def each_node(self) -> AbstractContextManager[Iterator[None]]:
        """An iteration whose every step asks one usable node only: for a second opinion."""
        return self._endpoints.each_alone()

    def _survey(self) -> ChainId:
        with typed_errors("eth_chainId"):
            on_expected = self._endpoints.survey()
        expected = self._endpoints.expected
        assert expected is not None, "a survey that ends knows a chain"
        if not on_expected:
            raise _wrong_chain(self._endpoints.found_chains(), expected)
        self._chain_id = expected
        return expected

    @property
    def chain_id(self) -> ChainId:
        return self._chain_id if self._chain_id is not None else self.check_chain()

    def head(self) -> BlockNumber:
        with typed_errors("eth_blockNumber"):
            return BlockNumber(self.web3.eth.block_number)

    def block(self, number: BlockNumber) -> Block:
        with typed_errors(f"block {number}"):
            found = self.web3.eth.get_block(number)
        return Block(BlockNumber(found["number"]), found["hash"].to_0x_hex(), UnixTime(found["timestamp"]))

    def headers(self, first: BlockNumber, last: BlockNumber) -> list[Header]:
        """Of every block in a range, in one request per hundred."""
        found: list[Header] = []
        for start in range(first, last + 1, 100):
            numbers = range(start, min(start + 100, last + 1))
            # Past web3, which takes longer to dress an answer than a node to give it.
            wanted = [(RPCEndpoint("eth_getBlockByNumber"), [hex(number), False]) for number in numbers]
            with typed_errors("a batch of blocks"):
                answers = self._endpoints.make_batch_request(wanted)
            found += [Header.read(answer) for answer in (answers if isinstance(answers, list) else [answers])]
        if [header.number for header in found] != list(range(first, last + 1)):
            raise NodeRefused("node", f"did not give the blocks {first} to {last}")
        return found

    def logs_by_receipts(self, header: Header) -> list[LogReceipt]:
        """Every log of a block, from its transactions' receipts."""
        found: list[LogReceipt] = []
        for start in range(0, len(header.transactions), 100):
            with typed_errors("a batch of receipts"), self.web3.batch_requests() as batch:
                for transaction in header.transactions[start : start + 100]:
                    batch.add(self.web3.eth.get_transaction_receipt(cast(Any, transaction)))
                for receipt in cast(list[TxReceipt], batch.execute()):
                    found += receipt["logs"]
        return found

    def call(self, function: ContractFunction, block: BlockNumber | None = None) -> Any:
        """The result of a view at a block (default: the latest)."""
        with typed_errors(function.fn_name):
            return function.call(block_identifier="latest" if block is None else block)

    def call_many(self, functions: Sequence[ContractFunction], block: BlockNumber | Literal["pending"]) -> list[Any]:
        """The results of many views at one block, in one request per hundred.

        "pending": with what waits in the node's pool, as far as the node knows and tells.
        """
        results: list[Any] = []
        for start in range(0, len(functions), 100):
            with typed_errors("a batch of views"), self.web3.batch_requests() as batch:
                for function in functions[start : start + 100]:
                    batch.add(function.call(block_identifier=block))
                results += batch.execute()
        return results

    def logs(
        self, addresses: Sequence[Address], first: BlockNumber, last: BlockNumber, topics: Topics | None = None
    ) -> list[LogReceipt]:
        """All logs of these contracts in a range of blocks, in chain order; with `topics` those that match."""
        places = {"address": list(addresses), "fromBlock": hex(first), "toBlock": hex(last)}
        wanted = cast(FilterParams, places if topics is None else places | {"topics": list(topics)})
        with typed_errors(f"logs of blocks {first} to {last}"):
            return self.web3.eth.get_logs(wanted)

    def receipt(self, transaction: TransactionHash) -> Receipt | None:
        """None where the transaction is not mined."""
        try:
            with typed_errors("eth_getTransactionReceipt"):
                found = self._receipt(transaction)
        except _NotFound:
            return None
        return Receipt(
            transaction,
            found["status"] == 1,
            BlockNumber(found["blockNumber"]),
            found["blockHash"].to_0x_hex(),
            found["gasUsed"],
        )

    def knows(self, transaction: TransactionHash) -> bool:
        """Whether the node has the transaction, mined or waiting."""
        with typed_errors("eth_getTransactionByHash"):
            try:
                self.web3.eth.get_transaction(cast(Any, transaction))
            except TransactionNotFound:
                return False
            return True

    def nonce(self, account: Address, block: BlockNumber | None = None) -> int:
        """How many transactions of the account are mined, up to a block."""
        with typed_errors("eth_getTransactionCount"):
            return self.web3.eth.get_transaction_count(cast(Any, account), "latest" if block is None else block)

    def balance(self, account: Address) -> int:
        """The account's coin for gas, in wei."""
        with typed_errors("eth_getBalance"):
            return self.web3.eth.get_balance(cast(Any, account))

    def try_call(self, transaction: TxParams) -> int:
        """Runs the transaction without sending it and returns the gas it needs. Raises CallReverted."""
        with typed_errors("eth_call"):
            self.web3.eth.call(transaction)
            return self.web3.eth.estimate_gas(transaction)

    def fees(self) -> Fees:
        """Twice the base fee plus what the node suggests as tip."""
        with typed_errors("eth_gasPrice"):
            base = self.web3.eth.get_block("latest").get("baseFeePerGas", 0)
            tip = self.web3.eth.max_priority_fee
        return Fees(2 * base + tip, tip)

    def send(self, raw: bytes) -> None:
        """Hands over a signed transaction. NodeRefused may mean that the node already has it: ask `knows`."""
        with typed_errors("eth_sendRawTransaction"):
            self.web3.eth.send_raw_transaction(raw)

    def code_size(self, address: Address) -> int:
        with typed_errors("eth_getCode"):
            return len(self.web3.eth.get_code(cast(Any, address)))

    def _receipt(self, transaction: TransactionHash) -> TxReceipt:
        try:
            return self.web3.eth.get_transaction_receipt(cast(Any, transaction))
        except TransactionNotFound:
            raise _NotFound from None


class _NotFound(Exception):
    pass


def _wrong_chain(found: Sequence[int], expected: int) -> WrongChain:
    return WrongChain(
        "chain",
        f"the node is on chain {', '.join(map(str, found))}, not {expected}",
        "Set CISE_RPC_URL to a node of the right chain.",
    )


def checksummed(value: str | bytes) -> Address:
    """An address as web3 returns it, in the form of this program."""
    return to_address(value) if isinstance(value, bytes) else to_address(bytes.fromhex(value[2:]))
