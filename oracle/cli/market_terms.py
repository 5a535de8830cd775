"""`cise market terms`: under which rules work on a machine is ordered, judged and paid."""

from pathlib import Path
from typing import Annotated

import typer

from oracle.cli.options import HOUR, Act, AssetNumber, Off, acts
from oracle.cli.papers import hash_of
from oracle.cli.session import CurrencyOption
from oracle.parties import orders
from oracle.types import AssetId, BaseUnits, Seconds, ServiceTermsId

app = typer.Typer(no_args_is_help=True, help="Terms of service: publish, choose, watch.")
Hours = typer.Option(help="Hours.", min=1)


@app.command()
@acts
def publish(
    me: Act,
    text: Annotated[Path, typer.Argument(help="The terms in words; their hash goes on chain.")],
    arbiter: Annotated[list[str], typer.Option("--arbiter", help="Who judges disputes; one to seven.")],
    quorum: Annotated[int, typer.Option("--quorum", help="Arbiters who must say the same: more than half.", min=1)],
    rule_ceiling: Annotated[str, typer.Option("--rule-ceiling", help="Highest price accepted by rule.")] = "0",
    rule_budget: Annotated[str, typer.Option("--rule-budget", help="Most by rule in 30 days.")] = "0",
    bond: Annotated[str, typer.Option("--bond", help="What a dispute puts up.")] = "0",
    included: Annotated[int, typer.Option("--included", help="A customer's services a year.", min=0)] = 0,
    silent_share: Annotated[
        int, typer.Option("--silent-share", help="Percent to the worker where arbiters are silent.", min=0, max=100)
    ] = 50,
    core: Annotated[
        list[str] | None, typer.Option("--core", help="What a machine is worth that comes back, for A, B, C, D.")
    ] = None,
    bidding_hours: Annotated[int, Hours] = 1,
    acceptance_hours: Annotated[int, Hours] = 72,
    grace_hours: Annotated[int, Hours] = 24,
    inspection_hours: Annotated[int, Hours] = 72,
    arbitration_hours: Annotated[int, Hours] = 168,
    own_bids: Annotated[bool, typer.Option("--own-bids", help="Provider and opener may bid.")] = False,
    status_needed: Annotated[
        bool, typer.Option("--status-needed", help="Work counts only with the meter's own 'up' afterwards.")
    ] = False,
    currency: CurrencyOption = None,
) -> None:
    """Publish terms. They never change; other rules are other terms."""
    prices = ["0"] * len(orders.GRADES) if core is None else core
    if len(prices) != len(orders.GRADES):
        raise typer.BadParameter("--core is given four times or not at all")
    money = me.currency(currency)
    terms = orders.ServiceTerms(
        currency=money.address,
        rule_ceiling=money.parse(rule_ceiling),
        silent_share_bps=silent_share * 100,
        rule_budget=money.parse(rule_budget),
        dispute_bond=money.parse(bond),
        shortest_bidding=Seconds(bidding_hours * HOUR),
        acceptance_time=Seconds(acceptance_hours * HOUR),
        grace_time=Seconds(grace_hours * HOUR),
        inspection_time=Seconds(inspection_hours * HOUR),
        arbitration_time=Seconds(arbitration_hours * HOUR),
        included_per_year=included,
        quorum=quorum,
        own_bids=own_bids,
        status_needed=status_needed,
        terms_hash=hash_of(text),
    )
    cores: list[BaseUnits] = [money.parse(price) for price in prices]
    number, done = orders.publish_terms(me.wallet, terms, cores, [me.address(one) for one in arbiter])
    document = {"terms": number, "termsHash": "0x" + terms.terms_hash.hex(), "transaction": done.transaction}
    me.facts(document)


@app.command()
@acts
def choose(
    me: Act,
    asset: AssetNumber,
    terms: Annotated[int, typer.Option("--terms", help="The terms' number.", min=1)],
) -> None:
    """Orders on the machine are opened under these terms from now on. By its provider."""
    done = orders.choose_terms(me.wallet, AssetId(asset), ServiceTermsId(terms))
    reserve = orders.reserve_of(me.client, me.platform, AssetId(asset))
    document = {"asset": asset, "terms": terms, "reserve": reserve, "transaction": done.transaction}
    me.facts(document)


@app.command()
@acts
def watch(
    me: Act,
    asset: AssetNumber,
    watcher: Annotated[str, typer.Argument(help="Who may open orders when what it measures says so.")],
    off: Off = False,
) -> None:
    """Appoint a watcher, an oracle's key for instance. By the machine's provider; lapses with its title."""
    account = me.address(watcher)
    done = orders.appoint_watcher(me.wallet, AssetId(asset), account, not off)
    document = {"asset": asset, "watcher": account, "on": not off, "transaction": done.transaction}
    me.facts(document)
