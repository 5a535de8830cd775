"""`cise asset`: machines, their meters and what is offered."""

from typing import Annotated

import typer
from rich.console import Console

from oracle.cli import output
from oracle.cli.meter_keys import Curve, MeterCurve, meter_key
from oracle.cli.options import DAY, Act, AssetNumber, Look, MaybePaper, acts, looks
from oracle.cli.papers import paper
from oracle.domain.signatures import SigningKey
from oracle.parties import assets, circular
from oracle.types import Address, AssetId, TariffId, UnixTime

app = typer.Typer(no_args_is_help=True, help="Machines: register, bind-meter, take-back, state, offer, list.")


STATES = assets.LIFECYCLES[1:-1]


@app.command()
@acts
def register(
    me: Act,
    model: Annotated[str, typer.Argument(help="The model, at most 32 bytes.")],
    serial: Annotated[str, typer.Argument(help="The serial number; only its hash goes on chain.")],
    owner: Annotated[str | None, typer.Option("--owner", help="Who gets the title; default: the maker.")] = None,
    odometer_rate: Annotated[
        int | None, typer.Option("--odometer-rate", help="The most its odometer can grow in a day.", min=1)
    ] = None,
) -> None:
    """Register a machine as its maker."""
    title_owner = me.wallet.address if owner is None else me.address(owner)
    asset, done = assets.register(me.wallet, model, serial, title_owner)
    if odometer_rate is not None:
        assets.declare_odometer_rate(me.wallet, asset, odometer_rate)
    document = {"asset": asset, "maker": me.wallet.address, "owner": title_owner, "transaction": done.transaction}
    me.facts(document)


@app.command("bind-meter")
@acts
def bind_meter(
    me: Act,
    asset: AssetNumber,
    meter: Annotated[str, typer.Option("--meter-key", help="The machine's own key.", metavar="KEY")],
    curve: Curve = MeterCurve.SECP256K1,
    permit_signer: Annotated[
        str | None, typer.Option("--permit-signer", help="Whom the provider lets sign permits.", metavar="ACCOUNT")
    ] = None,
    rotation_key: Annotated[
        str | None,
        typer.Option("--rotation-key", help="The provider's cold key that appoints the signer.", metavar="KEY"),
    ] = None,
) -> None:
    """Bind the machine's first meter and, with --permit-signer and --rotation-key, say who may sign its permits."""
    if (permit_signer is None) != (rotation_key is None):
        raise typer.BadParameter("--permit-signer and --rotation-key belong together")
    machine, number = meter_key(me.account(meter), curve), AssetId(asset)
    done = assets.bind_meter(me.wallet, number, machine)
    document = {"asset": asset, "meter": machine.address, "curve": curve.value, "transaction": done.transaction}
    if permit_signer is not None and rotation_key is not None:
        cold = me.account(rotation_key)
        signer = me.address(permit_signer)
        assets.set_rotation_key(me.wallet, number, Address(cold.address))
        assets.appoint_permit_signer(me.wallet, number, SigningKey(bytes(cold.key)), signer)
        document |= {"rotationKey": cold.address, "permitSigner": signer}
    me.facts(document)


@app.command("take-back")
@acts
def take_back(
    me: Act,
    asset: AssetNumber,
    years: Annotated[int, typer.Option("--years", help="For how long the promise stands.", min=1, max=100)] = 10,
    waive: Annotated[bool, typer.Option("--waive", help="As title owner: free the maker of its promise.")] = False,
) -> None:
    """Promise, as the maker, to take the machine back."""
    if waive:
        freed = circular.waive_take_back(me.wallet, AssetId(asset))
        me.facts({"asset": asset, "by": me.wallet.address, "until": None, "transaction": freed.transaction})
        return
    until = UnixTime(me.now + years * circular.YEAR)
    done = circular.promise_take_back(me.wallet, AssetId(asset), until)
    document = {"asset": asset, "by": me.wallet.address, "until": until, "transaction": done.transaction}
    rows = document | {"until": output.moment(until)}
    me.facts(document, rows)


@app.command()
@acts
def state(
    me: Act,
    asset: AssetNumber,
    to: Annotated[str, typer.Argument(help=", ".join(STATES))],
    document: MaybePaper = None,
) -> None:
    """Say, as title owner, what state the machine is in. `cise next-use retire` ends its life."""
    if to not in STATES:
        raise typer.BadParameter(f"{to!r} is none of {', '.join(STATES)}")
    evidence = paper(document, "").hash
    done = assets.set_lifecycle(me.wallet, AssetId(asset), to, evidence)
    me.facts({"asset": asset, "lifecycle": to, "transaction": done.transaction})


@app.command()
@acts
def offer(
    me: Act,
    asset: AssetNumber,
    tariff: Annotated[int, typer.Option("--tariff", help="The tariff's number.", min=1)],
    shared: Annotated[bool, typer.Option("--shared", help="Several customers side by side.")] = False,
    days: Annotated[int, typer.Option("--days", help="How long the offer stands.", min=1)] = 365,
) -> None:
    """Offer a machine under a tariff."""
    until = UnixTime(me.now + days * DAY)
    done = assets.offer(me.wallet, AssetId(asset), TariffId(tariff), not shared, until)
    document = {
        "asset": asset,
        "tariff": tariff,
        "exclusive": not shared,
        "until": until,
        "transaction": done.transaction,
    }
    rows = document | {"until": output.moment(until)}
    me.facts(document, rows)


@app.command("list")
@looks
def list_assets(
    me: Look,
) -> None:
    """List machines and what is offered now."""
    with output.waiting("asking the chain", me.as_json):
        found = [
            (asset, assets.offers(me.client, me.platform, asset.id))
            for asset in assets.asset_views(me.client, me.platform)
        ]
    document = [
        {
            "asset": asset.id,
            "model": asset.model,
            "maker": asset.maker,
            "provider": asset.provider,
            "lifecycle": asset.lifecycle,
            "meter": asset.meter,
            "split": asset.split,
            "offers": [{"tariff": one.tariff, "exclusive": one.exclusive, "until": one.until} for one in offered],
        }
        for asset, offered in found
    ]
    headings = ("asset", "model", "provider", "state", "split", "offered under")
    rows = [
        (asset.id, asset.model, asset.provider, asset.lifecycle, asset.split, _offers_text(offered))
        for asset, offered in found
    ]

    def render(out: Console) -> None:
        out.print(output.table(headings, rows) if rows else "no machines yet: `cise asset register`")

    me.show(document, render)


def _offers_text(offered: list[assets.OfferView]) -> str:
    kinds = (f"tariff {one.tariff} {'exclusive' if one.exclusive else 'shared'}" for one in offered)
    return ", ".join(kinds) or "–"
