"""Moving windows over flat arrays of days, in log(width) passes.

Courses lie one after another, each behind ``pad`` empty rows, so that a window of at most ``pad + 1`` days never
reaches into the course before it and no row needs to know where its course begins.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def _combine(op: Callable[..., Any], ahead: Array, behind: Array, by: int) -> Array:
    if by >= len(ahead):
        return ahead.copy()
    out = np.empty_like(ahead)
    out[:by] = ahead[:by]
    op(ahead[by:], behind[:-by], out=out[by:])
    return out


def window_sum(daily: Array, days: int) -> Array:
    """Sum of each row and the ``days - 1`` rows before it."""
    total: Array | None = None
    reach = 0
    block, width = daily, 1
    while True:
        if days & width:
            total = block if total is None else _combine(np.add, total, block, reach)
            reach += width
        if width * 2 > days:
            return daily if total is None else total
        block = _combine(np.add, block, block, width)
        width *= 2


def window_best(op: Callable[..., Any], daily: Array, days: int) -> Array:
    """``np.minimum`` or ``np.maximum`` of each row and the ``days - 1`` rows before it."""
    block, width = daily, 1
    while width * 2 <= days:
        block = _combine(op, block, block, width)
        width *= 2
    return block if width == days else _combine(op, block, block, days - width)


def last_index(marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Index of the last marked row at or before each row; -1 where there is none."""
    rows = np.where(marked, np.arange(len(marked)), -1)
    return np.maximum.accumulate(rows)
