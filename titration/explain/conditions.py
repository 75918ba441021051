"""A rule's condition as a table a clinician reads: one comparison a row, in words, with the number of its parameter."""

from dataclasses import dataclass
from typing import assert_never

from titration.explain.phrases import OPPOSITE, OPS
from titration.explain.values import bound_value, parameter_text, unit_of
from titration.explain.voice import Voice
from titration.expr.nodes import AllOf, AnyOf, Compare, Condition, FeatureRef, Known, Not, Op, ParameterRef, Zero
from titration.packs.model import Rule
from titration.units import Dimension


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """One row: how deep it stands under "one of these" and the like, its words, and the parameter it names."""

    depth: int
    text: str
    parameter: str | None = None


def condition_rows(rule: Rule, voice: Voice) -> tuple[ConditionRow, ...]:
    """The condition of a rule, all rows of the first depth to hold together; doses in the unit of insulin."""
    parts = rule.when.parts if isinstance(rule.when, AllOf) else (rule.when,)
    return tuple(row for part in parts for row in _rows(part, 0, voice))


def _rows(condition: Condition, depth: int, voice: Voice) -> list[ConditionRow]:
    match condition:
        case Compare():
            return [_compared(condition, depth, voice, negated=False)]
        case Known(feature):
            return [ConditionRow(depth, voice.say("condition.known", what=voice.feature(feature)))]
        case Not(Compare() as part):
            return [_compared(part, depth, voice, negated=True)]
        case Not(Known(feature)):
            return [ConditionRow(depth, voice.say("condition.unknown", what=voice.feature(feature)))]
        case Not(part):
            return [ConditionRow(depth, voice.say("condition.not")), *_rows(part, depth + 1, voice)]
        case AllOf(parts) | AnyOf(parts):
            key = "condition.all" if isinstance(condition, AllOf) else "condition.any"
            inner = [row for part in parts for row in _rows(part, depth + 1, voice)]
            return [ConditionRow(depth, voice.say(key)), *inner]
        case _:
            assert_never(condition)


def _compared(compare: Compare, depth: int, voice: Voice, *, negated: bool) -> ConditionRow:
    op = OPPOSITE[compare.op] if negated else compare.op
    what = voice.feature(compare.feature)
    definition = voice.pack.features.get(compare.feature)
    if isinstance(compare.right, Zero) and definition is not None and definition.dimension is Dimension.FLAG:
        value = voice.say("yes" if op in (Op.NE, Op.GT) else "no")
        return ConditionRow(depth, voice.say("condition.flag", what=what, value=value))
    side = OPS[voice.language][op]
    match compare.right:
        case Zero():
            return ConditionRow(depth, voice.say("condition.compared", what=what, side=side, bound="0"))
        case FeatureRef(name):
            return ConditionRow(depth, voice.say("condition.compared", what=what, side=side, bound=voice.feature(name)))
        case ParameterRef(name):
            parameter = voice.pack.parameters[name]
            unit = unit_of(compare.feature, "units", voice.pack)
            number = parameter_text(parameter, bound_value(parameter, voice), unit, voice)
            label = voice.text("parameter", name, "")
            bound = voice.say("labelled", value=number, label=label) if label else number
            return ConditionRow(depth, voice.say("condition.compared", what=what, side=side, bound=bound), name)
        case _:
            assert_never(compare.right)
