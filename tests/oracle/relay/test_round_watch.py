"""The relay's hand in rounds: started or failed in time, paid out, states recorded, defaults brought to their end."""

from __future__ import annotations

from typing import Any

import pytest

from oracle.domain.hashing import keccak
from oracle.domain.rounds import (
    ALL_BPS,
    OtherPayee,
    PlanPoint,
    RoundAsset,
    RoundRequest,
    RoundState,
    RoundTerms,
    TrancheTerms,
)
from oracle.ingest.alerts import alerts
from oracle.ingest.condition import condition
from oracle.parties import accounts, assets, auctions, ballots, guarantees, round_views, rounds
from oracle.parties.guarantees import BuybackTerms, PricePoint
from oracle.store import batches
from oracle.store.batches import BatchKind, Stage
from oracle.types import BaseUnits, Seconds, UnixTime
from tests.e2e.world import CUSTOMER, DAY, EUR, MAKER, OTHER_RELAYER, PROVIDER, STRANGER, secret_of


class Funded:
    """A machine financed by the customer, one tranche of 10 EUR, repaid within 100 days out of all fees but a tenth."""

    def __init__(self, world: Any, *more: RoundAsset, secured: bool = True) -> None:
        self.world, self.wallet = world, world.wallet(PROVIDER)
        self.asset, _ = assets.register(self.wallet, "drill", "financed", self.wallet.address)
        terms = RoundTerms(
            world.currency.address, secured, BaseUnits(5 * EUR), BaseUnits(10 * EUR), BaseUnits(1), self.after(20),
            Seconds(5 * DAY), Seconds(10 * DAY), Seconds(15 * DAY), 90, 0, BaseUnits(0), ALL_BPS, 0, BaseUnits(0),
            5_000, keccak(b"terms"),
        )  # fmt: skip
        request = RoundRequest(
            terms,
            (TrancheTerms(BaseUnits(10 * EUR), BaseUnits(0), 500),),
            (PlanPoint(Seconds(100 * DAY), BaseUnits(11 * EUR)),),
            (RoundAsset(self.asset), *more),
            (OtherPayee(self.wallet.address, 10),),
        )
        self.number, _ = rounds.open_round(self.wallet, request)
        world.give(CUSTOMER, 20 * EUR)

    def after(self, days: float) -> UnixTime:
        return UnixTime(self.world.client.block(self.world.client.head()).time + int(days * DAY))

    @property
    def view(self) -> round_views.RoundView:
        return round_views.round_view(self.world.client, self.world.platform, self.number)

    def invest(self, euros: int) -> None:
        rounds.invest(self.world.wallet(CUSTOMER), self.view, 0, BaseUnits(euros * EUR))

    def fees(self, amount: int) -> None:
        """As settled fees: of which nine tenths are the round's."""
        self.world.give(STRANGER, amount)
        to = self.world.client.call(self.world.platform.splitter.functions.accountOf(self.view.split))
        ledger = self.world.platform.accounts.functions
        self.world.wallet(STRANGER).send(ledger.transfer(to, self.world.currency.id, amount))

    def pass_time(self, oracle: Any, days: float) -> None:
        self.world.mine(seconds=int(days * DAY))
        oracle.cycle("index")


@pytest.fixture
def funded(world):
    return Funded(world)


def defaulted(funded, oracle, buyback):
    """Nothing comes, and the only holder decides."""
    funded.invest(10)
    rounds.prepare(funded.wallet, funded.view)
    rounds.start(funded.wallet, funded.number)
    funded.pass_time(oracle, 20)
    oracle.cycle("rounds")
    ballots.vote(funded.world.wallet(CUSTOMER), funded.number, 0, buyback)
    oracle.cycle("rounds")


@pytest.fixture
def running(funded, start_oracle):
    """Started by the relay as soon as it is full and its machine ready."""
    oracle = start_oracle()
    funded.invest(10)
    assert oracle.cycle("rounds") == {"rounds": "nothing"}, "the machine is not pledged"
    rounds.prepare(funded.wallet, funded.view)
    assert oracle.cycle("rounds") == {"rounds": "done"}
    oracle.settle()
    assert funded.view.state is RoundState.ON_PLAN
    return funded, oracle


def behind(oracle):
    with oracle.database.reading() as connection:
        found = condition(connection, 0)
    named = "round-behind" in {one.page for one in alerts(found, oracle.settings, 1 << 40)}
    assert named == bool(found.rounds_behind)
    return list(found.rounds_behind)


def test_a_round_that_is_short_at_its_deadline_is_failed(funded, start_oracle):
    oracle = start_oracle()
    funded.invest(4)
    assert oracle.cycle("rounds") == {"rounds": "nothing"}
    funded.pass_time(oracle, 20)
    oracle.cycle("rounds")
    oracle.settle()
    assert funded.view.state is RoundState.FAILED
    assert oracle.cycle("rounds") == {"rounds": "nothing"}


