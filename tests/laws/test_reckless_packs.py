"""The laws can fail: a pack with the fault of its published starting point breaks them; and the guard holds any pack."""

from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import guarded
from tests.laws.answers import decided
from tests.laws.plans import change, engine, few, with_values
from tests.laws.rewriting import replaced, rewritten, unchecked_texts
from tests.laws.test_monotone import proposed, seeds
from tests.laws.wards import ward
from titration.clinical import LineKind, Timing
from titration.engine.decide import Decision, Engine
from titration.expr.nodes import Compare, Op, Zero
from titration.formulary import shipped
from titration.log.model import Log
from titration.packs.model import (
    Hold,
    Ladder,
    LimitTo,
    Parameter,
    Percent,
    Refer,
    Restore,
    Review,
    Rule,
    ShareOfTotal,
    Step,
    Stop,
    Tier,
    Units,
)
from titration.units import Dimension, UnitSystem

FOUNDING = "huc-msc-t2dm"
SEEDS = 30
ALWAYS = Compare("dose", Op.GE, Zero())
KINDS = tuple(kind for kind in LineKind if kind is not LineKind.OTHER)
AMOUNTS = {"few": (Dimension.DOSE, 1_500), "many": (Dimension.DOSE, 40_000), "share": (Dimension.PERCENT, 370)}
STEPS: tuple[Step, ...] = (
    Hold(),
    Stop(),
    Restore(),
    Refer("anyone"),
    Review("anyone"),
    *(Units(name, up) for name in ("few", "many") for up in (True, False)),
    *(Percent("share", up) for up in (True, False)),
    Percent("share", up=False, at_least="many"),
    ShareOfTotal("share"),
    *(Ladder(move) for move in ("up", "down", "halve")),
    LimitTo("renal_maximum"),
)


def bounded_from_below(text: str) -> str:
    """The founding pack with "in target" taken at its word: neither above nor below the target range."""
    text = replaced(
        text,
        'when = "(fasting_over_3d == 0 or fasting_over_4d == 0) and (post_over_3d == 0 or post_over_4d == 0)"',
        'when = "(fasting_over_3d == 0 or fasting_over_4d == 0) and (post_over_3d == 0 or post_over_4d == 0)'
        ' and fasting_under_3d == 0"',
    )
    feature = '[feature.fasting_under_3d]\nof = "fasting"\nreduce = "days"\nbelow = "fasting_low"\nwindow_days = 3\n'
    return unchecked_texts(f"{text}\n{feature}min_count = 3\n")


def one_fasting_raised(log: Log, seed: int) -> Log:
    """The log with one fasting reading of each patient raised from just below the target range into it."""
    rng = np.random.default_rng(seed)
    values, readings = log.readings.value.copy(), log.readings
    under = np.flatnonzero((readings.timing == int(Timing.FASTING)) & (values >= 39) & (values < 44))
    for patient in np.unique(readings.patient[under]):
        values[rng.choice(under[readings.patient[under] == patient])] = 50
    return with_values(log, values)


def broken_at(ready: Engine, seed: int) -> bool:
    """Whether raising one reading of each patient lowers a proposal somewhere in a ward."""
    log = ward(seed)
    lower, higher = proposed(decided(ready, log)), proposed(decided(ready, one_fasting_raised(log, seed)))
    return any(higher[key] < lower[key] for key in lower)


def test_in_target_bounded_from_below_breaks_the_monotone_law(tmp_path: Path) -> None:
    ready = rewritten(FOUNDING, tmp_path, bounded_from_below)
    broken = next((seed for seed in range(SEEDS) if broken_at(ready, seed)), None)
    assert broken is not None
    assert not broken_at(engine(FOUNDING, UnitSystem.MMOL), broken)


def raises_despite_lows(text: str) -> str:
    """The founding pack whose basal increase and holds look away from lows."""
    text = replaced(text, 'when = "clear_to_raise and judged_mean > fasting_far"', 'when = "dose >= 0"')
    return unchecked_texts(text)


def test_the_guard_stops_a_pack_that_raises_despite_lows(tmp_path: Path) -> None:
    ready = rewritten(FOUNDING, tmp_path, raises_despite_lows)
    only_raise = replace(ready.pack, rules=tuple(r for r in ready.pack.rules if r.id == "basal.raise.far"))
    reckless = Engine(only_raise, UnitSystem.MMOL, shipped())
    stopped = raised = 0
    for seed in range(4):
        decision = decided(reckless, ward(seed))
        guarded.assert_guarded(decision)
        lows = guarded.days_of_lows(decision.grid.log)
        rows = zip(decision.plans.patient.tolist(), decision.plans.day.tolist(), strict=True)
        near = np.array([any((p, d - back) in lows for back in range(7)) for p, d in rows])
        asked = np.array([_asked(decision, row) for row in range(len(decision.plans))])
        stopped += int((asked & near).sum())
        raised += int((change(decision.plans) > 0).sum())
    assert stopped
    assert raised


def _asked(decision: Decision, row: int) -> bool:
    proposals, at = decision.locate(row)
    return bool(proposals.dose[at] > proposals.frame.dose.values[at])


def unconstrained(drawn: list[tuple[LineKind, Tier, Step, str | None]], system: UnitSystem) -> Engine:
    """A pack nobody checked: any step in any tier, always or when some rule of the founding pack would fire."""
    founding = engine(FOUNDING, system).pack
    when = {rule.id: rule.when for rule in founding.rules}
    number = count()
    rules = [
        Rule(f"reckless.{next(number)}", (kind,), tier, when[borrowed] if borrowed else ALWAYS, "", step, (), ())
        for kind, tier, step, borrowed in drawn
    ]
    amounts = {
        name: Parameter(name, dimension, value, None, None, None, "", "")
        for name, (dimension, value) in AMOUNTS.items()
    }
    pack = replace(
        founding,
        parameters={**founding.parameters, **amounts},
        rules=tuple(sorted(rules, key=lambda rule: (rule.tier, rule.id))),
    )
    return Engine(pack, system, shipped())


RULES = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.sampled_from(Tier),
        st.sampled_from(STEPS),
        st.none() | st.sampled_from([rule.id for rule in engine(FOUNDING, UnitSystem.MMOL).pack.rules]),
    ),
    min_size=8,
    max_size=16,
)


@few
@given(seed=seeds, drawn=RULES, system=st.sampled_from(UnitSystem))
def test_the_guard_holds_whatever_a_pack_proposes(
    seed: int, drawn: list[tuple[LineKind, Tier, Step, str | None]], system: UnitSystem
) -> None:
    guarded.assert_guarded(decided(unconstrained(drawn, system), ward(seed, patients=16, days=14, system=system)))


@pytest.mark.parametrize("tier", Tier)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_guard_holds_each_step_by_itself(kind: LineKind, tier: Tier) -> None:
    log = ward(int(tier) * 10 + len(kind), patients=16, days=10)
    for step in STEPS:
        guarded.assert_guarded(decided(unconstrained([(kind, tier, step, None)], UnitSystem.MMOL), log))
