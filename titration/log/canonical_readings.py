"""The canonical readings table, judged by columns: the one meaning that CSV and Parquet share.

Units. Glucose is held as written. A row without a unit takes the one its column's header names. When neither
says, the unit is clear only if all unit-less numbers of the file agree: all below 18.0 (mmol/L) or all above 33.3
(mg/dL), those from 18.0 to 33.3 left aside. Those are refused as ambiguous whatever the others say; if the others
disagree, they are quarantined. HI and LO need no unit. A patient whose log mixes units keeps the more frequent
one and the rarer is quarantined; both are when they are equally frequent (see ``builder``).

Times are local; seconds are dropped. A value finer than the meter's grid (6.45 mmol/L) is quarantined, never
rounded. An unknown source is quarantined, for a sensor must not pass as a finger-stick; an unknown timing is
read as random, for a low must not be lost, and flagged.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from titration.clinical import Source, Timing
from titration.log.columns import Column, Numbers, Text, rows_of
from titration.log.model import I8, I32, Bools
from titration.log.notation import AMBIGUOUS, glucose_unit, glucose_written, squeezed
from titration.log.report import REASON_CODE, Reason
from titration.log.verdicts import (
    FINE,
    Columns,
    Positions,
    Refused,
    Verdicts,
    judged_minutes,
    judged_patients,
    meanings,
)
from titration.units import HI_VALUE, LO_VALUE, UnitSystem, decimal_of

COLUMNS: Final = ("patient_id", "time", "glucose", "unit", "timing", "source", "flag")
REQUIRED: Final = ("patient_id", "time", "glucose")

_MISSING, _UNKNOWN = -1, -2
_LEAST, _MOST = Decimal("0.6"), Decimal(600)
"""A number beyond these is a glucose in neither unit, and says nothing about the unit."""

_NO_WORD: Final = -1
_TIMINGS: Final = {"": Timing.RANDOM, **{timing.text: timing for timing in Timing}}
_SOURCES: Final = {"": Source.CBG, **{source.text: source for source in Source}}


@dataclass(frozen=True, slots=True)
class DecodedReadings:
    """A block of readings; only the rows at ``kept`` (None: all) may be read, the findings are ``refused``."""

    patient: Text
    minute: I32
    value: I32
    system: I8 | UnitSystem
    timing: I8
    source: I8
    repeat: Bools
    kept: Positions | None
    refused: Refused | None


@dataclass(slots=True)
class UnitEvidence:
    """What the unit-less numbers of a file say about its unit."""

    below: bool = False
    above: bool = False
    seen: bool = False

    @property
    def system(self) -> UnitSystem | None:
        """The unit they agree on, or None."""
        if self.below == self.above:
            return None
        return UnitSystem.MMOL if self.below else UnitSystem.MGDL

    def add(self, columns: Columns) -> None:
        """Take in the unit-less numbers of a block."""
        glucose, unit = columns["glucose"], columns.get("unit")
        if isinstance(unit, Text):
            bare = np.array([not word for word in unit.words], np.bool_)[unit.codes]
            if not bare.any():
                return
            glucose = rows_of(glucose, bare)
        self.seen = True
        for number in _distinct(glucose):
            self.below |= _LEAST <= number < AMBIGUOUS[0]
            self.above |= AMBIGUOUS[1] < number <= _MOST


def _distinct(glucose: Column) -> list[Decimal]:
    """Numbers that stand for a column: all distinct words, or the extremes outside the ambiguous range."""
    if isinstance(glucose, Text):
        pairs = zip(glucose.words, glucose.used().tolist(), strict=True)
        found = [_number(word) for word, used in pairs if used]
        return [number for number in found if number is not None]
    if isinstance(glucose, Numbers):
        values = glucose.values[(glucose.values > float(_LEAST) - 1e-4) & (glucose.values < float(_MOST) + 1e-4)]
        return [Decimal(str(value)) for value in (values.min(), values.max())] if len(values) else []
    return []


def _number(word: str) -> Decimal | None:
    try:
        return decimal_of(word)
    except ValueError:
        return None


def decode_readings(
    columns: Columns, *, header_unit: UnitSystem | None = None, inferred: UnitSystem | None = None
) -> DecodedReadings:
    """Judge a block of the readings table.

    Rows that name no unit take ``header_unit``, or else ``inferred``, which is what ``UnitEvidence`` found.
    """
    rows = len(columns["glucose"])
    verdicts = Verdicts(rows)
    patient = judged_patients(columns["patient_id"], verdicts)
    minute = judged_minutes(columns["time"], verdicts)
    value, system = _judged_glucose(columns["glucose"], columns.get("unit"), header_unit, inferred, verdicts)
    timing = _known(meanings(columns.get("timing"), rows, lambda word: _code(word, _TIMINGS)), verdicts)
    source = meanings(columns.get("source"), rows, lambda word: _code(word, _SOURCES))
    if isinstance(columns.get("source"), Text):
        verdicts.refuse(source == _NO_WORD, Reason.UNKNOWN_KIND)
    flag = columns.get("flag")
    repeat = np.zeros(rows, np.bool_)
    if isinstance(flag, Text):
        repeat = meanings(flag, rows, lambda word: "repeat" in word).astype(np.bool_)
    kept, refused = verdicts.settled(minute, columns["time"])
    return DecodedReadings(patient, minute, value, system, timing, source, repeat, kept, refused)


def _code(word: str, known: dict[str, Timing] | dict[str, Source]) -> int:
    return known.get(squeezed(word).casefold().replace(" ", "_"), _NO_WORD)


def _known(timing: I8, verdicts: Verdicts) -> I8:
    if len(timing) == 0 or timing.min() != _NO_WORD:
        return timing
    unknown = timing == _NO_WORD
    verdicts.flag(unknown, Reason.UNKNOWN_WORD)
    return np.where(unknown, np.int8(Timing.RANDOM), timing)


def _unit_code(word: str, header_unit: UnitSystem | None, inferred: UnitSystem | None) -> int:
    if not word:
        unitless = inferred if header_unit is None else header_unit
        return _MISSING if unitless is None else unitless
    system = glucose_unit(word)
    return _UNKNOWN if system is None else system


def _judged_glucose(
    glucose: Column,
    unit: Column | None,
    header_unit: UnitSystem | None,
    inferred: UnitSystem | None,
    verdicts: Verdicts,
) -> tuple[I32, I8 | UnitSystem]:
    rows = verdicts.rows
    words = unit.words if isinstance(unit, Text) else ("",)
    codes = np.array([_unit_code(word, header_unit, inferred) for word in words], np.int8)
    bare = np.array([not word and header_unit is None for word in words], np.bool_)
    if len(codes) == 1 and codes[0] >= 0 and not bare[0]:
        system = UnitSystem(int(codes[0]))
        value, reason = _on_grid(glucose, system)
        if reason is not None:
            verdicts.refuse_by(reason)
        _flag_censored(value, reason, verdicts)
        return value, system
    at = unit.codes if isinstance(unit, Text) else np.zeros(rows, np.int8)
    return _judged_mixed(glucose, codes[at], bare[at], verdicts)


def _judged_mixed(glucose: Column, system: I8, bare: Bools, verdicts: Verdicts) -> tuple[I32, I8]:
    """Rows in several units, or without one: each on its own grid, in doubt on none."""
    in_mmol, mmol_reason = _on_grid(glucose, UnitSystem.MMOL)
    in_mgdl, mgdl_reason = _on_grid(glucose, UnitSystem.MGDL)
    no_reason = np.full(len(system), FINE, np.int8)
    mmol_reason = no_reason if mmol_reason is None else mmol_reason
    mgdl_reason = no_reason if mgdl_reason is None else mgdl_reason
    mark = (in_mmol == LO_VALUE) | (in_mmol == HI_VALUE)
    unreadable = np.isin(mmol_reason, [REASON_CODE[r] for r in (Reason.NON_NUMERIC_GLUCOSE, Reason.BLANK_GLUCOSE)])
    verdicts.refuse_by(np.where(unreadable, mmol_reason, np.int8(FINE)))
    wordy = ~unreadable & ~mark
    verdicts.refuse(bare & wordy & _ambiguous(glucose), Reason.AMBIGUOUS_UNIT)
    verdicts.refuse((system == _MISSING) & wordy, Reason.UNIT_MISSING)
    verdicts.refuse((system == _UNKNOWN) & wordy, Reason.UNKNOWN_UNIT)
    mgdl = system == UnitSystem.MGDL
    reason = np.where(mgdl, mgdl_reason, mmol_reason)
    verdicts.refuse_by(reason)
    value = np.where(mgdl, in_mgdl, in_mmol)
    _flag_censored(value, reason, verdicts)
    return value, np.where(system < 0, np.int8(UnitSystem.MMOL), system)


def _ambiguous(glucose: Column) -> Bools:
    low, high = AMBIGUOUS
    if isinstance(glucose, Text):
        numbers = [_number(word) for word in glucose.words]
        return np.array([n is not None and low <= n <= high for n in numbers], np.bool_)[glucose.codes]
    if isinstance(glucose, Numbers):
        slack = 1e-4
        return (glucose.values > float(low) - slack) & (glucose.values < float(high) + slack)
    return np.zeros(len(glucose), np.bool_)


def _flag_censored(value: I32, reason: npt.NDArray[np.signedinteger] | None, verdicts: Verdicts) -> None:
    if len(value) == 0 or (value.min() > LO_VALUE and value.max() < HI_VALUE):
        return
    mark = (value == LO_VALUE) | (value == HI_VALUE)
    verdicts.flag(mark if reason is None else mark & (reason == FINE), Reason.CENSORED)


def _on_grid(glucose: Column, system: UnitSystem) -> tuple[I32, I8 | None]:
    """Values on the grid of ``system``, and the reason code of each (None: all are fine).

    A refused value holds the grid value 1, which is no mark and no reading.
    """
    if isinstance(glucose, Text):
        judged = [_judged_word(word, system) for word in glucose.words]
        reasons = np.array([reason for _, reason in judged], np.int8)
        values = np.array([value for value, _ in judged], np.int32).take(glucose.codes)
        return values, None if (reasons == FINE).all() else reasons.take(glucose.codes)
    if isinstance(glucose, Numbers):
        return _numbers_on_grid(glucose, system)
    rows = len(glucose)
    return np.ones(rows, np.int32), np.full(rows, REASON_CODE[Reason.NON_NUMERIC_GLUCOSE], np.int8)


@lru_cache(maxsize=1 << 14)
def _judged_word(word: str, system: UnitSystem) -> tuple[int, int]:
    value = glucose_written(word, system)
    return (1, REASON_CODE[value]) if isinstance(value, Reason) else (value, FINE)


def _numbers_on_grid(glucose: Numbers, system: UnitSystem) -> tuple[I32, I8 | None]:
    """Floating-point glucose: within its own precision of the grid, or off it."""
    steps, (low, high) = system.steps_per_unit, system.accepted
    scaled = glucose.values * glucose.values.dtype.type(steps)
    value = np.rint(scaled)
    if not len(value):
        return value.astype(np.int32), None
    with np.errstate(invalid="ignore"):  # infinity less infinity is no number, and refused as such below
        apart = np.abs(np.subtract(scaled, value, out=scaled), out=scaled)
    slack = max(glucose.tolerance * high, 1e-9)
    # Comparisons with NaN are false: a blank number fails all three and takes the careful way.
    if value.min() >= low and value.max() <= high and apart.max() <= slack:
        return value.astype(np.int32), None
    reason = np.full(len(value), FINE, np.int8)
    reason[~(apart <= slack)] = REASON_CODE[Reason.OFF_GRID]
    reason[~((value >= low) & (value <= high))] = REASON_CODE[Reason.IMPLAUSIBLE_GLUCOSE]
    reason[np.isnan(glucose.values)] = REASON_CODE[Reason.BLANK_GLUCOSE]
    return np.where(reason == FINE, value, 1).astype(np.int32), reason
