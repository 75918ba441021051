"""One patient's study: tabs, the schedule, and safety. Endpoints and the course have views of their own."""

from collections.abc import Iterator
from typing import Final

from titration.explain.layout import wrap
from titration.explain.phrases import Language
from titration.explain.voice import date_text
from titration.service.rounds.told_study import Both, StudyAlarm, StudySheet, StudyVisit
from titration.study.safety import URGENT, Flag
from titration.study.schedule import Appointment, VisitState
from titration.study.words import ENDPOINTS, FLAGS, OUTCOMES, PHASES, RELATIONS, STATUSES, named
from titration.units import LO_VALUE
from tui.keys import Keymap
from tui.session.state import Session
from tui.session.study_state import TABS
from tui.views.enter import rule, who_text
from tui.views.glucose import value_text
from tui.views.page import Body, Row, Span, Target, Tone, cell, cells, clean, cut, line
from tui.views.study_course import course_body
from tui.views.study_endpoints import endpoint_rows
from tui.words import say

STATE: Final = {
    VisitState.WAITING: ("?", Tone.DIM),
    VisitState.NOT_YET: ("·", Tone.DIM),
    VisitState.IN_WINDOW: ("○", Tone.PLAIN),
    VisitState.DUE: ("◷", Tone.ACCENT),
    VisitState.LATE: ("!", Tone.WARN),
    VisitState.MISSED: ("✗", Tone.DANGER),
    VisitState.DONE: ("✓", Tone.GOOD),
    VisitState.OUT_OF_WINDOW: ("±", Tone.WARN),
}
"""The sign and tone of a visit's state; the word stands beside it."""


def body(session: Session, keymap: Keymap, width: int, height: int) -> Body:
    """The tab that is looked at."""
    del keymap
    language, sheet = session.settings.language, session.study.sheet
    rows = [_tabs(session, width)]
    if sheet is None:
        key = "loading" if "study" in session.awaited else "study.not_read"
        return Body((*rows, line(""), line(Span(f"  {say(language, key)}", Tone.DIM))))
    if not sheet.enrolled:
        texts = wrap(say(language, "study.not_enrolled"), width=width - 4)
        return Body((*rows, line(""), *(line(f"  {text}") for text in texts)))
    if session.study.tab == "course":
        found = course_body(session, sheet, width, height - 1)
        return Body((*rows, *found.rows), scroll_most=found.scroll_most)
    match session.study.tab:
        case "schedule":
            told = list(_schedule(sheet, language, width))
        case "endpoints":
            told = list(endpoint_rows(session, sheet, width))
        case _:
            told = list(_safety(session, sheet, width))
    if session.study.tab == "endpoints":
        # The visits' names stay above their columns.
        rows.append(told.pop(0))
    room = max(1, height - len(rows))
    most = max(0, len(told) - room)
    start = min(session.study.scroll, most)
    shown = told[start : start + room]
    left = len(told) - start - len(shown)
    if left > 0:
        shown[-1] = line(Span(f" {say(language, 'study.more', count=left + 1)}", Tone.DIM))
    return Body((*rows, *shown), scroll_most=most)


def _tabs(session: Session, width: int) -> Row:
    language = session.settings.language
    spans: list[Span] = [Span(" ")]
    for number, name in enumerate(TABS, 1):
        here = name == session.study.tab
        text = f"{number} {say(language, f'study.tab.{name}')}"
        spans.append(
            Span(
                f"[{text}]" if here else f" {text} ",
                Tone.STRONG if here else Tone.PLAIN,
                Target("study.tab", str(number)),
            )
        )
    who = f"   {who_text(session, session.study.patient)}"
    used = sum(cells(span.text) for span in spans)
    spans.append(Span(cut(who, max(0, width - used)), Tone.HEADING))
    return Row(tuple(spans))


def of(text: Both, language: Language) -> str:
    """A text of the sheet in one language."""
    return clean(text[0] if language == "en" else text[1])


def short_day(day: int | None) -> str:
    """A day as month and day."""
    return "–" if day is None else date_text(day)[5:]


# -- the schedule ------------------------------------------------------------------------------------------------------------

_WHAT: Final = 21


