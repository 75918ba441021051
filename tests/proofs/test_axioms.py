"""What the proofs assume of every patient is true of every row the engine builds, and the plan is the engine's own."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.laws.plans import PACKS, engine
from tests.laws.wards import ward
from tests.proofs.rows import Row, pinned, rows
from tests.reference.cases import Case, plan_cases
from titration.engine.decide import Decision, Engine
from titration.engine.plans import Limit
from titration.expr.smt import Bool, Solver, constant, equal, negation, same, some
from titration.formulary import shipped
from titration.units import UnitSystem

heavy = settings(
    max_examples=max(6, settings().max_examples // 8),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
"""An example builds formulas for several rows."""
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
@pytest.mark.parametrize("pack", PACKS)
@heavy
@given(seed=st.integers(0, 2**32 - 1), system=st.sampled_from(UnitSystem), taper=st.sampled_from((None, True)))
def test_rows_of_wards_keep_to_the_axioms(pack: str, *, seed: int, system: UnitSystem, taper: bool | None) -> None:
    ready = engine(pack, system)
    log = ward(seed, patients=6, days=16, system=system)
    decision = ready.decide(ready.grid(log, taper_always=taper))
    for row in rows(ready, log, chosen=2, seed=seed, taper=taper):
        assert_possible(row, decision)


@pytest.mark.slow
@heavy
@given(case=plan_cases(), seed=st.integers(0, 2**32 - 1))
def test_rows_of_drawn_packs_keep_to_the_axioms(case: Case, seed: int) -> None:
    """Features over the whole catalogue, steps and tiers of every kind, logs as sparse and contradictory as they come."""
    ready = Engine(case.pack, case.log.system, shipped())
    decision = ready.decide(ready.grid(case.log, taper_always=case.taper_always))
    for row in rows(ready, case.log, chosen=2, seed=seed, taper=case.taper_always):
        assert_possible(row, decision)
