"""The frame: one row per patient-day and line of one kind; columns by feature name, computed once on demand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from titration.clinical import LINE_KINDS, LineKind, Route
from titration.columns import Column
from titration.features.attribution import INSULIN_KINDS, Attribution, Judged
from titration.features.courses import lay_out
from titration.features.days import I32, Days, Index
from titration.features.lines import LineOptions, Lines, lay_lines
from titration.features.readings import LineReadings, ReadingStats
from titration.features.regimen import Regimen, classes_of
from titration.features.spec import LINE_SERIES, SERIES, Feature
from titration.features.state import PatientState
from titration.features.windows import window_sum
from titration.formulary import Formulary
from titration.log.model import Log


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
    features: Mapping[str, Feature]
    _day_columns: dict[str, Column] = field(default_factory=lambda: {})

    def frames(self, *, day: int | None = None) -> Iterator["Frame"]:
        """One frame per kind of line present, in the order of ``LINE_KINDS``; only ``day`` when it is given."""
        rows = self.regimen.inside
        if day is not None:
            rows = rows[self.days.day[self.lines.day_row[rows]] == day]
        codes = sorted(self.lines.kinds) if len(rows) else []
        kinds = self.lines.kind.take(self.lines.segment.take(rows)) if len(codes) > 1 else None
        for code in codes:
            mine = rows if kinds is None else rows[kinds == code]
            if len(mine):
                yield Frame(self, LINE_KINDS[code], mine)

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
            case "state":
                return self.state.flag(of)
            case "lab":
                return self.state.lab(feature)
            case "person":
                return self.state.age() if name == "age" else self.state.type1()
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


@dataclass(frozen=True)
class Frame:
    """Rows of one kind of line. ``rows`` are line rows of the grid."""

    grid: Grid
    kind: LineKind
    rows: Index
    _columns: dict[str, Column] = field(default_factory=lambda: {})

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def segment(self) -> I32:
        return self.grid.lines.segment.take(self.rows)

    @cached_property
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

    @cached_property
    def day_row(self) -> Index:
        return self.rows + self.spread(self.grid.lines.first_row - self.grid.lines.base)

    @cached_property
    def patient(self) -> I32:
        return self.spread(self.grid.lines.patient)

    @cached_property
    def day(self) -> I32:
        lines = self.grid.lines
        offset = self.grid.days.day.take(lines.first_row) - lines.base
        return (self.rows + self.spread(offset)).astype(np.int32)

    @cached_property
    def dose(self) -> Column:
        """Dose in force, thousandths of the drug's unit."""
        known = self.grid.lines.dose_known.take(self.rows)
        return Column(self.grid.lines.dose.take(self.rows), None if known.all() else known)

    @cached_property
    def _readings(self) -> LineReadings:
        return LineReadings(self.grid.stats, self.grid.lines, self.grid.judged, self.rows)

    def column(self, name: str) -> Column:
        """The column of a feature of the pack (or of the guard); KeyError for any other name."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self.compute(self.grid.features[name])
        return found

    def compute(self, feature: Feature) -> Column:
        """A feature over this frame's rows."""
        if feature.of in LINE_SERIES or (feature.since_change and feature.of in SERIES):
            return self._readings.column(feature)
        if feature.of in ("symptoms", "severe"):
            return self._readings.symptoms(feature)
        if feature.of.startswith("line."):
            return self._line(feature)
        return self.grid.day_column(feature).take(self.day_row)

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
        mine = np.searchsorted(kinds, self.day_row * wide + lines.drug[self.segment])
        return Column(total[mine], ~unsure[mine] if unsure.any() else None)

    def _insulin_lines(self) -> Column:
        total = sum(self.grid.regimen.kind_count(kind).values for kind in INSULIN_KINDS)
        return Column(np.asarray(total, np.int32)[self.day_row])

    def _of_product(self, feature: Feature) -> Column:
        """Numbers the formulary gives for the line's drug."""
        lines = self.grid.lines
        what = feature.of.removeprefix("line.")
        if what.startswith("class."):
            name = what.removeprefix("class.")
            return Column(lines.of_product([int(name in classes_of(d)) for d in lines.drugs])[self.rows])
        if what == "interval":
            return Column(
                lines.of_product([d.product.interval_days if d.product else 1 for d in lines.drugs])[self.rows]
            )
        if what == "combination":
            mixed = [int(d.product is not None and bool(d.product.components)) for d in lines.drugs]
            return Column(lines.of_product(mixed)[self.rows])
        if what == "settle":
            return Column(lines.of_product([d.product.settle_days if d.product else 0 for d in lines.drugs])[self.rows])
        if what == "maximum":
            limits = [d.product.max_daily if d.product else None for d in lines.drugs]
            known = lines.of_product([int(v is not None) for v in limits])[self.rows] > 0
            return Column(lines.of_product([v or 0 for v in limits])[self.rows], None if known.all() else known)
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
        drug = lines.drug[self.segment]
        limited = np.zeros(len(self.rows), np.bool_)
        for i, entry in enumerate(lines.drugs):
            if entry.product is None or not entry.product.renal:
                continue
            mine = drug == i
            limited |= mine
            for limit in sorted(entry.product.renal, key=lambda r: -r.below):
                out[mine & (egfr < limit.below)] = 0 if limit.max_daily is None else limit.max_daily
        return Column(out, present | ~limited)


def _needs_padding(feature: Feature) -> bool:
    """Whether the feature is a moving window over flat days; the others look for their course's start themselves."""
    if feature.since_change or feature.of.startswith(("lab.", "line.")) or feature.of in ("symptoms", "severe"):
        return False
    return feature.reduce not in ("last", "age_days", "active")


def build_grid(
    log: Log,
    features: Mapping[str, Feature],
    attribution: Attribution,
    formulary: Formulary,
    *,
    options: LineOptions,
    taper_always: bool | None = None,
    through: int | None = None,
) -> Grid:
    """The shared grid of a log block for a pack's features."""
    reach = max((f.window_days for f in features.values() if _needs_padding(f)), default=1)
    days = lay_out(log, reach, through=through)
    line_reach = max((f.window_days for f in features.values() if f.of.startswith("line.")), default=1)
    lines = lay_lines(days, formulary, options, pad=line_reach)
    state = PatientState(days, taper_always)
    return Grid(
        log=log,
        days=days,
        lines=lines,
        judged=Judged(lines, attribution),
        stats=ReadingStats(days),
        state=state,
        regimen=Regimen(days, lines, state),
        features=features,
    )
