"""Building parts in: who agrees, what fits, what becomes of titles and offers."""

from __future__ import annotations

import brownie
import pytest

from tests.contracts.registry.tree import NO_REASON, ORDER, attach, built, reason
from tests.contracts.registry.world import NOTHING, RETIRED, ZERO
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event


@pytest.fixture
def machine(world):
    return world.register(1)


@pytest.fixture
def part(world):
    return world.register(2)


@pytest.fixture
def foreign(world):
    """A part of the buyer's."""
    return world.register(3, world.buyer)


def test_a_part_stands_in_its_parent(world, machine, part):
    done = attach(world, part, machine)
    assert_events(
        done,
        event("PartAttached", part=part, parent=machine, root=machine, odometer=0, source=world.steps, step=ORDER),
    )
    assert world.assets.parentOf(part) == machine
    assert world.components.partsOf(machine) == (part,)
    assert world.components.rootOf(part) == machine
    assert world.components.withParts(machine) == (machine, part)
    assert world.assets.titleEpochOf(part) == 0


def test_both_owners_agree(world, machine, foreign):
    why = reason(world, machine)
    with typed_error("Components_StepConsentMissing", foreign, machine, world.buyer):
        attach(world, foreign, machine, why=why)
    with typed_error("Components_StepConsentMissing", foreign, machine, world.provider):
        attach(world, foreign, machine, by=world.buyer, why=why)
    consent = world.components.consentToAttach(foreign, machine, why, {"from": world.buyer})
    assert_events(
        consent, event("AttachConsented", part=foreign, parent=machine, by=world.buyer, source=why[0], step=ORDER)
    )
    attach(world, foreign, machine, why=why)
    assert world.assets.ownerOf(foreign) == world.provider
    assert world.assets.titleEpochOf(foreign) == 1


def test_a_worker_builds_in_with_the_consent_of_both(world, machine, foreign):
    why = reason(world, machine)
    for owner in (world.provider, world.buyer):
        world.components.consentToAttach(foreign, machine, why, {"from": owner})
    attach(world, foreign, machine, by=world.stranger, why=why)
    assert world.assets.ownerOf(foreign) == world.provider


def test_a_consent_is_to_this_reason_alone(world, machine, foreign):
    world.components.consentToAttach(foreign, machine, reason(world, machine), {"from": world.buyer})
    world.steps.set(machine, ORDER + 1, True, {"from": world.stranger})
    with typed_error("Components_StepConsentMissing", foreign, machine, world.buyer):
        attach(world, foreign, machine, why=(world.steps.address, ORDER + 1))


@pytest.mark.parametrize("which", ["part", "machine"])
def test_a_consent_lapses_when_either_title_moves(world, machine, foreign, which):
    why = reason(world, machine)
    world.components.consentToAttach(foreign, machine, why, {"from": world.buyer})
    owner, asset = (world.buyer, foreign) if which == "part" else (world.provider, machine)
    world.assets.transferFrom(owner, owner, asset, {"from": owner})
    with typed_error("Components_StepConsentMissing", foreign, machine, world.buyer):
        attach(world, foreign, machine, why=why)


def test_a_consent_lapses_when_the_part_is_taken_out(world, machine, part):
    why = reason(world, machine)
    world.components.consentToAttach(part, machine, why, {"from": world.provider})
    attach(world, part, machine, by=world.stranger, why=why)
    world.components.detach(part, world.provider, why, {"from": world.provider})
    with typed_error("Components_StepConsentMissing", part, machine, world.provider):
        attach(world, part, machine, by=world.stranger, why=why)


def test_a_part_stands_in_one_machine(world, machine, part):
    attach(world, part, machine)
    other = world.register(4)
    with typed_error("Assets_IsPart", part, machine):
        attach(world, part, other)


def test_nothing_stands_in_itself(world):
    first, second, third = built(world, 1, 2, 3)
    for inner in (first, second, third):
        with typed_error("Components_Circular", first, inner):
            attach(world, first, inner, why=reason(world, inner))


def test_what_does_not_exist_is_no_part_and_no_parent(world, machine):
    with typed_error("Assets_Unknown", 99):
        attach(world, 99, machine)
    with typed_error("Assets_Unknown", 99):
        attach(world, machine, 99)


def test_a_part_with_open_agreements_is_not_built_in(world, machine, part):
    world.agreements.set(part, 2, 0, {"from": world.stranger})
    with typed_error("Assets_OpenAgreements", part, 2):
        attach(world, part, machine)


def test_a_machine_in_use_takes_parts(world, machine, part):
    world.agreements.set(machine, 2, 0, {"from": world.stranger})
    attach(world, part, machine)
    assert world.assets.parentOf(part) == machine


@pytest.mark.parametrize("retired", [0, 1])
def test_what_is_retired_takes_no_parts_and_is_none(world, machine, part, retired):
    asset = (machine, part)[retired]
    world.retire(asset)
    with typed_error("Assets_Retired", asset):
        attach(world, part, machine)


def test_four_levels_and_no_more(world):
    chain = built(world, 1, 2, 3, 4, 5)
    with typed_error("Components_TooManyLevels", world.register(6), chain[-1], 5, 4):
        attach(world, 6, chain[-1])
    top = world.register(7)
    with typed_error("Components_TooManyLevels", chain[0], top, 5, 4):
        attach(world, chain[0], top)


def test_32_parts_in_one_asset_and_64_in_one_machine(world, machine):
    inner = [world.register(number) for number in range(10, 74)]
    why = reason(world, machine, inner[0])
    for part in inner[:32]:
        attach(world, part, machine, why=why)
    with typed_error("Components_TooManyParts", machine, 33, 32):
        attach(world, inner[32], machine, why=why)
    for part in inner[32:]:
        attach(world, part, inner[0], why=why)
    last = world.register(80)
    with typed_error("Components_MachineTooLarge", machine, 65, 64):
        attach(world, last, inner[1], why=reason(world, inner[1]))
    world.assets.transferFrom(world.provider, world.buyer, machine, {"from": world.provider})
    assert {world.assets.ownerOf(part) for part in inner} == {world.buyer}


