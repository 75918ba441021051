"""What is asked below a screen: rows that take their place from the screen and hide nothing of it."""

from titration.explain.layout import wrap
from titration.explain.phrases import LIMITS
from titration.explain.trace import LinePlan
from titration.explain.values import dose_text
from titration.service.rounds.told import Action, LineKey
from titration.units import MILLI
from tui.keys import Keymap, shown
from tui.session import changes, palette
from tui.session.dialogs import BeyondLimits, Dose, Jump, Leave, Note, Palette, Search, Why
from tui.session.state import Session, line_key
from tui.views import entry_dialogs
from tui.views.fields import field_row
from tui.views.lines import title_text
from tui.views.page import Body, Row, Span, Target, Tone, cell, cells, clean, cut, filled, line
from tui.words import say


def sheet(session: Session, keymap: Keymap, width: int, height: int) -> Body:
    """The rows of the open question; none where nothing is asked."""
    match session.dialog:
        case Search() as dialog:
            found = _search(session, dialog, width)
        case Jump() as dialog:
            row, column = field_row(f" {say(session.settings.language, 'ward.jump_prompt')}", dialog.field, width)
            found = Body((row,), (column, 0))
        case Dose() as dialog:
            found = _dose(session, dialog, width)
        case BeyondLimits() as dialog:
            found = _beyond(session, dialog, keymap, width)
        case Why() as dialog:
            found = _why(session, dialog, width)
        case Note() as dialog:
            found = _note(session, dialog, width)
        case Leave() as dialog:
            found = _leave(session, dialog, width)
        case Palette() as dialog:
            found = _palette(session, dialog, keymap, width, height)
        case _:
            found = entry_dialogs.sheet(session, width)
    rows = tuple(filled(row, width) for row in found.rows)
    return Body(rows, found.caret)


def _rule(title: str, width: int, tone: Tone = Tone.HEADING) -> Row:
    text = cut(f"── {clean(title)} ", width)
    return line(Span(text + "─" * max(0, width - cells(text)), tone))


def _plan_of(session: Session, key: LineKey) -> LinePlan:
    assert session.round is not None
    return next(line for line in session.round.lines if line_key(line) == key)


def _search(session: Session, dialog: Search, width: int) -> Body:
    row, column = field_row(f" {say(session.settings.language, 'ward.search_prompt')}", dialog.field, width)
    return Body((row,), (column, 0))


def _dose(session: Session, dialog: Dose, width: int) -> Body:
    assert session.round is not None
    language = session.settings.language
    plan = _plan_of(session, dialog.line)
    voice = session.voice(session.round.sheet.person.system)
    before = voice.say("dose.unknown") if plan.before is None else dose_text(plan.before, plan.unit, voice)
    after = dose_text(plan.after, plan.unit, voice)
    row, column = field_row("   ", dialog.field, width, most=10)
    unit = voice.unit(plan.unit, 0)
    facts = say(language, "dose.plan", before=before, after=after)
    rows = [
        _rule(say(language, "dose.title", line=title_text(plan, voice)), width),
        Row((*row.spans, Span(f" {unit}   {facts}   {say(language, 'dose.stops')}", Tone.DIM))),
    ]
    if dialog.problem is not None:
        step = MILLI if plan.product is None else plan.product.increment
        text = say(language, dialog.problem, step=dose_text(step, plan.unit, voice))
        rows.append(line(Span(f" ! {text}", Tone.WARN)))
    else:
        rows.append(line(""))
    return Body(tuple(rows), (column, 1))


def _beyond(session: Session, dialog: BeyondLimits, keymap: Keymap, width: int) -> Body:
    assert session.round is not None
    language = session.settings.language
    plan = _plan_of(session, dialog.line)
    voice = session.voice(session.round.sheet.person.system)
    rows = [_rule(say(language, "beyond.title", dose=dose_text(dialog.dose, plan.unit, voice)), width, Tone.DANGER)]
    rows.append(line(f"   {title_text(plan, voice)}"))
    for name in dialog.limits:
        text = LIMITS[language].get(name, name)
        rows += [line(Span(part, Tone.WARN)) for part in wrap(text, width=width - 1, first="   - ")]
    key = shown(keymap.action("beyond.confirm").keys[0])
    rows.append(line(Span(f"   {say(language, 'beyond.question', key=key)}", Tone.STRONG)))
    return Body(tuple(rows))


