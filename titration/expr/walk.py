"""Questions about a condition's shape: its leaves, the names it uses, its nodes shared by identity."""

from collections.abc import Iterator
from typing import assert_never

from titration.expr.nodes import AllOf, AnyOf, Compare, Condition, FeatureRef, Known, Leaf, Not, ParameterRef


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Every comparison and known-test, left to right."""
    match condition:
        case Compare() | Known():
            yield condition
        case Not(part):
            yield from leaves(part)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)
        case _:
            assert_never(condition)


def features_of(condition: Condition) -> set[str]:
    """Names of the features it reads."""
    names: set[str] = set()
    for leaf in leaves(condition):
        names.add(leaf.feature)
        if isinstance(leaf, Compare) and isinstance(leaf.right, FeatureRef):
            names.add(leaf.right.name)
    return names


def parameters_of(condition: Condition) -> set[str]:
    """Names of the parameters it reads."""
    return {
        leaf.right.name
        for leaf in leaves(condition)
        if isinstance(leaf, Compare) and isinstance(leaf.right, ParameterRef)
    }


def shared(condition: Condition, table: dict[Condition, Condition]) -> Condition:
    """The condition with equal parts made identical, so that a memo by identity evaluates each once."""
    match condition:
        case Compare() | Known():
            rebuilt: Condition = condition
        case Not(part):
            rebuilt = Not(shared(part, table))
        case AllOf(parts):
            rebuilt = AllOf(tuple(shared(p, table) for p in parts))
        case AnyOf(parts):
            rebuilt = AnyOf(tuple(shared(p, table) for p in parts))
        case _:
            assert_never(condition)
    return table.setdefault(rebuilt, rebuilt)
