"""A reading says one thing, to one contract on one chain, and only from the asset's present meter (M1, M2, M5, M6)."""

from dataclasses import replace

import pytest

from oracle.domain.forms import digest
from oracle.domain.readings import Flag, Reading
from oracle.domain.signatures import to_compact
from tests.fixtures.economy import DAY, other_domain
from tests.helpers import clock
from tests.helpers.agreement_events import reading_settled, reading_skipped
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events
from tests.models.agreements import Skip

CHANGES = {
    "agreement_id": (2, Skip.UNKNOWN_AGREEMENT),
    "asset_id": (2, Skip.UNKNOWN_AGREEMENT),
    "sequence": (3, Skip.INVALID_SIGNATURE),
    "time": (1, Skip.INVALID_SIGNATURE),
    "register0": (101, Skip.INVALID_SIGNATURE),
    "register1": (1, Skip.INVALID_SIGNATURE),
    "register2": (1, Skip.INVALID_SIGNATURE),
    "register3": (1, Skip.INVALID_SIGNATURE),
    "odometer": (8, Skip.INVALID_SIGNATURE),
    "flags": (Flag.SESSION_END, Skip.INVALID_SIGNATURE),
    "telemetry_root": (b"\1" * 32, Skip.INVALID_SIGNATURE),
}


def changed(reading, field, value):
    if field.startswith("register"):
        at = int(field[-1])
        return replace(reading, registers=(*reading.registers[:at], value, *reading.registers[at + 1 :]))
    return replace(reading, **{field: value})


def test_the_list_of_changes_is_complete():
    assert set(CHANGES) == set(Reading.STRUCT.attributes)


@pytest.mark.parametrize("field", CHANGES)
def test_every_field_is_signed(economy, hire, field):
    value, reason = CHANGES[field]
    signed = economy.signed(hire, 1, 100, odometer=7)
    altered = replace(signed, reading=changed(signed.reading, field, value))
    transaction = economy.settle(hire, altered)
    assert_events(transaction, reading_skipped(altered.reading.agreement_id, altered.reading.sequence, reason))


def test_a_reading_of_one_agreement_is_nothing_to_another(economy, hire):
    other = economy.hire(economy.customers[1])
    signed = economy.signed(hire, 1, 100)
    moved = replace(signed, reading=replace(signed.reading, agreement_id=other.id, asset_id=other.drill.id))
    assert_events(economy.settle(other, moved), reading_skipped(other.id, 1, Skip.INVALID_SIGNATURE))


def test_the_contract_hashes_as_the_device_does(economy, hire):
    reading = economy.reading(hire, 3, 1, 2, 3, 4, time=5, odometer=6, flags=33, root=b"\7" * 32)
    expected = digest(economy.domains.of(reading), reading)
    assert bytes(economy.agreements.digestOfReading(economy.values(reading))) == expected


def test_a_reading_signed_for_another_chain(economy, hire):
    domain = other_domain(chain_id=1, contract=economy.agreements.address)
    signed = economy.sign(economy.reading(hire, 1, 100), hire.drill.meter, domain)
    assert_events(economy.settle(hire, signed), reading_skipped(hire.id, 1, Skip.INVALID_SIGNATURE))


@pytest.mark.parametrize("contract", ["MeterRegistry", "PrepaidAccounts", "AssetRegistry"])
def test_a_reading_signed_for_another_contract(economy, hire, protocol, contract):
    domain = other_domain(contract=protocol.addresses[contract])
    signed = economy.sign(economy.reading(hire, 1, 100), hire.drill.meter, domain)
    assert_events(economy.settle(hire, signed), reading_skipped(hire.id, 1, Skip.INVALID_SIGNATURE))


# A meter replaced while an agreement is open


@pytest.fixture
def new_meter(economy, hire):
    return economy.meter_key(hire.drill.id, epoch=2)


