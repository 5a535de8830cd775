"""Distribution, accrual and customers' forms, and what a relay without a key does."""

import time

import pytest

from oracle.domain.customer_forms import EndAgreement, Suspend
from oracle.domain.forms import Signed
from oracle.parties import agreements, splits
from oracle.relay.daemon import Daemon
from oracle.store import batches, form_requests
from oracle.store.batches import BatchKind
from oracle.types import BaseUnits, UnixTime
from tests.e2e.world import CUSTOMER, DAY, EUR, HOLD, MAKER, PROVIDER, STRANGER
from tests.helpers import plain_http


def kinds(oracle):
    with oracle.database.reading() as connection:
        return [batch.kind for batch in reversed(batches.newest(connection))]


def signed(world, index, form):
    return Signed(form, world.wallet(index).sign(form)).to_json()


def deadline(seconds=600):
    return UnixTime(int(time.time()) + seconds)


def prepaid(world, index):
    from oracle.parties.accounts import prepaid as balance

    return balance(world.client, world.platform, world.wallet(index).address, world.currency)


def test_fees_are_paid_out_on_schedule(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    before = (prepaid(world, PROVIDER), prepaid(world, MAKER))
    oracle.post(hire.use(1_000))
    oracle.settle()
    assert oracle.cycle("distribute") == {"distribute": "done"}
    oracle.settle()
    assert (prepaid(world, PROVIDER) - before[0], prepaid(world, MAKER) - before[1]) == (700, 300)
    assert splits.undistributed(world.client, world.platform, hire.machine.split, world.currency) == 0
    assert oracle.cycle("distribute") == {"distribute": "nothing"}
    ledger = oracle.get(f"/v1/assets/{hire.machine.asset}/ledger").json()["entries"]
    assert [(entry["kind"], entry["amount"]) for entry in ledger] == [("settled", "1000"), ("distributed", "1000")]


def test_standing_charges_are_taken_of_machines_that_stand_still(world, start_oracle):
    hire = world.hire(machine=world.machine(standing_per_day=BaseUnits(86_400)))
    idle, oracle = world.hire(), start_oracle()
    world.mine(seconds=1_000)
    oracle.cycle("index")
    assert oracle.cycle("accrue") == {"accrue": "done"}
    assert oracle.cycle("accrue") == {"accrue": "nothing"}
    oracle.settle()
    assert 1_000 <= world.state(hire).settled <= 1_200
    assert world.state(idle).settled == 0
    assert BatchKind.ACCRUE in kinds(oracle)


def test_a_signed_suspension_is_carried_to_the_chain(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    path = f"{oracle.url}/v1/agreements/{hire.agreement}/suspend"
    body = signed(world, CUSTOMER, Suspend(hire.agreement, True, 7, deadline()))
    assert plain_http.post(path, json=body).json()["result"] == "accepted"
    assert plain_http.post(path, json=body).json()["result"] == "duplicate"
    oracle.settle()
    assert world.state(hire).suspended
    assert oracle.get(f"/v1/agreements/{hire.agreement}/permit").json()["stopReason"] == "suspended"
    assert kinds(oracle) == [BatchKind.FORM]


def test_a_signed_end_is_carried_to_the_chain(world, start_oracle):

    hire, oracle = world.hire(), start_oracle()
    body = signed(world, CUSTOMER, EndAgreement(hire.agreement, 9, deadline()))
    assert plain_http.post(f"{oracle.url}/v1/agreements/{hire.agreement}/end", json=body).status_code == 200
    oracle.settle()
    assert world.state(hire).end_at is not None


@pytest.mark.parametrize("signer", [PROVIDER, STRANGER])
def test_a_suspension_by_anybody_else_is_refused_at_the_door(world, start_oracle, signer):

    hire, oracle = world.hire(), start_oracle()
    body = signed(world, signer, Suspend(hire.agreement, True, 7, deadline()))
    answer = plain_http.post(f"{oracle.url}/v1/agreements/{hire.agreement}/suspend", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_signature")


def test_forms_for_another_agreement_or_past_their_time_are_refused(world, start_oracle):

    hire, oracle = world.hire(), start_oracle()
    other = Suspend(hire.agreement + 1, True, 7, deadline())
    late = Suspend(hire.agreement, True, 7, deadline(-10))
    path = f"{oracle.url}/v1/agreements/{hire.agreement}/suspend"
    codes = [plain_http.post(path, json=signed(world, CUSTOMER, form)).json()["code"] for form in (other, late)]
    assert codes == ["wrong_agreement", "expired"]


def test_a_form_that_would_revert_costs_no_gas(world, start_oracle):

    hire, oracle = world.hire(), start_oracle()
    agreements.end(world.wallet(CUSTOMER), hire.agreement)
    body = signed(world, CUSTOMER, EndAgreement(hire.agreement, 3, deadline()))
    assert plain_http.post(f"{oracle.url}/v1/agreements/{hire.agreement}/end", json=body).status_code == 200
    assert oracle.cycle("forms") == {"forms": "done"}
    assert kinds(oracle) == []
    with oracle.database.reading() as connection:
        assert form_requests.waiting(connection) == []


def test_without_a_key_nothing_is_sent_and_it_says_so(world, start_oracle):

    hire = world.hire(machine=world.machine(standing_per_day=BaseUnits(86_400)))
    paid, oracle = world.hire(), start_oracle("dry", relayer_key=None)
    busy = start_oracle("busy")
    busy.post(paid.use(HOLD))
    busy.settle()
    world.give(CUSTOMER, EUR)
    world.mine(seconds=DAY)
    oracle.cycle("index")
    oracle.post(hire.use(500))
    body = signed(world, CUSTOMER, Suspend(hire.agreement, True, 7, UnixTime(int(time.time()) + 10 * DAY)))
    assert plain_http.post(f"{oracle.url}/v1/agreements/{hire.agreement}/suspend", json=body).status_code == 200
    words = oracle.cycle("settle", "refill", "distribute", "accrue", "forms")
    assert words == dict.fromkeys(words, "dry")
    assert oracle.daemon.is_dry
    assert kinds(oracle) == []


def test_gas_above_the_limit_is_refused_and_smaller_batches_go(world, start_oracle):
    hires = [world.hire() for _ in range(4)]
    one = start_oracle("one", gas_limit=260_000)
    one.post(*[hire.use(50) for hire in hires])
    one.settle()
    assert [world.state(hire).settled for hire in hires] == [50] * 4
    assert len(kinds(one)) > 1
    none = start_oracle("none", gas_limit=60_000)
    none.post(hires[0].use(50))
    assert none.cycle("settle") == {"settle": "refused"}


def test_fees_above_the_limit_stop_the_sending(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    world.client.web3.provider.make_request("anvil_setNextBlockBaseFeePerGas", [hex(10**15)])
    world.mine()
    oracle.post(hire.use(50))
    outcome = Daemon.run_once(oracle.daemon, ("settle",))["settle"]
    assert (outcome.word, outcome.detail["code"]) == ("refused", "fee_above_limit")
