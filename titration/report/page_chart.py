"""Patient pictures as SVG: glucose over days, doses and plans beneath on the same axis. Needs no script to be seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Final

from titration.clinical import LINE_KINDS, PLAN_KINDS, Source, Timing
from titration.report.figures import MINUTES_A_DAY, amount_text, clock_text, date_of, day_text, dose_text
from titration.report.page_words import MONTHS, phrase
from titration.report.picture import DoseLine, PatientPicture, PlanMark, ReadingPoint
from titration.report.vocabulary import EVENTS, LIMITS, PLANS, SOURCES, TIMINGS, Language, named, unit_named
from titration.report.wrapping import wrapped
from titration.units import HI_VALUE, LO_VALUE, Pair, UnitSystem, glucose_text

TARGET_LOW: Final = Pair(44, 80)
FASTING_HIGH: Final = Pair(70, 126)
POST_HIGH: Final = Pair(100, 180)
LOW_1: Final = Pair(39, 70)
LOW_2: Final = Pair(30, 54)
"""The targets of the founding protocol and the two published levels of low glucose."""

LEFT: Final = 176
RIGHT: Final = 84
TOP: Final = 22
GLUCOSE_HEIGHT: Final = 230
AXIS_HEIGHT: Final = 34
LANE_HEIGHT: Final = 70
DRAWN_WIDTH: Final = 940
WIDEST_DAY: Final = 96
LABEL_COLUMNS: Final = 21
MOST_DAYS: Final = 31
"""A stay up to this long is one panel; a longer one is cut into panels of PANEL_DAYS."""
PANEL_DAYS: Final = 28
SENSOR_GAP: Final = 45
"""Minutes without a sensor value after which its line breaks."""

HIGH_TICKS: Final = {160: (130, 160), 220: (130, 160, 220), 300: (240, 300), 400: (240, 300, 400)}
"""Marks of the scale above the targets, by its upper end: mmol/L in tenths, then mg/dL."""

SHAPES: Final = ("fasting", "pre", "post", "bedtime", "overnight", "random")
_SHAPE_OF: Final = {
    Timing.FASTING: "fasting",
    Timing.PRE_LUNCH: "pre",
    Timing.PRE_DINNER: "pre",
    Timing.POST_BREAKFAST: "post",
    Timing.POST_LUNCH: "post",
    Timing.POST_DINNER: "post",
    Timing.BEDTIME: "bedtime",
    Timing.OVERNIGHT: "overnight",
    Timing.RANDOM: "random",
}
QUIET_EVENTS: Final = frozenset(
    ("meal", "meal_more", "meal_less", "exercise", "exercise_more", "exercise_less", "other")
)
"""Everyday events: a tick on the axis, not a flag."""

SYMBOLS: Final = """<svg class="defs" width="0" height="0" aria-hidden="true"><defs>
<g id="m-fasting"><circle r="4.2"/></g>
<g id="m-pre"><rect class="hollow" x="-3.6" y="-3.6" width="7.2" height="7.2"/></g>
<g id="m-post"><path d="M0-5 4.8 3.8H-4.8Z"/></g>
<g id="m-bedtime"><path d="M0-5.4 4.6 0 0 5.4-4.6 0Z"/></g>
<g id="m-overnight"><path d="M-1.5-5h3v3.5h3.5v3h-3.5V5h-3V1.5H-5v-3h3.5Z"/></g>
<g id="m-random"><path class="stroke" d="M-3.6-3.6 3.6 3.6M3.6-3.6-3.6 3.6"/></g>
<g id="p-adjust_up"><path d="M0-7 7 5H-7Z"/></g>
<g id="p-adjust_down"><path d="M0 7 7-5H-7Z"/></g>
<g id="p-stop"><path d="M-3-7h6l4 4v6l-4 4h-6l-4-4v-6Z"/><path class="on" d="M-4-1.2h8v2.4h-8Z"/></g>
<g id="p-hold"><path d="M-5-1.3H5v2.6H-5Z"/></g>
<g id="p-need_data"><circle class="hollow" r="6.4"/><text class="glyph" y="3.9">?</text></g>
<g id="p-refer"><path d="M0-8 8 0 0 8-8 0Z"/><text class="glyph on" y="3.9">!</text></g>
<g id="e-flag"><path d="M-1-8h9l-3 3 3 3H1V7h-2Z"/></g>
</defs></svg>"""
"""Marks drawn once and used everywhere. Each differs in shape, not in colour alone."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A stretch of a patient's days on paper: where a minute and a glucose value lie."""

    first: int
    last: int
    lowest: int
    highest: int
    lanes: int

    @property
    def days(self) -> int:
        return self.last - self.first + 1

    @property
    def day_width(self) -> float:
        return min(DRAWN_WIDTH / self.days, WIDEST_DAY)

    @property
    def right(self) -> float:
        return LEFT + self.days * self.day_width

    @property
    def bottom(self) -> float:
        """Where the glucose scale ends."""
        return TOP + GLUCOSE_HEIGHT

    @property
    def height(self) -> int:
        return TOP + GLUCOSE_HEIGHT + AXIS_HEIGHT + self.lanes * LANE_HEIGHT + 6

    def x(self, minute: int) -> float:
        return LEFT + (minute - self.first * MINUTES_A_DAY) * self.day_width / MINUTES_A_DAY

    def middle(self, day: int) -> float:
        return LEFT + (day - self.first + 0.5) * self.day_width

    def y(self, value: int) -> float:
        kept = min(max(value, self.lowest), self.highest)
        return TOP + GLUCOSE_HEIGHT * (self.highest - kept) / (self.highest - self.lowest)

    def lane(self, number: int) -> float:
        return self.bottom + AXIS_HEIGHT + number * LANE_HEIGHT

    def holds(self, day: int) -> bool:
        return self.first <= day <= self.last