def _schedule(sheet: StudySheet, language: Language, width: int) -> Iterator[Row]:
    what = _WHAT + max(0, min(16, width - 80))
    yield _urgent(sheet, language, width)
    heads = (("", 3), ("visit", 6), ("what", what), ("window", 13), ("appointed", 11), ("held", 11))
    spans = [cell(say(language, f"study.head.{name}") if name else "", wide, Tone.HEADING) for name, wide in heads]
    used = sum(wide for _, wide in heads)
    yield Row((*spans, cell(say(language, "study.head.state"), max(0, width - used), Tone.HEADING)), Tone.HEADING)
    for visit in sheet.visits:
        yield _visit(visit, sheet, what, language, width)
    yield from _below(sheet, language, width)


def _urgent(sheet: StudySheet, language: Language, width: int) -> Row:
    """What must be seen at once stands on the first tab too."""
    found = _pressing(sheet)
    if found:
        more = f" {say(language, 'change.more', count=len(found) - 1)}" if len(found) > 1 else ""
        return line(Span(cut(f" !! {_alarm(found[0], language)}{more}", width), Tone.DANGER))
    status = named(STATUSES, sheet.status, language)
    text = f"{sheet.protocol} {sheet.version} ({status}) · {of(sheet.title, language)}"
    return line(Span(cut(f" {clean(text)}", width), Tone.DIM))


def _visit(visit: StudyVisit, sheet: StudySheet, what: int, language: Language, width: int) -> Row:
    each = visit.appointment
    sign, tone = STATE[each.state]
    window = each.window
    days = "–" if window is None else f"{short_day(window.first)}…{short_day(window.last)}"
    now = each.state in (VisitState.DUE, VisitState.LATE, VisitState.MISSED)
    spans = [
        cell(f" {sign}", 3, tone),
        cell(clean(each.name), 6, Tone.STRONG),
        cell(_short(of(visit.what, language), what - 1), what),
        cell(days, 13),
        cell("–" if each.appointed is None else date_text(each.appointed), 11),
        cell("–" if each.held is None else date_text(each.held), 11),
    ]
    used = sum(cells(span.text) for span in spans)
    return Row((*spans, cell(_state(visit, sheet, language), max(0, width - used), tone if now else Tone.PLAIN)))


def _short(text: str, width: int) -> str:
    """What a visit is, without what explains it where there is no room for both."""
    if cells(text) > width:
        text = text.partition("（")[0].partition(", ")[0].partition("，")[0]
    return cut(text, width)


def _state(visit: StudyVisit, sheet: StudySheet, language: Language) -> str:
    each = visit.appointment
    text = say(language, f"study.state.{each.state.value}")
    if each.state is VisitState.NOT_YET and each.appointed is not None:
        text = say(language, "study.in_days", count=each.appointed - sheet.day)
    if each.provisional and each.held is None:
        text = say(language, "study.provisional", text=text)
    if each.rescheduled_outside:
        text = say(language, "study.moved_outside", text=text)
    return text


def _below(sheet: StudySheet, language: Language, width: int) -> Iterator[Row]:
    """What is to be done at the next visit, and what the baseline rests on."""
    following = [v for v in sheet.visits if v.appointment.held is None and v.appointment.state is not VisitState.MISSED]
    if following:
        visit = following[0]
        each = visit.appointment
        yield rule(f"{each.name} · {_when(each, sheet, language)}", width)
        comma = "、" if language == "zh" else ", "
        measured = comma.join(_measure(name, language) for name in each.measures) or of(visit.what, language)
        yield from _labelled(say(language, "study.to_measure"), measured, width)
    else:
        yield rule(say(language, "study.all_done"), width)
    stable = "unknown" if sheet.stable is None else "yes" if sheet.stable else "no"
    yield from _labelled(say(language, "study.before"), say(language, f"study.stable.{stable}"), width)
    told = [f"{named(PHASES, name, language)} {date_text(day)}" for name, day in sheet.phases]
    if told:
        yield from _labelled(say(language, "study.phases"), (" → ").join(told), width)
    if sheet.set_aside:
        text = say(language, "study.set_aside", count=sheet.set_aside)
        yield line(Span(cut(f" ! {text}", width), Tone.WARN))


def _when(each: Appointment, sheet: StudySheet, language: Language) -> str:
    if each.window is None:
        return say(language, f"study.state.{each.state.value}")
    if each.state in (VisitState.DUE, VisitState.LATE, VisitState.IN_WINDOW):
        key = "study.due_to" if each.state is VisitState.DUE else "study.open_to"
        return say(language, key, day=date_text(each.window.last), count=each.window.last - sheet.day)
    return say(language, "study.opens", day=date_text(each.window.first))


