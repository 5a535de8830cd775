"""A reading that contradicts its telemetry: listed, no further permits, later ones wait, a named person decides."""

import time

import pytest

from oracle.errors import Rejected
from oracle.ingest.quarantine_desk import QuarantineDesk
from oracle.ingest.terms import PublishedTerms
from oracle.store.quarantine import Resolution
from tests.e2e.world import HOLD
from tests.helpers import plain_http


def desk_of(oracle):
    return QuarantineDesk(oracle.database, PublishedTerms())


def post_telemetry(oracle, telemetry):
    return plain_http.post(f"{oracle.url}/v1/telemetry", json=telemetry.to_json())


def permit_reason(oracle, hire):
    return oracle.get(f"/v1/agreements/{hire.agreement}/permit").json()["stopReason"]


@pytest.fixture
def hire(world):
    return world.hire()


@pytest.fixture
def oracle(hire, start_oracle):
    return start_oracle(telemetry_grace=3_600)


@pytest.fixture
def lied(hire, oracle):
    """A true reading, then one that claims half a second too much, and two behind it."""
    first, first_samples = hire.measured([1, 2, 3, 0])
    oracle.post(first)
    assert post_telemetry(oracle, first_samples).json() == {"result": "accepted", "reason": None}
    second, second_samples = hire.measured([1, 1], lie=500)
    oracle.post(second)
    answer = post_telemetry(oracle, second_samples).json()
    assert answer == {"result": "quarantined", "reason": "registers_contradict_telemetry"}
    third, third_samples = hire.measured([2])
    behind = oracle.post(third)[0]
    assert (behind["result"], behind["reason"], behind["stopReason"]) == (
        "quarantined",
        "behind_quarantine",
        "quarantined",
    )
    assert post_telemetry(oracle, third_samples).json()["result"] == "accepted"
    oracle.post(hire.use(7))
    return [first, second, third]


def test_true_samples_change_nothing(hire, oracle, world):
    reading, samples = hire.measured([1, 2, 3, 0, 1])
    oracle.post(reading)
    assert post_telemetry(oracle, samples).json()["result"] == "accepted"
    assert post_telemetry(oracle, samples).json()["result"] == "duplicate"
    oracle.settle()
    assert world.state(hire).settled == 2_000 + 2 * 1_000 + 4 * 1_000


def test_it_is_listed_with_its_reason_and_stops_permits(hire, oracle, lied):
    (entry,) = desk_of(oracle).entries()
    assert (entry.agreement_id, entry.sequence, entry.reason) == (hire.agreement, 2, "registers_contradict_telemetry")
    assert "2500" in entry.detail
    assert permit_reason(oracle, hire) == "quarantined"


def test_nothing_from_it_on_is_settled(hire, oracle, world, lied):
    oracle.settle()
    assert (world.state(hire).sequence, world.state(hire).settled) == (1, 7_000)


def test_release_lets_it_and_the_waiting_ones_go(hire, oracle, world, lied):
    (entry,) = desk_of(oracle).entries()
    released = desk_of(oracle).release(entry.id, "Ada Lovelace", "sensor checked", time.time())
    assert (released.resolution, released.resolved_by) == (Resolution.RELEASED, "Ada Lovelace")
    assert desk_of(oracle).entries() == []
    oracle.settle()
    assert (world.state(hire).sequence, world.state(hire).settled) == (4, 7_000 + 2_500 + 2_000 + 7)
    assert permit_reason(oracle, hire) is None


def test_after_a_rejection_the_next_one_needs_a_person_too(hire, oracle, world, lied):
    """Registers are cumulative: whoever counts on from a rejected reading counts its excess along."""
    (entry,) = desk_of(oracle).entries()
    desk_of(oracle).reject(entry.id, "Ada Lovelace", None, time.time())
    (following,) = desk_of(oracle).entries()
    assert (following.sequence, following.reason) == (3, "after_rejected")
    oracle.settle()
    assert world.state(hire).sequence == 1
    desk_of(oracle).release(following.id, "Ada Lovelace", "credit note issued", time.time())
    assert desk_of(oracle).entries() == []
    oracle.settle()
    assert world.state(hire).sequence == 4


def test_a_new_reading_after_a_rejected_one_is_held_as_well(hire, oracle, lied):
    desk = desk_of(oracle)
    for _ in range(3):
        (entry,) = desk.entries()
        desk.reject(entry.id, "Ada Lovelace", None, time.time())
    assert desk.entries() == []
    answer = oracle.post(hire.use(1))[0]
    assert (answer["result"], answer["reason"]) == ("quarantined", "after_rejected")


def test_an_entry_is_decided_once_and_by_somebody(oracle, lied):
    desk = desk_of(oracle)
    (entry,) = desk.entries()
    with pytest.raises(Rejected, match="name of the person"):
        desk.release(entry.id, "  ", None, time.time())
    desk.release(entry.id, "Ada", None, time.time())
    with pytest.raises(Rejected, match="was released by Ada"):
        desk.reject(entry.id, "Bob", None, time.time())
    with pytest.raises(Rejected, match="does not exist"):
        desk.reject(999, "Bob", None, time.time())


def test_samples_that_do_not_match_the_root_are_refused_and_accuse_nobody(hire, oracle):
    reading, _ = hire.measured([1, 1])
    _, other = hire.measured([3, 3])
    from dataclasses import replace

    oracle.post(reading)
    answer = post_telemetry(oracle, replace(other, sequence=1))
    assert (answer.status_code, answer.json()["code"]) == (422, "telemetry_root_mismatch")
    assert desk_of(oracle).entries() == []


def test_samples_before_their_reading_are_asked_for_again(hire, oracle):
    _, samples = hire.measured([1])
    answer = post_telemetry(oracle, samples)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_reading")


def test_a_reading_waits_for_its_samples_and_goes_without_them_in_the_end(world, hire, start_oracle):
    patient, hasty = start_oracle("patient", telemetry_grace=3_600), start_oracle("hasty", telemetry_grace=0)
    reading, samples = hire.measured([1])
    patient.post(reading)
    assert patient.cycle("settle") == {"settle": "nothing"}
    assert post_telemetry(patient, samples).status_code == 200
    assert patient.cycle("settle") == {"settle": "done"}
    hasty.post(reading)
    hasty.settle()
    assert world.state(hire).settled == 1_000


def test_another_relayer_may_still_settle_a_quarantined_reading_and_the_entry_says_so(world, hire, start_oracle):
    """The documents say so: quarantine is this oracle's caution, not the chain's."""
    careless, careful = start_oracle("careless", telemetry_grace=0), start_oracle("careful", telemetry_grace=0)
    reading, samples = hire.measured([1, 1], lie=500)
    careless.post(reading)
    careless.settle()
    assert world.state(hire).settled == 2_500
    careful.cycle("index")
    careful.post(reading)
    assert post_telemetry(careful, samples).json()["result"] == "quarantined"
    (entry,) = desk_of(careful).entries()
    assert "already settled" in entry.detail


def test_of_two_readings_with_one_sequence_only_the_released_one_counts(world, hire, oracle):
    from dataclasses import replace

    first = hire.use(100)
    second = hire.sign(replace(first.reading, registers=(150, 0, 0, 0), odometer=150))
    oracle.post(first, second)
    (entry,) = desk_of(oracle).entries()
    desk_of(oracle).release(entry.id, "Ada", None, time.time())
    oracle.settle()
    assert world.state(hire).settled == 150
    assert HOLD > 150
