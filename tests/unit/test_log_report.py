import re
from pathlib import Path

import numpy as np

from titration.clinical import EventKind, LabKind
from titration.log import canonical_doses, canonical_readings, side_tables
from titration.log.file_book import FileBook
from titration.log.recognise import FORMATS
from titration.log.report import NO_PATIENT, REASONS, Fate, Findings, LoadReport, Reason, Tally


def test_every_reason_has_a_fate_and_a_remedy() -> None:
    assert all(reason.remedy and reason.fate in Fate for reason in Reason)
    assert len(set(REASONS)) == len(Reason)


def test_the_page_on_formats_names_every_reason_column_and_kind() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "log-formats.md").read_text(encoding="utf-8")
    words = {word.casefold() for word in re.findall(r"`([^`\n]+)`", page)}
    wanted = {reason.value for reason in Reason} | {kind.value for kind in (*EventKind, *LabKind)} | set(FORMATS)
    columns = {*canonical_readings.COLUMNS, *canonical_doses.COLUMNS}
    for table in side_tables.COLUMNS.values():
        columns.update(table)
    assert sorted((wanted | columns - {"text"}) - words) == []


def test_a_tally_adds_up_or_does_not() -> None:
    assert Tally(3, 1, 1, 1).adds_up
    assert not Tally(3, 1, 1, 0).adds_up
    assert Tally(3, 1, 1, 1).plus(Tally(1, 1)) == Tally(4, 2, 1, 1)


def test_a_book_that_loses_a_value_does_not_add_up() -> None:
    book = FileBook()
    file = book.file("a.csv")
    book.count(file, rows=2, values=2)
    book.keep(file)
    book.find(file=file, row=2, reason=Reason.BAD_TIME, raw="x")
    assert reported(book).rows == reported(book).values == Tally(2, 1, 0, 1)
    book.count(file, values=1)
    assert not reported(book).values.adds_up


def test_a_sheet_row_counts_by_its_worst_value() -> None:
    book = FileBook()
    file = book.file("a.csv")
    book.count(file, rows=3, values=5)
    book.keep(file, 2)
    for row, reason in ((1, Reason.OFF_GRID), (1, Reason.BLANK_GLUCOSE), (2, Reason.OFF_GRID), (3, Reason.CENSORED)):
        book.find(file=file, row=row, reason=reason, raw="x")
    found = reported(book)
    assert (found.rows, found.values) == (Tally(3, 1, 1, 1), Tally(5, 2, 2, 1))


def test_findings_come_by_file_and_row_and_name_all_there_is() -> None:
    book = FileBook()
    for name in ("b.csv", "a.csv"):
        file = book.file(name)
        book.find(file=file, row=2, reason=Reason.OFF_GRID, raw=f"{name} 2", patient=0, day=5)
        book.find(file=file, row=1, reason=Reason.BAD_TIME, raw=f"{name} 1")
    findings = reported(book).findings
    assert [finding.raw for finding in findings] == ["a.csv 1", "a.csv 2", "b.csv 1", "b.csv 2"]
    first, second, *_ = findings
    assert (first.patient, first.day, first.fate) == (None, None, Fate.REJECTED)
    assert (second.patient, second.day, second.fate) == ("P1", 5, Fate.QUARANTINED)
    assert findings.by_reason(Fate.REJECTED) == {"bad_time": 2}
    assert findings.of(Reason.OFF_GRID).tolist() == [False, True, False, True]


def test_no_findings_are_none() -> None:
    assert list(Findings()) == []
    assert Findings().by_reason(Fate.REJECTED) == {}


def reported(book: FileBook) -> LoadReport:
    """The report of a book of one patient."""
    return book._report(book._all_findings(np.array([0, NO_PATIENT], np.int32), ("P1",)))
