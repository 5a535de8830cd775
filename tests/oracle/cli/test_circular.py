"""What those type who bring machines back, take them apart, end them and share them, against a real chain."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from oracle.chain.client import ChainClient

MAKER, OWNER, WORKER, RECYCLER, CUSTOMER = "account:4", "account:3", "account:6", "account:5", "account:8"
HOUR, DAY = 3_600, 86_400


@pytest.fixture(scope="module")
def paper(folder) -> str:
    (folder / "paper.txt").write_text("why, and what was found")
    return str(folder / "paper.txt")


@pytest.fixture(scope="module")
def later(chain) -> Callable[[int], None]:
    """Moves the chain's clock."""
    node, _ = chain
    provider = ChainClient(node.url).web3.provider

    def move(seconds: int) -> None:
        provider.make_request("evm_increaseTime", [seconds])
        provider.make_request("evm_mine", [])

    return move


@pytest.fixture(scope="module")
def made(cise) -> Callable[[str, str], str]:
    """Registers a machine of the maker for somebody."""

    def make(serial: str, owner: str) -> str:
        return str(cise.json("asset", "register", "Smart Drill", serial, "--key", MAKER, "--owner", owner)["asset"])

    return make


def test_a_reserve_is_filled_and_given_back(cise, made):
    asset = made("SN-reserve", OWNER)
    cise.json("account", "deposit", "10", "--mint", "--key", CUSTOMER)
    funded = cise.json("market", "reserve", "fund", asset, "3.5", "--key", CUSTOMER)
    assert list(funded["balances"].values()) == ["3500000"]
    refused = cise.json("market", "reserve", "release", asset, "1", "--key", CUSTOMER, code=1)["error"]
    assert refused["code"] == "Market_NotProvider"
    short = cise.json("market", "reserve", "release", asset, "4", "--key", OWNER, code=1)["error"]
    assert (short["code"], "needed 4000000" in short["howMuch"]) == ("Market_ReserveShort", True)
    left = cise.json("market", "reserve", "release", asset, "0.5", "--to", RECYCLER, "--key", OWNER)
    assert list(left["balances"].values()) == ["3000000"]
    assert "3.000000" in cise("market", "reserve", "show", asset).output


def test_a_machine_comes_back_from_hand_to_hand(cise, made, paper, folder):
    asset = made("SN-back", OWNER)
    cores = [part for one in ("2", "1", "0.5", "0") for part in ("--core", one)]
    terms = cise.json(
        "market", "terms", "publish", paper, "--key", MAKER, "--arbiter", "account:10", "--quorum", "1", *cores
    )["terms"]
    cise.json("market", "terms", "choose", asset, "--terms", str(terms), "--key", OWNER)
    cise.json("account", "deposit", "9", "--mint", "--key", OWNER)
    cise.json("market", "reserve", "fund", asset, "6", "--key", OWNER)
    order = str(cise.json("market", "order", asset, "collect", "--ceiling", "4", "--key", OWNER)["order"])
    cise.json("market", "bid", order, "3", "--hours", "24", "--key", WORKER)
    cise.json("market", "accept", order, "--worker", WORKER, "--key", OWNER)
    assert cise.json("hand-over", "pay-core", order, "--key", WORKER, code=1)["error"]["code"] == "Market_NotReturned"

    file = str(folder / "away.json")
    cise.json("hand-over", "write", order, file, "--from", CUSTOMER, "--to", WORKER)
    cise.json("hand-over", "sign", file, "--key", CUSTOMER)
    alone = cise.json("hand-over", "submit", file, "--key", WORKER, code=1)["error"]
    assert (alone["code"], "taker" in alone["what"]) == ("one_hand_only", True)
    assert cise.json("hand-over", "sign", file, "--key", OWNER, code=1)["error"]["code"] == "neither_hand"
    assert cise.json("hand-over", "sign", file, "--key", WORKER)["signedBy"] == ["giver", "taker"]
    given = cise.json("hand-over", "submit", file, "--key", RECYCLER)
    assert (given["giver"], given["grade"]) == (cise.json("account", "balance", CUSTOMER)["account"], None)

    back = str(folder / "back.json")
    cise.json("hand-over", "write", order, back, "--from", WORKER, "--to", OWNER, "--grade", "B", "--condition", paper)
    signed = json.loads((folder / "back.json").read_text())
    signed["giverSignature"] = json.loads((folder / "away.json").read_text())["takerSignature"]
    (folder / "back.json").write_text(json.dumps(signed))
    cise.json("hand-over", "sign", back, "--key", OWNER)
    assert cise.json("hand-over", "submit", back, "--key", OWNER, code=1)["error"]["code"] == "Forms_SignatureInvalid"
    cise.json("hand-over", "sign", back, "--key", WORKER)
    assert cise.json("hand-over", "submit", back, "--key", OWNER)["grade"] == "B"

    before = int(cise.json("account", "balance", CUSTOMER)["prepaid"])
    assert cise.json("hand-over", "pay-core", order, "--key", WORKER)["corePaid"] is True
    assert int(cise.json("account", "balance", CUSTOMER)["prepaid"]) - before == 1_000_000
    again = cise.json("hand-over", "pay-core", order, "--key", WORKER, code=1)["error"]
    assert again["code"] == "Market_CoreAlreadyPaid"
    assert cise.json("market", "deliver", order, "--document", paper, "--key", WORKER)["stage"] == "delivered"
    assert "1.000000 EUR, paid" in cise("hand-over", "show", order).output