# Reasons


def test_without_a_reason_only_the_maker_assembles_what_is_not_yet_in_service(world, machine, part):
    with typed_error("Components_ReasonMissing", machine, world.provider):
        attach(world, part, machine, why=NO_REASON)
    world.components.consentToAttach(part, machine, NO_REASON, {"from": world.provider})
    attach(world, part, machine, by=world.maker, why=NO_REASON)
    world.assets.setLifecycle(machine, 1, NOTHING, {"from": world.provider})
    other = world.register(4)
    world.components.consentToAttach(other, machine, NO_REASON, {"from": world.provider})
    with typed_error("Components_ReasonMissing", machine, world.maker):
        attach(world, other, machine, by=world.maker, why=NO_REASON)


def test_who_declared_a_machine_assembles_it_and_its_claimed_maker_does_not(world, part):
    declared = world.assets.registerSelfDeclared(
        world.maker, b"m".ljust(32, b"\0"), b"s".ljust(32, b"\0"), world.provider, {"from": world.stranger}
    ).return_value
    world.components.consentToAttach(part, declared, NO_REASON, {"from": world.provider})
    with typed_error("Components_ReasonMissing", declared, world.maker):
        attach(world, part, declared, by=world.maker, why=NO_REASON)
    attach(world, part, declared, by=world.stranger, why=NO_REASON)


def test_a_reason_comes_from_a_recorder_that_is_a_contract(world, machine, part):
    with typed_error("Components_NotRecorder", world.meters):
        attach(world, part, machine, why=(world.meters.address, 1))
    world.assets.appointRecorder(world.stranger, True, {"from": world.admin})
    with typed_error("Components_NotRecorder", world.stranger):
        attach(world, part, machine, why=(world.stranger.address, 1))


def test_a_reason_is_a_step_at_this_machine(world, machine, part):
    why = reason(world, part)
    with typed_error("Components_NoSuchStep", machine, world.steps, ORDER):
        attach(world, part, machine, why=why)


def test_work_on_the_machine_is_a_reason_for_parts_of_its_assemblies(world):
    machine, assembly = built(world, 1, 2)
    part = world.register(3)
    attach(world, part, assembly, why=reason(world, machine))
    assert world.components.rootOf(part) == machine


# Titles


def test_a_part_does_not_move_alone(world, machine, part):
    attach(world, part, machine)
    world.assets.approve(world.buyer, part, {"from": world.provider})
    for by in (world.provider, world.buyer):
        with typed_error("Assets_IsPart", part, machine):
            world.assets.transferFrom(world.provider, world.buyer, part, {"from": by})


def test_a_machine_takes_its_parts_along_with_all_that_a_transfer_means(world):
    machine, assembly, part = built(world, 1, 2, 3)
    split = world.split(world.provider)
    world.assets.repoint(part, split, {"from": world.provider})
    world.earn(split, 9)
    world.assets.approve(world.stranger, part, {"from": world.provider})
    world.assets.transferFrom(world.provider, world.buyer, machine, {"from": world.provider})
    for asset in (machine, assembly, part):
        assert world.assets.ownerOf(asset) == world.buyer
        assert world.assets.titleEpochOf(asset) == 1
    assert world.assets.balanceOf(world.buyer) == 3
    assert world.assets.getApproved(part) == ZERO
    assert world.balance(world.provider) == 9
    assert world.splitter.controllerOf(world.split_of(part)) == world.buyer


def test_an_assembly_passes_whole(world):
    machine = world.register(1)
    assembly, part = (world.register(number, world.buyer) for number in (2, 3))
    attach(world, part, assembly, by=world.buyer)
    why = reason(world, machine)
    world.components.consentToAttach(assembly, machine, why, {"from": world.buyer})
    attach(world, assembly, machine, why=why)
    assert world.assets.ownerOf(part) == world.provider
    assert world.components.withParts(machine) == (machine, assembly, part)


def test_only_the_components_contract_places_parts(world, machine, part):
    with typed_error("Assets_NotComponents", world.provider):
        world.assets.place([part], machine, world.provider, {"from": world.provider})


def test_a_part_is_not_offered_and_not_retired(world, machine, part):
    world.assets.setEligibility(world.policy, {"from": world.admin})
    world.policy.admit(world.provider, {"from": world.admin})
    assert world.assets.offerRefusal(part) == "0x" + NOTHING.hex()
    attach(world, part, machine)
    assert bytes.fromhex(world.assets.offerRefusal(part).hex()).rstrip(b"\0") == b"part of another asset"
    with typed_error("EndOfLife_IsPart", part, machine):
        world.decide(part)
    with typed_error("Assets_IsPart", part, machine):
        world.assets.setLifecycle(part, RETIRED, NOTHING, {"from": world.provider})


def test_the_receiver_of_a_machine_cannot_take_it_apart_while_it_is_called(world, machine, part):
    receiver = brownie.project.get_loaded_projects()[0].TitleReceiver.deploy({"from": world.buyer})
    attach(world, part, machine)
    call = world.components.detach.encode_input(part, receiver, (world.steps.address, ORDER))
    receiver.plan(world.components, call, {"from": world.buyer})
    with typed_error("ReentrancyGuardReentrantCall"):
        world.assets.safeTransferFrom(world.provider, receiver, machine, {"from": world.provider})
    assert world.assets.ownerOf(part) == world.provider
