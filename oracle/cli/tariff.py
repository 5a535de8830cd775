"""`cise tariff`: price lists."""

from pathlib import Path
from typing import Annotated

import typer

from oracle.cli.options import Act, Look, acts, looks
from oracle.cli.session import CurrencyOption
from oracle.domain.terms import PublishedTariff, parse_published_tariff
from oracle.domain.wire import decode_json
from oracle.errors import Fatal
from oracle.parties import tariffs
from oracle.parties.currencies import currency_at
from oracle.tariffs import published_tariff
from oracle.types import TariffId

app = typer.Typer(no_args_is_help=True, help="Price lists: publish, show.")


@app.command()
@acts
def publish(
    me: Act,
    document: Annotated[str, typer.Argument(help="A tariff file, or the name of one that ships: smart-drill.")],
    currency: CurrencyOption = None,
) -> None:
    """Publish a price list. It never changes; a new price is a new tariff."""
    published = _read(document)
    tariff, done = tariffs.publish(me.wallet, published.tariff(me.currency(currency).address))
    result = {"tariff": tariff, "name": published.name, "transaction": done.transaction}
    me.facts(result)


@app.command()
@looks
def show(
    me: Look,
    tariff: Annotated[int, typer.Argument(help="The tariff's number.", min=1)],
) -> None:
    """Show a price list as it stands on chain."""
    found = tariffs.tariff_of(me.client, me.platform, TariffId(tariff))
    money = currency_at(me.client, found.currency).text
    rows: dict[str, object] = {
        f"price of 1,000,000 units of register {index}": money(price)
        for index, price in enumerate(found.price_per_million)
        if price
    }
    rows |= {
        "standing charge a day": money(found.standing_per_day),
        "hold target": money(found.hold_target),
        "most charge an hour": money(found.max_charge_per_hour),
        "notice": f"{found.notice} s",
        "minimum term": f"{found.minimum_term} s",
        "permit validity": f"{found.permit_validity} s",
        "session cap": f"{found.session_cap} s" if found.session_cap else None,
        "tax included": f"{found.tax_bps / 100:g} %",
        "terms hash": "0x" + found.terms_hash.hex(),
    }
    document = {"tariff": tariff, **found.to_json()}
    me.facts(document, rows)


def _read(document: str) -> PublishedTariff:
    path = Path(document)
    if not path.is_file():
        return published_tariff(document)
    try:
        return parse_published_tariff(decode_json(path.read_bytes()))
    except OSError as error:
        raise Fatal("tariff", f"{path} cannot be read ({type(error).__name__})", "Name a readable file.") from error
