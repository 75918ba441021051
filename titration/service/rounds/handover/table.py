"""Sheets as CSV with stable columns and codes, the same in every language, for a spreadsheet or a script."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from titration.log.notation import minute_text
from titration.service.rounds.handover.plain import shown
from titration.service.rounds.told import PatientSheet, Person, WardSheet
from titration.units import MILLI, UnitSystem, glucose_text, grid_text

NOTICE: Final = "for research and review by a clinician; not a medical device; nobody should change a dose on it alone"

WARD_COLUMNS: Final = (
    *("time", "ward", "bed", "patient_id", "name", "urgency", "reasons", "stage", "glucose_unit", "fasting", "fasting_before"),
    *("post_meal", "post_meal_before", "total_insulin_units", "percent_of_baseline", "drug", "slot", "route", "plan"),
    *("dose_before", "dose_after", "dose_unit", "safety", "missing", "ledger_entry", "pack", "pack_version", "pack_status"),
    "notice",
)  # fmt: skip
PATIENT_COLUMNS: Final = (
    *("patient_id", "section", "time", "what", "slot", "value", "unit", "detail", "author", "ledger_entry"),
    *("pack", "pack_version", "pack_status", "notice"),
)  # fmt: skip

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def ward_csv(sheet: WardSheet) -> str:
    """One row a line of each patient's plan; a patient without a line has one row with those columns empty."""
    return _written(WARD_COLUMNS, _ward_rows(sheet))


def patient_csv(sheet: PatientSheet) -> str:
    """One row a fact: lines of the plan, readings, doses, events, measurements, notes and decisions that stand."""
    plan = sheet.assessment
    tail = (plan.pack_id, plan.pack_version, plan.pack_status, NOTICE)
    rows = ((_typed(sheet.person.patient_id), *row, *tail) for row in _facts(sheet))
    return _written(PATIENT_COLUMNS, rows)


def _written(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def _typed(text: str) -> str:
    """Text that a person typed: behind an apostrophe where a spreadsheet would take it for a formula."""
    flat = shown(text)
    return f"'{flat}" if flat.startswith(_FORMULA) else flat


def _ward_rows(sheet: WardSheet) -> Iterator[tuple[str, ...]]:
    for row in sheet.rows:
        person = row.person
        head = (
            minute_text(sheet.minute),
            *(_typed(text) for text in (person.ward, person.bed, person.patient_id, person.name)),
            row.urgency.name.lower(),
            " ".join(row.reasons),
            row.stage.value,
            person.system.text,
            *(_glucose(v, person) for v in (row.fasting, row.fasting_before, row.post_meal, row.post_meal_before)),
            _milli(row.total_insulin),
            "" if row.percent_of_baseline is None else str(row.percent_of_baseline),
        )
        tail = (" ".join(row.missing), str(sheet.head), sheet.pack_id, sheet.pack_version, sheet.pack_status, NOTICE)
        for proposal in row.proposals:
            drug, slot, route = proposal.line
            doses = (_milli(proposal.before), _milli(proposal.after), proposal.unit)
            yield (*head, _typed(drug), slot, route, proposal.kind, *doses, "yes" if proposal.forced else "no", *tail)
        if not row.proposals:
            yield (*head, *[""] * 8, *tail)


def _facts(sheet: PatientSheet) -> Iterator[tuple[str, ...]]:
    """Rows from ``section`` to ``ledger_entry``."""
    system: UnitSystem = sheet.person.system
    now = minute_text(sheet.minute)
    for line in sheet.assessment.lines:
        detail = f"{line.kind.value} from {_milli(line.before) or 'unknown'}; limits: {' '.join(line.limits) or 'none'}"
        dose = (_milli(line.after), line.unit, detail, "")
        yield ("plan", now, _typed(line.drug), line.slot.text, *dose, str(sheet.head))
    for r in sheet.readings:
        value = (glucose_text(r.value, system), system.text, r.source, _typed(r.author))
        yield ("reading", minute_text(r.minute), r.timing, "", *value, str(r.seq))
    for d in sheet.doses:
        amount = (_milli(d.amount), d.unit, d.route, _typed(d.author))
        yield ("dose", minute_text(d.minute), _typed(d.drug), d.slot, *amount, str(d.seq))
    for e in sheet.events:
        yield ("event", minute_text(e.minute), e.kind, "", "", "", _typed(e.note), _typed(e.author), str(e.seq))
    for m in sheet.labs:
        yield ("measurement", minute_text(m.minute), m.kind, "", _milli(m.value), "", "", _typed(m.author), str(m.seq))
    for n in sheet.notes:
        yield ("note", minute_text(n.minute), "", "", "", "", _typed(n.text), _typed(n.author), str(n.seq))
    for signed in sheet.signed:
        for choice in signed.choices:
            drug, slot, _ = choice.line
            why = " ".join(part for part in (choice.action, choice.reason or "", choice.note) if part)
            dose = (_milli(choice.dose), "", _typed(why), _typed(signed.author))
            yield ("decision", minute_text(signed.minute), _typed(drug), slot, *dose, str(signed.seq))


def _glucose(value: int | None, person: Person) -> str:
    return "" if value is None else glucose_text(value, person.system)


def _milli(value: int | None) -> str:
    return "" if value is None else grid_text(value, MILLI)
