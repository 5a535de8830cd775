"""Who plays whom around the washing machine: accounts that every local chain has."""

from enum import IntEnum

from oracle.domain.signatures import SigningKey
from oracle.parties.keystore import local_account
from oracle.types import Address

DEPLOYER, METER = 0, 17


class Role(IntEnum):
    """The number of the node's account."""

    LAUNDRY = 3
    """The provider: owner of the title, first to lose."""
    MAKER = 4
    ANNA = 5
    """A customer who invests in the machine that she washes with."""
    BERT = 6
    CARLA = 7
    DAVID = 8
    COMMUNITY = 9
    EMMA = 10
    BANK = 11
    NEIGHBOUR = 12
    DEALER = 13
    SECOND_LAUNDRY = 14
    RELAYER = 18
    """Carries readings and calls what is due each month."""

    @property
    def label(self) -> str:
        return self.name.replace("_", " ").capitalize()

    @property
    def address(self) -> Address:
        return Address(local_account(self).address)


HOUSEHOLDS = (Role.ANNA, Role.BERT, Role.CARLA, Role.DAVID)
ANYBODY = Role.COMMUNITY
"""Calls what anybody may call."""
NEWCOMER = Role.EMMA
"""Moves in after the bad half year."""


def meter_key() -> SigningKey:
    return SigningKey(bytes(local_account(METER).key))
