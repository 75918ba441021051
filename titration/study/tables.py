"""The study's own tables beside a log: visits, infusions, product checks, vital signs, adverse events, reference ranges.

Each is an optional CSV file of the log's folder, read with the log's own accounting: every row is kept, quarantined or
rejected, with the reason. An adverse event is never lost for a bad cell: the cell is flagged and left unknown. A ledger keeps the
rows as they were written and has them read here again, so that both give the same tables.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np

from titration.clinical import LabKind
from titration.log.file_book import FileBook
from titration.log.model import MINUTES_A_DAY
from titration.log.notation import day_written, moment_written, squeezed
from titration.log.report import NO_DAY, NO_PATIENT, LoadError, Reason
from titration.log.side_tables import LAB_UNITS
from titration.log.tables import read_text, records
from titration.study.rows import (
    KEPT,
    OUTCOMES,
    RELATIONS,
    VITAL_KINDS,
    AdverseEvent,
    CheckRow,
    InfusionRow,
    PatientTables,
    ReferenceRange,
    StudyTables,
    VisitRow,
    VitalRow,
)
from titration.units import decimal_of

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "visits": ("patient_id", "visit", "date", "moved_to", "diet", "exercise", "note"),
    "infusions": (
        *("patient_id", "number", "time", "cells", "weight_kg", "thawed", "ended", "batch", "given_by"),
        "observed_until",
    ),
    "product_checks": ("patient_id", "infusion", "check", "value", "result", "signed_by", "signed_at"),
    "vitals": ("patient_id", "time", "kind", "value", "unit"),
    "adverse_events": (
        *("patient_id", "time", "ended", "term", "grade", "ada_level", "relation_infusion", "relation_drug"),
        *("serious", "outcome", "note"),
    ),
    "reference_ranges": ("kind", "low", "high", "unit", "sex"),
}
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "visits": ("patient_id", "visit", "date"),
    "infusions": ("patient_id", "number", "time", "cells"),
    "product_checks": ("patient_id", "infusion", "check", "signed_by"),
    "vitals": ("patient_id", "time", "kind", "value", "unit"),
    "adverse_events": ("patient_id", "time", "term"),
    "reference_ranges": ("kind", "low", "high", "unit"),
}
MOST_BYTES_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """A row as it was written. ``number`` is its line in the file, or its entry in a ledger.

    ``line`` is the whole row where it has too many or too few cells; then there are no ``cells``.
    """

    table: str
    number: int
    cells: Mapping[str, str]
    line: str | None = None


class _Rows(FileBook):
    """One load of the tables."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: dict[str, int] = {}
        self.patients: dict[str, PatientTables] = {}
        self.ranges: list[ReferenceRange] = []

    def built(self) -> StudyTables:
        ids = tuple(sorted(self.numbers))
        rank = np.empty(len(ids) + 1, np.int32)
        rank[[self.numbers[i] for i in ids]] = np.arange(len(ids), dtype=np.int32)
        rank[NO_PATIENT] = NO_PATIENT
        for tables in self.patients.values():
            tables.visits.sort(key=lambda row: (row.day or row.moved_to or 0, row.visit))
            tables.infusions.sort(key=lambda row: (row.minute, row.number))
            tables.checks.sort(key=lambda row: (row.infusion, row.check))
            tables.vitals.sort(key=lambda row: (row.minute, row.kind))
            tables.events.sort(key=lambda row: (row.minute, row.term))
        return StudyTables(self.patients, tuple(self.ranges), self._report(self._all_findings(rank, ids)))


