"""Dated measurements: "weight 71.5", "hba1c 7.8 %", "cr 88 umol/L", "cp 0.6 nmol/L", "ketone 0.4".

A unit may be left out only where there is one in use (kg, mL/min/1.73 m2, mmol/L of ketones). HbA1c, creatinine and C-peptide
are reported in several that cannot be told apart by the number, so that a missing unit is asked about. 143 斤 is 71.5 kg.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from titration.clinical import LabKind
from titration.log.report import Reason
from titration.log.side_tables import LAB_UNITS, lab_value
from titration.service.rounds.asked import NewLab
from titration.service.rounds.entry.answers import AGAIN, Answer, Fields, Option, Problem, Question, Ready, Typed
from titration.service.rounds.entry.happenings import starts
from titration.service.rounds.entry.moments import Moment, settled_minute
from titration.service.rounds.entry.text import number_problem
from titration.service.rounds.entry.vocabulary import LABS
from titration.units import MILLI, decimal_of, grid_text

_SPELT: Final = sorted(LABS, key=len, reverse=True)
_VALUE: Final = re.compile(r"(?P<number>[+-]?[\d.,]+)\s*(?P<unit>.*)", re.ASCII)

UNITS: Final = {
    LabKind.WEIGHT: ("kg",),
    LabKind.HBA1C: ("%", "mmol/mol"),
    LabKind.EGFR: ("mL/min/1.73m2",),
    LabKind.CREATININE: ("umol/L", "mg/dL"),
    LabKind.C_PEPTIDE: ("nmol/L", "ng/mL", "pmol/L"),
    LabKind.KETONE: ("mmol/L",),
}
"""Units each is reported in, the one it is kept in first."""

_SAME: Final = {
    "公斤": "kg", "千克": "kg", "微摩尔/升": "umol/L", "μmol/l": "umol/L", "毫摩尔/升": "mmol/L", "纳摩尔/升": "nmol/L", "皮摩尔/升": "pmol/L",
    "ml/min": "mL/min/1.73m2", "percent": "%", "umol": "umol/L", "nmol": "nmol/L", "pmol": "pmol/L",
}  # fmt: skip
_JIN: Final = ("斤", "市斤")
_POUNDS: Final = ("lb", "lbs", "pounds")

PLAUSIBLE: Final = {
    LabKind.WEIGHT: (30 * MILLI, 250 * MILLI),
    LabKind.HBA1C: (4 * MILLI, 16 * MILLI),
    LabKind.EGFR: (5 * MILLI, 150 * MILLI),
    LabKind.CREATININE: (30 * MILLI, 1000 * MILLI),
    LabKind.C_PEPTIDE: (10, 5 * MILLI),
    LabKind.KETONE: (0, 8 * MILLI),
}
"""Outside these, in the unit each is kept in, a value is asked about (local assumptions)."""
WEIGHT_CHANGE_PERCENT: Final = 10
"""A weight further than this from the last one is asked about: jin for kg, or a slipped digit."""


@dataclass(frozen=True, slots=True)
class LabText:
    """A measurement taken apart."""

    kind: LabKind
    number: str
    unit: str


def split_lab(text: str) -> LabText | Problem | None:
    """The measurement ``text`` (without its time) names, or None if it names none."""
    for word in _SPELT:
        rest = starts(text, (word,))
        if rest is None:
            continue
        if not rest:
            return Problem("no_value")
        match = _VALUE.fullmatch(rest.removeprefix("=").strip())
        if match is None:
            return Problem("not_a_number", (("typed", rest),))
        return LabText(LABS[word], match["number"], match["unit"].strip())
    return None


def read_lab(typed: Typed, parts: LabText, moment: Moment) -> Answer:
    """The measurement, a question or a problem."""
    problem = number_problem(parts.number)
    if problem is not None:
        return problem
    unit = _unit(typed, parts)
    if not isinstance(unit, str):
        return unit
    value = lab_value(parts.kind, parts.number, unit)
    shown: Fields = (("lab", parts.kind.value), ("value", f"{parts.number} {unit}"))
    if value is Reason.UNKNOWN_UNIT:
        return Problem(
            "lab_unit", (("lab", parts.kind.value), ("typed", unit), ("units", ", ".join(UNITS[parts.kind])))
        )
    if isinstance(value, Reason):
        return Problem("lab_not_possible", shown)
    question = _doubt(typed, parts, value, shown)
    if question is not None:
        return question
    minute = settled_minute(typed, moment)
    if not isinstance(minute, int):
        return minute
    return Ready((NewLab(typed.at.patient_id, minute, parts.kind.value, value),))


def _unit(typed: Typed, parts: LabText) -> str | Answer:
    known = UNITS[parts.kind]
    folded = parts.unit.casefold()
    if parts.kind is LabKind.WEIGHT and folded in (*_JIN, *_POUNDS):
        factor = Decimal("0.5") if folded in _JIN else Decimal("0.4536")
        kilograms = grid_text(round(decimal_of(parts.number) * factor * 10) * 100, MILLI)
        shown = f"{parts.number} {parts.unit}"
        text = _with_value(typed.text, parts, f"{kilograms} kg")
        meant = Option("record_as", (("value", f"{kilograms} kg"),), text=text)
        return Question("weight_unit", (("typed", shown), ("value", f"{kilograms} kg")), (AGAIN, meant))
    if parts.unit:
        return _SAME.get(folded, parts.unit)
    if len(known) == 1:
        return known[0]
    options = [AGAIN]
    for unit in known:
        value = lab_value(parts.kind, parts.number, unit)
        low, high = PLAUSIBLE[parts.kind]
        if isinstance(value, int) and low <= value <= high:
            shown = f"{parts.number} {unit}"
            options.append(Option("meant", (("value", shown),), text=_with_value(typed.text, parts, shown)))
    return Question("which_lab_unit", (("lab", parts.kind.value), ("number", parts.number)), tuple(options))


def _with_value(text: str, parts: LabText, value: str) -> str:
    start = text.index(parts.number)
    end = text.find(parts.unit, start) + len(parts.unit) if parts.unit else start + len(parts.number)
    return f"{text[:start]}{value}{text[end:]}"


def _doubt(typed: Typed, parts: LabText, value: int, shown: Fields) -> Question | None:
    low, high = PLAUSIBLE[parts.kind]
    unit = LAB_UNITS[parts.kind]
    if not low <= value <= high and not typed.agreed("odd_lab"):
        usual = (("low", grid_text(low, MILLI)), ("high", f"{grid_text(high, MILLI)} {unit}"))
        return Question("odd_lab", (*shown, *usual), (AGAIN, typed.confirm("odd_lab")))
    last = max((row for row in typed.at.labs if row.kind == parts.kind.value), key=lambda row: row.minute, default=None)
    if parts.kind is LabKind.WEIGHT and last is not None:
        far = abs(value - last.value) * 100 > last.value * WEIGHT_CHANGE_PERCENT
        if far and not typed.agreed("weight_jump"):
            fields = (*shown, ("last", f"{grid_text(last.value, MILLI)} kg"))
            return Question("weight_jump", fields, (AGAIN, typed.confirm("weight_jump")))
    return None
