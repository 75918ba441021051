"""Vectorised three-valued evaluation. The memo it fills is the trace: explanations read it, never re-evaluate."""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias, assert_never

import numpy as np

from titration.columns import Column, Mask, Tri
from titration.expr.nodes import AllOf, AnyOf, Compare, Condition, FeatureRef, Known, Not, Op, ParameterRef, Zero

Memo: TypeAlias = dict[int, Tri]
"""Results by identity of the (shared) node."""

_COMPARE: dict[Op, Callable[[Any, Any], Any]] = {
    Op.LT: operator.lt,
    Op.LE: operator.le,
    Op.GT: operator.gt,
    Op.GE: operator.ge,
    Op.EQ: operator.eq,
    Op.NE: operator.ne,
}


class Rows(Protocol):
    """Whatever can hand out columns by feature name."""

    def column(self, name: str) -> Column:
        """The column of a feature."""
        ...


def evaluate(condition: Condition, rows: Rows, thresholds: Mapping[str, int], memo: Memo) -> Tri:
    """The condition over all rows at once; the result of every node met is left in ``memo``.

    A conjunction that is false on every row is not evaluated further, nor a disjunction that is true on every
    row: their other parts stay out of the memo until ``complete`` asks for them.
    """
    key = id(condition)
    found = memo.get(key)
    if found is not None:
        return found
    match condition:
        case Compare():
            result = _compare(condition, rows, thresholds)
        case Known(feature):
            column = rows.column(feature)
            result = Tri(np.ones(len(column), np.bool_) if column.known is None else column.known)
        case Not(part):
            result = evaluate(part, rows, thresholds, memo).negate()
        case AllOf(parts):
            result = evaluate(parts[0], rows, thresholds, memo)
            for part in parts[1:]:
                if result.all_false:
                    break
                result = result.both(evaluate(part, rows, thresholds, memo))
        case AnyOf(parts):
            result = evaluate(parts[0], rows, thresholds, memo)
            for part in parts[1:]:
                if result.all_true:
                    break
                result = result.either(evaluate(part, rows, thresholds, memo))
        case _:
            assert_never(condition)
    memo[key] = result
    return result


def complete(condition: Condition, rows: Rows, thresholds: Mapping[str, int], memo: Memo) -> None:
    """Evaluate what ``evaluate`` had no need to, so that every leaf of the condition is in ``memo``."""
    match condition:
        case Compare() | Known():
            evaluate(condition, rows, thresholds, memo)
        case Not(part):
            complete(part, rows, thresholds, memo)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                complete(part, rows, thresholds, memo)
        case _:
            assert_never(condition)
    evaluate(condition, rows, thresholds, memo)


def _compare(node: Compare, rows: Rows, thresholds: Mapping[str, int]) -> Tri:
    left = rows.column(node.feature)
    known = left.known
    match node.right:
        case ParameterRef(name):
            other: Any = thresholds[name] if left.per is None else left.per * left.per.dtype.type(thresholds[name])
        case Zero():
            other = 0
        case FeatureRef(name):
            right = rows.column(name)
            other = right.values
            known = _both_known(known, right.known)
        case _:
            assert_never(node.right)
    yes: Mask = _COMPARE[node.op](left.values, other)
    if known is None:
        return Tri(yes)
    yes &= known
    return Tri(yes, known & ~yes)


def _both_known(a: Mask | None, b: Mask | None) -> Mask | None:
    if a is None or b is None:
        return b if a is None else a
    return a & b
