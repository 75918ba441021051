"""One glucose as typed: its number, unit and timing, checked against the patient's own unit and the meter's range.

A reading is recorded in the patient's unit, for a log has one. What is typed in the other unit is never converted behind
the person's back: they see both values and choose; the value the meter showed then goes along as a note. Converting to the
nearest step of the grid is safe for lows: a value below 70 or 54 mg/dL never becomes one that is not below 3.9 or 3.0 mmol/L,
nor the other way round (held by a test over every value of both meters).
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from titration.log.model import MINUTES_A_DAY
from titration.log.notation import AMBIGUOUS, censored, glucose_on, minute_text
from titration.log.report import Reason
from titration.service.rounds.asked import NewEvent, NewNote, NewReading
from titration.service.rounds.entry.answers import (
    AGAIN,
    Answer,
    Option,
    Problem,
    Question,
    Ready,
    Recordable,
    Said,
    Typed,
)
from titration.service.rounds.entry.moments import Moment, settled_minute
from titration.service.rounds.entry.text import number_problem
from titration.service.rounds.told import ReadingRow
from titration.units import HI_VALUE, LO_VALUE, Pair, UnitSystem, decimal_of, glucose_text, plain

SOFT_LOW: Final = Pair(22, 40)
SOFT_HIGH: Final = Pair(250, 450)
"""Values below the one or above the other are possible, and are asked about once (CLINICAL table 5.4, proposed)."""

LOW: Final = Pair(39, 70)
MG_PER_MMOL: Final = Fraction(180156, 10000)
SECOND_WITHIN: Final = 30
"""Minutes within which another value of the same timing may be the same one corrected."""

USUAL_HOURS: Final = {
    "fasting": (3, 11),
    "post_breakfast": (6, 14),
    "pre_lunch": (9, 15),
    "post_lunch": (11, 18),
    "pre_dinner": (14, 21),
    "post_dinner": (16, 24),
    "bedtime": (19, 28),
    "overnight": (22, 31),
}
"""Hours of the clock between which a timing is usual (above 24: after midnight); outside it is asked about. A meal reading
under the wrong name would be held against the wrong drug. Local assumptions."""


@dataclass(frozen=True, slots=True)
class GlucoseText:
    """A glucose taken apart: the number or mark, the unit if one was typed, the timing, and what was said of symptoms."""

    number: str
    unit: UnitSystem | None
    timing: str
    symptoms: str = ""
    """``none``, ``symptoms`` or ``severe``; empty where nothing was said."""
    said: str = ""
    """The words that said it."""


def converted(value: int, to: UnitSystem) -> int:
    """A glucose on the other grid, on the nearest step of the grid of ``to``."""
    if to is UnitSystem.MMOL:
        return round(Fraction(value) * 10 / MG_PER_MMOL)
    return round(Fraction(value, 10) * MG_PER_MMOL)


def read_glucose(
    typed: Typed,
    parts: GlucoseText,
    moment: Moment,
    *,
    nominal: int | None = None,
    saved: ReadingRow | None = None,
) -> Answer:
    """The reading, a question or a problem. ``nominal`` is its minute if none was typed, ``saved`` the one it corrects."""
    value = _value(typed, parts)
    if not isinstance(value, tuple):
        return value
    grid, written, note = value
    minute = settled_minute(typed, moment, otherwise=nominal)
    if not isinstance(minute, int):
        return minute
    question = _time_question(typed, parts.timing, minute) or _doubt(typed, grid, minute, parts, saved)
    if question is not None:
        return question
    unit = typed.at.system.text
    reading = NewReading(typed.at.patient_id, minute, grid, written, unit, parts.timing)
    new: tuple[Recordable, ...] = (reading, *_beside(typed, minute, note, parts))
    corrects = saved.seq if saved is not None else _corrected(typed)
    return Ready(new, tuple(_remarks(typed, parts, moment, grid)), corrects)


def _beside(typed: Typed, minute: int, note: str, parts: GlucoseText) -> list[Recordable]:
    """What is recorded next to the reading: the meter's own words, and symptoms."""
    patient = typed.at.patient_id
    beside: list[Recordable] = [NewNote(patient, minute, note)] if note else []
    if parts.symptoms == "none":
        beside.append(NewNote(patient, minute, parts.said))
    elif parts.symptoms:
        kind = "hypo_severe" if parts.symptoms == "severe" else "hypo_symptoms"
        beside.append(NewEvent(patient, minute, kind))
    return beside


