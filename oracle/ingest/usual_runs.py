"""The usual case, quickly: one agreement's readings that follow the newest known one and contradict nothing.

What is accepted here the careful way (`careful`) accepts too, with the same charge (a test compares them). Whatever is
unusual in the least is left to it, because only there is it known why. Elapsed time and charge are written out, for the
calls of `domain.tariffs` would take longer than the sums.
"""

from collections.abc import Sequence

from oracle.domain.plain_readings import PlainReading
from oracle.domain.readings import Flag
from oracle.domain.tariffs import (
    CLOCK_TOLERANCE,
    MAX_CHARGE,
    PER_MILLION,
    SECONDS_PER_DAY,
    Tariff,
    highest_plausible_charge,
)
from oracle.store.read_model import Agreement
from oracle.store.readings import Head, PlainRow, plain_row
from oracle.types import Bytes32, Seconds, UnixTime

Verified = tuple[int, PlainReading, Bytes32]
"""Position in the request, reading, digest."""

_UNSYNCHRONISED = int(Flag.CLOCK_NOT_SYNCHRONISED)
_FAR_BELOW = -(1 << 60)


def follow(
    agreement: Agreement,
    tariff: Tariff,
    counted: Sequence[int],
    head: Head,
    items: Sequence[Verified],
    time: UnixTime,
    now: float,
) -> list[PlainRow] | None:
    """The rows to write, by rising sequence; None where any of the readings needs a careful look.

    Args:
        counted: the registers that the odometer counts by the published terms.
        head: the newest reading of the agreement.
        time: the chain's.
    """
    if head.is_held_back:
        return None
    if head.id is None:
        # Of the first reading nothing is compared but its charge.
        last, at, a, b, c, d, metres, elapsed = 0, 0, 0, 0, 0, 0, _FAR_BELOW, 0
    elif head.flags & _UNSYNCHRONISED:
        return None
    else:
        _, last, at, a, b, c, d, metres, _, elapsed, _ = head
    last = max(last, agreement.sequence)
    elapsed = max(elapsed, agreement.last_elapsed)
    latest = time + CLOCK_TOLERANCE
    until = time if agreement.end_at is None else min(time, agreement.end_at)
    most = min(highest_plausible_charge(tariff, Seconds(max(time - agreement.opened_at, 0))), MAX_CHARGE)
    (p0, p1, p2, p3), standing = tariff.price_per_million, tariff.standing_per_day
    rows = []
    for _, item, digest in items if len(items) == 1 else sorted(items, key=_by_sequence):
        _, _, sequence, when, e, f, g, h, odometer, flags, _, _, _ = item
        if (
            sequence <= last
            or flags & _UNSYNCHRONISED
            or not at <= when <= latest
            or e < a
            or f < b
            or g < c
            or h < d
            or odometer < metres
        ):
            return None
        if counted:
            before, registers = (a, b, c, d), (e, f, g, h)
            if odometer - metres < sum(registers[index] - before[index] for index in counted):
                return None
        since = (when if when < until else until) - agreement.opened_at
        if since > elapsed:
            elapsed = since
        cost = (e * p0 + f * p1 + g * p2 + h * p3) // PER_MILLION + standing * elapsed // SECONDS_PER_DAY
        if cost > most:
            return None
        rows.append(plain_row(item, digest, elapsed, cost, now))
        last, at, a, b, c, d, metres = sequence, when, e, f, g, h, odometer
    return rows


def _by_sequence(verified: Verified) -> int:
    return verified[1][2]
