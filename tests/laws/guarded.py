"""What the guard promises of any pack's plans, however reckless the pack."""

import numpy as np

from tests.laws.plans import REDUCE, SAFETY, change
from titration.clinical import LINE_KINDS, LabKind, LineKind
from titration.engine.decide import Decision
from titration.engine.plans import NO_RULE, Plans
from titration.features.attribution import INSULIN_KINDS
from titration.log.model import Log, lab_code
from titration.units import UnitSystem

LOW = {UnitSystem.MMOL: 39, UnitSystem.MGDL: 70}
LOCKOUT_DAYS = 7
C_PEPTIDE_STOP = 600
MOST_UP_UNITS, MOST_UP_PERCENT, SMALL_STEP_UNITS = 8_000, 20, 2_000
DAY_CAP_PERCENT = 20
LAST_DOSE_UNITS = 10_000
"""The guard's numbers, written out again: a law that read them from the guard would follow any change of them."""


def days_of_lows(log: Log) -> set[tuple[int, int]]:
    """Patient-days with a reading below level 1."""
    low = log.readings.value < LOW[log.system]
    return set(zip(log.readings.patient[low].tolist(), (log.readings.minute[low] // 1440).tolist(), strict=True))


def tiers_of(decision: Decision) -> np.ndarray:
    """Tier of each plan's credited rule; 99 where there is none."""
    table = np.array([int(rule.tier) for rule in decision.engine.pack.rules] + [99])
    assert NO_RULE == -1
    return table[decision.plans.rule]


def of_insulin(decision: Decision) -> np.ndarray:
    """Which plans are of insulin lines."""
    kind = decision.grid.lines.kind[decision.plans.segment]
    return np.isin(kind, [LINE_KINDS.index(k) for k in INSULIN_KINDS])


def by_day(plans: Plans) -> np.ndarray:
    """The patient-day of each plan, numbered from 0."""
    key = plans.patient.astype(np.int64) << 32 | plans.day
    return np.unique(key, return_inverse=True)[1]


def assert_increases_are_earned(decision: Decision) -> None:
    """No increase in the week of a low, without a reading of today or yesterday, or of insulin without a weight."""
    log, plans = decision.grid.log, decision.plans
    lows = days_of_lows(log)
    read = set(zip(log.readings.patient.tolist(), (log.readings.minute // 1440).tolist(), strict=True))
    for i in np.flatnonzero(change(plans) > 0):
        patient, day = int(plans.patient[i]), int(plans.day[i])
        assert not any((patient, day - back) in lows for back in range(LOCKOUT_DAYS))
        assert any((patient, day - back) in read for back in (0, 1))
    weighed = set(log.labs.patient[log.labs.kind == lab_code(LabKind.WEIGHT)].tolist())
    assert set(plans.patient[(change(plans) > 0) & of_insulin(decision)].tolist()) <= weighed


def assert_steps_keep_within_caps(decision: Decision) -> None:
    """An increase within its cap, a reduction nobody's glucose demanded within its share of the day's insulin."""
    plans, insulin, delta = decision.plans, of_insulin(decision), change(decision.plans)
    before = plans.dose_before.astype(np.int64)
    up = insulin & (delta > 0)
    most = np.minimum(MOST_UP_UNITS, np.maximum(before * MOST_UP_PERCENT // 100, SMALL_STEP_UNITS))
    assert (delta[up] <= most[up]).all()
    day = by_day(plans)
    total = np.bincount(day, weights=before * insulin)[day]
    alone = np.bincount(day, weights=insulin)[day] == 1
    last = (plans.dose_after == 0) & (before <= LAST_DOSE_UNITS) & alone
    free = insulin & (delta < 0) & (tiers_of(decision) > REDUCE) & ~last
    assert (-delta[free] * 100 <= total[free] * DAY_CAP_PERCENT).all()
    assert (plans.dose_after >= 0).all()


def assert_insulin_stops_only_with_insulin_of_ones_own(decision: Decision) -> None:
    """No insulin line is stopped without a C-peptide above the limit."""
    plans, labs = decision.plans, decision.grid.log.labs
    measured = labs.kind == lab_code(LabKind.C_PEPTIDE)
    enough = set(labs.patient[measured & (labs.value > C_PEPTIDE_STOP)].tolist())
    stops = of_insulin(decision) & (plans.dose_after == 0) & (plans.dose_before > 0)
    assert set(plans.patient[stops].tolist()) <= enough


def assert_one_line_changes_a_day(decision: Decision) -> None:
    """Unless glucose demands more: then the lines it is demanded of, and none beside them; never up beside down."""
    plans, delta, day = decision.plans, change(decision.plans), by_day(decision.plans)
    forced = np.zeros(len(plans), np.bool_)
    for row in np.flatnonzero(delta < 0).tolist():
        proposals, at = decision.locate(row)
        # A line is forced by what safety, freeze and reduce rules ask of it, whichever rule is credited.
        forced[row] = proposals.demand[at] < plans.dose_before[row]
    ups, downs = np.bincount(day, weights=delta > 0), np.bincount(day, weights=delta < 0)
    assert not ((ups > 0) & (downs > 0)).any()
    free = np.bincount(day, weights=(delta != 0) & ~forced)
    demanded = np.bincount(day, weights=(delta != 0) & forced)
    assert (free <= 1).all()
    assert not ((free > 0) & (demanded > 0)).any()


def assert_unforced_changes_wait(decision: Decision) -> None:
    """No increase and no taper before the product's settling days have passed since the line's last change."""
    plans, delta = decision.plans, change(decision.plans)
    settle = np.array([d.product.settle_days if d.product else 0 for d in decision.grid.lines.drugs])[plans.drug]
    for row in np.flatnonzero((delta > 0) | ((delta < 0) & (tiers_of(decision) > REDUCE))).tolist():
        proposals, at = decision.locate(row)
        assert proposals.frame.column("guard.unchanged").values[at] >= settle[row]


def assert_changes_rest_on_new_readings(decision: Decision) -> None:
    """Nothing but a safety rule changes a line again before something was measured after its last change."""
    delta, tiers = change(decision.plans), tiers_of(decision)
    for row in np.flatnonzero((delta != 0) & (tiers != SAFETY)).tolist():
        proposals, at = decision.locate(row)
        readings, symptoms = (
            int(proposals.frame.column(f"guard.new_{n}").values[at]) for n in ("readings", "symptoms")
        )
        assert readings > 0 or (symptoms > 0 and delta[row] < 0)


def assert_guarded(decision: Decision) -> None:
    """Everything the guard promises."""
    assert_increases_are_earned(decision)
    assert_steps_keep_within_caps(decision)
    assert_insulin_stops_only_with_insulin_of_ones_own(decision)
    assert_one_line_changes_a_day(decision)
    assert_unforced_changes_wait(decision)
    assert_changes_rest_on_new_readings(decision)


def kinds_changed(decision: Decision) -> set[LineKind]:
    """Kinds of the lines that change."""
    kind = decision.grid.lines.kind[decision.plans.segment]
    return {LINE_KINDS[k] for k in kind[change(decision.plans) != 0].tolist()}
