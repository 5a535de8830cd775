"""Every route of the OpenAPI document × every kind of visitor. A route that is not in the table fails the test."""

import pytest

from tests.e2e.world import CUSTOMER, DELEGATE, MAKER, OTHER_RELAYER, PROVIDER, STRANGER
from tests.helpers import plain_http

OK, NOBODY, NOT_PARTY = 200, 401, 403
PARTIES = {"customer", "delegate", "provider"}
SIDE_OF_CUSTOMER = {"customer", "delegate"}
VISITORS = {
    "no token": None,
    "wrong token": "Bearer nothing",
    "wrong scheme": "Basic {token}",
    "ended session": None,
    "stranger": STRANGER,
    "maker": MAKER,
    "customer of another": OTHER_RELAYER,
    "customer": CUSTOMER,
    "delegate": DELEGATE,
    "provider": PROVIDER,
}
UNSIGNED = {"no token", "wrong token", "wrong scheme", "ended session"}
ALL = frozenset(VISITORS)
PARTIES_ONLY = {"allowed": PARTIES, "otherwise": NOT_PARTY}
PUBLIC = {"allowed": ALL, "otherwise": None}
SIGNED_IN = {"allowed": ALL - UNSIGNED, "otherwise": None}
# What anybody may send, because the signature inside decides: an unsigned body is refused, whoever sends it.
BY_SIGNATURE = {"allowed": frozenset(), "otherwise": 400}
TABLE = {
    ("get", "/healthz"): PUBLIC,
    ("get", "/readyz"): PUBLIC,
    ("get", "/metrics"): PUBLIC,
    ("get", "/v1/offers"): PUBLIC,
    ("get", "/v1/assets"): PUBLIC,
    ("get", "/v1/assets/{asset_id}"): PUBLIC,
    ("get", "/v1/assets/{asset_id}/ledger"): PUBLIC,
    ("get", "/v1/assets/{asset_id}/history"): PUBLIC,
    ("get", "/v1/rounds"): PUBLIC,
    ("get", "/v1/rounds/{round_id}"): {"allowed": frozenset(), "otherwise": 404},
    ("get", "/v1/sign-in/nonce"): PUBLIC,
    ("get", "/v1/sign-in"): SIGNED_IN,
    ("delete", "/v1/sign-in"): {"allowed": ALL - UNSIGNED, "otherwise": None, "ok": 204},
    ("post", "/v1/sign-in"): {"allowed": frozenset(), "otherwise": 422},
    ("post", "/v1/readings"): BY_SIGNATURE,
    ("post", "/v1/telemetry"): BY_SIGNATURE,
    ("post", "/v1/status"): BY_SIGNATURE,
    ("get", "/v1/agreements"): SIGNED_IN,
    ("get", "/v1/agreements/{agreement_id}"): PARTIES_ONLY,
    ("get", "/v1/agreements/{agreement_id}/statement"): PARTIES_ONLY,
    # A machine cannot sign in, and a permit says nothing that the chain does not show.
    ("get", "/v1/agreements/{agreement_id}/permit"): PUBLIC,
    ("get", "/v1/agreements/{agreement_id}/start"): {"allowed": frozenset(), "otherwise": 404},
    ("post", "/v1/agreements/{agreement_id}/start"): BY_SIGNATURE,
    ("post", "/v1/agreements/{agreement_id}/suspend"): BY_SIGNATURE,
    ("post", "/v1/agreements/{agreement_id}/end"): BY_SIGNATURE,
    ("post", "/v1/agreements/{agreement_id}/stop"): {"allowed": SIDE_OF_CUSTOMER, "otherwise": NOT_PARTY},
    ("post", "/v1/agreements/{agreement_id}/resume"): {"allowed": SIDE_OF_CUSTOMER, "otherwise": NOT_PARTY},
    ("get", "/v1/live"): PARTIES_ONLY,
}
QUERIES = {
    ("get", "/v1/live"): "?agreement={agreement_id}",
    ("get", "/v1/agreements/{agreement_id}/start"): "?challenge=0x" + "11" * 32,
}


def expected(rule, visitor):
    if visitor in rule["allowed"]:
        return rule.get("ok", OK)
    if visitor in UNSIGNED and rule["otherwise"] in (None, NOT_PARTY):
        return NOBODY
    return rule["otherwise"]


@pytest.fixture
def hire(world):
    hire = world.hire()
    delegate = world.wallet(DELEGATE).address
    world.wallet(CUSTOMER).send(world.platform.agreements.functions.nameDelegate(hire.agreement, delegate))
    world.hire(customer=OTHER_RELAYER, exclusive=False)
    return hire


@pytest.fixture
def oracle(hire, start_oracle):
    oracle = start_oracle()
    oracle.post(hire.use(1_234))
    oracle.settle()
    return oracle


def authorization(oracle, visitor):
    who = VISITORS[visitor]
    if visitor == "no token":
        return {}
    if isinstance(who, int):
        return dict(oracle.sign_in(who).headers)
    signed_in = oracle.sign_in(CUSTOMER)
    token = signed_in.headers["Authorization"].removeprefix("Bearer ")
    if visitor == "ended session":
        assert signed_in.delete(f"{oracle.url}/v1/sign-in").status_code == 204
        return {"Authorization": f"Bearer {token}"}
    return {"Authorization": who.format(token=token)}


def ask(oracle, route, hire, headers):
    method, path = route
    places = {"asset_id": hire.machine.asset, "agreement_id": hire.agreement, "round_id": 1}
    url = oracle.url + (path + QUERIES.get(route, "")).format(**places)
    options = {"content": b'{"nothing": "signed"}', "headers": {**headers, "Content-Type": "application/json"}}
    with plain_http.stream(
        method.upper(), url, timeout=10, **(options if method == "post" else {"headers": headers})
    ) as answer:
        if answer.status_code == 200 and path == "/v1/live":
            return 200, ""
        return answer.status_code, answer.read().decode()


def routes_of(oracle):
    paths = plain_http.get(f"{oracle.url}/openapi.json").json()["paths"]
    return {(method, path) for path, methods in paths.items() for method in methods}


def test_the_table_is_whole(oracle):
    assert routes_of(oracle) == set(TABLE)


def test_each_route_for_each_visitor(oracle, hire, world):
    wrong = []
    for visitor in VISITORS:
        headers = {
            name: value for name, value in authorization(oracle, visitor).items() if name.lower() == "authorization"
        }
        # Signing out comes last: it ends the session.
        for route in sorted(TABLE, key=lambda route: route[0] == "delete"):
            status, text = ask(oracle, route, hire, headers)
            if route[1] == "/v1/readings":
                # An item is refused inside the answer, so that its neighbours are not lost.
                assert (status, '"result":"rejected"' in text) == (200, True), visitor
                continue
            if status != expected(TABLE[route], visitor):
                wrong.append((visitor, route, status, expected(TABLE[route], visitor)))
            if status >= 400 and visitor != "customer":
                assert world.wallet(CUSTOMER).address not in text.replace(f"{headers}", ""), (visitor, route)
    assert wrong == []