def _why(session: Session, dialog: Why, width: int) -> Body:
    assert session.round is not None
    language = session.settings.language
    plan = _plan_of(session, dialog.line)
    voice = session.voice(session.round.sheet.person.system)
    dose = "" if dialog.dose is None else dose_text(dialog.dose, plan.unit, voice)
    kind = "modify" if dialog.action is Action.MODIFY else "reject"
    title = f"{say(language, f'why.title.{kind}', dose=dose)}  {title_text(plan, voice)}"
    rows = [_rule(title, width)]
    half = (len(changes.REASONS) + 1) // 2
    wide = width // 2
    for i in range(half):
        spans: list[Span] = []
        for at in (i, i + half):
            if at < len(changes.REASONS):
                spans += _reason(at, dialog, language, wide)
        rows.append(Row(tuple(spans)))
    return Body(tuple(rows))


def _reason(at: int, dialog: Why, language: str, width: int) -> list[Span]:
    here = at == dialog.cursor
    target = Target("why.pick", changes.REASON_KEYS[at])
    text = say("zh" if language == "zh" else "en", f"reason.{changes.REASONS[at].value}")
    return [
        Span(" ▸ " if here else "   ", Tone.STRONG, target),
        Span(changes.REASON_KEYS[at], Tone.KEY, target),
        Span(cell(f" {text}", width - 4).text, Tone.CURSOR if here else Tone.PLAIN, target),
    ]


def _note(session: Session, dialog: Note, width: int) -> Body:
    row, column = field_row("   ", dialog.field, width, most=width - 6)
    return Body((_rule(say(session.settings.language, "note.title"), width), row), (column, 1))


def _leave(session: Session, dialog: Leave, width: int) -> Body:
    language = session.settings.language
    names = "、".join if language == "zh" else ", ".join
    wards = session.ward.sheet
    found = [None if wards is None else wards.find(patient) for patient in dialog.patients]
    shown_names = [
        (row.person.bed or row.person.name or patient) if row is not None else patient
        for row, patient in zip(found, dialog.patients, strict=True)
    ]
    key = "leave.question.one" if len(shown_names) == 1 else "leave.question"
    text = say(language, key, count=len(shown_names), names=clean(names(shown_names)))
    rows = [_rule(say(language, "leave.safe"), width, Tone.WARN)]
    rows += [line(Span(part, Tone.STRONG)) for part in wrap(text, width=width - 2, first="   ")]
    return Body(tuple(rows))


def _palette(session: Session, dialog: Palette, keymap: Keymap, width: int, height: int) -> Body:
    language = session.settings.language
    actions = palette.found(session)
    row, column = field_row(" : ", dialog.field, width)
    rows = [_rule(say(language, "palette.title"), width), row]
    if not actions:
        rows.append(line(Span(f"   {say(language, 'palette.none')}", Tone.DIM)))
    room = max(3, min(12, height // 2))
    first = max(0, min(dialog.cursor - room // 2, len(actions) - room))
    for i, action in list(enumerate(actions))[first : first + room]:
        here = i == dialog.cursor
        keys = " ".join(shown(key) for key in keymap.action(action.id).keys if not key.startswith("wheel"))
        spans = (
            Span(" ▸ " if here else "   ", Tone.STRONG),
            cell(action.name(language), 24),
            cell(keys, 24, Tone.KEY),
            Span(action.id, Tone.DIM),
        )
        rows.append(Row(spans, Tone.CURSOR if here else Tone.PLAIN, Target("palette.point", str(i))))
    return Body(tuple(rows), (column, 1))
