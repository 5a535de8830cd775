"""A small JSON-RPC client: single calls, and batches in chunks with progress."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from oracle.errors import Fatal, Retryable

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done and how much there is in all."""

TIMEOUT_SECONDS: Final = 60.0
CHUNK: Final = 100
STREAM_BYTES: Final = 1 << 16


class NodeError(Exception):
    """The node answered with an error instead of a result."""

    def __init__(self, method: str, code: int, message: str) -> None:
        self.method = method
        self.code = code
        super().__init__(f"{method}: {message} ({code})")


class _Answer(msgspec.Struct):
    """One answer of a batch."""

    id: int | None = None
    result: msgspec.Raw = msgspec.Raw()
    error: Any = None


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
        self._url = url
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
        answer = self._decode(self._post({"jsonrpc": "2.0", "id": 0, "method": method, "params": list(params)}))
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
            for raw in self.parts(method, len(part), self.fetch(method, part)):
                yield msgspec.json.decode(raw)
            self._progress(what, start + len(part), len(params))

    def fetch(self, method: str, params: Iterable[Sequence[Any]]) -> bytes:
        """The answer to one batch as it came: `parts` reads it, also in another thread."""
        return self._post(
            [
                {"jsonrpc": "2.0", "id": number, "method": method, "params": list(each)}
                for number, each in enumerate(params)
            ]
        )

    def parts(self, method: str, count: int, raw: bytes) -> list[msgspec.Raw]:
        """Results of a batch in order, none of them decoded yet.

        Raises:
            NodeError: the node refused one of the calls.
        """
        try:
            answers = msgspec.json.decode(raw, type=list[_Answer])
        except msgspec.DecodeError:
            single = self._decode(raw)
            if isinstance(single, dict):
                self._result(method, single)
            raise self._nonsense(method) from None
        by_id = {answer.id: answer for answer in answers}
        if len(answers) != count or set(by_id) != set(range(count)):
            raise self._nonsense(method)
        return [self._part(method, by_id[number]) for number in range(count)]

    def _part(self, method: str, answer: _Answer) -> msgspec.Raw:
        if answer.error is not None:
            raise _refused(method, answer.error)
        if not memoryview(answer.result).nbytes:
            raise self._nonsense(method)
        return answer.result

    def twin(self) -> Node:
        """Another connection to the same node: one serves one thread at a time."""
        return Node(self._url, self._progress)

    @contextmanager
    def stream(self, method: str, *params: Any) -> Iterator[Iterator[bytes]]:
        """The bytes of an answer as they come in, on a connection of their own: what is not read is held nowhere."""
        other = self.twin()
        try:
            response = other._ask({"jsonrpc": "2.0", "id": 0, "method": method, "params": list(params)})
            yield iter(lambda: response.read(STREAM_BYTES), b"")
        except (OSError, http.client.HTTPException) as error:
            raise Retryable(f"node at {self._host}", f"no answer: {error}") from error
        finally:
            other.close()

    def _result(self, method: str, answer: dict[str, Any]) -> Any:
        if (error := answer.get("error")) is not None:
            raise _refused(method, error)
        if "result" not in answer:
            raise self._nonsense(method)
        return answer["result"]

    def _post(self, question: object) -> bytes:
        for attempt in (1, 2):
            try:
                response = self._ask(question)
                raw = response.read()
                break
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                # A kept-alive connection may have been closed by the node meanwhile: one more try on a new one.
                if attempt == 2:
                    raise Retryable(f"node at {self._host}", f"no answer: {error}") from error
        if response.status != 200 and not raw.startswith((b"{", b"[")):
            raise Retryable(f"node at {self._host}", f"HTTP status {response.status}")
        return raw

    def _ask(self, question: object) -> http.client.HTTPResponse:
        self._connection.request(
            "POST", self._target, msgspec.json.encode(question), {"Content-Type": "application/json"}
        )
        return self._connection.getresponse()

    def _decode(self, raw: bytes) -> Any:
        try:
            return msgspec.json.decode(raw)
        except msgspec.DecodeError as error:
            raise Fatal(f"node at {self._host}", "the answer is not JSON", "Is this the address of a node?") from error

    def _nonsense(self, method: str) -> Fatal:
        return Fatal(
            f"node at {self._host}", f"the answer to {method} is not JSON-RPC", "Is this the address of a node?"
        )


def _refused(method: str, error: Any) -> NodeError:
    told = error if isinstance(error, dict) else {}
    return NodeError(method, int(told.get("code", 0)), str(told.get("message", error)))
