"""Cash by tranche over time, one panel below the other for each ending: plain SVG, legible down to a phone's width.

Filled steps are what each tranche has received so far, the dashed line is what the plan expected by then, the strip
below says how the round stood, by rule.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from oracle.demo.laundry.cash import Cash
from oracle.demo.laundry.settling import Account
from oracle.demo.laundry.terms import EUR, MACHINE_PRICE, MONTH, TRANCHES
from oracle.domain.rounds import PlanPoint, RoundState, expected_by
from oracle.types import UnixTime

_WIDTH, _LEFT, _RIGHT = 480, 46, 20
_TITLE, _LEGEND_LINE, _AREA, _STRIP = 34, 18, 190, 22
_BELOW = 56
_MONTHS, _TICK_MONTHS = 26, 6
_TOP, _TICK = 1_400 * EUR, 400 * EUR
_COLOURS = ("#2f6f9f", "#c2662d", "#4d8b57")
_STATES = {
    RoundState.ON_PLAN: ("#d7ead9", "on plan"),
    RoundState.LATE: ("#f6e3a1", "late"),
    RoundState.IMPAIRED: ("#f3c08c", "impaired"),
    RoundState.DEFAULTED: ("#e59a94", "default"),
}
_DASHED = 'stroke="#222" stroke-width="1.5" stroke-dasharray="4 3" fill="none"'
_HALO = 'paint-order="stroke" stroke="#fff" stroke-width="4"'
_LETTER = 5.8
"""Width of a letter in the strip, on the safe side."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a panel's area lies."""

    top: float

    def across(self, seconds: float) -> float:
        return _LEFT + min(seconds / MONTH, _MONTHS) * (_WIDTH - _LEFT - _RIGHT) / _MONTHS

    def down(self, units: float) -> float:
        return self.top + _AREA - units * _AREA / _TOP


def cash_svg(title: str, accounts: Sequence[Account], plan: Sequence[PlanPoint]) -> str:
    """The drawing as an SVG document."""
    head = 40
    panel = _TITLE + _LEGEND_LINE * (len(TRANCHES) + 1) + _AREA + _BELOW
    height = head + panel * len(accounts)
    parts: list[str] = []
    for number, account in enumerate(accounts):
        parts += _panel(account, plan, head + number * panel)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
            f'font-family="system-ui, sans-serif" font-size="13" fill="#222">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
            f'<text x="16" y="28" font-size="17" font-weight="600">{escape(title)}</text>',
            *parts,
            "</svg>",
            "",
        ]
    )


def _panel(account: Account, plan: Sequence[PlanPoint], top: float) -> Iterator[str]:
    cash = account.cash
    yield f'<text x="16" y="{top + 22}" font-size="15" font-weight="600">{escape(account.title)}</text>'
    yield from _legend(cash, top + _TITLE)
    frame = _Frame(top + _TITLE + _LEGEND_LINE * (len(TRANCHES) + 1))
    yield from _grid(frame)
    yield from _areas(cash, frame)
    yield _plan(plan, frame)
    yield from _strip(cash, frame)


def _legend(cash: Cash, top: float) -> Iterator[str]:
    for index, (tranche, view) in enumerate(zip(TRANCHES, cash.tranches, strict=True)):
        y = top + 10 + index * _LEGEND_LINE
        words = f"{tranche.name}: {_amount(tranche.size)} in, {_amount(cash.paid_to(index))} out"
        if view.written_down:
            words += f", {_amount(view.written_down)} lost"
        yield f'<rect x="16" y="{y - 10:.0f}" width="11" height="11" fill="{_COLOURS[index]}" fill-opacity="0.75"/>'
        yield f'<text x="33" y="{y:.0f}">{escape(words)}</text>'
    y = top + 10 + len(TRANCHES) * _LEGEND_LINE
    yield f'<path d="M16,{y - 4:.0f} H27" {_DASHED}/><text x="33" y="{y:.0f}">expected by the plan</text>'


