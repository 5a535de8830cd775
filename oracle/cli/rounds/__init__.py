"""`cise round`: machines paid for by many and repaid from their use."""

import typer

from oracle.cli.rounds import funding, holding, looking, running, votes

app = typer.Typer(
    no_args_is_help=True,
    help="Rounds: new, check, open, prepare, cancel, release, leave; invest, start, fail, refund; show, list; "
    "distribute, update, repay, buy-out, skim; claim, transfer, burn; propose, vote, decide, buyback, write-off.",
)
for commands in (funding, looking, running, holding, votes):
    for name, command in commands.COMMANDS.items():
        app.command(name)(command)
