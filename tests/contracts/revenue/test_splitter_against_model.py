"""I-7: after any run of receipts, distributions and changes of shares, in two currencies, splitter and model agree."""

import brownie
import pytest
from brownie.test import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.helpers.errors import typed_error
from tests.models.accounts import AccountsModel, Refused
from tests.models.split import Payee, SplitterModel

CURRENCIES = 2
PAYEES = 5

share = st.integers(0, 7) | st.integers(1, 2**96 - 1)
shares = st.lists(st.tuples(st.integers(10, 10 + PAYEES - 1), share), min_size=1, max_size=PAYEES)
steps = st.one_of(
    st.tuples(st.just("receive"), st.integers(0, CURRENCIES - 1), st.integers(1, 40) | st.integers(1, 10**9)),
    st.tuples(st.just("distribute"), st.integers(0, CURRENCIES - 1)),
    st.tuples(st.just("change_shares"), shares),
)


class Run:
    def __init__(self, splitter, ledger, controller, payees, tokens, receive):
        self.splitter = splitter
        self.controller = controller
        self.tokens = tokens
        self.arrive = receive
        self.accounts = AccountsModel(ledger.address)
        for token in tokens:
            self.accounts.admit(token.address)
        self.model = SplitterModel(self.accounts, splitter.address)
        self.split = self.model.create(
            controller.address, [Payee(*payee) for payee in payees], [token.address for token in tokens]
        )

    def receive(self, currency, amount):
        token = self.tokens[currency]
        self.accounts.deposit(token.address, self.model.account_of(self.split), amount)
        self.arrive(self.split, token, amount)

    def distribute(self, currency):
        token = self.tokens[currency]
        paid = self.model.distribute(self.split, token.address)
        assert self.splitter.distribute(self.split, token, {"from": self.controller}).return_value == paid

    def change_shares(self, numbers):
        payees = [(brownie.accounts[number].address, one) for number, one in numbers]
        try:
            self.model.change_shares(self.controller.address, self.split, [Payee(*payee) for payee in payees])
        except Refused as refusal:
            with typed_error(refusal.name, *refusal.arguments):
                self.splitter.changeShares(self.split, payees, {"from": self.controller})
        else:
            self.splitter.changeShares(self.split, payees, {"from": self.controller})

    def compare(self, balance):
        state = self.model.splits[self.split]
        assert self.splitter.versionOf(self.split) == state.version
        for token in self.tokens:
            assert self.splitter.totalOf(self.split, token) == state.total(token.address)
            assert self.splitter.undistributed(self.split, token) == self.model.undistributed(self.split, token.address)
            for number in range(10, 10 + PAYEES):
                payee = brownie.accounts[number]
                assert balance(payee, token) == self.accounts.balance(payee.address, token.address)
        self.check_i7()

    def check_i7(self):
        """Each payee is within one unit of its part of what its version distributed or set aside."""
        state = self.model.splits[self.split]
        whole = sum(payee.share for payee in state.payees)
        for token in self.tokens:
            total = state.total(token.address)
            for payee in state.payees:
                got = state.received_by.get((state.version, token.address, payee.account), 0)
                assert 0 <= total * payee.share - got * whole < whole


@pytest.fixture(scope="module")
def tokens(euro, crown):
    return [euro, crown]


@given(run=st.lists(steps, min_size=4, max_size=25))
@settings(max_examples=25)
def test_i7_any_run_ends_as_in_the_model(splitter, ledger, controller, payees, split, tokens, receive, balance, run):
    both = Run(splitter, ledger, controller, payees, tokens, receive)
    assert both.split == split
    for name, *arguments in run:
        getattr(both, name)(*arguments)
    both.compare(balance)
