"""The way back and the next use: promises, decisions, acceptance."""

from __future__ import annotations

import pytest
from eth_utils import keccak

from tests.contracts.registry.tree import attach
from tests.contracts.registry.world import (
    DAY,
    DISPOSE,
    HARVEST,
    NOTHING,
    RECYCLE,
    REPAIR,
    REPURPOSE,
    RETIRED,
    REUSE_ELSEWHERE,
    ZERO,
    now,
    wait_until,
)
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

TERMS = keccak(text="take-back terms")
REASON = keccak(text="worn out")


@pytest.fixture
def asset(world):
    return world.register()


def pledge(world, asset, days=365, by=None, terms=TERMS):
    return world.end_of_life.promiseTakeBack(asset, now() + days * DAY, terms, {"from": by or world.maker})


def retire(world, asset, by=None):
    return world.assets.setLifecycle(asset, RETIRED, NOTHING, {"from": by or world.provider})


# Promises


def test_the_maker_promises_to_take_back(world, asset):
    until = now() + 365 * DAY
    done = world.end_of_life.promiseTakeBack(asset, until, TERMS, {"from": world.maker})
    assert_events(done, event("TakeBackPromised", asset=asset, promisor=world.maker, until=until, termsHash=TERMS))
    assert world.end_of_life.takeBackBy(asset) == world.maker
    assert world.end_of_life.takeBackOf(asset) == (world.maker, until, False, False, "0x" + TERMS.hex())


def test_one_promise_for_many(world):
    many = [world.register(number) for number in range(1, 5)]
    world.end_of_life.promiseTakeBacks(many, now() + DAY, TERMS, {"from": world.maker})
    assert {world.end_of_life.takeBackBy(asset) for asset in many} == {world.maker}


def test_nobody_promises_for_the_maker(world, asset):
    with typed_error("EndOfLife_NotMaker", asset, world.provider, world.maker):
        pledge(world, asset, by=world.provider)


def test_who_declared_a_machine_promises_for_it(world):
    declared = world.assets.registerSelfDeclared(
        world.maker, TERMS, REASON, world.provider, {"from": world.stranger}
    ).return_value
    with typed_error("EndOfLife_NotMaker", declared, world.maker, world.stranger):
        pledge(world, declared)
    pledge(world, declared, by=world.stranger)


def test_a_promise_reaches_into_the_future(world, asset):
    until = now() - 5
    wait_until(now() + 1)
    with typed_error("EndOfLife_InPast", asset, until, now() + 1):
        world.end_of_life.promiseTakeBack(asset, until, TERMS, {"from": world.maker})


def test_a_running_promise_is_only_made_longer(world, asset):
    pledge(world, asset, 10)
    until = world.end_of_life.takeBackOf(asset)[1]
    with typed_error("EndOfLife_PromiseShortened", asset, until - 1, until):
        world.end_of_life.promiseTakeBack(asset, until - 1, TERMS, {"from": world.maker})
    with typed_error("EndOfLife_TermsChanged", asset, REASON, TERMS):
        world.end_of_life.promiseTakeBack(asset, until, REASON, {"from": world.maker})
    pledge(world, asset, 20)


def test_a_promise_runs_out_and_may_then_be_another(world, asset):
    pledge(world, asset, 10)
    wait_until(now() + 11 * DAY)
    pledge(world, asset, 12, terms=REASON)
    wait_until(now() + 2 * DAY)
    world.register(9)
    assert world.end_of_life.takeBackBy(asset) == ZERO


def test_the_title_owner_waives_a_promise(world, asset):
    with typed_error("EndOfLife_NoPromise", asset):
        world.end_of_life.waiveTakeBack(asset, {"from": world.provider})
    pledge(world, asset)
    with typed_error("EndOfLife_NotTitleOwner", asset, world.maker, world.provider):
        world.end_of_life.waiveTakeBack(asset, {"from": world.maker})
    done = world.end_of_life.waiveTakeBack(asset, {"from": world.provider})
    assert_events(done, event("TakeBackWaived", asset=asset, by=world.provider))
    assert world.end_of_life.takeBackBy(asset) == ZERO


# Decisions


def test_a_decision_has_a_use_a_reason_and_evidence(world, asset):
    done = world.end_of_life.decide(asset, HARVEST, world.buyer, REASON, "ipfs://e", {"from": world.provider})
    assert_events(
        done,
        event(
            "NextUseDecided", asset=asset, decision=1, by=world.provider, use=HARVEST, taker=world.buyer,
            reasonHash=REASON, uri="ipfs://e",
        ),
    )  # fmt: skip
    assert world.end_of_life.standingDecisionOf(asset) == 1
    assert world.end_of_life.decision(1)[:3] == (asset, HARVEST, world.provider)


