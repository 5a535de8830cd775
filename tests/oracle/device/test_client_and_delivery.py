"""Nothing signed is lost between the journal and the door."""

import json

import httpx
import pytest

from oracle.device.client import IngestClient
from oracle.device.clock import SystemClock
from oracle.device.delivery import deliver, export_readings
from oracle.domain.readings import ReadingResult, parse_signed_reading
from oracle.domain.statuses import StatusState
from oracle.domain.stop_reasons import StopReason
from oracle.domain.wire import decode_ndjson
from oracle.errors import Malformed, Rejected, Retryable
from tests.oracle.device.support import AGREEMENT, NOW, Door, ManualClock, MemoryDisk, meter, permit, signed_start
from tests.oracle.domain.support import sample

STEP = (0, 1_000, 0, 0)


@pytest.fixture
def door():
    made = Door(ManualClock())
    made.hold = 1_000_000
    return made


@pytest.fixture
def client(door):
    made = IngestClient("http://door", transport=door.transport())
    yield made
    made.close()


@pytest.fixture
def disk():
    return MemoryDisk()


@pytest.fixture
def loaded(disk):
    """A meter with two readings, one with samples, and a status to send."""
    made = meter(disk)
    made.count(AGREEMENT, STEP, sample())
    made.sign_reading(AGREEMENT, NOW)
    made.sign_reading(AGREEMENT, NOW + 1)
    made.sign_status(NOW, StatusState.UP)
    return made


@pytest.fixture
def refusals():
    return []


def send(loaded, client, refusals):
    return deliver(loaded, client, refusals.append)


def test_everything_pending_is_delivered_once(loaded, client, door, refusals):
    answers = send(loaded, client, refusals)
    assert [answer.result for answer in answers] == [ReadingResult.ACCEPTED] * 2
    assert answers[0].permit.form == permit(issued_at=NOW)
    assert [reading.sequence for reading in door.readings] == [1, 2]
    assert list(door.telemetry) == [1]
    assert len(door.statuses) == 1
    assert send(loaded, client, refusals) == []
    assert (len(door.readings), len(door.statuses), refusals) == (2, 1, [])


def test_a_door_that_is_away_loses_nothing(disk, loaded, client, door, refusals):
    door.open = False
    with pytest.raises(Retryable, match="cannot be reached: nobody there"):
        send(loaded, client, refusals)
    again = meter(MemoryDisk(disk.files))
    door.open = True
    deliver(again, client, refusals.append)
    assert [reading.sequence for reading in door.readings] == [1, 2]
    assert list(door.telemetry) == [1]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_a_door_that_is_not_ready_is_asked_again_when_it_says(loaded, client, door, refusals, status):
    door.answer = httpx.Response(status, headers={"retry-after": "7"})
    with pytest.raises(Retryable) as caught:
        send(loaded, client, refusals)
    assert caught.value.after_seconds == 7
    assert len(loaded.pending_readings()) == 2


def test_an_endless_retry_after_is_bounded(client, door):
    door.answer = httpx.Response(503, headers={"retry-after": "9" * 9})
    with pytest.raises(Retryable) as caught:
        client.permit(AGREEMENT)
    assert caught.value.after_seconds == 3_600
    door.answer = httpx.Response(503, headers={"retry-after": "soon"})
    with pytest.raises(Retryable) as caught:
        client.permit(AGREEMENT)
    assert caught.value.after_seconds == 1


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (httpx.Response(413, json={"type": "about:blank", "code": "too_large"}), "too_large"),
        (httpx.Response(400, content=b"<html>"), "refused"),
        (httpx.Response(404, json={"code": 5}), "refused"),
        (httpx.Response(404, json=[]), "refused"),
    ],
)
def test_a_refused_request_is_reported_and_stays_queued(loaded, client, door, refusals, response, code):
    door.answer = response
    assert send(loaded, client, refusals) == []
    assert {refused.code for refused in refusals} == {code}
    assert len(loaded.pending_readings()) == 2
    assert len(loaded.pending_telemetry()) == 1
    assert len(loaded.pending_statuses()) == 1


def test_samples_that_are_refused_stay_queued(loaded, client, door, refusals):
    loaded.reading_delivered(AGREEMENT, 1)
    loaded.reading_delivered(AGREEMENT, 2)
    door.answer = httpx.Response(400)
    send(loaded, client, refusals)
    assert len(refusals) == 2
    assert len(loaded.pending_telemetry()) == 1


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"answers": []}', b'{"answers": [{}, {}]}', b"<html>"])
def test_an_answer_that_is_none_acknowledges_nothing(loaded, client, door, refusals, content):
    door.answer = httpx.Response(200, content=content)
    with pytest.raises(Malformed):
        client.post_readings(loaded.pending_readings())
    loaded.status_delivered(1)
    send(loaded, client, refusals)
    assert [refused.code for refused in refusals] == ["malformed"]
    assert len(loaded.pending_readings()) == 2


def test_long_queues_are_sent_in_batches(client, door, refusals, monkeypatch):
    monkeypatch.setattr("oracle.device.delivery.BATCH", 2)
    made = meter()
    for turn in range(5):
        made.sign_reading(AGREEMENT, NOW + turn)
    assert [answer.sequence for answer in deliver(made, client, refusals.append)] == [1, 2, 3, 4, 5]


def test_a_permit_can_be_asked_for(client, door):
    assert client.permit(AGREEMENT) == (client.permit(AGREEMENT)[0], None)
    assert client.permit(AGREEMENT, b"\x05" * 32)[0].form.challenge == b"\x05" * 32
    door.issuing, door.stop_reason = False, StopReason.SUSPENDED
    assert client.permit(AGREEMENT) == (None, StopReason.SUSPENDED)


def test_a_start_can_be_asked_for(client, door):
    assert client.start(AGREEMENT, b"\x05" * 32) is None
    door.start = signed_start(challenge=b"\x05" * 32)
    assert client.start(AGREEMENT, b"\x05" * 32) == door.start
    door.answer = httpx.Response(403, json={"code": "forbidden"})
    with pytest.raises(Rejected) as caught:
        client.start(AGREEMENT, b"\x05" * 32)
    assert caught.value.code == "forbidden"


def test_a_refused_question_is_an_error(client, door):
    door.answer = httpx.Response(404, json={"code": "unknown_agreement"})
    with pytest.raises(Rejected) as caught:
        client.permit(AGREEMENT)
    assert caught.value.code == "unknown_agreement"


def test_a_customer_can_relay_the_export(loaded, client, refusals, tmp_path):
    send(loaded, client, refusals)
    path = tmp_path / "readings.ndjson"
    assert export_readings(loaded, path) == 1
    assert [parse_signed_reading(item) for item in decode_ndjson(path.read_bytes())] == [loaded.latest(AGREEMENT)]
    assert json.loads(path.read_text())["reading"]["sequence"] == 2


def test_the_system_clock_runs_forward():
    clock = SystemClock()
    unix, monotonic = clock.unix_ms(), clock.monotonic_ms()
    clock.sleep_ms(2)
    assert clock.unix_ms() - unix >= 1
    assert clock.monotonic_ms() - monotonic >= 2
    assert clock.synchronised
    assert not SystemClock(synchronised=False).synchronised
