"""The ward's seven-point sheet: one row a patient-day, one column a point, as CSV or spreadsheet.

A point has no clock time of its own; it is dated at the time in ``POINTS``, which only orders the day. The unit is
the row's ``unit`` column, else the one in the point's header ("fasting (mmol/L)"), else the one in the patient's
or date's header; else it is inferred for the whole file as for the canonical readings (see ``canonical_readings``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import numpy as np

from titration.clinical import Source, Timing
from titration.log.arrow import text_of
from titration.log.builder import LogBuilder
from titration.log.canonical_readings import UnitEvidence, decode_readings
from titration.log.columns import Text, Times
from titration.log.model import MINUTES_A_DAY
from titration.log.notation import YEARS, day_number, day_written, squeezed, unit_in
from titration.log.report import NO_PATIENT, REASONS, LoadError, Reason
from titration.log.rows import ReadingRows
from titration.log.tables import SPREADSHEETS, Cell, Rows, cell_text, read_sheet, read_text, records
from titration.units import UnitSystem

POINTS: Final = {
    Timing.FASTING: 6 * 60 + 30,
    Timing.POST_BREAKFAST: 9 * 60,
    Timing.PRE_LUNCH: 11 * 60 + 30,
    Timing.POST_LUNCH: 14 * 60,
    Timing.PRE_DINNER: 17 * 60 + 30,
    Timing.POST_DINNER: 20 * 60,
    Timing.BEDTIME: 22 * 60,
    Timing.OVERNIGHT: 3 * 60,
}
"""Nominal minute of the day of each point; ``overnight`` is an optional eighth column."""

_PATIENT: Final = frozenset(("patient_id", "patient", "患者编号", "住院号", "病案号"))
_DATE: Final = frozenset(("date", "日期"))
_UNIT: Final = frozenset(("unit", "单位"))
_NAMES: Final = {
    **{timing.text: timing for timing in POINTS},
    "空腹": Timing.FASTING,
    "早餐后": Timing.POST_BREAKFAST,
    "早餐后2h": Timing.POST_BREAKFAST,
    "午餐前": Timing.PRE_LUNCH,
    "午餐后": Timing.POST_LUNCH,
    "午餐后2h": Timing.POST_LUNCH,
    "晚餐前": Timing.PRE_DINNER,
    "晚餐后": Timing.POST_DINNER,
    "晚餐后2h": Timing.POST_DINNER,
    "睡前": Timing.BEDTIME,
    "凌晨": Timing.OVERNIGHT,
}
_FEWEST_POINTS: Final = 3


@dataclass(frozen=True, slots=True)
class _Layout:
    patient: int
    date: int
    unit: int | None
    points: dict[int, Timing]
    header_units: dict[int, UnitSystem | None]
    unused: list[str]


@dataclass(slots=True)
class _Value:
    row: int
    patient: int
    day: int
    timing: Timing
    text: str
    unit: str


def is_seven_point(header: Sequence[Cell]) -> bool:
    """Whether a first row is that of a seven-point sheet."""
    names = [_name(cell_text(cell)) for cell in header]
    points = sum(name in _NAMES for name in names)
    return points >= _FEWEST_POINTS and any(name in _PATIENT for name in names) and any(name in _DATE for name in names)


def load_seven_point(path: Path, builder: LogBuilder) -> None:
    """Add one sheet to ``builder``. Raises LoadError when it cannot be read or lacks patient, date or points."""
    rows, numbers, errors, notes = _rows(path)
    layout = _layout(path.name, rows[0])
    file = builder.file(path.name)
    for note in notes:
        builder.note(file, note)
    if layout.unused:
        builder.note(file, f"columns not used: {', '.join(layout.unused)}")
    values: list[_Value] = []
    for cells, number in zip(rows[1:], numbers[1:], strict=True):
        padded = [*cells, *[""] * (len(rows[0]) - len(cells))]
        if any(cell_text(cell).strip() for cell in padded):
            bad = {column for row, column in errors if row == number - 1}
            values += _read_row(padded, number, bad, layout, builder, file=file)
    _add(values, builder, file)


def _rows(path: Path) -> tuple[Rows, list[int], frozenset[tuple[int, int]], tuple[str, ...]]:
    """Rows with their numbers, error cells, and remarks about how the file was read."""
    if path.suffix.casefold() in SPREADSHEETS:
        sheet = read_sheet(path)
        return sheet.rows, list(range(1, len(sheet.rows) + 1)), sheet.errors, ()
    text, notes = read_text(path)
    pairs = list(records(path.name, text))
    rows: Rows = [list(fields) for _, fields in pairs]
    return rows or [[""]], [number for number, _ in pairs] or [1], frozenset(), notes


def _name(header: str) -> str:
    """A header without its unit and remarks: ``Post-breakfast (mmol/L)`` is post_breakfast."""
    bare = squeezed(header.replace("（", "(").partition("(")[0]).casefold()
    return bare.replace("-", "_").replace(" ", "_").removesuffix("_mmol/l").removesuffix("_mg/dl")


def _layout(name: str, header: list[Cell]) -> _Layout:
    texts = [cell_text(cell) for cell in header]
    names = [_name(text) for text in texts]
    points: dict[int, Timing] = {}
    for position, word in enumerate(names):
        timing = _NAMES.get(word)
        if timing is not None and timing in points.values():
            raise LoadError(f"{name}: the point {timing.text} has two columns; keep one of them")
        if timing is not None:
            points[position] = timing
    patient = [i for i, word in enumerate(names) if word in _PATIENT]
    dated = [i for i, word in enumerate(names) if word in _DATE]
    unit = [i for i, word in enumerate(names) if word in _UNIT]
    if len(patient) != 1 or len(dated) != 1 or len(unit) > 1 or not points:
        raise LoadError(
            f"{name}: row 1 must name patient_id and date once and at least one point; see docs/log-formats.md"
        )
    used = {patient[0], dated[0], *unit, *points}
    general = {unit_in(texts[i]) for i in (patient[0], dated[0])} - {None}
    whole = general.pop() if len(general) == 1 else None
    return _Layout(
        patient[0],
        dated[0],
        unit[0] if unit else None,
        points,
        {i: whole if (own := unit_in(texts[i])) is None else own for i in points},
        [text.strip() for i, text in enumerate(texts) if i not in used and text.strip()],
    )


def _read_row(
    cells: list[Cell], number: int, errors: set[int], layout: _Layout, builder: LogBuilder, *, file: int
) -> list[_Value]:
    """The points of one row that hold something; a row without patient or date is refused whole."""
    builder.count(file, rows=1)
    patient_id = squeezed(cell_text(cells[layout.patient]))
    day = _day(cells[layout.date])
    raw = ",".join(cell_text(cell) for cell in cells)
    if not patient_id or day is None:
        builder.count(file, values=1)
        patient = builder.patient(patient_id) if patient_id else NO_PATIENT
        reason = Reason.BAD_TIME if patient_id else Reason.NO_PATIENT_ID
        builder.find(file=file, row=number, reason=reason, raw=raw, patient=patient)
        return []
    patient = builder.patient(patient_id)
    written = squeezed(cell_text(cells[layout.unit])) if layout.unit is not None else ""
    values: list[_Value] = []
    for position, timing in layout.points.items():
        text = cell_text(cells[position]).strip()
        header_unit = layout.header_units[position]
        unit = written or (header_unit.text if header_unit is not None else "")
        if position in errors:
            builder.count(file, values=1)
            reason, where = Reason.ERROR_CELL, f"{timing.text} shows an error"
            builder.find(file=file, row=number, reason=reason, raw=where, patient=patient, day=day, glucose=True)
        elif text and text != "/":
            values.append(_Value(number, patient, day, timing, text, unit))
    return values


def _day(cell: Cell) -> int | None:
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        return day_number(cell) if YEARS[0] <= cell.year <= YEARS[1] else None
    text = squeezed(cell) if isinstance(cell, str) else ""
    # A date with anything but midnight behind it is a time: such a row is no patient-day.
    return day_written(text) if len(text.partition(" ")[2].strip("0:")) == 0 else None


def _add(values: list[_Value], builder: LogBuilder, file: int) -> None:
    """Judge the points of a file as a canonical readings table, and keep them."""
    if not values:
        return
    columns = {
        "patient_id": Text(np.zeros(len(values), np.int8), ("all",)),
        "time": Times(np.zeros(len(values), np.int64), 1),
        "glucose": text_of([value.text for value in values]),
        "unit": text_of([value.unit for value in values]),
    }
    evidence = UnitEvidence()
    evidence.add(columns)
    if evidence.seen and evidence.system is not None:
        builder.note(file, f"values without a unit read as {evidence.system.text}: all of them agree")
    decoded = decode_readings(columns, inferred=evidence.system)
    builder.count(file, values=len(values))
    if decoded.refused is not None:
        codes: list[int] = decoded.refused.reason.tolist()
        positions: list[int] = decoded.refused.at.tolist()
        for at, code in zip(positions, codes, strict=True):
            value, reason = values[at], REASONS[code]
            raw = f"{value.timing.text} {value.text} {value.unit}".strip()
            builder.find(
                file=file, row=value.row, reason=reason, raw=raw, patient=value.patient, day=value.day, glucose=True
            )
    kept = np.arange(len(values)) if decoded.kept is None else decoded.kept
    chosen = [values[i] for i in kept.tolist()]
    system = decoded.system if isinstance(decoded.system, UnitSystem) else decoded.system[kept]
    builder.read_rows(
        ReadingRows(
            np.array([v.patient for v in chosen], np.int32),
            np.array([v.day * MINUTES_A_DAY + POINTS[v.timing] for v in chosen], np.int32),
            decoded.value[kept],
            system,
            np.array([v.timing for v in chosen], np.int8),
            np.full(len(chosen), Source.CBG, np.int8),
            np.zeros(len(chosen), np.bool_),
            file,
            np.array([v.row for v in chosen], np.int64),
        )
    )
