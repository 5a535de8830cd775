"""`cise pool`: from the rules to the way out, as keeper and members type it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.domain.forms import Signed, digest
from oracle.domain.signatures import SigningKey
from oracle.domain.statuses import Status, StatusState
from oracle.parties import assets
from oracle.parties.keystore import node_account
from oracle.parties.pools import MODEL_CONTRACT
from oracle.parties.wallet import Wallet
from oracle.types import Address, AssetId, UnixTime

KEEPER, MAKER, FIRST, SECOND = "account:3", "account:4", "account:5", "account:6"
SPARE = 3
EUR = 1_000_000


@pytest.fixture(scope="module")
def wallet(chain) -> Wallet:
    node, deployment = chain
    client = ChainClient(node.url)
    client.connect()
    return Wallet(client, Platform.locate(client, Address(deployment.directory)), node_account(client, 3))


@pytest.fixture(scope="module")
def pool(cise, wallet, folder) -> dict:
    """Two members with motors 1 and 2, and spare 3 on the shelf; no waiting time."""
    for number, owner in enumerate((FIRST, SECOND), start=1):
        cise.json("asset", "register", "Motor", f"M-{number}", "--key", MAKER, "--owner", owner)
        member = Wallet(wallet.client, wallet.platform, node_account(wallet.client, 4 + number))
        assets.bind_meter(member, AssetId(number), meter(number))
        cise.json("account", "deposit", "1000", "--mint", "--key", owner)
    paper = folder / "repairs.txt"
    paper.write_text("As the maker prescribes.")
    arbiter = ("--arbiter", "account:10", "--quorum", "1", "--rule-ceiling", "100", "--rule-budget", "500")
    cise.json("market", "terms", "publish", str(paper), *arbiter, "--key", KEEPER)
    figures = (
        "--entry",
        "150",
        "--deposit",
        "50",
        "--dues",
        "5",
        "--claim-fee",
        "10",
        "--fee",
        "1",
        "--loan-days",
        "60",
    )
    rules = ("--model", "Motor=300:40:90", "--maker", MAKER, "--keeper", KEEPER, "--service-terms", "1")
    made = cise.json("pool", "create", *rules, *figures, "--waiting-days", "0", "--key", KEEPER)
    for number, owner in enumerate((FIRST, SECOND), start=1):
        cise.json("pool", "join", "1", "--asset", str(number), "--credit", "120", "--key", owner)
    cise.json("asset", "register", "Motor", "S-1", "--key", MAKER)
    cise.json("pool", "restock", "1", str(SPARE), "300", "--key", MAKER)
    for number, owner in ((1, FIRST), (2, SECOND)):
        cise.json("pool", "vote", "1", "--by", str(number), "--key", owner)
    cise.json("pool", "carry-out", "1", "--key", KEEPER)
    return made


def meter(number: int) -> SigningKey:
    return SigningKey(bytes([number]) * 32)


def says(wallet: Wallet, file: Path, asset: int, state: StatusState, odometer: int) -> str:
    now = wallet.client.block(wallet.client.head()).time
    form = Status(AssetId(asset), odometer, UnixTime(now), int(state), 0, odometer)
    signed = Signed(form, meter(asset).sign(digest(wallet.platform.domains.of(form), form)))
    file.write_text(json.dumps(signed.to_json()))
    return str(file)


def pass_on(cise, file: Path, *hands: str) -> dict:
    for hand in hands:
        cise.json("pool", "sign", str(file), "--key", hand)
    return cise.json("pool", "hand-over", str(file), "--key", "account:8")


def test_rules_members_and_spares_are_shown(cise, pool):
    assert pool["terms"]["terms_hash"] == "0x" + MODEL_CONTRACT.hex()
    shown = cise.json("pool", "show", "1")
    assert shown["memberships"] == [1, 2]
    assert [(one["model"], one["spares"], one["onShelf"], one["queue"]) for one in shown["models"]] == [
        ("Motor", 1, 1, [])
    ]
    assert shown["cash"] == str(10 * EUR)
    assert "the model contract" in cise("pool", "show", "1").output
    assert cise.json("pool", "list") == [{"pool": 1, "members": 2, "models": ["Motor"]}]
    assert cise.json("pool", "withhold", str(SPARE), "--key", KEEPER)["place"] == "repair"
    short = cise.json("pool", "repair", str(SPARE), "--key", KEEPER, code=1)["error"]
    assert (short["code"], "dues" in short["remedy"]) == ("Pools_CashShort", True)
    assert cise.json("pool", "shelve", str(SPARE), "--key", KEEPER)["place"] == "shelf"
    assert cise.json("pool", "proposal", "1")["yes"] == [1, 2]


def test_claims_queue_loans_and_the_way_out(cise, pool, wallet, folder):
    status, paper = folder / "down.json", folder / "hand-over.json"
    down = says(wallet, status, 1, StatusState.DOWN, 1_000)
    assert cise.json("pool", "claim", "1", "--status", down, "--key", FIRST)["stage"] == "waiting"
    cise.json("pool", "lend", "1", str(paper), "--unit", str(SPARE))
    half = cise.json("pool", "hand-over", str(paper), "--key", KEEPER, code=1)["error"]
    assert half["code"] == "one_hand_only"
    assert pass_on(cise, paper, KEEPER, FIRST)["stage"] == "lent"

    down = says(wallet, status, 2, StatusState.DOWN, 500)
    cise.json("pool", "claim", "2", "--status", down, "--key", SECOND)
    refused = cise.json("pool", "claim", "2", "--status", down, "--key", SECOND, code=1)["error"]
    assert (refused["code"], "claim-show" in refused["remedy"]) == ("Loans_AlreadyClaimed", True)
    assert cise.json("pool", "call-out", "1", "--key", SECOND, code=1)["error"]["code"] == "Stock_NoneOnShelf"

    cise.json("pool", "bring", "1", str(paper))
    assert pass_on(cise, paper, FIRST, KEEPER)["defectiveArrived"] is True
    cise.json("pool", "return", "1", str(paper), "--grade", "B")
    assert pass_on(cise, paper, FIRST, KEEPER)["stage"] == "returned"
    assert cise.json("pool", "call-out", "1", "--key", SECOND)["claim"] == 2

    ran = says(wallet, status, 2, StatusState.UP, 900)
    caught = cise.json("pool", "show-use", "2", "--status", ran, "--key", FIRST)
    assert caught["stage"] == "cancelled"
    shown = cise.json("pool", "member", "2")
    assert int(shown["credit"]) == 105 * EUR
    paid = cise.json("pool", "leave", "2", "--key", SECOND)["paid"]
    assert paid == shown["refund"]
    assert cise.json("pool", "member", "2")["hasLeft"] is True
