"""The day grid: one row per patient and calendar day, course after course, and readings summed up on it."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from titration.clinical import Slot, Timing
from titration.features.cells import EMPTY, Cells, lay_cells
from titration.features.spec import ALL_TIMINGS, EVERYTHING, Filter
from titration.log.model import MINUTES_A_DAY, Log, event_code
from titration.once import once
from titration.units import HI_VALUE, LO_VALUE

KEY_DAYS: Final = 1 << 22
DAY_SHIFT: Final = 1 << 20
"""A ``day_key`` is the patient times the one plus the day and the other."""
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


@dataclass(frozen=True, slots=True)
class ReadDays:
    """The days of each patient that have readings: where their readings begin in the log, shape (days,)."""

    starts: Index
    patient: I32
    day: I32
    each: I32
    """Day of each reading of the log."""


@dataclass(frozen=True)
class Days:
    """Rows of the grid. ``course_*`` have one entry per course, in patient and time order."""

    log: Log
    pad: int
    course_patient: I32
    course_first: I32
    course_length: I32
    read: ReadDays
    dosed: I32
    """Day that each dose of the log belongs to."""
    _series: dict[tuple[str, Selection], I32] = field(default_factory=lambda: {})
    _laid: dict[Selection, Cells] = field(default_factory=lambda: {})
    _running: dict[tuple[str, Selection], Index] = field(default_factory=lambda: {})

    @once
    def course_base(self) -> Index:
        """Row of each course's first day."""
        ends = np.cumsum(self.course_length.astype(np.int64) + self.pad)
        return np.concatenate(([0], ends[:-1])).astype(np.int64) + self.pad if len(ends) else np.zeros(0, np.int64)

    @once
    def size(self) -> int:
        """Rows, empty rows before each course included."""
        return int((self.course_length.astype(np.int64) + self.pad).sum())

    @once
    def _single(self) -> bool:
        return len(self.course_patient) == len(self.log.people) and bool(
            (self.course_patient == np.arange(len(self.log.people))).all()
        )

    def course_of(self, patient: I32, day: I32) -> Index:
        """Course that holds each (patient, day); the day must lie in one."""
        if self._single:
            return patient.astype(np.int64)
        starts = day_key(self.course_patient, self.course_first)
        return np.searchsorted(starts, day_key(patient, day), side="right") - 1

    def row_of(self, patient: I32, day: I32) -> Index:
        """Row of each (patient, day); the day must lie in a course."""
        offset = self.course_base - self.course_first
        if self._single:
            return offset.take(patient) + day
        return offset.take(self.course_of(patient, day)) + day

    def _spread(self, values: npt.NDArray[np.int32]) -> I32:
        out = np.zeros(self.size, np.int32)
        if len(values):
            lengths = self.course_length + self.pad
            out[:] = np.repeat(values, lengths)
        return out

    @once
    def patient(self) -> I32:
        """Patient of each row, padding included."""
        return self._spread(self.course_patient)

    @once
    def day(self) -> I32:
        """Days since 1970-01-01 of each row; padding rows continue backwards."""
        offset = self._spread((self.course_first - self.course_base).astype(np.int32))
        return offset + np.arange(self.size, dtype=np.int32)

    @once
    def course_start(self) -> Index:
        """Row of the first day of each row's course."""
        return np.repeat(self.course_base, self.course_length + self.pad)

    @once
    def event_kinds(self) -> frozenset[int]:
        """Codes of the event kinds the log has at all."""
        return frozenset(np.bincount(self.log.events.kind).nonzero()[0].tolist())

    @once
    def keys(self) -> Index:
        """(patient, day) of each row as one sortable number."""
        return day_key(self.patient, self.day)

    @property
    def reading_day(self) -> I32:
        """Day of each reading."""
        return self.read.each

    @once
    def reading_row(self) -> I32:
        """Row of each reading. Narrow on purpose: the longest array of a replay."""
        read, readings = self.read, len(self.log.readings)
        if self._single:
            at = np.searchsorted(read.patient, self.course_patient)
        else:
            at = np.searchsorted(day_key(read.patient, read.day), day_key(self.course_patient, self.course_first))
        first = np.full(len(at), readings, np.int64)
        first[at < len(read.starts)] = read.starts[at[at < len(read.starts)]]
        offset = (self.course_base - self.course_first).astype(np.int32)
        return np.repeat(offset, np.diff(first, append=readings)) + read.each

    @once
    def clock_timing(self) -> npt.NDArray[np.int8]:
        """Timing of each reading, by the hour where the log gives none."""
        timing = self.log.readings.timing
        return np.where(timing == Timing.RANDOM, timing_by_clock(self.log.readings.minute), timing).astype(np.int8)

    @once
    def _plain(self) -> tuple[bool, bool, int, int]:
        """Whether a source, repeat or value filter can be skipped because nothing in the block is special."""
        r = self.log.readings
        low, high = (int(r.value.min()), int(r.value.max())) if len(r) else (1, 1)
        return not r.source.any(), not r.repeat.any(), low, high

    def select(self, selection: Selection) -> Bools | None:
        """Which readings are in a series; None when it is all of them."""
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
            mask = _and(mask, readings.minute > self.dose_minute(selection.after).take(self.reading_row))
        return mask

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
        rows = self.row_of(doses.patient[chosen], self.dosed[chosen])
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
        if what == "last":
            return self._last(selection)
        return self._cells(selection).daily(what, selection.timings, selection.keep)

    def _cells(self, selection: Selection) -> Cells:
        """The cells of the readings a series may be made of, shared by all its timings and values."""
        every = Selection(ALL_TIMINGS, selection.sources, EVERYTHING, selection.after, selection.by_clock)
        found = self._laid.get(every)
        if found is None:
            readings, mask = self.log.readings, self.select(every)
            columns = (self.reading_row, self.clock_timing if every.by_clock else readings.timing, readings.value)
            found = self._laid[every] = lay_cells(*columns, mask, rows=self.size)
        return found

    def _last(self, selection: Selection) -> I32:
        out = np.full(self.size, EMPTY["last"], np.int32)
        mask = self.select(selection)
        chosen = slice(None) if mask is None else mask
        # Readings are in the order of time, and of several values for a row the last one stays.
        out[self.reading_row[chosen]] = self.log.readings.value[chosen]
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
        keys = day_key(pump.patient, day_of(pump.minute))
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


