"""Through the door to the chain with every kind of meter, and over a replacement."""

from dataclasses import replace

import pytest

from oracle.domain.p256 import P256Key
from oracle.domain.readings import SignedReading
from oracle.domain.signatures import SigningKey
from oracle.store import batches
from oracle.store.batches import Stage
from tests.e2e.steps import replace_meter
from tests.e2e.world import Hire, World
from tests.helpers import plain_http


def element(number: int) -> P256Key:
    return P256Key(bytes([number]) * 32)


def metered_by(hire: Hire, key: object) -> None:
    hire.machine = replace(hire.machine, key=key)


def subjects(oracle):
    with oracle.database.reading() as connection:
        return sorted(batch.subject for batch in batches.in_stages(connection, [Stage.FINAL]))


@pytest.fixture
def kinds(world: World) -> list[Hire]:
    """One hire for each kind of meter."""
    return [world.hire(), world.hire(world.machine(element(1))), world.hire(world.machine(world.committee(2, 3)))]


def test_every_kind_of_meter_is_seen_and_settled(world, start_oracle, kinds):
    oracle = start_oracle()
    assert oracle.results(*[hire.use(100 + number) for number, hire in enumerate(kinds)]) == ["accepted"] * 3
    oracle.settle()
    assert [world.state(hire).settled for hire in kinds] == [100, 101, 102]
    assert subjects(oracle) == ["1 readings", "2 readings"], "what a contract accepts travels by itself"


def test_a_wrong_signature_is_rejected_at_the_door(world, start_oracle, kinds):
    oracle = start_oracle()
    for hire in kinds:
        good = hire.use(10)
        other = hire.sign(replace(good.reading, sequence=7))
        wrong = [other.signature, good.signature[:-2], b"", element(9).sign(b"\5" * 32), bytes(9_000)]
        for answer in oracle.post(*[SignedReading(good.reading, signature) for signature in wrong]):
            assert (answer["result"], answer["reason"]) == ("rejected", "bad_signature")
        assert oracle.results(good) == ["accepted"]


def test_a_status_of_every_kind_of_meter_is_taken(world, start_oracle, kinds):
    oracle = start_oracle()
    for hire in kinds:
        good = hire.status(1)
        answer = plain_http.post(f"{oracle.url}/v1/status", json=good.to_json())
        assert answer.status_code == 200, answer.text
        forged = replace(good, signature=hire.status(2).signature)
        assert plain_http.post(f"{oracle.url}/v1/status", json=forged.to_json()).json()["code"] == "bad_signature"


@pytest.mark.parametrize("new", ["secp256k1", "P-256", "attesters"])
def test_a_replaced_meter_goes_on_and_what_its_predecessor_kept_back_is_refused(world, start_oracle, kinds, new):
    oracle = start_oracle()
    oracle.post(*[hire.use(100) for hire in kinds])
    oracle.settle()
    for number, hire in enumerate(kinds):
        kept_back = hire.sign(replace(hire.use(0).reading, registers=(900, 0, 0, 0)))
        hire.sequence -= 1
        successor = {
            "secp256k1": lambda number=number: SigningKey(bytes([50 + number]) * 32),
            "P-256": lambda number=number: element(60 + number),
            "attesters": lambda: world.committee(1, 2),
        }[new]()
        replace_meter(world, hire.machine, successor)
        metered_by(hire, successor)
        oracle.cycle("index")
        assert oracle.post(kept_back)[0]["reason"] == "bad_signature"
    assert oracle.results(*[hire.use(10) for hire in kinds]) == ["accepted"] * 3
    oracle.settle()
    assert [world.state(hire).settled for hire in kinds] == [110] * 3


def test_an_accepted_reading_whose_meter_was_replaced_meanwhile_stops_nobody(world, start_oracle, kinds):
    """It can never settle: it waits, its successor's reading and everybody else's go on."""
    oracle = start_oracle()
    plain, secure, attested = kinds
    oracle.post(*[hire.use(100) for hire in kinds])
    for hire, successor in (
        (plain, element(70)),
        (secure, world.committee(1, 2)),
        (attested, SigningKey(b"\x51" * 32)),
    ):
        replace_meter(world, hire.machine, successor)
        metered_by(hire, successor)
    other = world.hire()
    oracle.cycle("index")
    oracle.post(other.use(7))
    oracle.settle()
    assert [world.state(hire).settled for hire in (*kinds, other)] == [0, 0, 0, 7]
    assert oracle.results(*[hire.use(10) for hire in kinds]) == ["accepted"] * 3
    oracle.settle()
    assert [world.state(hire).settled for hire in kinds] == [110] * 3


def test_the_bill_says_how_far_each_reading_is_to_be_trusted(world, start_oracle):
    hire, oracle = world.hire(world.machine(element(1))), start_oracle()
    oracle.post(hire.use(100))
    oracle.settle()
    attesters, was = world.committee(1, 2), hire.machine.key
    replace_meter(world, hire.machine, attesters, grade=0)
    metered_by(hire, attesters)
    oracle.cycle("index")
    oracle.post(hire.use(10))
    oracle.settle()
    bill = oracle.get(f"/v1/agreements/{hire.agreement}/statement", oracle.sign_in(6)).json()
    assert bill["trust"] == {"atOpening": "software_key", "now": "attester", "minimumTermBinds": False}
    assert [(line["meter"], line["trustGrade"]) for line in bill["lines"]] == [
        (was.address, "software_key"),
        (attesters.address, "attester"),
    ]
    view = oracle.get(f"/v1/agreements/{hire.agreement}", oracle.sign_in(6)).json()
    assert view["trust"] == bill["trust"]
