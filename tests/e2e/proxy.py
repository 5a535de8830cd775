"""A JSON-RPC proxy that misbehaves on command, for faults that a good node does not show."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import requests

Answer = dict[str, Any]
Fault = Callable[[Any, Callable[[], Answer]], Answer | None]
"""(parameters, forward) → the answer, or None to close the connection without one."""


class FaultyNode:
    """Forwards to `target`. `faults[method]` decides about calls of that method; `down` refuses everything."""

    def __init__(self, target: str) -> None:
        self._target = target
        self.faults: dict[str, Fault] = {}
        self.calls: list[str] = []
        self.down = False
        node = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body go in two writes: together with delayed acknowledgement each answer would cost 40 ms.
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = node._answer(json.loads(body))
                if answer is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                data = json.dumps(answer).encode()
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

    def _answer(self, question: Any) -> Any:
        if self.down:
            return None
        if isinstance(question, list):
            return requests.post(self._target, json=question, timeout=10).json()
        method = question["method"]
        self.calls.append(method)
        forward = lambda: requests.post(self._target, json=question, timeout=10).json()  # noqa: E731
        fault = self.faults.get(method)
        if fault is None:
            return forward()
        answer = fault(question.get("params"), forward)
        return None if answer is None else {**answer, "id": question["id"], "jsonrpc": "2.0"}


def error(code: int, message: str) -> Answer:
    return {"error": {"code": code, "message": message}}
