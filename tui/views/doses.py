"""Doses that are due, by time of day and bed, and whether somebody wrote down what became of them."""

from titration.explain.layout import wrap
from titration.explain.phrases import SLOTS
from titration.explain.sentences import SENTENCES
from titration.explain.voice import time_text
from titration.service.rounds.entry import Expected
from titration.service.rounds.entry.expected import EARLY
from titration.service.rounds.entry.words import amount_text, product_text
from tui.keys import Keymap, shown
from tui.session import doses, entry
from tui.session.layout import GRID_PANEL
from tui.session.state import Session
from tui.views.enter import comma_of, rule, who_text
from tui.views.marks import CURSOR, ENTRY
from tui.views.page import Body, Row, Span, Target, Tone, cell, clean, cut, line
from tui.words import say

_AMOUNT, _STATE = 12, 12


def body(session: Session, keymap: Keymap, width: int, height: int) -> Body:
    """The list and the panel below it."""
    language = session.settings.language
    found = doses.due(session)
    position = doses.position(session)
    current = None if position is None else found[position]
    rows = [_title(session, found)]
    asked = session.dialog is not None
    room = max(1, height - 1 - (0 if asked else GRID_PANEL))
    listed, at = _listed(session, found, position or 0, room, width)
    start = max(0, min(at - room // 2, len(listed) - room))
    rows += listed[start : start + room]
    if not listed:
        left = len(entry.wanted(session))
        text = say(language, "enter.reading", count=left) if left else say(language, "doses.none")
        rows.append(line(Span(f"  {text}", Tone.DIM)))
    rows += [line("")] * (1 + room - len(rows))
    # A question about the dose tells all that the panel would.
    rows += [] if asked else _panel(session, current, keymap, width)
    return Body(tuple(rows[:height]))


def _title(session: Session, found: tuple[Expected, ...]) -> Row:
    language = session.settings.language
    given = sum(dose.given is not None for dose in found)
    spans = [
        Span(f" {say(language, 'doses.title')}   ", Tone.STRONG),
        Span(say(language, "doses.count", given=given, all=len(found))),
    ]
    left = len(entry.wanted(session))
    if left:
        spans.append(Span(f"   {say(language, 'enter.reading', count=left)}", Tone.DIM))
    return Row(tuple(spans))


def _listed(
    session: Session, found: tuple[Expected, ...], position: int, room: int, width: int
) -> tuple[list[Row], int]:
    """Rows under their headings for as many doses around the cursor as could be shown, and which row it is on."""
    language, today = session.settings.language, session.minute // 1440
    rows: list[Row] = []
    heading, at = "", 0
    for number in range(max(0, position - room), min(len(found), position + room)):
        dose = found[number]
        group = entry.group_of(dose, today)
        if group != heading:
            heading = group
            rows.append(rule(say(language, f"doses.group.{group}"), width))
        if number == position:
            at = len(rows)
        rows += _rows(session, dose, number, width, here=number == position)
    return rows, at


def state_of(session: Session, dose: Expected) -> tuple[str, str, Tone]:
    """Sign, words and tone of what became of a dose."""
    language = session.settings.language
    if session.entry.sending(doses.key_of(dose)):
        return ENTRY["sending"][0], say(language, "doses.sending"), Tone.ACCENT
    row = dose.given
    if row is None:
        later = dose.nominal > session.minute + EARLY
        return (
            (" ", say(language, "doses.later"), Tone.DIM) if later else ("□", say(language, "doses.open"), Tone.STRONG)
        )
    today = row.minute // 1440 == session.minute // 1440
    when = time_text(row.minute)
    facts = {"time": when[-5:] if today else when, "author": clean(row.author)}
    if row.amount == 0:
        return "✗", say(language, "doses.not_given", **facts), Tone.WARN
    given = say(language, "doses.given", dose=amount_text(row.amount, row.unit, language), **facts)
    return "✓", given, Tone.GOOD if row.amount == dose.amount else Tone.WARN


def _amount(dose: Expected, language: str) -> str:
    lang = "zh" if language == "zh" else "en"
    if dose.amount is None:
        return say(lang, "doses.unknown_amount")
    return amount_text(dose.amount, dose.unit, lang)


def _rows(session: Session, dose: Expected, number: int, width: int, *, here: bool) -> list[Row]:
    """A dose on one row; a long name of a drug goes on below, for its end tells look-alikes apart."""
    language = session.settings.language
    row = None if session.ward.sheet is None else session.ward.sheet.find(dose.patient_id)
    bed = dose.patient_id if row is None else row.person.bed or dose.patient_id
    sign, word, tone = state_of(session, dose)
    wide = width >= 100
    names, after = (24 if width >= 110 else 20, 14 + 32) if wide else (0, _AMOUNT + _STATE)
    drugs = width - 2 - 6 - names - after
    parts = wrap(clean(product_text(dose.product, dose.drug, language)), width=drugs - 1)
    who = "" if row is None or not wide else cut(clean(row.person.name), names - 1)
    first = (
        Span(f"{CURSOR} " if here else "  ", Tone.STRONG),
        cell(bed, 6, Tone.STRONG),
        cell(who, names),
        cell(parts[0], drugs),
        cell(_amount(dose, language), 14 if wide else _AMOUNT, Tone.STRONG),
        Span(f"{sign} {word if wide else _short(dose, word, language)}", tone),
    )
    base, target = Tone.CURSOR if here else Tone.PLAIN, Target("doses.point", str(number))
    more = [Row((Span(" " * (8 + names)), Span(part)), base, target) for part in parts[1:]]
    return [Row(first, base, target), *more]


def _short(dose: Expected, word: str, language: str) -> str:
    """The state in a word: where there is no room, the panel tells who and how much."""
    if dose.given is None:
        return word
    lang = "zh" if language == "zh" else "en"
    return time_text(dose.given.minute)[-5:] if dose.given.amount else say(lang, "doses.not_given_short")


def _panel(session: Session, current: Expected | None, keymap: Keymap, width: int) -> list[Row]:
    language = session.settings.language
    key = shown(keymap.action("doses.given").keys[0])
    rule_text = say(language, "doses.never_assumed", key=key)
    if current is None:
        return [rule("", width), *([line("")] * (GRID_PANEL - 2)), line(Span(f" {rule_text}", Tone.DIM))]
    name = product_text(current.product, current.drug, language)
    sign, word, tone = state_of(session, current)
    first = f"{name}{comma_of(language)}{SLOTS[language][current.slot]}{SENTENCES[language]['colon']}{_amount(current, language)}"
    rows = [rule(who_text(session, current.patient_id), width)]
    rows += [line(Span(part, Tone.STRONG)) for part in wrap(clean(first), width=width - 1, first=" ")]
    rows.append(line(Span(f" {sign} {word}", tone)))
    rows = (rows + [line("")] * GRID_PANEL)[: GRID_PANEL - 1]
    return [*rows, line(Span(f" {rule_text}", Tone.DIM))]
