"""`cise keys`: keystore files (v3), readable by their owner only."""

from pathlib import Path
from typing import Annotated

import typer

from oracle.cli import output
from oracle.cli.session import DataDir, Json, PasswordFile, ask_password, keys_folder, settings_from
from oracle.parties import keystore

app = typer.Typer(no_args_is_help=True, help="Make, list and import keys.")
Name = Annotated[str, typer.Argument(help="What the key is called.")]


@app.command()
def new(name: Name, password_file: PasswordFile = None, data: DataDir = None, as_json: Json = False) -> None:
    """Make a key."""
    folder = keys_folder(settings_from(data))
    made = keystore.write_key(folder, name, keystore.new_secret(), ask_password(password_file, confirm=True))
    _show([made], as_json)


@app.command("import")
def import_key(
    name: Name,
    secret_file: Annotated[
        Path | None, typer.Option("--secret-file", help="File with 64 hexadecimal digits; otherwise asked.")
    ] = None,
    password_file: PasswordFile = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Put an existing private key into a keystore. It is never taken from the command line, which others can see."""
    text = typer.prompt("Private key", hide_input=True) if secret_file is None else secret_file.read_text()
    secret = keystore.read_secret(text)
    folder = keys_folder(settings_from(data))
    made = keystore.write_key(folder, name, secret, ask_password(password_file, confirm=True))
    _show([made], as_json)


@app.command("list")
def list_keys(data: DataDir = None, as_json: Json = False) -> None:
    """List keys; needs no password."""
    _show(keystore.list_keys(keys_folder(settings_from(data))), as_json)


def _show(keys: list[keystore.KeyFile], as_json: bool) -> None:
    document = [{"name": key.name, "address": key.address, "file": str(key.path)} for key in keys]
    rows = [(key.name, key.address, key.path) for key in keys]
    output.show(as_json, document, lambda out: out.print(output.table(("name", "address", "file"), rows)))
