"""What a maker, a provider and a customer type, from nothing to a closed agreement, against a real chain."""

from __future__ import annotations

import json

import pytest

CUSTOMER = "account:6"
OWNER = "account:3"
ACCOUNT_6 = "0x976EA74026E726554dB657fA54763abd0C3a0aa9"


@pytest.fixture(scope="module")
def offered(cise, folder):
    """A machine with meter, permit signer, split and offer; returns asset, tariff and split."""
    password = ("--password-file", str(folder / "password"))
    for name in ("meter", "cold"):
        cise.json("keys", "new", name, *password)
    asset = cise.json("asset", "register", "Smart Drill", "SN-1", "--key", OWNER, "--odometer-rate", "86400000")[
        "asset"
    ]
    bound = cise.json(
        "asset", "bind-meter", str(asset), "--key", OWNER, "--meter-key", "meter", *password,
        "--rotation-key", "cold", "--permit-signer", "account:19",
    )  # fmt: skip
    keys = {key["name"]: key["address"] for key in cise.json("keys", "list")}
    assert (bound["meter"], bound["rotationKey"]) == (keys["meter"], keys["cold"])
    shares = ("account:3=700", "account:4=200", "account:9=100")
    split = cise.json("split", "create", *shares, "--key", OWNER, "--asset", str(asset))["split"]
    tariff = cise.json("tariff", "publish", "smart-drill", "--key", OWNER)["tariff"]
    offer = ("asset", "offer", str(asset), "--tariff", str(tariff), "--key", OWNER)
    assert "no material passport" in cise(*offer).output
    cise.json("passport", "publish", str(asset), "smart-drill", "--uri", "https://example.org/p.json", "--key", OWNER)
    assert "no take-back promised" in cise(*offer).output
    cise.json("asset", "take-back", str(asset), "--key", OWNER)
    cise.json(*offer)
    return asset, tariff, split


def test_what_is_offered_is_listed(cise, offered):
    asset, tariff, split = offered
    (listed,) = cise.json("asset", "list")
    assert (listed["asset"], listed["model"], listed["split"]) == (asset, "Smart Drill", split)
    assert [(one["tariff"], one["exclusive"]) for one in listed["offers"]] == [(tariff, True)]


def test_a_tariff_reads_back_as_published(cise, offered):
    shown = cise.json("tariff", "show", str(offered[1]))
    assert shown["pricePerMillion"] == ["100000", "250000", "600000", "0"]
    assert (shown["holdTarget"], shown["taxBps"], shown["kind"]) == ("1000000", 1900, 1)


def test_money_in_and_out_to_the_unit(cise):
    cise.json("account", "deposit", "20", "--mint", "--key", CUSTOMER)
    after = cise.json("account", "withdraw", "1.500001", "--key", CUSTOMER)
    assert (after["prepaid"], after["wallet"]) == ("18499999", "1500001")
    assert cise.json("account", "balance", CUSTOMER)["prepaid"] == "18499999"


def test_opening_needs_an_allowance_and_says_so(cise, offered):
    asset, tariff, _ = offered
    result = cise("agreement", "open", str(asset), "--tariff", str(tariff), "--key", CUSTOMER)
    assert result.exit_code == 1
    assert "refused with ERC6909InsufficientAllowance" in result.output
    assert "needed 1000000" in result.output
    assert "Allow it first: `cise account allow`." in result.output
    assert "Traceback" not in result.output


def test_an_agreement_from_opening_to_the_returned_hold(cise, offered):
    asset, tariff, _ = offered
    cise.json("account", "allow", "5", "--key", CUSTOMER)
    opened = cise.json(
        "agreement", "open", str(asset), "--tariff", str(tariff), "--key", CUSTOMER, "--hold", "2", "--cap", "5"
    )
    agreement = str(opened["agreement"])
    shown = cise.json("agreement", "show", agreement)
    assert (shown["customer"], shown["hold"], shown["capPerPeriod"]) == (ACCOUNT_6, "2000000", "5000000")
    assert cise.json("agreement", "suspend", agreement, "--key", CUSTOMER)["suspended"] is True
    assert cise.json("agreement", "suspend", agreement, "--off", "--key", CUSTOMER)["suspended"] is False
    assert cise.json("agreement", "refill", agreement, "--key", "account:8")["hold"] == "2000000"
    ending = cise.json("agreement", "end", agreement, "--key", CUSTOMER)
    assert ending["endAt"] - ending["openedAt"] >= 86_400
    error = cise.json("agreement", "close", agreement, "--key", "account:8", code=1)["error"]
    assert error["code"] == "Agreements_NotEnded"
    assert error["howMuch"].startswith(f"agreement {agreement}, endAt {ending['endAt']}, ")


