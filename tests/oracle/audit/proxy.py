"""A node that lies: an HTTP JSON-RPC proxy that alters one thing in every answer that tells it, and nothing else."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.request import Request, urlopen

import msgspec

Question = tuple[str, Sequence[Any]]


class Lie(Protocol):
    """One alteration. `touches` is cheap; `tell` gets the true result, its own copy, and gives the altered one."""

    def touches(self, method: str, params: Sequence[Any]) -> bool: ...

    def tell(self, method: str, params: Sequence[Any], result: Any) -> Any: ...


class LyingNode:
    """Asks the real node each question once and remembers the answer, so that a thousand audits are quick."""

    def __init__(self, url: str) -> None:
        self._upstream = url
        self._known: dict[bytes, tuple[list[Question], bytes]] = {}
        self.lie: Lie | None = None
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = proxy.answer(body)
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
                self.wfile.flush()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @contextmanager
    def telling(self, lie: Lie) -> Iterator[None]:
        self.lie = lie
        try:
            yield
        finally:
            self.lie = None

    def forget(self) -> None:
        """After the chain has moved on."""
        self._known.clear()

    def answer(self, body: bytes) -> bytes:
        if body not in self._known:
            self._known[body] = self._ask(body)
        questions, truth = self._known[body]
        lie = self.lie
        if lie is None or not any(lie.touches(*question) for question in questions):
            return truth
        document = msgspec.json.decode(truth)
        answers = document if isinstance(document, list) else [document]
        for (method, params), each in zip(questions, answers, strict=True):
            if lie.touches(method, params) and "result" in each:
                each["result"] = lie.tell(method, params, each["result"])
        return msgspec.json.encode(document)

    def _ask(self, body: bytes) -> tuple[list[Question], bytes]:
        request = Request(self._upstream, body, {"Content-Type": "application/json"})
        with urlopen(request, timeout=60) as response:
            document = msgspec.json.decode(response.read())
        asked = json.loads(body)
        listed = asked if isinstance(asked, list) else [asked]
        questions = [(question["method"], question["params"]) for question in listed]
        if questions[0][0] == "anvil_dumpState":
            document["result"] = _only_storage(document["result"])
        return questions, msgspec.json.encode(document)


def _only_storage(dumped: str) -> str:
    """The same list of slots without the blocks and transactions that Anvil packs along: a tenth of the bytes."""
    whole = json.loads(gzip.decompress(bytes.fromhex(dumped[2:])))
    kept = {"best_block_number": whole["best_block_number"], "accounts": whole["accounts"]}
    for account in kept["accounts"].values():
        account["code"] = "0x"
    return "0x" + json.dumps(kept).encode().hex()
