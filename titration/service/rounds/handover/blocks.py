"""What a handover sheet is made of: headings, paragraphs, cards and tables, before any format.

A sheet is built once and written in each format from the same blocks, so that no format can say more or less than another.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Mark(StrEnum):
    """How pressing a text is; every format shows it by words or signs, not by colour alone."""

    NONE = ""
    URGENT = "urgent"
    NOTE = "note"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the sheet's own."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph."""

    text: str
    mark: Mark = Mark.NONE


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a card; ``box`` leaves a box to tick by hand, ``label`` stands before the text."""

    text: str
    label: str = ""
    box: bool = False
    mark: Mark = Mark.NONE


@dataclass(frozen=True, slots=True)
class Card:
    """A titled block that is not torn by a page break; ``side`` stands at the right of the title."""

    title: str
    side: str
    items: tuple[Item, ...]
    mark: Mark = Mark.NONE


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: every row as long as the headers."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """Text already laid out in lines, such as an explanation."""

    lines: tuple[str, ...]


Block: TypeAlias = Heading | Para | Card | Grid | Told


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole sheet in one language."""

    language: str
    title: str
    blocks: tuple[Block, ...]
