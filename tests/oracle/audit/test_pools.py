"""A pool of spares audited: every log explained, every word and unit accounted for, and lies found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from oracle.audit.check_pools import check_i12, check_i19
from oracle.audit.replay.world import Call, Refused
from oracle.audit.rpc import Node as Rpc
from oracle.audit.storage import Layout
from oracle.audit.told import Told
from tests.helpers.anvil import Node
from tests.models.pools import DAY, KEEPER, ON_LOAN, RETIREMENT, RETURNED, SHELF
from tests.oracle.audit.seen import Seen, seen
from tests.oracle.audit.support import copied
from tests.oracle.audit.test_checks import evidence_of
from tests.stateful.pool_acts import PoolActs
from tests.stateful.pool_world import EUR, POOLS, STOCK, TERMS

SPARES = ("SparePools", "SpareLoans", "SpareStock")


def tell(pool: PoolActs) -> None:
    """Every way of a claim, a loan, a spare and a member, once; the pool goes on in the end."""
    pool.found()
    first, second, third, _ = pool.factories
    for end in ("giveBack", "exchange", "buyOut"):
        pool.tend("payIn", 1, 2 * EUR)
        pool.claim(1)
        unit = next(n for n, one in pool.model.units.items() if one.place == 1 and one.model == 0)
        pool.take(len(pool.model.claims), unit)
        pool.end("bringDefective", len(pool.model.claims))
        pool.chain.warp(DAY)
        pool.end(end, len(pool.model.claims), grade=3)
        if end != "buyOut":
            pool.mend(unit if end == "giveBack" else 1, 0 if end == "giveBack" else 99_991, by_keeper=end == "giveBack")
    pool.offer(pool.seller, 6, 7)
    for member in (2, 3, 1):
        pool.claim(member)
    waiting = len(pool.model.claims)
    pool.call_out(0)
    pool.press("withdraw", waiting, by=first)
    pool.show_use(waiting - 1)
    pool.chain.warp(TERMS.collect)
    pool.press("lapse", waiting - 2)
    pool.claim(2)
    pool.call_out(0)
    pool.take(len(pool.model.claims), 6)
    pool.show_use(len(pool.model.claims), by_status=True)
    pool.chain.warp(TERMS.defective + DAY)
    pool.press("forfeit", len(pool.model.claims))
    pool.propose(3, RETIREMENT, 6, pool.seller)
    pool.tend("payOut", 3, 5)
    pool.tend("restoreDeposit", 2)
    pool.gift(11)
    pool.step(pool.keeper, STOCK, "withhold", lambda _: pool.model.withhold(pool.keeper, 7), 7)
    pool.propose(3, KEEPER, 0, third)
    pool.tend("quit", 3)
    pool.step(first, POOLS, "changeMachine", lambda t: pool.model.change_machine(first, 1, 8, t), 1, 8)
    pool.chain.warp(100 * TERMS.period)
    pool.tend("drawDues", 1)
    pool.tend("expel", 2, by=pool.stranger)
    pool.do(first, POOLS, "vouch", 1, second)
    pool.do(second, POOLS, "cancelNonce", 5)
    pool.do(second, "PrepaidAccounts", "transfer", pool.contracts[STOCK].address, int(pool.currency, 16), 3)
    pool.do(second, STOCK, "skim", pool.currency)


@pytest.fixture(scope="module")
def audited() -> Iterator[Seen]:
    with Node("--accounts", "16", "--timestamp", "1700000000") as node:
        pool = PoolActs(node.port)
        tell(pool)
        rpc = Rpc(f"http://127.0.0.1:{node.port}")
        yield seen(rpc, bytes.fromhex(pool.contracts["Directory"].address[2:]))
        rpc.close()


def test_every_log_and_word_of_a_pool_is_explained(audited: Seen) -> None:
    assert [str(each) for each in (*audited.findings.found, *audited.findings.not_checked)] == []
    told = Counter(each.event for each in audited.told if each.contract in SPARES)
    modules = [module for module in audited.world.modules.values() if module.CONTRACT in SPARES]
    declared = {name for module in modules for name in module.abi.event_names}
    # The last member is still there, and the domain of forms never changes.
    assert declared - set(told) == {"PoolClosed", "Inherited", "EIP712DomainChanged"}
    balanced = {each.check: each.values for each in audited.findings.balanced}
    assert sum(balanced["I-12"].values()) == 4
    assert balanced["I-19"]["received"] > balanced["I-19"]["paid in"] > 0
    assert audited.findings.figures["I-12 ways of spares followed"] == told["UnitMoved"]


@pytest.mark.parametrize(
    ("event", "values", "check"),
    [
        ("UnitMoved", {"to": 5}, "I-12"),
        ("UnitMoved", {"from": 4}, "I-12"),
        ("SpareLent", {"unit": 7}, "I-12"),
        ("LoanEnded", {"claim": 99}, "I-12"),
        ("PaidIn", {"amount": 1}, "I-19"),
        ("PaidOut", {"amount": 1}, "I-19"),
        ("DuesDrawn", {"amount": 1}, "I-19"),
        ("ClaimPaid", {"toCash": 10**9}, "I-19"),
        ("Spent", {"amount": 1}, "I-19"),
        ("MemberLeft", {"share": 1}, "I-19"),
        ("DepositRestored", {"amount": 1}, "I-19"),
    ],
)
def test_a_log_that_says_another_thing_does_not_balance(
    audited: Seen, event: str, values: dict[str, int], check: str
) -> None:
    at = max(n for n, each in enumerate(audited.told) if each.event == event)
    told: list[Told] = list(audited.told)
    told[at] = replace(told[at], values={**told[at].values, **values})
    assert check in found(audited, told)


@pytest.mark.parametrize("event", ["UnitMoved", "SpareLent", "MemberJoined", "ClaimHeld", "MemberLeft"])
def test_a_log_dropped_or_doubled_is_found(audited: Seen, event: str) -> None:
    at = max(n for n, each in enumerate(audited.told) if each.event == event)
    assert found(audited, [*audited.told[:at], *audited.told[at + 1 :]])
    assert found(audited, [*audited.told[: at + 1], *audited.told[at:]])


@pytest.mark.parametrize(
    ("contract", "path", "value", "check"),
    [
        ("SpareStock", ("_units", 5, "place"), 1, "I-12"),
        ("SpareLoans", ("_claims", 1, "stage"), RETURNED ^ ON_LOAN, "I-12"),
        ("SparePools", ("_pools", 1, "held"), 1, "I-19"),
    ],
)
def test_a_word_that_says_another_thing_does_not_balance(
    audited: Seen, contract: str, path: tuple[str | int, ...], value: int, check: str
) -> None:
    evidence = evidence_of(audited)
    module = next(each for each in evidence.world.modules.values() if contract == each.CONTRACT)
    spot = Layout(module.abi.layout).spot(path)
    words: Any = evidence.words[module.address]
    words[spot.slot] ^= value << 8 * spot.offset
    for each in (check_i12, check_i19):
        each(evidence)
    assert check in {each.check for each in evidence.findings.found}


def found(audited: Seen, told: list[Told]) -> set[str]:
    evidence = evidence_of(audited, told)
    for check in (check_i12, check_i19):
        check(evidence)
    return {each.check for each in evidence.findings.found}


Act = Callable[[Any, Call], None]
PAPER, NOBODY = bytes(32), bytes(20)

REFUSED: dict[str, tuple[str, Act]] = {
    "other rules": ("other rules", lambda w, c: w.pools.join(c, 1, 8, PAPER, 1)),
    "no pool": ("no pool", lambda w, c: w.pools.join(c, 9, 8, PAPER, 1)),
    "no member": ("no member", lambda w, c: w.pools.pay_in(c, 99, 1)),
    "who has left": ("no member", lambda w, c: w.pools.pay_in(c, 3, 1)),
    "another's credit": ("only the member", lambda w, c: w.pools.pay_out(c, 1, 1)),
    "another's leaving": ("only the member", lambda w, c: w.pools.quit(c, 1)),
    "who pays": ("covers", lambda w, c: w.pools.expel(c, solvent(w))),
    "a pool with members": ("has members", lambda w, c: w.pools.inherit_cash(c, 1)),
    "its spares": ("has members", lambda w, c: w.spare_stock.inherit_spare(c, 1, 5)),
    "more than the cash": ("cash", lambda w, c: w.pools.spend(c, 1, NOBODY, 10**12, PAPER)),
    "a stranger's vote": ("only the member", lambda w, c: w.spare_stock.vote(c, 1, 1)),
    "a vote that is over": ("no proposal", lambda w, c: w.spare_stock.carry_out(c, 99)),
    "a vote twice carried": ("ended", lambda w, c: w.spare_stock.carry_out(c, 1)),
    "another's machine for sale": ("title owner", lambda w, c: w.spare_stock.propose_purchase(c, 1, 2, 1)),
    "a spare of nobody": ("elsewhere", lambda w, c: w.spare_stock.shelve(c, 99)),
    "a keeper that is none": ("keeper", lambda w, c: w.spare_stock.withhold(c, shelved(w))),
    "no gifts": ("no gifts", lambda w, c: w.spare_stock.skim(c, min(w.accounts.admitted))),
    "a claim by a stranger": ("only the member", lambda w, c: stranger_claims(w, c)),
    "no claim": ("no claim", lambda w, c: w.spare_loans.withdraw(c, 99)),
    "a claim that has ended": ("queue", lambda w, c: w.spare_loans.lapse(c, 1)),
    "a loan that has ended": ("no loan", lambda w, c: w.spare_loans.forfeit(c, 1)),
    "a price for no loan": ("no loan", lambda w, c: w.spare_loans.buy_out(c, 1)),
    "nobody in the queue": ("nobody waits", lambda w, c: w.spare_loans.call_out(c, 1, 0)),
    "another machine's use": (
        "another machine",
        lambda w, c: w.spare_loans.show_use_by_status(c, 1, (99, 1, c.now, 0, 0, 1), b""),
    ),
}


def shelved(world: Any) -> int:
    world.spare_stock.units[7].place = SHELF
    return 7


def solvent(world: Any) -> int:
    world.pools.members[4].credit = 10**9
    return 4


def stranger_claims(world: Any, call: Call) -> None:
    member = world.pools.members[4]
    member.credit, member.deposit = 10**9, TERMS.deposit
    world.spare_loans.claim(call, 4, (4, 1, call.now, 1, 0, 1), b"")


@pytest.mark.parametrize("case", REFUSED)
def test_the_replay_refuses(audited: Seen, case: str) -> None:
    words, act = REFUSED[case]
    world = copied(audited.world)
    with pytest.raises(Refused, match=words):
        act(world, Call(b"\1" * 20, audited.told[-1].time + 1, 1, "0x"))
