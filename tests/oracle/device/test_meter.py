"""The meter counts, signs and remembers."""

import pytest

from oracle.device.journal import Journal
from oracle.device.meter import Meter
from oracle.domain.bindings import OpenRegisters
from oracle.domain.readings import Flag
from oracle.domain.reconciliation import Accepted, reconcile
from oracle.domain.statuses import StatusState
from oracle.domain.stop_reasons import StopReason
from oracle.domain.telemetry import telemetry_root
from oracle.errors import Fatal, FieldOutOfBounds, Rejected
from oracle.types import ZERO_BYTES32
from tests.oracle.device.support import AGREEMENT, ASSET, NOW, PATH, MemoryDisk, PowerCut, Salts, meter
from tests.oracle.domain.support import DOMAINS, KEY, OTHER_KEY, sample

STEP = (0, 1_000, 0, 0)


def restarted(disk):
    return meter(MemoryDisk(disk.files))


def test_counts_registers_and_the_odometer():
    made = meter(odometer=500)
    made.count(AGREEMENT, (10, 20, 0, 0))
    made.count(8, (1, 0, 0, 0))
    assert made.registers(AGREEMENT) == (10, 20, 0, 0)
    assert made.registers(8) == (1, 0, 0, 0)
    assert made.odometer == 531
    assert made.registers(99) == (0, 0, 0, 0)


def test_signs_where_the_agreement_stands():
    made = meter()
    made.count(AGREEMENT, STEP, sample())
    signed = made.sign_reading(AGREEMENT, NOW, Flag.SESSION_BEGIN, StopReason.NO_BALANCE)
    signed.require_signer(DOMAINS, KEY.address)
    reading = signed.reading
    assert (reading.agreement_id, reading.asset_id, reading.sequence, reading.time) == (AGREEMENT, ASSET, 1, NOW)
    assert (reading.registers, reading.odometer, reading.flags) == (STEP, 1_000, Flag.SESSION_BEGIN)
    assert signed.stop_reason is StopReason.NO_BALANCE
    assert reading.telemetry_root == telemetry_root(made.pending_telemetry()[0].samples) != ZERO_BYTES32
    assert made.latest(AGREEMENT) == signed


def test_sequences_count_per_agreement():
    made = meter()
    assert [made.sign_reading(a, NOW).reading.sequence for a in (AGREEMENT, 8, AGREEMENT)] == [1, 1, 2]


def test_a_reading_without_samples_has_no_root():
    made = meter()
    made.count(AGREEMENT, STEP, sample())
    made.sign_reading(AGREEMENT, NOW)
    assert made.sign_reading(AGREEMENT, NOW).reading.telemetry_root == ZERO_BYTES32
    assert [t.sequence for t in made.pending_telemetry()] == [1]


def test_time_never_falls():
    made = meter()
    made.sign_reading(AGREEMENT, NOW)
    assert made.sign_reading(AGREEMENT, NOW - 50).reading.time == NOW


@pytest.mark.parametrize("growth", [(2**48, 0, 0, 0), (-1, 0, 0, 0), (2**48 - 1, 0, 0, 0)])
def test_a_full_or_falling_counter_is_refused_and_changes_nothing(growth):
    made = meter()
    made.count(AGREEMENT, STEP)
    made.count(AGREEMENT, (1, 0, 0, 0))
    with pytest.raises(FieldOutOfBounds):
        made.count(AGREEMENT, growth)
    assert (made.registers(AGREEMENT), made.odometer) == ((1, 1_000, 0, 0), 1_001)


def test_a_status_counts_per_asset_and_needs_no_agreement():
    made = meter(odometer=9)
    first = made.sign_status(NOW, StatusState.UP)
    second = made.sign_status(NOW, StatusState.DOWN, fault_code=17)
    second.require_signer(DOMAINS, KEY.address)
    assert (first.form.sequence, second.form.sequence) == (1, 2)
    assert (second.form.state, second.form.fault_code, second.form.odometer) == (1, 17, 9)


def test_everything_survives_a_restart():
    disk = MemoryDisk()
    made = meter(disk)
    made.count(AGREEMENT, STEP, sample())
    first = made.sign_reading(AGREEMENT, NOW)
    made.count(AGREEMENT, STEP, sample(ended_at_ms=NOW * 1_000 + 1_000))
    status = made.sign_status(NOW, StatusState.UP)
    again = restarted(disk)
    assert (again.registers(AGREEMENT), again.odometer) == ((0, 2_000, 0, 0), 2_000)
    assert again.pending_readings() == [first]
    assert again.pending_telemetry() == made.pending_telemetry()
    assert again.pending_statuses() == [status]
    assert again.sign_reading(AGREEMENT, NOW).reading.sequence == 2
    assert again.pending_telemetry()[1].samples[0].sample.ended_at_ms == NOW * 1_000 + 1_000


