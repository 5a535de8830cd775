"""I-11 from storage of the chain; that every move of a title was allowed, the replay judges and the tally counts."""

from __future__ import annotations

from typing import Final

from oracle.audit.checks import Evidence
from oracle.audit.findings import Balanced, Place

ADDRESS: Final = (1 << 160) - 1


def check_i11(evidence: Evidence) -> None:
    """Every lienholder let each title go that moved, and each part's title is its machine's owner's."""
    world, titles = evidence.world, evidence.tally.titles
    strangers = [
        number
        for number in world.assets.assets
        if _owner(evidence, number) != _owner(evidence, _root(evidence, number))
    ]
    figures = {
        "titles": len(world.assets.assets),
        "moved": titles.moved,
        "allowed": evidence.findings.figures["I-11 moves of titles allowed"],
        "of them under lien": titles.moved_under_lien,
        "parts in machines": sum(_parent(evidence, number) != 0 for number in world.assets.assets),
    }
    balanced = Balanced("I-11", "all titles", figures)
    evidence.findings.balanced.append(balanced)
    place = Place(contract=world.assets.CONTRACT, address=world.assets.address)
    if figures["moved"] != figures["allowed"]:
        evidence.findings.add("I-11", place, f"does not balance: {balanced}")
    for number in strangers:
        evidence.findings.add("I-11", place, f"the title of asset {number} is not its machine's owner's")


def _root(evidence: Evidence, asset: int) -> int:
    # Bounded by the assets there are: what is stored may be a circle, which is then nobody's root.
    for _ in evidence.world.assets.assets:
        if (parent := _parent(evidence, asset)) == 0:
            break
        asset = parent
    return asset


def _parent(evidence: Evidence, asset: int) -> int:
    return evidence.stored(evidence.world.assets, ("parentOf", asset))


def _owner(evidence: Evidence, asset: int) -> int:
    return evidence.stored(evidence.world.assets, ("_owners", asset)) & ADDRESS
