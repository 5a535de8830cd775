"""What a maker learns from a small fleet on a real chain, and what one machine's money and mass look like."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.domain.forms import digest
from oracle.domain.signatures import SigningKey
from oracle.domain.statuses import Status
from oracle.parties import assets
from oracle.parties.keystore import node_account
from oracle.parties.wallet import Wallet
from oracle.types import Address, AssetId, UnixTime

MAKER, OWNER, WORKER, CUSTOMER = "account:4", "account:3", "account:6", "account:8"
DAY = 86_400
UP, DOWN = 0, 1
DRILLS = {1: (4_000_000_000, DOWN), 2: (2_500_000_000, DOWN), 3: (3_000_000_000, UP), 4: (1_000_000_000, UP)}
"""Odometer in milliseconds and state of each drill at the end; designed for 3,600,000,000."""


@pytest.fixture(scope="module")
def owner(chain) -> Wallet:
    node, deployment = chain
    client = ChainClient(node.url)
    client.connect()
    return Wallet(client, Platform.locate(client, Address(deployment.directory)), node_account(client, 3))


@pytest.fixture(scope="module")
def fleet(cise, owner, folder) -> None:
    """Drills 1 to 4, two of which failed; the first earned, was repaired and taken apart. Motor 5 came out of it."""
    for number in DRILLS:
        serial = f"SN-{number}"
        cise.json("asset", "register", "Smart Drill", serial, "--key", MAKER, "--owner", OWNER)
        cise.json("passport", "publish", str(number), "smart-drill", "--uri", "https://example.org/p", "--key", OWNER)
        assets.bind_meter(owner, AssetId(number), SigningKey(number.to_bytes(32)))
        assets.declare_odometer_rate(owner, AssetId(number), 10**10)
    cise.json("asset", "register", "motor", "SN-5", "--key", MAKER)
    cise.json("parts", "attach", "5", "--into", "1", "--assembling", "--consent", "--key", OWNER)
    cise.json("parts", "attach", "5", "--into", "1", "--assembling", "--key", MAKER)
    earn(cise)
    owner.client.web3.provider.make_request("evm_increaseTime", [40 * DAY])
    owner.client.web3.provider.make_request("evm_mine", [])
    owner.send(owner.platform.agreements.functions.accrue(1))
    for number, (odometer, state) in DRILLS.items():
        report(owner, number, odometer, state)
    end(cise, owner, str(folder))


def earn(cise) -> None:
    """A customer pays by the day for drill 1."""
    reserve = cise.json("market", "reserve", "show", "1")["account"]
    cise.json("split", "create", f"{OWNER}=6", f"{MAKER}=2", f"{reserve}=2", "--key", OWNER, "--asset", "1")
    cise.json("tariff", "publish", "smart-drill", "--key", OWNER)
    cise.json("asset", "take-back", "1", "--key", MAKER)
    cise.json("asset", "offer", "1", "--tariff", "1", "--key", OWNER)
    cise.json("account", "deposit", "5", "--mint", "--key", CUSTOMER)
    cise.json("account", "allow", "5", "--key", CUSTOMER)
    cise.json("agreement", "open", "1", "--tariff", "1", "--hold", "2", "--key", CUSTOMER)


def report(owner, number, odometer, state) -> None:
    """The drill's meter says how it is."""
    now = owner.client.block(owner.client.head()).time
    form = Status(AssetId(number), 1, UnixTime(now), state, 7 * state, odometer)
    signature = SigningKey(number.to_bytes(32)).sign(digest(owner.platform.domains.of(form), form))
    owner.send(owner.platform.meters.functions.recordStatus(form.values(), signature))


def end(cise, owner, folder) -> None:
    """Drill 1 is repaired, its agreement ends, and it is harvested: the motor lives on."""
    paper = f"{folder}/paper.txt"
    Path(paper).write_text("why")
    cise.json("split", "distribute", "1", "--key", OWNER)
    cise.json("market", "terms", "publish", paper, "--key", MAKER, "--arbiter", "account:10", "--quorum", "1")
    cise.json("market", "terms", "choose", "1", "--terms", "1", "--key", OWNER)
    cise.json("account", "deposit", "5", "--mint", "--key", OWNER)
    cise.json("market", "allow", "5", "--asset", "1", "--key", OWNER)
    cise.json("market", "order", "1", "repair", "--ceiling", "1", "--key", OWNER)
    cise.json("market", "bid", "1", "0.5", "--hours", "24", "--key", WORKER)
    cise.json("market", "accept", "1", "--worker", WORKER, "--key", OWNER)
    cise.json("market", "deliver", "1", "--document", paper, "--key", WORKER)
    cise.json("market", "approve", "1", "--key", OWNER)
    cise.json("agreement", "end", "1", "--key", CUSTOMER)
    owner.client.web3.provider.make_request("evm_increaseTime", [2 * DAY])
    owner.client.web3.provider.make_request("evm_mine", [])
    cise.json("agreement", "close", "1", "--key", CUSTOMER)
    cise.json("next-use", "decide", "1", "harvest", "--taker", OWNER, "--document", paper, "--key", OWNER)
    cise.json("parts", "detach", "5", "--key", OWNER)
    masses = (
        "--material",
        "motor=600:reused",
        "--material",
        "steel=900:recycled",
        "--material",
        "PA66-GF30=500:energy",
    )
    cise.json("next-use", "recover", "1", *masses, "--document", paper, "--key", OWNER)
    cise.json("next-use", "retire", "1", "--key", OWNER)


