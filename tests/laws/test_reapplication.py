"""A changed dose is judged by what was measured after it: without a new reading it is not changed again."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from tests.laws.answers import in_order
from tests.laws.plans import change, decide, engine, over_packs
from tests.laws.test_monotone import seeds
from tests.laws.wards import DOSE_HOUR, DRUGS, FIRST_DAY, ward
from titration.clinical import Slot
from titration.engine.plans import Plans
from titration.log.blocks import until
from titration.log.model import Doses, Log
from titration.packs.model import LimitTo
from titration.units import UnitSystem

DAYS = 3
Line = tuple[int, int, int]
"""Patient, drug, slot."""


def lines_of(plans: Plans) -> list[Line]:
    return list(zip(plans.patient.tolist(), plans.drug.tolist(), plans.slot.tolist(), strict=True))


def with_new_doses(log: Log, doses: dict[Line, int], last: int) -> Log:
    """The log, with these doses given on each of the days after ``last``."""
    rows = [
        (patient, (last + ahead) * 1440 + int(DOSE_HOUR[Slot(slot)] * 60), drug, amount, slot)
        for (patient, drug, slot), amount in doses.items()
        for ahead in range(1, DAYS + 1)
    ]
    added = np.array(rows, np.int64).reshape(-1, 5).T
    nothing = np.zeros(len(rows), np.int8)
    more = (*added[:4].astype(np.int32), added[4].astype(np.int8), nothing, nothing.astype(np.bool_))
    old = (getattr(log.doses, name) for name in Doses.__slots__)
    return replace(log, doses=in_order(Doses(*(np.concatenate(pair) for pair in zip(old, more, strict=True)))))


def changed_and_kept(plans: Plans, seed: int) -> tuple[dict[Line, int], dict[Line, int]]:
    """New doses for most lines, up or down by a step or more; the others go on as they are."""
    rng = np.random.default_rng(seed)
    changed: dict[Line, int] = {}
    kept: dict[Line, int] = {}
    for line, dose, known in zip(lines_of(plans), plans.dose_before.tolist(), plans.dose_known.tolist(), strict=True):
        if not known:
            continue
        step = max(1000, dose // int(rng.integers(2, 10)))
        new = max(1000, dose + step * int(rng.choice((-1, 1))))
        if new != dose and rng.random() < 0.7:
            changed[line] = new
        else:
            kept[line] = dose
    return changed, kept


@over_packs(seed=seeds, system=st.sampled_from(UnitSystem), cut=st.integers(4, 13))
def test_a_changed_line_waits_for_a_new_reading(pack: str, seed: int, system: UnitSystem, cut: int) -> None:
    last = FIRST_DAY + cut
    past = until(ward(seed, days=14, system=system), last)
    plans = decide(pack, past).plans
    today = plans.take(np.flatnonzero(plans.day == last))
    assert len(today)
    changed, kept = changed_and_kept(today, seed)
    log = with_new_doses(past, changed | kept, last)
    later = decide(pack, log).plans
    limits = [i for i, rule in enumerate(engine(pack, system).pack.rules) if isinstance(rule.step, LimitTo)]
    again = (later.day > last) & (change(later) != 0) & ~np.isin(later.rule, limits)
    ids = [rule.id for rule in engine(pack, system).pack.rules]
    assert set(later.day[later.day > last].tolist()) == set(range(last + 1, last + DAYS + 1))
    assert [
        f"patient {line[0]} {DRUGS[line[1]]} slot {line[2]} day +{day - last}: {ids[rule]}: {before} to {after}"
        for line, day, rule, before, after in zip(
            lines_of(later.take(np.flatnonzero(again))),
            *(getattr(later, n)[again].tolist() for n in ("day", "rule", "dose_before", "dose_after")),
            strict=True,
        )
        if line in changed
    ] == []
