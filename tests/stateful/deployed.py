"""What all worlds of state machines have in common: a fresh deployment, a fast line to it, and a way back."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from eth_utils.address import to_checksum_address
from web3 import Web3

from oracle.chain.contracts import domains, load_artefact
from oracle.deployment.config import read_config
from oracle.deployment.protocol import deploy
from tests.models.accounts import AccountsModel
from tests.stateful.chain import Chain


class Deployed:
    """The contracts by name, the node's accounts, and books that follow the ledger."""

    def __init__(self, port: int, config: str = "local") -> None:
        self.web3 = Web3(Web3.HTTPProvider(f"http://127.0.0.1:{port}"))
        self.accounts = [str(account) for account in self.web3.eth.accounts]
        deployment = deploy(self.web3, self.accounts[0], read_config(config))
        self.contracts = {
            name: self.web3.eth.contract(address=to_checksum_address(address), abi=load_artefact(name)["abi"])
            for name, address in deployment.addresses.items()
        }
        self.chain = Chain(port, list(self.contracts.values()))
        self.domains = domains(deployment.chain_id, deployment.addresses)
        self.ledger, self.currency = self.contracts["PrepaidAccounts"], self.contracts["MicroEuro"].address
        self.books = AccountsModel(self.ledger.address)
        self.books.admit(self.currency)

    def keep(self, *truth: Any) -> None:
        """From here on `go_back` comes back to this moment and gives what was true."""
        self._snapshot = self.chain.ask("evm_snapshot")
        self._start = (self.chain.now, deepcopy(truth))

    def go_back(self) -> tuple[Any, ...]:
        assert self.chain.ask("evm_revert", self._snapshot)
        self._snapshot = self.chain.ask("evm_snapshot")
        self.chain.now, truth = self._start
        return deepcopy(truth)

    def do(self, sender: str, contract: str, function: str, *arguments: Any) -> list[dict[str, Any]]:
        return self.chain.transact(sender, self.contracts[contract], function, *arguments)

    def refuse(self, sender: str, contract: str, function: str, arguments: tuple[Any, ...], name: str) -> None:
        """In a block of the same time that a transaction would have had."""
        self.chain.now += 1
        self.chain.ask("evm_setNextBlockTimestamp", self.chain.now)
        self.chain.ask("evm_mine")
        target = self.contracts[contract]
        found = self.chain.refusal(sender, target, target.encode_abi(function, args=list(arguments)))
        assert found == name, f"{function}{arguments}: the contract says {found}, the model {name}"

    def deposit(self, payer: str, owner: str, amount: int) -> None:
        """Tokens of the payer's wallet into anybody's account."""
        self.do(payer, "PrepaidAccounts", "deposit", self.currency, owner, amount)
        self.books.deposit(self.currency, owner, amount)
