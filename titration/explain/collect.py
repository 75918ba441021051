"""From a decision to its trace: reads frames and memos, evaluates nothing."""

from collections.abc import Iterator

import numpy as np

from titration.clinical import PLAN_KINDS, PlanKind, Route, Slot, Source as ReadingSource, Timing
from titration.engine.decide import Decision
from titration.engine.guard import guard_features
from titration.engine.plans import LIMIT_NAMES, NO_RULE
from titration.engine.propose import Proposals
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
from titration.expr.nodes import Compare, FeatureRef, Known, Leaf, ParameterRef
from titration.expr.reason import Finding, blockers, findings
from titration.expr.walk import parameters_of
from titration.features.spec import LINE_SERIES, SERIES, TIMING_BIT, Feature
from titration.packs.bind import BoundRule
from titration.packs.model import Parameter, Percent, Refer, Review, ShareOfTotal, Tier, Units
from titration.units import Dimension

_NEAR = 3
"""How many rules that nearly fired are told."""


def assess(decision: Decision, patient: int, day: int) -> Assessment:
    """The trace of every line of a patient on a day."""
    plans = decision.plans
    rows = np.flatnonzero((plans.patient == patient) & (plans.day == day))
    lines = tuple(_line(decision, int(row)) for row in rows)
    pack, grid = decision.engine.pack, decision.grid
    week = tuple(_week(decision, patient, day))
    insulin = [p for p in lines if p.unit == "units" and p.product is not None and p.route is Route.SC]
    assumed = {a.name: a for line in lines if line.rule is not None for a in line.rule.assumptions}
    taper = grid.state.flag("state.taper").values
    at = np.flatnonzero((grid.days.patient == patient) & (grid.days.day == day))
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
        assumptions=tuple(assumed.values()),
        last_reading=_latest(decision, patient, day),
        total_insulin=sum(p.before or 0 for p in insulin) if insulin else None,
        total_after=sum(p.after for p in insulin) if insulin else None,
        taper_on=bool(len(at)) and bool(taper[at[-1]]),
        readings=week,
    )


def _line(decision: Decision, row: int) -> LinePlan:
    plans, engine = decision.plans, decision.engine
    proposals, at = decision.locate(row)
    drug = decision.grid.lines.drugs[int(plans.drug[row])]
    index = int(plans.rule[row])
    bound = None if index == NO_RULE else engine.program.rules[index]
    known = bool(plans.dose_known[row])
    step = bound.rule.step if bound else None
    kind = PLAN_KINDS[int(plans.kind[row])]
    limits = tuple(name for limit, name in LIMIT_NAMES.items() if plans.limits[row] & limit)
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
        notices=tuple(n for i, n in enumerate(engine.notices) if plans.notices[row] >> i & 1),
        missing=_missing(decision, proposals, at, int(plans.missing[row])),
        next_day=int(plans.next_day[row]),
        judged_by=_timings(int(decision.grid.judged.both[proposals.frame.rows[at]])),
        near=tuple(_near(decision, proposals, at, index)) if kind in (PlanKind.HOLD, PlanKind.NEED_DATA) or limits else (),
        refer_to=step.who if isinstance(step, Refer | Review) and kind is PlanKind.REFER else None,
    )


def _timings(bits: int) -> tuple[str, ...]:
    return tuple(name for name, bit in TIMING_BIT.items() if bits & bit)


def _rule(decision: Decision, proposals: Proposals, at: int, bound: BoundRule) -> RuleTrace:
    pack = decision.engine.pack
    seen: dict[Leaf, Finding] = {}
    for finding in findings(proposals.memo, bound.when, at):
        seen.setdefault(finding.leaf, finding)
    names = parameters_of(bound.when) | set(_step_parameters(bound))
    used = [pack.features[leaf.feature] for leaf in seen if leaf.feature in pack.features]
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
            parameter: Parameter = program.pack.parameters[name]
            return Threshold(parameter, program.thresholds[name])
        case FeatureRef(name):
            return Threshold(other=observe(decision, proposals, at, name))
        case _:
            return Threshold()


def observe(decision: Decision, proposals: Proposals, at: int, name: str) -> Observed:
    """A feature's value at a row, with the readings behind it."""
    frame = proposals.frame
    feature = decision.grid.features[name]
    column = frame.column(name)
    known = column.is_known(at)
    day = int(frame.day[at])
    measured = None
    if feature.of.startswith("lab."):
        _, age, present = decision.grid.state.lab_at(feature.of.removeprefix("lab."))
        row = int(frame.day_row[at])
        measured = day - int(age[row]) if present[row] else None
    return Observed(
        feature=name,
        dimension=feature.dimension,
        value=int(column.values[at]) if known else None,
        per=None if column.per is None else int(column.per[at]),
        window_days=feature.window_days,
        min_count=feature.min_count,
        readings=tuple(_behind(decision, proposals, at, feature)) if feature.is_glucose else (),
        at_day=measured,
    )


