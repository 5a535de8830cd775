"""What people type to sell titles, guarantee prices and pay for down time, against a real chain."""

from __future__ import annotations

import json

import pytest

from oracle.cli.session import connect
from oracle.domain.forms import digest
from oracle.domain.signatures import SigningKey
from oracle.domain.statuses import Status
from oracle.parties.keystore import node_account

MAKER, OWNER, BUYER, STRANGER = "account:6", "account:3", "account:12", "account:8"
METER = "account:17"
DAY = 86_400


@pytest.fixture(scope="module")
def machine(cise) -> str:
    """The maker's own machine with a meter, sold to nobody yet; all have money."""
    made = cise.json("asset", "register", "Laundry", "SN-G", "--key", MAKER, "--odometer-rate", "1000")
    asset = str(made["asset"])
    cise.json("asset", "bind-meter", asset, "--key", MAKER, "--meter-key", METER)
    for account in (MAKER, OWNER, BUYER):
        cise.json("account", "deposit", "500", "--mint", "--key", account)
    return asset


def prepaid(cise, account: str) -> int:
    return int(cise.json("account", "balance", account)["prepaid"])


@pytest.fixture
def signed(folder, platform):
    """A status of the machine's meter in a file, as a device posts it."""

    def write(asset: str, odometer: int) -> str:
        client = platform.client
        now = client.block(client.head()).time
        form = Status(int(asset), 1, now, 0, 0, odometer)
        key = SigningKey(bytes(node_account(client, 17).key))
        signature = key.sign(digest(platform.platform.domains.of(form), form))
        names = ("assetId", "sequence", "time", "state", "faultCode", "odometer")
        document = {"status": dict(zip(names, form.values(), strict=True)), "signature": "0x" + signature.hex()}
        file = folder / f"status-{odometer}.json"
        file.write_text(json.dumps(document))
        return str(file)

    return write


@pytest.fixture(scope="module")
def platform(cise):
    return connect(cise.environment["CISE_RPC_URL"], cise.environment["CISE_DIRECTORY_ADDRESS"], None)


def test_a_machine_is_guaranteed_sold_and_given_back(cise, machine, signed):
    given = cise.json(
        "guarantee", "give", machine, "--point", "0=100", "--point", "1000=20", "--from", "0", "--until", "900",
        "--collateral", "100", "--units-per-year", "100", "--deduction", "1000000", "--key", MAKER,
    )  # fmt: skip
    number = str(given["guarantee"])
    assert (given["stage"], given["collateral"], given["required"]) == ("live", "100000000", "50000000")
    today = cise.json("guarantee", "price", machine)
    assert today["guarantee"] == given["guarantee"]
    assert 0 < int(today["price"]) <= 100_000_000

    offered = cise.json("title", "offer", machine, "60", "--key", MAKER)
    assert cise.json("title", "show", machine)["sale"] == offered["sale"]
    before = prepaid(cise, MAKER)
    bought = cise.json("title", "buy", str(offered["sale"]), "--key", OWNER)
    assert bought["boughtBy"].startswith("0x")
    assert prepaid(cise, MAKER) - before == 60_000_000
    assert cise.json("title", "show", machine, code=1)["error"]["code"] == "not_for_sale"
    assert cise.json("title", "buy", str(offered["sale"]), "--key", BUYER, code=1)["error"]["code"] == (
        "Sales_NotOnOffer"
    )

    refused = cise.json("guarantee", "exercise", number, "--key", STRANGER, "--least", "0", code=1)["error"]
    assert refused["code"] == "Buyback_NotHolder"
    before = prepaid(cise, OWNER)
    back = cise.json("guarantee", "exercise", number, "--status", signed(machine, 0), "--key", OWNER)
    assert back["owed"] == "0"
    assert prepaid(cise, OWNER) - before == int(back["paid"]) > 99_000_000
    shown = cise("guarantee", "show", number).output
    assert "exercised" in shown
    assert "100.000000" in shown
    assert cise.json("guarantee", "price", machine, code=1)["error"]["code"] == "Buyback_NothingGuaranteed"


def test_too_little_collateral_is_topped_up_or_owed(cise, machine):
    offered = cise.json("title", "offer", machine, "1", "--key", MAKER)
    cise.json("title", "buy", str(offered["sale"]), "--key", OWNER)
    number = str(
        cise.json(
            "guarantee", "give", machine, "--point", "0=100", "--from", "0", "--until", "9", "--collateral", "10",
            "--cover", "10", "--key", MAKER,
        )["guarantee"]
    )  # fmt: skip
    short = cise.json("guarantee", "exercise", number, "--key", OWNER, code=1)["error"]
    assert short["code"] == "Buyback_CollateralShort"
    waiting = cise.json("guarantee", "demand", number, "--key", OWNER)
    assert (waiting["waits"], waiting["windowUntil"]) == (True, None)
    assert cise.json("guarantee", "top-up", number, "20", "--key", STRANGER, code=1)["error"]["code"] == (
        "ERC6909InsufficientBalance"
    )
    assert cise.json("guarantee", "top-up", number, "20", "--key", MAKER)["collateral"] == "30000000"
    taken = cise.json("guarantee", "exercise", number, "--least", "30", "--key", OWNER)
    assert (taken["paid"], taken["owed"]) == ("30000000", "70000000")
    before = prepaid(cise, OWNER)
    assert cise.json("guarantee", "pay", number, "70", "--key", MAKER)["owed"] == "0"
    assert prepaid(cise, OWNER) - before == 70_000_000


def test_uptime_is_promised_announced_and_shown(cise, machine):
    given = cise.json(
        "guarantee", "uptime", "give", machine, "--bond", "5", "--promised", "98", "--credit", "5", "--heartbeat", "1",
        "--slots", "24", "--periods", "2", "--maintenance", "2", "--key", MAKER,
    )  # fmt: skip
    number = str(given["uptime"])
    assert (given["bond"], given["free"], given["promisedBps"]) == ("5000000", "5000000", 9_800)
    cise.json("guarantee", "uptime", "announce", number, "1", "--first", "3", "--slots", "2", "--key", MAKER)
    assert cise.json("guarantee", "uptime", "top-up", number, "1", "--key", BUYER)["free"] == "6000000"
    early = cise.json("guarantee", "uptime", "settle", number, "--key", STRANGER, code=1)["error"]
    assert early["code"] == "Uptime_TooEarly"
    assert "6.000000" in cise("guarantee", "uptime", "show", number).output


@pytest.mark.parametrize("point", ["=100", "a=1"])
def test_a_point_that_is_none_is_a_usage_error(cise, machine, point):
    arguments = ("--point", point, "--from", "0", "--until", "9", "--collateral", "1", "--key", MAKER)
    assert cise("guarantee", "give", machine, *arguments).exit_code == 2
