"""Named points on the way from a device's body to a final transaction, where a test may kill the process.

Production code passes them and nothing happens. A chaos test runs the same code in a child of its own, installs a hook
and dies at the point it was told (tests/chaos). No setting and no variable of the environment reaches this.
"""

from collections.abc import Callable
from enum import StrEnum


class Point(StrEnum):
    """In the order in which a reading passes them; names say what has just happened."""

    RECEIVED = "received"
    JUDGED = "judged"
    WRITTEN_NOT_COMMITTED = "written_not_committed"
    PERSISTED = "persisted"
    ACKNOWLEDGED = "acknowledged"
    SEALED = "sealed"
    TRIED = "tried"
    SIGNED_NOT_COMMITTED = "signed_not_committed"
    SIGNED = "signed"
    SENDING = "sending"
    HANDED_OVER = "handed_over"
    SENT = "sent"
    RECEIPT_SEEN = "receipt_seen"
    MINED = "mined"
    FINAL_NOT_COMMITTED = "final_not_committed"
    FINAL = "final"
    BUMP_NOT_COMMITTED = "bump_not_committed"
    BUMPED = "bumped"
    GAP_FOUND = "gap_found"
    GAP_FILLED = "gap_filled"
    LOGS_READ = "logs_read"
    INDEXED_NOT_COMMITTED = "indexed_not_committed"
    INDEXED = "indexed"
    ROLLED_BACK_NOT_COMMITTED = "rolled_back_not_committed"
    ROLLED_BACK = "rolled_back"
    PERMIT_SIGNED = "permit_signed"
    PERMIT_STORED = "permit_stored"
    LEASE_TAKEN = "lease_taken"


_hook: Callable[[Point], None] | None = None


def install(hook: Callable[[Point], None] | None) -> None:
    """For chaos tests only: `hook` is called at every point; None takes it away."""
    global _hook
    _hook = hook


def passed(point: Point) -> None:
    """Tells that the process is at this point."""
    if _hook is not None:
        _hook(point)
