"""What a front end may ask to have recorded. Times are local minutes since 1970-01-01, amounts thousandths."""

from dataclasses import dataclass
from typing import TypeAlias

from titration.service.rounds.told import Person


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A patient is admitted, or what is known of them changes."""

    person: Person


@dataclass(frozen=True, slots=True)
class NewReading:
    """A glucose reading. ``written`` is the value as it was typed, without its unit ("6.8", "LO")."""

    patient_id: str
    minute: int
    value: int
    """On the grid of the patient's unit system."""
    written: str
    unit: str
    """``mmol/L`` or ``mg/dL``: the unit it was typed in, which must be the patient's."""
    timing: str
    source: str = "cbg"


@dataclass(frozen=True, slots=True)
class NewDose:
    """A dose given; 0 is a dose that was not given (missed, refused, withheld), with the reason in ``note``."""

    patient_id: str
    minute: int
    drug: str
    amount: int
    unit: str
    slot: str
    route: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that happened (``clinical.EventKind``)."""

    patient_id: str
    minute: int
    kind: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class NewLab:
    """A dated measurement (``clinical.LabKind``), thousandths of that kind's unit."""

    patient_id: str
    minute: int
    kind: str
    value: int


@dataclass(frozen=True, slots=True)
class NewNote:
    """A free note."""

    patient_id: str
    minute: int
    text: str


@dataclass(frozen=True, slots=True)
class NewStudyRow:
    """A row of a study's own table (``study.tables.COLUMNS``), its cells as they would stand in the table's file.

    A reference range belongs to nobody: its ``patient_id`` is empty.
    """

    patient_id: str
    table: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """Entry ``of`` was wrong. Without ``instead`` it is withdrawn. The entry itself stays in the ledger as it was."""

    of: int
    why: str
    instead: "NewReading | NewDose | NewEvent | NewLab | NewStudyRow | None" = None


New: TypeAlias = NewPerson | NewReading | NewDose | NewEvent | NewLab | NewNote | NewStudyRow | Correction
