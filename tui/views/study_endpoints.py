"""The endpoint table: a row an endpoint, a column a visit, a small chart behind, and why a value was not computed."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Final

from titration.explain.layout import wrap
from titration.explain.phrases import Language
from titration.service.rounds.told_study import StudySheet
from titration.study.indices import Reason
from titration.study.measures import PLACES, UNITS, Found
from titration.study.quantities import CPeptide, Glucose, HbA1c, rounded
from titration.study.words import ENDPOINTS, REASONS, named
from titration.units import UnitSystem
from tui.session.state import Session
from tui.views.enter import rule
from tui.views.glucose import CONVERTED
from tui.views.page import Row, Span, Tone, cell, cells, clean, line
from tui.words import say

ALWAYS: Final = (
    *("fbg", "pbg", "hba1c", "c_peptide", "c_peptide_2h", "homa_ir_cp", "homa_islet_cp"),
    *("insulin_daily", "insulin_percent"),
)
"""Endpoints with a row even where nothing was measured."""
_LABEL, _VISIT, _LETTERS = 28, 6, "abcdefghijklmnopqrstuvwxyz"
_BLOCKS: Final = "▁▂▃▄▅▆▇█"
Convert = Callable[[Fraction], Fraction]


def endpoint_rows(session: Session, sheet: StudySheet, width: int) -> Iterator[Row]:
    """The table, its legend, and the definitions of success."""
    language = session.settings.language
    visits = [visit.appointment.name for visit in sheet.visits if not visit.infusion]
    label = _LABEL + max(0, min(8, width - 90))
    spans = [cell(f" {say(language, 'study.endpoint')}", label, Tone.HEADING)]
    spans += [cell(name, _VISIT, Tone.HEADING, align="right") for name in visits]
    used = sum(cells(span.text) for span in spans)
    yield Row((*spans, cell(f"  {say(language, 'study.trend')}", max(0, width - used), Tone.HEADING)), Tone.HEADING)
    letters: dict[str, str] = {}
    for name in _shown(sheet, visits):
        found = [sheet.endpoints.get(visit, {}).get(name, Reason.NOT_YET) for visit in visits]
        for title, convert, places, mark in _forms(name, session, sheet):
            texts = [_cell(each, convert, places, letters) for each in found]
            if mark:
                texts = [
                    f"{mark}{text}" if isinstance(each, Found) else text
                    for text, each in zip(texts, found, strict=True)
                ]
            yield _row(f" {title}", label, texts, found, width)
    yield from _legend(letters, language, width)
    yield from _success(sheet, language, width)


def _shown(sheet: StudySheet, visits: list[str]) -> list[str]:
    measured = {
        name for visit in visits for name, each in sheet.endpoints.get(visit, {}).items() if isinstance(each, Found)
    }
    return [name for name in UNITS if name in ALWAYS or name in measured]


def _forms(name: str, session: Session, sheet: StudySheet) -> Iterator[tuple[str, Convert, int, str]]:
    """Title with its unit, conversion, decimals, and a mark for what is converted for the eye alone."""
    language, system = session.settings.language, sheet.person.system
    shown = session.settings.shown_unit or system
    title = say(language, f"study.short.{name}") if name in _SHORT else named(ENDPOINTS, name, language)
    if name in ("fbg", "pbg"):
        mark = "" if shown is system else CONVERTED
        places = 1 if shown is UnitSystem.MMOL else 0
        yield f"{title}, {shown.text}", lambda value: Glucose(value).in_unit(shown.text), places, mark
        return
    unit = say(language, "study.units_a_day") if name == "insulin_daily" else UNITS[name]
    yield f"{title}, {unit}" if unit else title, lambda value: value, PLACES[name], ""
    if name == "hba1c":
        yield f"{title}, mmol/mol", lambda value: HbA1c(value).in_unit("mmol/mol"), 0, ""
    if name in ("c_peptide", "c_peptide_2h"):
        yield f"{title}, ng/mL", lambda value: CPeptide(value * 1000).in_unit("ng/mL"), 2, ""


_SHORT: Final = frozenset(
    ("fbg", "pbg", "hba1c", "c_peptide", "c_peptide_2h", "homa_ir_cp", "homa_islet_cp", "insulin_percent")
)


def _cell(each: Found | Reason, convert: Convert, places: int, letters: dict[str, str]) -> str:
    if isinstance(each, Found):
        text = rounded(convert(each.value), places)
        # A dose never ends in a 0 behind the point.
        text = text.removesuffix(".0") if each.source == "doses" else text
        return text + ("m" if each.source == "cbg" else "")
    if each is Reason.NOT_YET:
        return "·"
    return letters.setdefault(each.value, _LETTERS[len(letters)])


def _row(title: str, label: int, texts: list[str], found: list[Found | Reason], width: int) -> Row:
    spans = [cell(clean(title), label)]
    for text, each in zip(texts, found, strict=True):
        spans.append(cell(text, _VISIT, Tone.STRONG if isinstance(each, Found) else Tone.DIM, align="right"))
    used = sum(cells(span.text) for span in spans)
    return Row((*spans, cell(f"  {spark(found)}", max(0, width - used))))


def spark(found: list[Found | Reason]) -> str:
    """A small chart: one sign a visit, from its lowest to its highest value; nothing below two values."""
    values = [each.value for each in found if isinstance(each, Found)]
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    if low == high:
        return "".join("▄" if isinstance(each, Found) else " " for each in found)
    return "".join(
        _BLOCKS[int((each.value - low) * 7 / (high - low))] if isinstance(each, Found) else " " for each in found
    )


def _legend(letters: dict[str, str], language: Language, width: int) -> Iterator[Row]:
    texts = [f"{letter} {named(REASONS, reason, language)}" for reason, letter in letters.items()]
    said = "   ".join((say(language, "study.meter"), *texts))
    for part in wrap(said, width=width - 2):
        yield line(Span(f" {part}", Tone.DIM))
    for part in wrap(say(language, "study.islet"), width=width - 2):
        yield line(Span(f" {part}", Tone.DIM))


def _success(sheet: StudySheet, language: Language, width: int) -> Iterator[Row]:
    if not sheet.verdicts:
        return
    yield rule(say(language, "study.success"), width)
    for verdict in sheet.verdicts:
        sign, tone = {True: ("✓", Tone.GOOD), False: ("✗", Tone.PLAIN), None: ("?", Tone.DIM)}[verdict.met]
        answer = say(language, {True: "study.met", False: "study.not_met", None: "study.cannot_say"}[verdict.met])
        why = f" ({named(REASONS, verdict.why, language)})" if verdict.why else ""
        what = clean(verdict.what[0] if language == "en" else verdict.what[1])
        for i, part in enumerate(
            wrap(f"{what}: {answer}{why}" if language == "en" else f"{what}：{answer}{why}", width=width - 5)
        ):
            yield line(cell(f" {sign}" if i == 0 else "", 4, tone), part)