def shape_of(timing: int) -> str:
    """The name of the mark for a ``Timing`` code."""
    return _SHAPE_OF[Timing(timing)]


def lane_labels(picture: PatientPicture) -> tuple[str, ...]:
    """Labels of the rows beneath the glucose: insulin before tablets, then plans for lines without a recorded dose."""
    order = {kind.value: place for place, kind in enumerate(LINE_KINDS)}
    lines = sorted(picture.dose_lines, key=lambda line: order.get(line.kind, len(order)))
    return tuple(dict.fromkeys([*(line.label for line in lines), *(mark.label for mark in picture.plans)]))


def panels(picture: PatientPicture) -> Iterator[Panel]:
    """The stretches a picture is cut into, the glucose scale the same in all."""
    lowest, usual, most = (20, 160, 220) if picture.system is UnitSystem.MMOL else (36, 300, 400)
    high = any(usual < value < HI_VALUE for _, value, _, _ in picture.readings)
    days = picture.last_day - picture.first_day + 1
    step = days if days <= MOST_DAYS else PANEL_DAYS
    lanes = len(lane_labels(picture))
    for first in range(picture.first_day, picture.last_day + 1, step):
        last = min(first + step - 1, picture.last_day)
        yield Panel(first, last, lowest, most if high else usual, lanes)


def draw(picture: PatientPicture, panel: Panel, language: Language) -> str:
    """One panel as an ``svg`` element with a spoken title."""
    first, last = day_text(panel.first, language), day_text(panel.last, language)
    title = phrase("chart_of", language, id=picture.patient_id, first=first, last=last)
    width = panel.right + RIGHT
    size = f'width="{_n(width)}" height="{panel.height}" viewBox="0 0 {_n(width)} {panel.height}"'
    parts = [f'<svg class="chart" role="img" {size} aria-label="{escape(title)}">']
    parts += _scale(picture, panel, language)
    parts += _day_axis(panel, language)
    parts += _events(picture, panel, language)
    parts += _sensor(picture, panel)
    parts += _readings(picture, panel, language)
    for number, label in enumerate(lane_labels(picture)):
        parts += _lane(picture, panel, number, label, language)
    return "\n".join([*parts, "</svg>"])


def symbol(kind: str, x: float, y: float, title: str = "", more: str = "") -> str:
    """A mark of SYMBOLS at a place, with its hover text."""
    hover = f"<title>{escape(title)}</title>" if title else ""
    return f'<use href="#{kind}" class="{kind}{more}" x="{_n(x)}" y="{_n(y)}">{hover}</use>'


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<path class="{kind}" d="M{_n(x1)} {_n(y1)}L{_n(x2)} {_n(y2)}"/>'


def _box(panel: Panel, low: int, high: int, kind: str) -> str:
    top, height = panel.y(high), panel.y(low) - panel.y(high)
    size = f'width="{_n(panel.right - LEFT)}" height="{_n(height)}"'
    return f'<rect class="{kind}" x="{LEFT}" y="{_n(top)}" {size}/>'


