"""A group of cases: endpoints by visit with n, change from the first visit, milestones, success, events; all with denominators."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from titration.study.attribution import Driver
from titration.study.case import Case
from titration.study.case_safety import lows_after_increase
from titration.study.measures import UNITS, Found
from titration.study.statistics import (
    NoScipy,
    PairedChange,
    Proportion,
    Summary,
    paired_change,
    summarise,
    wald_difference,
)
from titration.study.success import Tally, tally


@dataclass(frozen=True, slots=True)
class VisitSummary:
    """One endpoint at one visit; ``change`` is from the first visit, in patients with both values."""

    endpoint: str
    visit: str
    summary: Summary
    change: PairedChange | None


@dataclass(frozen=True, slots=True)
class Cohort:
    """A group described. ``no_tests`` says why tests are missing, empty when they are there."""

    cases: tuple[Case, ...]
    visits: tuple[str, ...]
    summaries: tuple[VisitSummary, ...]
    success: dict[str, tuple[Tally, Tally]]
    """By definition: over its own denominator, and among those on insulin at the baseline."""
    half: Proportion
    half_days: Summary | None
    off: Proportion
    off_days: Summary | None
    tablet: Proportion
    drivers: dict[Driver, int]
    infusions: int
    no_tests: str = ""


def build_cohort(cases: Sequence[Case], *, tests: bool = True) -> Cohort:
    """Describe a group of at least one case under one protocol."""
    protocol = cases[0].protocol
    visits = tuple(v.id for v in protocol.visits)
    summaries: list[VisitSummary] = []
    no_tests = "" if tests else "not asked for"
    for endpoint in UNITS:
        for visit in visits:
            found = [case.endpoints[visit].get(endpoint) for case in cases]
            values = [float(f.value) for f in found if isinstance(f, Found)]
            change: PairedChange | None = None
            if visit != visits[0] and not no_tests:
                try:
                    change = paired_change(pairs(cases, endpoint, visits[0], visit))
                except NoScipy as error:
                    no_tests = str(error)
            summary = summarise(values)
            if summary is not None:
                summaries.append(VisitSummary(endpoint, visit, summary, change))
    started = [case for case in cases if _on_insulin(case)]
    reached = [days(case, "half") for case in started if days(case, "half") is not None]
    stopped = [days(case, "withdrawal") for case in started if days(case, "withdrawal") is not None]
    on_tablets = [c for c in cases if c.treated_from is not None and c.course.tablets(c.treated_from)]
    return Cohort(
        tuple(cases),
        visits,
        tuple(summaries),
        {t.id: _tallies(cases, started, t.id) for t in protocol.file.success},
        Proportion(len(reached), len(started)),
        summarise([float(day) for day in reached if day is not None]),
        Proportion(len(stopped), len(started)),
        summarise([float(day) for day in stopped if day is not None]),
        Proportion(sum(days(case, "first_tablet") is not None for case in on_tablets), len(on_tablets)),
        {driver: sum(e.driver is driver for c in cases for e in c.changes) for driver in Driver},
        sum(len(case.tables.infusions) for case in cases),
        no_tests,
    )


def pairs(cases: Sequence[Case], endpoint: str, first: str, second: str) -> list[tuple[float, float]]:
    """(value at ``first``, value at ``second``) of everybody with both."""
    out: list[tuple[float, float]] = []
    for case in cases:
        before, after = case.endpoints[first].get(endpoint), case.endpoints[second].get(endpoint)
        if isinstance(before, Found) and isinstance(after, Found):
            out.append((float(before.value), float(after.value)))
    return out


def days(case: Case, name: str) -> int | None:
    """The day of a milestone, counted from the baseline."""
    if case.milestones is None or case.treated_from is None:
        return None
    day: int | None = getattr(case.milestones, name)
    return None if day is None else day - case.treated_from


def _on_insulin(case: Case) -> bool:
    if case.treated_from is None:
        return False
    total = case.course.insulin(case.treated_from)
    return isinstance(total, Fraction) and total > 0


def _tallies(cases: Sequence[Case], started: Sequence[Case], name: str) -> tuple[Tally, Tally]:
    return tally(c.verdicts[name] for c in cases), tally(c.verdicts[name] for c in started)


def difference(first: Tally, second: Tally) -> tuple[float, float, float] | None:
    """Difference of two groups in percent points with its 95 % Wald interval; None for an empty group."""
    return None if 0 in (first.met.of, second.met.of) else wald_difference(first.met, second.met)


def cohort_json(cohort: Cohort) -> dict[str, Any]:
    """The group as plain values."""
    return {
        "patients": [case.person.patient_id for case in cohort.cases],
        "n": len(cohort.cases),
        "infusions": cohort.infusions,
        "endpoints": [_summary_json(s) for s in cohort.summaries],
        "no_tests": cohort.no_tests,
        "success": {
            name: {"own": _tally_json(own), "on_insulin": _tally_json(ins)}
            for name, (own, ins) in cohort.success.items()
        },
        "insulin_half": {"n": cohort.half.n, "of": cohort.half.of, "days": _described(cohort.half_days)},
        "insulin_stopped": {"n": cohort.off.n, "of": cohort.off.of, "days": _described(cohort.off_days)},
        "tablet_stopped": {"n": cohort.tablet.n, "of": cohort.tablet.of},
        "changes": {driver.value: count for driver, count in cohort.drivers.items()},
        "low_episodes": sum(len(c.episodes) for c in cohort.cases),
        "low_episodes_after_increase": sum(lows_after_increase(c) for c in cohort.cases),
        "adverse_events": sum(len(c.tables.events) for c in cohort.cases),
    }


def _described(summary: Summary | None) -> dict[str, Any] | None:
    if summary is None:
        return None
    return {
        "n": summary.n,
        "median": summary.median,
        "q1": summary.quartiles[0],
        "q3": summary.quartiles[1],
        "mean": summary.mean,
        "sd": summary.sd,
    }


def _summary_json(each: VisitSummary) -> dict[str, Any]:
    change = each.change
    told = None if change is None else {
        "n": change.n, "mean": change.mean, "median": change.median, "interval": change.interval,
        "p_paired_t": change.p_t, "p_wilcoxon": change.p_wilcoxon, "why": change.why,
    }  # fmt: skip
    return {
        "endpoint": each.endpoint,
        "unit": UNITS[each.endpoint],
        "visit": each.visit,
        **(_described(each.summary) or {}),
        "change": told,
    }


def _tally_json(found: Tally) -> dict[str, Any]:
    return {
        "met": found.met.n, "of": found.met.of, "unknown": found.unknown, "not_counted": found.not_counted,
        "everybody": found.everybody, "reasons": dict(found.reasons),
    }  # fmt: skip
