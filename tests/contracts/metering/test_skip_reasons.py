"""A bad reading is skipped whole and says why. Each test gives a reading the reason under test and later ones too,
so that the order of the checks shows: the first that applies is the one reported.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracle.domain.batching import Group, Record, encode_batch
from oracle.domain.hashing import keccak
from oracle.domain.readings import Flag
from oracle.domain.signatures import Curve, SigningKey
from tests.contracts.metering.expected import skipped, word
from tests.fixtures.economy import DAY, EUR, HOLD_TARGET
from tests.helpers import clock
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events
from tests.models.agreements import Skip

FORGER = SigningKey(keccak(b"forger"))
FAR_AHEAD = 1 << 39
TOO_MUCH = 1 << 47


@pytest.fixture(scope="module")
def worn(economy, hire):
    """Sequence 5 has settled 1,000 units."""
    economy.use(hire, 5, 1_000)
    return hire


@pytest.fixture
def ending(economy, worn):
    economy.agreements.end(worn.id, {"from": worn.customer})
    return worn


@pytest.fixture
def final(economy, ending):
    """The final reading has been accepted."""
    economy.use(ending, 6, 1_000, flags=Flag.FINAL)
    return ending


@pytest.fixture
def closed(economy, final):
    economy.agreements.close(final.id, {"from": economy.stranger})
    return final


def assert_skipped(economy, hire, signed, reason):
    """By `settle` with the event and nothing else; by `settleSigned` with the same reason as its error."""
    before = word(economy, hire)
    settled = economy.settle(hire, signed)
    number = signed.reading.sequence
    who = replace(hire, id=signed.reading.agreement_id)
    assert_events(settled, skipped(who, number, reason))
    assert word(economy, hire) == before
    with typed_error("Agreements_ReadingRefused", who.id, number, int(reason)):
        economy.agreements.settleSigned(economy.values(signed.reading), signed.signature, {"from": economy.relayer})


def forged(economy, hire, sequence, *registers, **more):
    return economy.sign(economy.reading(hire, sequence, *registers, **more), FORGER)


def test_unknown_agreement_in_a_p256_group(economy, worn):
    unknown = economy.reading(worn, 1 << 31, TOO_MUCH, time=FAR_AHEAD)
    record = Record(replace(unknown, agreement_id=99), bytes(64), bytes(64))
    settled = economy.settle_bytes(encode_batch([Group(Curve.P256, worn.priced.id, (record,))]))
    assert_events(settled, skipped(replace(worn, id=99), 1 << 31, Skip.UNKNOWN_AGREEMENT))


@pytest.mark.parametrize("change", [{"agreement_id": 99}, {"asset_id": 99}])
def test_unknown_agreement(economy, worn, change):
    reading = replace(economy.reading(worn, 1 << 31, TOO_MUCH, time=FAR_AHEAD), **change)
    assert_skipped(economy, worn, economy.sign(reading, FORGER), Skip.UNKNOWN_AGREEMENT)


def test_an_agreement_under_another_tariff_is_unknown(economy, worn):
    other = economy.publish()
    batch = economy.batch((replace(worn, priced=other), economy.signed(worn, 6, 2_000)))
    assert_events(economy.settle_bytes(batch), skipped(worn, 6, Skip.UNKNOWN_AGREEMENT))


def test_an_agreement_under_an_unknown_tariff_is_unknown(economy, worn):
    nowhere = replace(worn.priced, id=worn.priced.id + 1)
    batch = economy.batch((replace(worn, priced=nowhere), economy.signed(worn, 6, 2_000)))
    assert_events(economy.settle_bytes(batch), skipped(worn, 6, Skip.UNKNOWN_AGREEMENT))


@pytest.mark.parametrize("sequence", [1 << 31, (1 << 32) - 1])
def test_malformed_sequence(economy, closed, sequence):
    signed = forged(economy, closed, sequence, TOO_MUCH, time=FAR_AHEAD)
    assert_skipped(economy, closed, signed, Skip.MALFORMED_SEQUENCE)


def test_stale(economy, closed):
    assert_skipped(economy, closed, forged(economy, closed, 5, TOO_MUCH, time=FAR_AHEAD), Skip.STALE)


def test_the_stored_reading_settled_in_full_is_stale(economy, worn):
    assert_skipped(economy, worn, economy.signed(worn, 5, 1_000), Skip.STALE)


def test_closed(economy, closed):
    assert_skipped(economy, closed, forged(economy, closed, 7, TOO_MUCH, time=FAR_AHEAD), Skip.CLOSED)


def test_after_final(economy, final):
    assert_skipped(economy, final, forged(economy, final, 7, TOO_MUCH, time=FAR_AHEAD), Skip.AFTER_FINAL)


def test_invalid_signature(economy, worn):
    assert_skipped(economy, worn, forged(economy, worn, 6, TOO_MUCH, time=FAR_AHEAD), Skip.INVALID_SIGNATURE)


def test_a_signature_that_belongs_to_no_key(economy, worn):
    reading = economy.reading(worn, 6, TOO_MUCH, time=FAR_AHEAD)
    nobody = (5).to_bytes(32) + (1).to_bytes(32) + bytes([27])
    assert_skipped(economy, worn, replace(economy.sign(reading, FORGER), signature=nobody), Skip.INVALID_SIGNATURE)


def test_too_far_ahead(economy, worn):
    assert_skipped(economy, worn, economy.signed(worn, 6, TOO_MUCH, time=FAR_AHEAD), Skip.TOO_FAR_AHEAD)


def test_charge_fell(economy, worn):
    assert_skipped(economy, worn, economy.signed(worn, 6, 999), Skip.CHARGE_FELL)


def test_implausible(economy, worn):
    assert_skipped(economy, worn, economy.signed(worn, 6, TOO_MUCH), Skip.IMPLAUSIBLE)


@pytest.mark.parametrize("beyond", [0, 1])
def test_the_highest_plausible_charge(economy, worn, beyond):
    """36 EUR an hour since opening, and 10 EUR of burst."""
    clock.next_block_at(worn.opened_at + 100)
    economy.use(worn, 6, 100 * 10_000 + 10 * EUR + beyond)
    assert economy.state(worn).sequence == (5 if beyond else 6)


def test_a_reading_after_the_end_settles_until_the_close(economy, ending):
    """Readings on their way are not lost: only `close` shuts the door."""
    clock.next_block_in(3 * DAY)
    economy.use(ending, 6, HOLD_TARGET // 4)
    assert economy.state(ending).settled == HOLD_TARGET // 4
