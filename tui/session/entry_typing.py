"""Typing into a cell or the one-line entry: checked at every key, asked where in doubt, corrected with a reason."""

from dataclasses import replace

from titration.service.rounds.asked import Correction, New, NewDose, NewReading
from titration.service.rounds.entry import Answer, Problem, Question, Ready, bedside_of, enter_cell, enter_line
from titration.service.rounds.entry.answers import Option
from titration.units import glucose_text
from tui.session.dialogs import Ask, CellText, Correct, CorrectWhy, LineText
from tui.session.entry import bedside_sheet, cell_at, changed, move, patient_at_hand, saved_reading, want
from tui.session.entry_sending import send
from tui.session.entry_state import (
    CHOICE_KEYS,
    WHY_CORRECTED,
    CellAt,
    LineAt,
    RowAt,
    Source,
    Unsaved,
)
from tui.session.field import Field
from tui.session.state import Session, Step, say


def answer_of(session: Session, source: CellAt | LineAt, unsaved: Unsaved) -> Answer | None:
    """What a text would record, asks, or has wrong with it; None while the record it is checked against is not read."""
    sheet = bedside_sheet(session, source.patient_id)
    if sheet is None:
        return None
    bedside = bedside_of(sheet, minute=session.minute, formulary=session.formulary)
    if isinstance(source, LineAt):
        return enter_line(unsaved.text, bedside, unsaved.confirmed)
    saved = saved_reading(sheet, source)
    return enter_cell(
        unsaved.text, bedside, day=source.day, timing=source.timing, saved=saved, confirmed=unsaved.confirmed
    )


def text_of(session: Session, source: Source) -> Unsaved:
    """What was typed there and is not saved."""
    return session.entry.texts.get(source, Unsaved(""))


def retyped(session: Session, source: Source, unsaved: Unsaved) -> Session:
    """The session with another text there; an empty one is dropped."""
    texts = {key: value for key, value in session.entry.texts.items() if key != source}
    if unsaved.text:
        texts[source] = unsaved
    return changed(session, texts=texts)


# -- opening a text --------------------------------------------------------------------------------------------------------


def edit_cell(session: Session, typed: str) -> Step:
    """Type into the cell under the cursor: anew where a character was pressed, else go on with what stands there."""
    cell = cell_at(session)
    if not cell.patient_id:
        return session, ()
    if session.entry.sending(cell):
        return say(session, "entry.wait", bad=True), ()
    text = typed or text_of(session, cell).text or _saved_text(session, cell)
    session = retyped(session, cell, replace(text_of(session, cell), text=text))
    return want(replace(session, dialog=CellText(cell, Field.holding(text)), told=None))


def _saved_text(session: Session, cell: CellAt) -> str:
    """The saved value, to be corrected from."""
    sheet = bedside_sheet(session, cell.patient_id)
    row = saved_reading(sheet, cell)
    return "" if sheet is None or row is None else glucose_text(row.value, sheet.person.system)


def open_line(session: Session, text: str = "") -> Step:
    """Open the one-line entry for the patient at hand."""
    patient = patient_at_hand(session)
    if not patient:
        return session, ()
    source = LineAt(patient)
    if session.entry.sending(source):
        return say(session, "entry.wait", bad=True), ()
    text = text or text_of(session, source).text
    session = retyped(session, source, replace(text_of(session, source), text=text))
    return want(replace(session, dialog=LineText(source, Field.holding(text)), told=None))


def typed(session: Session, field: Field) -> Session:
    """The session after a key changed the open text, which is kept at once."""
    dialog = session.dialog
    assert isinstance(dialog, CellText | LineText)
    session = retyped(session, dialog.source, replace(text_of(session, dialog.source), text=field.text))
    return replace(session, dialog=replace(dialog, field=field))


def leave_text(session: Session) -> Step:
    """Close the text without saving; it stays where it was typed, unless it is what is saved already."""
    dialog = session.dialog
    assert isinstance(dialog, CellText | LineText)
    answer = answer_of(session, dialog.source, text_of(session, dialog.source))
    if isinstance(answer, Problem) and answer.code == "unchanged":
        session = retyped(session, dialog.source, Unsaved(""))
    return replace(session, dialog=None), ()


# -- confirming ------------------------------------------------------------------------------------------------------------


def done(session: Session, across: int, down: int) -> Step:
    """Confirm what was typed: save it, or ask what is in doubt, or say what is wrong; then move on."""
    dialog = session.dialog
    assert isinstance(dialog, CellText | LineText)
    if not dialog.field.text.strip():
        session = replace(session, dialog=None)
        return _on(session, dialog.source, across, down)
    return _confirm(session, dialog.source, (across, down))


def _confirm(session: Session, source: CellAt | LineAt, step: tuple[int, int]) -> Step:
    answer = answer_of(session, source, text_of(session, source))
    match answer:
        case None:
            return say(session, "entry.not_read", bad=True), ()
        case Problem(code) if code == "unchanged":
            session = replace(retyped(session, source, Unsaved("")), dialog=None)
            return _on(session, source, *step)
        case Problem():
            return replace(_reopened(session, source), told=None), ()
        case Question():
            return replace(session, dialog=Ask(source, answer, 0, step), told=None), ()
        case Ready(new, _, corrects):
            if corrects is not None:
                return replace(session, dialog=Correct(source, corrects, tuple(new), 0, step), told=None), ()
            return _sent(session, source, tuple(new), step)


