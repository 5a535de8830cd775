"""What governance may: name a policy for workers, keep its list, pause. What it may not is anything else."""

from __future__ import annotations

import pytest

from tests.fixtures.bazaar import NOBODY, Kind
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

GOVERNED = {
    "pause": ("market", "guardian", ()),
    "unpause": ("market", "guardian", ()),
    "setEligibility": ("market", "listing", ("WorkerList",)),
    "admit": ("list", "listing", ("worker", 1)),
}


@pytest.mark.parametrize("function", GOVERNED)
@pytest.mark.parametrize("who", ["guardian", "listing", "provider", "stranger", "community"])
def test_each_function_has_one_role(bazaar, economy, deployment, function, who):
    where, role, given = GOVERNED[function]
    arguments = [{"WorkerList": deployment.WorkerList, "worker": bazaar.worker}.get(one, one) for one in given]
    caller = getattr(economy, who)
    if function == "unpause":
        bazaar.market.pause({"from": economy.guardian})
    call = getattr(getattr(bazaar, where), function)
    if who == role:
        call(*arguments, {"from": caller})
    else:
        with typed_error("AccessManagedUnauthorized", caller):
            call(*arguments, {"from": caller})


def test_a_policy_is_replaced(bazaar, economy, deployment):
    other = deployment.WorkerList
    changed = bazaar.market.setEligibility(other, {"from": economy.listing})
    assert_events(changed, event("EligibilityChanged", **{"from": other, "to": other}))
    assert bazaar.market.eligibility() == other


def test_a_policy_is_a_contract(bazaar, economy):
    for policy in (bazaar.stranger, NOBODY):
        with typed_error("Market_InvalidPolicy", policy):
            bazaar.market.setEligibility(policy, {"from": economy.listing})


def test_the_list_says_who_does_what(bazaar, economy):
    admitted = bazaar.list.admit(bazaar.stranger, 0b101, {"from": economy.listing})
    assert_events(admitted, event("WorkerAdmitted", worker=bazaar.stranger, kinds=0b101))
    assert bazaar.list.kindsOf(bazaar.stranger) == 0b101
    refusals = [bytes(bazaar.list.refusal(1, kind, bazaar.stranger)).rstrip(b"\0") for kind in Kind]
    assert refusals == [b"", b"not for this kind of work", b""] + [b"not for this kind of work"] * 4


@pytest.mark.parametrize("kinds", [128, 255])
def test_the_list_knows_no_other_kinds(bazaar, economy, kinds):
    with typed_error("Workers_UnknownKinds", kinds):
        bazaar.list.admit(bazaar.stranger, kinds, {"from": economy.listing})
