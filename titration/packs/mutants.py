"""A pack with one thing wrong in it, over and over: what its worked cases must notice.

Each mutant is the slip of a hand: a threshold one step off, < for <=, a step one increment larger, a rule or a clause
left out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from titration.expr.nodes import AllOf, AnyOf, Compare, Condition, Known, Not, Op, ParameterRef
from titration.expr.render import render
from titration.expr.walk import leaves
from titration.packs.model import Pack, Parameter, Percent, Rule, ShareOfTotal, Units
from titration.units import Dimension, Pair, grid_text

OPERATORS: Final = ("threshold", "comparator", "step", "rule", "clause")

STEPS: Final = {
    Dimension.DOSE: 1000,
    Dimension.DOSE_PER_KG: 10,
    Dimension.PERCENT: 10,
    Dimension.WEIGHT: 100,
    Dimension.HBA1C: 100,
    Dimension.EGFR: 1000,
    Dimension.C_PEPTIDE: 10,
}
"""How far a threshold is moved, on its grid: one unit, 0.01 units per kg, 1 %, 0.1 kg, 0.1 % HbA1c, 1 mL/min/1.73 m2,
0.01 nmol/L. Counts, days and years move by 1; glucose by one step of the meter, in each unit by itself."""

_EDGE: Final = {Op.LT: Op.LE, Op.LE: Op.LT, Op.GT: Op.GE, Op.GE: Op.GT, Op.EQ: Op.NE, Op.NE: Op.EQ}
_OPPOSITE: Final = {Op.LT: Op.GT, Op.LE: Op.GE, Op.GT: Op.LT, Op.GE: Op.LE}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A pack with one thing wrong. ``name`` says what, and stays the same while the pack does."""

    name: str
    operator: str
    pack: Pack


def mutants(pack: Pack) -> Iterator[Mutant]:
    """Every mutant of a pack, in the order of OPERATORS."""
    yield from _thresholds(pack)
    for index, rule in enumerate(pack.rules):
        yield from _comparators(pack, index, rule)
    for index, rule in enumerate(pack.rules):
        yield from _steps(pack, index, rule)
    for index, rule in enumerate(pack.rules):
        yield Mutant(
            f"rule {rule.id} left out", "rule", replace(pack, rules=pack.rules[:index] + pack.rules[index + 1 :])
        )
    for index, rule in enumerate(pack.rules):
        yield from _clauses(pack, index, rule)


def thresholds_read(pack: Pack) -> frozenset[str]:
    """Parameters that a condition compares with, a feature filters by, or that make a value too old."""
    names = {
        leaf.right.name
        for rule in pack.rules
        for leaf in leaves(rule.when)
        if isinstance(leaf, Compare) and isinstance(leaf.right, ParameterRef)
    }
    for feature in pack.features.values():
        names |= {n for n in (feature.below, feature.at_most, feature.above, feature.at_least, feature.max_age) if n}
    return frozenset(names)


def _thresholds(pack: Pack) -> Iterator[Mutant]:
    for name in sorted(thresholds_read(pack)):
        for text, value in _moved(pack.parameters[name]):
            moved = replace(pack.parameters[name], value=value)
            yield Mutant(f"{name} {text}", "threshold", replace(pack, parameters={**pack.parameters, name: moved}))


def _moved(parameter: Parameter) -> Iterator[tuple[str, Pair | int]]:
    value = parameter.value
    if isinstance(value, Pair):
        for by in (-1, 1):
            mmol = value.mmol_tenths + by
            yield f"{mmol / 10:.1f} mmol/L", Pair(mmol, value.mgdl)
        for by in (-1, 1):
            yield f"{value.mgdl + by} mg/dL", Pair(value.mmol_tenths, value.mgdl + by)
        return
    step = STEPS.get(parameter.dimension, 1)
    for by in (-step, step):
        if value + by >= 0:
            yield f"{grid_text(value + by, parameter.dimension.scale)} {parameter.unit}", value + by


def _with(pack: Pack, index: int, rule: Rule) -> Pack:
    return replace(pack, rules=(*pack.rules[:index], rule, *pack.rules[index + 1 :]))