def test_lives_are_told_by_model_and_design_and_never_surer_than_they_are(cise, fleet):
    drills, motors = cise.json("advise", "life")
    assert (drills["model"], drills["designVersion"], drills["lives"], drills["failures"]) == (
        "Smart Drill",
        "1.0",
        4,
        2,
    )
    assert [(step["units"], step["atRisk"]) for step in drills["survival"]] == [(2_500_000_000, 3), (4_000_000_000, 1)]
    low, high = drills["weibull"]["shapeRange"]
    assert low < drills["weibull"]["shape"] < high
    assert "2 failures only" in drills["weibull"]["kind"]
    assert (motors["designVersion"], motors["lives"], motors["failures"], motors["weibull"]) == ("unknown", 1, 0, None)
    assert "0 failures" in motors["why"]
    assert "2 failures only" in cise("advise", "life").output
    assert cise.json("advise", "life", "--maker", CUSTOMER) == []
    assert len(cise.json("advise", "life", "--maker", MAKER, "--model", "motor")) == 1


def test_returns_are_forecast_or_refused(cise, fleet):
    forecast = cise.json("advise", "returns", "--model", "Smart Drill", "--months", "3")
    assert (forecast["working"], forecast["isIndicationOnly"], len(forecast["months"])) == (2, True, 3)
    assert 0 < forecast["months"][0]["expected"] <= 2
    assert all(month["least"] <= month["most"] <= 2 for month in forecast["months"])
    assert "very few" in cise("advise", "returns", "--model", "Smart Drill").output
    few = cise.json("advise", "returns", "--model", "motor", code=1)["error"]
    assert (few["code"], few["howMuch"]) == ("too_few_failures", "0 failures")
    assert cise.json("advise", "returns", "--model", "rocket", code=1)["error"]["code"] == "unknown_model"


def test_circularity_adds_up_and_says_what_it_leaves_out(cise, fleet, folder):
    drawn = folder / "mass.svg"
    found = cise.json("advise", "circularity", "--sankey", str(drawn))
    first, total = found["assets"][0], found["total"]
    assert (first["unitsBeyondDesignLife"], first["unit"]) == (400_000_000, "milliseconds of running")
    assert first["gramsByFate"] == {"reused": 600, "recycled": 900, "energy": 500, "lost": 400}
    assert (total["gramsInUse"], total["gramsRetired"], total["recoveredShare"]) == (7_200, 2_400, 1_500 / 2_400)
    assert [(one["asset"], "--passports" in one["why"]) for one in found["leftOut"]] == [(5, True)]
    assert "900 g" in texts(drawn)
    assert cise.json("advise", "circularity", "--asset", "9", code=1)["error"]["code"] == "unknown_asset"
    assert "left out: asset 5" in cise("advise", "circularity").output


def test_a_machines_money_is_drawn_from_the_audited_chain(cise, fleet, folder):
    drawn = folder / "money.svg"
    found = cise.json("audit", "history", "--asset", "1", "--sankey", str(drawn))
    worker = cise.json("account", "balance", WORKER)["account"]
    worker = f"{worker[:6]}…{worker[-4:]}"
    flows = {(one["from"], one["to"]): int(one["amount"]) for one in found["flows"]}
    paid, reserve = flows["customers", "machine 1"], flows["machine 1", "service reserve"]
    assert paid >= 40 * 24_000
    assert (flows["machine 1", "owner"], reserve) == (paid * 6 // 10, paid * 2 // 10)
    assert flows["service reserve", worker] + flows["owner", worker] == 500_000
    assert "machine 1" in texts(drawn)
    assert (
        cise.json("audit", "history", "--asset", "4", "--sankey", str(drawn), code=1)["error"]["code"]
        == "nothing_flows"
    )
    assert (
        cise.json("audit", "history", "--asset", "9", "--sankey", str(drawn), code=1)["error"]["code"]
        == "unknown_asset"
    )


def texts(drawn) -> set[str]:
    return {part.text for part in ElementTree.parse(drawn).iter() if part.text}
