"""Unit systems, published pairs and the integer grids every decision is made on.

Glucose is held on the meter's own grid: tenths of mmol/L, or whole mg/dL. A threshold is a
*published pair* (3.9 mmol/L with 70 mg/dL); neither member is ever computed from the other,
because 70 mg/dL converted is 3.89 and would read as low. Doses are thousandths of the drug's unit.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import IntEnum, StrEnum
from typing import Final

MILLI: Final = 1000
"""Doses and laboratory values are held in thousandths of their unit."""

LO_VALUE: Final = 0
"""Grid value that stands for a LO reading: below every threshold, never in a mean."""

HI_VALUE: Final = 30_000
"""Grid value that stands for a HI reading: above every threshold, never in a mean."""


class UnitSystem(IntEnum):
    """How a log writes glucose. A frame has one; rules never convert."""

    MMOL = 0
    MGDL = 1

    @property
    def text(self) -> str:
        return "mmol/L" if self is UnitSystem.MMOL else "mg/dL"

    @property
    def steps_per_unit(self) -> int:
        """Grid steps in one unit: 10 for mmol/L, 1 for mg/dL."""
        return 10 if self is UnitSystem.MMOL else 1

    @property
    def accepted(self) -> tuple[int, int]:
        """Lowest and highest value a meter can mean, on the grid (10-600 mg/dL, 0.6-33.3 mmol/L)."""
        return (6, 333) if self is UnitSystem.MMOL else (10, 600)


class Dimension(StrEnum):
    """What a feature or parameter measures; only equal dimensions may be compared."""

    GLUCOSE = "glucose"
    COUNT = "count"
    DAYS = "days"
    DOSE = "dose"
    DOSE_PER_KG = "dose/kg"
    PERCENT = "percent"
    YEARS = "years"
    WEIGHT = "kg"
    HBA1C = "HbA1c %"
    EGFR = "mL/min/1.73 m2"
    C_PEPTIDE = "nmol/L"
    FLAG = "flag"

    @property
    def scale(self) -> int:
        """Grid steps in one unit (glucose has a grid of its own, see UnitSystem)."""
        return _SCALES.get(self, 1)


_SCALES: Final = {
    Dimension.DOSE: MILLI,
    Dimension.DOSE_PER_KG: MILLI,
    Dimension.PERCENT: 10,
    Dimension.WEIGHT: MILLI,
    Dimension.HBA1C: MILLI,
    Dimension.EGFR: MILLI,
    Dimension.C_PEPTIDE: MILLI,
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A glucose threshold as published: tenths of mmol/L beside whole mg/dL."""

    mmol_tenths: int
    mgdl: int

    def on(self, system: UnitSystem) -> int:
        """The threshold on the grid of ``system``."""
        return self.mmol_tenths if system is UnitSystem.MMOL else self.mgdl


def on_grid(number: Decimal, scale: int) -> int:
    """``number`` x ``scale`` as an integer.

    Raises ValueError when the number does not lie on the grid: nothing is rounded silently.
    """
    scaled = number * scale
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{number} is finer than 1/{scale}")
    return int(scaled)


def decimal_of(text: str) -> Decimal:
    """The plain decimal written in ``text``; raises ValueError for anything else.

    A bare leading or trailing point, a comma, an exponent, NaN and infinity are refused: a dropped
    leading point has turned 0.2 units into 2 units in the field.
    """
    stripped = text.strip()
    body = stripped[1:] if stripped[:1] in "+-" else stripped
    whole, point, fraction = body.partition(".")
    if not (whole.isascii() and whole.isdigit()) or (point and not (fraction.isascii() and fraction.isdigit())):
        raise ValueError(f"not a plain decimal number: {text!r}")
    try:
        return Decimal(stripped)
    except InvalidOperation as error:  # pragma: no cover - the checks above leave nothing to fail
        raise ValueError(f"not a plain decimal number: {text!r}") from error


def plain(number: Decimal) -> str:
    """``number`` as ISMP wants it: leading zero, no trailing zero, no exponent."""
    text = format(number.normalize(), "f")
    return "0" if text in ("-0", "0") else text


def grid_text(value: int, scale: int) -> str:
    """An integer on a grid as a plain decimal: 6500 thousandths is "6.5"."""
    return plain(Decimal(int(value)) / scale)


def glucose_text(value: int, system: UnitSystem) -> str:
    """A glucose on the grid as a meter shows it: "6.0" in mmol/L, "108" in mg/dL, LO and HI as words."""
    if value == LO_VALUE:
        return "LO"
    if value >= HI_VALUE:
        return "HI"
    return f"{value / 10:.1f}" if system is UnitSystem.MMOL else str(int(value))
