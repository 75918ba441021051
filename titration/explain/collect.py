"""From a decision to its trace: reads frames and memos, evaluates nothing."""

from collections.abc import Iterator

import numpy as np

from titration.clinical import PLAN_KINDS, PlanKind, Route, Slot
from titration.clinical import Source as ReadingSource
from titration.engine.decide import Decision
from titration.engine.guard import guard_features
from titration.engine.plans import LIMIT_NAMES, NO_RULE
from titration.engine.propose import Proposals
from titration.explain.behind import day_behind, reading_at, readings_behind, readings_of, timing_bits
from titration.explain.near import near_misses
from titration.explain.trace import (
    Assessment,
    Comparison,
    LinePlan,
    Missing,
    NearMiss,
    Observed,
    RuleTrace,
    Threshold,
)
from titration.expr.nodes import Compare, FeatureRef, Known, Leaf, ParameterRef
from titration.expr.reason import Finding, findings, outcome
from titration.expr.walk import features_of, parameters_of
from titration.features.attribution import INSULIN_KINDS
from titration.features.spec import TIMING_BIT, Feature
from titration.packs.bind import BoundRule
from titration.packs.model import Percent, Refer, Review, ShareOfTotal, Tier, Units

_WEEK = 7


def assess(decision: Decision, patient: int, day: int) -> Assessment:
    """The trace of every line of a patient (number ``patient`` of the log) on a day (since 1970-01-01)."""
    plans = decision.plans
    rows = np.flatnonzero((plans.patient == patient) & (plans.day == day))
    lines = tuple(_line(decision, int(row)) for row in rows)
    pack, grid = decision.engine.pack, decision.grid
    insulin = [p for p in lines if p.line_kind in INSULIN_KINDS]
    told = [trace for p in lines for trace in (p.rule, *p.also) if trace is not None]
    taper = grid.state.flag("state.taper").values
    at = np.flatnonzero((grid.days.patient == patient) & (grid.days.day == day))
    own = readings_of(decision, patient)
    sticks = own[(grid.days.reading_day[own] <= day) & (grid.log.readings.source[own] != ReadingSource.CGM)]
    week = sticks[grid.days.reading_day[sticks] > day - _WEEK]
    return Assessment(
        patient_id=grid.log.people[patient].patient_id,
        day=day,
        system=grid.log.system,
        pack_id=pack.id,
        pack_version=pack.version,
        pack_status=pack.status,
        pack_sha256=pack.sha256,
        lines=lines,
        notices=tuple(dict.fromkeys(n for p in lines for n in p.notices)),
        assumptions=tuple({a.name: a for trace in told for a in trace.assumptions}.values()),
        last_reading=reading_at(decision, int(sticks[-1])) if len(sticks) else None,
        total_insulin=_total([p.before for p in insulin]),
        total_after=_total([None if p.before is None else p.after for p in insulin]),
        taper_on=bool(len(at)) and bool(taper[at[-1]]),
        readings=tuple(reading_at(decision, i) for i in week.tolist()),
    )


def _total(doses: list[int | None]) -> int | None:
    """The sum, None where there is nothing to sum or one of the doses is unknown."""
    known = [d for d in doses if d is not None]
    return sum(known) if doses and len(known) == len(doses) else None


def _line(decision: Decision, row: int) -> LinePlan:
    plans, engine = decision.plans, decision.engine
    proposals, at = decision.locate(row)
    drug = decision.grid.lines.drugs[int(plans.drug[row])]
    index = int(plans.rule[row])
    bound = None if index == NO_RULE else engine.program.rules[index]
    known = bool(plans.dose_known[row])
    step = bound.rule.step if bound else None
    kind = PLAN_KINDS[int(plans.kind[row])]
    bound_by, notices = int(plans.limits[row]), int(plans.notices[row])
    limits = tuple(name for limit, name in LIMIT_NAMES.items() if bound_by & limit.value)
    return LinePlan(
        drug=drug.written,
        product=drug.product,
        slot=Slot(int(plans.slot[row])),
        route=Route(int(plans.route[row])),
        line_kind=proposals.frame.kind,
        kind=kind,
        before=int(plans.dose_before[row]) if known else None,
        after=int(plans.dose_after[row]),
        unit=drug.product.unit if drug.product else "",
        rule=None if bound is None else _rule(decision, proposals, at, bound),
        proposed=int(proposals.dose[at]),
        limits=limits,
        notices=tuple(n for i, n in enumerate(engine.notices) if notices >> i & 1),
        missing=_missing(decision, proposals, at, int(plans.missing[row])),
        next_day=int(plans.next_day[row]),
        judged_by=_timings(proposals.frame.judged_by("judged", at)),
        near=tuple(_near(decision, proposals, at, index)) if kind in (PlanKind.HOLD, PlanKind.NEED_DATA) else (),
        refer_to=step.who if isinstance(step, Refer | Review) and kind is PlanKind.REFER else None,
        also=tuple(_rule(decision, proposals, at, other) for other in _noticed(decision, proposals, at, index)),
    )


def _timings(bits: int) -> tuple[str, ...]:
    return tuple(name for name, bit in TIMING_BIT.items() if bits & bit)


