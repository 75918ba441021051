"""Things that happened, and notes: "fever", "meal skipped @12:00", "hypo symptoms @03:00", "禁食", "note seen by dietitian"."""

from titration.clinical import EventKind
from titration.service.rounds.asked import NewEvent, NewNote
from titration.service.rounds.entry.answers import AGAIN, Answer, Option, Problem, Question, Ready, Typed
from titration.service.rounds.entry.moments import Moment, settled_minute
from titration.service.rounds.entry.vocabulary import BARE_HYPO, EVENTS, NEEDS_WORDS, NEGATIONS, NOTES

_LONGEST_FIRST = sorted(EVENTS, key=len, reverse=True)


def is_note(text: str) -> bool:
    """Whether a line is a free note."""
    return starts(text, NOTES) is not None


def read_note(typed: Typed) -> Answer:
    """The note; the time of a note is now, whatever times it speaks of."""
    rest = starts(typed.text, NOTES)
    if not rest:
        return Problem("no_value")
    return Ready((NewNote(typed.at.patient_id, typed.at.minute, rest),))


def starts(text: str, phrases: tuple[str, ...] | list[str]) -> str | None:
    """What follows the first of ``phrases`` that ``text`` begins with, colons and blanks off; None if with none."""
    folded = text.casefold()
    for phrase in phrases:
        if folded.startswith(phrase):
            rest = text[len(phrase) :]
            if phrase.isascii() and rest[:1].isalnum() and rest[:1].isascii():
                continue
            return rest.strip(" :：,，;；-")
    return None


def read_event(typed: Typed, text: str, moment: Moment) -> Answer | None:
    """The event ``text`` (without its time) names, a question or a problem; None if it names none."""
    found = _named(text)
    if found is None:
        return _bare_hypo(typed, text)
    kind, rest = found
    if _negated(rest):
        return Problem("negated", (("event", kind.value), ("typed", rest)))
    if kind in NEEDS_WORDS and not rest:
        return Problem("no_value")
    minute = settled_minute(typed, moment)
    if not isinstance(minute, int):
        return minute
    return Ready((NewEvent(typed.at.patient_id, minute, kind.value, _note(kind, text, rest)),))


def _named(text: str) -> tuple[EventKind, str] | None:
    for phrase in _LONGEST_FIRST:
        rest = starts(text, (phrase,))
        if rest is not None:
            return EVENTS[phrase], rest
    kind = next((kind for kind in EventKind if text.casefold().replace(" ", "_") == kind.value), None)
    return None if kind is None else (kind, "")


def _note(kind: EventKind, text: str, rest: str) -> str:
    """The person's own words, where they say more than the kind does: "fever" is kept beside ``infection``."""
    if kind in NEEDS_WORDS:
        return rest
    return "" if text.casefold().replace(" ", "_") == kind.value else text


def _negated(rest: str) -> bool:
    """Whether the words behind an event say that it did not happen. An event that did not happen is none."""
    words = rest.casefold().split()
    return any(word in words if word.isascii() else word in rest for word in NEGATIONS)


def _bare_hypo(typed: Typed, text: str) -> Answer | None:
    rest = starts(text, BARE_HYPO)
    if rest is None:
        return None
    head = text[: len(text) - len(rest)].strip() if rest else text
    options = (
        Option("hypo_symptoms", text=typed.text.replace(head, "hypo symptoms", 1)),
        Option("hypo_severe", text=typed.text.replace(head, "hypo severe", 1)),
    )
    if rest:
        return Problem("hypo_how", (("typed", text),))
    return Question("hypo_how", (("typed", text),), (AGAIN, *options))
