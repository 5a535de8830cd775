"""The reasons to stop, and which of them lift by themselves."""

from oracle.domain.stop_reasons import StopReason

__all__ = ["LIFTED_BY_A_PERMIT", "StopReason"]

LIFTED_BY_A_PERMIT = frozenset(
    {
        StopReason.NO_BALANCE,
        StopReason.CAP_REACHED,
        StopReason.PERMIT_EXPIRED,
        StopReason.SUSPENDED,
        StopReason.NO_PERMIT,
        StopReason.QUARANTINED,
    }
)
"""After these the machine goes on as soon as a permit allows it; after all others somebody starts it again."""
