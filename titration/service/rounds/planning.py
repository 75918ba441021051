"""The engine over a ledger's patients at a moment: one run a unit system, whatever the number of beds."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from titration.columns import Column
from titration.engine.decide import Decision, Engine
from titration.engine.plans import Plans
from titration.features.spec import Feature
from titration.formulary import Formulary
from titration.log.model import MINUTES_A_DAY, Log
from titration.packs.model import Pack
from titration.units import Dimension, UnitSystem

_TOTAL = Feature("rounds.total", "insulin.total", "now", Dimension.DOSE)
_SHARE = Feature("rounds.share", "insulin.total", "percent_of_baseline", Dimension.PERCENT)


class Engines:
    """A pack's engines, one a unit system, made when first asked for."""

    def __init__(self, pack: Pack, formulary: Formulary) -> None:
        self.pack = pack
        self.formulary = formulary
        self._made: dict[UnitSystem, Engine] = {}

    def of(self, system: UnitSystem) -> Engine:
        """The engine of a unit system."""
        if system not in self._made:
            self._made[system] = Engine(self.pack, system, self.formulary)
        return self._made[system]


@dataclass(frozen=True, slots=True)
class Spans:
    """Where each patient's rows stand in the tables of a log, by patient number."""

    readings: tuple[slice, ...]
    doses: tuple[slice, ...]
    events: tuple[slice, ...]
    labs: tuple[slice, ...]
    doubts: tuple[slice, ...]


def _spans(patients: npt.NDArray[np.int32], count: int) -> tuple[slice, ...]:
    edges: list[int] = np.searchsorted(patients, np.arange(count + 1)).tolist()
    return tuple(slice(start, end) for start, end in pairwise(edges))


@dataclass(frozen=True, eq=False)
class Planned:
    """Plans of one unit system's patients for the day of ``minute``."""

    log: Log
    minute: int
    decision: Decision

    @property
    def day(self) -> int:
        """Days since 1970-01-01."""
        return self.minute // MINUTES_A_DAY

    @cached_property
    def plans(self) -> Plans:
        """All plans of the day, patient by patient."""
        return self.decision.plans

    @cached_property
    def spans(self) -> Spans:
        """Where each patient's rows stand."""
        log, count = self.log, len(self.log.people)
        tables = (log.readings, log.doses, log.events, log.labs, log.doubts)
        return Spans(*(_spans(table.patient, count) for table in tables))

    @cached_property
    def totals(self) -> dict[int, int]:
        """Insulin a day by patient number, thousandths of units; none where a dose is unknown or there is no insulin."""
        return self._of_day(_TOTAL)

    @cached_property
    def shares(self) -> dict[int, int]:
        """Insulin in whole percent of the baseline, halves up, by patient number."""
        return self._of_day(_SHARE)

    @cached_property
    def baselines(self) -> dict[int, int]:
        """Insulin a day at baseline, by patient number."""
        column = self.decision.grid.day_column(_SHARE)
        per = column.per
        return {} if per is None else {p: int(per[row]) for p, row in self._rows.items() if column.is_known(row)}

    @cached_property
    def _rows(self) -> dict[int, int]:
        """Row of the day grid of each patient's day."""
        days = self.decision.grid.days
        at = (days.day == self.day) & (days.course_start <= np.arange(days.size))
        found = at.nonzero()[0]
        return dict(zip(days.patient[found].tolist(), found.tolist(), strict=True))

    def _of_day(self, feature: Feature) -> dict[int, int]:
        column: Column = self.decision.grid.day_column(feature)
        out: dict[int, int] = {}
        for patient, row in self._rows.items():
            if not column.is_known(row):
                continue
            value = int(column.values[row])
            if column.per is not None:
                # The ratio is in tenths of a percent: thousandths over the baseline.
                value = (value + 5 * int(column.per[row])) // (10 * int(column.per[row]))
            out[patient] = value
        return out


def plan(engines: Engines, log: Log, minute: int) -> Planned:
    """Plans for the day of ``minute`` from a log that holds nothing later."""
    engine = engines.of(log.system)
    day = minute // MINUTES_A_DAY
    return Planned(log, minute, engine.decide(engine.grid(log, through=day), day=day))
