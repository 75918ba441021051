"""Laws about glucose: one reading raised, LO in the place of a number, and the same readings in the other unit."""

import operator
from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from titration.clinical import PLAN_KINDS, Slot
from titration.engine.decide import Decision
from titration.expr.nodes import Compare, Op, ParameterRef
from titration.expr.walk import leaves
from titration.log.model import Log
from titration.packs.model import Pack
from titration.testing.guarded import REDUCE, by_day, change, of_insulin, tiers_of, told
from titration.testing.wards import ward
from titration.units import HI_VALUE, LO_VALUE, Pair, UnitSystem

OPS = {Op.LT: operator.lt, Op.LE: operator.le, Op.GT: operator.gt, Op.GE: operator.ge}
HALF = 5
"""Half a mmol/L on the grid: 9 mg/dL."""
RISES = (1, 2, 5, 20, 60, 150)
THRESHOLDS = 3
"""Of a pack that are met on one ward."""


def with_values(log: Log, values: NDArray[np.int32]) -> Log:
    """The log with other glucose values."""
    return replace(log, readings=replace(log.readings, value=values.astype(np.int32)))


def _starts(log: Log) -> list[int]:
    """Where each patient's readings begin, and the last one's end."""
    return np.searchsorted(log.readings.patient, np.arange(len(log.people) + 1)).tolist()


def raised(pack: Pack, log: Log, seed: int) -> Iterator[tuple[Log, Log]]:
    """The log, and the log with one reading of each patient raised: anyhow, and from below one of the pack's thresholds."""
    rng = np.random.default_rng(seed)
    values = log.readings.value.copy()
    for first, last in pairwise(_starts(log)):
        if first < last:
            at = int(rng.integers(first, last))
            values[at] = min(log.system.accepted[1], int(values[at]) + int(rng.choice(RISES)))
    yield log, with_values(log, values)
    pairs = sorted({p.value.on(log.system) for p in pack.parameters.values() if isinstance(p.value, Pair)})
    for threshold in rng.permutation(pairs)[:THRESHOLDS].tolist():
        under = np.flatnonzero((log.readings.value < threshold) & (log.readings.value >= threshold - 2 * HALF))
        if len(under):
            values = log.readings.value.copy()
            for patient in sorted(set(log.readings.patient[under].tolist())):
                values[rng.choice(under[log.readings.patient[under] == patient])] = threshold + HALF
            yield log, with_values(log, values)


def _proposed(decision: Decision) -> dict[tuple[int, int], int]:
    """Each line-day's proposal before guard and arbitration; an undecided line does not go up."""
    out: dict[tuple[int, int], int] = {}
    for draft in decision.drafts:
        found, now = draft.proposals, draft.frame.dose.values
        dose = np.where(found.undecided, np.minimum(found.dose, now), found.dose)
        keys = zip(draft.frame.segment.tolist(), draft.frame.day.tolist(), strict=True)
        out.update(zip(keys, dose.tolist(), strict=True))
    return out


def _rows_of(decision: Decision) -> dict[tuple[int, int], int]:
    """The plan of each line-day."""
    plans = decision.plans
    return {key: row for row, key in enumerate(zip(plans.segment.tolist(), plans.day.tolist(), strict=True))}


def lowered_proposals(lower: Decision, higher: Decision) -> Iterator[str]:
    """Lines for which more is proposed on the log with the lower readings."""
    less, more = _proposed(lower), _proposed(higher)
    rows = _rows_of(lower)
    for key, dose in less.items():
        if more[key] < dose and key in rows:
            what = f"proposed {dose / 1000:g}, and {more[key] / 1000:g} with one of the readings higher"
            yield told(lower, rows[key], what)


