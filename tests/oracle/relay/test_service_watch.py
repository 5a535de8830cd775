"""The watcher opens an order when the provider's published rule says so, once, and only where it was appointed."""

from __future__ import annotations

import json

import pytest

from oracle.advice.trends import seen_in
from oracle.device.client import IngestClient
from oracle.domain.hashing import keccak
from oracle.domain.telemetry import telemetry_root
from oracle.errors import Fatal
from oracle.parties import accounts, orders
from oracle.relay.service_watch import read_rules
from oracle.types import BaseUnits, OrderId, Seconds, UnixTime
from tests.e2e.world import CUSTOMER, EUR, PROVIDER, secret_of

WATCHER = 11
WORKER, ARBITER = CUSTOMER, 12
METER_ERROR = 4
TEXT = {
    "name": "service of drills",
    "service": {
        "odometerBetween": 1_000_000, "onMeterError": True, "ceiling": str(5 * EUR), "biddingHours": 1, "workHours": 24,
        "trends": [{"measure": "vibration", "limit": 7_000, "runningMinutes": 1}],
        "places": [
            {"name": "coast", "south": 0, "west": 0, "north": 10_000_000, "east": 20_000_000,
             "limits": {"vibration": 6_000}},
        ],
    },
}  # fmt: skip


@pytest.fixture
def rules(tmp_path):
    folder = tmp_path / "service"
    folder.mkdir()
    (folder / "terms.json").write_text(json.dumps(TEXT))
    return folder


@pytest.fixture
def watched(world, rules, start_oracle):
    """A hired drill whose provider has chosen the terms and appointed the watcher, and an oracle with its key."""
    hire, provider = world.hire(), world.wallet(PROVIDER)
    text = (rules / "terms.json").read_bytes()
    terms = orders.ServiceTerms(
        world.currency.address, BaseUnits(10 * EUR), 5_000, BaseUnits(20 * EUR), BaseUnits(0), Seconds(60),
        Seconds(3_600), Seconds(3_600), Seconds(3_600), Seconds(3_600), 0, 1, False, False, keccak(text),
    )  # fmt: skip
    number, _ = orders.publish_terms(provider, terms, [BaseUnits(0)] * 4, [world.wallet(ARBITER).address])
    orders.choose_terms(provider, hire.machine.asset, number)
    orders.appoint_watcher(provider, hire.machine.asset, world.wallet(WATCHER).address, True)
    oracle = start_oracle("watching", watcher_key=secret_of(WATCHER), service_terms_dir=rules)
    return hire, oracle


def use(oracle, reading) -> None:
    assert oracle.results(reading) == ["accepted"]
    oracle.settle()


def newest(world):
    count = orders.order_count(world.client, world.platform)
    return orders.order_view(world.client, world.platform, OrderId(count)) if count else None


def test_use_beyond_the_rule_orders_maintenance_once(world, watched):
    hire, oracle = watched
    use(oracle, hire.use(999_999))
    assert oracle.cycle("service") == {"service": "nothing"}
    use(oracle, hire.use(1))
    assert oracle.cycle("service") == {"service": "done"}
    order = newest(world)
    assert (order.asset, order.kind, order.by_rule) == (hire.machine.asset, orders.Kind.MAINTAIN, True)
    assert (order.opener, order.ceiling) == (world.wallet(WATCHER).address, 5 * EUR)
    assert oracle.cycle("service") == {"service": "nothing"}


def test_a_meter_error_orders_an_inspection(world, watched):
    hire, oracle = watched
    use(oracle, hire.use(1, flags=METER_ERROR))
    assert oracle.cycle("service") == {"service": "done"}
    assert newest(world).kind is orders.Kind.INSPECT


def test_a_trend_of_stored_samples_orders_a_repair_and_shows_where_it_was_seen(world, watched):
    hire, oracle = watched
    door = IngestClient(oracle.url)
    roots = []
    for vibration in (5_700, 5_900, 6_200):
        reading, samples = hire.measured([2] * 30, vibration=vibration)
        assert oracle.results(reading) == ["accepted"]
        if vibration == 6_200:
            # The signed root alone is no evidence: the trend waits for the samples.
            assert oracle.cycle("service") == {"service": "nothing"}
        door.post_telemetry(samples)
        roots.append(telemetry_root(samples.samples))
        oracle.settle()
        assert oracle.cycle("service") == {"service": "done" if vibration == 6_200 else "nothing"}
    order = newest(world)
    assert (order.kind, order.opener) == (orders.Kind.REPAIR, world.wallet(WATCHER).address)
    request = world.platform.market.events.OrderOpened().get_logs(from_block=0)[-1]["args"]["request"]
    words = request["uri"].removeprefix("data:,")
    assert request["documentHash"] == keccak(words.encode())
    assert "limit 6000 micrometres/s at coast; seen in 2 readings 1/2 to 1/3" in words
    assert words.endswith(f"root 0x{seen_in(roots[1:]).hex()}")


def test_what_was_served_counts_from_then(world, watched):
    hire, oracle = watched
    use(oracle, hire.use(1_000_500))
    assert oracle.cycle("service") == {"service": "done"}
    order = newest(world).id
    provider, worker = world.wallet(PROVIDER), world.wallet(WORKER)
    orders.end(provider, order, give_up=True)
    order, _ = orders.open_order(provider, need(world, hire))
    orders.bid(worker, order, BaseUnits(1), Seconds(3_600))
    accounts.mint_play_money(provider, world.currency, BaseUnits(EUR))
    accounts.deposit(provider, world.currency, BaseUnits(EUR))
    orders.allow(provider, world.currency, BaseUnits(EUR))
    orders.accept(provider, order, worker.address)
    orders.deliver(worker, order, orders.Document(keccak(b"report"), ""))
    orders.approve(provider, order)
    # Nobody is at it any more, and the read model does not know yet that it was done.
    assert oracle.cycle("service") == {"service": "nothing"}
    oracle.settle()
    assert oracle.cycle("service") == {"service": "nothing"}
    # A reading of the same second as the service would still be from before it.
    behind = world.client.block(world.client.head()).time + 1
    use(oracle, hire.use(1_000_000, at=behind))
    assert oracle.cycle("service") == {"service": "done"}


def need(world, hire):
    now = world.client.block(world.client.head()).time
    return orders.Need(
        hire.machine.asset, orders.Kind.MAINTAIN, None, BaseUnits(10), UnixTime(now + 600), Seconds(3_600), False,
        orders.NOTHING,
    )  # fmt: skip


def test_nobody_watches_what_they_were_not_appointed_for(world, watched):
    hire, oracle = watched
    orders.appoint_watcher(world.wallet(PROVIDER), hire.machine.asset, world.wallet(WATCHER).address, False)
    use(oracle, hire.use(5_000_000))
    assert oracle.cycle("service") == {"service": "nothing"}


def test_a_changed_file_is_no_longer_the_terms_rule(world, watched, rules, start_oracle):
    hire, _ = watched
    (rules / "terms.json").write_text(json.dumps(TEXT | {"name": "changed"}))
    other = start_oracle("misled", watcher_key=secret_of(WATCHER), service_terms_dir=rules)
    use(other, hire.use(5_000_000))
    assert other.cycle("service") == {"service": "nothing"}


def test_without_a_key_nobody_watches(world, start_oracle, rules):
    assert "service" not in start_oracle("blind", service_terms_dir=rules).daemon._cycles


def test_a_malformed_rule_stops_the_start(rules):
    (rules / "more.json").write_text('{"service": {}}')
    with pytest.raises(Fatal, match=r"more\.json"):
        read_rules(rules)
