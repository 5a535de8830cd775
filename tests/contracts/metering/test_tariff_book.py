"""What may be published, and that it stays as published."""

from __future__ import annotations

from typing import Any

import brownie
import pytest
from brownie.test import given, strategy
from eth_utils import keccak

from tests.contracts.registry.world import LISTING, ZERO, container, restrict
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events, event
from tests.models import tariff as model

DAY = 86_400
HOUR = 3_600
FIELDS = [
    "currency",
    "standingPerDay",
    "taxBps",
    "pricePerMillion0",
    "pricePerMillion1",
    "notice",
    "minimumTerm",
    "pricePerMillion2",
    "pricePerMillion3",
    "permitValidity",
    "deliveryTime",
    "holdTarget",
    "maxChargePerHour",
    "burst",
    "taxIncluded",
    "kind",
    "sessionCap",
    "idleStop",
    "unusedDays",
    "termsHash",
]


@pytest.fixture(scope="module")
def euro(module_isolation):
    return container("MicroEuro").deploy({"from": brownie.accounts[0]})


@pytest.fixture(scope="module")
def book(euro):
    by_admin = {"from": brownie.accounts[0]}
    authority = container("Authority").deploy(brownie.accounts[0], by_admin)
    accounts = container("PrepaidAccounts").deploy(authority, by_admin)
    restrict(authority, accounts, LISTING, "admitCurrency", by=brownie.accounts[0])
    authority.grantRole(LISTING, brownie.accounts[0], 0, by_admin)
    accounts.admitCurrency(euro, by_admin)
    return container("TariffBook").deploy(accounts, by_admin)


@pytest.fixture
def drill(euro) -> dict[str, Any]:
    """A drill: three load levels, a standing part, tax included."""
    return {
        "currency": euro.address,
        "standingPerDay": 240_000,
        "taxBps": 1_900,
        "pricePerMillion0": 2_000_000,
        "pricePerMillion1": 5_000_000,
        "notice": 2 * DAY,
        "minimumTerm": 30 * DAY,
        "pricePerMillion2": 9_000_000,
        "pricePerMillion3": 0,
        "permitValidity": DAY,
        "deliveryTime": HOUR,
        "holdTarget": 2_000_000,
        "maxChargePerHour": 1_000_000,
        "burst": 100_000,
        "taxIncluded": True,
        "kind": 1,
        "sessionCap": 8 * HOUR,
        "idleStop": 600,
        "unusedDays": 14,
        "termsHash": "0x" + keccak(text="terms").hex(),
    }


@pytest.fixture
def publisher():
    return brownie.accounts[3]


@pytest.fixture
def publish(book, drill, publisher):
    def publish_with(**changed: Any) -> Any:
        terms = drill | changed
        return book.publish(tuple(terms[field] for field in FIELDS), {"from": publisher})

    return publish_with


def test_a_tariff_is_kept_as_published(book, drill, publish, publisher):
    transaction = publish()
    terms = tuple(drill[field] for field in FIELDS)
    assert transaction.return_value == book.tariffCount() == 1
    assert_events(transaction, event("TariffPublished", tariff=1, publisher=publisher, terms=terms))
    assert book.tariffOf(1) == terms
    assert book.publisherOf(1) == publisher


def test_the_same_terms_again_are_a_new_tariff(book, publish):
    assert [publish().return_value, publish().return_value] == [1, 2]
    assert book.tariffOf(1) == book.tariffOf(2)


def test_an_unknown_tariff_is_refused(book, publish):
    publish()
    for tariff in (0, 2):
        with typed_error("Tariffs_Unknown", tariff):
            book.tariffOf(tariff)
        with typed_error("Tariffs_Unknown", tariff):
            book.quote(tariff, [0] * 4, 0)
        assert book.publisherOf(tariff) == ZERO


def test_a_quote_is_the_charge_of_registers_and_time(book, publish):
    publish()
    assert book.quote(1, [0] * 4, 0) == 0
    assert book.quote(1, [60_000, 30_000, 1_000, 5], HOUR) == 120_000 + 150_000 + 9_000 + 10_000


def test_a_quote_beyond_80_bits_is_capped(book, publish):
    publish(pricePerMillion3=2**96 - 1)
    assert book.quote(1, [0, 0, 0, 2**48 - 1], 0) == 2**80 - 1


