"""Windowed glucose statistics, per day and per line."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from titration.clinical import Slot
from titration.columns import Column, Mask
from titration.features.attribution import Judged
from titration.features.cells import EMPTY
from titration.features.days import I32, Days, Index, Selection, running_sum
from titration.features.lines import Lines
from titration.features.spec import SERIES, Feature, Filter
from titration.features.windows import last_index, window_best, window_sum
from titration.log.model import event_code
from titration.once import once
from titration.units import HI_VALUE, LO_VALUE


@dataclass(frozen=True)
class ReadingStats:
    """Windows over the day grid, cached by what they are made of."""

    days: Days
    _windows: dict[tuple[str, Selection, int], I32] = field(default_factory=lambda: {})

    def windowed(self, what: str, selection: Selection, window: int) -> I32:
        """A statistic over the last ``window`` days, shape (day rows,): count, sum, min, max or days (with a reading)."""
        key = (what, selection, window)
        found = self._windows.get(key)
        if found is None:
            found = self._windows[key] = self._windowed(what, selection, window)
        return found

    def _windowed(self, what: str, selection: Selection, window: int) -> I32:
        if what == "days":
            present = (self.days.daily("count", selection) > 0).astype(np.int32)
            return window_sum(present, window)
        daily = self.days.daily(what, selection)
        if what in ("min", "max"):
            return window_best(np.minimum if what == "min" else np.maximum, daily, window)
        return window_sum(daily, window)

    def column(self, feature: Feature, timings: int) -> Column:
        """A feature of a fixed set of timings, one value per day row."""
        by_clock = feature.of in ("any", "responsible") and timings != SERIES["any"]
        every = Selection(timings, feature.sources, by_clock=by_clock)
        kept = Selection(timings, feature.sources, feature.keep, by_clock=by_clock)
        window = feature.window_days
        match feature.reduce:
            case "mean":
                number = Selection(timings, feature.sources, _measured(feature.keep), by_clock=by_clock)
                count = self.windowed("count", number, window)
                return Column(self.windowed("sum", number, window), count >= max(feature.min_count, 1), count)
            case "min" | "max":
                value = self.windowed(feature.reduce, kept, window)
                known = value != EMPTY[feature.reduce]
                if feature.min_count > 1:
                    known &= self.windowed("count", every, window) >= feature.min_count
                return Column(value, known)
            case "count" | "days":
                return self._number(feature, every, kept)
            case _:
                return self._latest(feature, kept)

    def _number(self, feature: Feature, every: Selection, kept: Selection) -> Column:
        value = self.windowed(feature.reduce, kept, feature.window_days)
        if feature.keep.everything:
            return Column(value)
        # None seen is only "none" when enough was measured; one seen is certain whatever is missing.
        enough = self.windowed(feature.reduce, every, feature.window_days) >= feature.min_count
        return Column(value, enough | (value > 0))

    def _latest(self, feature: Feature, kept: Selection) -> Column:
        present = self.days.daily("count", kept) > 0
        last = last_index(present)
        here = np.arange(len(last))
        known = (last >= self.days.course_start) & (here - last < feature.window_days)
        if feature.reduce == "age_days":
            return Column((here - last).astype(np.int32), known)
        return Column(self.days.daily("last", kept)[np.maximum(last, 0)], known)


def _measured(keep: Filter) -> Filter:
    """Values that are numbers: censored ones never enter a mean."""
    return Filter(max(keep.lowest, LO_VALUE + 1), min(keep.highest, HI_VALUE - 1))


@dataclass(frozen=True)
class LineReadings:
    """Glucose statistics of the readings that judge a line, or that it answers for, at chosen line rows."""

    stats: ReadingStats
    lines: Lines
    judged: Judged
    rows: Index
    _grouped: dict[str, list["_Group"]] = field(default_factory=lambda: {})

    def _groups(self, series: str) -> list["_Group"]:
        """The chosen rows by the timings the series means for them."""
        found = self._grouped.get(series)
        if found is None:
            found = self._grouped[series] = list(self._split(series))
        return found

    def _split(self, series: str) -> Iterator["_Group"]:
        everything = np.arange(len(self.rows))
        if series in SERIES or not len(self.rows):
            yield _Group(SERIES.get(series, 0), everything, self.rows)
            return
        bits = self.judged.bits(series)[self.rows]
        for timings in map(int, np.unique(bits)):
            here = np.flatnonzero(bits == timings)
            yield _Group(timings, here, self.rows[here])

    def column(self, feature: Feature) -> Column:
        """A line-relative feature, one value per chosen row."""
        groups = self._groups(feature.of)
        if len(groups) == 1:
            return self._part(feature, groups[0])
        return self._joined(feature, groups)

    def _joined(self, feature: Feature, groups: list["_Group"]) -> Column:
        values = np.zeros(len(self.rows), np.int32)
        known = np.ones(len(self.rows), np.bool_)
        per = np.zeros(len(self.rows), np.int32)
        ratio = False
        for group in groups:
            here = group.here
            part = self._part(feature, group)
            values[here] = part.values
            if part.known is not None:
                known[here] = part.known
            if part.per is not None:
                ratio, per[here] = True, part.per
        return Column(values, None if known.all() else known, per if ratio else None)

    def _part(self, feature: Feature, group: "_Group") -> Column:
        if feature.since_change:
            return self._since_change(feature, group)
        return self.stats.column(feature, group.timings).take(self.lines.day_row[group.rows])

    def _span(self, window: int, group: "_Group") -> "_Spans":
        """Each row's window, cut at its line's last change: of that day only what came after the dose counts."""
        found = group.spans.get(window)
        if found is None:
            found = group.spans[window] = self._cut(window, group.rows)
        return found

    def _cut(self, window: int, rows: Index) -> "_Spans":
        lines, days = self.lines, self.stats.days
        day_row = lines.day_row[rows]
        change = lines.last_change[rows]
        changed_row = lines.day_row[change]
        first = np.maximum(day_row - window + 1, days.course_start[day_row])
        cut = lines.changed[change] & (changed_row >= first)
        return _Spans(
            days,
            last=day_row,
            first=np.where(cut, changed_row + 1, first),
            partial=np.where(cut, changed_row, -1),
            slots=lines.slot[lines.segment[rows]],
        )

    def _since_change(self, feature: Feature, group: "_Group") -> Column:
        """A statistic of the window since the line's last change of dose."""
        by_clock, timings = feature.of == "responsible", group.timings
        sums = self._span(feature.window_days, group)
        every = Selection(timings, feature.sources, by_clock=by_clock)
        kept = Selection(timings, feature.sources, feature.keep, by_clock=by_clock)
        match feature.reduce:
            case "mean":
                number = Selection(timings, feature.sources, _measured(feature.keep), by_clock=by_clock)
                count = sums.total("count", number)
                return Column(sums.total("sum", number), count >= max(feature.min_count, 1), count)
            case "min" | "max":
                known = (sums.total("count", every) >= feature.min_count) & (sums.total("count", kept) > 0)
                return Column(sums.best(feature.reduce, kept, feature.window_days), known)
            case _:
                value = sums.total(feature.reduce, kept)
                enough: Mask | None = None
                if not feature.keep.everything and feature.min_count:
                    enough = (sums.total(feature.reduce, every) >= feature.min_count) | (value > 0)
                return Column(value, enough)

    def symptoms(self, feature: Feature) -> Column:
        """Symptom (or severe) events the line answers for, since its last change."""
        days = self.stats.days
        kinds = ("hypo_severe",) if feature.of == "severe" else ("hypo_symptoms", "hypo_severe")
        out = np.zeros(len(self.rows), np.int32)
        if not days.event_kinds.intersection(event_code(kind) for kind in kinds):
            return Column(out)
        for group in self._groups("responsible"):

            def after(slot: Slot, timings: int = group.timings) -> I32:
                return days.daily_symptoms(kinds, timings, slot)

            whole = running_sum(days.daily_symptoms(kinds, group.timings, None))
            out[group.here] = self._span(feature.window_days, group).add(whole, after)
        return Column(out)