def _reopened(session: Session, source: CellAt | LineAt) -> Session:
    """The text open again, its caret at the end."""
    field = Field.holding(text_of(session, source).text)
    dialog = CellText(source, field) if isinstance(source, CellAt) else LineText(source, field)
    return replace(session, dialog=dialog)


def _sent(session: Session, source: CellAt | LineAt, new: tuple[New, ...], step: tuple[int, int]) -> Step:
    session, effects = send(replace(session, dialog=None), source, new, text_of(session, source).text)
    session, more = _on(session, source, *step)
    return session, (*effects, *more)


def _on(session: Session, source: Source, across: int, down: int) -> Step:
    """Move on from a cell; a line stays open for the next one."""
    if isinstance(source, CellAt):
        session, effects = move(session, across, down)
        return changed(session, written_for=source.patient_id), effects
    return session, ()


# -- questions -------------------------------------------------------------------------------------------------------------


def move_choice(session: Session, by: int) -> Step:
    """Another option under the cursor."""
    dialog = session.dialog
    assert isinstance(dialog, Ask | Correct)
    count = len(dialog.question.options) if isinstance(dialog, Ask) else len(WHY_CORRECTED) + 1
    return replace(session, dialog=replace(dialog, cursor=max(0, min(count - 1, dialog.cursor + by)))), ()


def choose(session: Session, key: str) -> Step:
    """Answer the open question: by the number of an option, or the one under the cursor."""
    dialog = session.dialog
    assert isinstance(dialog, Ask)
    options = dialog.question.options
    at = CHOICE_KEYS.index(key) if key in CHOICE_KEYS else dialog.cursor
    if at >= len(options):
        return session, ()
    return _taken(session, dialog, options[at])


def _taken(session: Session, dialog: Ask, option: Option) -> Step:
    source = dialog.source
    now = text_of(session, source)
    if option.text is None and option.confirms is None:
        return _reopened(session, source), ()
    confirmed = now.confirmed if option.confirms is None else now.confirmed | {option.confirms}
    session = retyped(session, source, Unsaved(option.text or now.text, confirmed))
    return _confirm(session, source, dialog.step)


def ask_again(session: Session) -> Step:
    """Back to typing."""
    dialog = session.dialog
    assert isinstance(dialog, Ask)
    return _reopened(session, dialog.source), ()


# -- corrections -----------------------------------------------------------------------------------------------------------


def withdraw(session: Session) -> Step:
    """Clear what was typed in the cell; where nothing was, withdraw the saved value, with a reason."""
    cell = cell_at(session)
    if session.entry.sending(cell):
        return say(session, "entry.wait", bad=True), ()
    if text_of(session, cell).text:
        return say(retyped(session, cell, Unsaved("")), "entry.cleared"), ()
    row = saved_reading(bedside_sheet(session, cell.patient_id), cell)
    if row is None:
        return say(session, "entry.nothing_here"), ()
    return replace(session, dialog=Correct(RowAt(cell.patient_id, row.seq), row.seq, (), 0, (0, 0)), told=None), ()


def why(session: Session, key: str) -> Step:
    """The coded reason of a correction; the last choice is to type one."""
    dialog = session.dialog
    assert isinstance(dialog, Correct)
    at = CHOICE_KEYS.index(key) if key in CHOICE_KEYS else len(WHY_CORRECTED) if key == "o" else dialog.cursor
    if at > len(WHY_CORRECTED):
        return session, ()
    if at == len(WHY_CORRECTED):
        return replace(session, dialog=CorrectWhy(dialog, Field())), ()
    return _corrected(session, dialog, WHY_CORRECTED[at])


def why_typed(session: Session) -> Step:
    """The reason typed; an empty one is asked for again."""
    dialog = session.dialog
    assert isinstance(dialog, CorrectWhy)
    text = dialog.field.text.strip()
    if not text:
        return say(session, "correct.empty", bad=True), ()
    return _corrected(session, dialog.correct, text)


def why_given_up(session: Session) -> Step:
    """Back to the coded reasons, or to the text that corrects."""
    dialog = session.dialog
    if isinstance(dialog, CorrectWhy):
        return replace(session, dialog=dialog.correct), ()
    assert isinstance(dialog, Correct)
    if isinstance(dialog.source, CellAt | LineAt):
        return _reopened(session, dialog.source), ()
    return replace(session, dialog=None), ()


def _corrected(session: Session, dialog: Correct, reason: str) -> Step:
    """A correction recorded beside what it corrects, which stays in the ledger as it was."""
    instead = dialog.new[0] if dialog.new else None
    assert instead is None or isinstance(instead, NewReading | NewDose)
    asked: tuple[New, ...] = (Correction(dialog.of, reason, instead), *dialog.new[1:])
    source = dialog.source
    if isinstance(source, CellAt | LineAt):
        return _sent(session, source, asked, dialog.step)
    return send(replace(session, dialog=None), source, asked, "")
