"""The list of patients: one row each, and more about the one the cursor is on."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from titration.clinical import PlanKind
from titration.explain.layout import wrap
from titration.explain.phrases import DRUG_UNITS, KINDS, SLOTS, Language
from titration.explain.values import dose_text, number_text
from titration.service.rounds.told import DayMark, Proposal, Stage, WardRow
from titration.units import MILLI, UnitSystem
from tui.keys import Keymap
from tui.session.layout import peek_rows
from tui.session.state import Group, Session
from tui.session.ward import rows_of
from tui.views.glucose import HIGH, LOW, arrow, mark_of, tone_of, value_text
from tui.views.marks import CURSOR, DRAFT, KIND, STAGE, URGENCY
from tui.views.page import CUT, Align, Body, Row, Span, Target, Tone, cell, cells, clean, cut, line
from tui.views.study_marks import study_facts, study_mark, study_parts
from tui.words import say

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_CHANGES: Final = (PlanKind.STOP, PlanKind.ADJUST_DOWN, PlanKind.ADJUST_UP, PlanKind.REFER, PlanKind.NEED_DATA)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list: heading key, width, and from which width of the terminal it is there."""

    name: str
    width: int
    align: Align = "left"
    least: int = 0


def columns_of(width: int) -> list[Column]:
    """The columns a terminal has room for."""
    wide = [
        Column("bed", 5),
        Column("name", 19 if width < 80 else 20 if width < 150 else 24),
        Column("age", 4, "right"),
        Column("fasting", 7, "right"),
        Column("post", 7, "right", 96),
        Column("strip", 7),
        Column("insulin", 8, "right"),
        Column("percent", 5, "right", 96),
        Column("tablets", 24 if width < 190 else 32, "left", 150),
        Column("missing", 20 if width < 190 else 30, "left", 150),
    ]
    return [column for column in wide if width >= column.least]


def body(session: Session, keymap: Keymap, width: int, height: int) -> Body:
    """The list and the lines below it."""
    del keymap
    language = session.settings.language
    ward = session.ward
    if ward.sheet is None:
        return Body((line(""), line(Span(f"  {say(language, 'loading')}", Tone.DIM))))
    high = max(1, height - 2 - peek_rows(session.size))
    found = {row.person.patient_id: row for row in ward.sheet.rows}
    columns = columns_of(width)
    rows = [_status(session, width), _heading(columns, width, language)]
    top = _top(session, high)
    for item in ward.items[top : top + high]:
        if isinstance(item, Group):
            rows.append(_group(item, width, language))
        else:
            rows.append(_patient(found[item], columns, session, width))
    if not ward.items:
        rows.append(line(Span(f"  {_empty(session)}", Tone.DIM)))
    rows += [line("")] * (2 + high - len(rows))
    current = found.get(ward.cursor)
    rows += _peek(current, session, width) if current is not None else []
    return Body(tuple(rows))


def _empty(session: Session) -> str:
    """Why the list is empty."""
    language, sheet = session.settings.language, session.ward.sheet
    if sheet is None or rows_of(session, sheet):
        return say(language, "ward.empty_filter")
    wards = sorted({row.person.ward for row in sheet.rows if row.person.ward})
    return say(language, "ward.empty", wards=clean(", ".join(wards)) or "-")


def _top(session: Session, high: int) -> int:
    """The first item on the screen: the session's, moved where a question below has taken rows from the list."""
    ward = session.ward
    at = ward.items.index(ward.cursor) if ward.cursor in ward.items else 0
    return max(ward.top, at - high + 1)


