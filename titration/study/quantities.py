"""Measured quantities with their unit: exact fractions inside, so that a change of unit changes the label and nothing else.

Factors: glucose 18.0156 mg/dL per mmol/L; C-peptide 331 pmol/L per ng/mL; insulin 6.00 pmol/L per mU/L (WHO 2010; a
laboratory that uses 6.945 or 7.175 says so when the value is entered); HbA1c mmol/mol = 10.929 x (% - 2.15).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import ClassVar, Final, TypeAlias

Number: TypeAlias = Fraction | Decimal | int

INSULIN_FACTOR: Final = Fraction(6)
"""pmol/L in 1 mU/L: 1 IU is 6.00 nmol."""
LEGACY_INSULIN_FACTORS: Final = (Fraction("6.945"), Fraction("7.175"))
_IFCC: Final = Fraction("10.929")
_NGSP_ZERO: Final = Fraction("2.15")


class WrongUnit(ValueError):
    """A unit the quantity is not measured in."""


@dataclass(frozen=True, slots=True, order=True)
class Quantity:
    """A value in the unit its class computes in; ``units`` are factors from that unit."""

    value: Fraction
    units: ClassVar[Mapping[str, Fraction]] = {}

    @classmethod
    def of(cls, number: Number, unit: str) -> "Quantity":
        """The quantity written as ``number`` ``unit``; raises WrongUnit."""
        return cls(Fraction(number) / cls._factor(unit))

    def in_unit(self, unit: str) -> Fraction:
        """The number to write before ``unit``; raises WrongUnit."""
        return self.value * self._factor(unit)

    @classmethod
    def _factor(cls, unit: str) -> Fraction:
        if unit not in cls.units:
            raise WrongUnit(f"{cls.__name__} is not measured in {unit!r}: use {', '.join(cls.units)}")
        return cls.units[unit]


class Glucose(Quantity):
    """Plasma glucose, in mmol/L."""

    units: ClassVar[Mapping[str, Fraction]] = {"mmol/L": Fraction(1), "mg/dL": Fraction("18.0156")}


class CPeptide(Quantity):
    """C-peptide, in pmol/L: the only unit the 2800 of HOMA-IR (CP) works with."""

    units: ClassVar[Mapping[str, Fraction]] = {
        "pmol/L": Fraction(1),
        "nmol/L": Fraction(1, 1000),
        "ng/mL": Fraction(1, 331),
    }


class Insulin(Quantity):
    """Insulin, in mU/L."""

    units: ClassVar[Mapping[str, Fraction]] = {
        "mU/L": Fraction(1),
        "uU/mL": Fraction(1),
        "pmol/L": INSULIN_FACTOR,
    }

    @classmethod
    def of_pmol(cls, number: Number, *, factor: Fraction) -> "Insulin":
        """From pmol/L by a laboratory's own ``factor`` (6.00, 6.945 or 7.175); raises WrongUnit for another."""
        if factor not in (INSULIN_FACTOR, *LEGACY_INSULIN_FACTORS):
            raise WrongUnit(f"no laboratory converts insulin by {float(factor):g}: use 6.00, 6.945 or 7.175")
        return cls(Fraction(number) / factor)


@dataclass(frozen=True, slots=True, order=True)
class HbA1c:
    """HbA1c in % (NGSP)."""

    percent: Fraction

    @classmethod
    def of(cls, number: Number, unit: str) -> "HbA1c":
        """From % or mmol/mol; raises WrongUnit."""
        if unit == "%":
            return cls(Fraction(number))
        if unit == "mmol/mol":
            return cls(Fraction(number) / _IFCC + _NGSP_ZERO)
        raise WrongUnit(f"HbA1c is not measured in {unit!r}: use %, mmol/mol")

    def in_unit(self, unit: str) -> Fraction:
        """The number to write before ``unit``; raises WrongUnit."""
        if unit == "%":
            return self.percent
        if unit == "mmol/mol":
            return _IFCC * (self.percent - _NGSP_ZERO)
        raise WrongUnit(f"HbA1c is not measured in {unit!r}: use %, mmol/mol")

    @property
    def estimated_glucose(self) -> Glucose:
        """Average glucose that belongs to it: 1.59 x % - 2.59 mmol/L (ADAG)."""
        return Glucose(Fraction("1.59") * self.percent - Fraction("2.59"))


def rounded(number: Fraction, places: int) -> str:
    """``number`` to ``places`` decimals, half up, the only rounding there is."""
    step = Decimal(1).scaleb(-places)
    exact = (
        (Decimal(number.numerator) / Decimal(number.denominator))
        if number.denominator != 1
        else Decimal(number.numerator)
    )
    text = format(exact.quantize(step, ROUND_HALF_UP), "f")
    return text.removeprefix("-") if set(text) <= set("-0.") else text
