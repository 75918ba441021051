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

_TIMINGS: Final = len(Timing)
_NOTHING: Final = HI_VALUE + 1
EMPTY: Final = {"count": 0, "sum": 0, "min": _NOTHING, "max": LO_VALUE - 1, "last": LO_VALUE - 1}
"""What a day without readings holds."""


@dataclass(frozen=True, slots=True)
class Cells:
    """``values`` has shape (timings, rows); ``more_*`` are the readings that found their cell taken."""

    values: I16
    filled: tuple[int, ...]
    """Timings that have readings at all."""
    more_row: Index
    more_timing: npt.NDArray[np.int8]
    more_value: I32

    def daily(self, what: str, timings: int, keep: Filter) -> I32:
        """Count, sum, min or max of each row's readings of some timings (a bit set), shape (rows,); see ``EMPTY``."""
        chosen = [t for t in self.filled if timings >> t & 1]
        values = self.values[chosen[0] : chosen[-1] + 1] if _adjacent(chosen) else self.values[chosen]
        if what == "min" and keep.everything:
            found = np.minimum.reduce(values, axis=0, initial=_NOTHING)
        elif what in _BEST:
            kept = np.where(_within(values, keep), values, np.int16(EMPTY[what]))
            found = _BEST[what].reduce(kept, axis=0, initial=EMPTY[what])
        elif what == "sum":
            found = np.add.reduce(values * _within(values, keep), axis=0, dtype=np.int32)
        else:
            found = np.add.reduce(_within(values, keep).view(np.int8), axis=0, dtype=np.int8)
        out = found.astype(np.int32, copy=False)
        if len(self.more_row):
            self._add_more(out, what, timings, keep)
        return out

    def _add_more(self, out: I32, what: str, timings: int, keep: Filter) -> None:
        own = (timings >> self.more_timing.astype(np.int32) & 1).astype(np.bool_) & _within(self.more_value, keep)
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


def _adjacent(chosen: list[int]) -> bool:
    return len(chosen) > 0 and chosen[-1] - chosen[0] == len(chosen) - 1


def lay_cells(row: I32, timing: npt.NDArray[np.int8], value: I32, mask: Bools | None = None, *, rows: int) -> Cells:
    """The cells of the readings of ``mask`` (None: all), on a grid of so many ``rows``."""
    if mask is not None:
        row, timing, value = row[mask], timing[mask], value[mask]
    values = np.full((_TIMINGS, rows), _NOTHING, np.int16)
    flat = values.reshape(-1)
    wide = np.int32 if len(flat) < 2**31 else np.int64
    cell = timing * wide(rows)
    cell += row
    cell = cell.astype(np.int64, copy=False)
    flat[cell] = value.astype(np.int16)
    held = [int(np.count_nonzero(cells != _NOTHING)) for cells in values]
    more = np.zeros(0, np.int64)
    if sum(held) < len(cell):
        owner, each = np.zeros(len(flat), np.int64), np.arange(len(cell))
        owner[cell] = each
        more = np.flatnonzero(owner.take(cell) != each)
    return Cells(
        values, tuple(t for t, n in enumerate(held) if n), row[more].astype(np.int64), timing[more], value[more]
    )
