"""Times, glucose values, units and amounts as people write them, read without guessing."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from titration.clinical import Slot
from titration.log.model import MINUTES_A_DAY
from titration.log.report import Reason
from titration.units import HI_VALUE, LO_VALUE, MILLI, UnitSystem, decimal_of, on_grid

EPOCH: Final = datetime(1970, 1, 1)
YEARS: Final = (1900, 2199)
"""First and last year a log may hold: anything else is a slip of the keyboard."""

_DATE: Final = r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})"
_DATED: Final = re.compile(_DATE, re.ASCII)
_TIMED: Final = re.compile(_DATE + r"[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?", re.ASCII)

_GLUCOSE_UNITS: Final = {
    "mmol/l": UnitSystem.MMOL,
    "mg/dl": UnitSystem.MGDL,
}

_DOSE_UNITS: Final = {
    **dict.fromkeys(("units", "unit", "iu", "u", "单位"), "units"),
    **dict.fromkeys(("units/h", "iu/h", "u/h"), "units/h"),
    **dict.fromkeys(("mg", "毫克"), "mg"),
    **dict.fromkeys(("g", "克"), "g"),
    **dict.fromkeys(("mcg", "ug", "µg", "μg", "微克"), "mcg"),
    **dict.fromkeys(("tablet", "tablets", "片"), "tablet"),
    **dict.fromkeys(("pill", "pills", "丸", "粒"), "pill"),
    **dict.fromkeys(("dose step", "dose steps"), "dose step"),
}

_HIGH: Final = frozenset(("hi", "high", ">hi"))
_LOW: Final = frozenset(("lo", "low", "<lo"))
AMBIGUOUS: Final = (Decimal("18.0"), Decimal("33.3"))
"""A number in this closed range may be mmol/L or mg/dL."""


def squeezed(text: str) -> str:
    """``text`` without surrounding blanks, and with runs of white space (no-break included) as one space."""
    return " ".join(text.split())


def minutes_of(moment: datetime) -> int:
    """Whole minutes since 1970-01-01; seconds are dropped, as a clock shows them."""
    return (moment - EPOCH) // timedelta(minutes=1)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - EPOCH.toordinal()


def minute_text(minute: int) -> str:
    """A minute as ``2024-05-01 06:30``."""
    return (EPOCH + timedelta(minutes=int(minute))).strftime("%Y-%m-%d %H:%M")


@lru_cache(maxsize=1 << 16)
def minute_written(text: str) -> int | None:
    """The local minute in ``2024-05-01 06:30[:15]`` (also with T, with slashes, with a one-digit hour), or None.

    A date without a time, a zone, a day-first date or an impossible date or time gives None.
    """
    match = _TIMED.fullmatch(squeezed(text))
    if match is None:
        return None
    year, _, month, day, hour, minute, second = match.groups(default="0")
    if not YEARS[0] <= int(year) <= YEARS[1]:
        return None
    try:
        return minutes_of(datetime(int(year), int(month), int(day), int(hour), int(minute), int(second)))
    except ValueError:
        return None


def day_written(text: str) -> int | None:
    """The day at the start of ``text`` (2024-05-01), whatever follows it, or None."""
    match = _DATED.match(squeezed(text))
    if match is None or not YEARS[0] <= int(match[1]) <= YEARS[1]:
        return None
    try:
        return day_number(date(int(match[1]), int(match[3]), int(match[4])))
    except ValueError:
        return None


def moment_written(text: str) -> int | None:
    """As ``minute_written``, but a bare date is midnight: for measurements, never for glucose."""
    minute = minute_written(text)
    if minute is not None:
        return minute
    day = day_written(text)
    return day * MINUTES_A_DAY if day is not None and _DATED.fullmatch(squeezed(text)) else None


def rounded_minute(moment: datetime) -> int | None:
    """A spreadsheet's time to the nearest minute (its fractions of a day are inexact), or None outside ``YEARS``."""
    if moment.tzinfo is not None or not YEARS[0] <= moment.year <= YEARS[1]:
        return None
    return minutes_of(moment + timedelta(seconds=30))


def glucose_unit(text: str) -> UnitSystem | None:
    """The unit system named exactly so, or None."""
    return _GLUCOSE_UNITS.get("".join(text.split()).casefold())


def unit_in(header: str) -> UnitSystem | None:
    """The one glucose unit a column's header mentions, or None."""
    packed = "".join(header.split()).casefold()
    found = {system for name, system in _GLUCOSE_UNITS.items() if name in packed}
    return found.pop() if len(found) == 1 else None


def dose_unit(text: str) -> str | None:
    """``units``, ``units/h``, ``mg``, ``g``, ``mcg``, ``tablet``, ``pill`` or ``dose step``; None for anything else."""
    return _DOSE_UNITS.get(squeezed(text).casefold())


def censored(text: str) -> int | None:
    """``LO_VALUE`` or ``HI_VALUE`` for the ways meters and nurses write them (HI, 0Hi, Lo), else None."""
    word = squeezed(text).casefold().lstrip("0")
    if word in _HIGH:
        return HI_VALUE
    return LO_VALUE if word in _LOW else None


def glucose_on(number: Decimal, system: UnitSystem) -> int | Reason:
    """A glucose on the grid of ``system``, or why not."""
    low, high = system.accepted
    try:
        value = on_grid(number, system.steps_per_unit)
    except ValueError:
        within = low <= number * system.steps_per_unit <= high
        return Reason.OFF_GRID if within else Reason.IMPLAUSIBLE_GLUCOSE
    return value if low <= value <= high else Reason.IMPLAUSIBLE_GLUCOSE


def glucose_written(text: str, system: UnitSystem) -> int | Reason:
    """A glucose as written, on the grid of ``system`` (HI and LO as their marks), or why not."""
    if not text.strip():
        return Reason.BLANK_GLUCOSE
    mark = censored(text)
    if mark is not None:
        return mark
    try:
        number = decimal_of(text)
    except ValueError:
        return Reason.NON_NUMERIC_GLUCOSE
    return glucose_on(number, system)


def thousandths(text: str) -> int | Reason:
    """A plain decimal in thousandths, or NON_NUMERIC_VALUE, OFF_GRID or IMPLAUSIBLE_VALUE (beyond 32 bits)."""
    try:
        number = decimal_of(text)
    except ValueError:
        return Reason.NON_NUMERIC_VALUE
    try:
        value = on_grid(number, MILLI)
    except ValueError:
        return Reason.OFF_GRID
    return value if abs(value) < 2**31 else Reason.IMPLAUSIBLE_VALUE


def slot_at(minute_of_day: int) -> Slot:
    """The slot of a dose by the clock: 04:00 breakfast, 10:00 lunch, 15:00 dinner, 20:30 to 03:59 bedtime."""
    if 240 <= minute_of_day < 600:
        return Slot.BREAKFAST
    if 600 <= minute_of_day < 900:
        return Slot.LUNCH
    return Slot.DINNER if 900 <= minute_of_day < 1230 else Slot.BEDTIME
