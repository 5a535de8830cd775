"""I-13, from logs and storage of the chain: each order's escrow is paid out once and completely."""

from __future__ import annotations

from collections import Counter

from oracle.audit.checks import Evidence, Told
from oracle.audit.findings import Balanced, Place
from oracle.audit.keccak import checksum_address

MASK_80 = 2**80 - 1
STAGES_IN_ESCROW = (2, 3, 4)


def check_i13(evidence: Evidence) -> None:
    """Σ of unfinished prices and bonds = what the market tracks ≤ its escrow account; each order ends once and pays
    exactly the price that was assigned and the bond that was put up."""
    promised = _promised(evidence)
    ended: Counter[int] = Counter()
    for told in evidence.of("ServiceMarket", "OrderEnded"):
        number = told.values["order"]
        ended[number] += 1
        _check_end(evidence, told, ended[number], promised.get(number, 0))
    for currency, (owed, tracked, balance) in sorted(_escrow(evidence).items()):
        figures = {"orders": owed, "tracked": tracked, "sub-account": balance, "gifts": balance - tracked}
        balanced = Balanced("I-13", f"currency {checksum_address(currency)}", figures)
        evidence.findings.balanced.append(balanced)
        if not owed == tracked <= balance:
            evidence.findings.add("I-13", Place(contract="ServiceMarket"), f"does not balance: {balanced}")


def _promised(evidence: Evidence) -> Counter[int]:
    """Price and bond that went into escrow, by order."""
    promised: Counter[int] = Counter()
    for told in evidence.of("ServiceMarket", "OrderAssigned", "OrderDisputed"):
        promised[told.values["order"]] += told.values["price" if told.event == "OrderAssigned" else "bond"]
    return promised


def _check_end(evidence: Evidence, told: Told, times: int, promised: int) -> None:
    evidence.findings.count("I-13 ends of orders compared")
    paid = told.values["toWorker"] + told.values["toReserve"] + told.values["bond"]
    if times > 1:
        evidence.findings.add("I-13", told.place, "the order ended before")
    if paid != promised:
        evidence.findings.add("I-13", told.place, f"{paid} paid, {promised} in escrow")


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
            evidence.stored(world.accounts, ("_balances", market.escrow_account, int.from_bytes(currency, "big"))),
        )
        for currency in market.escrowed
    }
