"""The canonical log: columns of readings, doses, events and dated measurements, in one unit system.

Rows are sorted by patient, then time (stable). Times are local minutes since 1970-01-01. Nothing here
parses or repairs: loaders do, and report what they did (see ``report``).
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from titration.clinical import EVENT_KINDS, LAB_KINDS
from titration.units import UnitSystem

MINUTES_A_DAY: Final = 1440

I32 = npt.NDArray[np.int32]
I8 = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]


def empty_i32() -> I32:
    """No numbers."""
    return np.zeros(0, np.int32)


def empty_i8() -> I8:
    """No codes."""
    return np.zeros(0, np.int8)


def empty_bools() -> Bools:
    """No marks."""
    return np.zeros(0, np.bool_)


@dataclass(frozen=True, slots=True)
class Readings:
    """Glucose values. All arrays have shape (n,).

    ``value`` is on the log's grid; LO is ``units.LO_VALUE`` and HI ``units.HI_VALUE`` (censored: they
    drive safety rules and never enter a mean). ``repeat`` marks an exact repeat of an earlier row: kept
    in the record, left out of every feature.
    """

    patient: I32 = field(default_factory=empty_i32)
    minute: I32 = field(default_factory=empty_i32)
    value: I32 = field(default_factory=empty_i32)
    timing: I8 = field(default_factory=empty_i8)
    source: I8 = field(default_factory=empty_i8)
    repeat: Bools = field(default_factory=empty_bools)

    def __len__(self) -> int:
        return len(self.patient)


@dataclass(frozen=True, slots=True)
class Doses:
    """Doses given. ``drug`` indexes ``Log.drugs``; ``amount`` is thousandths of the drug's unit (units of
    insulin, mg of a tablet). An amount of 0 is "written as not given". ``doubtful`` marks a dose outside the
    expected range that was kept but must carry no recommendation. Basal pump rates are not doses and are not here.
    """

    patient: I32 = field(default_factory=empty_i32)
    minute: I32 = field(default_factory=empty_i32)
    drug: I32 = field(default_factory=empty_i32)
    amount: I32 = field(default_factory=empty_i32)
    slot: I8 = field(default_factory=empty_i8)
    route: I8 = field(default_factory=empty_i8)
    doubtful: Bools = field(default_factory=empty_bools)

    def __len__(self) -> int:
        return len(self.patient)


@dataclass(frozen=True, slots=True)
class Events:
    """Things that happened; ``kind`` is a position in ``clinical.EVENT_KINDS``."""

    patient: I32 = field(default_factory=empty_i32)
    minute: I32 = field(default_factory=empty_i32)
    kind: I8 = field(default_factory=empty_i8)

    def __len__(self) -> int:
        return len(self.patient)


@dataclass(frozen=True, slots=True)
class Labs:
    """Dated measurements; ``kind`` is a position in ``clinical.LAB_KINDS``, ``value`` thousandths of its unit."""

    patient: I32 = field(default_factory=empty_i32)
    minute: I32 = field(default_factory=empty_i32)
    kind: I8 = field(default_factory=empty_i8)
    value: I32 = field(default_factory=empty_i32)

    def __len__(self) -> int:
        return len(self.patient)


@dataclass(frozen=True, slots=True)
class Pump:
    """Basal rates of an insulin pump, thousandths of units an hour, each from its minute until the next one.

    Not doses: a rate is never summed, and says nothing a few hours after the last entry.
    """

    patient: I32 = field(default_factory=empty_i32)
    minute: I32 = field(default_factory=empty_i32)
    rate: I32 = field(default_factory=empty_i32)

    def __len__(self) -> int:
        return len(self.patient)


@dataclass(frozen=True, slots=True)
class Doubts:
    """Days on which a glucose row was quarantined or rejected: a day without that reading, not a good day."""

    patient: I32 = field(default_factory=empty_i32)
    day: I32 = field(default_factory=empty_i32)

    def __len__(self) -> int:
        return len(self.patient)


@dataclass(slots=True, unsafe_hash=True)
class Person:
    """What does not change from day to day. Unknown is None, never a default.

    Never changed once made, but not frozen: a log has many, and a frozen one takes several times as long to make.
    """

    patient_id: str
    sex: str | None = None
    age_years: int | None = None
    height_cm: float | None = None
    diabetes_type: str | None = None
    """"T1D", "T2D", "other" or None."""
    duration_years: float | None = None
    comorbidities: str | None = None
    agents: str | None = None
    hypoglycaemia_noted: bool | None = None


@dataclass(frozen=True, slots=True)
class Log:
    """One log in one unit system. ``people[i]`` is patient number ``i`` of every column."""

    system: UnitSystem
    people: tuple[Person, ...]
    drugs: tuple[str, ...] = ()
    """Formulary product id, or the name as written where the formulary does not know it."""
    readings: Readings = field(default_factory=Readings)
    doses: Doses = field(default_factory=Doses)
    events: Events = field(default_factory=Events)
    labs: Labs = field(default_factory=Labs)
    doubts: Doubts = field(default_factory=Doubts)
    pump: Pump = field(default_factory=Pump)


_EVENT_CODES: Final = {kind.value: code for code, kind in enumerate(EVENT_KINDS)}
_LAB_CODES: Final = {kind.value: code for code, kind in enumerate(LAB_KINDS)}


def event_code(kind: str) -> int:
    """The code of an event kind; raises KeyError for an unknown one."""
    return _EVENT_CODES[kind]


def lab_code(kind: str) -> int:
    """The code of a laboratory kind; raises KeyError for an unknown one."""
    return _LAB_CODES[kind]
