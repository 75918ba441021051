"""Which of a patient's changes happen today.

Safety and reductions for low glucose act on every line at once. Of the rest one line changes a day: a taper before an
increase, the pack's order among equals. What waits is held, and says so.
"""

from dataclasses import dataclass

import numpy as np

from titration.features.days import I32, Index


@dataclass(frozen=True, slots=True)
class Candidates:
    """Changes of one block, one entry per line that would change today."""

    day_row: Index
    """Which patient-day."""
    downward: np.ndarray
    forced: np.ndarray
    """Demanded by safety: acts whatever else changes."""
    rank: I32
    """Place in the pack's order for its direction; lower goes first."""
    slot: np.ndarray
    drug: I32


def waiting(candidates: Candidates) -> np.ndarray:
    """Which candidates must wait: any increase beside a reduction, and all but the first unforced change a day."""
    size = len(candidates.day_row)
    wait = np.zeros(size, np.bool_)
    if size < 2:
        return wait
    days, where = np.unique(candidates.day_row, return_inverse=True)
    reduces = np.bincount(where[candidates.downward], minlength=len(days)) > 0
    forces = np.bincount(where[candidates.forced], minlength=len(days)) > 0
    wait |= ~candidates.downward & reduces[where]
    free = ~candidates.forced & ~wait
    # A taper beside a forced reduction waits too: its effect could not be told apart.
    wait |= free & forces[where]
    free &= ~wait
    rows = np.flatnonzero(free)
    order = rows[np.lexsort((candidates.drug[rows], candidates.slot[rows], candidates.rank[rows], where[rows]))]
    later = np.zeros(len(order), np.bool_)
    later[1:] = where[order[1:]] == where[order[:-1]]
    wait[order[later]] = True
    return wait
