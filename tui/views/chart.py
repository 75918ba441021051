"""Glucose over days as characters: one row per band between clinical thresholds, one column group per day.

A value always stands on its own side of every threshold, because the rows are cut at them; between thresholds rows share the
band evenly. A low is marked "!" and shows its value. Doses stand below on the same days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from titration.explain.phrases import Language
from titration.explain.trace import LinePlan
from titration.explain.values import number_text
from titration.explain.voice import Voice, date_text, short_date
from titration.packs.model import Pack
from titration.service.rounds.told import DoseRow, PatientSheet, ReadingRow
from titration.units import MILLI, Pair, UnitSystem
from tui.session.state import line_key
from tui.views.glucose import LOW, VERY_HIGH, VERY_LOW, pair_text, value_text
from tui.views.lines import drug_name
from tui.views.marks import TIMING, TIMING_LEGEND, TIMING_TONE
from tui.views.page import Row, Span, Tone, cell, cells, clean, cut, fit, line
from tui.words import say

_DAY: Final = 1440
_EDGES: Final = ("low_2", "low_1", "fasting_low", "fasting_high", "post_high", "alert", "danger")
"""Parameters of a pack whose values cut the axis; a pack without one has no cut there."""
_SHIPPED: Final = (VERY_LOW, LOW, VERY_HIGH)
GUTTER: Final = 7


@dataclass(frozen=True, slots=True)
class Canvas:
    """Where a chart is drawn: days, cells to a day, and the unit it is shown in."""

    first_day: int
    days: int
    columns: int
    shown: UnitSystem | None
    language: Language

    @property
    def width(self) -> int:
        """Cells of the plot."""
        return self.days * self.columns


@dataclass(frozen=True, slots=True)
class Bin:
    """A row of the axis: values from ``low`` to below ``high`` on the grid; ``label`` at its lower edge."""

    low: int
    high: int
    label: str
    target: bool


def edges(pack: Pack) -> list[Pair]:
    """Thresholds of the pack that cut the axis, ascending; the published lows and the alert where a pack has none."""
    found = [pack.parameters[name].value for name in _EDGES if name in pack.parameters]
    pairs = {pair for pair in found if isinstance(pair, Pair)} | set(_SHIPPED)
    return sorted(pairs, key=lambda pair: pair.mmol_tenths)


def target_of(pack: Pack) -> tuple[Pair, Pair, Pair] | None:
    """Lower bound, upper fasting bound and upper post-meal bound of the target band."""
    names = ("fasting_low", "fasting_high", "post_high")
    found = [pack.parameters[name].value for name in names if name in pack.parameters]
    pairs = [pair for pair in found if isinstance(pair, Pair)]
    return (pairs[0], pairs[1], pairs[2]) if len(pairs) == len(names) else None


def bins(pack: Pack, system: UnitSystem, shown: UnitSystem | None, height: int) -> list[Bin]:
    """Rows from low to high, cut at every threshold; rows to spare go to the widest bands."""
    pairs = edges(pack)
    cuts = [pair.on(system) for pair in pairs]
    parts = [1] * (len(cuts) + 1)
    parts[0] = 1
    inner = range(1, len(cuts))
    while sum(parts) > height and len(cuts) > 2:
        # Too few rows: give up the highest cut; the thresholds that matter for lows and targets stay.
        cuts, pairs = cuts[:-1], pairs[:-1]
        parts, inner = [1] * (len(cuts) + 1), range(1, len(cuts))
    while sum(parts) < height:
        widest = max(inner, key=lambda i: Fraction(cuts[i] - cuts[i - 1], parts[i]))
        parts[widest] += 1
    labels = ["", *(pair_text(pair, system, shown) for pair in pairs)]
    target = target_of(pack)
    bounds = (0, 0) if target is None else (target[0].on(system), target[2].on(system))
    return _bins(cuts, labels, parts, bounds)


def _bins(cuts: Sequence[int], labels: Sequence[str], parts: Sequence[int], bounds: tuple[int, int]) -> list[Bin]:
    out: list[Bin] = []
    for i, count in enumerate(parts):
        low = -1 if i == 0 else cuts[i - 1]
        high = (1 << 30) if i == len(cuts) else cuts[i]
        for part in range(count):
            start = low + (high - low) * part // count if count > 1 else low
            end = low + (high - low) * (part + 1) // count if count > 1 else high
            label = labels[i] if part == 0 else ""
            inside = bounds[0] <= start and end <= bounds[1]
            out.append(Bin(start, end, label, inside))
    return out


def canvas_for(sheet: PatientSheet, days: int, width: int, shown: UnitSystem | None, language: Language) -> Canvas:
    """A canvas of ``days`` days up to the sheet's, as wide as fits."""
    columns = max(1, (width - GUTTER) // days)
    return Canvas(sheet.day - days + 1, days, min(columns, 24), shown, language)


def chart_rows(sheet: PatientSheet, pack: Pack, canvas: Canvas, height: int) -> list[Row]:
    """The plot, highest values first, with the axis in front and the days below."""
    system = sheet.person.system
    rows = bins(pack, system, canvas.shown, height - 1)
    plotted = [r for r in sheet.readings if r.minute // _DAY >= canvas.first_day]
    grid = {(i): _plot(canvas, [r for r in plotted if b.low <= r.value < b.high], system) for i, b in enumerate(rows)}
    out: list[Row] = []
    for i in reversed(range(len(rows))):
        label = fit(rows[i].label, GUTTER - 1, "right")
        axis = Span(label + ("┤" if rows[i].label else "│"), Tone.DIM)
        spans = _spans(grid[i], canvas, band=rows[i].target, edge=bool(rows[i].label))
        out.append(Row((axis, *spans)))
    return [*out, _dates(canvas)]


def _plot(canvas: Canvas, readings: Sequence[ReadingRow], system: UnitSystem) -> dict[int, tuple[str, Tone]]:
    """Column to sign of the readings of one row; several in one cell show their number, a low shows its value."""
    at: dict[int, list[ReadingRow]] = {}
    for reading in readings:
        day, clock = divmod(reading.minute, _DAY)
        column = (day - canvas.first_day) * canvas.columns + clock * canvas.columns // _DAY
        at.setdefault(column, []).append(reading)
    out: dict[int, tuple[str, Tone]] = {}
    for column in sorted(at):
        found = at[column]
        lowest = min(found, key=lambda reading: reading.value)
        sign = TIMING.get(lowest.timing, "+")
        if lowest.value < LOW.on(system):
            _write_low(out, column, f"{sign}!{value_text(lowest.value, system, canvas.shown)}", canvas.width)
        elif column not in out:
            count = len(found)
            out[column] = (str(count), Tone.STRONG) if count > 1 else (sign, TIMING_TONE[sign])
    return out


def _write_low(out: dict[int, tuple[str, Tone]], column: int, text: str, width: int) -> None:
    start = min(column, width - len(text))
    for i, character in enumerate(text):
        if start + i not in out or start + i == column:
            out[start + i] = (character, Tone.DANGER)


def _spans(signs: dict[int, tuple[str, Tone]], canvas: Canvas, *, band: bool, edge: bool) -> list[Span]:
    """One row of the plot; the target band is dotted, a threshold is dashed, days are set apart by a bar."""
    out: list[Span] = []
    for column in range(canvas.width):
        if column in signs:
            sign, tone = signs[column]
        elif column % canvas.columns == 0 and column and canvas.columns > 2:
            sign, tone = "│", Tone.DIM
        elif edge:
            sign, tone = "╌", Tone.DIM
        else:
            sign, tone = ("·", Tone.BAND) if band and canvas.columns > 1 and column % 2 else (" ", Tone.PLAIN)
        if out and out[-1].tone is tone:
            out[-1] = Span(out[-1].text + sign, tone)
        else:
            out.append(Span(sign, tone))
    return out


def _dates(canvas: Canvas) -> Row:
    """The days below the plot, as many as there is room for."""
    texts = [_date(canvas.first_day + i, canvas) for i in range(canvas.days)]
    every = 1
    while every * canvas.columns <= max(map(cells, texts)) and every < canvas.days:
        every += 1
    out = ""
    for i, text in enumerate(texts):
        if (canvas.days - 1 - i) % every == 0:
            room = min(every, canvas.days - i) * canvas.columns
            out += fit(text if cells(text) <= room else text[-2:], room)
        elif not out:
            out += " " * (canvas.columns * ((canvas.days - 1) % every))
    return line(Span(" " * GUTTER), Span(cut(out, canvas.width), Tone.DIM))


def _date(day: int, canvas: Canvas) -> str:
    text = short_date(day, canvas.language)
    return text if canvas.columns > cells(text) else date_text(day)[5:]


def title(sheet: PatientSheet, canvas: Canvas, width: int) -> Row:
    """Unit, days, how many lows, and what the signs mean."""
    language, system = canvas.language, sheet.person.system
    shown = canvas.shown or system
    text = say(language, "chart.title", unit=shown.text, days=canvas.days)
    inside = [r for r in sheet.readings if r.minute // _DAY >= canvas.first_day]
    lows = sum(1 for r in inside if r.value < LOW.on(system))
    spans = [Span(f" {text}", Tone.HEADING)]
    if not inside:
        spans.append(Span(f"  {say(language, 'chart.none')}", Tone.WARN))
    if lows:
        spans.append(Span(f"  ! {lows} {say(language, 'chart.low')}", Tone.DANGER))
    used = {TIMING.get(r.timing, "+") for r in inside}
    legend = [f"{sign} {say(language, f'chart.legend.{name}')}" for sign, name in TIMING_LEGEND if sign in used]
    room = width - sum(cells(span.text) for span in spans) - 3
    while legend and cells("  ".join(legend)) > room:
        legend.pop()
    return line(*spans, Span("   " + "  ".join(legend), Tone.DIM))


def dose_rows(
    sheet: PatientSheet, lines: Sequence[tuple[int, LinePlan]], voice: Voice, canvas: Canvas, here: int
) -> list[Row]:
    """Doses given, a lane per line on the days of the chart; a change is marked with its direction."""
    return [_lane(sheet, plan, number, voice, canvas, here=number - 1 == here) for number, plan in lines]


def _lane(sheet: PatientSheet, plan: LinePlan, number: int, voice: Voice, canvas: Canvas, *, here: bool) -> Row:
    drug, slot, route = line_key(plan)
    own = [d for d in sheet.doses if (d.drug, d.slot, d.route) == (drug, slot, route)]
    label = ("▸" if here else " ") + fit(f"{number:>2}", GUTTER - 2) + "│"
    spans = [Span(label, Tone.STRONG if here else Tone.DIM)]
    before = _before(own, canvas.first_day)
    for i in range(canvas.days):
        given = [d for d in own if d.minute // _DAY == canvas.first_day + i]
        text, before, tone = _given(given, before)
        spans.append(
            cell(text if cells(text) <= canvas.columns - 1 else cut(text, canvas.columns), canvas.columns, tone)
        )
    name = clean(drug_name(plan, voice))
    return line(*spans, Span(f" {name}", Tone.DIM))


def _before(doses: Sequence[DoseRow], first_day: int) -> int | None:
    earlier = [d for d in doses if d.minute // _DAY < first_day and d.amount]
    return max(earlier, key=lambda d: d.minute).amount if earlier else None


def _given(given: Sequence[DoseRow], before: int | None) -> tuple[str, int | None, Tone]:
    """A day of a lane: the dose with "↑" or "↓" where it changed, "×" for one written as not given, a dot for none."""
    if not given:
        return "·", before, Tone.DIM
    amount = sum(dose.amount for dose in given)
    if amount == 0:
        return "×", before, Tone.WARN
    text = number_text(Fraction(amount, MILLI), 3).replace(",", "")
    if before is None or amount == before:
        return text, amount, Tone.PLAIN
    return ("↑" if amount > before else "↓") + text, amount, Tone.STRONG
