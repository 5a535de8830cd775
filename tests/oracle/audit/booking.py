"""Reservations of a shared machine: each way a booking ends, once."""

from __future__ import annotations

from tests.oracle.audit.beginning import (
    ANNA,
    BERT,
    CLARA,
    COMMUNITY,
    FLEET,
    REPAIRER,
    meter,
    word,
)
from tests.oracle.audit.circular import Circular
from tests.oracle.audit.support import DAY, HOUR, MOST, batch

ASSET, AGREEMENT = 3, 3
"""The fleet's car, and Clara's agreement on it."""
DEPOSIT = 30_001


class Booking(Circular):
    def bookings(self) -> None:
        for who in (ANNA, CLARA):
            self.send(who, "PrepaidAccounts", "approve", self.on.addresses["Reservations"], int(self.euro, 16), MOST)
        for length in (2 * HOUR, HOUR):
            rules = (self.euro, DEPOSIT, 2_500, length, 24, 30 * DAY, HOUR, 12 * HOUR, DAY)
            arbiters = [self.names[REPAIRER], self.names[BERT]]
            self.send(FLEET, "Reservations", "setRules", ASSET, rules, arbiters)
        word_of_slots = 256 * HOUR
        self.start = (self.on.now // word_of_slots + 1) * word_of_slots - 2 * HOUR
        self._booked()
        self._used()
        self._contested()
        self.send(FLEET, "Reservations", "stopBooking", ASSET)

    def _booked(self) -> None:
        """One cancelled by each side, one that nobody came for, across two words of slots."""
        for by in (ANNA, FLEET):
            self.send(by, "Reservations", "cancel", self._book(ANNA, 0, 4))
        no_show = self._book(ANNA, 0, 4)
        self._until(4 + 13)
        self.send(COMMUNITY, "Reservations", "forfeit", no_show)

    def _used(self) -> None:
        on = self.on
        said, proved = self._book(ANNA, 20, 21), self._book(CLARA, 21, 23, AGREEMENT)
        self._until(20)
        self.send(ANNA, "Reservations", "checkIn", said)
        self.send(ANNA, "Reservations", "reportReturn", said, word("clean"), "ipfs://clean")
        self._until(22)
        reading = on.reading(meter(3), AGREEMENT, ASSET, 6, (340_002, 0, 0, 0))
        self.send(REPAIRER, "UsageAgreements", "settle", batch((1, [reading])))
        self.send(COMMUNITY, "Reservations", "proveUse", proved)
        self._until(23 + 13)
        self.send(COMMUNITY, "Reservations", "release", said)
        self.send(COMMUNITY, "Reservations", "release", proved)

    def _contested(self) -> None:
        """By the provider and by the next user; one ruled, one left to silence; a gift, and a deposit that stays."""
        first, second = self._book(ANNA, 40, 41), self._book(CLARA, 41, 42)
        self._book(ANNA, 100, 101)
        self._until(40)
        self.send(ANNA, "Reservations", "checkIn", first)
        self._until(41)
        self.send(CLARA, "Reservations", "checkIn", second)
        self.send(CLARA, "Reservations", "contest", first, second, word("dirty"), "ipfs://dirty")
        self.send(FLEET, "Reservations", "contest", second, 0, word("dent"), "")
        self.send(REPAIRER, "Reservations", "rule", first, 3_333, word("half dirty"))
        self.on.later(DAY + 1)
        self.send(COMMUNITY, "Reservations", "release", second)
        account = self.on.PrepaidAccounts.functions.subaccount(
            self.on.addresses["Reservations"], word("deposits")
        ).call()
        self.send(ANNA, "PrepaidAccounts", "transfer", account, int(self.euro, 16), 17)
        self.send(BERT, "Reservations", "skimSurplus", self.euro)

    def _book(self, who: int, first: int, last: int, agreement: int = 0) -> int:
        begin, until = self.start + first * HOUR, self.start + last * HOUR
        self.send(who, "Reservations", "book", ASSET, begin, until, agreement)
        return int(self.on.Reservations.functions.reservationCount().call())

    def _until(self, hours: int) -> None:
        """A moment behind the edge so many hours after the first."""
        self.on.later(self.start + hours * HOUR + 1 - self.on.now)
