"""Judging the rows of a block of columns: the first reason that refuses a row, and remarks on rows that stay."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from titration.log.columns import Column, Text, Times, minutes
from titration.log.model import I8, I32, MINUTES_A_DAY, Bools
from titration.log.notation import day_written, minute_written
from titration.log.report import NO_DAY, REASON_CODE, Reason

Columns: TypeAlias = Mapping[str, Column]
Positions: TypeAlias = npt.NDArray[np.intp]

FINE: Final = -1
"""In a table of reason codes: nothing to object to."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Findings of a block, all arrays of shape (n,); ``at`` is the row's position, ``reason`` one in REASONS."""

    at: Positions
    reason: I8
    day: I32


class Verdicts:
    """The first reason found for each row of a block; nothing is allocated while all is well."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._codes: I8 | None = None
        self._flags: list[tuple[Positions, int]] = []

    def refuse(self, mask: Bools | None, reason: Reason) -> None:
        """Refuse the rows of ``mask`` that no earlier reason refused."""
        if mask is not None and mask.any():
            codes = self._opened()
            codes[mask & (codes == FINE)] = REASON_CODE[reason]

    def refuse_by(self, found: npt.NDArray[np.signedinteger]) -> None:
        """Refuse rows with the reason code given for each (FINE: none)."""
        if (found != FINE).any():
            codes = self._opened()
            codes[:] = np.where(codes == FINE, found, codes)

    def flag(self, mask: Bools | None, reason: Reason) -> None:
        """Remark on rows without refusing them."""
        if mask is not None and mask.any():
            self._flags.append((np.flatnonzero(mask), REASON_CODE[reason]))

    def _opened(self) -> I8:
        if self._codes is None:
            self._codes = np.full(self.rows, FINE, np.int8)
        return self._codes

    def settled(self, minute: I32, time: Column) -> tuple[Positions | None, Refused | None]:
        """Positions of the rows that are kept (None: all), and the findings with the days they belong to."""
        at: list[Positions] = []
        reasons: list[I8] = []
        kept: Positions | None = None
        fine = None if self._codes is None else self._codes == FINE
        if fine is not None and self._codes is not None and not fine.all():
            kept = np.flatnonzero(fine)
            at.append(np.flatnonzero(~fine))
            reasons.append(self._codes[at[0]])
        for flagged, code in self._flags:
            rows = flagged if fine is None else flagged[fine[flagged]]
            at.append(rows)
            reasons.append(np.full(len(rows), code, np.int8))
        if not at:
            return kept, None
        where = np.concatenate(at)
        return kept, Refused(where, np.concatenate(reasons), _days(minute, time, where))


def _days(minute: I32, time: Column, at: Positions) -> I32:
    """The day of each row; of an impossible time its date, if that is possible, else NO_DAY."""
    day = (minute[at] // MINUTES_A_DAY).astype(np.int32)
    if isinstance(time, Text):
        dated = [day_written(word) for word in time.words]
        day = np.array([NO_DAY if d is None else d for d in dated], np.int32)[time.codes[at]]
    elif isinstance(time, Times):
        _, bad = minutes(time)
        if bad is not None:
            day[bad[at]] = NO_DAY
    return day


def judged_minutes(time: Column, verdicts: Verdicts) -> I32:
    """Local minutes; rows without a real date and time are refused and hold 0."""
    if isinstance(time, Times):
        minute, bad = minutes(time)
        verdicts.refuse(bad, Reason.BAD_TIME)
        return minute
    if not isinstance(time, Text):
        verdicts.refuse(np.ones(verdicts.rows, np.bool_), Reason.BAD_TIME)
        return np.zeros(verdicts.rows, np.int32)
    known = [minute_written(word) for word in time.words]
    bad = np.array([minute is None for minute in known], np.bool_)
    if bad.any():
        verdicts.refuse(bad[time.codes], Reason.BAD_TIME)
    return np.array([0 if minute is None else minute for minute in known], np.int32)[time.codes]


def judged_patients(patient: Column, verdicts: Verdicts) -> Text:
    """Patient ids; rows without one are refused. Numbers must have been written as text or integers."""
    if not isinstance(patient, Text):
        verdicts.refuse(np.ones(verdicts.rows, np.bool_), Reason.NO_PATIENT_ID)
        return Text(np.zeros(verdicts.rows, np.int8), ("",))
    blank = np.array([not word for word in patient.words], np.bool_)
    if blank.any():
        verdicts.refuse(blank[patient.codes], Reason.NO_PATIENT_ID)
    return patient


def meanings(column: Column | None, rows: int, meaning: Callable[[str], int]) -> I8:
    """What each row's word means, shape (rows,); the blank word where there is no such column."""
    if not isinstance(column, Text):
        blank = meaning("")
        return np.full(rows, blank, np.int8) if blank else np.zeros(rows, np.int8)
    table = np.array([meaning(word) for word in column.words], np.int8)
    if len(table) == 1:
        return np.full(rows, table[0], np.int8)
    return table.take(column.codes)
