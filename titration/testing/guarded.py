"""What the guard promises of any pack's plans, however reckless the pack: faults found, as sentences.

The guard's numbers are written out again here: a law that read them from the guard would follow any change of them.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from titration.clinical import LINE_KINDS, LabKind, Slot
from titration.engine.decide import Decision
from titration.engine.plans import NO_RULE, Plans
from titration.features.attribution import INSULIN_KINDS
from titration.log.model import Log, lab_code
from titration.packs.model import Tier
from titration.units import MILLI, UnitSystem, grid_text

LOW = {UnitSystem.MMOL: 39, UnitSystem.MGDL: 70}
LOCKOUT_DAYS = 7
C_PEPTIDE_STOP = 600
MOST_UP_UNITS, MOST_UP_PERCENT, SMALL_STEP_UNITS = 8_000, 20, 2_000
DAY_CAP_PERCENT = 20
LAST_DOSE_UNITS = 10_000
SAFETY, REDUCE = int(Tier.SAFETY), int(Tier.REDUCE)

Mask = NDArray[np.bool_]
Whole = NDArray[np.int64]


def change(plans: Plans) -> Whole:
    """By how much each plan changes its dose, thousandths."""
    return plans.dose_after.astype(np.int64) - plans.dose_before


def days_of_lows(log: Log) -> set[tuple[int, int]]:
    """Patient-days with a reading below level 1."""
    low = log.readings.value < LOW[log.system]
    return set(zip(log.readings.patient[low].tolist(), (log.readings.minute[low] // 1440).tolist(), strict=True))


def tiers_of(decision: Decision) -> Whole:
    """Tier of each plan's credited rule; 99 where there is none."""
    table = np.array([int(rule.tier) for rule in decision.engine.pack.rules] + [99], np.int64)
    assert NO_RULE == -1
    return table[decision.plans.rule]


def of_insulin(decision: Decision) -> Mask:
    """Which plans are of insulin lines."""
    kind = decision.grid.lines.kind[decision.plans.segment]
    return np.isin(kind, [LINE_KINDS.index(k) for k in INSULIN_KINDS])


def by_day(plans: Plans) -> Whole:
    """The patient-day of each plan, numbered from 0."""
    key = plans.patient.astype(np.int64) << 32 | plans.day
    return np.unique(key, return_inverse=True)[1].astype(np.int64)


def told(decision: Decision, row: int, what: str) -> str:
    """A plan and what is wrong with it, as a line of a failure."""
    plans, log = decision.plans, decision.grid.log
    before, after = (grid_text(int(dose[row]), MILLI) for dose in (plans.dose_before, plans.dose_after))
    rule = int(plans.rule[row])
    credited = "no rule" if rule == NO_RULE else decision.engine.pack.rules[rule].id
    first = int(log.readings.minute.min()) // 1440 if len(log.readings) else 0
    return (
        f"{log.people[int(plans.patient[row])].patient_id}, day {int(plans.day[row]) - first}, "
        f"{log.drugs[int(plans.drug[row])]} {Slot(int(plans.slot[row])).text}: {before} to {after} by {credited}: {what}"
    )


def _rows(chosen: Mask) -> list[int]:
    return np.flatnonzero(chosen).tolist()


def low_never_raises(decision: Decision) -> Iterator[str]:
    """No increase in the week of a reading below 3.9 mmol/L (70 mg/dL)."""
    plans, lows = decision.plans, days_of_lows(decision.grid.log)
    for row in _rows(change(plans) > 0):
        patient, day = int(plans.patient[row]), int(plans.day[row])
        if any((patient, day - back) in lows for back in range(LOCKOUT_DAYS)):
            yield told(decision, row, "raised in the week of a low")


