"""A sheet as plain text for a terminal, a pager or a line printer: aligned by display width, nothing torn."""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from titration.explain.layout import cells, pad, table, wrap
from titration.service.rounds.handover.blocks import Block, Card, Grid, Heading, Item, Mark, Para, Sheet, Told
from titration.service.rounds.handover.codes import SAID

WIDTH: Final = 80
_INSIDE: Final = 4


def plain_text(sheet: Sheet, *, width: int = WIDTH) -> str:
    """The sheet in lines of at most ``width`` cells (a longer word stands alone), ending in one line end."""
    lines: list[str] = []
    for block in sheet.blocks:
        if lines:
            lines.append("")
        lines += [line.rstrip() for line in _lines(block, sheet.language, width)]
    return "\n".join(lines) + "\n"


def shown(text: str) -> str:
    """``text`` without signs a terminal would obey and on one line: what stands in a record was typed by somebody."""
    flat = " ".join(text.split())
    return "".join(c if unicodedata.category(c)[0] != "C" else "?" for c in flat)


def _lines(block: Block, language: str, width: int) -> Iterator[str]:
    match block:
        case Heading(text, level):
            yield shown(text)
            yield ("=" if level == 1 else "-") * min(width, cells(shown(text)))
        case Para(text, mark):
            yield from wrap(shown(text), width=width, first=_mark(mark, language))
        case Card():
            yield from _card(block, language, width)
        case Grid(headers, rows):
            yield from _grid(headers, rows, width)
        case Told(told):
            yield from told


def _mark(mark: Mark, language: str) -> str:
    said = SAID["zh" if language == "zh" else "en"]
    if mark is Mark.URGENT:
        return f"{said['urgent']}  "
    return f"{said['note']}  " if mark is Mark.NOTE else ""


def _card(card: Card, language: str, width: int) -> Iterator[str]:
    title, side = shown(card.title), shown(card.side)
    gap = width - cells(title) - cells(side)
    yield from ([title + " " * gap + side] if gap >= 2 else [*wrap(title, width=width), f"{' ' * _INSIDE}{side}"])
    labels = [cells(item.label) for item in card.items if item.label and not item.box]
    wide = max(labels, default=0)
    for item in card.items:
        yield from _item(item, language, width, wide)


def _item(item: Item, language: str, width: int, wide: int) -> Iterator[str]:
    lead = " " * _INSIDE
    if item.box:
        lead += "[ ] " + (f"{item.label}  " if item.label else "")
        lead += "! " if item.mark is Mark.NOTE else ""
    elif item.label:
        lead += f"{pad(item.label, wide)}  "
    if item.mark is Mark.URGENT:
        lead += _mark(Mark.URGENT, language)
    if not item.text and item.label:
        yield lead + "_" * max(8, width - cells(lead))
        return
    yield from wrap(shown(item.text), width=width, first=lead)


def _grid(headers: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """A table. Where it is too wide, long cells go on below, row by row; where that is not enough, columns follow below."""
    columns = [[shown(cell) for cell in column] for column in zip(headers, *rows, strict=True)]
    room = width - 2 * (len(columns) - 1)
    limits = _shared([max(map(cells, c)) for c in columns], [max(map(_longest, c)) for c in columns], room)
    if sum(limits) > room:
        yield from table(columns[0], columns[1:], width=width)
        return
    for row in zip(*columns, strict=True):
        parts = [wrap(cell, width=limit) for cell, limit in zip(row, limits, strict=True)]
        for i in range(max(map(len, parts))):
            line = [pad(part[i] if i < len(part) else "", limit) for part, limit in zip(parts, limits, strict=True)]
            yield "  ".join(line)


def _longest(cell: str) -> int:
    """Cells of the longest part of a cell that must not be torn."""
    return max(map(cells, wrap(cell, width=1)))


def _shared(widest: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Widths of columns that together fit ``room`` if they can: the widest give way first, none below its least."""
    limits = list(widest)
    while sum(limits) > room:
        loose = [i for i, limit in enumerate(limits) if limit > least[i]]
        if not loose:
            break
        limits[max(loose, key=lambda i: limits[i])] -= 1
    return limits
