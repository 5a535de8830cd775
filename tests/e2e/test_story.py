"""The drill's story over real HTTP, Anvil and SQLite: run, stop at the limit, start again, pay everyone."""

from oracle.device.client import IngestClient
from oracle.domain.readings import Flag
from oracle.domain.stop_reasons import StopReason
from oracle.parties import accounts, agreements
from tests.e2e.world import CUSTOMER, EUR, HOLD, MAKER, PROVIDER


def prepaid(world, index):
    return accounts.prepaid(world.client, world.platform, world.wallet(index).address, world.currency)


def test_from_deposit_to_payout_to_the_last_unit(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    before = {index: prepaid(world, index) for index in (PROVIDER, MAKER, CUSTOMER)}
    permit = oracle.get(f"/v1/agreements/{hire.agreement}/permit").json()["permit"]["permit"]
    assert permit["chargeLimit"] == str(HOLD)

    reading, samples = hire.measured([1, 2, 3, 3, 1])
    assert oracle.results(reading) == ["accepted"]
    device = IngestClient(oracle.url)
    device.post_telemetry(samples)
    used = 2 * 1_000 + 2 * 1_000 + 4 * 2_000
    (stopped,) = device.post_readings([hire.use(HOLD - used, stop=StopReason.NO_BALANCE)])
    assert (stopped.permit, stopped.stop_reason) == (None, StopReason.NO_BALANCE)
    oracle.settle()
    assert world.state(hire).settled == HOLD
    with oracle.sign_in(CUSTOMER) as client:
        view = oracle.get(f"/v1/agreements/{hire.agreement}", client).json()
        assert view["seen"]["stopText"].startswith("The prepaid balance")

    world.give(CUSTOMER, 2 * EUR)
    oracle.settle()
    permit, reason = device.permit(hire.agreement)
    assert reason is None
    assert permit.form.charge_limit == 2 * HOLD
    device.post_readings([hire.use(1_001)])
    agreements.end(world.wallet(CUSTOMER), hire.agreement)
    oracle.cycle("index")
    world.mine(seconds=3)
    device.post_readings([hire.use(0, Flag.FINAL)])
    oracle.settle()
    returned, _ = agreements.close(world.wallet(CUSTOMER), hire.agreement)
    oracle.cycle("index", "distribute")
    oracle.settle()

    charged = HOLD + 1_001
    assert world.state(hire).settled == charged
    assert returned == HOLD - 1_001
    assert prepaid(world, PROVIDER) - before[PROVIDER] == charged * 7 // 10
    assert prepaid(world, MAKER) - before[MAKER] == charged * 3 // 10
    assert prepaid(world, CUSTOMER) - before[CUSTOMER] == 2 * EUR - HOLD + returned
    ledger = oracle.get(f"/v1/assets/{hire.machine.asset}/ledger").json()["entries"]
    assert sum(int(entry["amount"]) for entry in ledger if entry["kind"] == "settled") == charged
