"""How far a meter is to be trusted, and who may say so."""

from __future__ import annotations

import pytest

from tests.contracts.registry.signing import key
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

OLD, NEW = key("meter 1"), key("new meter")


@pytest.fixture
def asset(world):
    """Has the meter OLD."""
    asset, _ = world.metered()
    return asset


@pytest.mark.parametrize("grade", [0, 1])
def test_the_owner_declares_attester_or_software_key(world, grade):
    asset, meter = world.register(), key("meter 1")
    world.announce(world.binding(asset, meter), meter, grade=grade)
    assert world.meters.gradeOf(asset) == grade


def test_the_owner_does_not_declare_a_secure_element(world):
    asset, meter = world.register(), key("meter 1")
    with typed_error("Meters_GradeNeedsMaker", 2):
        world.announce(world.binding(asset, meter), meter, grade=2)


def test_a_maker_that_owns_the_machine_declares_a_secure_element(world):
    asset, meter = world.register(owner=world.maker), key("meter 1")
    world.announce(world.binding(asset, meter), meter, grade=2, by=world.maker)
    assert world.meters.gradeOf(asset) == 2


def test_there_are_three_grades(world):
    asset, meter = world.register(), key("meter 1")
    with typed_error("Meters_GradeUnknown", 3):
        world.announce(world.binding(asset, meter), meter, grade=3)


def test_the_maker_attests_a_secure_element(world, asset):
    transaction = world.meters.attestGrade(asset, 1, 2, {"from": world.maker})
    assert_events(transaction, event("GradeAttested", asset=asset, epoch=1, grade=2))
    assert world.meters.meterOf(asset)[2] == 2


def test_an_attested_grade_ends_with_its_meter(world, asset):
    world.meters.attestGrade(asset, 1, 2, {"from": world.maker})
    world.announce(world.binding(asset, NEW, 2), NEW, old=OLD)
    assert world.meters.gradeOf(asset) == 1


def test_the_maker_attests_only_the_present_meter(world, asset):
    for epoch in (0, 2):
        with typed_error("Meters_WrongEpoch", asset, epoch, 1):
            world.meters.attestGrade(asset, epoch, 2, {"from": world.maker})


def test_the_maker_does_not_lower_a_grade(world, asset):
    for grade in (0, 1, 3):
        with typed_error("Meters_GradeUnknown", grade):
            world.meters.attestGrade(asset, 1, grade, {"from": world.maker})


def test_nobody_else_attests(world, asset):
    with typed_error("Meters_NotMaker", asset, world.provider, world.maker):
        world.meters.attestGrade(asset, 1, 2, {"from": world.provider})


def test_there_is_no_grade_without_a_meter(world):
    asset = world.register()
    with typed_error("Meters_NoMeter", asset):
        world.meters.attestGrade(asset, 0, 2, {"from": world.maker})
