"""What a screen is made of: rows of spans, each exactly as wide as the terminal, with a tone and no colour.

Width is display width in cells (Chinese characters take two), never the number of characters.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from wcwidth import wcswidth, wcwidth

Align: TypeAlias = Literal["left", "right", "centre"]

CUT: Final = "…"
"""Stands where text was cut."""


class Tone(StrEnum):
    """What a span means; a theme gives each a look. A tone never says anything that the text does not say too."""

    PLAIN = "plain"
    DIM = "dim"
    STRONG = "strong"
    BAR = "bar"
    HEADING = "heading"
    KEY = "key"
    ACCENT = "accent"
    DANGER = "danger"
    WARN = "warn"
    GOOD = "good"
    FIELD = "field"
    BAND = "band"
    CURSOR = "cursor"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Target:
    """What a click does: an action of ``keys`` with its argument."""

    action: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in one tone."""

    text: str
    tone: Tone = Tone.PLAIN
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the screen. ``base`` lies under every span: a bar, or the row the cursor is on."""

    spans: tuple[Span, ...]
    base: Tone = Tone.PLAIN
    target: Target | None = None

    @property
    def text(self) -> str:
        """The line as plain text."""
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class Page:
    """A whole screen. ``caret`` is where typed text appears (column, row).

    ``seen`` are the lines whose limits stand on this page in full, ``scroll_most`` how far its text can be scrolled:
    the session is told both once the page was painted.
    """

    rows: tuple[Row, ...]
    caret: tuple[int, int] | None = None
    seen: frozenset[object] = frozenset()
    scroll_most: int = 0

    @property
    def text(self) -> str:
        """The page as plain text, one line a row."""
        return "\n".join(row.text for row in self.rows)


@dataclass(frozen=True, slots=True)
class Body:
    """The part of a page between header and footer."""

    rows: tuple[Row, ...]
    caret: tuple[int, int] | None = None
    seen: frozenset[object] = field(default_factory=frozenset[object])
    scroll_most: int = 0


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """``text`` without anything a terminal would act on: control characters become ``?``, line ends become spaces."""
    text = unicodedata.normalize("NFC", text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(_safe(c) for c in text)


def _safe(character: str) -> str:
    if character in "\n\r\t":
        return " "
    kind = unicodedata.category(character)
    return "?" if kind in ("Cc", "Cf", "Cs", "Co", "Cn") or wcwidth(character) < 0 else character


def cells(text: str) -> int:
    """Display width of clean text."""
    return len(text) if text.isascii() else _wide(text)


@lru_cache(maxsize=4096)
def _wide(text: str) -> int:
    return wcswidth(text)


def cut(text: str, width: int) -> str:
    """``text`` in at most ``width`` cells, with a mark where something was left off."""
    if cells(text) <= width:
        return text
    if width <= 0:
        return ""
    kept, used = "", 0
    for character in text:
        wide = max(0, wcwidth(character))
        if used + wide > width - 1:
            break
        kept += character
        used += wide
    return kept + CUT


def fit(text: str, width: int, align: Align = "left") -> str:
    """``text`` cleaned, cut or filled to exactly ``width`` cells."""
    text = cut(clean(text), width)
    space = max(0, width - cells(text))
    match align:
        case "left":
            return text + " " * space
        case "right":
            return " " * space + text
        case "centre":
            return " " * (space // 2) + text + " " * (space - space // 2)


def cell(text: str, width: int, tone: Tone = Tone.PLAIN, *, align: Align = "left") -> Span:
    """A span of exactly ``width`` cells."""
    return Span(fit(text, width, align), tone)


def line(*parts: Span | str, base: Tone = Tone.PLAIN, target: Target | None = None) -> Row:
    """A row of parts, plain where only text is given."""
    spans = tuple(Span(clean(part)) if isinstance(part, str) else part for part in parts)
    return Row(spans, base, target)


def filled(row: Row, width: int) -> Row:
    """``row`` cut or filled to exactly ``width`` cells."""
    if sum(cells(span.text) for span in row.spans) == width:
        return row
    spans: list[Span] = []
    left = width
    for span in row.spans:
        wide = cells(span.text)
        if wide > left:
            spans.append(replace(span, text=fit(span.text, left)))
            left = 0
            break
        spans.append(span)
        left -= wide
    if left:
        spans.append(Span(" " * left))
    return replace(row, spans=tuple(spans))


def block(rows: Iterable[Row], width: int, height: int) -> tuple[Row, ...]:
    """Exactly ``height`` rows of exactly ``width`` cells."""
    kept = [filled(row, width) for row in rows][:height]
    blank = Row((Span(" " * width),))
    return (*kept, *(blank for _ in range(height - len(kept))))


def beside(left: Sequence[Row], right: Sequence[Row], *, left_width: int, gap: int = 2) -> list[Row]:
    """Two blocks side by side."""
    rows: list[Row] = []
    for i in range(max(len(left), len(right))):
        first = filled(left[i], left_width) if i < len(left) else Row((Span(" " * left_width),))
        second = right[i].spans if i < len(right) else ()
        rows.append(replace(first, spans=(*first.spans, Span(" " * gap), *second)))
    return rows
