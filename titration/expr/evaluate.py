"""Vectorised three-valued evaluation. Its memo is the trace: explanations read it, and no node is evaluated twice."""

import operator
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

import numpy as np

from titration.columns import Column, Mask, Tri
from titration.expr.nodes import AllOf, AnyOf, Compare, Condition, FeatureRef, Known, Not, Op, ParameterRef

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
            found = self._found[id(condition)] = self.BY_TYPE[type(condition)](self, condition)
        return found

    def _compare(self, node: Compare) -> Tri:
        left = self._rows.column(node.feature)
        known, right = left.known, node.right
        if type(right) is ParameterRef:
            other: Any = self._thresholds[right.name]
            if left.per is not None:
                other = left.per * left.per.dtype.type(other)
        elif type(right) is FeatureRef:
            beside = self._rows.column(right.name)
            other = beside.values
            known = _both_known(known, beside.known)
        else:
            other = _ZERO
        return Tri.of(_COMPARE[node.op](left.values, other), known)

    def _known(self, node: Known) -> Tri:
        column = self._rows.column(node.feature)
        return Tri.of(np.ones(len(column), np.bool_) if column.known is None else column.known, None)

    def _not(self, node: Not) -> Tri:
        return self.of(node.part).negate()

    def _all_of(self, node: AllOf) -> Tri:
        result = self.of(node.parts[0])
        for part in node.parts[1:]:
            if result.all_false:
                break
            result = result.both(self.of(part))
        return result

    def _any_of(self, node: AnyOf) -> Tri:
        result = self.of(node.parts[0])
        for part in node.parts[1:]:
            if result.all_true:
                break
            result = result.either(self.of(part))
        return result

    # By type of node: `match` takes several times as long, and a patient's plan evaluates a hundred nodes.
    BY_TYPE: ClassVar[Mapping[type[Condition], Callable[[Any, Any], Tri]]] = {
        Compare: _compare,
        Known: _known,
        Not: _not,
        AllOf: _all_of,
        AnyOf: _any_of,
    }


def _both_known(a: Mask | None, b: Mask | None) -> Mask | None:
    if a is None or b is None:
        return b if a is None else a
    return a & b
