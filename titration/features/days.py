"""The day grid: one row per patient and calendar day, and readings summed up on it.

A patient's days are cut into courses at gaps longer than ``COURSE_GAP`` days without any record, so that no window
runs across two hospital stays a year apart.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from titration.clinical import Slot, Timing
from titration.features.spec import ALL_TIMINGS, EVERYTHING, Filter
from titration.log.model import MINUTES_A_DAY, Log, event_code
from titration.units import HI_VALUE, LO_VALUE

COURSE_GAP: Final = 14
"""Days without any record after which a patient's next record starts a new course."""

_KEY_DAYS: Final = 1 << 22
_DAY_SHIFT: Final = 1 << 20
_CLOCK: Final = (
    (300, Timing.OVERNIGHT),
    (480, Timing.FASTING),
    (630, Timing.POST_BREAKFAST),
    (750, Timing.PRE_LUNCH),
    (900, Timing.POST_LUNCH),
    (1110, Timing.PRE_DINNER),
    (1230, Timing.POST_DINNER),
    (1440, Timing.BEDTIME),
)
"""Which part of the day an unlabelled low or a symptom belongs to, by the clock (ends in minutes of the day)."""

Index = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records a daily series is made of. ``timings`` and ``sources`` are bit sets; ``after`` keeps only what was
    recorded after that slot's dose of the same day; ``by_clock`` gives unlabelled records the timing of their hour."""

    timings: int
    sources: int
    keep: Filter = EVERYTHING
    after: Slot | None = None
    by_clock: bool = False


