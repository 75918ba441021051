"""From judged blocks of the canonical tables to the builder, for CSV and Parquet alike."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from titration.log import canonical_doses, canonical_readings, side_tables
from titration.log.builder import LogBuilder
from titration.log.canonical_doses import DecodedDoses
from titration.log.canonical_readings import DecodedReadings
from titration.log.columns import Text, texts_of
from titration.log.model import I32, Doses
from titration.log.notation import unit_in
from titration.log.report import LoadError
from titration.log.rows import ReadingRows, RowNumbers, numbers_at
from titration.log.verdicts import Columns, Positions, Refused
from titration.units import UnitSystem

TABLES: Final = ("readings", "doses", "patients", "labs", "events", "doubts")
"""Stems of the files of a canonical folder."""

_COLUMNS: Final = {
    "readings": (canonical_readings.COLUMNS, canonical_readings.REQUIRED),
    "doses": (canonical_doses.COLUMNS, canonical_doses.REQUIRED),
    **{name: (side_tables.COLUMNS[name], side_tables.REQUIRED[name]) for name in side_tables.COLUMNS},
}


def named_columns(table: str, file: str, headers: Sequence[str]) -> tuple[dict[str, int], UnitSystem | None, list[str]]:
    """Position of each known column, the unit the glucose header names, and the headers that are not used.

    Raises LoadError when a required column is missing or a column occurs twice.
    """
    known, required = _COLUMNS[table]
    at: dict[str, int] = {}
    unit: UnitSystem | None = None
    unused: list[str] = []
    for position, header in enumerate(headers):
        name = header.strip().casefold()
        if table == "readings" and name.startswith("glucose") and name != "glucose":
            unit = unit_in(name.replace("glucose", "").replace("_", "/").replace("mgdl", "mg/dl"))
            name = "glucose" if unit is not None else name
        if name not in known:
            unused.append(header.strip())
        elif name in at:
            raise LoadError(f"{file}: column {name} occurs twice; keep one of them")
        else:
            at[name] = position
    missing = [name for name in required if name not in at]
    if missing:
        raise LoadError(f"{file}: no column {', '.join(missing)}; the columns are described in docs/log-formats.md")
    return at, unit, [name for name in unused if name]


def is_readings(headers: Sequence[str]) -> bool:
    """Whether headers are those of a canonical readings table."""
    names = {header.strip().casefold() for header in headers}
    return {"patient_id", "time"} <= names and any(name.startswith("glucose") for name in names)


def add_readings(
    builder: LogBuilder, decoded: DecodedReadings, columns: Columns, *, file: int, rows: RowNumbers
) -> None:
    """Keep a block of readings and record its findings; ``rows`` are its row numbers."""
    numbers = _numbers(decoded.patient, builder)
    builder.count(file, rows=len(rows), values=len(rows))
    _add_findings(builder, decoded.refused, decoded.patient, numbers, columns, file=file, rows=rows, glucose=True)
    at: Positions | slice = slice(None) if decoded.kept is None else decoded.kept
    builder.read_rows(
        ReadingRows(
            _numbered(decoded.patient, numbers, decoded.kept),
            decoded.minute[at],
            decoded.value[at],
            decoded.system if isinstance(decoded.system, UnitSystem) else decoded.system[at],
            decoded.timing[at],
            decoded.source[at],
            decoded.repeat[at],
            file,
            numbers_at(rows, at),
        )
    )


def add_doses(builder: LogBuilder, decoded: DecodedDoses, columns: Columns, *, file: int, rows: RowNumbers) -> None:
    """Keep a block of doses and pump rates and record its findings; ``rows`` are its row numbers."""
    numbers = _numbers(decoded.patient, builder)
    builder.count(file, rows=len(rows), values=len(rows))
    _add_findings(builder, decoded.refused, decoded.patient, numbers, columns, file=file, rows=rows)
    kept: Positions | slice = slice(None) if decoded.kept is None else decoded.kept
    if decoded.rate is not None:
        fine = np.arange(len(rows)) if decoded.kept is None else decoded.kept
        rates = fine[decoded.rate[fine]]
        patient = numbers[decoded.patient.codes[rates]]
        builder.rate_rows(patient, decoded.minute[rates], decoded.amount[rates], file=file)
        kept = fine[~decoded.rate[fine]]
    names = decoded.names
    used = np.flatnonzero(np.bincount(decoded.drug[kept], minlength=len(decoded.names)))
    drugs = np.zeros(len(decoded.names), np.int32)
    for i in used.tolist():
        drugs[i] = builder.drug(names[i], insulin=names[i] in decoded.insulins, unit=decoded.units[i])
    builder.dose_rows(
        Doses(
            _numbered(decoded.patient, numbers, None if isinstance(kept, slice) else kept),
            decoded.minute[kept],
            drugs.take(decoded.drug[kept]),
            decoded.amount[kept],
            decoded.slot[kept],
            decoded.route[kept],
            decoded.doubtful[kept],
        ),
        file=file,
    )


def _numbers(patient: Text, builder: LogBuilder) -> I32:
    """The builder's number of each patient word that occurs; NO_PATIENT for the others and for blank."""
    return builder.patient_numbers(patient.words, patient.used().tolist())


def _numbered(patient: Text, numbers: I32, kept: Positions | None) -> I32:
    """The number of each row's patient, of all rows or of those kept; codes that are the numbers are not copied."""
    codes = patient.codes if kept is None else patient.codes.take(kept)
    if codes.dtype == np.int32 and bool((numbers == np.arange(len(numbers))).all()):
        return codes.astype(np.int32, copy=False)
    return numbers.take(codes)


def _add_findings(
    builder: LogBuilder,
    refused: Refused | None,
    patient: Text,
    numbers: I32,
    columns: Columns,
    *,
    file: int,
    rows: RowNumbers,
    glucose: bool = False,
) -> None:
    if refused is None:
        return
    at = refused.at.tolist()
    cells = [texts_of(column, at) for column in columns.values()]
    builder.find_rows(
        file=file,
        row=np.asarray(numbers_at(rows, refused.at)),
        reason=refused.reason,
        patient=numbers[patient.codes[refused.at]],
        day=refused.day,
        raw=[",".join(row) for row in zip(*cells, strict=True)],
        glucose=glucose,
    )
