"""A machine's own key, of the curve that its hardware speaks."""

from enum import StrEnum
from typing import Annotated

import typer
from eth_account.signers.local import LocalAccount

from oracle.domain.p256 import P256Key
from oracle.domain.signatures import MeterKey, SigningKey


class MeterCurve(StrEnum):
    SECP256K1 = "secp256k1"
    P256 = "P-256"


Curve = Annotated[
    MeterCurve,
    typer.Option(
        "--curve", help="Of the machine's key: secp256k1, or P-256 as secure elements speak it.", case_sensitive=False
    ),
]


def meter_key(account: LocalAccount, curve: MeterCurve) -> MeterKey:
    """The same secret is another key, with another address, on each curve."""
    secret = bytes(account.key)
    return P256Key(secret) if curve is MeterCurve.P256 else SigningKey(secret)
