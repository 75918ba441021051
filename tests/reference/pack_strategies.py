"""Packs drawn by Hypothesis: features over the whole catalogue, well-typed conditions, rules of every step and tier."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from titration.clinical import LineKind, Slot, Source, Timing
from titration.expr.nodes import Compare, Condition, FeatureRef, Known, Not, Op, ParameterRef, Zero, all_of, any_of
from titration.expr.render import render
from titration.features.attribution import Attribution, Judges
from titration.features.lines import LineOptions
from titration.features.spec import CATALOGUE, LINE_SERIES, SERIES
from titration.packs.model import (
    FeatureDefinition,
    Hold,
    Ladder,
    LimitTo,
    Pack,
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
from titration.units import Dimension, Pair

Draw = Callable[[st.SearchStrategy[Any]], Any]

PAIRS = (Pair(30, 54), Pair(39, 70), Pair(44, 80), Pair(70, 126), Pair(100, 180), Pair(139, 250))
VALUES: Mapping[Dimension, tuple[int, ...]] = {
    Dimension.COUNT: (0, 1, 2, 3),
    Dimension.DAYS: (0, 1, 2, 3, 7, 14),
    Dimension.DOSE: (500, 1_000, 2_000, 4_000, 10_000, 40_000, 500_000, 2_000_000),
    Dimension.DOSE_PER_KG: (100, 200, 500, 1_000),
    Dimension.PERCENT: (0, 100, 200, 333, 500, 750, 1_000, 1_200),
    Dimension.YEARS: (0, 65),
    Dimension.WEIGHT: (50_000, 80_000),
    Dimension.HBA1C: (6_500, 7_000),
    Dimension.EGFR: (30_000, 45_000),
    Dimension.C_PEPTIDE: (200, 600),
    Dimension.FLAG: (0, 1),
}
RATIOS = ("mean", "per_kg", "percent_of_baseline", "percent_of_highest", "fall_percent", "rise_percent")
SOURCES_OF_FEATURES = {
    "glucose": (*SERIES, *LINE_SERIES),
    "judged": LINE_SERIES,
    "line": tuple(n for n in CATALOGUE if n.startswith("line.") and not n.startswith("line.class.")),
    "event": tuple(n for n in CATALOGUE if n.startswith("event.")),
    "regimen": tuple(
        n for n in CATALOGUE if n.startswith(("any.", "insulin.", "route.", "unknown.", "kind.", "drugs."))
    ),
    "class": tuple(n for n in CATALOGUE if n.startswith(("class.", "line.class."))),
    "other": tuple(
        n for n in CATALOGUE if n.startswith(("lab.", "person.", "state.")) or n in {"doubts", "symptoms", "severe"}
    ),
}
ORDER = (
    "basal",
    "prandial",
    "premix",
    "oral",
    "glp1ra",
    "other",
    "sulfonylurea",
    "biguanide",
    "insulin",
    "secretagogue",
)
ACTIONS = (
    "long",
    "intermediate",
    "rapid",
    "short",
    "premix",
    "premix_tid",
    "ultra_long",
    "biguanide",
    "sulfonylurea",
    "glinide",
    "combination",
)
TIMINGS = tuple(t for t in Timing if t is not Timing.RANDOM)
KIND_SETS = (
    (LineKind.BASAL, LineKind.PRANDIAL, LineKind.PREMIX),
    tuple(LineKind),
)
KINDS = (
    LineKind.BASAL,
    LineKind.BASAL,
    LineKind.PRANDIAL,
    LineKind.PREMIX,
    LineKind.ORAL,
    LineKind.OTHER,
    LineKind.GLP1RA,
)


ALWAYS = FeatureDefinition("always", "kind.other", "now", Dimension.COUNT, 1, 1, False, None, None, None, None, None, 3)
"""A count, known on every row and never below 0."""


def is_glucose(feature: FeatureDefinition) -> bool:
    return feature.of in SERIES or feature.of in LINE_SERIES


@st.composite
def parameters(draw: Draw) -> dict[str, Parameter]:
    """Two parameters of every dimension."""
    found: dict[str, Parameter] = {}
    for dimension in Dimension:
        for i in range(2):
            name = f"p_{dimension.name.lower()}_{i}"
            number = draw(st.sampled_from(PAIRS if dimension is Dimension.GLUCOSE else VALUES[dimension]))
            found[name] = Parameter(
                name=name,
                dimension=dimension,
                value=number,
                source=None,
                basis="local assumption",
                sign_off="test",
                note="",
                unit="mmol/L" if dimension is Dimension.GLUCOSE else dimension.value,
            )
    return found


@st.composite
def asks(draw: Draw) -> tuple[str, str]:
    """A source and one of its reducers; sources that matter more come more often."""
    of = draw(st.sampled_from(SOURCES_OF_FEATURES[draw(st.sampled_from(tuple(SOURCES_OF_FEATURES)))]))
    return of, draw(st.sampled_from(sorted(CATALOGUE[of].reducers)))


@st.composite
def features(draw: Draw, name: str, ask: st.SearchStrategy[tuple[str, str]]) -> FeatureDefinition:
    """A feature with any window, filter and knowledge limit its source allows."""
    of, reduce = draw(ask)
    kind = CATALOGUE[of]
    glucose = of in SERIES or of in LINE_SERIES
    pair = st.sampled_from((None, "p_glucose_0", "p_glucose_1"))
    below = draw(pair) if glucose else None
    at_most = draw(pair) if glucose and below is None else None
    above = draw(pair) if glucose and draw(st.booleans()) else None
    at_least = draw(pair) if glucose and above is None and draw(st.booleans()) else None
    return FeatureDefinition(
        name=name,
        of=of,
        reduce=reduce,
        dimension=kind.reducers[reduce],
        window_days=draw(st.sampled_from((1, 2, 3, 7, 14, 30))) if kind.windowed else 1,
        min_count=draw(st.sampled_from((0, 1, 1, 2, 3))),
        since_change=draw(st.booleans()) if glucose and reduce not in {"last", "age_days"} else False,
        below=below,
        at_most=at_most,
        above=above,
        at_least=at_least,
        max_age=draw(st.sampled_from((None, "p_days_0", "p_days_1")))
        if of.startswith("lab.") or of == "line.renal_maximum"
        else None,
        sources=draw(st.sampled_from((3, 3, 3, 1 << Source.CGM, 7, 1 << Source.LAB))),
    )


@st.composite
def comparisons(draw: Draw, pool: list[FeatureDefinition]) -> Condition:
    """A well-typed leaf over the features of `pool`."""
    left = draw(st.sampled_from(pool))
    if draw(st.integers(0, 7)) == 0:
        return Known(left.name)
    ops = [Op.LT, Op.LE, Op.GT, Op.GE]
    rights: list[Any] = [ParameterRef(f"p_{left.dimension.name.lower()}_{i}") for i in range(2)]
    if left.dimension is not Dimension.GLUCOSE:
        ops += [Op.EQ, Op.NE]
        rights.append(Zero())
    if left.reduce not in RATIOS:
        rights += [
            FeatureRef(f.name)
            for f in pool
            if f.dimension is left.dimension and f.reduce not in RATIOS and f is not left
        ]
    return Compare(left.name, draw(st.sampled_from(ops)), draw(st.sampled_from(rights)))


def conditions(pool: list[FeatureDefinition], *, leaves: int = 5) -> st.SearchStrategy[Condition]:
    """Conditions of every node type, parts flattened as the parser leaves them."""
    return st.recursive(
        comparisons(pool),
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: all_of(*parts)),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: any_of(*parts)),
        ),
        max_leaves=leaves,
    )


@st.composite
def steps(draw: Draw, tier: Tier, limits: list[str]) -> Step:
    """A step that a rule of the tier may propose."""
    if tier is Tier.FREEZE:
        return draw(st.sampled_from((Hold(), Refer("the physician"))))
    options: list[Step] = [
        Hold(),
        Stop(),
        Refer("the physician"),
        Review("the physician"),
        Ladder("down"),
        Ladder("halve"),
    ]
    for i in range(2):
        options += [Units(f"p_dose_{i}", up=False), Percent(f"p_percent_{i}", up=False)]
        options += [Percent(f"p_percent_{i}", up=False, at_least=f"p_dose_{1 - i}"), ShareOfTotal(f"p_percent_{i}")]
    options += [LimitTo(name) for name in limits]
    if tier in (Tier.RAISE, Tier.RESCUE):
        up: list[Step] = [
            Ladder("up"),
            Restore(),
            Units("p_dose_0", up=True),
            Units("p_dose_1", up=True),
            Percent("p_percent_0", up=True),
            Percent("p_percent_1", up=True),
        ]
        options = draw(st.sampled_from((up, up, options)))
    return draw(st.sampled_from(options))


@st.composite
def rules(draw: Draw, rule_id: str, pool: list[FeatureDefinition]) -> Rule:
    """A rule of any tier; a freeze reads no glucose."""
    tier = draw(st.sampled_from((*Tier, Tier.RAISE, Tier.TAPER)))
    readable = [f for f in pool if not is_glucose(f)] if tier is Tier.FREEZE else pool
    if not readable:
        tier, readable = Tier.RAISE, pool
    always = Compare("always", Op.GE, Zero())
    when = draw(st.one_of(conditions(readable, leaves=3), conditions(readable, leaves=3), st.just(always)))
    limits = [f.name for f in pool if f.dimension is Dimension.DOSE and f.reduce not in RATIOS]
    return Rule(
        id=rule_id,
        kinds=tuple(dict.fromkeys(draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4)))),
        tier=tier,
        when=when,
        when_text=render(when),
        step=draw(steps(tier, limits)),
        notices=draw(st.sampled_from(((), ("seen",)))),
        sources=(),
    )


@st.composite
def attributions(draw: Draw) -> Attribution:
    """Judging timings for some actions and slots."""
    bits = st.sets(st.sampled_from(TIMINGS), max_size=3).map(lambda found: sum(1 << t for t in found))
    judges: dict[tuple[str, Slot], Judges] = {}
    for action in ACTIONS:
        for slot in Slot:
            if draw(st.integers(0, 3)):
                judges[(action, slot)] = Judges(draw(bits), draw(bits))
    return Attribution(judges)


@st.composite
def packs(draw: Draw, *, most_rules: int = 7) -> Pack:
    """A pack that the loader's checks would pass, guard and arbitration on or off."""
    pool = [ALWAYS, *(draw(features(f"f{i}", asks())) for i in range(draw(st.integers(1, 8))))]
    made = [draw(rules(f"r{i}", pool)) for i in range(draw(st.integers(1, most_rules)))]
    guard_off = draw(st.integers(0, 3)) == 0
    bare = _bare(draw, {f.name: f for f in pool})
    return replace(
        bare,
        status="bench" if guard_off else "draft",
        guard_off=guard_off,
        withdraw=tuple(draw(st.lists(st.sampled_from(ORDER), unique=True, max_size=4))),
        raise_=tuple(draw(st.lists(st.sampled_from(ORDER), unique=True, max_size=4))),
        rules=tuple(sorted(made, key=lambda r: (r.tier, r.id))),
    )


