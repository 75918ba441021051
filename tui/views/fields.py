"""A field of typed text as a row, with the caret in view."""

from tui.session.field import Field
from tui.views.page import Row, Span, Tone, cells, clean, cut, fit


def field_row(label: str, field: Field, width: int, *, most: int = 60) -> tuple[Row, int]:
    """The row of a field behind its label, and the column of the caret. A secret shows one "*" a character."""
    text = "*" * len(field.text) if field.secret else clean(field.text)
    room = max(4, min(most, width - cells(label) - 3))
    caret = field.caret if field.secret else len(clean(field.text[: field.caret]))
    start = 0
    while cells(text[start:caret]) > room - 1:
        start += 1
    inside = text[start:]
    shown = fit(inside, room) if cells(inside) <= room else cut(inside, room)
    column = cells(label) + 1 + cells(text[start:caret])
    return Row((Span(f"{label}["), Span(fit(shown, room), Tone.FIELD), Span("]"))), column
