"""Who plays whom: accounts that every local chain has."""

from enum import IntEnum


class Part(IntEnum):
    """The number of the node's account."""

    OWNER = 3
    MAKER = 4
    CUSTOMER = 6
    REPAIRER = 7
    COMMUNITY = 9
    ROTATION_KEY = 16
    METER = 17


SHARES = {Part.OWNER: 5_500, Part.MAKER: 2_500, Part.REPAIRER: 1_700, Part.COMMUNITY: 300}
"""Of 10,000. The community is a payee like any other: there is no platform fee."""
NAMES = {Part.OWNER: "owner", Part.MAKER: "maker", Part.REPAIRER: "repairer", Part.COMMUNITY: "community"}
