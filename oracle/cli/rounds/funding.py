"""From terms in a file to machines pledged and money in the provider's account, or everybody's money back."""

from pathlib import Path
from typing import Annotated

import typer

from oracle.cli import output
from oracle.cli.options import Act, AssetNumber, Look, acts, looks
from oracle.cli.papers import read_paper, write_text
from oracle.cli.rounds.common import Amount, HolderOption, Number, TrancheNumber, holder_of, money_of, tell, view_of
from oracle.cli.rounds.looking import tell_terms
from oracle.cli.session import CurrencyOption, Json
from oracle.errors import Rejected
from oracle.formats import round_terms
from oracle.parties import rounds
from oracle.types import ZERO_ADDRESS, AssetId, RoundId, SplitId

Terms = Annotated[Path, typer.Argument(help="Terms in JSON or YAML; the schema is oracle/schemas/round.json.")]


def new(
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
    asset: Annotated[list[int] | None, typer.Option("--asset", help="A machine; as often as there are.", min=1)] = None,
    as_json: Json = False,
) -> None:
    """Write example terms in YAML, to be edited."""
    if file.exists():
        raise Rejected("file_exists", str(file), "is there already")
    write_text(file, round_terms.example([AssetId(one) for one in asset or (1,)]))
    then = f"edit it, then `cise round check {file}` and `cise round open {file}`"
    output.show(as_json, {"file": str(file)}, lambda out: out.print(f"{file}: {then}", markup=False))


@looks
def check(me: Look, terms: Terms, currency: CurrencyOption = None) -> None:
    """Say in words what a file of terms would open; nothing is sent."""
    document = _read(terms)
    money = me.currency(currency)
    tell_terms(me, document["name"], round_terms.request(document, ZERO_ADDRESS, money.address, me.now), money)


@acts
def open_round(me: Act, terms: Terms, currency: CurrencyOption = None) -> None:
    """Publish terms: they never change. By the machines' owner, or by whoever repays an innovation from their fees."""
    document = _read(terms)
    request = round_terms.request(document, me.wallet.address, me.currency(currency).address, me.now)
    number, done = rounds.open_round(me.wallet, request)
    view = view_of(me, number)
    tell(me, view, done, {"name": document["name"], "split": view.split, "termsHash": _hex(view.terms.terms_hash)})


@acts
def prepare(me: Act, number: Number) -> None:
    """Point your machines' fees at the round and place its lien on them: what the start asks for."""
    view = view_of(me, number)
    sent = rounds.prepare(me.wallet, view)
    if not sent:
        what = "none of its machines is yours, or all are ready"
        raise Rejected("nothing_to_prepare", f"round {number}", what, f"{len(view.assets)} machines")
    tell(me, view, sent[-1], {"transactions": len(sent)})


@acts
def cancel(me: Act, number: Number) -> None:
    """Call the round off, as provider, before the start; all money can be had back."""
    view = view_of(me, number)
    tell(me, view, rounds.cancel(me.wallet, view.id), {})


@acts
def release(me: Act, asset: AssetNumber) -> None:
    """Have the lien taken off a machine of yours that no running round has."""
    done = rounds.release_lien(me.wallet, AssetId(asset))
    me.facts({"asset": asset, "lien": None, "transaction": done.transaction})


@acts
def leave(
    me: Act, asset: AssetNumber, split: Annotated[int, typer.Argument(help="Where its fees go then.", min=1)]
) -> None:
    """Let a machine of yours leave the split of a round that is over, for this other one."""
    done = rounds.consent_to_repoint(me.wallet, AssetId(asset), SplitId(split))
    me.facts({"asset": asset, "mayGoTo": split, "transaction": done.transaction})


@acts
def invest(
    me: Act,
    number: Number,
    tranche: TrancheNumber,
    amount: Amount,
    least: Annotated[str, typer.Option("--least", help="Rather nothing than less; the last one is cut.")] = "0",
) -> None:
    """Invest out of your prepaid account; you get a position that can be passed on."""
    view = view_of(me, number)
    money = money_of(me, view)
    asked = money.parse(amount)
    accepted, done = rounds.invest(me.wallet, view, tranche, asked, money.parse(least))
    tell(me, view, done, {"tranche": tranche}, {"asked": asked, "accepted": accepted})


@acts
def start(me: Act, number: Number) -> None:
    """Start a round that has its money; anyone may. What was raised goes to the provider."""
    view = view_of(me, number)
    tell(me, view, rounds.start(me.wallet, view.id), {}, {"raised": view.raised})


@acts
def fail(me: Act, number: Number) -> None:
    """End a round that can start no more; anyone may."""
    view = view_of(me, number)
    tell(me, view, rounds.fail(me.wallet, view.id), {})


@acts
def refund(me: Act, number: Number, tranche: TrancheNumber, holder: HolderOption = None) -> None:
    """Have the money of a failed round back; anyone may, the holder gets it."""
    view, whose = view_of(me, number), holder_of(me, holder)
    amount, done = rounds.refund(me.wallet, RoundId(number), tranche, whose)
    tell(me, view, done, {"tranche": tranche, "holder": whose}, {"refunded": amount})


def _read(file: Path) -> round_terms.Document:
    return round_terms.read(read_paper(file), file.suffix.lower() in (".yaml", ".yml"))


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


COMMANDS = {
    "new": new,
    "check": check,
    "open": open_round,
    "prepare": prepare,
    "cancel": cancel,
    "release": release,
    "leave": leave,
    "invest": invest,
    "start": start,
    "fail": fail,
    "refund": refund,
}
