"""Canonical CSV: a folder of ``readings.csv`` with ``doses.csv``, ``patients.csv``, ``labs.csv`` and ``events.csv``
beside it, or a readings file alone. Columns may stand in any order, separated by comma, semicolon or tab.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from titration.formulary import Formulary
from titration.log import canonical
from titration.log.arrow import plain_columns, text_of
from titration.log.builder import LogBuilder
from titration.log.canonical_doses import decode_doses
from titration.log.canonical_readings import UnitEvidence, decode_readings
from titration.log.columns import Column
from titration.log.notation import day_written
from titration.log.report import NO_DAY, NO_PATIENT, LoadError, Reason
from titration.log.side_tables import SideRow, add_side_rows, side_rows
from titration.log.tables import delimiter_of, read_text, records
from titration.units import UnitSystem

I64 = npt.NDArray[np.int64]
ROWS_A_BLOCK: Final = 100_000


@dataclass(frozen=True, slots=True)
class _Block:
    columns: dict[str, Column]
    rows: I64


@dataclass(frozen=True, slots=True)
class _Table:
    blocks: list[_Block]
    header_unit: UnitSystem | None


def load_canonical_csv(
    files: dict[str, Path],
    builder: LogBuilder,
    formulary: Formulary,
    progress: Callable[[str, int, int], None] | None = None,
) -> None:
    """Add the canonical tables in ``files`` (stem of ``canonical.TABLES`` to path); a broken file is reported."""
    side: list[SideRow] = []
    for done, (name, path) in enumerate(files.items()):
        if progress is not None:
            progress(path.name, done, len(files))
        file = builder.file(path.name)
        try:
            table = _read(name, path, builder, file)
        except LoadError as error:
            builder.fail(file, str(error))
            continue
        if name == "readings":
            _add_readings(table, builder, file)
        elif name == "doses":
            for block in table.blocks:
                decoded = decode_doses(block.columns, formulary=formulary)
                canonical.add_doses(builder, decoded, block.columns, file=file, rows=block.rows)
        else:
            for block in table.blocks:
                side += side_rows(name, path.name, block.columns, rows=block.rows.tolist())
    add_side_rows(side, builder)


def _read(name: str, path: Path, builder: LogBuilder, file: int) -> _Table:
    text, notes = read_text(path)
    lines = records(path.name, text)
    _, headers = next(lines, (1, [""]))
    at, unit, unused = canonical.named_columns(name, path.name, headers)
    plain = plain_columns(text, delimiter_of(text.partition("\n")[0]), len(headers))
    blocks: list[_Block] = []
    malformed: list[tuple[int, list[str]]] = []
    if plain is not None:
        rows = np.arange(2, len(plain[0]) + 2, dtype=np.int64)
        blocks.append(_Block({name: plain[position] for name, position in at.items()}, rows))
    else:
        while block := _block(lines, at, len(headers), malformed):
            blocks.append(block)
    for note in notes:
        builder.note(file, note)
    if unused:
        builder.note(file, f"columns not used: {', '.join(unused)}")
    builder.count(file, rows=len(malformed), values=len(malformed))
    for row, fields in malformed:
        _find_malformed(row, fields, at, builder, file, glucose=name == "readings")
    return _Table(blocks, unit)


def _find_malformed(
    row: int, fields: list[str], at: dict[str, int], builder: LogBuilder, file: int, *, glucose: bool
) -> None:
    """Record a line of the wrong length under its patient and day, as far as it still shows them."""
    patient_id = fields[at["patient_id"]].strip() if at["patient_id"] < len(fields) else ""
    day = day_written(fields[at["time"]]) if "time" in at and at["time"] < len(fields) else None
    builder.find(
        file=file,
        row=row,
        reason=Reason.MALFORMED_LINE,
        raw=",".join(fields),
        patient=builder.patient(patient_id) if patient_id else NO_PATIENT,
        day=NO_DAY if day is None else day,
        glucose=glucose,
    )


def _block(
    lines: Iterator[tuple[int, list[str]]], at: dict[str, int], width: int, malformed: list[tuple[int, list[str]]]
) -> _Block | None:
    """The next rows as columns; lines with another number of fields than the header go to ``malformed``."""
    listed = list(islice(lines, ROWS_A_BLOCK))
    if not listed:
        return None
    fine = [pair for pair in listed if len(pair[1]) == width]
    if len(fine) < len(listed):
        malformed += [(row, fields) for row, fields in listed if len(fields) != width]
    cells = list(zip(*(fields for _, fields in fine), strict=True)) or [()] * width
    columns: dict[str, Column] = {name: text_of(cells[position]) for name, position in at.items()}
    return _Block(columns, np.array([row for row, _ in fine], np.int64))


def _add_readings(table: _Table, builder: LogBuilder, file: int) -> None:
    evidence = UnitEvidence()
    if table.header_unit is None:
        for block in table.blocks:
            evidence.add(block.columns)
    if evidence.seen and evidence.system is not None:
        builder.note(file, f"values without a unit read as {evidence.system.text}: all of them agree")
    for block in table.blocks:
        decoded = decode_readings(block.columns, header_unit=table.header_unit, inferred=evidence.system)
        canonical.add_readings(builder, decoded, block.columns, file=file, rows=block.rows)