def _remarks(typed: Typed, parts: GlucoseText, moment: Moment, grid: int) -> list[Said]:
    remarks: list[Said] = []
    if parts.timing == "random" and moment.clock is None:
        remarks.append(Said("no_timing"))
    if grid in (LO_VALUE, HI_VALUE):
        remarks.append(Said("mark_lo" if grid == LO_VALUE else "mark_hi"))
    if 0 < grid < LOW.on(typed.at.system) and not parts.symptoms:
        remarks.append(Said("say_symptoms"))
    return remarks


# -- the value ---------------------------------------------------------------------------------------------------------------


def _value(typed: Typed, parts: GlucoseText) -> tuple[int, str, str] | Answer:
    """The value on the patient's grid, as it is to be written, and a note on what the meter showed."""
    mark = censored(parts.number)
    if mark is not None:
        word = "LO" if mark == LO_VALUE else "HI"
        if parts.number.casefold().lstrip("0<>") in ("low", "high"):
            return Question(
                "means_mark", (("typed", parts.number), ("mark", word)), (AGAIN, _instead(typed, parts, word))
            )
        return mark, word, ""
    problem = number_problem(parts.number)
    if problem is not None:
        return problem
    number = decimal_of(parts.number)
    own = typed.at.system
    if parts.unit is not None and parts.unit is not own:
        return _in_the_other_unit(typed, parts, number)
    grid = glucose_on(number, own)
    if isinstance(grid, Reason):
        return _impossible(typed, parts, number, grid)
    if parts.unit is None and _either(number, own):
        return _which_unit(typed, parts, number)
    return _plausible(typed, grid, parts.number) or (grid, parts.number, "")


def _either(number: Decimal, own: UnitSystem) -> bool:
    """Whether a number without a unit could be a reading in either unit (in a mg/dL ward, one up to 33 mmol/L)."""
    low, high = AMBIGUOUS
    return (low if own is UnitSystem.MMOL else Decimal(0)) <= number <= high


def _instead(
    typed: Typed, parts: GlucoseText, number: str, unit: UnitSystem | None = None, label: str = "meant"
) -> Option:
    """An option to have typed another value."""
    text = f"{number} {unit.text}" if unit is not None else number
    return Option(label, (("value", text),), text=typed.text.replace(parts.number, text, 1))


def _which_unit(typed: Typed, parts: GlucoseText, number: Decimal) -> Question:
    own = typed.at.system
    options = [AGAIN, _instead(typed, parts, parts.number, own)]
    other = _other(own)
    there = glucose_on(number, other)
    if isinstance(there, Reason):
        return Question("name_unit", _both(number, own), tuple(options))
    options.append(_instead(typed, parts, parts.number, other))
    return Question("which_unit", _both(number, own), tuple(options))


def _both(number: Decimal, own: UnitSystem) -> tuple[tuple[str, str], ...]:
    """A number read in both units: as the patient's own, and what it would be if it were the other."""
    other = _other(own)
    there = glucose_on(number, other)
    here = "" if isinstance(there, Reason) else f"{glucose_text(converted(there, own), own)} {own.text}"
    return (("number", plain(number)), ("own", own.text), ("other", other.text), ("converted", here))


def _in_the_other_unit(typed: Typed, parts: GlucoseText, number: Decimal) -> tuple[int, str, str] | Answer:
    own, other = typed.at.system, _other(typed.at.system)
    there = glucose_on(number, other)
    if isinstance(there, Reason):
        return Problem("not_on_meter", (("value", f"{parts.number} {other.text}"), *_range(other)))
    here = converted(there, own)
    if not typed.agreed("other_unit"):
        value = f"{glucose_text(here, own)} {own.text}"
        fields = (*_both(number, own), ("value", value))
        return Question("other_unit", fields, (AGAIN, typed.confirm("other_unit", "record_as", (("value", value),))))
    written = glucose_text(here, own)
    return _plausible(typed, here, written) or (here, written, f"meter: {parts.number} {other.text}")


