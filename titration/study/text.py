"""A report for the terminal: tables aligned by the cells characters take, long cells wrapped, wide tables cut in parts."""

from collections.abc import Iterator

from wcwidth import wcswidth, wcwidth

from titration.study.sections import Report, Section, Table

_LEAST = 6
_GAP = 2


def render_report(report: Report, width: int) -> str:
    """The report in lines of at most ``width`` cells."""
    lines = [report.title, "=" * min(width, cells(report.title)), ""]
    for paragraph in report.lead:
        lines += [*wrap(paragraph, width), ""]
    for section in report.sections:
        lines += _section(section, width)
    return "\n".join(lines).rstrip() + "\n"


def cells(text: str) -> int:
    """Cells a text takes on a terminal."""
    return max(0, wcswidth(text))


def _section(section: Section, width: int) -> Iterator[str]:
    yield section.title.upper()
    for text in section.urgent:
        first, *rest = wrap(text, width - 3)
        yield f"!! {first}"
        yield from (f"   {line}" for line in rest)
    for text in section.paragraphs:
        yield from wrap(text, width)
    for table in section.tables:
        yield ""
        yield from _table(table, width)
    yield ""


def _table(table: Table, width: int) -> Iterator[str]:
    if table.caption:
        yield table.caption
    widths = _widths(table, width)
    for number, row in enumerate((table.heads, *table.rows)):
        parts = [wrap(cell, room) for cell, room in zip(row, widths, strict=True)]
        for i in range(max(len(part) for part in parts)):
            line = (part[i] if i < len(part) else "" for part in parts)
            yield (" " * _GAP).join(_padded(text, room) for text, room in zip(line, widths, strict=True)).rstrip()
        if number == 0:
            yield (" " * _GAP).join("-" * room for room in widths)
    for note in table.notes:
        yield from wrap(note, width)


def _widths(table: Table, width: int) -> list[int]:
    """Room of each column: what it needs, the widest giving way until the table fits."""
    columns = list(zip(table.heads, *table.rows, strict=True))
    widths = [max([1, *(cells(cell) for cell in column)]) for column in columns]
    words = [
        max([_LEAST, *(cells(word) for cell in column for word in cell.split() if word.isascii())])
        for column in columns
    ]
    room = width - _GAP * (len(widths) - 1)
    while sum(widths) > room:
        slack = [w - min(w, least) for w, least in zip(widths, words, strict=True)]
        widest = max(range(len(widths)), key=lambda i: (slack[i] > 0, widths[i]))
        if widths[widest] <= _LEAST:
            break
        widths[widest] -= 1
    return widths


def _padded(text: str, room: int) -> str:
    return text + " " * max(0, room - cells(text))


def wrap(text: str, room: int) -> list[str]:
    """Lines of at most ``room`` cells: broken at spaces, inside Chinese anywhere, inside a word only when it must."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and cells(line) + cells(piece) > room:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
        while cells(line) > room:
            cut = _fitting(line, room)
            lines.append(line[:cut])
            line = line[cut:]
    lines.append(line.rstrip())
    return lines


def _pieces(text: str) -> Iterator[str]:
    """Runs that stay together: words with the space after them, single wide characters."""
    word = ""
    for character in text:
        if wcwidth(character) == 2:
            # Closing punctuation stays with what it closes.
            if word and character in "，。；：、）":
                word += character
                continue
            if word:
                yield word
            word = character
        elif character == " ":
            yield word + character
            word = ""
        else:
            if word and wcwidth(word[-1]) == 2:
                yield word
                word = ""
            word += character
    if word:
        yield word


def _fitting(line: str, room: int) -> int:
    taken = 0
    for at, character in enumerate(line):
        taken += max(0, wcwidth(character))
        if taken > room:
            return max(1, at)
    return len(line)
