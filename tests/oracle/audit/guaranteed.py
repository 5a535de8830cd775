"""Titles sold, machines bought back, down time paid for: every way a sale and a guarantee can go, once."""

from __future__ import annotations

from typing import Any

from eth_abi.abi import encode

from oracle.audit import signatures
from tests.oracle.audit.beginning import ANNA, BERT, CLARA, COMMUNITY, OWNER, REPAIRER, STATUS_UP, ZERO, meter, word
from tests.oracle.audit.circular import Circular
from tests.oracle.audit.support import DAY, FOREVER, HOUR, MOST

DOWN, IN_MAINTENANCE, MOVED = 1, 2, 3
KEY = 63
POINTS = ((0, 1_000_001), (3 * DAY, 700_000), (9 * DAY, 500_000))
CAR, AGREEMENT = 3, 3
HEARTBEAT, SLOTS = 300, 4
STATUS = "(uint64,uint32,uint40,uint8,uint16,uint48)"


class Guaranteed(Circular):
    def sales(self) -> None:
        """Withdrawn; sold to anyone; sold into a split that goes along; sold where the buyer controls what stays."""
        here, sold = self.on.addresses["TitleSales"], self._made("sold")
        for who in (ANNA, BERT, REPAIRER, OWNER):
            self.send(who, "AssetRegistry", "setApprovalForAll", here, True)
            self.send(who, "PrepaidAccounts", "approve", here, int(self.euro, 16), MOST)
        self.send(REPAIRER, "TitleSales", "offer", sold, ZERO, self.euro, 900, FOREVER, 0)
        self.send(REPAIRER, "TitleSales", "withdraw", 1)
        self.send(REPAIRER, "TitleSales", "offer", sold, ZERO, self.euro, 1_001, FOREVER, 0)
        self.send(ANNA, "TitleSales", "buy", 2, 0)
        self.send(ANNA, "FeeSplitter", "create", self.names[ANNA], [(self.names[ANNA], 1)], [self.euro])
        service = self._last_split()
        self.send(ANNA, "TitleSales", "offer", sold, self.names[BERT], self.euro, 800, FOREVER, service)
        self.send(BERT, "TitleSales", "buy", 3, service)
        self.send(BERT, "TitleSales", "offer", sold, ZERO, self.euro, 700, FOREVER, 0)
        self.send(ANNA, "TitleSales", "buy", 4, 0)
        self.send(ANNA, "TitleSales", "offer", sold, ZERO, self.euro, 600, FOREVER, 0)
        self.send(OWNER, "TitleSales", "buy", 5, 0)
        self.send(OWNER, "TitleSales", "offer", sold, ZERO, self.euro, 500, FOREVER, 0)

    def buybacks(self) -> None:
        here, self.floored = self.on.addresses["BuybackGuarantees"], self._made("floored")
        self._odometer(KEY, self.floored, 400)
        self.send(ANNA, "PrepaidAccounts", "deposit", self.euro, self.names[REPAIRER], 400_000)
        for who in (OWNER, REPAIRER):
            self.send(who, "PrepaidAccounts", "approve", here, int(self.euro, 16), MOST)
            self.send(who, "AssetRegistry", "setApprovalForAll", here, True)
        self._waited()
        self._short()
        self._ended()

    def _waited(self) -> None:
        """Too little collateral: the holder waits, the guarantor tops up, the machine goes back in full."""
        first = self._give(OWNER, self.floored, 150_000)
        self.send(REPAIRER, "BuybackGuarantees", "choose", first)
        self.send(REPAIRER, "BuybackGuarantees", "demand", first, self._status(500))
        self.send(OWNER, "BuybackGuarantees", "topUp", first, 1_000)
        self.send(OWNER, "BuybackGuarantees", "topUp", first, 900_000)
        self.send(OWNER, "BuybackGuarantees", "release", first, 7)
        self.send(REPAIRER, "BuybackGuarantees", "exerciseFor", first, self._status(900), 1)

    def _short(self) -> None:
        """The maker's own guarantee: with the largest possible wear, paid in part, the rest claimed."""
        second = self._give(REPAIRER, self.floored, 110_000)
        self.on.later(HOUR)
        self.send(OWNER, "BuybackGuarantees", "exercise", second, b"")
        owed = self.on.BuybackGuarantees.functions.buybackOf(second).call()[6]
        for amount in (1, owed - 1):
            self.send(REPAIRER, "BuybackGuarantees", "payClaim", second, amount)

    def _ended(self) -> None:
        """Waived while the holder waits, and run out; one stays."""
        third = self._give(OWNER, self.floored, 150_000)
        self.send(REPAIRER, "BuybackGuarantees", "demand", third, self._status(1_000))
        self.send(REPAIRER, "BuybackGuarantees", "waive", third)
        fourth = self._give(OWNER, self.floored, 100_001, until=DAY)
        self.on.later(DAY + 60)
        self.send(COMMUNITY, "BuybackGuarantees", "expire", fourth)
        self._give(OWNER, self.floored, 300_000, until=900 * DAY)
        account = self.on.BuybackGuarantees.functions.accountOf(5).call()
        self.send(BERT, "PrepaidAccounts", "transfer", account, int(self.euro, 16), 5)

    def guaranteed_orders(self) -> None:
        """On the car of the service market: a service that counts, and orders that are too old."""
        now = self.on.now
        window = (now + 61 * DAY, now + 70 * DAY)
        number = self._give(OWNER, CAR, 500_000, window=window, begin=now - 2 * DAY, every=DAY, missed=9)
        paid, unfinished = self._orders_by_stage()
        self.send(COMMUNITY, "BuybackGuarantees", "proveService", number, paid)
        for order in unfinished:
            self.send(COMMUNITY, "BuybackGuarantees", "objectOrder", number, order)

    def _orders_by_stage(self) -> tuple[int, list[int]]:
        """One maintenance that was paid, and what has not ended."""
        market = self.on.ServiceMarket.functions
        orders = {number: market.orderOf(number).call() for number in range(1, market.orderCount().call() + 1)}
        paid = next(number for number, order in orders.items() if order[1] == 1 and order[2] == 5)
        return paid, [number for number, order in orders.items() if order[2] < 5]

    def _give(
        self, who: int, asset: int, collateral: int, until: int = 3 * DAY, window: Any = None, begin: int = 0,
        every: int = 0, missed: int = 0,
    ) -> int:  # fmt: skip
        begin = begin or self.on.now - DAY
        first, last = window or (self.on.now, self.on.now + until)
        terms = (
            asset, self.euro, begin, first, last, 1_001, 1, 36_500, 3_000_000, every, missed, word("floor")
        )  # fmt: skip
        self.send(who, "BuybackGuarantees", "give", terms, POINTS, collateral)
        return int(self.on.BuybackGuarantees.functions.guaranteeCount().call())

    def _status(self, odometer: int) -> bytes:
        values = (self.floored, 77, self.on.now, STATUS_UP, 0, odometer)
        form, signature = self.on.signed(meter(KEY), "MeterRegistry", signatures.STATUS, *values)
        return encode([STATUS, "bytes"], [form, signature])

    # Uptime

    def uptimes(self) -> None:
        """Three periods: mostly down, up but for the customer's stops, silent."""
        here = self.on.addresses["AvailabilityGuarantees"]
        self.send(OWNER, "PrepaidAccounts", "approve", here, int(self.euro, 16), MOST)
        begin = self.on.now + HEARTBEAT
        terms = (
            CAR, self.euro, begin, HEARTBEAT, SLOTS, 3, HOUR, 9_000, 333, 9_999, 1, 40, word("uptime")
        )  # fmt: skip
        self.send(OWNER, "AvailabilityGuarantees", "give", terms, 90)
        self.send(BERT, "PrepaidAccounts", "approve", here, int(self.euro, 16), 40)
        self.send(BERT, "AvailabilityGuarantees", "topUp", 1, 40)
        self.send(OWNER, "AvailabilityGuarantees", "release", 1, 3)
        self.send(OWNER, "AvailabilityGuarantees", "announceMaintenance", 1, 1, 3, 1)
        self._reported(begin, 0, (0, STATUS_UP, 0), (1, DOWN, 39), (2, IN_MAINTENANCE, 0), (3, DOWN, 0))
        self._reported(begin, 1, (0, STATUS_UP, 0), (1, MOVED, 0), (2, DOWN, 40), (3, STATUS_UP, 0))
        length = HEARTBEAT * SLOTS
        self.on.later(begin + 3 * length - self.on.now)
        for period in (0, 1, 2):
            self.send(COMMUNITY, "AvailabilityGuarantees", "checkpoint", 1, AGREEMENT, period)
        self.on.later(HOUR + 60)
        for _ in range(3):
            self.send(COMMUNITY, "AvailabilityGuarantees", "settlePeriod", 1)
        self.send(CLARA, "AvailabilityGuarantees", "claim", 1, AGREEMENT, 0)

    def _reported(self, begin: int, period: int, *said: tuple[int, int, int]) -> None:
        self.on.later(begin + (period + 1) * HEARTBEAT * SLOTS - self.on.now)
        statuses, signed = [], []
        for slot, state, fault in said:
            time = begin + (period * SLOTS + slot) * HEARTBEAT + 11
            values = (CAR, 1, time, state, fault, 0)
            form, signature = self.on.signed(meter(CAR), "MeterRegistry", signatures.STATUS, *values)
            statuses.append(form)
            signed.append(signature)
        self.send(COMMUNITY, "AvailabilityGuarantees", "report", 1, statuses, signed)
