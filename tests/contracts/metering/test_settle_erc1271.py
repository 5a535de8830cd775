"""Meters that are contracts: asked anew each time, by a static call with its own gas, and unable to do harm."""

from __future__ import annotations

from typing import Any

import brownie
import pytest

from oracle.domain.bindings import MeterBinding
from oracle.domain.forms import digest
from oracle.domain.hashing import address_bytes
from oracle.domain.readings import SignedReading
from oracle.domain.signatures import Curve, to_compact
from oracle.domain.statuses import Status
from oracle.types import ZERO_BYTES32
from tests.fixtures.economy import Economy, Hire
from tests.helpers.committee import joined
from tests.helpers.errors import typed_error, typed_error_named
from tests.models.agreements import Skip

GRANTED = 500_000
ANY = b"\1"


@pytest.fixture(scope="module")
def hire(economy: Economy) -> Hire:
    """Metered by two of three attesters."""
    return economy.hire(curve=Curve.ERC1271, grade=0)


def deploy(economy: Economy, name: str, *arguments: Any) -> Any:
    return brownie.project.get_loaded_projects()[0][name].deploy(*arguments, {"from": economy.stranger})


def binding_of(wallet: Any, asset: int) -> MeterBinding:
    """As an asset's second meter."""
    return MeterBinding(asset, address_bytes(wallet.address), int(Curve.ERC1271), 2, 0, ZERO_BYTES32, 0)


def bind(economy: Economy, wallet: Any, asset: int) -> Any:
    return economy.meters.announceMeter(
        economy.values(binding_of(wallet, asset)), 0, ANY, b"", {"from": economy.provider}
    )


def hire_with(economy: Economy, wallet: Any) -> Hire:
    """A drill whose meter is this contract."""
    hire = economy.hire(economy.customers[2])
    binding = binding_of(wallet, hire.drill.id)
    by_old = economy.signature(binding, hire.drill.meter)
    economy.meters.announceMeter(economy.values(binding), 0, ANY, by_old, {"from": economy.provider})
    return hire


def unsigned(economy: Economy, hire: Hire, sequence: int, *registers: int) -> SignedReading:
    return SignedReading(economy.reading(hire, sequence, *registers), ANY)


def refused(hire: Hire, sequence: int = 1) -> Any:
    return typed_error("Agreements_ReadingRefused", hire.id, sequence, int(Skip.INVALID_SIGNATURE))


# A committee of attesters


def test_two_of_three_attesters_settle_a_reading(economy, hire):
    economy.settle_signed(economy.signed(hire, 1, 500))
    assert economy.state(hire).settled == 500


def test_any_two_of_the_three_suffice(economy, hire):
    reading = economy.reading(hire, 1, 500)
    found = digest(economy.domains.of(reading), reading)
    first, _, third = hire.drill.meter.attesters
    economy.settle_signed(SignedReading(reading, joined(found, (third.sign(found), first.sign(found)))))
    assert economy.state(hire).settled == 500


def test_what_is_not_two_of_three_is_refused(economy, hire):
    reading = economy.reading(hire, 1, 500)
    found = digest(economy.domains.of(reading), reading)
    one, two, three = (key.sign(found) for key in hire.drill.meter.attesters)
    stranger = economy.meter_key(hire.drill.id, epoch=9).sign(found)
    other = economy.reading(hire, 1, 501)
    for bad in (
        b"",
        one,
        one + one,
        two + one,
        one + two + three,
        one + stranger,
        one + two[:-1],
        one + two + b"\0",
        one + two[:64] + b"\0",
        to_compact(one) + to_compact(two),
        bytes(130),
        economy.sign(other, hire.drill.meter).signature,
    ):
        with refused(hire):
            economy.settle_signed(SignedReading(reading, bad))


def test_a_committees_status_is_recorded(economy, hire):
    status = Status(hire.drill.id, 1, hire.opened_at, 1, 7, 0)
    transaction = economy.meters.recordStatus(
        economy.values(status), economy.signature(status, hire.drill.meter), {"from": economy.stranger}
    )
    assert transaction.events["StatusRecorded"]["faultCode"] == 7


def test_a_plain_signature_of_one_attester_does_nothing_in_a_batch(economy, hire):
    reading = economy.reading(hire, 1, 500)
    transaction = economy.settle(hire, economy.sign(reading, hire.drill.meter.attesters[0]))
    assert transaction.events["ReadingSkipped"]["reason"] == Skip.INVALID_SIGNATURE


@pytest.mark.parametrize(("threshold", "size"), [(0, 3), (4, 3), (1, 0), (1, 33)])
def test_a_committee_needs_a_threshold_it_can_reach(economy, threshold, size):
    with typed_error("Attesters_Threshold", threshold, size):
        economy.committee(threshold, size)


def test_an_attester_sits_once_in_a_committee(economy):
    member = economy.customers[0].address
    with typed_error("Attesters_NotRising", member):
        deploy(economy, "KOfNAttester", [member, member], 2)


def test_the_largest_committee_answers_within_its_gas(economy):
    committee = economy.committee(32, 32)
    hire = economy.hire(economy.customers[3])
    binding = binding_of(committee, hire.drill.id)
    economy.meters.announceMeter(
        economy.values(binding), 0, economy.signature(binding, committee),
        economy.signature(binding, hire.drill.meter), {"from": economy.provider},
    )  # fmt: skip
    economy.settle_signed(economy.sign(economy.reading(hire, 1, 500), committee))
    assert economy.state(hire).settled == 500


# Hostile contracts


def test_an_account_without_code_is_no_contract_meter(economy):
    asset = economy.drill(split=0).id
    with typed_error("Meters_SignatureInvalid", asset, economy.stranger):
        bind(economy, economy.stranger, asset)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("RevertingWallet", ()), ("ReturnBombWallet", ("0x1626ba7e",)), ("ReturnBombWallet", ("0xffffffff",))],
)
def test_a_contract_that_does_not_answer_in_bounds_is_no_meter(economy, name, arguments):
    asset, wallet = economy.drill(split=0).id, deploy(economy, name, *arguments)
    with typed_error("Meters_SignatureInvalid", asset, wallet):
        bind(economy, wallet, asset)


def test_the_contract_is_asked_anew_for_each_reading(economy):
    wallet = deploy(economy, "FlippingWallet")
    hire = hire_with(economy, wallet)
    economy.settle_signed(unsigned(economy, hire, 1, 500))
    wallet.setAccepting(False, {"from": economy.stranger})
    with refused(hire, 2):
        economy.settle_signed(unsigned(economy, hire, 2, 600))
    wallet.setAccepting(True, {"from": economy.stranger})
    economy.settle_signed(unsigned(economy, hire, 2, 600))
    assert economy.state(hire).settled == 600


def test_a_contract_spends_no_more_than_its_share_of_gas(economy):
    wallet = deploy(economy, "BurningWallet")
    hire = hire_with(economy, wallet)
    economy.settle_signed(unsigned(economy, hire, 1, 500))
    wallet.setBurning(True, {"from": economy.stranger})
    with refused(hire, 2):
        economy.settle_signed(unsigned(economy, hire, 2, 600), gas_limit=GRANTED + 200_000)


def test_too_little_gas_is_an_error_and_not_a_no(economy):
    hire = hire_with(economy, deploy(economy, "FlippingWallet"))
    with typed_error_named("Meters_TooLittleGas"):
        economy.settle_signed(unsigned(economy, hire, 1, 500), gas_limit=GRANTED)