def _scale(picture: PatientPicture, panel: Panel, language: Language) -> Iterator[str]:
    system = picture.system
    low, fasting, post = (p.on(system) for p in (TARGET_LOW, FASTING_HIGH, POST_HIGH))
    yield _box(panel, low, post, "band-post")
    yield _box(panel, low, fasting, "band-fasting")
    for value in (low, fasting, post, *HIGH_TICKS[panel.highest]):
        yield _line(LEFT, panel.y(value), panel.right, panel.y(value), "grid")
        yield _text(LEFT - 6, panel.y(value) + 3.5, glucose_text(value, system), "tick")
    for pair, kind, apart in ((LOW_1, "low-1", 2), (LOW_2, "low-2", 5)):
        y = panel.y(pair.on(system))
        yield _line(LEFT, y, panel.right, y, kind)
        yield _text(panel.right + 6, y + apart, glucose_text(pair.on(system), system), f"{kind}-text")
    yield _text(
        panel.right + 6, (panel.y(fasting) + panel.y(post)) / 2 + 3.5, phrase("post_band_short", language), "side"
    )
    yield _text(
        panel.right + 6, (panel.y(fasting) + panel.y(low)) / 2 + 3.5, phrase("fasting_band_short", language), "side"
    )
    yield _text(8, TOP + 8, phrase("glucose_in", language, unit=system.text), "head")


def _day_axis(panel: Panel, language: Language) -> Iterator[str]:
    floor = panel.lane(panel.lanes)
    for day in range(panel.first, panel.last + 2):
        x = panel.x(day * MINUTES_A_DAY)
        yield _line(x, TOP, x, floor, "day")
        if day > panel.last:
            break
        when = date_of(day)
        yield _text(panel.middle(day), panel.bottom + 14, str(when.day), "date")
        if day == panel.first or when.day == 1:
            month = f"{MONTHS[when.month - 1]} {when.year}" if language == "en" else f"{when.year}年{when.month}月"
            yield _text(x + 3, panel.bottom + 28, month, "month")


