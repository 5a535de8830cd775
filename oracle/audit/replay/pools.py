"""The contracts of spare pools, as far as this auditor knows them: that they know the right neighbours, and hold
nothing until a pool is made. Calls on pools are reported as not checked.
"""

from __future__ import annotations

from collections.abc import Iterator

from oracle.audit.abi import Value
from oracle.audit.replay.world import Handler, Module, Path


class _Untouched(Module):
    """Has no function that a platform without pools calls, and no word of storage."""

    def handlers(self) -> dict[str, Handler]:
        return {}

    def storage(self) -> Iterator[tuple[Path, Value]]:
        yield from ()


class SparePools(_Untouched):
    CONTRACT = "SparePools"


class SpareLoans(_Untouched):
    CONTRACT = "SpareLoans"


class SpareStock(_Untouched):
    CONTRACT = "SpareStock"
