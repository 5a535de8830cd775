"""Between the victim and its node: what becomes of a raw transaction on the way, and a record of every one."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from eth_utils.crypto import keccak

from tests.helpers.faulty_node import Answer, FaultyNode


class Wire(StrEnum):
    """What happens to `eth_sendRawTransaction`."""

    WELL = "well"
    ANSWER_LOST = "answer lost"
    """The node has it, the sender does not know."""
    SWALLOWED = "swallowed"
    """The sender has its answer, the node has nothing."""
    CUT = "cut"
    """Neither has anything."""


class Tap(FaultyNode):
    def __init__(self, target: str) -> None:
        super().__init__(target)
        # Head and body go in two writes: together with delayed acknowledgement each answer would cost 40 ms.
        self._server.RequestHandlerClass.disable_nagle_algorithm = True
        # A victim that dies in the middle of a question is no news.
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.wire = Wire.WELL
        self.seen: list[bytes] = []
        """Raw bytes in the order of their sending, since the last `drain`."""
        self.faults["eth_sendRawTransaction"] = self._raw

    def drain(self) -> list[bytes]:
        seen, self.seen = self.seen, []
        return seen

    def _raw(self, parameters: Any, forward: Callable[[], Answer]) -> Answer | None:
        raw = bytes.fromhex(parameters[0][2:])
        self.seen.append(raw)
        match self.wire:
            case Wire.WELL:
                return forward()
            case Wire.ANSWER_LOST:
                forward()
                return None
            case Wire.SWALLOWED:
                return {"result": "0x" + keccak(raw).hex()}
            case Wire.CUT:
                return None
