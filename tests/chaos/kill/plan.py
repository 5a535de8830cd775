"""Which kill comes when: every point in both modes, in an order that the seed decides."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from oracle.points import Point
from tests.chaos.kill.wire import Wire


class Mode(StrEnum):
    """What the node has when the oracle comes back: every transaction of the outbox, or none since the round began."""

    TOOK = "took it"
    NOT = "did not"


class Stage(StrEnum):
    """What has to happen so that a point is reached at all."""

    TRAFFIC = "traffic"
    MINING = "traffic and mining"
    STUCK = "no mining, so that fees are raised"
    FORK = "a fork"
    GAP = "a foreign transaction that a fork takes away"
    STANDBY = "a second process on the same database"


STAGES = {
    Point.RECEIPT_SEEN: Stage.MINING,
    Point.MINED: Stage.MINING,
    Point.FINAL_NOT_COMMITTED: Stage.MINING,
    Point.FINAL: Stage.MINING,
    Point.LOGS_READ: Stage.MINING,
    Point.INDEXED_NOT_COMMITTED: Stage.MINING,
    Point.INDEXED: Stage.MINING,
    Point.PERMIT_SIGNED: Stage.MINING,
    Point.PERMIT_STORED: Stage.MINING,
    Point.BUMP_NOT_COMMITTED: Stage.STUCK,
    Point.BUMPED: Stage.STUCK,
    Point.ROLLED_BACK_NOT_COMMITTED: Stage.FORK,
    Point.ROLLED_BACK: Stage.FORK,
    Point.GAP_FOUND: Stage.GAP,
    Point.GAP_FILLED: Stage.GAP,
    Point.LEASE_TAKEN: Stage.STANDBY,
}
"""The others are reached by traffic alone."""
OFTEN = {
    Point.RECEIVED, Point.JUDGED, Point.WRITTEN_NOT_COMMITTED, Point.PERSISTED, Point.ACKNOWLEDGED,
    Point.SENDING, Point.RECEIPT_SEEN, Point.LOGS_READ, Point.INDEXED_NOT_COMMITTED, Point.INDEXED,
}  # fmt: skip
"""Passed many times a second: there the second or third passing is a case of its own."""
RESTLESS = 0.2
"""The share of kills in the middle of the recovery from the one before."""


@dataclass(frozen=True)
class Kill:
    point: Point
    mode: Mode
    nth: int
    wire: Wire
    early: bool
    """In the recovery from the kill before, without rest between."""

    @property
    def stage(self) -> Stage:
        return STAGES.get(self.point, Stage.TRAFFIC)


def plan(
    kills: int, chance: random.Random, points: Sequence[Point] = tuple(Point), restless: float = RESTLESS
) -> Iterator[Kill]:
    """Round after round over all pairs; a short plan takes each point once, its mode by chance."""
    done = 0
    while done < kills:
        pairs = [(point, mode) for point in points for mode in Mode]
        chance.shuffle(pairs)
        # Each point once before any comes twice.
        firsts = dict(reversed(pairs))
        pairs = [*firsts.items(), *(pair for pair in pairs if firsts[pair[0]] is not pair[1])]
        for point, mode in pairs[: kills - done]:
            yield _kill(point, mode, chance, restless)
            done += 1


def _kill(point: Point, mode: Mode, chance: random.Random, restless: float) -> Kill:
    nth = chance.choice((1, 1, 2, 3)) if point in OFTEN else 1
    if STAGES.get(point, Stage.TRAFFIC) is not Stage.TRAFFIC or mode is Mode.TOOK:
        # Where the answer is lost the sender does not come to the next point.
        calm = point in (Point.HANDED_OVER, Point.SENT, Point.GAP_FOUND, Point.GAP_FILLED)
        wire = Wire.WELL if calm else chance.choice((Wire.WELL, Wire.WELL, Wire.ANSWER_LOST))
    else:
        calm = point in (Point.HANDED_OVER, Point.SENT)
        wire = Wire.SWALLOWED if calm else chance.choice((Wire.SWALLOWED, Wire.CUT))
    early = STAGES.get(point, Stage.TRAFFIC) in (Stage.TRAFFIC, Stage.MINING) and chance.random() < restless
    return Kill(point, mode, nth, wire, early)