def test_a_part_lives_on_in_another_machine(cise, made, paper):
    old, new, motor = made("SN-old", MAKER), made("SN-new", MAKER), made("SN-motor", MAKER)
    cise.json("parts", "attach", motor, "--into", old, "--assembling", "--key", MAKER)
    circle = cise.json("parts", "attach", old, "--into", motor, "--assembling", "--key", MAKER, code=1)["error"]
    assert circle["code"] == "Components_Circular"
    cise.json("asset", "state", old, "in service", "--key", MAKER)
    refused = cise.json("parts", "detach", motor, "--key", MAKER, code=1)["error"]
    assert refused["code"] == "Components_ReasonMissing"
    cise.json("next-use", "decide", old, "harvest", "--document", paper, "--taker", MAKER, "--key", MAKER)
    cise.json("parts", "detach", motor, "--to", OWNER, "--consent", "--key", OWNER)
    taken = cise.json("parts", "detach", motor, "--to", OWNER, "--key", MAKER)
    assert (taken["partOf"], taken["machine"]) == (None, int(motor))
    cise.json("parts", "attach", motor, "--into", new, "--assembling", "--consent", "--key", OWNER)
    assert cise.json("parts", "attach", motor, "--into", new, "--assembling", "--key", MAKER)["partOf"] == int(new)
    assert cise.json("parts", "show", new)["parts"] == [int(motor)]
    assert cise.json("parts", "detach", old, "--key", MAKER, code=1)["error"]["code"] == "not_a_part"


def test_a_machine_ends_with_who_promised_to_take_it_back(cise, made, paper):
    asset = made("SN-end", OWNER)
    cise.json("asset", "take-back", asset, "--key", MAKER)
    undecided = cise.json("next-use", "retire", asset, "--key", OWNER, code=1)["error"]
    assert undecided["code"] == "Assets_NotDecided"
    decided = cise.json("next-use", "decide", asset, "recycle", "--document", paper, "--key", OWNER)
    maker = cise.json("account", "balance", MAKER)["account"]
    assert (decided["use"], decided["taker"], decided["mayRetire"]) == ("recycle", maker, False)
    stranger = cise.json("next-use", "accept", asset, "--key", RECYCLER, code=1)["error"]
    assert stranger["code"] == "EndOfLife_NotTaker"
    assert maker in cise("next-use", "show", asset).output
    assert cise.json("next-use", "accept", asset, "--key", MAKER)["mayRetire"] is True
    lines = ("--material", "copper=240:recycled", "--material", "PA66-GF30=500:energy")
    recovered = cise.json("next-use", "recover", asset, *lines, "--document", paper, "--key", MAKER)
    assert recovered["recoveredGrams"] == {"reused": 0, "recycled": 240, "energy": 500, "lost": 0}
    assert cise.json("next-use", "retire", asset, "--document", paper, "--key", MAKER)["lifecycle"] == "retired"


def test_the_taker_declines_and_the_owner_decides_anew(cise, made, paper):
    asset = made("SN-declined", OWNER)
    cise.json("asset", "take-back", asset, "--key", MAKER)
    cise.json("next-use", "decide", asset, "remanufacture", "--document", paper, "--key", OWNER)
    declined = cise.json("next-use", "decline", asset, "--document", paper, "--key", MAKER)
    assert (declined["taker"], declined["takeBackBy"]) == (None, None)
    again = cise.json("next-use", "decide", asset, "dispose", "--document", paper, "--key", OWNER)
    assert again["mayRetire"] is True


