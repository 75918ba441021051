"""The figures of a study: the course of one patient on one page, and endpoints by visit for one patient or a group."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from titration.study import drawing as d
from titration.study.case import Case
from titration.study.drawing import Axis
from titration.study.measures import UNITS, Found
from titration.study.sections import day_text, drug_name, fraction_text, unit_of
from titration.study.statistics import summarise
from titration.study.words import ENDPOINTS, Language, named
from titration.study.words import UNITS as UNIT_WORDS

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "glycaemia": ("hba1c", "fbg", "pbg"),
    "islets": ("c_peptide", "c_peptide_2h", "homa_islet_cp", "homa_ir_cp"),
}
"""Figures of endpoints by visit."""
_TARGETS: Final[Mapping[str, tuple[float, float]]] = {"fbg": (4.4, 7.0), "pbg": (4.4, 10.0)}
_PANEL: Final = 96.0
_LEFT: Final = 40.0
_GLUCOSE_TOP: Final = 44.0


@dataclass(frozen=True, slots=True)
class Series:
    """Values of an endpoint by visit: of one patient, or of everybody in a group."""

    visits: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    """Per visit, the values there are."""
    lines: tuple[tuple[float | None, ...], ...] = ()
    """Per patient, the value at each visit."""


def series_of(cases: Sequence[Case], endpoint: str, visits: tuple[str, ...]) -> Series:
    """The values of one endpoint; a visit with none stays, with n = 0."""
    lines: list[tuple[float | None, ...]] = []
    for case in cases:
        found = [case.endpoints.get(visit, {}).get(endpoint) for visit in visits]
        lines.append(tuple(float(f.value) if isinstance(f, Found) else None for f in found))
    values = tuple(tuple(v for row in lines if (v := row[i]) is not None) for i in range(len(visits)))
    return Series(visits, values, tuple(lines))


def visit_names(case: Case) -> tuple[str, ...]:
    """Visits with blood beyond glucose, the ones the founding report shows; all visits when there are none such."""
    full = tuple(v.id for v in case.protocol.visits if {"hba1c", "c_peptide"} & set(v.measures))
    return full or tuple(v.id for v in case.protocol.visits)


def endpoint_figure(cases: Sequence[Case], group: str, language: Language, *, spread: str = "iqr") -> str:
    """Panels of a group of endpoints by visit: points of one patient, or median and IQR (mean and SD) of several."""
    names = GROUPS[group]
    visits = visit_names(cases[0])
    width = (d.WIDTH - 6) / len(names)
    parts: list[str] = []
    for i, name in enumerate(names):
        series = series_of(cases, name, visits)
        parts += _panel(series, name, language, left=i * width + _LEFT, right=(i + 1) * width - 8, spread=spread)
        parts.append(d.text(i * width + 4, 11, "abcd"[i], size=9, bold=True))
    title = " / ".join(named(ENDPOINTS, name, language) for name in names)
    if len(cases) > 1:
        parts.append(d.text(_LEFT, _PANEL + 60, _word(spread, language), size=6.5, colour=d.GREY))
    return d.svg(_PANEL + 64, title, parts)


def _panel(series: Series, name: str, language: Language, *, left: float, right: float, spread: str) -> Iterator[str]:
    unit = named(UNIT_WORDS, UNITS[name], language) if UNITS[name] in UNIT_WORDS else UNITS[name]
    label = named(ENDPOINTS, name, language)
    yield d.text(left - 20, 11, label, size=7.5)
    if unit:
        yield d.text(left - 20, 20, unit, size=6.5, colour=d.GREY)
    everything = [value for row in series.values for value in row]
    low, high, step = d.rounded_scale(everything or [1.0], zero=name != "hba1c")
    axis = Axis(low, high, 30, 30 + _PANEL)
    if name in _TARGETS:
        bottom, top = _TARGETS[name]
        yield d.box(left, axis.y(top), right - left, axis.y(bottom) - axis.y(top), colour=d.GREEN, opacity=0.12)
    yield from d.ticks(axis, step, left=left, right=right)
    places = [left + (i + 0.5) * (right - left) / len(series.visits) for i in range(len(series.visits))]
    for x, visit, values in zip(places, series.visits, series.values, strict=True):
        yield d.text(x, axis.bottom + 10, visit, anchor="middle")
        yield d.text(x, axis.bottom + 19, f"n={len(values)}", anchor="middle", size=6, colour=d.GREY)
    if len(series.lines) == 1:
        yield from _single(series, places, axis)
    else:
        yield from _grouped(series, places, axis, spread)


def _single(series: Series, places: list[float], axis: Axis) -> Iterator[str]:
    points = [(x, axis.y(values[0])) for x, values in zip(places, series.values, strict=True) if values]
    yield d.line(points, colour=d.BLUE, width=1.1)
    for x, values in zip(places, series.values, strict=True):
        if values:
            y = axis.y(values[0])
            yield d.mark("dot", x, y, colour=d.BLUE, size=2.2)
            yield d.text(x, y - 4.5, f"{values[0]:.3g}", anchor="middle", size=6.5)


def _grouped(series: Series, places: list[float], axis: Axis, spread: str) -> Iterator[str]:
    for row in series.lines:
        run = [(x, axis.y(value)) for x, value in zip(places, row, strict=True) if value is not None]
        yield d.line(run, colour="#BDBDBD", width=0.5)
    centres: list[tuple[float, float]] = []
    for x, values in zip(places, series.values, strict=True):
        found = summarise(values)
        if found is None:
            continue
        centre, low, high = found.median, *found.quartiles
        if spread == "sd":
            centre, sd = found.mean, found.sd or 0.0
            low, high = centre - sd, centre + sd
        y, top, bottom = axis.y(centre), axis.y(high), axis.y(low)
        yield d.line([(x, top), (x, bottom)], colour=d.BLUE)
        yield d.line([(x - 3, top), (x + 3, top)], colour=d.BLUE)
        yield d.line([(x - 3, bottom), (x + 3, bottom)], colour=d.BLUE)
        centres.append((x, y))
    yield d.line(centres, colour=d.BLUE, width=1.2)
    for x, y in centres:
        yield d.mark("square", x, y, colour=d.BLUE, size=2.2)


_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "glucose": ("glucose, mmol/L", "血糖，mmol/L"),
    "fasting": ("fasting", "空腹"),
    "post_meal": ("2 h after meals", "餐后2小时"),
    "other": ("other times", "其他时点"),
    "low": ("below 3.9", "低于3.9"),
    "insulin": ("insulin, units a day", "胰岛素，单位/日"),
    "weeks": ("weeks from the baseline", "距基线周数"),
    "days": ("days from the first record", "距首次记录天数"),
    "record_weeks": ("weeks from the first record", "距首次记录周数"),
    "half": ("half of the baseline", "基线的一半"),
    "beside": ("{id}, the same scale", "{id}，同一刻度"),
    "iqr": (
        "squares: median; bars: interquartile range; grey lines: patients; green: the protocol's target",
        "方块：中位数；误差线：四分位距；灰线：各患者；绿色：方案目标",
    ),
    "sd": (
        "squares: mean; bars: standard deviation; grey lines: patients; green: the protocol's target",
        "方块：均数；误差线：标准差；灰线：各患者；绿色：方案目标",
    ),
}


def _word(key: str, language: Language, **values: str) -> str:
    return _WORDS[key][0 if language == "en" else 1].format(**values)


@dataclass(frozen=True, slots=True)
class _Span:
    """The days of a course across the page."""

    first: int
    last: int
    zero: int

    @property
    def right(self) -> float:
        return d.WIDTH - 12

    def x(self, day: float) -> float:
        return _LEFT + (day - self.first) / max(1, self.last - self.first + 1) * (self.right - _LEFT)


def course_figure(case: Case, language: Language, *, beside: Case | None = None) -> str:
    """The whole course on one page: visits and infusions, glucose, daily insulin, tablets, HbA1c."""
    base = case.treated_from
    first = max(case.first_day, base - 60) if base is not None else case.first_day
    span = _Span(first, case.as_of, case.first_day if base is None else base)
    parts = [*_marks(case, span, top=14)]
    glucose = Axis(2, 18, _GLUCOSE_TOP, _GLUCOSE_TOP + 104)
    parts += _glucose(case, span, glucose, language)
    insulin_top = glucose.bottom + 26
    parts += _insulin(case, beside, span, insulin_top, language)
    y = insulin_top + 92 + 14
    lanes = _tablet_lanes(case)
    for drug in lanes:
        parts += _tablet(case, drug, span, y, language)
        y += 22
    parts += _week_axis(case, span, y + 2, language)
    return d.svg(y + 28, f"{case.person.patient_id} {day_text(span.first)} – {day_text(span.last)}", parts)


def _marks(case: Case, span: _Span, *, top: float) -> Iterator[str]:
    bottom = _GLUCOSE_TOP + 104 + 26 + 92
    for row in case.tables.infusions:
        x = span.x(row.day + 0.5)
        yield d.line([(x, top + 4), (x, bottom)], colour=d.ORANGE, width=0.6, dash="2 2")
        yield d.text(x, top - 5, f"I{row.number}", anchor="middle", size=6.5, colour=d.ORANGE)
    for visit in case.visits:
        if visit.held is None and (visit.window is None or visit.window.target > span.last):
            continue
        day = visit.held if visit.held is not None else visit.window.target if visit.window else span.first
        x = span.x(day + 0.5)
        if visit.held is not None:
            yield d.mark("triangle", x, top + 8, colour=d.INK, size=1.8)
        yield d.text(x, top + 3, visit.name, anchor="middle", size=6.5, colour=d.INK if visit.held else d.GREY)


def _glucose(case: Case, span: _Span, axis: Axis, language: Language) -> Iterator[str]:
    yield d.box(_LEFT, axis.y(10), span.right - _LEFT, axis.y(4.4) - axis.y(10), colour=d.GREEN, opacity=0.08)
    yield d.box(_LEFT, axis.y(7), span.right - _LEFT, axis.y(4.4) - axis.y(7), colour=d.GREEN, opacity=0.12)
    yield d.line([(_LEFT, axis.y(3.9)), (span.right, axis.y(3.9))], colour=d.ORANGE, width=0.7)
    yield from d.ticks(axis, 4, left=_LEFT, right=span.right)
    yield d.text(_LEFT - 34, axis.top - 7, _word("glucose", language), size=7.5)
    shown = [p for p in case.points if p.day >= span.first]
    styles = {"other": ("dot", "#C4C4C4", 0.9), "post_meal": ("triangle", d.GREY, 1.2), "fasting": ("dot", d.BLUE, 1.3)}
    for kind, (shape, colour, size) in styles.items():
        for point in shown:
            if point.kind == kind and point.value >= Fraction("3.9"):
                yield d.mark(shape, span.x(point.day + 0.5), axis.y(float(point.value)), colour=colour, size=size)
    for point in shown:
        if point.value < Fraction("3.9"):
            told = f"{day_text(point.day)} {fraction_text(point.value, 1)}"
            yield d.mark("ring", span.x(point.day + 0.5), axis.y(float(point.value)), colour=d.ORANGE, hover=told)
    x = span.right - 190
    for kind, (shape, colour, size) in reversed(styles.items()):
        yield d.mark(shape, x, axis.top - 9.4, colour=colour, size=size + 0.4)
        yield d.text(x + 4, axis.top - 7, _word(kind, language), size=6.5)
        x += {"fasting": 36, "post_meal": 62, "other": 48}[kind]
    yield d.mark("ring", x, axis.top - 9.4, colour=d.ORANGE)
    yield d.text(x + 4, axis.top - 7, _word("low", language), size=6.5)


def _insulin(case: Case, beside: Case | None, span: _Span, top: float, language: Language) -> Iterator[str]:
    mine = [(day, None if u is None else float(u)) for day, u in case.insulin_by_day() if day >= span.first]
    other: list[tuple[int, float | None]] = []
    if beside is not None:
        shift = (case.treated_from or 0) - (beside.treated_from or case.treated_from or 0)
        other = [(day + shift, None if u is None else float(u)) for day, u in beside.insulin_by_day()]
        other = [(day, units) for day, units in other if span.first <= day <= span.last]
    known = [units for _, units in (*mine, *other) if units is not None]
    low, high, step = d.rounded_scale(known or [1.0])
    axis = Axis(low, high, top, top + 92)
    yield from d.ticks(axis, step, left=_LEFT, right=span.right)
    yield d.text(_LEFT - 34, top - 7, _word("insulin", language), size=7.5)
    base = None if case.treated_from is None else case.course.insulin(case.treated_from)
    if isinstance(base, Fraction) and base > 0:
        y = axis.y(float(base) / 2)
        yield d.line([(_LEFT, y), (span.right, y)], colour=d.GREY, width=0.6, dash="1 2")
        yield d.text(_LEFT + 3, y - 2, _word("half", language), size=6, colour=d.GREY)
    if beside is not None:
        yield from _steps(other, span, axis, colour=d.GREY, dash="3 2")
        x = span.right - 150
        yield d.line([(x, top - 7), (x + 14, top - 7)], colour=d.GREY, dash="3 2")
        yield d.text(x + 18, top - 4.6, _word("beside", language, id=beside.person.patient_id), size=6.5)
    yield from _steps(mine, span, axis, colour=d.BLUE)
    before: float | None = None
    for day, units in mine:
        if units is not None and units != before:
            yield d.text(span.x(day) + 1.5, axis.y(units) - 2.2, f"{units:g}", size=6, colour=d.BLUE)
        before = units


def _steps(
    points: list[tuple[int, float | None]], span: _Span, axis: Axis, *, colour: str, dash: str = ""
) -> Iterator[str]:
    """A step line; a day that is not known is a gap."""
    run: list[tuple[float, float]] = []
    for day, units in [*points, (0, None)]:
        if units is None:
            yield d.line(run, colour=colour, width=1.2, dash=dash)
            run = []
        else:
            run += [(span.x(day), axis.y(units)), (span.x(day + 1), axis.y(units))]


def _tablet_lanes(case: Case) -> list[str]:
    return sorted({line.drug for line in case.course.lines if not case.course.is_insulin(line)})


def _tablet(case: Case, drug: str, span: _Span, top: float, language: Language) -> Iterator[str]:
    days = [day for day in range(span.first, span.last + 1) if case.course.covers(day)]
    amounts = [(day, float(case.course.tablets(day).get(drug, Fraction(0)))) for day in days]
    most = max((amount for _, amount in amounts), default=0.0) or 1.0
    floor, reach = top + 15, 9.0
    yield d.line([(_LEFT, floor), (span.right, floor)], colour=d.LIGHT, width=0.7)
    name = f"{drug_name(case.course, drug, language)}, {unit_of(case.course, drug, language)}"
    yield d.text(_LEFT + 2, top + 3, f"{name}/d" if language == "en" else f"{name}/日", size=6.5)
    start = 0
    for i in range(1, len(amounts) + 1):
        if i < len(amounts) and amounts[i][1] == amounts[start][1]:
            continue
        (first, amount), last = amounts[start], amounts[i - 1][0]
        if amount:
            height = reach * amount / most
            x = span.x(first)
            yield d.box(x, floor - height, span.x(last + 1) - x, height, colour=d.GREEN, opacity=0.45)
        label = f"{amount:,g}"
        yield d.text(span.x(first) + 1.5, floor - 2, label, size=6)
        start = i


def _week_axis(case: Case, span: _Span, y: float, language: Language) -> Iterator[str]:
    yield d.line([(_LEFT, y), (span.right, y)], width=0.7)
    in_weeks = case.treated_from is not None
    step = 7 if in_weeks or span.last - span.first > 60 else 1
    day = span.zero - (span.zero - span.first) // step * step
    while day <= span.last + 1:
        x = span.x(day)
        count = (day - span.zero) // step
        yield d.line([(x, y), (x, y + 2.5)], width=0.7)
        if step == 1 or count % 2 == 0:
            yield d.text(x, y + 10, str(count), anchor="middle")
        day += step
    label = _word("weeks" if in_weeks else "days" if step == 1 else "record_weeks", language)
    yield d.text((_LEFT + span.right) / 2, y + 20, label, anchor="middle", size=7.5)
