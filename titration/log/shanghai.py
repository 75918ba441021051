"""The ``shanghai-t2dm`` format: one spreadsheet a recording, and the summary of all recordings.

A recording ``PPPP_V_date`` belongs to patient PPPP; the recordings of a patient are pooled by date. Glucose is
written in mg/dL as exactly 18 times a mmol/L figure with one decimal, so the log is in mmol/L. Insulin above
60 units in one dose is refused: in these logs it is always a slip. Pump and infused doses keep their route.

The summary has no dates: its weight, HbA1c, eGFR, creatinine and C-peptide are dated the first row of their
recording (see ``shanghai_summary``).
"""

import re
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final

from titration.clinical import EventKind, LabKind, LineKind, Route, Source, Timing
from titration.formulary import Formulary
from titration.log.builder import LogBuilder
from titration.log.dose_text import WrittenDose, infused_doses, insulin_doses, other_doses
from titration.log.meal_timing import timings
from titration.log.model import MINUTES_A_DAY
from titration.log.notation import censored, minute_written, rounded_minute, slot_at, thousandths
from titration.log.report import NO_DAY, LoadError, Reason
from titration.log.tables import Cell, Rows, cell_text, read_sheet
from titration.units import HI_VALUE, LO_VALUE, MILLI, UnitSystem

RECORDING_NAME: Final = re.compile(r"(\w+?)_(\d+)_\d{8}")
MAX_INSULIN: Final = 60 * MILLI
MAX_KETONE: Final = 8 * MILLI

_HEADERS: Final = (
    ("date",),
    ("cgm",),
    ("cbg",),
    ("blood ketone",),
    ("dietary intake",),
    ("",),
    ("insulin dose - s.c",),
    ("non-insulin",),
    ("csii - bolus",),
    ("csii - basal", "胰岛素泵基础量"),
    ("insulin dose - i.v",),
)
_DATE, _CGM, _CBG, _KETONE, _INTAKE, _INTAKE_ZH, _SC, _OTHER, _BOLUS, _BASAL, _IV = range(11)
_PUMP_INSULIN: Final = "Novolin R"


@dataclass(frozen=True, slots=True)
class Recording:
    """One spreadsheet: whose it is, and what a Log does not hold."""

    name: str
    patient_id: str
    first_minute: int
    last_minute: int
    days_with_readings: int
    after_snack: tuple[int, ...]
    """Random readings 90 to 150 minutes after a snack, tenths of mmol/L."""


@dataclass(slots=True)
class _Sheet:
    builder: LogBuilder
    formulary: Formulary
    file: int
    patient: int
    intakes: list[int] = field(default_factory=list[int])
    sticks: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])
    minutes: list[int] = field(default_factory=list[int])

    def find(self, reason: Reason, row: int, raw: str, minute: int | None, *, glucose: bool = False) -> None:
        day = NO_DAY if minute is None else minute // MINUTES_A_DAY
        self.builder.find(
            file=self.file, row=row, reason=reason, raw=raw, patient=self.patient, day=day, glucose=glucose
        )


def is_recording(header: list[Cell]) -> bool:
    """Whether a sheet's first row is that of a recording."""
    return len(header) >= len(_HEADERS) and all(
        cell_text(cell).strip().casefold().startswith(starts)
        for cell, starts in zip(header[: len(_HEADERS)], _HEADERS, strict=True)
    )


