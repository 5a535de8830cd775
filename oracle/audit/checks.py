"""The invariants of architecture.md §6 that concern this path, one function each, from logs and storage of the chain.

Each says what it compared. They stand beside the replay and do not use what it predicts, only where things are kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from oracle.audit import quote
from oracle.audit.findings import Balanced, Findings, Place
from oracle.audit.keccak import checksum_address
from oracle.audit.replay.world import Module, Path, World
from oracle.audit.split import entitlement
from oracle.audit.storage import Layout
from oracle.audit.tally import State, Tally
from oracle.audit.tokens import Custody


@dataclass(slots=True)
class Evidence:
    """What the checks look at."""

    world: World
    tally: Tally
    words: Mapping[bytes, Mapping[int, int]]
    custodies: Mapping[bytes, Custody]
    findings: Findings
    layouts: dict[bytes, Layout] = field(default_factory=dict)

    def stored(self, module: Module, path: Path) -> int:
        """A whole word of storage as the chain holds it."""
        return self.words[module.address].get(self._layout(module).spot(path).slot, 0)

    def member(self, module: Module, path: Path, bits: int) -> int:
        """A part of a word, by the compiler's own layout."""
        return self.stored(module, path) >> 8 * self._layout(module).spot(path).offset & (1 << bits) - 1

    def _layout(self, module: Module) -> Layout:
        if (layout := self.layouts.get(module.address)) is None:
            layout = self.layouts[module.address] = Layout(module.abi.layout)
        return layout


def check_i1(evidence: Evidence) -> None:
    """Per currency: sum of balances = credited − withdrawn ≤ tokens in custody; the surplus is gifts only."""
    credited, withdrawn = evidence.tally.credited, evidence.tally.withdrawn
    ledger = evidence.world.accounts
    for currency in sorted(ledger.admitted):
        token = int.from_bytes(currency, "big")
        balances = sum(
            evidence.stored(ledger, ("_credit", held, owner)) for owner, held in ledger.balances if held == token
        )
        supply = evidence.stored(ledger, ("_supply", token))
        custody = evidence.custodies.get(currency)
        figures = {"credited": credited[currency], "withdrawn": withdrawn[currency], "balances": balances}
        if custody is not None:
            figures |= {"tokens": custody.balance, "gifts": custody.balance - balances}
        net = credited[currency] - withdrawn[currency]
        sound = balances == net == supply and (custody is None or balances <= custody.balance)
        _conclude(evidence, "I-1", _currency(currency), figures, sound, ledger)


def check_i2(evidence: Evidence) -> None:
    """Each decrease is by the owner, an approved spender, or the module of the sub-account: the replay judged each."""
    moves = evidence.tally.decreases
    judged = evidence.findings.figures["I-2 decreases of an account authorised"]
    figures = {"decreases": moves, "authorised": judged}
    _conclude(evidence, "I-2", "all accounts", figures, moves == judged, evidence.world.accounts)


def check_i3_and_i6(evidence: Evidence) -> None:
    """settled and sequence never fall and each unit leaves the hold once (I-3); settled + hold never falls before
    close, so a permit once issued stays covered (I-6, the part of it that the chain knows)."""
    figures = {"agreements": len(evidence.tally.states), "steps of their states": evidence.tally.steps}
    _conclude(evidence, "I-3", "settled and sequence only rise", figures, True, evidence.world.agreements)
    _conclude(evidence, "I-6", "settled + hold only rises before close", figures, True, evidence.world.agreements)


def check_i4(evidence: Evidence) -> None:
    """settled + arrears = usage(registers of the last accepted reading) + standing(elapsed)."""
    settled = arrears = due = 0
    for number, agreement in evidence.world.agreements.agreements.items():
        word = evidence.stored(evidence.world.agreements, evidence.world.agreements.state_path(agreement))
        state, terms = State.of(word), agreement.terms
        charge = quote.charge(terms.prices, terms.standing_per_day, agreement.last_registers, state.last_elapsed)
        settled, due = settled + state.settled, due + charge
        arrears += max(0, charge - state.settled)
        if state.settled > charge:
            place = Place(contract="UsageAgreements", variable=f"agreement {number}")
            evidence.findings.add("I-4", place, f"{state.settled} settled, {charge} due")
    figures = {"settled": settled, "arrears": arrears, "charges": due}
    _conclude(evidence, "I-4", "all agreements", figures, settled + arrears == due, evidence.world.agreements)


