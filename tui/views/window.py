"""Which blocks of rows are on the screen: whole ones, around the one the cursor is on."""

from collections.abc import Sequence
from dataclasses import dataclass

from tui.views.page import Row, Span, Tone, line


@dataclass(frozen=True, slots=True)
class Window:
    """Rows that are shown, and the blocks they are of: from ``first`` to before ``end``, all in full."""

    rows: tuple[Row, ...]
    first: int
    end: int


def window(blocks: Sequence[Sequence[Row]], cursor: int, height: int) -> Window:
    """As many whole blocks as fit into ``height`` rows, the cursor's among them; a row above and below tells of more."""
    first, end = 0, 0
    for first in range(cursor + 1 if blocks else 0):
        end = _end(blocks, first, height - (1 if first else 0))
        if cursor < end:
            break
    rows = [row for block in blocks[first:end] for row in block]
    if first:
        rows.insert(0, line(Span(f"   ▲ {first}", Tone.KEY)))
    if end < len(blocks):
        rows += [line("")] * (height - 1 - len(rows))
        rows.append(line(Span(f"   ▼ {len(blocks) - end}", Tone.KEY)))
    return Window(tuple(rows[:height]), first, end)


def _end(blocks: Sequence[Sequence[Row]], first: int, height: int) -> int:
    """Before which block the rows are full; one row is kept for the mark where not all that follow fit."""
    if sum(len(block) for block in blocks[first:]) <= height:
        return len(blocks)
    end, used = first, 0
    while end < len(blocks) and used + len(blocks[end]) <= height - 1:
        used += len(blocks[end])
        end += 1
    return end
