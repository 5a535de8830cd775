"""What members type, from joining to a decision, a pause and a dividend, against a chain where members decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from oracle.chain.client import ChainClient
from oracle.chain.node import LocalNode, NodeOptions
from oracle.deployment.config import read_config
from oracle.deployment.protocol import deploy
from tests.oracle.cli.conftest import Cise

DAY = 86_400
FOUNDERS = [f"account:{number}" for number in (3, 4, 5, 6, 7)]
GUARDIANS = ["account:1", "account:2"]
ANNA, BERT = "account:10", "account:11"


@pytest.fixture(scope="module")
def community_node() -> Iterator[LocalNode]:
    with LocalNode(NodeOptions(accounts=20)) as node:
        yield node


@pytest.fixture(scope="module")
def member(community_node, tmp_path_factory) -> Cise:
    client = ChainClient(community_node.url)
    deployed = deploy(client.web3, client.web3.eth.accounts[0], read_config("consortium"))
    folder = tmp_path_factory.mktemp("governance")
    return Cise(
        {
            "CISE_RPC_URL": community_node.url, "CISE_DIRECTORY_ADDRESS": deployed.directory,
            "CISE_DATA_DIR": str(folder), "NO_COLOR": "1", "COLUMNS": "200",
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def wait(community_node) -> Callable[[float], None]:
    provider = ChainClient(community_node.url).web3.provider

    def move(days: float) -> None:
        provider.make_request("evm_increaseTime", [int(days * DAY)])
        provider.make_request("evm_mine", [])

    return move


@pytest.fixture(scope="module")
def paper(tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp("papers") / "paper.txt"
    file.write_text("why")
    return str(file)


def test_roles_are_held_by_contracts_only(member):
    found = member.json("governance", "roles")
    assert found == {
        "roles": {"admin": ["Timelock"], "guardian": ["Guardian"], "listing": ["Timelock"], "decisions": ["Timelock"]},
        "notAsDeclared": [],
    }
    assert "Membership.expel" in member("governance", "list").output
    refused = member.json("governance", "admit-worker", ANNA, "--key", ANNA, code=1)["error"]
    assert (refused["code"], "propose" in refused["remedy"]) == ("AccessManagedUnauthorized", True)


def test_from_a_signature_on_paper_to_a_vote_and_a_class(member, wait, paper, tmp_path):
    paper_of_code = str(tmp_path / "code.json")
    assert member.json("governance", "code")["version"] == 1
    member.json("governance", "sign-code", paper_of_code, "--key", ANNA)
    joined = member.json("governance", "carry", paper_of_code, "--key", BERT)
    assert (joined["classes"], joined["hasVote"], joined["resting"]) == (["user"], False, None)
    assert (
        member.json("governance", "carry", paper_of_code, "--key", BERT, code=1)["error"]["code"] == "Forms_NonceUsed"
    )
    assert member.json("governance", "join", "--key", ANNA, code=1)["error"]["code"] == "Membership_AlreadyMember"
    for founder in FOUNDERS[:2]:
        member.json("governance", "vouch", ANNA, "--key", founder)
    early = member.json("governance", "begin-vote", ANNA, "--key", BERT, code=1)["error"]
    assert (early["code"], "30 days" in early["remedy"]) == ("Membership_NotVouchedFor", True)
    none = member.json("governance", "request-class", "recycler", "--key", ANNA, code=1)["error"]
    assert none["code"] == "Membership_NoCertificate"
    member.json("governance", "request-class", "service-provider", "--trade", "repair", "--key", ANNA)
    for founder in FOUNDERS[:2]:
        member.json("governance", "sponsor", ANNA, "service-provider", "--key", founder)
    wait(30)
    assert member.json("governance", "begin-vote", ANNA, "--key", BERT)["hasVote"] is True
    served = member.json("governance", "take-class", ANNA, "service-provider", "--key", BERT)
    assert (served["classes"], served["trades"]) == (["user", "service_provider"], ["repair"])
    assert "service provider" in member("governance", "members").output


def test_a_decision_from_its_proposal_to_its_execution(member, wait):
    because = ["--because", "money that works", "--key", FOUNDERS[0]]
    beyond = member.json("governance", "propose", "Timelock.updateDelay", "86400", *because, code=1)["error"]
    assert (beyond["code"], "most 7776000" in beyond["howMuch"]) == ("Decisions_OutOfBounds", True)
    never = ["PrepaidAccounts.withdraw", "MicroEuro", "1", ANNA]
    assert member.json("governance", "propose", *never, *because, code=1)["error"]["code"] == "Decisions_NotListed"
    few = member.json("governance", "propose", "Membership.expel", ANNA, *because, code=1)["error"]
    assert "wants: address account, bytes32 reason" in few["what"]
    made = member.json("governance", "propose", "NetworkGovernor.setQuorum", "4", *because)
    number = made["proposal"]
    assert (made["stage"], made["calls"]) == ("pending", ["NetworkGovernor.setQuorum(heads=4)"])
    wait(2.1)
    for founder in FOUNDERS[:3]:
        voted = member.json("governance", "vote", number[:12], "for", "--key", founder)
    assert voted["votes"] == {"against": 0, "for": 3, "abstain": 0}
    wait(7)
    assert member.json("governance", "queue", number, "--key", BERT)["stage"] == "queued"
    early = member.json("governance", "execute", number, "--key", BERT, code=1)["error"]
    assert early["code"] == "TimelockUnexpectedOperationState"
    wait(30)
    assert member.json("governance", "execute", number, "--key", BERT)["stage"] == "executed"
    assert "executed" in member("governance", "proposals").output


def test_guardians_pause_and_stop_within_their_limits(member, wait):
    alone = member.json("governance", "pause", "--contract", "PrepaidAccounts", "--key", GUARDIANS[0])
    assert (alone["paused"], alone["quorum"]) == ([], 2)
    both = member.json("governance", "pause", "--contract", "PrepaidAccounts", "--key", GUARDIANS[1])
    assert both["paused"] == ["PrepaidAccounts"]
    refused = member.json("account", "deposit", "1", "--mint", "--key", ANNA, code=1)["error"]
    assert refused["code"] == "EnforcedPause"
    wait(14)
    member.json("account", "deposit", "1", "--key", ANNA)
    again = member.json("governance", "pause", "--key", GUARDIANS[0], code=1)["error"]
    assert again["code"] == "Guardian_PauseTooSoon"


def test_what_belongs_to_all_and_leaving(member, paper):
    assert member.json("governance", "community")["free"] == "0"
    assert member.json("governance", "dividend", "--key", FOUNDERS[0])["paid"] == "0"
    heard = member.json("governance", "hearing", ANNA, "--document", paper, "--key", FOUNDERS[0])
    assert heard["hearingSince"]
    left = member.json("governance", "resign", "--key", ANNA)
    assert (left["hasVote"], left["resting"], left["classes"]) == (False, "has left", [])
    assert member.json("governance", "show", ANNA, code=1)["error"]["code"] == "not_a_member"


def test_where_accounts_hold_the_roles_they_keep_the_lists(cise):
    assert cise.json("governance", "admit-worker", "account:12", "--trade", "repair", "--key", "account:1")["trades"]
    assert cise.json("governance", "admit-provider", "account:12", "--key", "account:1")["admitted"] is True
    assert cise.json("governance", "admit-provider", "account:12", "--off", "--key", "account:1")["admitted"] is False
    assert set(cise.json("governance", "roles")["roles"]) == {"admin", "guardian", "listing"}
    assert cise.json("governance", "proposals", code=3)["error"]["code"] == "fatal"
