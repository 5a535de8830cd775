"""What people type to open a round, invest in it, be repaid, vote and sell a title, against a real chain."""

from __future__ import annotations

import csv
from collections import Counter

import pytest
import yaml

from oracle.chain.client import ChainClient
from oracle.cli.session import connect
from oracle.formats import round_terms
from oracle.parties import rounds as acts
from oracle.parties.currencies import find_currency
from oracle.parties.keystore import node_account
from oracle.parties.round_views import round_view
from oracle.parties.wallet import Wallet

PROVIDER, ANNA, BERT, CARL, STRANGER = (f"account:{number}" for number in (3, 6, 7, 8, 9))
DAY = 86_400
EUR = 10**6


class Rounds:
    """The commands about rounds, and what happens around them."""

    def __init__(self, cise, folder) -> None:
        self.cise, self.folder = cise, folder
        session = connect(cise.environment["CISE_RPC_URL"], cise.environment["CISE_DIRECTORY_ADDRESS"], None)
        self.client: ChainClient = session.client
        self.platform = session.platform

    def __call__(self, *words: str, code: int = 0):
        return self.cise.json("round", *words, code=code)

    def refused(self, *words: str) -> str:
        return self(*words, code=1)["error"]["code"]

    def terms(self, **changes: object) -> str:
        """The example, changed, in a file."""
        file = self.folder / "terms.yaml"
        file.write_text(yaml.safe_dump(yaml.safe_load(round_terms.example([1])) | changes))
        return str(file)

    def machine(self, serial: str) -> int:
        return self.cise.json("asset", "register", "Drill", serial, "--key", PROVIDER)["asset"]

    def running(self, serial: str) -> tuple[str, int]:
        """Fully subscribed, one tranche each, and started; without the command line, for it is slower."""
        asset, provider = self.machine(serial), self.wallet(PROVIDER)
        document = round_terms.read(round_terms.example([asset]).encode(), is_yaml=True)
        money = find_currency(self.client, self.platform, None).address
        now = self.client.block(self.client.head()).time
        number, _ = acts.open_round(provider, round_terms.request(document, provider.address, money, now))
        view = round_view(self.client, self.platform, number)
        for tranche, who in enumerate((ANNA, BERT, CARL)):
            acts.invest(self.wallet(who), view, tranche, view.tranches[tranche].size)
        acts.prepare(provider, view)
        acts.start(provider, number)
        return str(number), asset

    def wallet(self, account: str) -> Wallet:
        return Wallet(self.client, self.platform, node_account(self.client, int(account.partition(":")[2])))

    def fees(self, number: str, amount: int) -> None:
        """As settled fees: into the account of the round's split."""
        shown, platform = self("show", number), self.platform
        to = self.client.call(platform.splitter.functions.accountOf(shown["split"]))
        self.wallet(STRANGER).send(platform.accounts.functions.transfer(to, int(shown["currency"], 16), amount))

    def pass_time(self, days: float) -> None:
        for method, arguments in (("evm_increaseTime", [int(days * DAY)]), ("evm_mine", [])):
            self.client.web3.provider.make_request(method, arguments)

    def statement(self, number: str, *words: str) -> Counter[str]:
        """Its columns added up; the command holds them against the chain itself."""
        rows = csv.DictReader(self.cise("round", "statement", number, "--csv", *words).output.splitlines())
        months, total = [], Counter[str]()
        for row in rows:
            months.append(row.pop("month"))
            total.update({name: int(amount) for name, amount in row.items()})
        assert months == sorted(set(months))
        return total

    def prepaid(self, who: str) -> int:
        return int(self.cise.json("account", "balance", who)["prepaid"])


@pytest.fixture(scope="module")
def rounds(cise, folder) -> Rounds:
    for who in (PROVIDER, ANNA, BERT, CARL, STRANGER):
        cise.json("account", "deposit", "500", "--mint", "--key", who)
    return Rounds(cise, folder)


