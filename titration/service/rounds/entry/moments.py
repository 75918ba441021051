"""When something happened, as people say it: "@06:40", "yesterday 22:00", "昨 22:00", "2024-05-01 06:40"; 24 hours, local.

A time without a day is today's. One that is still to come is asked about: a meter's clock may be fast, or it was yesterday.
"""

import re
from dataclasses import dataclass
from typing import Final

from titration.log.model import MINUTES_A_DAY
from titration.log.notation import minute_text, minute_written
from titration.service.rounds.entry.answers import AGAIN, Answer, Option, Problem, Question, Typed

LONG_AGO_HOURS: Final = 48
"""A time further back is asked about (a local assumption): a slip of the day is commoner than a late entry."""

_DAYS: Final = {
    **dict.fromkeys(("today", "今天", "今日", "今"), 0),
    **dict.fromkeys(("yesterday", "yest", "y", "昨天", "昨日", "昨晚", "昨"), 1),
    **dict.fromkeys(("前天", "前日"), 2),
}
_DAY: Final = r"(?<![A-Za-z])(?:today|yesterday|yest|y)(?![A-Za-z])|今天|今日|昨天|昨日|昨晚|前天|前日|昨|今"
_CLOCK: Final = r"\d{1,2}:\d{2}"
_MOMENT: Final = re.compile(
    rf"@?\s*(?:(?P<date>\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}})(?:[T ]?\s*(?P<dated>{_CLOCK}))?"
    rf"|(?P<before>{_DAY})\s*@?\s*(?P<said>{_CLOCK})?"
    rf"|(?<![\d.:])(?P<clock>{_CLOCK})(?![\d.:])(?:\s*(?P<after>{_DAY}))?)",
    re.ASCII | re.IGNORECASE,
)
_HALVES: Final = re.compile(r"(?<![A-Za-z])[ap]\.?m\.?(?![A-Za-z])|上午|下午|晚上|中午", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Moment:
    """A day (since 1970-01-01) and a minute of it, as far as they were said."""

    day: int | None = None
    clock: int | None = None
    words: str = ""
    """The text that said it."""


def split_moment(typed: Typed) -> tuple[str, Moment] | Problem:
    """The text without its time, and the time."""
    found = list(_MOMENT.finditer(typed.text))
    if len(found) > 1:
        return Problem("two_times")
    if not found:
        return (typed.text, Moment()) if "@" not in typed.text else Problem("bad_time", (("typed", typed.text),))
    match = found[0]
    rest = " ".join(f"{typed.text[: match.start()]} {typed.text[match.end() :]}".split())
    if _HALVES.search(rest):
        return Problem("clock_24")
    moment = _moment(match, typed.at.minute // MINUTES_A_DAY)
    if moment is None or "@" in rest:
        return Problem("bad_time", (("typed", match.group().strip()),))
    return rest, moment


def _moment(match: re.Match[str], today: int) -> Moment | None:
    words = match.group().strip()
    if match["date"]:
        midnight = minute_written(f"{match['date']} 00:00")
        if midnight is None:
            return None
        clock = _clock(match["dated"]) if match["dated"] else None
        return None if match["dated"] and clock is None else Moment(midnight // MINUTES_A_DAY, clock, words)
    said = match["before"] or match["after"]
    time = match["said"] or match["clock"]
    clock = _clock(time) if time else None
    if time and clock is None:
        return None
    return Moment(today - _DAYS[said.casefold()] if said else None, clock, words)


def _clock(text: str) -> int | None:
    hour, minute = map(int, text.split(":"))
    return hour * 60 + minute if hour < 24 and minute < 60 else None


def settled_minute(typed: Typed, moment: Moment, *, otherwise: int | None = None) -> int | Answer:
    """The minute meant: now (or ``otherwise``) if nothing was said; a question where it is to come or long ago."""
    now = typed.at.minute
    if moment.clock is None:
        if moment.day is not None:
            return Problem("day_without_time", (("typed", moment.words),))
        return now if otherwise is None else otherwise
    day = now // MINUTES_A_DAY if moment.day is None else moment.day
    return checked_minute(typed, day * MINUTES_A_DAY + moment.clock, said=moment)


def checked_minute(typed: Typed, minute: int, *, said: Moment) -> int | Answer:
    """``minute`` itself if it can be; else what to ask or say."""
    now = typed.at.minute
    when = (("when", minute_text(minute)),)
    if minute > now:
        if said.day is not None or minute - MINUTES_A_DAY > now:
            return Problem("future", when)
        clock = minute_text(minute)[-5:]
        last = minute_text(minute - MINUTES_A_DAY)
        return Question(
            "later_today",
            (("time", clock), ("now", minute_text(now)[-5:])),
            (
                AGAIN,
                Option("yesterday", (("when", last),), text=typed.text.replace(said.words, f"@{last}")),
                Option("now", (("time", minute_text(now)[-5:]),), text=_without(typed.text, said.words)),
            ),
        )
    if now - minute > LONG_AGO_HOURS * 60 and not typed.agreed("long_ago"):
        return Question("long_ago", when, (AGAIN, typed.confirm("long_ago")))
    return minute


def _without(text: str, words: str) -> str:
    return " ".join(text.replace(words, " ").split())
