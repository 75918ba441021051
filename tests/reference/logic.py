"""Kleene's logic on single values: True, False, or None for unknown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from titration.expr.nodes import AllOf, AnyOf, Compare, Condition, FeatureRef, Known, Not, Op, ParameterRef, Zero

Truth: TypeAlias = bool | None
"""None is unknown."""


@dataclass(frozen=True)
class Fact:
    """A known value. With `per` it is the ratio value / per, never divided."""

    value: int
    per: int | None = None


Look = Callable[[str], Fact | None]
"""Finds a feature's value by name; None where it is unknown."""


def both(a: Truth, b: Truth) -> Truth:
    if a is False or b is False:
        return False
    return None if a is None or b is None else True


def either(a: Truth, b: Truth) -> Truth:
    if a is True or b is True:
        return True
    return None if a is None or b is None else False


def negation(a: Truth) -> Truth:
    return None if a is None else not a


def truth(condition: Condition, look: Look, thresholds: Mapping[str, int]) -> Truth:
    """Whether the condition is definitely true, definitely false, or unknown."""
    match condition:
        case Compare(feature, op, right):
            left = look(feature)
            match right:
                case ParameterRef(name):
                    other: Fact | None = Fact(thresholds[name])
                case Zero():
                    other = Fact(0)
                case FeatureRef(name):
                    other = look(name)
                case _:
                    assert_never(right)
            if left is None or other is None:
                return None
            return compared(left.value, op, other.value * (1 if left.per is None else left.per))
        case Known(feature):
            return look(feature) is not None
        case Not(part):
            return negation(truth(part, look, thresholds))
        case AllOf(parts):
            answer: Truth = True
            for part in parts:
                answer = both(answer, truth(part, look, thresholds))
            return answer
        case AnyOf(parts):
            answer = False
            for part in parts:
                answer = either(answer, truth(part, look, thresholds))
            return answer
        case _:
            assert_never(condition)


def compared(left: int, op: Op, right: int) -> bool:
    match op:
        case Op.LT:
            return left < right
        case Op.LE:
            return left <= right
        case Op.GT:
            return left > right
        case Op.GE:
            return left >= right
        case Op.EQ:
            return left == right
        case Op.NE:
            return left != right
        case _:
            assert_never(op)
