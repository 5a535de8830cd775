"""`cise demo`: stories, each on a chain of its own, which check themselves."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from oracle.cli import demo_community, demo_flights, demo_laundry, demo_pool, demo_service, output
from oracle.cli.demo_runs import Keep, as_documents, folder_for
from oracle.cli.session import Json
from oracle.cli.up import PROGRAM
from oracle.demo import closing
from oracle.demo.drill import DrillStory, StoryOptions, Told
from oracle.demo.prices import Tempo
from oracle.demo.screen import LiveScreen, Plain, Silent
from oracle.demo.stage import Screen, Stage

app = typer.Typer(no_args_is_help=True, help="Stories, each on a chain of its own; exit code 1 where one fails.")
TITLE = "Smart Drill on a prepaid balance"
FAST = 6

Speed = Annotated[
    int, typer.Option("--speed", help="Told so many times faster; prices rise as time shrinks.", min=1, max=FAST)
]
Fast = Annotated[bool, typer.Option("--fast", help="As fast as it goes; transactions are mined at once.")]
Port = Annotated[int, typer.Option("--port", help="Of the live page; 0: a free one.", min=0, max=65_535)]
Stay = Annotated[bool, typer.Option("--stay", help="Leave chain, oracle and page running until Ctrl-C.")]


@app.command()
def drill(
    speed: Speed = 1, fast: Fast = False, port: Port = 0, keep: Keep = None, stay: Stay = False, as_json: Json = False
) -> None:
    """From the first deposit to the last audited cent."""
    told = _drill(speed, fast, port, keep, stay, as_json)
    _finish([_document(told)], as_json)


app.command("flights")(demo_flights.flights)
app.command("service")(demo_service.service)
app.command("laundry")(demo_laundry.laundry)
app.command("pool")(demo_pool.pool)
app.command("community")(demo_community.community)


@app.command("all")
def everything(speed: Speed = 1, fast: Fast = False, port: Port = 0, keep: Keep = None, as_json: Json = False) -> None:
    """Every story there is, one after the other."""
    drill_told = _drill(speed, fast, port, keep, False, as_json)
    flights_told = demo_flights.fly(demo_flights.QUICK, keep, as_json)
    if not as_json:
        demo_flights.show(output.console(), flights_told)
    service_told = demo_service.live(None if keep is None else keep / "service", as_json)
    laundry_told = demo_laundry.live(None if keep is None else keep / "laundry", as_json)
    pool_told = demo_pool.live(None if keep is None else keep / "pool", as_json)
    community_told = demo_community.live(None if keep is None else keep / "community", as_json)
    told = [
        _document(drill_told), demo_flights.document(flights_told), demo_service.document(service_told),
        demo_laundry.document(laundry_told), demo_pool.document(pool_told),
        demo_community.document(community_told),
    ]  # fmt: skip
    _finish(told, as_json)


def _drill(speed: int, fast: bool, port: int, keep: Path | None, stay: bool, as_json: bool) -> Told:
    with folder_for(keep) as folder, ExitStack() as drawing:
        screen = drawing.enter_context(_screen(as_json))
        options = StoryOptions(PROGRAM, folder, Tempo(FAST if fast else speed), fast, port)
        story = DrillStory(options, Stage(TITLE, screen))

        def at_the_end(told: Told) -> None:
            drawing.close()
            if not as_json:
                closing.show(output.console(), told, story.currency)
            if stay:
                _wait_for_interrupt(str(told.figures["page"]))

        return story.play(at_the_end)


def _wait_for_interrupt(page: str) -> None:
    output.error_console().print(f"\nChain, oracle and page stay until Ctrl-C:\n{page}", soft_wrap=True)
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def _finish(documents: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        output.show(True, documents[0] if len(documents) == 1 else documents, lambda _: None)
    if not all(document["holds"] for document in documents):
        raise typer.Exit(output.Exit.NO)


def _document(told: Told) -> dict[str, object]:
    return {
        "story": "drill",
        "holds": told.holds,
        "seconds": round(told.seconds, 1),
        "claims": as_documents(told.claims),
        "figures": dict(told.figures),
        "statement": dict(told.statement),
        "audit": dict(told.audit),
    }


@contextmanager
def _screen(as_json: bool) -> Iterator[Screen]:
    console = output.console()
    if as_json:
        yield Silent()
    elif console.is_terminal:
        with LiveScreen(console) as live:
            yield live
    else:
        yield Plain(console)
