"""I-11 stands by itself: titles that moved, and whose they are in a machine."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.audit.check_titles import check_i11
from oracle.audit.checks import Evidence
from oracle.audit.storage import Layout
from oracle.audit.told import Told
from tests.oracle.audit.seen import Seen
from tests.oracle.audit.test_checks import evidence_of


def judged(honest: Seen, told: Sequence[Told] | None = None) -> Evidence:
    evidence = evidence_of(honest, told)
    check_i11(evidence)
    return evidence


def test_i11_says_what_it_looked_at(honest: Seen) -> None:
    evidence = judged(honest)
    assert evidence.findings.found == []
    values = evidence.findings.balanced[-1].values
    assert values["moved"] == values["allowed"] > values["of them under lien"] > 0
    assert values["parts in machines"] > 0


def test_i11_a_title_that_moved_behind_the_rules(honest: Seen) -> None:
    moves = [told for told in honest.told if (told.contract, told.event) == ("AssetRegistry", "Transfer")]
    assert [each.check for each in judged(honest, [*honest.told, moves[-1]]).findings.found] == ["I-11"]


def test_i11_a_part_whose_title_is_not_its_machines(honest: Seen) -> None:
    evidence = evidence_of(honest)
    assets = evidence.world.assets
    part = next(number for number, asset in assets.assets.items() if asset.parent)
    slot = Layout(assets.abi.layout).spot(("_owners", part)).slot
    evidence.words[assets.address][slot] ^= 1  # type: ignore[index]
    check_i11(evidence)
    assert f"the title of asset {part} is not its machine's owner's" in str(evidence.findings.found[0])