@dataclass(frozen=True)
class _Group:
    """Rows for which a series means the same timings; ``here`` are their places among the chosen rows."""

    timings: int
    here: Index
    rows: Index
    spans: dict[int, "_Spans"] = field(default_factory=lambda: {})


@dataclass(frozen=True)
class _Spans:
    """Rows [first, last], plus the part of day ``partial`` (-1: none) that came after the slot's dose."""

    days: Days
    last: Index
    first: Index
    partial: Index
    slots: npt.NDArray[np.int8]

    @once
    def _partial_slots(self) -> list[tuple[Slot, Index]]:
        """The rows with a partial day, by slot."""
        some = np.flatnonzero(self.partial >= 0)
        if not len(some):
            return []
        slots = self.slots[some]
        return [(slot, some[slots == slot]) for slot in Slot if (slots == slot).any()]

    def add(self, running: Index, after: Callable[[Slot], I32]) -> I32:
        """Sum over the span, given sums before each row and the daily values after a slot's dose."""
        out = running[self.last + 1] - running[np.minimum(self.first, self.last + 1)]
        for slot, rows in self._partial_slots:
            out[rows] += after(slot)[self.partial[rows]]
        return out.astype(np.int32)

    def total(self, what: str, selection: Selection) -> I32:
        """Sum of a daily count, sum, or days-with-a-reading over the span."""

        def after(slot: Slot) -> I32:
            if what == "days":
                return (self.days.daily("count", _after(selection, slot)) > 0).astype(np.int32)
            return self.days.daily(what, _after(selection, slot))

        return self.add(self.days.running(what, selection), after)

    def best(self, what: str, selection: Selection, window: int) -> I32:
        """Minimum or maximum over the span."""
        op = np.minimum if what == "min" else np.maximum
        daily = self.days.daily(what, selection)
        out = np.full(len(self.last), EMPTY[what], np.int32)
        for back in range(window):
            at = self.last - back
            out = np.where(at >= self.first, op(out, daily[np.maximum(at, 0)]), out)
        for slot, rows in self._partial_slots:
            late = self.days.daily(what, _after(selection, slot))
            out[rows] = op(out[rows], late[self.partial[rows]])
        return out


def _after(selection: Selection, slot: Slot) -> Selection:
    return Selection(selection.timings, selection.sources, selection.keep, slot, selection.by_clock)
