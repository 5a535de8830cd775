"""What the oracle makes of a reading after the last one and beside its telemetry."""

import dataclasses

import pytest

from oracle.domain.load_levels import LoadLevelRule
from oracle.domain.readings import Flag
from oracle.domain.reconciliation import (
    Accepted,
    Duplicate,
    NotAccepted,
    Quarantined,
    QuarantineReason,
    RejectionReason,
    reconcile,
    reconcile_readings,
)
from oracle.domain.telemetry import Telemetry, telemetry_root
from tests.oracle.domain.support import reading, salted, sample

RULE = LoadLevelRule((5, 40, 75), minimum_rpm=60, rated_rpm=1_000, rated_torque_millinewton_metres=1_000)
LAST = reading()
LAST_MS = LAST.time * 1_000
LEVEL_3 = {"rpm": 1_000, "torque_millinewton_metres": 800}
IDLE = {"rpm": 0, "torque_millinewton_metres": 0}


def after(**changes):
    return dataclasses.replace(LAST, **({"sequence": 6, "time": LAST.time + 10} | changes))


def with_samples(*samples, **changes):
    """The next reading and its telemetry; three seconds at level 3 unless told otherwise."""
    listed = samples or tuple(sample(LAST_MS + 1_000 * n, 1_000, **LEVEL_3) for n in (1, 2, 3))
    kept = tuple(salted(made, number) for number, made in enumerate(listed))
    growth = RULE.growth(listed)
    fields = {
        "registers": tuple(a + b for a, b in zip(LAST.registers, growth, strict=True)),
        "odometer": LAST.odometer + sum(growth),
        "telemetry_root": telemetry_root(kept),
    }
    new = after(**(fields | changes))
    return new, Telemetry(new.agreement_id, new.asset_id, new.sequence, kept)


def test_the_first_reading_is_accepted():
    assert reconcile(None, reading(sequence=1)) == Accepted()


def test_the_next_reading_is_accepted():
    assert reconcile(LAST, after()) == Accepted()


def test_a_gap_loses_nothing_and_is_visible():
    assert reconcile(LAST, after(sequence=9)) == Accepted(missing=3)
    assert reconcile(None, reading(sequence=5)) == Accepted(missing=4)


def test_the_same_reading_again_is_a_duplicate():
    assert reconcile(LAST, LAST) == Duplicate()


def test_a_sequence_with_another_content_is_quarantined():
    verdict = reconcile(LAST, after(sequence=5))
    assert verdict.reason is QuarantineReason.SEQUENCE_REUSED


@pytest.mark.parametrize("sequence", [1, 4])
def test_an_older_reading_is_of_no_use(sequence):
    verdict = reconcile(LAST, after(sequence=sequence))
    assert verdict == NotAccepted(RejectionReason.STALE_SEQUENCE, f"sequence {sequence} after 5")


@pytest.mark.parametrize("changes", [{"agreement_id": 8}, {"asset_id": 4}])
def test_another_agreements_reading_is_of_no_use(changes):
    assert reconcile(LAST, after(**changes)).reason is RejectionReason.WRONG_AGREEMENT


@pytest.mark.parametrize("index", range(3))
def test_a_falling_register_is_quarantined(index):
    registers = list(LAST.registers)
    registers[index] -= 1
    verdict = reconcile(LAST, after(registers=tuple(registers)))
    before = LAST.registers[index]
    assert verdict == Quarantined(QuarantineReason.REGISTERS_FALL, f"register{index} from {before} to {before - 1}")


def test_a_falling_odometer_is_quarantined():
    verdict = reconcile(LAST, after(odometer=12_344))
    assert verdict == Quarantined(QuarantineReason.ODOMETER_FALLS, "odometer from 12345 to 12344")


def test_time_going_back_is_quarantined():
    assert reconcile(LAST, after(time=LAST.time - 1)).reason is QuarantineReason.TIME_FALLS
    assert reconcile(LAST, after(time=LAST.time)) == Accepted()


@pytest.mark.parametrize("unsynchronised", ["last", "new"])
def test_time_of_an_unsynchronised_clock_proves_nothing(unsynchronised):
    flags = Flag.CLOCK_NOT_SYNCHRONISED
    last = dataclasses.replace(LAST, flags=flags if unsynchronised == "last" else Flag(0))
    new = after(time=5, flags=flags if unsynchronised == "new" else Flag(0))
    assert reconcile(last, new) == Accepted()


def test_samples_that_imply_the_registers_are_accepted():
    assert reconcile(LAST, *with_samples(), RULE) == Accepted()


def test_samples_of_an_idle_machine_are_accepted():
    assert reconcile(LAST, *with_samples(sample(LAST_MS + 500, 500, **IDLE)), RULE) == Accepted()


def test_no_samples_and_no_growth_are_accepted():
    new = after()
    assert reconcile(LAST, new, Telemetry(new.agreement_id, new.asset_id, new.sequence, ()), RULE) == Accepted()


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("by", [1, 1_000])
def test_registers_that_grow_by_something_else_are_quarantined(index, by):
    new, telemetry = with_samples()
    registers = list(new.registers)
    registers[index] += by
    new = dataclasses.replace(new, registers=tuple(registers), odometer=new.odometer + by)
    verdict = reconcile(LAST, new, telemetry, RULE)
    assert verdict.reason is QuarantineReason.REGISTERS_CONTRADICT_TELEMETRY


