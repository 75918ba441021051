"""A change tried on one patient: the readings that may be changed, and the plan now beside the plan with the change."""

from titration.explain.doses import change_text, line_text
from titration.explain.layout import wrap
from titration.explain.phrases import KINDS, TIMINGS
from titration.explain.trace import Assessment, LinePlan
from titration.explain.voice import Voice, time_text
from titration.service.pack_console import value_text
from titration.service.rounds.told import LineKey
from titration.units import glucose_text
from tui.session.entry import bedside_sheet
from tui.session.rules import readings_of
from tui.session.state import Session, line_key
from tui.views.marks import KIND
from tui.views.page import Row, Span, Tone, cell, clean, line
from tui.words import say


def trial_list(session: Session, seq: int, width: int) -> list[Span]:
    """One reading of the list."""
    language = session.settings.language
    sheet = bedside_sheet(session, session.rules.patient)
    found = next((row for row in readings_of(session) if row.seq == seq), None)
    if sheet is None or found is None:
        return [cell("", width)]
    system = sheet.person.system
    tried = session.rules.readings.get(seq)
    spans = [
        cell(time_text(found.minute), 13),
        cell(TIMINGS[language][found.timing], 22),
        cell(f"{glucose_text(found.value, system)} {system.text}", 14, Tone.STRONG),
    ]
    if tried is not None:
        spans.append(Span(say(language, "rules.changed", value=glucose_text(tried, system)), Tone.ACCENT))
    return spans


def trial_rows(session: Session, width: int) -> list[Row]:
    """What is tried, and line by line the plan now and then."""
    language, state = session.settings.language, session.rules
    sheet = bedside_sheet(session, state.patient)
    if not state.patient:
        return [line(Span(f" {say(language, 'try.no_patient')}", Tone.DIM))]
    if sheet is None:
        return [line(Span(f" {say(language, 'try.loading')}", Tone.DIM))]
    voice = session.voice(sheet.person.system)
    rows = _tried(session, voice, width)
    if not rows:
        empty = "try.nothing" if readings_of(session) else "try.no_reading"
        rows = [line(Span(part, Tone.DIM)) for part in wrap(say(language, empty), width=width - 1, first=" ")]
    then = {line_key(plan): plan for plan in state.tried.lines} if state.tried is not None else None
    for plan in sheet.assessment.lines:
        rows += _compared(plan, then, voice, width)
    if state.tried is not None:
        rows += _new_lines(sheet.assessment, state.tried, voice, width)
    return rows


def _tried(session: Session, voice: Voice, width: int) -> list[Row]:
    """Everything that is changed on trial, in words."""
    language, state = session.settings.language, session.rules
    parts = [
        f"{voice.text('parameter', name, name)} {value_text(session.pack.parameters[name])} → {value}"
        for name, value in sorted(state.parameters.items())
        if name in session.pack.parameters
    ]
    by_seq = {row.seq: row for row in readings_of(session)}
    for seq, value in sorted(state.readings.items()):
        if seq in by_seq:
            row = by_seq[seq]
            was, now = glucose_text(row.value, voice.system), glucose_text(value, voice.system)
            parts.append(f"{TIMINGS[language][row.timing]} {time_text(row.minute)}: {was} → {now} {voice.system.text}")
    if not parts:
        return []
    text = f"{say(language, 'try.changes')}{voice.say('colon')}{voice.listed(parts)}"
    return [line(Span(part, Tone.ACCENT)) for part in wrap(clean(text), width=width - 1, first=" ")]


def _compared(plan: LinePlan, then: dict[LineKey, LinePlan] | None, voice: Voice, width: int) -> list[Row]:
    language = voice.language
    rows = [line(Span(part, Tone.STRONG)) for part in wrap(clean(line_text(plan, voice)), width=width - 1, first=" ")]
    rows += _plan(say(language, "try.now"), plan, voice, width, Tone.PLAIN)
    if then is None:
        return rows
    other = then.get(line_key(plan))
    if other is None:
        return [*rows, line(Span(f"   {say(language, 'try.then')}: {say(language, 'try.none')}", Tone.WARN))]
    if _essence(other) == _essence(plan):
        return [*rows, line(Span(f"   {say(language, 'try.then')}: {say(language, 'try.same')}", Tone.DIM))]
    return [*rows, *_plan(say(language, "try.then"), other, voice, width, Tone.ACCENT)]


def _essence(plan: LinePlan) -> tuple[object, ...]:
    return (plan.kind, plan.after, plan.limits, None if plan.rule is None else plan.rule.rule_id)


def _plan(label: str, plan: LinePlan, voice: Voice, width: int, tone: Tone) -> list[Row]:
    sign = KIND[plan.kind][0]
    text = f"{sign} {KINDS[voice.language][plan.kind]}{voice.say('colon')}{change_text(plan, voice)}"
    if plan.rule is not None:
        text += f" [{plan.rule.rule_id}]"
    return [
        line(Span(part, tone)) for part in wrap(clean(text), width=width - 1, first=f"   {label}{voice.say('colon')}")
    ]


def _new_lines(now: Assessment, then: Assessment, voice: Voice, width: int) -> list[Row]:
    """Notices that the change brings or takes away."""
    rows: list[Row] = []
    for sign, names in (("+", set(then.notices) - set(now.notices)), ("-", set(now.notices) - set(then.notices))):
        for name in sorted(names):
            text = voice.text("notice", name)
            rows += [line(Span(part, Tone.WARN)) for part in wrap(clean(text), width=width - 1, first=f" {sign} ")]
    return rows
