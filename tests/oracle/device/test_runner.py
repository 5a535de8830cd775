"""The whole device on a clock driven by hand: starts, stops at its limit, starts again, loses nothing."""

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.device.client import IngestClient
from oracle.device.machines.drill import Drill
from oracle.device.runner import Pace, Runner
from oracle.domain.readings import Flag
from oracle.domain.reconciliation import Accepted, reconcile
from oracle.domain.stop_reasons import StopReason
from oracle.domain.tariffs import charge
from oracle.tariffs import published_tariff
from tests.oracle.device.support import (
    AGREEMENT,
    ASSET,
    NOW,
    STARTER_KEY,
    STRANGER_KEY,
    TARIFF_ID,
    Door,
    ManualClock,
    MemoryDisk,
    meter,
    permit_check,
    signed_start,
)
from tests.oracle.domain.support import tariff

RULE = published_tariff("smart-drill").load_levels


class Bench:
    """A drill, its device and a door."""

    def __init__(self, hold=50_000, level=3, seed=1, pace=None, synchronised=True, disk=None, **prices):
        self.clock = ManualClock(synchronised=synchronised)
        self.door = Door(self.clock)
        self.door.hold = hold
        self.tariff = tariff(**({"standing_per_day": 0} | prices))
        self.drill = Drill(RULE, seed)
        self.drill.level = level
        self.disk = disk or MemoryDisk()
        self.refusals = []
        self.meter = meter(self.disk)
        self.permits = permit_check(self.clock, tariffs={TARIFF_ID: self.tariff})
        self.runner = Runner(
            AGREEMENT,
            self.drill,
            self.meter,
            self.permits,
            {TARIFF_ID: self.tariff},
            IngestClient("http://door", transport=self.door.transport()),
            self.clock,
            pace,
            self.refusals.append,
        )

    def turns(self, count):
        return [self.runner.turn() for _ in range(count)]

    def charge(self):
        elapsed = max(self.clock.unix_ms() // 1_000 - self.door.opened_at, 0)
        return charge(self.tariff, self.meter.registers(AGREEMENT), elapsed)

    def check_telemetry(self):
        """Every delivered reading follows from the one before and from its samples."""
        last = None
        for reading in self.door.readings:
            telemetry = self.door.telemetry.get(reading.sequence)
            assert reconcile(last, reading, telemetry, RULE) == Accepted()
            last = reading


def test_refuses_to_start_without_a_deposit():
    bench = Bench(hold=0)
    bench.runner.start()
    assert {report.stop_reason for report in bench.turns(5)} == {StopReason.NO_PERMIT}
    assert bench.meter.registers(AGREEMENT) == (0, 0, 0, 0)
    assert bench.door.readings == []


def test_tells_that_there_is_no_balance_where_the_oracle_says_so():
    bench = Bench(hold=0)
    bench.door.stop_reason = StopReason.NO_BALANCE
    bench.runner.start()
    assert bench.turns(2)[-1].stop_reason is StopReason.NO_BALANCE


def test_nobody_started_it():
    bench = Bench()
    assert bench.turns(2)[-1].stop_reason is StopReason.LOCAL_STOP


@pytest.mark.parametrize("level", [1, 2, 3])
def test_runs_at_its_level_and_counts_milliseconds(level):
    bench = Bench(level=level)
    bench.runner.start()
    reports = bench.turns(11)
    assert [report.level for report in reports] == [0] + [level] * 10
    registers = bench.meter.registers(AGREEMENT)
    assert registers[level - 1] == 10_000 == sum(registers) == bench.meter.odometer
    assert reports[-1].charge == bench.tariff.price_per_million[level - 1] // 100


@pytest.mark.parametrize(("level", "price"), [(1, 100), (2, 250), (3, 600)])
def test_stops_itself_at_its_limit_and_starts_again_after_a_top_up(level, price):
    bench = Bench(hold=5_000, level=level)
    bench.runner.start()
    reports = bench.turns(100)
    assert reports[-1].stop_reason is StopReason.NO_BALANCE
    assert 5_000 - 30 <= bench.charge() <= 5_000
    assert bench.door.stop_reasons[-1] is StopReason.NO_BALANCE
    assert bench.door.readings[-1].flags & Flag.SESSION_END
    bench.door.settled, bench.door.hold, bench.door.block = bench.charge(), 3_000, 41
    reports = bench.turns(60)
    assert reports[-1].stop_reason is StopReason.NO_BALANCE
    assert bench.door.settled + 3_000 - 30 <= bench.charge() <= bench.door.settled + 3_000
    bench.check_telemetry()
    assert bench.refusals == []


@settings(max_examples=25)
@given(
    hold=st.integers(0, 40_000),
    top_ups=st.lists(st.integers(0, 9_000), max_size=3),
    levels=st.lists(st.integers(0, 3), min_size=1, max_size=30),
    standing=st.integers(0, 10**7),
    seed=st.integers(0, 2**16),
    step_ms=st.integers(50, 3_000),
)
def test_its_own_charge_never_exceeds_its_permit(hold, top_ups, levels, standing, seed, step_ms):
    pace = Pace(step_ms=step_ms, reading_every_ms=4_000)
    bench = Bench(hold, seed=seed, pace=pace, standing_per_day=standing)
    bench.runner.start()
    for top_up in [0, *top_ups]:
        bench.door.hold += top_up
        bench.door.block += 1
        for level in levels:
            bench.drill.level = level
            report = bench.runner.turn()
            allowed = bench.door.settled + bench.door.hold
            assert report.sample is None or report.charge <= report.charge_limit <= allowed
            for reading in bench.door.readings[-2:]:
                elapsed = reading.time - bench.door.opened_at
                assert charge(bench.tariff, reading.registers, elapsed) <= allowed
    bench.check_telemetry()
    assert bench.refusals == []


def test_readings_are_signed_at_their_pace_with_begin_and_end():
    bench = Bench(pace=Pace(reading_every_ms=3_000))
    bench.runner.start()
    bench.turns(11)
    bench.runner.stop()
    bench.turns(1)
    flags = [reading.flags for reading in bench.door.readings]
    assert flags == [Flag.SESSION_BEGIN, 0, 0, 0, Flag.SESSION_END]
    assert bench.door.stop_reasons[-1] is StopReason.LOCAL_STOP
    bench.check_telemetry()


def test_runs_on_while_the_door_is_away_and_delivers_later():
    bench = Bench()
    bench.runner.start()
    bench.turns(2)
    bench.door.open = False
    assert {report.stop_reason for report in bench.turns(25)} == {None}
    sent = len(bench.door.readings)
    bench.door.open = True
    bench.turns(15)
    assert len(bench.door.readings) > sent + 2
    assert bench.meter.pending_readings() == []
    bench.check_telemetry()


def test_stops_when_its_permit_expires_and_goes_on_with_a_new_one():
    bench = Bench()
    bench.door.validity = 20
    bench.runner.start()
    bench.turns(2)
    bench.door.issuing, bench.door.stop_reason = False, StopReason.SUSPENDED
    assert bench.turns(40)[-1].stop_reason is StopReason.SUSPENDED
    assert sum(bench.meter.registers(AGREEMENT)) <= 22_000
    bench.door.issuing, bench.door.stop_reason = True, None
    assert bench.turns(5)[-1].stop_reason is None


def test_an_ended_agreement_needs_more_than_a_permit_to_start():
    bench = Bench()
    bench.door.validity = 5
    bench.runner.start()
    bench.turns(2)
    bench.door.issuing, bench.door.stop_reason = False, StopReason.ENDED
    assert bench.turns(30)[-1].stop_reason is StopReason.ENDED
    bench.door.issuing, bench.door.stop_reason = True, None
    assert bench.turns(5)[-1].stop_reason is StopReason.ENDED


def test_a_fault_stops_until_somebody_starts_it_again():
    bench = Bench()
    bench.runner.start()
    bench.turns(3)
    bench.runner.stop(StopReason.FAULT)
    assert bench.turns(3)[-1].stop_reason is StopReason.FAULT
    bench.runner.start()
    assert bench.turns(2)[-1].stop_reason is None


def test_the_longest_session_of_the_tariff():
    bench = Bench(session_cap=10)
    bench.runner.start()
    reports = bench.turns(20)
    assert reports[-1].stop_reason is StopReason.SESSION_LIMIT
    assert sum(bench.meter.registers(AGREEMENT)) == 10_000


def test_an_idle_machine_ends_its_session():
    bench = Bench(idle_stop=5)
    bench.runner.start()
    bench.turns(3)
    bench.drill.level = 0
    assert bench.turns(10)[-1].stop_reason is StopReason.IDLE
    assert not bench.runner.in_session


@pytest.mark.parametrize("limits", [{"session_cap": 0, "idle_stop": 0}])
def test_zero_means_no_session_limits(limits):
    bench = Bench(level=0, **limits)
    bench.runner.start()
    assert bench.turns(30)[-1].stop_reason is None


def test_a_shared_machine_waits_for_its_starter():
    bench = Bench()
    bench.door.starter = STARTER_KEY.address
    bench.runner.start()
    assert bench.turns(3)[-1].stop_reason is StopReason.NO_PERMIT
    bench.door.start = signed_start(challenge=bench.permits.start_challenge(), valid_until=NOW + 600)
    assert bench.turns(5)[-1].stop_reason is None
    bench.runner.stop()
    bench.turns(1)
    bench.runner.start()
    assert bench.turns(3)[-1].stop_reason is StopReason.NO_PERMIT


def test_a_start_of_a_stranger_is_reported_and_starts_nothing():
    bench = Bench()
    bench.door.starter = STARTER_KEY.address
    bench.door.start = signed_start(STRANGER_KEY, challenge=bench.permits.start_challenge())
    bench.runner.start()
    assert bench.turns(5)[-1].stop_reason is StopReason.NO_PERMIT
    assert {refused.code for refused in bench.refusals} == {"forged"}


def test_a_clock_set_back_bends_neither_samples_nor_readings():
    bench = Bench(pace=Pace(reading_every_ms=2_000))
    bench.runner.start()
    bench.turns(5)
    bench.clock.set_back(3_500)
    bench.turns(10)
    bench.check_telemetry()
    times = [reading.time for reading in bench.door.readings]
    assert times == sorted(times)


def test_an_unsynchronised_clock_needs_challenges_and_says_so():
    bench = Bench(hold=5_000, synchronised=False, standing_per_day=864_000)
    bench.clock.set_back(NOW * 1_000 - 5_000)
    bench.door.clock = ManualClock()
    bench.runner.start()
    reports = bench.turns(30)
    assert reports[-1].stop_reason is StopReason.NO_BALANCE
    assert all(reading.flags & Flag.CLOCK_NOT_SYNCHRONISED for reading in bench.door.readings)
    assert all(report.charge <= report.charge_limit for report in reports if report.sample)
    assert bench.refusals == []


def test_a_forged_permit_is_reported_and_not_used():
    bench = Bench()
    bench.door.block = 40
    bench.runner.start()
    bench.turns(2)
    bench.door.block = 39
    bench.turns(12)
    assert {refused.code for refused in bench.refusals} == {"old_block"}


def test_a_door_that_refuses_is_reported():
    bench = Bench()
    bench.door.answer = httpx.Response(404, json={"code": "unknown_agreement"})
    bench.runner.start()
    assert bench.turns(1)[-1].stop_reason is StopReason.NO_PERMIT
    assert [refused.code for refused in bench.refusals] == ["unknown_agreement"]


def test_the_loop_ends_its_session_and_sends_everything():
    bench = Bench()
    bench.runner.start()
    reports, left = [], iter(range(8))
    bench.runner.run(lambda: next(left, None) is not None, reports.append)
    assert len(reports) == 9
    assert reports[-1].stop_reason is StopReason.LOCAL_STOP
    assert bench.door.readings[-1].flags & Flag.SESSION_END
    assert bench.meter.pending_readings() == bench.meter.pending_telemetry() == []


@pytest.mark.parametrize("running", [True, False])
def test_the_final_reading_closes_the_agreement(running):
    bench = Bench()
    if running:
        bench.runner.start()
        bench.turns(4)
    bench.runner.finish()
    last = bench.door.readings[-1]
    assert last.flags == (Flag.FINAL | Flag.SESSION_END if running else Flag.FINAL)
    assert last.asset_id == ASSET
    assert bench.turns(1)[-1].stop_reason is StopReason.ENDED


def test_after_a_power_cut_it_goes_on_where_it_was():
    bench = Bench()
    bench.runner.start()
    bench.turns(6)
    again = Bench(disk=MemoryDisk(bench.disk.files))
    again.door.last = bench.door.last
    assert again.meter.registers(AGREEMENT) == bench.meter.registers(AGREEMENT)
    again.runner.start()
    again.turns(15)
    assert Flag.POWER_FAILURE in Flag(again.door.readings[0].flags)
    assert sum(again.meter.registers(AGREEMENT)) > sum(bench.meter.registers(AGREEMENT))
