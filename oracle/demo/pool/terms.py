"""The pool's figures: what its members accept, and what one repair may cost."""

from oracle.demo.pool.cast import Role, address
from oracle.domain.hashing import keccak
from oracle.parties.assets import short_text
from oracle.parties.currencies import Currency
from oracle.parties.orders import ServiceTerms
from oracle.parties.pools import MODEL_CONTRACT, PoolModel, PoolTerms
from oracle.types import BaseUnits, Seconds, ServiceTermsId

HOUR, DAY = 3_600, 86_400
MODEL = "Motor M-90"
PRICE, EXCHANGE_FEE, REPAIR_CEILING = "4000", "500", "700"
ENTRY, DEPOSIT, DUES, CLAIM_FEE, FEE_PER_DAY, LATE_FEE = "800", "200", "20", "50", "2", "10"
QUARTER = 91 * DAY
WAITING = 30 * DAY
LONGEST_LOAN_DAYS = 90
BIDS = {Role.REPAIRER_1: "640", Role.REPAIRER_2: "585", Role.REPAIRER_3: "690"}
BIDDING, WORK = 3 * DAY, 60 * DAY


def pool_terms(currency: Currency, service: ServiceTermsId) -> PoolTerms:
    money = currency.parse
    return PoolTerms(
        currency=currency.address,
        dues=money(DUES),
        least_grade=1,
        vouched=False,
        entry=money(ENTRY),
        deposit=money(DEPOSIT),
        claim_fee=money(CLAIM_FEE),
        fee_per_day=money(FEE_PER_DAY),
        late_fee_per_day=money(LATE_FEE),
        period=Seconds(QUARTER),
        waiting_time=Seconds(WAITING),
        fresh_time=Seconds(2 * DAY),
        longest_loan=Seconds(LONGEST_LOAN_DAYS * DAY),
        collect_time=Seconds(5 * DAY),
        defective_time=Seconds(14 * DAY),
        rest_time=Seconds(0),
        voting_time=Seconds(14 * DAY),
        bidding_time=Seconds(BIDDING),
        work_time=Seconds(WORK),
        service_terms=service,
        terms_hash=MODEL_CONTRACT,
    )


def model(currency: Currency) -> PoolModel:
    money = currency.parse
    price, exchange, ceiling = money(PRICE), money(EXCHANGE_FEE), money(REPAIR_CEILING)
    return PoolModel(address(Role.MAKER), price, short_text(MODEL), exchange, ceiling)


def service_terms(currency: Currency) -> ServiceTerms:
    """Of repairs of spares: no meter stands on a shelf, so none is asked for its word."""
    return ServiceTerms(
        currency=currency.address,
        rule_ceiling=currency.parse(REPAIR_CEILING),
        silent_share_bps=5_000,
        rule_budget=currency.parse("5000"),
        dispute_bond=currency.parse("50"),
        shortest_bidding=Seconds(DAY),
        acceptance_time=Seconds(5 * DAY),
        grace_time=Seconds(5 * DAY),
        inspection_time=Seconds(10 * DAY),
        arbitration_time=Seconds(14 * DAY),
        included_per_year=4,
        quorum=1,
        own_bids=False,
        status_needed=False,
        terms_hash=keccak(b"repair of pool spares: as the maker prescribes, tested under load, with a report"),
    )


def loan_money(currency: Currency) -> BaseUnits:
    """What a member pays in for one claim: the fee that is held, and the fees of the longest loan."""
    return BaseUnits(currency.parse(CLAIM_FEE) + LONGEST_LOAN_DAYS * currency.parse(FEE_PER_DAY))
