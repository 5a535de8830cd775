"""Every route × every role: personal figures are for customer, delegate and provider of that very agreement."""

import time

import pytest

from oracle.parties import accounts
from tests.e2e.world import CUSTOMER, DELEGATE, MAKER, OTHER_RELAYER, PROVIDER, STRANGER
from tests.helpers import plain_http

OPEN = ("/permit",)
PERSONAL = ("", "/statement", "/statement?format=csv")
PUBLIC = (
    "/v1/offers",
    "/v1/assets",
    "/v1/assets/{asset}",
    "/v1/assets/{asset}/ledger",
    "/v1/assets/{asset}/history",
    "/healthz",
    "/readyz",
    "/metrics",
    "/v1/sign-in/nonce",
)
ROLES = {
    "nobody": None,
    "customer": CUSTOMER,
    "delegate": DELEGATE,
    "provider": PROVIDER,
    "maker": MAKER,
    "stranger": STRANGER,
    "other_customer": OTHER_RELAYER,
}
PARTIES = {"customer", "delegate", "provider"}


@pytest.fixture
def hire(world):
    hire = world.hire()
    delegate = world.wallet(DELEGATE).address
    world.wallet(CUSTOMER).send(world.platform.agreements.functions.nameDelegate(hire.agreement, delegate))
    return hire


@pytest.fixture
def oracle(world, hire, start_oracle):
    world.hire(customer=OTHER_RELAYER, exclusive=False)  # somebody with an agreement, but not this one
    oracle = start_oracle()
    oracle.post(hire.use(1_234))
    oracle.settle()
    return oracle


def visitor(oracle, role):
    return plain_http.Client() if ROLES[role] is None else oracle.sign_in(ROLES[role])


def test_who_sees_what(oracle, hire):
    for role in ROLES:
        check_what_is_seen(oracle, hire, role)


def check_what_is_seen(oracle, hire, role):
    with visitor(oracle, role) as client:
        base = f"/v1/agreements/{hire.agreement}"
        expected = 200 if role in PARTIES else 401 if role == "nobody" else 403
        for path in PERSONAL:
            assert oracle.get(base + path, client).status_code == expected, (role, path)
        for path in OPEN:
            assert oracle.get(base + path, client).status_code == 200, (role, path)
        for path in PUBLIC:
            assert oracle.get(path.format(asset=hire.machine.asset), client).status_code == 200, (role, path)
        stop = client.post(f"{oracle.url}{base}/stop").status_code
        assert stop == (200 if role in {"customer", "delegate"} else 401 if role == "nobody" else 403), role
        resume = client.post(f"{oracle.url}{base}/resume").status_code
        assert resume == stop, role
        listed = oracle.get("/v1/agreements", client)
        if role == "nobody":
            assert listed.status_code == 401
        else:
            numbers = [agreement["agreementId"] for agreement in listed.json()["agreements"]]
            assert (hire.agreement in numbers) == (role in PARTIES), role
        live = {"agreement": hire.agreement}
        if role not in PARTIES:
            assert oracle.get("/v1/live", client, params=live).status_code == expected, role
            account = {"account": (ROLES[role] is None and "0x" + "11" * 20) or "0x" + "22" * 20}
            assert oracle.get("/v1/live", client, params=account).status_code == expected, role


def test_who_is_no_party_does_not_learn_which_agreements_exist(oracle, hire):
    with oracle.sign_in(STRANGER) as client:
        there = oracle.get(f"/v1/agreements/{hire.agreement}", client)
        not_there = oracle.get("/v1/agreements/987654", client)
        assert there.status_code == not_there.status_code == 403
        assert there.json()["code"] == not_there.json()["code"] == "not_a_party"


def test_public_routes_show_no_figure_of_one_agreement(oracle, hire, world):
    customer = world.wallet(CUSTOMER).address
    for path in PUBLIC:
        text = oracle.get(path.format(asset=hire.machine.asset)).text
        assert customer not in text, path
        assert "agreementId" not in text, path
        assert '"agreement"' not in text, path


def test_seen_and_settled_stand_side_by_side(oracle, hire, world):
    oracle.post(hire.use(766))
    with oracle.sign_in(CUSTOMER) as client:
        view = oracle.get(f"/v1/agreements/{hire.agreement}", client).json()
    assert (view["seen"]["charge"], view["seen"]["sequence"]) == ("2000", 2)
    assert (view["settled"]["charge"], view["settled"]["sequence"]) == ("1234", 1)
    assert view["settled"]["hold"] == str(1_000_000 - 1_234)
    free = accounts.prepaid(world.client, world.platform, world.wallet(CUSTOMER).address, world.currency)
    assert view["freeBalance"] == str(free)
    assert view["permit"]["permit"]["chargeLimit"] == "1000000"
    assert view["registers"][0] == {"unit": "millisecond", "label": "Drilling at load level 1"}


def test_a_stop_ends_permits_until_the_next_start(oracle, hire):
    base = f"/v1/agreements/{hire.agreement}"
    with oracle.sign_in(DELEGATE) as client:
        client.post(f"{oracle.url}{base}/stop")
        assert oracle.get(f"{base}/permit").json() == {"permit": None, "stopReason": "no_permit"}
        view = oracle.get(base, client).json()
        assert view["stopped"]["by"] == view["delegate"]
        client.post(f"{oracle.url}{base}/resume")
        assert oracle.get(f"{base}/permit").json()["permit"] is not None


def test_when_it_runs_out(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    now = int(time.time())
    oracle.post(hire.use(0, at=now - 100), hire.use(10_000, at=now))
    with oracle.sign_in(CUSTOMER) as client:
        runs_out = oracle.get(f"/v1/agreements/{hire.agreement}", client).json()["runsOut"]
    assert runs_out["chargePerHour"] == "360000"
    assert runs_out["inSeconds"] == (1_000_000 - 10_000) * 100 // 10_000
    assert runs_out["at"] == now + runs_out["inSeconds"]
    assert runs_out["reason"] == "no_balance"
