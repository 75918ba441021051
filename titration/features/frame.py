"""The frame: one row per patient-day and line of one kind; columns by feature name, computed once on demand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from titration.clinical import LINE_KINDS, LineKind, Route
from titration.columns import Column
from titration.features.attribution import INSULIN_KINDS, Attribution, Judged
from titration.features.chosen import ChosenReadings, WindowTable
from titration.features.courses import lay_out
from titration.features.days import I32, Days, Index
from titration.features.lines import LineOptions, Lines, lay_lines
from titration.features.readings import LineReadings, ReadingStats
from titration.features.regimen import Regimen
from titration.features.spec import LINE_SERIES, SERIES, Feature
from titration.features.state import PatientState
from titration.features.windows import window_sum
from titration.formulary import Formulary
from titration.log.model import Log
from titration.once import once


@dataclass(frozen=True, eq=False)
class BoundFeatures:
    """The features of a pack and its guard, and what a grid needs to know of them all. Bound once, not per log."""

    by_name: Mapping[str, Feature]

    @once
    def reach(self) -> int:
        """Days of the longest moving window over the day grid."""
        return max((f.window_days for f in self.by_name.values() if _needs_padding(f)), default=1)

    @once
    def line_reach(self) -> int:
        """Days of the longest moving window over line rows."""
        return max((f.window_days for f in self.by_name.values() if f.of.startswith("line.")), default=1)

    @once
    def windows(self) -> WindowTable:
        """The glucose features as a table."""
        return WindowTable.of(self.by_name)


def _needs_padding(feature: Feature) -> bool:
    """Whether the feature is a moving window over flat days; the others look for their course's start themselves."""
    if feature.since_change or feature.of.startswith(("lab.", "line.")) or feature.of in ("symptoms", "severe"):
        return False
    return feature.reduce not in ("last", "age_days", "active")


@dataclass(frozen=True)
class Grid:
    """Everything computed from one log block that all its frames share."""

    log: Log
    days: Days
    lines: Lines
    judged: Judged
    stats: ReadingStats
    state: PatientState
    regimen: Regimen
    bound: BoundFeatures
    _day_columns: dict[str, Column] = field(default_factory=lambda: {})

    @property
    def features(self) -> Mapping[str, Feature]:
        """Every feature a frame has a column of."""
        return self.bound.by_name

    def frames(self, *, day: int | None = None) -> Iterator["Frame"]:
        """One frame per kind of line present, in the order of ``LINE_KINDS``; only ``day`` when it is given."""
        rows = self.regimen.inside
        asked = None
        if day is not None:
            rows = rows[self.days.day[self.lines.day_row[rows]] == day]
            judged = Judged(self.lines, self.judged.attribution, rows)
            chosen = ChosenReadings(self.bound.windows, self.days, self.lines, judged, rows)
            asked = Asked(chosen, self.state.on((self.days.day == day).nonzero()[0]))
        codes = sorted(self.lines.kinds) if len(rows) else []
        kinds = self.lines.kind.take(self.lines.segment.take(rows)) if len(codes) > 1 else None
        for code in codes:
            at = slice(None) if kinds is None else (kinds == code).nonzero()[0]
            mine = rows[at]
            if len(mine):
                yield Frame(self, LINE_KINDS[code], mine, asked, at)

    def day_column(self, feature: Feature) -> Column:
        """A feature that does not depend on the line, one value per day row."""
        found = self._day_columns.get(feature.name)
        if found is None:
            found = self._day_columns[feature.name] = self._day_column(feature)
        return found

    def _day_column(self, feature: Feature) -> Column:
        of = feature.of
        if of in SERIES:
            return self.stats.column(feature, SERIES[of])
        family, _, name = of.partition(".")
        match family:
            case "event":
                return self.state.event(feature)
            case "state" | "lab" | "person":
                return self.state.column(feature)
            case "doubts":
                return Column(window_sum(self.days.daily_doubts(), feature.window_days))
            case "class":
                return self.regimen.class_count(name)
            case "kind":
                return self.regimen.kind_count(LineKind(name))
            case "drugs":
                return self.regimen.drug_count(LineKind(name))
            case "route":
                return self.regimen.route_count((Route.CSII_BOLUS, Route.CSII_BASAL) if name == "pump" else (Route.IV,))
            case "unknown":
                return self.regimen.unknown_count()
            case "any":
                return self.regimen.any_change(feature)
            case _:
                return self._insulin(feature)

    def _insulin(self, feature: Feature) -> Column:
        if feature.of == "insulin.total":
            return self.regimen.total_feature(feature)
        basal = self.regimen.insulin((LineKind.BASAL,))
        return basal if feature.reduce == "now" else self.regimen.per_kg(basal)


_FEW: Final = 1000


