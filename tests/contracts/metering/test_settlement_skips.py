"""Bad readings are skipped whole, each with its reason, in the order of SkipReason; the others of the batch settle."""

from dataclasses import replace

import pytest

from oracle.domain.batching import Group, Record, encode_batch
from oracle.domain.hashing import keccak
from oracle.domain.signatures import Curve, SigningKey, to_compact
from tests.fixtures.economy import DAY, EUR, HOLD_TARGET
from tests.helpers import clock
from tests.helpers.agreement_events import reading_skipped
from tests.helpers.events import assert_events
from tests.models.agreements import SEQUENCE_LIMIT, Skip

OTHER_KEY = SigningKey(keccak(b"nobody's meter"))


@pytest.fixture
def skipped(economy, hire):
    """The batch of this one reading is skipped for the reason, with no other event and no change of state."""

    def check(signed, reason):
        before = economy.agreements.stateOf(hire.id)
        transaction = economy.settle(hire, signed)
        assert_events(transaction, reading_skipped(signed.reading.agreement_id, signed.reading.sequence, reason))
        assert economy.agreements.stateOf(hire.id) == before

    return check


# One by one, in the enum's order


def test_a_p256_group_is_skipped_record_by_record(economy, hire):
    records = [Record(economy.reading(hire, i, 100), bytes(64), bytes(64)) for i in (1, 2)]
    batch = encode_batch([Group(Curve.P256, hire.priced.id, tuple(records))])
    assert_events(
        economy.settle_bytes(batch),
        reading_skipped(hire.id, 1, Skip.UNSUPPORTED_CURVE),
        reading_skipped(hire.id, 2, Skip.UNSUPPORTED_CURVE),
    )


def test_a_group_after_a_p256_group_settles(economy, hire):
    groups = [
        Group(Curve.P256, hire.priced.id, (Record(economy.reading(hire, 1, 100), bytes(64), bytes(64)),)),
        Group(
            Curve.SECP256K1, hire.priced.id, (Record(economy.reading(hire, 1, 100), compact(economy, hire, 1, 100)),)
        ),
    ]
    economy.settle_bytes(encode_batch(groups))
    assert economy.state(hire).settled == 100


def compact(economy, hire, sequence, *registers):
    return to_compact(economy.signed(hire, sequence, *registers).signature)


def test_an_unknown_agreement(economy, hire, skipped):
    stray = replace(economy.reading(hire, 1, 100), agreement_id=999)
    skipped(economy.sign(stray, hire.drill.meter), Skip.UNKNOWN_AGREEMENT)


def test_agreement_zero(economy, hire, skipped):
    stray = replace(economy.reading(hire, 1, 100), agreement_id=0)
    skipped(economy.sign(stray, hire.drill.meter), Skip.UNKNOWN_AGREEMENT)


def test_an_agreement_of_another_asset(economy, hire, skipped):
    other = economy.drill()
    stray = replace(economy.reading(hire, 1, 100), asset_id=other.id)
    skipped(economy.sign(stray, other.meter), Skip.UNKNOWN_AGREEMENT)


def test_a_record_under_another_tariffs_header(economy, hire):
    """Cheaper or dearer: a relayer cannot choose the price."""
    cheap = economy.publish(price_per_million=(1, 0, 0, 0))
    group = Group(Curve.SECP256K1, cheap.id, (Record(economy.reading(hire, 1, 100), compact(economy, hire, 1, 100)),))
    assert_events(economy.settle_bytes(encode_batch([group])), reading_skipped(hire.id, 1, Skip.UNKNOWN_AGREEMENT))


def test_a_record_under_an_unpublished_tariff(economy, hire):
    group = Group(Curve.SECP256K1, 999, (Record(economy.reading(hire, 1, 100), compact(economy, hire, 1, 100)),))
    assert_events(economy.settle_bytes(encode_batch([group])), reading_skipped(hire.id, 1, Skip.UNKNOWN_AGREEMENT))


@pytest.mark.parametrize("sequence", [SEQUENCE_LIMIT, (1 << 32) - 1])
def test_a_sequence_of_the_special_bit(economy, hire, skipped, sequence):
    """No signature reaches the bit that says that an agreement is ending, suspended or closed."""
    skipped(economy.signed(hire, sequence, 100), Skip.MALFORMED_SEQUENCE)


def test_the_highest_sequence_settles(economy, hire):
    economy.use(hire, SEQUENCE_LIMIT - 1, 100)
    assert economy.state(hire).sequence == SEQUENCE_LIMIT - 1
    assert not economy.state(hire).special


def test_an_older_sequence(economy, hire, skipped):
    economy.use(hire, 5, 100)
    skipped(economy.signed(hire, 4, 200), Skip.STALE)


