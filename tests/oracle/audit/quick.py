"""The plain platform of the other stories on a fast line: one round trip a step, time without blocks in between."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from oracle.audit import abi
from oracle.audit.abi import unhex
from tests.oracle.audit.support import Platform
from tests.stateful.chain import Chain


class QuickPlatform(Platform):
    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._people = list(self.web3.eth.accounts)
        self.line = Chain(urlsplit(url).port or 0, list(self.contracts.values()))

    @property
    def accounts(self) -> list[str]:
        return self._people

    @property
    def now(self) -> int:
        return self.line.now

    def later(self, seconds: int) -> None:
        self.line.warp(seconds)

    def send(self, sender: int, contract: str, function: str, *arguments: Any) -> str:
        self.logs = self.line.transact(self.accounts[sender], self.contracts[contract], function, *arguments)
        return str(self.logs[0]["transactionHash"]) if self.logs else ""

    def post(self, sender: int, to: str | None, data: str) -> str:
        sent = super().post(sender, to, data)
        self.line.now = super().now
        return sent

    def told(self, contract: str, name: str) -> dict[str, Any]:
        """Such a log of the last transaction."""
        event = abi.load(contract).event_names[name]
        logs = ([unhex(topic) for topic in log["topics"]] + [unhex(log["data"])] for log in self.logs)
        return next(event.decode(topics, data) for *topics, data in logs if topics[0] == event.topic)