@dataclass(frozen=True)
class Days:
    """Rows of the grid. ``course_*`` have one entry per course, in patient and time order."""

    log: Log
    pad: int
    course_patient: I32
    course_first: I32
    course_length: I32
    _series: dict[tuple[str, Selection], I32] = field(default_factory=lambda: {})
    _groups: dict[Selection, tuple[Index | None, Index, I32]] = field(default_factory=lambda: {})
    _running: dict[tuple[str, Selection], Index] = field(default_factory=lambda: {})

    @cached_property
    def course_base(self) -> Index:
        """Row of each course's first day."""
        ends = np.cumsum(self.course_length.astype(np.int64) + self.pad)
        return np.concatenate(([0], ends[:-1])).astype(np.int64) + self.pad if len(ends) else np.zeros(0, np.int64)

    @cached_property
    def size(self) -> int:
        """Rows, empty rows before each course included."""
        return int((self.course_length.astype(np.int64) + self.pad).sum())

    @cached_property
    def _single(self) -> bool:
        return len(self.course_patient) == len(self.log.people) and bool(
            (self.course_patient == np.arange(len(self.log.people))).all()
        )

    def course_of(self, patient: I32, day: I32) -> Index:
        """Course that holds each (patient, day); the day must lie in one."""
        if self._single:
            return patient.astype(np.int64)
        starts = _key(self.course_patient, self.course_first)
        return np.searchsorted(starts, _key(patient, day), side="right") - 1

    def row_of(self, patient: I32, day: I32) -> Index:
        """Row of each (patient, day); the day must lie in a course."""
        offset = self.course_base - self.course_first
        if self._single:
            return offset[patient] + day
        return offset[self.course_of(patient, day)] + day

    def _spread(self, values: npt.NDArray[np.int32]) -> I32:
        out = np.zeros(self.size, np.int32)
        if len(values):
            lengths = self.course_length + self.pad
            out[:] = np.repeat(values, lengths)
        return out

    @cached_property
    def patient(self) -> I32:
        """Patient of each row, padding included."""
        return self._spread(self.course_patient)

    @cached_property
    def day(self) -> I32:
        """Days since 1970-01-01 of each row; padding rows continue backwards."""
        offset = self._spread((self.course_first - self.course_base).astype(np.int32))
        return offset + np.arange(self.size, dtype=np.int32)

    @cached_property
    def course_start(self) -> Index:
        """Row of the first day of each row's course."""
        return np.repeat(self.course_base, self.course_length + self.pad)

    @cached_property
    def event_kinds(self) -> frozenset[int]:
        """Codes of the event kinds the log has at all."""
        return frozenset(np.unique(self.log.events.kind).tolist())

    @cached_property
    def keys(self) -> Index:
        """(patient, day) of each row as one sortable number."""
        return _key(self.patient, self.day)

    @cached_property
    def reading_day(self) -> I32:
        return np.floor_divide(self.log.readings.minute, np.int32(MINUTES_A_DAY))

    @cached_property
    def reading_row(self) -> I32:
        """Row of each reading. Narrow on purpose: the longest array of a replay is read many times."""
        readings = self.log.readings
        if self._single:
            return (self.course_base - self.course_first).astype(np.int32)[readings.patient] + self.reading_day
        return self.row_of(readings.patient, self.reading_day).astype(np.int32)

    @cached_property
    def clock_timing(self) -> npt.NDArray[np.int8]:
        """Timing of each reading, by the hour where the log gives none."""
        timing = self.log.readings.timing
        return np.where(timing == Timing.RANDOM, timing_by_clock(self.log.readings.minute), timing).astype(np.int8)

    @cached_property
    def _plain(self) -> tuple[bool, bool, int, int]:
        """Whether a source, repeat or value filter can be skipped because nothing in the block is special."""
        r = self.log.readings
        low, high = (int(r.value.min()), int(r.value.max())) if len(r) else (1, 1)
        return not r.source.any(), not r.repeat.any(), low, high

    def select(self, selection: Selection) -> Index | None:
        """Indices of the readings in a series; None when it is all of them."""
        readings = self.log.readings
        only_cbg, no_repeats, low, high = self._plain
        mask: Bools | None = None
        if selection.timings != ALL_TIMINGS:
            timing = self.clock_timing if selection.by_clock else readings.timing
            mask = _within(timing, selection.timings)
        if not (only_cbg and selection.sources & 1):
            mask = _and(mask, _within(readings.source, selection.sources))
        if not no_repeats:
            mask = _and(mask, ~readings.repeat)
        if low < selection.keep.lowest:
            mask = _and(mask, readings.value >= selection.keep.lowest)
        if high > selection.keep.highest:
            mask = _and(mask, readings.value <= selection.keep.highest)
        if selection.after is not None:
            mask = _and(mask, readings.minute > self.dose_minute(selection.after)[self.reading_row])
        return None if mask is None else np.flatnonzero(mask)

    def dose_minute(self, slot: Slot, *, since: int | None = None) -> I32:
        """Minute of the first dose of that slot on each day; far in the future where there is none.

        Days before ``since`` may be left out: then they read as days without a dose.
        """
        doses = self.log.doses
        out = np.full(self.size, np.iinfo(np.int32).max, np.int32)
        given = (doses.slot == slot) & (doses.amount > 0)
        if since is not None:
            given &= doses.minute >= since * MINUTES_A_DAY
        chosen = given.nonzero()[0]
        rows = self.row_of(doses.patient[chosen], dose_day(doses.minute[chosen], doses.slot[chosen]))
        np.minimum.at(out, rows, doses.minute[chosen])
        return out

    def daily(self, what: str, selection: Selection) -> I32:
        """A daily statistic of a series, shape (size,): count, sum, min, max or last; see ``EMPTY`` for days without."""
        selection = self._plainly(selection)
        key = (what, selection)
        found = self._series.get(key)
        if found is None:
            found = self._series[key] = self._daily(what, selection)
        return found

    def _plainly(self, selection: Selection) -> Selection:
        """The same selection without a filter that keeps every value of this log: equal series are computed once."""
        _, _, low, high = self._plain
        keep = Filter(
            LO_VALUE if selection.keep.lowest <= low else selection.keep.lowest,
            HI_VALUE if selection.keep.highest >= high else selection.keep.highest,
        )
        if keep == selection.keep:
            return selection
        return Selection(selection.timings, selection.sources, keep, selection.after, selection.by_clock)

    def _grouped(self, selection: Selection) -> tuple[Index | None, Index, I32]:
        """The readings of a selection (None: all), where each day's begin among them, and the rows of these days."""
        found = self._groups.get(selection)
        if found is None:
            chosen = self.select(selection)
            rows = self.reading_row if chosen is None else self.reading_row[chosen]
            starts = np.flatnonzero(rows[1:] != rows[:-1]) + 1
            starts = np.concatenate(([0], starts)) if len(rows) else starts
            found = self._groups[selection] = (chosen, starts, rows[starts])
        return found

    def running(self, what: str, selection: Selection) -> Index:
        """Sums of a daily count, sum, or days with a reading before each row, shape (size + 1,)."""
        key = (what, selection)
        found = self._running.get(key)
        if found is None:
            if what == "days":
                daily: I32 = (self.daily("count", selection) > 0).astype(np.int32)
            else:
                daily = self.daily(what, selection)
            found = self._running[key] = running_sum(daily)
        return found

    def _daily(self, what: str, selection: Selection) -> I32:
        if what == "sum":
            # Censored values never enter a mean.
            keep = Filter(max(selection.keep.lowest, LO_VALUE + 1), min(selection.keep.highest, HI_VALUE - 1))
            selection = self._plainly(
                Selection(selection.timings, selection.sources, keep, selection.after, selection.by_clock)
            )
        chosen, starts, rows = self._grouped(selection)
        out = np.full(self.size, EMPTY[what], np.int32)
        if not len(rows):
            return out
        size = len(self.log.readings) if chosen is None else len(chosen)
        if what == "count":
            out[rows] = np.diff(starts, append=size)
            return out
        values = self.log.readings.value if chosen is None else self.log.readings.value[chosen]
        if what == "last":
            out[rows] = values[np.append(starts[1:], size) - 1]
        else:
            out[rows] = _per_day(what, values, starts)
        return out

    def daily_symptoms(self, kinds: tuple[str, ...], timings: int, after: Slot | None) -> I32:
        """Hypoglycaemia events of some kinds per day, by the part of the day they fell in, shape (size,)."""
        events = self.log.events
        chosen = np.isin(events.kind, [event_code(kind) for kind in kinds])
        chosen &= _within(timing_by_clock(events.minute), timings)
        rows = self.row_of(events.patient[chosen], events.minute[chosen] // MINUTES_A_DAY)
        if after is not None:
            rows = rows[events.minute[chosen] > self.dose_minute(after)[rows]]
        return np.bincount(rows, minlength=self.size).astype(np.int32)

    def daily_events(self, kind: str) -> I32:
        """Events of one kind per day, shape (size,)."""
        events = self.log.events
        if event_code(kind) not in self.event_kinds:
            return np.zeros(self.size, np.int32)
        chosen = events.kind == event_code(kind)
        rows = self.row_of(events.patient[chosen], events.minute[chosen] // MINUTES_A_DAY)
        return np.bincount(rows, minlength=self.size).astype(np.int32)

    def daily_pump(self) -> I32:
        """Pump rate records per day, shape (size,). Days that hold nothing else are not in the grid."""
        pump = self.log.pump
        keys = _key(pump.patient, np.floor_divide(pump.minute, np.int32(MINUTES_A_DAY)))
        own = np.flatnonzero(np.isin(keys, self.keys))
        rows = self.row_of(pump.patient[own], pump.minute[own] // MINUTES_A_DAY)
        return np.bincount(rows, minlength=self.size).astype(np.int32)

    def daily_doubts(self) -> I32:
        """Quarantined or rejected glucose rows per day, shape (size,)."""
        rows = self.row_of(self.log.doubts.patient, self.log.doubts.day)
        return np.bincount(rows, minlength=self.size).astype(np.int32)


def running_sum(daily: I32) -> Index:
    """Sum of all rows before each, shape (n + 1,)."""
    out = np.zeros(len(daily) + 1, np.int64)
    np.cumsum(daily, out=out[1:])
    return out


EMPTY: Final = {"count": 0, "sum": 0, "min": HI_VALUE + 1, "max": LO_VALUE - 1, "last": LO_VALUE - 1}
"""What a day without readings holds."""


def _per_day(what: str, values: I32, starts: Index) -> I32:
    """Sum, minimum or maximum of each day's values; ``starts`` are where the days begin."""
    if len(starts) == len(values):
        return values
    if what == "sum":
        # Differences of running sums: several times faster than reducing many short stretches.
        running = running_sum(values)
        return (running[np.append(starts[1:], len(values))] - running[starts]).astype(np.int32)
    return _REDUCE[what].reduceat(values, starts)


_REDUCE: Final = {"min": np.minimum, "max": np.maximum}


def timing_by_clock(minute: I32) -> npt.NDArray[np.int8]:
    """The part of the day each minute falls in."""
    ends = np.array([end for end, _ in _CLOCK])
    names = np.array([int(timing) for _, timing in _CLOCK], np.int8)
    return names[np.searchsorted(ends, minute % MINUTES_A_DAY, side="right")]


def dose_day(minute: I32, slot: npt.NDArray[np.int8]) -> I32:
    """The day a dose belongs to: a bedtime dose after midnight is the evening before's."""
    day = np.floor_divide(minute, np.int32(MINUTES_A_DAY))
    late = slot == Slot.BEDTIME
    if late.any():
        day = day - (late & (minute - day * MINUTES_A_DAY < 240))
    return day.astype(np.int32)


def lay_out(log: Log, pad: int, *, through: int | None = None) -> Days:
    """The day grid of a log, with ``pad`` empty rows before each course; every patient has the day ``through``."""
    readings, doses, events, doubts = log.readings, log.doses, log.events, log.doubts
    reading_day = np.floor_divide(readings.minute, np.int32(MINUTES_A_DAY))
    tables = [
        (readings.patient, reading_day),
        (doses.patient, dose_day(doses.minute, doses.slot)),
        (events.patient, np.floor_divide(events.minute, np.int32(MINUTES_A_DAY))),
        (doubts.patient, doubts.day),
    ]
    if through is not None:
        everyone = np.arange(len(log.people), dtype=np.int32)
        tables.append((everyone, np.full(len(everyone), through, np.int32)))
    first, last = _joined_runs([_runs(patient, day) for patient, day in tables if len(patient)])
    starts = (first % _KEY_DAYS - _DAY_SHIFT).astype(np.int32)
    grid = Days(log, pad, (first // _KEY_DAYS).astype(np.int32), starts, (last - first + 1).astype(np.int32))
    grid.__dict__["reading_day"] = reading_day
    return grid


def _runs(patient: I32, day: I32) -> tuple[Index, Index]:
    """First and last (patient, day) key of every run of recorded days without a gap above ``COURSE_GAP``."""
    step = day[1:] - day[:-1]
    same = patient[1:] == patient[:-1]
    if bool((same & (step < 0)).any()):
        # A bedtime dose after midnight belongs to the day before and can stand behind one of its own day.
        keys = np.unique(_key(patient, day))
        patient, day = (keys // _KEY_DAYS).astype(np.int32), (keys % _KEY_DAYS - _DAY_SHIFT).astype(np.int32)
        step, same = day[1:] - day[:-1], patient[1:] == patient[:-1]
    breaks = np.flatnonzero(~same | (step > COURSE_GAP))
    starts, ends = np.concatenate(([0], breaks + 1)), np.append(breaks, len(day) - 1)
    return _key(patient[starts], day[starts]), _key(patient[ends], day[ends])


def _joined_runs(runs: list[tuple[Index, Index]]) -> tuple[Index, Index]:
    """Runs of several tables as courses: what overlaps, or lies no further apart than the gap, is one."""
    if not runs:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    first = np.concatenate([a for a, _ in runs])
    last = np.concatenate([b for _, b in runs])
    order = np.argsort(first, kind="stable")
    first, reach = first[order], np.maximum.accumulate(last[order])
    new = np.concatenate(([True], first[1:] - reach[:-1] > COURSE_GAP))
    starts = np.flatnonzero(new)
    return first[starts], reach[np.append(starts[1:], len(first)) - 1]


def _key(patient: I32, day: I32) -> Index:
    return patient.astype(np.int64) * _KEY_DAYS + (day.astype(np.int64) + _DAY_SHIFT)


def _within(codes: npt.NDArray[np.int8], bits: int) -> Bools:
    chosen = [i for i in range(16) if bits >> i & 1]
    if 1 <= len(chosen) <= 3:
        # Comparing is many times faster than looking each code up.
        out = codes == chosen[0]
        for code in chosen[1:]:
            out |= codes == code
        return out
    table = np.array([bool(bits >> i & 1) for i in range(16)])
    return table[codes]


def _and(a: Bools | None, b: Bools) -> Bools:
    return b if a is None else a & b
