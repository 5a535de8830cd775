"""I-20 from logs and storage of the chain: one member one vote, and the community's money to the unit."""

from __future__ import annotations

from typing import Final

from oracle.audit.checks import Evidence
from oracle.audit.findings import Balanced, Place
from oracle.audit.keccak import checksum_address
from oracle.audit.replay.community import Community
from oracle.audit.replay.members import Membership

VALUE_BITS: Final = 208


def check_i20(evidence: Evidence) -> None:
    """Nothing to look at where members do not decide."""
    for module in evidence.world.modules.values():
        if isinstance(module, Membership):
            _check_votes(evidence, module)
        elif isinstance(module, Community):
            _check_money(evidence, module)


def _check_votes(evidence: Evidence, module: Membership) -> None:
    tally = evidence.tally.members
    figures = {
        "members ever": len(module.books.members),
        "votes in force": len(tally.voters - tally.suspended),
        "votes stored": _latest(evidence, module, "_totalCheckpoints"),
        "with a share": len(tally.voters),
        "shares stored": _latest(evidence, module, "_sharers"),
        "votes cast": tally.decided["VoteCast"],
        "proposals": tally.decided["ProposalCreated"],
        "executed": tally.decided["ProposalExecuted"],
    }
    balanced = Balanced("I-20", "votes", figures)
    evidence.findings.balanced.append(balanced)
    even = figures["votes in force"] == figures["votes stored"] and figures["with a share"] == figures["shares stored"]
    if not even:
        place = Place(contract=module.CONTRACT, address=module.address)
        evidence.findings.add("I-20", place, f"does not balance: {balanced}")


def _check_money(evidence: Evidence, module: Community) -> None:
    """Received = spent + claimed + set aside + free, and nothing else ever left the account."""
    world, tally, members = evidence.world, evidence.tally, evidence.tally.members
    for currency in sorted(world.accounts.admitted):
        held = (module.address, currency)
        token = int.from_bytes(currency, "big")
        figures = {
            "received": tally.received[held],
            "spent": members.spent[currency],
            "claimed": members.claimed[currency],
            "paid out": tally.paid[held],
            "declared": members.declared[currency],
            "set aside": evidence.stored(module, ("setAside", currency)),
            "balance": evidence.stored(world.accounts, ("_credit", token, module.address)),
        }
        balanced = Balanced("I-20", f"the community's {checksum_address(currency)}", figures)
        evidence.findings.balanced.append(balanced)
        left = figures["spent"] + figures["claimed"] == figures["paid out"]
        kept = figures["received"] - figures["paid out"] == figures["balance"] >= figures["set aside"]
        shared = figures["declared"] - figures["claimed"] == figures["set aside"]
        if not (left and kept and shared):
            place = Place(contract=module.CONTRACT, address=module.address)
            evidence.findings.add("I-20", place, f"does not balance: {balanced}")


def _latest(evidence: Evidence, module: Membership, trace: str) -> int:
    count = evidence.stored(module, (trace, "_checkpoints"))
    if count == 0:
        return 0
    return evidence.member(module, (trace, "_checkpoints", count - 1, "_value"), VALUE_BITS)
