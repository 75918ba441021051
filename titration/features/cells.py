"""Readings laid out by day and timing: a daily statistic is then a few passes over days, however many readings there are.

A cell holds one reading of one timing on one day. Most logs have no second; where they do, it stands beside the cells.
Every statistic here is the same in any order of the readings, so it does not matter which of them has the cell.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from titration.clinical import Timing
from titration.features.spec import Filter
from titration.units import HI_VALUE, LO_VALUE

I16 = npt.NDArray[np.int16]
I32 = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]

_NOTHING: Final = HI_VALUE + 1
EMPTY: Final = {"count": 0, "sum": 0, "min": _NOTHING, "max": LO_VALUE - 1, "last": LO_VALUE - 1}
"""What a day without readings holds."""


@dataclass(frozen=True, slots=True)
class Cells:
    """``values`` has shape (timings, rows); ``more_*`` are the readings that found their cell taken."""

    values: I16
    filled: tuple[bool, ...]
    more_row: Index
    more_timing: npt.NDArray[np.int8]
    more_value: I32

    def daily(self, what: str, timings: int, keep: Filter) -> I32:
        """Count, sum, min or max of each row's readings of some timings (a bit set), shape (rows,); see ``EMPTY``."""
        chosen = [t for t in Timing if timings >> t & 1]
        found = np.full(self.values.shape[1], EMPTY[what], np.int32 if what == "sum" else np.int16)
        for values in (self.values[t] for t in chosen if self.filled[t]):
            if what == "count":
                found += _within(values, keep).view(np.int8)
            elif what == "sum":
                found += values * _within(values, keep)
            elif what == "min" and keep.everything:
                np.minimum(found, values, out=found)
            else:
                _BEST[what](found, np.where(_within(values, keep), values, np.int16(EMPTY[what])), out=found)
        out = found.astype(np.int32, copy=False)
        if len(self.more_row):
            self._add_more(out, what, chosen, keep)
        return out

    def _add_more(self, out: I32, what: str, chosen: list[Timing], keep: Filter) -> None:
        own = np.isin(self.more_timing, chosen) & _within(self.more_value, keep)
        rows, values = self.more_row[own], self.more_value[own]
        if what in _BEST:
            _BEST[what].at(out, rows, values)
        else:
            np.add.at(out, rows, values if what == "sum" else np.int32(1))


_BEST: Final = {"min": np.minimum, "max": np.maximum}


def _within(values: I16 | I32, keep: Filter) -> Bools:
    mask = values <= min(keep.highest, HI_VALUE)
    if keep.lowest > LO_VALUE:
        mask &= values >= keep.lowest
    return mask


def lay_cells(row: I32, timing: npt.NDArray[np.int8], value: I32, mask: Bools | None = None, *, rows: int) -> Cells:
    """The cells of the readings of ``mask`` (None: all), on a grid of so many ``rows``."""
    if mask is not None:
        row, timing, value = row[mask], timing[mask], value[mask]
    values = np.full((len(Timing), rows), _NOTHING, np.int16)
    flat = values.reshape(-1)
    wide = np.int32 if len(flat) < 2**31 else np.int64
    cell = timing * wide(rows)
    cell += row
    cell = cell.astype(np.int64, copy=False)
    flat[cell] = value.astype(np.int16)
    held = [int(np.count_nonzero(values[t] != _NOTHING)) for t in Timing]
    more = np.zeros(0, np.int64)
    if sum(held) < len(cell):
        owner, each = np.zeros(len(flat), np.int64), np.arange(len(cell))
        owner[cell] = each
        more = np.flatnonzero(owner.take(cell) != each)
    return Cells(values, tuple(n > 0 for n in held), row[more].astype(np.int64), timing[more], value[more])
