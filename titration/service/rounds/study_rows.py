"""A row of a study's own table as somebody typed it: read by the reader of the study's files, and refused for what that reader
would set aside, so that what is recorded by hand needs no second look."""

import unicodedata
from collections.abc import Iterator
from typing import Final

from titration.log.model import MINUTES_A_DAY
from titration.log.notation import day_written, moment_written
from titration.service.rounds.asked import NewStudyRow
from titration.service.rounds.told import Refused
from titration.store.bodies import StudyBody
from titration.study.tables import COLUMNS, REQUIRED, WrittenRow, study_tables_of

_PAST: Final = ("date", "time", "ended", "thawed", "observed_until", "signed_at")
"""Columns that say when something happened; ``moved_to`` alone may lie ahead."""
_LONGEST: Final = 4000


def checked_row(new: NewStudyRow) -> StudyBody:
    """The row as an entry; Refused (``invalid``) names the column and what may stand in it."""
    if new.table not in COLUMNS:
        raise Refused("invalid", f"no such table: one of {', '.join(COLUMNS)}")
    cells: dict[str, str] = {}
    for name, text in new.cells:
        if name not in COLUMNS[new.table] or name == "patient_id":
            known = ", ".join(c for c in COLUMNS[new.table] if c != "patient_id")
            raise Refused("invalid", f"{new.table} has no column {name}: its columns are {known}")
        if name in cells:
            raise Refused("invalid", f"{name} is given twice: keep one of them")
        cells[name] = _printable(name, text)
    missing = [c for c in REQUIRED[new.table] if c != "patient_id" and not cells.get(c) and not _may_lack(new, c)]
    if missing:
        raise Refused("invalid", f"{new.table} needs {', '.join(missing)}")
    findings = study_tables_of([WrittenRow(new.table, 1, {"patient_id": new.patient_id, **cells})]).report.findings
    for finding in findings:
        # Of a refused row the finding repeats all cells; of a flagged one the column comes first, and only that is said.
        about = f"{finding.raw.split(' ')[0]}: " if finding.fate.text == "flagged" else ""
        raise Refused("invalid", f"{about}{finding.reason.remedy}")
    return StudyBody(table=new.table, cells=cells)  # type: ignore[arg-type] - looked at above


def _may_lack(new: NewStudyRow, column: str) -> bool:
    """A visit that is only moved has no date yet; a range may be open at one end."""
    given = {name for name, text in new.cells if text.strip()}
    if new.table == "visits":
        return column == "date" and "moved_to" in given
    return new.table == "reference_ranges" and column in ("low", "high") and bool(given & {"low", "high"})


def _printable(name: str, text: str) -> str:
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text):
        raise Refused("invalid", f"{name} holds signs that cannot be shown on one line")
    if len(text) > _LONGEST:
        raise Refused("invalid", f"{name} is longer than {_LONGEST} signs: shorten it")
    return text.strip()


def times_of(new: NewStudyRow) -> Iterator[int]:
    """Minutes at which what the row tells of happened; a day counts from its first."""
    for name, text in new.cells:
        if name not in _PAST or not text.strip():
            continue
        day = day_written(text) if name == "date" else None
        minute = moment_written(text) if day is None else day * MINUTES_A_DAY
        if minute is not None:
            yield minute
