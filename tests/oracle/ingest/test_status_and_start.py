"""Statuses signed by the meter, and the customer's presence at a shared machine."""

import time
from dataclasses import replace

import pytest

from oracle.domain.forms import Signed
from oracle.domain.permits import Start
from oracle.types import AssetId, Bytes32, UnixTime
from tests.e2e.world import CUSTOMER, STRANGER
from tests.helpers import plain_http

CHALLENGE = Bytes32(b"\x5c" * 32)


def post_status(oracle, signed):
    answer = plain_http.post(f"{oracle.url}/v1/status", json=signed.to_json())
    return answer.json().get("result") or answer.json()["code"]


def test_statuses_come_in_order(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    first, second = hire.status(1, 0, 100), hire.status(2, 1, 150)
    assert [post_status(oracle, s) for s in (first, second, first, second)] == [
        "accepted",
        "accepted",
        "duplicate",
        "duplicate",
    ]
    assert post_status(oracle, hire.status(2, 0, 160)) == "stale_status"
    assert post_status(oracle, hire.status(3, 0, 149)) == "odometer_fell"
    assert oracle.get(f"/v1/assets/{hire.machine.asset}").json()["state"] == "down"


def test_wrong_statuses_are_refused(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    good = hire.status(1)
    assert post_status(oracle, replace(good, form=replace(good.form, odometer=5))) == "bad_signature"
    assert post_status(oracle, hire.status(1, state=9)) == "unknown_state"
    assert post_status(oracle, hire.status(1, at=int(time.time()) + 1_000)) == "too_far_ahead"
    for number in (99, (1 << 64) - 1):
        assert post_status(oracle, replace(good, form=replace(good.form, asset_id=AssetId(number)))) == "unknown_asset"
    assert plain_http.post(f"{oracle.url}/v1/status", json={}).json()["code"] == "malformed"


@pytest.fixture
def shared_hire(world):
    return world.hire(exclusive=False)


def start_form(world, hire, index=CUSTOMER, seconds=600, **changes):
    values = {"agreement_id": hire.agreement, "asset_id": hire.machine.asset, "challenge": CHALLENGE}
    form = Start(**{**values, **changes}, valid_until=UnixTime(int(time.time()) + seconds))
    return Signed(form, world.wallet(index).sign(form))


def test_a_start_reaches_the_device_by_its_challenge(world, shared_hire, start_oracle):
    oracle = start_oracle()
    path = f"{oracle.url}/v1/agreements/{shared_hire.agreement}/start"
    asked = {"challenge": "0x" + CHALLENGE.hex()}
    assert plain_http.get(path, params=asked).json()["code"] == "unknown_start"
    signed = start_form(world, shared_hire)
    assert plain_http.post(path, json=signed.to_json()).status_code == 200
    assert plain_http.get(path, params=asked).json() == signed.to_json()
    assert plain_http.get(path, params={"challenge": "0x" + "00" * 32}).json()["code"] == "unknown_start"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"index": STRANGER}, "bad_signature"),
        ({"seconds": -5}, "expired"),
        ({"asset_id": AssetId(99)}, "wrong_agreement"),
        ({"agreement_id": 99}, "wrong_agreement"),
    ],
)
def test_a_start_by_somebody_else_or_for_something_else_is_refused(world, shared_hire, start_oracle, changes, code):
    oracle = start_oracle()
    path = f"{oracle.url}/v1/agreements/{shared_hire.agreement}/start"
    assert plain_http.post(path, json=start_form(world, shared_hire, **changes).to_json()).json()["code"] == code


def test_a_start_lifts_a_stop(world, shared_hire, start_oracle):
    oracle = start_oracle()
    base = f"{oracle.url}/v1/agreements/{shared_hire.agreement}"
    with oracle.sign_in(CUSTOMER) as client:
        client.post(f"{base}/stop")
    assert plain_http.get(f"{base}/permit").json()["permit"] is None
    plain_http.post(f"{base}/start", json=start_form(world, shared_hire).to_json())
    assert plain_http.get(f"{base}/permit").json()["permit"] is not None


def test_a_start_for_an_unknown_agreement(world, shared_hire, start_oracle):
    oracle = start_oracle()
    answer = plain_http.post(f"{oracle.url}/v1/agreements/99/start", json=start_form(world, shared_hire).to_json())
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_agreement")
