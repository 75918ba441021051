"""What a study's own tables hold: visits, infusions, product checks, vital signs, adverse events, reference ranges."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from titration.clinical import LabKind
from titration.log.model import MINUTES_A_DAY
from titration.log.report import LoadReport

VITAL_KINDS: Final[Mapping[str, str]] = {
    "temperature": "C",
    "systolic": "mmHg",
    "diastolic": "mmHg",
    "pulse": "/min",
    "respiration": "/min",
    "oxygen": "%",
}
"""Vital signs and the one unit each is written in."""
RELATIONS: Final = ("unrelated", "unlikely", "possible", "probable", "definite")
OUTCOMES: Final = ("recovered", "recovering", "not_recovered", "recovered_with_sequelae", "fatal")
KEPT: Final = ("as_usual", "changed")


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit held (``day``) or moved (``moved_to``); ``diet`` and ``exercise`` are "as_usual", "changed" or None."""

    visit: str
    day: int | None
    moved_to: int | None
    diet: str | None
    exercise: str | None
    note: str


@dataclass(frozen=True, slots=True)
class InfusionRow:
    """An infusion; times are local minutes since 1970-01-01, ``cells`` the number given, weight in kg."""

    number: int
    minute: int
    cells: Fraction
    weight: Fraction | None
    thawed: int | None
    ended: int | None
    batch: str
    given_by: str
    observed_until: int | None

    @property
    def day(self) -> int:
        return self.minute // MINUTES_A_DAY


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A signed check of the cell product; ``passed`` is None where the result is not written."""

    infusion: int
    check: str
    value: Fraction | None
    passed: bool | None
    signed_by: str
    signed_at: int | None


@dataclass(frozen=True, slots=True)
class VitalRow:
    """A vital sign in the unit of ``VITAL_KINDS``."""

    minute: int
    kind: str
    value: Fraction


@dataclass(frozen=True, slots=True)
class AdverseEvent:
    """An adverse event as written. ``grade`` is CTCAE 1 to 5, ``ada_level`` 1 to 3; None where not written or unreadable."""

    minute: int
    ended: int | None
    term: str
    grade: int | None
    ada_level: int | None
    relation_infusion: str | None
    relation_drug: str | None
    serious: bool | None
    outcome: str | None
    note: str


@dataclass(frozen=True, slots=True)
class ReferenceRange:
    """A laboratory's own range of a measurement, in the unit the log keeps it in; ``sex`` None means both."""

    kind: LabKind
    low: Fraction | None
    high: Fraction | None
    sex: str | None


@dataclass
class PatientTables:
    """The study rows of one patient, by time."""

    visits: list[VisitRow] = field(default_factory=list[VisitRow])
    infusions: list[InfusionRow] = field(default_factory=list[InfusionRow])
    checks: list[CheckRow] = field(default_factory=list[CheckRow])
    vitals: list[VitalRow] = field(default_factory=list[VitalRow])
    events: list[AdverseEvent] = field(default_factory=list[AdverseEvent])

    def until(self, day: int) -> "PatientTables":
        """The rows as they stood at the end of ``day``; a visit held later keeps only its new appointment."""
        end = (day + 1) * MINUTES_A_DAY
        visits = [row if row.day is None or row.day <= day else replace(row, day=None) for row in self.visits]
        infusions = [row for row in self.infusions if row.minute < end]
        given = {row.number for row in infusions}
        return PatientTables(
            [row for row in visits if row.day is not None or row.moved_to is not None],
            infusions,
            [
                row
                for row in self.checks
                if row.infusion in given or (row.signed_at is not None and row.signed_at < end)
            ],
            [row for row in self.vitals if row.minute < end],
            [
                row if row.ended is None or row.ended < end else replace(row, ended=None, outcome=None)
                for row in self.events
                if row.minute < end
            ],
        )


@dataclass(frozen=True, slots=True)
class StudyTables:
    """All study tables of a folder; a patient without a row has none."""

    patients: Mapping[str, PatientTables]
    ranges: tuple[ReferenceRange, ...]
    report: LoadReport

    def of(self, patient_id: str) -> PatientTables:
        """The rows of one patient."""
        return self.patients.get(patient_id, PatientTables())
