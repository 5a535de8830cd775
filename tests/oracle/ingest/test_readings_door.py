"""Every way in which a reading can be wrong, and what each costs."""

import time
from dataclasses import replace

import pytest

from oracle.domain.forms import Domains, digest
from oracle.domain.readings import Flag, SignedReading
from oracle.domain.signatures import SECP256K1_ORDER, SigningKey, to_compact
from oracle.domain.tariffs import CLOCK_TOLERANCE
from oracle.store import readings
from oracle.types import AgreementId, AssetId, BaseUnits, Bytes32, ChainId, UnixTime
from tests.e2e.world import DAY, EUR
from tests.helpers import plain_http


def outcome(answer):
    return answer["result"], answer["reason"]


def kept(oracle):
    with oracle.database.reading() as connection:
        return readings.count(connection)


CHANGES = {
    "sequence": lambda r: replace(r, sequence=r.sequence + 1),
    "time": lambda r: replace(r, time=UnixTime(r.time - 1)),
    "register0": lambda r: replace(r, registers=(r.registers[0] + 1, *r.registers[1:])),
    "register3": lambda r: replace(r, registers=(*r.registers[:3], 1)),
    "odometer": lambda r: replace(r, odometer=r.odometer + 1),
    "flags": lambda r: replace(r, flags=Flag.METER_ERROR),
    "telemetryRoot": lambda r: replace(r, telemetry_root=Bytes32(b"\x01" * 32)),
}


@pytest.mark.parametrize("field", CHANGES)
def test_a_changed_field_breaks_the_signature(world, start_oracle, field):
    hire, oracle = world.hire(), start_oracle()
    signed = hire.use(100)
    forged = replace(signed, reading=CHANGES[field](signed.reading))
    assert outcome(oracle.post(forged)[0]) == ("rejected", "bad_signature")
    assert kept(oracle) == 0


def test_a_reading_for_another_agreement_or_asset_is_rejected(world, start_oracle):
    hire, other, oracle = world.hire(), world.hire(), start_oracle()
    signed = hire.use(100)
    moved = replace(signed, reading=replace(signed.reading, agreement_id=other.agreement))
    swapped = hire.sign(replace(signed.reading, asset_id=other.machine.asset))
    unknown = hire.sign(replace(signed.reading, agreement_id=AgreementId(77)))
    enormous = hire.sign(
        replace(signed.reading, agreement_id=AgreementId((1 << 64) - 1), asset_id=AssetId((1 << 64) - 1))
    )
    oracle.cycle("index")
    reasons = [answer["reason"] for answer in oracle.post(moved, swapped, unknown, enormous)]
    assert reasons == ["wrong_asset", "wrong_asset", "unknown_agreement", "unknown_agreement"]
    assert kept(oracle) == 0


