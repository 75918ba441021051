"""One line of a plan in words: from which dose to which, badges, and everything a clinician may ask about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from titration.clinical import PlanKind
from titration.explain.doses import line_text, place_text, who_text
from titration.explain.layout import wrap
from titration.explain.phrases import KINDS, LIMITS, MARKS, URGENT_NOTICES
from titration.explain.reasons import comparison_text, near_text, told_apart
from titration.explain.trace import LinePlan
from titration.explain.values import bound_value, dose_text, parameter_text
from titration.explain.voice import Voice, short_date, time_text
from titration.explain.why import missing_text, outcome_of
from titration.packs.model import Tier
from titration.service.rounds.told import Action, Choice, OrderRow
from tui.session.round import accepted
from tui.views.marks import CHOICE, CURSOR, KIND
from tui.views.page import Row, Span, Target, Tone, cell, cells, clean, filled, line
from tui.words import say

_SAFETY = (Tier.SAFETY.text,)


@dataclass(frozen=True, slots=True)
class Detail:
    """Something to know about a line, under its label."""

    label: str
    text: str
    tone: Tone = Tone.PLAIN


def drug_name(plan: LinePlan, voice: Voice) -> str:
    """The drug in full, never shortened: names that begin alike are mistaken for each other."""
    if plan.product is None:
        return clean(plan.drug)
    return plan.product.name_en if voice.language == "en" else plan.product.name_zh


def name_text(plan: LinePlan, voice: Voice) -> str:
    """Drug and time of day."""
    return f"{drug_name(plan, voice)}{voice.say('comma')}{place_text(plan, voice)}"


def dose_change(plan: LinePlan, voice: Voice) -> str:
    """From which dose to which, with the unit once: "12 → 10 units"; one dose where it stays."""
    if plan.before is None:
        return voice.say("dose.unknown")
    before, after = dose_text(plan.before, plan.unit, voice), dose_text(plan.after, plan.unit, voice)
    match plan.kind:
        case PlanKind.ADJUST_UP | PlanKind.ADJUST_DOWN:
            number = before.removesuffix(f" {voice.unit(plan.unit, plan.before)}")
            return f"{number} → {after}"
        case PlanKind.STOP:
            number = before.removesuffix(f" {voice.unit(plan.unit, plan.before)}")
            return f"{number} → 0 {voice.unit(plan.unit, 0)}"
        case PlanKind.HOLD | PlanKind.NEED_DATA | PlanKind.REFER:
            return before


def badges(plan: LinePlan, voice: Voice, ordered: OrderRow | None) -> list[Span]:
    """Marks a line carries: ordered otherwise before, demanded by safety, limited by the guard, resting on a local assumption."""
    found: list[Span] = []
    if ordered is not None:
        found.append(Span(say(voice.language, "badge.ordered", dose=ordered_dose(ordered, voice)), Tone.ACCENT))
    if plan.rule is not None and plan.rule.tier in _SAFETY:
        found.append(Span(say(voice.language, "badge.safety"), Tone.DANGER))
    if plan.limits:
        found.append(Span(say(voice.language, "badge.limited"), Tone.WARN))
    if plan.rule is not None and plan.rule.assumptions:
        found.append(Span(say(voice.language, "badge.assumed"), Tone.DIM))
    return found


def ordered_dose(order: OrderRow, voice: Voice) -> str:
    """The dose of an order; a stop in a word."""
    return dose_text(order.dose, order.unit, voice) if order.dose else say(voice.language, "ordered.stop")


@dataclass(frozen=True, slots=True)
class Columns:
    """Cells of the columns that all lines of a plan share."""

    number: int
    name: int


_LEAST_NAME: Final = 12
"""Cells a name has in the narrowest terminal; doses that leave it less stand below."""


def columns_for(plans: Sequence[LinePlan], voice: Voice, width: int) -> Columns:
    """Columns as wide as the plan's lines need, names as far as the other columns leave them room."""
    widest = max((cells(name_text(plan, voice)) for plan in plans), default=0)
    return Columns(len(str(len(plans))), max(16, min(widest, width * 2 // 5 if width < 110 else width // 2, 60)))


def plan_rows(
    plan: LinePlan,
    number: int,
    voice: Voice,
    width: int,
    *,
    columns: Columns,
    here: bool,
    choice: Choice | None,
    target: Target,
    ordered: OrderRow | None = None,
) -> list[Row]:
    """A line of the plan: number, what to do, drug, doses, badges, what was chosen.

    A name that is too long for its column goes on below; it is never cut, for names that begin alike are mistaken for each
    other. Badges that find no room stand below as well.
    """
    words = KINDS[voice.language]
    wide = max(cells(word) for word in words.values())
    glyph, tone = KIND[plan.kind]
    left = [
        Span(CURSOR if here else " ", Tone.STRONG),
        Span(f"{number:>{columns.number}} "),
        Span(f"{glyph} ", tone),
        cell(words[plan.kind], wide + 1, tone),
    ]
    right = choice_spans(choice, voice)
    margin = sum(cells(span.text) for span in left)
    first, below = _middle(
        plan,
        voice,
        badges(plan, voice, ordered),
        most=columns.name,
        room=width - margin - sum(cells(span.text) for span in right) - 1,
        whole=width - margin,
    )
    base = Tone.CURSOR if here else Tone.PLAIN
    gap = max(1, width - margin - sum(cells(span.text) for span in (*first, *right)))
    rows = [Row((*left, *first, Span(" " * gap), *right), base, target)]
    inside = Span(" " * margin)
    rows += [filled(Row((inside, *spans), base, target), width) for spans in below]
    return rows


def _middle(
    plan: LinePlan, voice: Voice, marked: Sequence[Span], *, most: int, room: int, whole: int
) -> tuple[list[Span], list[list[Span]]]:
    """Name, doses and badges in ``room`` cells, and what goes on below in ``whole`` cells."""
    change = Span(dose_change(plan, voice), Tone.PLAIN if plan.after == plan.before else Tone.STRONG)
    need = cells(change.text) + 1
    beside = need <= room - _LEAST_NAME
    column = max(_LEAST_NAME, min(most, room - need if beside else min(room, whole - need)))
    names = wrap(name_text(plan, voice), width=column)
    marks = [*([] if beside else [change]), *marked]
    first = [cell(names[0], column), *([Span(" "), change] if beside else [])]
    free = room - sum(cells(span.text) for span in first)
    while beside and marks and cells(marks[0].text) + 1 <= free:
        free -= cells(marks[0].text) + 1
        first += [Span(" "), marks.pop(0)]
    rest = zip_longest(names[1:], _in_rows(marks, whole - column - 1))
    return first, [[cell(name or "", column), Span(" "), *(some or ())] for name, some in rest]


def _in_rows(marks: Sequence[Span], width: int) -> list[list[Span]]:
    """Badges side by side as far as they fit, the others below."""
    rows: list[list[Span]] = []
    used = width
    for mark in marks:
        if used + cells(mark.text) > width:
            rows.append([])
            used = 0
        rows[-1] += [mark, Span(" ")]
        used += cells(mark.text) + 1
    return rows


def choice_spans(choice: Choice | None, voice: Voice) -> list[Span]:
    """What was chosen for a line, as sign and word."""
    action = None if choice is None else choice.action
    glyph, tone = CHOICE[action]
    word = say(voice.language, f"choice.{'none' if action is None else action.value}")
    wide = max(cells(say(voice.language, f"choice.{a}")) for a in ("none", "accept", "modify", "reject"))
    return [Span(f"{glyph} ", tone), cell(word, wide, tone)]


def result_text(plan: LinePlan, choice: Choice, voice: Voice) -> str:
    """What a choice means for the dose given from now on, with its reason."""
    if choice.dose is None:
        text = say(voice.language, "choice.no_dose")
    elif choice.dose == 0 and plan.before:
        text = say(voice.language, "choice.stop")
    else:
        key = "choice.keep" if choice.dose == plan.before else "choice.dose"
        text = say(voice.language, key, dose=dose_text(choice.dose, plan.unit, voice))
    if choice.reason is not None:
        why = choice.note or say(voice.language, f"reason.{choice.reason.value}")
        text += f"{voice.say('colon')}{clean(why)}"
    if choice.beyond:
        text += voice.say("semicolon") + say(voice.language, "choice.beyond")
    return text


def chosen_dose(plan: LinePlan, choice: Choice | None) -> int | None:
    """The dose that would be given: the choice's, or the plan's while there is none."""
    return (accepted(plan) if choice is None else choice).dose


def limits_text(plan: LinePlan, voice: Voice) -> str:
    """Every limit that bound the line, in full."""
    return voice.listed([LIMITS[voice.language][name] for name in plan.limits])


def modified(choice: Choice | None) -> bool:
    """Whether a choice is not simply the plan."""
    return choice is not None and choice.action is not Action.ACCEPT


def details(plan: LinePlan, day: int, voice: Voice, ordered: OrderRow | None) -> list[Detail]:
    """All there is to know about a line, most asked first."""
    language = voice.language
    found: list[Detail] = []
    if ordered is not None:
        fields = {
            "dose": ordered_dose(ordered, voice),
            "time": time_text(ordered.minute),
            "author": clean(ordered.author),
        }
        found.append(Detail(say(language, "plan.ordered"), say(language, "ordered.since", **fields), Tone.ACCENT))
    if plan.rule is None:
        text = voice.say("waits" if plan.missing else "no_rule")
        found.append(Detail(say(language, "plan.why"), text, Tone.STRONG))
    else:
        text = f"{voice.text('rule', plan.rule.rule_id)} [{plan.rule.rule_id}]"
        found.append(Detail(say(language, "plan.why"), text, Tone.STRONG))
    if plan.kind is PlanKind.REFER:
        found.append(Detail(say(language, "plan.refer"), who_text(plan, voice), Tone.WARN))
    if plan.limits:
        found.append(Detail(say(language, "plan.limits"), limits_text(plan, voice), Tone.WARN))
    if plan.missing is not None:
        found.append(Detail(say(language, "plan.needs"), voice.sentence(missing_text(plan.missing, voice)), Tone.WARN))
    found += _notices(plan, voice)
    if plan.rule is not None:
        decisive, others = told_apart(plan.rule, voice.pack)
        found += [
            Detail(say(language, "plan.seen"), f"- {comparison_text(group, plan.unit, voice)}") for group in decisive
        ]
        if others:
            seen = voice.listed([comparison_text(group, plan.unit, voice) for group in others])
            found.append(Detail(say(language, "plan.seen"), f"- {voice.say('also', what=seen)}", Tone.DIM))
    outcome = outcome_of(plan, day, voice)
    if outcome:
        found.append(Detail(say(language, "plan.next"), outcome))
    found += [Detail(say(language, "plan.near"), near_text(near, plan, voice)) for near in plan.near]
    return [*found, *_provenance(plan, voice)]


def urgency(notice: str) -> int:
    """The place of a notice: urgent ones first, in their order."""
    return URGENT_NOTICES.index(notice) if notice in URGENT_NOTICES else len(URGENT_NOTICES)


def _notices(plan: LinePlan, voice: Voice) -> list[Detail]:
    """What to do apart from doses."""
    label = say(voice.language, "plan.notice")
    return [
        Detail(label, voice.text("notice", name), Tone.DANGER if name in URGENT_NOTICES else Tone.PLAIN)
        for name in sorted(plan.notices, key=urgency)
    ]


def _provenance(plan: LinePlan, voice: Voice) -> list[Detail]:
    """Which local assumptions and sources the rule of a line rests on."""
    if plan.rule is None:
        return []
    language = voice.language
    found: list[Detail] = []
    for parameter in plan.rule.assumptions:
        text = voice.say(
            "assumption",
            name=voice.text("parameter", parameter.name),
            value=parameter_text(parameter, bound_value(parameter, voice), plan.unit, voice),
            note=voice.text("parameter_note", parameter.name, parameter.note),
            who=voice.text("who", parameter.sign_off or "", parameter.sign_off),
        )
        found.append(Detail(say(language, "plan.assumed"), voice.sentence(text)))
    for source in plan.rule.sources:
        mark = MARKS[language].get(source.mark, source.mark)
        text = f"{source.cite} [{source.mark}{voice.say('colon')}{mark}]"
        found.append(Detail(say(language, "plan.source"), text, Tone.DIM))
    return found


def detail_rows(found: list[Detail], width: int) -> list[Row]:
    """Details under each other, labels in a column of their own."""
    label = max((cells(detail.label) for detail in found), default=0) + 2
    rows: list[Row] = []
    last = ""
    for detail in found:
        name = "" if detail.label == last else detail.label
        last = detail.label
        for i, text in enumerate(wrap(clean(detail.text), width=width - label - 1)):
            rows.append(line(cell(f" {name}" if i == 0 else "", label + 1, Tone.DIM), Span(text, detail.tone)))
    return rows


def title_text(plan: LinePlan, voice: Voice) -> str:
    """The line with the strength of its drug."""
    return clean(line_text(plan, voice))


def day_text(day: int, voice: Voice) -> str:
    """A day of the chart."""
    return short_date(day, voice.language)
