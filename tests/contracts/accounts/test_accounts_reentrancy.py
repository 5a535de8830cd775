"""Q-23: a token that calls back in the middle of a transfer finds every function that moves a balance closed,
and every view showing the state before or after, nothing between."""

import pytest
from eth_utils import keccak

from tests.fixtures.ledger import currency_id
from tests.helpers.typed_data import sign

FAR = 2**40 - 1
KEY = b"pot".ljust(32, b"\0")
CLOSED = "0x" + keccak(text="ReentrancyGuardReentrantCall()")[:4].hex()

MOVERS = ["deposit", "depositWithPermit", "withdraw", "withdrawSigned", "transfer", "transferFrom", "allow", "moveFrom",
          "moveFromToMany"]  # fmt: skip


@pytest.fixture(scope="module")
def token(ledger, new_currency, customer):
    """The customer and the token itself have 1,000 each in the ledger; 500 lie in a pot of the token as a module."""
    token = new_currency("ReenteringToken", customer)
    for owner, amount in ((customer, 1000), (token, 1000), (ledger.subaccount(token, KEY), 500)):
        ledger.deposit(token, owner, amount, {"from": customer})
    token.mint(token, 1000, {"from": customer})
    token.act(token, token.approve.encode_input(ledger, 1000), {"from": customer})
    return token


@pytest.fixture(scope="module")
def attacks(ledger, token, customer):
    """Calls that would all succeed if the token made them at any other moment."""
    id_ = currency_id(token)
    withdrawal = (customer.address, token.address, 10, customer.address, 1, FAR)
    allowance = (customer.address, token.address, token.address, 10, 2, FAR)
    ledger.approve(token, id_, 10, {"from": customer})
    return {
        "deposit": ledger.deposit.encode_input(token, token, 10),
        "depositWithPermit": ledger.depositWithPermit.encode_input(token, token, 10, FAR, 27, b"\1" * 32, b"\1" * 32),
        "withdraw": ledger.withdraw.encode_input(token, 10, token),
        "withdrawSigned": ledger.withdrawSigned.encode_input(
            withdrawal, sign(customer, "Withdraw", withdrawal, ledger)
        ),
        "transfer": ledger.transfer.encode_input(customer, id_, 10),
        "transferFrom": ledger.transferFrom.encode_input(customer, token, id_, 10),
        "allow": ledger.allow.encode_input(allowance, sign(customer, "Allow", allowance, ledger)),
        "moveFrom": ledger.moveFrom.encode_input(KEY, token, token, 10),
        "moveFromToMany": ledger.moveFromToMany.encode_input(KEY, token, [token], [10]),
    }


@pytest.mark.parametrize("mover", MOVERS)
def test_attack_would_work_outside_a_transfer(ledger, token, customer, attacks, mover):
    token.act(ledger, attacks[mover], {"from": customer})


@pytest.mark.parametrize("mover", MOVERS)
def test_q23_mover_is_closed_during_a_deposit(ledger, token, customer, attacks, mover, balance):
    token.plan(ledger, attacks[mover], {"from": customer})
    ledger.deposit(token, customer, 100, {"from": customer})
    assert (token.succeeded(), str(token.answer())) == (False, CLOSED)
    assert balance(customer, token) == 1100


@pytest.mark.parametrize("mover", MOVERS)
def test_q23_mover_is_closed_during_a_withdrawal(ledger, token, customer, attacks, mover, balance):
    token.plan(ledger, attacks[mover], {"from": customer})
    ledger.withdraw(token, 100, customer, {"from": customer})
    assert (token.succeeded(), str(token.answer())) == (False, CLOSED)
    assert balance(customer, token) == 900


def test_q23_views_during_a_deposit_show_the_state_before(ledger, token, customer):
    before = ledger.totalSupply(currency_id(token))
    token.plan(ledger, ledger.totalSupply.encode_input(currency_id(token)), {"from": customer})
    ledger.deposit(token, customer, 100, {"from": customer})
    assert int(str(token.answer()), 16) == before


def test_q23_views_during_a_withdrawal_show_the_state_after(ledger, token, customer):
    token.plan(ledger, ledger.balanceOf.encode_input(customer, currency_id(token)), {"from": customer})
    ledger.withdraw(token, 100, customer, {"from": customer})
    assert int(str(token.answer()), 16) == 900