def test_a_round_from_terms_in_a_file_to_the_last_position(rounds, cise, folder):
    terms = str(folder / "example.yaml")
    rounds("new", terms, "--asset", str(rounds.machine("SN-1")))
    assert rounds.refused("new", terms) == "file_exists"
    checked = rounds("check", terms)
    opened = rounds("open", terms, "--key", PROVIDER)
    number = str(opened["round"])
    assert opened["termsHash"] == checked["termsHash"] == rounds("show", number)["termsHash"]

    assert rounds.refused("open", terms, "--key", STRANGER) == "Financing_NotTitleOwner"
    assert rounds.refused("invest", number, "0", "0.5", "--key", ANNA) == "Financing_InvestmentTooSmall"
    assert rounds("invest", number, "0", "50", "--key", ANNA)["accepted"] == str(50 * EUR)
    assert rounds.refused("invest", number, "0", "50", "--least", "11", "--key", BERT) == "Financing_CutBelow"
    assert rounds("invest", number, "0", "50", "--key", BERT)["accepted"] == str(10 * EUR)
    rounds("invest", number, "1", "30", "--key", BERT)
    rounds("invest", number, "2", "10", "--key", CARL)
    assert rounds.refused("prepare", number, "--key", STRANGER) == "nothing_to_prepare"
    assert rounds.refused("start", number, "--key", STRANGER) == "Financing_AssetNotReady"
    assert rounds("prepare", number, "--key", PROVIDER)["transactions"] == 2
    before = rounds.prepaid(PROVIDER)
    rounds("start", number, "--key", STRANGER)
    assert rounds.prepaid(PROVIDER) - before == 100 * EUR

    rounds.pass_time(73)
    rounds.fees(number, 25 * EUR)
    shown = rounds("show", number, "--holder", ANNA)
    assert (shown["stateByRule"], shown["state"], shown["undistributed"]) == ("late", "on_plan", str(25 * EUR))
    assert [one["putIn"] for one in shown["positions"]] == [str(50 * EUR)]
    (paid,) = rounds("distribute", number, "--key", STRANGER)["tranches"]
    assert int(paid["interest"]) + int(paid["principal"]) == 20 * EUR
    before = rounds.prepaid(ANNA)
    claimed = int(rounds("claim", number, "0", "--holder", ANNA, "--key", STRANGER)["claimed"])
    assert rounds.prepaid(ANNA) - before == claimed == 20 * EUR * 5 // 6
    rounds("transfer", number, "0", CARL, "20", "--key", ANNA)
    assert [one["putIn"] for one in rounds("list", "--holder", CARL)[0]["positions"]] == [str(20 * EUR), str(10 * EUR)]
    assert rounds("repay", number, "5", "--key", PROVIDER)["paid"] == str(5 * EUR)
    asked = rounds("propose", number, "account:15", "--key", PROVIDER)["consentTo"]
    assert rounds("vote", number, "0", "yes", "--key", ANNA)["weight"] != "0"
    assert rounds.refused("transfer", number, "0", CARL, "1", "--key", ANNA) == "Financing_PositionLocked"
    assert (rounds("show", number)["ballot"]["consentTo"], rounds("update", number, "--key", ANNA)["state"]) == (
        asked,
        "on_plan",
    )
    text = cise("round", "show", number, "--holder", ANNA).output
    assert "received" in text
    assert "30.000000" in text

    ended = rounds("buy-out", number, "--key", PROVIDER)
    assert ended["state"] == "repaid"
    got = [rounds("burn", number, tranche, "--key", who) for tranche, who in (("0", ANNA), ("1", BERT), ("2", CARL))]
    assert all(int(one["paid"]) > 0 for one in got)
    whole, shown = rounds.statement(number), rounds("show", number)["tranches"]
    assert (whole["fees"], whole["repaid"]) == (20 * EUR, 5 * EUR + int(ended["paid"]))
    paid = [sum(whole[f"{name}{tranche}"] for name in ("interest", "principal", "residual")) for tranche in range(3)]
    assert paid == [int(one["paid"]) for one in shown]
    # Of the senior tranche two holders have not burned yet.
    taken = [whole[f"claimed{tranche}"] + whole[f"remainder{tranche}"] for tranche in range(3)]
    assert (taken[0] < paid[0], taken[1:]) == (True, paid[1:])
    carl = rounds.statement(number, "--holder", CARL)
    assert (carl["bought0"], carl["invested2"], carl["principal2"], carl["residual2"]) == (
        20 * EUR, 10 * EUR, 10 * EUR, whole["residual2"]
    )  # fmt: skip
    assert "20.000000" in cise("round", "statement", number, "--holder", CARL).output


