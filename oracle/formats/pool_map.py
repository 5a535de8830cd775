"""When few spares are enough for many: a map over how rarely units fail and how long repair takes. Plain SVG."""

import math
from dataclasses import dataclass
from html import escape

from oracle.advice.pools import YEAR, Pool, of_many, rarest

_WIDTH, _HEIGHT = 480, 508
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 464, 88, 436
_LINES = (1, 2, 3)
"""Spares whose reach is drawn."""
_YEARS, _DAYS = (0.5, 50.0), (3.0, 300.0)
_YEAR_MARKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
_DAY_MARKS = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1_000, 3_000)
_COLOURS = ("#0b6e4f", "#3b5ba5", "#b3541e")
_BEYOND = "#8a8a8a"
_HALO = 'paint-order="stroke" stroke="#fff" stroke-width="4" stroke-opacity="0.85"'
_MARGIN = 1.6
"""Around a place that lies outside the usual map."""


@dataclass(frozen=True, slots=True)
class _Map:
    """Both axes are logarithmic."""

    years: tuple[float, float]
    days: tuple[float, float]

    def across(self, years: float) -> float:
        return _LEFT + _part(years, self.years) * (_RIGHT - _LEFT)

    def down(self, days: float) -> float:
        return _BOTTOM - _part(days, self.days) * (_BOTTOM - _TOP)


def pool_map_svg(pool: Pool, fill: float) -> str:
    """For as many members and units as the pool has; its own place is marked.

    The lines are those of failures that come at random and of repair that begins at once (M/G/∞), so only the load
    counts: straight in this map.
    """
    place = len(pool.rates) / sum(pool.rates) / YEAR, pool.turnaround_days
    chart = _Map(_around(_YEARS, place[0]), _around(_DAYS, place[1]))
    simple = Pool(pool.members, (1.0,), pool.turnaround_days, pool.each)
    slopes = [pool.turnaround_days / rarest(simple, spares, fill, of_many) for spares in _LINES]
    title = f"When few spares serve {pool.members}"
    parts = [*_bands(chart, slopes, pool.members), *_axes(chart), *_place(chart, place)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
            f'font-family="system-ui, sans-serif" font-size="14" fill="#222">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
            f'<clipPath id="map"><path d="M{_LEFT} {_TOP}H{_RIGHT}V{_BOTTOM}H{_LEFT}Z"/></clipPath>',
            f'<text x="16" y="28" font-size="17" font-weight="600">{escape(title)}</text>',
            f'<text x="16" y="48">so that {fill:.0%} of breakdowns find one on the shelf</text>',
            '<text x="16" y="72" fill="#666">days until a spare is back</text>',
            *parts,
            _note(_HEIGHT - 32, "years between failures of a unit"),
            _note(_HEIGHT - 12, _assumed(pool)),
            "</svg>",
        ]
    )


def _bands(chart: _Map, slopes: list[float], members: int) -> list[str]:
    """Below each line so many spares are enough; a slope is days for each year."""
    parts = []
    edges = [slopes[0] / _step(slopes), *slopes, slopes[-1] * _step(slopes[1:])]
    names = [_words(spares, members) for spares in _LINES] + [f"more than {_LINES[-1]} spares"]
    for number, (colour, name) in enumerate(zip((*_COLOURS, _BEYOND), names, strict=True)):
        lower = edges[number] if number else 0.0
        upper = edges[number + 1] if number < len(_LINES) else math.inf
        parts.append(_area(chart, lower, upper, colour))
        parts.append(_along(chart, math.sqrt(edges[number] * edges[number + 1]), name, colour))
    for colour, slope in zip(_COLOURS, slopes, strict=True):
        left, right = (_point(chart, years, slope) for years in chart.years)
        parts.append(f'<path d="M{left}L{right}" stroke="{colour}" stroke-width="2" clip-path="url(#map)"/>')
    return parts


def _words(spares: int, members: int) -> str:
    count = f"{spares} spare{'s' if spares > 1 else ''}"
    return f"{count}: saves {1 - spares / members:.0%}" if spares < members else f"{count}: saves nothing"


