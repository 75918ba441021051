"""The ``uci-diabetes`` format: files ``data-NN`` of date, time, code and value, tab-separated, in mg/dL.

Each file is a patient of its own, although some are pieces of one person's log: pooling them is a decision for
the reader of the log. A code the data set does not document is refused even where its values look like glucose.
Insulin above 60 units in one dose is refused: in these logs it is always a slip.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from titration.clinical import EventKind, Route, Source, Timing
from titration.formulary import Formulary
from titration.log.builder import LogBuilder
from titration.log.model import MINUTES_A_DAY
from titration.log.notation import day_written, glucose_written, minute_written, slot_at, thousandths
from titration.log.report import NO_DAY, Reason
from titration.log.tables import lines_of
from titration.units import MILLI, UnitSystem, decimal_of

FILE_NAME: Final = re.compile(r"data-\d+", re.IGNORECASE)
MAX_INSULIN: Final = 60 * MILLI

_DATE: Final = re.compile(r"(\d{1,2})-(\d{1,2})-(\d{4})", re.ASCII)
_INSULINS: Final = {33: "Regular", 34: "NPH", 35: "UltraLente"}
_TIMED: Final = {
    59: Timing.POST_BREAKFAST,
    60: Timing.PRE_LUNCH,
    61: Timing.POST_LUNCH,
    62: Timing.PRE_DINNER,
    63: Timing.POST_DINNER,
}
_FASTING: Final = 58
_BY_CLOCK: Final = frozenset((48, 57, 64))
_EVENTS: Final = {
    65: EventKind.HYPO_SYMPTOMS,
    66: EventKind.MEAL,
    67: EventKind.MEAL_MORE,
    68: EventKind.MEAL_LESS,
    69: EventKind.EXERCISE,
    70: EventKind.EXERCISE_MORE,
    71: EventKind.EXERCISE_LESS,
    72: EventKind.OTHER,
}


@dataclass(frozen=True, slots=True)
class _Line:
    row: int
    raw: str
    minute: int
    code: int
    value: str


def is_uci_line(line: str) -> bool:
    """Whether a line looks like a record of this format."""
    fields = line.rstrip("\r\n").split("\t")
    return len(fields) == 4 and _DATE.fullmatch(fields[0].strip()) is not None


def load_uci_file(path: Path, builder: LogBuilder, formulary: Formulary) -> None:
    """Add one ``data-NN`` file to ``builder``. Raises LoadError when it is not a readable text file."""
    text_lines, notes = lines_of(path)
    file = builder.file(path.name)
    patient = builder.patient(path.stem)
    for note in notes:
        builder.note(file, note)
    lines: list[_Line] = []
    for row, raw in enumerate(text_lines, 1):
        if not raw.strip():
            continue
        builder.count(file, rows=1, values=1)
        parsed = _parse(row, raw.rstrip("\r"))
        if isinstance(parsed, _Line):
            lines.append(parsed)
        else:
            reason, day = parsed
            text = raw.rstrip("\r")
            builder.find(file=file, row=row, reason=reason, raw=text, patient=patient, day=day, glucose=True)
    _add(sorted(lines, key=lambda line: line.minute), builder, formulary, file, patient)


def _parse(row: int, raw: str) -> _Line | tuple[Reason, int]:
    """A line, or why not and the day it belongs to."""
    fields = [field.strip() for field in raw.split("\t")]
    if len(fields) != 4 or not fields[0]:
        return Reason.MALFORMED_LINE, NO_DAY
    match = _DATE.fullmatch(fields[0])
    iso = f"{match[3]}-{match[1]}-{match[2]}" if match else ""
    day = day_written(iso)
    minute = minute_written(f"{iso} {fields[1]}")
    if minute is None:
        return Reason.BAD_TIME, NO_DAY if day is None else day
    code = _code(fields[2])
    known = code == _FASTING or code in _INSULINS or code in _TIMED or code in _BY_CLOCK or code in _EVENTS
    if code is None or not known:
        return Reason.UNDOCUMENTED_CODE, minute // MINUTES_A_DAY
    return _Line(row, raw, minute, code, fields[3])


def _code(text: str) -> int | None:
    try:
        number = decimal_of(text)
    except ValueError:
        return None
    return int(number) if number == number.to_integral_value() else None


def _add(lines: list[_Line], builder: LogBuilder, formulary: Formulary, file: int, patient: int) -> None:
    fasting_days: set[int] = set()
    seen: set[tuple[int, int, str]] = set()
    names = {code: _drug_name(written, formulary) for code, written in _INSULINS.items()}
    for line in lines:
        key = (line.minute, line.code, line.value.lstrip("0"))
        repeat, day = key in seen, line.minute // MINUTES_A_DAY
        seen.add(key)
        if repeat:
            builder.find(file=file, row=line.row, reason=Reason.REPEAT, raw=line.raw, patient=patient, day=day)
        if line.code in _EVENTS:
            builder.event(patient=patient, minute=line.minute, kind=_EVENTS[line.code], file=file)
            continue
        refused = (
            _add_dose(line, names[line.code], builder, file, patient, repeat=repeat)
            if line.code in _INSULINS
            else _add_reading(line, builder, file, patient, fasting_days, repeat=repeat)
        )
        if refused is not None:
            glucose = line.code not in _INSULINS
            builder.find(
                file=file, row=line.row, reason=refused, raw=line.raw, patient=patient, day=day, glucose=glucose
            )


def _drug_name(written: str, formulary: Formulary) -> str:
    product = formulary.find(written)
    return written if product is None else product.id


def _add_dose(line: _Line, name: str, builder: LogBuilder, file: int, patient: int, *, repeat: bool) -> Reason | None:
    amount = thousandths(line.value)
    if isinstance(amount, Reason):
        return Reason.NON_NUMERIC_DOSE if amount is Reason.NON_NUMERIC_VALUE else amount
    if not 0 <= amount <= MAX_INSULIN:
        return Reason.IMPLAUSIBLE_DOSE
    builder.dose(
        patient=patient,
        minute=line.minute,
        drug=builder.drug(name, insulin=True, unit="units"),
        amount=amount,
        slot=slot_at(line.minute % MINUTES_A_DAY),
        route=Route.SC,
        file=file,
        doubtful=repeat,
    )
    return None


def _add_reading(
    line: _Line, builder: LogBuilder, file: int, patient: int, fasting_days: set[int], *, repeat: bool
) -> Reason | None:
    value = glucose_written(line.value, UnitSystem.MGDL)
    if isinstance(value, Reason):
        return value
    if not line.value.strip().replace(".", "").isdigit():
        day = line.minute // MINUTES_A_DAY
        builder.find(file=file, row=line.row, reason=Reason.CENSORED, raw=line.raw, patient=patient, day=day)
    builder.read(
        patient=patient,
        minute=line.minute,
        value=value,
        system=UnitSystem.MGDL,
        timing=_timing(line, fasting_days),
        source=Source.CBG,
        file=file,
        row=line.row,
        repeat=repeat,
    )
    return None


def _timing(line: _Line, fasting_days: set[int]) -> Timing:
    """By code, not by clock; the earliest 58 of a date is fasting, a second one random."""
    day, clock = divmod(line.minute, MINUTES_A_DAY)
    if line.code == _FASTING:
        first = day not in fasting_days
        fasting_days.add(day)
        return Timing.FASTING if first else Timing.RANDOM
    if line.code in _BY_CLOCK:
        if clock >= 1230:
            return Timing.BEDTIME
        return Timing.OVERNIGHT if clock < 300 else Timing.RANDOM
    return _TIMED[line.code]
