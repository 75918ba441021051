"""What a page shows of one patient. Days and minutes count from 1970-01-01, local time."""

from dataclasses import dataclass
from typing import TypeAlias

from titration.units import UnitSystem

ReadingPoint: TypeAlias = tuple[int, int, int, int]
"""(minute, value on the grid of the picture's unit system, ``clinical.Timing`` code, ``clinical.Source`` code)."""

DosePoint: TypeAlias = tuple[int, int]
"""(day, amount in thousandths of the line's unit); 0 is "written as not given"."""


@dataclass(frozen=True, slots=True)
class DoseLine:
    """One therapy line and its recorded doses: a point for each day that has a record, days ascending.

    A day without a point is drawn as a gap: nothing is carried forward. ``kind`` is a ``LineKind`` value.
    """

    label: str
    kind: str
    unit: str
    points: tuple[DosePoint, ...]


@dataclass(frozen=True, slots=True)
class PlanMark:
    """What the plan of a day said about the line of this ``label``; doses in thousandths of ``unit``.

    ``kind`` is a ``PlanKind`` value, ``limits`` are names of ``engine.plans.LIMIT_NAMES``. ``rule`` and ``missing`` are
    empty where no rule spoke and nothing was missing; ``before`` is None where the dose is not known.
    """

    day: int
    label: str
    kind: str
    before: int | None
    after: int
    unit: str
    rule: str
    limits: tuple[str, ...]
    missing: str


@dataclass(frozen=True, slots=True)
class PatientPicture:
    """One patient from ``first_day`` to ``last_day``, both included; ``events`` are (minute, ``EventKind`` value)."""

    patient_id: str
    system: UnitSystem
    first_day: int
    last_day: int
    readings: tuple[ReadingPoint, ...]
    dose_lines: tuple[DoseLine, ...]
    plans: tuple[PlanMark, ...]
    events: tuple[tuple[int, str], ...]