def test_a_round_that_never_starts_pays_back(rounds):
    opened = rounds("open", rounds.terms(assets=[{"asset": rounds.machine("SN-2")}]), "--key", PROVIDER)
    number, before = str(opened["round"]), rounds.prepaid(ANNA)
    rounds("invest", number, "0", "20", "--key", ANNA)
    assert rounds.refused("fail", number, "--key", STRANGER) == "Financing_TooEarly"
    assert rounds.refused("cancel", number, "--key", STRANGER) == "Financing_NotProvider"
    rounds.pass_time(30)
    assert rounds("fail", number, "--key", STRANGER)["state"] == "failed"
    assert rounds("refund", number, "0", "--holder", ANNA, "--key", STRANGER)["refunded"] == str(20 * EUR)
    assert rounds.prepaid(ANNA) == before


def test_after_a_default_the_holders_decide_and_the_title_is_sold(rounds, cise):
    number, asset = rounds.running("SN-3")
    rounds.pass_time(181)
    assert rounds("update", number, "--key", STRANGER)["state"] == "defaulted"
    start = ("auction", "start", number, str(asset), "--key", STRANGER)
    assert cise.json(*start, code=1)["error"]["code"] == "Financing_NotDecided"
    rounds("vote", number, "0", "no", "--key", ANNA)
    assert rounds("decide", number, "--key", STRANGER)["result"] == "no"
    auction = str(cise.json(*start)["auction"])
    (listed,) = cise.json("auction", "list")
    assert (listed["asset"], listed["bidder"]) == (asset, None)
    assert cise.json("auction", "bid", auction, "1", "--key", CARL, code=1)["error"]["code"] == "Auction_BidTooLow"
    cise.json("auction", "bid", auction, "90", "--key", STRANGER)
    assert cise.json("auction", "settle", auction, "--key", ANNA, code=1)["error"]["code"] == "Auction_StillOpen"
    rounds.pass_time(7)
    assert cise.json("auction", "settle", auction, "--key", ANNA)["outcome"] == "sold"
    shown = rounds("show", number)
    assert (shown["state"], shown["received"]) == ("recovered", str(90 * EUR))
    assert [one["writtenDown"] != "0" for one in shown["tranches"]] == [False, True, True]
    whole = rounds.statement(number)
    repaid = whole["principal0"] + whole["principal1"]
    assert (whole["proceeds"], whole["lost1"] + whole["lost2"]) == (90 * EUR, 100 * EUR - repaid)
    assert rounds.statement(number, "--holder", BERT)["lost1"] == whole["lost1"] > 0
    assert "no auctions now" in cise("auction", "list").output


def test_terms_that_do_not_keep_to_the_schema_are_named(rounds):
    for change, said in (
        ({"tranches": []}, "tranches"),
        ({"auctionBps": "all"}, "auctionBps"),
        ({"fees": {"round": 80, "others": [{"account": "me", "share": 1}]}}, "fees.others[0].account"),
    ):
        error = rounds("check", rounds.terms(**change), code=1)["error"]
        assert (error["code"], error["who"], error["what"]) == ("malformed", "round terms", said)
    assert rounds.refused("show", "99") == "unknown_round"
    wide = rounds("show", str(1 << 64), code=1)["error"]
    assert (wide["code"], wide["what"]) == ("field_out_of_bounds", "value 1 must fit uint64")
    impossible = rounds.terms(assets=[{"asset": rounds.machine("SN-4")}], lateAfterDays=90)
    error = rounds("open", impossible, "--key", PROVIDER, code=1)["error"]
    assert error["code"] == "Financing_OutOfRange"
    assert "what impaired after" in error["howMuch"]
