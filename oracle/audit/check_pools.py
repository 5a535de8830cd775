"""I-12 and I-19 from logs and storage of the chain: where every spare is, and every unit that a pool ever had."""

from __future__ import annotations

from typing import Final

from oracle.audit.checks import Evidence
from oracle.audit.findings import Balanced, Place
from oracle.audit.pool_tally import LENT, LOANS, POOLS, REPAIR, SHELF, STOCK

ADDRESS: Final = (1 << 160) - 1
STAGE, NUMBER, AMOUNT = 8, 64, 128
ON_LOAN: Final = 3
CUSTODY: Final = (SHELF, LENT, REPAIR)


def check_i12(evidence: Evidence) -> None:
    """A spare is in exactly one place: as its last log says, in custody exactly while the stock has its title, and lent
    exactly while one claim has it."""
    world, tally = evidence.world, evidence.tally.pools
    figures = dict.fromkeys(("shelf", "lent", "repair", "bought out", "retired"), 0)
    borrowers: dict[int, list[int]] = {}
    for number in world.spare_loans.claims:
        if evidence.member(world.spare_loans, ("_claims", number, "stage"), STAGE) == ON_LOAN:
            unit = evidence.member(world.spare_loans, ("_claims", number, "unit"), NUMBER)
            borrowers.setdefault(unit, []).append(number)
    for unit, told in tally.places.items():
        place = evidence.member(world.spare_stock, ("_units", unit, "place"), STAGE)
        loan = evidence.member(world.spare_stock, ("_units", unit, "loan"), NUMBER)
        owner = evidence.stored(world.assets, ("_owners", unit)) & ADDRESS
        in_custody = owner == int.from_bytes(world.spare_stock.address, "big")
        lent = borrowers.pop(unit, [])
        figures[list(figures)[place - 1]] += 1
        sound = place == told and in_custody == (place in CUSTODY)
        sound = sound and lent == ([loan] if place == LENT else []) and (loan != 0) == (place == LENT)
        if not sound or tally.borrowed.get(unit, 0) != loan:
            message = f"spare {unit}: at {place}, told at {told}, lent to {lent}, title {'in' if in_custody else 'out'}"
            evidence.findings.add("I-12", Place(contract=STOCK), message)
    for unit, claims in borrowers.items():
        message = f"claims {claims} have spare {unit}, which was never in a pool"
        evidence.findings.add("I-12", Place(contract=LOANS), message)
    evidence.findings.balanced.append(Balanced("I-12", f"{len(tally.places)} spares", figures))


def check_i19(evidence: Evidence) -> None:
    """Per pool: received = paid out + spent + gone with members + kept; what belongs to members is kept exactly."""
    world, tally = evidence.world, evidence.tally.pools
    names = ("received", "paid in", "paid out", "spent", "with members", "held", "cash")
    sums = dict.fromkeys(names, 0)
    for number, pool in world.pools.pools.items():
        currency, account = pool.terms["currency"], world.pools.account_of(number)
        received, paid = evidence.tally.received[account, currency], evidence.tally.paid[account, currency]
        kept = evidence.stored(world.accounts, ("_credit", int.from_bytes(currency, "big"), account))
        held = evidence.member(world.pools, ("_pools", number, "held"), AMOUNT)
        told = (tally.paid_in[number], tally.paid_out[number], tally.spent[number], tally.left[number])
        figures = (received, *told, held, kept - held)
        for name, amount in zip(names, figures, strict=True):
            sums[name] += amount
        # What came in besides are gifts, and reserves of spares that were not used up.
        sound = received == paid + kept and received >= told[0] and paid == sum(told[1:])
        if not sound or held != tally.held(number) or held > kept:
            message = f"pool {number} does not balance: {dict(zip(names, figures, strict=True))}"
            evidence.findings.add("I-19", Place(contract=POOLS), message)
    evidence.findings.balanced.append(Balanced("I-19", f"{len(world.pools.pools)} pools", sums))
