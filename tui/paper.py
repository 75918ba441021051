"""The one widget: it paints a page of rows and knows which action stands under the mouse."""

from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.themes import style
from tui.views.page import Page, Row, Span, Target, Tone, cells

_CARET: Final = Style(reverse=True)


class Paper(Widget, can_focus=True, inherit_bindings=False):
    """Paints a page; lines that did not change are not painted again."""

    DEFAULT_CSS = "Paper { width: 100%; height: 100%; }"

    class Clicked(Message):
        """Something with an action was clicked, ``times`` in a row."""

        def __init__(self, target: Target, times: int) -> None:
            super().__init__()
            self.target = target
            self.times = times

    def __init__(self) -> None:
        super().__init__()
        self.page = Page(())
        self.theme_name = "dark"

    def show(self, page: Page, theme: str) -> None:
        """Paint ``page``, as far as it differs from the one before."""
        before, self.page = self.page, page
        if theme != self.theme_name or len(before.rows) != len(page.rows):
            self.theme_name = theme
            self.refresh()
            return
        carets = {caret[1] for caret in (before.caret, page.caret) if caret is not None and before.caret != page.caret}
        changed = [y for y, row in enumerate(page.rows) if y in carets or row != before.rows[y]]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        """One row as styled segments, exactly as wide as the widget."""
        width = self.size.width
        ground = style(self.theme_name, Tone.PLAIN, Tone.PLAIN)
        if y >= len(self.page.rows):
            return Strip.blank(width, ground)
        row = self.page.rows[y]
        segments = [Segment(span.text, style(self.theme_name, row.base, span.tone)) for span in row.spans]
        strip = Strip(segments, sum(cells(span.text) for span in row.spans)).adjust_cell_length(width, ground)
        caret = self.page.caret
        if caret is None or caret[1] != y or not caret[0] < width:
            return strip
        before, under, after = strip.divide([caret[0], min(width, caret[0] + 1), width])[:3]
        return Strip.join([before, under.apply_style(_CARET), after])

    def target_at(self, x: int, y: int) -> Target | None:
        """What a click there would do."""
        if not 0 <= y < len(self.page.rows):
            return None
        row = self.page.rows[y]
        span = _span_at(row, x)
        return row.target if span is None or span.target is None else span.target


def _span_at(row: Row, x: int) -> Span | None:
    at = 0
    for span in row.spans:
        at += cells(span.text)
        if x < at:
            return span
    return None


def key_name(event: events.Key) -> str:
    """A key by the character it types, or by its name."""
    if event.key == "space":
        return "space"
    return event.character if event.character is not None and event.is_printable else event.key
