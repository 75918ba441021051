"""Laying the day grid of a log out: which patients have which days.

A patient's days are cut into courses at gaps longer than ``COURSE_GAP`` days without any record, so that no window
runs across two hospital stays a year apart.
"""

from typing import Final

import numpy as np

from titration.features.days import DAY_SHIFT, I32, KEY_DAYS, Days, Index, ReadDays, day_key, day_of, dose_day
from titration.log.model import Log, Readings

COURSE_GAP: Final = 14
"""Days without any record after which a patient's next record starts a new course."""


def lay_out(log: Log, pad: int, *, through: int | None = None) -> Days:
    """The day grid of a log, with ``pad`` empty rows before each course; every patient has the day ``through``."""
    readings, doses, events, doubts = log.readings, log.doses, log.events, log.doubts
    read, dosed = _read_days(readings), dose_day(doses.minute, doses.slot)
    tables = [
        (read.patient, read.day),
        (doses.patient, dosed),
        (events.patient, day_of(events.minute)),
        (doubts.patient, doubts.day),
    ]
    runs = [_runs(patient, day) for patient, day in tables if len(patient)]
    if through is not None:
        that_day = np.arange(len(log.people), dtype=np.int64) * KEY_DAYS + (through + DAY_SHIFT)
        runs.append((that_day, that_day))
    first, last = _joined_runs(runs)
    starts = (first % KEY_DAYS - DAY_SHIFT).astype(np.int32)
    length = (last - first + 1).astype(np.int32)
    return Days(log, pad, (first // KEY_DAYS).astype(np.int32), starts, length, read, dosed)


def _read_days(readings: Readings) -> ReadDays:
    if not len(readings):
        return ReadDays(np.zeros(0, np.int64), readings.patient, readings.minute, readings.minute)
    patient, day = readings.patient, day_of(readings.minute)
    fresh = np.ones(len(day), np.bool_)
    np.not_equal(day[1:], day[:-1], out=fresh[1:])
    fresh[1:] |= patient[1:] != patient[:-1]
    starts = np.flatnonzero(fresh)
    return ReadDays(starts, patient.take(starts), day.take(starts), day)


def _runs(patient: I32, day: I32) -> tuple[Index, Index]:
    """First and last (patient, day) key of every run of recorded days without a gap above ``COURSE_GAP``."""
    step = day[1:] - day[:-1]
    same = patient[1:] == patient[:-1]
    if bool((same & (step < 0)).any()):
        # A bedtime dose after midnight belongs to the day before and can stand behind one of its own day.
        keys = np.unique(day_key(patient, day))
        patient, day = (keys // KEY_DAYS).astype(np.int32), (keys % KEY_DAYS - DAY_SHIFT).astype(np.int32)
        step, same = day[1:] - day[:-1], patient[1:] == patient[:-1]
    breaks = np.flatnonzero(~same | (step > COURSE_GAP))
    if not len(breaks):
        only = day_key(patient[[0, -1]], day[[0, -1]])
        return only[:1], only[1:]
    starts, ends = np.concatenate(([0], breaks + 1)), np.append(breaks, len(day) - 1)
    return day_key(patient[starts], day[starts]), day_key(patient[ends], day[ends])


def _joined_runs(runs: list[tuple[Index, Index]]) -> tuple[Index, Index]:
    """Runs of several tables as courses: what overlaps, or lies no further apart than the gap, is one."""
    if not runs:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    first = np.concatenate([a for a, _ in runs])
    last = np.concatenate([b for _, b in runs])
    if int(first.max() - last.min()) <= COURSE_GAP:
        # All lie together, as in nearly every log of one patient; keys of two patients are never so near.
        return first.min(keepdims=True), last.max(keepdims=True)
    order = np.argsort(first, kind="stable")
    first, reach = first[order], np.maximum.accumulate(last[order])
    new = np.concatenate(([True], first[1:] - reach[:-1] > COURSE_GAP))
    starts = np.flatnonzero(new)
    return first[starts], reach[np.append(starts[1:], len(first)) - 1]
