"""Signed status: who may say what about an asset, and how far the odometer follows."""

from __future__ import annotations

import pytest

from tests.contracts.registry.signing import compact, digest, key, sign, with_high_s
from tests.contracts.registry.world import DAY, now, wait_until
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

UP, DOWN, IN_MAINTENANCE, MOVED, SERVICE_RESET = range(5)
HOUR = 3_600


@pytest.fixture
def asset(world):
    asset, _ = world.metered()
    return asset


@pytest.fixture
def meter():
    return key("meter 1")


def test_anyone_relays_a_status_that_the_meter_signed(world, asset, meter):
    time = now()
    transaction = world.record(meter, (asset, 1, time, DOWN, 77, 0))
    assert_events(
        transaction,
        event("StatusRecorded", asset=asset, sequence=1, time=time, state=DOWN, faultCode=77, odometer=0),
    )
    assert world.meters.odometerOf(asset) == (1, time, DOWN, 77, 0, 0, transaction.timestamp)


def test_the_digest_is_the_published_one(world):
    status = (3, 4, 5, 1, 6, 7)
    assert bytes(world.meters.digestOfStatus(status)) == digest("Status", status, world.meters)


def test_without_a_meter_there_is_no_status(world, meter):
    asset = world.register()
    with typed_error("Meters_NoMeter", asset):
        world.record(meter, (asset, 1, now(), UP, 0, 0))


def test_signatures_of_64_bytes_count_too(world, asset, meter):
    status = (asset, 1, now(), UP, 0, 0)
    signature = compact(sign(meter, "Status", status, world.meters))
    assert world.meters.verifyStatus(status, signature)
    world.meters.recordStatus(status, signature, {"from": world.stranger})
    assert world.meters.odometerOf(asset)[0] == 1


def test_bad_signatures_are_refused(world, asset, meter):
    status = (asset, 1, now(), UP, 0, 0)
    good = sign(meter, "Status", status, world.meters)
    bad = {
        "high s": with_high_s(good),
        "high s, 64 bytes": compact(with_high_s(good)),
        "other recovery": good[:64] + bytes([55 - good[64]]),
        "v of 0": good[:64] + bytes([good[64] - 27]),
        "too long": good + b"\x00",
        "too short": good[:63],
        "empty": b"",
        "zeros": bytes(65),
        "other key": sign(key("impostor"), "Status", status, world.meters),
        "other contract": sign(meter, "Status", status, world.assets),
        "other chain": sign(meter, "Status", status, world.meters, chain_id=1),
    }
    for signature in bad.values():
        assert not world.meters.verifyStatus(status, signature)
        with typed_error("Meters_SignatureInvalid", asset, meter.address):
            world.meters.recordStatus(status, signature, {"from": world.stranger})


@pytest.mark.parametrize("position", range(1, 6))
def test_the_signature_covers_every_field(world, asset, meter, position):
    signed = [asset, 1, now() - 5, UP, 0, 0]
    signature = sign(meter, "Status", tuple(signed), world.meters)
    signed[position] += 1
    assert not world.meters.verifyStatus(tuple(signed), signature)
    with typed_error("Meters_SignatureInvalid", asset, meter.address):
        world.meters.recordStatus(tuple(signed), signature, {"from": world.stranger})


def test_a_status_of_another_asset_is_not_this_ones(world, asset, meter):
    other, _ = world.metered(2)
    status = (asset, 1, now(), UP, 0, 0)
    signature = sign(meter, "Status", status, world.meters)
    assert not world.meters.verifyStatus((other, *status[1:]), signature)


def test_verifying_records_nothing_and_asks_nothing_but_the_signature(world, asset, meter):
    status = (asset, 9, now() + 10 * DAY, UP, 0, 2**48 - 1)
    assert world.meters.verifyStatus(status, sign(meter, "Status", status, world.meters))
    assert not world.meters.verifyStatus((99, *status[1:]), b"")
    assert world.meters.odometerOf(asset)[0] == 0


@pytest.mark.parametrize("state", [5, 255])
def test_there_are_five_states(world, asset, meter, state):
    with typed_error("Meters_StateUnknown", state):
        world.record(meter, (asset, 1, now(), state, 0, 0))


@pytest.mark.parametrize("sequence", [0, 4, 5])
def test_the_sequence_rises(world, asset, meter, sequence):
    world.record(meter, (asset, 5, now(), UP, 0, 0))
    with typed_error("Meters_StaleStatus", asset, sequence, 5):
        world.record(meter, (asset, sequence, now(), UP, 0, 0))


def test_sequences_may_be_left_out(world, asset, meter):
    for sequence in (3, 2**32 - 1):
        world.record(meter, (asset, sequence, now(), UP, 0, 0))
    assert world.meters.odometerOf(asset)[0] == 2**32 - 1


def test_a_clock_may_be_two_minutes_ahead_and_no_more(world, asset, meter):
    at = now() + HOUR
    wait_until(at)
    with typed_error("Meters_TimeAhead", asset, at + 121, at):
        world.record(meter, (asset, 1, at + 121, UP, 0, 0))
    wait_until(at + 1)
    world.record(meter, (asset, 1, at + 121, UP, 0, 0))
    assert world.meters.odometerOf(asset)[1] == at + 121


def test_the_time_of_a_status_never_falls(world, asset, meter):
    time = now()
    world.record(meter, (asset, 1, time, UP, 0, 0))
    with typed_error("Meters_TimeFell", asset, time - 1, time):
        world.record(meter, (asset, 2, time - 1, UP, 0, 0))
    world.record(meter, (asset, 2, time, UP, 0, 0))


# Changes of meter


