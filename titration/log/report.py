"""What became of every row: kept, quarantined or rejected, with reason, file and row.

A *value* is one glucose, dose, event or measurement; a sheet's row holds several. A row refused as a whole
counts as one value. For files and values alike, kept + quarantined + rejected = read.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from titration.log.model import I8, I32, empty_i8, empty_i32

I64 = npt.NDArray[np.int64]

NO_DAY: Final = -(2**31)
"""Day of a finding whose date is not known."""

NO_PATIENT: Final = -1


class LoadError(ValueError):
    """A file that cannot be read at all; the message names the file and the remedy."""


class Fate(IntEnum):
    """What becomes of a value. A flagged value is kept, and shown."""

    FLAGGED = 0
    QUARANTINED = 1
    REJECTED = 2

    @property
    def text(self) -> str:
        return self.name.lower()


class Reason(StrEnum):
    """Why a value was refused, set aside or flagged."""

    BAD_TIME = "bad_time"
    MALFORMED_LINE = "malformed_line"
    NO_PATIENT_ID = "no_patient_id"
    BLANK_GLUCOSE = "blank_glucose"
    NON_NUMERIC_GLUCOSE = "non_numeric_glucose"
    IMPLAUSIBLE_GLUCOSE = "implausible_glucose"
    AMBIGUOUS_UNIT = "ambiguous_unit"
    UNDOCUMENTED_CODE = "undocumented_code"
    NO_DRUG = "no_drug"
    NON_NUMERIC_DOSE = "non_numeric_dose"
    IMPLAUSIBLE_DOSE = "implausible_dose"
    NON_NUMERIC_VALUE = "non_numeric_value"
    IMPLAUSIBLE_VALUE = "implausible_value"
    MIXED_UNITS = "mixed_units"
    UNIT_MISSING = "unit_missing"
    UNKNOWN_UNIT = "unknown_unit"
    OFF_GRID = "off_grid"
    ERROR_CELL = "error_cell"
    MISPLACED_TEXT = "misplaced_text"
    MISPLACED_GLUCOSE = "misplaced_glucose"
    UNPARSED_DOSE = "unparsed_dose"
    UNIT_NOT_OF_DRUG = "unit_not_of_drug"
    UNKNOWN_KIND = "unknown_kind"
    UNDATED_VALUE = "undated_value"
    NO_RECORDING = "no_recording"
    CENSORED = "censored"
    REPEAT = "repeat"
    DOSE_OUTSIDE_RANGE = "dose_outside_range"
    UNKNOWN_WORD = "unknown_word"
    EGFR_DISAGREES = "egfr_disagrees"

    @property
    def fate(self) -> Fate:
        return _MEANING[self][0]

    @property
    def remedy(self) -> str:
        """What the person who keeps the log can do about it."""
        return _MEANING[self][1]


_R, _Q, _F = Fate.REJECTED, Fate.QUARANTINED, Fate.FLAGGED

_MEANING: Final[dict[Reason, tuple[Fate, str]]] = {
    Reason.BAD_TIME: (_R, "write a real local date and time, year first: 2024-05-01 06:30, without a zone"),
    Reason.MALFORMED_LINE: (_R, "give the line as many fields as the format has"),
    Reason.NO_PATIENT_ID: (_R, "fill in patient_id"),
    Reason.BLANK_GLUCOSE: (_R, "fill in the glucose or remove the row"),
    Reason.NON_NUMERIC_GLUCOSE: (_R, "write a plain decimal with a point and a digit before it (6.8), or HI or LO"),
    Reason.IMPLAUSIBLE_GLUCOSE: (_R, "check value and unit: accepted are 0.6 to 33.3 mmol/L or 10 to 600 mg/dL"),
    Reason.AMBIGUOUS_UNIT: (_R, "18 to 33.3 can be either unit: name the unit of this value"),
    Reason.UNDOCUMENTED_CODE: (_R, "the format documents no such code: ask who keeps the log"),
    Reason.NO_DRUG: (_R, "name the drug"),
    Reason.NON_NUMERIC_DOSE: (_R, "write the amount as a plain decimal with a point and a digit before it (0.5)"),
    Reason.IMPLAUSIBLE_DOSE: (_R, "check the amount: it is negative or far above a single dose"),
    Reason.NON_NUMERIC_VALUE: (_R, "write the value as a plain decimal with a point and a digit before it"),
    Reason.IMPLAUSIBLE_VALUE: (_R, "check the value and its unit"),
    Reason.MIXED_UNITS: (_Q, "this patient's log mixes mmol/L and mg/dL: check the unit of these values"),
    Reason.UNIT_MISSING: (_Q, "name the unit, in a unit column or in the column's header"),
    Reason.UNKNOWN_UNIT: (_Q, "write the unit as mmol/L or mg/dL (glucose), units, mg, g, mcg or tablet (doses)"),
    Reason.OFF_GRID: (_Q, "write one decimal for mmol/L, a whole number for mg/dL, at most three decimals for a dose"),
    Reason.ERROR_CELL: (_Q, "the spreadsheet shows an error here: type the value"),
    Reason.MISPLACED_TEXT: (_Q, "a number belongs here"),
    Reason.MISPLACED_GLUCOSE: (_Q, "a ketone above 8 mmol/L is a misplaced glucose: move it"),
    Reason.UNPARSED_DOSE: (_Q, "write PRODUCT, N IU (insulin) or DRUG N mg"),
    Reason.UNIT_NOT_OF_DRUG: (_Q, "the drug is not dosed in this unit: check the unit"),
    Reason.UNKNOWN_KIND: (_Q, "use a kind the format's table lists"),
    Reason.UNDATED_VALUE: (_Q, "several rows for one patient: date them in a date column, or use the labs table"),
    Reason.NO_RECORDING: (_Q, "no recording of this name was loaded"),
    Reason.CENSORED: (_F, "beyond the meter's range: kept as HI or LO, never in a mean"),
    Reason.REPEAT: (_F, "exactly the same record twice: check whether it happened twice"),
    Reason.DOSE_OUTSIDE_RANGE: (_F, "outside the usual range of a single dose: check amount and unit"),
    Reason.UNKNOWN_WORD: (_F, "the word is not in the format's list: read as random, cbg or unknown"),
    Reason.EGFR_DISAGREES: (_F, "reported and computed eGFR differ by more than 30, or above 130 is reported"),
}

REASONS: Final = tuple(Reason)
"""Position in this tuple is the code that ``Findings.reason`` holds."""

REASON_CODE: Final = {reason: code for code, reason in enumerate(REASONS)}
FATES: Final = np.array([reason.fate for reason in REASONS], np.int8)
"""The fate of each reason code."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One value that was refused, set aside or flagged."""

    file: str
    row: int
    reason: Reason
    raw: str
    patient: str | None
    day: int | None

    @property
    def fate(self) -> Fate:
        return self.reason.fate


