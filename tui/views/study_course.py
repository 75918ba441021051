"""The whole course on one page: phases, visits, daily insulin, glucose, drugs and events over the same days, then every change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from titration.explain.phrases import Language
from titration.explain.values import number_text
from titration.explain.voice import date_text
from titration.service.rounds.told_study import StudyChange, StudyDrug, StudySheet
from titration.study.words import DRIVERS, PHASES, named
from titration.units import Pair, UnitSystem
from tui.session.state import Session
from tui.views.enter import rule
from tui.views.glucose import HIGH, LOW, VERY_HIGH, pair_text
from tui.views.page import Body, Row, Span, Tone, cell, cells, clean, cut, fit, line
from tui.words import say

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_GOAL: Final = Pair(70, 126)
_EDGES: Final = (LOW, _GOAL, HIGH, VERY_HIGH)
"""Published pairs between which glucose is drawn: below the first is a low."""
_MG_PER_MMOL: Final = Fraction("18.0156")
_MOST_A_DAY: Final = 3


@dataclass(frozen=True, slots=True)
class Axis:
    """Days as columns: several columns a day, or several days a column."""

    first: int
    last: int
    columns: int
    a_day: int
    days: int

    @classmethod
    def of(cls, first: int, last: int, room: int) -> "Axis":
        """An axis from ``first`` to ``last`` in at most ``room`` columns."""
        count = last - first + 1
        if count <= room:
            a_day = min(_MOST_A_DAY, room // count)
            return cls(first, last, count * a_day, a_day, 1)
        days = -(-count // room)
        return cls(first, last, -(-count // days), 1, days)

    def column(self, day: int) -> int:
        """The column a day begins in."""
        return (day - self.first) * self.a_day // self.days

    def days_of(self, column: int) -> range:
        """The days of a column."""
        start = self.first + column * self.days // self.a_day
        return range(start, start + self.days)


def course_body(session: Session, sheet: StudySheet, width: int, height: int) -> Body:
    """The page: the timeline as tall as there is room, and the list of changes in what is left."""
    language = session.settings.language
    gutter = 21 if width < 110 else 34
    axis = Axis.of(sheet.first_day, _last(sheet), width - gutter - 1)
    tall = height >= 30
    events = _events_lane(sheet, axis)
    rows = [
        _lane(say(language, "study.phases"), gutter, _phases(sheet, axis, language)),
        _lane(say(language, "study.visits"), gutter, _visits(sheet, axis)),
        *_insulin(sheet, axis, gutter, 6 if tall else 4, language),
        *_glucose(session, sheet, axis, gutter),
        *(_drug(drug, axis, gutter, language) for drug in sheet.drugs[: 12 if tall else 4]),
        *([_lane(say(language, "study.events"), gutter, events)] if events else []),
        _dates(axis, gutter, language),
    ]
    changes = list(_changes(sheet, language, width))
    room = max(0, height - len(rows) - 1)
    most = max(0, len(changes) - room)
    start = min(session.study.scroll, most)
    left = len(changes) - start - room
    title = say(language, "study.changes", count=len(sheet.changes))
    if left > 0:
        title = f"{title} · {say(language, 'study.more', count=left)}"
    rows.append(rule(title, width))
    return Body((*rows, *changes[start : start + room]), scroll_most=most)


def _last(sheet: StudySheet) -> int:
    """Up to today, and to the end of the next visit's window, so that the page says what comes."""
    ahead = [
        visit.appointment.window.last
        for visit in sheet.visits
        if visit.appointment.window is not None and visit.appointment.held is None
    ]
    return max(sheet.day, min((day for day in ahead if day > sheet.day), default=sheet.day))


def _lane(label: str, gutter: int, spans: Sequence[Span], tone: Tone = Tone.DIM) -> Row:
    return Row((cell(f" {cut(clean(label), gutter - 3)}", gutter - 1, tone), Span("│", Tone.DIM), *spans))


