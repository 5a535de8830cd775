"""I-1 and I-2: after any run of calls, refused ones included, the ledger equals its reference model."""

import brownie
import pytest
from brownie.test import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.fixtures.ledger import MILLION, currency_id, local_account
from tests.helpers.errors import typed_error
from tests.helpers.typed_data import sign
from tests.models.accounts import AccountsModel, AllowForm, Refused, WithdrawForm, subaccount

FAR = 2**40 - 1
KEY = b"pot".ljust(32, b"\0")
ZERO = "0x" + "00" * 20

amounts = st.one_of(st.integers(0, 60), st.sampled_from([MILLION, 2**128, 2**256 - 1]))
people = st.integers(0, 2)
receivers = st.integers(0, 5)
currencies = st.integers(0, 1)
nonces = st.integers(0, 2)

steps = st.one_of(
    st.tuples(st.just("deposit"), people, receivers, currencies, st.integers(0, 60)),
    st.tuples(st.just("withdraw"), people, receivers, currencies, amounts),
    st.tuples(st.just("transfer"), people, receivers, currencies, amounts),
    st.tuples(st.just("transfer_from"), people, people, receivers, currencies, amounts),
    st.tuples(st.just("approve"), people, people, currencies, amounts),
    st.tuples(st.just("set_operator"), people, people, st.booleans()),
    st.tuples(st.just("move_from"), people, receivers, currencies, amounts),
    st.tuples(st.just("allow"), people, people, currencies, amounts, nonces),
    st.tuples(st.just("withdraw_signed"), people, receivers, currencies, amounts, nonces),
    st.tuples(st.just("cancel_nonce"), people, nonces),
    st.tuples(st.just("gift"), people, currencies, st.integers(0, 60)),
)


@pytest.fixture(scope="module")
def trio(customer, provider):
    return [customer, provider, local_account("third")]


@pytest.fixture(scope="module")
def tokens(new_currency, trio):
    return [new_currency("MicroEuro", *trio) for _ in range(2)]


class Run:
    """Makes each step on the contract and on the model, and expects the same outcome."""

    def __init__(self, ledger, trio, tokens):
        self.ledger = ledger
        self.trio = trio
        self.tokens = tokens
        self.places = [*(person.address for person in trio), subaccount(trio[0].address, KEY), ZERO, ledger.address]
        self.model = AccountsModel(ledger.address)
        for token in tokens:
            self.model.admit(token.address)

    def both(self, on_model, on_contract):
        try:
            on_model()
        except Refused as refusal:
            with typed_error(refusal.name, *refusal.arguments):
                on_contract()
        else:
            on_contract()

    def deposit(self, who, to, currency, amount):
        token, to = self.tokens[currency], self.places[to]
        self.both(
            lambda: self.model.deposit(token.address, to, amount),
            lambda: self.ledger.deposit(token, to, amount, {"from": self.trio[who]}),
        )

    def withdraw(self, who, to, currency, amount):
        token, to, owner = self.tokens[currency], self.places[to], self.trio[who]
        self.both(
            lambda: self.model.withdraw(owner.address, token.address, amount, to),
            lambda: self.ledger.withdraw(token, amount, to, {"from": owner}),
        )

    def transfer(self, who, to, currency, amount):
        token, to, owner = self.tokens[currency], self.places[to], self.trio[who]
        self.both(
            lambda: self.model.transfer(owner.address, to, token.address, amount),
            lambda: self.ledger.transfer(to, currency_id(token), amount, {"from": owner}),
        )

    def transfer_from(self, who, sender, to, currency, amount):
        token, to, caller, sender = self.tokens[currency], self.places[to], self.trio[who], self.trio[sender]
        self.both(
            lambda: self.model.transfer_from(caller.address, sender.address, to, token.address, amount),
            lambda: self.ledger.transferFrom(sender, to, currency_id(token), amount, {"from": caller}),
        )

    def approve(self, who, spender, currency, amount):
        token, owner, spender = self.tokens[currency], self.trio[who], self.trio[spender]
        self.model.approve(owner.address, spender.address, token.address, amount)
        self.ledger.approve(spender, currency_id(token), amount, {"from": owner})

    def set_operator(self, who, spender, approved):
        owner, spender = self.trio[who], self.trio[spender]
        self.model.set_operator(owner.address, spender.address, approved)
        self.ledger.setOperator(spender, approved, {"from": owner})

    def move_from(self, who, to, currency, amount):
        token, to, module = self.tokens[currency], self.places[to], self.trio[who]
        self.both(
            lambda: self.model.move_from(module.address, KEY, to, token.address, amount),
            lambda: self.ledger.moveFrom(KEY, to, token, amount, {"from": module}),
        )

    def allow(self, who, spender, currency, amount, nonce):
        owner = self.trio[who]
        form = (owner.address, self.trio[spender].address, self.tokens[currency].address, amount, nonce, FAR)
        self.both(
            lambda: self.model.allow(AllowForm(*form), brownie.chain.time()),
            lambda: self.ledger.allow(form, sign(owner, "Allow", form, self.ledger), {"from": self.trio[0]}),
        )

    def withdraw_signed(self, who, to, currency, amount, nonce):
        owner = self.trio[who]
        form = (owner.address, self.tokens[currency].address, amount, self.places[to], nonce, FAR)
        self.both(
            lambda: self.model.withdraw_signed(WithdrawForm(*form), brownie.chain.time()),
            lambda: self.ledger.withdrawSigned(
                form, sign(owner, "Withdraw", form, self.ledger), {"from": self.trio[0]}
            ),
        )

    def cancel_nonce(self, who, nonce):
        signer = self.trio[who]
        self.both(
            lambda: self.model.cancel_nonce(signer.address, nonce),
            lambda: self.ledger.cancelNonce(nonce, {"from": signer}),
        )

    def gift(self, who, currency, amount):
        token = self.tokens[currency]
        self.model.gift(token.address, amount)
        token.transfer(self.ledger, amount, {"from": self.trio[who]})

    def compare(self):
        self.model.check()
        for token in self.tokens:
            id_ = currency_id(token)
            for place in self.places:
                assert self.ledger.balanceOf(place, id_) == self.model.balance(place, token.address)
            for owner in self.trio:
                for spender in self.trio:
                    assert self.ledger.allowance(owner, spender, id_) == self.model.allowance(
                        owner.address, spender.address, token.address
                    )
            assert self.ledger.totalSupply(id_) == self.model.total(token.address)
            assert token.balanceOf(self.ledger) == self.model.tokens_held(token.address)


@given(run=st.lists(steps, min_size=5, max_size=25))
@settings(max_examples=25)
def test_i1_i2_any_run_of_calls_ends_as_in_the_model(ledger, trio, tokens, run):
    both = Run(ledger, trio, tokens)
    for name, *arguments in run:
        getattr(both, name)(*arguments)
    both.compare()