def test_a_power_failure_is_said_once():
    disk = MemoryDisk()
    meter(disk).count(AGREEMENT, STEP)
    again = restarted(disk)
    assert again.sign_reading(AGREEMENT, NOW).reading.flags == Flag.POWER_FAILURE
    assert again.sign_reading(AGREEMENT, NOW).reading.flags == 0


def test_switching_off_is_no_power_failure():
    disk = MemoryDisk()
    made = meter(disk)
    made.count(AGREEMENT, STEP)
    made.switch_off()
    assert restarted(disk).sign_reading(AGREEMENT, NOW).reading.flags == 0


def test_a_power_failure_before_a_restart_is_not_forgotten_by_the_next():
    disk = MemoryDisk()
    meter(disk).count(AGREEMENT, STEP)
    second = MemoryDisk(disk.files)
    meter(second).switch_off()
    assert restarted(second).sign_reading(AGREEMENT, NOW).reading.flags == Flag.POWER_FAILURE


def test_a_meter_error_is_said_once():
    made = meter()
    made.count(AGREEMENT, STEP)
    made.report_error()
    assert made.sign_reading(AGREEMENT, NOW).reading.flags == Flag.METER_ERROR
    assert made.sign_reading(AGREEMENT, NOW).reading.flags == 0


def test_what_is_delivered_leaves_the_queue_for_good():
    disk = MemoryDisk()
    made = meter(disk)
    made.count(AGREEMENT, STEP, sample())
    first, second = made.sign_reading(AGREEMENT, NOW), made.sign_reading(AGREEMENT, NOW)
    status = made.sign_status(NOW, StatusState.UP)
    for _ in range(2):
        made.reading_delivered(AGREEMENT, 1)
        made.telemetry_delivered(AGREEMENT, 1)
        made.status_delivered(status.form.sequence)
    again = restarted(disk)
    assert again.pending_readings() == [second]
    assert (again.pending_telemetry(), again.pending_statuses()) == ([], [])
    assert first not in again.exportable_readings()


def test_the_latest_reading_can_always_be_exported():
    made = meter()
    made.sign_reading(AGREEMENT, NOW)
    latest = made.sign_reading(AGREEMENT, NOW)
    other = made.sign_reading(8, NOW)
    for agreement, sequence in ((AGREEMENT, 1), (AGREEMENT, 2), (8, 1)):
        made.reading_delivered(agreement, sequence)
    assert made.exportable_readings() == [latest, other]


def test_a_replacement_goes_on_from_the_last_settled_readings():
    disk = MemoryDisk()
    made = meter(disk, odometer=900)
    made.load_settled([OpenRegisters(AGREEMENT, 41, (5, 6, 7, 8)), OpenRegisters(8, 2, (1, 0, 0, 0))])
    made.count(AGREEMENT, STEP)
    reading = made.sign_reading(AGREEMENT, NOW).reading
    assert (reading.sequence, reading.registers, reading.odometer) == (42, (5, 1_006, 7, 8), 1_900)
    assert restarted(disk).registers(8) == (1, 0, 0, 0)


def test_a_replacement_does_not_overwrite_what_it_has_counted():
    made = meter()
    made.count(AGREEMENT, STEP)
    with pytest.raises(Rejected) as caught:
        made.load_settled([OpenRegisters(AGREEMENT, 1, (0, 0, 0, 0))])
    assert caught.value.code == "already_metered"
    assert made.registers(AGREEMENT) == STEP


def test_the_last_sequence_is_below_2_to_the_31():
    made = meter()
    made.load_settled([OpenRegisters(AGREEMENT, 2**31 - 2, (0, 0, 0, 0))])
    assert made.sign_reading(AGREEMENT, NOW).reading.sequence == 2**31 - 1
    with pytest.raises(Rejected) as caught:
        made.sign_reading(AGREEMENT, NOW)
    assert caught.value.code == "sequence_exhausted"


@pytest.mark.parametrize("changes", [{"key": OTHER_KEY}, {"asset_id": ASSET + 1}])
def test_the_journal_of_another_meter_is_refused(changes):
    disk = MemoryDisk()
    meter(disk)
    with pytest.raises(Fatal, match="belongs to"):
        meter(MemoryDisk(disk.files), **changes)


