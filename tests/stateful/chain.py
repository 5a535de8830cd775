"""A fast line to a private Anvil: one HTTP round trip per step, chain time under full control."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from typing import Any

from eth_abi import decode
from web3 import Web3
from web3.contract import Contract

GAS = 12_000_000
REVERT_CODE = 3


class Chain:
    """`now` is the time of the last block; each transaction gets its own block one second later."""

    def __init__(self, port: int, contracts: Sequence[Contract]) -> None:
        """`contracts`: whose errors are known by name; a call's error may come from any contract below it."""
        self._errors = {
            Web3.keccak(text=f"{entry['name']}({','.join(map(_canonical, entry['inputs']))})")[:4].to_0x_hex(): entry[
                "name"
            ]
            for contract in contracts
            for entry in contract.abi
            if entry["type"] == "error"
        }
        self._views: dict[tuple[str, str, tuple[Any, ...]], tuple[dict[str, str], list[str]]] = {}
        self._line = HTTPConnection("127.0.0.1", port, timeout=60)
        self.now = int(self.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def ask(self, method: str, *parameters: Any) -> Any:
        return self._results([(method, parameters)])[0]

    def warp(self, seconds: int) -> None:
        self.now += seconds

    def transact(self, sender: str, contract: Contract, function: str, *arguments: Any) -> list[dict[str, Any]]:
        """Mines one successful transaction and returns its logs."""
        self.now += 1
        data = contract.encode_abi(function, args=list(arguments))
        transaction = {"from": sender, "to": contract.address, "data": data, "gas": hex(GAS)}
        self.ask("evm_setNextBlockTimestamp", self.now)
        sent = self.ask("eth_sendTransaction", transaction)
        while (receipt := self.ask("eth_getTransactionReceipt", sent)) is None:
            time.sleep(0.001)
        assert receipt["status"] == "0x1", f"{function}{arguments} reverted: {self.refusal(sender, contract, data)}"
        logs: list[dict[str, Any]] = receipt["logs"]
        return logs

    def refusal(self, sender: str, contract: Contract, data: str) -> str | None:
        """Name of the custom error that a call reverts with; None where it succeeds."""
        call = {"from": sender, "to": contract.address, "data": data, "gas": hex(GAS)}
        answer = self._post([{"jsonrpc": "2.0", "id": 0, "method": "eth_call", "params": [call, "latest"]}])[0]
        if "result" in answer:
            return None
        selector = str(answer["error"].get("data", ""))[:10]
        return str(self._errors[selector])

    def read(self, calls: Sequence[tuple[Contract, str, tuple[Any, ...]]]) -> list[Any]:
        """Many views at the same block, one round trip; single return values come unwrapped."""
        prepared = [self._view(*call) for call in calls]
        answers = self._results([("eth_call", (call, "latest")) for call, _ in prepared])
        decoded = [
            decode(kinds, bytes.fromhex(answer[2:])) for (_, kinds), answer in zip(prepared, answers, strict=True)
        ]
        return [values[0] if len(values) == 1 else values for values in decoded]

    def _view(self, contract: Contract, name: str, arguments: tuple[Any, ...]) -> tuple[dict[str, str], list[str]]:
        """Encoding a call takes longer than the node takes to answer it, and the same ones come at every step."""
        key = (contract.address, name, arguments)
        if key not in self._views:
            outputs = next(entry["outputs"] for entry in contract.abi if entry.get("name") == name)
            call = {"to": contract.address, "data": contract.encode_abi(name, args=list(arguments))}
            self._views[key] = (call, [_canonical(one) for one in outputs])
        return self._views[key]

    def _results(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        answers = self._post(
            [
                {"jsonrpc": "2.0", "id": index, "method": method, "params": list(parameters)}
                for index, (method, parameters) in enumerate(requests)
            ]
        )
        for answer, request in zip(answers, requests, strict=True):
            assert "error" not in answer, f"{request[0]}: {answer['error']}"
        return [answer["result"] for answer in answers]

    def _post(self, body: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self._line.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
        answers: list[dict[str, Any]] = json.loads(self._line.getresponse().read())
        return sorted(answers, key=lambda answer: answer["id"])


def _selector(entry: Any) -> str:
    return Web3.keccak(text=f"{entry['name']}({','.join(map(_canonical, entry['inputs']))})")[:4].to_0x_hex()


def _canonical(entry: Any) -> str:
    if not entry["type"].startswith("tuple"):
        return str(entry["type"])
    inner = ",".join(_canonical(one) for one in entry["components"])
    return f"({inner}){entry['type'].removeprefix('tuple')}"
