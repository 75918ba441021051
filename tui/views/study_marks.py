"""The study on the ward screen: a sign in the row of whoever has a visit due, how many there are, and what is due."""

from collections.abc import Iterable

from titration.explain.phrases import Language
from titration.explain.voice import date_text
from titration.service.rounds.told import WardRow
from tui.views.page import Span, Tone, clean
from tui.words import say

DUE = "◷"


def study_mark(row: WardRow) -> list[Span]:
    """The sign before the plan: which visit or infusion is due or late; nothing for anybody else."""
    if row.study is None or not row.study.due:
        return []
    return [Span(f"{DUE}{clean(row.study.due[0].name)} ", Tone.ACCENT)]


def study_parts(rows: Iterable[WardRow], language: Language) -> list[Span]:
    """How many patients of the ward have something due, for the line above the list."""
    count = sum(1 for row in rows if row.study is not None and row.study.due)
    return [Span(f"{DUE} {say(language, 'ward.study_due', count=count)}", Tone.ACCENT)] if count else []


def study_facts(row: WardRow, language: Language) -> list[tuple[str, str]]:
    """What is due, late or missed of the patient the cursor is on, as a fact with its label."""
    if row.study is None:
        return []
    told = [
        say(language, f"study.peek.{due.state}", visit=clean(due.name), day=date_text(due.last))
        for due in row.study.due
    ]
    told += [say(language, "study.peek.missed", visit=clean(name)) for name in row.study.missed]
    comma = "；" if language == "zh" else "; "
    return [(say(language, "peek.study"), comma.join(told))] if told else []
