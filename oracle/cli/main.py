"""Puts the commands together; every error leaves as one message and an exit code, never as a trace."""

import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup
from web3.exceptions import MismatchedABI

from oracle.cli import (
    account,
    advise,
    agreement,
    asset,
    auction,
    audit,
    booking,
    demo,
    device,
    governance,
    guarantee,
    hand_over,
    keys,
    market,
    next_use,
    oracle,
    output,
    parts,
    passport,
    pool,
    rounds,
    split,
    tariff,
    title,
    up,
)
from oracle.errors import CiseError
from oracle.parties.reverts import too_wide


class _Commands(TyperGroup):
    _as_json = False

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> Any:
        self._as_json = "--json" in (sys.argv[1:] if args is None else args)
        return super().main(args, *rest, **options)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CiseError as error:
            raise typer.Exit(output.report(error, self._as_json)) from None
        except MismatchedABI as error:
            raise typer.Exit(output.report(too_wide(error), self._as_json)) from None


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Machines as a service: prepaid use, signed readings, fees shared by rule. "
    "Exit codes: 0 done, 1 the answer is no, 2 usage, 3 environment.",
)
app.command("up")(up.up)
app.add_typer(demo.app, name="demo")
app.add_typer(oracle.app, name="oracle")
app.add_typer(device.app, name="device")
app.add_typer(keys.app, name="keys")
app.add_typer(account.app, name="account")
app.add_typer(asset.app, name="asset")
app.add_typer(passport.app, name="passport")
app.add_typer(tariff.app, name="tariff")
app.add_typer(split.app, name="split")
app.add_typer(agreement.app, name="agreement")
app.add_typer(market.app, name="market")
app.add_typer(title.app, name="title")
app.add_typer(guarantee.app, name="guarantee")
app.add_typer(rounds.app, name="round")
app.add_typer(auction.app, name="auction")
app.add_typer(hand_over.app, name="hand-over")
app.add_typer(parts.app, name="parts")
app.add_typer(next_use.app, name="next-use")
app.add_typer(booking.app, name="booking")
app.add_typer(pool.app, name="pool")
app.add_typer(governance.app, name="governance")
app.add_typer(advise.app, name="advise")
app.add_typer(audit.app, name="audit")

if __name__ == "__main__":
    app()
