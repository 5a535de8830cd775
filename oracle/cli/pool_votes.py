"""What members of a pool decide, and the repair of its spares: commands of `cise pool`."""

from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from oracle.cli import output
from oracle.cli.options import Act, AssetNumber, Look, MaybePaper, Uri, acts, looks
from oracle.cli.papers import paper
from oracle.parties import pools, spare_loans
from oracle.parties.currencies import currency_at
from oracle.types import AssetId, MemberId, PoolId, ProposalId

PoolNumber = Annotated[int, typer.Argument(help="The pool's number.", min=1)]
ProposalNumber = Annotated[int, typer.Argument(help="The proposal's number.", min=1)]
By = Annotated[int, typer.Option("--by", help="Your membership.", min=1)]
Unit = Annotated[int, typer.Argument(help="The spare's number as an asset.", min=1)]


@acts
def restock(
    me: Act, number: PoolNumber, asset: AssetNumber, price: Annotated[str, typer.Argument(help="At most the posted.")]
) -> None:
    """Offer a machine of yours as a spare; members vote on it, and the pool's cash pays."""
    view = pools.pool_view(me.client, me.platform, PoolId(number))
    money = currency_at(me.client, view.terms.currency)
    made, done = pools.propose_purchase(me.wallet, PoolId(number), AssetId(asset), money.parse(price))
    _show(me, made, {"transaction": done.transaction})


@acts
def retire(
    me: Act,
    unit: Unit,
    by: By,
    to: Annotated[str, typer.Option("--to", help="Who takes it.", metavar="ACCOUNT")],
) -> None:
    """Propose that a unit leaves the pool for good; a spare that never came back is written off."""
    made, done = pools.propose_retirement(me.wallet, MemberId(by), AssetId(unit), me.address(to))
    _show(me, made, {"transaction": done.transaction})


@acts
def keeper(me: Act, account: Annotated[str, typer.Argument(help="Who is to store the spares.")], by: By) -> None:
    """Propose another keeper."""
    made, done = pools.propose_keeper(me.wallet, MemberId(by), me.address(account))
    _show(me, made, {"transaction": done.transaction})


@acts
def vote(me: Act, number: ProposalNumber, by: By) -> None:
    """Say yes to a proposal; more than half of all memberships carry it."""
    done = pools.vote(me.wallet, ProposalId(number), MemberId(by))
    _show(me, ProposalId(number), {"transaction": done.transaction})


@acts
def carry_out(me: Act, number: ProposalNumber) -> None:
    """Do what members have decided. Anyone may."""
    done = pools.carry_out(me.wallet, ProposalId(number))
    _show(me, ProposalId(number), {"transaction": done.transaction})


@looks
def proposal(me: Look, number: ProposalNumber) -> None:
    """Show a proposal and who has said yes."""
    _show(me, ProposalId(number), {})


@acts
def repair(me: Act, unit: Unit, document: MaybePaper = None, uri: Uri = "") -> None:
    """Order the repair of what is in repair, by the pool's service terms and out of its cash. Anyone may."""
    order, done = spare_loans.repair(me.wallet, AssetId(unit), paper(document, uri))
    _show_unit(me, AssetId(unit), {"order": order, "transaction": done.transaction})


@acts
def shelve(me: Act, unit: Unit) -> None:
    """Put what is repaired back on the shelf; the keeper also approves delivered work by it."""
    done = spare_loans.shelve(me.wallet, AssetId(unit))
    _show_unit(me, AssetId(unit), {"transaction": done.transaction})


@acts
def withhold(me: Act, unit: Unit) -> None:
    """Take, as the keeper, a spare off the shelf into repair."""
    done = spare_loans.withhold(me.wallet, AssetId(unit))
    _show_unit(me, AssetId(unit), {"transaction": done.transaction})


@looks
def unit(me: Look, number: Unit) -> None:
    """Show where a spare is."""
    _show_unit(me, AssetId(number), {})


COMMANDS: Mapping[str, Callable[..., None]] = {
    "restock": restock,
    "retire": retire,
    "keeper": keeper,
    "vote": vote,
    "carry-out": carry_out,
    "proposal": proposal,
    "repair": repair,
    "shelve": shelve,
    "withhold": withhold,
    "unit": unit,
}


def _show(me: Look, number: ProposalId, more: dict[str, object]) -> None:
    view = pools.proposal_view(me.client, me.platform, number)
    pool = pools.pool_view(me.client, me.platform, view.pool)
    money = currency_at(me.client, pool.terms.currency)
    document: dict[str, object] = {
        "proposal": number,
        "pool": view.pool,
        "kind": view.kind.name.lower(),
        "asset": view.asset,
        "account": view.account,
        "price": str(view.price),
        "yes": list(view.voters),
        "members": pool.members,
        "closesAt": view.closes_at,
        "done": view.is_done,
    }
    rows = {
        "proposal": f"{number} of pool {view.pool}: {view.kind.name.lower()}",
        "unit": view.asset,
        "account": view.account,
        "price": money.text(view.price) if view.price else None,
        "yes": f"{len(view.voters)} of {pool.members}",
        "until": output.moment(view.closes_at),
        "carried out": "yes" if view.is_done else "not yet",
    }
    me.facts(document | more, rows | more)


def _show_unit(me: Look, number: AssetId, more: dict[str, object]) -> None:
    view = spare_loans.unit_view(me.client, me.platform, number)
    place = None if view.place is None else view.place.name.lower().replace("_", " ")
    document = {"unit": number, "pool": view.pool or None, "place": place, "order": view.order}
    me.facts(document | more, document | more)
