"""Permits come from confirmed chain state, and every refusal has its reason."""

import pytest

from oracle.domain.forms import parse_signed
from oracle.domain.permits import Permit
from oracle.domain.signatures import SigningKey
from oracle.domain.stop_reasons import StopReason
from oracle.parties import agreements, assets, bookings
from oracle.types import ZERO_ADDRESS, ZERO_BYTES32, BaseUnits, Seconds, UnixTime
from tests.e2e.world import CUSTOMER, DAY, EUR, HOLD, PERMIT_KEY, PROVIDER, ROTATION, STRANGER

ORACLE_KEY = SigningKey(bytes.fromhex(PERMIT_KEY[2:]))


def ask(oracle, hire, **parameters):
    answer = oracle.get(f"/v1/agreements/{hire.agreement}/permit", params=parameters)
    assert answer.status_code == 200
    document = answer.json()
    return document["permit"] and parse_signed(Permit, document["permit"]), document["stopReason"]


def reason(oracle, hire):
    oracle.cycle("index")
    return ask(oracle, hire)[1]


def test_a_permit_says_what_the_chain_says(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    signed, why = ask(oracle, hire)
    assert why is None
    signed.require_signer(world.platform.domains, ORACLE_KEY.address)
    permit, state = signed.form, world.state(hire)
    assert (permit.agreement_id, permit.asset_id, permit.tariff_id) == (
        hire.agreement,
        hire.machine.asset,
        state.tariff,
    )
    assert permit.charge_limit == state.settled + state.hold == HOLD
    assert permit.opened_at == state.opened_at
    assert permit.block_number == world.client.head()
    assert permit.valid_until - permit.issued_at == 600
    assert (permit.starter, permit.challenge) == (ZERO_ADDRESS, ZERO_BYTES32)


def test_the_limit_never_exceeds_settled_plus_hold_at_the_named_block(world, start_oracle):
    """I-6, over a whole use of the hold with its refills."""
    hire, oracle = world.hire(money=3 * EUR), start_oracle()
    for _ in range(6):
        permit = ask(oracle, hire)[0].form
        word = world.client.call(world.platform.agreements.functions.stateOf(hire.agreement), permit.block_number)
        from oracle.chain.contracts import SlotState

        state = SlotState.unpack(word)
        assert permit.charge_limit == state.settled + state.hold
        oracle.post(hire.use(400_000))
        oracle.settle()


def test_an_answer_to_a_reading_carries_the_permit(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    (answer,) = oracle.post(hire.use(10))
    assert parse_signed(Permit, answer["permit"]).form.charge_limit == HOLD


def test_the_same_permit_is_given_until_half_its_time_is_over(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    first = ask(oracle, hire)[0]
    assert ask(oracle, hire)[0] == first
    world.mine(seconds=330)
    oracle.cycle("index")
    assert ask(oracle, hire)[0].form.valid_until > first.form.valid_until + 300


def test_a_challenge_is_answered(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    challenge = b"\x5a" * 32
    signed, _ = ask(oracle, hire, challenge="0x" + challenge.hex())
    assert signed.form.challenge == challenge
    assert ask(oracle, hire)[0].form.challenge == ZERO_BYTES32


def test_a_shared_machine_wants_the_customer_or_the_delegate(world, start_oracle):
    hire, oracle = world.hire(exclusive=False), start_oracle()
    assert ask(oracle, hire)[0].form.starter == world.wallet(CUSTOMER).address
    delegate = world.wallet(STRANGER).address
    world.wallet(CUSTOMER).send(world.platform.agreements.functions.nameDelegate(hire.agreement, delegate))
    oracle.cycle("index")
    assert ask(oracle, hire)[0].form.starter == delegate


def test_no_balance(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    (answer,) = oracle.post(hire.use(HOLD))
    assert (answer["permit"], answer["stopReason"]) == (None, StopReason.NO_BALANCE)
    oracle.settle()
    assert reason(oracle, hire) == StopReason.NO_BALANCE
    world.give(CUSTOMER, 2 * EUR)
    oracle.settle()
    permit, why = ask(oracle, hire)
    assert why is None
    assert permit.form.charge_limit == 2 * HOLD


def test_cap_reached(world, start_oracle):
    hire, oracle = world.hire(cap=HOLD, money=5 * EUR), start_oracle()
    oracle.post(hire.use(HOLD))
    oracle.settle()
    assert reason(oracle, hire) == StopReason.CAP_REACHED
    world.mine(seconds=30 * DAY)
    oracle.settle()
    assert reason(oracle, hire) is None


def test_a_customer_who_wants_no_refills_gets_none(world, start_oracle):
    hire, oracle = world.hire(period=0, money=5 * EUR), start_oracle()
    oracle.post(hire.use(HOLD))
    oracle.settle()
    assert world.state(hire).hold == 0
    assert reason(oracle, hire) == StopReason.CAP_REACHED


def test_suspended(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    agreements.suspend(world.wallet(CUSTOMER), hire.agreement, True)
    assert reason(oracle, hire) == StopReason.SUSPENDED
    agreements.suspend(world.wallet(CUSTOMER), hire.agreement, False)
    assert reason(oracle, hire) is None


@pytest.mark.parametrize("index", [CUSTOMER, PROVIDER])
def test_no_permit_once_an_end_is_seen(world, start_oracle, index):
    hire, oracle = world.hire(), start_oracle()
    agreements.end(world.wallet(index), hire.agreement)
    assert reason(oracle, hire) == StopReason.ENDED


def test_superseded_by_a_successor_of_the_same_customer(world, start_oracle):
    old, oracle = world.hire(exclusive=False), start_oracle()
    new = world.hire(machine=old.machine, exclusive=False)
    assert reason(oracle, old) == StopReason.SUPERSEDED
    assert reason(oracle, new) is None


def test_a_booked_machine_runs_for_nobody_else(world, start_oracle):
    """A permit cannot be taken back, so another customer's ends where the booking begins."""
    booker, oracle = world.hire(exclusive=False), start_oracle()
    other = world.hire(machine=booker.machine, customer=STRANGER, exclusive=False)
    hour = Seconds(3_600)
    rules = bookings.Rules(world.currency.address, BaseUnits(0), 0, hour, 4, Seconds(DAY), Seconds(60), hour, Seconds(DAY))
    bookings.set_rules(world.wallet(PROVIDER), booker.machine.asset, rules, [])
    now = world.client.block(world.client.head()).time
    begins = UnixTime((now // hour + 1) * hour)
    number, _ = bookings.book(
        world.wallet(CUSTOMER), booker.machine.asset, begins, UnixTime(begins + hour), booker.agreement
    )
    world.mine(seconds=begins - now - 300)
    oracle.cycle("index")
    assert ask(oracle, other)[0].form.valid_until == begins
    assert ask(oracle, booker)[0].form.valid_until > begins
    world.mine(seconds=300)
    assert (reason(oracle, other), reason(oracle, booker)) == (StopReason.BOOKED, None)
    bookings.check_in(world.wallet(CUSTOMER), number)
    world.mine(seconds=hour)
    assert (reason(oracle, other), reason(oracle, booker)) == (None, None)


def test_a_cancelled_booking_keeps_nobody_out(world, start_oracle):
    booker, oracle = world.hire(exclusive=False), start_oracle()
    other = world.hire(machine=booker.machine, customer=STRANGER, exclusive=False)
    hour = Seconds(3_600)
    rules = bookings.Rules(world.currency.address, BaseUnits(0), 0, hour, 4, Seconds(DAY), Seconds(60), hour, Seconds(DAY))
    bookings.set_rules(world.wallet(PROVIDER), booker.machine.asset, rules, [])
    begins = UnixTime((world.client.block(world.client.head()).time // hour + 2) * hour)
    number, _ = bookings.book(world.wallet(CUSTOMER), booker.machine.asset, begins, UnixTime(begins + hour), None)
    bookings.cancel(world.wallet(CUSTOMER), number)
    world.mine(seconds=begins + 60 - world.client.block(world.client.head()).time)
    assert reason(oracle, other) is None


def test_another_customer_of_a_shared_machine_supersedes_nobody(world, start_oracle):
    one, oracle = world.hire(exclusive=False), start_oracle()
    other = world.hire(machine=one.machine, customer=STRANGER, exclusive=False)
    assert (reason(oracle, one), reason(oracle, other)) == (None, None)


def test_unknown_agreement(world, start_oracle):
    oracle = start_oracle()
    for number in (999_999, (1 << 63) - 1):
        assert oracle.get(f"/v1/agreements/{number}/permit").json() == {"permit": None, "stopReason": "no_permit"}


def test_without_appointment_there_is_no_permit(world, start_oracle):
    hire, oracle = world.hire(), start_oracle(permit_key="0x" + "c3" * 32)
    assert ask(oracle, hire) == (None, StopReason.NO_PERMIT)


def test_without_a_key_there_is_no_permit(world, start_oracle):
    hire, oracle = world.hire(), start_oracle(permit_key=None)
    assert ask(oracle, hire) == (None, StopReason.NO_PERMIT)


def test_an_appointment_counts_from_its_date(world, start_oracle):
    from oracle.domain.bindings import PermitSigner
    from oracle.domain.forms import digest
    from oracle.types import UnixTime

    hire, provider = world.hire(), world.wallet(PROVIDER)
    other = SigningKey(b"\xc3" * 32)
    starts = world.client.block(world.client.head()).time + 500
    form = PermitSigner(hire.machine.asset, other.address, 2, UnixTime(starts))
    signature = ROTATION.sign(digest(world.platform.domains.of(form), form))
    provider.send(world.platform.meters.functions.appointPermitSigner(form.values(), signature))
    present, future = start_oracle("present"), start_oracle("future", permit_key="0x" + "c3" * 32)
    assert ask(present, hire)[1] is None
    assert ask(future, hire)[1] == StopReason.NO_PERMIT
    world.mine(seconds=600)
    present.cycle("index")
    future.cycle("index")
    assert ask(present, hire)[1] == StopReason.NO_PERMIT
    assert ask(future, hire)[1] is None


def test_the_appointment_lapses_with_the_title(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    provider, buyer = world.wallet(PROVIDER).address, world.wallet(STRANGER).address
    world.wallet(PROVIDER).send(world.platform.assets.functions.transferFrom(provider, buyer, hire.machine.asset))
    assert reason(oracle, hire) == StopReason.NO_PERMIT
    with oracle.database.reading() as connection:
        from oracle.store import read_model

        found = read_model.asset(connection, hire.machine.asset)
        assert (found.provider, found.permit_signer) == (buyer, None)
        assert read_model.offers(connection) == []


def test_the_desk_issues_for_all_open_agreements_without_being_asked(world, start_oracle):
    from oracle.store import permits

    hire, oracle = world.hire(), start_oracle()
    oracle.cycle("index", "permits")
    with oracle.database.reading() as connection:
        assert permits.latest(connection, [hire.agreement])[hire.agreement].permit.charge_limit == HOLD
        assert [p.permit.agreement_id for p in permits.newest_of_asset(connection, hire.machine.asset)] == [
            hire.agreement
        ]


def test_refills_follow_the_allowance(world, start_oracle):
    from oracle.parties import accounts
    from oracle.types import BaseUnits

    hire, oracle = world.hire(), start_oracle()
    accounts.allow(world.wallet(CUSTOMER), world.currency, BaseUnits(0))
    oracle.post(hire.use(HOLD))
    oracle.settle()
    world.give(CUSTOMER, 2 * EUR)
    oracle.settle()
    assert world.state(hire).hold == 0
    accounts.allow(world.wallet(CUSTOMER), world.currency, BaseUnits(5 * EUR))
    oracle.settle()
    assert world.state(hire).hold == HOLD


def test_dust_makes_the_relay_pay_no_gas(world, start_oracle):
    hire, oracle = world.hire(), start_oracle()
    oracle.post(hire.use(HOLD))
    oracle.settle()
    world.give(CUSTOMER, HOLD // 4 - 1)
    assert oracle.cycle("index", "refill") == {"index": "done", "refill": "nothing"}
    world.give(CUSTOMER, 1)
    assert oracle.cycle("index", "refill") == {"index": "done", "refill": "done"}
    assert assets.route_of(world.client, world.platform, hire.machine.asset).split == hire.machine.split
