"""A patient's whole regimen per day: insulin totals, drugs by class, lines by kind, changes on any line."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from titration.clinical import LINE_KINDS, LineKind, Route
from titration.columns import Column
from titration.features.attribution import INSULIN_KINDS
from titration.features.days import I32, Days, Index
from titration.features.lines import Lines
from titration.features.spec import Feature
from titration.features.state import PatientState
from titration.features.windows import last_index, window_best, window_sum
from titration.log.model import event_code
from titration.once import once

_IN_LINE_KINDS: Final = {kind: code for code, kind in enumerate(LINE_KINDS)}


@dataclass(frozen=True)
class Regimen:
    """Columns with one value per day row."""

    days: Days
    lines: Lines
    state: PatientState

    @once
    def inside(self) -> Index:
        """Line rows that are days of a line (padding left out)."""
        return self.lines.inside

    def _rows_of(self, kinds: tuple[LineKind, ...]) -> Index:
        wanted = np.array([k in kinds for k in LINE_KINDS])
        return self._inside_of(wanted[self.lines.kind])

    def _inside_of(self, segments: npt.NDArray[np.bool_]) -> Index:
        """Days of the chosen segments' lines. Repeating is many times faster than looking up by ``Lines.segment``."""
        return self.inside[segments.repeat(self.lines.length)]

    @once
    def _none(self) -> Column:
        """Nothing on any day."""
        return Column(np.zeros(self.days.size, np.int32))

    def _has_kind(self, kind: LineKind) -> bool:
        return _IN_LINE_KINDS[kind] in self.lines.kinds

    def insulin(self, kinds: tuple[LineKind, ...]) -> Column:
        """Insulin a day, thousandths of units; unknown where a line's dose is."""
        rows = self._rows_of(kinds)
        at = self.lines.day_row[rows]
        dose = self.lines.dose[rows] // self.lines.table.interval[self.lines.drug][self.lines.segment[rows]]
        total = np.bincount(at, weights=dose, minlength=self.days.size).astype(np.int32)
        sure = self.lines.dose_known[rows]
        if sure.all():
            return Column(total)
        return Column(total, np.bincount(at[~sure], minlength=self.days.size) == 0)

    @once
    def total(self) -> Column:
        return self.insulin(INSULIN_KINDS)

    def total_feature(self, feature: Feature) -> Column:
        """Total daily insulin as itself, per kg, at the baseline, or in percent of that or of the window's highest."""
        total = self.total
        match feature.reduce:
            case "now":
                return total
            case "per_kg":
                return self.per_kg(total)
            case "baseline":
                base, known = self._baseline()
                return Column(base.astype(np.int32), known & (base > 0))
            case "percent_of_baseline":
                base, known = self._baseline()
            case _:
                seen = total.values if total.known is None else np.where(total.known, total.values, 0)
                base = window_best(np.maximum, seen, feature.window_days)
                known = np.ones(self.days.size, np.bool_)
        known = known & (base > 0) & (True if total.known is None else total.known)
        return Column(total.values.astype(np.int64) * 1000, known, np.maximum(base, 1).astype(np.int64))

    def _baseline(self) -> tuple[I32, npt.NDArray[np.bool_]]:
        """Total on the day a baseline event names, else on the first day of the course with insulin."""
        sure = np.ones(self.days.size, np.bool_) if self.total.known is None else self.total.known
        have = (self.total.values > 0) & sure
        starts = self.days.course_start
        previous = np.concatenate(([0], np.cumsum(have)))[:-1]
        first = have & (previous == previous[starts])
        marked = (
            last_index(self.days.daily_events("baseline") > 0) if self._has("baseline") else np.full(self.days.size, -1)
        )
        at = np.where(marked >= starts, marked, last_index(first))
        known = (at >= starts) & sure[np.maximum(at, 0)]
        return self.total.values[np.maximum(at, 0)], known

    def _has(self, kind: str) -> bool:
        return event_code(kind) in self.days.event_kinds

    def per_kg(self, dose: Column, rows: Index | None = None) -> Column:
        """A dose per kg of the last known weight, in thousandths of units per kg."""
        weight, _, present = self.state.lab_at("weight")
        if rows is not None:
            weight, present = weight[rows], present[rows]
        known = present if dose.known is None else present & dose.known
        # Both are thousandths: (dose / weight) in thousandths of units per kg is dose * 1000 over weight.
        return Column(dose.values.astype(np.int64) * 1000, known, np.maximum(weight, 1).astype(np.int64))

    def class_count(self, name: str) -> Column:
        """Distinct drugs of a class in use."""
        members = self.lines.table.members(name)
        if not members.any():
            return self._none
        return self._distinct(self._inside_of(members[self.lines.drug]))

    def drug_count(self, kind: LineKind) -> Column:
        """Distinct drugs among the lines of a kind."""
        return self._distinct(self._rows_of((kind,))) if self._has_kind(kind) else self._none

    def _distinct(self, rows: Index) -> Column:
        """Distinct drugs a day among line rows."""
        if len(self.lines.drugs) == 1:
            return Column(np.minimum(self._per_day(self.lines.day_row[rows]).values, 1))
        wide = max(1, len(self.lines.drugs))
        pairs = np.unique(self.lines.day_row[rows] * wide + self.lines.drug[self.lines.segment[rows]])
        return self._per_day(pairs // wide)

    def _per_day(self, day_rows: Index) -> Column:
        return Column(np.bincount(day_rows, minlength=self.days.size).astype(np.int32))

    def kind_count(self, kind: LineKind) -> Column:
        """Lines of a kind in use."""
        return self._per_day(self.lines.day_row[self._rows_of((kind,))]) if self._has_kind(kind) else self._none

    def route_count(self, routes: tuple[Route, ...]) -> Column:
        """Lines given by one of the routes."""
        count = self._none
        if self.lines.routes.intersection(routes):
            wanted = np.array([r in routes for r in Route])
            count = self._per_day(self.lines.day_row[self._inside_of(wanted[self.lines.route])])
        if Route.CSII_BASAL in routes and len(self.days.log.pump):
            # A pump that gives only a basal rate leaves no dose record.
            return Column((count.values + (window_sum(self.days.daily_pump(), 2) > 0)).astype(np.int32))
        return count

    def unknown_count(self) -> Column:
        """Lines of drugs the formulary does not know."""
        unheard = self.lines.table.unheard[self.lines.drug]
        if not unheard.any():
            return self._none
        return self._per_day(self.lines.day_row[self._inside_of(unheard)])

    @once
    def changes(self) -> I32:
        """Changes of any line's dose a day: new doses, new lines, lines that ended."""
        lines = self.lines
        new = lines.first_row[~lines.starts_course]
        ended = lines.ended_row[lines.ended_row >= 0]
        rows = np.concatenate([lines.day_row[lines.changed], new, ended])
        return np.bincount(rows, minlength=self.days.size).astype(np.int32)

    @once
    def reductions(self) -> I32:
        """Reductions of any line's dose a day, lines that ended included."""
        lines = self.lines
        down = lines.day_row[lines.moved(upwards=False)]
        ended = lines.ended_row[lines.ended_row >= 0]
        return np.bincount(np.concatenate([down, ended]), minlength=self.days.size).astype(np.int32)

    def any_change(self, feature: Feature) -> Column:
        """Changes on any line: how many in the window, or days without one as far as the log shows."""
        daily = self.changes if feature.of == "any.change" else self.reductions
        if feature.reduce == "count":
            return Column(window_sum(daily, feature.window_days))
        last = np.maximum(last_index(daily > 0), self.days.course_start)
        return Column((np.arange(self.days.size) - last).astype(np.int32))