@pytest.fixture(scope="module")
def shared(cise, made, later) -> tuple[str, Callable[[int], str]]:
    """A machine that is booked by the hour, and its hours from tomorrow noon on as they are typed."""
    asset = made("SN-shared", OWNER)
    cise.json("split", "create", f"{OWNER}=1", "--key", OWNER, "--asset", asset)
    cise.json("passport", "publish", asset, "smart-drill", "--uri", "https://example.org/p.json", "--key", OWNER)
    cise.json("asset", "take-back", asset, "--key", MAKER)
    ruled = cise.json(
        "booking", "rules", asset, "--deposit", "5", "--no-show", "40", "--cancel-hours", "2", "--contest-hours", "1",
        "--arbiter", "account:11", "--key", OWNER,
    )  # fmt: skip
    assert ruled["slotLength"] == HOUR
    cise.json("account", "deposit", "50", "--mint", "--key", CUSTOMER)
    cise.json("booking", "allow", "50", "--key", CUSTOMER)
    until = cise.json("asset", "take-back", asset, "--key", MAKER)["until"] - 10 * 365 * DAY
    first = (until // DAY + 1) * DAY + 12 * HOUR
    return asset, lambda hour: datetime.fromtimestamp(first + hour * HOUR, UTC).strftime("%Y-%m-%dT%H:%M")


def test_slots_are_booked_once_and_given_back(cise, shared):
    asset, hour = shared
    booked = cise.json("booking", "book", asset, hour(0), hour(2), "--key", CUSTOMER)
    assert (booked["stage"], booked["deposit"]) == ("booked", "5000000")
    twice = cise.json("booking", "book", asset, hour(1), hour(3), "--key", CUSTOMER, code=1)["error"]
    assert twice["code"] == "Reservations_Taken"
    assert cise("booking", "book", asset, "tomorrow", hour(3), "--key", CUSTOMER).exit_code == 2
    cancelled = cise.json("booking", "cancel", str(booked["booking"]), "--key", CUSTOMER)
    assert (cancelled["stage"], cancelled["toCustomer"], cancelled["toMachine"]) == ("cancelled", "5000000", "0")
    ended = cise.json("booking", "end", str(booked["booking"]), "--key", CUSTOMER, code=1)["error"]
    assert ended["code"] == "nothing_to_end"


def test_who_does_not_come_and_who_leaves_it_dirty_pay(cise, shared, later, paper):
    asset, hour = shared
    missed = cise.json("booking", "book", asset, hour(0), hour(1), "--key", CUSTOMER)
    used = str(cise.json("booking", "book", asset, hour(1), hour(2), "--key", CUSTOMER)["booking"])
    early = cise.json("booking", "check-in", used, "--key", CUSTOMER, code=1)["error"]
    assert early["code"] == "Reservations_TooEarly"
    now = cise.json("asset", "take-back", asset, "--key", MAKER)["until"] - 10 * 365 * DAY
    later(missed["until"] + 60 - now)
    assert cise.json("booking", "check-in", used, "--key", CUSTOMER)["stage"] == "checked_in"
    cise.json("booking", "report-return", used, "--document", paper, "--key", CUSTOMER)
    assert cise.json("booking", "contest", used, "--document", paper, "--key", OWNER)["stage"] == "contested"
    assert "an arbiter until" in cise("booking", "show", used).output
    ruled = cise.json("booking", "rule", used, "30", "--document", paper, "--key", "account:11")
    assert (ruled["stage"], ruled["toCustomer"], ruled["toMachine"]) == ("ruled", "3500000", "1500000")
    later(2 * HOUR)
    number = str(missed["booking"])
    gone = cise.json("booking", "end", number, "--key", "account:9")
    assert (gone["stage"], gone["toCustomer"], gone["toMachine"]) == ("no_show", "3000000", "2000000")
    assert {one["stage"] for one in cise.json("booking", "list", "--asset", asset)} == {"cancelled", "ruled", "no_show"}
    cise.json("booking", "rules", asset, "--off", "--key", OWNER)
    closed = cise.json("booking", "book", asset, hour(9), hour(10), "--key", CUSTOMER, code=1)["error"]
    assert closed["code"] == "Reservations_NoRules"
