"""Cases and groups as plain values for JSON: exact numbers as text where they are fractions, every unit beside its number."""

from fractions import Fraction
from typing import Any

from titration.study.attribution import Explained, Unfollowed
from titration.study.case import Case
from titration.study.doses import LineKey
from titration.study.indices import Reason
from titration.study.measures import UNITS, Found, estimated
from titration.study.quantities import CPeptide, Glucose
from titration.study.schedule import Appointment
from titration.study.sections import day_text, fraction_text, minute_text


def case_json(case: Case) -> dict[str, Any]:
    """One patient's study."""
    protocol = case.protocol
    return {
        "patient_id": case.person.patient_id,
        "as_of": day_text(case.as_of),
        "protocol": {
            "id": protocol.id,
            "version": protocol.version,
            "status": protocol.file.protocol.status,
            "sha256": protocol.sha256,
            "assumptions": list(protocol.assumptions),
        },
        "baseline": None if case.treated_from is None else day_text(case.treated_from),
        "infusions": [_appointment(a) for a in case.infusions],
        "visits": [{**_appointment(v), "endpoints": endpoints_json(case.endpoints[v.name])} for v in case.visits],
        "phases": [{"phase": p.phase.id, "from": day_text(p.day), "taper": p.phase.taper} for p in case.phases],
        "phases_recorded": case.phases_recorded,
        "screening": _stability(case),
        "milestones": _milestones(case),
        "changes": [_change(e) for e in case.changes],
        "unfollowed": [_unfollowed(u) for u in case.unfollowed],
        "success": {
            name: {"met": v.met, "counted": v.counted, "why": None if v.why is None else v.why.value}
            for name, v in case.verdicts.items()
        },
        "safety": _safety(case),
        "insulin_by_day": [
            [day_text(day), None if units is None else fraction_text(units)] for day, units in case.insulin_by_day()
        ],
    }


def endpoints_json(endpoints: dict[str, Found | Reason]) -> dict[str, Any]:
    """Endpoints of one visit: value, unit, day and source, or why there is none."""
    out: dict[str, Any] = {}
    for name, cell in endpoints.items():
        if isinstance(cell, Reason):
            out[name] = {"value": None, "reason": cell.value}
            continue
        entry = {
            "value": fraction_text(cell.value, 4),
            "unit": UNITS[name],
            "day": day_text(cell.day),
            "source": cell.source,
        }
        if cell.remark:
            entry["remark"] = cell.remark
        out[name] = {**entry, **_other_units(name, cell)}
    return out


def _other_units(name: str, cell: Found) -> dict[str, str]:
    if name in ("fbg", "pbg"):
        return {"mg/dL": fraction_text(Glucose(cell.value).in_unit("mg/dL"), 1)}
    if name == "hba1c":
        ifcc, average = estimated(cell)
        return {"mmol/mol": fraction_text(ifcc, 1), "average_glucose_mmol_L": fraction_text(average, 2)}
    if name in ("c_peptide", "c_peptide_2h"):
        peptide = CPeptide(cell.value * 1000)
        return {unit: fraction_text(peptide.in_unit(unit), 3) for unit in ("pmol/L", "ng/mL")}
    return {}


def _appointment(a: Appointment) -> dict[str, Any]:
    return {
        "name": a.name,
        "target": None if a.window is None else day_text(a.window.target),
        "window": None if a.window is None else [day_text(a.window.first), day_text(a.window.last)],
        "appointed": None if a.appointed is None else day_text(a.appointed),
        "held": None if a.held is None else day_text(a.held),
        "state": a.state.value,
        "provisional": a.provisional,
        "rescheduled_outside": a.rescheduled_outside,
    }


def schedule_json(case: Case) -> dict[str, Any]:
    """Visits and infusions of one patient."""
    return {
        "patient_id": case.person.patient_id,
        "as_of": day_text(case.as_of),
        "infusions": [_appointment(a) for a in case.infusions],
        "visits": [{**_appointment(a), "measures": list(a.measures)} for a in case.visits],
        "urgent": [{"day": day_text(a.day), "flag": a.flag.value, "about": a.about} for a in case.urgent],
    }


def _amount(thousandths: int) -> str:
    return fraction_text(Fraction(thousandths, 1000))


def _line(line: LineKey) -> dict[str, str]:
    return {"drug": line.drug, "slot": line.slot.text, "route": line.route.text}


def _change(each: Explained) -> dict[str, Any]:
    told = each.told
    return {
        "day": day_text(each.change.day),
        **_line(each.change.line),
        "before": _amount(each.change.before),
        "after": _amount(each.change.after),
        "driver": each.driver.value,
        "plan": None
        if told is None
        else {
            "kind": told.kind.value,
            "after": _amount(told.after),
            "rule": told.rule,
            "limits": list(told.limits),
        },
    }


def _unfollowed(each: Unfollowed) -> dict[str, Any]:
    told = each.told
    return {
        "first": day_text(each.first),
        "last": day_text(each.last),
        **_line(told.line),
        "kind": told.kind.value,
        "before": _amount(told.before),
        "after": _amount(told.after),
        "rule": told.rule,
    }


def _stability(case: Case) -> dict[str, Any] | None:
    found = case.stability
    if found is None:
        return None
    return {
        "first": day_text(found.first),
        "last": day_text(found.last),
        "stable": found.stable,
        "changes": [
            {"day": day_text(c.day), **_line(c.line), "before": _amount(c.before), "after": _amount(c.after)}
            for c in found.changes
        ],
    }


def _milestones(case: Case) -> dict[str, Any] | None:
    found, base = case.milestones, case.treated_from
    if found is None or base is None:
        return None
    days = {
        "insulin_half": found.half,
        "insulin_withdrawal": found.withdrawal,
        "first_tablet_stopped": found.first_tablet,
        "first_tablet_lower": found.first_tablet_lower,
    }
    out: dict[str, Any] = {
        name: None if day is None else {"date": day_text(day), "day": day - base} for name, day in days.items()
    }
    total = case.course.insulin(base)
    out["insulin_half_kept"] = found.half_kept
    out["first_tablet_drug"] = found.first_tablet_drug
    out["baseline_insulin"] = fraction_text(total) if isinstance(total, Fraction) else {"reason": total.value}
    return out


def _safety(case: Case) -> dict[str, Any]:
    return {
        "adverse_events": [
            {
                "time": minute_text(e.minute),
                "term": e.term,
                "ctcae_grade": e.grade,
                "ada_level": e.ada_level,
                "relation_infusion": e.relation_infusion,
                "relation_drug": e.relation_drug,
                "serious": e.serious,
                "outcome": e.outcome,
                "note": e.note,
            }
            for e in case.tables.events
        ],
        "low_episodes": [
            {
                "time": minute_text(e.minute),
                "readings": e.readings,
                "ada_level": e.ada_level,
                "ctcae_grade": e.ctcae_grade,
                "felt": e.felt,
                "severe": e.severe,
            }
            for e in case.episodes
        ],
        "flags": [{"day": day_text(a.day), "flag": a.flag.value, "about": a.about} for a in case.alarms],
    }