def _grid(frame: _Frame) -> Iterator[str]:
    right = _WIDTH - _RIGHT
    for units in range(0, _TOP + 1, _TICK):
        y = frame.down(units)
        yield f'<path d="M{_LEFT},{y:.1f} H{right}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{units // EUR:,}</text>'
    y = frame.down(MACHINE_PRICE)
    yield f'<path d="M{_LEFT},{y:.1f} H{right}" stroke="#888"/>'
    for month in range(0, _MONTHS + 1, _TICK_MONTHS):
        x, words = frame.across(month * MONTH), "start" if month == 0 else f"month {month}"
        y = frame.top + _AREA + _STRIP + 16
        yield f'<path d="M{x:.1f},{frame.top:.1f} V{frame.top + _AREA:.1f}" stroke="#eee"/>'
        yield f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" fill="#555">{words}</text>'
    y = frame.down(MACHINE_PRICE) - 6
    yield f'<text x="{_LEFT + 4}" y="{y:.1f}" fill="#555" {_HALO}>EUR; put in: {MACHINE_PRICE // EUR:,}</text>'


def _areas(cash: Cash, frame: _Frame) -> Iterator[str]:
    """Stacked steps, senior at the bottom."""
    sums = [0] * len(TRANCHES)
    steps = [(cash.started, tuple(sums))]
    for payment in cash.payments:
        sums[payment.tranche] += payment.amount
        steps.append((payment.time, tuple(sums)))
    # What came stays: to the edge, so that the last payment is seen too.
    steps.append((UnixTime(cash.started + _MONTHS * MONTH), tuple(sums)))
    for index, tranche in enumerate(TRANCHES):
        upper = _line([(time, sum(so_far[: index + 1])) for time, so_far in steps], cash, frame)
        lower = _line([(time, sum(so_far[:index])) for time, so_far in steps], cash, frame)
        words = f"{tranche.name}: {_amount(sums[index])}"
        yield (
            f'<path d="M{" L".join(upper + lower[::-1])} Z" fill="{_COLOURS[index]}" fill-opacity="0.75">'
            f"<title>{escape(words)}</title></path>"
        )


def _line(points: Sequence[tuple[int, int]], cash: Cash, frame: _Frame) -> list[str]:
    """A level until it changes."""
    found = []
    height = frame.down(points[0][1])
    for time, units in points:
        x = frame.across(time - cash.started)
        found += [f"{x:.1f},{height:.1f}", f"{x:.1f},{frame.down(units):.1f}"]
        height = frame.down(units)
    return list(dict.fromkeys(found))


def _plan(plan: Sequence[PlanPoint], frame: _Frame) -> str:
    times = [0, *(point.time for point in plan)]
    line = " L".join(f"{frame.across(time):.1f},{frame.down(expected_by(plan, time)):.1f}" for time in times)
    return f'<path d="M{line}" {_DASHED}/>'


def _strip(cash: Cash, frame: _Frame) -> Iterator[str]:
    """How the round stood; what has no room for its word has it in its tip only."""
    y = frame.top + _AREA
    for (since, state), (until, _) in pairwise(cash.changes):
        colour, word = _STATES[state]
        left, right = frame.across(since - cash.started), frame.across(until - cash.started)
        yield (
            f'<rect x="{left:.1f}" y="{y:.1f}" width="{right - left:.1f}" height="{_STRIP - 4}" fill="{colour}">'
            f"<title>{state.words}</title></rect>"
        )
        if right - left > len(word) * _LETTER:
            middle = (left + right) / 2
            yield f'<text x="{middle:.1f}" y="{y + 13:.1f}" font-size="11" text-anchor="middle">{word}</text>'
    ended, state = cash.changes[-1]
    x = frame.across(ended - cash.started) + 3
    yield f'<text x="{x:.1f}" y="{y + 13:.1f}" font-size="11">{escape(_ENDS[state])}</text>'


_ENDS = {RoundState.REPAID: "repaid", RoundState.RECOVERED: "default, then sold"}


def _amount(units: int) -> str:
    return f"{units / EUR:,.2f} EUR"
