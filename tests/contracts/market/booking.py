"""Rules and steps of reservations, as the tests take them."""

from __future__ import annotations

from typing import Any

from tests.fixtures.economy import DAY, EUR, Drill, Economy
from tests.helpers import clock

HOUR = 3_600
DEPOSIT = 3 * EUR + 1
NO_SHOW_BPS = 2_500
CONTEST = 12 * HOUR
ARBITRATION = 5 * DAY
BOOKED, CHECKED_IN, CONTESTED, CANCELLED, NO_SHOW, RETURNED, RULED, UNRULED = range(1, 9)
DOCUMENT = b"document".ljust(32, b"\0")
ZERO = "0x" + "00" * 20


def rules(economy: Economy, **changes: Any) -> tuple[Any, ...]:
    usual = {
        "currency": economy.euro.address,
        "deposit": DEPOSIT,
        "noShowBps": NO_SHOW_BPS,
        "slotLength": HOUR,
        "mostSlots": 24,
        "furthest": 30 * DAY,
        "cancelBefore": 6 * HOUR,
        "contestTime": CONTEST,
        "arbitrationTime": ARBITRATION,
    }
    return tuple((usual | changes).values())


def edge(hours_ahead: int, length: int = HOUR) -> int:
    """An edge of slots that lies so many slots ahead."""
    return (clock.now() // length + 1 + hours_ahead) * length


class Desk:
    """One drill that can be booked, with an arbiter who belongs to nobody."""

    def __init__(self, economy: Economy, contract: Any, drill: Drill) -> None:
        self.economy, self.contract, self.drill = economy, contract, drill
        self.arbiter = economy.repairer
        self.anna, self.bert = economy.customers[:2]
        self.account = economy.ledger.subaccount(contract, b"deposits".ljust(32, b"\0"))

    def set_rules(self, arbiters: Any = None, by: Any = None, **changes: Any) -> Any:
        arbiters = [self.arbiter] if arbiters is None else arbiters
        given = rules(self.economy, **changes)
        return self.contract.setRules(self.drill.id, given, arbiters, {"from": by or self.economy.provider})

    def book(self, start: int, end: int, by: Any = None, agreement: int = 0) -> int:
        done = self.contract.book(self.drill.id, start, end, agreement, {"from": by or self.anna})
        return int(done.return_value)

    def stage(self, booking: int) -> int:
        return int(self.contract.reservationOf(booking)[4])

    def held(self) -> tuple[int, int]:
        """What the contract counts, and what its sub-account has."""
        return int(self.contract.depositsIn(self.economy.euro)), self.economy.balance(self.account)
