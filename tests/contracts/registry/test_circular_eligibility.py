"""The default policy: admitted provider, passport, take-back."""

from __future__ import annotations

import pytest
from eth_utils import keccak

from tests.contracts.registry.world import DAY, NOTHING, container, now, wait_until


@pytest.fixture(scope="module")
def policy(world):
    made = container("CircularEligibility").deploy(world.policy, world.assets, world.end_of_life, {"from": world.admin})
    world.assets.setEligibility(made, {"from": world.admin})
    return made


def refusal(world, asset):
    return bytes(world.assets.offerRefusal(asset)).rstrip(b"\0").decode()


def test_all_three_are_needed_and_said_one_by_one(world, policy):
    asset = world.register()
    assert refusal(world, asset) == "provider not admitted"
    world.policy.admit(world.provider, {"from": world.admin})
    assert refusal(world, asset) == "no material passport"
    world.assets.setPassport(asset, keccak(text="passport"), "ipfs://p", {"from": world.provider})
    assert refusal(world, asset) == "no take-back promised"
    world.end_of_life.promiseTakeBack(asset, now() + DAY, NOTHING, {"from": world.maker})
    assert refusal(world, asset) == ""


def test_a_promise_that_ran_out_or_was_waived_counts_no_more(world, policy):
    world.policy.admit(world.provider, {"from": world.admin})
    first, second = world.register(1), world.register(2)
    for asset in (first, second):
        world.assets.setPassport(asset, keccak(text="passport"), "", {"from": world.provider})
        world.end_of_life.promiseTakeBack(asset, now() + DAY, NOTHING, {"from": world.maker})
    world.end_of_life.waiveTakeBack(first, {"from": world.provider})
    assert refusal(world, first) == "no take-back promised"
    assert refusal(world, second) == ""
    wait_until(now() + 2 * DAY)
    world.register(3)
    assert refusal(world, second) == "no take-back promised"


def test_what_is_retired_or_a_part_is_refused_before_the_policy_is_asked(world, policy):
    asset = world.register()
    world.retire(asset)
    assert refusal(world, asset) == "retired"
