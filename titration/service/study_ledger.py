"""A study out of a ledger: the same ``Loaded`` and ``StudyTables`` that a folder of files gives, so that the same reports follow.

A ledger keeps the study's rows as they were written. They are read by the reader of the files whenever they are asked for.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, or_, select

from titration.log.load import Loaded
from titration.log.notation import squeezed
from titration.log.report import Fate, FileReport, LoadReport, Tally
from titration.store.bodies import ImportBody, StudyBody
from titration.store.database import LedgerError
from titration.store.entries import Entry, Kind
from titration.store.ledger import Ledger, Pen
from titration.store.logs import logs_of, members
from titration.store.tables import DOSES, STUDY
from titration.study.rows import StudyTables
from titration.study.tables import WrittenRow, study_tables_of, written_rows

FORMAT: Final = "study"
"""Format of the import entry that stands before the rows of study tables."""


def is_ledger(path: str) -> bool:
    """Whether a path or URL names a ledger rather than a log: a database's URL, or a file that SQLite made."""
    if "://" in path:
        return True
    try:
        with Path(path).open("rb") as file:
            return file.read(16) == b"SQLite format 3\0"
    except OSError:
        return False


def read_ledger(url: str) -> tuple[Loaded, StudyTables]:
    """The log and the study tables of a ledger as they stand; raises LedgerError."""
    ledger = Ledger.open(url, read_only=True)
    try:
        with ledger.reading() as connection:
            return loaded_of(ledger, connection), tables_of(connection)
    finally:
        ledger.close()


def loaded_of(ledger: Ledger, connection: Connection) -> Loaded:
    """Everybody's log, with what was said of its rows when they were imported."""
    units = {row.drug: row.unit for row in connection.execute(select(DOSES.c.drug, DOSES.c.unit).distinct())}
    insulins = insulins_of(connection)
    files, unread = list[FileReport](), set[str]()
    for entry in ledger.walk(connection, kinds=(Kind.IMPORT,)):
        body = ImportBody.model_validate_json(entry.body)
        unread |= set(body.unread)
        if body.format != FORMAT:
            read = body.kept + body.quarantined + body.rejected
            files.append(FileReport(body.source, Tally(read, body.kept, body.quarantined, body.rejected)))
    report = LoadReport(tuple(files), skipped=tuple(sorted(unread)))
    logs = logs_of(connection, members(connection))
    return Loaded("ledger", "a ledger", logs, report, insulins, units)


def insulins_of(connection: Connection) -> frozenset[str]:
    """Names of drugs that were given in units."""
    return frozenset(connection.execute(select(DOSES.c.drug).where(DOSES.c.unit == "units").distinct()).scalars())


def tables_of(connection: Connection, patient: str | None = None) -> StudyTables:
    """The study tables as they stand, of everybody or of one patient; reference ranges are everybody's."""
    return study_tables_of(_standing(connection, patient))


def _standing(connection: Connection, patient: str | None) -> Iterator[WrittenRow]:
    query = STUDY.select().order_by(STUDY.c.seq)
    if patient is not None:
        query = query.where(or_(STUDY.c.patient == patient, STUDY.c.patient.is_(None)))
    for row in connection.execute(query):
        cells = {"patient_id": row.patient or "", **json.loads(row.cells)}
        yield WrittenRow(row.sheet, row.seq, cells, row.line)


def import_study(pen: Pen, folder: Path) -> ImportBody | None:
    """Record the rows of the study tables in ``folder``, as they are written; None when there is none to record.

    A row that was recorded before is not recorded again, so that a folder that grew can be read in once more; a row refused by the
    reader is kept as written and counted. Raises LoadError for a broken file.
    """
    files = written_rows(folder)
    known = Counter(_key(entry.patient, StudyBody.model_validate_json(entry.body)) for entry in _recorded(pen))
    new: list[tuple[str | None, StudyBody]] = []
    for row in (row for rows in files.values() for row in rows):
        patient, body = _body(row)
        key = _key(patient, body)
        known[key] -= 1
        if known[key] < 0:
            new.append((patient, body))
    if not new:
        return None
    made = _account(folder, new)
    pen.add(Kind.IMPORT, made)
    for patient, body in new:
        pen.add(Kind.STUDY, body, patient=patient)
    return made


def _recorded(pen: Pen) -> Iterator[Entry]:
    # Rows that were corrected since count too: the file's old row must not come back beside what stands instead.
    from titration.store.tables import ENTRIES

    for row in pen.connection.execute(ENTRIES.select().where(ENTRIES.c.kind == Kind.STUDY.value)):
        yield Entry(*row)


def _body(row: WrittenRow) -> tuple[str | None, StudyBody]:
    cells = dict(row.cells)
    patient = squeezed(cells.pop("patient_id", "")) or None
    return patient, StudyBody(table=row.table, cells=cells, line=row.line)  # type: ignore[arg-type] - one of COLUMNS


def _key(patient: str | None, body: StudyBody) -> tuple[str | None, str, tuple[tuple[str, str], ...], str | None]:
    return patient, body.table, tuple(sorted(body.cells.items())), body.line


def _account(folder: Path, new: list[tuple[str | None, StudyBody]]) -> ImportBody:
    written = [
        WrittenRow(body.table, number, {"patient_id": patient or "", **body.cells}, body.line)
        for number, (patient, body) in enumerate(new, 1)
    ]
    report = study_tables_of(written).report
    rows = report.rows
    return ImportBody(
        source=folder.name,
        format=FORMAT,
        kept=rows.kept,
        quarantined=rows.quarantined,
        rejected=rows.rejected,
        reasons={r: n for fate in Fate for r, n in sorted(report.findings.by_reason(fate).items())},
    )


__all__ = ["FORMAT", "LedgerError", "import_study", "insulins_of", "is_ledger", "loaded_of", "read_ledger", "tables_of"]
