"""The guard as formulas says, fact by fact, what the engine's guard says."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from titration.clinical import LineKind
from titration.columns import Column
from titration.engine.guard import Guard, guard_features
from titration.engine.plans import Limit
from titration.expr.smt import Solver, Symbol, constant, equal, every, negation, number, same
from titration.packs.model import Tier
from titration.prove.guarding import Proposal, device, guarded
from titration.units import UnitSystem

RATIOS = ("total_per_kg", "highest", "basal_per_kg")
NULLABLE = ("lows", "reading_age", "total", "total_per_kg", "maximum", "c_peptide", "highest", "basal_per_kg")
NUMBERS = {
    "lows": (0, 0, 0, 1),
    "symptoms": (0, 0, 0, 1),
    "severe": (0, 0, 0, 1),
    "reading_age": (0, 1, 2),
    "doubts": (0, 0, 0, 1),
    "missed": (0, 0, 0, 1),
    "doubtful_dose": (0, 0, 0, 1),
    "record_age": (0, 1, 2),
    "unchanged": (2, 3, 4, 14),
    "settle": (3, 3, 14),
    "new_readings": (0, 1, 3),
    "new_symptoms": (0, 0, 1),
    "total": (4_000, 10_000, 30_000, 41_500, 80_000),
    "daily": (10_000, 30_000, 50_000),
    "maximum": (30_000, 50_000, 80_000),
    "c_peptide": (599, 600, 601),
    "insulins": (1, 1, 2),
}
DOSES = (0, 1, 500, 1_000, 4_000, 9_500, 10_000, 10_500, 16_000, 30_000, 41_000, 64_000)


@dataclass(frozen=True)
class Facts:
    """What the guard is told of one line: values, and weights or totals where a fact is a ratio; None is unknown."""

    kind: LineKind
    increment: int
    now: int
    proposed: int
    tier: Tier
    values: dict[str, int]
    known: dict[str, bool]
    per: dict[str, int] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        """A frame of one row, as the guard reads it."""
        bare = name.removeprefix("guard.")
        per = np.array([self.per[bare]], np.int64) if bare in RATIOS else None
        return Column(np.array([self.values[bare]], np.int64), np.array([self.known[bare]]), per)

    def frame(self) -> Any:
        """As much of a frame as the guard looks at."""
        table = SimpleNamespace(increment=np.array([self.increment], np.int32))
        grid = SimpleNamespace(lines=SimpleNamespace(table=table))
        return SimpleNamespace(column=self.column, kind=self.kind, grid=grid, drug=np.zeros(1, np.int32))

    def symbol(self, name: str) -> Symbol:
        per = number(self.per[name]) if name in RATIOS else None
        return Symbol(number(self.values[name]), constant(value=self.known[name]), per)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """Numbers on both sides of every limit."""
    values = {name: draw(st.sampled_from(options)) for name, options in NUMBERS.items()}
    weight = draw(st.sampled_from((9_000, 40_000, 70_000)))
    values |= {
        "total_per_kg": values["total"] * 1000,
        "basal_per_kg": values["total"] * 500,
        "highest": values["total"] * 1000,
    }
    per = {
        "total_per_kg": weight,
        "basal_per_kg": weight,
        "highest": max(1, values["total"] + draw(st.sampled_from((0, 2_000, 40_000)))),
    }
    known = {name: name not in NULLABLE or draw(st.integers(0, 5)) > 0 for name in (*NUMBERS, *RATIOS)}
    known["lows"] = known["lows"] or values["lows"] > 0
    return Facts(
        kind=draw(st.sampled_from([k for k in LineKind if k is not LineKind.OTHER])),
        increment=draw(st.sampled_from((1, 500, 1_000, 2_000, 10_000))),
        now=draw(st.sampled_from(DOSES)),
        proposed=draw(st.sampled_from(DOSES)),
        tier=draw(st.sampled_from(Tier)),
        values=values,
        known=known,
        per=per,
    )


@given(line=facts())
def test_formulas_and_guard_agree(line: Facts) -> None:
    now, proposed = np.array([line.now], np.int32), np.array([line.proposed], np.int32)
    verdict = Guard(line.frame(), np.zeros(1, np.int64)).limit(now, proposed, np.array([int(line.tier)], np.int32))
    if line.now == line.proposed:
        return
    proposal = Proposal(
        number(line.now),
        number(line.proposed),
        constant(value=line.tier is Tier.SAFETY),
        constant(value=line.tier <= Tier.REDUCE),
    )
    found = guarded(proposal, line.symbol, line.kind, device([(constant(value=True), line.increment)]))
    wanted = [equal(found.dose, int(verdict.dose[0]))]
    for limit in Limit:
        bound = found.limits.get(limit, constant(value=False))
        wanted.append(same(bound, constant(value=bool(int(verdict.limits[0]) & limit))))
    solver = Solver()
    solver.add(negation(every(*wanted)))
    assert solver.check() == "unsat", (int(verdict.dose[0]), Limit(int(verdict.limits[0])))


def test_every_fact_of_the_guard_is_drawn() -> None:
    assert {f"guard.{name}" for name in (*NUMBERS, *RATIOS)} == set(guard_features(UnitSystem.MMOL))
