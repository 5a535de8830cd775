"""`cise tariff`: price lists."""

from pathlib import Path
from typing import Annotated

import typer

from oracle.cli import output
from oracle.cli.session import (
    CurrencyOption,
    DataDir,
    DirectoryAddress,
    Json,
    Key,
    PasswordFile,
    Rpc,
    connect,
)
from oracle.domain.terms import PublishedTariff, parse_published_tariff
from oracle.domain.wire import decode_json
from oracle.errors import Fatal
from oracle.parties import tariffs
from oracle.parties.currencies import currency_at
from oracle.tariffs import published_tariff
from oracle.types import TariffId

app = typer.Typer(no_args_is_help=True, help="Price lists: publish, show.")


@app.command()
def publish(
    document: Annotated[str, typer.Argument(help="A tariff file, or the name of one that ships: smart-drill.")],
    key: Key,
    currency: CurrencyOption = None,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Publish a price list. It never changes; a new price is a new tariff."""
    published = _read(document)
    session = connect(rpc, directory, data)
    wallet = session.wallet(key, password_file)
    tariff, done = tariffs.publish(wallet, published.tariff(session.currency(currency).address))
    result = {"tariff": tariff, "name": published.name, "transaction": done.transaction}
    output.show(as_json, result, lambda out: out.print(output.facts(result)))


@app.command()
def show(
    tariff: Annotated[int, typer.Argument(help="The tariff's number.", min=1)],
    rpc: Rpc = None,
    directory: DirectoryAddress = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show a price list as it stands on chain."""
    session = connect(rpc, directory, data)
    found = tariffs.tariff_of(session.client, session.platform, TariffId(tariff))
    money = currency_at(session.client, found.currency).text
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
    output.show(as_json, document, lambda out: out.print(output.facts(rows)))


def _read(document: str) -> PublishedTariff:
    path = Path(document)
    if not path.is_file():
        return published_tariff(document)
    try:
        return parse_published_tariff(decode_json(path.read_bytes()))
    except OSError as error:
        raise Fatal("tariff", f"{path} cannot be read ({type(error).__name__})", "Name a readable file.") from error
