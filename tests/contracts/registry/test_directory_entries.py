"""The directory: one address from which an auditor finds all others, and that cannot be swapped under it."""

import pytest

from tests.fixtures.ledger import LISTING, admin, authority, deploy, guardian, lister, stranger  # noqa: F401
from tests.helpers.errors import typed_error
from tests.helpers.events import assert_events

ZERO = "0x" + "00" * 20
NAME = b"PrepaidAccounts".ljust(32, b"\0")
OTHER = b"FeeSplitter".ljust(32, b"\0")


@pytest.fixture(scope="module")
def directory(authority, admin):  # noqa: F811
    contract = deploy("Directory", authority)
    authority.setTargetFunctionRole(contract, [contract.signatures["set"]], LISTING, {"from": admin})
    return contract


def test_set_lists_a_name(directory, lister, stranger):  # noqa: F811
    tx = directory.set(NAME, stranger, {"from": lister})
    assert directory.addressOf(NAME) == stranger
    assert_events(tx, ("EntrySet", {"name": NAME, "location": stranger}))


def test_entries_stand_in_order_of_listing(directory, lister, stranger, admin):  # noqa: F811
    directory.set(NAME, stranger, {"from": lister})
    directory.set(OTHER, admin, {"from": lister})
    names, locations = directory.entries()
    assert [bytes(name) for name in names] == [NAME, OTHER]
    assert list(locations) == [stranger, admin]


def test_directory_starts_empty(directory):
    assert directory.entries() == ((), ())


def test_listed_name_never_moves(directory, lister, stranger, admin):  # noqa: F811
    directory.set(NAME, stranger, {"from": lister})
    with typed_error("Directory_AlreadySet", NAME, stranger):
        directory.set(NAME, admin, {"from": lister})


def test_unknown_name_is_refused(directory):
    with typed_error("Directory_Unknown", NAME):
        directory.addressOf(NAME)


def test_zero_address_is_refused(directory, lister):  # noqa: F811
    with typed_error("Directory_ZeroAddress", NAME):
        directory.set(NAME, ZERO, {"from": lister})


@pytest.mark.parametrize("who", ["guardian", "stranger", "admin"])
def test_only_the_listing_role_sets(directory, who, request):
    caller = request.getfixturevalue(who)
    with typed_error("AccessManagedUnauthorized", caller):
        directory.set(NAME, caller, {"from": caller})