@given(
    prices=strategy("uint40[4]", min_value=1),
    standing_per_day=strategy("uint24"),
    registers=strategy("uint48[4]"),
    elapsed=strategy("uint32"),
)
def test_a_quote_is_the_models(book, euro, prices, standing_per_day, registers, elapsed):
    terms = (
        euro.address, standing_per_day, 0, prices[0], prices[1], DAY, 0, prices[2], prices[3], HOUR, 0,
        1, 2**24, 0, False, 0, 0, 0, 0, keccak(text="terms"),
    )  # fmt: skip
    tariff = book.publish(terms, {"from": brownie.accounts[3]}).return_value
    assert book.quote(tariff, registers, elapsed) == model.charge(prices, standing_per_day, registers, elapsed)


# Refusals


def test_the_currency_is_admitted_by_the_ledger(publish, publisher):
    for currency in (ZERO, publisher.address):
        with typed_error("Tariffs_CurrencyNotAdmitted", currency):
            publish(currency=currency)


def test_something_is_charged(publish):
    nothing = {f"pricePerMillion{i}": 0 for i in range(4)}
    with typed_error("Tariffs_NothingCharged"):
        publish(**nothing, standingPerDay=0)
    publish(**nothing, standingPerDay=1)
    publish(**nothing | {"pricePerMillion3": 1}, standingPerDay=0)


def test_the_hourly_maximum_is_not_zero(publish):
    with typed_error("Tariffs_ZeroHourlyMaximum"):
        publish(maxChargePerHour=0)


def test_the_standing_part_stays_within_the_hourly_maximum(publish):
    with typed_error("Tariffs_StandingAboveHourlyMaximum", 24_000_001, 1_000_000):
        publish(standingPerDay=24_000_001)
    publish(standingPerDay=24_000_000)


def test_the_hold_target_is_not_zero(publish):
    with typed_error("Tariffs_ZeroHoldTarget"):
        publish(holdTarget=0, deliveryTime=0)


def test_the_hold_covers_twice_what_delivery_takes_rounded_up(publish):
    with typed_error("Tariffs_HoldTargetTooLow", 1_999_999, 2_000_000):
        publish(holdTarget=1_999_999)
    with typed_error("Tariffs_HoldTargetTooLow", 555, 556):
        publish(holdTarget=555, deliveryTime=1)
    publish(holdTarget=556, deliveryTime=1)


def test_the_hold_bound_holds_at_the_largest_numbers(publish):
    least = -(-2 * (2**80 - 1) * DAY // HOUR)
    with typed_error("Tariffs_HoldTargetTooLow", 2**80 - 1, least):
        publish(maxChargePerHour=2**80 - 1, holdTarget=2**80 - 1, deliveryTime=DAY)


def test_a_permit_is_valid_for_some_time(publish):
    with typed_error("Tariffs_ZeroPermitValidity"):
        publish(permitValidity=0)


def test_the_notice_covers_permit_and_delivery(publish):
    with typed_error("Tariffs_NoticeTooShort", DAY + HOUR - 1, DAY + HOUR):
        publish(notice=DAY + HOUR - 1)
    publish(notice=DAY + HOUR)


def test_the_notice_bound_does_not_overflow(publish):
    with typed_error("Tariffs_NoticeTooShort", 2**32 - 1, 2**32 - 1 + HOUR):
        publish(permitValidity=2**32 - 1, notice=2**32 - 1)


def test_the_notice_is_at_most_thirty_days(publish):
    with typed_error("Tariffs_NoticeTooLong", 30 * DAY + 1, 30 * DAY):
        publish(notice=30 * DAY + 1)
    publish(notice=30 * DAY)


def test_the_minimum_term_is_at_most_five_years(publish):
    most = 5 * 365 * DAY
    with typed_error("Tariffs_MinimumTermTooLong", most + 1, most):
        publish(minimumTerm=most + 1)
    publish(minimumTerm=most)


def test_a_tax_rate_is_included_or_absent(publish):
    with typed_error("Tariffs_TaxNotIncluded", 1):
        publish(taxBps=1, taxIncluded=False)
    publish(taxBps=0, taxIncluded=False)
    publish(taxBps=0, taxIncluded=True)


def test_a_tax_rate_is_at_most_everything(publish):
    with typed_error("Tariffs_TaxTooHigh", 10_001):
        publish(taxBps=10_001)
    publish(taxBps=10_000)


def test_there_are_three_kinds(publish):
    for kind in range(3):
        publish(kind=kind)
    with typed_error("Tariffs_UnknownKind", 3):
        publish(kind=3)


def test_the_terms_are_named_by_their_hash(publish):
    with typed_error("Tariffs_ZeroTermsHash"):
        publish(termsHash="0x" + "00" * 32)
