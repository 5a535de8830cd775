"""`cise round`: machines paid for by many and repaid from their use."""

import typer

from oracle.cli.rounds import funding, holding, looking, running, statement, votes

app = typer.Typer(
    no_args_is_help=True,
    help="Rounds: new, check, open, prepare, cancel, release, leave; invest, start, fail, refund; "
    "show, list, statement; distribute, update, repay, buy-out, skim; claim, transfer, burn; "
    "propose, propose-write-off, vote, decide, buyback, collect-claim, write-off.",
)
for commands in (funding, looking, statement, running, holding, votes):
    for name, command in commands.COMMANDS.items():
        app.command(name)(command)
