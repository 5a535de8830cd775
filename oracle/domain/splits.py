"""How a distribution is shared: each payee gets floor(T₁·s/S) − floor(T₀·s/S) of the cumulative total T.

So slicing never pays more than one shot. What the floors leave (fewer units than payees) waits as undistributed.
"""

from collections.abc import Sequence

from oracle.errors import FieldOutOfBounds
from oracle.types import BaseUnits


def distribution(total_before: BaseUnits, total_after: BaseUnits, shares: Sequence[int]) -> tuple[BaseUnits, ...]:
    """What each payee receives when the total of one version of the shares rises. Raises FieldOutOfBounds."""
    if not 0 <= total_before <= total_after:
        raise FieldOutOfBounds("split", "its total never falls", f"{total_before} to {total_after}")
    if not shares or min(shares) < 1:
        raise FieldOutOfBounds("split", "needs payees with a share of at least 1", str(list(shares)))
    whole = sum(shares)
    return tuple(BaseUnits(total_after * s // whole - total_before * s // whole) for s in shares)


def undistributed(total: BaseUnits, shares: Sequence[int]) -> BaseUnits:
    """What the floors leave of a total: less than one unit per payee. A new version begins with it as first receipt."""
    return BaseUnits(total - sum(distribution(BaseUnits(0), total, shares)))
