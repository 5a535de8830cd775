"""A title sold, a split changed, an asset repointed: fees undistributed, agreements open, two currencies (I-4, I-7)."""

import pytest

from tests.fixtures.economy import DAY, WEALTH
from tests.helpers import clock
from tests.helpers.errors import typed_error

BEFORE, AFTER = 1_000, 3_000


@pytest.fixture(scope="module")
def franc(economy):
    return economy.new_currency()


@pytest.fixture(scope="module")
def split(economy, franc):
    return economy.split(currencies=[economy.euro, franc])


@pytest.fixture(scope="module")
def pair(economy, franc, split):
    """Two shared agreements on one drill, one in each currency, each with BEFORE settled and nothing distributed."""
    drill = economy.drill(split)
    hires = []
    for customer, token in ((economy.customers[0], economy.euro), (economy.customers[1], franc)):
        priced = economy.publish(token)
        economy.offer(drill, priced, exclusive=False)
        economy.endow(customer, token=token)
        hire = economy.open(customer, drill, priced, exclusive=False)
        economy.use(hire, 1, BEFORE)
        hires.append(hire)
    return hires


def split_of(economy, drill):
    return economy.assets.route(drill.id) >> 32 & (1 << 64) - 1


def use_more(economy, pair):
    economy.settle_bytes(economy.batch(*((hire, economy.signed(hire, 2, AFTER)) for hire in pair)))


def paid(economy, token, *who):
    return tuple(economy.balance(account, token) for account in who)


def everyone(economy):
    return economy.maker, economy.repairer, economy.provider, economy.buyer


def test_a_sold_title_pays_the_old_payees_up_to_the_sale_and_the_buyer_after(economy, pair, split, franc):
    drill = pair[0].drill
    economy.assets.transferFrom(economy.provider, economy.buyer, drill.id, {"from": economy.provider})
    use_more(economy, pair)
    new = split_of(economy, drill)
    assert new != split
    economy.splitter.distributeAll(new, {"from": economy.stranger})
    for token in (economy.euro, franc):
        assert paid(economy, token, *everyone(economy)) == (50, 150, 800, AFTER - BEFORE)


def test_a_sold_title_leaves_the_agreements_as_they_are(economy, pair):
    before = [economy.agreements.stateOf(hire.id) for hire in pair]
    economy.assets.transferFrom(economy.provider, economy.buyer, pair[0].drill.id, {"from": economy.provider})
    assert [economy.agreements.stateOf(hire.id) for hire in pair] == before
    assert economy.agreements.openAgreementsOf(pair[0].drill.id) == 2


def test_a_changed_split_pays_each_share_under_its_own_version(economy, pair, split, franc):
    economy.splitter.changeShares(split, [(economy.maker, 1), (economy.provider, 1)], {"from": economy.provider})
    use_more(economy, pair)
    economy.splitter.distributeAll(split, {"from": economy.stranger})
    for token in (economy.euro, franc):
        assert paid(economy, token, *everyone(economy)) == (50 + 1_000, 150, 800 + 1_000, 0)


def test_a_repointed_asset_pays_the_old_split_up_to_then_and_the_new_one_after(economy, pair, split, franc):
    new = economy.split({economy.repairer: 1}, [economy.euro, franc])
    economy.assets.repoint(pair[0].drill.id, new, {"from": economy.provider})
    use_more(economy, pair)
    economy.splitter.distributeAll(new, {"from": economy.stranger})
    for token in (economy.euro, franc):
        assert paid(economy, token, *everyone(economy)) == (50, 150 + 2_000, 800, 0)
        assert economy.balance(economy.splitter.accountOf(split), token) == 0


def test_a_new_split_must_take_every_currency_of_the_old_one(economy, pair, franc):
    new = economy.split({economy.repairer: 1}, [economy.euro])
    with typed_error("Assets_CurrencyNotListed", new, franc):
        economy.assets.repoint(pair[0].drill.id, new, {"from": economy.provider})


def test_agreements_end_and_close_under_a_new_owner(economy, pair, franc):
    """I-14: whatever happened to the title, every hold finds its way home."""
    economy.assets.transferFrom(economy.provider, economy.buyer, pair[0].drill.id, {"from": economy.provider})
    for hire in pair:
        economy.agreements.end(hire.id, {"from": economy.buyer})
    clock.pass_time(DAY)
    for hire, token in zip(pair, (economy.euro, franc), strict=True):
        economy.agreements.close(hire.id, {"from": economy.stranger})
        assert economy.balance(hire.customer, token) == WEALTH - economy.state(hire).settled
        assert economy.agreements.heldIn(token) == 0
