"""Who asks too often hears 429 and when to come again; nobody can use up what is another's."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.ingest import rates
from oracle.ingest.rates import Buckets, TooMany, address_key
from oracle.store import readings
from tests.e2e.world import CUSTOMER, PROVIDER
from tests.helpers import plain_http
from tests.oracle.ingest.test_bodies_and_limits import problem


class Clock:
    now = 1_000.0

    def __call__(self):
        return self.now


def test_a_bucket_gives_its_burst_and_then_its_rate():
    clock = Clock()
    bucket = Buckets("x", rate=2, burst=3, clock=clock)
    for _ in range(3):
        bucket.take("a")
    with pytest.raises(TooMany) as caught:
        bucket.take("a")
    assert caught.value.after_seconds == 1
    bucket.take("b")
    clock.now += 0.5
    bucket.take("a")
    with pytest.raises(TooMany):
        bucket.take("a")


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 20)), max_size=60))
def test_never_more_than_burst_and_rate_allow(steps):
    clock = Clock()
    bucket, taken = Buckets("x", rate=3, burst=7, clock=clock), 0
    for seconds, wishes in steps:
        clock.now += seconds
        for _ in range(wishes):
            try:
                bucket.take("a")
                taken += 1
            except TooMany:
                break
    assert taken <= 7 + 3 * (clock.now - Clock.now) + 1e-6


def test_a_debt_is_paid_before_the_next():
    clock = Clock()
    bucket = Buckets("x", rate=10, burst=5, clock=clock)
    bucket.require("a")
    bucket.charge("a", 25)
    with pytest.raises(TooMany) as caught:
        bucket.require("a")
    assert caught.value.after_seconds == 2
    clock.now += 2
    bucket.require("a")


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(rates, "MOST_KEYS", 100)
    bucket = Buckets("x", 1, 1)
    for n in range(1_000):
        bucket.take(n)
    assert len(bucket) == 100


def test_a_household_has_one_key():
    assert address_key("2001:db8:1:2::1") == address_key("2001:db8:1:2:ffff::9")
    assert address_key("2001:db8:1:2::1") != address_key("2001:db8:1:3::1")
    assert address_key("::ffff:192.0.2.7") == "192.0.2.7"
    assert address_key("192.0.2.7") != address_key("192.0.2.8")


def test_an_address_that_asks_too_often(start_oracle):
    oracle = start_oracle(address_rate=0.5, address_burst=3)
    answers = [plain_http.get(f"{oracle.url}/healthz") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert problem(answers[-1]) == (429, "too_many_requests")
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_an_account_that_asks_too_often_from_anywhere(world, start_oracle):
    hire, oracle = world.hire(), start_oracle(account_rate=0.1, account_burst=3)
    path = f"{oracle.url}/v1/agreements/{hire.agreement}"
    with oracle.sign_in(CUSTOMER) as one, oracle.sign_in(CUSTOMER) as two, oracle.sign_in(PROVIDER) as other:
        statuses = [client.get(path).status_code for client in (one, two, one, two)]
        assert statuses == [200, 200, 200, 429]
        assert other.get(path).status_code == 200


def test_a_meter_that_signs_too_much(world, start_oracle):
    hire, oracle = world.hire(), start_oracle(meter_rate=0.1, meter_burst=5)
    assert oracle.results(*[hire.use(1) for _ in range(6)]) == ["accepted"] * 6
    answer = plain_http.post(f"{oracle.url}/v1/readings", json=[hire.use(1).to_json()])
    assert problem(answer) == (429, "too_many_requests")
    with oracle.database.reading() as connection:
        assert readings.count(connection) == 6


def test_copies_of_readings_use_up_nothing_of_the_meters_rate(world, start_oracle):
    """Settled readings are public: whoever repeats them must not silence the machine."""
    hire, oracle = world.hire(), start_oracle(meter_rate=0.1, meter_burst=5)
    first = hire.use(1)
    assert oracle.results(first) == ["accepted"]
    for _ in range(50):
        assert oracle.results(first) == ["duplicate"]
    assert oracle.results(hire.use(1)) == ["accepted"]


def test_a_full_queue_says_so_and_operators_still_see(world, start_oracle):
    hire, oracle = world.hire(), start_oracle(requests_limit=2)
    readings_url = f"{oracle.url}/v1/readings"
    signed = [hire.use(1).to_json()]

    def insist():
        """Two of these and the questions below compete for two places, so one may be turned away at first."""
        answer = plain_http.post(readings_url, json=signed, timeout=30)
        while answer.status_code == 429:
            answer = plain_http.post(readings_url, json=signed, timeout=30)
        return answer.json()["answers"][0]["result"]

    with ThreadPoolExecutor(2) as pool:
        with oracle.database.writing():
            # Both wait for the database, which this block holds.
            waiting = [pool.submit(insist) for _ in range(2)]
            until = time.monotonic() + 8
            answer = plain_http.get(f"{oracle.url}/v1/assets")
            while answer.status_code == 200 and time.monotonic() < until:
                answer = plain_http.get(f"{oracle.url}/v1/assets")
            assert problem(answer) == (429, "too_many_requests")
            assert plain_http.get(f"{oracle.url}/healthz").status_code == 200
        assert sorted(result.result() for result in waiting) == ["accepted", "duplicate"]
    assert plain_http.get(f"{oracle.url}/v1/assets").status_code == 200


def test_a_database_that_stays_busy_is_503(world, start_oracle, monkeypatch):
    monkeypatch.setattr("oracle.store.database.BUSY_SECONDS", 0)
    hire, oracle = world.hire(), start_oracle()
    with oracle.database.writing():
        answer = plain_http.post(f"{oracle.url}/v1/readings", json=[hire.use(1).to_json()], timeout=30)
    assert problem(answer) == (503, "database_busy")
    assert int(answer.headers["retry-after"]) >= 1


def test_all_bodies_together_have_a_limit(world, start_oracle):
    oracle = start_oracle(bodies_limit=1_000)
    assert problem(plain_http.post(f"{oracle.url}/v1/readings", content=b" " * 2_000)) == (429, "too_many_requests")
    assert plain_http.post(f"{oracle.url}/v1/readings", content=b"[]").status_code == 200


def test_live_streams_have_seats(world, start_oracle):
    hire, oracle = world.hire(), start_oracle(live_streams=2, live_streams_per_visitor=2)
    asset = {"asset": hire.machine.asset}

    def follow(client):
        return client.stream("GET", f"{oracle.url}/v1/live", params=asset, timeout=10)

    with plain_http.Client() as client:
        with follow(client) as one, follow(client) as two:
            assert (one.status_code, two.status_code) == (200, 200)
            refused = client.get(f"{oracle.url}/v1/live", params=asset)
            assert problem(refused) == (429, "too_many_streams")
            assert int(refused.headers["retry-after"]) >= 1
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with follow(client) as again:
                if again.status_code == 200:
                    break
        assert again.status_code == 200
