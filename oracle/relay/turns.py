"""Several operators for one platform: each seals at a moment of its own, so that one batch is rarely paid for twice.

Time is cut into windows. In each, an operator's moment is drawn from the window's number and its own address: nobody
has to know the others. Who comes first settles what is due; the others look at the chain at their moments and pass
over what is settled or on its way. What goes double is only what two send before either has heard of the other.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform, SlotState
from oracle.chain.node_errors import NodeRefused
from oracle.domain.hashing import keccak
from oracle.store.readings import StoredReading
from oracle.types import AgreementId, BlockNumber


class Turn:
    """One operator's moments. Kept in memory: after a restart it waits for the next one, at most two windows."""

    def __init__(self, window: float, operator: str) -> None:
        self._window = window
        self._operator = operator
        self._seen: float | None = None

    def moment(self, number: int) -> float:
        """When this operator's turn in window `number` begins, in Unix seconds."""
        digest = keccak(f"{number}/{self._operator}".encode())
        return (number + int.from_bytes(digest[:8], "big") / 2**64) * self._window

    def has_come(self, now: float) -> bool:
        """Whether a moment has passed since the last turn that was taken. Always where nobody else relays."""
        if self._window == 0:
            return True
        if self._seen is None:
            self._seen = now
        here = int(now // self._window)
        return any(self._seen < self.moment(number) <= now for number in (here, here - 1))

    def taken(self, now: float) -> None:
        """The work of this turn is done; until then a node that is away does not cost the turn."""
        self._seen = now


def unsettled(
    client: ChainClient, platform: Platform, readings: Sequence[StoredReading], block: BlockNumber | Literal["pending"]
) -> Mapping[AgreementId, bool]:
    """Per agreement whether its reading would still move something at a block, whoever settled since."""
    agreements = [reading.reading.agreement_id for reading in readings]
    functions = [platform.agreements.functions.stateOf(agreement) for agreement in agreements]
    words = client.call_many(functions, block)
    return {
        reading.reading.agreement_id: _would_move(SlotState.unpack(word), reading)
        for reading, word in zip(readings, words, strict=True)
    }


def left_by_others(
    client: ChainClient, platform: Platform, readings: Sequence[StoredReading]
) -> Mapping[AgreementId, bool]:
    """The same for a turn: what others have sent counts already. Should it come to nothing, the next turn takes it."""
    try:
        return unsettled(client, platform, readings, "pending")
    except NodeRefused:
        return unsettled(client, platform, readings, client.head())


def _would_move(slot: SlotState, reading: StoredReading) -> bool:
    sequence = reading.reading.sequence
    in_arrears = slot.sequence == sequence and slot.settled < reading.charge and slot.hold > 0
    return slot.sequence < sequence or in_arrears
