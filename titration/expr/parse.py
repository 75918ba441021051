"""Text to condition: Python's grammar, whitelisted; chained comparisons read like the guideline.

``fasting_low <= fbg_mean_3d <= fasting_high and not known(c_peptide)`` is a condition. Numbers other than 0
are refused: every other number is a named parameter with a unit and a source.
"""

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from titration.expr.nodes import (
    Compare,
    Condition,
    FeatureRef,
    Known,
    Not,
    Op,
    Operand,
    ParameterRef,
    Zero,
    all_of,
    any_of,
)

_OPS: dict[type[ast.cmpop], Op] = {
    ast.Lt: Op.LT,
    ast.LtE: Op.LE,
    ast.Gt: Op.GT,
    ast.GtE: Op.GE,
    ast.Eq: Op.EQ,
    ast.NotEq: Op.NE,
}
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Names:
    """What a condition may mention."""

    features: Collection[str]
    parameters: Collection[str]
    conditions: Mapping[str, Condition] = field(default_factory=lambda: {})
    """Named conditions of the pack: a bare name stands for the whole of it."""


class ConditionError(ValueError):
    """A condition that cannot be read. ``column`` counts from 1 in the condition's own text."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.column = column


def parse(text: str, names: Names) -> Condition:
    """The condition written in ``text``.

    Raises ConditionError with the column, and a suggestion where a name is misspelt.
    """
    source = " ".join(text.split("\n"))
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        column = getattr(error, "offset", None) or 1
        raise ConditionError(f"not a condition: {getattr(error, 'msg', error)}", column) from None
    return _condition(tree.body, names, 0)


def _condition(node: ast.expr, names: Names, depth: int) -> Condition:
    if depth > _DEEPEST:
        raise _error(node, "nested too deeply: split it into named features or several rules")
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            return all_of(*(_condition(v, names, depth + 1) for v in values))
        case ast.BoolOp(values=values):
            return any_of(*(_condition(v, names, depth + 1) for v in values))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Not(_condition(operand, names, depth + 1))
        case ast.Compare():
            return _comparison(node, names)
        case ast.Call(func=ast.Name(id="known"), args=[ast.Name(id=name) as inner], keywords=[]):
            return Known(_feature(inner, name, names))
        case ast.Name(id=name) if name in names.conditions:
            return names.conditions[name]
        case ast.Name(id=name):
            return Compare(_feature(node, name, names), Op.NE, Zero())
        case _:
            raise _error(node, "only names, comparisons, known(...), not, and, or are allowed here")


def _comparison(node: ast.Compare, names: Names) -> Condition:
    operands = [_operand(o, names) for o in (node.left, *node.comparators)]
    parts: list[Condition] = []
    for i, raw in enumerate(node.ops):
        op = _OPS.get(type(raw))
        if op is None:
            raise _error(node, "only < <= > >= == != compare values")
        left, right = operands[i], operands[i + 1]
        if isinstance(left, FeatureRef):
            parts.append(Compare(left.name, op, right))
        elif isinstance(right, FeatureRef):
            parts.append(Compare(right.name, op.mirrored, left))
        else:
            raise _error(node, "one side of a comparison must be a feature")
    return all_of(*parts)


def _operand(node: ast.expr, names: Names) -> Operand:
    match node:
        case ast.Name(id=name) if name in names.features:
            return FeatureRef(name)
        case ast.Name(id=name) if name in names.parameters:
            return ParameterRef(name)
        case ast.Name(id=name):
            raise _unknown(node, name, [*names.features, *names.parameters])
        case ast.Constant(value=0) if node.value is not False:
            return Zero()
        case ast.Constant():
            raise _error(node, f"{ast.unparse(node)} is a literal: name it as a parameter with unit and source")
        case _:
            raise _error(node, "expected a feature, a parameter or 0; arithmetic belongs into features")


def _feature(node: ast.expr, name: str, names: Names) -> str:
    if name in names.features:
        return name
    if name in names.parameters:
        raise _error(node, f"{name!r} is a parameter; a feature is needed here")
    raise _unknown(node, name, [*names.features, *names.conditions])


def _unknown(node: ast.expr, name: str, candidates: Collection[str]) -> ConditionError:
    close = get_close_matches(name, list(candidates), n=1, cutoff=0.6)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return _error(node, f"unknown name {name!r}{hint}")


def _error(node: ast.expr, message: str) -> ConditionError:
    return ConditionError(message, node.col_offset + 1)
