"""A plot of lines as SVG, of nothing but text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 40, 150


@dataclass(frozen=True)
class Line:
    """A line: percents from 0 to 100, one for each place of the x axis."""

    label: str
    values: Sequence[float]
    colour: str


def plot(lines: Sequence[Line], places: Sequence[str], *, title: str, across: str, up: str, mark: int) -> str:
    """Draw lines over named places; ``mark`` is the place of the default.

    >>> plot([Line("a", [0, 100], "red")], ["1", "2"], title="t", across="x", up="y", mark=0)[:4]
    '<svg'
    """
    step = (WIDTH - LEFT - RIGHT) / max(1, len(places) - 1)
    floor = HEIGHT - BOTTOM

    def x(place: int) -> str:
        return f"{LEFT + place * step:.1f}"

    def y(percent: float) -> str:
        return f"{floor - percent / 100 * (floor - TOP):.1f}"

    def text(left: float | str, top: float | str, words: str, anchor: str = "middle", **more: str) -> str:
        extra = "".join(f' {name}="{value}"' for name, value in more.items())
        return f'<text x="{left}" y="{top}" text-anchor="{anchor}"{extra}>{escape(words)}</text>'

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        text(WIDTH / 2, 22, title, **{"font-size": "14", "font-weight": "bold"}),
        f'<rect x="{float(x(mark)) - 14:.1f}" y="{TOP}" width="28" height="{floor - TOP}" fill="#eef3f8"/>',
        text(x(mark), TOP - 4, "default", **{"font-size": "10"}),
    ]
    for percent in range(0, 101, 20):
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(percent)}" y2="{y(percent)}" stroke="#dddddd"/>'
        )
        parts.append(text(LEFT - 8, float(y(percent)) + 4, str(percent), "end"))
    parts += [text(x(place), floor + 18, name) for place, name in enumerate(places)]
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, floor + 38, across))
    parts.append(
        f'<text transform="translate(18 {(TOP + floor) / 2:.0f}) rotate(-90)" text-anchor="middle">{escape(up)}</text>'
    )
    for number, line in enumerate(lines):
        points = " ".join(f"{x(place)},{y(value)}" for place, value in enumerate(line.values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{line.colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{x(place)}" cy="{y(value)}" r="3" fill="{line.colour}"/>'
            for place, value in enumerate(line.values)
        ]
        left, top = LEFT + number % 2 * 340, floor + 62 + number // 2 * 22
        parts.append(f'<rect x="{left}" y="{top - 6}" width="18" height="4" fill="{line.colour}"/>')
        parts.append(text(left + 26, top, line.label, "start"))
    return "\n".join([*parts, "</svg>"]) + "\n"
