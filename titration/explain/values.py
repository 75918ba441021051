"""Values as text: every number with its unit, in the notation that is hardest to misread.

No trailing zero on a dose, always a leading zero, a comma from 1,000, units written out. A mean shows one decimal more than a
reading, or as many as it takes to show on which side of its threshold it lies.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Final

from titration.explain.phrases import TIMINGS
from titration.explain.trace import Observed, Reading
from titration.explain.voice import Voice, date_text, time_text
from titration.packs.model import Pack, Parameter
from titration.units import HI_VALUE, LO_VALUE, Dimension, Pair, glucose_text

UNLIMITED: Final = 2_147_483_647
"""What a daily maximum holds where the drug has none."""

_MOST_DECIMALS: Final = 6
_MOST_READINGS: Final = 8
_PLACES: Final = {
    Dimension.DOSE: 3,
    Dimension.DOSE_PER_KG: 3,
    Dimension.PERCENT: 1,
    Dimension.WEIGHT: 1,
    Dimension.HBA1C: 1,
    Dimension.EGFR: 1,
    Dimension.C_PEPTIDE: 2,
}
"""Decimals shown at most; fewer where the last would be a zero."""
_SYMBOLS: Final = {
    Dimension.PERCENT: "%",
    Dimension.WEIGHT: "kg",
    Dimension.HBA1C: "%",
    Dimension.EGFR: "mL/min/1.73 m²",
    Dimension.C_PEPTIDE: "nmol/L",
}


def number_text(value: Fraction, places: int, *, fixed: bool = False, apart_from: Fraction | None = None) -> str:
    """``value`` rounded to ``places`` decimals, with more where it would otherwise look equal to ``apart_from``."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    for more in range(places, _MOST_DECIMALS + 1):
        rounded = exact.quantize(Decimal(1).scaleb(-more), ROUND_HALF_EVEN)
        if apart_from is None or value == apart_from or Fraction(rounded) != apart_from:
            break
    else:
        rounded = exact
    text = f"{rounded:,f}"
    if not fixed and "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def dose_text(thousandths: int, unit: str, voice: Voice) -> str:
    """A dose with its unit written out: "1 unit", "6.5 units", "1,000 mg"."""
    return f"{number_text(Fraction(thousandths, 1000), 3)} {voice.unit(unit, thousandths)}"


def glucose_with_unit(value: int, voice: Voice) -> str:
    """A reading with its unit; LO and HI in words."""
    if value <= LO_VALUE:
        return voice.say("lo")
    if value >= HI_VALUE:
        return voice.say("hi")
    return f"{glucose_text(value, voice.system)} {voice.system.text}"


def quantity(
    value: int, per: int | None, dimension: Dimension, unit: str, voice: Voice, *, apart_from: Fraction | None = None
) -> str:
    """A value on the grid of its dimension, divided by ``per`` for a mean or ratio, with its unit."""
    match dimension:
        case Dimension.GLUCOSE:
            return _glucose(value, per, voice, apart_from)
        case Dimension.FLAG:
            return voice.say("yes" if value else "no")
        case Dimension.COUNT:
            return str(value)
        case Dimension.DAYS:
            return f"{value} {voice.say('day' if value == 1 else 'days')}"
        case Dimension.YEARS:
            return f"{value} {voice.say('years')}"
        case Dimension.DOSE:
            return voice.say("unlimited") if value == UNLIMITED else dose_text(value, unit, voice)
        case _:
            number = number_text(grid_number(value, per, dimension), _PLACES[dimension], apart_from=apart_from)
            return f"{number} {_SYMBOLS.get(dimension) or voice.say('per_kg')}"


def grid_number(value: int, per: int | None, dimension: Dimension) -> Fraction:
    """The number a grid value stands for, in the unit of its dimension (glucose stays on the grid)."""
    return Fraction(value, (per or 1) * dimension.scale)


def _glucose(value: int, per: int | None, voice: Voice, apart_from: Fraction | None) -> str:
    if per is None:
        return glucose_with_unit(value, voice)
    steps = voice.system.steps_per_unit
    apart = None if apart_from is None else apart_from / steps
    places = 2 if steps > 1 else 1
    return f"{number_text(Fraction(value, per * steps), places, fixed=True, apart_from=apart)} {voice.system.text}"


def unit_of(feature: str, line_unit: str, pack: Pack) -> str:
    """The unit of a dose feature: insulin totals are in units whatever the line's drug is measured in."""
    definition = pack.features.get(feature)
    return "units" if definition is not None and definition.of.startswith("insulin.") else line_unit


def observed_text(observed: Observed, unit: str, voice: Voice, *, apart_from: Fraction | None = None) -> str:
    """A feature's value with unit and, for a measurement, its day; "not known" where it is unknown."""
    if observed.value is None:
        known = voice.say("unknown")
        return known if observed.at_day is None else voice.say("latest", value=known, day=date_text(observed.at_day))
    text = quantity(observed.value, observed.per, observed.dimension, unit, voice, apart_from=apart_from)
    if observed.at_day is None:
        return text
    measured = observed.dimension not in (Dimension.COUNT, Dimension.FLAG, Dimension.DAYS)
    return voice.say("on" if measured else "latest", value=text, day=date_text(observed.at_day))


def parameter_text(parameter: Parameter, value: int, unit: str, voice: Voice) -> str:
    """A parameter's number with its unit, as bound to the log's unit system."""
    return quantity(value, None, parameter.dimension, unit, voice)


def bound_value(parameter: Parameter, voice: Voice) -> int:
    """A parameter on the grid of the voice's unit system."""
    return parameter.value.on(voice.system) if isinstance(parameter.value, Pair) else parameter.value


def readings_text(readings: tuple[Reading, ...], voice: Voice, *, with_unit: bool) -> str:
    """Readings with timing and time, newest last; a timing is named once for a run of readings of it."""
    shown = readings[-_MOST_READINGS:]
    parts: list[str] = []
    timing = ""
    for reading in shown:
        value = glucose_with_unit(reading.value, voice) if with_unit else glucose_text(reading.value, voice.system)
        entry = voice.say("reading", value=value, time=time_text(reading.minute))
        if reading.timing != timing:
            entry = f"{TIMINGS[voice.language][reading.timing]} {entry}"
            timing = reading.timing
        if reading.source == "lab":
            entry = f"{entry} {voice.say('laboratory')}"
        elif reading.source == "cgm":
            entry = f"{entry} {voice.say('cgm')}"
        parts.append(entry)
    if len(readings) > len(shown):
        parts.append(voice.say("earlier", count=len(readings) - len(shown)))
    return voice.say("list").join(parts)