def test_the_title_owner_decides_and_says_why(world, asset):
    with typed_error("EndOfLife_NotTitleOwner", asset, world.buyer, world.provider):
        world.decide(asset, by=world.buyer)
    with typed_error("EndOfLife_NoUse", asset):
        world.decide(asset, 0)
    with typed_error("EndOfLife_ReasonMissing", asset):
        world.end_of_life.decide(asset, REPAIR, ZERO, NOTHING, "", {"from": world.provider})


def test_nothing_is_decided_about_what_others_count_on(world, asset):
    world.agreements.set(asset, 3, 0, {"from": world.stranger})
    with typed_error("EndOfLife_OpenAgreements", asset, 3):
        world.decide(asset)
    world.agreements.set(asset, 0, 0, {"from": world.stranger})
    world.assets.placeLien(asset, world.lienholder, {"from": world.provider})
    with typed_error("EndOfLife_UnderLien", asset, world.lienholder):
        world.decide(asset)


def test_a_machine_goes_back_to_who_promised_unless_the_owner_names_another(world, asset):
    pledge(world, asset)
    assert world.decide(asset, RECYCLE).events["NextUseDecided"]["taker"] == world.maker
    assert world.decide(asset, RECYCLE, world.buyer).events["NextUseDecided"]["taker"] == world.buyer
    world.end_of_life.waiveTakeBack(asset, {"from": world.provider})
    assert world.decide(asset, RECYCLE).events["NextUseDecided"]["taker"] == world.provider


def test_the_taker_accepts_the_title(world, asset):
    pledge(world, asset)
    world.decide(asset, RECYCLE)
    with typed_error("EndOfLife_TitleNotApproved", asset, world.provider):
        world.end_of_life.acceptTitle(asset, {"from": world.maker})
    world.assets.approve(world.end_of_life, asset, {"from": world.provider})
    for other in (world.provider, world.stranger):
        with typed_error("EndOfLife_NotTaker", asset, other, world.maker):
            world.end_of_life.acceptTitle(asset, {"from": other})
    done = world.end_of_life.acceptTitle(asset, {"from": world.maker})
    assert_events(done, event("TitleAccepted", asset=asset, decision=1, taker=world.maker), of=world.end_of_life)
    assert world.assets.ownerOf(asset) == world.maker
    retire(world, asset, world.maker)


def test_an_operator_approval_will_do(world, asset):
    world.decide(asset, RECYCLE, world.buyer)
    world.assets.setApprovalForAll(world.end_of_life, True, {"from": world.provider})
    world.end_of_life.acceptTitle(asset, {"from": world.buyer})
    assert world.assets.ownerOf(asset) == world.buyer


def test_nobody_accepts_twice_or_what_is_not_given(world, asset):
    with typed_error("EndOfLife_NothingDecided", asset):
        world.end_of_life.acceptTitle(asset, {"from": world.buyer})
    world.decide(asset)
    with typed_error("EndOfLife_NotTaker", asset, world.provider, world.provider):
        world.end_of_life.acceptTitle(asset, {"from": world.provider})


def test_a_lien_placed_in_between_holds_the_title(world, asset):
    world.decide(asset, RECYCLE, world.buyer)
    world.assets.approve(world.end_of_life, asset, {"from": world.provider})
    world.assets.placeLien(asset, world.lienholder, {"from": world.provider})
    with typed_error("Assets_UnderLien", asset, world.lienholder):
        world.end_of_life.acceptTitle(asset, {"from": world.buyer})


def test_a_maker_that_declines_has_broken_its_promise(world, asset):
    pledge(world, asset)
    world.decide(asset, RECYCLE)
    done = world.end_of_life.decline(asset, REASON, {"from": world.maker})
    assert_events(done, event("TitleDeclined", asset=asset, decision=1, taker=world.maker, reasonHash=REASON))
    assert world.end_of_life.takeBackBy(asset) == ZERO
    assert world.end_of_life.takeBackOf(asset)[3] is True
    with typed_error("Assets_NotDecided", asset, world.provider):
        retire(world, asset)
    world.decide(asset, RECYCLE)
    retire(world, asset)


