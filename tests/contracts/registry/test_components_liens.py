"""I-11 in trees: a lien on a machine covers its parts, and a part's own lien goes on."""

from __future__ import annotations

import pytest

from tests.contracts.registry.tree import NO_REASON, attach, built, detach, reason
from tests.contracts.registry.world import ZERO
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event


@pytest.fixture
def tree(world):
    return built(world, 1, 2, 3)


def pledge(world, asset, lienholder=None):
    world.assets.placeLien(asset, lienholder or world.lienholder, {"from": world.provider})


def test_i11_a_lien_on_the_machine_holds_its_parts(world, tree):
    machine, assembly, part = tree
    pledge(world, machine)
    for asset in (assembly, part):
        with typed_error("Assets_UnderLien", machine, world.lienholder):
            detach(world, asset)
    assert world.components.lienOn(part) == (machine, world.lienholder)


def test_i11_the_lienholder_takes_a_part_out_with_the_owners_consent(world, tree):
    machine, assembly, _ = tree
    pledge(world, machine)
    why = reason(world, machine)
    with typed_error("Components_StepConsentMissing", assembly, machine, world.provider):
        detach(world, assembly, by=world.lienholder, why=why)
    world.components.consentToDetach(assembly, world.provider, why, {"from": world.provider})
    detach(world, assembly, by=world.lienholder, why=why)
    assert world.assets.parentOf(assembly) == 0


def test_an_excluded_part_comes_out_once(world, tree):
    machine, assembly, part = tree
    pledge(world, machine)
    excluded = world.components.excludeFromLien(assembly, True, {"from": world.lienholder})
    assert_events(excluded, event("PartExcluded", part=assembly, lienholder=world.lienholder, on=True))
    assert world.components.lienOn(assembly) == (0, ZERO)
    assert world.components.lienOn(part) == (machine, world.lienholder)
    detach(world, assembly)
    attach(world, assembly, machine)
    with typed_error("Assets_UnderLien", machine, world.lienholder):
        detach(world, assembly)


def test_an_exclusion_is_taken_back_and_is_nobody_elses(world, tree):
    machine, assembly, _ = tree
    pledge(world, machine)
    world.components.excludeFromLien(assembly, True, {"from": world.stranger})
    with typed_error("Assets_UnderLien", machine, world.lienholder):
        detach(world, assembly)
    for on in (True, False):
        world.components.excludeFromLien(assembly, on, {"from": world.lienholder})
    with typed_error("Assets_UnderLien", machine, world.lienholder):
        detach(world, assembly)


def test_i11_a_machine_does_not_move_with_a_part_under_somebodys_lien(world, tree):
    machine, _, part = tree
    pledge(world, part)
    with typed_error("Assets_UnderLien", part, world.lienholder):
        world.assets.transferFrom(world.provider, world.buyer, machine, {"from": world.provider})
    world.assets.approve(world.lienholder, machine, {"from": world.provider})
    world.assets.transferFrom(world.provider, world.buyer, machine, {"from": world.lienholder})
    assert world.assets.ownerOf(part) == world.buyer
    assert world.assets.lienholderOf(part) == world.lienholder


def test_i11_the_lienholder_moves_the_machine_with_its_parts(world, tree):
    pledge(world, tree[0])
    world.assets.transferFrom(world.provider, world.buyer, tree[0], {"from": world.lienholder})
    assert {world.assets.ownerOf(asset) for asset in tree} == {world.buyer}


def test_a_covered_part_takes_no_second_lien(world, tree):
    machine, assembly, _ = tree
    pledge(world, machine)
    with typed_error("Assets_UnderLien", machine, world.lienholder):
        pledge(world, assembly, world.stranger)
    world.components.excludeFromLien(assembly, True, {"from": world.lienholder})
    pledge(world, assembly, world.stranger)
    assert world.components.lienOn(assembly) == (assembly, world.stranger)


def test_what_is_under_lien_is_built_in_with_its_lienholders_consent(world):
    machine, part = world.register(1), world.register(2)
    pledge(world, part)
    why = reason(world, machine)
    with typed_error("Assets_UnderLien", part, world.lienholder):
        attach(world, part, machine, why=why)
    world.components.consentToAttach(part, machine, why, {"from": world.lienholder})
    attach(world, part, machine, why=why)
    assert world.assets.lienholderOf(part) == world.lienholder


def test_what_is_under_lien_comes_into_a_machine_under_lien_with_both_lienholders_consent(world):
    machine, part = world.register(1), world.register(2)
    pledge(world, machine, world.stranger)
    pledge(world, part)
    why = reason(world, machine)
    world.components.consentToAttach(part, machine, why, {"from": world.lienholder})
    with typed_error("Assets_UnderLien", machine, world.stranger):
        attach(world, part, machine, why=why)
    world.components.consentToAttach(part, machine, why, {"from": world.stranger})
    attach(world, part, machine, why=why)


def test_a_free_part_comes_under_the_machines_lien_by_being_built_in(world):
    machine, part = world.register(1), world.register(2)
    pledge(world, machine)
    attach(world, part, machine)
    with typed_error("Assets_UnderLien", machine, world.lienholder):
        detach(world, part)


def test_i11_a_part_under_lien_goes_to_another_only_with_its_lienholder(world, tree):
    machine, assembly, part = tree
    pledge(world, part)
    why = reason(world, machine)
    world.components.consentToDetach(assembly, world.buyer, why, {"from": world.buyer})
    with typed_error("Assets_UnderLien", part, world.lienholder):
        detach(world, assembly, to=world.buyer, why=why)
    world.components.consentToDetach(assembly, world.buyer, why, {"from": world.lienholder})
    detach(world, assembly, to=world.buyer, why=why)
    assert world.assets.ownerOf(part) == world.buyer


def test_the_parts_own_lienholder_takes_it_without_owner_or_reason(world, tree):
    part = tree[2]
    pledge(world, part)
    detach(world, part, to=world.lienholder, by=world.lienholder, why=NO_REASON)
    assert world.assets.ownerOf(part) == world.lienholder


def test_the_parts_own_lienholder_does_not_take_it_past_the_machines(world, tree):
    machine, _, part = tree
    pledge(world, part)
    pledge(world, machine, world.stranger)
    with typed_error("Assets_UnderLien", machine, world.stranger):
        detach(world, part, to=world.lienholder, by=world.lienholder, why=NO_REASON)