def test_a_refused_opening_leaves_the_deposit_in_the_wallet(cise, offered):
    """Paying in and opening are one transaction: the machine is taken, so nothing is paid in either."""
    asset, tariff, _ = offered
    cise.json("account", "deposit", "3", "--mint", "--key", "account:7")
    cise.json("account", "withdraw", "3", "--key", "account:7")
    arguments = ("agreement", "open", str(asset), "--tariff", str(tariff), "--key", "account:7", "--deposit", "3")
    assert cise.json(*arguments, code=1)["error"]["code"] == "Agreements_AssetTaken"
    after = cise.json("account", "balance", "account:7")
    assert (after["prepaid"], after["wallet"]) == ("0", "3000000")


def test_a_split_shows_whole_and_remainder(cise, offered):
    shown = cise.json("split", "show", str(offered[2]))
    assert [payee["share"] for payee in shown["payees"]] == ["700", "200", "100"]
    assert list(shown["undistributed"].values()) == ["0"]
    assert cise.json("split", "distribute", str(offered[2]), "--key", "account:8")["paid"] == "0"


@pytest.fixture(scope="module")
def secure(cise, offered, folder):
    """A machine whose meter has a P-256 key; returns asset and what bind-meter said."""
    password = ("--password-file", str(folder / "password"))
    asset = str(cise.json("asset", "register", "Milk cooler", "SN-2", "--key", OWNER)["asset"])
    cise.json("keys", "new", "element", *password)
    bound = cise.json(
        "asset", "bind-meter", asset, "--key", OWNER, "--meter-key", "element", "--curve", "P-256", *password,
        "--rotation-key", "cold", "--permit-signer", "account:19",
    )  # fmt: skip
    return asset, bound


def test_a_secure_element_is_bound_under_the_address_of_its_own_curve(cise, secure):
    asset, bound = secure
    keys = {key["name"]: key["address"] for key in cise.json("keys", "list")}
    listed = {str(one["asset"]): one["meter"] for one in cise.json("asset", "list")}
    assert bound["curve"] == "P-256"
    assert listed[asset] == bound["meter"] != keys["element"]


def test_a_machine_signs_with_the_curve_it_was_bound_with(cise, secure, folder):
    asset, bound = secure
    run = (
        "device", "run", "--asset", asset, "--agreement", "1", "--key", "element", "--wait", "--json",
        "--password-file", str(folder / "password"), "--door", "http://127.0.0.1:9", "--step-ms", "50",
    )  # fmt: skip
    result = cise(*run, "--curve", "p-256", text="finish\nquit\n")
    assert result.exit_code == 0, result.output
    told = [json.loads(line) for line in result.stdout.splitlines()]
    (final,) = [each["reading"] for each in told if each["event"] == "finished"]
    assert (final["assetId"], final["agreementId"]) == (int(asset), 1)
    refused = cise(*run, text="quit\n")
    assert refused.exit_code == 3
    assert f"has the meter {bound['meter']}" in json.loads(refused.stdout)["error"]["what"]
    assert "--curve" in json.loads(refused.stdout)["error"]["remedy"]


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (("agreement", "show", "99"), 1, "Agreements_Unknown"),
        (("tariff", "show", "99"), 1, "Tariffs_Unknown"),
        (("tariff", "publish", "no-such", "--key", OWNER), 1, "unknown_tariff"),
        (("account", "deposit", "0.0000001", "--key", CUSTOMER), 1, "not_an_amount"),
        (("account", "deposit", "-1", "--key", CUSTOMER), 2, None),
        (("account", "balance", CUSTOMER, "--currency", "USD"), 1, "unknown_currency"),
        (("account", "balance", "0x12"), 1, None),
        (("asset", "register", "x" * 33, "SN", "--key", OWNER), 1, "text_too_long"),
        (("asset", "offer", "1", "--tariff", "1", "--key", "account:5"), 1, "Offers_NotProvider"),
        (("account", "allow", "1", "--key", "account:99"), 3, "fatal"),
        (("account", "allow", "1", "--key", "nobody"), 3, "fatal"),
        (("split", "create", "account:3", "--key", OWNER), 2, None),
        (("asset", "bind-meter", "1", "--key", OWNER, "--meter-key", "m", "--rotation-key", "c"), 2, None),
        (("device", "run", "--kind", "rocket", "--asset", "1", "--agreement", "1", "--key", "account:17"), 2, None),
        (("device", "run", "--curve", "ed25519", "--asset", "1", "--agreement", "1", "--key", "account:17"), 2, None),
        (("asset", "bind-meter", "1", "--key", OWNER, "--meter-key", "m", "--curve", "ed25519"), 2, None),
        (("agreement", "open", "1", "--tarif", "1"), 2, None),
    ],
)
def test_every_refusal_has_its_exit_code_and_no_trace(cise, offered, arguments, code, error):
    result = cise(*arguments)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    assert not isinstance(result.exception, Exception) or isinstance(result.exception, SystemExit)
    if error is not None:
        assert cise.json(*arguments, code=code)["error"]["code"] == error
