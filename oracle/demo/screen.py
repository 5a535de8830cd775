"""How a story looks: a live screen on a terminal, plain lines elsewhere, nothing where only the result counts."""

from types import TracebackType
from typing import Self

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from oracle.demo.stage import Money, PayeeFigures, Picture

LINES = 7
RATED_RPM = 1_800
LEVEL_COLOURS = ("dim", "green", "yellow", "red")
REFRESH = 8
UNKNOWN = "–"


class Silent:
    """Draws nothing."""

    def draw(self, picture: Picture) -> None:
        """Only the result counts."""

    def tell(self, seconds: float, text: str) -> None:
        """Only the result counts."""


class Plain:
    """The sentences of the story, one a line: for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._scene = ""

    def draw(self, picture: Picture) -> None:
        if picture.scene != self._scene:
            self._scene = picture.scene
            self._console.print(f"\n{picture.scene}", style="bold", markup=False)

    def tell(self, seconds: float, text: str) -> None:
        self._console.print(f"{seconds:5.1f} s  {text}", markup=False)


class LiveScreen:
    """Machine and money side by side, payees and the story below."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, refresh_per_second=REFRESH, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def draw(self, picture: Picture) -> None:
        self._live.update(render(picture))

    def tell(self, seconds: float, text: str) -> None:
        """The sentence is in the picture already."""


def render(picture: Picture) -> RenderableType:
    head = Table.grid(expand=True)
    head.add_column(ratio=1)
    head.add_column(justify="right", style="dim")
    head.add_row(Text(picture.title, style="bold"), Text("fees by rule · no platform fee"))
    middle = Table.grid(expand=True, padding=(0, 1))
    middle.add_column(ratio=1)
    middle.add_column(ratio=1)
    middle.add_row(_machine(picture), _money(picture))
    return Group(
        head, Text(picture.scene, style="bold cyan"), middle, _payees(picture), _story(picture), _page(picture)
    )


def _machine(picture: Picture) -> Panel:
    turn = picture.turn
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim", no_wrap=True, min_width=11)
    rows.add_column(no_wrap=True)
    level = 0 if turn is None else turn.level
    rpm = 0 if turn is None else turn.rpm
    colour = LEVEL_COLOURS[level]
    bars = Text("■■■" * level + "···" * (3 - level), style=colour)
    rows.add_row("load level", Text.assemble((f"{level} ", f"bold {colour}"), bars))
    speed = Columns([Text(f"{rpm:>5,} rpm"), ProgressBar(RATED_RPM * 1.2, rpm, width=14, complete_style=colour)])
    rows.add_row("speed", speed)
    torque = 0 if turn is None else turn.torque_millinewton_metres
    rows.add_row("torque", f"{torque / 1_000:.2f} Nm")
    warm = None if turn is None else turn.temperature_millicelsius
    rows.add_row("temperature", UNKNOWN if warm is None else f"{warm / 1_000:.1f} °C")
    if picture.stop_text is not None:
        state = Text(picture.stop_text, style="bold red")
    else:
        state = Text("running" if level else "stands still", style="bold green" if level else "dim")
    return Panel(Group(rows, Text(), state), title="Drill", title_align="left", height=9)


def _money(picture: Picture) -> Panel:
    money = picture.money
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim", no_wrap=True)
    rows.add_column(justify="right", no_wrap=True)
    rows.add_row("free balance", _amount(picture, money.free))
    rows.add_row("held for this drill", _amount(picture, money.hold))
    rows.add_row("used: seen", _amount(picture, money.seen))
    rows.add_row("used: settled", _amount(picture, money.settled))
    rows.add_row("runs out in", _runs_out(money))
    return Panel(Group(rows, Text(), _left(money)), title="Customer", title_align="left", height=9)


def _left(money: Money) -> RenderableType:
    """How much of all that was paid in is not used yet."""
    if money.free is None or money.hold is None:
        return Text()
    settled = money.settled or 0
    whole = money.free + money.hold + settled
    left = max(whole - max(settled, money.seen or 0), 0)
    bar = ProgressBar(max(whole, 1), left, width=16, complete_style="green", finished_style="green")
    return Columns([bar, Text(f"{100 * left // max(whole, 1)} % left, as seen")])


def _runs_out(money: Money) -> str:
    if money.runs_out_in is None:
        return UNKNOWN
    minutes, seconds = divmod(money.runs_out_in, 60)
    return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"


def _payees(picture: Picture) -> Panel:
    rows = Table.grid(expand=True, padding=(0, 2))
    for _ in picture.payees:
        rows.add_column(ratio=1)
    rows.add_row(*(Text(name, style="dim") for name in picture.payees))
    rows.add_row(*(_amount(picture, payee.balance) for payee in picture.payees.values()))
    rows.add_row(*(_change(picture, payee) for payee in picture.payees.values()))
    return Panel(rows, title="Payees: balance, and below what waits or has come", title_align="left", height=5)


def _change(picture: Picture, payee: PayeeFigures) -> Text:
    if payee.gained:
        return Text(f"+{_amount(picture, payee.gained)}", style="bold green")
    return Text(_amount(picture, payee.waiting), style="dim") if payee.waiting else Text()


def _story(picture: Picture) -> Panel:
    told = picture.told[-LINES:]
    lines = [Text(f"{seconds:5.1f} s  {text}", no_wrap=True, overflow="ellipsis") for seconds, text in told]
    return Panel(Group(*lines), title="Story", title_align="left", height=LINES + 2)


def _page(picture: Picture) -> Text:
    return Text(f"live page, signed in as the customer:\n{picture.place}" if picture.place else "", style="dim")


def _amount(picture: Picture, units: int | None) -> str:
    return UNKNOWN if units is None or picture.currency is None else picture.currency.text(units)
