"""Three readers of one language agree: vectorised, scalar, and the solver's, on drawn conditions and rows."""

from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.logic import Fact, truth
from tests.reference.pack_strategies import VALUES, asks, conditions, features, is_glucose
from titration.columns import Column
from titration.expr.evaluate import Memo
from titration.expr.nodes import Condition
from titration.expr.smt import Bool, Reader, Solver, Symbol, constant, negation, number
from titration.features.spec import CATALOGUE
from titration.packs.model import FeatureDefinition
from titration.units import Dimension

POOL = 4
THRESHOLDS = {f"p_{d.name.lower()}_{i}": v for d in Dimension for i, v in enumerate(VALUES.get(d, (39, 70))[:2])}


@dataclass(frozen=True)
class Row:
    """Drawn values of some features: a fact, or None for unknown."""

    pool: tuple[FeatureDefinition, ...]
    facts: dict[str, Fact | None]
    condition: Condition

    def column(self, name: str) -> Column:
        fact = self.facts[name]
        per = next((np.array([f.per], np.int64) for f in [fact] if f is not None and f.per is not None), None)
        if per is None and self.is_mean(name):
            per = np.array([1], np.int64)
        value = 0 if fact is None else fact.value
        return Column(np.array([value], np.int64), np.array([fact is not None]), per)

    def symbol(self, name: str) -> Symbol:
        fact = self.facts[name]
        if fact is None:
            return Symbol(number(0), constant(value=False), number(1) if self.is_mean(name) else None)
        per = None if fact.per is None else number(fact.per)
        return Symbol(number(fact.value), constant(value=True), per)

    def is_mean(self, name: str) -> bool:
        return next(f for f in self.pool if f.name == name).reduce == "mean"


@st.composite
def rows(draw: st.DrawFn) -> Row:
    """A condition over four features of the catalogue and one row of them; small numbers, so that both sides meet."""
    pool = tuple(draw(features(f"f{i}", asks())) for i in range(POOL))
    facts: dict[str, Fact | None] = {}
    for feature in pool:
        value = draw(st.integers(0, 400) if is_glucose(feature) else st.sampled_from((0, 1, 2, 3, 14, 500, 1_000)))
        per = draw(st.integers(1, 6)) if feature.reduce == "mean" else None
        facts[feature.name] = None if draw(st.integers(0, 3)) == 0 else Fact(value, per)
    return Row(pool, facts, draw(conditions(list(pool))))


def is_valid(formula: Bool) -> bool:
    """Whether the solver finds no way for a formula to be false."""
    solver = Solver()
    solver.add(negation(formula))
    return solver.check() == "unsat"


@given(row=rows())
def test_vectorised_scalar_and_solver_agree(row: Row) -> None:
    wanted = truth(row.condition, row.facts.get, THRESHOLDS)
    tri = Memo(row, THRESHOLDS).of(row.condition)
    assert (bool(tri.yes[0]), bool(tri.false[0])) == (wanted is True, wanted is False)
    answer = Reader(row.symbol, THRESHOLDS).truth(row.condition)
    assert (is_valid(answer.yes), is_valid(answer.no), is_valid(answer.unknown)) == (
        wanted is True,
        wanted is False,
        wanted is None,
    )


def test_every_reducer_of_the_catalogue_can_be_drawn() -> None:
    assert {"mean", "count", "last", "age_days"} <= {r for kind in CATALOGUE.values() for r in kind.reducers}
