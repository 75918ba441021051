"""Records of a witness: each cell's count and sum turned back into readings and events with a day, a time and a value."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from titration.clinical import EventKind, Timing
from titration.expr.smt import Solver
from titration.prove.contents import Contents
from titration.prove.patient_log import DOSED_AT, Page
from titration.prove.streams import DOUBTS, Cell

_HOURS: Final = {
    Timing.OVERNIGHT: 245,
    Timing.FASTING: 390,
    Timing.POST_BREAKFAST: 540,
    Timing.PRE_LUNCH: 690,
    Timing.POST_LUNCH: 840,
    Timing.PRE_DINNER: 1050,
    Timing.POST_DINNER: 1200,
    Timing.BEDTIME: 1320,
}
"""A minute of each part of the day by the clock, after the day's doses."""
_BEFORE_DOSE: Final = 10
_LATE: Final = 1400


@dataclass
class _Clock:
    """Minutes handed out so that no two records of a timing coincide."""

    used: dict[tuple[int, int], int] = field(default_factory=lambda: {})

    def next(self, back: int, start: int) -> int:
        """The next free minute of a day from a start."""
        taken = self.used.get((back, start), 0)
        self.used[back, start] = taken + 1
        return start + taken


def write_records(page: Page, solver: Solver, contents: Contents, *, unchanged: int) -> None:
    """Write every cell of the solver's answer onto the page."""
    clock = _Clock()
    late = set(_last_cells(solver, contents))
    for cell, count in contents.counts.items():
        size = solver.value(count)
        if not size:
            continue
        back = _day(solver, contents, cell, unchanged)
        values = _values(solver, contents, cell, size)
        for value in values:
            _write(page, clock, cell, back, value, before=not cell.after and back == unchanged, late=cell in late)
    over = solver.value(contents.resumed)
    if over >= 0:
        page.events.append((over, 725, EventKind.RESUMED.value))


def _write(page: Page, clock: _Clock, cell: Cell, back: int, value: int, *, before: bool, late: bool) -> None:
    stream = cell.stream
    if stream.event == DOUBTS:
        page.doubts.append(back)
        return
    part = stream.clock
    if before and (part is None or part is Timing.OVERNIGHT):
        start = _BEFORE_DOSE
    elif part is None:
        start = _LATE if late else _HOURS.get(stream.timing, DOSED_AT + 360)
    else:
        start = _HOURS[part]
    minute = clock.next(back, start)
    if stream.event:
        page.events.append((back, minute, stream.event))
    else:
        page.readings.append((back, minute, value, stream.timing, stream.source))


def _day(solver: Solver, contents: Contents, cell: Cell, unchanged: int) -> int:
    """A day of the cell's stretch: as long ago as the features that ask for an age want it."""
    first, last = cell.first, cell.last
    if cell.sided:
        if cell.after:
            last = min(last, max(unchanged, first))
        else:
            first = max(first, unchanged)
    wanted = [first]
    for name in cell.stream.features:
        feature = contents.layout.features[name]
        if feature.reduce in ("age_days", "last", "active") and contents.symbol(feature):
            age = solver.value(contents.last_age(feature))
            if first <= age <= last:
                wanted.append(age)
    return max(wanted)


def _values(solver: Solver, contents: Contents, cell: Cell, size: int) -> list[int]:
    """So many values of the cell that come to its sum; its middle where no mean is taken."""
    if cell not in contents.sums:
        return [cell.lowest if cell.lowest == cell.highest else (cell.lowest + cell.highest) // 2] * size
    share, over = divmod(solver.value(contents.sums[cell]), size)
    return [share + 1] * over + [share] * (size - over)


def _last_cells(solver: Solver, contents: Contents) -> Iterator[Cell]:
    """Cells whose reading a feature takes for the latest of its day."""
    for feature in contents.layout.features.values():
        if feature.reduce == "last" and feature.is_glucose:
            value = solver.value(contents.symbol(feature).value)
            age = solver.value(contents.last_age(feature))
            for cell in contents.layout.of(feature):
                inside = cell.first <= age <= cell.last and cell.lowest <= value <= cell.highest
                if inside and solver.value(contents.counts[cell]):
                    yield cell
                    break
