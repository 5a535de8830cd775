"""When a reading is worth a transaction: at the end of a session, at half the hold, at latest daily.

Nothing finer reaches the chain, so that it shows no usage profile.
"""

from enum import StrEnum

from oracle.domain.readings import Flag, Reading
from oracle.types import BaseUnits, Seconds, UnixTime

DAY = Seconds(86_400)


class SealReason(StrEnum):
    FINAL = "final"
    SESSION_END = "session_end"
    HALF_HOLD = "half_hold"
    DAILY = "daily"


def seal_reason(
    reading: Reading,
    seen_charge: BaseUnits,
    settled: BaseUnits,
    settled_sequence: int,
    hold: BaseUnits,
    last_settled_at: UnixTime,
    now: UnixTime,
    interval: Seconds = DAY,
) -> SealReason | None:
    """Why the latest seen reading of an agreement should be settled now; None while it may wait.

    Args:
        seen_charge: cumulative charge of the reading by the tariff.
        settled, settled_sequence, hold: the confirmed state of the agreement on chain.
        last_settled_at: time of the last settlement, at first of the opening.

    The stored sequence counts again only while its charge exceeds what was settled (arrears) and a hold can pay it.
    """
    due = seen_charge - settled
    if reading.sequence <= settled_sequence and not (due > 0 and hold > 0 and reading.sequence == settled_sequence):
        return None
    if reading.flags & Flag.FINAL:
        return SealReason.FINAL
    if reading.flags & Flag.SESSION_END:
        return SealReason.SESSION_END
    if due > 0 and hold > 0 and 2 * due >= hold:
        return SealReason.HALF_HOLD
    if now - last_settled_at >= interval:
        return SealReason.DAILY
    return None