_SMALL_HOURS: Final = np.int32(240)
"""Minutes after midnight for which a bedtime dose is still the evening before's."""
_BY_MINUTE: Final = np.array(
    [next(int(timing) for end, timing in _CLOCK if minute < end) for minute in range(MINUTES_A_DAY)], np.int8
)


def timing_by_clock(minute: I32) -> npt.NDArray[np.int8]:
    """The part of the day each minute falls in."""
    return _BY_MINUTE.take(minute % MINUTES_A_DAY)


def day_of(minute: I32) -> I32:
    """The calendar day of each minute."""
    return np.floor_divide(minute, np.int32(MINUTES_A_DAY))


def dose_day(minute: I32, slot: npt.NDArray[np.int8]) -> I32:
    """The day a dose belongs to: a bedtime dose after midnight is the evening before's."""
    return day_of(minute - (slot == Slot.BEDTIME) * _SMALL_HOURS)


def day_key(patient: I32, day: I32) -> Index:
    """(patient, day) as one sortable number."""
    return patient.astype(np.int64) * KEY_DAYS + (day.astype(np.int64) + DAY_SHIFT)


def _within(codes: npt.NDArray[np.int8], bits: int) -> Bools:
    # Comparing is many times faster than looking each code up.
    chosen = [i for i in range(16) if bits >> i & 1]
    out = codes == chosen[0] if chosen else np.zeros(len(codes), np.bool_)
    for code in chosen[1:]:
        out |= codes == code
    return out


def _and(a: Bools | None, b: Bools) -> Bools:
    return b if a is None else a & b
