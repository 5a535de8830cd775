"""Rules that are accepted, dues, votes and what a member takes along; a pool whose maker is gone."""

from __future__ import annotations

import pytest

from oracle.domain.forms import Domain, Struct
from oracle.domain.hashing import keccak
from tests.models.pools import DAY, KEEPER, PURCHASE, RETIREMENT
from tests.stateful.pool_world import EUR, FAR_FUTURE, PAPER, POOLS, PRICES, STOCK, TERMS

JOIN = Struct(
    "JoinPool(uint64 poolId,address account,uint64 assetId,bytes32 rulesHash,uint80 credit,uint256 nonce,"
    "uint40 deadline)"
)


def signed_join(pool, key_of: str, **changes):
    values = {"pool": 1, "account": pool.factories[0], "asset": 8, "rules": pool.rules_hash, "credit": EUR}
    form = (*(values | changes).values(), 77, FAR_FUTURE)
    separator = Domain(pool.domains.chain_id, pool.contracts[POOLS].address).separator
    return form, pool.keys[key_of].sign(keccak(b"\x19\x01" + separator + JOIN.hash(form)))


def test_who_joins_accepts_these_rules_and_no_others(pool):
    owner = pool.factories[0]
    pool.refuse(owner, POOLS, "join", (1, 8, PAPER, EUR), "Pools_OtherRules")
    pool.refuse(owner, POOLS, "join", (9, 8, pool.rules_hash, EUR), "Pools_Unknown")


def test_a_signature_joins_once_and_only_as_signed(pool):
    owner, other = pool.factories[:2]
    form, signature = signed_join(pool, owner)
    pool.refuse(pool.stranger, POOLS, "joinSigned", (form, b"\1" * 65), "Forms_SignatureInvalid")
    changed = (*form[:4], 2 * EUR, *form[5:])
    pool.refuse(pool.stranger, POOLS, "joinSigned", (changed, signature), "Forms_SignatureInvalid")
    pool.refuse(pool.stranger, POOLS, "joinSigned", signed_join(pool, other), "Forms_SignatureInvalid")
    pool.do(pool.stranger, POOLS, "joinSigned", form, signature)
    pool.model.join(owner, 8, EUR, pool.chain.now)
    pool.refuse(pool.stranger, POOLS, "joinSigned", (form, signature), "Forms_NonceUsed")


def test_only_machines_of_a_served_model_join_each_once_and_by_their_owners(pool):
    owner, stranger = pool.factories[0], pool.factories[1]
    assert not pool.join(owner, 1, EUR)
    assert pool.refused == "Pools_AlreadyCovered"
    assert not pool.join(stranger, 8, EUR)
    assert pool.refused == "Pools_NotTitleOwner"
    pool.do(owner, "AssetRegistry", "registerSelfDeclared", pool.maker, b"pump 0".ljust(32, b"\0"), PAPER, owner)
    pool.refuse(owner, POOLS, "join", (1, 9, pool.rules_hash, EUR), "Stock_ModelNotServed")


def test_the_first_dues_are_paid_on_joining(pool):
    assert not pool.join(pool.factories[0], 8, TERMS.dues - 1)
    assert pool.refused == "Pools_InArrears"
    assert pool.join(pool.factories[0], 8, TERMS.dues)
    assert pool.model.members[5].credit == 0


def test_another_machine_waits_anew_and_not_during_a_claim(pool):
    who = pool.factories[0]
    pool.claim(1)
    pool.refuse(who, POOLS, "changeMachine", (1, 8), "Pools_HasClaim")
    pool.press("withdraw", 1, by=who)
    pool.step(who, POOLS, "changeMachine", lambda t: pool.model.change_machine(who, 1, 8, t), 1, 8)
    assert not pool.claim(1)
    assert pool.refused == "Pools_StillWaiting"


