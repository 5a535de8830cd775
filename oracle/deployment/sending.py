"""Sends a deployer's transactions one behind the other and waits for all of them once."""

from typing import Any, cast

import rlp  # type: ignore[import-untyped]
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes
from web3 import Web3
from web3.contract import Contract
from web3.types import Nonce, TxParams, TxReceipt, Wei

from oracle.chain.contracts import load_artefact
from oracle.domain.hashing import keccak
from oracle.errors import Fatal
from oracle.types import Address

DEPLOY_GAS = 8_000_000
CALL_GAS = 600_000
RECEIPT_SECONDS = 120
_AT_ONCE = 16
"""A node keeps only so many waiting transactions of one account, and drops the rest without a word."""


class Sender:
    """One account's transactions with its own count of nonces, so that addresses of later contracts are known early."""

    def __init__(self, web3: Web3, deployer: str | LocalAccount) -> None:
        self._web3 = web3
        self._key = deployer if isinstance(deployer, LocalAccount) else None
        self.address = Address(to_checksum_address(deployer if isinstance(deployer, str) else deployer.address))
        self._nonce = web3.eth.get_transaction_count(to_checksum_address(self.address))
        # So many contracts fill several blocks, and the base fee rises by an eighth with each. What is not used stays.
        self._max_fee = Wei(web3.eth.gas_price * 20)
        self._tip = min(web3.eth.max_priority_fee, self._max_fee)
        self._sent: list[tuple[str, HexBytes]] = []

    def address_after(self, transactions: int) -> ChecksumAddress:
        """Address of a contract that is deployed `transactions` transactions from now."""
        return created_address(self.address, self._nonce + transactions)

    def deploy(self, name: str, *arguments: Any) -> Contract:
        artefact = load_artefact(name)
        factory = self._web3.eth.contract(abi=artefact["abi"], bytecode=artefact["bytecode"])
        address = self.address_after(0)
        self._send(f"deploy {name}", factory.constructor(*arguments).data_in_transaction, None, DEPLOY_GAS)
        return self._web3.eth.contract(address=address, abi=artefact["abi"])

    def call(self, contract: Contract, function: str, *arguments: Any) -> None:
        data = HexBytes(contract.encode_abi(function, args=list(arguments)))
        self._send(f"call {function}", data, contract.address, CALL_GAS)

    def wait(self) -> int:
        """Block of the last one. Raises Fatal naming the first transaction that failed."""
        block = 0
        for what, sent in self._sent:
            receipt: TxReceipt = self._web3.eth.wait_for_transaction_receipt(sent, RECEIPT_SECONDS, 0.05)
            if receipt["status"] != 1:
                raise Fatal("deployment", f"{what} failed in {sent.to_0x_hex()}", "Check the configuration's roles.")
            block = max(block, receipt["blockNumber"])
        return block

    def _send(self, what: str, data: HexBytes, to: ChecksumAddress | None, gas: int) -> None:
        transaction: TxParams = {
            "from": to_checksum_address(self.address),
            "data": data,
            "nonce": self._nonce,
            "gas": gas,
            "maxFeePerGas": self._max_fee,
            "maxPriorityFeePerGas": self._tip,
            "chainId": self._web3.eth.chain_id,
        }
        if to is not None:
            transaction["to"] = to
        if self._key is None:
            sent = self._web3.eth.send_transaction(transaction)
        else:
            del transaction["from"]
            sent = self._web3.eth.send_raw_transaction(
                self._key.sign_transaction(cast(dict[str, Any], transaction)).raw_transaction
            )
        self._nonce = Nonce(self._nonce + 1)
        self._sent.append((what, sent))
        if len(self._sent) % _AT_ONCE == 0:
            self._web3.eth.wait_for_transaction_receipt(sent, RECEIPT_SECONDS, 0.05)


def created_address(sender: Address, nonce: int) -> ChecksumAddress:
    """CREATE: last 20 bytes of keccak(rlp([sender, nonce]))."""
    encoded: bytes = rlp.encode([bytes.fromhex(sender[2:]), nonce])
    return to_checksum_address(keccak(encoded)[12:])
