"""An explanation says what decided: the leaves of the credited rule, with the frame's values, alike in both languages."""

import operator
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from tests.laws.plans import decide, engine, over_packs
from tests.laws.test_monotone import seeds
from tests.laws.wards import ward
from tests.unit.explain_stories import numbers
from titration.engine.decide import Decision
from titration.engine.plans import NO_RULE
from titration.explain import as_json, assess, render
from titration.explain.trace import Comparison, LinePlan, Observed
from titration.expr.nodes import AllOf, AnyOf, Compare, Condition, FeatureRef, Known, Leaf, Not, Op, ParameterRef, Zero
from titration.expr.walk import leaves
from titration.log.blocks import only, until
from titration.units import Pair, UnitSystem

SAMPLES = 14
OPS = {
    Op.LT: operator.lt,
    Op.LE: operator.le,
    Op.GT: operator.gt,
    Op.GE: operator.ge,
    Op.EQ: operator.eq,
    Op.NE: operator.ne,
}
WIDE = 100_000
"""So wide that no number is broken over two lines."""


def number(observed: Observed) -> Fraction | None:
    """What was seen, exactly, on the grid."""
    return None if observed.value is None else Fraction(observed.value, observed.per or 1)


def leaf_of(comparison: Comparison) -> Leaf:
    """The leaf a comparison tells of."""
    name, threshold = comparison.observed.feature, comparison.threshold
    if comparison.op is None:
        return Known(name)
    if threshold.parameter is not None:
        return Compare(name, comparison.op, ParameterRef(threshold.parameter.name))
    if threshold.other is not None:
        return Compare(name, comparison.op, FeatureRef(threshold.other.feature))
    return Compare(name, comparison.op, Zero())


def recomputed(comparison: Comparison, system: UnitSystem) -> bool | None:
    """What the comparison comes to from the values told."""
    seen = number(comparison.observed)
    if comparison.op is None:
        return seen is not None
    threshold = comparison.threshold
    if threshold.parameter is not None:
        value = threshold.parameter.value
        bound: Fraction | None = Fraction(value.on(system) if isinstance(value, Pair) else value)
        assert bound == threshold.value
    else:
        bound = number(threshold.other) if threshold.other is not None else Fraction(0)
    return None if seen is None or bound is None else OPS[comparison.op](seen, bound)


def truth(condition: Condition, outcomes: dict[Leaf, bool | None]) -> bool | None:
    """Kleene's value of a condition."""
    match condition:
        case Not(part):
            inner = truth(part, outcomes)
            return None if inner is None else not inner
        case AllOf(parts) | AnyOf(parts):
            values = [truth(part, outcomes) for part in parts]
            decisive = isinstance(condition, AnyOf)
            return decisive if decisive in values else None if None in values else not decisive
        case _:
            return outcomes[condition]


def sampled(decision: Decision, seed: int) -> list[tuple[int, int]]:
    """Patient-days to explain: one of each credited rule there is, then any."""
    plans = decision.plans
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(plans))
    _, first = np.unique(plans.rule[shuffled], return_index=True)
    rows = shuffled[first] if len(first) >= SAMPLES else np.concatenate((shuffled[first], shuffled[:SAMPLES]))
    chosen = rng.permutation(rows)[:SAMPLES]
    return sorted(set(zip(plans.patient[chosen].tolist(), plans.day[chosen].tolist(), strict=True)))


def afresh(decision: Decision, patient: int, day: int) -> Decision:
    """The same patient-day from nothing but the patient's own log as it stood then."""
    ready, log = decision.engine, until(only(decision.grid.log, patient, patient + 1), day)
    return ready.decide(ready.grid(log, through=day))


def check_line(line: LinePlan, decision: Decision, row: int, fresh: tuple[Decision, int]) -> None:
    """A line's trace against the plan's row and against features computed from the patient alone."""
    plans, ready = decision.plans, decision.engine
    assert (line.after, line.next_day) == (int(plans.dose_after[row]), int(plans.next_day[row]))
    index = int(plans.rule[row])
    if index == NO_RULE:
        assert line.rule is None
        return
    rule = ready.pack.rules[index]
    assert line.rule is not None
    assert line.rule.rule_id == rule.id
    told = [leaf_of(c) for c in line.rule.comparisons]
    assert len(told) == len(set(told))
    assert told == list(dict.fromkeys(leaves(rule.when)))
    assert [c.outcome for c in line.rule.comparisons] == [recomputed(c, ready.system) for c in line.rule.comparisons], (
        line.rule
    )
    assert truth(rule.when, dict(zip(told, (c.outcome for c in line.rule.comparisons), strict=True))) is True
    proposals, at = fresh[0].locate(fresh[1])
    for observed in (c.observed for c in line.rule.comparisons):
        column = proposals.frame.column(observed.feature)
        value = Fraction(int(column.values[at]), 1 if column.per is None else int(column.per[at]))
        assert number(observed) == (value if column.is_known(at) else None), (rule.id, observed)


@over_packs(seed=seeds, system=st.sampled_from(UnitSystem))
def test_the_credited_rule_is_told_leaf_by_leaf_with_the_values_that_decided(
    pack: str, seed: int, system: UnitSystem
) -> None:
    decision = decide(pack, ward(seed, patients=12, system=system))
    plans = decision.plans
    for patient, day in sampled(decision, seed):
        rows = np.flatnonzero((plans.patient == patient) & (plans.day == day)).tolist()
        alone = afresh(decision, patient, day)
        there = np.flatnonzero(alone.plans.day == day).tolist()
        assessment = assess(decision, patient, day)
        assert len(assessment.lines) == len(rows) == len(there)
        for line, row, other in zip(assessment.lines, rows, there, strict=True):
            check_line(line, decision, row, (alone, other))


@over_packs(seed=seeds, system=st.sampled_from(UnitSystem))
def test_both_languages_carry_the_same_numbers(pack: str, seed: int, system: UnitSystem) -> None:
    ready = engine(pack, system).pack
    decision = decide(pack, ward(seed, patients=12, system=system))
    for patient, day in sampled(decision, seed):
        assessment = assess(decision, patient, day)
        english, chinese = (render(assessment, ready, language, width=WIDE) for language in ("en", "zh"))
        assert numbers(english) == numbers(chinese), f"{english}\n{chinese}"


@over_packs(seed=seeds)
def test_an_explanation_of_the_ward_is_that_of_the_patient_alone(pack: str, seed: int) -> None:
    decision = decide(pack, ward(seed, patients=8, days=12))
    for patient, day in sampled(decision, seed)[:6]:
        alone = afresh(decision, patient, day)
        ready = decision.engine.pack
        assert as_json(assess(decision, patient, day), ready) == as_json(assess(alone, 0, day), ready)
