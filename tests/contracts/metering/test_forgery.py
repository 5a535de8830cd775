"""Q-5: only the asset's present meter key makes a reading, and only the signed one. One change at a time."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from oracle.domain.hashing import keccak
from oracle.domain.readings import Flag
from oracle.domain.signatures import SECP256K1_ORDER, SigningKey, to_compact
from tests.contracts.metering.expected import fees, skipped, word
from tests.fixtures.economy import other_domain
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events
from tests.models.agreements import Skip

HEAD, RECORD = 8, 152
SEQUENCE_BYTE = 16


@pytest.fixture(scope="module")
def signed(economy, hire):
    """Every field is set, so that a change of any is a change of what was signed."""
    return economy.signed(hire, 6, 100, 20, 3, 4, time=hire.opened_at, odometer=9, flags=32, root=keccak(b"root"))


def changes(reading):
    """One field at a time, each by one unit; registers one by one."""
    for field in fields(reading):
        value = getattr(reading, field.name)
        if field.name == "registers":
            for index in range(4):
                changed = list(value)
                changed[index] += 1
                yield f"register{index}", replace(reading, registers=tuple(changed))
        elif field.name == "telemetry_root":
            yield field.name, replace(reading, telemetry_root=keccak(value))
        elif field.name == "flags":
            yield field.name, replace(reading, flags=Flag(value ^ 1))
        else:
            yield field.name, replace(reading, **{field.name: value + 1})


def test_each_signed_field_changed_alone_is_refused(economy, hire, signed):
    before = word(economy, hire)
    names = []
    for name, changed in changes(signed.reading):
        names.append(name)
        known = name not in ("agreement_id", "asset_id")
        reason = Skip.INVALID_SIGNATURE if known else Skip.UNKNOWN_AGREEMENT
        settled = economy.settle(hire, replace(signed, reading=changed))
        assert_events(settled, skipped(replace(hire, id=changed.agreement_id), changed.sequence, reason))
    assert names == [
        "agreement_id", "asset_id", "sequence", "time", "register0", "register1", "register2", "register3",
        "odometer", "flags", "telemetry_root",
    ]  # fmt: skip
    assert word(economy, hire) == before


@pytest.mark.parametrize("bit", range(8))
def test_every_byte_of_a_record_flipped_alone_is_refused(economy, hire, signed, bit):
    """All bits of all bytes, signature included: 152 records in each of eight batches."""
    before = word(economy, hire)
    record = economy.batch((hire, signed))[HEAD:]
    flipped = []
    for at in range(RECORD):
        copy = bytearray(record)
        copy[at] ^= 1 << bit
        flipped.append(bytes(copy))
    header = bytes([1, 0]) + hire.priced.id.to_bytes(4) + RECORD.to_bytes(2)

    settled = economy.settle_bytes(header + b"".join(flipped))

    reasons = [one["reason"] for one in settled.events["ReadingSkipped"]]
    first = Skip.MALFORMED_SEQUENCE if bit == 7 else Skip.INVALID_SIGNATURE
    assert reasons == (
        [Skip.UNKNOWN_AGREEMENT] * SEQUENCE_BYTE + [first] + [Skip.INVALID_SIGNATURE] * (RECORD - SEQUENCE_BYTE - 1)
    )
    assert word(economy, hire) == before


def test_the_record_itself_is_good(economy, hire, signed):
    """Without this the tests above would prove nothing."""
    economy.settle(hire, signed)
    assert economy.state(hire).settled == 100 + 40 + 12


def mirrored(signature):
    """The other valid signature of the same digest by the same key: n − s, other parity."""
    s = SECP256K1_ORDER - int.from_bytes(signature[32:64])
    return signature[:32] + s.to_bytes(32) + bytes([55 - signature[64]])


def test_high_s_is_refused_in_full_form(economy, hire, signed):
    with typed_error("Agreements_ReadingRefused", hire.id, 6, int(Skip.INVALID_SIGNATURE)):
        economy.agreements.settleSigned(
            economy.values(signed.reading), mirrored(signed.signature), {"from": economy.stranger}
        )


def test_high_s_is_refused_in_a_batch(economy, hire, signed):
    """EIP-2098 has no room for it: the top bit of a high s is read as the parity, and another key comes out."""
    high = mirrored(signed.signature)
    batch = economy.batch((hire, signed))
    assert batch.endswith(to_compact(signed.signature))
    parity = (high[64] - 27) << 255
    forged = batch[:-64] + high[:32] + (int.from_bytes(high[32:64]) | parity).to_bytes(32)
    assert_events(economy.settle_bytes(forged), skipped(hire, 6, Skip.INVALID_SIGNATURE))


@pytest.mark.parametrize("where", ["chain", "contract"])
def test_a_reading_for_another_chain_or_contract_is_refused(economy, hire, signed, where):
    domain = (
        other_domain(chain_id=1, contract=economy.agreements.address)
        if where == "chain"
        else other_domain(contract=economy.meters.address)
    )
    elsewhere = economy.sign(signed.reading, hire.drill.meter, domain)
    assert_events(economy.settle(hire, elsewhere), skipped(hire, 6, Skip.INVALID_SIGNATURE))


def test_another_assets_meter_is_refused(economy, hire, signed):
    other = economy.hire(economy.customers[1])
    foreign = economy.sign(signed.reading, other.drill.meter)
    assert_events(economy.settle(hire, foreign), skipped(hire, 6, Skip.INVALID_SIGNATURE))


@pytest.mark.parametrize("who", ["provider", "relayer", "maker"])
def test_no_account_signs_for_a_meter(economy, hire, signed, who):
    key = economy.key_of(getattr(economy, who))
    assert_events(economy.settle(hire, economy.sign(signed.reading, key)), skipped(hire, 6, Skip.INVALID_SIGNATURE))


def test_the_old_meter_key_counts_for_nothing_once_replaced(economy, hire, signed):
    economy.announce(hire.drill.id, economy.meter_key(hire.drill.id, 2), epoch=2, old=hire.drill.meter)
    assert_events(economy.settle(hire, signed), skipped(hire, 6, Skip.INVALID_SIGNATURE))
    assert fees(economy, hire) == 0


def test_a_random_key_is_refused(economy, hire, signed):
    forger = SigningKey(keccak(b"forger"))
    assert_events(economy.settle(hire, economy.sign(signed.reading, forger)), skipped(hire, 6, Skip.INVALID_SIGNATURE))