def _written(axis: Axis, marks: Sequence[tuple[int, str]], ground: str = " ") -> str:
    """Texts at their columns; one that would run into the one before is left out, a mark stands for it."""
    out, used = [ground] * axis.columns, -1
    for column, text in marks:
        if not 0 <= column < axis.columns:
            continue
        wide = cells(text)
        if column > used and column + wide <= axis.columns:
            out[column : column + wide] = [text, *[""] * (wide - 1)]
            used = column + wide
        elif out[column] == " ":
            out[column] = "'"
    return "".join(out)


def _phases(sheet: StudySheet, axis: Axis, language: Language) -> list[Span]:
    # Of phases that began before the record only the one in force is written.
    latest = sorted({max(0, axis.column(day)): named(PHASES, name, language) for name, day in sheet.phases}.items())
    text = ""
    for i, (start, name) in enumerate(latest):
        room = (latest[i + 1][0] if i + 1 < len(latest) else axis.columns) - start
        text += fit(f"▸{name}" if cells(name) < room else "▸", room)
    return [Span(" " * (latest[0][0] if latest else 0)), Span(text)]


def _visits(sheet: StudySheet, axis: Axis) -> list[Span]:
    marks: dict[int, list[str]] = {}
    for visit in sheet.visits:
        each = visit.appointment
        day = each.held if each.held is not None else each.appointed
        if day is not None and day <= axis.last:
            name = clean(each.name)
            marks.setdefault(axis.column(day), []).append(name if each.held is not None else f"({name})")
    return [Span(_written(axis, [(column, "/".join(marks[column])) for column in sorted(marks)]), Tone.STRONG)]


def _insulin(sheet: StudySheet, axis: Axis, gutter: int, rows: int, language: Language) -> Iterator[Row]:
    """Units a day as bars; a column of several days shows the last one known."""
    known = dict(sheet.insulin)
    values = [_last_known(known, axis.days_of(column)) for column in range(axis.columns)]
    top = max((value for value in values if value is not None), default=Fraction(0))
    base = None if sheet.baseline is None else known.get(sheet.baseline)
    for row in reversed(range(rows)):
        label = ""
        if row == rows - 1:
            label = say(language, "study.insulin_top", amount=number_text(top, 1))
        elif row == 0 and base is not None and sheet.insulin and sheet.insulin[-1][1] is not None and base > 0:
            percent = number_text(sheet.insulin[-1][1] * 100 / base, 0)
            label = say(language, "study.insulin_now", percent=percent)
        text = "".join(_bar(value, top, row, rows) for value in values)
        yield _lane(label, gutter, [Span(text, Tone.ACCENT if text.strip() else Tone.PLAIN)])


def _last_known(known: dict[int, Fraction | None], days: range) -> Fraction | None:
    return next((value for day in reversed(days) if (value := known.get(day)) is not None), None)


def _bar(value: Fraction | None, top: Fraction, row: int, rows: int) -> str:
    if value is None or top == 0:
        return " "
    eighths = int(value * rows * 8 / top) - row * 8
    if eighths <= 0:
        return "▁" if row == 0 else " "
    return _BLOCKS[min(8, eighths) - 1]


def _grid(value: Fraction, system: UnitSystem) -> int:
    """A value of the timeline back on the grid of its record, where thresholds are exact."""
    return round(value * 10) if system is UnitSystem.MMOL else round(value * _MG_PER_MMOL)