def _noticed(decision: Decision, proposals: Proposals, at: int, credited: int) -> Iterator[BoundRule]:
    """Rules that fired beside the credited one and carry a notice."""
    for bound in decision.engine.program.by_kind[proposals.frame.kind]:
        spoken = bound.rule.tier in (Tier.SAFETY, Tier.FREEZE) or isinstance(bound.rule.step, Review)
        silenced = bool(proposals.frozen[at]) and not spoken
        if bound.index != credited and bound.rule.notices and not silenced and outcome(proposals.memo, bound.when, at):
            yield bound


def _rule(decision: Decision, proposals: Proposals, at: int, bound: BoundRule) -> RuleTrace:
    pack = decision.engine.pack
    seen: dict[Leaf, Finding] = {}
    for finding in findings(proposals.memo, bound.when, at):
        seen.setdefault(finding.leaf, finding)
    names = parameters_of(bound.when) | set(_step_parameters(bound))
    used = [pack.features[name] for name in features_of(bound.when) if name in pack.features]
    names |= {n for f in used for n in (f.below, f.at_most, f.above, f.at_least, f.max_age) if n is not None}
    return RuleTrace(
        rule_id=bound.rule.id,
        tier=bound.rule.tier.text,
        comparisons=tuple(_comparison(decision, proposals, at, f) for f in seen.values()),
        sources=tuple(pack.sources[s] for s in bound.rule.sources if s in pack.sources),
        assumptions=tuple(pack.parameters[n] for n in sorted(names) if pack.parameters[n].basis is not None),
    )


def _step_parameters(bound: BoundRule) -> Iterator[str]:
    match bound.rule.step:
        case Units(name, _) | ShareOfTotal(name):
            yield name
        case Percent(name, _, floor):
            yield name
            if floor is not None:
                yield floor
        case _:
            return


def _comparison(decision: Decision, proposals: Proposals, at: int, finding: Finding) -> Comparison:
    leaf = finding.leaf
    observed = observe(decision, proposals, at, leaf.feature)
    if isinstance(leaf, Known):
        return Comparison(observed, None, Threshold(), finding.outcome, finding.wanted)
    return Comparison(observed, leaf.op, _threshold(decision, proposals, at, leaf), finding.outcome, finding.wanted)


def _threshold(decision: Decision, proposals: Proposals, at: int, leaf: Compare) -> Threshold:
    program = decision.engine.program
    match leaf.right:
        case ParameterRef(name):
            return Threshold(program.pack.parameters[name], program.thresholds[name])
        case FeatureRef(name):
            return Threshold(other=observe(decision, proposals, at, name))
        case _:
            return Threshold()


def observe(decision: Decision, proposals: Proposals, at: int, name: str) -> Observed:
    """A feature's value at a row of a frame, with the readings behind it."""
    feature = decision.grid.features[name]
    column = proposals.frame.column(name)
    known = column.is_known(at)
    return Observed(
        feature=name,
        dimension=feature.dimension,
        value=int(column.values[at]) if known else None,
        # What an unknown value would have been divided by is a neighbour's number, and nobody's business.
        per=int(column.per[at]) if column.per is not None and column.is_known(at) else None,
        window_days=feature.window_days,
        min_count=feature.min_count,
        readings=tuple(readings_behind(decision, proposals, at, feature)) if feature.is_glucose else (),
        at_day=day_behind(decision, proposals, at, feature),
    )


def _missing(decision: Decision, proposals: Proposals, at: int, code: int) -> Missing | None:
    if code < 0:
        return None
    name = decision.engine.missing_names[code]
    day = int(proposals.frame.day[at])
    feature = decision.grid.features.get(name) or guard_features(decision.engine.system).get(name)
    if feature is None:
        return Missing(name, None, (), 0, 1, day + 1)
    observed = observe(decision, proposals, at, name)
    if not feature.is_glucose:
        return Missing(name, observed, (), 0, 1, day + 1)
    have = len(_counted(decision, proposals, at, feature, day))
    need = max(feature.min_count, 1)
    earliest = _earliest(decision, proposals, at, feature, need)
    return Missing(name, observed, _timings(timing_bits(proposals, at, feature)), have, need, earliest)


def _earliest(decision: Decision, proposals: Proposals, at: int, feature: Feature, need: int) -> int:
    """First day the feature can be known if every reading is taken from tomorrow: old readings leave the window."""
    day = int(proposals.frame.day[at])
    a_day = 1 if feature.reduce == "days" else max(1, timing_bits(proposals, at, feature).bit_count())
    for ahead in range(1, feature.window_days + 1):
        still = len(_counted(decision, proposals, at, feature, day + ahead))
        if still + ahead * a_day >= need:
            return day + ahead
    return day + feature.window_days


def _counted(decision: Decision, proposals: Proposals, at: int, feature: Feature, last: int) -> set[int]:
    """Minutes of the readings (days that have one, for ``days``) that count towards the minimum by day ``last``."""
    day = int(proposals.frame.day[at])
    found = readings_behind(decision, proposals, at, feature, last=last, every=True)
    minutes = {r.minute for r in found if r.minute < (day + 1) * 1440}
    return {minute // 1440 for minute in minutes} if feature.reduce == "days" else minutes


def _near(decision: Decision, proposals: Proposals, at: int, credited: int) -> Iterator[NearMiss]:
    """Rules that would have changed the dose, with what stood in their way."""
    for bound, missing in near_misses(decision, proposals, at, credited):
        comparisons = tuple(_comparison(decision, proposals, at, f) for f in missing)
        yield NearMiss(bound.rule.id, bound.rule.tier.text, comparisons)
