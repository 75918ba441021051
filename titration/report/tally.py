"""What a replay adds up: counts with their denominators, block by block, in any order."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from titration.clinical import LINE_KINDS, PLAN_KINDS, LineKind
from titration.engine.decide import Decision, Engine
from titration.engine.guard import LOW
from titration.engine.plans import LIMIT_NAMES, NEED, NO_RULE, REFER, Plans
from titration.features.attribution import INSULIN_KINDS
from titration.features.days import I32, Index, Selection
from titration.features.spec import ALL_TIMINGS, FINGER_STICK_AND_LAB, Filter
from titration.units import LO_VALUE, Pair, UnitSystem

LEVEL_2: Final = Pair(30, 54)
NEXT_DOSE_DAYS: Final = 3
"""A dose recorded later than this after a plan says nothing about it."""

NOTICE: Final = (
    "A replay shows agreement, limits and safety behaviour, never outcomes: the glucose after another dose was never observed. "
    "For research and for review by clinicians; not a cleared medical device."
)
"""Written into every export."""

_DIRECTIONS: Final = ("down", "same", "up")


@dataclass
class Tally:
    """Running counts of a replay. Adding blocks in another order gives the same totals."""

    patients: int = 0
    readings: int = 0
    patient_days: int = 0
    first_day: int | None = None
    last_day: int | None = None
    units: Counter[str] = field(default_factory=Counter[str])
    rows: int = 0
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    rules: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    proposals: int = 0
    limits: Counter[str] = field(default_factory=Counter[str])
    missing: Counter[str] = field(default_factory=Counter[str])
    notices: Counter[str] = field(default_factory=Counter[str])
    lows: Counter[str] = field(default_factory=Counter[str])
    low_plans: Counter[str] = field(default_factory=Counter[str])
    low_next: Counter[str] = field(default_factory=Counter[str])
    agreement: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    moves: Counter[tuple[str, str, str]] = field(default_factory=Counter[tuple[str, str, str]])

    def add(self, other: "Tally") -> None:
        """Add another block's counts."""
        for name in ("patients", "readings", "patient_days", "rows", "proposals"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in (
            *("units", "kinds", "rules", "limits", "missing", "notices"),
            *("lows", "low_plans", "low_next", "agreement", "moves"),
        ):
            getattr(self, name).update(getattr(other, name))
        days = [d for d in (self.first_day, other.first_day) if d is not None]
        self.first_day = min(days) if days else None
        days = [d for d in (self.last_day, other.last_day) if d is not None]
        self.last_day = max(days) if days else None


def tally(decision: Decision, plans: Plans) -> Tally:
    """The counts of one block."""
    log = decision.grid.log
    out = Tally(patients=len(log.people), readings=len(log.readings), rows=len(plans))
    out.units[log.system.text] = len(log.people)
    if len(plans):
        # Plans are sorted by patient and day.
        other = (plans.patient[1:] != plans.patient[:-1]) | (plans.day[1:] != plans.day[:-1])
        out.patient_days = int(np.count_nonzero(other)) + 1
        out.first_day, out.last_day = int(plans.day.min()), int(plans.day.max())
    line_kind = decision.grid.lines.kind.take(plans.segment)
    _count_plans(out, decision.engine, plans, line_kind)
    if not decision.engine.pack.guard_off:
        rows = _line_rows(decision, plans)
        _count_lows(out, decision, plans, line_kind, rows)
        _count_agreement(out, decision, plans, line_kind, rows)
    return out


def _line_rows(decision: Decision, plans: Plans) -> Index:
    """Line row of each plan."""
    lines, days = decision.grid.lines, decision.grid.days
    row = days.row_of(plans.patient, plans.day)
    return lines.base[plans.segment] + row - lines.first_row[plans.segment]


def _count_plans(out: Tally, engine: Engine, plans: Plans, line_kind: np.ndarray) -> None:
    rules = engine.program.rules
    wide, lines = len(PLAN_KINDS), len(LINE_KINDS)
    code = (plans.rule - np.int32(NO_RULE)) * np.int32(wide * lines) + (line_kind * np.int8(wide) + plans.kind)
    counts: Index = np.bincount(code)
    for at in map(int, np.flatnonzero(counts)):
        rule, line, kind = at // (wide * lines) + NO_RULE, at // wide % lines, PLAN_KINDS[at % wide].value
        out.kinds[(LINE_KINDS[line].value, kind)] += int(counts[at])
        out.rules[("" if rule == NO_RULE else rules[rule].rule.id, kind)] += int(counts[at])
    changed = plans.dose_after != plans.dose_before
    bound = plans.limits != 0
    out.proposals = int((changed | bound).sum())
    for limit, name in LIMIT_NAMES.items() if bound.any() else ():
        out.limits[name] += int(((plans.limits & limit) != 0).sum())
    missing = np.bincount(plans.missing + 1, minlength=1)[1:]
    for at in map(int, np.flatnonzero(missing)):
        out.missing[engine.missing_names[at]] += int(missing[at])
    for i, name in enumerate(engine.notices):
        told = np.flatnonzero(plans.notices >> i & 1)
        out.notices[name] += len(np.unique(plans.patient[told].astype(np.int64) << 32 | plans.day[told]))


def _count_lows(out: Tally, decision: Decision, plans: Plans, line_kind: np.ndarray, rows: Index) -> None:
    days, lines = decision.grid.days, decision.grid.lines
    system = decision.grid.log.system

    def low(pair: Pair) -> I32:
        keep = Filter(LO_VALUE, pair.on(system) - 1)
        return days.daily("count", Selection(ALL_TIMINGS, FINGER_STICK_AND_LAB, keep))

    level_1 = low(LOW) > 0
    out.lows["days_low_1"] = int(level_1.sum())
    out.lows["days_low_2"] = int((low(LEVEL_2) > 0).sum())
    again = np.zeros(days.size, np.bool_)
    for ahead in (1, 2, 3):
        same = np.zeros(days.size, np.bool_)
        same[:-ahead] = days.keys[ahead:] - days.keys[:-ahead] == ahead
        again[:-ahead] |= same[:-ahead] & level_1[ahead:]
    out.lows["again_within_3_days"] = int((level_1 & again).sum())
    causes = lines.table.members("secretagogue")[plans.drug]
    causes |= np.isin(line_kind, [LINE_KINDS.index(k) for k in INSULIN_KINDS])
    at = np.flatnonzero(level_1[lines.day_row[rows]] & causes & plans.dose_known)
    out.lows["line_days"] = len(at)
    for code, n in zip(*np.unique(plans.kind[at], return_counts=True), strict=True):
        out.low_plans[PLAN_KINDS[int(code)].value] += int(n)
    following, near = lines.next_record(rows[at], NEXT_DOSE_DAYS)
    before = plans.dose_before[at]
    ended = ~near & (lines.ended_row[plans.segment[at]] >= 0)
    for name, mask in (
        ("lower", near & (following < before)),
        ("same", near & (following == before)),
        ("higher", near & (following > before)),
        ("ended", ended),
        ("unknown", ~near & ~ended),
    ):
        out.low_next[name] += int(mask.sum())


def _count_agreement(out: Tally, decision: Decision, plans: Plans, line_kind: np.ndarray, rows: Index) -> None:
    following, near = decision.grid.lines.next_record(rows, NEXT_DOSE_DAYS)
    decided = (plans.kind != NEED) & (plans.kind != REFER)
    for code in np.unique(line_kind):
        kind = LINE_KINDS[int(code)]
        if kind is LineKind.OTHER:
            continue
        mine = np.flatnonzero(line_kind == code)
        known = plans.dose_known[mine]
        out.agreement[(kind.value, "dose_unknown")] += int((~known).sum())
        waits = known & ~decided[mine]
        out.agreement[(kind.value, "plan_waits")] += int(waits.sum())
        out.agreement[(kind.value, "no_next_dose")] += int((known & ~waits & ~near[mine]).sum())
        mine = mine[known & ~waits & near[mine]]
        plan = np.sign(plans.dose_after[mine].astype(np.int64) - plans.dose_before[mine])
        log = np.sign(following[mine].astype(np.int64) - plans.dose_before[mine])
        out.agreement[(kind.value, "compared")] += len(mine)
        out.agreement[(kind.value, "same_direction")] += int((plan == log).sum())
        out.agreement[(kind.value, "same_dose")] += int((plans.dose_after[mine] == following[mine]).sum())
        for cell, n in zip(*np.unique((plan + 1) * 3 + log + 1, return_counts=True), strict=True):
            out.moves[(kind.value, _DIRECTIONS[int(cell) // 3], _DIRECTIONS[int(cell) % 3])] += int(n)


def summary(total: Tally, engines: Mapping[UnitSystem, Engine], extra: Mapping[str, Any]) -> dict[str, Any]:
    """The summary a replay writes and prints; keys are sorted where order carries no meaning."""
    engine = next(iter(engines.values()))
    pack = engine.pack
    tiers = {r.id: r.tier.text for r in pack.rules}
    kinds = sorted({k for k, _ in total.kinds}, key=[k.value for k in LINE_KINDS].index)
    return {
        "notice": NOTICE,
        "pack": {"id": pack.id, "version": pack.version, "status": pack.status, "sha256": pack.sha256},
        "input": {
            "format": extra["format"],
            "patients": total.patients,
            "readings": total.readings,
            "patient_days": total.patient_days,
            "first_day": _iso(total.first_day),
            "last_day": _iso(total.last_day),
            "units": dict(sorted(total.units.items())),
        },
        "load": extra["load"],
        "plans": {
            "rows": total.rows,
            "patient_days": total.patient_days,
            "by_kind": {k.value: sum(n for (_, p), n in total.kinds.items() if p == k.value) for k in PLAN_KINDS},
            "by_line_kind": {k: {p.value: total.kinds[(k, p.value)] for p in PLAN_KINDS} for k in kinds},
            "by_rule": [
                {"rule": rule, "tier": tiers.get(rule, ""), "kind": kind, "n": n}
                for (rule, kind), n in sorted(total.rules.items(), key=lambda e: (-e[1], e[0]))
            ],
        },
        "limits": {"proposals": total.proposals, "bound": _largest_first(total.limits)},
        "missing": {"of": total.rows, "by_feature": _largest_first(total.missing)},
        "notices": _largest_first(total.notices),
        "lows": _lows(total),
        "agreement": {k: _agreement(total, k) for k in kinds if (k, "compared") in total.agreement},
        "assumptions": sorted(p.name for p in pack.parameters.values() if p.basis is not None),
        "taper": extra["taper"],
    }


def _lows(total: Tally) -> dict[str, Any]:
    return {
        "days_low_1": total.lows["days_low_1"],
        "days_low_2": total.lows["days_low_2"],
        "line_days": total.lows["line_days"],
        "plan": {k.value: total.low_plans[k.value] for k in PLAN_KINDS},
        "log_next": {k: total.low_next[k] for k in ("lower", "same", "higher", "ended", "unknown")},
        "again_within_3_days": total.lows["again_within_3_days"],
        "of_days": total.lows["days_low_1"],
    }


def _agreement(total: Tally, kind: str) -> dict[str, Any]:
    count = total.agreement
    return {
        "compared": count[(kind, "compared")],
        "same_direction": count[(kind, "same_direction")],
        "same_dose": count[(kind, "same_dose")],
        "table": {p: {q: total.moves[(kind, p, q)] for q in _DIRECTIONS} for p in _DIRECTIONS},
        "not_compared": {
            "no_next_dose": count[(kind, "no_next_dose")],
            "dose_unknown": count[(kind, "dose_unknown")],
            "plan_waits": count[(kind, "plan_waits")],
        },
    }


def _largest_first(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(((k, n) for k, n in counts.items() if n), key=lambda e: (-e[1], e[0])))


def _iso(day: int | None) -> str | None:
    return None if day is None else (date(1970, 1, 1) + timedelta(days=day)).isoformat()
