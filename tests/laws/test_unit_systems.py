"""The same glucose in the other unit gives the same plan, but where a mean lies between the members of a published pair."""

import operator
from dataclasses import replace

import numpy as np

from tests.laws.answers import answers
from tests.laws.plans import decide, over_packs, with_values
from tests.laws.test_monotone import seeds
from tests.laws.wards import ward
from titration.engine.decide import Decision
from titration.expr.nodes import Compare, Op, ParameterRef
from titration.expr.walk import leaves
from titration.log.model import Log
from titration.units import HI_VALUE, LO_VALUE, Pair, UnitSystem

OPS = {Op.LT: operator.lt, Op.LE: operator.le, Op.GT: operator.gt, Op.GE: operator.ge}
HALF = 5
"""Half a mmol/L on the grid: 9 mg/dL."""


def twins(seed: int) -> tuple[Log, Log]:
    """A mmol/L ward of whole halves of a mmol/L, some censored, and the same glucose in mg/dL."""
    log = ward(seed, days=14)
    rng = np.random.default_rng(seed)
    values = np.clip((log.readings.value + HALF // 2) // HALF * HALF, 2 * HALF, 66 * HALF)
    marked = rng.random(len(values))
    low, high = marked < 0.004, marked > 0.996
    mgdl = np.where(low, LO_VALUE, np.where(high, HI_VALUE, values // HALF * 9))
    mmol = np.where(low, LO_VALUE, np.where(high, HI_VALUE, values))
    return with_values(log, mmol), replace(with_values(log, mgdl), system=UnitSystem.MGDL)


def torn(decision: Decision) -> set[tuple[str, int]]:
    """Patient-days on which a mean of the mmol/L ward compares otherwise in mg/dL."""
    pack, people = decision.engine.pack, decision.grid.log.people
    means = {
        (leaf.feature, leaf.op, pack.parameters[leaf.right.name].value)
        for rule in pack.rules
        for leaf in leaves(rule.when)
        if isinstance(leaf, Compare)
        and isinstance(leaf.right, ParameterRef)
        and pack.features[leaf.feature].reduce == "mean"
    }
    found: set[tuple[str, int]] = set()
    for draft in decision.drafts:
        frame = draft.frame
        for name, op, pair in means:
            assert isinstance(pair, Pair)
            column = frame.column(name)
            assert column.per is not None
            total, count = column.values.astype(np.int64), column.per.astype(np.int64)
            # 10 tenths of mmol/L are 18 mg/dL.
            in_mmol = OPS[op](total, pair.mmol_tenths * count)
            in_mgdl = OPS[op](total * 18, pair.mgdl * count * 10)
            for row in np.flatnonzero(in_mmol != in_mgdl).tolist():
                found.add((people[frame.patient[row]].patient_id, int(frame.day[row])))
    return found


@over_packs(seed=seeds)
def test_the_other_unit_gives_the_same_plans(pack: str, seed: int) -> None:
    mmol, mgdl = twins(seed)
    decision = decide(pack, mmol)
    excepted = torn(decision)
    here, there = answers(decision), answers(decide(pack, mgdl))
    assert here.keys() == there.keys()
    assert [f"{k}: {here[k]} or {there[k]}" for k in here if here[k] != there[k] and k[:2] not in excepted] == []
    assert sum(key[:2] in excepted for key in here) < 0.05 * len(here)
