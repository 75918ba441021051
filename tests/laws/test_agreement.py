"""The vectorised engine says, row by row and value by value, what the scalar oracle says."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, find, given, settings
from hypothesis import strategies as st

from tests.laws.plans import FOUNDING, examples_of
from tests.reference import logic
from tests.reference.cases import Case, at_the_maximum, feature_cases, feature_text, guard_cases, plan_cases
from tests.reference.chart import charts
from tests.reference.logic import Fact, Truth, truth
from tests.reference.oracle import decide, facts
from tests.reference.pack_strategies import PAIRS, VALUES, asks, conditions, rules
from titration.clinical import PLAN_KINDS, Route, Slot
from titration.columns import Column, Tri
from titration.engine.decide import Engine
from titration.engine.plans import Limit
from titration.expr.evaluate import Memo
from titration.expr.nodes import AllOf, AnyOf, Compare, Condition, Not, Op, Operand
from titration.expr.parse import Names, parse
from titration.expr.render import render
from titration.expr.walk import leaves
from titration.features.spec import CATALOGUE
from titration.formulary import shipped
from titration.log.blocks import until
from titration.log.model import Log
from titration.packs.load import find_packs, load_pack
from titration.packs.model import FeatureDefinition, Pack, Step, Tier
from titration.resources import rules_folder
from titration.testing.strategies import logs
from titration.units import Dimension

SHIPPED = find_packs(rules_folder())
COMPARED = (
    "patient", "day", "drug", "slot", "route", "kind", "dose_before", "dose_known", "dose_after", "rule_id", "limits",
)  # fmt: skip
WHOLE_LOGS = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
)
"""A log of several patients is large by nature."""

Key = tuple[int, int, int, Slot, Route]


def engine_rows(pack: Pack, log: Log, *, taper_always: bool | None = None) -> list[dict[str, Any]]:
    """The engine's plans as plain rows."""
    engine = Engine(pack, log.system, shipped())
    plans = engine.decide(engine.grid(log, taper_always=taper_always)).plans
    columns = {name: getattr(plans, name).tolist() for name in plans.__slots__}
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    for row in rows:
        row["slot"], row["route"] = Slot(row["slot"]), Route(row["route"])
        row["kind"] = PLAN_KINDS[row["kind"]]
        row["rule_id"] = None if row["rule"] < 0 else pack.rules[row["rule"]].id
        row["missing"] = None if row["missing"] < 0 else engine.missing_names[row["missing"]]
    return rows


def disagreements(pack: Pack, log: Log, *, taper_always: bool | None = None) -> list[str]:
    """Where engine and oracle differ, a line each."""
    ours, theirs = (
        engine_rows(pack, log, taper_always=taper_always),
        decide(pack, log, shipped(), taper_always=taper_always),
    )
    found: list[str] = []
    for mine, row in zip(ours, theirs, strict=False):
        where = f"patient {row.patient} day {row.day} {log.drugs[row.drug]} {row.slot.text} {row.route.text}"
        found += [
            f"{where}: {name}: engine {mine[name]}, oracle {getattr(row, name)}"
            for name in COMPARED
            if mine[name] != getattr(row, name)
        ]
        named = mine["missing"] in row.missing if row.missing else mine["missing"] is None
        if not named:
            found.append(f"{where}: missing: engine {mine['missing']}, oracle one of {sorted(row.missing)}")
    if len(ours) != len(theirs):
        found.append(f"engine {len(ours)} rows, oracle {len(theirs)}")
    return found


def engine_facts(case: Case) -> dict[Key, dict[str, Fact | None]]:
    """Every feature's value on every row, as the engine computes it."""
    grid = Engine(case.pack, case.log.system, shipped()).grid(case.log, taper_always=case.taper_always)
    lines = grid.lines
    found: dict[Key, dict[str, Fact | None]] = {}
    for frame in grid.frames():
        columns = {name: frame.column(name) for name in case.pack.features}
        for i, segment in enumerate(frame.segment.tolist()):
            line = int(lines.drug[segment]), Slot(lines.slot[segment]), Route(lines.route[segment])
            found[(int(frame.patient[i]), int(frame.day[i]), *line)] = {
                name: fact_at(column, i) for name, column in columns.items()
            }
    return found