@st.composite
def direct_packs(draw: Draw) -> Pack:
    """Rules that always fire and propose a dose, so that guard and arbitration have work on every row."""
    made: list[Rule] = []
    extra = draw(st.lists(st.sampled_from(KIND_SETS), max_size=2))
    for i, kinds in enumerate([*((kind,) for kind in LineKind), *extra]):
        tier = draw(st.sampled_from((Tier.SAFETY, Tier.REDUCE, Tier.TAPER, Tier.TAPER, Tier.RAISE, Tier.RAISE)))
        step = draw(steps(tier, ["limit"]))
        when = Compare("always", Op.GE, Zero())
        made.append(Rule(f"r{i}", kinds, tier, when, render(when), step, (), ()))
    every = Judges(sum(1 << t for t in TIMINGS if t % 2 == 0), sum(1 << t for t in TIMINGS if t % 2))
    limit = replace(ALWAYS, name="limit", of="line.maximum", dimension=Dimension.DOSE)
    return replace(
        _bare(draw, {"always": ALWAYS, "limit": limit}),
        attribution=Attribution({(action, slot): every for action in ACTIONS for slot in Slot}),
        withdraw=tuple(draw(st.lists(st.sampled_from(ORDER), unique=True, max_size=4))),
        raise_=tuple(draw(st.lists(st.sampled_from(ORDER), unique=True, max_size=4))),
        rules=tuple(sorted(made, key=lambda r: (r.tier, r.id))),
    )