def test_it_is_paid_out_when_it_is_worth_it_and_named_while_it_is_behind(running):
    funded, oracle = running
    funded.fees(EUR // 100)
    assert oracle.cycle("rounds") == {"rounds": "nothing"}, "less than a thousandth of the target"
    funded.fees(EUR // 10)
    assert oracle.cycle("rounds") == {"rounds": "done"}
    oracle.settle()
    received = EUR * 11 // 100 * 9 // 10
    assert funded.view.received == received
    assert oracle.cycle("rounds") == {"rounds": "nothing"}
    told = oracle.get(f"/v1/rounds/{funded.number}").json()
    assert (told["state"], told["received"], told["assets"][0]["assetId"]) == ("on_plan", str(received), funded.asset)
    assert [one["paid"] for one in told["tranches"]] == [str(received)]
    listed = {asset: oracle.get("/v1/rounds", params={"asset": asset}).json()["rounds"] for asset in (funded.asset, 99)}
    assert [[one["roundId"] for one in found] for found in listed.values()] == [[funded.number], []]

    funded.pass_time(oracle, 7)
    oracle.cycle("rounds")
    oracle.settle()
    assert behind(oracle) == [f"round {funded.number} late"]
    assert funded.view.state is RoundState.LATE
    funded.fees(EUR)
    oracle.cycle("rounds")
    oracle.settle()
    # What waits in the split counts before anything is recorded.
    assert (behind(oracle), funded.view.state) == ([], RoundState.ON_PLAN)
    funded.fees(20 * EUR)
    funded.pass_time(oracle, 1)
    oracle.cycle("rounds")
    oracle.settle()
    assert funded.view.state is RoundState.REPAID


def test_a_default_is_decided_auctioned_and_sold_and_two_relayers_do_no_harm(running, start_oracle):
    funded, first = running
    second = start_oracle("second", relayer_key=secret_of(OTHER_RELAYER))
    world, client, platform = funded.world, funded.world.client, funded.world.platform

    def both():
        """Neither sees what the other sends: one block takes both."""
        world.client.web3.provider.make_request("evm_setAutomine", [False])
        for oracle in (first, second):
            oracle.cycle("index", "rounds")
        world.mine()
        world.client.web3.provider.make_request("evm_setAutomine", [True])
        for oracle in (first, second):
            oracle.settle()

    funded.pass_time(first, 20)
    both()
    assert funded.view.state is RoundState.DEFAULTED
    assert behind(second) == [f"round {funded.number} defaulted"]
    ballots.vote(world.wallet(CUSTOMER), funded.number, 0, False)
    both()
    assert ballots.decision(client, platform, funded.number) is not None
    both()
    running_auction = auctions.running(client, platform, funded.number, funded.asset)
    world.give(STRANGER, 20 * EUR)
    view = auctions.auction_view(client, platform, running_auction)
    auctions.bid(world.wallet(STRANGER), view, BaseUnits(20 * EUR))
    funded.pass_time(first, 8)
    before = accounts.prepaid(client, platform, funded.wallet.address, world.currency)
    both()
    assert funded.view.state is RoundState.REPAID, "the price was more than what was owed"
    assert accounts.prepaid(client, platform, funded.wallet.address, world.currency) > before
    assert assets.asset_view(client, platform, funded.asset).provider == world.wallet(STRANGER).address
    both()
    assert (behind(first), behind(second)) == ([], [])
    stages = []
    for oracle in (first, second):
        with oracle.database.reading() as connection:
            stages += [batch.stage for batch in batches.newest(connection) if batch.kind is BatchKind.ROUND]
    # Start, update and each step after the default succeeded once; a second update does nothing.
    assert stages.count(Stage.FINAL) == 6
    assert set(stages) <= {Stage.FINAL, Stage.FAILED}


def test_without_a_key_it_names_who_is_behind(running, start_oracle):
    funded, _ = running
    dry = start_oracle("dry", relayer_key=None)
    funded.pass_time(dry, 7)
    assert dry.cycle("rounds") == {"rounds": "dry"}
    assert behind(dry) == [f"round {funded.number} late"]


def test_of_a_fleet_one_is_bought_back_by_its_holders_one_auctioned_and_a_late_claim_passed_on(world, start_oracle):
    client, platform, maker = world.client, world.platform, world.wallet(MAKER)
    world.give(MAKER, 10 * EUR)
    guaranteed, _ = assets.register(world.wallet(PROVIDER), "drill", "guaranteed", world.wallet(PROVIDER).address)
    now = client.block(client.head()).time
    window = (UnixTime(now), UnixTime(now), UnixTime(now + 400 * DAY))
    floor = BuybackTerms(guaranteed, world.currency.address, *window, 1_000)
    points = [PricePoint(Seconds(0), BaseUnits(8 * EUR))]
    number, _ = guarantees.give(maker, floor, points, BaseUnits(EUR))
    guarantees.choose(world.wallet(PROVIDER), number)
    funded, oracle = Funded(world, RoundAsset(guaranteed, number)), start_oracle()
    defaulted(funded, oracle, buyback=True)
    oracle.cycle("rounds")
    # The relay auctions what nobody guarantees, and leaves the buyback to the holders for 20 days and ever.
    assert auctions.running(client, platform, funded.number, funded.asset) is not None
    funded.pass_time(oracle, 40)
    oracle.cycle("rounds")
    assert auctions.running(client, platform, funded.number, guaranteed) is None
    paid, _ = rounds.exercise_buyback(world.wallet(CUSTOMER), funded.number, guaranteed, None)
    assert paid == EUR
    for _ in range(5):
        funded.pass_time(oracle, 8)
        oracle.cycle("confirm", "rounds")
    assert funded.view.state is RoundState.RECOVERED, "three auctions without a bid end it"
    lost = round_views.tranche_view(client, platform, funded.number, 0).written_down
    guarantees.pay_claim(maker, guarantees.buyback_view(client, platform, number), BaseUnits(7 * EUR))
    oracle.cycle("rounds")
    made_good = lost - round_views.tranche_view(client, platform, funded.number, 0).written_down
    assert 6 * EUR < made_good < 7 * EUR, "the interest that was lost comes first"


def test_an_innovation_that_its_holders_write_off_ends(world, start_oracle):
    funded, oracle = Funded(world, secured=False), start_oracle()
    defaulted(funded, oracle, buyback=True)
    oracle.cycle("rounds")
    assert funded.view.state is RoundState.RECOVERED
