"""Everything there is to know about the line of the cursor, scrolled."""

from titration.explain.voice import Voice
from tui.session.state import Round, line_key
from tui.views.lines import detail_rows, details, title_text
from tui.views.page import Row, Span, Tone, block, cells, cut, line


def rows(round_: Round, voice: Voice, width: int, height: int) -> tuple[list[Row], int]:
    """What there is to know about the line of the cursor, scrolled."""
    plan = round_.current()
    if plan is None:
        return list(block([], width, height)), 0
    found = details(plan, round_.sheet.day, voice, round_.ordered(line_key(plan)))
    title = f"── {title_text(plan, voice)} "
    head = line(Span(cut(title + "─" * max(0, width - cells(title)), width), Tone.HEADING))
    found_rows = detail_rows(found, width)
    room = max(1, height - 1)
    most = max(0, len(found_rows) - room)
    start = min(round_.scroll, most)
    kept = found_rows[start : start + room]
    if start < most and kept:
        text = f" ▼{len(found_rows) - start - room}"
        last = kept[-1]
        start_text = cut(last.text, width - cells(text) - 1)
        tone = last.spans[-1].tone
        kept[-1] = line(
            Span(start_text + " " * max(0, width - cells(text) - cells(start_text)), tone), Span(text, Tone.KEY)
        )
    return list(block([head, *kept], width, height)), most
