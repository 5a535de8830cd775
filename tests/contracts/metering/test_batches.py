"""The packed batch: one bad record costs the others nothing, and bytes that do not parse are refused whole."""

from __future__ import annotations

from dataclasses import replace

import brownie
import pytest
from eth_abi import encode

from oracle.domain.batching import Group, Record, encode_batch
from oracle.domain.hashing import keccak
from oracle.domain.signatures import Curve, SigningKey
from tests.contracts.metering.expected import reading_settled, skipped
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events
from tests.models.agreements import Skip

RECORD, P256_RECORD, HEADER = 152, 216, 7
MALFORMED = keccak(b"Agreements_MalformedBatch(uint256,uint256)")[:4]


@pytest.fixture(scope="module")
def crown(economy):
    return economy.new_currency()


@pytest.fixture(scope="module")
def hires(economy, crown):
    """Two drills of a fleet on one split, one on its own split, one paid in crowns."""
    fleet = economy.split()
    first = economy.hire(economy.customers[0], split=fleet)
    second = economy.hire(economy.customers[1], split=fleet)
    return first, second, economy.hire(economy.customers[2]), economy.hire(economy.customers[3], token=crown)


@pytest.mark.parametrize("position", range(4))
def test_a_poisoned_record_costs_the_others_nothing(economy, hires, position):
    readings = [(hire, economy.signed(hire, 1, 1_000)) for hire in hires]
    victim = hires[position]
    forger = SigningKey(keccak(b"forger"))
    readings[position] = (victim, economy.sign(economy.reading(victim, 1, 1_000), forger))

    settled = economy.settle_bytes(economy.batch(*readings))

    expected = [
        skipped(hire, 1, Skip.INVALID_SIGNATURE) if hire is victim else reading_settled(hire, 1, 1_000)
        for hire in hires
    ]
    assert_events(settled, *expected, of=economy.agreements)


def test_the_skipped_reading_settles_when_it_comes_properly(economy, hires):
    hire = hires[0]
    forged = economy.sign(economy.reading(hire, 1, 1_000), SigningKey(keccak(b"forger")))
    economy.settle(hire, forged, economy.signed(hire, 1, 1_000))
    assert economy.state(hire).settled == 1_000


def refusal(economy, batch):
    """What `settle` reverts with; empty where it does not."""
    data = economy.agreements.settle.encode_input(batch)
    call = {"to": economy.agreements.address, "data": data}
    answer = brownie.web3.provider.make_request("eth_call", [call, "latest"])
    return bytes.fromhex(answer["error"]["data"][2:]) if "error" in answer else b""


def malformed(offset, length):
    return MALFORMED + encode(["uint256", "uint256"], [offset, length])


def test_every_truncation_is_refused_whole(economy, hires):
    """But for the version byte alone, which is a batch of no groups."""
    first = hires[0]
    batch = economy.batch((first, economy.signed(first, 1, 5)), (first, economy.signed(first, 2, 6)))
    assert len(batch) == 1 + HEADER + 2 * RECORD
    assert refusal(economy, batch) == refusal(economy, batch[:1]) == b""
    assert refusal(economy, b"") == malformed(0, 0)
    for length in range(2, len(batch)):
        assert refusal(economy, batch[:length]) == malformed(1 if length < 1 + HEADER else 1 + HEADER, length)


def test_a_truncated_p256_record_is_refused_whole(economy, hires):
    record = Record(economy.reading(hires[0], 1, 5), bytes(64), bytes(64))
    batch = encode_batch([Group(Curve.P256, hires[0].priced.id, (record,))])
    assert len(batch) == 1 + HEADER + P256_RECORD
    with typed_error("Agreements_MalformedBatch", 8, len(batch) - 1):
        economy.settle_bytes(batch[:-1])


def test_a_byte_too_many_is_refused_whole(economy, hires):
    batch = economy.batch((hires[0], economy.signed(hires[0], 1, 5))) + b"\0"
    with typed_error("Agreements_MalformedBatch", 1 + HEADER + RECORD, len(batch)):
        economy.settle_bytes(batch)


def test_an_unknown_kind_of_group_is_refused_whole(economy, hires):
    good = economy.batch((hires[0], economy.signed(hires[0], 1, 5)))
    batch = good + bytes([2]) + good[2:]
    with typed_error("Agreements_MalformedBatch", len(good), len(batch)):
        economy.settle_bytes(batch)


@pytest.mark.parametrize("version", [0, 2, 255])
def test_an_unknown_version_is_refused_whole(economy, hires, version):
    batch = economy.batch((hires[0], economy.signed(hires[0], 1, 5)))
    with typed_error("Agreements_UnknownVersion", version):
        economy.settle_bytes(bytes([version]) + batch[1:])


def test_a_record_under_the_wrong_tariff_is_skipped_alone(economy, hires):
    first, second = hires[:2]
    misplaced = replace(second, priced=first.priced)
    settled = economy.settle_bytes(
        economy.batch((first, economy.signed(first, 1, 5)), (misplaced, economy.signed(second, 1, 6)))
    )
    assert_events(
        settled, reading_settled(first, 1, 5), skipped(second, 1, Skip.UNKNOWN_AGREEMENT), of=economy.agreements
    )


def test_a_p256_group_of_junk_is_skipped_and_the_next_group_settles(economy, hires):
    first, second = hires[:2]
    record = Record(economy.reading(first, 1, 5), bytes(64), bytes(64))
    p256 = encode_batch([Group(Curve.P256, first.priced.id, (record,))])
    settled = economy.settle_bytes(p256 + economy.batch((second, economy.signed(second, 1, 6)))[1:])
    assert_events(
        settled, skipped(first, 1, Skip.INVALID_SIGNATURE), reading_settled(second, 1, 6), of=economy.agreements
    )
