"""What a front end is told: frozen values with no store and no engine behind them.

Times are local minutes since 1970-01-01, days are days since then; glucose is on the grid of the patient's unit system, doses
are thousandths of the drug's unit. Codes are the closed words of ``titration.clinical``; front ends put them into a language.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, TypeAlias

from titration.explain.trace import Assessment
from titration.units import UnitSystem

if TYPE_CHECKING:
    from titration.service.rounds.told_study import StudyMark


class Role(StrEnum):
    """What a person may do: a prescriber decides and enters, a nurse enters, a viewer looks."""

    PRESCRIBER = "prescriber"
    NURSE = "nurse"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class User:
    """Who is at the terminal."""

    name: str
    role: Role


LineKey: TypeAlias = tuple[str, str, str]
"""A therapy line: drug (product id, or the name as written), slot, route."""


@dataclass(frozen=True, slots=True)
class Person:
    """A patient as the ward knows them. ``bed``, ``ward`` and ``name`` are as written, and may be empty."""

    patient_id: str
    name: str = ""
    ward: str = ""
    bed: str = ""
    sex: str | None = None
    age_years: int | None = None
    height_cm: float | None = None
    diabetes_type: str | None = None
    system: UnitSystem = UnitSystem.MMOL
    """The unit this patient's glucose is recorded in."""
    admitted_day: int | None = None
    discharged: bool = False


# -- rows of a patient's record, each with the number of the ledger entry that brought it and who wrote it --------------------


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """A glucose reading that stands (corrected and withdrawn ones do not)."""

    seq: int
    minute: int
    value: int
    """On the grid of the patient's system; ``units.LO_VALUE`` and ``units.HI_VALUE`` for LO and HI."""
    timing: str
    source: str
    author: str
    replaces: int | None = None
    """Entry this one corrects."""


@dataclass(frozen=True, slots=True)
class DoseRow:
    """A dose given; 0 is a dose written as not given."""

    seq: int
    minute: int
    drug: str
    amount: int
    unit: str
    slot: str
    route: str
    author: str
    replaces: int | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that happened (``clinical.EventKind``)."""

    seq: int
    minute: int
    kind: str
    note: str
    author: str


@dataclass(frozen=True, slots=True)
class LabRow:
    """A dated measurement (``clinical.LabKind``), thousandths of that kind's unit."""

    seq: int
    minute: int
    kind: str
    value: int
    author: str


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A free note."""

    seq: int
    minute: int
    text: str
    author: str


# -- the ward ----------------------------------------------------------------------------------------------------------------


class Urgency(IntEnum):
    """Why a patient stands where they stand on the list; lower is seen first."""

    EMERGENCY = 0
    """A severe low, a reading below 3.0 (54) or LO, or HI / a reading that calls for ketones, in the last 24 hours."""
    REVIEW = 1
    """The plan asks for a same-day review or refers a line."""
    LOW = 2
    """A reading below 3.9 (70), or symptoms, in the last 3 days; a reduction that safety demands."""
    CHANGE = 3
    """The plan changes a dose."""
    MISSING = 4
    """A line waits for data, or a reading due by now is missing."""
    STEADY = 5
    """Nothing to do."""


class Stage(StrEnum):
    """Where a patient's round of the day stands."""

    OPEN = "open"
    SIGNED = "signed"
    STALE = "stale"
    """Signed, and something was recorded or corrected since that the decision rested on."""


@dataclass(frozen=True, slots=True)
class DayMark:
    """One day of the seven-day strip; None where there is no reading of that kind."""

    day: int
    lowest: int | None
    highest: int | None
    fasting: int | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """One line of a patient's plan, in short."""

    line: LineKey
    name_en: str
    name_zh: str
    kind: str
    """``clinical.PlanKind``."""
    before: int | None
    after: int
    unit: str
    forced: bool
    """Safety demands it."""
    ordered: int | None = None
    """The dose that a decision of an earlier day ordered, where none has been given since; 0 is a stop. The plan is made from doses
    given and does not know of it."""

    @property
    def settled(self) -> bool:
        """Whether what is proposed was ordered already, or the line was stopped."""
        return self.ordered is not None and self.ordered in (0, self.after)