@dataclass(frozen=True, eq=False)
class Asked:
    """What the frames of one day share: the glucose features of all their rows, and the state of the patients that day."""

    chosen: ChosenReadings
    state: PatientState
    _columns: dict[str, Column] = field(default_factory=lambda: {})

    def column(self, feature: Feature, day_row: Index) -> Column | None:
        """A measurement, a state or a fact about the person on some of the day's rows; None for any other feature."""
        if not feature.of.startswith(("lab.", "state.", "person.")):
            return None
        found = self._columns.get(feature.name)
        if found is None:
            found = self._columns[feature.name] = self.state.column(feature)
        rows = self.state.rows
        return found if rows is None else found.take(rows.searchsorted(day_row))


@dataclass(frozen=True)
class Frame:
    """Rows of one kind of line. ``rows`` are line rows of the grid."""

    grid: Grid
    kind: LineKind
    rows: Index
    asked: Asked | None = None
    """Where only one day is asked for: what its frames share, among whose rows this frame's are at ``at``."""
    at: Index | slice = field(default_factory=lambda: slice(None))
    _columns: dict[str, Column] = field(default_factory=lambda: {})
    _taken: dict[int, Column] = field(default_factory=lambda: {})

    def __len__(self) -> int:
        return len(self.rows)

    @once
    def segment(self) -> I32:
        return self.grid.lines.segment.take(self.rows)

    @once
    def _runs(self) -> tuple[Index, Index]:
        """The segments that have rows here, in order, and how many rows each has."""
        starts = np.flatnonzero(np.concatenate(([True], self.segment[1:] != self.segment[:-1])))
        return self.segment[starts].astype(np.int64), np.diff(np.append(starts, len(self.rows)))

    def spread(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A value of each segment on the rows of that segment."""
        if len(self.rows) < _FEW:
            return values.take(self.segment)
        # Many times faster than looking up row by row, once there are enough to pay for finding the runs.
        segments, counts = self._runs
        return np.repeat(values.take(segments), counts)

    @once
    def drug(self) -> I32:
        """Drug of each row, by place in the block's list."""
        return self.spread(self.grid.lines.drug)

    @once
    def day_row(self) -> Index:
        return self.rows + self.spread(self.grid.lines.first_row - self.grid.lines.base)

    @once
    def patient(self) -> I32:
        return self.spread(self.grid.lines.patient)

    @once
    def day(self) -> I32:
        lines = self.grid.lines
        offset = self.grid.days.day.take(lines.first_row) - lines.base
        return (self.rows + self.spread(offset)).astype(np.int32)

    @once
    def dose(self) -> Column:
        """Dose in force, thousandths of the drug's unit."""
        lines = self.grid.lines
        if self.asked is None:
            dose, known = lines.dose.take(self.rows), lines.dose_known.take(self.rows)
        else:
            dose, known = lines.dose_at(self.rows)
        return Column(dose, None if known.all() else known)

    @once
    def _readings(self) -> LineReadings:
        return LineReadings(self.grid.stats, self.grid.lines, self.grid.judged, self.rows)

    def judged_by(self, series: str, row: int) -> int:
        """Timing bits of a line-relative series for one row."""
        if self.asked is not None:
            return int(self.asked.chosen.judged.bits(series)[self.at][row])
        return int(self.grid.judged.bits(series)[self.rows[row]])

    def column(self, name: str) -> Column:
        """The column of a feature of the pack (or of the guard); KeyError for any other name."""
        found = self._columns.get(name)
        if found is None:
            if self.asked is not None and name in self.asked.chosen.table.place:
                found = self.asked.chosen.column(name, self.at)
            else:
                found = self.compute(self.grid.features[name])
            self._columns[name] = found
        return found

    def compute(self, feature: Feature) -> Column:
        """A feature over this frame's rows."""
        if feature.of in LINE_SERIES or (feature.since_change and feature.of in SERIES):
            return self._readings.column(feature)
        if feature.of in ("symptoms", "severe"):
            return self._readings.symptoms(feature)
        if feature.of.startswith("line."):
            return self._line(feature)
        of_that_day = None if self.asked is None else self.asked.column(feature, self.day_row)
        if of_that_day is not None:
            return of_that_day
        of_days = self.grid.day_column(feature)
        # Whatever never happened shares one column.
        found = self._taken.get(id(of_days))
        if found is None:
            found = self._taken[id(of_days)] = of_days.take(self.day_row)
        return found

    def _line(self, feature: Feature) -> Column:
        lines, rows = self.grid.lines, self.rows
        match feature.of.removeprefix("line."):
            case "dose":
                return self.dose if feature.reduce == "now" else self.grid.regimen.per_kg(self.dose, self.day_row)
            case "daily":
                return self._daily_of_drug()
            case "record":
                return Column(lines.record_age[rows], lines.dose_known[rows])
            case "change":
                return self._moves(feature, lines.changed)
            case "reduction":
                return self._moves(feature, lines.moved(upwards=False))
            case "increase":
                return self._moves(feature, lines.moved(upwards=True))
            case "missed":
                return Column(self._missed(feature))
            case "previous_dose":
                value, known = lines.previous_dose
                return Column(value[rows], known[rows])
            case "doubtful":
                return Column(lines.doubtful[rows].astype(np.int32))
            case "insulins":
                return self._insulin_lines()
            case _:
                return self._of_product(feature)

    def _moves(self, feature: Feature, marked: np.ndarray) -> Column:
        """Changes in the window; or days unchanged, as far back as the log shows the line."""
        lines, rows = self.grid.lines, self.rows
        if feature.reduce == "count":
            return Column(window_sum(marked.astype(np.int32), feature.window_days).take(rows))
        last = np.maximum.accumulate(np.where(marked, np.arange(lines.size), -1)) if lines.size else lines.start
        seen = last[rows] >= lines.start[rows]
        if feature.of == "line.change":
            return Column((rows - np.maximum(last[rows], lines.start[rows])).astype(np.int32))
        return Column((rows - last[rows]).astype(np.int32), seen)

    def _missed(self, feature: Feature) -> I32:
        lines = self.grid.lines
        told = self.grid.days.daily_events("missed_dose") > 0
        days = (lines.missed | told[lines.day_row]) & (np.arange(lines.size) >= lines.start)
        return window_sum(days.astype(np.int32), feature.window_days)[self.rows]

    def _daily_of_drug(self) -> Column:
        """The drug's doses of the day over all slots."""
        lines = self.grid.lines
        inside = self.grid.regimen.inside
        wide = max(1, len(lines.drugs))
        key = lines.day_row[inside] * wide + lines.drug[lines.segment[inside]]
        kinds, where = np.unique(key, return_inverse=True)
        total = np.bincount(where, weights=lines.dose[inside]).astype(np.int32)
        unsure = np.bincount(where, weights=~lines.dose_known[inside]) > 0
        mine = np.searchsorted(kinds, self.day_row * wide + self.drug)
        return Column(total[mine], ~unsure[mine] if unsure.any() else None)

    def _insulin_lines(self) -> Column:
        total = sum(self.grid.regimen.kind_count(kind).values for kind in INSULIN_KINDS)
        return Column(np.asarray(total, np.int32)[self.day_row])

    def _of_product(self, feature: Feature) -> Column:
        """Numbers the formulary gives for the line's drug."""
        table = self.grid.lines.table
        what = feature.of.removeprefix("line.")
        if what.startswith("class."):
            return Column(table.members(what.removeprefix("class."))[self.drug].astype(np.int32))
        match what:
            case "interval":
                return Column(table.interval[self.drug])
            case "combination":
                return Column(table.combination[self.drug])
            case "settle":
                return Column(table.settle[self.drug])
            case "maximum":
                most = table.maximum[self.drug]
                known = most >= 0
                return Column(most, None if known.all() else known)
            case _:
                return self._renal_maximum(feature.max_age_days)

    def _renal_maximum(self, max_age: int | None) -> Column:
        """The most a day that the drug's renal limits allow at the last eGFR: unknown without one young enough."""
        lines, state = self.grid.lines, self.grid.state
        egfr, age, present = state.lab_at("egfr")
        if max_age is not None:
            present = present & (age <= max_age)
        egfr, present = egfr[self.day_row], present[self.day_row]
        unlimited = np.iinfo(np.int32).max
        out = np.full(len(self.rows), unlimited, np.int32)
        drug = self.drug
        limited = np.zeros(len(self.rows), np.bool_)
        for i, entry in enumerate(lines.drugs):
            if entry.product is None or not entry.product.renal:
                continue
            mine = drug == i
            limited |= mine
            for limit in sorted(entry.product.renal, key=lambda r: -r.below):
                out[mine & (egfr < limit.below)] = 0 if limit.max_daily is None else limit.max_daily
        return Column(out, present | ~limited)


def build_grid(
    log: Log,
    bound: BoundFeatures,
    attribution: Attribution,
    formulary: Formulary,
    *,
    options: LineOptions,
    taper_always: bool | None = None,
    through: int | None = None,
) -> Grid:
    """The shared grid of a log block for a pack's features."""
    days = lay_out(log, bound.reach, through=through)
    lines = lay_lines(days, formulary, options, pad=bound.line_reach)
    state = PatientState(days, taper_always)
    return Grid(
        log=log,
        days=days,
        lines=lines,
        judged=Judged(lines, attribution),
        stats=ReadingStats(days),
        state=state,
        regimen=Regimen(days, lines, state),
        bound=bound,
    )
