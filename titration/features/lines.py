"""Therapy lines: one drug in one slot by one route, day by day, as the dose records show it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from titration.clinical import Route, Slot
from titration.features.days import I32, Bools, Days, Index
from titration.features.drugs import Drug, DrugTable, drug_table
from titration.formulary import Formulary
from titration.once import once

_ROUTES = len(Route)
_SLOTS = len(Slot)
_TRUE = np.ones(1, np.bool_)


@dataclass(frozen=True, slots=True)
class LineOptions:
    """How dose records become lines (a pack's ``[lines]``)."""

    carry_days: int = 2
    """Days a line lives on after its last record, times the dosing interval."""
    zero_is_dose: bool = False
    """Whether a written 0 is a dose of 0 rather than a dose not given."""


@dataclass(frozen=True)
class Lines:
    """Segments (a line within a course) and their rows, one per day from the first record to the last plus carry.

    Segment arrays have shape (segments,), row arrays shape (size,); ``pad`` empty rows lead each segment.
    """

    days: Days
    table: DrugTable
    pad: int
    patient: I32
    drug: I32
    slot: npt.NDArray[np.int8]
    route: npt.NDArray[np.int8]
    first_row: Index
    """Day row of each segment's first record."""
    length: I32
    starts_course: Bools
    """Whether the segment's first record lies on its course's first day: not a new line, the log just begins."""
    ended_row: Index
    """First day row after the line's life when its course goes on; -1 otherwise."""
    record_segment: Index
    record_row: Index
    """Segment and line row of each recorded line-day, in order."""
    record_amount: I32
    record_missed: Bools
    record_doubtful: Bools
    zero_is_dose: bool

    @once
    def base(self) -> Index:
        """Line row of each segment's first day."""
        ends = np.cumsum(self.length.astype(np.int64) + self.pad)
        return np.concatenate(([0], ends[:-1])).astype(np.int64) + self.pad if len(ends) else np.zeros(0, np.int64)

    @once
    def size(self) -> int:
        return int((self.length.astype(np.int64) + self.pad).sum())

    @once
    def segment(self) -> I32:
        """Segment of each row (padding included)."""
        return self.spread(np.arange(len(self.length), dtype=np.int32))

    def spread(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A value of each segment on all its rows. Repeating is many times faster than looking up by ``segment``."""
        return values.repeat(self.length + self.pad)

    @once
    def inside(self) -> Index:
        """Rows that are days of a line, padding left out."""
        leading = (np.arange(len(self.length)) + 1) * self.pad
        rows = np.repeat(leading, self.length)
        return np.add(rows, np.arange(len(rows)), out=rows)

    @once
    def day_row(self) -> Index:
        """Row of the day grid of each line row; padding rows before the first patient's first day are put on row 0."""
        return np.maximum(np.arange(self.size) + self.spread(self.first_row - self.base), 0)

    @once
    def start(self) -> Index:
        """Line row of the first day of each row's segment."""
        return self.spread(self.base)

    @once
    def _dosed(self) -> Index | None:
        """Positions of the records that state the dose in force; None when all do."""
        if self.zero_is_dose or bool((self.record_amount > 0).all()):
            return None
        return (self.record_amount > 0).nonzero()[0]

    @once
    def _last_record(self) -> Index:
        """Position in the records of the dose in force at each row; -1 before the first."""
        at = self._dosed
        row = self.record_row if at is None else self.record_row.take(at)
        segment = self.record_segment if at is None else self.record_segment.take(at)
        # Records stand in the order of their rows: how many there are up to a row says which is the last.
        marks = np.zeros(self.size, np.int8)
        marks[row] = 1
        last = np.cumsum(marks, dtype=np.int64)
        last -= 1
        none = last < self.spread(np.searchsorted(segment, np.arange(len(self.length))))
        if at is not None and len(at):
            last = at.take(last, mode="clip")
        last[none] = -1
        return last

    @once
    def dose_known(self) -> Bools:
        return self._last_record >= 0

    @once
    def dose(self) -> I32:
        """Dose in force, thousandths of the drug's unit; 0 where not ``dose_known``."""
        found = self._at_record(self.record_amount).astype(np.int32, copy=False)
        return found if bool(self.dose_known.all()) else np.where(self.dose_known, found, 0).astype(np.int32)

    def dose_at(self, rows: Index) -> tuple[I32, Bools]:
        """``dose`` and ``dose_known`` of a few rows, looked up one by one."""
        at = self._dosed
        row = self.record_row if at is None else self.record_row.take(at)
        if not len(row):
            return np.zeros(len(rows), np.int32), np.zeros(len(rows), np.bool_)
        place = row.searchsorted(rows, side="right") - 1
        known = place >= 0
        place = place if at is None else at.take(place, mode="clip")
        known &= self.record_segment.take(place, mode="clip") == self.segment.take(rows)
        return self.record_amount.take(place, mode="clip") * known, known

    @once
    def doubtful(self) -> Bools:
        """Whether the dose in force was outside the range expected of the drug."""
        return self._at_record(self.record_doubtful).astype(np.bool_, copy=False) & self.dose_known

    def _at_record(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return values.take(self._last_record) if len(values) else np.zeros(self.size, values.dtype)

    @once
    def record_age(self) -> I32:
        """Days since the record of the dose in force."""
        if not len(self.record_row):
            return np.zeros(self.size, np.int32)
        return (np.arange(self.size) - self.record_row[self._last_record]).astype(np.int32)

    @once
    def _changes(self) -> tuple[Index, I32, I32]:
        """Line rows on which the dose differs from the one before, with old and new amount."""
        at = self._dosed
        amount = self.record_amount if at is None else self.record_amount.take(at)
        segment = self.record_segment if at is None else self.record_segment.take(at)
        moved = ((segment[1:] == segment[:-1]) & (amount[1:] != amount[:-1])).nonzero()[0] + 1
        return self.record_row[moved if at is None else at[moved]], amount[moved - 1], amount[moved]

    @once
    def changed(self) -> Bools:
        """Rows on which a new dose was first recorded."""
        out = np.zeros(self.size, np.bool_)
        out[self._changes[0]] = True
        return out

    def moved(self, upwards: bool) -> Bools:  # noqa: FBT001 - a direction has two values
        """Rows on which the dose went up (or down)."""
        rows, before, after = self._changes
        out = np.zeros(self.size, np.bool_)
        out[rows[(after > before) == upwards]] = True
        return out

    @once
    def previous_dose(self) -> tuple[I32, Bools]:
        """The dose before the last change, and where one was seen."""
        rows, before, _ = self._changes
        marks = np.full(self.size, -1, np.int64)
        marks[rows] = np.arange(len(rows))
        last = np.maximum.accumulate(marks) if self.size else marks
        known = last >= 0
        if len(rows):
            known &= rows[last] >= self.start
        return (before[last] if len(before) else np.zeros(self.size, np.int32)), known

    @once
    def missed(self) -> Bools:
        """Rows on which the dose was written as not given."""
        out = np.zeros(self.size, np.bool_)
        out[self.record_row[self.record_missed]] = True
        return out

    @once
    def last_change(self) -> Index:
        """Line row of the last change, or of the segment's first day: how far back the dose is seen unchanged."""
        marks = np.where(self.changed, np.arange(self.size), -1)
        last = np.maximum.accumulate(marks) if self.size else marks
        return np.maximum(last, self.start)

    def next_record(self, rows: Index, within: int) -> tuple[I32, Bools]:
        """The next non-missed dose recorded on a later day of the same line, and whether there is one ``within`` days."""
        at = (self.record_amount > 0).nonzero()[0]
        if not len(at):
            return np.zeros(len(rows), np.int32), np.zeros(len(rows), np.bool_)
        where = np.searchsorted(self.record_row[at], rows, side="right")
        inside = where < len(at)
        found = at[np.minimum(where, len(at) - 1)]
        near = inside & (self.record_segment[found] == self.segment[rows]) & (self.record_row[found] - rows <= within)
        return self.record_amount[found], near

    @property
    def drugs(self) -> tuple[Drug, ...]:
        """The drugs of the block; ``drug`` indexes them."""
        return self.table.drugs

    @once
    def kind(self) -> npt.NDArray[np.int8]:
        """Position in ``LINE_KINDS`` of each segment."""
        return self.table.kind[self.drug, self.route]

    @once
    def kinds(self) -> frozenset[int]:
        """Kinds there are, by position in ``LINE_KINDS``."""
        return frozenset(np.bincount(self.kind).nonzero()[0].tolist())

    @once
    def routes(self) -> frozenset[int]:
        """Routes there are."""
        return frozenset(np.bincount(self.route).nonzero()[0].tolist())


def lay_lines(days: Days, formulary: Formulary, options: LineOptions, pad: int) -> Lines:
    """The therapy lines of a day grid's log."""
    log = days.log
    table = drug_table(log.drugs, formulary)
    doses = log.doses
    code = (doses.drug * _SLOTS + doses.slot) * _ROUTES + doses.route
    wide = max(1, len(table.drugs)) * _SLOTS * _ROUTES
    key = doses.patient.astype(np.int64) * wide + code
    patient, day, amount, doubtful = doses.patient, days.dosed, doses.amount, doses.doubtful
    if len(key) and not bool((key[1:] >= key[:-1]).all()):
        order = np.argsort(key, kind="stable")
        key, patient, day = key.take(order), patient.take(order), day.take(order)
        amount, doubtful = amount.take(order), doubtful.take(order)
    row = days.row_of(patient, day)
    fresh = _starts(key, row)
    course = days.course_of(patient, day)
    if len(fresh) < len(key):
        amount, doubtful = np.add.reduceat(amount, fresh).astype(np.int32), np.logical_or.reduceat(doubtful, fresh)
        key, row, course = key[fresh], row[fresh], course[fresh]
    recorded = _LineDays(key, row, course, amount, doubtful, wide)
    return _segments(days, table, options, pad, recorded)


def _starts(key: Index, row: Index) -> Index:
    """Where a new line-day begins; rows of one line are in time order."""
    if not len(key):
        return np.zeros(0, np.int64)
    return np.concatenate((_TRUE, (key[1:] != key[:-1]) | (row[1:] != row[:-1]))).nonzero()[0]


@dataclass(frozen=True, slots=True)
class _LineDays:
    """One entry per recorded line-day: line key, day row, course, sum of the day's records, whether any was doubtful."""

    key: Index
    row: Index
    course: Index
    amount: I32
    doubtful: Bools
    wide: int


def _segments(days: Days, table: DrugTable, options: LineOptions, pad: int, recorded: _LineDays) -> Lines:
    key, row, wide = recorded.key, recorded.row, recorded.wide
    course = recorded.course
    longest = table.interval.astype(np.int64) * options.carry_days
    if len(key):
        # A line silent for longer than its carry has lapsed: the next record starts a new segment.
        gap = row[1:] - row[:-1]
        new = (key[1:] != key[:-1]) | (course[1:] != course[:-1]) | (gap > int(longest.min()) + 1)
        starts = np.concatenate((_TRUE, new)).nonzero()[0]
        # Only a few gaps are long enough for some drug: whether they are for this one is looked up for them alone.
        own = longest[key[starts] % wide // (_SLOTS * _ROUTES)]
        same = (starts > 0) & (key[starts] == key[starts - 1]) & (course[starts] == course[starts - 1])
        starts = starts[~(same & (gap.take(starts - 1, mode="clip") <= own + 1))] if len(gap) else starts
    else:
        starts = np.zeros(0, np.int64)
    code = (key[starts] % wide).astype(np.int32)
    drug = code // (_SLOTS * _ROUTES)
    carry = longest[drug]
    ends = np.append(starts[1:], len(key)) - 1 if len(starts) else starts
    course_end = days.course_base[course[ends]] + days.course_length[course[ends]] - 1
    last = np.minimum(row[ends] + carry, course_end)
    length = (last - row[starts] + 1).astype(np.int32)
    base = (length.astype(np.int64) + pad).cumsum() - length
    records = np.diff(np.append(starts, len(key)))
    return Lines(
        days=days,
        table=table,
        pad=pad,
        patient=(key[starts] // wide).astype(np.int32),
        drug=drug,
        slot=(code // _ROUTES % _SLOTS).astype(np.int8),
        route=(code % _ROUTES).astype(np.int8),
        first_row=row[starts],
        length=length,
        starts_course=row[starts] == days.course_base[course[starts]],
        # Known only when the carry has run out: a day earlier the record might just be late.
        ended_row=np.where(row[ends] + carry < course_end, row[ends] + carry + 1, -1),
        record_segment=np.arange(len(starts)).repeat(records),
        record_row=row + (base - row[starts]).repeat(records),
        record_amount=recorded.amount,
        record_missed=(recorded.amount == 0) & (not options.zero_is_dose),
        record_doubtful=recorded.doubtful,
        zero_is_dose=options.zero_is_dose,
    )
