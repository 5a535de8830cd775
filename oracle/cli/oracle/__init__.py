"""`cise oracle`: the door and the relay of one operator."""

import typer

from oracle.cli.oracle import quarantine
from oracle.cli.oracle.backup import backup
from oracle.cli.oracle.check import check
from oracle.cli.oracle.replay import replay
from oracle.cli.oracle.run import run
from oracle.cli.oracle.status import status

app = typer.Typer(no_args_is_help=True, help="The oracle: run, status, check, backup, replay, quarantine.")
for command in (run, status, check, backup, replay):
    app.command()(command)
app.add_typer(quarantine.app, name="quarantine")
