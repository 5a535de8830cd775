"""What everybody may see."""

import time

from oracle.parties import assets, splits
from oracle.types import UnixTime
from tests.e2e.world import DAY, MAKER, PROVIDER


def test_offers_with_price_and_quote(world, start_oracle):
    machine = world.machine()
    oracle = start_oracle()
    offers = oracle.get("/v1/offers", params={"registers": "1000000,500", "elapsed": 3_600}).json()["offers"]
    assert [(o["assetId"], o["exclusive"], o["available"]) for o in offers] == [
        (machine.asset, False, True),
        (machine.asset, True, True),
    ]
    offer = offers[0]
    assert offer["quote"]["charge"] == str(1_000_000 + 2 * 500)
    assert offer["tariff"]["pricePerMillion"] == ["1000000", "2000000", "4000000", "0"]
    assert offer["tariff"]["name"] == "Smart Drill, by the millisecond at three load levels"
    assert offer["provider"] == world.wallet(PROVIDER).address


def test_taken_withdrawn_and_past_offers(world, start_oracle):
    hire, other = world.hire(), world.machine()
    provider = world.wallet(PROVIDER)
    provider.send(world.platform.offers.functions.withdrawOffer(other.asset, other.tariff, True))
    soon = UnixTime(world.client.block(world.client.head()).time + 100)
    assets.offer(provider, other.asset, other.tariff, False, soon)
    oracle = start_oracle()
    offers = oracle.get("/v1/offers").json()["offers"]
    assert {(o["assetId"], o["available"]) for o in offers} == {(hire.machine.asset, False), (other.asset, True)}
    world.mine(seconds=200)
    oracle.cycle("index")
    assert {o["assetId"] for o in oracle.get("/v1/offers").json()["offers"]} == {hire.machine.asset}


def test_an_asset_shows_settled_money_and_payees(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    oracle.post(hire.use(10_000))
    before = oracle.get(f"/v1/assets/{hire.machine.asset}").json()
    assert before["settled"] == {world.currency.address: "0"}
    oracle.settle()
    view = oracle.get(f"/v1/assets/{hire.machine.asset}").json()
    assert view["settled"] == {world.currency.address: "10000"}
    assert view["split"]["undistributed"] == {world.currency.address: "10000"}
    assert view["split"]["payees"] == [
        {"account": world.wallet(PROVIDER).address, "share": "7"},
        {"account": world.wallet(MAKER).address, "share": "3"},
    ]
    assert (view["openAgreements"], view["meterGrade"], view["state"]) == (1, "software_key", None)


def test_the_ledger_pages_in_chain_order(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    for amount in (1, 2, 3):
        oracle.post(hire.use(amount))
        oracle.settle()
    path = f"/v1/assets/{hire.machine.asset}/ledger"
    first = oracle.get(path, params={"limit": 2}).json()
    second = oracle.get(path, params={"limit": 2, "after": first["next"]}).json()
    assert [entry["amount"] for entry in first["entries"] + second["entries"]] == ["1", "2", "3"]
    assert second["next"] is None


def test_assets_page_by_number(world, start_oracle):
    numbers = [world.machine().asset for _ in range(3)]
    oracle = start_oracle()
    first = oracle.get("/v1/assets", params={"limit": 2}).json()
    second = oracle.get("/v1/assets", params={"limit": 2, "after": first["next"]}).json()
    assert [asset["assetId"] for asset in first["assets"] + second["assets"]] == numbers
    assert second["next"] is None


def test_a_split_changed_by_its_controller(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    provider = world.wallet(PROVIDER)
    provider.send(world.platform.splitter.functions.changeShares(hire.machine.split, [(provider.address, 1)]))
    oracle.cycle("index")
    view = oracle.get(f"/v1/assets/{hire.machine.asset}").json()["split"]
    assert len(view["payees"]) == 1
    found = splits.split_of(world.client, world.platform, hire.machine.split)
    assert view["version"] == found.version


def test_readiness_follows_the_relay(world, start_oracle):
    oracle = start_oracle()
    ready = oracle.get("/readyz").json()
    assert (ready["status"], ready["block"]) == ("ready", world.client.head())
    from oracle.store import cycles

    with oracle.database.writing() as connection:
        cycles.record(connection, "index", time.time() - DAY, 0.1, "done", True, {})
    answer = oracle.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "chain_behind")


def test_metrics_count(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    oracle.post(hire.use(1), hire.use(1))
    text = oracle.get("/metrics").text
    assert 'cise_readings{state="accepted"} 2.0' in text
    assert "cise_confirmed_block" in text
