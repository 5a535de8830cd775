"""Who plays whom in a machine's life: accounts that every local chain has."""

from enum import IntEnum

from oracle.domain.signatures import SigningKey
from oracle.parties.keystore import local_account
from oracle.types import Address

LISTING = 1
"""Holds the role that admits workers (`oracle/deployment/config/local.yaml`)."""
ROTATION_KEY, FIRST_METER, SECOND_METER = 16, 17, 20


class Role(IntEnum):
    """The number of the node's account."""

    OWNER = 3
    MAKER = 4
    SECOND_OWNER = 5
    CUSTOMER = 6
    REPAIRER_1 = 7
    REPAIRER_2 = 8
    COMMUNITY = 9
    REPAIRER_3 = 10
    ARBITER = 11
    COLLECTOR = 12
    RECYCLER = 13
    WATCHER = 14
    LENDER = 15

    @property
    def label(self) -> str:
        return self.name.replace("_", " ").lower()

    @property
    def address(self) -> Address:
        return Address(local_account(self).address)


REPAIRERS = (Role.REPAIRER_1, Role.REPAIRER_2, Role.REPAIRER_3)


def key(index: int) -> SigningKey:
    return SigningKey(bytes(local_account(index).key))