def test_nobody_leaves_during_a_loan_or_with_an_open_claim(pool):
    pool.claim(1)
    assert not pool.tend("quit", 1)
    assert pool.refused == "Pools_HasClaim"
    pool.take(1, 5)
    assert not pool.tend("quit", 1)
    assert pool.refused == "Pools_HasClaim"
    pool.end("giveBack", 1)
    assert pool.tend("quit", 1)
    assert not pool.tend("quit", 1)
    assert pool.refused == "Pools_HasLeft"


def test_who_joins_in_order_to_leave_gains_nothing(pool):
    """The pool is rich by a gift; what its members have contributed is the most that each takes along."""
    pool.gift(20 * EUR)
    before = pool.books.balance(pool.factories[0], pool.currency)
    pool.join(pool.factories[0], 8, EUR)
    pool.tend("quit", 5)
    assert pool.books.balance(pool.factories[0], pool.currency) == before


def test_the_order_of_leaving_changes_nobodys_part(pool):
    """Less cash than was contributed: each takes the same part, to the unit that rounding leaves."""
    ratios = []
    for member in (3, 1):
        paid, owed = pool.model.refund(member, pool.chain.now), pool.model.members[member]
        ratios.append((paid - owed.credit - owed.deposit) / owed.contributed)
        assert pool.tend("quit", member)
    assert abs(ratios[0] - ratios[1]) * 10**6 < 3


def test_who_does_not_pay_is_put_out_by_anybody_and_the_dues_come_off(pool):
    pool.tend("payOut", 1, pool.model.members[1].credit)
    assert not pool.tend("expel", 1, by=pool.stranger)
    assert pool.refused == "Pools_NotInArrears"
    pool.chain.warp(6 * TERMS.period)
    assert pool.tend("expel", 1, by=pool.stranger)
    assert 1 not in pool.model.present


def test_the_last_takes_the_rest_and_the_pool_is_closed(pool):
    for member in (1, 2, 3):
        pool.tend("quit", member)
    pool.refuse(pool.stranger, POOLS, "inheritCash", (1,), "Pools_NotClosed")
    pool.refuse(pool.stranger, STOCK, "inheritSpare", (1, 5), "Stock_NotClosed")
    pool.tend("quit", 4)
    assert not pool.join(pool.factories[0], 8, EUR)
    assert pool.refused == "Pools_Closed"
    pool.gift(7)
    pool.step(pool.stranger, POOLS, "inheritCash", lambda _: pool.model.inherit_cash(), 1)
    for unit in (5, 7):
        pool.step(pool.stranger, STOCK, "inheritSpare", lambda t, u=unit: pool.model.inherit_spare(u, t), 1, unit)
        assert pool.model.owner[unit] == pool.factories[3]


def test_a_pool_goes_on_without_its_maker(pool):
    """The maker opened it and has done nothing since; here everything is done by members and strangers alone."""
    pool.propose(2, KEEPER, 0, pool.factories[3])
    pool.offer(pool.seller, 6, 1)
    pool.claim(1)
    pool.take(1, 6)
    pool.end("bringDefective", 1)
    pool.end("exchange", 1)
    pool.mend(1, 5, by_keeper=False)
    pool.propose(3, RETIREMENT, 1, pool.seller)
    pool.refuse(pool.maker, STOCK, "proposeKeeper", (1, pool.maker), "Stock_NotMember")
    for member in (1, 2, 3, 4):
        assert pool.tend("quit", member)