def test_what_was_signed_for_another_chain_or_contract_is_rejected(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    reading = hire.use(100).reading
    places = world.platform.addresses
    for chain, contract in ((1, places["UsageAgreements"]), (31_337, places["MeterRegistry"])):
        elsewhere = Domains(ChainId(chain), contract, contract, contract, contract, contract)
        signature = hire.machine.key.sign(digest(elsewhere.of(reading), reading))
        assert outcome(oracle.post(SignedReading(reading, signature))[0]) == ("rejected", "bad_signature")


def test_any_flipped_bit_of_the_signature_is_rejected(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    signed = hire.use(100)
    flipped = [
        replace(
            signed, signature=bytes(b ^ (1 << bit % 8) if i == bit // 8 else b for i, b in enumerate(signed.signature))
        )
        for bit in range(0, 65 * 8, 13)
    ]
    assert {answer["result"] for answer in oracle.post(*flipped)} == {"rejected"}
    assert kept(oracle) == 0


def test_a_high_s_signature_is_rejected(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    signed = hire.use(100)
    s = SECP256K1_ORDER - int.from_bytes(signed.signature[32:64])
    twin = signed.signature[:32] + s.to_bytes(32) + bytes([55 - signed.signature[64]])
    assert outcome(oracle.post(replace(signed, signature=twin))[0]) == ("rejected", "bad_signature")


def test_both_lengths_of_signature_are_one_reading(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    signed = hire.use(100)
    assert oracle.results(signed, replace(signed, signature=to_compact(signed.signature))) == ["accepted", "duplicate"]


@pytest.mark.parametrize("first", [True, False], ids=["first of its meter", "later"])
def test_a_wrong_parity_bit_is_put_right_before_the_chain_sees_it(world, start_oracle, first):
    hire, oracle = world.hire(), start_oracle()
    if not first:
        assert oracle.results(hire.use(100)) == ["accepted"]
    signed = hire.use(100)
    wrong = signed.signature[:64] + bytes([55 - signed.signature[64]])
    assert oracle.results(replace(signed, signature=wrong), signed) == ["accepted", "duplicate"]
    oracle.settle()
    assert world.state(hire).sequence == signed.reading.sequence


def test_an_old_meter_key_is_refused_after_its_replacement(world, start_oracle):
    from tests.e2e.steps import replace_meter

    hire, oracle = world.hire(), start_oracle()
    assert oracle.results(hire.use(100)) == ["accepted"]
    late = hire.use(100)
    new = SigningKey(b"\x77" * 32)
    replace_meter(world, hire.machine, new)
    oracle.cycle("index")
    assert outcome(oracle.post(late)[0]) == ("rejected", "bad_signature")
    assert oracle.results(hire.sign(late.reading, key=new)) == ["accepted"]


def test_a_time_in_the_future_is_rejected_beyond_the_tolerance(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    now = int(time.time())
    ahead = hire.use(100, at=now + CLOCK_TOLERANCE + 60)
    assert outcome(oracle.post(ahead)[0]) == ("rejected", "too_far_ahead")
    hire.sequence -= 1
    assert oracle.results(hire.use(0, at=now + CLOCK_TOLERANCE - 20)) == ["accepted"]


def test_without_a_synchronised_clock_any_time_is_taken_and_none_is_charged(world, start_oracle):
    hire = world.hire(machine=world.machine(standing_per_day=BaseUnits(86_400)))
    oracle = start_oracle()
    reading = hire.use(100, Flag.CLOCK_NOT_SYNCHRONISED, at=int(time.time()) + 400 * DAY)
    assert oracle.results(reading) == ["accepted"]
    oracle.settle()
    assert world.state(hire).settled == 100


def test_gaps_lose_nothing(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    first, _, _, last = (hire.use(100) for _ in range(4))
    assert oracle.results(first, last) == ["accepted", "accepted"]
    oracle.settle()
    assert world.state(hire).settled == 400


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("registers_fall", lambda r: replace(r, registers=(r.registers[0] - 1, 0, 0, 0))),
        ("odometer_falls", lambda r: replace(r, odometer=r.odometer - 1)),
        ("time_falls", lambda r: replace(r, time=UnixTime(r.time - 1))),
        ("odometer_behind_registers", lambda r: replace(r, registers=(r.registers[0] + 1, 0, 0, 0))),
    ],
)
def test_what_falls_or_contradicts_itself_goes_into_quarantine(world, start_oracle, reason, change):
    hire, oracle = world.hire(), start_oracle()
    first = hire.use(100)
    falling = hire.sign(replace(change(first.reading), sequence=2))
    assert [outcome(a) for a in oracle.post(first, falling)] == [("accepted", None), ("quarantined", reason)]


def test_a_sequence_signed_twice_goes_into_quarantine(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    first = hire.use(100)
    second = hire.sign(replace(first.reading, registers=(101, 0, 0, 0)))
    assert outcome(oracle.post(first, second)[1]) == ("quarantined", "sequence_reused")
    assert oracle.results(second, first) == ["duplicate", "duplicate"]


def test_a_late_reading_must_fit_its_neighbours(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    first, second, third = hire.use(100), hire.use(100), hire.use(100)
    too_much = hire.sign(replace(second.reading, registers=(301, 0, 0, 0), odometer=301))
    assert oracle.results(first, third) == ["accepted", "accepted"]
    assert outcome(oracle.post(too_much)[0]) == ("quarantined", "registers_fall")


def test_an_implausible_charge_goes_into_quarantine(world, start_oracle):
    machine = world.machine(burst=BaseUnits(1_000), max_charge_per_hour=BaseUnits(EUR))
    hire, oracle = world.hire(machine=machine), start_oracle()
    assert outcome(oracle.post(hire.use(900_000))[0]) == ("quarantined", "implausible")
    oracle.settle()
    assert world.state(hire).settled == 0


def test_one_bad_item_spoils_no_other(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    good = [hire.use(10) for _ in range(3)]
    items = [good[0].to_json(), {"reading": {}, "signature": "0x"}, good[1].to_json(), 7, None, [], good[2].to_json()]
    answers = plain_http.post(f"{oracle.url}/v1/readings", json=items).json()["answers"]
    assert [a["result"] for a in answers] == ["accepted", "rejected", "accepted", *["rejected"] * 3, "accepted"]
    assert {a["reason"] for a in answers if a["result"] == "rejected"} == {"malformed"}


def test_sequences_outside_the_wire_are_rejected(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    reading = hire.use(1).reading
    for sequence in (0, 1 << 31, (1 << 32) - 1):
        answer = oracle.post(hire.sign(replace(reading, sequence=sequence)))[0]
        assert outcome(answer) == ("rejected", "field_out_of_bounds")


def test_strangers_learn_no_permit_from_forged_readings(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    forged = hire.sign(hire.use(1).reading, key=SigningKey(b"\x99" * 32))
    (answer,) = oracle.post(forged)
    assert (answer["result"], answer["permit"], answer["stopReason"]) == ("rejected", None, None)


def test_until_the_chain_was_read_the_door_says_so(world):
    from oracle.ingest.app import create_app
    from oracle.ingest.server import BackgroundServer

    hire, settings = world.hire(), world.settings("fresh")
    with BackgroundServer(create_app(settings), settings) as server:
        answer = plain_http.post(f"{server.url}/v1/readings", json=hire.use(1).to_json())
        assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
        assert answer.headers["retry-after"] == "2"
        assert plain_http.get(f"{server.url}/readyz").status_code == 503
        assert plain_http.get(f"{server.url}/healthz").status_code == 200


def test_a_door_without_a_desk_hands_out_what_the_relay_has_stored(world, start_oracle):

    from oracle.ingest.app import create_app
    from oracle.ingest.server import BackgroundServer

    hire, oracle = world.hire(), start_oracle()
    oracle.cycle("index", "permits")
    with BackgroundServer(create_app(oracle.settings), oracle.settings) as server:
        (answer,) = plain_http.post(f"{server.url}/v1/readings", json=hire.use(1).to_json()).json()["answers"]
        assert answer["permit"]["permit"]["chargeLimit"] == "1000000"
        nothing = plain_http.get(
            f"{server.url}/v1/agreements/{hire.agreement}/permit", params={"challenge": "0x" + "01" * 32}
        )
        assert nothing.json() == {"permit": None, "stopReason": "no_permit"}
