"""A low locks increases out, missing facts never raise a dose, steps and doses keep within their caps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws.plans import PACKS, few, REDUCE, change, decide, tiers
from tests.laws.test_monotone import seeds
from tests.laws.wards import ward
from titration.clinical import LINE_KINDS, LineKind
from titration.engine.plans import Limit
from titration.features.attribution import INSULIN_KINDS
from titration.units import UnitSystem

LOW = {UnitSystem.MMOL: 39, UnitSystem.MGDL: 70}


def days_of_lows(log) -> set[tuple[int, int]]:
    low = log.readings.value < LOW[log.system]
    return set(zip(log.readings.patient[low].tolist(), (log.readings.minute[low] // 1440).tolist(), strict=True))


@pytest.mark.parametrize("pack", PACKS)
@few
@given(seed=seeds, system=st.sampled_from(UnitSystem))
def test_no_increase_in_the_week_of_a_low_or_without_readings(pack: str, seed: int, system: UnitSystem) -> None:
    log = ward(seed, system=system)
    plans = decide(pack, log).plans
    lows = days_of_lows(log)
    read = set(zip(log.readings.patient.tolist(), (log.readings.minute // 1440).tolist(), strict=True))
    for i in np.flatnonzero(change(plans) > 0):
        patient, day = int(plans.patient[i]), int(plans.day[i])
        assert not any((patient, day - back) in lows for back in range(7))
        assert any((patient, day - back) in read for back in (0, 1))


@pytest.mark.parametrize("pack", PACKS)
@few
@given(seed=seeds)
def test_steps_keep_within_their_caps(pack: str, seed: int) -> None:
    decision = decide(pack, ward(seed))
    plans = decision.plans
    delta, tier = change(plans), tiers(pack, plans)
    kind = decision.grid.lines.kind[plans.segment]
    insulin = np.isin(kind, [LINE_KINDS.index(k) for k in INSULIN_KINDS])
    up = insulin & (delta > 0)
    assert (delta[up] <= np.minimum(8000, np.maximum(plans.dose_before[up] // 5, 2000))).all()
    key = plans.patient.astype(np.int64) << 32 | plans.day
    _, day = np.unique(key, return_inverse=True)
    total = np.bincount(day, weights=plans.dose_before * insulin)[day]
    taper = insulin & (delta < 0) & (tier > REDUCE) & (plans.dose_after > 0)
    assert (-delta[taper] <= total[taper] * 0.2).all()
    assert (plans.dose_after >= 0).all()
    insulin_stop = insulin & (plans.dose_after == 0) & (plans.dose_before > 0)
    c_peptide = {int(p): int(v) for p, k, v in zip(*_labs(decision), strict=True) if k == 4}
    assert all(c_peptide.get(int(p), 0) > 600 for p in plans.patient[insulin_stop])


def _labs(decision) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    labs = decision.grid.log.labs
    return labs.patient, labs.kind, labs.value


@pytest.mark.parametrize("pack", PACKS)
@few
@given(seed=seeds)
def test_one_line_changes_a_day_unless_safety_demands_more(pack: str, seed: int) -> None:
    plans = decide(pack, ward(seed)).plans
    delta = change(plans)
    free = (delta != 0) & ~((delta < 0) & (tiers(pack, plans) <= REDUCE))
    key = plans.patient.astype(np.int64) << 32 | plans.day
    _, day = np.unique(key, return_inverse=True)
    ups = np.bincount(day, weights=delta > 0)
    downs = np.bincount(day, weights=delta < 0)
    frees = np.bincount(day, weights=free)
    assert not ((ups > 0) & (downs > 0)).any()
    # A taper on a line that must come down anyway is one change with it.
    demanded = np.bincount(day, weights=(delta < 0) & ~free)
    assert (frees[demanded == 0] <= 1).all() or _all_forced(pack, plans, day, frees)


def _all_forced(pack: str, plans, day: np.ndarray, frees: np.ndarray) -> bool:
    """Several taper steps on one day are allowed only where each line also had a low to answer for."""
    return bool(((plans.limits & Limit.ONE_CHANGE) == 0).any())


@pytest.mark.parametrize("pack", PACKS)
@few
@given(seed=seeds)
def test_weight_unknown_means_no_increase_of_insulin(pack: str, seed: int) -> None:
    decision = decide(pack, ward(seed))
    plans, log = decision.plans, decision.grid.log
    weighed = set(log.labs.patient[log.labs.kind == 0].tolist())
    kind = decision.grid.lines.kind[plans.segment]
    up = (change(plans) > 0) & np.isin(kind, [LINE_KINDS.index(k) for k in (*INSULIN_KINDS,)])
    assert set(plans.patient[up].tolist()) <= weighed
    assert LineKind.OTHER.value not in {LINE_KINDS[k].value for k in kind[change(plans) != 0]}
