"""What a customer sets while an agreement runs: suspension, cap, delegate; by transaction and by signature."""

from dataclasses import replace

import pytest

from oracle.domain.customer_forms import SetCap, Suspend
from tests.fixtures.economy import DAY, EUR, FAR_FUTURE, HOLD_TARGET, MONTH, USUAL_CAP, other_domain
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event

ZERO = "0x" + "00" * 20


def close(economy, hire):
    economy.agreements.end(hire.id, {"from": hire.customer})
    clock.pass_time(DAY)
    economy.agreements.close(hire.id, {"from": economy.stranger})


# Suspension


def test_a_customer_suspends_and_resumes(economy, hire):
    agreements = economy.agreements
    for on in (True, False):
        changed = agreements.suspend(hire.id, on, {"from": hire.customer})
        assert_events(changed, event("SuspensionChanged", agreement=hire.id, on=on))
        assert agreements.endingOf(hire.id)[2] == on
        assert economy.state(hire).special == on


def test_what_permits_already_allow_still_settles_while_suspended(economy, hire):
    economy.agreements.suspend(hire.id, True, {"from": hire.customer})
    economy.use(hire, 1, 700)
    assert (economy.state(hire).settled, economy.state(hire).special) == (700, True)


def test_only_the_customer_suspends(economy, hire):
    for other in (economy.provider, economy.stranger):
        with typed_error("Agreements_NotCustomer", hire.id, other, hire.customer):
            economy.agreements.suspend(hire.id, True, {"from": other})


def test_a_closed_agreement_is_not_suspended(economy, hire):
    close(economy, hire)
    with typed_error("Agreements_AlreadyClosed", hire.id):
        economy.agreements.suspend(hire.id, True, {"from": hire.customer})


def test_an_unknown_agreement_is_not_suspended(economy):
    with typed_error("Agreements_Unknown", 99):
        economy.agreements.suspend(99, True, {"from": economy.stranger})


# Cap


def test_a_customer_sets_the_cap(economy, hire):
    changed = economy.agreements.setCap(hire.id, 9 * EUR, MONTH, {"from": hire.customer})
    assert_events(changed, event("CapSet", agreement=hire.id, capPerPeriod=9 * EUR, period=MONTH))
    assert economy.agreements.capOf(hire.id) == (9 * EUR, MONTH, HOLD_TARGET, 0)


def test_only_the_customer_sets_the_cap(economy, hire):
    with typed_error("Agreements_NotCustomer", hire.id, economy.provider, hire.customer):
        economy.agreements.setCap(hire.id, 9 * EUR, MONTH, {"from": economy.provider})


def test_a_new_cap_is_no_way_around_what_was_spent(economy, hire):
    """Another period counts on from here: what went into holds in this one is still spent."""
    economy.use(hire, 1, HOLD_TARGET)
    economy.agreements.setCap(hire.id, 2 * HOLD_TARGET, DAY, {"from": hire.customer})
    economy.use(hire, 2, 2 * HOLD_TARGET)
    assert economy.state(hire).hold == 0


@pytest.mark.parametrize("cap", [0, 1, HOLD_TARGET])
def test_a_cap_that_is_spent_stops_refills_at_once(economy, hire, cap):
    economy.agreements.setCap(hire.id, cap, MONTH, {"from": hire.customer})
    economy.use(hire, 1, HOLD_TARGET)
    assert economy.state(hire).hold == 0


def test_a_new_period_has_its_own_edges(economy, hire):
    now = clock.next_block_at(hire.opened_at + 5 * DAY)
    economy.agreements.setCap(hire.id, USUAL_CAP, DAY, {"from": hire.customer})
    assert economy.agreements.capOf(hire.id)[3] == (now - hire.opened_at) // DAY == 5


def test_a_period_of_zero_switches_refills_off_and_on_again(economy, hire):
    economy.agreements.setCap(hire.id, USUAL_CAP, 0, {"from": hire.customer})
    economy.use(hire, 1, HOLD_TARGET)
    assert economy.state(hire).hold == 0
    economy.agreements.setCap(hire.id, USUAL_CAP, MONTH, {"from": hire.customer})
    economy.agreements.refill(hire.id, {"from": economy.stranger})
    assert economy.state(hire).hold == HOLD_TARGET


# Delegate


def test_a_customer_names_a_delegate(economy, hire):
    named = economy.agreements.nameDelegate(hire.id, economy.stranger, {"from": hire.customer})
    assert_events(named, event("DelegateNamed", agreement=hire.id, delegate=economy.stranger))
    assert economy.agreements.agreementOf(hire.id)[3] == economy.stranger


