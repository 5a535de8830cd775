"""Why a machine stands still, in words a customer can read."""

from enum import StrEnum

from oracle.errors import Malformed


class StopReason(StrEnum):
    NO_BALANCE = "no_balance"
    CAP_REACHED = "cap_reached"
    PERMIT_EXPIRED = "permit_expired"
    SUSPENDED = "suspended"
    FAULT = "fault"
    ENDED = "ended"
    LOCAL_STOP = "local_stop"
    NO_PERMIT = "no_permit"
    QUARANTINED = "quarantined"
    SESSION_LIMIT = "session_limit"
    IDLE = "idle"
    SUPERSEDED = "superseded"
    BOOKED = "booked"

    @property
    def text(self) -> str:
        """One English sentence for the customer."""
        return _TEXTS[self]

    @classmethod
    def parse(cls, value: object) -> "StopReason | None":
        """Reads the JSON text or null. Raises Malformed for a reason that does not exist."""
        if value is None:
            return None
        if not isinstance(value, str) or value not in set(cls):
            raise Malformed("stop reason", "is unknown", repr(value)[:40])
        return cls(value)


_TEXTS = {
    StopReason.NO_BALANCE: "The prepaid balance for this agreement is used up. It goes on after a top-up.",
    StopReason.CAP_REACHED: "The spending cap of this period is reached.",
    StopReason.PERMIT_EXPIRED: "The permit to run has expired and no newer one has arrived.",
    StopReason.SUSPENDED: "The customer has suspended this agreement.",
    StopReason.FAULT: "The machine reports a fault.",
    StopReason.ENDED: "The agreement has ended.",
    StopReason.LOCAL_STOP: "Somebody stopped the machine at the machine.",
    StopReason.NO_PERMIT: "The machine has no permit to run.",
    StopReason.QUARANTINED: "A reading is being looked at by a person; no new permit until then.",
    StopReason.SESSION_LIMIT: "The longest session of the tariff is over.",
    StopReason.IDLE: "The machine stood idle for longer than the tariff allows.",
    StopReason.SUPERSEDED: "A newer agreement on this machine has taken over.",
    StopReason.BOOKED: "Somebody else has booked the machine for this time.",
}
