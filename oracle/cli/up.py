"""`cise up`: chain, contracts, oracle and page on this machine."""

import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from oracle.chain.node import HOST
from oracle.cli import output
from oracle.cli.session import DataDir, Json, settings_from
from oracle.demo.stack import PERMIT_SIGNER, RELAYER, LocalStack, StackOptions
from oracle.parties.keystore import local_account

PROGRAM = (sys.executable, "-m", "oracle.cli.main")
CHAIN_PORT = 8545
LOOK_SECONDS = 0.5


def up(
    port: Annotated[int, typer.Option("--port", help="Of oracle and page; 0: a free one.", min=0, max=65_535)] = 8741,
    chain_port: Annotated[int, typer.Option("--chain-port", help="0: a free one.", min=0, max=65_535)] = CHAIN_PORT,
    host: Annotated[str, typer.Option("--host", help="Where oracle and page listen.")] = HOST,
    block_time: Annotated[float, typer.Option("--block-time", help="Seconds between blocks.", min=0.2)] = 1.0,
    state: Annotated[
        Path | None, typer.Option("--state", help="The chain's state; default: chain-state.json in the data directory.")
    ] = None,
    config: Annotated[
        str, typer.Option("--config", help="Of a first start: local; consortium, where members decide; or a file.")
    ] = "local",
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Start chain, contracts, oracle and page; everything is found again at the next start."""
    folder = settings_from(data).data_dir
    options = StackOptions(
        folder=folder,
        command=PROGRAM,
        chain_port=chain_port,
        door_port=port,
        host=host,
        block_time=block_time,
        state_file=state or folder / "chain-state.json",
        configuration=config,
    )
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    stack = LocalStack(options)
    try:
        with output.waiting("starting chain, contracts and oracle", as_json):
            stack.start()
            stack.await_door()
        document = _describe(stack)
        output.show(as_json, document, lambda out: _render(out, stack))
        sys.stdout.flush()
        while not stopped.wait(LOOK_SECONDS):
            stack.require_running()
    finally:
        stack.stop()
    if not as_json:
        output.console().print("stopped; the next `cise up` goes on from here")


def _describe(stack: LocalStack) -> dict[str, object]:
    return {
        "rpcUrl": stack.node.url,
        "chainId": stack.deployment.chain_id,
        "url": stack.door_url,
        "foundState": stack.found_state,
        "directory": stack.deployment.directory,
        "contracts": dict(stack.deployment.addresses),
        "relayer": local_account(RELAYER).address,
        "permitSigner": local_account(PERMIT_SIGNER).address,
    }


def _render(out: Console, stack: LocalStack) -> None:
    found = "found again from the last run" if stack.found_state else "new"
    out.print(f"[bold green]Running[/] · state {found} · Ctrl-C stops everything\n")
    out.print(
        output.facts(
            {
                "page": stack.door_url + "/",
                "oracle": stack.door_url + "/docs",
                "chain": f"{stack.node.url} (id {stack.deployment.chain_id})",
                "relayer": f"account:{RELAYER}",
                "permit signer": f"account:{PERMIT_SIGNER}",
            }
        )
    )
    out.print()
    out.print(output.table(("contract", "address"), list(stack.deployment.addresses.items())))
    out.print(
        "\nIn another terminal, in this folder: `cise asset register …`, `cise account deposit … --mint`", style="dim"
    )