def _status(session: Session, width: int) -> Row:
    """What is shown of the ward, and how far the round has come."""
    language, ward = session.settings.language, session.ward
    assert ward.sheet is not None
    rows = rows_of(session, ward.sheet)
    shown = sum(1 for item in ward.items if isinstance(item, str))
    signed = sum(1 for row in rows if row.stage is Stage.SIGNED)
    parts = [
        Span(say(language, "ward.count", shown=shown, all=len(rows)), Tone.STRONG),
        Span(say(language, "ward.signed", signed=signed)),
        Span(say(language, "ward.sort", name=say(language, f"sort.{ward.sort}")), target=Target("ward.sort")),
        Span(
            say(language, "ward.filter", name=say(language, f"filter.{ward.filter}")),
            Tone.PLAIN if ward.filter == "all" else Tone.ACCENT,
            Target("ward.filter"),
        ),
    ]
    parts += study_parts(rows, language)
    if ward.search:
        text = say(language, "ward.search", text=clean(ward.search))
        parts.append(Span(cut(text, 30), Tone.ACCENT, Target("ward.search")))
    spans: list[Span] = [Span(" ")]
    for part in parts:
        spans += [part, Span("   ")]
    del width
    return Row(tuple(spans))


def _heading(columns: Sequence[Column], width: int, language: Language) -> Row:
    spans = [cell("", 2), cell("", _urgency_width(language), Tone.HEADING), cell("", 1, Tone.HEADING)]
    for column in columns:
        spans += [cell(say(language, f"column.{column.name}"), column.width, Tone.HEADING, align=column.align)]
        spans.append(cell("", 1, Tone.HEADING))
    used = sum(cells(span.text) for span in spans)
    return Row((*spans, cell(say(language, "column.plan"), max(0, width - used), Tone.HEADING)), Tone.HEADING)


def _urgency_width(language: Language) -> int:
    return 3 + max(cells(say(language, f"urgency.{int(u)}")) for u in URGENCY)


def _group(group: Group, width: int, language: Language) -> Row:
    name = group.name or say(language, "ward.no_ward")
    text = f"── {say(language, 'ward.group', name=clean(name), count=group.count)} "
    return line(Span(text + "─" * max(0, width - cells(text)), Tone.HEADING))


def _patient(row: WardRow, columns: Sequence[Column], session: Session, width: int) -> Row:
    """One patient."""
    language, person = session.settings.language, row.person
    here = session.ward.cursor == person.patient_id
    glyph, tone = URGENCY[row.urgency]
    stage, stage_tone = DRAFT if person.patient_id in session.drafts else STAGE[row.stage]
    spans = [
        Span(CURSOR if here else " ", Tone.STRONG),
        Span(stage, stage_tone),
        cell(f"{glyph} {say(language, f'urgency.{int(row.urgency)}')}", _urgency_width(language), tone),
        Span(" "),
    ]
    for column in columns:
        spans += [*_cells(column, row, session), Span(" ")]
    used = sum(cells(span.text) for span in spans)
    mark = study_mark(row)
    spans += [*mark, *_plan(row, language, max(0, width - used - sum(cells(span.text) for span in mark)))]
    return Row(tuple(spans), Tone.CURSOR if here else Tone.PLAIN, Target("ward.point", person.patient_id))


def _cells(column: Column, row: WardRow, session: Session) -> list[Span]:
    person, shown = row.person, session.settings.shown_unit
    match column.name:
        case "bed":
            return [cell(person.bed or person.patient_id, column.width, Tone.STRONG)]
        case "name":
            return [cell(person.name or person.patient_id, column.width)]
        case "age":
            return [cell("" if person.age_years is None else str(person.age_years), column.width, align="right")]
        case "fasting":
            return [_glucose(row.fasting, row.fasting_before, person.system, shown, column.width)]
        case "post":
            return [_glucose(row.post_meal, row.post_meal_before, person.system, shown, column.width)]
        case "strip":
            return [_day(mark, person.system) for mark in row.strip]
        case "insulin":
            text = "·" if row.total_insulin is None else number_text(Fraction(row.total_insulin, MILLI), 1)
            if row.percent_of_baseline is not None and session.size[0] < 96:
                text = f"{text} {row.percent_of_baseline:>3}%"
            return [cell(text, column.width, align="right")]
        case "percent":
            percent = row.percent_of_baseline
            return [cell("" if percent is None else f"{percent} %", column.width, align="right")]
        case "missing":
            text = _whole(missing(row, session.settings.language), column.width, session)
            return [cell(text, column.width, Tone.WARN if text else Tone.PLAIN)]
        case _:
            return [cell(_whole(tablets(row, session.settings.language), column.width, session), column.width)]


