"""Lines of plain text by display width: Chinese characters take two cells, and nothing tears a number from its unit."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from wcwidth import wcswidth

WIDTH: Final = 100
"""Cells to a line unless told otherwise."""

_ENDS: Final = "，。；：、）)!?！？,.;:%"
_OPENS: Final = "（("
_PIECE: Final = re.compile(
    r"\d[\d.,:-]*(?: (?=\S))?"  # a number keeps to what follows it
    r"|[^\s\u2e80-\u9fff\uff00-\uffef\u3000-\u303f]+ ?"  # a Latin word with its space
    r"|单位(?:/mL)? ?"  # the unit of a dose stays whole behind its number
    r"|[\u2e80-\u9fff\uff00-\uffef\u3000-\u303f] ?"  # one Chinese character
    r"|\s"
)


def cells(text: str) -> int:
    """Display width of ``text``."""
    return wcswidth(text)


def pad(text: str, width: int) -> str:
    """``text`` filled with spaces to ``width`` cells; longer text is left as it is."""
    return text + " " * max(0, width - cells(text))


def _pieces(text: str) -> Iterator[str]:
    """Parts between which a line may break."""
    held = ""
    for match in _PIECE.finditer(text):
        piece = match.group()
        if held and not _keeps(held, piece):
            yield held
            held = ""
        held += piece
    if held:
        yield held


def _keeps(before: str, after: str) -> bool:
    """Whether a line may not break between the two."""
    last = before.rstrip()[-1:]
    numeric = last.isascii() and last.isdigit()
    return (
        numeric or last in _OPENS or after[:1] in _ENDS or (not before.endswith(" ") and _latin(before[-1:], after[:1]))
    )


def _latin(last: str, first: str) -> bool:
    return last.isascii() and first.isascii()


def wrap(text: str, *, width: int = WIDTH, first: str = "") -> list[str]:
    """``text`` as lines of at most ``width`` cells (a longer word stands alone), the first behind ``first``, the
    others as far in."""
    indent = " " * cells(first)
    lines: list[str] = []
    line, fresh = first, True
    for piece in _pieces(text):
        if fresh or cells(line + piece.rstrip()) <= width:
            line += piece
        else:
            lines.append(line.rstrip())
            line = indent + piece.lstrip()
        fresh = False
    return [*lines, line.rstrip()]


def table(label: Sequence[str], columns: Sequence[Sequence[str]], *, width: int = WIDTH, gap: int = 2) -> list[str]:
    """Columns side by side, each as wide as its widest cell; where they do not fit, the rest follows below, with ``label``
    in front again."""
    wide = [max(map(cells, column)) + gap for column in (label, *columns)]
    fits = 1
    while fits < len(columns) and sum(wide[: fits + 2]) - gap <= width:
        fits += 1
    rows = zip(label, *columns[:fits], strict=True)
    lines = ["".join(pad(cell, w) for cell, w in zip(row, wide, strict=False)).rstrip() for row in rows]
    return lines + (table(label, columns[fits:], width=width, gap=gap) if fits < len(columns) else [])