def _comparators(pack: Pack, index: int, rule: Rule) -> Iterator[Mutant]:
    for place, (leaf, build) in enumerate(_places(rule.when)):
        if not isinstance(leaf, Compare):
            continue
        for op in (_EDGE[leaf.op], _OPPOSITE.get(leaf.op)):
            if op is None:
                continue
            changed = Compare(leaf.feature, op, leaf.right)
            name = f"{rule.id}: {render(changed)} for {render(leaf)} ({place + 1})"
            yield Mutant(name, "comparator", _with(pack, index, replace(rule, when=build(changed))))


def _places(condition: Condition) -> Iterator[tuple[Condition, Callable[[Condition], Condition]]]:
    """Every leaf with a way to build the whole condition with another in its place."""
    match condition:
        case Compare() | Known():
            yield condition, lambda other: other
        case Not(part):
            for leaf, build in _places(part):
                yield leaf, _then(build, Not)
        case AllOf(parts) | AnyOf(parts):
            kind = type(condition)
            for i, part in enumerate(parts):
                for leaf, build in _places(part):
                    yield leaf, _then(build, _put(kind, parts, i))


def _then(
    first: Callable[[Condition], Condition], last: Callable[[Condition], Condition]
) -> Callable[[Condition], Condition]:
    return lambda other: last(first(other))


def _put(kind: type[AllOf] | type[AnyOf], parts: tuple[Condition, ...], at: int) -> Callable[[Condition], Condition]:
    return lambda other: kind((*parts[:at], other, *parts[at + 1 :]))


def _steps(pack: Pack, index: int, rule: Rule) -> Iterator[Mutant]:
    step = rule.step
    named = [step.parameter] if isinstance(step, Units | Percent | ShareOfTotal) else []
    if isinstance(step, Percent) and step.at_least is not None:
        named.append(step.at_least)
    for name in named:
        parameter = pack.parameters[name]
        assert isinstance(parameter.value, int)
        by = STEPS.get(parameter.dimension, 1)
        for value in (parameter.value - by, parameter.value + by):
            if value < 0:
                continue
            text = f"{grid_text(value, parameter.dimension.scale)} {parameter.unit}"
            yield Mutant(
                f"{rule.id}: {name} {text}", "step", _stepped(pack, index, rule, replace(parameter, value=value))
            )


def _stepped(pack: Pack, index: int, rule: Rule, parameter: Parameter) -> Pack:
    """The pack with one rule's step taken from a parameter of its own."""
    own, step = f"{parameter.name}__moved", rule.step
    match step:
        case Percent(name, _, at_least):
            changed = replace(step, parameter=own) if name == parameter.name else replace(step, at_least=own)
            if name == parameter.name == at_least:
                changed = replace(changed, at_least=own)
        case Units() | ShareOfTotal():
            changed = replace(step, parameter=own)
        case _:
            raise TypeError(step)
    return replace(_with(pack, index, replace(rule, step=changed)), parameters={**pack.parameters, own: parameter})


def _clauses(pack: Pack, index: int, rule: Rule) -> Iterator[Mutant]:
    for place, (clause, without) in enumerate(_droppable(rule.when)):
        name = f"{rule.id}: without {render(clause)} ({place + 1})"
        yield Mutant(name, "clause", _with(pack, index, replace(rule, when=without)))


def _droppable(condition: Condition) -> Iterator[tuple[Condition, Condition]]:
    """Each part of each conjunction, and the whole condition without it."""
    match condition:
        case AllOf(parts):
            for i, part in enumerate(parts):
                left = (*parts[:i], *parts[i + 1 :])
                yield part, left[0] if len(left) == 1 else AllOf(left)
                for clause, inner in _droppable(part):
                    yield clause, AllOf((*parts[:i], inner, *parts[i + 1 :]))
        case AnyOf(parts):
            for i, part in enumerate(parts):
                for clause, inner in _droppable(part):
                    yield clause, AnyOf((*parts[:i], inner, *parts[i + 1 :]))
        case Not(part):
            for clause, inner in _droppable(part):
                yield clause, Not(inner)
        case Compare() | Known():
            return
