"""The relay's hand in guarantees: periods written down and settled in time, and who lacks money named."""

from oracle.ingest.alerts import alerts
from oracle.ingest.condition import condition
from oracle.parties import accounts, guarantees, uptimes
from oracle.parties.guarantees import BuybackTerms, PricePoint
from oracle.parties.uptimes import UptimeTerms
from oracle.store import batches
from oracle.store.batches import Stage
from oracle.types import BaseUnits, Seconds, UnixTime
from tests.e2e.world import DAY, EUR, MAKER, PROVIDER

SLOT = 300
GRACE = 3_600


def chain_time(world):
    return world.client.block(world.client.head()).time


def promise(world, machine, bond, periods=2):
    """One slot a period; nobody reports, so all charges come back up to the bond."""
    world.give(MAKER, bond)
    terms = UptimeTerms(
        machine.asset, world.currency.address, UnixTime(chain_time(world) + 60), Seconds(SLOT), 1, periods,
        Seconds(GRACE), 10_000, 100, 10_000,
    )  # fmt: skip
    number, _ = uptimes.give(world.wallet(MAKER), terms, BaseUnits(bond))
    return number, terms


def period(world, number, which):
    view = uptimes.uptime_view(world.client, world.platform, number)
    return uptimes.period_view(world.client, world.platform, view, which)


def pass_to(world, oracle, time):
    world.mine(seconds=time - chain_time(world))
    oracle.cycle("index")


def short(oracle):
    with oracle.database.reading() as connection:
        found = condition(connection, 0)
    assert ("guarantee-short" in {one.page for one in alerts(found, oracle.settings, 1 << 40)}) == bool(
        found.under_covered
    )
    return list(found.under_covered)


def test_periods_are_written_down_and_settled_in_time(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    number, terms = promise(world, hire.machine, EUR)
    oracle.post(hire.use(1_000))
    oracle.settle()
    assert oracle.cycle("guarantees") == {"guarantees": "nothing"}
    pass_to(world, oracle, terms.begin(1) + 1)
    assert oracle.cycle("guarantees") == {"guarantees": "done"}
    oracle.settle()
    # The agreement opened a minute before: what it settled is spread over two periods.
    assert period(world, number, 0).charged == 500
    assert oracle.cycle("guarantees") == {"guarantees": "nothing"}
    pass_to(world, oracle, terms.begin(1) + GRACE + 2)
    # The second period's checkpoint and the first one's settlement.
    assert oracle.cycle("guarantees") == {"guarantees": "done"}
    oracle.settle()
    assert (period(world, number, 0).settled, period(world, number, 0).pool) == (True, 500)
    assert period(world, number, 1).charged == 0
    pass_to(world, oracle, terms.begin(2) + GRACE + 2)
    oracle.cycle("guarantees")
    oracle.settle()
    assert period(world, number, 1).settled
    assert oracle.cycle("guarantees") == {"guarantees": "nothing"}


def test_a_relay_that_was_away_catches_up_in_one_cycle(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    number, terms = promise(world, hire.machine, EUR, periods=3)
    pass_to(world, oracle, terms.begin(3) + 1)
    oracle.cycle("guarantees")
    with oracle.database.reading() as connection:
        assert len(batches.newest(connection)) == 3
    oracle.settle()
    pass_to(world, oracle, terms.begin(3) + GRACE + 2)
    oracle.cycle("guarantees")
    oracle.settle()
    assert uptimes.uptime_view(world.client, world.platform, number).settled == 3
    with oracle.database.reading() as connection:
        assert {batch.stage for batch in batches.newest(connection)} == {Stage.FINAL}


def test_gas_that_is_spent_hides_nobody_who_lacks_money(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    number, terms = promise(world, hire.machine, 400)
    oracle.post(hire.use(1_000))
    oracle.settle()
    pass_to(world, oracle, terms.begin(1) + 1)
    oracle.cycle("guarantees")
    oracle.settle()
    pass_to(world, oracle, terms.begin(2) + 1)
    poor = start_oracle("poor", gas_limit=60_000)
    poor.cycle("index")
    assert poor.cycle("guarantees") == {"guarantees": "refused"}
    assert short(poor) == [f"uptime {number}"]


def test_without_a_key_it_says_what_it_would_send(world, start_oracle):
    hire, oracle = world.hire(), start_oracle("dry", relayer_key=None)
    _, terms = promise(world, hire.machine, EUR)
    pass_to(world, oracle, terms.begin(1) + 1)
    assert oracle.cycle("guarantees") == {"guarantees": "dry"}


def test_a_bond_that_does_not_reach_is_named_until_it_does(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    number, terms = promise(world, hire.machine, 400)
    oracle.post(hire.use(1_000))
    oracle.settle()
    pass_to(world, oracle, terms.begin(1) + 1)
    oracle.cycle("guarantees")
    oracle.settle()
    oracle.cycle("guarantees")
    assert short(oracle) == [f"uptime {number}"]
    world.give(MAKER, 600)
    wallet = world.wallet(MAKER)
    uptimes.top_up(wallet, uptimes.uptime_view(world.client, world.platform, number), BaseUnits(600))
    oracle.cycle("guarantees")
    assert short(oracle) == []


def test_a_buyback_without_the_money_for_it_is_named_until_the_claim_is_paid(world, start_oracle):
    machine, oracle = world.machine(), start_oracle()
    world.give(MAKER, 10 * EUR)
    now = chain_time(world)
    terms = BuybackTerms(
        machine.asset, world.currency.address, UnixTime(now), UnixTime(now + DAY), UnixTime(now + 9 * DAY), 1_000
    )
    maker, points = world.wallet(MAKER), [PricePoint(Seconds(0), BaseUnits(10 * EUR))]
    number, _ = guarantees.give(maker, terms, points, BaseUnits(EUR))
    oracle.cycle("index", "guarantees")
    assert short(oracle) == []
    pass_to(world, oracle, now + DAY)
    oracle.cycle("guarantees")
    assert short(oracle) == [f"buyback {number}"]

    def view():
        return guarantees.buyback_view(world.client, world.platform, number)

    guarantees.exercise(world.wallet(PROVIDER), view(), None)
    oracle.cycle("index", "guarantees")
    assert short(oracle) == [f"buyback {number}"]
    guarantees.pay_claim(maker, view(), BaseUnits(9 * EUR))
    oracle.cycle("index", "guarantees")
    assert short(oracle) == []
    assert accounts.prepaid(world.client, world.platform, maker.address, world.currency) == 0
