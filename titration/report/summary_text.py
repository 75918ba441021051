"""The summary of a replay for a terminal: plain text, aligned for Latin and Chinese alike."""

from collections.abc import Sequence
from typing import Final

from titration.report.figures import Share, count_text, share_text
from titration.report.page_words import phrase
from titration.report.tables import Cell, Named, Section, Summary, Table, Texts, sections, statement
from titration.report.vocabulary import Language
from titration.report.wrapping import display_width, widest_piece, wrapped

GAP: Final = "  "
INDENT: Final = "  "
LEAST_LABEL: Final = 12
LEAST_FIGURE: Final = 10


def render_summary(summary: Summary, language: Language, width: int = 100, *, texts: Texts | None = None) -> str:
    """The whole summary as text no wider than ``width`` columns (80 or more), ending in a newline.

    ``texts`` gives the words of features and notices; without it their names are printed.
    """
    said = (*statement(summary, language), phrase("shares", language))
    return render_sections(
        phrase("title", language), said, sections(summary, language, texts or _same), language, width
    )


def render_sections(title: str, said: Sequence[str], found: Sequence[Section], language: Language, width: int) -> str:
    """A title, sentences and sections as text no wider than ``width`` columns, ending in a newline."""
    lines = [title, "=" * display_width(title), ""]
    for sentence in said:
        lines += [*wrapped(sentence, width), ""]
    for section in found:
        lines += _section(section, language, width)
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def _same(name: str) -> str:
    return name


def _section(section: Section, language: Language, width: int) -> list[str]:
    lines = [section.title, "-" * display_width(section.title)]
    for note in section.notes:
        lines += wrapped(note, width)
    if section.names:
        lines += [INDENT + part for part in wrapped(", ".join(section.names), width - len(INDENT))]
    for table in section.tables:
        lines += ["", *_table(table, language, width)]
    return [*lines, "", ""]


def _table(table: Table, language: Language, width: int) -> list[str]:
    texts = [[cell_text(cell, language) for cell in row] for row in table.rows]
    right = [bool(table.rows) and isinstance(table.rows[0][i], int | Share) for i in range(len(table.columns))]
    widths = _widths(table.columns, texts, right, width - len(INDENT))
    lines = wrapped(table.caption, width) if table.caption else []
    lines += _row(table.columns, widths, right)
    lines.append(INDENT + GAP.join("-" * w for w in widths))
    for row in texts:
        lines += _row(row, widths, right)
    return lines


def _widths(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], width: int) -> list[int]:
    """Column widths: words give way first, down to LEAST_LABEL, then the headers of figures; figures stay whole."""
    widths: list[int] = []
    least: list[int] = []
    for i, head in enumerate(columns):
        cells = max((display_width(row[i]) for row in rows), default=0)
        whole = max(cells, widest_piece(head))
        wide = max(whole, min(display_width(head), LEAST_FIGURE)) if right[i] else max(cells, display_width(head))
        widths.append(wide)
        least.append(whole if right[i] else min(wide, LEAST_LABEL))
    for group in (False, True):
        _narrow(widths, least, [i for i in range(len(widths)) if right[i] is group], width)
    return widths


def _narrow(widths: list[int], least: Sequence[int], columns: Sequence[int], width: int) -> None:
    """Take from the widest of ``columns``, in place, until the row fits or all are at their least."""
    while sum(widths) + len(GAP) * (len(widths) - 1) > width:
        able = [i for i in columns if widths[i] > least[i]]
        if not able:
            return
        widths[max(able, key=lambda i: widths[i])] -= 1


def _row(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> list[str]:
    columns = [wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines: list[str] = []
    for i in range(max(len(column) for column in columns)):
        parts: list[str] = []
        for column, width, to_right in zip(columns, widths, right, strict=True):
            text = column[i] if i < len(column) else ""
            pad = " " * (width - display_width(text))
            parts.append(pad + text if to_right else text + pad)
        lines.append(INDENT + GAP.join(parts))
    return lines


def cell_text(cell: Cell, language: Language) -> str:
    """A cell of a table as text."""
    if isinstance(cell, Share):
        return share_text(cell, language)
    if isinstance(cell, Named):
        return cell.id if cell.by_id else (cell.words or cell.id)
    return count_text(cell) if isinstance(cell, int) else cell
