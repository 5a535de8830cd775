"""What many commands ask for, in one place: on which chain, who acts, how the answer looks, and the usual arguments.

`@looks` and `@acts` put the shared options behind a command's own and give it one object in their stead.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any

import typer
from eth_account.signers.local import LocalAccount
from rich.console import Console

from oracle.chain.client import ChainClient
from oracle.chain.contracts import Platform
from oracle.cli import output
from oracle.cli.session import DataDir, DirectoryAddress, Json, Key, PasswordFile, Rpc, Session, connect
from oracle.parties.currencies import Currency
from oracle.parties.wallet import Wallet
from oracle.types import Address, UnixTime

HOUR = 3_600
DAY = 86_400
BPS = 100
"""In one per cent."""

AssetNumber = Annotated[int, typer.Argument(help="The asset's number.", min=1)]
Paper = Annotated[Path, typer.Option("--document", help="The paper; only its hash goes on chain.", metavar="FILE")]
MaybePaper = Annotated[
    Path | None, typer.Option("--document", help="The paper; only its hash goes on chain.", metavar="FILE")
]
Uri = Annotated[str, typer.Option("--uri", help="Where the paper is to be found; public.")]
Off = Annotated[bool, typer.Option("--off", help="No more.")]
Command = Callable[..., None]


class Look:
    """What a command that only reads is given. The node is asked when it is first needed."""

    def __init__(self, rpc: str | None, directory: str | None, data: Path | None, as_json: bool) -> None:
        self._place = (rpc, directory, data)
        self.as_json = as_json

    @cached_property
    def session(self) -> Session:
        return connect(*self._place)

    @property
    def client(self) -> ChainClient:
        return self.session.client

    @property
    def platform(self) -> Platform:
        return self.session.platform

    @property
    def now(self) -> UnixTime:
        """Chain time."""
        return self.client.block(self.client.head()).time

    def address(self, text: str) -> Address:
        """An address, account:N, or the name of a key."""
        return self.session.address(text)

    def currency(self, wanted: str | None) -> Currency:
        return self.session.currency(wanted)

    def show(self, document: object, render: Callable[[Console], None]) -> None:
        output.show(self.as_json, document, render)

    def facts(self, document: Mapping[str, object], rows: Mapping[str, object] | None = None) -> None:
        """The document for programs; for people `rows`, or the document as it is."""
        self.show(document, lambda out: out.print(output.facts(document if rows is None else rows)))


class Act(Look):
    """What a command is given that somebody's key signs."""

    def __init__(self, key: str, password_file: Path | None, **place: Any) -> None:
        super().__init__(**place)
        self._key, self._password_file = key, password_file

    @cached_property
    def wallet(self) -> Wallet:
        return self.session.wallet(self._key, self._password_file)

    def account(self, key: str) -> LocalAccount:
        """Another key, under the same password file."""
        return self.session.account(key, self._password_file)


_LOOK = {"rpc": (Rpc, None), "directory": (DirectoryAddress, None), "data": (DataDir, None), "as_json": (Json, False)}
_ACT = {"key": (Key, Parameter.empty), "password_file": (PasswordFile, None), **_LOOK}


def looks(command: Command) -> Command:
    """A command that reads: its first parameter is a Look, the others are its own."""
    return _sharing(command, _LOOK, Look)


def acts(command: Command) -> Command:
    """A command that sends: its first parameter is an Act, the others are its own."""
    return _sharing(command, _ACT, Act)


def _sharing(command: Command, shared: Mapping[str, tuple[Any, Any]], made: Callable[..., Look]) -> Command:
    _, *own = inspect.signature(command, eval_str=True).parameters.values()

    def run(**given: Any) -> None:
        common = {name: given.pop(name) for name in shared}
        command(made(**common), **given)

    parameters = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in own] + [
        Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in shared.items()
    ]
    run.__name__, run.__doc__, run.__module__ = command.__name__, command.__doc__, command.__module__
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run
