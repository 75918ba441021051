"""The pack as a clinician reads it: rules as decision tables, numbers with where they come from, and a change tried."""

from titration.explain.layout import wrap
from titration.explain.phrases import MARKS, STATUS, TIERS
from titration.explain.voice import Voice
from titration.packs.model import Parameter, Rule
from tui.keys import Keymap
from tui.session import rules
from tui.session.entry import bedside_sheet
from tui.session.layout import rules_rows
from tui.session.reading_state import TABS
from tui.session.state import Session
from tui.views.enter import rule as ruled
from tui.views.enter import who_text
from tui.views.marks import CURSOR
from tui.views.page import Body, Row, Span, Target, Tone, cell, cells, clean, cut, line
from tui.views.rule_facts import (
    Fact,
    feature_facts,
    number_words,
    pack_facts,
    parameter_facts,
    rule_facts,
    source_facts,
)
from tui.views.trial import trial_list, trial_rows
from tui.words import say


def voice_of(session: Session) -> Voice:
    """The words of the pack, in the unit of the patient at hand."""
    sheet = bedside_sheet(session, session.rules.patient)
    rows = () if session.ward.sheet is None else session.ward.sheet.rows
    system = sheet.person.system if sheet is not None else next((row.person.system for row in rows), None)
    from titration.units import UnitSystem

    return session.voice(UnitSystem.MMOL if system is None else system)


def body(session: Session, keymap: Keymap, width: int, height: int) -> Body:
    """Tabs, the list of the tab, and all about what the cursor is on."""
    del keymap
    keys = rules.keys_of(session)
    rows = [_tabs(session, width)]
    high = min(rules_rows(session.size), max(3, height // 2)) if keys else 0
    if keys:
        cursor = min(session.rules.cursor, len(keys) - 1)
        start = max(0, min(cursor // high * high, len(keys) - high))
        start = min(max(start, cursor - high + 1), cursor)
        rows += [_listed(session, keys[i], i, width) for i in range(start, min(len(keys), start + high))]
        rows += [line("")] * (1 + high - len(rows))
    return _with_details(session, rows, keys, width, height)


def _with_details(session: Session, rows: list[Row], keys: tuple[str, ...], width: int, height: int) -> Body:
    details = _details(session, keys, width)
    room = max(1, height - len(rows) - 1)
    most = max(0, len(details) - room)
    start = min(session.rules.scroll, most)
    shown = details[start : start + room]
    rows.append(_rule(session, keys, width, len(details) - start - len(shown)))
    return Body((*rows, *shown), scroll_most=most)


def _tabs(session: Session, width: int) -> Row:
    language = session.settings.language
    spans: list[Span] = [Span(" ")]
    for number, name in enumerate(TABS, 1):
        here = name == session.rules.tab
        text = f"{number} {say(language, f'rules.tab.{name}')}"
        shown = f"[{text}]" if here else f" {text} "
        spans.append(Span(shown, Tone.STRONG if here else Tone.PLAIN, Target("rules.tab", str(number))))
    if session.rules.patient:
        used = sum(cells(span.text) for span in spans)
        who = say(language, "rules.patient", who=who_text(session, session.rules.patient))
        if cells(who) + used + 3 <= width:
            spans.append(Span(f"   {who}", Tone.DIM))
    return Row(tuple(spans))


def _rule(session: Session, keys: tuple[str, ...], width: int, left: int) -> Row:
    language, state = session.settings.language, session.rules
    if state.tab == "try":
        title = say(language, "try.title", who=who_text(session, state.patient)) if state.patient else ""
    elif keys:
        title = f"{min(state.cursor, len(keys) - 1) + 1}/{len(keys)}  {keys[min(state.cursor, len(keys) - 1)]}"
    else:
        title = f"{session.pack.id} {session.pack.version}"
    if left > 0:
        title = f"{say(language, 'rules.more', count=left)}   {title}"
    return ruled(title, width)


def _listed(session: Session, key: str, at: int, width: int) -> Row:
    here = at == session.rules.cursor
    spans = [Span(f"{CURSOR} " if here else "  ", Tone.STRONG), *_row(session, key, width - 2)]
    return Row(tuple(spans), Tone.CURSOR if here else Tone.PLAIN, Target("rules.point", str(at)))


def _row(session: Session, key: str, width: int) -> list[Span]:
    pack, voice = session.pack, voice_of(session)
    match session.rules.tab:
        case "rules":
            found = next(rule for rule in pack.rules if rule.id == key)
            return _rule_row(found, voice, width)
        case "parameters":
            return _parameter_row(session, pack.parameters[key], voice, width)
        case "features":
            return [cell(clean(voice.feature(key)), width - 26), Span(" "), cell(key, 25, Tone.DIM)]
        case "sources":
            source = pack.sources[key]
            mark = f"[{source.mark}]"
            return [cell(mark, 11, Tone.KEY), cell(clean(source.cite), width - 11)]
        case _:
            return trial_list(session, int(key), width)


def _rule_row(found: Rule, voice: Voice, width: int) -> list[Span]:
    tier = TIERS[voice.language][found.tier.text]
    return [cell(tier, 10, Tone.KEY), cell(clean(voice.text("rule", found.id)), width - 10)]


def _parameter_row(session: Session, parameter: Parameter, voice: Voice, width: int) -> list[Span]:
    value = number_words(parameter, voice)
    tried = session.rules.parameters.get(parameter.name)
    sign = say(voice.language, "rules.local") if parameter.basis is not None else ""
    text = value if tried is None else f"{value} {say(voice.language, 'rules.changed', value=tried)}"
    wide = min(44, max(26, width // 2))
    name = clean(voice.text("parameter", parameter.name, parameter.name))
    tone = Tone.PLAIN if tried is None else Tone.ACCENT
    return [
        cell(sign, 6, Tone.WARN),
        cell(cut(name, width - wide - 7), width - wide - 6),
        cell(clean(text), wide, tone),
    ]


def _details(session: Session, keys: tuple[str, ...], width: int) -> list[Row]:
    language, pack, voice = session.settings.language, session.pack, voice_of(session)
    if session.rules.tab == "try":
        return trial_rows(session, width)
    key = keys[min(session.rules.cursor, len(keys) - 1)] if keys else ""
    match session.rules.tab:
        case "rules":
            facts = rule_facts(next(rule for rule in pack.rules if rule.id == key), voice)
        case "parameters":
            facts = parameter_facts(pack.parameters[key], voice)
        case "features":
            facts = feature_facts(pack.features[key], voice)
        case "sources":
            facts = source_facts(pack.sources[key], voice)
        case _:
            facts = pack_facts(pack, voice, STATUS[language].get(pack.status, pack.status))
    return fact_rows(facts, width)


def fact_rows(facts: list[Fact], width: int) -> list[Row]:
    """Facts under each other, labels in a column of their own."""
    label = min(26, max((cells(fact.label) for fact in facts), default=0) + 3)
    rows: list[Row] = []
    named = next((i for i, fact in enumerate(facts) if fact.label), 0)
    for fact in facts[:named]:
        rows += [
            line(Span(part, fact.tone)) for part in wrap(clean(fact.text), width=width - 1, first=" ") if part.strip()
        ]
    for fact in facts[named:]:
        for i, part in enumerate(wrap(clean(fact.text), width=width - label - 1, first=" " * fact.indent)):
            rows.append(line(cell(f" {fact.label}" if i == 0 else "", label, Tone.DIM), Span(part, fact.tone)))
    return rows


def mark_text(mark: str, language: str) -> str:
    """How sure a source is, in words."""
    return MARKS["zh" if language == "zh" else "en"].get(mark, mark)