def replace(world, asset, old, *, odometer=0, epoch=2, name="new meter"):
    new = key(name)
    world.announce(world.binding(asset, new, epoch, odometer=odometer), new, old=old)
    return new


def test_the_status_of_a_replaced_meter_counts_no_more(world, asset, meter):
    new = replace(world, asset, meter)
    status = (asset, 1, now(), UP, 0, 0)
    signature = sign(meter, "Status", status, world.meters)
    assert not world.meters.verifyStatus(status, signature)
    with typed_error("Meters_SignatureInvalid", asset, new.address):
        world.meters.recordStatus(status, signature, {"from": world.stranger})


def test_a_stolen_key_that_used_up_the_sequence_does_not_silence_the_next_meter(world, asset, meter):
    world.record(meter, (asset, 2**32 - 1, now(), UP, 0, 0))
    new = replace(world, asset, meter)
    world.record(new, (asset, 1, now(), DOWN, 0, 0))
    assert world.meters.odometerOf(asset)[:3:2] == (1, DOWN)


# The odometer


def test_the_rate_is_declared_once_by_owner_or_maker(world, asset):
    for declarer in ("provider", "maker"):
        number = 10 if declarer == "maker" else 11
        machine = world.register(number)
        by = getattr(world, declarer)
        assert_events(
            world.meters.declareOdometerRate(machine, 50, {"from": by}),
            event("OdometerRateDeclared", asset=machine, ratePerDay=50),
        )
        for again in (world.provider, world.maker):
            with typed_error("Meters_RateAlreadyDeclared", machine, 50):
                world.meters.declareOdometerRate(machine, 60, {"from": again})


def test_nobody_else_declares_the_rate(world, asset):
    with typed_error("Meters_NotTitleOwner", asset, world.stranger, world.provider):
        world.meters.declareOdometerRate(asset, 50, {"from": world.stranger})


def test_a_rate_is_not_zero(world, asset):
    with typed_error("Meters_ZeroRate"):
        world.meters.declareOdometerRate(asset, 0, {"from": world.provider})


def test_before_a_rate_is_declared_the_odometer_stands_still(world, meter):
    asset, _ = world.metered(odometer=1_000)
    world.record(meter, (asset, 1, now(), UP, 0, 1_000))
    with typed_error("Meters_OdometerTooFast", asset, 1_001, 1_000):
        world.record(meter, (asset, 2, now(), UP, 0, 1_001))


def test_the_first_meter_brings_the_odometer_of_a_used_machine(world):
    asset, _ = world.metered(odometer=1_000)
    assert world.meters.odometerOf(asset)[4] == 1_000
    assert world.meters.odometerOf(asset)[6] == world.meters.meterOf(asset)[4]


def test_the_odometer_never_falls(world, meter):
    asset, _ = world.metered(odometer=1_000)
    with typed_error("Meters_OdometerFell", asset, 999, 1_000):
        world.record(meter, (asset, 1, now(), UP, 0, 999))


def test_the_odometer_grows_by_at_most_rate_times_time(world, asset, meter):
    world.meters.declareOdometerRate(asset, 24, {"from": world.provider})
    since = world.meters.odometerOf(asset)[6]
    at = since + 10 * HOUR
    wait_until(at - 1)
    with typed_error("Meters_OdometerTooFast", asset, 10, 9):
        world.record(meter, (asset, 1, since, UP, 0, 10))
    wait_until(at)
    world.record(meter, (asset, 1, since, UP, 0, 10))
    assert world.meters.odometerOf(asset)[4:] == (10, 24, at)


def test_a_rate_declared_late_counts_from_the_last_checkpoint(world, asset, meter):
    since = world.meters.odometerOf(asset)[6]
    wait_until(since + 10 * DAY)
    world.meters.declareOdometerRate(asset, 24, {"from": world.provider})
    world.record(meter, (asset, 1, since, UP, 0, 240))
    assert world.meters.odometerOf(asset)[4] == 240


def test_what_an_idle_machine_did_not_use_is_gone_but_for_a_fraction_of_a_unit(world, asset, meter):
    world.meters.declareOdometerRate(asset, 24, {"from": world.provider})
    since = world.meters.odometerOf(asset)[6]
    wait_until(since + 10 * DAY)
    world.record(meter, (asset, 1, since, UP, 0, 0))
    assert world.meters.odometerOf(asset)[6] == since + 10 * DAY - HOUR + 1
    wait_until(since + 10 * DAY + HOUR)
    with typed_error("Meters_OdometerTooFast", asset, 2, 1):
        world.record(meter, (asset, 2, since, UP, 0, 2))


def test_frequent_reports_do_not_hold_a_slow_counter_at_zero(world, asset, meter):
    """Ten cycles a day and a status every hour: the fraction of a cycle adds up."""
    world.meters.declareOdometerRate(asset, 10, {"from": world.provider})
    since = world.meters.odometerOf(asset)[6]
    for hour in (1, 2):
        wait_until(since + hour * HOUR)
        world.record(meter, (asset, hour, since, UP, 0, 0))
    wait_until(since + 3 * HOUR)
    world.record(meter, (asset, 3, since, UP, 0, 1))
    assert world.meters.odometerOf(asset)[4] == 1


def test_a_later_meter_may_not_stand_below_the_checkpoint(world, meter):
    asset, _ = world.metered(odometer=1_000)
    new = key("new meter")
    with typed_error("Meters_OdometerFell", asset, 999, 1_000):
        world.announce(world.binding(asset, new, 2, odometer=999), new, old=meter)


def test_a_later_meter_does_not_move_the_checkpoint(world, meter):
    asset, _ = world.metered(odometer=1_000)
    before = world.meters.odometerOf(asset)
    replace(world, asset, meter, odometer=1_500)
    assert world.meters.odometerOf(asset) == before
