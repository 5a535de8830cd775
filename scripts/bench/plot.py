"""A small picture as SVG: a few lines over a scale of powers of ten, the vertical axis from zero."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 480, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 40, 52, 52
COLOURS = ("#0b6e4f", "#b3541e", "#3b5ba5")
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Panel:
    """`lines`: name → points (x, y)."""

    title: str
    x_label: str
    y_label: str
    lines: Mapping[str, Points]


def draw(panels: Sequence[Panel]) -> str:
    """The panels side by side."""
    body = "".join(f'<g transform="translate({number * WIDTH},0)">{_panel(p)}</g>' for number, p in enumerate(panels))
    size = f'width="{WIDTH * len(panels)}" height="{HEIGHT}" viewBox="0 0 {WIDTH * len(panels)} {HEIGHT}"'
    style = 'font-family="sans-serif" font-size="12" fill="#222"'
    background = f'<rect width="{WIDTH * len(panels)}" height="{HEIGHT}" fill="#fff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>{background}{body}</svg>\n'


def _panel(panel: Panel) -> str:
    points = [point for line in panel.lines.values() for point in line]
    low, high = math.log10(min(x for x, _ in points)), math.log10(max(x for x, _ in points))
    step, top = _scale(max(y for _, y in points))

    def across(x: float) -> float:
        return LEFT + (math.log10(x) - low) / ((high - low) or 1) * (WIDTH - LEFT - RIGHT)

    def down(y: float) -> float:
        return HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM)

    parts = [_text(LEFT, 18, panel.title, "start", bold=True), _text(LEFT, 38, panel.y_label, "start")]
    for number in range(round(top / step) + 1):
        y = down(number * step)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(_text(LEFT - 8, y + 4, f"{number * step:,.0f}", "end"))
    for power in range(math.ceil(low), math.floor(high) + 1):
        parts.append(_text(across(10**power), HEIGHT - BOTTOM + 18, f"{10**power:,}", "middle"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, panel.x_label, "middle"))
    for number, (name, line) in enumerate(panel.lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = "L".join(f"{across(x):.1f} {down(y):.1f}" for x, y in line)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{across(x):.1f}" cy="{down(y):.1f}" r="3" fill="{colour}"/>' for x, y in line]
        x, y = line[-1]
        parts.append(_text(across(x), down(y) - 9, name, "end", colour))
    return "".join(parts)


def _scale(highest: float) -> tuple[float, float]:
    """Distance of the grid's lines, and the upper end of the axis: four to seven round steps."""
    power = 10 ** math.floor(math.log10(highest))
    step = next(power * part for part in (0.2, 0.25, 0.5, 1, 2) if highest / (power * part) <= 6)
    return step, step * (math.floor(highest / step) + 1)


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#222", bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{weight}>{escaped}</text>'
