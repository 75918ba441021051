"""Glucose as it is shown: in the record's own unit, or converted for the eye alone and marked so."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from titration.units import HI_VALUE, LO_VALUE, Pair, UnitSystem, glucose_text
from tui.views.page import Tone

CONVERTED: Final = "≈"
_PER_MMOL: Final = 18


def value_text(value: int, system: UnitSystem, shown: UnitSystem | None) -> str:
    """A value on the grid of ``system``: "6.8", "LO"; "≈122" where another unit is shown."""
    if shown is None or shown is system or not LO_VALUE < value < HI_VALUE:
        return glucose_text(value, system)
    if shown is UnitSystem.MGDL:
        number = (Decimal(value) * _PER_MMOL / 10).quantize(Decimal(1), ROUND_HALF_EVEN)
    else:
        number = (Decimal(value) / _PER_MMOL).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
    return f"{CONVERTED}{number}"


def unit_text(system: UnitSystem, shown: UnitSystem | None) -> str:
    """The unit that values of a record are shown in."""
    return (system if shown is None else shown).text


def pair_text(pair: Pair, system: UnitSystem, shown: UnitSystem | None) -> str:
    """A threshold in the unit that is shown: the published member of the pair, never a conversion."""
    unit = system if shown is None else shown
    return glucose_text(pair.on(unit), unit)


def arrow(value: int | None, before: int | None, system: UnitSystem) -> str:
    """Which way a value went since the one before: by at least 0.5 mmol/L or 9 mg/dL, else "=" ; a space where unknown."""
    if value is None or before is None:
        return " "
    step = 5 if system is UnitSystem.MMOL else 9
    if value - before >= step:
        return "↑"
    return "↓" if before - value >= step else "="


LOW: Final = Pair(39, 70)
VERY_LOW: Final = Pair(30, 54)
HIGH: Final = Pair(100, 180)
VERY_HIGH: Final = Pair(139, 250)


def tone_of(value: int | None, system: UnitSystem) -> Tone:
    """How pressing a value is; the glyph beside it says the same."""
    if value is None:
        return Tone.DIM
    if value < LOW.on(system):
        return Tone.DANGER
    return Tone.WARN if value > VERY_HIGH.on(system) else Tone.PLAIN


def mark_of(value: int, system: UnitSystem) -> str:
    """A sign behind a value: "!" below 3.9 (70), "^" above 13.9 (250), else a space."""
    if value < LOW.on(system):
        return "!"
    return "^" if value > VERY_HIGH.on(system) else " "
