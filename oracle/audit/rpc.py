"""A small JSON-RPC client: single calls, and batches in chunks with progress."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from oracle.errors import Fatal, Retryable

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done and how much there is in all."""

TIMEOUT_SECONDS: Final = 60.0
CHUNK: Final = 100
METHOD_NOT_FOUND: Final = -32601


class NodeError(Exception):
    """The node answered with an error instead of a result."""

    def __init__(self, method: str, code: int, message: str) -> None:
        self.method = method
        self.code = code
        super().__init__(f"{method}: {message} ({code})")


def silent(_what: str, _done: int, _total: int) -> None:
    """A progress that nobody watches."""


class Node:
    """One JSON-RPC end point over HTTP.

    Raises:
        Retryable: the node does not answer.
        Fatal: it answers with something that is not JSON-RPC.
    """

    def __init__(self, url: str, progress: Progress = silent) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Fatal("node", f"{url!r} is not an http address", "Give the address of a JSON-RPC end point.")
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = connection(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)
        self._host = parts.hostname
        self._progress = progress

    def close(self) -> None:
        self._connection.close()

    def call(self, method: str, *params: Any) -> Any:
        """The result.

        Raises:
            NodeError: the node refused the call.
        """
        answer = self._post({"jsonrpc": "2.0", "id": 0, "method": method, "params": list(params)})
        if not isinstance(answer, dict):
            raise self._nonsense(method)
        return self._result(method, answer)

    def many(self, method: str, params: Sequence[Sequence[Any]], what: str, chunk: int = CHUNK) -> Iterator[Any]:
        """Results of one method over many parameter lists, in order.

        Raises:
            NodeError: the node refused one of the calls.
        """
        for start in range(0, len(params), chunk):
            part = params[start : start + chunk]
            yield from self._batch(method, part)
            self._progress(what, start + len(part), len(params))

    def _batch(self, method: str, params: Iterable[Sequence[Any]]) -> Iterator[Any]:
        questions = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": list(each)}
            for number, each in enumerate(params)
        ]
        answers = self._post(questions)
        if isinstance(answers, dict):
            self._result(method, answers)
        if not isinstance(answers, list) or len(answers) != len(questions):
            raise self._nonsense(method)
        by_id = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
        for number in range(len(questions)):
            if number not in by_id:
                raise self._nonsense(method)
            yield self._result(method, by_id[number])

    def _result(self, method: str, answer: dict[str, Any]) -> Any:
        if (error := answer.get("error")) is not None:
            raise NodeError(method, int(error.get("code", 0)), str(error.get("message", error)))
        if "result" not in answer:
            raise self._nonsense(method)
        return answer["result"]

    def _post(self, question: object) -> Any:
        body = json.dumps(question, separators=(",", ":"))
        for attempt in (1, 2):
            try:
                self._connection.request("POST", self._target, body, {"Content-Type": "application/json"})
                response = self._connection.getresponse()
                raw = response.read()
                break
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                # A kept-alive connection may have been closed by the node meanwhile: one more try on a new one.
                if attempt == 2:
                    raise Retryable(f"node at {self._host}", f"no answer: {error}") from error
        if response.status != 200 and not raw.startswith((b"{", b"[")):
            raise Retryable(f"node at {self._host}", f"HTTP status {response.status}")
        try:
            return msgspec.json.decode(raw)
        except msgspec.DecodeError as error:
            raise Fatal(f"node at {self._host}", "the answer is not JSON", "Is this the address of a node?") from error

    def _nonsense(self, method: str) -> Fatal:
        return Fatal(
            f"node at {self._host}", f"the answer to {method} is not JSON-RPC", "Is this the address of a node?"
        )