def _events(picture: PatientPicture, panel: Panel, language: Language) -> Iterator[str]:
    for minute, kind in picture.events:
        if not panel.holds(minute // MINUTES_A_DAY):
            continue
        x = panel.x(minute)
        when = f"{day_text(minute // MINUTES_A_DAY, language)} {clock_text(minute)}"
        title = f"{when} · {named(EVENTS, kind, language)}"
        if kind in QUIET_EVENTS:
            hover = f"<title>{escape(title)}</title>"
            yield f'<path class="tick-event" d="M{_n(x)} {_n(panel.bottom)}v-5">{hover}</path>'
        else:
            yield symbol("e-flag", x, 10, title, " hypo" if kind.startswith("hypo") else "")


def _sensor(picture: PatientPicture, panel: Panel) -> Iterator[str]:
    run: list[str] = []
    before = -SENSOR_GAP
    for minute, value, _, source in (*picture.readings, (2**31, 0, 0, int(Source.CGM))):
        if source != Source.CGM:
            continue
        inside = panel.holds(minute // MINUTES_A_DAY)
        if run and (not inside or minute - before > SENSOR_GAP):
            yield f'<path class="sensor" d="M{"L".join(run)}"/>'
            run = []
        if inside:
            run.append(f"{_n(panel.x(minute))} {_n(panel.y(value))}")
        before = minute


def _readings(picture: PatientPicture, panel: Panel, language: Language) -> Iterator[str]:
    shown = [r for r in picture.readings if panel.holds(r[0] // MINUTES_A_DAY)]
    fasting = [r for r in shown if r[2] == Timing.FASTING and r[3] != Source.CGM and LO_VALUE < r[1] < HI_VALUE]
    if len(fasting) > 1:
        yield f'<path class="trend" d="M{"L".join(f"{_n(panel.x(r[0]))} {_n(panel.y(r[1]))}" for r in fasting)}"/>'
    for reading in shown:
        yield from _reading(reading, picture.system, panel, language)


def _reading(reading: ReadingPoint, system: UnitSystem, panel: Panel, language: Language) -> Iterator[str]:
    minute, value, timing, source = reading
    x, y, text = panel.x(minute), panel.y(value), glucose_text(value, system)
    low = value < LOW_1.on(system)
    beyond = not panel.lowest <= value <= panel.highest
    if source == Source.CGM:
        if value in (LO_VALUE, HI_VALUE):
            yield _text(x, y + (-5 if low else 12), text, "value low" if low else "value")
        return
    unit = "" if value in (LO_VALUE, HI_VALUE) else f" {system.text}"
    words = (named(TIMINGS, Timing(timing).text, language), named(SOURCES, Source(source).text, language))
    title = f"{day_text(minute // MINUTES_A_DAY, language)} {clock_text(minute)} · {text}{unit} · {' · '.join(words)}"
    if source == Source.LAB:
        yield f'<circle class="ring" cx="{_n(x)}" cy="{_n(y)}" r="7"/>'
    yield symbol(f"m-{shape_of(timing)}", x, y, title)
    if low:
        yield _text(x, y + 15 if y + 15 < panel.bottom else y - 7, text, "value low")
    elif beyond:
        yield _text(x, y - 7, text, "value")


def _lane(picture: PatientPicture, panel: Panel, number: int, label: str, language: Language) -> Iterator[str]:
    top = panel.lane(number)
    yield _line(4, top, panel.right, top, "lane")
    lines = wrapped(label, LABEL_COLUMNS)
    for i, part in enumerate(lines[:2]):
        cut = part if i == 0 or len(lines) <= 2 else f"{part[:-1]}…"
        yield f"{_text(8, top + 16 + 13 * i, cut, 'name').removesuffix('</text>')}<title>{escape(label)}</title></text>"
    unit = _unit_of(picture, label)
    if unit:
        yield _text(8, top + 16 + 13 * min(len(lines), 2), unit_named(unit, language, one=False), "unit")
    yield _text(LEFT - 6, top + 32, phrase("given", language), "row")
    yield _text(LEFT - 6, top + 53, phrase("planned", language), "row")
    for line in picture.dose_lines:
        if line.label == label:
            yield from _steps(line, panel, top, language)
    for mark in picture.plans:
        if mark.label == label and panel.holds(mark.day):
            yield from _plan(mark, panel, top + 49, language)


def _unit_of(picture: PatientPicture, label: str) -> str:
    units = [line.unit for line in picture.dose_lines if line.label == label]
    units += [mark.unit for mark in picture.plans if mark.label == label]
    return units[0] if units else ""


def _steps(line: DoseLine, panel: Panel, top: float, language: Language) -> Iterator[str]:
    most = max((amount for _, amount in line.points), default=0) or 1
    floor, reach = top + 36, 20
    path: list[str] = []
    before = panel.first - 2
    for first, last, amount in _runs(line, panel):
        left, right = panel.x(first * MINUTES_A_DAY), panel.x((last + 1) * MINUTES_A_DAY)
        y = floor - reach * amount / most
        path.append(f"{'V' if before == first - 1 else f'M{_n(left)} '}{_n(y)}H{_n(right)}")
        yield (
            f'<rect class="area" x="{_n(left)}" y="{_n(y)}" width="{_n(right - left)}" height="{_n(floor - y)}">'
            f"<title>{escape(_given(first, last, amount, line, language))}</title></rect>"
        )
        yield _text(panel.middle(first), y - 3, amount_text(amount), "given")
        before = last
    if path:
        yield f'<path class="step" d="{"".join(path)}"/>'


def _runs(line: DoseLine, panel: Panel) -> list[tuple[int, int, int]]:
    """(first day, last day, amount) of unbroken days on the same dose within the panel."""
    runs: list[tuple[int, int, int]] = []
    for day, amount in line.points:
        if not panel.holds(day):
            continue
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == amount:
            runs[-1] = (runs[-1][0], day, amount)
        else:
            runs.append((day, day, amount))
    return runs


def _given(first: int, last: int, amount: int, line: DoseLine, language: Language) -> str:
    said = dose_text(amount, line.unit, language) if amount else phrase("not_given", language)
    days = day_text(first, language)
    if last > first:
        days = phrase("period_of", language, first=days, last=day_text(last, language))
    return f"{days} · {line.label} · {said}"


def plan_text(mark: PlanMark, language: Language) -> str:
    """The plan's kind and dose in words: ``reduce: 18 → 16 units``."""
    kind = named(PLANS, mark.kind, language)
    return f"{kind}{phrase('colon', language)}{change_text(mark, language)}"


def change_text(mark: PlanMark, language: Language) -> str:
    """The dose before and after; one figure where it stays."""
    if mark.before is None:
        return phrase("dose_not_known", language)
    before = dose_text(mark.before, mark.unit, language)
    if mark.kind == "stop":
        return f"{before} → {named(PLANS, 'stop', language)}"
    if mark.kind in ("adjust_up", "adjust_down"):
        return f"{amount_text(mark.before)} → {dose_text(mark.after, mark.unit, language)}"
    return before


def _plan(mark: PlanMark, panel: Panel, y: float, language: Language) -> Iterator[str]:
    limits = (named(LIMITS, limit, language) for limit in mark.limits)
    title = " · ".join((day_text(mark.day, language), mark.label, plan_text(mark, language), *limits))
    x = panel.middle(mark.day)
    known = {kind.value for kind in PLAN_KINDS}
    yield symbol(f"p-{mark.kind}" if mark.kind in known else "p-refer", x, y, title)
    if mark.limits:
        yield f'<circle class="limited" cx="{_n(x + 10)}" cy="{_n(y - 5)}" r="2"/>'
    if mark.kind in ("adjust_up", "adjust_down"):
        yield _text(x, y + 17, amount_text(mark.after), "to")
