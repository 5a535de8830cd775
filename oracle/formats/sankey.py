"""Flows of money or mass as a Sankey drawing: ribbons as wide as what flows, from left to right. Plain SVG."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from oracle.errors import Rejected

_WIDTH, _BAR, _EDGE, _TOP = 480, 12, 16, 84
_GAP = 48
"""Between two bars: room for the lower one's two lines of text."""
_LINE = 16
_TALLEST = 300
_LEAST_HEIGHT = 1.5
_HALO = 'paint-order="stroke" stroke="#fff" stroke-width="3" stroke-opacity="0.8"'
"""So that names stay legible over ribbons."""
_COLOURS = ("#2f6f9f", "#c2662d", "#4d8b57", "#8a5a9e", "#a8862c", "#5d6d7e", "#b04a5a")


@dataclass(frozen=True, slots=True)
class Flow:
    """So much from one place to another."""

    source: str
    target: str
    amount: int


@dataclass(slots=True)
class _Place:
    name: str
    column: int
    amount: int
    top: float = 0
    sent: float = 0
    """Height of ribbons already drawn from it, and below of those to it."""
    received: float = 0


def sankey_svg(title: str, flows: Sequence[Flow], shown: Callable[[int], str]) -> str:
    """The drawing as an SVG document, readable down to a phone's width.

    Args:
        flows: amounts above zero; what flows may not flow in a circle.
        shown: an amount in words, with its unit.

    Raises Rejected where there is nothing to draw or a circle.
    """
    if not flows or any(flow.amount <= 0 for flow in flows):
        raise Rejected("nothing_flows", "drawing", "needs flows above zero", str(len(flows)))
    places = _places(flows)
    columns: list[list[_Place]] = [[] for _ in range(1 + max(place.column for place in places.values()))]
    for place in places.values():
        columns[place.column].append(place)
    scale = _TALLEST / max(sum(place.amount for place in column) for column in columns)
    height = _arrange(columns, flows, places, scale)
    step = (_WIDTH - 2 * _EDGE - _BAR) / max(len(columns) - 1, 1)

    def left(place: _Place) -> float:
        return _EDGE + place.column * step

    colours = {name: _COLOURS[number % len(_COLOURS)] for number, name in enumerate(places)}
    parts = [_ribbon(flow, places, left, scale, colours[flow.source], shown) for flow in flows]
    parts += [_bar(place, left(place), len(columns), scale, colours[place.name], shown) for place in places.values()]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" role="img" '
            f'font-family="system-ui, sans-serif" font-size="14" fill="#222">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{_WIDTH}" height="{height:.0f}" fill="#fff"/>',
            f'<text x="{_EDGE}" y="28" font-size="17" font-weight="600">{escape(title)}</text>',
            *parts,
            "</svg>",
        ]
    )


def _places(flows: Sequence[Flow]) -> dict[str, _Place]:
    """In order of appearance; a place stands one column right of the last that flows into it, a last one rightmost."""
    names = list(dict.fromkeys(name for flow in flows for name in (flow.source, flow.target)))
    columns = dict.fromkeys(names, 0)
    for _ in names:
        moved = False
        for flow in flows:
            if columns[flow.target] <= columns[flow.source]:
                columns[flow.target] = columns[flow.source] + 1
                moved = True
        if not moved:
            break
    else:
        raise Rejected("flows_in_a_circle", "drawing", "what flows must not come back", ", ".join(names))
    sent, received = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for flow in flows:
        sent[flow.source] += flow.amount
        received[flow.target] += flow.amount
    rightmost = max(columns.values())
    return {
        name: _Place(name, columns[name] if sent[name] else rightmost, max(sent[name], received[name]))
        for name in names
    }


def _arrange(columns: Sequence[list[_Place]], flows: Sequence[Flow], places: dict[str, _Place], scale: float) -> float:
    """Each column in the order in which its ribbons leave the columns before, and not above them, so that few cross.

    Returns the height.
    """
    lowest = 0.0
    for number, column in enumerate(columns):
        column.sort(key=lambda place: _left_from(place, flows, places, scale))
        # Each column begins lower than the one before it, for many a name is wider than a column.
        top = float(_TOP + number * (2 * _LINE + 4))
        for place in column:
            place.top = max(top, _left_from(place, flows, places, scale))
            top = place.top + max(place.amount * scale, _LEAST_HEIGHT) + _GAP
        lowest = max(lowest, top)
    return lowest - _GAP + _EDGE


def _left_from(place: _Place, flows: Sequence[Flow], places: dict[str, _Place], scale: float) -> float:
    """Where the first ribbon to this place leaves its source."""
    for flow in flows:
        if flow.target == place.name:
            source = places[flow.source]
            before = sum(other.amount for other in flows[: flows.index(flow)] if other.source == flow.source)
            return source.top + before * scale
    return 0.0


def _ribbon(
    flow: Flow,
    places: dict[str, _Place],
    left: Callable[[_Place], float],
    scale: float,
    colour: str,
    shown: Callable[[int], str],
) -> str:
    source, target = places[flow.source], places[flow.target]
    height = max(flow.amount * scale, _LEAST_HEIGHT)
    from_x, to_x = left(source) + _BAR, left(target)
    from_y, to_y = source.top + source.sent, target.top + target.received
    source.sent += height
    target.received += height
    middle = (from_x + to_x) / 2
    # An outline, not a thick line: that would bulge out of a steep bend.
    return (
        f'<path d="M{from_x:.1f},{from_y:.1f} C{middle:.1f},{from_y:.1f} {middle:.1f},{to_y:.1f} {to_x:.1f},{to_y:.1f} '
        f"V{to_y + height:.1f} C{middle:.1f},{to_y + height:.1f} {middle:.1f},{from_y + height:.1f} "
        f'{from_x:.1f},{from_y + height:.1f} Z" fill="{colour}" fill-opacity="0.42">'
        f"<title>{escape(flow.source)} → {escape(flow.target)}: {escape(shown(flow.amount))}</title></path>"
    )


def _bar(place: _Place, left: float, columns: int, scale: float, colour: str, shown: Callable[[int], str]) -> str:
    """Name and amount stand above the bar; in the last column they end at it, so that they stay within the picture."""
    last = place.column == columns - 1 and columns > 1
    anchor, x = ("end", left + _BAR) if last else ("start", left)
    height = max(place.amount * scale, _LEAST_HEIGHT)
    return (
        f'<rect x="{left:.1f}" y="{place.top:.1f}" width="{_BAR}" height="{height:.1f}" fill="{colour}"/>'
        f'<text y="{place.top - 6 - _LINE:.1f}" text-anchor="{anchor}" {_HALO}>'
        f'<tspan x="{x:.1f}">{escape(place.name)}</tspan>'
        f'<tspan x="{x:.1f}" dy="{_LINE}" fill="#666">{escape(shown(place.amount))}</tspan></text>'
    )
