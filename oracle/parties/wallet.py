"""One actor's key at work: signs forms, sends transactions and waits for them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from secrets import randbits
from typing import Any, cast

from eth_account.signers.local import LocalAccount
from pydantic import SecretStr
from web3.contract.contract import ContractFunction

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.chain.events import Event, EventReader
from oracle.chain.node_errors import CallReverted, typed_errors
from oracle.chain.transactions import Sender
from oracle.domain.forms import Form, digest
from oracle.domain.signatures import SigningKey
from oracle.errors import Fatal, Rejected
from oracle.parties.reverts import explain
from oracle.types import Address, BlockNumber, TransactionHash, UnixTime

GAS_LIMIT = 16_000_000
MAX_FEE_GWEI = 500
RECEIPT_SECONDS = 120.0
POLL_SECONDS = 0.05
FORM_LIFETIME = 3_600


@dataclass(frozen=True, slots=True)
class Done:
    """A transaction that succeeded, with what the platform's contracts said in it."""

    transaction: TransactionHash
    block: BlockNumber
    gas_used: int
    events: tuple[Event, ...]

    def integer(self, event: str, argument: str) -> int:
        """An argument of the first event of that name. Raises Fatal where there is none."""
        for found in self.events:
            if found.name == event:
                return found.integer(argument)
        raise Fatal("wallet", f"{self.transaction} holds no {event}", "Check that the Directory is the right one.")


class Wallet:
    """An externally owned account on one platform. Every act raises Refused where a contract says no."""

    def __init__(self, client: ChainClient, platform: Platform, account: LocalAccount) -> None:
        self.client = client
        self.platform = platform
        self.account = account
        self.address = Address(account.address)
        self.key = SigningKey(bytes(account.key))
        self._sender = Sender(SecretStr(account.key.hex()), GAS_LIMIT, MAX_FEE_GWEI)
        self._reader = EventReader(platform)

    def send(self, function: ContractFunction) -> Done:
        """Sends one call and waits until it is mined."""
        return self.send_all([function])[0]

    def send_all(self, functions: Sequence[ContractFunction]) -> list[Done]:
        """Sends calls that do not depend on each other one behind the other, then waits for all of them."""
        nonce = self.client.nonce(self.address)
        sent: list[tuple[str, TransactionHash]] = []
        for offset, function in enumerate(functions):
            try:
                call = self._sender.prepare(self.client, function)
            except CallReverted as error:
                raise explain(error, function.fn_name) from error
            fees = self._sender.fees(self.client)
            raw, transaction = self._sender.sign(call, self.client.chain_id, nonce + offset, fees)
            self.client.send(raw)
            sent.append((function.fn_name, transaction))
        return [self._wait(name, transaction) for name, transaction in sent]

    def sign(self, form: Form) -> bytes:
        """65 bytes of EIP-712 signature in the domain of the contract that verifies this form."""
        return self.key.sign(digest(self.platform.domains.of(form), form))

    def deadline(self) -> UnixTime:
        """A deadline for a form that is used at once."""
        return UnixTime(self.client.block(self.client.head()).time + FORM_LIFETIME)

    def _wait(self, name: str, transaction: TransactionHash) -> Done:
        limit = time.monotonic() + RECEIPT_SECONDS
        while time.monotonic() < limit:
            receipt = self.client.receipt(transaction)
            if receipt is not None:
                if not receipt.succeeded:
                    raise Rejected("transaction_failed", name, "was mined and failed", str(transaction))
                return Done(transaction, receipt.block, receipt.gas_used, self._events(transaction))
            time.sleep(POLL_SECONDS)
        raise Fatal("wallet", f"{name} is not mined after {RECEIPT_SECONDS:.0f} s ({transaction})", "Look at the node.")

    def _events(self, transaction: TransactionHash) -> tuple[Event, ...]:
        with typed_errors("eth_getTransactionReceipt"):
            logs = self.client.web3.eth.get_transaction_receipt(cast(Any, transaction))["logs"]
        return tuple(event for log in logs if (event := self._reader.decode(log)) is not None)


def fresh_nonce() -> int:
    """Nonces are unordered: 64 random bits never collide in practice, and a collision is refused."""
    return randbits(64)
