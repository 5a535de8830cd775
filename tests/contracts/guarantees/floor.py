"""Guarantees on the small economy: `floor` gives a buyback on a hired drill, `watch` a promise of uptime."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from eth_abi.abi import encode

from oracle.domain.statuses import Status, StatusState
from tests.fixtures.economy import DAY, EUR, Drill, Economy
from tests.helpers import clock
from tests.models import buyback

YEAR = 365 * DAY
HOUR = 3_600
NO_STATUS = b""
SECONDS_PER_DAY = 10_000  # most growth of the odometer in a day
STATUS = "(uint64,uint32,uint40,uint8,uint16,uint48)"


class Stage(IntEnum):
    NONE, LIVE, EXERCISED, EXPIRED, WAIVED = range(5)


class Terms(NamedTuple):
    """`BuybackTerms`, in its order: 100 EUR new, 20 EUR after five years, in the fifth year or three months later."""

    asset: int
    currency: str
    starts_at: int
    window_from: int
    window_until: int
    cover_bps: int = 5_000
    least_grade: int = 0
    units_per_year: int = 1_000_000
    deduction_per_million: int = 2 * EUR
    service_every: int = YEAR
    missed_service: int = EUR
    terms_hash: bytes = bytes(32)


POINTS = ((0, 100 * EUR), (YEAR, 60 * EUR), (5 * YEAR, 20 * EUR))


class Floor:
    """One drill with a buyback. Methods that send a transaction return it, but for `give`, which returns the number."""

    def __init__(self, economy: Economy, deployment: Any, drill: Drill) -> None:
        self.economy, self.drill = economy, drill
        self.contract = deployment.BuybackGuarantees
        self.market = deployment.ServiceMarket
        self.guarantor, self.holder = economy.maker, economy.provider

    @property
    def asset(self) -> int:
        return self.drill.id

    def prepare(self) -> None:
        """Money of the guarantor, the holder's approval, and an odometer whose growth is known."""
        self.economy.deposit(self.guarantor, 1_000 * EUR)
        self.economy.allow(self.guarantor, 10**30, spender=self.contract)
        self.economy.assets.setApprovalForAll(self.contract, True, {"from": self.holder})
        self.economy.meters.declareOdometerRate(self.asset, SECONDS_PER_DAY, {"from": self.guarantor})

    def terms(self, **changes: Any) -> Terms:
        now = clock.now()
        usual = Terms(self.asset, self.economy.euro.address, now, now + 4 * YEAR, now + 5 * YEAR + 90 * DAY)
        return usual._replace(**changes)

    def give(
        self, terms: Terms | None = None, points: Sequence[Any] = POINTS, collateral: int = 40 * EUR, by: Any = None
    ) -> int:
        given = self.contract.give(terms or self.terms(), list(points), collateral, {"from": by or self.guarantor})
        return int(given.return_value)

    def status(self, odometer: int, time: int | None = None, key: Any = None, asset: int | None = None) -> bytes:
        """Signed by the drill's meter, as `exercise` takes it."""
        when = clock.now() if time is None else time
        form = Status(asset or self.asset, 9, when, int(StatusState.UP), 0, odometer)
        signature = self.economy.signature(form, key or self.drill.meter)
        return encode([STATUS, "bytes"], [tuple(form.values()), signature])

    def record(self, odometer: int, sequence: int = 1) -> Any:
        """The registry's checkpoint."""
        form = Status(self.asset, sequence, clock.now(), int(StatusState.UP), 0, odometer)
        return self.economy.meters.recordStatus(
            form.values(), self.economy.signature(form, self.drill.meter), {"from": self.economy.stranger}
        )

    def exercise(self, number: int, data: bytes = NO_STATUS, by: Any = None, least: int | None = None) -> Any:
        sender = {"from": by or self.holder}
        if least is None:
            return self.contract.exercise(number, data, sender)
        return self.contract.exerciseFor(number, data, least, sender)

    def collateral(self, number: int) -> int:
        return int(self.contract.collateralOf(number))

    def stage(self, number: int) -> Stage:
        return Stage(self.contract.buybackOf(number)[2])

    def expected(self, terms: Terms, odometer: int, at: int, missed: int, points: Sequence[Any] = POINTS) -> int:
        return buyback.price(
            points, at - terms.starts_at, odometer, 0, terms.units_per_year, terms.deduction_per_million,
            missed * terms.missed_service,
        )  # fmt: skip

    @property
    def owner(self) -> str:
        return str(self.economy.assets.ownerOf(self.asset))