def _impossible(typed: Typed, parts: GlucoseText, number: Decimal, reason: Reason) -> Answer:
    """A value the patient's meter cannot show: what else it may have been."""
    own, other = typed.at.system, _other(typed.at.system)
    options = [AGAIN]
    if own is UnitSystem.MMOL and number == number.to_integral_value():
        tenth = number / 10
        if not isinstance(glucose_on(tenth, own), Reason):
            options.append(_instead(typed, parts, plain(tenth), None if parts.unit else own))
    fields: tuple[tuple[str, str], ...] = (("value", f"{parts.number} {own.text}"), *_range(own))
    there = glucose_on(number, other)
    if parts.unit is None and not isinstance(there, Reason):
        options.append(_instead(typed, parts, parts.number, other))
        fields = (*fields, *_both(number, own))
        return Question("other_unit_likely", fields, tuple(options))
    if len(options) > 1:
        return Question("dropped_point", fields, tuple(options))
    return Problem("off_grid" if reason is Reason.OFF_GRID else "not_on_meter", fields)


def _plausible(typed: Typed, grid: int, number: str) -> Question | None:
    own = typed.at.system
    value = (("value", f"{number} {own.text}"),)
    if grid < SOFT_LOW.on(own) and not typed.agreed("very_low"):
        return Question("very_low", value, (AGAIN, typed.confirm("very_low")))
    if grid > SOFT_HIGH.on(own) and not typed.agreed("very_high"):
        return Question("very_high", value, (AGAIN, typed.confirm("very_high")))
    return None


def _other(own: UnitSystem) -> UnitSystem:
    return UnitSystem.MGDL if own is UnitSystem.MMOL else UnitSystem.MMOL


def _range(system: UnitSystem) -> tuple[tuple[str, str], ...]:
    low, high = system.accepted
    return ("least", glucose_text(low, system)), ("most", f"{glucose_text(high, system)} {system.text}")


# -- the time, and what is there already ---------------------------------------------------------------------------------------


def _time_question(typed: Typed, timing: str, minute: int) -> Question | None:
    hours = USUAL_HOURS.get(timing)
    if hours is None or typed.agreed("odd_hour"):
        return None
    clock = minute % MINUTES_A_DAY
    if any(hours[0] * 60 <= clock + turn < hours[1] * 60 for turn in (0, MINUTES_A_DAY)):
        return None
    fields = (("timing", timing), ("time", minute_text(minute)[-5:]))
    return Question("odd_hour", fields, (AGAIN, typed.confirm("odd_hour")))


def _doubt(typed: Typed, grid: int, minute: int, parts: GlucoseText, saved: ReadingRow | None) -> Answer | None:
    """Symptoms of a low beside a reading that is none; or a reading that is recorded already."""
    if parts.symptoms in ("symptoms", "severe") and grid >= LOW.on(typed.at.system) and not typed.agreed("not_low"):
        value = f"{glucose_text(grid, typed.at.system)} {typed.at.system.text}"
        return Question("not_low", (("value", value),), (AGAIN, typed.confirm("not_low")))
    if saved is not None:
        same = saved.value == grid and saved.minute == minute and saved.timing == parts.timing
        return Problem("unchanged") if same and not parts.symptoms else None
    for row in typed.at.readings:
        if row.timing != parts.timing or abs(row.minute - minute) > SECOND_WITHIN or row.source != "cbg":
            continue
        when = (("value", glucose_text(row.value, typed.at.system)), ("time", minute_text(row.minute)[-5:]))
        if row.value == grid and row.minute == minute:
            return Problem("already", when)
        if not typed.agreed("second") and not typed.agreed(f"correct:{row.seq}"):
            again = typed.confirm(f"correct:{row.seq}", "correct", when)
            return Question("second", when, (AGAIN, again, typed.confirm("second", "another")))
    return None


def _corrected(typed: Typed) -> int | None:
    return next((row.seq for row in typed.at.readings if typed.agreed(f"correct:{row.seq}")), None)
