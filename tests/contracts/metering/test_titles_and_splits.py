"""A split changed, an asset repointed, a title sold, with fees undistributed and agreements open in two currencies.

What had settled is paid under the old rule, what settles later under the new one, and no agreement is touched.
"""

from __future__ import annotations

import pytest

from tests.contracts.metering.expected import fees, word
from tests.fixtures.economy import WEALTH
from tests.helpers.balances import BalanceChanges


@pytest.fixture(scope="module")
def crown(economy):
    return economy.new_currency()


@pytest.fixture(scope="module")
def split(economy, crown):
    """Maker 5 %, repairer 15 %, provider 80 %, in both currencies."""
    return economy.split(currencies=[economy.euro, crown])


@pytest.fixture(scope="module")
def hires(economy, crown, split):
    """Two customers share a drill; one pays in euros, the other in crowns. 1,000 units each have settled."""
    drill = economy.drill(split)
    opened = []
    for customer, token in zip(economy.customers, (economy.euro, crown), strict=False):
        priced = economy.publish(token)
        economy.offer(drill, priced, exclusive=False)
        economy.endow(customer, WEALTH, token)
        opened.append(economy.open(customer, drill, priced, exclusive=False))
    use(economy, opened, 1, 1_000)
    return opened


def use(economy, hires, sequence, units):
    economy.settle_bytes(economy.batch(*((hire, economy.signed(hire, sequence, units)) for hire in hires)))


def both(economy, crown):
    """Balances of an account in both currencies, as one figure: euros × 10,000 + crowns."""
    return lambda owner: economy.balance(owner) * 10_000 + economy.balance(owner, crown)


def in_both(amount):
    return amount * 10_001


@pytest.fixture
def change_split(economy, split):
    """The maker and the provider now share by half."""
    economy.splitter.changeShares(split, [(economy.maker, 1), (economy.provider, 1)], {"from": economy.provider})


def test_changed_shares_pay_what_had_settled_as_before(economy, crown, hires, split):
    people = (economy.maker, economy.repairer, economy.provider)
    with BalanceChanges(both(economy, crown), *people) as changes:
        economy.splitter.changeShares(split, [(economy.maker, 1), (economy.provider, 1)], {"from": economy.provider})
    assert [changes[one] for one in people] == [in_both(50), in_both(150), in_both(800)]


def test_changed_shares_count_for_what_settles_later(economy, crown, hires, split, change_split):
    people = (economy.maker, economy.repairer, economy.provider)
    with BalanceChanges(both(economy, crown), *people) as changes:
        use(economy, hires, 2, 1_100)
        economy.splitter.distributeAll(split, {"from": economy.stranger})
    assert [changes[one] for one in people] == [in_both(50), 0, in_both(50)]


def test_repointing_pays_what_had_settled_to_the_old_split(economy, crown, hires, split):
    new = economy.split({economy.provider: 1}, currencies=[economy.euro, crown])
    with BalanceChanges(both(economy, crown), economy.maker, economy.repairer) as changes:
        economy.assets.repoint(hires[0].drill.id, new, {"from": economy.provider})
    assert changes == {economy.maker: in_both(50), economy.repairer: in_both(150)}
    assert fees(economy, hires[0]) == fees(economy, hires[1], crown) == 0


def test_after_repointing_the_new_split_receives(economy, crown, hires, split):
    new = economy.split({economy.buyer: 1}, currencies=[economy.euro, crown])
    economy.assets.repoint(hires[0].drill.id, new, {"from": economy.provider})
    use(economy, hires, 2, 1_100)
    for token in (economy.euro, crown):
        assert economy.splitter.undistributed(new, token) == 100
        assert economy.splitter.undistributed(split, token) == 0


@pytest.fixture
def sell(economy, hires):
    """`sell()`: the title goes to the buyer."""

    def sell():
        economy.assets.transferFrom(economy.provider, economy.buyer, hires[0].drill.id, {"from": economy.provider})

    return sell


def test_a_sale_pays_what_had_settled_to_the_seller_and_partners(economy, crown, hires, sell):
    people = (economy.maker, economy.repairer, economy.provider, economy.buyer)
    with BalanceChanges(both(economy, crown), *people) as changes:
        sell()
    assert [changes[one] for one in people] == [in_both(50), in_both(150), in_both(800), 0]


def test_after_a_sale_the_buyers_split_receives(economy, crown, hires, sell):
    sell()
    use(economy, hires, 2, 1_100)
    assert (fees(economy, hires[0]), fees(economy, hires[1], crown)) == (100, 100)
    route = int(economy.assets.route(hires[0].drill.id))
    economy.splitter.distributeAll(route >> 32 & 0xFFFFFFFFFFFFFFFF, {"from": economy.stranger})
    assert (economy.balance(economy.buyer), economy.balance(economy.buyer, crown)) == (100, 100)


def test_a_sale_touches_no_agreement(economy, hires, sell):
    before = [word(economy, hire) for hire in hires]
    sell()
    assert [word(economy, hire) for hire in hires] == before
    assert economy.agreements.openAgreementsOf(hires[0].drill.id) == 2


def test_a_reading_from_before_the_sale_pays_whoever_owns_when_it_settles(economy, crown, hires, sell):
    """Why a seller settles before selling."""
    signed = economy.signed(hires[0], 2, 1_100)
    sell()
    economy.settle(hires[0], signed)
    assert fees(economy, hires[0]) == 100


def test_after_a_sale_the_new_owner_is_the_party_that_ends(economy, hires, sell):
    sell()
    ended = economy.agreements.end(hires[0].id, {"from": economy.buyer})
    assert ended.events["EndAnnounced"]["by"] == economy.buyer