def turned_plans(lower: Decision, higher: Decision) -> Iterator[str]:
    """Lines, and days, that go up or are no longer reduced because a reading is lower."""
    less, more = lower.plans, higher.plans
    down = change(more) < 0
    for row in np.flatnonzero(down & (change(less) > 0)).tolist():
        yield told(lower, row, "raised, and lowered with one of the readings higher")
    lost = down & (tiers_of(higher) <= REDUCE) & (change(less) >= 0)
    for row in np.flatnonzero(lost).tolist():
        yield told(lower, row, "not reduced, and reduced for safety with one of the readings higher")
    day, insulin = by_day(less), of_insulin(lower)
    totals = [np.bincount(day, weights=change(plans) * insulin) for plans in (less, more)]
    for row in np.flatnonzero(((totals[1] < 0) & (totals[0] >= 0))[day] & insulin).tolist():
        yield told(lower, row, "the day's insulin is no less, and less with one of the readings higher")


def with_lo(log: Log, seed: int) -> tuple[Log, Log]:
    """The log with one reading of each patient at the lowest number, and with LO in its place."""
    rng = np.random.default_rng(seed)
    values = log.readings.value.copy()
    chosen = [int(rng.integers(a, b)) for a, b in pairwise(_starts(log)) if a < b]
    values[chosen] = log.system.accepted[0]
    numeric = with_values(log, values)
    values = values.copy()
    values[chosen] = LO_VALUE
    return numeric, with_values(log, values)


def lo_asks_less(numeric: Decision, censored: Decision) -> Iterator[str]:
    """Lines of which LO demands less caution than the lowest number."""
    rows = _rows_of(censored)
    for one, other in zip(numeric.drafts, censored.drafts, strict=True):
        number, lo = one.proposals.demand, other.proposals.demand
        for at in np.flatnonzero(lo > number).tolist():
            row = rows.get((int(other.frame.segment[at]), int(other.frame.day[at])))
            if row is not None:
                yield told(censored, row, f"the lowest number in the place of LO asks for {number[at] / 1000:g}")


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


def torn(decision: Decision) -> set[tuple[int, int]]:
    """Patient-days on which a mean of the mmol/L ward compares otherwise in mg/dL: it lies between the members of a pair."""
    pack = decision.engine.pack
    means = {
        (leaf.feature, leaf.op, pack.parameters[leaf.right.name].value)
        for rule in pack.rules
        for leaf in leaves(rule.when)
        if isinstance(leaf, Compare)
        and isinstance(leaf.right, ParameterRef)
        and pack.features[leaf.feature].reduce == "mean"
    }
    found: set[tuple[int, int]] = set()
    for draft in decision.drafts:
        frame = draft.frame
        for name, op, pair in means:
            column = frame.column(name)
            if not isinstance(pair, Pair) or column.per is None or _far_apart(pair):
                continue
            total, count = column.values.astype(np.int64), column.per.astype(np.int64)
            # 10 tenths of mmol/L are 18 mg/dL.
            in_mmol, in_mgdl = OPS[op](total, pair.mmol_tenths * count), OPS[op](total * 18, pair.mgdl * count * 10)
            rows = np.flatnonzero(in_mmol != in_mgdl).tolist()
            found.update((int(frame.patient[row]), int(frame.day[row])) for row in rows)
    return found


def _far_apart(pair: Pair) -> bool:
    """Whether the members of a pair are not one threshold by any rounding: such a pair excuses nothing."""
    return abs(pair.mmol_tenths * 18 - pair.mgdl * 10) > 18


def unlike(mmol: Decision, mgdl: Decision) -> Iterator[str]:
    """Plans that differ between a ward and its twin in mg/dL, but where a mean lies between the members of a pair."""
    excepted = torn(mmol)
    names = [
        f.name for f in fields(mmol.plans) if f.name in ("patient", "day", "segment", "kind", "dose_after", "rule")
    ]
    here, there = (list(zip(*(getattr(d.plans, n).tolist() for n in names), strict=True)) for d in (mmol, mgdl))
    for row, (one, other) in enumerate(zip(here, there, strict=True)):
        if one != other and (int(mmol.plans.patient[row]), int(mmol.plans.day[row])) not in excepted:
            kind = PLAN_KINDS[int(mgdl.plans.kind[row])].value
            after = int(mgdl.plans.dose_after[row]) / 1000
            yield told(mmol, row, f"in mg/dL {kind} {after:g} units at {Slot(int(mgdl.plans.slot[row])).text}")