@dataclass
class Cells:
    """One row under judgement: readers of its cells, and the findings they leave."""

    rows: _Rows
    file: int
    number: int
    cells: Mapping[str, str]
    patient: int = NO_PATIENT
    day: int = NO_DAY
    refused: bool = False

    @property
    def raw(self) -> str:
        return ",".join(self.cells.values())[:MOST_BYTES_SHOWN]

    def text(self, name: str) -> str:
        return squeezed(self.cells.get(name, ""))

    def refuse(self, reason: Reason) -> None:
        """Refuse the row, once."""
        if not self.refused:
            self.rows.find(
                file=self.file, row=self.number, reason=reason, raw=self.raw, patient=self.patient, day=self.day
            )
        self.refused = True

    def flag(self, name: str) -> None:
        """Keep the row with this cell unknown."""
        raw = f"{name} {self.text(name)}"
        self.rows.find(
            file=self.file, row=self.number, reason=Reason.UNKNOWN_WORD, raw=raw, patient=self.patient, day=self.day
        )

    def minute(self, name: str, *, needed: bool = False) -> int | None:
        """A moment; a bad one refuses the row where it is needed, else it is flagged."""
        text = self.text(name)
        found = moment_written(text) if text else None
        if found is None and needed:
            self.refuse(Reason.BAD_TIME)
        elif found is None and text:
            self.flag(name)
        return found

    def date(self, name: str) -> int | None:
        text = self.text(name)
        found = day_written(text) if text else None
        if found is None and text:
            self.refuse(Reason.BAD_TIME)
        return found

    def number_at(self, name: str, *, needed: bool = False) -> Fraction | None:
        text = self.text(name)
        if not text and not needed:
            return None
        try:
            return Fraction(decimal_of(text))
        except ValueError:
            self.refuse(Reason.NON_NUMERIC_VALUE)
            return None

    def whole(self, name: str, low: int, high: int, *, needed: bool = False) -> int | None:
        """A whole number within bounds; anything else refuses the row where it is needed, else is flagged and unknown."""
        text = self.text(name)
        if text.isascii() and text.isdigit() and low <= int(text) <= high:
            return int(text)
        if needed:
            self.refuse(Reason.IMPLAUSIBLE_VALUE)
        elif text:
            self.flag(name)
        return None

    def word(self, name: str, known: tuple[str, ...]) -> str | None:
        text = self.text(name).casefold()
        if text and text not in known:
            self.flag(name)
        return text if text in known else None

    def truth(self, name: str) -> bool | None:
        word = self.word(name, ("yes", "no", "true", "false"))
        return None if word is None else word in ("yes", "true")


def load_study_tables(folder: Path) -> StudyTables:
    """The study tables in ``folder`` (a file's folder when a file is given); a broken file is in ``report.errors``."""
    rows = _Rows()
    base = folder if folder.is_dir() else folder.parent
    for name in COLUMNS:
        path = base / f"{name}.csv"
        if not path.is_file():
            continue
        file = rows.file(path.name)
        try:
            for row in _written(name, path, lambda note, file=file: rows.note(file, note)):
                _take(rows, file, row)
        except LoadError as error:
            rows.fail(file, str(error))
    return rows.built()


def written_rows(folder: Path) -> dict[str, list[WrittenRow]]:
    """The rows of the study tables in ``folder`` as they are written, by file name; raises LoadError for a broken file."""
    out: dict[str, list[WrittenRow]] = {}
    base = folder if folder.is_dir() else folder.parent
    for name in COLUMNS:
        path = base / f"{name}.csv"
        if path.is_file():
            out[path.name] = list(_written(name, path, lambda _: None))
    return out


def study_tables_of(written: Iterable[WrittenRow]) -> StudyTables:
    """The study tables that rows come to, table by table in the order given; a finding names the table and the row's number."""
    rows = _Rows()
    listed = list(written)
    for name in COLUMNS:
        for row in listed:
            if row.table == name:
                _take(rows, rows.file(name), row)
    return rows.built()


def _take(rows: _Rows, file: int, row: WrittenRow) -> None:
    rows.count(file, rows=1, values=1)
    if row.line is not None:
        rows.find(file=file, row=row.number, reason=Reason.MALFORMED_LINE, raw=row.line[:MOST_BYTES_SHOWN])
    else:
        _add(row.table, Cells(rows, file, row.number, row.cells))


def _written(name: str, path: Path, note: Callable[[str], None]) -> Iterator[WrittenRow]:
    text, notes = read_text(path)
    lines = records(path.name, text)
    _, headers = next(lines, (1, [""]))
    names = [header.strip().casefold() for header in headers]
    missing = [column for column in REQUIRED[name] if column not in names]
    if missing:
        raise LoadError(
            f"{path.name}: no column {', '.join(missing)}; the columns are described in docs/log-formats.md"
        )
    twice = sorted({column for column in names if names.count(column) > 1 and column})
    if twice:
        raise LoadError(f"{path.name}: column {', '.join(twice)} occurs twice; keep one of them")
    unused = [header for header in names if header and header not in COLUMNS[name]]
    for remark in (*notes, *([f"columns not used: {', '.join(unused)}"] if unused else [])):
        note(remark)
    for number, fields in lines:
        if len(fields) != len(names):
            yield WrittenRow(name, number, {}, ",".join(fields))
        else:
            yield WrittenRow(name, number, dict(zip(names, fields, strict=True)))


def _add(name: str, row: Cells) -> None:
    if name == "reference_ranges":
        _add_range(row)
    else:
        patient_id = row.text("patient_id")
        if not patient_id:
            row.refuse(Reason.NO_PATIENT_ID)
            return
        row.patient = row.rows.numbers.setdefault(patient_id, len(row.rows.numbers))
        tables = row.rows.patients.setdefault(patient_id, PatientTables())
        _ADDERS[name](row, tables)
    if not row.refused:
        row.rows.keep(row.file)


