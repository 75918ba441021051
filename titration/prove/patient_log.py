"""The log of one made-up patient, from rows dated in days back from the day of the plan."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from titration.clinical import EventKind, Route, Slot, Source, Timing
from titration.log.model import (
    MINUTES_A_DAY,
    Doses,
    Doubts,
    Events,
    Labs,
    Log,
    Person,
    Readings,
    event_code,
    lab_code,
)
from titration.units import UnitSystem

AS_OF: Final = 20_500
"""The day of the plan, days since 1970-01-01; any day would do."""
DOSED_AT: Final = 240
"""Minute of the day of every dose: the earliest that belongs to its own day in every slot."""


@dataclass(frozen=True, slots=True)
class Given:
    """A dose of a drug in a slot."""

    drug: str
    slot: Slot
    route: Route


@dataclass
class Page:
    """What is written of the patient; ``back`` counts days before the plan, minutes are of the day."""

    system: UnitSystem
    readings: list[tuple[int, int, int, Timing, Source]] = field(default_factory=lambda: [])
    """back, minute, value on the grid, timing, source"""
    doses: list[tuple[int, Given, int, bool]] = field(default_factory=lambda: [])
    """back, what, amount, doubtful"""
    events: list[tuple[int, int, str]] = field(default_factory=lambda: [])
    labs: list[tuple[int, str, int]] = field(default_factory=lambda: [])
    doubts: list[int] = field(default_factory=lambda: [])
    age: int | None = None
    type1: int | None = None

    @property
    def oldest(self) -> int:
        """The first day something but a measurement was written."""
        days = [
            *(r[0] for r in self.readings),
            *(d[0] for d in self.doses),
            *(e[0] for e in self.events),
            *self.doubts,
        ]
        return max(days, default=0)

    def keep_course(self, kind: EventKind, *, since: int) -> None:
        """Something written every week, so that the patient's days are one course from ``since`` to the plan."""
        for back in {*range(0, since + 1, 7), since}:
            self.events.append((back, 720, kind.value))

    def log(self, patient_id: str) -> Log:
        """The page as a log."""
        drugs = tuple(sorted({given.drug for _, given, _, _ in self.doses}))
        at = {name: i for i, name in enumerate(drugs)}
        kinds = {None: None, 0: "T2D", 1: "T1D"}
        readings = [(_minute(b, m), v, int(t), int(s), False) for b, m, v, t, s in self.readings]
        doses = [
            (_minute(b, DOSED_AT), at[g.drug], amount, int(g.slot), int(g.route), doubtful)
            for b, g, amount, doubtful in self.doses
        ]
        events = [(_minute(b, m), event_code(kind)) for b, m, kind in self.events]
        labs = [(_minute(b, 390), lab_code(kind), value) for b, kind, value in self.labs]
        doubts = np.array([AS_OF - back for back in sorted(self.doubts, reverse=True)], np.int32)
        return Log(
            system=self.system,
            people=(Person(patient_id, age_years=self.age, diabetes_type=kinds[self.type1]),),
            drugs=drugs,
            readings=Readings(*_columns(readings, "iibb?")),
            doses=Doses(*_columns(doses, "iiibb?")),
            events=Events(*_columns(events, "ib")),
            labs=Labs(*_columns(labs, "ibi")),
            doubts=Doubts(np.zeros(len(doubts), np.int32), doubts),
        )


def _minute(back: int, minute: int) -> int:
    return (AS_OF - back) * MINUTES_A_DAY + minute


def _columns(rows: Sequence[tuple[int, ...]], types: str) -> list[npt.NDArray[Any]]:
    ordered = sorted(rows, key=lambda r: r[0])
    first = np.zeros(len(ordered), np.int32)
    return [first, *(np.array([r[i] for r in ordered], np.dtype(t)) for i, t in enumerate(types))]
