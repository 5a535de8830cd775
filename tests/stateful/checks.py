"""What must hold after every step, read from the chain in one round trip."""

from __future__ import annotations

from tests.models.split import entitlement
from tests.stateful.world import Hire, World


def check(world: World) -> None:
    """I-1 to I-7, exactly, and every balance and slot against the books."""
    accounts = [
        *world.providers, *world.customers, world.maker, world.community, world.repairer, world.stranger,
        world.holds_account, *(world.splits.account_of(split) for split in world.splits.splits),
    ]  # fmt: skip
    pairs = [(account, currency) for account in accounts for currency in world.currencies]
    calls = [(world.ledger, "balanceOf", (account, int(currency, 16))) for account, currency in pairs]
    for currency in world.currencies:
        calls += [
            (world.ledger, "totalSupply", (int(currency, 16),)),
            (world.tokens[currency], "balanceOf", (world.ledger.address,)),
            (world.agreements, "heldIn", (currency,)),
        ]
    calls += [(world.agreements, "stateOf", (hire.id,)) for hire in world.hires]
    split_pairs = [(split, currency) for split in world.splits.splits for currency in world.currencies]
    calls += [(world.splitter, "totalOf", pair) for pair in split_pairs]
    answers = iter(world.chain.read(calls))

    balances = {pair: next(answers) for pair in pairs}
    for pair, balance in balances.items():
        assert balance == world.books.balance(*pair), f"I-2: {pair}"
    for currency in world.currencies:
        supply, tokens, held = next(answers), next(answers), next(answers)
        assert supply == sum(balances[account, currency] for account in accounts), f"I-1: {currency}"
        assert supply == world.books.total(currency) <= tokens == world.books.tokens_held(currency), f"I-1: {currency}"
        assert held == world.held(currency) <= balances[world.holds_account, currency], f"I-5: {currency}"
    for hire in world.hires:
        _check_agreement(hire, next(answers))
    for split, currency in split_pairs:
        _check_split(world, split, currency, next(answers))
    world.books.check()


def _check_agreement(hire: Hire, word: int) -> None:
    model = hire.model
    assert word == model.state.pack(), f"I-3: agreement {hire.id} is {word:064x}, not {model.state}"
    if not model.closed:
        exact = model.terms.charge(model.registers, model.elapsed)
        assert model.settled + model.arrears == exact, f"I-4: agreement {hire.id}"
        assert model.settled + model.hold >= hire.covered, f"I-6: agreement {hire.id}"
        hire.covered = model.settled + model.hold


def _check_split(world: World, split: int, currency: str, total: int) -> None:
    state = world.splits.splits[split]
    assert total == state.total(currency), f"I-7: split {split}"
    sum_of_shares = sum(payee.share for payee in state.payees)
    for payee in state.payees:
        had = state.received_by.get((state.version, currency, payee.account), 0)
        assert had == entitlement(total, payee.share, sum_of_shares), f"I-7: {payee.account} of split {split}"
