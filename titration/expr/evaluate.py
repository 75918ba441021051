"""Vectorised three-valued evaluation. Its memo is the trace: explanations read it, and no node is evaluated twice."""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Protocol, assert_never

import numpy as np

from titration.columns import Column, Mask, Tri
from titration.expr.nodes import AllOf, AnyOf, Compare, Condition, FeatureRef, Known, Not, Op, ParameterRef, Zero

_COMPARE: dict[Op, Callable[[Any, Any], Any]] = {
    Op.LT: operator.lt,
    Op.LE: operator.le,
    Op.GT: operator.gt,
    Op.GE: operator.ge,
    Op.EQ: operator.eq,
    Op.NE: operator.ne,
}


_ZERO = np.zeros((), np.int32)


def comparands(thresholds: Mapping[str, int]) -> Mapping[str, Any]:
    """Thresholds as arrays without an axis: numpy compares a few rows with them in half the time it takes for an int."""
    most = np.iinfo(np.int32).max
    return {name: np.array(v, np.int32) if -most <= v <= most else v for name, v in thresholds.items()}


class Rows(Protocol):
    """Whatever can hand out columns by feature name."""

    def column(self, name: str) -> Column:
        """The column of a feature."""
        ...


class Memo:
    """Results of conditions over all rows at once, by identity of the (shared) node; each is worked out once.

    A conjunction that is false on every row is not looked at further, nor a disjunction that is true on every row:
    their other parts are worked out when an explanation asks for them.
    """

    def __init__(self, rows: Rows, thresholds: Mapping[str, Any]) -> None:
        self._rows = rows
        self._thresholds = thresholds
        self._found: dict[int, Tri] = {}

    def of(self, condition: Condition) -> Tri:
        """The result of a condition."""
        found = self._found.get(id(condition))
        if found is None:
            found = self._found[id(condition)] = self._evaluate(condition)
        return found

    def _evaluate(self, condition: Condition) -> Tri:
        match condition:
            case Compare():
                return self._compare(condition)
            case Known(feature):
                column = self._rows.column(feature)
                return Tri.of(np.ones(len(column), np.bool_) if column.known is None else column.known, None)
            case Not(part):
                return self.of(part).negate()
            case AllOf(parts):
                result = self.of(parts[0])
                for part in parts[1:]:
                    if result.all_false:
                        break
                    result = result.both(self.of(part))
                return result
            case AnyOf(parts):
                result = self.of(parts[0])
                for part in parts[1:]:
                    if result.all_true:
                        break
                    result = result.either(self.of(part))
                return result
            case _:
                assert_never(condition)

    def _compare(self, node: Compare) -> Tri:
        left = self._rows.column(node.feature)
        known = left.known
        match node.right:
            case ParameterRef(name):
                other: Any = self._thresholds[name]
                if left.per is not None:
                    other = left.per * left.per.dtype.type(other)
            case Zero():
                other = _ZERO
            case FeatureRef(name):
                right = self._rows.column(name)
                other = right.values
                known = _both_known(known, right.known)
            case _:
                assert_never(node.right)
        return Tri.of(_COMPARE[node.op](left.values, other), known)


def _both_known(a: Mask | None, b: Mask | None) -> Mask | None:
    if a is None or b is None:
        return b if a is None else a
    return a & b
