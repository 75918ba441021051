"""The summary as HTML: tables with bars, agreement shaded by share, and how each kind of line fared as one drawing."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from titration.clinical import LINE_KINDS, PLAN_KINDS
from titration.report.figures import Share, count_text, share_text
from titration.report.page_words import phrase
from titration.report.tables import Cell, Named, Section, Summary, Table, Texts, headline, sections
from titration.report.vocabulary import LINES, PLANS, Language, named

BAR_WIDTH: Final = 96
STACK_WIDTH: Final = 620
STACK_LEFT: Final = 230
ROOM_FOR_FIGURE: Final = 30


def summary_html(summary: Summary, language: Language, texts: Texts) -> Iterator[str]:
    """The headline figures and every section of the summary."""
    yield '<ul class="headline">'
    for label, cell in headline(summary, language):
        yield f"<li><strong>{_headline_cell(cell, language)}</strong><span>{escape(label)}</span></li>"
    yield "</ul>"
    for section in sections(summary, language, texts):
        stack = _stack(summary["plans"]["by_line_kind"], language) if section.key == "plans" else ()
        yield from section_html(section, language, figure=stack)


def _headline_cell(cell: Cell, language: Language) -> str:
    if not isinstance(cell, Share):
        return _cell(cell, language)
    text = share_text(cell, language)
    opening = "（" if "（" in text else " ("
    figure, bracket, rest = text.partition(opening)
    return f"{escape(figure).replace(' ', '&nbsp;')}<small>{escape(bracket + rest)}</small>"


def section_html(section: Section, language: Language, *, figure: Iterable[str] = ()) -> Iterator[str]:
    """A section with its notes, a drawing where there is one, and its tables."""
    yield f'<section id="{section.key}"><h2>{escape(section.title)}</h2>'
    for note in section.notes:
        yield f'<p class="note">{escape(note)}</p>'
    if section.names:
        yield f'<p class="names">{" ".join(f"<code>{escape(name)}</code>" for name in section.names)}</p>'
    yield from figure
    yield '<div class="tables">'
    for table in section.tables:
        yield from _table(table, language)
    yield "</div></section>"


def _table(table: Table, language: Language) -> Iterator[str]:
    if not table.rows:
        return
    figures = [isinstance(cell, int | Share) for cell in table.rows[0]]
    crossed = sum(isinstance(cell, int) for cell in table.rows[0]) > 1
    yield '<div class="scroll"><table>' + (f"<caption>{escape(table.caption)}</caption>" if table.caption else "")
    heads = "".join(
        f'<th scope="col"{_class(right)}>{escape(head)}</th>'
        for head, right in zip(table.columns, figures, strict=True)
    )
    yield f"<thead><tr>{heads}</tr></thead><tbody>"
    for number, row in enumerate(table.rows):
        cells = "".join(_td(row, i, language, crossed=crossed) for i in range(1, len(row)))
        yield f"<tr>{_first(table, number, language)}{cells}</tr>"
    yield "</tbody></table></div>"


def _class(right: bool) -> str:  # noqa: FBT001
    return ' class="n"' if right else ""


def _first(table: Table, number: int, language: Language) -> str:
    cell = table.rows[number][0]
    if cell == "":
        return ""
    span = 1
    while number + span < len(table.rows) and table.rows[number + span][0] == "":
        span += 1
    spanned = f' rowspan="{span}" class="group"' if span > 1 else ""
    return f'<th scope="row"{spanned}>{_cell(cell, language)}</th>'


def _td(row: tuple[Cell, ...], at: int, language: Language, *, crossed: bool) -> str:
    cell = row[at]
    if isinstance(cell, Share):
        return f'<td class="n">{_cell(cell, language)}{_bar(cell)}</td>'
    if not isinstance(cell, int):
        return f"<td>{_cell(cell, language)}</td>"
    total = row[-1]
    share = Share(cell, total) if crossed and at < len(row) - 1 and isinstance(total, int) else None
    shade = f" s{min(9, 10 * share.n // share.of)}" if share and share.of and 0 < share.n <= share.of else ""
    hover = f' title="{escape(share_text(share, language))}"' if shade and share else ""
    return f'<td class="n{shade}"{hover}>{count_text(cell)}</td>'


def _cell(cell: Cell, language: Language) -> str:
    if isinstance(cell, Share):
        return f"<span>{escape(share_text(cell, language))}</span>"
    if isinstance(cell, Named):
        words = escape(cell.words or cell.id)
        return f"{words} <code>{escape(cell.id)}</code>" if cell.by_id and cell.words != cell.id else words
    return escape(count_text(cell) if isinstance(cell, int) else cell)


def _bar(share: Share) -> str:
    if share.of == 0 or not 0 <= share.n <= share.of:
        return ""
    width = BAR_WIDTH * share.n / share.of
    return (
        f'<svg class="bar" width="{BAR_WIDTH}" height="8" aria-hidden="true"><rect class="rail" width="{BAR_WIDTH}" '
        f'height="8"/><rect class="fill" width="{width:.1f}" height="8"/></svg>'
    )


def _stack(by_line: Summary, language: Language) -> Iterator[str]:
    """One bar a kind of line, cut by kind of plan; the table that follows holds the same figures."""
    lines = [line.value for line in LINE_KINDS if sum(by_line.get(line.value, {}).values())]
    height = 30 * len(lines) + 6
    width = STACK_LEFT + STACK_WIDTH + 90
    yield f'<figure class="scroll"><figcaption>{escape(phrase("stacked", language))}</figcaption><p class="keys">'
    for kind in PLAN_KINDS:
        yield f'<span><i class="k k-{kind.value}"></i>{escape(named(PLANS, kind.value, language))}</span>'
    label = escape(phrase("stacked", language))
    yield f'</p><svg class="stack" role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
    yield f'aria-label="{label}">'
    for number, line in enumerate(lines):
        yield from _stack_row(line, by_line[line], 30 * number, language)
    yield "</svg></figure>"


def _stack_row(line: str, counts: Summary, top: int, language: Language) -> Iterator[str]:
    total = sum(counts.values())
    yield f'<text class="end" x="{STACK_LEFT - 8}" y="{top + 18}">{escape(named(LINES, line, language))}</text>'
    x = float(STACK_LEFT)
    for kind in PLAN_KINDS:
        n = counts.get(kind.value, 0)
        width = STACK_WIDTH * n / total
        if not n:
            continue
        title = (
            f"{named(PLANS, kind.value, language)}{phrase('colon', language)}{share_text(Share(n, total), language)}"
        )
        yield (
            f'<rect class="k-{kind.value}" x="{x:.1f}" y="{top + 3}" width="{width:.1f}" height="23">'
            f"<title>{escape(title)}</title></rect>"
        )
        if width >= ROOM_FOR_FIGURE:
            yield f'<text class="in on-{kind.value}" x="{x + width / 2:.1f}" y="{top + 19}">{count_text(n)}</text>'
        x += width
    yield f'<text x="{STACK_LEFT + STACK_WIDTH + 8}" y="{top + 18}">n = {count_text(total)}</text>'
