"""Circularity of machines and of the whole network, from what the chain and the passports say.

Masses are grams, use is in units of each machine's odometer. Nothing is estimated: what nobody recorded counts as lost
once its machine has been retired.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from oracle.errors import Rejected
from oracle.types import AssetId


class Fate(StrEnum):
    """What became of recovered material; the numbers on chain follow this order."""

    REUSED = "reused"
    RECYCLED = "recycled"
    ENERGY = "energy"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class AssetLife:
    """One machine or part as its passport and its history have it."""

    asset: AssetId
    mass_grams: int
    odometer: int
    design_life: int
    attachments: int
    """How often it has been built into a machine; the first time is not a reuse."""
    retired: bool
    recovered: Mapping[Fate, int]


@dataclass(frozen=True, slots=True)
class Circularity:
    """Of one machine, or of many added up."""

    assets: int
    units_beyond_design_life: int
    parts_reused: int
    mass_in_use: int
    mass_retired: int
    mass_by_fate: Mapping[Fate, int]

    @property
    def recovered_share(self) -> float | None:
        """Reused and recycled mass of all that was retired; None where nothing was."""
        if self.mass_retired == 0:
            return None
        return (self.mass_by_fate[Fate.REUSED] + self.mass_by_fate[Fate.RECYCLED]) / self.mass_retired


def circularity_of(life: AssetLife) -> Circularity:
    """Raises Rejected where more was recovered than the machine weighed."""
    fates = {fate: life.recovered.get(fate, 0) for fate in Fate}
    recorded = sum(fates.values())
    if recorded > life.mass_grams:
        raise Rejected(
            "recovered_too_much",
            f"asset {life.asset}",
            "more was recovered than it weighed",
            f"{recorded} > {life.mass_grams} g",
        )
    if life.retired:
        fates[Fate.LOST] += life.mass_grams - recorded
    return Circularity(
        assets=1,
        units_beyond_design_life=max(life.odometer - life.design_life, 0),
        parts_reused=max(life.attachments - 1, 0),
        mass_in_use=0 if life.retired else life.mass_grams,
        mass_retired=life.mass_grams if life.retired else 0,
        mass_by_fate=fates,
    )


def circularity_of_all(lives: Iterable[AssetLife]) -> Circularity:
    """The network's figures: the sum over its machines."""
    each = [circularity_of(life) for life in lives]
    return Circularity(
        assets=len(each),
        units_beyond_design_life=sum(one.units_beyond_design_life for one in each),
        parts_reused=sum(one.parts_reused for one in each),
        mass_in_use=sum(one.mass_in_use for one in each),
        mass_retired=sum(one.mass_retired for one in each),
        mass_by_fate={fate: sum(one.mass_by_fate[fate] for one in each) for fate in Fate},
    )