def _glucose(value: int | None, before: int | None, system: UnitSystem, shown: UnitSystem | None, width: int) -> Span:
    if value is None:
        return cell("·  ", width, Tone.DIM, align="right")
    text = f"{value_text(value, system, shown)}{mark_of(value, system)}{arrow(value, before, system)}"
    return cell(text, width, tone_of(value, system), align="right")


def _day(mark: DayMark, system: UnitSystem) -> Span:
    """One day of the strip: how high it went, "▄" and more above 10.0 (180); a day with a low is "!"."""
    if mark.lowest is None or mark.highest is None:
        return Span("·", Tone.DIM)
    if mark.lowest < LOW.on(system):
        return Span("!", Tone.DANGER)
    # Rounded up, so that the step above 10.0 (180) is taken by exactly those values that are above it.
    tenths = mark.highest if system is UnitSystem.MMOL else -(-mark.highest * 10 // 18)
    step = (tenths - 41) // 20
    return Span(_BLOCKS[max(0, min(7, step))], Tone.WARN if mark.highest > HIGH.on(system) else Tone.PLAIN)


def changes_of(row: WardRow) -> list[Proposal]:
    """What is to be decided, the most cautious first; lines that stay as they are left out."""
    return [
        proposal
        for kind in _CHANGES
        for proposal in row.proposals
        if proposal.kind == kind.value and not proposal.settled
    ]


def _plan(row: WardRow, language: Language, width: int) -> list[Span]:
    """What is proposed, as many lines as there is room for in full; where not even one has it, how many of each kind."""
    changes = changes_of(row)
    if not changes and any(proposal.settled for proposal in row.proposals):
        return [cell(say(language, "change.ordered"), width, Tone.DIM)]
    if not changes:
        text = f"= {KINDS[language][PlanKind.HOLD]}" if row.proposals else ""
        return [cell(text if cells(text) <= width else "=", width, Tone.DIM)]
    tone = KIND[PlanKind(changes[0].kind)][1]
    texts = [proposal_text(proposal, language) for proposal in changes]
    for kept in range(len(texts), 0, -1):
        left = len(texts) - kept
        more = f" {say(language, 'change.more', count=left)}" if left else ""
        if cells("; ".join(texts[:kept]) + more) <= width:
            return [cell("; ".join(texts[:kept]) + more, width, tone)]
    kinds = dict.fromkeys(PlanKind(proposal.kind) for proposal in changes)
    counts = {kind: f"{KIND[kind][0]}{sum(p.kind == kind.value for p in changes)}" for kind in kinds}
    words = " ".join(f"{count} {KINDS[language][kind]}" for kind, count in counts.items())
    return [cell(words if cells(words) <= width else " ".join(counts.values()), width, tone)]


def proposal_text(proposal: Proposal, language: Language) -> str:
    """A proposal in short: sign, drug and slot, from which dose to which, or in a word what happens. Names are never cut."""
    kind = PlanKind(proposal.kind)
    name = proposal.name_en if language == "en" else proposal.name_zh
    slot = SLOTS[language].get(proposal.line[1], proposal.line[1])
    start = clean(f"{KIND[kind][0]} {name} {slot}")
    if kind not in (PlanKind.ADJUST_UP, PlanKind.ADJUST_DOWN) or proposal.before is None:
        return f"{start} {KINDS[language][kind]}"
    one, many = DRUG_UNITS[language].get(proposal.unit, (proposal.unit, proposal.unit))
    unit = one if proposal.after == MILLI else many
    before, after = (number_text(Fraction(dose, MILLI), 3) for dose in (proposal.before, proposal.after))
    return clean(f"{start} {before}→{after} {unit}")


def ordered_text(proposal: Proposal, language: Language) -> str:
    """What was ordered on an earlier day and has not been given since."""
    name = proposal.name_en if language == "en" else proposal.name_zh
    slot = SLOTS[language].get(proposal.line[1], proposal.line[1])
    dose = say(language, "change.stopped")
    if proposal.ordered:
        one, many = DRUG_UNITS[language].get(proposal.unit, (proposal.unit, proposal.unit))
        dose = f"{number_text(Fraction(proposal.ordered, MILLI), 3)} {one if proposal.ordered == MILLI else many}"
    return clean(f"{name} {slot} {dose}")


def _whole(names: Sequence[str], width: int, session: Session) -> str:
    """As many names as there is room for in full, and how many more there are."""
    language = session.settings.language
    comma = "、" if language == "zh" else ", "
    for kept in range(len(names), 0, -1):
        left = len(names) - kept
        text = comma.join(names[:kept]) + (f" {say(language, 'change.more', count=left)}" if left else "")
        if cells(text) <= width:
            return text
    return say(language, "change.more", count=len(names)) if names else ""


def tablets(row: WardRow, language: Language) -> list[str]:
    """Tablets in use, by name."""
    names = {p.line[0]: (p.name_en if language == "en" else p.name_zh) for p in row.proposals}
    return [clean(names.get(tablet, tablet)) for tablet in row.tablets]


_MISSED: Final = ("fasting_due", "no_readings_today", "need_data", "no_weight", "doubtful")
"""Reasons of a row that ask for data."""


def missing(row: WardRow, language: Language) -> list[str]:
    """What is overdue, missing or to be checked, most pressing first."""
    return [say(language, f"reason.{reason}") for reason in _MISSED if reason in row.reasons]


def _peek(row: WardRow, session: Session, width: int) -> list[Row]:
    """More about the patient the cursor is on: why here, the whole plan, tablets, what is missing."""
    language = session.settings.language
    high = peek_rows(session.size)
    rows = [_peek_title(row, session, width)]
    comma, facts = "、" if language == "zh" else ", ", []
    why = comma.join(say(language, f"reason.{reason}") for reason in row.reasons)
    plans = [proposal_text(proposal, language) for proposal in changes_of(row)] or [say(language, "peek.no_change")]
    apart = len(plans) <= high - 3
    facts = [(say(language, "peek.why"), why)]
    facts += study_facts(row, language)
    facts += [(say(language, "peek.plan"), text) for text in (plans if apart else ["; ".join(plans)])]
    ordered = [ordered_text(proposal, language) for proposal in row.proposals if proposal.ordered is not None]
    facts += [(say(language, "peek.ordered"), "; ".join(ordered))] if ordered else []
    rest: list[tuple[str, str]] = []
    if row.missing:
        voice = session.voice(row.person.system)
        rest.append((say(language, "peek.missing"), comma.join(voice.feature(name) for name in row.missing)))
    if row.tablets:
        rest.append((say(language, "peek.tablets"), comma.join(tablets(row, language))))
    if rest:
        colon = "：" if language == "zh" else ": "
        more = [f"{name}{colon}{text}" for name, text in rest[1:]]
        facts.append((rest[0][0], "   ".join((rest[0][1], *more))))
    label = max(cells(name) for name, _ in facts) + 2
    above = ""
    for i, (name, text) in enumerate(facts):
        room = max(1, high - len(rows) - (len(facts) - i - 1))
        texts = wrap(clean(text), width=width - label - 1)
        if len(texts) > room:
            texts = [*texts[: room - 1], cut(f"{texts[room - 1]} {CUT}", width - label - 1)]
        first = "" if name == above else f" {name}"
        above = name
        rows += [line(cell(first if j == 0 else "", label, Tone.DIM), part) for j, part in enumerate(texts)]
    return (rows + [line("")] * high)[:high]


def _peek_title(row: WardRow, session: Session, width: int) -> Row:
    language, person = session.settings.language, row.person
    stage = "draft" if person.patient_id in session.drafts else row.stage.value
    parts = [" ".join(clean(part) for part in (person.bed, person.name or person.patient_id) if part)]
    parts.append(say(language, f"stage.{stage}"))
    if row.total_insulin is not None:
        voice = session.voice(person.system)
        dose = dose_text(row.total_insulin, "units", voice)
        parts.append(f"{say(language, 'peek.insulin')} {dose}")
    if row.percent_of_baseline is not None:
        parts.append(say(language, "peek.of_baseline", percent=row.percent_of_baseline))
    text = cut(f"── {' · '.join(parts)} ", width)
    return line(Span(text + "─" * max(0, width - cells(text)), Tone.HEADING))
