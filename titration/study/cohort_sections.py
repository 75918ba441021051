"""A group in words and tables; every share with its denominator, every number with its n."""

import re
from collections.abc import Iterator

from titration.study.attribution import LOW_BEFORE_DAYS
from titration.study.case_safety import alarm_lines, lows_after_increase
from titration.study.case_sections import drivers_text
from titration.study.cohort import Cohort, VisitSummary, difference
from titration.study.measures import PLACES, UNITS
from titration.study.phrases import head, phrase
from titration.study.safety import Flag
from titration.study.sections import Report, Section, Table
from titration.study.statistics import PairedChange, Proportion, Summary
from titration.study.success import Tally
from titration.study.words import ENDPOINTS, FLAGS, OUTCOMES, REASONS, Language, named
from titration.study.words import UNITS as UNIT_WORDS

_TRAILING = re.compile(r"\.0+(?!\d)|(?<=\.\d)0+(?!\d)")
"""The zeros that mean nothing behind a decimal point."""


def cohort_report(
    cohort: Cohort,
    language: Language,
    *,
    lead: tuple[str, ...],
    left_out: tuple[str, ...],
    against: Cohort | None = None,
) -> Report:
    """The report of a group; ``against`` is another group whose success is set beside it."""
    sections = (
        _alarms(cohort, language),
        _endpoints(cohort, language),
        Section("figures", phrase("s.figures", language), figures=("glycaemia", "islets")),
        _doses(cohort, language),
        _success(cohort, language, against),
        _safety(cohort, language),
    )
    if left_out:
        lead = (*lead, phrase("left_out", language, who=phrase("comma", language).join(left_out)))
    return Report(phrase("cohort_title", language, n=len(cohort.cases)), lead, sections)


def share_text(share: Proportion) -> str:
    """n/N (percent), never a percentage alone."""
    return f"{share.n}/{share.of}" if share.percent is None else f"{share.n}/{share.of} ({share.percent:.1f} %)"


def _alarms(cohort: Cohort, language: Language) -> Section:
    urgent = tuple(f"{c.person.patient_id} {line}" for c in cohort.cases for line in alarm_lines(c, language))
    return Section("alarms", phrase("s.alarms", language), () if urgent else (phrase("no_alarms", language),), urgent)


def _endpoints(cohort: Cohort, language: Language) -> Section:
    heads = tuple(head(h, language) for h in ("visit", "n", "median", "mean", "pairs", "change_ci", "p_t", "p_w"))
    tables: list[Table] = []
    for endpoint, unit in UNITS.items():
        rows = tuple(_summary_row(each, language) for each in cohort.summaries if each.endpoint == endpoint)
        if rows:
            spelt = named(UNIT_WORDS, unit, language) if unit in UNIT_WORDS else unit
            name = named(ENDPOINTS, endpoint, language)
            tables.append(Table(f"{name}{'，' if language == 'zh' else ', '}{spelt}" if spelt else name, heads, rows))
    paragraphs = [phrase("n_note", language, visit=cohort.visits[0]), phrase("homa_note", language)]
    if cohort.no_tests:
        paragraphs.append(phrase("no_tests", language, why=cohort.no_tests))
    return Section("endpoints", phrase("s.endpoints", language), tuple(paragraphs), tables=tuple(tables))


def _summary_row(each: VisitSummary, language: Language) -> tuple[str, ...]:
    places, found = PLACES[each.endpoint], each.summary
    cells = (median_text(found, places), mean_text(found, places), *_change_cells(each.change, places, language))
    if each.endpoint == "insulin_daily":
        # A dose never ends in a 0 behind the point: 1.0 has been read as 10.
        cells = tuple(_TRAILING.sub("", cell) for cell in cells[:4]) + cells[4:]
    return (each.visit, str(found.n), *cells)


def median_text(found: Summary, places: int) -> str:
    """Median (Q1, Q3)."""
    low, high = found.quartiles
    return f"{found.median:.{places}f} ({low:.{places}f}, {high:.{places}f})"


def mean_text(found: Summary, places: int) -> str:
    """Mean ± SD; no SD of a single value."""
    return f"{found.mean:.{places}f}" + ("" if found.sd is None else f" ± {found.sd:.{places}f}")


def _change_cells(change: PairedChange | None, places: int, language: Language) -> tuple[str, ...]:
    if change is None:
        return ("–", "–", "–", "–")
    more = places + 1
    told = f"{change.mean:+.{more}f}"
    if change.interval is not None:
        told += f" ({change.interval[0]:+.{more}f}, {change.interval[1]:+.{more}f})"
    why = named(REASONS, change.why, language) if change.why else "–"
    return str(change.n), told, _p(change.p_t, why), _p(change.p_wilcoxon, why)


def _p(value: float | None, why: str) -> str:
    if value is None:
        return why
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _doses(cohort: Cohort, language: Language) -> Section:
    heads = ("", "n/N", head("median", language))
    rows = (
        (_TEXT["half"][language == "zh"], share_text(cohort.half), _days(cohort.half_days)),
        (_TEXT["off"][language == "zh"], share_text(cohort.off), _days(cohort.off_days)),
        (_TEXT["tablet"][language == "zh"], share_text(cohort.tablet), ""),
    )
    changes = [each for case in cohort.cases for each in case.changes]
    said = drivers_text(changes, language, ruled=all(case.ruled for case in cohort.cases))
    return Section(
        "doses", phrase("s.doses", language), (said, phrase("bound", language)), tables=(Table("", heads, rows),)
    )


