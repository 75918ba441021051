"""What the proofs assume of every patient is true of every row the engine builds, and the plan is the engine's own."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import islice

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.laws.plans import PACKS, engine
from tests.laws.wards import ward
from tests.proofs.rows import Row, copied, loosely, pairs, pinned, rows
from tests.proofs.toys import SOUND, toy
from tests.reference.cases import Case, plan_cases
from titration.engine.decide import Decision, Engine
from titration.engine.plans import Limit
from titration.expr.smt import Bool, Solver, constant, equal, negation, same, some
from titration.formulary import shipped
from titration.log.model import Log, Readings
from titration.prove.copies import Copy, with_one_low, with_one_lower
from titration.prove.loose import lower_somewhere, one_low_somewhere
from titration.prove.world import World
from titration.testing.guarded import LOW
from titration.units import LO_VALUE, UnitSystem

heavy = settings(
    max_examples=max(6, settings().max_examples // 12),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
"""An example builds formulas for several rows."""
PACK = "huc-msc-t2dm"
"""Drawn packs below ask whatever else may be asked."""
ARBITRATION = Limit.ONE_CHANGE | Limit.LOWER_FIRST


def in_the_way(solver: Solver, facts: dict[str, Bool]) -> list[str]:
    """A smallest set of facts that the axioms do not allow together."""
    kept = dict(facts)
    for name in list(facts):
        rest = {n: f for n, f in kept.items() if n != name}
        if solver.check(*rest.values()) != "sat":
            kept = rest
    return sorted(kept)


def assert_possible(row: Row, decision: Decision) -> None:
    """The row is a patient of the solver's world, and the solver's plan for it is the engine's."""
    solver, _, plan, facts = pinned(row)
    if solver.check(*facts.values()) != "sat":
        pytest.fail(f"{row.told}: the axioms do not allow {in_the_way(solver, facts)}")
    draft = next(d for d in decision.drafts if d.frame.kind is row.frame.kind)
    proposals, at = draft.proposals, row.at
    if not row.frame.dose.is_known(at):
        return
    undecided = constant(value=bool(proposals.undecided[at]))
    differs = [
        negation(equal(plan.met, int(proposals.dose[at]))),
        negation(equal(plan.demand, int(proposals.demand[at]))),
        negation(same(plan.undecided, undecided)),
    ]
    if not int(draft.limits[at]) & ARBITRATION:
        differs.append(negation(equal(plan.dose, int(draft.dose[at]))))
    assert solver.check(*facts.values(), some(*differs)) == "unsat", row.told


@pytest.mark.slow
@heavy
@given(
    pack=st.sampled_from(PACKS),
    seed=st.integers(0, 2**32 - 1),
    system=st.sampled_from(UnitSystem),
    taper=st.sampled_from((None, True)),
)
def test_rows_of_wards_keep_to_the_axioms(pack: str, seed: int, *, system: UnitSystem, taper: bool | None) -> None:
    ready = engine(pack, system)
    log = ward(seed, patients=6, days=16, system=system)
    decision = ready.decide(ready.grid(log, taper_always=taper))
    for row in rows(ready, log, chosen=1, seed=seed, taper=taper):
        assert_possible(row, decision)
        assert_possible(loosely(ready, row), decision)


@pytest.mark.slow
@heavy
@given(case=plan_cases(), seed=st.integers(0, 2**32 - 1))
def test_rows_of_drawn_packs_keep_to_the_axioms(case: Case, seed: int) -> None:
    """Features over the whole catalogue, steps and tiers of every kind, logs as sparse and contradictory as they come."""
    ready = Engine(case.pack, case.log.system, shipped())
    decision = ready.decide(ready.grid(case.log, taper_always=case.taper_always))
    for row in rows(ready, case.log, chosen=2, seed=seed, taper=case.taper_always):
        assert_possible(row, decision)