def _area(chart: _Map, lower: float, upper: float, colour: str) -> str:
    left, right = chart.years
    bottom = [f"{_LEFT} {_BOTTOM + 9_999}", f"{_RIGHT} {_BOTTOM + 9_999}"]
    top = [f"{_RIGHT} {_TOP - 9_999}", f"{_LEFT} {_TOP - 9_999}"]
    if lower:
        bottom = [_point(chart, left, lower), _point(chart, right, lower)]
    if upper < math.inf:
        top = [_point(chart, right, upper), _point(chart, left, upper)]
    return f'<path d="M{"L".join(bottom + top)}Z" fill="{colour}" fill-opacity="0.14" clip-path="url(#map)"/>'


def _along(chart: _Map, slope: float, name: str, colour: str) -> str:
    """Words parallel to the lines, in the middle of what the map shows of them."""
    low = max(chart.years[0], chart.days[0] / slope)
    high = min(chart.years[1], chart.days[1] / slope)
    if low >= high:
        return ""
    years = math.sqrt(low * high)
    x, y = chart.across(years), chart.down(years * slope)
    rise = (_BOTTOM - _TOP) / math.log(chart.days[1] / chart.days[0])
    angle = math.degrees(math.atan2(rise, (_RIGHT - _LEFT) / math.log(chart.years[1] / chart.years[0])))
    return (
        f'<text transform="translate({x:.1f} {y + 5:.1f}) rotate({-angle:.1f})" text-anchor="middle" fill="{colour}" '
        f'font-weight="600" {_HALO}>{escape(name)}</text>'
    )


def _axes(chart: _Map) -> list[str]:
    parts = [f'<path d="M{_LEFT} {_TOP}V{_BOTTOM}H{_RIGHT}" fill="none" stroke="#888"/>']
    for mark in _marks(_DAY_MARKS, chart.days):
        y = chart.down(mark)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_RIGHT}" stroke="#000" stroke-opacity="0.1"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 5:.1f}" text-anchor="end">{mark:,g}</text>')
    for mark in _marks(_YEAR_MARKS, chart.years):
        x = chart.across(mark)
        parts.append(f'<path d="M{x:.1f} {_TOP}V{_BOTTOM}" stroke="#000" stroke-opacity="0.1"/>')
        parts.append(f'<text x="{x:.1f}" y="{_BOTTOM + 20}" text-anchor="middle">{mark:g}</text>')
    return parts


def _place(chart: _Map, place: tuple[float, float]) -> list[str]:
    """The words stand above the map, where they cover no other's."""
    years, days = place
    dot = '<circle cx="{:.1f}" cy="{:.1f}" r="6" fill="#222" stroke="#fff" stroke-width="2"/>'
    words = f"{years:.3g} years, {days:.3g} days"
    return [
        dot.format(chart.across(years), chart.down(days)),
        f'<text x="{_RIGHT}" y="72" text-anchor="end"><tspan font-size="18">●</tspan> {words}</text>',
    ]


def _note(y: int, text: str) -> str:
    return f'<text x="{_RIGHT}" y="{y}" text-anchor="end" fill="#666">{text}</text>'


def _assumed(pool: Pool) -> str:
    units = f", {pool.each} units in use each" if pool.each > 1 else ""
    return f"{pool.members} members{units}; failures at random"


def _around(usual: tuple[float, float], value: float) -> tuple[float, float]:
    return min(usual[0], value / _MARGIN), max(usual[1], value * _MARGIN)


def _marks(marks: tuple[float, ...], between: tuple[float, float]) -> list[float]:
    return [mark for mark in marks if between[0] <= mark <= between[1]]


def _part(value: float, between: tuple[float, float]) -> float:
    return math.log(value / between[0]) / math.log(between[1] / between[0])


def _step(slopes: list[float]) -> float:
    return slopes[1] / slopes[0]


def _point(chart: _Map, years: float, slope: float) -> str:
    return f"{chart.across(years):.1f} {chart.down(years * slope):.1f}"
