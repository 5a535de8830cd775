"""Malformed, oversized and slow bodies."""

import http.client
import json
import socket
import time

import cbor2
import httpx
import pytest

from oracle.store import readings
from tests.helpers import plain_http


def problem(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["type"] == f"urn:cise:problem:{document['code']}"
    return answer.status_code, document["code"]


def send(oracle, content, kind="application/json", path="/v1/readings"):
    return plain_http.post(f"{oracle.url}{path}", content=content, headers={"Content-Type": kind})


def as_cbor(signed):
    document = signed.to_json()
    reading = {**document["reading"], "telemetryRoot": bytes.fromhex(document["reading"]["telemetryRoot"][2:])}
    return {"reading": reading, "signature": bytes.fromhex(document["signature"][2:])}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"reading": NaN}',
        b'{"reading": 1e999}',
        b'{"reading": 1.5}',
        b'{"a": 1, "a": 2}',
        b"[" * 100 + b"]" * 100,
        b"\xff\xfe",
        b"[1] trailing",
        b'"' + b"9" * 10_000 + b'"',
    ],
)
def test_malformed_json_is_one_problem_document(world, start_oracle, content):
    oracle = start_oracle()
    answer = send(oracle, content)
    if answer.status_code == 200:
        assert {a["result"] for a in answer.json()["answers"]} == {"rejected"}
    else:
        assert problem(answer) == (400, "malformed")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x9f",
        b"\xff",
        b"\x9b" + b"\xff" * 8,
        b"\xc2\x41\x01",
        b"\xfb\x7f\xf8\x00\x00\x00\x00\x00\x00",
        b"\x81" * 60 + b"\x00",
        cbor2.dumps([1])[:-1],
        cbor2.dumps({"a": 1}) + b"\x00",
    ],
)
def test_malformed_cbor_is_one_problem_document(start_oracle, content):
    assert problem(send(start_oracle(), content, "application/cbor")) == (400, "malformed")


def test_ndjson_takes_the_good_lines(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    lines = [json.dumps(hire.use(5).to_json()), "{", "", json.dumps(hire.use(5).to_json()), "[1.5]"]
    answers = send(oracle, "\n".join(lines).encode(), "application/x-ndjson").json()["answers"]
    assert [a["result"] for a in answers] == ["accepted", "rejected", "accepted", "rejected"]


def test_cbor_and_json_are_the_same_reading(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    one, two = hire.use(5), hire.use(5)
    answers = send(oracle, cbor2.dumps([as_cbor(one), as_cbor(two)]), "application/cbor").json()["answers"]
    assert [a["result"] for a in answers] == ["accepted", "accepted"]
    assert oracle.results(one, two) == ["duplicate", "duplicate"]
    assert oracle.post(one)[0]["sequence"] == 1


def test_one_reading_need_not_be_a_list(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    answer = plain_http.post(f"{oracle.url}/v1/readings", json=hire.use(1).to_json())
    assert [a["result"] for a in answer.json()["answers"]] == ["accepted"]


def test_other_media_types_are_refused(start_oracle):
    assert problem(send(start_oracle(), b"<a/>", "text/xml")) == (415, "unsupported_media_type")


def test_too_many_items_are_refused_whole(world, start_oracle):
    hire, oracle = world.hire(), start_oracle(items_limit=2)
    answer = plain_http.post(f"{oracle.url}/v1/readings", json=[hire.use(1).to_json() for _ in range(3)])
    assert problem(answer) == (413, "too_many_items")
    with oracle.database.reading() as connection:
        assert readings.count(connection) == 0


def test_an_announced_oversize_body_is_refused_before_it_is_read(start_oracle):
    oracle = start_oracle(body_limit=10_000)
    connection = http.client.HTTPConnection(oracle.url.removeprefix("http://"), timeout=5)
    connection.putrequest("POST", "/v1/readings")
    connection.putheader("Content-Length", str(300_000_000))
    connection.putheader("Content-Type", "application/json")
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["code"]) == (413, "body_too_large")
    assert answer.getheader("connection") == "close"


def test_an_oversize_body_without_a_length_is_cut_off_on_the_way(start_oracle):
    oracle = start_oracle(body_limit=10_000)
    sent = 0

    def endless():
        nonlocal sent
        while sent < 50_000_000:
            sent += 4_096
            yield b" " * 4_096

    try:
        answer = plain_http.post(
            f"{oracle.url}/v1/readings", content=endless(), headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 413
    except httpx.TransportError:
        pass  # the server closed while we were still writing
    assert sent < 5_000_000


def test_the_limit_itself_is_allowed(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    content = json.dumps(hire.use(1).to_json()).encode()
    exact = start_oracle("exact", body_limit=len(content))
    assert send(exact, content).status_code == 200
    assert send(exact, content + b" ").status_code == 413
    assert oracle.url != exact.url


def test_a_slow_body_is_ended(start_oracle):
    oracle = start_oracle(body_timeout=0.5)
    host, port = oracle.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(b"POST /v1/readings HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        began = time.monotonic()
        answer = client.recv(4_096)
        assert b"408" in answer.split(b"\r\n")[0]
        assert b"body_too_slow" in answer or b"body_too_slow" in client.recv(4_096)
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/v1/nowhere", (404, "unknown_route")),
        ("DELETE", "/v1/readings", (405, "method_not_allowed")),
        ("GET", "/v1/assets/0", (422, "invalid_request")),
        ("GET", "/v1/assets/99999999999999999999999", (422, "invalid_request")),
        ("GET", "/v1/assets/9223372036854775807", (404, "unknown_asset")),
        ("GET", "/v1/assets?limit=0", (422, "invalid_request")),
        ("GET", "/v1/offers?registers=a", (422, "invalid_request")),
        ("GET", "/v1/assets/1/ledger?after=x", (422, "invalid_request")),
    ],
)
def test_every_error_is_a_problem_document(start_oracle, method, path, expected):
    oracle = start_oracle()
    assert problem(plain_http.request(method, f"{oracle.url}{path}")) == expected


def test_the_openapi_document_names_every_route(start_oracle):
    paths = plain_http.get(f"{start_oracle().url}/openapi.json").json()["paths"]
    assert {"/v1/readings", "/v1/telemetry", "/v1/status", "/v1/offers", "/v1/live", "/v1/sign-in", "/readyz"} <= set(
        paths
    )