def test_growth_without_any_sample_is_quarantined():
    new = after(registers=(10_001, 2_000, 300, 0), odometer=12_346)
    verdict = reconcile(LAST, new, Telemetry(new.agreement_id, new.asset_id, new.sequence, ()), RULE)
    assert verdict.reason is QuarantineReason.REGISTERS_CONTRADICT_TELEMETRY


def test_the_first_reading_began_at_zero():
    new, telemetry = with_samples(sequence=1, registers=(0, 0, 3_000, 0), odometer=50_000)
    assert reconcile(None, new, telemetry, RULE) == Accepted()
    more = dataclasses.replace(new, registers=(1, 0, 3_000, 0))
    assert reconcile(None, more, telemetry, RULE).reason is QuarantineReason.REGISTERS_CONTRADICT_TELEMETRY


def test_across_a_gap_registers_grow_by_at_least_the_samples():
    new, telemetry = with_samples(sequence=8, registers=(11_000, 2_000, 3_300, 0), odometer=16_345)
    assert reconcile(LAST, new, telemetry, RULE) == Accepted(missing=2)
    less = dataclasses.replace(new, registers=(11_000, 2_000, 3_299, 0))
    assert reconcile(LAST, less, telemetry, RULE).reason is QuarantineReason.REGISTERS_CONTRADICT_TELEMETRY


def test_without_a_rule_only_the_root_is_checked():
    new, telemetry = with_samples(registers=(10_000, 2_000, 999_999, 0))
    assert reconcile(LAST, new, telemetry) == Accepted()


def test_samples_that_are_not_under_the_signed_root_are_quarantined():
    new, telemetry = with_samples()
    altered = dataclasses.replace(telemetry, samples=telemetry.samples[:-1])
    assert reconcile(LAST, new, altered, RULE).reason is QuarantineReason.TELEMETRY_ROOT_MISMATCH
    other = with_samples(telemetry_root=b"\x01" * 32)[0]
    assert reconcile(LAST, other, telemetry, RULE).reason is QuarantineReason.TELEMETRY_ROOT_MISMATCH


def test_telemetry_of_another_reading_is_of_no_use():
    new, telemetry = with_samples()
    for changes in ({"sequence": 7}, {"agreement_id": 8}, {"asset_id": 9}):
        verdict = reconcile(LAST, new, dataclasses.replace(telemetry, **changes), RULE)
        assert verdict.reason is RejectionReason.WRONG_AGREEMENT


def test_samples_that_overlap_are_quarantined():
    twice = [sample(LAST_MS + 1_000, 1_000, **LEVEL_3), sample(LAST_MS + 1_999, 1_000, **LEVEL_3)]
    assert reconcile(LAST, *with_samples(*twice), RULE).reason is QuarantineReason.SAMPLES_OVERLAP


@pytest.mark.parametrize(("ended_at_ms", "outside"), [(-1, True), (0, False), (11_000, False), (11_001, True)])
def test_samples_lie_between_the_two_readings(ended_at_ms, outside):
    verdict = reconcile(LAST, *with_samples(sample(LAST_MS + ended_at_ms, 1_000, **LEVEL_3)), RULE)
    assert verdict == Accepted() if not outside else verdict.reason is QuarantineReason.SAMPLES_OUTSIDE_READING


def test_samples_of_an_unsynchronised_clock_have_no_known_place():
    far = sample(LAST_MS + 10**9, 1_000, **LEVEL_3)
    assert reconcile(LAST, *with_samples(far, flags=Flag.CLOCK_NOT_SYNCHRONISED), RULE) == Accepted()
    early = sample(5_000, 1_000, **LEVEL_3)
    last = dataclasses.replace(LAST, flags=Flag.CLOCK_NOT_SYNCHRONISED)
    assert reconcile(last, *with_samples(early), RULE) == Accepted()


def test_an_odometer_behind_its_registers_is_quarantined():
    new, telemetry = with_samples(odometer=LAST.odometer + 2_999)
    assert reconcile(LAST, new, telemetry, RULE).reason is QuarantineReason.ODOMETER_BEHIND_REGISTERS


def test_an_odometer_may_run_ahead_on_a_shared_machine():
    assert reconcile(LAST, *with_samples(odometer=LAST.odometer + 9_000), RULE) == Accepted()


@pytest.mark.parametrize(
    ("counted", "further", "believed"), [((0, 1), 30, True), ((0, 1), 29, False), ((0,), 10, True), ((), 0, True)]
)
def test_without_samples_the_odometer_still_grows_with_the_registers_it_counts(counted, further, believed):
    r0, r1, r2, r3 = LAST.registers
    new = dataclasses.replace(
        LAST, sequence=LAST.sequence + 1, registers=(r0 + 10, r1 + 20, r2, r3), odometer=LAST.odometer + further
    )
    verdict = reconcile_readings(LAST, new, counted)
    assert (verdict == Accepted()) is believed
    assert believed or verdict.reason is QuarantineReason.ODOMETER_BEHIND_REGISTERS