def fact_at(column: Column, row: int) -> Fact | None:
    """The value at a row; None where it is unknown."""
    if not column.is_known(row):
        return None
    return Fact(int(column.values[row]), None if column.per is None else int(column.per[row]))


def same(a: Fact | None, b: Fact | None) -> bool:
    """Whether two facts compare alike with every threshold. 0 of anything is 0."""
    if a is None or b is None:
        return a is b
    return a == b or (a.value == 0 == b.value and bool(a.per) == bool(b.per))


def first_day_of(log: Log) -> Log:
    """The log as it stood after its first day."""
    return until(log, int(log.doses.minute.min()) // 1440)


@pytest.mark.slow
@WHOLE_LOGS
@given(feature_cases())
def test_every_feature_has_the_value_the_oracle_gives_it(case: Case) -> None:
    ours, theirs = engine_facts(case), facts(case.pack, case.log, shipped(), taper_always=case.taper_always)
    assert ours.keys() == theirs.keys()
    wrong = [
        f"{key}: {feature_text(case.pack.features[name])}: engine {ours[key][name]}, oracle {fact}"
        for key, row in theirs.items()
        for name, fact in row.items()
        if not same(ours[key][name], fact)
    ]
    assert wrong[:10] == []


@pytest.mark.parametrize(("of", "reduce"), [(of, r) for of, kind in CATALOGUE.items() for r in kind.reducers])
def test_a_window_may_be_longer_than_the_log(of: str, reduce: str) -> None:
    """One feature alone, guard off: no other window makes room in front of the first day."""
    log, dimension = first_day_of(at_the_maximum().log), CATALOGUE[of].reducers[reduce]
    window = 30 if CATALOGUE[of].windowed else 1
    feature = FeatureDefinition("f0", of, reduce, dimension, window, 1, False, None, None, None, None, None, 3)
    pack = replace(at_the_maximum().pack, status="bench", guard_off=True, features={"f0": feature}, rules=())
    case = Case(pack, log, None)
    ours, theirs = engine_facts(case), facts(pack, log, shipped())
    assert ours.keys() == theirs.keys()
    assert [key for key, row in theirs.items() if not same(ours[key]["f0"], row["f0"])] == []


@pytest.mark.slow
@WHOLE_LOGS
@given(plan_cases())
def test_every_plan_of_a_drawn_pack_is_the_oracle_s(case: Case) -> None:
    assert disagreements(case.pack, case.log, taper_always=case.taper_always)[:10] == []


@pytest.mark.slow
@WHOLE_LOGS
@example(at_the_maximum())
@given(guard_cases())
def test_every_limit_of_the_guard_is_the_oracle_s(case: Case) -> None:
    assert disagreements(case.pack, case.log)[:10] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_every_plan_of_a_shipped_pack_is_the_oracle_s(name: str) -> None:
    pack = load_pack(SHIPPED[name])

    def agree(log: Log) -> None:
        assert disagreements(pack, log)[:10] == []

    most = settings().max_examples if name == FOUNDING else examples_of(name).max_examples
    settings(WHOLE_LOGS, max_examples=most)(given(log=logs(longest=12, most_patients=3))(agree))()


@pytest.mark.slow
@WHOLE_LOGS
@given(plan_cases(), st.data())
def test_a_day_s_plans_rest_on_nothing_that_came_later(case: Case, data: st.DataObject) -> None:
    """Cut the log at the end of a recorded day: that day's plans stay what they were."""
    chart = data.draw(st.sampled_from(charts(case.log)), label="patient")
    recorded = sorted({x.day for x in (*chart.readings, *chart.doses, *chart.events)} | set(chart.doubts))
    day = data.draw(st.sampled_from(recorded or [0]), label="day")

    def of_day(log: Log) -> list[dict[str, Any]]:
        rows = engine_rows(case.pack, log, taper_always=case.taper_always)
        return [
            {name: value for name, value in row.items() if name != "segment"}
            for row in rows
            if (row["patient"], row["day"]) == (chart.number, day)
        ]

    assert of_day(until(case.log, day)) == of_day(case.log)


# ------------------------------------------------------------------------------------------------ conditions

TRUTHS = (True, False, None)
POOL = [
    FeatureDefinition(f"f{i}", of, reduce, CATALOGUE[of].reducers[reduce], 3, 1, False, None, None, None, None, None, 3)
    for i, (of, reduce) in enumerate(
        [("fasting", "mean"), ("any", "min"), ("fasting", "last"), ("any", "count"), ("judged", "count"),
         ("line.dose", "now"), ("line.previous_dose", "now"), ("insulin.total", "percent_of_highest"),
         ("line.dose", "per_kg"), ("lab.egfr", "last"), ("person.type1", "now"), ("line.change", "age_days")]
    )
]  # fmt: skip
"""A feature or two of most dimensions, means and ratios among them."""
PARAMETERS = {f"p_{d.name.lower()}_{i}": d for d in Dimension for i in range(2)}


@contextmanager
def arrays(*, always: bool) -> Iterator[None]:
    """Masks as arrays however few the rows, or as the engine chooses."""
    with pytest.MonkeyPatch.context() as patch:
        if always:
            patch.setattr("titration.columns.FEW_ROWS", 0)
        yield


def tri(*values: bool | None) -> Tri:
    """A three-valued column; without unknowns it is not told of any, as the engine is not."""
    known = None if None not in values else np.array([v is not None for v in values])
    return Tri.of(np.array([v is True for v in values]), known)


def scalar(column: Tri, row: int) -> bool | None:
    by_masks = True if column.yes[row] else False if column.false[row] else None
    assert column.at(row) is by_masks
    assert bool(column.unknown[row]) is (by_masks is None)
    return by_masks


@pytest.mark.parametrize("always", [True, False], ids=["arrays", "numbers"])
@pytest.mark.parametrize("spare", [(), (None,)], ids=["bare", "beside an unknown"])
@pytest.mark.parametrize(("a", "b"), list(product(TRUTHS, TRUTHS)))
def test_and_or_not_are_kleene_s(a: Truth, b: Truth, spare: tuple[None, ...], *, always: bool) -> None:
    with arrays(always=always):
        left, right = tri(a, *spare), tri(b, *spare)
    assert bool(left.few) is not always
    order = {False: 0, None: 1, True: 2}
    values = {rank: value for value, rank in order.items()}
    lower, higher = values[min(order[a], order[b])], values[max(order[a], order[b])]
    assert scalar(left.both(right), 0) is logic.both(a, b) is lower
    assert scalar(left.either(right), 0) is logic.either(a, b) is higher
    assert scalar(left.negate(), 0) is logic.negation(a) is values[2 - order[a]]


@given(st.lists(st.sampled_from(TRUTHS), min_size=1, max_size=300))
def test_what_is_asked_of_a_three_valued_column_is_what_its_rows_say(values: list[Truth]) -> None:
    for always in (True, False):
        with arrays(always=always):
            column = tri(*values)
        assert [scalar(column, row) for row in range(len(values))] == values
        assert [scalar(column.negate(), row) for row in range(len(values))] == [logic.negation(v) for v in values]
        assert column.some_true is (True in values)
        assert column.all_true is all(v is True for v in values)
        assert column.all_false is all(v is False for v in values)
        assert column.total is (None not in values)


class Rows:
    """Columns by name, as a frame hands them out."""

    def __init__(self, columns: dict[str, Column]) -> None:
        self.columns = columns

    def column(self, name: str) -> Column:
        return self.columns[name]


@st.composite
def tables(draw: Callable[[st.SearchStrategy[Any]], Any]) -> tuple[Condition, dict[str, int], Rows, int]:
    """A condition, thresholds, and columns with values near them."""
    thresholds = {
        name: draw(st.sampled_from(PAIRS)).mgdl if d is Dimension.GLUCOSE else draw(st.sampled_from(VALUES[d]))
        for name, d in PARAMETERS.items()
    }
    size = draw(st.integers(1, 6))
    columns: dict[str, Column] = {}
    for feature in POOL:
        near = [thresholds[f"p_{feature.dimension.name.lower()}_{i}"] for i in range(2)]
        ratio = feature.reduce in {"mean", "per_kg", "percent_of_highest"}
        per = draw(st.lists(st.integers(1, 9), min_size=size, max_size=size)) if ratio else None
        values = draw(
            st.lists(
                st.sampled_from((0, *near)).flatmap(lambda v: st.integers(v - 1, v + 1)), min_size=size, max_size=size
            )
        )
        known = draw(st.one_of(st.none(), st.lists(st.booleans(), min_size=size, max_size=size)))
        columns[feature.name] = Column(
            np.array([v * (per[i] if per else 1) for i, v in enumerate(values)], np.int32),
            None if known is None else np.array(known),
            None if per is None else np.array(per, np.int32),
        )
    return draw(conditions(POOL)), thresholds, Rows(columns), size


@given(tables(), st.booleans())
def test_a_condition_over_columns_is_the_scalar_condition_row_by_row(
    table: tuple[Condition, dict[str, int], Rows, int],
    always: bool,  # noqa: FBT001 - drawn
) -> None:
    condition, thresholds, rows, size = table
    with arrays(always=always):
        vectorised = Memo(rows, thresholds).of(condition)
    ours = [scalar(vectorised, i) for i in range(size)]
    assert ours == [truth(condition, lambda name, i=i: fact_at(rows.column(name), i), thresholds) for i in range(size)]
    assert not (vectorised.yes & vectorised.false).any()


@given(conditions(POOL, leaves=12))
def test_what_is_rendered_reads_back_as_the_same_condition(condition: Condition) -> None:
    assert parse(render(condition), Names({f.name for f in POOL}, PARAMETERS)) == condition


# ----------------------------------------------------------------------------- what the strategies can draw

ENOUGH = settings(
    max_examples=2000,
    phases=[Phase.generate],
    suppress_health_check=[*WHOLE_LOGS.suppress_health_check, HealthCheck.filter_too_much],
    database=None,
)


def parts(condition: Condition) -> list[Condition]:
    match condition:
        case Not(part):
            return [condition, *parts(part)]
        case AllOf(inner) | AnyOf(inner):
            return [condition, *(node for part in inner for node in parts(part))]
        case _:
            return [condition]


@pytest.mark.parametrize("node", get_args(Condition), ids=lambda node: node.__name__)
def test_every_node_type_is_drawn(node: type) -> None:
    assert find(conditions(POOL), lambda c: any(isinstance(p, node) for p in parts(c)), settings=ENOUGH)


@pytest.mark.parametrize("operand", get_args(Operand), ids=lambda operand: operand.__name__)
@pytest.mark.parametrize("op", Op)
def test_every_comparison_is_drawn(op: Op, operand: type) -> None:
    assert find(
        conditions(POOL),
        lambda c: any(isinstance(x, Compare) and x.op is op and isinstance(x.right, operand) for x in leaves(c)),
        settings=ENOUGH,
    )


@pytest.mark.parametrize("step", get_args(Step), ids=lambda step: step.__name__)
def test_every_step_type_is_drawn(step: type) -> None:
    assert find(rules("r", POOL), lambda rule: isinstance(rule.step, step), settings=ENOUGH)


@pytest.mark.parametrize("tier", Tier)
def test_every_tier_is_drawn(tier: Tier) -> None:
    assert find(rules("r", POOL), lambda rule: rule.tier is tier, settings=ENOUGH)


def test_every_source_and_reducer_is_drawn() -> None:
    drawn: set[tuple[str, str]] = set()

    @settings(ENOUGH, max_examples=3)
    @given(feature_cases())
    def collect(case: Case) -> None:
        drawn.update((feature.of, feature.reduce) for feature in case.pack.features.values())

    collect()
    assert drawn == {(of, reduce) for of, kind in CATALOGUE.items() for reduce in kind.reducers}


@pytest.mark.parametrize("of", CATALOGUE)
def test_a_drawn_pack_can_ask_any_source(of: str) -> None:
    assert find(asks(), lambda ask: ask[0] == of, settings=ENOUGH)


def test_the_written_case_meets_the_daily_maximum() -> None:
    case = at_the_maximum()
    assert Limit.DRUG_MAXIMUM in [Limit(row.limits) for row in decide(case.pack, case.log, shipped())]
