"""What I-20 needs of the logs: who has a vote, and what decisions took and members had of the community's money."""

from __future__ import annotations

from collections import Counter

from oracle.audit.told import Told


class MemberTally:
    def __init__(self) -> None:
        self.voters: set[int] = set()
        self.suspended: set[int] = set()
        self.decided: Counter[str] = Counter()
        self.spent: Counter[bytes] = Counter()
        self.declared: Counter[bytes] = Counter()
        self.claimed: Counter[bytes] = Counter()

    def add(self, told: Told) -> None:
        """A log of the membership, the governor or the community account."""
        values = told.values
        match told.event:
            case "VoteBegan":
                self.voters.add(values["member"])
            case "VoteEnded":
                self.voters.discard(values["member"])
            case "Suspended":
                self.suspended.add(values["member"])
            case "Reinstated":
                self.suspended.discard(values["member"])
            case "ProposalCreated" | "ProposalExecuted" | "VoteCast":
                self.decided[told.event] += 1
            case "Spent":
                self.spent[values["currency"]] += values["amount"]
            case "DividendDeclared":
                self.declared[values["currency"]] += values["perMember"] * values["members"]
            case "DividendClaimed":
                self.claimed[values["currency"]] += values["amount"]