def test_a_record_of_a_newer_program_is_refused():
    disk = MemoryDisk()
    meter(disk)
    Journal(PATH, disk).append({"kind": "surprise"})
    with pytest.raises(Fatal, match="unknown kind 'surprise'"):
        restarted(disk)


def script(made):
    """Yields every signature the moment it leaves the meter."""
    for turn in range(3):
        made.count(AGREEMENT, STEP, sample(ended_at_ms=NOW * 1_000 + 1_000 * made.odometer))
        yield made.sign_reading(AGREEMENT, NOW + turn)
        made.count(8, (7, 0, 0, 0))
        yield made.sign_status(NOW + turn, StatusState.UP)
        yield made.sign_reading(8, NOW + turn)
        if turn == 1:
            made.reading_delivered(AGREEMENT, 1)
            made.compact()


def content(signed):
    form = signed.reading if hasattr(signed, "reading") else signed.form
    return (type(form).__name__, getattr(form, "agreement_id", None), form.sequence), form


@pytest.mark.parametrize("garbage", [b"", b"\x00\x00\x00\x05abc"])
def test_no_sequence_is_signed_twice_with_different_contents_whenever_the_power_fails(garbage):
    whole = MemoryDisk()
    list(script(meter(whole)))
    for power in range(1, whole.written, 67):
        disk = MemoryDisk(power=power, garbage=garbage)
        released = []
        with pytest.raises(PowerCut):
            released.extend(script(meter(disk)))
        again = meter(MemoryDisk(disk.files), random_bytes=Salts())
        pending = [*again.pending_readings(), *again.pending_statuses()]
        released += [*pending, *script(again)]
        found = {}
        for key, form in map(content, released):
            assert found.setdefault(key, form) == form, power


@pytest.mark.parametrize("power", [300, 900, 2_000, 3_500])
def test_what_was_released_before_a_power_cut_reconciles_with_what_comes_after(power):
    disk = MemoryDisk(power=power)
    released = []
    with pytest.raises(PowerCut):
        released.extend(script(meter(disk)))
    again = restarted(disk)
    last = again.latest(AGREEMENT)
    sent = [s.reading for s in released if hasattr(s, "reading") and s.reading.agreement_id == AGREEMENT]
    assert last is None or not sent or last.reading.sequence >= sent[-1].sequence
    again.count(AGREEMENT, STEP)
    new = again.sign_reading(AGREEMENT, NOW + 9).reading
    assert reconcile(sent[-1] if sent else None, new) == Accepted(missing=new.sequence - 1 - len(sent))


def test_compaction_changes_nothing_that_matters():
    disk = MemoryDisk()
    made = meter(disk)
    first = made.sign_status(NOW, StatusState.UP)
    made.sign_status(NOW, StatusState.DOWN)
    made.status_delivered(2)
    made.count(AGREEMENT, STEP, sample())
    made.sign_reading(AGREEMENT, NOW)
    made.count(AGREEMENT, STEP, sample(ended_at_ms=NOW * 1_000 + 1_000))
    made.report_error()
    before = (made.registers(AGREEMENT), made.odometer, made.pending_readings(), made.pending_telemetry())
    made.compact()
    again = restarted(disk)
    after = (again.registers(AGREEMENT), again.odometer, again.pending_readings(), again.pending_telemetry())
    assert before == after
    assert again.pending_statuses() == [first]
    assert again.latest(AGREEMENT) == made.latest(AGREEMENT)
    assert again.sign_status(NOW, StatusState.UP).form.sequence == 3
    last = again.sign_reading(AGREEMENT, NOW).reading
    assert last.flags == Flag.METER_ERROR | Flag.POWER_FAILURE
    assert last.telemetry_root != ZERO_BYTES32


def test_a_long_life_does_not_fill_the_disk(monkeypatch):
    monkeypatch.setattr("oracle.device.meter.COMPACT_AT_BYTES", 5_000)
    journal = Journal(PATH, MemoryDisk())
    made = Meter(journal, KEY, ASSET, DOMAINS)
    for turn in range(100):
        made.count(AGREEMENT, STEP, sample())
        made.sign_reading(AGREEMENT, NOW + turn)
        made.reading_delivered(AGREEMENT, turn + 1)
        made.telemetry_delivered(AGREEMENT, turn + 1)
    assert journal.size < 7_000
    assert made.latest(AGREEMENT).reading.sequence == 100