def _bits(proposals: Proposals, at: int, feature: Feature) -> int:
    if feature.of in SERIES:
        return SERIES[feature.of]
    if feature.of in LINE_SERIES:
        return int(proposals.frame.grid.judged.bits(feature.of)[proposals.frame.rows[at]])
    return 0


def _behind(decision: Decision, proposals: Proposals, at: int, feature: Feature) -> Iterator[Reading]:
    """The readings a glucose feature was made of, in time order."""
    frame, days = proposals.frame, decision.grid.days
    log = decision.grid.log
    bits = _bits(proposals, at, feature)
    last = int(frame.day[at])
    first = last - feature.window_days + 1
    after_minute = -1
    if feature.since_change:
        lines, row = decision.grid.lines, int(frame.rows[at])
        change = int(lines.last_change[row])
        if lines.changed[change]:
            changed_row = int(lines.day_row[change])
            changed_day = int(days.day[changed_row])
            if changed_day >= first:
                first = changed_day
                after_minute = int(days.dose_minute(Slot(int(lines.slot[lines.segment[row]])))[changed_row])
    chosen = np.flatnonzero(
        (log.readings.patient == frame.patient[at])
        & (days.reading_day >= first)
        & (days.reading_day <= last)
        & ~log.readings.repeat
    )
    for i in chosen:
        timing = int(days.clock_timing[i] if feature.of == "responsible" else log.readings.timing[i])
        value, minute = int(log.readings.value[i]), int(log.readings.minute[i])
        if not bits >> timing & 1 or not feature.sources >> int(log.readings.source[i]) & 1:
            continue
        if not feature.keep.lowest <= value <= feature.keep.highest:
            continue
        if after_minute >= 0 and int(days.reading_day[i]) == first and minute <= after_minute:
            continue
        yield _reading(decision, int(i))


def _reading(decision: Decision, i: int) -> Reading:
    r = decision.grid.log.readings
    return Reading(
        int(r.minute[i]), int(r.value[i]), Timing(int(r.timing[i])).text, ReadingSource(int(r.source[i])).text
    )


def _week(decision: Decision, patient: int, day: int) -> Iterator[Reading]:
    log, days = decision.grid.log, decision.grid.days
    mine = (log.readings.patient == patient) & (days.reading_day > day - 7) & (days.reading_day <= day)
    for i in np.flatnonzero(mine & (log.readings.source != ReadingSource.CGM)):
        yield _reading(decision, int(i))


def _latest(decision: Decision, patient: int, day: int) -> Reading | None:
    log, days = decision.grid.log, decision.grid.days
    mine = (log.readings.patient == patient) & (days.reading_day <= day)
    found = np.flatnonzero(mine & (log.readings.source != ReadingSource.CGM))
    return _reading(decision, int(found[-1])) if len(found) else None


def _missing(decision: Decision, proposals: Proposals, at: int, code: int) -> Missing | None:
    if code < 0:
        return None
    name = decision.engine.missing_names[code]
    day = int(proposals.frame.day[at])
    feature = decision.grid.features.get(name) or guard_features(decision.engine.system).get(name)
    if feature is None or not feature.is_glucose:
        return Missing(name, None, (), 0, 1, day + 1)
    observed = observe(decision, proposals, at, name)
    have = _have(decision, proposals, at, feature)
    need = max(feature.min_count, 1)
    return Missing(name, observed, _timings(_bits(proposals, at, feature)), have, need, day + max(1, need - have))


def _have(decision: Decision, proposals: Proposals, at: int, feature: Feature) -> int:
    """Readings (or days with one) that already count towards the feature's minimum."""
    everything = Feature(
        feature.name, feature.of, feature.reduce, feature.dimension, feature.window_days, since_change=feature.since_change,
        sources=feature.sources,
    )
    found = list(_behind(decision, proposals, at, everything))
    if feature.reduce == "days":
        return len({r.minute // 1440 for r in found})
    return len(found)


def _near(decision: Decision, proposals: Proposals, at: int, fired: int) -> Iterator[NearMiss]:
    """Rules that would have changed the dose, nearest first: fewest comparisons in the way."""
    found: list[tuple[int, int, NearMiss]] = []
    for bound in decision.engine.program.by_kind[proposals.frame.kind]:
        if bound.index == fired or bound.rule.tier in (Tier.HOLD, Tier.FREEZE) or isinstance(bound.rule.step, Review):
            continue
        missing = blockers(proposals.memo, bound.when, at)
        if missing:
            comparisons = tuple(_comparison(decision, proposals, at, f) for f in missing)
            if not any(c.observed.dimension is Dimension.FLAG and c.observed.feature.startswith("is_") for c in comparisons):
                found.append((len(missing), bound.index, NearMiss(bound.rule.id, bound.rule.tier.text, comparisons)))
    found.sort(key=lambda entry: entry[:2])
    yield from (miss for _, _, miss in found[:_NEAR])
