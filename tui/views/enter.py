"""The entry grid: a row a patient, a column a point of the day, and below it all about the cell under the cursor."""

from collections.abc import Sequence
from dataclasses import dataclass

from titration.explain.layout import wrap
from titration.explain.phrases import TIMINGS, Language
from titration.explain.sentences import SENTENCES
from titration.explain.voice import short_date, time_text
from titration.service.rounds.entry import Answer, Problem, Question, Ready
from titration.service.rounds.entry.words import Speech
from titration.service.rounds.told import PatientSheet, ReadingRow, WardRow
from titration.units import UnitSystem, glucose_text
from tui.keys import Keymap
from tui.session import entry, entry_typing
from tui.session.entry_state import COLUMNS, CellAt, LineAt
from tui.session.layout import GRID_PANEL, grid_rows
from tui.session.state import Session
from tui.views.glucose import mark_of, tone_of
from tui.views.marks import CURSOR, ENTRY
from tui.views.page import Body, Row, Span, Target, Tone, cell, cells, clean, cut, line
from tui.words import say

_CELL = 7


@dataclass(frozen=True, slots=True)
class CellState:
    """How a cell stands: its word and sign, the value or text it shows, and what typing there would do."""

    word: str
    text: str
    mark: str
    tone: Tone
    answer: Answer | None = None


def state_of(session: Session, at: CellAt) -> CellState:
    """The state of one cell."""
    sheet = entry.bedside_sheet(session, at.patient_id)
    saved = entry.saved_reading(sheet, at)
    unsaved = entry_typing.text_of(session, at)
    if session.entry.sending(at):
        return _stated("sending", unsaved.text)
    if unsaved.text:
        answer = entry_typing.answer_of(session, at, unsaved)
        return _stated(_word(answer, saved), unsaved.text, answer)
    if sheet is None:
        return CellState("empty", "…", " ", Tone.DIM)
    if saved is None:
        return CellState("empty", "·", " ", Tone.DIM)
    system = sheet.person.system
    fresh = at in session.entry.saved
    mark = mark_of(saved.value, system)
    sign = ENTRY["fresh"][0] if fresh and mark == " " else mark
    return CellState(
        "fresh" if fresh else "saved", glucose_text(saved.value, system), sign, tone_of(saved.value, system)
    )


def _word(answer: Answer | None, saved: ReadingRow | None) -> str:
    if isinstance(answer, Question):
        return "question"
    if isinstance(answer, Problem) and not answer.unfinished and answer.code != "unchanged":
        return "problem"
    return "correction" if saved is not None and isinstance(answer, Ready) else "pending"


def _stated(word: str, text: str, answer: Answer | None = None) -> CellState:
    mark, tone = ENTRY[word]
    return CellState(word, text, mark, tone, answer)


def body(session: Session, keymap: Keymap, width: int, height: int) -> Body:
    """The grid and the panel below it."""
    del keymap
    language = session.settings.language
    rows = entry.beds(session)
    if session.ward.sheet is None:
        return Body((line(""), line(Span(f"  {say(language, 'loading')}", Tone.DIM))))
    pages = entry.on_page(session)
    mixed = len({row.person.system for row in rows}) > 1
    shown = [_title(session, rows, pages), _heading(session, width, mixed=mixed)]
    by_id = {row.person.patient_id: row for row in rows}
    asked = session.dialog is not None
    room = max(1, height - 2 - (0 if asked else GRID_PANEL))
    shown += [_patient(by_id[i], session, width, mixed=mixed) for i in _in_room(pages, session.entry.patient, room)]
    shown += [line("")] * (2 + room - len(shown))
    current = by_id.get(session.entry.patient)
    # A question about the cell tells all that the panel would.
    panel = _panel(session, current, width) if current is not None and not asked else []
    return Body((*shown, *panel[: max(0, height - len(shown))]))


def _in_room(ids: Sequence[str], at: str, room: int) -> Sequence[str]:
    """The patients of the page that there is room for, the cursor's among them, where a question has taken rows."""
    here = ids.index(at) if at in ids else 0
    start = max(0, here - room + 1)
    return ids[start : start + room]


