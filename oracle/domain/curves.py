"""What kinds of keys meters have."""

from enum import IntEnum


class Curve(IntEnum):
    """What kind of key a meter has."""

    SECP256K1 = 0
    P256 = 1
    ERC1271 = 2
