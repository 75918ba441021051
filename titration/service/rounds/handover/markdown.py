"""A sheet as Markdown: everything that was typed is escaped, so that a name cannot become a link or a heading."""

import re
from collections.abc import Iterator
from typing import Final

from titration.service.rounds.handover.blocks import Block, Card, Grid, Heading, Item, Mark, Para, Sheet, Told
from titration.service.rounds.handover.codes import SAID
from titration.service.rounds.handover.plain import shown

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-!|~&.:])")


def markdown_text(sheet: Sheet) -> str:
    """The sheet as CommonMark with tables."""
    parts = ["\n".join(_lines(block, sheet.language)) for block in sheet.blocks]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """``text`` on one line, with every sign that Markdown could take for its own behind a backslash."""
    return _SPECIAL.sub(r"\\\1", shown(text))


def _lines(block: Block, language: str) -> Iterator[str]:
    match block:
        case Heading(text, level):
            yield f"{'#' * level} {escaped(text)}"
        case Para(text, mark):
            yield f"{_mark(mark, language)}{escaped(text)}"
        case Card(title, side, items):
            yield f"### {escaped(title)} — {escaped(side)}"
            yield ""
            yield from (_item(item, language) for item in items)
        case Grid(headers, rows):
            yield f"| {' | '.join(map(escaped, headers))} |"
            yield f"|{' --- |' * len(headers)}"
            yield from (f"| {' | '.join(map(escaped, row))} |" for row in rows)
        case Told(told):
            # Indented code: whatever stands in a line, nothing can end the block early.
            yield from (f"    {line}".rstrip() for line in told)


def _item(item: Item, language: str) -> str:
    box = "[ ] " if item.box else ""
    label = f"**{escaped(item.label)}** " if item.label else ""
    mark = _mark(item.mark, language)
    blank = "\\_" * 20 if not item.text else ""
    return f"- {box}{label}{mark}{escaped(item.text)}{blank}"


def _mark(mark: Mark, language: str) -> str:
    said = SAID["zh" if language == "zh" else "en"]
    if mark is Mark.URGENT:
        return f"**{escaped(said['urgent'])}** "
    return f"**{escaped(said['note'])}** " if mark is Mark.NOTE else ""