def test_only_the_customer_names_a_delegate(economy, hire):
    economy.agreements.nameDelegate(hire.id, economy.stranger, {"from": hire.customer})
    with typed_error("Agreements_NotCustomer", hire.id, economy.stranger, hire.customer):
        economy.agreements.nameDelegate(hire.id, economy.relayer, {"from": economy.stranger})


def test_a_delegate_moves_no_money(economy, hire):
    economy.agreements.nameDelegate(hire.id, economy.stranger, {"from": hire.customer})
    for call in ("setCap", "suspend"):
        arguments = (1, 1) if call == "setCap" else (True,)
        with typed_error("Agreements_NotCustomer", hire.id, economy.stranger, hire.customer):
            getattr(economy.agreements, call)(hire.id, *arguments, {"from": economy.stranger})
    with typed_error("Agreements_NotParty", hire.id, economy.stranger):
        economy.agreements.end(hire.id, {"from": economy.stranger})


# The same by signature


@pytest.fixture
def set_cap(hire):
    return SetCap(hire.id, 9 * EUR, MONTH, 3, FAR_FUTURE)


@pytest.fixture
def suspend(hire):
    return Suspend(hire.id, True, 3, FAR_FUTURE)


def carry(economy, hire, form, *, signed=None, signer=None, domain=None):
    call = economy.agreements.setCapSigned if isinstance(form, SetCap) else economy.agreements.suspendSigned
    signature = economy.signature(signed or form, signer or hire.customer, domain)
    return call(economy.values(form), signature, {"from": economy.relayer})


def test_a_cap_is_set_by_signature(economy, hire, set_cap):
    carried = carry(economy, hire, set_cap)
    assert_events(
        carried,
        event("NonceUsed", signer=hire.customer, nonce=3),
        event("CapSet", agreement=hire.id, capPerPeriod=9 * EUR, period=MONTH),
    )


def test_an_agreement_is_suspended_by_signature(economy, hire, suspend):
    carried = carry(economy, hire, suspend)
    assert_events(
        carried,
        event("NonceUsed", signer=hire.customer, nonce=3),
        event("SuspensionChanged", agreement=hire.id, on=True),
    )


@pytest.mark.parametrize("field", ["cap_per_period", "period", "nonce", "deadline"])
def test_every_field_of_a_cap_is_signed(economy, hire, set_cap, field):
    altered = replace(set_cap, **{field: getattr(set_cap, field) - 1})
    with typed_error("Forms_SignatureInvalid", hire.customer):
        carry(economy, hire, altered, signed=set_cap)


@pytest.mark.parametrize(("field", "value"), [("on", False), ("nonce", 4), ("deadline", FAR_FUTURE - 1)])
def test_every_field_of_a_suspension_is_signed(economy, hire, suspend, field, value):
    with typed_error("Forms_SignatureInvalid", hire.customer):
        carry(economy, hire, replace(suspend, **{field: value}), signed=suspend)


@pytest.mark.parametrize("kind", ["set_cap", "suspend"])
def test_a_form_for_another_agreement_of_the_same_customer(economy, hire, request, kind):
    form = request.getfixturevalue(kind)
    other = economy.hire(hire.customer)
    with typed_error("Forms_SignatureInvalid", hire.customer):
        carry(economy, hire, replace(form, agreement_id=other.id), signed=form)


@pytest.mark.parametrize("kind", ["set_cap", "suspend"])
def test_a_form_for_an_unknown_agreement_is_signed_by_nobody(economy, hire, request, kind):
    form = replace(request.getfixturevalue(kind), agreement_id=99)
    with typed_error("Forms_SignatureInvalid", ZERO):
        carry(economy, hire, form)


@pytest.mark.parametrize("kind", ["set_cap", "suspend"])
def test_a_form_counts_once(economy, hire, request, kind):
    form = request.getfixturevalue(kind)
    carry(economy, hire, form)
    with typed_error("Forms_NonceUsed", hire.customer, 3):
        carry(economy, hire, form)


@pytest.mark.parametrize("kind", ["set_cap", "suspend"])
def test_a_form_expires(economy, hire, request, kind):
    deadline = clock.now() + 100
    now = clock.next_block_at(deadline + 1)
    with typed_error("Forms_Expired", deadline, now):
        carry(economy, hire, replace(request.getfixturevalue(kind), deadline=deadline))


@pytest.mark.parametrize("kind", ["set_cap", "suspend"])
def test_a_form_of_another_chain_or_signer(economy, hire, request, kind):
    form = request.getfixturevalue(kind)
    with typed_error("Forms_SignatureInvalid", hire.customer):
        carry(economy, hire, form, domain=other_domain(chain_id=1, contract=economy.agreements.address))
    with typed_error("Forms_SignatureInvalid", hire.customer):
        carry(economy, hire, form, signer=economy.provider)
