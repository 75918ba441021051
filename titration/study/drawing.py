"""SVG by hand: text stays text, so that a journal can edit it and Chinese needs no font inside the file.

Sizes are in points of 1/72 inch: a double column of 174 mm is 493 points wide, letters are 7 to 8 points.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 493.0
"""174 mm, a double column."""
FONT: Final = (
    "Arial, Helvetica, 'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', SimHei, sans-serif"
)
BLUE, ORANGE, GREEN, GREY, LIGHT, INK = "#0072B2", "#D55E00", "#009E73", "#767676", "#E4E4E4", "#1A1A1A"
"""Colours that stay apart for colour-blind readers and in grey; every series differs in shape too."""


def svg(height: float, title: str, parts: Iterable[str]) -> str:
    """A figure that stands alone: its size in points, a title for those who cannot see it."""
    size = f'width="{n(WIDTH)}pt" height="{n(height)}pt" viewBox="0 0 {n(WIDTH)} {n(height)}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size} font-family="{FONT}" font-size="7">'
    return "\n".join([head, f"<title>{escape(title)}</title>", *parts, "</svg>\n"])


def n(number: float) -> str:
    """A coordinate, to a tenth of a point."""
    return f"{number:.1f}".removesuffix(".0")


def text(
    x: float,
    y: float,
    words: str,
    *,
    anchor: str = "start",
    size: float = 7,
    colour: str = INK,
    bold: bool = False,
) -> str:
    """A line of text; ``anchor`` is start, middle or end."""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{n(x)}" y="{n(y)}" text-anchor="{anchor}" font-size="{n(size)}" fill="{colour}"{weight}>'
        f"{escape(words)}</text>"
    )


def line(points: Sequence[tuple[float, float]], *, colour: str = INK, width: float = 1, dash: str = "") -> str:
    """A line through points."""
    if len(points) < 2:
        return ""
    path = "L".join(f"{n(x)} {n(y)}" for x, y in points)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="{n(width)}"{dashes}/>'


def box(x: float, y: float, width: float, height: float, *, colour: str, opacity: float = 1) -> str:
    """A filled rectangle."""
    return (
        f'<rect x="{n(x)}" y="{n(y)}" width="{n(max(width, 0))}" height="{n(max(height, 0))}" fill="{colour}" '
        f'fill-opacity="{opacity:g}"/>'
    )


def mark(shape: str, x: float, y: float, *, colour: str, size: float = 1.8, hover: str = "") -> str:
    """A point: "dot", "ring", "triangle" or "square"."""
    told = f"<title>{escape(hover)}</title>" if hover else ""
    s = size
    match shape:
        case "dot":
            return f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(s)}" fill="{colour}">{told}</circle>'
        case "ring":
            return f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(s)}" fill="#fff" stroke="{colour}">{told}</circle>'
        case "triangle":
            path = f"M{n(x)} {n(y - 1.2 * s)}L{n(x + 1.1 * s)} {n(y + 0.9 * s)}H{n(x - 1.1 * s)}Z"
            return f'<path d="{path}" fill="{colour}">{told}</path>'
        case _:
            place = f'x="{n(x - s)}" y="{n(y - s)}" width="{n(2 * s)}" height="{n(2 * s)}"'
            return f'<rect {place} fill="{colour}">{told}</rect>'


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale of values onto the page, upwards from ``bottom`` to ``top``."""

    low: float
    high: float
    top: float
    bottom: float

    def y(self, value: float) -> float:
        """Where a value lies; beyond the scale at its edge."""
        kept = min(max(value, self.low), self.high)
        return self.bottom - (kept - self.low) / (self.high - self.low) * (self.bottom - self.top)


def rounded_scale(values: Sequence[float], *, zero: bool = True) -> tuple[float, float, float]:
    """(low, high, step) of a scale with three to six ticks around the values."""
    top, floor = max([*values, 1e-9]), 0.0 if zero else min(values)
    span = max(top - floor, abs(top) * 0.05, 1e-9)
    step = _step(span / 4)
    low = 0.0 if zero else step * math.floor(floor / step - 1e-9)
    high = low + step
    while high < top:
        high += step
    return low, high, step


def _step(rough: float) -> float:
    power = 1.0
    while power * 10 <= rough:
        power *= 10
    while power > rough:
        power /= 10
    return next((power * m for m in (1, 2, 2.5, 5, 10) if power * m >= rough), power * 10)


def ticks(axis: Axis, step: float, *, left: float, right: float) -> Iterator[str]:
    """Tick marks and numbers at the left of a panel, and its frame."""
    yield line([(left, axis.top), (left, axis.bottom), (right, axis.bottom)], width=0.7)
    value = axis.low
    while value <= axis.high + step / 1000:
        y = axis.y(value)
        yield line([(left - 2.5, y), (left, y)], width=0.7)
        yield text(left - 4, y + 2.4, f"{round(value, 6):g}", anchor="end")
        value += step
