"""What is asked while entering: the text being typed, questions about it, why a value is corrected, why a dose was not given."""

from titration.explain.layout import wrap
from titration.explain.phrases import TIMINGS
from titration.explain.sentences import SENTENCES
from titration.service.pack_console import value_text
from titration.service.rounds.entry.words import amount_text, product_text
from titration.units import glucose_text
from tui.session import entry, entry_typing
from tui.session.dialogs import Ask, CellText, Correct, CorrectWhy, LineText, NotGiven, Trial
from tui.session.entry_state import CHOICE_KEYS, WHY_CORRECTED, WHY_NOT_GIVEN, DoseAt
from tui.session.state import Session
from tui.views.enter import check_rows, comma_of, rule, saved_text, speech_of, who_text
from tui.views.fields import field_row
from tui.views.page import Body, Row, Span, Target, Tone, clean, line
from tui.words import say


def sheet(session: Session, width: int) -> Body:
    """The rows of the open question of entry; none where nothing of it is asked."""
    match session.dialog:
        case CellText() | LineText() as dialog:
            return _text(session, dialog, width)
        case Ask() as dialog:
            return _ask(session, dialog, width)
        case Correct() as dialog:
            return _correct(session, dialog, width)
        case CorrectWhy() as dialog:
            row, column = field_row("   ", dialog.field, width, most=width - 6)
            return Body((rule(say(session.settings.language, "correct.note"), width), row), (column, 1))
        case Trial() as dialog:
            return _trial(session, dialog, width)
        case NotGiven() as dialog:
            return _not_given(session, dialog, width)
        case _:
            return Body(())


def _text(session: Session, dialog: CellText | LineText, width: int) -> Body:
    language = session.settings.language
    who = who_text(session, dialog.source.patient_id)
    patient = entry.bedside_sheet(session, dialog.source.patient_id)
    unit = "" if patient is None else say(language, "enter.own_unit", unit=patient.person.system.text)
    if isinstance(dialog, CellText):
        timing = f"{TIMINGS[language][dialog.source.timing]}, {unit}"
        title = say(language, "enter.prompt.cell", who=who, timing=timing)
        most = 30
    else:
        title = say(language, "enter.prompt.line", who=f"{who}{comma_of(language)}{unit}")
        most = width - 4
    row, column = field_row(" > ", dialog.field, width, most=most)
    rows = [rule(title, width, Tone.STRONG), row, *check_rows(session, dialog.source, width)]
    saved = saved_text(session, dialog.source) if isinstance(dialog, CellText) else ""
    if saved:
        rows.append(line(Span(f"   {say(language, 'enter.state.saved')}  {saved}", Tone.DIM)))
    return Body(tuple(rows), (column, 1))


def _ask(session: Session, dialog: Ask, width: int) -> Body:
    language = session.settings.language
    patient = entry.bedside_sheet(session, dialog.source.patient_id)
    assert patient is not None
    speech = speech_of(session, patient)
    title = f"{say(language, 'ask.title')}{SENTENCES[language]['colon']}{who_text(session, dialog.source.patient_id)}"
    text = f"{entry_typing.text_of(session, dialog.source).text}  →  {speech.answer(dialog.question)}"
    rows = [rule(title, width, Tone.WARN)]
    rows += [line(Span(part, Tone.STRONG)) for part in wrap(clean(text), width=width - 1, first=" ? ")]
    for at, option in enumerate(dialog.question.options):
        rows += _option(at, speech.option(option), "ask.pick", width, here=at == dialog.cursor)
    return Body(tuple(rows))


def _option(at: int, text: str, action: str, width: int, *, here: bool) -> list[Row]:
    key = CHOICE_KEYS[at]
    target = Target(action, key)
    parts = wrap(clean(text), width=width - 7)
    rows = [
        line(
            Span(" ▸ " if here else "   ", Tone.STRONG, target),
            Span(key, Tone.KEY, target),
            Span(f" {parts[0]}", Tone.CURSOR if here else Tone.PLAIN, target),
        )
    ]
    return [*rows, *(line(Span(f"     {part}", target=target)) for part in parts[1:])]


def _correct(session: Session, dialog: Correct, width: int) -> Body:
    language = session.settings.language
    key = "correct.title" if dialog.new else "correct.title.withdraw"
    rows = [rule(say(language, key, entry=dialog.of), width, Tone.WARN), *_before_after(session, dialog, width)]
    for at, name in enumerate((*WHY_CORRECTED, "other")):
        rows += _option(at, say(language, f"correct.{name}"), "correct.pick", width, here=at == dialog.cursor)
    return Body(tuple(rows))


def _before_after(session: Session, dialog: Correct, width: int) -> list[Row]:
    language = session.settings.language
    patient = entry.bedside_sheet(session, dialog.source.patient_id)
    assert patient is not None
    was = ""
    reading = next((row for row in patient.readings if row.seq == dialog.of), None)
    dose = next((row for row in patient.doses if row.seq == dialog.of), None)
    if reading is not None:
        system = patient.person.system
        was = f"{glucose_text(reading.value, system)} {system.text}{comma_of(language)}{TIMINGS[language][reading.timing]}"
    elif dose is not None:
        name = product_text(session.formulary.products.get(dose.drug), dose.drug, language)
        was = f"{name}{comma_of(language)}{amount_text(dose.amount, dose.unit, language)}"
    becomes = say(language, "correct.nothing")
    if dialog.new:
        becomes = speech_of(session, patient).read_back(dialog.new[0])  # pyright: ignore[reportArgumentType] - recordable
    text = f"{who_text(session, dialog.source.patient_id)}{SENTENCES[language]['colon']}{say(language, 'correct.was')} {was}"
    rows = [line(Span(part)) for part in wrap(clean(text), width=width - 1, first=" ")]
    after = f"{say(language, 'correct.becomes')} {becomes}"
    return [*rows, *(line(Span(part, Tone.STRONG)) for part in wrap(clean(after), width=width - 1, first=" "))]


def _not_given(session: Session, dialog: NotGiven, width: int) -> Body:
    language = session.settings.language
    title = f"{say(language, 'not_given.title')} {who_text(session, dialog.source.patient_id)}{comma_of(language)}{_dose(session, dialog.source)}"
    rows = [rule(title, width, Tone.WARN)]
    for at, name in enumerate(WHY_NOT_GIVEN):
        rows += _option(at, say(language, f"not_given.{name}"), "not_given.pick", width, here=at == dialog.cursor)
    return Body(tuple(rows))


def _trial(session: Session, dialog: Trial, width: int) -> Body:
    language = session.settings.language
    if dialog.tab == "parameters":
        parameter = session.pack.parameters[dialog.key]
        name, value = session.pack.text(language, f"parameter.{dialog.key}"), value_text(parameter)
        name = dialog.key if name.startswith("parameter.") else name
    else:
        patient = entry.bedside_sheet(session, session.rules.patient)
        assert patient is not None
        found = next(row for row in patient.readings if row.seq == int(dialog.key))
        system = patient.person.system
        name, value = TIMINGS[language][found.timing], f"{glucose_text(found.value, system)} {system.text}"
    row, column = field_row(" > ", dialog.field, width, most=20)
    return Body((rule(say(language, "try.prompt", name=clean(name), value=value), width), row), (column, 1))


def _dose(session: Session, at: DoseAt) -> str:
    return product_text(session.formulary.products.get(at.drug), at.drug, session.settings.language)
