"""The usual case, quickly: one agreement's readings that follow the newest known one and contradict nothing.

What is accepted here the careful way (`careful`) accepts too, with the same charge (a test compares them). Whatever is
unusual in the least is left to it, because only there is it known why.
"""

from collections.abc import Sequence

from oracle.domain.plain_readings import PlainReading
from oracle.domain.readings import Flag
from oracle.domain.tariffs import CLOCK_TOLERANCE, Tariff, charge, elapsed_seconds, highest_plausible_charge
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
    elapsed = Seconds(max(elapsed, agreement.last_elapsed))
    latest = time + CLOCK_TOLERANCE
    most = highest_plausible_charge(tariff, Seconds(max(time - agreement.opened_at, 0)))
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
        registers = (e, f, g, h)
        if counted:
            before = (a, b, c, d)
            if odometer - metres < sum(registers[index] - before[index] for index in counted):
                return None
        elapsed = elapsed_seconds(elapsed, UnixTime(when), agreement.opened_at, time, agreement.end_at)
        cost = charge(tariff, registers, elapsed)
        if cost > most:
            return None
        rows.append(plain_row(item, digest, elapsed, cost, now))
        last, at, a, b, c, d, metres = sequence, when, e, f, g, h, odometer
    return rows


def _by_sequence(verified: Verified) -> int:
    return verified[1][2]
