"""What a front end is told of a patient's study: frozen values, doses in thousandths, glucose in mmol/L as exact fractions."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from titration.service.rounds.told import Person
from titration.study.case import Point
from titration.study.indices import Reason
from titration.study.measures import Found
from titration.study.rows import AdverseEvent
from titration.study.safety import Flag, LowEpisode
from titration.study.schedule import Appointment

Both: TypeAlias = tuple[str, str]
"""A text in English and in Chinese."""


@dataclass(frozen=True, slots=True)
class StudyDue:
    """A visit or infusion that waits for somebody: due today, or its day has passed and its window is still open."""

    name: str
    state: str
    """``due`` or ``late``."""
    last: int
    """The last day of its window."""


@dataclass(frozen=True, slots=True)
class StudyMark:
    """A patient of the ward is in the study; ``due`` is what waits for somebody today, ``missed`` what nobody recorded in time."""

    due: tuple[StudyDue, ...] = ()
    missed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StudyVisit:
    """A visit or infusion of the protocol with what is to be done at it."""

    appointment: Appointment
    what: Both
    infusion: bool
    changed: tuple[str, ...] = ()
    """``diet``, ``exercise``: what was not kept as usual."""


@dataclass(frozen=True, slots=True)
class StudyDrug:
    """A drug over the course: (first day, last day, amount a day) of every unbroken time on one daily amount."""

    name: Both
    unit: Both
    insulin: bool
    spans: tuple[tuple[int, int, Fraction], ...]


@dataclass(frozen=True, slots=True)
class StudyChange:
    """A change of dose, how it stands to the plan of the evening before (``attribution.Driver``), and that plan's rule."""

    day: int
    what: Both
    up: bool
    driver: str
    rule: str


@dataclass(frozen=True, slots=True)
class StudyAlarm:
    """Something a study physician must see, and what it is about."""

    flag: Flag
    day: int
    about: Both


@dataclass(frozen=True, slots=True)
class StudyVerdict:
    """A published definition of success; ``met`` None cannot be said, with the reason."""

    what: Both
    visit: str
    met: bool | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class StudySheet:
    """One patient's study on a day, on what was recorded by then."""

    person: Person
    minute: int
    day: int
    head: int
    """The ledger's last entry that was read."""
    protocol: str
    version: str
    status: str
    title: Both
    enrolled: bool
    """Whether a row of the study or a phase is recorded of the patient; without one the rest is empty."""
    first_day: int
    baseline: int | None
    visits: tuple[StudyVisit, ...]
    """By target day."""
    endpoints: dict[str, dict[str, Found | Reason]]
    """By visit, then endpoint (``measures.UNITS``)."""
    insulin: tuple[tuple[int, Fraction | None], ...]
    """Units a day; None where the record does not say."""
    points: tuple[Point, ...]
    drugs: tuple[StudyDrug, ...]
    changes: tuple[StudyChange, ...]
    phases: tuple[tuple[str, int], ...]
    stable: bool | None
    """Whether medication was unchanged before the baseline, as far as the record reaches."""
    verdicts: tuple[StudyVerdict, ...]
    alarms: tuple[StudyAlarm, ...]
    events: tuple[AdverseEvent, ...]
    lows: tuple[LowEpisode, ...]
    set_aside: int
    """Rows of the patient's study that could not be used."""
