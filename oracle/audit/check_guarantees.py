"""I-10 and I-18 from logs and storage of the chain: what came into each pot, left it, and is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from oracle.audit.checks import Evidence
from oracle.audit.findings import Balanced, Place
from oracle.audit.guarantee_tally import BUYBACKS, UPTIMES

AMOUNT_BITS: Final = 128


def check_i10(evidence: Evidence) -> None:
    """Collateral left only to the holder on exercise, or to the guarantor; the rest is still there."""
    buybacks = evidence.world.buybacks
    pots = (
        (number, given.terms["currency"], buybacks.account_of(number))
        for number, given in enumerate(buybacks.buybacks, 1)
    )
    _check(evidence, "I-10", BUYBACKS, pots)


def check_i18(evidence: Evidence) -> None:
    """Bonds left only to customers as credits, or to the guarantor; what is reserved for credits is still there."""
    uptimes = evidence.world.uptimes
    pots = [
        (number, given.terms["currency"], uptimes.account_of(number)) for number, given in enumerate(uptimes.uptimes, 1)
    ]
    _check(evidence, "I-18", UPTIMES, iter(pots))
    for number, currency, account in pots:
        reserved = evidence.member(uptimes, ("_uptimes", number, "reserved"), AMOUNT_BITS)
        unpaid = sum(
            evidence.member(uptimes, ("_periods", number, period, "unpaid"), AMOUNT_BITS)
            for period in range(uptimes.uptimes[number - 1].settled)
        )
        balance = evidence.stored(evidence.world.accounts, ("_credit", int.from_bytes(currency, "big"), account))
        if not unpaid == reserved <= balance:
            message = f"promise {number}: {unpaid} unpaid, {reserved} reserved, {balance} in its bond"
            evidence.findings.add("I-18", Place(contract=UPTIMES), message)


def _check(evidence: Evidence, check: str, contract: str, pots: Iterator[tuple[int, bytes, bytes]]) -> None:
    tally, guarantees = evidence.tally, evidence.tally.guarantees
    sums = {"received": 0, "to holders": 0, "to guarantors": 0, "kept": 0}
    for number, currency, account in pots:
        received, paid = tally.received[account, currency], tally.paid[account, currency]
        holders, guarantors = guarantees.to_holders[contract, number], guarantees.to_guarantors[contract, number]
        kept = evidence.stored(evidence.world.accounts, ("_credit", int.from_bytes(currency, "big"), account))
        for name, amount in zip(sums, (received, holders, guarantors, kept), strict=True):
            sums[name] += amount
        if received != paid + kept or paid != holders + guarantors:
            message = f"guarantee {number}: {received} received, {holders} + {guarantors} paid of {paid}, {kept} kept"
            evidence.findings.add(check, Place(contract=contract), message)
    evidence.findings.balanced.append(Balanced(check, contract, sums))
