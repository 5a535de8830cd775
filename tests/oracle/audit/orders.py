"""The service market's part of the economy: every kind of step and of end, and orders left in each stage."""

from __future__ import annotations

from typing import Any

from oracle.audit import signatures
from tests.oracle.audit.beginning import (
    ANNA,
    BERT,
    CLARA,
    COMMUNITY,
    FLEET,
    GUARDIAN,
    LISTING,
    OWNER,
    REPAIRER,
    STATUS_UP,
    Beginning,
    meter,
    word,
)  # fmt: skip
from tests.oracle.audit.support import DAY, FOREVER, HOUR

ASSET = 3
AGREEMENT = 3
MAINTAIN, REPAIR, REFURBISH, COLLECT = 1, 2, 4, 5
NO_STATUS = ((0, 0, 0, 0, 0, 0), b"")
GRADE_B = 2


class Orders(Beginning):
    """Asset 3 belongs to FLEET, CLARA uses it; ANNA and BERT are admitted workers."""

    def orders(self) -> None:
        self._terms_of_service()
        self._reserve()
        self._included()
        self._never_done()
        self._disputes()
        self._collection()
        self._left_open()
        self._governed()

    def _terms_of_service(self) -> None:
        names = self.names
        arbiters = [names[COMMUNITY], names[OWNER], names[GUARDIAN]]
        terms = (
            self.euro, 1_000_000, 3_333, 1_500_000, 1_001, 60, HOUR, 120, HOUR, 2 * HOUR, 1, 2, False, True,
            word("service"),
        )  # fmt: skip
        plain = (self.crown, 0, 10_000, 0, 0, 1, HOUR, 1, HOUR, HOUR, 0, 1, True, False, word("plain"))
        self.send(BERT, "ServiceTermsBook", "publish", terms, (4_000, 3_000, 2_000, 0), arbiters)
        self.send(OWNER, "ServiceTermsBook", "publish", plain, (0, 0, 0, 0), arbiters[:1])
        self.send(OWNER, "ServiceTermsBook", "choose", 2, 2)
        self.send(FLEET, "ServiceTermsBook", "choose", ASSET, 1)
        for watcher, on in ((REPAIRER, True), (COMMUNITY, True), (COMMUNITY, False)):
            self.send(FLEET, "ServiceTermsBook", "appointWatcher", ASSET, names[watcher], on)

    def _reserve(self) -> None:
        self.reserve = self.on.ServiceMarket.functions.reserveOf(ASSET).call()
        for account, amount in ((self.reserve, 9_000_000), (self.names[FLEET], 2_000_000)):
            self.send(ANNA, "PrepaidAccounts", "deposit", self.euro, account, amount)
        self.send(
            FLEET, "PrepaidAccounts", "approve", self.on.addresses["ServiceMarket"], int(self.euro, 16), 2_000_000
        )
        self.send(FLEET, "ServiceMarket", "releaseReserve", ASSET, self.euro, 12_345, self.names[BERT])

    def _open(self, who: int, kind: int, by_rule: bool = False, agreement: int = 0, ceiling: int = 900_000) -> int:
        request = (
            ASSET, kind, agreement, ceiling, self.on.now + 1_000, DAY, by_rule, word("need"), "https://example.org/need"
        )  # fmt: skip
        self.send(who, "ServiceMarket", "open", request)
        return int(self.on.ServiceMarket.functions.orderCount().call())

    def _bid(self, order: int, *bids: tuple[int, int]) -> None:
        for who, price in bids:
            self.send(who, "ServiceMarket", "bid", order, price, HOUR)

    def _deliver(self, order: int, who: int, with_status: bool = True) -> None:
        self.on.later(60)
        status = NO_STATUS
        if with_status:
            form = (ASSET, order, self.on.now, STATUS_UP, 0, 0)
            status = self.on.signed(meter(ASSET), "MeterRegistry", signatures.STATUS, *form)
        evidence = (word("report"), "ipfs://report", [1, 2], [3])
        self.send(who, "ServiceMarket", "deliver", order, evidence, *status)

    def _accepted(self, kind: int, worker: int, price: int) -> int:
        order = self._open(FLEET, kind)
        self._bid(order, (worker, price))
        self.send(FLEET, "ServiceMarket", "accept", order, self.names[worker])
        return order

    def _included(self) -> None:
        order = self._open(CLARA, MAINTAIN, agreement=AGREEMENT)
        self._bid(order, (ANNA, 500_000), (BERT, 499_999), (ANNA, 499_998), (BERT, 499_998))
        self.on.later(1_000)
        self.send(COMMUNITY, "ServiceMarket", "acceptLowest", order)
        self._deliver(order, ANNA)
        self.send(CLARA, "ServiceMarket", "approve", order)

    def _never_done(self) -> None:
        """Given back, cancelled, lapsed, expired."""
        order = self._open(REPAIRER, REPAIR, by_rule=True)
        self._bid(order, (BERT, 700_000))
        self.on.later(1_000)
        self.send(COMMUNITY, "ServiceMarket", "acceptLowest", order)
        self.send(BERT, "ServiceMarket", "abandon", order)
        self.send(REPAIRER, "ServiceMarket", "cancel", self._open(REPAIRER, REPAIR))
        order = self._open(FLEET, REPAIR)
        self._bid(order, (BERT, 7))
        self.on.later(2 * HOUR)
        self.send(COMMUNITY, "ServiceMarket", "lapse", order)
        order = self._accepted(REPAIR, BERT, 300_000)
        self.on.later(2 * HOUR)
        self.send(COMMUNITY, "ServiceMarket", "expire", order)

    def _disputes(self) -> None:
        """Ruled for the worker by two arbiters, one of whom changes its mind; ended by their silence."""
        kept = self.on.PrepaidAccounts.functions.balanceOf(self.reserve, int(self.euro, 16)).call()
        self.send(FLEET, "ServiceMarket", "releaseReserve", ASSET, self.euro, kept - 10, self.names[FLEET])
        order = self._accepted(REFURBISH, ANNA, 600_001)
        self.on.later(HOUR)
        self._deliver(order, ANNA)
        self.send(FLEET, "ServiceMarket", "dispute", order, word("scratch"), "")
        for arbiter, bps in ((COMMUNITY, 4_000), (COMMUNITY, 10_000), (OWNER, 10_000)):
            self.send(arbiter, "ServiceMarket", "rule", order, bps, word("ruling"))
        order = self._accepted(REFURBISH, BERT, 500_001)
        self._deliver(order, BERT)
        self.send(FLEET, "ServiceMarket", "dispute", order, word("dent"), "ipfs://dent")
        self.on.later(3 * HOUR)
        self.send(COMMUNITY, "ServiceMarket", "endSilent", order)

    def _collection(self) -> None:
        order = self._accepted(COLLECT, ANNA, 20_000)
        self._hand_over(order, CLARA, ANNA, 0)
        self._hand_over(order, ANNA, FLEET, GRADE_B)
        self._deliver(order, ANNA, with_status=False)
        self.on.later(2 * HOUR)
        self.send(COMMUNITY, "ServiceMarket", "release", order)
        self.send(COMMUNITY, "ServiceMarket", "payCore", order)
        self.send(BERT, "HandOvers", "cancelNonce", 300)

    def _hand_over(self, order: int, giver: int, taker: int, grade: int) -> None:
        nonces = (self.on.next_nonce(), self.on.next_nonce())
        form = (order, self.names[giver], self.names[taker], grade, word("condition"), *nonces, FOREVER)
        signed: list[Any] = [
            self.on.signed(self.on.keys[who], "HandOvers", signatures.HAND_OVER, *form)[1] for who in (giver, taker)
        ]
        self.send(COMMUNITY, "HandOvers", "handOver", form, *signed)

    def _left_open(self) -> None:
        """Behind the included service of the year, and one in each stage that holds money; a gift to their escrow."""
        self._bid(self._open(CLARA, REPAIR, agreement=AGREEMENT, ceiling=2_000_000), (BERT, 1_100_000))
        self._accepted(REPAIR, BERT, 100_000)
        self._deliver(self._accepted(REPAIR, ANNA, 110_000), ANNA)
        order = self._accepted(REPAIR, ANNA, 120_000)
        self._deliver(order, ANNA)
        self.send(FLEET, "ServiceMarket", "dispute", order, word("late"), "")
        self.send(COMMUNITY, "ServiceMarket", "rule", order, 5_000, word("half"))
        escrow = self.on.PrepaidAccounts.functions.subaccount(
            self.on.addresses["ServiceMarket"], word("escrow")
        ).call()  # fmt: skip
        for gift in (4, 17):
            self.send(BERT, "PrepaidAccounts", "transfer", escrow, int(self.euro, 16), gift)
            if gift == 4:
                self.send(BERT, "ServiceMarket", "skimSurplus", self.euro)

    def _governed(self) -> None:
        self.send(LISTING, "WorkerList", "admit", self.names[BERT], 3)
        self.send(LISTING, "ServiceMarket", "setEligibility", self.on.addresses["WorkerList"])
        self.send(GUARDIAN, "ServiceMarket", "pause")
        self.send(GUARDIAN, "ServiceMarket", "unpause")
        self.send(LISTING, "AssetRegistry", "appointRecorder", self.on.addresses["ServiceMarket"], False)
        self.on.later(HOUR + 120)
        unrecorded = int(self.on.ServiceMarket.functions.orderCount().call()) - 1
        self.send(COMMUNITY, "ServiceMarket", "release", unrecorded)
        self.send(LISTING, "AssetRegistry", "appointRecorder", self.on.addresses["ServiceMarket"], True)