def _measure(name: str, language: Language) -> str:
    if name in ENDPOINTS:
        return named(ENDPOINTS, name, language)
    return say(language, f"study.measure.{name}") if name in ("doses", "adverse_events") else name.replace("_", " ")


def _labelled(label: str, text: str, width: int) -> Iterator[Row]:
    wide = cells(label) + 3
    for i, part in enumerate(wrap(clean(text), width=width - wide - 1)):
        yield line(cell(f" {label}" if i == 0 else "", wide, Tone.DIM), part)


# -- safety ------------------------------------------------------------------------------------------------------------------


def _pressing(sheet: StudySheet) -> list[StudyAlarm]:
    """What must be seen at once: serious events before all, the latest first."""
    found = [alarm for alarm in sheet.alarms if alarm.flag in URGENT]
    return sorted(found, key=lambda alarm: (alarm.flag is not Flag.SERIOUS, -alarm.day))


def _alarm(alarm: StudyAlarm, language: Language) -> str:
    colon = "：" if language == "zh" else ": "
    said = of(alarm.about, language)
    about = f"{colon}{said}" if said else ""
    return f"{date_text(alarm.day)} {named(FLAGS, alarm.flag.value, language)}{about}"


def _safety(session: Session, sheet: StudySheet, width: int) -> Iterator[Row]:
    language = session.settings.language
    urgent = _pressing(sheet)
    yield rule(say(language, "study.urgent"), width)
    for alarm in urgent:
        yield from _item("!!", _alarm(alarm, language), width, Tone.DANGER)
    if not urgent:
        yield line(f"  {say(language, 'study.nothing_urgent')}")
    yield rule(say(language, "study.events"), width)
    yield from _events(sheet, language, width)
    yield rule(say(language, "study.lows", count=len(sheet.lows)), width)
    for low in sheet.lows:
        shown = session.settings.shown_unit
        lowest = "–" if low.lowest < LO_VALUE else value_text(low.lowest, sheet.person.system, shown)
        felt = say(language, "study.felt" if low.felt else "study.not_felt")
        text = say(language, "study.low", value=lowest, ada=low.ada_level, ctcae=low.ctcae_grade, felt=felt)
        tone = Tone.DANGER if low.ada_level > 1 else Tone.WARN
        yield from _item("!" if low.ada_level > 1 else "▼", f"{_moment(low.minute)} {text}", width, tone)
    rest = [alarm for alarm in sheet.alarms if alarm.flag not in URGENT]
    if rest:
        yield rule(say(language, "study.other"), width)
        for alarm in rest:
            yield from _item("?", _alarm(alarm, language), width, Tone.PLAIN)


def _moment(minute: int) -> str:
    day, clock = divmod(minute, 1440)
    return f"{date_text(day)} {clock // 60:02d}:{clock % 60:02d}"


def _events(sheet: StudySheet, language: Language, width: int) -> Iterator[Row]:
    if not sheet.events:
        yield line(f"  {say(language, 'study.no_events')}")
    for event in sorted(sheet.events, key=lambda event: -event.minute):
        unknown = say(language, "study.unknown")
        relation = [
            unknown if each is None else named(RELATIONS, each, language)
            for each in (event.relation_infusion, event.relation_drug)
        ]
        parts = [
            f"CTCAE {unknown if event.grade is None else event.grade}",
            *([] if event.ada_level is None else [f"ADA {event.ada_level}"]),
            say(language, "study.relation", infusion=relation[0], drug=relation[1]),
            say(
                language, "study.serious." + ("unknown" if event.serious is None else "yes" if event.serious else "no")
            ),
            unknown if event.outcome is None else named(OUTCOMES, event.outcome, language),
        ]
        text = f"{_moment(event.minute)} {clean(event.term)} · {' · '.join(parts)}"
        grave = event.serious is not False or (event.grade or 0) >= 3
        yield from _item("!!" if grave else "·", text, width, Tone.DANGER if grave else Tone.PLAIN)
        if event.note:
            yield from _item("", clean(event.note), width, Tone.DIM)


def _item(sign: str, text: str, width: int, tone: Tone) -> Iterator[Row]:
    for i, part in enumerate(wrap(text, width=width - 5)):
        yield line(cell(f" {sign}" if i == 0 else "", 4, tone), Span(part, tone if i == 0 else Tone.PLAIN))
