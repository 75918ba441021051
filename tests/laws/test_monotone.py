"""A lower reading only adds caution."""

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from tests.laws.plans import REDUCE, change, decide, over_packs, tiers, with_values
from tests.laws.wards import ward
from titration.clinical import LINE_KINDS
from titration.engine.decide import Decision
from titration.features.attribution import INSULIN_KINDS
from titration.log.model import Log
from titration.units import LO_VALUE, UnitSystem

seeds = st.integers(0, 2**32 - 1)


def one_raised(log: Log, seed: int) -> Log:
    """The log with one reading of each patient raised, within the meter's range."""
    rng = np.random.default_rng(seed)
    values = log.readings.value.copy()
    starts = np.searchsorted(log.readings.patient, np.arange(len(log.people) + 1))
    for first, last in pairwise(starts):
        if first < last:
            at = int(rng.integers(first, last))
            values[at] = min(log.system.accepted[1], int(values[at]) + int(rng.choice((1, 2, 5, 20, 60, 150))))
    return with_values(log, values)


def proposed(decision: Decision) -> dict[tuple[int, int], int]:
    """Each line-day's proposal before guard and arbitration; an undecided line does not go up."""
    out: dict[tuple[int, int], int] = {}
    for draft in decision.drafts:
        found, now = draft.proposals, draft.frame.dose.values
        dose = np.where(found.undecided, np.minimum(found.dose, now), found.dose)
        for i in range(len(draft.frame)):
            out[(int(draft.frame.segment[i]), int(draft.frame.day[i]))] = int(dose[i])
    return out


@over_packs(seed=seeds, system=st.sampled_from(UnitSystem))
def test_raising_one_glucose_never_lowers_a_proposal(pack: str, seed: int, system: UnitSystem) -> None:
    log = ward(seed, system=system)
    lower, higher = proposed(decide(pack, log)), proposed(decide(pack, one_raised(log, seed)))
    assert lower.keys() == higher.keys()
    assert [k for k in lower if higher[k] < lower[k]] == []


@over_packs(seed=seeds, system=st.sampled_from(UnitSystem))
def test_plan_keeps_its_direction_when_a_reading_is_lower(pack: str, seed: int, system: UnitSystem) -> None:
    log = ward(seed, system=system)
    decision = decide(pack, log)
    lower, higher = decision.plans, decide(pack, one_raised(log, seed)).plans
    down, up = change(higher) < 0, change(lower) > 0
    assert not (down & up).any(), "less on a line became more"
    demanded = down & (tiers(pack, higher) <= REDUCE)
    assert not (demanded & (change(lower) >= 0)).any(), "a safety reduction was lost"
    kind = decision.grid.lines.kind[lower.segment]
    insulin = np.isin(kind, [LINE_KINDS.index(k) for k in INSULIN_KINDS])
    key = lower.patient.astype(np.int64) << 32 | lower.day
    _, day = np.unique(key, return_inverse=True)
    total_low = np.bincount(day, weights=change(lower) * insulin)
    total_high = np.bincount(day, weights=change(higher) * insulin)
    assert not ((total_high < 0) & (total_low >= 0)).any(), "less insulin a day became none less, or more"


@over_packs(seed=seeds, system=st.sampled_from(UnitSystem))
def test_lo_is_at_least_as_cautious_as_any_number(pack: str, seed: int, system: UnitSystem) -> None:
    log = ward(seed, system=system)
    rng = np.random.default_rng(seed)
    values = log.readings.value.copy()
    starts = np.searchsorted(log.readings.patient, np.arange(len(log.people) + 1))
    chosen = [int(rng.integers(a, b)) for a, b in pairwise(starts) if a < b]
    values[chosen] = system.accepted[0]
    numeric = decide(pack, with_values(log, values))
    values[chosen] = LO_VALUE
    censored = decide(pack, with_values(log, values))
    for a, b in zip(numeric.drafts, censored.drafts, strict=True):
        assert (b.proposals.demand <= a.proposals.demand).all(), "LO demands less than the lowest number"
    lows = {(int(log.readings.patient[i]), int(log.readings.minute[i]) // 1440) for i in chosen}
    plans = censored.plans
    for i in np.flatnonzero(change(plans) > 0):
        assert not any((int(plans.patient[i]), int(plans.day[i]) - back) in lows for back in range(7))
