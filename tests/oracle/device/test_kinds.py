"""Every kind of machine there is: the same by its seed, never beyond its permit, stopped by its tariff's limits."""

from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.device.client import IngestClient
from oracle.device.machines import kinds
from oracle.device.machines.car import Car
from oracle.device.machines.engine import Engine
from oracle.device.machines.milk import MilkRobot
from oracle.device.machines.washer import Programme, Washer
from oracle.device.runner import Pace, Runner
from oracle.domain.reconciliation import Accepted, reconcile, reconcile_readings
from oracle.domain.stop_reasons import StopReason
from oracle.domain.tariffs import charge
from oracle.tariffs import published_tariff
from tests.oracle.device.support import (
    AGREEMENT,
    NOW,
    STARTER_KEY,
    TARIFF_ID,
    Door,
    ManualClock,
    meter,
    permit_check,
    signed_start,
)
from tests.oracle.domain.support import CURRENCY

KINDS = tuple(kinds())
START_MS = NOW * 1_000
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)
SHORT = (Programme(6_000, 40_000, 1_000), Programme(9_000, 60_000, 1_400), Programme(4_000, 90_000, 1_400))
EUR = 1_000_000


def build(kind, seed=1):
    made = kinds()[kind]
    return made.build(published_tariff(made.tariff), seed)


def steps(machine, levels, step_ms=1_000):
    done = []
    for number, level in enumerate(levels, 1):
        machine.level = level
        done.append(machine.run(START_MS + step_ms * number, step_ms))
    return done


