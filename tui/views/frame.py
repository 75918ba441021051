"""A whole page: header, the screen of the place, what is asked below it, message line and keys."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from titration.explain.phrases import Language
from titration.explain.voice import date_text, dated
from tui.keys import Action, Keymap, shown
from tui.session.acts import refusal
from tui.session.layout import LEAST_HEIGHT, LEAST_WIDTH, body_rows, head_rows
from tui.session.state import WARD, Session, Told
from tui.session.ward import rows_of
from tui.views import decide, dialogs, doses, enter, gate, ledger, patient, rules, study, ward
from tui.views import help as help_view
from tui.views.marks import PLAIN_GLYPHS
from tui.views.page import Body, Page, Row, Span, Target, Tone, block, cells, clean, cut, filled, line
from tui.words import say

View = Callable[[Session, Keymap, int, int], Body]
"""Draws the body of a place: session, keymap, width and height in cells to rows."""

VIEWS: Final[Mapping[str, View]] = {
    "ward": ward.body,
    "patient": patient.body,
    "decide": decide.body,
    "enter": enter.body,
    "doses": doses.body,
    "rules": rules.body,
    "ledger": ledger.body,
    "recorded": ledger.recorded,
    "study": study.body,
}
"""The view of every place; a new screen adds its own."""


def page(session: Session, keymap: Keymap) -> Page:
    """The screen as it stands, exactly as large as the terminal."""
    width, height = session.size
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return _too_small(session)
    found = _blank(session, keymap) if session.blank else _full(session, keymap)
    rows = block(found.rows, width, height)
    if session.settings.plain_glyphs:
        rows = tuple(_plain(row) for row in rows)
    return replace(found, rows=rows)


def _plain(row: Row) -> Row:
    return replace(row, spans=tuple(replace(span, text=span.text.translate(PLAIN_GLYPHS)) for span in row.spans))


def _full(session: Session, keymap: Keymap) -> Page:
    width = session.size[0]
    head = header(session)
    foot = (_message(session, width), keys_row(session, keymap))
    high = body_rows(session.size)
    if session.gate is not None:
        body = gate.body(session, keymap, width, high)
    elif session.dialog is not None and session.dialog.mode == "help":
        body = help_view.body(session, keymap, width, high)
    else:
        body = _place(session, keymap, width, high)
    caret = None if body.caret is None else (body.caret[0], body.caret[1] + len(head))
    return Page((*head, *block(body.rows, width, high), *foot), caret, body.seen, body.scroll_most)


def _place(session: Session, keymap: Keymap, width: int, high: int) -> Body:
    """The screen with what is asked below it, which takes its rows from the screen and hides nothing."""
    asked = dialogs.sheet(session, keymap, width, high)
    left = high - len(asked.rows)
    body = VIEWS[session.place](session, keymap, width, left)
    caret = None if asked.caret is None else (asked.caret[0], asked.caret[1] + left)
    return Body((*block(body.rows, width, left), *asked.rows), caret or body.caret, body.seen, body.scroll_most)


def _too_small(session: Session) -> Page:
    width, height = session.size
    language = session.settings.language
    size = say(
        language, "too_small.size", width=width, height=height, least_width=LEAST_WIDTH, least_height=LEAST_HEIGHT
    )
    rows = (line(Span(cut(say(language, "too_small"), width), Tone.WARN)), line(cut(size, width)))
    return Page(block(rows, width, height))


def _blank(session: Session, keymap: Keymap) -> Page:
    """Nothing of any patient: only that the screen is hidden, and how it comes back."""
    language = session.settings.language
    width, height = session.size
    key = shown(keymap.action("app.blank").keys[0])
    texts = (say(language, "blank"), say(language, "blank.key", key=key))
    above = (height - len(texts)) // 2
    rows = [line("")] * above + [line(" " * max(0, (width - cells(text)) // 2), text) for text in texts]
    return Page(block(rows, width, height))


def header(session: Session) -> tuple[Row, ...]:
    """Where, who and by which rules: one row where there is room, else two."""
    width = session.size[0]
    left, right = _where(session), _who(session)
    rules, label = _rules(session), say(session.settings.language, "not_a_device")
    if head_rows(width) == 1:
        return (_bar([*left, *rules], [*right, Span(label, Tone.STRONG)], width),)
    return (_bar(left, right, width), _bar(rules, [Span(label, Tone.STRONG)], width))


def _bar(left: list[Span], right: list[Span], width: int) -> Row:
    """Parts at both ends of a bar. What stands on the right is never cut; on the left the first parts go if there is no room."""
    tail = _joined(right)
    room = width - sum(cells(span.text) for span in tail) - 3
    while len(left) > 1 and sum(cells(span.text) for span in _joined(left)) > room:
        left = left[1:]
    head = filled(Row((Span(" "), *_joined(left))), max(0, room + 1))
    return filled(Row((*head.spans, Span(" "), *tail, Span(" ")), Tone.BAR), width)


def _joined(parts: list[Span]) -> list[Span]:
    out: list[Span] = []
    for part in parts:
        out += [Span(" · ", Tone.DIM), part] if out else [part]
    return out


def _where(session: Session) -> list[Span]:
    """Ward, patients and moment, the ones that can be missed first."""
    language = session.settings.language
    parts = [Span(say(language, "app"), Tone.STRONG)]
    sheet = session.ward.sheet
    if sheet is not None and session.gate is None:
        parts.append(Span(say(language, "ward.patients", count=len(rows_of(session, sheet)))))
    parts.append(Span(clean(session.settings.ward or say(language, "all_wards"))))
    day, clock = divmod(session.minute, 1440)
    when = dated(day, language) if session.size[0] >= 100 else date_text(day)
    return [*parts, Span(f"{when} {clock // 60:02d}:{clock % 60:02d}")]


def _who(session: Session) -> list[Span]:
    language = session.settings.language
    parts: list[Span] = []
    if session.read_only:
        parts.append(Span(say(language, "read_only"), Tone.WARN))
    if session.user is not None:
        role = say(language, f"role.{session.user.role.value}")
        parts.append(Span(clean(f"{session.user.name} ({role})")))
    if not session.needs_passphrase:
        parts.append(Span(say(language, "no_passphrase"), Tone.WARN))
    return parts


def _rules(session: Session) -> list[Span]:
    language, pack = session.settings.language, session.pack
    shown_unit = session.settings.shown_unit
    key = f"status.{pack.status}"
    known = pack.status in ("draft", "reviewed", "approved", "bench")
    status = say(language, key) if known else say(language, "status.other", status=pack.status.upper())
    return [
        Span(f"{pack.id} {pack.version}"),
        Span(status, Tone.STRONG if pack.status == "approved" else Tone.WARN),
        Span(say(language, "unit.each") if shown_unit is None else f"≈ {shown_unit.text}"),
        Span(say(language, "language"), target=Target("app.language")),
    ]


def told_text(told: Told, language: Language) -> str:
    """A message of the session in words."""
    return say(language, told.key, **dict(told.fields))


def _message(session: Session, width: int) -> Row:
    """What went wrong, what was done, or what is being waited for."""
    language = session.settings.language
    if session.lost is not None:
        return line(Span(cut(clean(told_text(session.lost, language)), width), Tone.DANGER))
    if session.told is not None:
        bad = session.told.bad
        text = ("! " if bad else "") + told_text(session.told, language)
        return line(Span(cut(clean(text), width), Tone.WARN if bad else Tone.GOOD))
    if session.opening is not None and session.place == WARD:
        row = None if session.ward.sheet is None else session.ward.sheet.find(session.opening)
        name = session.opening if row is None else (row.person.name or row.person.patient_id)
        return line(Span(cut(clean(say(language, "opening", name=name)), width), Tone.DIM))
    return line("")


def keys_row(session: Session, keymap: Keymap) -> Row:
    """Keys of the mode, the most used first, as far as there is room; one that cannot be used now stands in brackets."""
    width, language = session.size[0], session.settings.language
    kept = sorted((a for a in keymap.of(session.mode) if a.foot), key=_place_in_foot)
    while kept and sum(_hint_width(action, session) for action in kept) > width:
        kept.remove(next((action for action in reversed(kept) if action.foot < _ALWAYS), kept[-1]))
    spans: list[Span] = []
    for action in kept:
        target = Target(action.id)
        name, key = action.name(language), shown(action.keys[0])
        if refusal(session, action.id) is not None:
            spans.append(Span(f"({key} {name})", Tone.OFF, target))
        else:
            spans += [Span(key, Tone.KEY, target), Span(f" {name}", target=target)]
        spans.append(Span("  "))
    return Row(tuple(spans))


_ALWAYS: Final = 20
"""From this place in the footer on, a hint is the last to go."""


def _place_in_foot(action: Action) -> int:
    return action.foot


def _hint_width(action: Action, session: Session) -> int:
    brackets = 2 if refusal(session, action.id) is not None else 0
    return cells(f"{shown(action.keys[0])} {action.name(session.settings.language)}") + 2 + brackets