def _glucose(session: Session, sheet: StudySheet, axis: Axis, gutter: int) -> Iterator[Row]:
    """Readings between thresholds: fasting before post-meal where both fall into one place, a low before all."""
    language, system = session.settings.language, sheet.person.system
    shown = session.settings.shown_unit
    bins: list[dict[int, str]] = [{} for _ in range(len(_EDGES) + 1)]
    for point in sorted(sheet.points, key=lambda point: point.kind != "fasting"):
        if axis.first <= point.day <= axis.last:
            at = sum(_grid(point.value, system) >= edge.on(system) for edge in _EDGES)
            sign = "!" if at == 0 else {"fasting": "●", "post_meal": "▲"}.get(point.kind, "+")
            bins[at].setdefault(axis.column(point.day), sign)
    unit = (shown or system).text
    for at in reversed(range(len(bins))):
        label = pair_text(_EDGES[at - 1], system, shown) if at else say(language, "study.below")
        if at == len(bins) - 1:
            label = f"{unit}  {label}"
        text = "".join(
            bins[at].get(column, "·" if at in (1, 2) and column % 3 == 1 else " ") for column in range(axis.columns)
        )
        spans = [Span(text, Tone.DANGER if at == 0 and "!" in text else Tone.PLAIN)]
        axis_sign = Span("┤" if at else "│", Tone.DIM)
        yield Row((cell(f"{label} ", gutter - 1, Tone.DIM, align="right"), axis_sign, *spans))


def _drug(drug: StudyDrug, axis: Axis, gutter: int, language: Language) -> Row:
    """Daily amounts along the days: a change has its arrow, a stop its square."""
    name, unit = (pair[0] if language == "en" else pair[1] for pair in (drug.name, drug.unit))
    out = [" "] * axis.columns
    before: Fraction | None = None
    for first, last, amount in drug.spans:
        start, end = axis.column(first), min(axis.columns, axis.column(last) + axis.a_day)
        arrow = "" if before is None or before == amount else "↑" if amount > before else "↓"
        written = f"{arrow}{number_text(amount, 1).replace(',', '')}"
        text = written if amount else "■" if before else ""
        room = end - start
        text = text if len(text) <= room else arrow if len(arrow) <= room else ""
        ground = "─" if amount else " "
        out[start:end] = [*text, *[ground] * (room - len(text))]
        before = amount
    label = f"{clean(name)}, {unit}"
    label = label if cells(label) <= gutter - 3 else clean(name)
    return _lane(label, gutter, [Span("".join(out))])


def _events_lane(sheet: StudySheet, axis: Axis) -> list[Span]:
    """Adverse events ("*") and lows ("!") on their days."""
    marks: dict[int, str] = {}
    for event in sheet.events:
        marks[axis.column(event.minute // 1440)] = "*"
    for low in sheet.lows:
        marks[axis.column(low.minute // 1440)] = "!"
    if not marks:
        return []
    text = "".join(marks.get(column, " ") for column in range(axis.columns))
    return [Span(text, Tone.WARN if "!" in text else Tone.STRONG)]


def _dates(axis: Axis, gutter: int, language: Language) -> Row:
    """Days below the page, a week or more apart."""
    step = 7
    while axis.column(axis.first + step) < 7:
        step *= 2
    marks = [(axis.column(day), date_text(day)[5:]) for day in range(axis.first, axis.last + 1, step)]
    legend = cell(f" {say(language, 'study.legend')}", gutter - 1, Tone.DIM)
    return Row((legend, Span("└", Tone.DIM), Span(_written(axis, marks, "─"), Tone.DIM)))


def _changes(sheet: StudySheet, language: Language, width: int) -> Iterator[Row]:
    """Every change since the baseline, newest first, with what the plan of the evening before had said."""
    for change in sorted(sheet.changes, key=lambda change: -change.day):
        yield _change(change, sheet, language, width)
    if not sheet.changes:
        yield line(Span(f"  {say(language, 'study.no_changes')}", Tone.DIM))


def _change(change: StudyChange, sheet: StudySheet, language: Language, width: int) -> Row:
    base = sheet.baseline
    rel = "" if base is None else say(language, "study.day", number=f"{change.day - base:+d}")
    driver = named(DRIVERS, change.driver, language)
    if change.rule and change.driver == "rule":
        driver = f"{driver} ({change.rule})"
    what = clean(change.what[0] if language == "en" else change.what[1])
    return line(
        cell(f" {'↑' if change.up else '↓'} ", 3, Tone.STRONG),
        cell(f"{date_text(change.day)[5:]} {rel}", 15),
        Span(cut(f"{what} · {driver}", width - 19)),
    )
