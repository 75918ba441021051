"""Daily statistics over cells against the plainest computation, with several readings of one timing on one day."""

import numpy as np
import pytest

from titration.clinical import Timing
from titration.features.cells import EMPTY, lay_cells
from titration.features.spec import EVERYTHING, Filter
from titration.units import HI_VALUE, LO_VALUE

ROWS = 12
PLAIN = {"count": len, "sum": sum, "min": min, "max": max}


@pytest.mark.parametrize("what", PLAIN)
@pytest.mark.parametrize("keep", [EVERYTHING, Filter(39, 70), Filter(LO_VALUE + 1, HI_VALUE - 1), Filter(LO_VALUE, 38)])
@pytest.mark.parametrize("crowding", [1, 5])
def test_a_statistic_over_cells_is_that_of_the_readings(what: str, keep: Filter, crowding: int) -> None:
    rng = np.random.default_rng(crowding)
    many = 8 * crowding
    row = np.sort(rng.integers(0, ROWS - 1, many)).astype(np.int32)
    timing = rng.integers(0, len(Timing), many).astype(np.int8)
    value = rng.choice(np.array([LO_VALUE, 30, 38, 39, 55, 70, 71, 200, HI_VALUE], np.int32), many)
    cells = lay_cells(row, timing, value, rows=ROWS)
    assert bool(len(cells.more_row)) == (crowding > 1)
    for timings in (0, 1 << Timing.FASTING, (1 << len(Timing)) - 1, 0b10101):
        readings = [
            [
                v
                for r, t, v in zip(row.tolist(), timing.tolist(), value.tolist(), strict=True)
                if r == day and timings >> t & 1 and keep.lowest <= v <= keep.highest
            ]
            for day in range(ROWS)
        ]
        expected = [PLAIN[what](values) if values else EMPTY[what] for values in readings]
        assert cells.daily(what, timings, keep).tolist() == expected


def test_only_the_chosen_readings_have_cells() -> None:
    row, timing = np.array([0, 0, 2], np.int32), np.zeros(3, np.int8)
    cells = lay_cells(row, timing, np.array([50, 60, 70], np.int32), np.array([False, True, True]), rows=3)
    assert cells.daily("max", 1, EVERYTHING).tolist() == [60, EMPTY["max"], 70]