def _title(session: Session, rows: Sequence[WardRow], pages: Sequence[str]) -> Row:
    language = session.settings.language
    back = session.entry.back
    key = "enter.today" if back == 0 else "enter.yesterday" if back == 1 else "enter.days_ago"
    day = f"{short_date(entry.grid_day(session), language)}{comma_of(language)}{say(language, key, count=back)}"
    parts = [Span(say(language, "enter.title"), Tone.STRONG), Span(day, Tone.PLAIN if back == 0 else Tone.WARN)]
    high = grid_rows(session.size)
    count = -(-len(rows) // high)
    if count > 1 and pages:
        ids = [row.person.patient_id for row in rows]
        parts.append(Span(say(language, "enter.page", page=ids.index(pages[0]) // high + 1, pages=count)))
    typing = getattr(session.dialog, "source", None)
    unsaved = sum(bool(text.text.strip()) for at, text in session.entry.texts.items() if at != typing)
    if unsaved:
        parts.append(Span(say(language, "enter.unsaved", count=unsaved), Tone.WARN))
    left = len(entry.wanted(session))
    if left:
        parts.append(Span(say(language, "enter.reading", count=left), Tone.DIM))
    spans: list[Span] = [Span(" ")]
    for part in parts:
        spans += [part, Span("   ")]
    return Row(tuple(spans))


def _name_width(width: int, *, mixed: bool) -> int:
    left = width - 2 - 6 - len(COLUMNS) * _CELL - (6 if mixed else 0)
    return max(6, min(26, left))


def _heading(session: Session, width: int, *, mixed: bool) -> Row:
    language = session.settings.language
    spans = [cell("", 2, Tone.HEADING), cell(say(language, "column.bed"), 6, Tone.HEADING)]
    spans.append(cell(say(language, "column.name"), _name_width(width, mixed=mixed), Tone.HEADING))
    if mixed:
        spans.append(cell("", 6, Tone.HEADING))
    for column, name in enumerate(COLUMNS):
        tone = Tone.STRONG if column == session.entry.column else Tone.HEADING
        spans.append(cell(f"{say(language, f'enter.column.{name}')} ", _CELL, tone, align="right"))
    return Row(tuple(spans), Tone.HEADING)


def _patient(row: WardRow, session: Session, width: int, *, mixed: bool) -> Row:
    person = row.person
    here = person.patient_id == session.entry.patient
    name = _name_width(width, mixed=mixed)
    spans = [
        Span(f"{CURSOR} " if here else "  ", Tone.STRONG),
        cell(person.bed or person.patient_id, 6, Tone.STRONG),
        cell(f"{cut(clean(person.name or person.patient_id), name - 1)} ", name),
    ]
    if mixed:
        spans.append(cell("mmol" if person.system is UnitSystem.MMOL else "mg/dL", 6, Tone.DIM))
    day = entry.grid_day(session)
    for column, timing in enumerate(COLUMNS):
        state = state_of(session, CellAt(person.patient_id, day, timing))
        cursor = here and column == session.entry.column
        spans.append(_cell(state, Target("enter.point", f"{column}:{person.patient_id}"), cursor=cursor))
    return Row(tuple(spans))


def _cell(state: CellState, target: Target, *, cursor: bool) -> Span:
    """A cell; the one under the cursor stands in brackets, whatever the colours."""
    text = cut(clean(state.text), _CELL - 3)
    inside = f"{text}{state.mark}"
    if cursor:
        return Span(cell(f"[{inside}]", _CELL, align="right").text, Tone.CURSOR, target)
    return Span(cell(f"{inside} ", _CELL, align="right").text, state.tone, target)


def comma_of(language: Language) -> str:
    """The comma of the language."""
    return SENTENCES[language]["comma"]


# -- the panel -------------------------------------------------------------------------------------------------------------


def speech_of(session: Session, sheet: PatientSheet) -> Speech:
    """The words of entry for one record."""
    return Speech(session.settings.language, session.formulary, now=session.minute, system=sheet.person.system)


def who_text(session: Session, patient_id: str) -> str:
    """Bed, name and id: whom an entry is for must be plain at the place of typing."""
    row = None if session.ward.sheet is None else session.ward.sheet.find(patient_id)
    if row is None:
        return clean(patient_id)
    person = row.person
    return clean(" ".join(part for part in (person.bed, person.name, person.patient_id) if part))


def rule(title: str, width: int, tone: Tone = Tone.HEADING) -> Row:
    """A rule with a title."""
    text = cut(f"── {clean(title)} ", width)
    return line(Span(text + "─" * max(0, width - cells(text)), tone))


def _panel(session: Session, current: WardRow, width: int) -> list[Row]:
    language = session.settings.language
    at = entry.cell_at(session)
    timing = TIMINGS[language][at.timing]
    unit = say(language, "enter.own_unit", unit=current.person.system.text)
    title = say(
        language,
        "enter.prompt.cell",
        who=who_text(session, at.patient_id),
        timing=f"{timing}{comma_of(language)}{unit}",
    )
    state = state_of(session, at)
    word = "enter.empty" if state.word == "empty" else f"enter.state.{state.word}"
    mark = f"{state.mark} " if state.word not in ("empty", "saved") else ""
    rows = [
        rule(title, width),
        line(Span(f" {mark}{say(language, word)}", state.tone), Span(f"  {saved_text(session, at)}")),
    ]
    sheet = entry.bedside_sheet(session, at.patient_id)
    if state.answer is not None and sheet is not None:
        text = f"{clean(state.text)}  →  {speech_of(session, sheet).answer(state.answer)}"
        rows += [line(Span(part, state.tone)) for part in wrap(clean(text), width=width - 1, first=" ")]
    rows = (rows + [line("")] * GRID_PANEL)[: GRID_PANEL - 1]
    return [*rows, line(Span(f" {say(language, 'enter.hint.cell')}", Tone.DIM))]


def saved_text(session: Session, at: CellAt) -> str:
    """What stands in the ledger for a cell."""
    language = session.settings.language
    sheet = entry.bedside_sheet(session, at.patient_id)
    saved = entry.saved_reading(sheet, at)
    if sheet is None or saved is None:
        return ""
    value = f"{glucose_text(saved.value, sheet.person.system)} {sheet.person.system.text}"
    parts = [say(language, "enter.by", value=value, time=time_text(saved.minute), author=clean(saved.author))]
    if saved.replaces is not None:
        parts.append(say(language, "enter.replaces", entry=saved.replaces))
    here = [r for r in sheet.readings if r.timing == at.timing and r.minute // 1440 == at.day]
    if len(here) > 1:
        parts.append(say(language, "enter.more_here", count=len(here)))
    return SENTENCES[language]["semicolon"].join(parts)


def check_rows(session: Session, source: CellAt | LineAt, width: int) -> list[Row]:
    """What the text being typed would record, asks or has wrong, in at most two rows."""
    language = session.settings.language
    sheet = entry.bedside_sheet(session, source.patient_id)
    unsaved = entry_typing.text_of(session, source)
    hint = say(language, "enter.hint.cell" if isinstance(source, CellAt) else "enter.hint.line")
    if not unsaved.text.strip():
        return _two(hint, Tone.DIM, width)
    answer = entry_typing.answer_of(session, source, unsaved)
    if answer is None or sheet is None:
        return _two(say(language, "entry.not_read"), Tone.DIM, width)
    saved = entry.saved_reading(sheet, source) if isinstance(source, CellAt) else None
    word = _word(answer, saved)
    mark, tone = ENTRY["ready" if word in ("pending", "correction") and isinstance(answer, Ready) else word]
    return _two(f"{mark} {speech_of(session, sheet).answer(answer)}", tone, width)


def _two(text: str, tone: Tone, width: int) -> list[Row]:
    parts = wrap(clean(text), width=width - 1, first="   ")
    if len(parts) > 2:
        parts = [parts[0], cut(f"{parts[1]} …", width - 1)]
    return [line(Span(part, tone)) for part in (*parts, "")][:2]