_TEXT = {
    "half": (
        "insulin at half of the baseline or less, of those on insulin then; day from the baseline of those who reached it",
        "胰岛素降至基线一半或以下（分母：基线使用胰岛素者）；达到者距基线天数",
    ),
    "off": ("insulin stopped, of those on insulin then; day", "停用胰岛素（分母同上）；天数"),
    "tablet": ("a tablet stopped, of those on tablets at the baseline", "至少停用一种口服药（分母：基线使用口服药者）"),
    "against": ("other group", "另一组"),
    "difference": ("difference, % points (95 % CI, Wald)", "差值，百分点（95%CI，Wald法）"),
    "insulin": ("of those on insulin", "其中用胰岛素者"),
    "infusions": ("per infusion", "每次输注"),
    "people": ("patients", "患者"),
    "lows": ("episodes below 3.9 mmol/L", "低于3.9 mmol/L次数"),
}


def _days(summary: Summary | None) -> str:
    return "–" if summary is None else f"{median_text(summary, 0)}, n={summary.n}"


def _success(cohort: Cohort, language: Language, against: Cohort | None) -> Section:
    protocol = cohort.cases[0].protocol
    heads = [
        *(head(h, language) for h in ("definition", "visit", "of")),
        _TEXT["insulin"][language == "zh"],
        head("excluded", language),
    ]
    if against is not None:
        heads += [_TEXT["against"][language == "zh"], _TEXT["difference"][language == "zh"]]
    rows: list[tuple[str, ...]] = []
    for table in protocol.file.success:
        own, insulin = cohort.success[table.id]
        row = [
            protocol.text(f"success-{table.id}", language), table.visit, share_text(own.met),
            share_text(insulin.met), _excluded(own, language),
        ]  # fmt: skip
        if against is not None:
            other = against.success[table.id][0]
            row += [share_text(other.met), _difference(own, other)]
        rows.append(tuple(row))
    made = Table("", tuple(heads), tuple(rows))
    return Section("success", phrase("s.success", language), (phrase("denominator_note", language),), tables=(made,))


def _difference(own: Tally, other: Tally) -> str:
    found = difference(own, other)
    if found is None:
        return "–"
    # Where both shares are 0 or 1 the Wald interval shrinks to a point: it would pretend to certainty.
    return f"{found[0]:+.2f}" + ("" if found[1] == found[2] else f" ({found[1]:.2f}, {found[2]:.2f})")


def _excluded(found: Tally, language: Language) -> str:
    reasons = phrase("comma", language).join(f"{named(REASONS, r, language)} {n}" for r, n in found.reasons.items())
    return f"{found.unknown}; {found.not_counted}" + (f" ({reasons})" if reasons else "")


def _safety(cohort: Cohort, language: Language) -> Section:
    lows = sum(len(c.episodes) for c in cohort.cases)
    two, three = (sum(e.ada_level == level for c in cohort.cases for e in c.episodes) for level in (2, 3))
    after = sum(lows_after_increase(c) for c in cohort.cases)
    paragraphs = [phrase("lows", language, n=lows, two=two, three=three)]
    if lows:
        paragraphs.append(phrase("lows_after_up", language, n=after, days=LOW_BEFORE_DAYS))
    tables = [t for t in (_event_table(cohort, language), _flag_table(cohort, language)) if t is not None]
    if not any(case.tables.events for case in cohort.cases):
        paragraphs.append(phrase("no_events", language))
    return Section("safety", phrase("s.safety", language), tuple(paragraphs), tables=tuple(tables))


def _event_table(cohort: Cohort, language: Language) -> Table | None:
    rows = tuple(_event_rows(cohort, language, len(cohort.cases)))
    heads = (
        head("term", language),
        head("n", language),
        _TEXT["people"][language == "zh"],
        _TEXT["infusions"][language == "zh"],
        *(head(h, language) for h in ("serious", "grade", "outcome")),
    )
    return Table(phrase("events", language), heads, rows) if rows else None


def _flag_table(cohort: Cohort, language: Language) -> Table | None:
    """Deviations by kind: how many, in how many patients."""
    rows: list[tuple[str, ...]] = []
    for flag in Flag:
        found = [case.person.patient_id for case in cohort.cases for alarm in case.alarms if alarm.flag is flag]
        if found:
            who = share_text(Proportion(len(set(found)), len(cohort.cases)))
            rows.append((named(FLAGS, flag.value, language), str(len(found)), who))
    heads = (head("flag", language), head("n", language), _TEXT["people"][language == "zh"])
    return Table(phrase("s.flags", language), heads, tuple(rows)) if rows else None


def _event_rows(cohort: Cohort, language: Language, people: int) -> Iterator[tuple[str, ...]]:
    """Adverse events by term: events, patients of all patients, events per infusion; each denominator printed."""
    terms = sorted({e.term.casefold() for c in cohort.cases for e in c.tables.events})
    for term in terms:
        found = [(c.person.patient_id, e) for c in cohort.cases for e in c.tables.events if e.term.casefold() == term]
        who = Proportion(len({patient for patient, _ in found}), people)
        grades = sorted(str(e.grade) if e.grade is not None else "?" for _, e in found)
        outcomes = sorted(
            {named(OUTCOMES, e.outcome, language) if e.outcome else phrase("unknown", language) for _, e in found}
        )
        serious = sum(e.serious is True for _, e in found)
        per = share_text(Proportion(len(found), cohort.infusions)) if cohort.infusions else "–"
        yield (
            term,
            str(len(found)),
            share_text(who),
            per,
            str(serious),
            "/".join(grades),
            phrase("comma", language).join(outcomes),
        )
