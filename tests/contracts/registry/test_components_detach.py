"""Taking parts out, and what a part has counted."""

from __future__ import annotations

import pytest
from eth_utils import keccak

from tests.contracts.registry.tree import NO_REASON, ORDER, attach, built, detach, reason, run
from tests.contracts.registry.world import HARVEST, NOTHING, RETIRED, ZERO
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event


@pytest.fixture
def tree(world):
    """A machine with an assembly with a part."""
    return built(world, 1, 2, 3)


def test_a_part_taken_out_stands_alone(world, tree):
    machine, assembly, part = tree
    done = detach(world, assembly)
    assert_events(
        done,
        event(
            "PartDetached", part=assembly, parent=machine, root=machine, odometer=0, use=0,
            source=world.steps, step=ORDER,
        ),
    )  # fmt: skip
    assert world.assets.parentOf(assembly) == 0
    assert world.components.withParts(machine) == (machine,)
    assert world.components.withParts(assembly) == (assembly, part)


def test_what_is_no_part_is_not_taken_out(world, tree):
    with typed_error("Components_NotAPart", tree[0]):
        world.components.detach(tree[0], world.provider, reason(world, tree[0]), {"from": world.provider})
    with typed_error("Components_NotAPart", tree[0]):
        world.components.consentToDetach(tree[0], world.provider, reason(world, tree[0]), {"from": world.provider})


def test_the_owner_and_who_gets_the_part_agree(world, tree):
    machine, assembly, part = tree
    why = reason(world, machine)
    with typed_error("Components_StepConsentMissing", assembly, machine, world.buyer):
        detach(world, assembly, to=world.buyer)
    with typed_error("Components_StepConsentMissing", assembly, machine, world.provider):
        detach(world, assembly, to=world.buyer, by=world.buyer)
    consent = world.components.consentToDetach(assembly, world.buyer, why, {"from": world.buyer})
    assert_events(
        consent, event("DetachConsented", part=assembly, to=world.buyer, by=world.buyer, source=why[0], step=ORDER)
    )
    detach(world, assembly, to=world.buyer)
    assert [world.assets.ownerOf(asset) for asset in tree] == [world.provider, world.buyer, world.buyer]
    assert world.assets.parentOf(part) == assembly


def test_a_part_goes_to_somebody(world, tree):
    with typed_error("Components_StepConsentMissing", tree[1], tree[0], ZERO):
        detach(world, tree[1], to=ZERO)


def test_a_consent_names_who_gets_the_part(world, tree):
    why = reason(world, tree[0])
    world.components.consentToDetach(tree[1], world.buyer, why, {"from": world.provider})
    with typed_error("Components_StepConsentMissing", tree[1], tree[0], world.provider):
        detach(world, tree[1], to=world.stranger, by=world.stranger)


def test_taking_out_needs_a_reason_too(world, tree):
    with typed_error("Components_ReasonMissing", tree[0], world.provider):
        detach(world, tree[1], why=NO_REASON)


def test_a_retired_machine_is_taken_apart_by_the_decision_to_harvest(world, tree):
    machine, assembly, _ = tree
    decision = world.decide(machine, HARVEST).return_value
    world.assets.setLifecycle(machine, RETIRED, NOTHING, {"from": world.provider})
    detach(world, assembly, why=(world.end_of_life.address, decision))
    assert world.assets.parentOf(assembly) == 0
    assert world.assets.assetOf(assembly)[2] == 0


def test_a_part_keeps_its_passport_and_its_history_goes_on(world, tree):
    _, assembly, _ = tree
    world.assets.setPassport(assembly, keccak(text="passport"), "ipfs://x", {"from": world.provider})
    detach(world, assembly)
    world.assets.recordHistory(assembly, keccak(text="harvested"), NOTHING, "", {"from": world.provider})
    assert world.assets.assetOf(assembly)[7] == "0x" + keccak(text="passport").hex()


def test_any_part_of_many_is_taken_out(world):
    machine = world.register(1)
    parts = [world.register(number) for number in range(2, 8)]
    for part in parts:
        attach(world, part, machine)
    for part in (parts[2], parts[5], parts[0]):
        detach(world, part)
    assert set(world.components.partsOf(machine)) == {parts[1], parts[3], parts[4]}


# What a part has counted


def test_a_part_counts_its_machines_odometer_while_it_is_in_it(world):
    machine, part = world.register(1), world.register(2)
    run(world, machine, 100)
    attached = attach(world, part, machine)
    assert attached.events["PartAttached"]["odometer"] == 100
    assert world.components.useOf(part) == 0
    run(world, machine, 130)
    assert world.components.useOf(part) == 30
    detached = detach(world, part)
    assert (detached.events["PartDetached"]["odometer"], detached.events["PartDetached"]["use"]) == (130, 30)
    run(world, machine, 500)
    assert world.components.useOf(part) == 30


def test_the_shares_of_several_machines_add_up(world):
    first, second, part = (world.register(number) for number in (1, 2, 3))
    run(world, second, 1_000)
    attach(world, part, first)
    run(world, first, 40)
    detach(world, part)
    attach(world, part, second)
    run(world, second, 1_007)
    assert world.components.useOf(part) == 47


def test_what_is_in_an_assembly_counts_the_odometer_at_the_top(world):
    machine, assembly, part = (world.register(number) for number in (1, 2, 3))
    run(world, assembly, 5)
    attach(world, part, assembly)
    run(world, assembly, 8)
    run(world, machine, 100)
    attach(world, assembly, machine)
    run(world, machine, 120)
    run(world, assembly, 20)
    assert (world.components.useOf(assembly), world.components.useOf(part)) == (20, 23)
    detach(world, assembly)
    run(world, machine, 900)
    run(world, assembly, 21)
    assert (world.components.useOf(assembly), world.components.useOf(part)) == (20, 24)


def test_a_part_in_a_machine_without_a_meter_counts_nothing(world, tree):
    assert world.components.useOf(tree[1]) == 0
    assert world.components.useOf(world.register(9)) == 0
