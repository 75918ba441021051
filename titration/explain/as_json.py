"""An assessment as plain data for JSON: the tokens, free of any language, and both renderings beside them.

Numbers are text in the notation they are read in, so that no reader turns 0.1 into a binary fraction.
"""

from fractions import Fraction
from typing import TypeAlias

from titration.explain.phrases import LANGUAGES, URGENT_NOTICES
from titration.explain.render import render
from titration.explain.trace import (
    Assessment,
    Comparison,
    LinePlan,
    Missing,
    NearMiss,
    Observed,
    Reading,
    RuleTrace,
    Threshold,
)
from titration.explain.values import grid_number, number_text
from titration.explain.voice import date_text
from titration.packs.model import Pack, Parameter
from titration.units import HI_VALUE, LO_VALUE, MILLI, Dimension, UnitSystem, glucose_text

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | None"

FORMAT = 1
_PLACES = 6


def as_json(assessment: Assessment, pack: Pack) -> dict[str, Json]:
    """The assessment as a dict that ``json.dumps`` takes; equal assessments give equal dicts."""
    a = assessment
    return {
        "format": FORMAT,
        "patient": a.patient_id,
        "day": date_text(a.day),
        "glucose_unit": a.system.text,
        "pack": {"id": a.pack_id, "version": a.pack_version, "status": a.pack_status, "sha256": a.pack_sha256},
        "taper_on": a.taper_on,
        "total_insulin": {"before": _dose(a.total_insulin), "after": _dose(a.total_after)},
        "last_reading": None if a.last_reading is None else _reading(a.last_reading, a.system),
        "notices": [{"name": n, "urgent": n in URGENT_NOTICES} for n in a.notices],
        "lines": [_line(line, a.system) for line in a.lines],
        "assumptions": [_parameter(p, a.system) for p in a.assumptions],
        "readings": [_reading(r, a.system) for r in a.readings],
        "text": {language: render(a, pack, language) for language in LANGUAGES},
    }


def _dose(thousandths: int | None) -> str | None:
    return None if thousandths is None else _plain(Fraction(thousandths, MILLI))


def _plain(number: Fraction) -> str:
    return number_text(number, _PLACES).replace(",", "")


def _line(line: LinePlan, system: UnitSystem) -> dict[str, Json]:
    return {
        "drug": line.drug,
        "product": None if line.product is None else line.product.id,
        "slot": line.slot.text,
        "route": line.route.text,
        "line_kind": line.line_kind.value,
        "plan": line.kind.value,
        "before": _dose(line.before),
        "after": _dose(line.after),
        "proposed": _dose(line.proposed),
        "unit": line.unit,
        "rule": None if line.rule is None else _rule(line.rule, system),
        "also": [_rule(trace, system) for trace in line.also],
        "limits": [*line.limits],
        "notices": [*line.notices],
        "missing": None if line.missing is None else _missing(line.missing, system),
        "next_day": date_text(line.next_day),
        "judged_by": [*line.judged_by],
        "near": [_near(near, system) for near in line.near],
        "refer_to": line.refer_to,
    }


def _rule(rule: RuleTrace, system: UnitSystem) -> dict[str, Json]:
    return {
        "id": rule.rule_id,
        "tier": rule.tier,
        "comparisons": [_comparison(c, system) for c in rule.comparisons],
        "sources": [{"name": s.name, "cite": s.cite, "mark": s.mark} for s in rule.sources],
        "assumptions": [p.name for p in rule.assumptions],
    }


def _near(near: NearMiss, system: UnitSystem) -> dict[str, Json]:
    return {"id": near.rule_id, "tier": near.tier, "blockers": [_comparison(c, system) for c in near.blockers]}


def _missing(missing: Missing, system: UnitSystem) -> dict[str, Json]:
    return {
        "feature": missing.feature,
        "observed": None if missing.observed is None else _observed(missing.observed, system),
        "timings": [*missing.timings],
        "have": missing.have,
        "need": missing.need,
        "earliest_day": date_text(missing.earliest_day),
    }


def _comparison(comparison: Comparison, system: UnitSystem) -> dict[str, Json]:
    return {
        "observed": _observed(comparison.observed, system),
        "op": None if comparison.op is None else comparison.op.value,
        "threshold": None if comparison.op is None else _threshold(comparison.threshold, comparison.observed, system),
        "outcome": comparison.outcome,
        "wanted": comparison.wanted,
    }


def _threshold(threshold: Threshold, observed: Observed, system: UnitSystem) -> dict[str, Json]:
    if threshold.other is not None:
        return {"feature": _observed(threshold.other, system)}
    value = _number(threshold.value, None, observed.dimension, system)
    return {"parameter": None if threshold.parameter is None else threshold.parameter.name, "value": value}


def _observed(observed: Observed, system: UnitSystem) -> dict[str, Json]:
    known = observed.value is not None
    return {
        "feature": observed.feature,
        "dimension": observed.dimension.value,
        "value": _number(observed.value, observed.per, observed.dimension, system) if known else None,
        "grid": observed.value,
        "per": observed.per,
        "window_days": observed.window_days,
        "min_count": observed.min_count,
        "measured": None if observed.at_day is None else date_text(observed.at_day),
        "readings": [_reading(r, system) for r in observed.readings],
    }


def _number(value: int | None, per: int | None, dimension: Dimension, system: UnitSystem) -> str | None:
    if value is None:
        return None
    if dimension is not Dimension.GLUCOSE:
        return _plain(grid_number(value, per, dimension))
    if per is None and not LO_VALUE < value < HI_VALUE:
        return glucose_text(value, system)
    return _plain(Fraction(value, (per or 1) * system.steps_per_unit))


def _reading(reading: Reading, system: UnitSystem) -> dict[str, Json]:
    day, of_day = divmod(reading.minute, 1440)
    return {
        "time": f"{date_text(day)}T{of_day // 60:02d}:{of_day % 60:02d}",
        "glucose": glucose_text(reading.value, system),
        "timing": reading.timing,
        "source": reading.source,
    }


def _parameter(parameter: Parameter, system: UnitSystem) -> dict[str, Json]:
    value = parameter.value if isinstance(parameter.value, int) else parameter.value.on(system)
    return {
        "name": parameter.name,
        "value": _number(value, None, parameter.dimension, system),
        "dimension": parameter.dimension.value,
        "basis": parameter.basis,
        "sign_off": parameter.sign_off,
        "note": parameter.note,
    }