def _add_visit(row: Cells, tables: PatientTables) -> None:
    day, moved = row.date("date"), row.date("moved_to")
    if not row.text("visit") or (day is None and moved is None):
        row.refuse(Reason.BAD_TIME if row.text("visit") else Reason.UNKNOWN_KIND)
    if row.refused:
        return
    row.day = day if day is not None else NO_DAY
    diet, exercise = row.word("diet", KEPT), row.word("exercise", KEPT)
    tables.visits.append(VisitRow(row.text("visit"), day, moved, diet, exercise, row.text("note")))


def _add_infusion(row: Cells, tables: PatientTables) -> None:
    minute = row.minute("time", needed=True)
    cells, weight = row.number_at("cells", needed=True), row.number_at("weight_kg")
    number = row.whole("number", 1, 99, needed=True)
    if (cells is not None and cells <= 0) or (weight is not None and not 20 <= weight <= 400):
        row.refuse(Reason.IMPLAUSIBLE_VALUE)
    if row.refused or minute is None or cells is None or number is None:
        return
    row.day = minute // MINUTES_A_DAY
    times = [row.minute(name) for name in ("thawed", "ended", "observed_until")]
    tables.infusions.append(
        InfusionRow(
            number, minute, cells, weight, times[0], times[1], row.text("batch"), row.text("given_by"), times[2]
        )
    )


def _add_check(row: Cells, tables: PatientTables) -> None:
    number, value = row.whole("infusion", 1, 99, needed=True), row.number_at("value")
    if not row.text("check"):
        row.refuse(Reason.UNKNOWN_KIND)
    if row.refused or number is None:
        return
    result = row.word("result", ("passed", "failed"))
    passed = None if result is None else result == "passed"
    signed = row.minute("signed_at")
    tables.checks.append(CheckRow(number, row.text("check").casefold(), value, passed, row.text("signed_by"), signed))


def _add_vital(row: Cells, tables: PatientTables) -> None:
    minute, value = row.minute("time", needed=True), row.number_at("value", needed=True)
    kind = row.text("kind").casefold()
    if kind not in VITAL_KINDS:
        row.refuse(Reason.UNKNOWN_KIND)
    elif row.text("unit").replace("°", "").casefold() != VITAL_KINDS[kind].casefold():
        row.refuse(Reason.UNKNOWN_UNIT if row.text("unit") else Reason.UNIT_MISSING)
    elif value is not None and value <= 0:
        row.refuse(Reason.IMPLAUSIBLE_VALUE)
    if not row.refused and minute is not None and value is not None:
        tables.vitals.append(VitalRow(minute, kind, value))


def _add_event(row: Cells, tables: PatientTables) -> None:
    minute = row.minute("time", needed=True)
    if not row.text("term"):
        row.refuse(Reason.UNKNOWN_KIND)
    if row.refused or minute is None:
        return
    row.day = minute // MINUTES_A_DAY
    tables.events.append(
        AdverseEvent(
            minute=minute,
            ended=row.minute("ended"),
            term=row.text("term"),
            grade=row.whole("grade", 1, 5),
            ada_level=row.whole("ada_level", 1, 3),
            relation_infusion=row.word("relation_infusion", RELATIONS),
            relation_drug=row.word("relation_drug", RELATIONS),
            serious=row.truth("serious"),
            outcome=row.word("outcome", OUTCOMES),
            note=row.text("note"),
        )
    )


def _add_range(row: Cells) -> None:
    kind = next((kind for kind in LabKind if kind.value == row.text("kind").casefold()), None)
    low, high = row.number_at("low"), row.number_at("high")
    if kind is None:
        row.refuse(Reason.UNKNOWN_KIND)
    elif row.text("unit").replace(" ", "").casefold() != LAB_UNITS[kind].replace(" ", "").casefold():
        # A range is compared with values in the log's unit; nothing is converted behind the laboratory's back.
        row.refuse(Reason.UNKNOWN_UNIT if row.text("unit") else Reason.UNIT_MISSING)
    elif (low is None and high is None) or (low is not None and high is not None and low > high):
        row.refuse(Reason.IMPLAUSIBLE_VALUE)
    sex = row.word("sex", ("female", "male"))
    if not row.refused and kind is not None:
        row.rows.ranges.append(ReferenceRange(kind, low, high, sex))


_ADDERS: Final[Mapping[str, Callable[[Cells, PatientTables], None]]] = {
    "visits": _add_visit,
    "infusions": _add_infusion,
    "product_checks": _add_check,
    "vitals": _add_vital,
    "adverse_events": _add_event,
}
