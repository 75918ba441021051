"""A case in words and tables."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Final

from titration.study.attribution import Driver, Explained, Told
from titration.study.case import Case
from titration.study.case_safety import alarm_section, safety_section
from titration.study.case_visits import infusion_section, schedule_section
from titration.study.doses import Change
from titration.study.indices import EGFR_UNKNOWN, Reason
from titration.study.measures import PLACES, UNITS, Found
from titration.study.phrases import head, phrase
from titration.study.quantities import CPeptide, HbA1c, rounded
from titration.study.sections import (
    Report,
    Section,
    Table,
    amount_text,
    day_text,
    dose_text,
    drug_name,
    line_name,
    unit_of,
)
from titration.study.success import Verdict
from titration.study.words import DRIVERS, ENDPOINTS, PLANS, REASONS, Language, named
from titration.study.words import UNITS as UNIT_WORDS

Texts = Callable[[str], str]
"""The words of a rule, by its id."""

ALWAYS: Final = (
    "fbg",
    "pbg",
    "hba1c",
    "c_peptide",
    "c_peptide_2h",
    "homa_ir_cp",
    "homa_islet_cp",
    "insulin_daily",
    "insulin_percent",
)
"""Endpoints a report shows even when nothing was measured; the others only when something was."""
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


def case_report(case: Case, language: Language, *, texts: Texts, lead: tuple[str, ...] = ()) -> Report:
    """The report of one patient."""
    sections = (
        alarm_section(case, language),
        schedule_section(case, language),
        _screening(case, language),
        infusion_section(case, language),
        _endpoints(case, language),
        Section("figures", phrase("s.figures", language), figures=("course", "glycaemia", "islets")),
        _doses(case, language, texts),
        _success(case, language),
        safety_section(case, language),
    )
    title = phrase("case_title", language, id=case.person.patient_id)
    shown = tuple(s for s in sections if s.paragraphs or s.tables or s.urgent or s.figures)
    return Report(title, lead, shown)


def relative(case: Case, day: int, language: Language) -> str:
    """A day counted from the baseline."""
    base = case.treated_from
    return "" if base is None else phrase("day_rel", language, n=f"{day - base:+d}" if day != base else "0")


def _screening(case: Case, language: Language) -> Section:
    title, found = phrase("s.screening", language), case.stability
    if case.protocol.file.screening is None:
        return Section("screening", title)
    if found is None:
        return Section("screening", title, (phrase("no_screening", language),))
    first, last = day_text(found.first), day_text(found.last)
    if found.stable is None:
        days = found.last - found.first + 1
        said = phrase("stable_unknown", language, n=found.unrecorded, days=days, first=first, last=last)
        return Section("screening", title, (said,))
    if found.stable:
        days = found.last - found.first + 1
        return Section("screening", title, (phrase("stable", language, first=first, last=last, days=days),))
    said = phrase("unstable", language, n=len(found.changes), first=first, last=last)
    heads = tuple(head(h, language) for h in ("date", "line", "change"))
    rows = tuple(
        (day_text(c.day), line_name(case.course, c.line, language), change_text(case, c, language))
        for c in found.changes
    )
    return Section("screening", title, (), (said,), (Table("", heads, rows),))


def _endpoints(case: Case, language: Language) -> Section:
    shown = [v for v in case.visits if case.endpoints[v.name]]
    names = [n for n in UNITS if n in ALWAYS or any(isinstance(case.endpoints[v.name][n], Found) for v in shown)]
    # An insulin-based index nobody may compute is still answered for: people look for it.
    letters: dict[str, str] = {}
    rows: list[tuple[str, ...]] = []
    for name in [n for n in UNITS if n in {*names, "homa_beta"}]:
        cells = [case.endpoints[v.name][name] for v in shown]
        for label, unit, convert, places in _forms(name, language):
            # A dose never ends in a 0 behind the point: 1.0 has been read as 10.
            write = dose_text if name == "insulin_daily" else rounded
            texts = [_cell(cell, lambda value, c=convert, p=places, w=write: w(c(value), p), letters) for cell in cells]
            rows.append((label, unit, *texts))
    heads = (head("endpoint", language), head("unit", language), *(v.name for v in shown))
    notes = [
        f"{letter}{phrase('colon', language)}{named(REASONS, reason, language)}" for reason, letter in letters.items()
    ]
    notes = (
        [f"{phrase('not_computed', language)}{phrase('colon', language)}{phrase('sep', language).join(notes)}"]
        if notes
        else []
    )
    table = Table("", heads, tuple(rows), tuple(notes))
    said = tuple(phrase(key, language) for key in ("endpoints_note", "homa_note", "hba1c_note"))
    return Section("endpoints", phrase("s.endpoints", language), said, tables=(table,))


Convert = Callable[[Fraction], Fraction]


def _forms(name: str, language: Language) -> Iterator[tuple[str, str, Convert, int]]:
    """(label, unit, conversion, decimals) of the rows of an endpoint: HbA1c and C-peptide are given in two units."""
    unit = named(UNIT_WORDS, UNITS[name], language) if UNITS[name] in UNIT_WORDS else UNITS[name]
    label = named(ENDPOINTS, name, language)
    yield label, unit, lambda value: value, PLACES[name]
    if name == "hba1c":
        yield label, "mmol/mol", lambda value: HbA1c(value).in_unit("mmol/mol"), 0
    if name in ("c_peptide", "c_peptide_2h"):
        yield label, "ng/mL", lambda value: CPeptide(value * 1000).in_unit("ng/mL"), 2


def _cell(cell: Found | Reason, write: Callable[[Fraction], str], letters: dict[str, str]) -> str:
    if isinstance(cell, Reason):
        return letters.setdefault(cell.value, _LETTERS[len(letters)])
    text = write(cell.value)
    mark = " m" if cell.source == "cbg" else ""
    if cell.remark == EGFR_UNKNOWN:
        mark += f" {letters.setdefault(EGFR_UNKNOWN, _LETTERS[len(letters)])}"
    return text + mark


def change_text(case: Case, change: Change, language: Language) -> str:
    """A change of dose: old, new, unit; a line begun or stopped in words."""
    unit = unit_of(case.course, change.line.drug, language)
    before, after = amount_text(change.before), amount_text(change.after)
    key = "begun" if not change.before else "ended" if not change.after else "to"
    return phrase(key, language, before=before, after=after, unit=unit)


def _doses(case: Case, language: Language, texts: Texts) -> Section:
    paragraphs = [*_milestones(case, language), drivers_text(case.changes, language, ruled=case.ruled)]
    tables: list[Table] = [_course_table(case, language)] if case.treated_from is not None else []
    if case.changes:
        heads = tuple(head(h, language) for h in ("date", "days", "line", "change", "driver", "rule"))
        rows = tuple(_change_row(case, each, language) for each in case.changes)
        rules = [each.told.rule for each in case.changes if each.told is not None]
        tables.append(Table(phrase("changes", language), heads, rows, _legend(rules, texts, language)))
    if case.unfollowed:
        tables.append(_unfollowed(case, language, texts))
    return Section("doses", phrase("s.doses", language), tuple(paragraphs), tables=tuple(tables))


def _unfollowed(case: Case, language: Language, texts: Texts) -> Table:
    heads = tuple(head(h, language) for h in ("days", "line", "plan", "rule"))
    rows = tuple(
        (
            day_text(u.first)
            if u.first == u.last
            else phrase("range", language, first=day_text(u.first), last=day_text(u.last)),
            line_name(case.course, u.told.line, language),
            _told_text(case, u.told, language),
            u.told.rule,
        )
        for u in case.unfollowed
    )
    notes = _legend([u.told.rule for u in case.unfollowed], texts, language)
    return Table(phrase("unfollowed", language), heads, rows, notes)


def _legend(rules: list[str], texts: Texts, language: Language) -> tuple[str, ...]:
    """What each rule of a table says, once."""
    named_rules = dict.fromkeys(rule for rule in rules if rule)
    return tuple(f"{rule}{phrase('colon', language)}{texts(rule)}" for rule in named_rules if texts(rule) != rule)


def drivers_text(changes: Iterable[Explained], language: Language, *, ruled: bool) -> str:
    """How many changes there were, and how they stand to the plans; without a replay they stand to nothing."""
    count = Counter(each.driver for each in changes)
    if not count.total():
        return phrase("no_changes", language)
    if not ruled:
        return phrase("not_compared", language, n=count.total())
    return phrase(
        "drivers",
        language,
        n=count.total(),
        rule=count[Driver.RULE],
        modified=count[Driver.RULE_MODIFIED],
        clinician=count[Driver.CLINICIAN],
        against=count[Driver.AGAINST],
    )


def _milestones(case: Case, language: Language) -> Iterator[str]:
    found = case.milestones
    if found is None:
        return
    base = case.course.insulin(case.treated_from or 0)
    if isinstance(base, Fraction) and base > 0:
        if found.half is None:
            yield phrase("milestone.no_half", language)
        else:
            kept = phrase("kept" if found.half_kept else "not_kept", language)
            yield phrase(
                "milestone.half",
                language,
                day=day_text(found.half),
                rel=relative(case, found.half, language),
                kept=kept,
            )
        yield phrase("bound", language)
        if found.withdrawal is None:
            yield phrase("milestone.no_off", language)
        else:
            yield phrase(
                "milestone.off",
                language,
                day=day_text(found.withdrawal),
                rel=relative(case, found.withdrawal, language),
            )
    if found.first_tablet is None or found.first_tablet_drug is None:
        yield phrase("milestone.no_tablet", language)
    else:
        drug = drug_name(case.course, found.first_tablet_drug, language)
        day = found.first_tablet
        yield phrase("milestone.tablet", language, drug=drug, day=day_text(day), rel=relative(case, day, language))


def _course_table(case: Case, language: Language) -> Table:
    """Daily amounts of every drug at the visits."""
    days = [(v.name, d) for v in case.visits if v.window and (d := v.held or v.window.target) <= case.as_of]
    drugs = sorted({line.drug for line in case.course.lines}, key=lambda d: (not _gives_insulin(case, d), d))
    rows: list[tuple[str, ...]] = []
    for drug in drugs:
        lines = [line for line in case.course.lines if line.drug == drug]
        cells: list[str] = []
        for _, day in days:
            total = sum(case.course.dose(line, day) for line in lines)
            cells.append(("0" if case.course.covers(day) else "–") if not total else amount_text(total))
        rows.append(
            (
                drug_name(case.course, drug, language),
                f"{unit_of(case.course, drug, language)}/{'日' if language == 'zh' else 'd'}",
                *cells,
            )
        )
    heads = (head("line", language), head("unit", language), *(name for name, _ in days))
    return Table("", heads, tuple(rows))


def _gives_insulin(case: Case, drug: str) -> bool:
    return any(case.course.is_insulin(line) for line in case.course.lines if line.drug == drug)


def _change_row(case: Case, each: Explained, language: Language) -> tuple[str, ...]:
    change, told = each.change, each.told
    why = "" if told is None else told.rule
    if told is not None and each.driver is not Driver.RULE:
        said = _told_text(case, told, language)
        why = f"{said}{phrase('sep', language)}{why}" if why else said
    return (
        day_text(change.day),
        relative(case, change.day, language),
        line_name(case.course, change.line, language),
        change_text(case, change, language),
        named(DRIVERS, each.driver.value, language) if case.ruled else "–",
        why,
    )


def _told_text(case: Case, told: Told, language: Language) -> str:
    if not told.changes:
        return named(PLANS, told.kind.value, language)
    unit = unit_of(case.course, told.line.drug, language)
    key = "ended" if told.after == 0 else "to"
    return phrase(key, language, before=amount_text(told.before), after=amount_text(told.after), unit=unit)


def _success(case: Case, language: Language) -> Section:
    heads = tuple(head(h, language) for h in ("definition", "visit", "answer"))
    rows = tuple(
        (case.protocol.text(f"success-{t.id}", language), t.visit, _answer(case.verdicts[t.id], language))
        for t in case.protocol.file.success
    )
    told = ((t.id, case.protocol.note(t.id, language)) for t in case.protocol.file.success)
    notes = tuple(
        f"{case.protocol.text(f'success-{name}', language)}{phrase('colon', language)}{note}"
        for name, note in told
        if note
    )
    table = Table("", heads, rows, notes)
    return Section("success", phrase("s.success", language), tables=(table,) if rows else ())


def _answer(verdict: Verdict, language: Language) -> str:
    why = "" if verdict.why is None else f"{phrase('colon', language)}{named(REASONS, verdict.why.value, language)}"
    if not verdict.counted:
        return phrase("not_counted", language) + why
    if verdict.met is None:
        return phrase("cannot_say", language) + why
    return phrase("met" if verdict.met else "not_met", language)
