"""Glucose over days as characters: one row per band between clinical thresholds, one column group per day.

A value always stands on its own side of every threshold, because the rows are cut at them; between thresholds rows share the
band evenly. A low is marked "!" and shows its value; so does what was beyond the meter, marked "^". Doses stand below on the same days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from typing import Final

from titration.explain.phrases import Language
from titration.explain.trace import LinePlan
from titration.explain.values import number_text
from titration.explain.voice import date_text, short_date
from titration.packs.model import Pack
from titration.service.rounds.told import DoseRow, PatientSheet, ReadingRow
from titration.units import HI_VALUE, MILLI, Pair, UnitSystem
from tui.session.state import line_key
from tui.views.glucose import LOW, VERY_LOW, pair_text, value_text
from tui.views.marks import TIMING, TIMING_LEGEND, TIMING_TONE
from tui.views.page import Row, Span, Tone, cell, cells, cut, fit, line
from tui.words import say

_DAY: Final = 1440
_EDGES: Final = ("low_2", "low_1", "fasting_low", "fasting_high", "post_high", "alert", "danger")
"""Parameters of a pack whose values cut the axis; a pack without one has no cut there."""
_UPPER: Final = ("fasting_high", "post_high")
"""Bounds that still belong to what lies below them: a value at the upper target is at target."""
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
class Edge:
    """A cut of the axis: values from ``value`` on lie above it."""

    value: int
    label: str
    target: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """A row of the axis: values from ``low`` to below ``high`` on the grid, and the edge it begins at, if any."""

    low: int
    high: int
    edge: Edge | None
    inside: bool
    """Within the target band."""


def edges(pack: Pack, system: UnitSystem, shown: UnitSystem | None) -> list[Edge]:
    """Thresholds of the pack that cut the axis, ascending; the published lows where a pack has none."""
    found: dict[int, Edge] = {}
    for pair in (VERY_LOW, LOW):
        found[pair.on(system)] = Edge(pair.on(system), pair_text(pair, system, shown), target=False)
    for name in _EDGES:
        value = pack.parameters[name].value if name in pack.parameters else None
        if isinstance(value, Pair):
            at = value.on(system) + (1 if name in _UPPER else 0)
            found[at] = Edge(at, pair_text(value, system, shown), target=name in ("fasting_low", *_UPPER))
    return [found[value] for value in sorted(found)]


def needed(cuts: Sequence[Edge], values: Sequence[int], height: int) -> list[Edge]:
    """The edges to draw. A tall chart has all of them, so that one looks like the other; in a short one, edges beyond every
    reading make room for those between readings. Edges of the target and the first low always stay."""
    kept = list(cuts)
    if height < _TALL:
        kept = [edge for edge in cuts if edge.target or not _beyond(edge, cuts, values)]
    while len(kept) + 1 > height and len(kept) > 1:
        spare = [edge for edge in kept if not edge.target]
        kept.remove(spare[-1] if spare else kept[-1])
    return kept


_TALL: Final = 12
"""Rows from which a chart shows the whole axis."""


def _beyond(edge: Edge, cuts: Sequence[Edge], values: Sequence[int]) -> bool:
    """Whether no reading lies beyond an edge at either end of the axis."""
    lows = [cut for cut in cuts if cut.value < min((c.value for c in cuts if c.target), default=0)]
    if edge in lows[-1:]:
        return False
    if edge in lows:
        return all(value >= lows[-1].value for value in values)
    return all(value < edge.value for value in values)


def bins(cuts: Sequence[Edge], height: int) -> list[Bin]:
    """Rows from low to high, cut at every edge; rows to spare go to the widest bands."""
    marks = [i for i, edge in enumerate(cuts) if edge.target]
    band = range(marks[0] + 1, marks[-1] + 1) if marks else range(0)
    parts = [1] * (len(cuts) + 1)
    while sum(parts) < height and len(cuts) > 1:
        parts[max(range(1, len(cuts)), key=lambda i: _width(cuts, i, parts[i], inside=i in band))] += 1
    out: list[Bin] = []
    for i, count in enumerate(parts):
        low = -1 if i == 0 else cuts[i - 1].value
        high = (1 << 30) if i == len(cuts) else cuts[i].value
        inside = i in band
        for part in range(count):
            start, end = low + (high - low) * part // count, low + (high - low) * (part + 1) // count
            out.append(Bin(start, end, cuts[i - 1] if part == 0 and i else None, inside))
    return out


def _width(cuts: Sequence[Edge], i: int, rows: int, *, inside: bool) -> Fraction:
    """How much a row of a band stands for; a row within the target counts as three, for there the eye wants detail."""
    return Fraction((cuts[i].value - cuts[i - 1].value) * (3 if inside else 1), rows)


def canvas_for(sheet: PatientSheet, days: int, width: int, shown: UnitSystem | None, language: Language) -> Canvas:
    """A canvas of ``days`` days up to the sheet's, as wide as fits."""
    columns = max(1, (width - GUTTER) // days)
    return Canvas(sheet.day - days + 1, days, min(columns, 24), shown, language)


def chart_rows(sheet: PatientSheet, pack: Pack, canvas: Canvas, height: int) -> list[Row]:
    """The plot, highest values first, with the axis in front and the days below."""
    system = sheet.person.system
    plotted = [r for r in sheet.readings if r.minute // _DAY >= canvas.first_day]
    cuts = needed(edges(pack, system, canvas.shown), [r.value for r in plotted], height - 1)
    rows = bins(cuts, height - 1)
    grid = {i: _plot(canvas, [r for r in plotted if b.low <= r.value < b.high], system) for i, b in enumerate(rows)}
    out: list[Row] = []
    for i in reversed(range(len(rows))):
        edge = rows[i].edge
        label = fit("" if edge is None else edge.label, GUTTER - 1, "right")
        axis = Span(label + ("│" if edge is None else "┤"), Tone.DIM)
        spans = _spans(grid[i], canvas, inside=rows[i].inside, bound=edge is not None and edge.target)
        out.append(Row((axis, *spans)))
    return [*out, _dates(canvas)]


def _plot(canvas: Canvas, readings: Sequence[ReadingRow], system: UnitSystem) -> dict[int, tuple[str, Tone]]:
    """Column to sign of the readings of one row; several in one cell show their number, a low and a HI show what they are."""
    at: dict[int, list[ReadingRow]] = {}
    for reading in readings:
        day, clock = divmod(reading.minute, _DAY)
        column = (day - canvas.first_day) * canvas.columns + clock * canvas.columns // _DAY
        at.setdefault(column, []).append(reading)
    out: dict[int, tuple[str, Tone]] = {}
    for column in sorted(at):
        found = at[column]
        lowest = min(found, key=lambda reading: reading.value)
        sign = TIMING.get(lowest.timing, "+") if len(found) == 1 else str(min(9, len(found)))
        if lowest.value < LOW.on(system):
            _write(out, column, f"{sign}!{value_text(lowest.value, system, canvas.shown)}", canvas.width)
        elif any(reading.value >= HI_VALUE for reading in found):
            _write(out, column, f"{sign}^{value_text(HI_VALUE, system, None)}", canvas.width)
        elif column not in out:
            out[column] = (sign, TIMING_TONE.get(sign, Tone.STRONG))
    return out


def _write(out: dict[int, tuple[str, Tone]], column: int, text: str, width: int) -> None:
    start = min(column, width - len(text))
    for i, character in enumerate(text):
        if start + i not in out or start + i == column:
            out[start + i] = (character, Tone.DANGER)


def _spans(signs: dict[int, tuple[str, Tone]], canvas: Canvas, *, inside: bool, bound: bool) -> list[Span]:
    """One row of the plot; the target band is dotted, its bounds are dashed, days are set apart by a bar."""
    ground = [_ground(column, canvas, inside=inside, bound=bound) for column in range(canvas.width)]
    cells_ = [signs.get(column, found) for column, found in enumerate(ground)]
    return [Span("".join(sign for sign, _ in run), tone) for tone, run in groupby(cells_, key=itemgetter(1))]


def _ground(column: int, canvas: Canvas, *, inside: bool, bound: bool) -> tuple[str, Tone]:
    """What stands where no reading is."""
    if column % canvas.columns == 0 and column and canvas.columns > 2:
        return "│", Tone.DIM
    if bound:
        return "╌", Tone.BAND
    return ("·", Tone.BAND) if inside and column % 3 == 1 else (" ", Tone.PLAIN)


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
    signs = [(sign, name) for sign, name in TIMING_LEGEND if sign in used]
    room = width - sum(cells(span.text) for span in spans) - 3
    legend = "  ".join(f"{sign} {say(language, f'chart.legend.{name}')}" for sign, name in signs)
    if cells(legend) > room:
        # No sign without its word: shorter ones rather than fewer.
        legend = " ".join(f"{sign}{say(language, f'chart.sign.{name}')}" for sign, name in signs)
    return line(*spans, Span(f"   {cut(legend, room)}", Tone.DIM))


def dose_rows(sheet: PatientSheet, lines: Sequence[tuple[int, LinePlan]], canvas: Canvas, here: int) -> list[Row]:
    """Doses given, a lane per line on the days of the chart; a change is marked with its direction."""
    return [_lane(sheet, plan, number, canvas, here=number - 1 == here) for number, plan in lines]


def _lane(sheet: PatientSheet, plan: LinePlan, number: int, canvas: Canvas, *, here: bool) -> Row:
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
    return line(*spans)


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
