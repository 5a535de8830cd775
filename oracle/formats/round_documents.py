"""A round as JSON: what the command line prints and the API answers. Amounts are base units as decimal text."""

from collections.abc import Sequence

from oracle.parties.ballots import BallotView
from oracle.parties.round_views import RoundView, Standing, TrancheView

Document = dict[str, object]


def summary(view: RoundView) -> Document:
    """Without what it takes more questions to know."""
    terms = view.terms
    return {
        "round": view.id,
        "state": view.state.name.lower(),
        "provider": view.provider,
        "currency": view.currency,
        "split": view.split,
        "secured": terms.secured,
        "minimum": str(terms.minimum),
        "target": str(terms.target),
        "raised": str(view.raised),
        "received": str(view.received),
        "deadline": terms.deadline,
        "startedAt": view.started_at,
        "planEndsAt": view.plan_ends_at,
        "defaultedAt": view.defaulted_at,
        "termsHash": "0x" + terms.terms_hash.hex(),
    }


def whole(view: RoundView, standing: Standing, tranches: Sequence[TrancheView], ballot: BallotView | None) -> Document:
    """All that is public of it; no holder is named."""
    return summary(view) | {
        "at": standing.at,
        "stateByRule": standing.by_rule.name.lower(),
        "behind": standing.behind,
        "expected": str(standing.expected),
        "owed": str(standing.owed),
        "undistributed": str(standing.undistributed),
        "ballot": None if ballot is None else _ballot(ballot),
        "tranches": [_tranche(view, one) for one in tranches],
        "plan": [{"time": point.time, "amount": str(point.amount)} for point in view.plan],
        "assets": [{"asset": one.asset, "guarantee": one.guarantee} for one in view.assets],
    }


def for_the_api(document: Document, view: RoundView) -> Document:
    """The same under the names that the API's other answers have."""
    rest = {name: value for name, value in document.items() if name not in ("round", "split", "assets")}
    assets = [{"assetId": one.asset, "guaranteeId": one.guarantee} for one in view.assets]
    return {"roundId": view.id, "splitId": view.split, **rest, "assets": assets}


def _ballot(ballot: BallotView) -> Document:
    return {
        "number": ballot.number,
        "subject": "default" if ballot.consent_to is None else "consent",
        "consentTo": ballot.consent_to,
        "closesAt": ballot.closes_at,
        "decided": ballot.decided,
        "result": ballot.result,
        "weight": str(ballot.weight),
        "yes": str(ballot.yes),
        "no": str(ballot.no),
    }


def _tranche(view: RoundView, one: TrancheView) -> Document:
    terms = view.tranches[one.tranche]
    return {
        "tranche": one.tranche,
        "size": str(terms.size),
        "least": str(terms.least),
        "rateBps": terms.rate_bps,
        "capBps": terms.cap_bps or None,
        "residualBps": terms.residual_bps,
        "invested": str(one.invested),
        "outstanding": str(one.outstanding),
        "interestDue": str(one.interest_due),
        "paid": str(one.paid),
        "repaid": str(one.repaid),
        "writtenDown": str(one.written_down),
        "repaidBy": one.repaid_by,
        "coverageBps": one.coverage_bps,
    }