def with_one_lower_reading(log: Log, seed: int, *, censored: bool) -> Log:
    """The log with one number of each patient lower, or LO."""
    rng = np.random.default_rng(seed)
    readings, values = log.readings, log.readings.value.copy()
    low, high = log.system.accepted
    for patient in range(len(log.people)):
        mine = np.flatnonzero((readings.patient == patient) & (values >= low) & (values <= high))
        if len(mine):
            at = int(rng.choice(mine))
            values[at] = LO_VALUE if censored else int(rng.integers(low, values[at] + 1))
    return replace(log, readings=replace(readings, value=values))


def with_one_low_more(log: Log, seed: int) -> Log:
    """The log with one reading more of each patient, below level 1."""
    rng = np.random.default_rng(seed)
    r, size = log.readings, len(log.people)
    chosen = [int(rng.choice(np.flatnonzero(r.patient == p))) for p in range(size) if (r.patient == p).any()]
    value = rng.integers(log.system.accepted[0], LOW[log.system], len(chosen)).astype(np.int32)
    # Beside a reading there is, a minute later: in the order the log wants.
    at = np.array(chosen, np.int64) + 1
    more = Readings(
        patient=np.insert(r.patient, at, r.patient[chosen]),
        minute=np.insert(r.minute, at, r.minute[chosen]),
        value=np.insert(r.value, at, value),
        timing=np.insert(r.timing, at, r.timing[chosen]),
        source=np.insert(r.source, at, r.source[chosen]),
        repeat=np.insert(r.repeat, at, np.zeros(len(chosen), np.bool_)),
    )
    return replace(log, readings=more)


def assert_copies(
    ready: Engine, one: Log, two: Log, *, seed: int, make: Callable[[World], Copy], least: int, free: bool
) -> None:
    """Rows of two logs that differ in one reading are a patient of the world and its copy."""
    other = ready.decide(ready.grid(two))
    differing = (p for p in pairs(rows(ready, one, chosen=20, seed=seed), other) if lows(p[1]) - lows(p[0]) >= least)
    for first, second in islice(differing, 2):
        mine = (loosely(ready, first), loosely(ready, second)) if free else (first, second)
        assert copied(make, *mine), first.told


@pytest.mark.slow
@heavy
@given(seed=st.integers(0, 2**32 - 1), system=st.sampled_from(UnitSystem), censored=st.booleans())
def test_a_lower_reading_is_what_the_proofs_take_it_for(seed: int, system: UnitSystem, *, censored: bool) -> None:
    log = ward(seed, patients=4, days=12, system=system)
    lowered = with_one_lower_reading(log, seed, censored=censored)
    make = partial(lower_somewhere, censored=censored)
    assert_copies(engine(PACK, system), log, lowered, seed=seed, make=make, least=0, free=True)


@pytest.mark.slow
@heavy
@given(seed=st.integers(0, 2**32 - 1), system=st.sampled_from(UnitSystem))
def test_one_low_more_is_what_the_proofs_take_it_for(seed: int, system: UnitSystem) -> None:
    log = ward(seed, patients=4, days=12, system=system)
    assert_copies(
        engine(PACK, system), log, with_one_low_more(log, seed), seed=seed, make=one_low_somewhere, least=1, free=True
    )


@pytest.mark.slow
@heavy
@given(seed=st.integers(0, 2**32 - 1), system=st.sampled_from(UnitSystem), censored=st.booleans())
def test_cell_by_cell_it_is_what_the_proofs_take_it_for(
    tmp_path_factory: pytest.TempPathFactory, seed: int, system: UnitSystem, *, censored: bool
) -> None:
    """Over few features: a solver that holds two patients cell by cell takes seconds for all of a shipped pack's."""
    ready = Engine(toy(tmp_path_factory.mktemp("toy"), *SOUND), system, shipped())
    log = ward(seed, patients=6, days=12, system=system)
    lowered = with_one_lower_reading(log, seed, censored=censored)
    assert_copies(ready, log, lowered, seed=seed, make=partial(with_one_lower, censored=censored), least=0, free=False)
    assert_copies(ready, log, with_one_low_more(log, seed), seed=seed, make=with_one_low, least=1, free=False)


def lows(row: Row) -> int:
    """Lows of the lock-out week."""
    return int(row.frame.column("guard.lows").values[row.at])
