"""The one-line entry and the cell of the grid: which kind of thing a text is, and what comes of it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from titration.log.model import MINUTES_A_DAY
from titration.log.notation import censored
from titration.log.seven_point import POINTS
from titration.service.rounds.entry.answers import (
    NOTHING_CONFIRMED,
    Answer,
    Bedside,
    Confirmed,
    Problem,
    Typed,
)
from titration.service.rounds.entry.dosing import read_dose, split_dose
from titration.service.rounds.entry.glucose import GlucoseText, read_glucose
from titration.service.rounds.entry.happenings import is_note, read_event, read_note
from titration.service.rounds.entry.measurements import read_lab, split_lab
from titration.service.rounds.entry.moments import Moment, split_moment
from titration.service.rounds.entry.text import is_number, tidy
from titration.service.rounds.entry.vocabulary import GLUCOSE_UNITS, SYMPTOMS, TIMINGS
from titration.service.rounds.told import ReadingRow

EARLY: Final = 120
"""Minutes before its nominal time that a point of the day may be entered: it then carries the time it was entered at."""
NOMINAL: Final = {timing.text: minute for timing, minute in POINTS.items()}
"""Nominal minute of the day of each point, as on a ward's sheet."""

_VALUE: Final = re.compile(
    r"[<>]?0?(?:hi|lo|high|low)(?![A-Za-z])|[+-]?[\d.,]*\d[\d.,]*|[.,]", re.ASCII | re.IGNORECASE
)

_TABLES: Final[Mapping[str, Mapping[str, object]]] = {"unit": GLUCOSE_UNITS, "symptoms": SYMPTOMS, "timing": TIMINGS}
_LONGEST_FIRST: Final = {kind: sorted(table, key=len, reverse=True) for kind, table in _TABLES.items()}
_TWO_HOURS: Final = re.compile(r"后\s*2\s*(?:h|小时)", re.IGNORECASE)


def enter_line(text: str, at: Bedside, confirmed: Confirmed = NOTHING_CONFIRMED) -> Answer:
    """What one line typed for one patient would record, asks, or has wrong with it. Never raises."""
    plain = tidy(text)
    if isinstance(plain, Problem):
        return plain
    typed = Typed(plain, at, confirmed)
    if is_note(plain):
        return read_note(typed)
    apart = split_moment(typed)
    if isinstance(apart, Problem):
        return apart
    rest, moment = apart
    if not rest:
        return Problem("no_value")
    lab = split_lab(rest)
    if lab is not None:
        return lab if isinstance(lab, Problem) else read_lab(typed, lab, moment)
    glucose = split_glucose(rest, timing="random")
    if isinstance(glucose, GlucoseText):
        return read_glucose(typed, glucose, moment)
    event = read_event(typed, rest, moment)
    if event is not None:
        return event
    if glucose is not None:
        return glucose
    dose = split_dose(rest)
    if not isinstance(dose, Problem):
        return read_dose(typed, dose, moment)
    unread = dose.code == "no_drug" or (dose.code == "no_amount" and any(c.isdigit() for c in rest))
    return Problem("unknown", (("typed", rest),)) if unread else dose


def enter_cell(
    text: str,
    at: Bedside,
    *,
    day: int,
    timing: str,
    saved: ReadingRow | None = None,
    confirmed: Confirmed = NOTHING_CONFIRMED,
) -> Answer:
    """What a cell of the grid, of one day and timing, would record in place of the reading ``saved`` there, if any."""
    plain = tidy(text)
    if isinstance(plain, Problem):
        return plain
    typed = Typed(plain, at, confirmed)
    apart = split_moment(typed)
    if isinstance(apart, Problem):
        return apart
    rest, moment = apart
    glucose = split_glucose(rest, timing=timing)
    if not isinstance(glucose, GlucoseText):
        return glucose or Problem("cell_only_glucose", (("typed", rest),))
    if glucose.timing != timing:
        return Problem("other_column", (("timing", glucose.timing),))
    if moment.day is not None and moment.day != day:
        return Problem("other_day", (("typed", moment.words),))
    if moment.clock is not None:
        moment = replace(moment, day=None if day == at.minute // MINUTES_A_DAY else day)
        return read_glucose(typed, glucose, moment, saved=saved)
    nominal = _cell_minute(day, timing, at.minute, saved)
    if nominal is None:
        return Problem("point_to_come", (("timing", timing),))
    return read_glucose(typed, glucose, Moment(), nominal=nominal, saved=saved)


def _cell_minute(day: int, timing: str, now: int, saved: ReadingRow | None) -> int | None:
    """The minute of a cell: that of the reading it corrects, else the point's own, else now shortly before it."""
    if saved is not None:
        return saved.minute
    nominal = day * MINUTES_A_DAY + NOMINAL[timing]
    if nominal <= now:
        return nominal
    return now if nominal - now <= EARLY else None


def split_glucose(rest: str, *, timing: str) -> GlucoseText | Problem | None:
    """The parts of a glucose, or None where the text is none: [timing] value [unit] [timing] [symptoms], nothing else."""
    rest = _TWO_HOURS.sub("后", rest)
    found = list(_VALUE.finditer(rest))
    if len(found) != 1:
        return None
    match = found[0]
    before, after = rest[: match.start()].strip(), rest[match.end() :].strip()
    if match.start() and rest[match.start() - 1].isascii() and rest[match.start() - 1].isalnum():
        return None
    said: dict[str, str] = {}
    words = _words(before, said) and _words(after, said)
    number = match.group()
    if not words or not (is_number(number) or censored(number) is not None):
        return None
    unit = said.get("unit")
    system = GLUCOSE_UNITS[unit] if unit else None
    return GlucoseText(
        number, system, said.get("timing", timing), said.get("symptoms", ""), said.get("symptoms words", "")
    )


def _words(text: str, said: dict[str, str]) -> bool:
    """Take every word of ``text`` into ``said``; False where one is unknown or says a thing twice."""
    rest = text.casefold().strip(" ,;，；")
    while rest:
        kind, word = _first(rest)
        if not word or kind in said:
            return False
        said[kind] = word if kind == "unit" else str(_TABLES[kind][word])
        said[f"{kind} words"] = word
        rest = rest[len(word) :].strip(" ,;，；")
    return True


def _first(rest: str) -> tuple[str, str]:
    """The kind of the word that ``rest`` begins with, and the word; blanks for one that is not known."""
    for kind, words in _LONGEST_FIRST.items():
        word = next((word for word in words if _begins(rest, word)), None)
        if word is not None:
            return kind, word
    return "", ""


def _begins(rest: str, word: str) -> bool:
    if not rest.startswith(word):
        return False
    following = rest[len(word) : len(word) + 1]
    return not (
        word.isascii() and word[-1].isalnum() and following.isascii() and (following.isalnum() or following == "/")
    )
