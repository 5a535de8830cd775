"""Who plays whom: accounts that every local chain has, in the roles of config/consortium.yaml."""

from enum import IntEnum


class Role(IntEnum):
    DEPLOYER = 0
    GUARDIAN = 1
    SECOND_GUARDIAN = 2
    MAKER = 3
    PROVIDER = 4
    RECYCLER = 5
    REPAIRER = 6
    SECOND_REPAIRER = 7
    ANNA = 10
    CUSTOMER = 11
    CARRIER = 12
    STRANGERS = 13


FOUNDERS = (Role.MAKER, Role.PROVIDER, Role.RECYCLER, Role.REPAIRER, Role.SECOND_REPAIRER)
VOTERS = FOUNDERS[:4]
"""Who vote for what the story proposes; three would do."""
STRANGERS = 6
"""How many let themselves in, from account 13 on."""