def _bare(draw: Draw, pool: dict[str, FeatureDefinition]) -> Pack:
    """A pack of these features and no rule."""
    return Pack(
        id="drawn",
        version="1.0.0",
        status="draft",
        sources={},
        parameters=draw(parameters()),
        features=pool,
        attribution=draw(attributions()),
        line_options=LineOptions(draw(st.sampled_from((0, 1, 2, 2, 5))), zero_is_dose=draw(st.booleans())),
        withdraw=(),
        raise_=(),
        guard_off=False,
        rules=(),
        sha256="0" * 64,
    )


@st.composite
def catalogues(draw: Draw) -> Pack:
    """A pack without rules that asks every source for everything it can be reduced to."""
    names = [(of, reduce) for of, kind in CATALOGUE.items() for reduce in kind.reducers]
    asked = [draw(features(f"f{i}", st.just(name))) for i, name in enumerate(names)]
    return _bare(draw, {f.name: f for f in asked})


def always_up(amount: int) -> Pack:
    """Every line up by `amount` thousandths, whatever it is; fasting readings judge bedtime doses."""
    parameter = Parameter(
        name="step",
        dimension=Dimension.DOSE,
        value=amount,
        source=None,
        basis="local assumption",
        sign_off="test",
        note="",
        unit="units",
    )
    when = Compare(ALWAYS.name, Op.GE, Zero())
    return Pack(
        id="up",
        version="1.0.0",
        status="draft",
        sources={},
        parameters={"step": parameter},
        features={ALWAYS.name: ALWAYS},
        attribution=Attribution({(action, Slot.BEDTIME): Judges(1 << Timing.FASTING) for action in ACTIONS}),
        line_options=LineOptions(),
        withdraw=(),
        raise_=(),
        guard_off=False,
        rules=(Rule("up", tuple(LineKind), Tier.RAISE, when, render(when), Units("step", up=True), (), ()),),
        sha256="0" * 64,
    )