@dataclass(frozen=True, slots=True)
class Findings:
    """All findings of a load as columns of shape (n,), in the order of files and rows.

    ``file`` and ``patient`` index ``names`` and ``patients``; ``row`` counts from 1, headers included.
    """

    names: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()
    file: I32 = field(default_factory=empty_i32)
    row: I64 = field(default_factory=lambda: np.zeros(0, np.int64))
    reason: I8 = field(default_factory=empty_i8)
    patient: I32 = field(default_factory=empty_i32)
    day: I32 = field(default_factory=empty_i32)
    raw: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.file)

    def __iter__(self) -> Iterator[Finding]:
        return (self.at(position) for position in range(len(self)))

    def at(self, position: int) -> Finding:
        """The finding at ``position``."""
        patient, day = int(self.patient[position]), int(self.day[position])
        return Finding(
            file=self.names[int(self.file[position])],
            row=int(self.row[position]),
            reason=REASONS[int(self.reason[position])],
            raw=self.raw[position],
            patient=None if patient == NO_PATIENT else self.patients[patient],
            day=None if day == NO_DAY else day,
        )

    def of(self, reason: Reason) -> npt.NDArray[np.bool_]:
        """Mask of the findings with this reason."""
        return self.reason == REASON_CODE[reason]

    @property
    def fates(self) -> I8:
        """The fate of each finding."""
        return FATES[self.reason]

    def by_reason(self, fate: Fate) -> dict[str, int]:
        """How many findings of this fate there are, by reason, reasons in alphabetical order."""
        counts = np.bincount(self.reason, minlength=len(REASONS))
        found = {r.value: int(n) for r, n in zip(REASONS, counts, strict=True) if n and r.fate is fate}
        return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Tally:
    """How many were read, and what became of them."""

    read: int = 0
    kept: int = 0
    quarantined: int = 0
    rejected: int = 0

    @property
    def adds_up(self) -> bool:
        return self.read == self.kept + self.quarantined + self.rejected

    def plus(self, other: "Tally") -> "Tally":
        return Tally(
            self.read + other.read,
            self.kept + other.kept,
            self.quarantined + other.quarantined,
            self.rejected + other.rejected,
        )

    def as_dict(self) -> dict[str, int]:
        return {
            "read": self.read,
            "kept": self.kept,
            "quarantined": self.quarantined,
            "rejected": self.rejected,
        }


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file: its rows, its values, remarks, and the error when it could not be read."""

    name: str
    rows: Tally = Tally()
    values: Tally = Tally()
    notes: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class LoadReport:
    """All files of one load. ``skipped`` names files that are not part of the format."""

    files: tuple[FileReport, ...] = ()
    findings: Findings = field(default_factory=Findings)
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> Tally:
        return _sum(f.rows for f in self.files)

    @property
    def values(self) -> Tally:
        return _sum(f.values for f in self.files)

    @property
    def errors(self) -> tuple[tuple[str, str], ...]:
        """(file, what is wrong and what to do) for every file that could not be read."""
        return tuple((f.name, f.error) for f in self.files if f.error is not None)


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total = total.plus(tally)
    return total
