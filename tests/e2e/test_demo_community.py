"""`cise demo community` for real: members on a chain of their own. The story checks itself; here what must be in it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from oracle.cli.up import PROGRAM
from tests.environment import ROOT

SECONDS = 120
EUR = 1_000_000


@pytest.fixture(scope="module")
def community() -> Any:
    command = [*PROGRAM, "demo", "community", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    return json.loads(done.stdout)


def test_the_community_holds_and_is_audited(community):
    assert [claim["claim"] for claim in community["claims"] if not claim["holds"]] == []
    assert len(community["claims"]) >= 55
    refused = [claim for claim in community["claims"] if "_" in claim["expected"]]
    assert len({claim["expected"] for claim in refused}) >= 13
    # 66 EUR of fees, a fifth of them the community's, of which six members had a sixth of two euros each.
    each = int(community["figures"]["dividend"]["each"])
    assert each == 2 * EUR // 6
    assert int(community["figures"]["left"]) == 66 * EUR // 5 - 6 * each
    audit = community["audit"]
    assert audit["clean"] is True
    assert audit["findings"] == audit["notChecked"] == []
    votes, money = (each for each in audit["balanced"] if each["check"] == "I-20")
    assert (votes["votes in force"], votes["votes stored"], votes["executed"]) == ("5", "5", "2")
    assert int(money["received"]) == 66 * EUR // 5
    assert int(money["claimed"]) == 6 * each
    assert audit["figures"]["storage roots equal to the replay's"] >= 36
