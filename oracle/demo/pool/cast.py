"""Who plays whom in the pool, and how its motors break: figures with their source."""

from enum import IntEnum
from functools import cache

from eth_account.signers.local import LocalAccount

from oracle.advice.pools import YEAR, Pool, Way
from oracle.domain.signatures import SigningKey
from oracle.parties.keystore import local_account
from oracle.types import Address

LISTING = 1
"""Holds the role that admits workers (`oracle/deployment/config/local.yaml`)."""
FIRST_METER = 30
FACTORIES = 10
YEARS = 3

SURVEY_FAILURES = 0.0708
SURVEY = (
    "IEEE survey of motors above 200 hp: 0.0708 failures of a motor in a year (Report of Large Motor Reliability "
    "Survey of Industrial and Commercial Installations, Part I, IEEE Transactions on Industry Applications IA-21 no. "
    "4, 1985)"
)
CHOSEN = (
    "chosen here, for hard service: 0.5 a year, seven times the survey's; Weibull shape 1.3, of the order of what wear "
    "of bearings shows; motors of all ages; repair 45 days on average, standard deviation half of that (gamma)"
)
SPARES = 2
SEED = 7
"""A typical run: as many breakdowns as expected, and two that have to wait."""
HARD = Pool(FACTORIES, (0.5,), 45, shape=1.3, variation=0.5, way=Way.LOAN)
AS_SURVEYED = Pool(FACTORIES, (SURVEY_FAILURES,), 45, way=Way.LOAN)
DAYS = YEARS * YEAR

CHEAT, DEBTOR, SELLER_OF_TURN = 5, 9, 0
"""Factories, by number from 0: who claims without a breakdown, who falls into arrears, who keeps a spare for its own
broken motor."""
KEPT_AFTER_DAY, FALSE_CLAIM_DAY = 800, 700


class Role(IntEnum):
    """The number of the node's account; factories follow from FACTORY on."""

    KEEPER = 3
    MAKER = 4
    ARBITER = 2
    FACTORY = 5
    REPAIRER_1 = 15
    REPAIRER_2 = 16
    REPAIRER_3 = 17


REPAIRERS = (Role.REPAIRER_1, Role.REPAIRER_2, Role.REPAIRER_3)


@cache
def account(index: int) -> LocalAccount:
    return local_account(index)


def address(index: int) -> Address:
    return Address(account(index).address)


def meter_key(motor: int) -> SigningKey:
    return SigningKey(bytes(account(FIRST_METER + motor).key))