class Bench:
    """A machine of a kind under its own published tariff, its device and a door."""

    def __init__(self, kind, hold=20 * EUR, level=1, seed=1, pace=None, machine=None):
        self.clock = ManualClock()
        self.door = Door(self.clock)
        self.door.hold = hold
        self.published = published_tariff(kinds()[kind].tariff)
        self.tariff = self.published.tariff(CURRENCY)
        self.machine = machine or build(kind, seed)
        self.machine.level = level
        self.meter = meter()
        self.permits = permit_check(self.clock, tariffs={TARIFF_ID: self.tariff})
        self.refusals = []
        self.runner = Runner(
            AGREEMENT,
            self.machine,
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

    def registers(self):
        return self.meter.registers(AGREEMENT)

    def check_readings(self):
        last = None
        for reading in self.door.readings:
            telemetry = self.door.telemetry.get(reading.sequence)
            assert reconcile_readings(last, reading, self.published.odometer_registers) == Accepted()
            assert reconcile(last, reading, telemetry, self.published.load_levels) == Accepted()
            last = reading


def test_these_kinds_are_there_and_each_has_its_tariff():
    assert {"drill", "washer", "milk", "car", "engine"} <= set(KINDS)
    named = {f"{kind.tariff}.json" for kind in kinds().values()}
    assert named <= {file.name for file in files("oracle.tariffs").iterdir()}


@EVERY_KIND
@given(levels=st.lists(st.integers(0, 3), max_size=20), step_ms=st.integers(1, 5_000), seed=st.integers(0, 2**32))
def test_the_same_seed_does_the_same(kind, levels, step_ms, seed):
    assert steps(build(kind, seed), levels, step_ms) == steps(build(kind, seed), levels, step_ms)


@EVERY_KIND
@given(levels=st.lists(st.integers(0, 3), max_size=30), step_ms=st.integers(1, 200_000), seed=st.integers(0, 2**16))
def test_a_step_never_adds_more_than_announced_and_the_odometer_counts_what_its_terms_say(kind, levels, step_ms, seed):
    machine = build(kind, seed)
    published = published_tariff(kinds()[kind].tariff)
    for number, level in enumerate(levels, 1):
        machine.level = level
        announced = machine.outcomes(step_ms)
        step = machine.run(START_MS + step_ms * number, step_ms)
        assert all(growth >= 0 for growth in step.growth)
        assert any(all(g <= a for g, a in zip(step.growth, most, strict=True)) for most in announced)
        assert step.odometer == sum(step.growth[index] for index in published.odometer_registers)
        assert not any(step.growth[len(published.registers) :])
        assert (step.sample.duration_ms, step.sample.ended_at_ms) == (step_ms, START_MS + step_ms * number)


@EVERY_KIND
@given(level=st.integers(0, 3), durations=st.lists(st.integers(0, 10_000), min_size=1), seed=st.integers(0, 2**16))
def test_what_a_step_may_cost_never_shrinks_with_its_duration(kind, level, durations, seed):
    machine = build(kind, seed)
    machine.level = level
    tariff = published_tariff(kinds()[kind].tariff).tariff(CURRENCY)
    dearest = [max(charge(tariff, growth, 0) for growth in machine.outcomes(ms)) for ms in [0, *sorted(durations)]]
    assert dearest == sorted(dearest)
    assert dearest[0] == 0


@EVERY_KIND
@settings(max_examples=20)
@given(
    hold=st.integers(0, 8 * EUR),
    top_ups=st.lists(st.integers(0, 3 * EUR), max_size=3),
    levels=st.lists(st.integers(0, 3), min_size=1, max_size=25),
    seed=st.integers(0, 2**16),
    step_ms=st.integers(50, 60_000),
)
def test_its_own_charge_never_exceeds_its_permit(kind, hold, top_ups, levels, seed, step_ms):
    pace = Pace(step_ms=step_ms, reading_every_ms=3 * step_ms)
    bench = Bench(kind, hold, seed=seed, pace=pace)
    bench.runner.start()
    for top_up in [0, *top_ups]:
        bench.door.hold += top_up
        bench.door.block += 1
        for level in levels:
            bench.machine.level = level
            report = bench.runner.turn()
            allowed = bench.door.settled + bench.door.hold
            assert report.sample is None or report.charge <= report.charge_limit <= allowed
            for reading in bench.door.readings[-2:]:
                elapsed = reading.time - bench.door.opened_at
                assert charge(bench.tariff, reading.registers, elapsed) <= allowed
    bench.check_readings()
    assert bench.refusals == []


@EVERY_KIND
def test_stops_at_its_limit_and_goes_on_after_a_top_up(kind):
    step = Pace(step_ms=20_000, reading_every_ms=60_000)
    machine = Washer(1, SHORT) if kind == "washer" else None
    bench = Bench(kind, hold=200 * EUR if kind == "engine" else 3 * EUR, level=3, pace=step, machine=machine)
    bench.runner.start()

    def until_it_stops():
        for _ in range(3_000):
            bench.machine.level = 3
            report = bench.runner.turn()
            if report.stop_reason is not None:
                return report.stop_reason
        raise AssertionError("it runs for ever")

    bench.turns(2)
    assert until_it_stops() is StopReason.NO_BALANCE
    before, allowed = bench.registers(), bench.door.settled + bench.door.hold
    assert charge(bench.tariff, before, 0) <= allowed
    bench.door.hold += 130 * EUR
    bench.door.block += 1
    bench.turns(5)
    assert bench.registers() > before
    bench.check_readings()


def test_a_cycle_counts_as_it_begins_and_an_interrupted_one_only_once():
    bench = Bench("washer", level=2, machine=Washer(1, SHORT))
    bench.runner.start()
    reports = bench.turns(5)
    assert [report.level for report in reports] == [0, 2, 2, 2, 2]
    assert bench.registers() == (0, 1, 0, 0)
    bench.runner.stop()
    bench.turns(3)
    bench.runner.start()
    levels = [report.level for report in bench.turns(10)]
    assert levels.count(2) == 5
    assert bench.registers() == (0, 1, 0, 0)


def test_a_cycle_begins_only_where_all_of_it_is_paid_for():
    price = 2_200_000
    bench = Bench("washer", hold=price + 1_000, level=3, machine=Washer(1, SHORT))
    bench.runner.start()
    bench.turns(8)
    assert bench.registers() == (0, 0, 1, 0)
    bench.machine.level = 3
    assert bench.turns(4)[-1].stop_reason is StopReason.NO_BALANCE
    assert bench.registers() == (0, 0, 1, 0)
    bench.door.hold += price
    bench.door.block += 1
    bench.turns(6)
    assert bench.registers() == (0, 0, 2, 0)


def test_a_finished_washer_ends_its_session():
    bench = Bench("washer", level=1, machine=Washer(1, SHORT), pace=Pace(step_ms=60_000, reading_every_ms=600_000))
    bench.runner.start()
    assert bench.turns(33)[-1].stop_reason is StopReason.IDLE
    assert not bench.runner.in_session


@pytest.mark.parametrize(("level", "low", "high"), [(0, 0, 0), (1, 24, 36), (2, 64, 96), (3, 96, 144)])
def test_a_car_drives_as_far_as_its_speed_says(level, low, high):
    car = Car(7)
    metres = sum(step.growth[0] for step in steps(car, [level] * 3_600))
    assert low * 1_000 <= metres <= high * 1_000


@settings(max_examples=20)
@given(step_ms=st.integers(100, 3_000))
def test_fractions_of_a_unit_add_up(step_ms):
    count = 120_000 // step_ms
    robot = MilkRobot(3)
    fine = sum(step.growth[0] for step in steps(robot, [2] * count, step_ms))
    assert 2_000 * count * step_ms // 60_000 - 1 <= fine <= 4_000 * count * step_ms // 60_000 + 1


def test_a_parked_car_ends_its_session_by_the_tariff():
    bench = Bench("car", pace=Pace(step_ms=30_000, reading_every_ms=300_000))
    bench.runner.start()
    bench.turns(4)
    bench.machine.level = 0
    reports = bench.turns(40)
    assert [report.stop_reason for report in reports[:30]] == [None] * 30
    assert reports[30].stop_reason is StopReason.IDLE
    assert bench.tariff.idle_stop == 900


def test_the_longest_session_of_the_car_is_its_tariff_s():
    bench = Bench("car", hold=10_000 * EUR, level=1, pace=Pace(step_ms=60_000, reading_every_ms=1_800_000))
    bench.door.validity = 90_000
    bench.runner.start()
    reports = bench.turns(1 + 720 + 1)
    assert [report.stop_reason for report in reports[1:-1]] == [None] * 720
    assert reports[-1].stop_reason is StopReason.SESSION_LIMIT
    assert bench.tariff.session_cap == 720 * 60


def test_a_shared_car_drives_only_for_who_answers_its_challenge_and_once_for_each_answer():
    bench = Bench("car")
    bench.door.starter = STARTER_KEY.address
    bench.runner.start()
    assert bench.turns(3)[-1].stop_reason is StopReason.NO_PERMIT
    bench.door.start = signed_start(challenge=bench.permits.start_challenge(), valid_until=NOW + 600)
    assert bench.turns(5)[-1].stop_reason is None
    bench.runner.stop()
    bench.turns(1)
    bench.runner.start()
    assert bench.turns(3)[-1].stop_reason is StopReason.NO_PERMIT


def test_an_engine_counts_seconds_and_start_ups():
    engine = Engine(1)
    done = steps(engine, [1, 3, 3, 2, 0, 0, 1, 0, 3], step_ms=1_500)
    assert sum(step.growth[1] for step in done) == 3
    assert sum(step.growth[0] for step in done) == 6 * 1_500 // 1_000
    assert sum(step.odometer for step in done) == 9