def load_recording(path: Path, builder: LogBuilder, formulary: Formulary) -> Recording | None:
    """Add one recording to ``builder``; None when no row has a date. Raises LoadError when it cannot be read."""
    rows = read_sheet(path).rows
    if not is_recording(rows[0]):
        raise LoadError(f"{path.name}: row 1 is not the header of a shanghai-t2dm recording; see docs/log-formats.md")
    match = RECORDING_NAME.fullmatch(path.stem)
    patient_id = match[1] if match else path.stem
    sheet = _Sheet(builder, formulary, builder.file(path.name), builder.patient(patient_id))
    _read_rows(rows, sheet)
    after_snack = _time_sticks(sheet)
    if not sheet.minutes:
        return None
    return Recording(
        path.stem,
        patient_id,
        min(sheet.minutes),
        max(sheet.minutes),
        len({minute // MINUTES_A_DAY for minute, _, value in sheet.sticks if LO_VALUE < value < HI_VALUE}),
        after_snack,
    )


def _read_rows(rows: Rows, sheet: _Sheet) -> None:
    for number, cells in enumerate(rows[1:], 2):
        texts = [_text(cell) for cell in cells]
        sheet.builder.count(sheet.file, rows=1)
        minute = _minute(cells[_DATE])
        if minute is None:
            sheet.builder.count(sheet.file, values=1)
            sheet.find(Reason.BAD_TIME, number, " | ".join(text for text in texts if text), None)
            continue
        sheet.minutes.append(minute)
        for column, read in _READERS.items():
            if texts[column]:
                read(sheet, number, minute, texts[column])


def _text(cell: Cell) -> str:
    text = cell_text(cell).strip()
    return "" if text == "/" else text


def _minute(cell: Cell) -> int | None:
    if isinstance(cell, datetime):
        return rounded_minute(cell)
    if isinstance(cell, date):
        return rounded_minute(datetime(cell.year, cell.month, cell.day))
    return minute_written(cell) if isinstance(cell, str) else None


def _glucose(text: str) -> int | Reason:
    """mg/dL as written to tenths of mmol/L; an exact multiple of 1.8, give or take the spreadsheet's binary dust."""
    mark = censored(text)
    if mark is not None:
        return mark
    try:
        mgdl = float(text)
    except ValueError:
        return Reason.NON_NUMERIC_GLUCOSE
    low, high = UnitSystem.MGDL.accepted
    if not low <= mgdl <= high:
        return Reason.IMPLAUSIBLE_GLUCOSE
    tenths = round(mgdl / 1.8)
    return tenths if abs(mgdl - tenths * 1.8) < 1e-6 else Reason.OFF_GRID


def _read_stick(sheet: _Sheet, row: int, minute: int, text: str) -> None:
    sheet.builder.count(sheet.file, values=1)
    value = _glucose(text)
    if isinstance(value, Reason):
        sheet.find(value, row, text, minute, glucose=True)
        return
    if censored(text) is not None:
        sheet.find(Reason.CENSORED, row, text, minute)
    insort(sheet.sticks, (minute, row, value))


def _read_sensor(sheet: _Sheet, row: int, minute: int, text: str) -> None:
    sheet.builder.count(sheet.file, values=1)
    value = _glucose(text)
    if isinstance(value, Reason):
        sheet.find(value, row, text, minute)
        return
    sheet.builder.read(
        patient=sheet.patient,
        minute=minute,
        value=value,
        system=UnitSystem.MMOL,
        timing=Timing.RANDOM,
        source=Source.CGM,
        file=sheet.file,
        row=row,
    )


def _read_ketone(sheet: _Sheet, row: int, minute: int, text: str) -> None:
    sheet.builder.count(sheet.file, values=1)
    value = thousandths(text)
    if isinstance(value, Reason):
        sheet.find(value, row, text, minute)
    elif value > MAX_KETONE:
        sheet.find(Reason.MISPLACED_GLUCOSE, row, text, minute, glucose=True)
    else:
        kind = LabKind.KETONE
        sheet.builder.lab(patient=sheet.patient, minute=minute, kind=kind, value=value, file=sheet.file)


def _read_intake(sheet: _Sheet, row: int, minute: int, text: str) -> None:
    del row, text
    sheet.builder.count(sheet.file, values=1)
    insort(sheet.intakes, minute)
    sheet.builder.event(patient=sheet.patient, minute=minute, kind=EventKind.MEAL, file=sheet.file)


def _read_number(text: str) -> int | None:
    value = thousandths(text)
    return None if isinstance(value, Reason) or value < 0 else value


def _read_bolus(sheet: _Sheet, row: int, minute: int, text: str) -> None:
    amount = _read_number(text)
    if amount is None:
        _read_pump_text(sheet, row, minute, text)
        return
    product = sheet.formulary.find(_PUMP_INSULIN)
    written = WrittenDose(product.id if product else _PUMP_INSULIN, product, amount, "units", text)
    _add_doses(sheet, row, minute, [written], Route.CSII_BOLUS)


def _read_basal(sheet: _Sheet, row: int, minute: int, text: str) -> None:
    rate = _read_number(text)
    if rate is None:
        _read_pump_text(sheet, row, minute, text)
        return
    sheet.builder.count(sheet.file, values=1)
    sheet.builder.rate(patient=sheet.patient, minute=minute, rate=rate, file=sheet.file)


def _read_pump_text(sheet: _Sheet, row: int, minute: int, text: str) -> None:
    sheet.builder.count(sheet.file, values=1)
    if "suspend" in text.casefold():
        kind = EventKind.PUMP_SUSPENDED
        sheet.builder.event(patient=sheet.patient, minute=minute, kind=kind, file=sheet.file)
    else:
        sheet.find(Reason.MISPLACED_TEXT, row, text, minute)


def _read_doses(
    parse: Callable[[str, Formulary], tuple[list[WrittenDose], str]], route: Route | None
) -> Callable[[_Sheet, int, int, str], None]:
    def read(sheet: _Sheet, row: int, minute: int, text: str) -> None:
        doses, rest = parse(text, sheet.formulary)
        if rest:
            sheet.builder.count(sheet.file, values=1)
            sheet.find(Reason.UNPARSED_DOSE, row, rest, minute)
        _add_doses(sheet, row, minute, doses, route)

    return read


def _add_doses(sheet: _Sheet, row: int, minute: int, doses: list[WrittenDose], route: Route | None) -> None:
    """Keep doses; ``route`` None is a column of non-insulin drugs, tablets but for what is injected."""
    for dose in doses:
        sheet.builder.count(sheet.file, values=1)
        if route is not None and dose.amount > MAX_INSULIN:
            sheet.find(Reason.IMPLAUSIBLE_DOSE, row, dose.raw, minute)
            continue
        if dose.doubtful:
            sheet.find(Reason.DOSE_OUTSIDE_RANGE, row, dose.raw, minute)
        injected = dose.product is not None and dose.product.kind is LineKind.GLP1RA
        sheet.builder.dose(
            patient=sheet.patient,
            minute=minute,
            drug=sheet.builder.drug(dose.drug, insulin=route is not None, unit=dose.unit),
            amount=dose.amount,
            slot=slot_at(minute % MINUTES_A_DAY),
            route=route if route is not None else Route.SC if injected else Route.ORAL,
            file=sheet.file,
            doubtful=dose.doubtful,
        )


def _time_sticks(sheet: _Sheet) -> tuple[int, ...]:
    """Keep the finger-sticks with their timing; the values of those that follow a snack."""
    after_snack: list[int] = []
    timed = timings([minute for minute, _, _ in sheet.sticks], sheet.intakes)
    for (minute, row, value), timing in zip(sheet.sticks, timed, strict=True):
        if timing.after_snack and LO_VALUE < value < HI_VALUE:
            after_snack.append(value)
        sheet.builder.read(
            patient=sheet.patient,
            minute=minute,
            value=value,
            system=UnitSystem.MMOL,
            timing=timing.timing,
            source=Source.CBG,
            file=sheet.file,
            row=row,
        )
    return tuple(after_snack)


_READERS: Final[dict[int, Callable[[_Sheet, int, int, str], None]]] = {
    _CGM: _read_sensor,
    _CBG: _read_stick,
    _KETONE: _read_ketone,
    _INTAKE: _read_intake,
    _SC: _read_doses(insulin_doses, Route.SC),
    _OTHER: _read_doses(other_doses, None),
    _BOLUS: _read_bolus,
    _BASAL: _read_basal,
    _IV: _read_doses(infused_doses, Route.IV),
}
