"""What a round of co-financing promises: terms, tranches, plan and machines, as RoundBook publishes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from oracle.types import Address, AssetId, BaseUnits, Bytes32, GuaranteeId, Seconds, UnixTime

ALL_BPS = 10_000


class RoundState(IntEnum):
    """As the chain numbers it. REPAID, RECOVERED and FAILED are ends."""

    FUNDING = 1
    ON_PLAN = 2
    LATE = 3
    IMPAIRED = 4
    DEFAULTED = 5
    REPAID = 6
    RECOVERED = 7
    FAILED = 8

    @property
    def words(self) -> str:
        return self.name.lower().replace("_", " ")

    @property
    def is_running(self) -> bool:
        return RoundState.ON_PLAN <= self <= RoundState.DEFAULTED

    @property
    def has_ended(self) -> bool:
        return self >= RoundState.REPAID


@dataclass(frozen=True, slots=True)
class TrancheTerms:
    """One class of investors, in the order of the contract's struct. `cap_bps` 0: no cap on what it is paid in all."""

    size: BaseUnits
    least: BaseUnits
    rate_bps: int
    cap_bps: int = 0
    residual_bps: int = 0

    def values(self) -> tuple[int, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class PlanPoint:
    """Receipts expected in all by `time` seconds after the start."""

    time: Seconds
    amount: BaseUnits


@dataclass(frozen=True, slots=True)
class RoundTerms:
    """In the order of the contract's struct. Amounts in base units of the currency, shares of 10,000."""

    currency: Address
    secured: bool
    minimum: BaseUnits
    target: BaseUnits
    smallest: BaseUnits
    deadline: UnixTime
    late_after: Seconds
    impaired_after: Seconds
    default_after: Seconds
    round_share: int
    reserve_share: int
    monthly_orders: BaseUnits
    unbilled_bps: int
    unbilled_free: int
    least_price_per_million: BaseUnits
    auction_bps: int
    terms_hash: Bytes32

    def values(self) -> tuple[int | str | bytes, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class RoundAsset:
    """`guarantee` None: no buyback stands behind it."""

    asset: AssetId
    guarantee: GuaranteeId | None = None


@dataclass(frozen=True, slots=True)
class OtherPayee:
    """Who is paid from the machines' fees beside the round."""

    account: Address
    share: int


@dataclass(frozen=True, slots=True)
class RoundRequest:
    """All that a round is opened with; tranches senior first."""

    terms: RoundTerms
    tranches: tuple[TrancheTerms, ...]
    plan: tuple[PlanPoint, ...]
    assets: tuple[RoundAsset, ...]
    others: tuple[OtherPayee, ...] = ()


def expected_by(plan: Sequence[PlanPoint], elapsed: int) -> BaseUnits:
    """Linear between the points and from nothing at the start, rounded down; level behind the last point."""
    time, amount = 0, 0
    for point in plan:
        if elapsed < point.time:
            return BaseUnits(amount + (point.amount - amount) * (elapsed - time) // (point.time - time))
        time, amount = point.time, point.amount
    return BaseUnits(amount)
