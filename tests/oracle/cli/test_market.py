"""What a provider, workers and arbiters type, from terms to a payment, against a real chain."""

from __future__ import annotations

from typing import Any

import pytest

OWNER, WORKER, RIVAL, STRANGER = "account:3", "account:6", "account:7", "account:8"
ARBITERS = ("account:10", "account:11", "account:12")


@pytest.fixture(scope="module")
def paper(folder) -> str:
    (folder / "paper.txt").write_text("what is to be done, or was")
    return str(folder / "paper.txt")


@pytest.fixture(scope="module")
def machine(cise, paper) -> str:
    """A machine under terms with a rule, its owner with money and an allowance for the market."""
    asset = str(cise.json("asset", "register", "Smart Drill", "SN-M", "--key", OWNER)["asset"])
    arbiters = [part for one in ARBITERS for part in ("--arbiter", one)]
    cores = [part for one in ("4", "3", "2", "0") for part in ("--core", one)]
    terms = cise.json(
        "market", "terms", "publish", paper, "--key", STRANGER, *arbiters, "--quorum", "2", "--rule-ceiling", "10",
        "--rule-budget", "20", "--bond", "1", "--included", "1", *cores,
    )["terms"]  # fmt: skip
    chosen = cise.json("market", "terms", "choose", asset, "--terms", str(terms), "--key", OWNER)
    cise.json("split", "create", f"{OWNER}=9", f"{chosen['reserve']}=1", "--key", OWNER, "--asset", asset)
    cise.json("account", "deposit", "50", "--mint", "--key", OWNER)
    allowed = cise.json("market", "allow", "50", "--asset", asset, "--key", OWNER)
    assert allowed["allowed"] == "50000000"
    return asset


def order(cise, machine: str, paper: str, *more: str) -> str:
    opened = cise.json(
        "market", "order", machine, "repair", "--ceiling", "8", "--document", paper, "--key", OWNER, *more
    )
    return str(opened["order"])


def accepted(cise, machine: str, paper: str) -> str:
    number = order(cise, machine, paper)
    cise.json("market", "bid", number, "5", "--hours", "24", "--key", WORKER)
    cise.json("market", "bid", number, "4.5", "--hours", "48", "--key", RIVAL)
    found = cise.json("market", "accept", number, "--worker", WORKER, "--key", OWNER)
    assert (found["stage"], found["price"]) == ("assigned", "5000000")
    return number


def test_an_order_from_opening_to_the_payment(cise, machine, paper):
    number = accepted(cise, machine, paper)
    before = int(cise.json("account", "balance", WORKER)["prepaid"])
    delivered = cise.json(
        "market", "deliver", number, "--document", paper, "--uri", "ipfs://report", "--part-in", "7", "--part-out", "8",
        "--key", WORKER,
    )  # fmt: skip
    assert delivered["stage"] == "delivered"
    paid = cise.json("market", "approve", number, "--key", OWNER)
    assert (paid["stage"], paid["reputation"]["done"]) == ("paid", 1)
    assert int(cise.json("account", "balance", WORKER)["prepaid"]) - before == 5_000_000
    shown = cise("market", "show", number)
    assert "paid" in shown.output
    assert "5.000000" in shown.output


def test_a_dispute_is_ruled_by_two_of_three(cise, machine, paper):
    number = accepted(cise, machine, paper)
    cise.json("market", "deliver", number, "--document", paper, "--key", WORKER)
    assert cise.json("market", "dispute", number, "--document", paper, "--key", OWNER)["stage"] == "disputed"
    assert cise.json("market", "rule", number, "25", "--key", ARBITERS[0])["stage"] == "disputed"
    ruled = cise.json("market", "rule", number, "25", "--document", paper, "--key", ARBITERS[1])
    assert (ruled["stage"], ruled["reputation"]["lost"]) == ("arbitrated", 1)


def test_what_is_given_up_ends(cise, machine, paper):
    open_order, assigned = order(cise, machine, paper), accepted(cise, machine, paper)
    assert cise.json("market", "end", open_order, "--give-up", "--key", OWNER)["stage"] == "cancelled"
    assert cise.json("market", "end", assigned, "--give-up", "--key", WORKER)["stage"] == "abandoned"
    again = cise.json("market", "end", assigned, "--key", STRANGER, code=1)["error"]
    assert again["code"] == "nothing_to_end"


def test_orders_are_listed_newest_first(cise, machine, paper):
    newest = order(cise, machine, paper)
    listed = cise.json("market", "list", "--asset", machine)
    assert str(listed[0]["order"]) == newest
    assert {one["asset"] for one in listed} == {int(machine)}
    assert cise.json("market", "list", "--asset", "999") == []
    assert "no orders yet" in cise("market", "list", "--asset", "999").output


REFUSALS: list[tuple[str, tuple[str, ...], str, str]] = [
    ("an ineligible bid", ("bid", "{order}", "5", "--hours", "1", "--key", STRANGER), "Market_Ineligible",
     "worker not admitted"),
    ("an absurd price", ("bid", "{order}", "9", "--hours", "1", "--key", WORKER), "Market_PriceOutOfRange",
     "most 8000000"),
    ("a price of nothing", ("bid", "{order}", "0", "--hours", "1", "--key", WORKER), "Market_PriceOutOfRange",
     "price 0"),
    ("another's order", ("end", "{order}", "--give-up", "--key", STRANGER), "Market_NotParty", "caller"),
    ("an early end", ("end", "{order}", "--key", STRANGER), "Market_BidsStand", "until"),
    ("an unknown order", ("show", "999"), "Market_UnknownOrder", "order 999"),
    ("a rule that is none", ("accept", "{order}", "--key", STRANGER), "Market_NotByRule", "order"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "words"), [one[1:] for one in REFUSALS], ids=[one[0] for one in REFUSALS]
)
def test_a_refusal_is_explained(cise, machine, paper, arguments, code, words):
    number = order(cise, machine, paper)
    error: Any = cise.json("market", *(part.format(order=number) for part in arguments), code=1)["error"]
    assert error["code"] == code
    assert words in error["howMuch"]


@pytest.mark.parametrize("kind", ["polish", "Repair"])
def test_only_known_work_is_ordered(cise, machine, kind):
    assert cise("market", "order", machine, kind, "--ceiling", "1", "--key", OWNER).exit_code == 2


def test_a_watcher_orders_by_rule(cise, machine, paper):
    watched = cise.json("market", "terms", "watch", machine, "account:15", "--key", OWNER)
    assert watched["on"] is True
    opened = cise.json("market", "order", machine, "inspect", "--ceiling", "2", "--by-rule", "--key", "account:15")
    assert (opened["byRule"], opened["kind"]) == (True, "inspect")
    cise.json("market", "terms", "watch", machine, "account:15", "--off", "--key", OWNER)
    refused = ("market", "order", machine, "inspect", "--ceiling", "2", "--key", "account:15")
    assert cise.json(*refused, code=1)["error"]["code"] == "Market_MayNotOpen"
