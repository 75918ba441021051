"""The visits and infusions of a case in tables."""

from titration.study.case import Case
from titration.study.case_safety import vitals_table
from titration.study.phrases import head, phrase
from titration.study.rows import CheckRow
from titration.study.safety import cells_due, weight_for, weights_of
from titration.study.schedule import Appointment
from titration.study.sections import Section, Table, day_text
from titration.study.words import PHASES, STATES, Language, named


def schedule_section(case: Case, language: Language) -> Section:
    """Visits and infusions with their windows and states, and the phases."""
    heads = tuple(
        head(h, language) for h in ("visit", "what", "target", "window", "appointed", "held", "state", "remark")
    )
    rows = [_visit_row(case, visit, language) for visit in (*case.infusions, *case.visits)]
    rows.sort(key=lambda row: row[2])
    told = [f"{named(PHASES, p.phase.id, language)} {day_text(p.day)}" for p in case.phases]
    paragraphs = [phrase("phases", language, what=phrase("sep", language).join(told))] if told else []
    if told and not case.phases_recorded:
        paragraphs.append(phrase("phases_protocol", language))
    return Section(
        "schedule", phrase("s.schedule", language), tuple(paragraphs), tables=(Table("", heads, tuple(rows)),)
    )


def _visit_row(case: Case, visit: Appointment, language: Language) -> tuple[str, ...]:
    window = visit.window
    what = (
        case.protocol.text(f"visit-{visit.name}", language)
        if not visit.name.startswith("I")
        else head("cells", language)
    )
    if visit.name.startswith("I"):
        what = ("infusion " if language == "en" else "输注 ") + visit.name[1:]
    remarks = [
        *(["provisional" if language == "en" else "暂定"] if visit.provisional else []),
        *(["moved outside its window" if language == "en" else "改约在窗口期外"] if visit.rescheduled_outside else []),
    ]
    row = next((r for r in case.tables.visits if r.visit == visit.name and r.day is not None), None)
    if row is not None:
        for name, value in (("diet", row.diet), ("exercise", row.exercise)):
            if value == "changed":
                remarks.append(
                    {"diet": ("diet changed", "饮食有变"), "exercise": ("exercise changed", "运动有变")}[name][
                        language == "zh"
                    ]
                )
    return (
        visit.name,
        what,
        day_text(None if window is None else window.target),
        "–" if window is None else phrase("range", language, first=day_text(window.first), last=day_text(window.last)),
        day_text(visit.appointed),
        day_text(visit.held),
        named(STATES, visit.state.value, language),
        phrase("sep", language).join(remarks),
    )


def infusion_section(case: Case, language: Language) -> Section:
    """Infusions given, their product checks, and the vital signs around them."""
    title = phrase("s.infusions", language)
    if not case.tables.infusions:
        return Section("infusions", title)
    heads = tuple(
        head(h, language) for h in ("number", "date", "cells", "per_kg", "of_due", "thaw", "checks", "signed")
    )
    weights = weights_of(case.log, case.patient)
    rows: list[tuple[str, ...]] = []
    for row in case.tables.infusions:
        weight = weight_for(case.protocol, row, weights)
        due = None if weight is None else cells_due(case.protocol, weight)
        made = [check for check in case.tables.checks if check.infusion == row.number]
        wanted = case.protocol.file.check
        passed = sum(any(c.check == w.id and _fine(c) for c in made) for w in wanted)
        rows.append(
            (
                str(row.number),
                day_text(row.day),
                f"{float(row.cells) / 1e6:,.1f} x 10^6",
                "–" if weight is None else f"{float(row.cells / weight) / 1e6:.2f} x 10^6",
                "–" if not due else f"{float(row.cells / due) * 100:.0f} %",
                "–" if row.thawed is None else f"{(row.minute - row.thawed) / 60:.1f} h",
                f"{passed}/{len(wanted)}",
                phrase("comma", language).join(sorted({check.signed_by for check in made if check.signed_by})) or "–",
            )
        )
    tables = [Table("", heads, tuple(rows))]
    if case.tables.vitals:
        tables.append(vitals_table(case, language))
    return Section("infusions", title, tables=tuple(tables))


def _fine(check: CheckRow) -> bool:
    return check.passed is True or (check.passed is None and check.value is not None)
