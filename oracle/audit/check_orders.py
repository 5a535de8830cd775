"""I-13 from storage of the chain; what orders pay as they end is checked by the tally of their logs."""

from __future__ import annotations

from collections import Counter
from typing import Final

from oracle.audit.checks import Evidence
from oracle.audit.findings import Balanced, Place
from oracle.audit.keccak import checksum_address

MASK_80: Final = 2**80 - 1
STAGES_IN_ESCROW: Final = (2, 3, 4)


def check_i13(evidence: Evidence) -> None:
    """Σ of unfinished prices and bonds = what the market tracks ≤ its escrow account; the difference is gifts."""
    for currency, (owed, tracked, balance) in sorted(_escrow(evidence).items()):
        figures = {"orders": owed, "tracked": tracked, "sub-account": balance, "gifts": balance - tracked}
        balanced = Balanced("I-13", f"currency {checksum_address(currency)}", figures)
        evidence.findings.balanced.append(balanced)
        if not owed == tracked <= balance:
            evidence.findings.add("I-13", Place(contract="ServiceMarket"), f"does not balance: {balanced}")


def _escrow(evidence: Evidence) -> dict[bytes, tuple[int, int, int]]:
    """Currency → owed by the orders, tracked by the market, balance of the escrow account, all as stored."""
    world, market = evidence.world, evidence.world.market
    owed: Counter[bytes] = Counter()
    for number, order in market.orders.items():
        stage = evidence.stored(market, ("_orders", number, "stage")) >> 72 & 0xFF
        if stage in STAGES_IN_ESCROW:
            price = evidence.stored(market, ("_orders", number, "price")) >> 160 & MASK_80
            bond = evidence.stored(market, ("_orders", number, "bond")) >> 112 & MASK_80
            owed[world.service_terms.of(order.terms).currency] += price + bond
    return {
        currency: (
            owed[currency],
            evidence.stored(market, ("escrowedIn", currency)),
            evidence.stored(world.accounts, ("_credit", int.from_bytes(currency, "big"), market.escrow_account)),
        )
        for currency in market.escrowed
    }