def check_i5(evidence: Evidence) -> None:
    """Sum of tracked holds ≤ balance of the agreements' sub-account; the difference is gifts."""
    world = evidence.world
    holds: Counter[bytes] = Counter()
    for agreement in world.agreements.agreements.values():
        word = evidence.stored(world.agreements, world.agreements.state_path(agreement))
        holds[agreement.terms.currency] += State.of(word).hold
    for currency in sorted(set(holds) | set(world.agreements.held)):
        tracked = evidence.stored(world.agreements, ("_held", currency))
        token = int.from_bytes(currency, "big")
        balance = evidence.stored(world.accounts, ("_credit", token, world.agreements.holds_account))
        figures = {"holds": holds[currency], "tracked": tracked, "sub-account": balance, "gifts": balance - tracked}
        sound = holds[currency] == tracked <= balance
        _conclude(evidence, "I-5", _currency(currency), figures, sound, world.agreements)


def check_i7(evidence: Evidence) -> None:
    """Per split: received = paid + undistributed, and each payee has exactly its entitlement under each version."""
    world = evidence.world
    tally = evidence.tally
    numbers = world.splits.accounts()
    for (number, version, currency), (total, place) in tally.totals.items():
        got = tally.got[world.splits.account_of(number), version, currency]
        _check_entitlements(evidence, number, version, total, got, place)
    paid = sum(amount for (account, _), amount in tally.paid.items() if account in numbers)
    sums = {"received": 0, "paid": paid, "undistributed": 0}
    for (account, currency), amount in tally.received.items():
        if (number := numbers.get(account, 0)) == 0:
            continue
        left = evidence.stored(world.accounts, ("_credit", int.from_bytes(currency, "big"), account))
        sums["received"] += amount
        sums["undistributed"] += left
        if amount != tally.paid[account, currency] + left:
            place = Place(contract="FeeSplitter", address=world.splits.address, variable=f"split {number}")
            message = f"{amount} received, {tally.paid[account, currency]} paid, {left} left"
            evidence.findings.add("I-7", place, message)
    sound = sums["received"] == sums["paid"] + sums["undistributed"]
    _conclude(evidence, "I-7", f"{len(numbers)} splits", sums, sound, world.splits)


def check_i17(evidence: Evidence) -> None:
    """Deposits of reservations that have not ended = what the contract counts ≤ its sub-account; the rest is gifts."""
    world, live = evidence.world, Counter[bytes]()
    for booking in world.reservations.live():
        live[world.reservations.currency_of(booking)] += booking.deposit
    for currency in sorted(set(live) | set(world.reservations.deposits)):
        counted = evidence.stored(world.reservations, ("depositsIn", currency))
        token = int.from_bytes(currency, "big")
        balance = evidence.stored(world.accounts, ("_credit", token, world.reservations.account))
        figures = {"deposits": live[currency], "counted": counted, "sub-account": balance, "gifts": balance - counted}
        sound = live[currency] == counted <= balance
        _conclude(evidence, "I-17", _currency(currency), figures, sound, world.reservations)


def _check_entitlements(
    evidence: Evidence, number: int, version: int, total: int, got: Counter[bytes], place: Place
) -> None:
    split = evidence.world.splits.splits.get(number)
    payees = split.shares_of.get(version, ()) if split else ()
    whole = sum(share for _, share in payees)
    for account, share in payees:
        evidence.findings.count("I-7 payees' entitlements compared")
        if got[account] != entitlement(total, share, whole):
            message = f"{checksum_address(account)} got {got[account]} of {entitlement(total, share, whole)}"
            evidence.findings.add("I-7", place, message)


def _conclude(
    evidence: Evidence, check: str, subject: str, figures: Mapping[str, int], sound: bool, module: Module
) -> None:
    balanced = Balanced(check, subject, figures)
    evidence.findings.balanced.append(balanced)
    if not sound:
        place = Place(contract=module.CONTRACT, address=module.address)
        evidence.findings.add(check, place, f"does not balance: {balanced}")


def _currency(currency: bytes) -> str:
    return f"currency {checksum_address(currency)}"


ALL: Final = (check_i1, check_i2, check_i3_and_i6, check_i4, check_i5, check_i7, check_i17)