def test_another_taker_that_declines_leaves_the_promise(world, asset):
    pledge(world, asset)
    world.decide(asset, RECYCLE, world.buyer)
    world.end_of_life.decline(asset, REASON, {"from": world.buyer})
    assert world.end_of_life.takeBackBy(asset) == world.maker


def test_a_sale_ends_a_decision(world, asset):
    world.decide(asset, RECYCLE)
    world.assets.transferFrom(world.provider, world.buyer, asset, {"from": world.provider})
    assert world.end_of_life.standingDecisionOf(asset) == 0
    with typed_error("Assets_NotDecided", asset, world.buyer):
        retire(world, asset, world.buyer)


@pytest.mark.parametrize("use", range(REUSE_ELSEWHERE, DISPOSE + 1))
def test_retirement_needs_a_use_that_ends_the_machine(world, asset, use):
    world.decide(asset, use)
    if use < REPURPOSE:
        with typed_error("Assets_NotDecided", asset, world.provider):
            retire(world, asset)
    else:
        retire(world, asset)
        assert world.assets.lifecycleOf(asset) == RETIRED


def test_what_awaits_its_taker_is_not_retired(world, asset):
    world.decide(asset, RECYCLE, world.buyer)
    with typed_error("Assets_NotDecided", asset, world.provider):
        retire(world, asset)


@pytest.mark.parametrize("use", range(REUSE_ELSEWHERE, DISPOSE + 1))
def test_a_decision_is_a_reason_to_take_parts_out_unless_the_machine_goes_on_elsewhere(world, asset, use):
    part = world.register(2)
    attach(world, part, asset)
    decision = world.decide(asset, use).return_value
    assert world.end_of_life.isStepFor(asset, decision) is (use != REUSE_ELSEWHERE)
    assert world.end_of_life.isStepFor(part, decision) is False
    assert world.end_of_life.isStepFor(asset, 0) is False
    world.decide(asset, use)
    assert world.end_of_life.isStepFor(asset, decision) is False


# Recovery

COPPER, STEEL, PLASTIC = (keccak(text=name) for name in ("copper", "steel", "ABS"))
REUSED, RECYCLED, ENERGY, LOST = range(4)


def recover(world, asset, *lines, by=None):
    return world.end_of_life.recordRecovery(asset, list(lines), REASON, {"from": by or world.provider})


def test_recovered_masses_add_up_by_fate(world, asset):
    world.decide(asset, RECYCLE)
    retire(world, asset)
    lines = [(COPPER, 900, RECYCLED), (STEEL, 5_000, RECYCLED), (PLASTIC, 300, ENERGY)]
    done = recover(world, asset, *lines)
    shown = [("0x" + material.hex(), grams, fate) for material, grams, fate in lines]
    assert_events(
        done,
        event("MaterialsRecovered", asset=asset, decision=1, by=world.provider, materials=shown, evidenceHash=REASON),
    )
    recover(world, asset, (COPPER, 50, REUSED), (PLASTIC, 7, LOST))
    assert world.end_of_life.recoveredOf(asset) == (50, 5_900, 300, 7)


def test_the_recycler_that_took_the_title_records(world, asset):
    world.decide(asset, RECYCLE, world.buyer)
    world.assets.approve(world.end_of_life, asset, {"from": world.provider})
    with typed_error("EndOfLife_NotTitleOwner", asset, world.buyer, world.provider):
        recover(world, asset, (STEEL, 1, RECYCLED), by=world.buyer)
    world.end_of_life.acceptTitle(asset, {"from": world.buyer})
    recover(world, asset, (STEEL, 1, RECYCLED), by=world.buyer)


def test_nothing_is_recovered_without_such_a_decision(world, asset):
    with typed_error("EndOfLife_NothingDecided", asset):
        recover(world, asset, (STEEL, 1, RECYCLED))
    world.decide(asset, REPURPOSE)
    with typed_error("EndOfLife_NotRecovery", asset, REPURPOSE):
        recover(world, asset, (STEEL, 1, RECYCLED))


def test_lines_say_what_and_how_much(world, asset):
    world.decide(asset, DISPOSE)
    with typed_error("EndOfLife_MaterialCount", asset, 0, 64):
        recover(world, asset)
    with typed_error("EndOfLife_MaterialCount", asset, 65, 64):
        recover(world, asset, *[(STEEL, 1, LOST)] * 65)
    for empty in ((NOTHING, 1, LOST), (STEEL, 0, LOST)):
        with typed_error("EndOfLife_EmptyLine", asset, 1):
            recover(world, asset, (STEEL, 1, LOST), empty)