@dataclass(frozen=True, slots=True)
class WardRow:
    """One patient of the ward on one day."""

    person: Person
    urgency: Urgency
    reasons: tuple[str, ...]
    """Codes of why, most pressing first: ``low_severe``, ``low_2``, ``low_1``, ``symptoms``, ``high_meter``, ``very_high``,
    ``review``, ``refer``, ``safety_step``, ``stop``, ``reduce``, ``raise``, ``need_data``, ``fasting_due``, ``no_readings_today``,
    ``no_weight``, ``doubtful``, ``ordered`` (changes that were ordered already are not counted),
    ``steady``."""
    stage: Stage
    fasting: int | None
    """Today's fasting value."""
    fasting_before: int | None
    """The fasting value before it, for the arrow."""
    post_meal: int | None
    """The latest post-meal value of today or yesterday."""
    post_meal_before: int | None
    strip: tuple[DayMark, ...]
    """Seven days, oldest first."""
    total_insulin: int | None
    percent_of_baseline: int | None
    """Whole percent; None without a baseline."""
    tablets: tuple[str, ...]
    """Product ids (or names as written) of the oral drugs in use."""
    proposals: tuple[Proposal, ...]
    missing: tuple[str, ...]
    """Names of the features or facts that lines wait for."""
    study: "StudyMark | None" = None
    """What the study has of this patient today; None for one who is not in it."""


@dataclass(frozen=True, slots=True)
class WardSheet:
    """The ward at a moment: rows by urgency, then bed, then id. ``head`` is the ledger's last entry that was read."""

    minute: int
    day: int
    head: int
    pack_id: str
    pack_version: str
    pack_status: str
    rows: tuple[WardRow, ...]

    def find(self, patient_id: str) -> WardRow | None:
        """The row of a patient, or None."""
        return next((row for row in self.rows if row.person.patient_id == patient_id), None)


# -- one patient -------------------------------------------------------------------------------------------------------------


class Action(StrEnum):
    """What a clinician does with one line of a plan."""

    ACCEPT = "accept"
    MODIFY = "modify"
    REJECT = "reject"


class Reason(StrEnum):
    """Why a proposal was not taken as it is; each maps to a CDS Hooks override reason."""

    READING_DOUBTED = "reading_doubted"
    HYPO_RISK = "hypo_risk"
    ILLNESS = "illness"
    EATING_CHANGED = "eating_changed"
    NOT_TAKEN = "not_taken"
    PATIENT_WISH = "patient_wish"
    OTHER_DRUG = "other_drug"
    LOCAL_PROTOCOL = "local_protocol"
    FASTER = "faster"
    SLOWER = "slower"
    OTHER = "other"
    """Needs a note."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is decided for one line. ``dose`` is the dose to give from now on; 0 is a stop."""

    line: LineKey
    action: Action
    dose: int | None
    reason: Reason | None = None
    note: str = ""
    beyond: tuple[str, ...] = ()
    """Limits of the guard (``engine.plans.LIMIT_NAMES``) that the dose goes beyond and that were confirmed."""


@dataclass(frozen=True, slots=True)
class SignedRow:
    """A signed decision. ``recommendation`` is the entry of the plan it was about."""

    seq: int
    minute: int
    day: int
    author: str
    recommendation: int
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class OrderRow:
    """What a line is to be given from now on, by the last signed decision that changed it; 0 is a stop.

    The engine goes on reading doses given; a nurse's sheet expects the order.
    """

    seq: int
    minute: int
    line: LineKey
    dose: int
    unit: str
    author: str


@dataclass(frozen=True, slots=True)
class PatientSheet:
    """One patient at a moment: the record that stands, and today's plan with its whole reason.

    ``head`` is the last ledger entry of this patient that the plan rests on: signing names it, and is refused when there is
    a later one.
    """

    person: Person
    minute: int
    day: int
    head: int
    assessment: Assessment
    row: WardRow
    readings: tuple[ReadingRow, ...]
    doses: tuple[DoseRow, ...]
    events: tuple[EventRow, ...]
    labs: tuple[LabRow, ...]
    notes: tuple[NoteRow, ...]
    signed: tuple[SignedRow, ...]
    baseline_total: int | None
    """Total daily insulin at baseline, thousandths of units."""
    orders: tuple[OrderRow, ...] = ()
    """Lines whose dose a signed decision changed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One ledger entry as the ledger screen lists it. ``facts`` are its fields in order, as text."""

    seq: int
    minute: int
    author: str
    kind: str
    patient_id: str | None
    facts: tuple[tuple[str, str], ...]
    hash: str


@dataclass(frozen=True, slots=True)
class RecordedPlan:
    """A past recommendation exactly as it was recorded, and what was decided about it."""

    entry: Entry
    assessment: Assessment
    signed: tuple[SignedRow, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was recorded: entry numbers in the order asked, and the ledger's head after them."""

    seqs: tuple[int, ...]
    head: int


class Refused(Exception):
    """Not recorded, and why: ``code`` is one of ``role``, ``read_only``, ``stale``, ``invalid``, ``locked``, ``busy``, ``full``
    (the disk is full), ``lost`` (the ledger cannot be reached); the message says what to do and holds no patient value."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
