"""Glucose features at chosen line rows, all of a pack's in one pass over the readings their windows reach.

``readings`` moves a window over every day of a block, one feature at a time: right when every day is asked for. When
one day is, nearly all of that would be thrown away, and the time would go into calls and not into data. Here every
feature is a row of a table, and the table meets the readings of the chosen rows at once. The two agree exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from titration.clinical import Slot, Timing
from titration.columns import Column, Mask
from titration.features.attribution import Judged
from titration.features.cells import EMPTY
from titration.features.days import I32, Days, Index
from titration.features.lines import Lines
from titration.features.spec import LINE_SERIES, SERIES, Feature
from titration.once import once
from titration.units import HI_VALUE, LO_VALUE

_MOST_CELLS: Final = 1 << 21
"""Features times readings looked at in one pass."""


@dataclass(frozen=True, eq=False)
class WindowTable:
    """The glucose features of a pack, one entry each, those since a line's last change first. Bound once."""

    features: tuple[Feature, ...]

    @classmethod
    def of(cls, features: Mapping[str, Feature]) -> "WindowTable":
        """The table of the glucose features among ``features``."""
        chosen = (f for f in features.values() if f.is_glucose)
        return cls(tuple(sorted(chosen, key=lambda f: not f.since_change)))

    @once
    def place(self) -> dict[str, int]:
        """Row of each feature by name."""
        return {f.name: i for i, f in enumerate(self.features)}

    @once
    def since_change(self) -> int:
        """How many of the features, from the first, end at the line's last change."""
        return sum(f.since_change for f in self.features)

    @once
    def reach(self) -> int:
        """Days of the longest window."""
        return max((f.window_days for f in self.features), default=1)

    @once
    def series(self) -> tuple[tuple[str, int], ...]:
        """The distinct (series, sources) that features look at."""
        return tuple(dict.fromkeys((f.of, f.sources) for f in self.features))

    @once
    def series_of(self) -> Index:
        """Which of ``series`` each feature looks at."""
        return np.array([self.series.index((f.of, f.sources)) for f in self.features], np.int64)

    @once
    def fits(self) -> Mask:
        """Whether each series takes each timing, shape (series, timings); nothing for one that depends on the line."""
        found = [[bool(SERIES.get(of, 0) >> t & 1) for t in Timing] for of, _ in self.series]
        return np.array(found, np.bool_).reshape(-1, len(Timing))

    @once
    def window(self) -> I32:
        return _column([f.window_days for f in self.features])

    @once
    def lowest(self) -> I32:
        """Least value each feature keeps; censored values never enter a mean."""
        return _column(
            [max(f.keep.lowest, LO_VALUE + 1) if f.reduce == "mean" else f.keep.lowest for f in self.features]
        )

    @once
    def highest(self) -> I32:
        return _column(
            [min(f.keep.highest, HI_VALUE - 1) if f.reduce == "mean" else f.keep.highest for f in self.features]
        )

    @once
    def ratios(self) -> tuple[bool, ...]:
        """Whether each feature is a sum over a number of readings."""
        return tuple(f.reduce == "mean" for f in self.features)

    @once
    def tallies(self) -> Mask:
        """Features that count: a kept reading is certain whatever is missing."""
        return np.array([f.reduce in ("count", "days") for f in self.features], np.bool_)[:, None]

    @once
    def measured(self) -> Index:
        """Features that ask for readings of their series, kept or not."""
        return np.array([i for i, f in enumerate(self.features) if _least_measured(f)], np.int64)

    @once
    def least_measured(self) -> I32:
        """How many readings (days) of the series these must have."""
        return _column([_least_measured(f) for f in self.features if _least_measured(f)])

    @once
    def least_kept(self) -> I32:
        """How many kept readings make the value known."""
        return _column([max(f.min_count, 1) if f.reduce == "mean" else 1 for f in self.features])

    @once
    def by_reducer(self) -> dict[str, Index]:
        """Rows of the features of each reducer that is more than a count of readings."""
        found: dict[str, list[int]] = {}
        for i, feature in enumerate(self.features):
            if feature.reduce != "count":
                found.setdefault(feature.reduce, []).append(i)
        return {reduce: np.array(rows, np.int64) for reduce, rows in found.items()}


def _column(values: list[int]) -> I32:
    return np.array(values, np.int32).reshape(-1, 1)