def test_a_closed_agreement(economy, hire, skipped):
    economy.agreements.end(hire.id, {"from": hire.customer})
    clock.pass_time(DAY)
    economy.agreements.close(hire.id, {"from": economy.stranger})
    skipped(economy.signed(hire, 1, 100), Skip.CLOSED)


def test_a_reading_after_the_final_one(economy, hire, skipped):
    economy.agreements.end(hire.id, {"from": hire.customer})
    economy.use(hire, 3, 100, flags=1)
    skipped(economy.signed(hire, 4, 200), Skip.AFTER_FINAL)


def test_a_signature_of_another_key(economy, hire, skipped):
    skipped(economy.sign(economy.reading(hire, 1, 100), OTHER_KEY), Skip.INVALID_SIGNATURE)


def test_a_signature_of_another_assets_meter(economy, hire, skipped):
    other = economy.drill()
    skipped(economy.sign(economy.reading(hire, 1, 100), other.meter), Skip.INVALID_SIGNATURE)


def test_a_time_more_than_two_minutes_ahead(economy, hire, skipped):
    now = clock.next_block_in(10)
    skipped(economy.signed(hire, 1, 100, time=now + 121), Skip.TOO_FAR_AHEAD)


def test_a_charge_that_fell(economy, hire, skipped):
    """Falling registers: the chain sees what they cost."""
    economy.use(hire, 1, 100)
    skipped(economy.signed(hire, 2, 99), Skip.CHARGE_FELL)


def test_one_register_may_fall_while_the_charge_does_not(economy, hire):
    """The chain holds the sum; oracle and auditor hold each register."""
    economy.use(hire, 1, 100, 100)
    economy.use(hire, 2, 50, 150)
    assert economy.state(hire).settled == 350


def test_a_charge_that_stood_still_with_a_newer_sequence_settles(economy, hire):
    economy.use(hire, 1, 100)
    economy.use(hire, 2, 100)
    assert economy.state(hire).sequence == 2


def test_an_implausible_charge(economy, hire, skipped):
    now = clock.next_block_in(50)
    most = 10 * EUR + 10_000 * (now - hire.opened_at)
    skipped(economy.signed(hire, 1, most + 1), Skip.IMPLAUSIBLE)


def test_the_highest_plausible_charge_settles(economy, hire):
    now = clock.next_block_in(50)
    economy.use(hire, 1, 10 * EUR + 10_000 * (now - hire.opened_at))
    assert economy.state(hire).settled == HOLD_TARGET


def test_an_implausible_charge_is_accepted_when_time_makes_it_plausible(economy, hire, skipped):
    """Cumulative since opening: what came too early is not lost."""
    early = economy.signed(hire, 1, 11 * EUR)
    clock.next_block_at(hire.opened_at + 99)
    skipped(early, Skip.IMPLAUSIBLE)
    clock.next_block_at(hire.opened_at + 100)
    economy.settle(hire, early)
    assert economy.state(hire).sequence == 1


# The first reason that applies is the one that is named


def test_an_old_sequence_is_named_before_a_bad_signature(economy, hire, skipped):
    economy.use(hire, 5, 100)
    skipped(economy.sign(economy.reading(hire, 4, 100), OTHER_KEY), Skip.STALE)


def test_a_bad_signature_is_named_before_a_time_ahead(economy, hire, skipped):
    skipped(economy.sign(economy.reading(hire, 1, 100, time=clock.now() + DAY), OTHER_KEY), Skip.INVALID_SIGNATURE)


def test_a_time_ahead_is_named_before_a_charge_that_fell(economy, hire, skipped):
    economy.use(hire, 1, 100)
    skipped(economy.signed(hire, 2, 50, time=clock.now() + DAY), Skip.TOO_FAR_AHEAD)


def test_a_skipped_reading_does_not_refill(economy, hire):
    economy.offers.pause({"from": economy.guardian})
    economy.use(hire, 1, HOLD_TARGET - 10)
    economy.offers.unpause({"from": economy.guardian})
    assert_events(economy.use(hire, 1, HOLD_TARGET - 10), reading_skipped(hire.id, 1, Skip.STALE))


# One poisoned record leaves the others


@pytest.mark.parametrize("poisoned", range(4))
def test_a_poisoned_record_at_any_index_leaves_the_others_settled(economy, poisoned):
    hires = [economy.hire(economy.customers[i]) for i in range(4)]
    readings = [
        (hire, economy.sign(economy.reading(hire, 1, 100), OTHER_KEY if i == poisoned else hire.drill.meter))
        for i, hire in enumerate(hires)
    ]
    economy.settle_bytes(economy.batch(*readings))
    assert [economy.state(hire).settled for hire in hires] == [0 if i == poisoned else 100 for i in range(4)]
