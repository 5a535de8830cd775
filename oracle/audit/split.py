"""Who gets what out of a split: floor(T₁·s/S) − floor(T₀·s/S) for each payee, T counting one version of the shares."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Payout:
    total_after: int
    amounts: tuple[int, ...]

    @property
    def paid(self) -> int:
        return sum(self.amounts)


def entitlement(total: int, share: int, shares: int) -> int:
    return total * share // shares


def payout(total_before: int, balance: int, shares: Sequence[int]) -> Payout:
    """One distribution of `balance`, which holds what the floors of `total_before` left and what came in since."""
    whole = sum(shares)
    had = [entitlement(total_before, share, whole) for share in shares]
    total_after = sum(had) + balance
    return Payout(
        total_after,
        tuple(entitlement(total_after, share, whole) - before for share, before in zip(shares, had, strict=True)),
    )
