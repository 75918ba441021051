"""Condition to text; ``parse(render(c)) == c``."""

from typing import assert_never

from titration.expr.nodes import AllOf, AnyOf, Compare, Condition, FeatureRef, Known, Not, Operand, ParameterRef, Zero


def render(condition: Condition) -> str:
    """The condition in the pack's own language."""
    match condition:
        case Compare(feature, op, right):
            return f"{feature} {op.value} {operand_text(right)}"
        case Known(feature):
            return f"known({feature})"
        case Not(part):
            return f"not {_nested(part)}"
        case AllOf(parts):
            return " and ".join(_nested(p) for p in parts)
        case AnyOf(parts):
            return " or ".join(_nested(p) for p in parts)
        case _:
            assert_never(condition)


def operand_text(operand: Operand) -> str:
    """The right side of a comparison as written."""
    match operand:
        case FeatureRef(name) | ParameterRef(name):
            return name
        case Zero():
            return "0"
        case _:
            assert_never(operand)


def _nested(part: Condition) -> str:
    text = render(part)
    return f"({text})" if isinstance(part, AllOf | AnyOf) else text