def test_with_the_old_keys_signature_a_new_meter_counts_at_once(economy, hire, new_meter):
    economy.use(hire, 1, 100)
    economy.announce(hire.drill.id, new_meter, epoch=2, old=hire.drill.meter)
    assert_events(economy.use(hire, 2, 200), reading_skipped(hire.id, 2, Skip.INVALID_SIGNATURE))
    economy.settle(hire, economy.sign(economy.reading(hire, 2, 200), new_meter))
    assert economy.state(hire).settled == 200


def test_an_old_reading_no_longer_settles_once_the_key_is_replaced(economy, hire, new_meter):
    before = economy.signed(hire, 1, 100)
    economy.announce(hire.drill.id, new_meter, epoch=2, old=hire.drill.meter)
    assert_events(economy.settle(hire, before), reading_skipped(hire.id, 1, Skip.INVALID_SIGNATURE))


def test_until_the_cut_off_the_old_key_settles_and_the_announced_one_does_not(economy, hire, new_meter):
    economy.announce(hire.drill.id, new_meter, epoch=2, effective_at=clock.now() + DAY + 60)
    announced = economy.sign(economy.reading(hire, 1, 100), new_meter)
    assert_events(economy.settle(hire, announced), reading_skipped(hire.id, 1, Skip.INVALID_SIGNATURE))
    economy.use(hire, 1, 100)
    assert economy.state(hire).settled == 100


def test_after_activation_only_the_new_key_settles(economy, hire, new_meter):
    effective = clock.now() + DAY + 60
    economy.announce(hire.drill.id, new_meter, epoch=2, effective_at=effective)
    clock.next_block_at(effective)
    economy.meters.activate(hire.drill.id, {"from": economy.stranger})
    assert_events(economy.use(hire, 1, 100), reading_skipped(hire.id, 1, Skip.INVALID_SIGNATURE))
    economy.settle(hire, economy.sign(economy.reading(hire, 1, 100), new_meter))
    assert economy.state(hire).settled == 100


def test_the_cut_off_comes_with_activation_not_before(economy, hire, new_meter):
    effective = clock.now() + DAY + 60
    economy.announce(hire.drill.id, new_meter, epoch=2, effective_at=effective)
    clock.next_block_at(effective + 10)
    economy.use(hire, 1, 100)
    assert economy.state(hire).settled == 100


def test_a_replacement_touches_no_agreement(economy, hire, new_meter):
    economy.use(hire, 1, 100)
    before = economy.agreements.stateOf(hire.id)
    economy.announce(hire.drill.id, new_meter, epoch=2, old=hire.drill.meter)
    assert economy.agreements.stateOf(hire.id) == before


def test_a_thiefs_announcement_waits_at_least_the_longest_notice(economy, hire, new_meter):
    """Whoever stole the provider's key cannot shorten what a customer has to see it and to end."""
    now = clock.next_block_in(10)
    with typed_error("Meters_EffectiveTooEarly", hire.drill.id, now + DAY - 1, now + DAY):
        economy.announce(hire.drill.id, new_meter, epoch=2, effective_at=now + DAY - 1)


def test_a_thiefs_announcement_is_seen_and_waited_out(economy, hire, new_meter):
    """The customer ends on seeing it, the honest meter's readings settle, and the thief's key finds it closed."""
    agreements = economy.agreements
    announced = economy.announce(hire.drill.id, new_meter, epoch=2, effective_at=clock.now() + DAY + 600)
    assert announced.events["MeterAnnounced"]["signer"] == new_meter.address
    agreements.end(hire.id, {"from": hire.customer})
    economy.use(hire, 1, 100)
    clock.pass_time(DAY + 600)
    agreements.close(hire.id, {"from": hire.customer})
    economy.meters.activate(hire.drill.id, {"from": economy.stranger})
    forged = economy.sign(economy.reading(hire, 2, 1_000_000), new_meter)
    assert_events(economy.settle(hire, forged), reading_skipped(hire.id, 2, Skip.CLOSED))


def test_compact_and_full_signatures_are_the_same_to_a_batch(economy, hire):
    signed = economy.signed(hire, 1, 100)
    compact = replace(signed, signature=to_compact(signed.signature))
    settled = economy.settle(hire, compact)
    assert_events(settled, reading_settled(hire.id, economy.state(hire)), of=economy.agreements)
