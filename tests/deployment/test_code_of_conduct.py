"""The code of conduct says what contracts do: its hash is the one deployed, its numbers and decisions are theirs."""

from __future__ import annotations

import re

import pytest

from oracle.deployment.config import read_config
from oracle.deployment.decisions import DAY, DECISIONS
from scripts.conduct import CONFIGURATIONS, DOCUMENT, ROOT, code_hash, configured, version

TEXT = DOCUMENT.read_text()
NUMBERS = re.findall(r"^\| ([^|]+) \| (\d+) \| `(\w+)\.(\w+)` \|$", TEXT, re.MULTILINE)
CONTRACTS = {path.stem: path for path in (ROOT / "contracts").rglob("*.sol")}
STEPS = {
    "setVotingDelay": r"\*Think\.\* (\d+) to (\d+) days",
    "setVotingPeriod": r"\*Vote\.\* (\d+) to (\d+) days",
    "setLateQuorumVoteExtension": r"open for (\d+) to (\d+) days more",
    "updateDelay": r"\*Wait\.\* (\d+) to (\d+) days",
}


def test_every_configuration_in_which_members_decide_deploys_this_very_text():
    governed = {path for path in CONFIGURATIONS.glob("*.yaml") if "governance" in read_config(path.stem)}
    assert {path for path, _ in configured()} == governed
    assert {found for _, found in configured()} == {code_hash()}


def test_the_first_code_that_is_deployed_has_version_1():
    assert version() == 1


@pytest.mark.parametrize(("what", "said", "contract", "constant"), NUMBERS, ids=[row[3] for row in NUMBERS])
def test_a_number_is_the_one_that_the_contract_enforces(what, said, contract, constant):
    found = re.search(rf"constant {constant} = ([\d_]+)(?: days)?;", CONTRACTS[contract].read_text())
    assert found is not None
    assert int(said) == int(found[1]), what


def test_the_tables_have_all_numbers():
    assert len(NUMBERS) == 20


def test_what_may_be_decided_is_the_list_that_is_deployed():
    rows = TEXT.split("**3.3 ")[1].split("**3.4 ")[0]
    named = re.findall(r"`(\w+\.\w+)`", rows)
    assert sorted(named) == sorted(f"{each.contract}.{each.function.split('(')[0]}" for each in DECISIONS)


@pytest.mark.parametrize("function", STEPS)
def test_the_times_of_a_vote_are_bounded_as_said(function):
    (bound,) = next(each.bounds for each in DECISIONS if each.function.startswith(function + "("))
    found = re.search(STEPS[function], TEXT)
    assert found is not None
    assert (int(found[1]) * DAY, int(found[2]) * DAY) == (bound.least, bound.most)
