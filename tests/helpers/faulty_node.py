"""A real HTTP proxy before a real node that misbehaves on command: what a good node does not show.

    with FaultyNode(anvil.url) as node:
        node.faults["eth_sendRawTransaction"] = answer_lost()

Faults also apply inside a batch of questions. `KINDS_OF_NODES` holds how several clients word the same refusal.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import requests
import rlp
from eth_account import Account
from eth_utils import keccak

Answer = dict[str, Any]
Fault = Callable[[Any, Callable[[], Answer]], Answer | None]
"""(parameters, forward) → the answer, or None to close the connection without one."""


class FaultyNode:
    """Forwards to `target`. `faults[method]` decides about calls of that method; `down` refuses everything."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._session = requests.Session()
        self.faults: dict[str, Fault] = {}
        self.calls: list[str] = []
        self.down = False
        self.page: str | None = None
        """What a gateway puts in place of every answer."""
        node = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body go out as two writes: without this each answer waits 40 ms for an acknowledgement.
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = node._answer(json.loads(body))
                if answer is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                data = (node.page or json.dumps(answer)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._session.close()

    def _answer(self, question: Any) -> Any:
        if self.down:
            return None
        if not isinstance(question, list):
            return self._one(question)
        self.calls += [each["method"] for each in question]
        if not any(each["method"] in self.faults for each in question):
            return self._forward(question)
        answers = [self._one(each) for each in question]
        return None if None in answers else answers

    def _one(self, question: Any) -> Answer | None:
        method = question["method"]
        self.calls.append(method)
        fault = self.faults.get(method)
        if fault is None:
            return self._forward(question)
        answer = fault(question.get("params"), lambda: self._forward(question))
        return None if answer is None else {**answer, "id": question["id"], "jsonrpc": "2.0"}

    def _forward(self, question: Any) -> Any:
        return self._session.post(self._target, json=question, timeout=10).json()


def error(code: int, message: str) -> Answer:
    return {"error": {"code": code, "message": message}}


# Faults


def drop() -> Fault:
    """The question never arrives."""
    return lambda _, __: None


def answer_lost() -> Fault:
    """The question arrives, its answer does not."""

    def fault(_: Any, forward: Callable[[], Answer]) -> None:
        forward()

    return fault


def delay(seconds: float) -> Fault:
    def fault(_: Any, forward: Callable[[], Answer]) -> Answer:
        time.sleep(seconds)
        return forward()

    return fault


def twice() -> Fault:
    """The question arrives two times; the second answer is given."""

    def fault(_: Any, forward: Callable[[], Answer]) -> Answer:
        forward()
        return forward()

    return fault


def always(result: Any) -> Fault:
    return lambda _, __: {"result": result}


def wrong_chain(chain_id: int) -> Fault:
    return always(hex(chain_id))


def stale_head(blocks: int) -> Fault:
    """For eth_blockNumber: a node that is behind."""

    def fault(_: Any, forward: Callable[[], Answer]) -> Answer:
        return {"result": hex(max(int(forward()["result"], 16) - blocks, 0))}

    return fault


def truncated_logs(kept: int) -> Fault:
    """For eth_getLogs: only the first ones, without a word about it."""

    def fault(_: Any, forward: Callable[[], Answer]) -> Answer:
        return {"result": forward()["result"][:kept]}

    return fault


def swallowed_below(wei: int) -> Fault:
    """For eth_sendRawTransaction: a node that takes cheap transactions with a smile and forgets them."""

    def fault(parameters: Any, forward: Callable[[], Answer]) -> Answer:
        sent = Sent.read(parameters[0])
        return forward() if sent.max_fee >= wei else {"result": sent.hash}

    return fault


# Pools of several clients


@dataclass(frozen=True)
class Sent:
    """A raw transaction of type 2, taken apart."""

    hash: str
    sender: str
    nonce: int
    tip: int
    max_fee: int

    @classmethod
    def read(cls, raw: str) -> Self:
        data = bytes.fromhex(raw[2:])
        assert data[0] == 2
        _, nonce, tip, max_fee, *_ = (int.from_bytes(field) for field in rlp.decode(data[1:])[:4])
        return cls("0x" + keccak(data).hex(), Account.recover_transaction(raw), nonce, tip, max_fee)


@dataclass(frozen=True)
class KindOfNode:
    """What a client says to a transaction that it does not take. `too_high` None: it queues them."""

    name: str
    known: str
    underpriced: str
    too_low: str
    too_high: str | None


KINDS_OF_NODES = (
    KindOfNode("geth", "already known", "replacement transaction underpriced", "nonce too low", None),
    KindOfNode(
        "besu",
        "Known transaction",
        "Replacement transaction underpriced",
        "Nonce too low",
        "Transaction nonce is too distant from current sender nonce",
    ),
    KindOfNode("anvil", "transaction already imported", "replacement transaction underpriced", "nonce too low", None),
    KindOfNode("nethermind", "AlreadyKnown", "ReplacementNotAllowed", "OldNonce", "NonceGap"),
)


class StrictPool:
    """As fault of eth_sendRawTransaction: the rules of public nodes, which Anvil does not keep.

    A replacement must offer a tenth more of both fees. Transactions are held back until `release`.
    """

    def __init__(self, kind: KindOfNode, target: str) -> None:
        self._kind = kind
        self._target = target
        self.held: dict[tuple[str, int], tuple[Sent, str]] = {}
        self.refused: list[str] = []
        self.taken: list[Sent] = []

    def __call__(self, parameters: Any, forward: Callable[[], Answer]) -> Answer:
        sent = Sent.read(parameters[0])
        why = self._objection(sent)
        if why is not None:
            self.refused.append(why)
            return error(-32000, why)
        self.held[sent.sender, sent.nonce] = sent, parameters[0]
        self.taken.append(sent)
        return {"result": sent.hash}

    def release(self) -> None:
        """All that is held goes to the node, by rising nonce."""
        for _, raw in sorted(self.held.values(), key=lambda held: held[0].nonce):
            self._ask("eth_sendRawTransaction", [raw])
        self.held.clear()

    def _objection(self, sent: Sent) -> str | None:
        mined = int(self._ask("eth_getTransactionCount", [sent.sender, "latest"]), 16)
        if sent.nonce < mined:
            return self._kind.too_low
        queued = [nonce for sender, nonce in self.held if sender == sent.sender]
        if sent.nonce > max([mined - 1, *queued]) + 1 and self._kind.too_high is not None:
            return self._kind.too_high
        if (sent.sender, sent.nonce) not in self.held:
            return None
        before, _ = self.held[sent.sender, sent.nonce]
        if before.hash == sent.hash:
            return self._kind.known
        enough = 10 * sent.tip >= 11 * before.tip and 10 * sent.max_fee >= 11 * before.max_fee
        return None if enough else self._kind.underpriced

    def _ask(self, method: str, parameters: list[Any]) -> Any:
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        return requests.post(self._target, json=question, timeout=10).json().get("result")
