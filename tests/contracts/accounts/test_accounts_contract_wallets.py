"""Owners that are contracts (ERC-1271): asked at every use, never believed longer, harmless while asked."""

import pytest

from tests.fixtures.ledger import currency_id, deploy
from tests.helpers.errors import typed_error

FAR = 2**40 - 1
ACCEPTED = "0x1626ba7e"
REFUSED = "0xffffffff"


@pytest.fixture
def wallet_with_money(ledger, euro, customer):
    """`wallet_with_money(name, …)`: a contract wallet with 100 in the ledger."""

    def make(name, *arguments):
        wallet = deploy(name, *arguments)
        ledger.deposit(euro, wallet, 100, {"from": customer})
        return wallet

    return make


def withdrawal(wallet, euro, to, nonce=1):
    return wallet.address, euro.address, 40, to.address, nonce, FAR


def test_contract_wallet_withdraws_by_its_own_rule(ledger, euro, provider, stranger, wallet_with_money):
    wallet = wallet_with_money("FlippingWallet")
    before = euro.balanceOf(provider)
    ledger.withdrawSigned(withdrawal(wallet, euro, provider), b"any", {"from": stranger})
    assert euro.balanceOf(provider) == before + 40


def test_wallet_that_changed_its_mind_is_asked_again(ledger, euro, provider, stranger, wallet_with_money):
    wallet = wallet_with_money("FlippingWallet")
    ledger.withdrawSigned(withdrawal(wallet, euro, provider, 1), b"any", {"from": stranger})
    wallet.setAccepting(False, {"from": stranger})
    with typed_error("Forms_SignatureInvalid", wallet):
        ledger.withdrawSigned(withdrawal(wallet, euro, provider, 2), b"any", {"from": stranger})
    wallet.setAccepting(True, {"from": stranger})
    ledger.withdrawSigned(withdrawal(wallet, euro, provider, 2), b"any", {"from": stranger})


def test_form_of_an_accepting_wallet_is_still_good_once(ledger, euro, provider, stranger, wallet_with_money):
    wallet = wallet_with_money("FlippingWallet")
    form = withdrawal(wallet, euro, provider)
    ledger.withdrawSigned(form, b"any", {"from": stranger})
    with typed_error("Forms_NonceUsed", wallet, 1):
        ledger.withdrawSigned(form, b"any", {"from": stranger})


def test_wallet_that_reverts_has_not_signed(ledger, euro, provider, stranger, wallet_with_money):
    wallet = wallet_with_money("RevertingWallet")
    with typed_error("Forms_SignatureInvalid", wallet):
        ledger.withdrawSigned(withdrawal(wallet, euro, provider), b"any", {"from": stranger})


def test_contract_that_is_no_wallet_has_not_signed(ledger, euro, authority, provider, stranger):
    with typed_error("Forms_SignatureInvalid", authority):
        ledger.withdrawSigned(withdrawal(authority, euro, provider), b"any", {"from": stranger})


def test_megabyte_of_answer_is_not_copied(ledger, euro, provider, stranger, wallet_with_money):
    wallet = wallet_with_money("ReturnBombWallet", ACCEPTED)
    tx = ledger.withdrawSigned(withdrawal(wallet, euro, provider), b"any", {"from": stranger})
    # The wallet's own memory costs about 2.2 million; a copy on this side would cost as much again.
    assert tx.gas_used < 2_600_000


def test_megabyte_with_the_wrong_first_word_is_refused(ledger, euro, provider, stranger, wallet_with_money):
    wallet = wallet_with_money("ReturnBombWallet", REFUSED)
    with typed_error("Forms_SignatureInvalid", wallet):
        ledger.withdrawSigned(withdrawal(wallet, euro, provider), b"any", {"from": stranger})


@pytest.mark.parametrize("attack", ["withdraw", "cancelNonce", "approve"])
def test_q23_wallet_cannot_act_while_it_is_asked(ledger, euro, provider, stranger, wallet_with_money, attack, balance):
    wallet = wallet_with_money("ReenteringWallet")
    call = {
        "withdraw": ledger.withdraw.encode_input(euro, 100, wallet),
        "cancelNonce": ledger.cancelNonce.encode_input(9),
        "approve": ledger.approve.encode_input(stranger, currency_id(euro), 100),
    }[attack]
    wallet.plan(ledger, call, {"from": stranger})
    with typed_error("Forms_SignatureInvalid", wallet):
        ledger.withdrawSigned(withdrawal(wallet, euro, provider), b"any", {"from": stranger})
    assert balance(wallet, euro) == 100


def test_wallet_may_look_while_it_is_asked(ledger, euro, provider, stranger, wallet_with_money, balance):
    wallet = wallet_with_money("ReenteringWallet")
    wallet.plan(ledger, ledger.balanceOf.encode_input(wallet, currency_id(euro)), {"from": stranger})
    ledger.withdrawSigned(withdrawal(wallet, euro, provider), b"any", {"from": stranger})
    assert balance(wallet, euro) == 60