def missing_never_raises(decision: Decision) -> Iterator[str]:
    """No increase without a reading of today or yesterday, or of insulin without a weight."""
    log, plans = decision.grid.log, decision.plans
    read = set(zip(log.readings.patient.tolist(), (log.readings.minute // 1440).tolist(), strict=True))
    weighed = set(log.labs.patient[log.labs.kind == lab_code(LabKind.WEIGHT)].tolist())
    insulin = of_insulin(decision)
    for row in _rows(change(plans) > 0):
        patient, day = int(plans.patient[row]), int(plans.day[row])
        if not any((patient, day - back) in read for back in (0, 1)):
            yield told(decision, row, "raised without a reading of today or yesterday")
        elif insulin[row] and patient not in weighed:
            yield told(decision, row, "insulin raised without a weight")


def steps_keep_within_caps(decision: Decision) -> Iterator[str]:
    """An increase within its cap, a reduction nobody's glucose demanded within its share of the day's insulin."""
    plans, insulin, delta = decision.plans, of_insulin(decision), change(decision.plans)
    before = plans.dose_before.astype(np.int64)
    most = np.minimum(MOST_UP_UNITS, np.maximum(before * MOST_UP_PERCENT // 100, SMALL_STEP_UNITS))
    for row in _rows(insulin & (delta > most)):
        yield told(decision, row, f"more than {grid_text(int(most[row]), MILLI)} units at once")
    day = by_day(plans)
    total = np.bincount(day, weights=before * insulin)[day]
    alone = np.bincount(day, weights=insulin)[day] == 1
    last = (plans.dose_after == 0) & (before <= LAST_DOSE_UNITS) & alone
    free = insulin & (delta < 0) & (tiers_of(decision) > REDUCE) & ~last
    for row in _rows(free & (-delta * 100 > total * DAY_CAP_PERCENT)):
        yield told(decision, row, f"takes more than {DAY_CAP_PERCENT} % of the day's insulin without a low")
    for row in _rows(plans.dose_after < 0):
        yield told(decision, row, "a dose below 0")


def insulin_stops_need_c_peptide(decision: Decision) -> Iterator[str]:
    """No insulin line is stopped without a C-peptide above the limit."""
    plans, labs = decision.plans, decision.grid.log.labs
    measured = labs.kind == lab_code(LabKind.C_PEPTIDE)
    enough = np.unique(labs.patient[measured & (labs.value > C_PEPTIDE_STOP)])
    stops = of_insulin(decision) & (plans.dose_after == 0) & (plans.dose_before > 0)
    for row in _rows(stops & ~np.isin(plans.patient, enough)):
        yield told(decision, row, "insulin stopped without C-peptide above 0.6 nmol/L")


def one_line_changes_a_day(decision: Decision) -> Iterator[str]:
    """Unless glucose demands more: then the lines it is demanded of, and none beside them; never up beside down."""
    plans, delta, day = decision.plans, change(decision.plans), by_day(decision.plans)
    forced = np.zeros(len(plans), np.bool_)
    for row in _rows(delta < 0):
        proposals, at = decision.locate(row)
        # A line is forced by what safety, freeze and reduce rules ask of it, whichever rule is credited.
        forced[row] = proposals.demand[at] < plans.dose_before[row]
    ups, downs = np.bincount(day, weights=delta > 0), np.bincount(day, weights=delta < 0)
    free = np.bincount(day, weights=(delta != 0) & ~forced)
    demanded = np.bincount(day, weights=(delta != 0) & forced)
    for wrong, what in (
        ((ups > 0) & (downs > 0), "one line raised beside another lowered"),
        (free > 1, "more than one line changed that no low demanded"),
        ((free > 0) & (demanded > 0), "a line changed beside one that a low demanded"),
    ):
        for row in _rows(wrong[day] & (delta != 0)):
            yield told(decision, row, what)


def changes_wait(decision: Decision, watch: Decision) -> Iterator[str]:
    """No increase and no taper before the product's settling days have passed since the line's last change.

    ``watch`` is a decision on the same log whose frames hold the guard's features.
    """
    plans, delta = decision.plans, change(decision.plans)
    settle = [drug.product.settle_days if drug.product else 0 for drug in decision.grid.lines.drugs]
    for row in _rows((delta > 0) | ((delta < 0) & (tiers_of(decision) > REDUCE))):
        proposals, at = watch.locate(row)
        since, least = int(proposals.frame.column("guard.unchanged").values[at]), settle[int(plans.drug[row])]
        if since < least:
            yield told(decision, row, f"changed again after {since} days; {least} are its settling time")


def new_readings_come_first(decision: Decision, watch: Decision) -> Iterator[str]:
    """Nothing but a safety rule changes a line again before something was measured after its last change."""
    delta, tiers = change(decision.plans), tiers_of(decision)
    for row in _rows((delta != 0) & (tiers != SAFETY)):
        proposals, at = watch.locate(row)
        readings, symptoms = (
            int(proposals.frame.column(f"guard.new_{n}").values[at]) for n in ("readings", "symptoms")
        )
        if readings <= 0 and not (symptoms > 0 and delta[row] < 0):
            yield told(decision, row, "changed again before anything was measured on the last change")


def faults(decision: Decision) -> Iterator[str]:
    """Everything the guard promises and a decision with the guard on breaks."""
    yield from low_never_raises(decision)
    yield from missing_never_raises(decision)
    yield from steps_keep_within_caps(decision)
    yield from insulin_stops_need_c_peptide(decision)
    yield from one_line_changes_a_day(decision)
    yield from changes_wait(decision, decision)
    yield from new_readings_come_first(decision, decision)
