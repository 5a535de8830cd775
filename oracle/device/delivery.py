"""From the meter's journal to the door, and to a file that a customer can relay."""

import json
from collections.abc import Callable
from pathlib import Path

from oracle.device.client import IngestClient
from oracle.device.meter import Meter
from oracle.domain.answers import ReadingAnswer
from oracle.errors import Rejected

BATCH = 100


def deliver(meter: Meter, client: IngestClient, on_refusal: Callable[[Rejected], None]) -> list[ReadingAnswer]:
    """Sends what is pending, oldest first: readings, then their samples, then statuses.

    An item leaves the journal's queue only on the door's answer to it. A request that the door refuses is reported and
    stays queued, and what comes after it is still sent. Raises Retryable when the door is away; all that was not
    answered stays queued.
    """
    answers: list[ReadingAnswer] = []
    pending = meter.pending_readings()
    for start in range(0, len(pending), BATCH):
        batch = pending[start : start + BATCH]
        try:
            found = client.post_readings(batch)
        except Rejected as refused:
            on_refusal(refused)
            continue
        for signed in batch:
            meter.reading_delivered(signed.reading.agreement_id, signed.reading.sequence)
        answers += found
    waiting = {(s.reading.agreement_id, s.reading.sequence) for s in meter.pending_readings()}
    for telemetry in meter.pending_telemetry():
        if (telemetry.agreement_id, telemetry.sequence) in waiting:
            continue
        try:
            client.post_telemetry(telemetry)
        except Rejected as refused:
            on_refusal(refused)
            continue
        meter.telemetry_delivered(telemetry.agreement_id, telemetry.sequence)
    for status in meter.pending_statuses():
        try:
            client.post_status(status)
        except Rejected as refused:
            on_refusal(refused)
            continue
        meter.status_delivered(status.form.sequence)
    return answers


def export_readings(meter: Meter, path: Path) -> int:
    """Writes the readings that a customer can relay, one JSON document a line; returns how many."""
    readings = meter.exportable_readings()
    path.write_text("".join(json.dumps(signed.to_json()) + "\n" for signed in readings))
    return len(readings)