def test_votes_of_strangers_latecomers_and_twice_do_not_count(pool):
    pool.step(pool.seller, STOCK, "proposePurchase",
              lambda t: pool.model.propose_purchase(pool.seller, 6, 5, t), 1, 6, 5)  # fmt: skip
    pool.join(pool.factories[0], 8, EUR)
    assert not pool.vote(3, 5)
    assert pool.refused == "Stock_MayNotVote"
    assert pool.vote(3, 1)
    assert not pool.vote(3, 1)
    assert pool.refused == "Stock_MayNotVote"
    pool.refuse(pool.stranger, STOCK, "vote", (3, 2), "Stock_NotMember")
    pool.vote(3, 2)
    pool.refuse(pool.stranger, STOCK, "carryOut", (3,), "Stock_NotCarried")
    pool.refuse(pool.stranger, STOCK, "carryOut", (9,), "Stock_UnknownProposal")
    assert pool.model.proposals[3].kind == PURCHASE
    pool.chain.warp(TERMS.voting)
    pool.refuse(pool.factories[2], STOCK, "vote", (3, 3), "Stock_VoteEnded")


def test_no_spare_costs_more_than_its_posted_price_or_than_the_cash(pool):
    assert not pool.offer(pool.seller, 6, PRICES[0].buy_out + 1)
    assert pool.refused == "Stock_OutOfRange"
    pool.tend("quit", 1)
    pool.tend("quit", 2)
    assert pool.model.cash < PRICES[0].buy_out * 2
    pool.offer(pool.seller, 6, PRICES[0].buy_out, voters=0b11001)


def test_paused_nothing_new_begins_and_every_exit_works(pool):
    pool.claim(1)
    pool.take(1, 5)
    pool.claim(4)
    pool.pause(True)
    assert not pool.join(pool.factories[0], 8, EUR)
    assert pool.refused == "Pools_Paused"
    assert not pool.offer(pool.seller, 6, 1)
    assert pool.refused == "Stock_Paused"
    assert pool.claim(2)
    assert pool.end("giveBack", 1)
    assert pool.press("withdraw", 2, by=pool.factories[3])
    assert pool.tend("quit", 1)
    assert pool.tend("payOut", 3, 1)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"currency": "0x" + "11" * 20}, "Pools_CurrencyNotAdmitted"),
        ({"terms_hash": bytes(32)}, "Pools_OutOfRange"),
        ({"least_grade": 3}, "Pools_OutOfRange"),
        ({"period": 60}, "Pools_OutOfRange"),
        ({"longest_loan": 0}, "Pools_OutOfRange"),
        ({"fee_per_day": 1 << 68}, "Pools_OutOfRange"),
        ({"claim_fee": 1 << 79}, "Pools_OutOfRange"),
        ({"fresh": 365 * DAY}, "Pools_OutOfRange"),
        ({"bidding": 1}, "Stock_OutOfRange"),
        ({"service_terms": 9}, "Terms_Unknown"),
        ({"ceiling": 0}, "Stock_OutOfRange"),
        ({"ceiling": 2 * EUR}, "Stock_OutOfRange"),
        ({"models": []}, "Stock_OutOfRange"),
        ({"keeper": "0x" + "00" * 20}, "Stock_OutOfRange"),
    ],
)
def test_rules_that_mean_nothing_are_refused(pool, changes, error):
    pool.refuse(pool.maker, POOLS, "open", pool.rules(**changes), error)


def test_where_members_vouch_nobody_else_joins(pool):
    """The maker is the first; each vouching lets one in."""
    pool.do(pool.factories[0], POOLS, "open", *pool.rules(vouched=True))
    rules, (first, second, third) = pool.hash_of_rules(2), pool.factories[:3]
    pool.refuse(second, POOLS, "join", (2, 2, rules, EUR), "Pools_NotVouched")
    pool.do(first, POOLS, "join", 2, 8, rules, EUR)
    pool.refuse(second, POOLS, "vouch", (5, second), "Pools_NotMember")
    pool.do(first, POOLS, "vouch", 5, second)
    pool.do(second, POOLS, "quit", 2)
    pool.do(second, POOLS, "join", 2, 2, rules, EUR)
    pool.do(second, POOLS, "quit", 6)
    pool.refuse(second, POOLS, "join", (2, 2, rules, EUR), "Pools_NotVouched")
    pool.refuse(third, POOLS, "join", (2, 3, rules, EUR), "Pools_NotVouched")
    pool.reset()
