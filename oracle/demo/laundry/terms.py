"""What everybody agrees on before the first wash. Amounts in units of the local chain's currency: six decimals.

Chosen for the story, none of them measured: machine, prices, rates, bids. Only how often a household washes is leant on
something: the European energy label long reckoned with 220 cycles a year (Regulation 1061/2010); here it is 204.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from oracle.demo.laundry.cast import Role
from oracle.domain.hashing import keccak
from oracle.domain.rounds import OtherPayee, PlanPoint, RoundAsset, RoundRequest, RoundTerms, TrancheTerms
from oracle.domain.tariffs import Tariff
from oracle.parties.currencies import Currency
from oracle.parties.guarantees import BuybackTerms, PricePoint
from oracle.tariffs import published_tariff
from oracle.types import AssetId, BaseUnits, GuaranteeId, Seconds, UnixTime

DAY = 86_400
YEAR = 365 * DAY
MONTH = YEAR // 12
EUR = 1_000_000
CENT = EUR // 100
PER_MILLION = 1_000_000

MODEL = "Washer W-1"
MACHINE_PRICE = 1_200 * EUR
CYCLES_PER_DAY = 12
"""Highest odometer rate: it hardly stops."""

# Use

WASH_PRICES = (80 * CENT, 110 * CENT, 150 * CENT)
"""Eco, cotton, hot. Water and power run over the household's own meter."""
HABITS = (5, 3, 2)
"""Of ten washes: so many eco, cotton, hot."""
WASHES_A_MONTH = 17
HOLD = 50 * EUR
"""More than two months of washes, because this story settles once a month; a machine in a cellar settles daily."""
TOP_UP_TO = 160 * EUR
"""What each household fills its prepaid account up to, twice a year."""


@dataclass(frozen=True, slots=True)
class Tranche:
    """`rate_bps` a year; `residual_bps` of what is left once all is repaid, up to `cap_bps` of what was put in."""

    name: str
    size: int
    rate_bps: int
    cap_bps: int = 0
    residual_bps: int = 0


# The round

TRANCHES = (
    Tranche("senior", 700 * EUR, 350),
    Tranche("mezzanine", 300 * EUR, 600),
    Tranche("junior", 200 * EUR, 900, cap_bps=12_500, residual_bps=5_000),
)
STAKES: Mapping[tuple[Role, int], int] = {
    (Role.BANK, 0): 550 * EUR,
    (Role.NEIGHBOUR, 0): 200 * EUR,
    (Role.NEIGHBOUR, 1): 200 * EUR,
    (Role.ANNA, 1): 100 * EUR,
    (Role.ANNA, 2): 60 * EUR,
    (Role.LAUNDRY, 2): 140 * EUR,
}
"""Who offers how much to which tranche, in this order; the neighbour's first offer is more than there is room for."""
ROUND_SHARE, PROVIDER_SHARE, COMMUNITY_SHARE = 70, 25, 5
"""Of a hundred parts of the fees."""
PLAN_MONTHS, FEES_A_MONTH = 24, 44 * EUR
LAST_INSTALMENT = 240 * EUR
"""A month after the last fees; the maker's guarantee covers it."""
LATE_AFTER, IMPAIRED_AFTER, DEFAULT_AFTER = 30 * DAY, 105 * DAY, 180 * DAY
AUCTION_BPS = 3_000

# The floor

BUYBACK_POINTS = ((2 * YEAR, 360 * EUR), (5 * YEAR, 240 * EUR))
"""30 % of the price after two years, 20 % after five."""
COLLATERAL = 360 * EUR
CYCLES_INCLUDED = 1_000
WORN_CYCLE = 10 * CENT
"""Deducted for each cycle above those included a year."""

# The auction in the second ending

BIDS = ((Role.DEALER, 300 * EUR), (Role.SECOND_LAUNDRY, 380 * EUR), (Role.DEALER, 440 * EUR),
        (Role.SECOND_LAUNDRY, 520 * EUR))  # fmt: skip


def tariff(currency: Currency) -> Tariff:
    """The published washing machine's conditions at this house's prices, without a standing charge."""
    prices = tuple(price * PER_MILLION for price in WASH_PRICES)
    return replace(
        published_tariff("washing-machine").tariff(currency.address),
        price_per_million=(prices[0], prices[1], prices[2], 0),
        standing_per_day=BaseUnits(0),
        hold_target=BaseUnits(HOLD),
    )


def buyback(currency: Currency, machine: AssetId, now: UnixTime) -> tuple[BuybackTerms, tuple[PricePoint, ...]]:
    """From the second birthday on, until the sixth."""
    terms = BuybackTerms(
        asset=machine,
        currency=currency.address,
        starts_at=now,
        window_from=UnixTime(now + BUYBACK_POINTS[0][0]),
        window_until=UnixTime(now + 6 * YEAR),
        cover_bps=10_000,
        units_per_year=CYCLES_INCLUDED,
        deduction_per_million=BaseUnits(WORN_CYCLE * PER_MILLION),
        terms_hash=keccak(b"The maker buys this machine back."),
    )
    return terms, tuple(PricePoint(Seconds(age), BaseUnits(price)) for age, price in BUYBACK_POINTS)


def request(currency: Currency, machine: AssetId, guarantee: GuaranteeId, now: UnixTime) -> RoundRequest:
    """Instalments out of use for two years, then a last one; a lien on the title, the maker's floor under it."""
    terms = RoundTerms(
        currency=currency.address,
        secured=True,
        minimum=BaseUnits(MACHINE_PRICE),
        target=BaseUnits(MACHINE_PRICE),
        smallest=BaseUnits(10 * EUR),
        deadline=UnixTime(now + 30 * DAY),
        late_after=Seconds(LATE_AFTER),
        impaired_after=Seconds(IMPAIRED_AFTER),
        default_after=Seconds(DEFAULT_AFTER),
        round_share=ROUND_SHARE,
        reserve_share=0,
        monthly_orders=BaseUnits(0),
        # One wash in ten that was never billed, once there are enough of them, is a reason to worry.
        unbilled_bps=1_000,
        unbilled_free=60,
        least_price_per_million=BaseUnits(min(WASH_PRICES) * PER_MILLION),
        auction_bps=AUCTION_BPS,
        terms_hash=keccak(b"A washing machine for the house, bought together."),
    )
    fees = PLAN_MONTHS * FEES_A_MONTH
    return RoundRequest(
        terms=terms,
        tranches=tuple(
            TrancheTerms(BaseUnits(one.size), BaseUnits(0), one.rate_bps, one.cap_bps, one.residual_bps)
            for one in TRANCHES
        ),
        plan=(
            PlanPoint(Seconds(PLAN_MONTHS * MONTH), BaseUnits(fees)),
            PlanPoint(Seconds((PLAN_MONTHS + 1) * MONTH), BaseUnits(fees + LAST_INSTALMENT)),
        ),
        assets=(RoundAsset(machine, guarantee),),
        others=(
            OtherPayee(Role.LAUNDRY.address, PROVIDER_SHARE),
            OtherPayee(Role.COMMUNITY.address, COMMUNITY_SHARE),
        ),
    )