def _least_measured(feature: Feature) -> int:
    match feature.reduce:
        case "count" | "days":
            return 0 if feature.keep.everything else feature.min_count
        case "min" | "max":
            return max(feature.min_count, 1)
        case _:
            return 0


@dataclass(frozen=True, eq=False)
class ChosenReadings:
    """The glucose features of a table at chosen line rows."""

    table: WindowTable
    days: Days
    lines: Lines
    judged: Judged
    rows: Index

    def column(self, name: str, at: Index | slice) -> Column:
        """A feature at the places ``at`` among the rows."""
        values, known, kept = self._answers
        place = self.table.place[name]
        sure = None if self._surely[place] else known[place, at]
        per = kept[place, at] if self.table.ratios[place] else None
        return Column(values[place, at], sure, per)

    @once
    def _surely(self) -> list[bool]:
        """Whether each feature is known on every row."""
        return np.logical_and.reduce(self._answers[1], axis=1).tolist()

    @once
    def _answers(self) -> tuple[I32, Mask, I32]:
        """Values, knowledge and number of kept readings, each of shape (features, rows)."""
        first, end = self._span
        upto = (end - first).cumsum()
        most = max(1, _MOST_CELLS // max(1, len(self.table.features)))
        if not len(upto) or upto[-1] <= most:
            return self._part(slice(None)).answers()
        cuts = set(upto.searchsorted(np.arange(most, int(upto[-1]), most)).tolist()) - {0}
        parts = [self._part(slice(a, b)).answers() for a, b in pairwise((0, *sorted(cuts), len(self.rows)))]
        values, known, kept = (np.concatenate(part, axis=1) for part in zip(*parts, strict=True))
        return values, known, kept

    @once
    def _span(self) -> tuple[Index, Index]:
        """First reading that any feature could look at, and the end, of each row."""
        day_row = self.lines.day_row[self.rows]
        first_day = np.maximum(day_row - (self.table.reach - 1), self.days.course_start[day_row])
        row = self.days.reading_row
        return row.searchsorted(first_day), row.searchsorted(day_row, side="right")

    def _part(self, part: slice) -> "_Seen":
        first, end = self._span[0][part], self._span[1][part]
        rows, count = self.rows[part], end - first
        which = np.arange(len(rows)).repeat(count)
        at = np.arange(len(which)) + (first - (count.cumsum() - count)).repeat(count)
        repeat = self.days.log.readings.repeat
        if repeat.any():
            fresh = ~repeat[at]
            which, at = which[fresh], at[fresh]
        return _Seen(self, part, rows, which, at)


@dataclass(frozen=True, eq=False)
class _Seen:
    """Readings within reach of a ``part`` of the chosen rows: ``which`` of its rows each is seen from, and where ``at``
    in the log, in time order."""

    chosen: ChosenReadings
    part: slice
    rows: Index
    which: Index
    at: Index

    @once
    def _day_row(self) -> I32:
        return self.chosen.days.reading_row[self.at]

    @once
    def _value(self) -> I32:
        return self.chosen.days.log.readings.value[self.at]

    def answers(self) -> tuple[I32, Mask, I32]:
        """Values, knowledge and number of kept readings, each of shape (features, rows)."""
        table = self.chosen.table
        measured = self._within()
        kept = measured & (self._value >= table.lowest) & (self._value <= table.highest)
        bounds = self.which.searchsorted(np.arange(len(self.rows) + 1))
        size = len(kept)
        counted = _per_row(np.concatenate((kept, measured[table.measured])), bounds)
        number, values = counted[:size], counted[:size].copy()
        there = np.zeros_like(number)
        there[table.measured] = counted[size:]
        for reduce, rows in table.by_reducer.items():
            if reduce == "days":
                both = self._days(np.concatenate((measured[rows], kept[rows])), bounds)
                there[rows], values[rows] = both[: len(rows)], both[len(rows) :]
            else:
                values[rows] = self._reduced(reduce, kept[rows], bounds)
        enough = np.ones(number.shape, np.bool_)
        enough[table.measured] = there[table.measured] >= table.least_measured
        some = number >= table.least_kept
        return values, np.where(table.tallies, enough | some, enough & some), number

    def _within(self) -> Mask:
        """Which readings lie in each feature's series and window, shape (features, readings)."""
        table, lines = self.chosen.table, self.chosen.lines
        day_row = lines.day_row[self.rows]
        inside = day_row[self.which] - self._day_row < table.window
        if table.since_change:
            change = lines.last_change[self.rows]
            changed_row = lines.day_row[change]
            recent = lines.changed[change] & (day_row - changed_row < table.reach)
            if recent.any():
                inside[: table.since_change] &= self._since(np.where(recent, changed_row, -1))
        inside &= self._series()[table.series_of]
        return inside

    def _since(self, changed_row: Index) -> Mask:
        """Readings after the last change of their row's line: of that day only what came after the dose counts."""
        lines, days = self.chosen.lines, self.chosen.days
        slots = lines.slot[lines.segment[self.rows]]
        given = np.full(len(self.rows), -1, np.int32)
        for slot in set(slots[changed_row >= 0].tolist()):
            mine = ((slots == slot) & (changed_row >= 0)).nonzero()[0]
            first = int(days.day[changed_row[mine]].min())
            given[mine] = days.dose_minute(Slot(slot), since=first)[changed_row[mine]]
        on = changed_row[self.which]
        late = days.log.readings.minute[self.at] > given[self.which]
        return (self._day_row > on) | ((self._day_row == on) & late)

    def _series(self) -> Mask:
        """Which readings belong to each series of the table, shape (series, readings)."""
        readings, days = self.chosen.days.log.readings, self.chosen.days
        timing = readings.timing[self.at]
        clock = days.clock_timing[self.at] if bool((timing == Timing.RANDOM).any()) else timing
        source = readings.source[self.at]
        only_finger_sticks = not source.any()
        out = self.chosen.table.fits[:, timing]
        for i, (of, sources) in enumerate(self.chosen.table.series):
            if of in LINE_SERIES:
                bits: npt.NDArray[np.int16] = self.chosen.judged.bits(of)[self.part][self.which]
                out[i] = bits >> (clock if of == "responsible" else timing) & 1
            if not (only_finger_sticks and sources & 1):
                out[i] &= (sources >> source & 1) == 1
        return out

    def _days(self, kept: Mask, bounds: Index) -> I32:
        """Days with a kept reading per row."""
        new = np.ones(len(self.at) + 1, np.bool_)
        new[1:-1] = (self._day_row[1:] != self._day_row[:-1]) | (self.which[1:] != self.which[:-1])
        starts = new.nonzero()[0]
        return _per_row(_per_row(kept, starts) > 0, starts.searchsorted(bounds))

    def _reduced(self, reduce: str, kept: Mask, bounds: Index) -> I32:
        """A sum, extreme or the latest of the kept values per row; meaningless where a row keeps none."""
        match reduce:
            case "mean":
                return _per_row(np.where(kept, self._value, 0), bounds)
            case "min":
                return _best(np.minimum, np.where(kept, self._value, EMPTY["min"]), bounds, EMPTY["min"])
            case "max":
                return _best(np.maximum, np.where(kept, self._value, EMPTY["max"]), bounds, EMPTY["max"])
            case _:
                last = _best(np.maximum, np.where(kept, np.arange(len(self.at)), 0), bounds, 0)
                if not len(self.at):
                    return last
                if reduce == "last":
                    return self._value[last]
                return (self.chosen.lines.day_row[self.rows] - self._day_row[last]).astype(np.int32)


def _per_row(cells: npt.NDArray[Any], bounds: Index) -> I32:
    """Sums of each feature's cells between bounds, which end where the cells do, shape (features, bounds - 1)."""
    first, some = bounds[:-1], bounds[:-1] < bounds[1:]
    if some.all():
        return np.add.reduceat(cells, first, axis=1, dtype=np.int32)
    out = np.zeros((len(cells), len(first)), np.int32)
    if some.any():
        out[:, some] = np.add.reduceat(cells, first[some], axis=1, dtype=np.int32)
    return out


def _best(op: np.ufunc, cells: npt.NDArray[Any], bounds: Index, empty: int) -> I32:
    """Extremes of each feature's cells between bounds; whatever stands there where nothing lies between."""
    padded = np.full((len(cells), cells.shape[1] + 1), empty, np.int32)
    padded[:, :-1] = cells
    return op.reduceat(padded, bounds[:-1], axis=1)
