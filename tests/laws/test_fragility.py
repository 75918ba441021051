"""What is said to turn a plan does, and nothing nearer does: held against the engine, value by value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws.plans import engine, few, with_values
from tests.laws.wards import ward
from tests.reference.cases import Case, plan_cases
from titration.engine.decide import Engine
from titration.formulary import shipped
from titration.log.blocks import only, until
from titration.log.model import Log
from titration.service.assessment import Patient
from titration.service.fragility import Common, Fragility, Single, accuracy, fragility
from titration.units import HI_VALUE, LO_VALUE, UnitSystem

PATIENTS, TRIES = 2, 40
PACK = "huc-msc-t2dm"
"""Drawn packs below ask whatever else may be asked of readings."""


def plan(ready: Engine, log: Log, day: int) -> list[tuple[int, int]]:
    """Kind and dose of each line."""
    plans = ready.decide(ready.grid(log, through=day), day=day).plans
    return list(zip(plans.kind.tolist(), plans.dose_after.tolist(), strict=True))


def row_of(log: Log, single: Single) -> int:
    """Where the reading stands."""
    r = log.readings
    mine = (r.minute == single.minute) & (r.timing == int(single.timing)) & (r.value == single.value)
    return int(np.flatnonzero(mine)[-1])


def moved(log: Log, steps: int) -> Log:
    """Every number off by so many steps, each within what ISO 15197 allows, and within the meter's range."""
    low, high = log.system.accepted
    values = log.readings.value.copy()
    for i, value in enumerate(values.tolist()):
        if LO_VALUE < value < HI_VALUE:
            most = accuracy(value, log.system)
            values[i] = min(max(value + max(-most, min(most, steps)), low), high)
    return with_values(log, values)


def nearest(found: Fragility, *, lower: bool) -> int | None:
    single = found.lower if lower else found.higher
    return None if single is None else abs(single.other - single.value)


def assert_nearest(ready: Engine, whole: Log, seed: int) -> None:
    """Of every patient's last day: what is said to turn the plan turns it, and nothing tried that is nearer does."""
    rng, system = np.random.default_rng(seed), whole.system
    for number in range(len(whole.people)):
        patient = Patient(only(whole, number, number + 1))
        day = patient.last_day
        if day is None:
            continue
        log = until(patient.log, day)
        before, found = plan(ready, log, day), fragility(ready, patient, day)
        for single in (found.lower, found.higher):
            if single is not None:
                values = log.readings.value.copy()
                values[row_of(log, single)] = single.other
                assert plan(ready, with_values(log, values), day) != before
        numbers = np.flatnonzero((log.readings.value > LO_VALUE) & (log.readings.value < HI_VALUE))
        for _ in range(TRIES if len(numbers) else 0):
            row, lower = int(rng.choice(numbers)), bool(rng.integers(2))
            limit = nearest(found, lower=lower)
            most = 400 if limit is None else limit - 1
            value = int(log.readings.value[row])
            other = value + (-1 if lower else 1) * int(rng.integers(1, max(most, 1) + 1))
            if most < 1 or not system.accepted[0] <= other <= system.accepted[1]:
                continue
            values = log.readings.value.copy()
            values[row] = other
            assert plan(ready, with_values(log, values), day) == before, (number, row, value, other)


@pytest.mark.slow
@few
@given(seed=st.integers(0, 2**32 - 1), system=st.sampled_from(UnitSystem))
def test_the_nearest_reading_turns_the_plan_and_none_nearer_does(seed: int, system: UnitSystem) -> None:
    assert_nearest(engine(PACK, system), ward(seed, patients=PATIENTS, days=16, system=system), seed)


@pytest.mark.slow
@few
@given(case=plan_cases(), seed=st.integers(0, 2**32 - 1))
def test_so_it_does_whatever_a_pack_asks_of_readings(case: Case, seed: int) -> None:
    assert_nearest(Engine(case.pack, case.log.system, shipped()), case.log, seed)


@pytest.mark.slow
@few
@given(seed=st.integers(0, 2**32 - 1), system=st.sampled_from(UnitSystem))
def test_all_readings_off_turn_the_plan_at_the_steps_said_and_not_before(seed: int, system: UnitSystem) -> None:
    ready = engine(PACK, system)
    patient = Patient(only(ward(seed, patients=1, days=16, system=system), 0, 1))
    day = patient.last_day
    if day is None:
        return
    log = until(patient.log, day)
    before, found = plan(ready, log, day), fragility(ready, patient, day)
    for common, sign in ((found.all_lower, -1), (found.all_higher, 1)):
        most = _steps(log) if common is None else common.steps
        for steps in range(1, most + 1):
            turned = plan(ready, moved(log, sign * steps), day) != before
            assert turned is (common is not None and steps == common.steps), (sign, steps)


def _steps(log: Log) -> int:
    numbers = [v for v in log.readings.value.tolist() if LO_VALUE < v < HI_VALUE]
    return max((accuracy(v, log.system) for v in numbers), default=0)


def test_what_a_meter_may_be_off_by() -> None:
    """ISO 15197: 0.83 mmol/L (15 mg/dL) below 5.55 (100), 15 % from there on."""
    mmol, mgdl = UnitSystem.MMOL, UnitSystem.MGDL
    assert [accuracy(v, mmol) for v in (30, 55, 56, 100, 200)] == [8, 8, 8, 15, 30]
    assert [accuracy(v, mgdl) for v in (54, 99, 100, 200)] == [15, 15, 15, 30]


def test_a_change_is_told_with_its_lines() -> None:
    ready = engine(PACK, UnitSystem.MMOL)
    patient = Patient(only(ward(3, patients=1, days=16), 0, 1))
    day = patient.last_day
    assert day is not None
    found = fragility(ready, patient, day)
    told = [f for f in (found.lower, found.higher, found.all_lower, found.all_higher) if f is not None]
    assert told
    assert all(isinstance(f, Single | Common) and f.turns for f in told)
    assert all((t.kind, t.dose) != (t.other_kind, t.other_dose) for f in told for t in f.turns)
