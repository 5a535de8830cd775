"""Questions to the node in windows: one more is under way while the caller works on the last, never more than that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Generic, TypeVar

import msgspec

from oracle.audit.rpc import Node

Key = TypeVar("Key")
AT_ONCE: Final = 2
"""Windows of raw answers that are held: the caller's and the one that is on its way."""


@dataclass(frozen=True, slots=True)
class Question:
    """One method over many parameter lists."""

    method: str
    params: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Window(Generic[Key]):
    """What belongs together: `key` says to the caller what it was about."""

    key: Key
    questions: Sequence[Question]


class Ahead:
    """Asks in a thread of its own, on a connection of its own. What the node answers is decoded by the caller alone."""

    def __init__(self, node: Node) -> None:
        self._node = node.twin()
        self._worker = ThreadPoolExecutor(1, "ahead")

    def __enter__(self) -> Ahead:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.shutdown(cancel_futures=True)
        self._node.close()

    def answers(self, windows: Iterable[Window[Key]]) -> Iterator[tuple[Key, list[list[msgspec.Raw]]]]:
        """Each window's key with the answers to its questions, in order.

        Raises:
            NodeError: the node refused one of the calls.
        """
        waiting: list[tuple[Window[Key], Future[list[bytes]]]] = []
        for window in windows:
            waiting.append((window, self._worker.submit(self._fetch, window.questions)))
            if len(waiting) == AT_ONCE:
                yield self._read(*waiting.pop(0))
        for each in waiting:
            yield self._read(*each)

    def _fetch(self, questions: Sequence[Question]) -> list[bytes]:
        return [self._node.fetch(question.method, question.params) for question in questions]

    def _read(self, window: Window[Key], fetched: Future[list[bytes]]) -> tuple[Key, list[list[msgspec.Raw]]]:
        parts = [
            self._node.parts(question.method, len(question.params), raw)
            for question, raw in zip(window.questions, fetched.result(), strict=True)
        ]
        return window.key, parts
