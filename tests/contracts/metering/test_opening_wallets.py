"""Customers that are contracts (ERC-1271): asked at every use."""

from __future__ import annotations

import pytest

from tests.contracts.metering.opening import carry, form_of
from tests.fixtures.economy import HOLD_TARGET, WEALTH
from tests.fixtures.ledger import deploy
from tests.helpers.errors import typed_error


@pytest.fixture
def wallet_of(economy):
    """`wallet_of(name)`: a contract wallet with money and an allowance that it signed itself."""

    def make(name, *arguments):
        wallet = deploy(name, *arguments)
        economy.euro.mint(economy.relayer, WEALTH, {"from": economy.relayer})
        economy.euro.approve(economy.ledger, WEALTH, {"from": economy.relayer})
        economy.ledger.deposit(economy.euro, wallet, WEALTH, {"from": economy.relayer})
        return wallet

    return make


def test_a_wallet_opens_by_its_own_rule(economy, wallet_of, drill, priced):
    wallet = wallet_of("FlippingWallet")
    economy.agreements.allow(economy.values(economy.allow_form(wallet, WEALTH)), b"any", {"from": economy.relayer})
    opened = carry(economy, form_of(wallet, drill, priced), b"any")
    assert opened.events["AgreementOpened"]["customer"] == wallet
    assert economy.balance(wallet) == WEALTH - HOLD_TARGET


@pytest.mark.parametrize("name", ["FlippingWallet", "RevertingWallet", "ReenteringWallet", "ReturnBombWallet"])
def test_a_wallet_that_does_not_accept_has_not_signed(economy, wallet_of, drill, priced, name):
    wallet = wallet_of(name, *(["0xffffffff"] if name == "ReturnBombWallet" else []))
    form = form_of(wallet, drill, priced)
    if name == "FlippingWallet":
        wallet.setAccepting(False, {"from": economy.stranger})
    if name == "ReenteringWallet":
        again = economy.agreements.openSigned.encode_input(economy.values(form), b"any")
        wallet.plan(economy.agreements, again, {"from": economy.stranger})
    with typed_error("Forms_SignatureInvalid", wallet):
        carry(economy, form, b"any")
