"""What the roles can do to the registry, and that it is no more than that."""

from __future__ import annotations

import pytest

from tests.contracts.registry.signing import key, sign
from tests.contracts.registry.world import MODEL, NOTHING, ZERO, serial
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event


def test_the_guardian_pauses_registration_in_every_form(world):
    world.assets.pause({"from": world.guardian})
    maker = key("maker")
    form = (maker.address, MODEL, serial(1), world.provider.address, 1, 2**40 - 1)
    with typed_error("EnforcedPause"):
        world.assets.register(MODEL, serial(1), world.provider, {"from": world.maker})
    with typed_error("EnforcedPause"):
        world.assets.registerSigned(form, sign(maker, "Register", form, world.assets), {"from": world.stranger})
    with typed_error("EnforcedPause"):
        world.assets.registerSelfDeclared(world.maker, MODEL, serial(1), world.provider, {"from": world.stranger})
    world.assets.unpause({"from": world.guardian})
    assert world.register() == 1


def test_a_pause_stops_nothing_else(world):
    asset, meter = world.metered()
    split = world.split(world.provider)
    world.assets.pause({"from": world.guardian})
    world.assets.repoint(asset, split, {"from": world.provider})
    world.assets.setPassport(asset, NOTHING, "x", {"from": world.provider})
    world.assets.recordHistory(asset, NOTHING, NOTHING, "x", {"from": world.provider})
    new = key("new meter")
    world.announce(world.binding(asset, new, 2), new, old=meter)
    world.assets.placeLien(asset, world.lienholder, {"from": world.provider})
    world.assets.releaseLien(asset, {"from": world.lienholder})
    world.assets.transferFrom(world.provider, world.buyer, asset, {"from": world.provider})
    world.decide(asset, by=world.buyer)
    world.assets.setLifecycle(asset, 4, NOTHING, {"from": world.buyer})
    assert world.assets.ownerOf(asset) == world.buyer


@pytest.mark.parametrize(
    ("function", "role"),
    [("pause", "guardian"), ("unpause", "guardian"), ("setEligibility", "admin"), ("appointRecorder", "admin")],
)
def test_governance_functions_need_their_role(world, function, role):
    arguments = {"setEligibility": (world.policy,), "appointRecorder": (world.stranger, True)}.get(function, ())
    for other in {"admin", "guardian", "maker", "provider", "stranger"} - {role}:
        caller = getattr(world, other)
        with typed_error("AccessManagedUnauthorized", caller):
            getattr(world.assets, function)(*arguments, {"from": caller})


def test_no_role_moves_a_title_or_a_route(world):
    asset, _ = world.metered()
    for power in (world.admin, world.guardian):
        with typed_error("ERC721InsufficientApproval", power, asset):
            world.assets.transferFrom(world.provider, power, asset, {"from": power})
        with typed_error("Assets_NotMeterRegistry", power):
            world.assets.setMeter(asset, power, 2, {"from": power})


def test_without_a_policy_nothing_is_offered(world):
    asset = world.register()
    assert world.assets.eligibility() == ZERO
    assert refusal(world, asset) == "no policy"


def test_the_policy_is_replaced_by_governance(world):
    transaction = world.assets.setEligibility(world.policy, {"from": world.admin})
    assert_events(transaction, event("EligibilityChanged", **{"from": ZERO, "to": world.policy}))
    assert world.assets.eligibility() == world.policy


def test_a_policy_is_a_contract(world):
    for policy in (ZERO, world.stranger):
        with typed_error("Assets_InvalidPolicy", policy):
            world.assets.setEligibility(policy, {"from": world.admin})


def refusal(world, asset):
    return bytes(world.assets.offerRefusal(asset)).rstrip(b"\0").decode()


def test_the_policy_is_asked_about_the_present_provider(world):
    world.assets.setEligibility(world.policy, {"from": world.admin})
    asset = world.register()
    assert refusal(world, asset) == "provider not admitted"
    world.policy.admit(world.provider, {"from": world.admin})
    assert refusal(world, asset) == ""
    world.assets.transferFrom(world.provider, world.buyer, asset, {"from": world.provider})
    assert refusal(world, asset) == "provider not admitted"


def test_unknown_and_retired_assets_are_not_offered(world):
    world.assets.setEligibility(world.policy, {"from": world.admin})
    world.policy.admit(world.provider, {"from": world.admin})
    assert refusal(world, 1) == "unknown asset"
    asset = world.register()
    world.retire(asset)
    assert refusal(world, asset) == "retired"


def test_a_recorder_is_appointed_and_dismissed(world):
    transaction = world.assets.appointRecorder(world.stranger, True, {"from": world.admin})
    assert_events(transaction, event("RecorderAppointed", recorder=world.stranger, on=True))
    assert world.assets.isRecorder(world.stranger)
    transaction = world.assets.appointRecorder(world.stranger, False, {"from": world.admin})
    assert_events(transaction, event("RecorderAppointed", recorder=world.stranger, on=False))
    assert not world.assets.isRecorder(world.stranger)


# The list of admitted providers


def test_governance_admits_and_dismisses_providers(world):
    assert_events(
        world.policy.admit(world.provider, {"from": world.admin}), event("ProviderAdmitted", provider=world.provider)
    )
    assert world.policy.isAdmitted(world.provider)
    assert_events(
        world.policy.dismiss(world.provider, {"from": world.admin}), event("ProviderDismissed", provider=world.provider)
    )
    assert not world.policy.isAdmitted(world.provider)


def test_a_provider_is_admitted_once_and_dismissed_once(world):
    with typed_error("Eligibility_NotAdmitted", world.provider):
        world.policy.dismiss(world.provider, {"from": world.admin})
    world.policy.admit(world.provider, {"from": world.admin})
    with typed_error("Eligibility_AlreadyAdmitted", world.provider):
        world.policy.admit(world.provider, {"from": world.admin})


def test_nobody_else_keeps_the_list(world):
    for other in (world.provider, world.guardian):
        with typed_error("AccessManagedUnauthorized", other):
            world.policy.admit(other, {"from": other})
        with typed_error("AccessManagedUnauthorized", other):
            world.policy.dismiss(other, {"from": other})
